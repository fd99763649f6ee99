#include <crosscut/adapter.h>

#include "base/auto.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- a protocol of two phases: "open" may be repeated, "publish" may not ---- */

static const struct phase phases[4];

static struct step ask_open(const struct step_in *in, json_t *state)
{
    assert_null(in->last);
    return step_request(state, POST_UPLOADING, (struct http_request){.method = "POST", .url = "https://a.example/open", .repeat = REPEAT_SAFE});
}

static struct step opened(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "publish", in, state);
}

static struct step ask_publish(const struct step_in *in, json_t *state)
{
    assert_null(in->last);
    json_object_set_new(state, "armed_at_ms", json_integer(in->now_ms));
    return step_request(state, POST_UPLOADING, (struct http_request){.method = "POST", .url = "https://a.example/publish"});
}

static struct step published(const struct step_in *in, json_t *state)
{
    (void)in;
    return step_done(state);
}

static struct step look(const struct step_in *in, json_t *state)
{
    int64_t left_ms = settle_left_ms(in, state);

    return left_ms ? step_wait(state, POST_PROCESSING, left_ms) : step_held(state, "decide");
}

static const struct phase phases[4] = {
    {"open", ask_open, opened, NULL, NULL},
    {"publish", ask_publish, published, look, NULL},
    {"blind", ask_publish, published, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};

struct fixture {
    struct arena *arena;
    json_t *settings, *state;
    struct post post;
    struct http_response last;
    int64_t now_ms;
};

static struct step go(struct fixture *f, const struct http_response *last)
{
    struct step_in in = {.post = &f->post, .state = f->state, .last = last, .now_ms = f->now_ms, .arena = f->arena};
    struct step s = phase_step(phases, &in);

    json_decref(f->state);
    f->state = s.state;
    return s;
}

static struct step answer(struct fixture *f, int status)
{
    f->last = (struct http_response){.status = status, .body = ""};
    return go(f, &f->last);
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    f->arena = arena_create();
    f->settings = json_pack("{s:i, s:i, s:i}", "settle", 300000, "poll_interval", 1000, "poll_timeout", 5000);
    f->state = json_object();
    f->post = (struct post){.platform = "demo", .destination = "place", .settings = f->settings};
    f->now_ms = 1000000;
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;

    json_decref(f->state);
    json_decref(f->settings);
    arena_destroy(f->arena);
    free(f);
    return 0;
}

static bool guarded(const struct fixture *f)
{
    return json_is_true(json_object_get(f->state, "guarded"));
}

static void walks_the_table_in_order(void **state)
{
    struct fixture *f = *state;
    struct step s = go(f, NULL);

    assert_int_equal(s.kind, STEP_REQUEST);
    assert_string_equal(s.request.url, "https://a.example/open");
    assert_string_equal(state_text(f->state, "phase"), "open");
    assert_false(guarded(f));
    s = answer(f, 200);
    assert_string_equal(s.request.url, "https://a.example/publish");
    assert_string_equal(state_text(f->state, "phase"), "publish");
    assert_true(guarded(f));
    s = answer(f, 201);
    assert_int_equal(s.kind, STEP_DONE);
    assert_false(guarded(f));
}

static void a_harmless_loss_asks_again_but_not_for_ever(void **state)
{
    struct fixture *f = *state;
    struct step s = go(f, NULL);

    for (int i = 0; i < 2; i++) {
        s = answer(f, 0);
        assert_int_equal(s.kind, STEP_REQUEST);
        assert_string_equal(s.request.url, "https://a.example/open");
    }
    s = answer(f, 0);
    assert_int_equal(s.kind, STEP_FAILED);
    assert_int_equal(s.error.kind, ERROR_TRANSIENT);
    s = go(f, NULL);    /* a later resume has its own three */
    assert_int_equal(s.kind, STEP_REQUEST);
    assert_int_equal(answer(f, 0).kind, STEP_REQUEST);
}

static void an_answer_ends_a_row_of_losses(void **state)
{
    struct fixture *f = *state;

    go(f, NULL);
    answer(f, 0);
    answer(f, 0);
    answer(f, 200);
    assert_null(json_object_get(f->state, "losses"));
}

static void a_guarded_loss_is_looked_for(void **state)
{
    static const int statuses[] = {0, 302, 408, 500, 503};
    struct fixture *f = *state;

    for (size_t i = 0; i < 5; i++) {
        struct step s;

        json_object_clear(f->state);
        go(f, NULL);
        answer(f, 200);
        s = answer(f, statuses[i]);
        assert_int_equal(s.kind, STEP_WAIT);
        assert_false(guarded(f));
    }
}

static void a_guarded_request_without_memory_is_a_loss(void **state)
{
    struct fixture *f = *state;

    go(f, NULL);
    answer(f, 200);
    assert_int_equal(go(f, NULL).kind, STEP_WAIT);
}

static void a_guarded_request_that_did_not_leave_is_asked_again(void **state)
{
    struct fixture *f = *state;
    struct step s;

    go(f, NULL);
    answer(f, 200);
    f->last = (struct http_response){.body = "", .not_sent = true};
    s = go(f, &f->last);
    assert_int_equal(s.kind, STEP_REQUEST);
    assert_true(guarded(f));
}

static void a_guarded_loss_without_a_way_to_look_is_unknown(void **state)
{
    struct fixture *f = *state;
    struct step s;

    json_object_set_new(f->state, "phase", json_string("blind"));
    go(f, NULL);
    s = answer(f, 502);
    assert_int_equal(s.kind, STEP_UNKNOWN);
    assert_int_equal(s.error.kind, ERROR_UNKNOWN);
}

static void an_unknown_phase_fails(void **state)
{
    struct fixture *f = *state;
    struct step s;

    json_object_set_new(f->state, "phase", json_string("future"));
    s = go(f, NULL);
    assert_int_equal(s.kind, STEP_FAILED);
    assert_non_null(strstr(s.error.text, "future"));
}

static void refusals_have_their_kind(void **state)
{
    static const struct { int status; enum error_kind kind; } rows[] = {
        {301, ERROR_TRANSIENT}, {400, ERROR_PERMANENT}, {401, ERROR_CREDENTIALS}, {403, ERROR_CREDENTIALS}, {404, ERROR_PERMANENT},
        {410, ERROR_PERMANENT}, {425, ERROR_TRANSIENT}, {429, ERROR_TRANSIENT}, {500, ERROR_TRANSIENT}, {503, ERROR_TRANSIENT},
    };
    struct fixture *f = *state;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct step s;

        json_object_clear(f->state);
        go(f, NULL);
        s = answer(f, rows[i].status);
        assert_int_equal(s.kind, STEP_FAILED);
        assert_int_equal(s.error.kind, rows[i].kind);
    }
}

