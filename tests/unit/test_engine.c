#include "publish/engine.h"

#include "base/auto.h"
#include "publish/answers.h"
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1795500000000)

/* ---- an adapter: open, send (in pieces of 4 bytes), publish, look ---- */

static const struct phase phases[5];

static struct step ask(json_t *state, const char *method, const char *path, enum repeat repeat, enum post_state shows)
{
    return step_request(
        state, shows,
        (struct http_request){.method = method, .url = path, .repeat = repeat, .sign = SIGN_BEARER, .what = path + 24});
}

static struct step open_it(const struct step_in *in, json_t *state)
{
    (void)in;
    return ask(state, "POST", "https://api.demo.example/open", REPEAT_SAFE, POST_UPLOADING);
}

static struct step opened(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "sending", in, state);
}

static struct step send_it(const struct step_in *in, json_t *state)
{
    return step_request(state, POST_UPLOADING,
                        (struct http_request){.method = "PUT",
                                              .url = "https://api.demo.example/send",
                                              .file = in->post->rendition,
                                              .offset = state_int(state, "sent", 0),
                                              .length = 4,
                                              .repeat = REPEAT_SAFE,
                                              .what = "send"});
}

static struct step sent(const struct step_in *in, json_t *state)
{
    int64_t now = state_int(state, "sent", 0) + 4;

    json_object_set_new(state, "sent", json_integer(now));
    return phase_go(phases, now < in->post->rendition_bytes ? "sending" : "publishing", in, state);
}

static struct step publish(const struct step_in *in, json_t *state)
{
    (void)in;
    return ask(state, "POST", "https://api.demo.example/publish", REPEAT_NEVER, POST_PROCESSING);
}

static struct step published(const struct step_in *in, json_t *state)
{
    public_set(state, "permalink", json_text_at(in->last->json, "url"));
    return step_done(state);
}

static struct step look(const struct step_in *in, json_t *state)
{
    (void)in;
    return ask(state, "GET", "https://api.demo.example/look", REPEAT_SAFE, POST_PROCESSING);
}

static struct step go_look(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "looking", in, state);
}

static struct step looked(const struct step_in *in, json_t *state)
{
    return *json_text_at(in->last->json, "absent") ? phase_go(phases, "publishing", in, state) : published(in, state);
}

static const struct phase phases[5] = {
    {"opening", open_it, opened, NULL, NULL},
    {"sending", send_it, sent, NULL, NULL},
    {"publishing", publish, published, go_look, NULL},
    {"looking", look, looked, NULL, NULL},
    {0},
};

static struct step demo_step(const struct step_in *in)
{
    return phase_step(phases, in);
}

static bool demo_check(const struct post *post, struct error *err)
{
    return !post->made_for_kids || fail_rule(err, ERROR_REFUSED, "demo.kids", "not for children");
}

static const struct adapter adapter = {.name = "demo",
                                       .title = "Demo",
                                       .auth = AUTH_OAUTH2,
                                       .hosts = (const char *const[]){"api.demo.example", NULL},
                                       .unlock = "ask Demo for a key",
                                       .check = demo_check,
                                       .step = demo_step};

/* ---- a transport with answers in a row, and a clock that moves when everybody waits ---- */

struct reply { const char *path; int status; const char *body, *retry_after; bool not_sent, hang; };

struct bench {
    struct transport base;
    struct answers answers;
    const struct reply *replies;     /* taken in order, the first that fits the path; no more: 200 {} */
    size_t nb_replies;
    bool used[64];
    int64_t now_ms;
    int requests, guarded, failing_write, writes;
    bool armed_first;                /* every guarded request found itself armed in the journal */
    char log[8192];
    char file[64];
    struct journal *journal;
    struct credentials *credentials;
    json_t *settings;
    volatile sig_atomic_t interrupted;
    int events[5];
    int64_t waited_until_ms;
};

static const struct reply *take(struct bench *b, const char *url)
{
    for (size_t i = 0; i < b->nb_replies; i++)
        if (!b->used[i] && strstr(url, b->replies[i].path)) {
            b->used[i] = true;
            return &b->replies[i];
        }
    return NULL;
}

