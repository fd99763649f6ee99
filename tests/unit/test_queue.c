/* Queue and graph: order, blocking, closing from both ends, errors that reach the caller. */
#include "media/graph.h"
#include "media/queue.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdatomic.h>
#include <stdlib.h>

static atomic_int released;

static void release(void *item)
{
    atomic_fetch_add(&released, 1);
    free(item);
}

static int *number(int value)
{
    int *n = malloc(sizeof *n);

    assert_non_null(n);
    *n = value;
    return n;
}

static const struct edge edge = {4, release};

static void test_keeps_order_and_ends(void **state)
{
    struct queue *q = queue_create(3, 1, release);

    (void)state;
    for (int round = 0; round < 5; round++) {
        assert_true(queue_send(q, number(2 * round)));
        assert_true(queue_send(q, number(2 * round + 1)));
        for (int i = 0; i < 2; i++) {
            int *n = queue_receive(q);

            assert_int_equal(*n, 2 * round + i);
            free(n);
        }
    }
    queue_finish(q);
    assert_null(queue_receive(q));
    assert_null(queue_receive(q));
    queue_destroy(q);
}

static void test_last_of_two_senders_ends(void **state)
{
    struct queue *q = queue_create(3, 2, release);
    int *n;

    (void)state;
    queue_finish(q);
    assert_true(queue_send(q, number(7)));
    n = queue_receive(q);
    assert_int_equal(*n, 7);
    free(n);
    queue_finish(q);
    assert_null(queue_receive(q));
    queue_destroy(q);
}

static void test_abandoned_takes_nothing(void **state)
{
    struct queue *q = queue_create(3, 1, release);
    int *n = number(2);

    (void)state;
    atomic_store(&released, 0);
    assert_true(queue_send(q, number(1)));
    queue_abandon(q);
    assert_int_equal(atomic_load(&released), 1);
    assert_false(queue_send(q, n));
    free(n);
    queue_destroy(q);
}

static void test_destroy_releases_what_is_left(void **state)
{
    struct queue *q = queue_create(3, 1, release);

    (void)state;
    atomic_store(&released, 0);
    assert_true(queue_send(q, number(1)));
    assert_true(queue_send(q, number(2)));
    queue_destroy(q);
    queue_destroy(NULL);
    assert_int_equal(atomic_load(&released), 2);
}

/* ---- graph: count -> pass -> sum, with two branches ---- */

struct count { int nb_items, sent; };
struct sum { int limit, nb_items; int64_t total; };

static bool count_run(struct node *node, void *work, struct error *err)
{
    struct count *c = work;
    bool wanted = true;

    (void)err;
    for (int i = 0; i < c->nb_items && wanted; i++) {
        wanted = false;
        for (size_t o = 0; o < node_outputs(node); o++) {
            int *n = number(i);

            if (node_send(node, o, n))
                wanted = true;
            else
                free(n);
        }
        c->sent++;
    }
    return true;
}

static bool pass_run(struct node *node, void *work, struct error *err)
{
    int *n;

    (void)work;
    (void)err;
    while ((n = node_receive(node)))
        if (!node_send(node, 0, n)) {
            free(n);
            break;
        }
    return true;
}

static bool sum_run(struct node *node, void *work, struct error *err)
{
    struct sum *s = work;

    (void)err;
    while (!s->limit || s->nb_items < s->limit) {
        int *n = node_receive(node);

        if (!n)
            break;
        s->total += *n;
        s->nb_items++;
        free(n);
    }
    return true;
}

static bool fail_run(struct node *node, void *work, struct error *err)
{
    (void)work;
    free(node_receive(node));
    return fail_rule(err, ERROR_REFUSED, "test.rule", "on purpose");
}

static void test_graph_carries_all_to_both_branches(void **state)
{
    struct count c = {.nb_items = 1000};
    struct sum a = {0}, b = {0};
    struct graph *g = graph_create();
    struct node *source = graph_source(g, "count", count_run, &c), *pass = graph_then(source, "pass", pass_run, NULL, edge);
    struct error err = {0};

    (void)state;
    graph_then(pass, "a", sum_run, &a, edge);
    graph_then(source, "b", sum_run, &b, edge);
    assert_true(graph_run(g, NULL, NULL, &err));
    assert_int_equal(a.total, 499500);
    assert_int_equal(b.total, 499500);
    graph_destroy(g);
}

static void test_graph_stops_early_upwards(void **state)
{
    struct count c = {.nb_items = 1000000};
    struct sum a = {.limit = 10};
    struct graph *g = graph_create();
    struct node *source = graph_source(g, "count", count_run, &c), *pass = graph_then(source, "pass", pass_run, NULL, edge);
    struct error err = {0};

    (void)state;
    graph_then(pass, "a", sum_run, &a, edge);
    assert_true(graph_run(g, NULL, NULL, &err));
    assert_int_equal(a.nb_items, 10);
    assert_true(c.sent < 100);
    graph_destroy(g);
}

static void test_graph_gives_the_first_error(void **state)
{
    struct count c = {.nb_items = 1000000};
    struct sum a = {.limit = 1};
    struct graph *g = graph_create();
    struct node *source = graph_source(g, "count", count_run, &c);
    struct error err = {0};

    (void)state;
    graph_then(source, "fails", fail_run, NULL, edge);
    graph_then(source, "a", sum_run, &a, edge);
    assert_false(graph_run(g, NULL, NULL, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_string_equal(err.text, "on purpose");
    graph_destroy(g);
}

static void test_graph_joins_two_senders(void **state)
{
    struct count c = {.nb_items = 100}, d = {.nb_items = 50};
    struct sum a = {0};
    struct graph *g = graph_create();
    struct node *one = graph_source(g, "one", count_run, &c), *two = graph_source(g, "two", count_run, &d);
    struct node *sum = graph_then(one, "sum", sum_run, &a, edge);
    struct error err = {0};

    (void)state;
    graph_feed(two, sum);
    assert_true(graph_run(g, NULL, NULL, &err));
    assert_int_equal(a.nb_items, 150);
    assert_int_equal(a.total, 4950 + 1225);
    graph_destroy(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_order_and_ends),
        cmocka_unit_test(test_last_of_two_senders_ends),
        cmocka_unit_test(test_abandoned_takes_nothing),
        cmocka_unit_test(test_destroy_releases_what_is_left),
        cmocka_unit_test(test_graph_carries_all_to_both_branches),
        cmocka_unit_test(test_graph_stops_early_upwards),
        cmocka_unit_test(test_graph_gives_the_first_error),
        cmocka_unit_test(test_graph_joins_two_senders),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