static void a_refusal_says_what_the_platform_said(void **state)
{
    json_auto_t *body = json_pack("{s:{s:s}}", "error", "message", "no\nway"), *headers = json_pack("{s:s}", "retry-after", "90");
    struct fixture *f = *state;
    struct step s;

    go(f, NULL);
    f->last = (struct http_response){.status = 429, .body = "", .json = body, .headers = headers};
    s = go(f, &f->last);
    assert_non_null(strstr(s.error.text, "no way"));
    assert_int_equal(s.error.retry_at_ms, f->now_ms + 90000);
}

static void looks_at_growing_distances(void **state)
{
    static const int64_t waits_s[] = {5, 10, 30, 75, 180};
    struct fixture *f = *state;
    struct step s;

    go(f, NULL);
    answer(f, 200);
    s = answer(f, 0);
    for (size_t i = 0; i < 5; i++) {
        struct step_in in = {.post = &f->post, .state = f->state, .now_ms = f->now_ms, .arena = f->arena};

        assert_int_equal(s.wait_ms, waits_s[i] * 1000);
        f->now_ms += s.wait_ms;
        in.now_ms = f->now_ms;
        s.wait_ms = settle_left_ms(&in, f->state);
    }
    assert_int_equal(s.wait_ms, 0);
}

static void the_window_follows_its_setting_and_the_clock(void **state)
{
    struct fixture *f = *state;
    struct step_in in = {.post = &f->post, .state = f->state, .now_ms = 500, .arena = f->arena};

    json_object_set_new(f->settings, "settle", json_integer(600));
    json_object_set_new(f->state, "armed_at_ms", json_integer(500));
    assert_int_equal(settle_left_ms(&in, f->state), 10);
    in.now_ms = 1099;
    assert_int_equal(settle_left_ms(&in, f->state), 1);
    in.now_ms = 1100;
    assert_int_equal(settle_left_ms(&in, f->state), 0);
    in.now_ms = 100;    /* the clock was set back: the whole window again, not more */
    assert_int_equal(settle_left_ms(&in, f->state), 10);
    in.now_ms = 700;
    assert_int_equal(settle_left_ms(&in, f->state), 0);
    json_object_set_new(f->settings, "settle", json_integer(0));
    json_object_del(f->state, "armed_at_ms");
    assert_int_equal(settle_left_ms(&in, f->state), 0);
}