static bool start(struct transport *transport, const struct transport_call *call, struct error *err)
{
    struct bench *b = (struct bench *)transport;
    const struct reply *r = take(b, call->request.url);
    struct transport_answer a;
    struct journal_list list;

    (void)err;
    b->requests++;
    snprintf(b->log + strlen(b->log), sizeof b->log - strlen(b->log), "%s:%s ", call->post_id + 14,
             strrchr(call->request.url, '/') + 1);
    if (call->request.repeat == REPEAT_NEVER) {
        b->guarded++;
        assert_true(journal_find(b->journal, &(struct journal_filter){.id = call->post_id}, &list, err));
        b->armed_first &= list.rows[0].armed && list.rows[0].asked && list.rows[0].doubt;
        journal_list_finish(&list);
    }
    if (r && r->hang)
        return true;
    if (r && !r->status)
        transport_answer_lose(&a, call->tag, r->not_sent, "lost");
    else
        transport_answer_fill(&a, call->tag, r ? r->status : 200,
                              r && r->retry_after ? json_pack("{s:s}", "retry-after", r->retry_after) : NULL,
                              r && r->body ? r->body : "{}", r && r->body ? strlen(r->body) : 2);
    answers_push(&b->answers, &a);
    return true;
}

static bool wait_some(struct transport *transport, int timeout_ms, struct pollfd *extra, size_t nb_extra,
                      struct error *err)
{
    struct bench *b = (struct bench *)transport;

    (void)extra, (void)nb_extra, (void)err;
    b->now_ms += b->answers.first ? 0 : timeout_ms;
    return true;
}

static bool next(struct transport *transport, struct transport_answer *answer)
{
    return answers_pop(&((struct bench *)transport)->answers, answer);
}

static void cancel(struct transport *transport)
{
    answers_finish(&((struct bench *)transport)->answers);
}

static int64_t bench_now(void *context)
{
    return ((struct bench *)context)->now_ms;
}

static bool stop_write(void *context, bool after)
{
    struct bench *b = context;

    return after || ++b->writes != b->failing_write;
}

static void heard(void *context, const struct engine_event *event)
{
    struct bench *b = context;

    b->events[event->kind]++;
    if (event->kind == ENGINE_WAIT)
        b->waited_until_ms = event->until_ms;
}

static int setup(void **state)
{
    static const struct transport_ops ops = {start, wait_some, next, cancel, NULL};
    struct bench *b = calloc(1, sizeof *b);
    struct error err;
    int fd;

    b->base.ops = &ops;
    b->now_ms = NOW_MS;
    b->armed_first = true;
    b->journal = journal_open(&(struct journal_options){.stop = stop_write, .context = b}, &err);
    b->credentials = credentials_create();
    b->settings = json_pack("{s:i, s:i}", "retry_base", 1000, "retry_max", 5);
    credentials_set(b->credentials, "here", "a-token", &err);
    snprintf(b->file, sizeof b->file, "/tmp/crosscut-engine-XXXXXX");
    fd = mkstemp(b->file);
    assert_int_equal(write(fd, "12345678", 8), 8);
    close(fd);
    *state = b;
    return b->journal ? 0 : -1;
}

static int teardown(void **state)
{
    struct bench *b = *state;

    answers_finish(&b->answers);
    journal_close(b->journal);
    credentials_destroy(b->credentials);
    json_decref(b->settings);
    unlink(b->file);
    free(b);
    return 0;
}

static struct post make_post(struct bench *b, const char *id, const char *destination)
{
    return (struct post){.id = id,
                         .master_id = id,
                         .master_path = "a.mp4",
                         .destination = destination,
                         .platform = "demo",
                         .part = 1,
                         .parts = 1,
                         .rendition = b->file,
                         .rendition_bytes = 8,
                         .cover_ms = -1,
                         .title = "A",
                         .settings = b->settings,
                         .adapter = &adapter};
}

