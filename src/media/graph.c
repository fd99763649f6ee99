#include "media/graph.h"

#include "base/auto.h"
#include "media/queue.h"
#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

#define TICK_MS 100

struct node {
    struct graph *graph;
    struct node *next;
    const char *name;
    node_run *run;
    void *work;
    struct edge edge;                    /* of its input */
    size_t senders;
    struct queue *input;                 /* NULL for a source */
    struct node *outputs[NODE_MAX_OUTPUTS];
    size_t nb_outputs;
    pthread_t thread;
    bool started;
};

struct graph {
    struct node *first, *last;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    size_t running;
    bool failed;
    struct error error;                  /* the first one */
};

static void *must(void *p)
{
    if (!p) {
        fputs("crosscut-media: out of memory\n", stderr);
        exit(1);
    }
    return p;
}

struct graph *graph_create(void)
{
    struct graph *g = must(calloc(1, sizeof *g));
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->ended, &attr);
    pthread_condattr_destroy(&attr);
    return g;
}

void graph_destroy(struct graph *graph)
{
    struct node *next;

    if (!graph)
        return;
    for (struct node *n = graph->first; n; n = next) {
        next = n->next;
        queue_destroy(n->input);
        free(n);
    }
    pthread_cond_destroy(&graph->ended);
    pthread_mutex_destroy(&graph->lock);
    free(graph);
}

struct node *graph_source(struct graph *graph, const char *name, node_run *run, void *work)
{
    struct node *n = must(calloc(1, sizeof *n));

    *n = (struct node){.graph = graph, .name = name, .run = run, .work = work};
    if (graph->last)
        graph->last->next = n;
    else
        graph->first = n;
    graph->last = n;
    return n;
}

void graph_feed(struct node *from, struct node *to)
{
    assert(from->nb_outputs < NODE_MAX_OUTPUTS && to->edge.capacity);
    from->outputs[from->nb_outputs++] = to;
    to->senders++;
}

struct node *graph_then(struct node *from, const char *name, node_run *run, void *work, struct edge edge)
{
    struct node *n = graph_source(from->graph, name, run, work);

    n->edge = edge;
    graph_feed(from, n);
    return n;
}

static void close_queues(struct node *n)
{
    if (n->input)
        queue_abandon(n->input);
    for (size_t i = 0; i < n->nb_outputs; i++)
        queue_finish(n->outputs[i]->input);
}

static void *run_node(void *context)
{
    struct node *n = context;
    struct graph *g = n->graph;
    struct error error = {0};
    bool ok = n->run(n, n->work, &error);

    pthread_mutex_lock(&g->lock);
    if (!ok && !g->failed) {
        g->failed = true;
        g->error = error;
    }
    pthread_mutex_unlock(&g->lock);
    close_queues(n);
    pthread_mutex_lock(&g->lock);
    g->running--;
    pthread_cond_signal(&g->ended);
    pthread_mutex_unlock(&g->lock);
    return NULL;
}

static void start(struct graph *g)
{
    int rc;

    for (struct node *n = g->first; n; n = n->next)
        if (n->senders)
            n->input = queue_create(n->edge.capacity, n->senders, n->edge.release);
    for (struct node *n = g->first; n; n = n->next) {
        pthread_mutex_lock(&g->lock);
        g->running++;
        pthread_mutex_unlock(&g->lock);
        rc = pthread_create(&n->thread, NULL, run_node, n);
        n->started = rc == 0;
        if (n->started)
            continue;
        pthread_mutex_lock(&g->lock);
        g->running--;
        if (!g->failed)
            fail(&g->error, ERROR_INTERNAL, "start thread '%s': %s", n->name, strerror(rc));
        g->failed = true;
        pthread_mutex_unlock(&g->lock);
        close_queues(n);
    }
}

static void wait_for_end(struct graph *g, void (*tick)(void *context), void *context)
{
    struct timespec at;

    pthread_mutex_lock(&g->lock);
    while (g->running) {
        clock_gettime(CLOCK_MONOTONIC, &at);
        at.tv_nsec += TICK_MS * 1000000L;
        at.tv_sec += at.tv_nsec / 1000000000L;
        at.tv_nsec %= 1000000000L;
        if (pthread_cond_timedwait(&g->ended, &g->lock, &at) != ETIMEDOUT || !tick)
            continue;
        pthread_mutex_unlock(&g->lock);
        tick(context);
        pthread_mutex_lock(&g->lock);
    }
    pthread_mutex_unlock(&g->lock);
}

bool graph_run(struct graph *graph, void (*tick)(void *context), void *context, struct error *err)
{
    start(graph);
    wait_for_end(graph, tick, context);
    for (struct node *n = graph->first; n; n = n->next)
        if (n->started)
            pthread_join(n->thread, NULL);
    if (!graph->failed)
        return true;
    if (err)
        *err = graph->error;
    return false;
}

void *node_receive(struct node *node)
{
    return queue_receive(node->input);
}

size_t node_outputs(const struct node *node)
{
    return node->nb_outputs;
}

bool node_send(struct node *node, size_t output, void *item)
{
    return queue_send(node->outputs[output]->input, item);
}