static void polling_ends_as_deferred_and_can_go_on(void **state)
{
    struct fixture *f = *state;
    struct step_in in = {.post = &f->post, .state = f->state, .now_ms = 1000, .arena = f->arena};
    struct step s = {0};

    for (int i = 0; i < 5; i++) {
        s = step_poll(&in, f->state, "demo is busy");
        assert_int_equal(s.kind, STEP_WAIT);
        assert_int_equal(s.wait_ms, 1000);
        in.now_ms += s.wait_ms;
    }
    s = step_poll(&in, f->state, "demo is busy");
    assert_int_equal(s.kind, STEP_FAILED);
    assert_int_equal(s.error.kind, ERROR_TRANSIENT);
    assert_int_equal(step_poll(&in, f->state, "demo is busy").kind, STEP_WAIT);
}

static void reads_paths(void **state)
{
    json_auto_t *json = json_loads("{\"a\": {\"b\": [10, {\"c\": \"7391234567890123456\"}]}, \"r\": 2.9, \"t\": \"12x\", \"big\": \"99999999999999999999\"}", 0, NULL);

    (void)state;
    assert_int_equal(json_int_at(json, "a.b.0", 0), 10);
    assert_int_equal(json_int_at(json, "a.b.1.c", 0), 7391234567890123456);
    assert_string_equal(json_text_at(json, "a.b.1.c"), "7391234567890123456");
    assert_string_equal(json_text_at(json, "a.b.0"), "");
    assert_int_equal(json_int_at(json, "a.b.2", -5), -5);
    assert_int_equal(json_int_at(json, "a.b.x", -5), -5);
    assert_int_equal(json_int_at(json, "a.b.-1", -5), -5);
    assert_int_equal(json_int_at(json, "r", 0), 2);
    assert_int_equal(json_int_at(json, "t", -5), -5);
    assert_int_equal(json_int_at(json, "big", -5), -5);
    assert_null(json_at(NULL, "a"));
    assert_null(json_at(json, "a.nothing.b"));
    assert_ptr_equal(json_at(json, ""), json);
}

static void reads_times(void **state)
{
    json_auto_t *json = json_loads("{\"z\": \"2026-11-24T15:00:00Z\", \"f\": \"2026-11-24T15:00:00.123Z\", \"o\": \"2026-11-24T16:30:00+01:30\","
                                   " \"m\": \"2026-11-24T15:00:00+0000\", \"w\": \"2026-11-24T07:00:00-0800\", \"bad\": \"2026-13-24T15:00:00Z\","
                                   " \"local\": \"2026-11-24T15:00:00\"}", 0, NULL);
    static const char *const same[] = {"z", "f", "o", "m", "w"};
    AUTO_ARENA struct arena *arena = arena_create();

    (void)state;
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(json_time_at(json, same[i], 0), 1795532400000);
    assert_int_equal(json_time_at(json, "bad", -1), -1);
    assert_int_equal(json_time_at(json, "local", -1), -1);
    assert_int_equal(json_time_at(json, "none", -1), -1);
    assert_string_equal(arena_time(arena, 1795532400999), "2026-11-24T15:00:00Z");
}

static int64_t wait_for(const char *value)
{
    json_auto_t *headers = value ? json_pack("{s:s}", "retry-after", value) : json_object();
    struct http_response r = {.status = 429, .body = "", .headers = headers};

    return retry_after_ms(&r, 1795532400000, 3600000, 77);
}

static void reads_retry_after(void **state)
{
    (void)state;
    assert_int_equal(wait_for(NULL), 77);
    assert_int_equal(wait_for("0"), 0);
    assert_int_equal(wait_for("90"), 90000);
    assert_int_equal(wait_for("-3"), 0);
    assert_int_equal(wait_for("999999999999999999"), 3600000);
    assert_int_equal(wait_for("Tue, 24 Nov 2026 15:02:00 GMT"), 120000);
    assert_int_equal(wait_for("Tue, 24 Nov 2026 14:00:00 GMT"), 0);
    assert_int_equal(wait_for("Fri, 24 Nov 2028 14:00:00 GMT"), 3600000);
    assert_int_equal(wait_for("Tue, 24 ovD 2026 15:02:00 GMT"), 77);
    assert_int_equal(wait_for("soon"), 77);
    assert_int_equal(wait_for(""), 77);
}

static void accepts_safe_ids_only(void **state)
{
    (void)state;
    assert_true(id_valid("v_pub_file~v2-1.712", 64));
    assert_true(id_valid("abcd", 4));
    assert_false(id_valid("abcde", 4));
    assert_false(id_valid("", 4));
    assert_false(id_valid(NULL, 4));
    assert_false(id_valid("..", 4));
    assert_false(id_valid(".", 4));
    assert_false(id_valid("a/b", 4));
    assert_false(id_valid("a?b", 4));
    assert_false(id_valid("\xc3\xa9", 4));
}