#define REPLIES(b, ...)                                                                                                \
    static const struct reply replies_[] = {__VA_ARGS__};                                                              \
    (b)->replies = replies_;                                                                                           \
    (b)->nb_replies = sizeof replies_ / sizeof replies_[0];                                                            \
    memset((b)->used, 0, sizeof (b)->used)

static struct engine *make_engine(struct bench *b)
{
    struct engine_clock clock = {bench_now, bench_now, b};
    struct engine *engine = engine_create(&(struct engine_options){.journal = b->journal,
                                                                   .transport = &b->base,
                                                                   .credentials = b->credentials,
                                                                   .clock = &clock,
                                                                   .event = heard,
                                                                   .context = b,
                                                                   .interrupted = &b->interrupted,
                                                                   .seed = 1},
                                          NULL);

    assert_non_null(engine);
    return engine;
}

static bool run(struct bench *b, const struct post *posts, size_t nb_posts, struct error *err)
{
    struct engine *engine = make_engine(b);
    bool ok = true;

    for (size_t i = 0; ok && i < nb_posts; i++)
        ok = engine_add(engine, &posts[i], err);
    while (ok && engine_running(engine) && b->requests < 500)
        ok = engine_turn(engine, 3600000, NULL, 0, err);
    engine_destroy(engine);
    return ok;
}

static struct journal_row run_one(struct bench *b, struct journal_list *list)
{
    struct post post = make_post(b, "00000000000000a1", "here");
    struct error err = {0};

    if (!run(b, &post, 1, &err))
        fail_msg("%s", err.text);
    assert_true(journal_find(b->journal, &(struct journal_filter){.id = post.id}, list, &err));
    return list->rows[0];
}

#define EXPECT(b, state_, log_)                                                                                        \
    do {                                                                                                               \
        struct journal_list list_;                                                                                     \
        struct journal_row row_ = run_one(b, &list_);                                                                  \
        assert_string_equal((b)->log, log_);                                                                           \
        assert_string_equal(post_state_name(row_.state), post_state_name(state_));                                     \
        journal_list_finish(&list_);                                                                                   \
        (b)->log[0] = '\0';                                                                                            \
    } while (0)

/* ---- tests ---- */

static void test_straight_to_the_end(void **state)
{
    struct bench *b = *state;
    struct journal_list list;
    struct journal_row row;

    REPLIES(b, {.path = "publish", .status = 200, .body = "{\"url\":\"https://x/1\"}"});
    row = run_one(b, &list);
    assert_string_equal(b->log, "a1:open a1:send a1:send a1:publish ");
    assert_int_equal(row.state, POST_PUBLISHED);
    assert_string_equal(row.permalink, "https://x/1");
    assert_int_equal(row.attempts, 1);
    assert_false(row.armed || row.asked || row.doubt);
    assert_true(b->armed_first);
    journal_list_finish(&list);
    b->log[0] = '\0';
    EXPECT(b, POST_PUBLISHED, "");    /* and not again */
}

static void test_harmless_requests_are_repeated(void **state)
{
    struct bench *b = *state;

    REPLIES(b, {.path = "open"}, {.path = "open", .status = 503}, {.path = "open", .status = 429},
            {.path = "open", .status = 302});
    EXPECT(b, POST_PUBLISHED, "a1:open a1:open a1:open a1:open a1:open a1:send a1:send a1:publish ");
    assert_true(b->now_ms > NOW_MS && b->now_ms <= NOW_MS + 15000);
}

static void test_five_tries_and_no_more(void **state)
{
    struct bench *b = *state;

    REPLIES(b, {.path = "open"}, {.path = "open"}, {.path = "open"}, {.path = "open"}, {.path = "open"});
    EXPECT(b, POST_DEFERRED, "a1:open a1:open a1:open a1:open a1:open ");
    EXPECT(b, POST_PUBLISHED, "a1:open a1:send a1:send a1:publish ");    /* later it goes on */
}

static void test_an_upload_goes_on_where_it_was(void **state)
{
    struct bench *b = *state;

    REPLIES(b, {.path = "send", .status = 200}, {.path = "send"}, {.path = "send", .status = 500});
    EXPECT(b, POST_PUBLISHED, "a1:open a1:send a1:send a1:send a1:send a1:publish ");
}

static void test_retry_after_is_obeyed(void **state)
{
    struct bench *b = *state;

    REPLIES(b, {.path = "open", .status = 429, .retry_after = "100"});
    EXPECT(b, POST_PUBLISHED, "a1:open a1:open a1:send a1:send a1:publish ");
    assert_true(b->now_ms >= NOW_MS + 100000);
}

static void test_a_long_retry_after_defers(void **state)
{
    struct bench *b = *state;
    struct journal_list list;
    struct journal_row row;

    REPLIES(b, {.path = "open", .status = 429, .retry_after = "3600"});
    row = run_one(b, &list);
    assert_int_equal(row.state, POST_DEFERRED);
    assert_int_equal(row.next_at_ms, NOW_MS + 3600000);
    journal_list_finish(&list);
    b->log[0] = '\0';
    EXPECT(b, POST_DEFERRED, "");    /* not before its time */
    b->now_ms += 3600000;
    EXPECT(b, POST_PUBLISHED, "a1:open a1:send a1:send a1:publish ");
}

static void test_a_guarded_request_is_sent_once(void **state)
{
    struct bench *b = *state;
    static const struct reply rows[] = {{.path = "publish"},
                                        {.path = "publish", .status = 500},
                                        {.path = "publish", .status = 302},
                                        {.path = "publish", .status = 200, .body = "<html>"},
                                        {.path = "publish", .status = 408}};

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        teardown(state);
        assert_int_equal(setup(state), 0);
        b = *state;
        b->replies = &rows[i];
        b->nb_replies = 1;
        EXPECT(b, POST_PUBLISHED, "a1:open a1:send a1:send a1:publish a1:look ");
        assert_int_equal(b->guarded, 1);
    }
}

static void test_not_sent_is_no_second_one(void **state)
{
    struct bench *b = *state;

    REPLIES(b, {.path = "publish", .not_sent = true}, {.path = "publish", .not_sent = true});
    EXPECT(b, POST_PUBLISHED, "a1:open a1:send a1:send a1:publish a1:publish a1:publish ");
    assert_true(b->armed_first);
}

static void test_nothing_leaves_when_arming_fails(void **state)
{
    struct bench *b = *state;
    struct post post = make_post(b, "00000000000000a1", "here");
    struct error err = {0};

    b->failing_write = 5;    /* planned, open, send, send, publish */
    assert_false(run(b, &post, 1, &err));
    assert_string_equal(b->log, "a1:open a1:send a1:send ");
    assert_int_equal(b->guarded, 0);
}

/* While it is in doubt, a refusal of the look says nothing: failed would be a lie. */
static void test_doubt_is_not_failure(void **state)
{
    struct bench *b = *state;
    struct journal_list list;
    struct journal_row row;

    REPLIES(b, {.path = "publish"}, {.path = "look", .status = 404}, {.path = "look", .status = 404},
            {.path = "look", .status = 200, .body = "{\"absent\":\"yes\"}"});
    row = run_one(b, &list);
    assert_int_equal(row.state, POST_UNKNOWN);
    assert_int_equal(row.error.kind, ERROR_UNKNOWN);
    assert_true(row.doubt);
    journal_list_finish(&list);
    b->log[0] = '\0';
    EXPECT(b, POST_UNKNOWN, "a1:look ");      /* a resume only looks: 404 again */
    EXPECT(b, POST_UNKNOWN, "a1:look ");      /* it is not there: only a person may have it published again */
    EXPECT(b, POST_PUBLISHED, "a1:look ");    /* there it is */
    assert_int_equal(b->guarded, 1);
}

static void test_a_clear_no_is_failure(void **state)
{
    struct bench *b = *state;

    REPLIES(b, {.path = "publish", .status = 400, .body = "{\"error\":{\"message\":\"too long\"}}"});
    EXPECT(b, POST_FAILED, "a1:open a1:send a1:send a1:publish ");
}