static void keeps_what_is_public(void **state)
{
    json_auto_t *json = json_object();

    (void)state;
    public_set(json, "remote_id", NULL);
    assert_int_equal(json_object_size(json), 0);
    public_set(json, "remote_id", "7");
    public_warn(json, "careful");
    public_warn(json, "careful");
    public_warn(json, "slow");
    assert_string_equal(json_text_at(json, "public.remote_id"), "7");
    assert_int_equal(json_array_size(json_at(json, "public.warnings")), 2);
    public_set(json, "remote_id", "");
    assert_null(json_at(json, "public.remote_id"));
}

static void counts_what_an_upload_wins(void **state)
{
    json_auto_t *json = json_object();

    (void)state;
    for (int i = 0; i < 20; i++)
        assert_true(offset_resume(json, i));    /* always further */
    for (int i = 0; i < 4; i++)
        assert_true(offset_resume(json, 19));
    assert_false(offset_resume(json, 3));
    assert_int_equal(state_int(json, "offset", 0), 3);
    assert_true(offset_resume(json, 19));       /* a later resume tries again */
}

static void every_platform_is_found_by_name(void **state)
{
    (void)state;
    for (const struct adapter *const *a = adapters; *a; a++) {
        assert_ptr_equal(adapter_find((*a)->name), *a);
        assert_string_equal((*a)->spec->platform, (*a)->name);
        assert_non_null((*a)->title);
        assert_non_null((*a)->unlock);
        assert_non_null((*a)->step);
        for (const struct setting *s = (*a)->settings; s && s->name; s++) {
            struct error err = {0};
            json_auto_t *value = s->value ? setting_parse(s, s->value, &err) : json_null();

            assert_non_null(value);
            assert_non_null(s->help);
        }
    }
    assert_null(adapter_find("nowhere"));
    assert_ptr_equal(adapters[0], adapter_find("tiktok"));
}

static void every_limit_names_its_source(void **state)
{
    (void)state;
    for (const struct adapter *const *a = adapters; *a; a++) {
        for (size_t i = 0; i < (*a)->spec->nb_rows; i++) {
            const struct spec_row *row = &(*a)->spec->rows[i];

            assert_true(row->source && *row->source);
            assert_true(row->any_of ? !row->has_min && !row->has_max : row->has_min || row->has_max);
            assert_true(!row->has_min || !row->has_max || row->min <= row->max);
            assert_string_not_equal(spec_property_name(row->property), "unknown");
        }
        for (size_t i = 0; i < (*a)->spec->nb_texts; i++)
            assert_true((*a)->spec->texts[i].field && (*a)->spec->texts[i].template && (*a)->spec->texts[i].source);
        assert_non_null((*a)->spec->surface(1080, 1920, 1000));
    }
    assert_int_equal(spec_find(adapter_find("tiktok")->spec, SPEC_DURATION, SPEC_HARD)->max, 600000);
    assert_null(spec_find(adapter_find("tiktok")->spec, SPEC_AUDIO_TRACK, SPEC_HARD));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(walks_the_table_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_harmless_loss_asks_again_but_not_for_ever, setup, teardown),
        cmocka_unit_test_setup_teardown(an_answer_ends_a_row_of_losses, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guarded_loss_is_looked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guarded_request_without_memory_is_a_loss, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guarded_request_that_did_not_leave_is_asked_again, setup, teardown),
        cmocka_unit_test_setup_teardown(a_guarded_loss_without_a_way_to_look_is_unknown, setup, teardown),
        cmocka_unit_test_setup_teardown(an_unknown_phase_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(refusals_have_their_kind, setup, teardown),
        cmocka_unit_test_setup_teardown(a_refusal_says_what_the_platform_said, setup, teardown),
        cmocka_unit_test_setup_teardown(looks_at_growing_distances, setup, teardown),
        cmocka_unit_test_setup_teardown(the_window_follows_its_setting_and_the_clock, setup, teardown),
        cmocka_unit_test_setup_teardown(polling_ends_as_deferred_and_can_go_on, setup, teardown),
        cmocka_unit_test(reads_paths),
        cmocka_unit_test(reads_times),
        cmocka_unit_test(reads_retry_after),
        cmocka_unit_test(accepts_safe_ids_only),
        cmocka_unit_test(keeps_what_is_public),
        cmocka_unit_test(counts_what_an_upload_wins),
        cmocka_unit_test(every_platform_is_found_by_name),
        cmocka_unit_test(every_limit_names_its_source),
    };

    return cmocka_run_group_tests_name("phase", tests, NULL, NULL);
}