static void test_no_token_holds_one_and_lets_others_go(void **state)
{
    struct bench *b = *state;
    struct post posts[] = {make_post(b, "00000000000000a1", "nowhere"), make_post(b, "00000000000000a2", "here")};
    struct journal_list list;
    struct error err = {0};

    assert_true(run(b, posts, 2, &err));
    assert_string_equal(b->log, "a2:open a2:send a2:send a2:publish ");
    assert_true(journal_find(b->journal, &(struct journal_filter){.id = posts[0].id}, &list, &err));
    assert_int_equal(list.rows[0].state, POST_HELD);
    assert_non_null(strstr(list.rows[0].error.text, "CROSSCUT_NOWHERE_TOKEN"));
    assert_non_null(strstr(list.rows[0].error.text, "ask Demo for a key"));
    journal_list_finish(&list);
    assert_true(credentials_set(b->credentials, "nowhere", "a-token-2", &err));
    b->log[0] = '\0';
    assert_true(run(b, posts, 1, &err));
    assert_string_equal(b->log, "a1:open a1:send a1:send a1:publish ");
}

static void test_a_refused_token_holds(void **state)
{
    struct bench *b = *state;

    REPLIES(b, {.path = "publish", .status = 401});
    EXPECT(b, POST_HELD, "a1:open a1:send a1:send a1:publish ");
    EXPECT(b, POST_PUBLISHED, "a1:look ");    /* after the login it looks first */
    assert_int_equal(b->guarded, 1);
}

static void test_the_check_refuses_first(void **state)
{
    struct bench *b = *state;
    struct post post = make_post(b, "00000000000000a1", "here");
    struct journal_list list;
    struct error err = {0};

    post.made_for_kids = true;
    assert_true(run(b, &post, 1, &err));
    assert_true(journal_find(b->journal, &(struct journal_filter){.id = post.id}, &list, &err));
    assert_int_equal(list.rows[0].state, POST_FAILED);
    assert_string_equal(list.rows[0].error.rule, "demo.kids");
    assert_int_equal(b->requests, 0);
    journal_list_finish(&list);
}

static void test_a_scheduled_post_waits(void **state)
{
    struct bench *b = *state;
    struct post post = make_post(b, "00000000000000a1", "here");
    struct journal_list list;
    struct error err = {0};

    post.schedule_ms = NOW_MS + 5000;
    assert_true(run(b, &post, 1, &err));
    assert_int_equal(b->requests, 0);
    assert_true(journal_find(b->journal, &(struct journal_filter){.id = post.id}, &list, &err));
    assert_int_equal(list.rows[0].state, POST_SCHEDULED);
    assert_int_equal(list.rows[0].next_at_ms, NOW_MS + 5000);
    journal_list_finish(&list);
    b->now_ms = NOW_MS + 5001;
    assert_true(run(b, &post, 1, &err));
    assert_string_equal(b->log, "a1:open a1:send a1:send a1:publish ");
}

static void test_a_changed_file_does_not_leave(void **state)
{
    struct bench *b = *state;
    struct post post = make_post(b, "00000000000000a1", "here");
    struct journal_list list;
    struct error err = {0};

    post.rendition_sha256 = "ef797c8118f02dfb649607dd5d3f8c7623048c9c063d532cc95c5ed7a898a64f";    /* of 12345678 */
    REPLIES(b, {.path = "send"}, {.path = "send"}, {.path = "send"}, {.path = "send"}, {.path = "send"});
    assert_true(run(b, &post, 1, &err));
    assert_string_equal(b->log, "a1:open a1:send a1:send a1:send ");    /* the adapter gives up after three */
    int fd = open(b->file, O_WRONLY | O_CLOEXEC);
    usleep(20000);
    assert_int_equal(pwrite(fd, "X", 1, 0), 1);
    close(fd);
    b->log[0] = '\0';
    assert_true(run(b, &post, 1, &err));
    assert_string_equal(b->log, "");
    assert_true(journal_find(b->journal, &(struct journal_filter){.id = post.id}, &list, &err));
    assert_int_equal(list.rows[0].state, POST_HELD);
    assert_string_equal(list.rows[0].error.rule, "rendition.changed");
    journal_list_finish(&list);
}

static void test_destinations_run_together(void **state)
{
    struct bench *b = *state;
    struct post posts[] = {make_post(b, "00000000000000a1", "here"), make_post(b, "00000000000000a2", "here"),
                           make_post(b, "00000000000000b1", "there")};
    struct error err = {0};

    assert_true(credentials_set(b->credentials, "there", "a-token-3", &err));
    assert_true(run(b, posts, 3, &err));
    assert_string_equal(
        b->log,
        "a1:open b1:open a1:send b1:send a1:send b1:send a1:publish b1:publish a2:open a2:send a2:send a2:publish ");
    assert_true(b->events[ENGINE_STATE] >= 3 && b->events[ENGINE_REQUEST] == 12);
}

static void test_an_interrupt_keeps_the_state(void **state)
{
    struct bench *b = *state;
    struct post post = make_post(b, "00000000000000a1", "here");
    struct engine *engine = make_engine(b);
    struct error err = {0};

    REPLIES(b, {.path = "publish", .hang = true});
    assert_true(engine_add(engine, &post, &err));
    while (!b->guarded)
        assert_true(engine_turn(engine, 10, NULL, 0, &err));
    b->interrupted = 1;
    assert_false(engine_run(engine, &err));
    assert_int_equal(err.kind, ERROR_INTERRUPTED);
    engine_destroy(engine);
    b->interrupted = 0;
    b->log[0] = '\0';
    EXPECT(b, POST_PUBLISHED, "a1:look ");    /* it was asked: now only looks */
    assert_int_equal(b->guarded, 1);
}

static void test_secrets_stay_inside(void **state)
{
    struct bench *b = *state;
    struct journal_list list;
    struct journal_row row;

    REPLIES(b, {.path = "open", .status = 400, .body = "{\"error\":{\"message\":\"bad token a-token in request\"}}"});
    row = run_one(b, &list);
    assert_non_null(strstr(row.error.text, "[redacted]"));
    assert_null(strstr(row.error.text, "a-token"));
    journal_list_finish(&list);
}

static void test_dry_run_needs_nothing(void **state)
{
    struct bench *b = *state;
    struct post post = make_post(b, "00000000000000a1", "nowhere");
    json_auto_t *record = json_array();
    struct transport *dry = transport_dry_create(NULL, false, record);
    struct error err = {0};
    struct engine *engine = engine_create(
        &(struct engine_options){
            .journal = b->journal, .transport = dry, .credentials = b->credentials, .dry_run = true},
        &err);

    post.schedule_ms = INT64_C(4000000000000);
    assert_true(engine_add(engine, &post, &err));
    assert_true(engine_run(engine, &err));
    assert_int_equal(json_array_size(record), 1);
    assert_int_equal(b->requests, 0);
    engine_destroy(engine);
    transport_destroy(dry);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_straight_to_the_end),
        TEST(test_harmless_requests_are_repeated),
        TEST(test_five_tries_and_no_more),
        TEST(test_an_upload_goes_on_where_it_was),
        TEST(test_retry_after_is_obeyed),
        TEST(test_a_long_retry_after_defers),
        TEST(test_a_guarded_request_is_sent_once),
        TEST(test_not_sent_is_no_second_one),
        TEST(test_nothing_leaves_when_arming_fails),
        TEST(test_doubt_is_not_failure),
        TEST(test_a_clear_no_is_failure),
        TEST(test_no_token_holds_one_and_lets_others_go),
        TEST(test_a_refused_token_holds),
        TEST(test_the_check_refuses_first),
        TEST(test_a_scheduled_post_waits),
        TEST(test_a_changed_file_does_not_leave),
        TEST(test_destinations_run_together),
        TEST(test_an_interrupt_keeps_the_state),
        TEST(test_secrets_stay_inside),
        TEST(test_dry_run_needs_nothing),
    };

    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
