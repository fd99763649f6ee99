/* Walks a scenario of tests/scenarios/<adapter>/NN-name.json through an adapter, without network, clock or file:
 *   {"source": "platforms/x.md, date", "about": "...",
 *    "post": {...}                        merged over the usual test post,
 *    "script": [{"request": {"method", "url", "headers", "body", "repeat"}, "response": {"status", "headers", "body"}}],
 *    "waits_ms": N                        how long it waits in all,
 *    "end": {"kind": "done|held|failed|unknown", "public": {...}, "error": {"kind", "rule", "text", "retry_at_ms"}}}
 * Every key that a request names must be equal; a body may be given as JSON; "file NAME bytes A-B" is a range of the
 * rendition; status 0 is the lost answer. When the post is held or put off and the script goes on, it is resumed.
 * The state is dumped and loaded at every step, as the journal does. */
#ifndef TESTS_UNIT_SCENARIO_H
#define TESTS_UNIT_SCENARIO_H

#include <crosscut/adapter.h>

#include "base/auto.h"
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define NOW_MS 1795532400000    /* 2026-11-24T15:00:00Z */
#define STEPS_MAX 3000

struct walk {
    const struct adapter *adapter;
    json_t *post_json;
    struct post post;
    json_t *state;
    struct arena *arena;
    struct http_response last;
    json_t *last_headers, *last_json;
    const struct http_response *answer;
    int64_t now_ms, waited_ms;
    int steps;
    struct step step;
};

static json_t *usual_post(const struct adapter *adapter)
{
    json_t *settings = json_pack("{s:i, s:i, s:i}", "poll_interval", 5000, "poll_timeout", 1800000, "settle", 300000);

    for (const struct setting *s = adapter->settings; s && s->name; s++)
        if (s->value)
            json_object_set_new(settings, s->name, setting_parse(s, s->value, NULL));
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i, s:s, s:s, s:I, s:s, s:i, s:i, s:i, s:i, s:{s:s, s:s, s:s}, s:[s, s], s:s, s:I, s:o}",
                     "id", "00112233445566aa", "master_id", "sha256:00", "master_path", "clip.mp4", "destination", adapter->name,
                     "platform", adapter->name, "account", "17841400000000000", "part", 1, "parts", 1,
                     "rendition_id", "0123456789abcdef0123456789abcdef", "rendition", "rendition.mp4",
                     "rendition_bytes", (json_int_t)18273645, "content_type", "video/mp4", "width_px", 1080, "height_px", 1920,
                     "duration_ms", 58000, "cover_ms", 1200, "text", "caption", "Sunset run #trail", "title", "Sunset run",
                     "description", "Sunset run\n\n#trail", "hashtags", "trail", "red panda", "title", "Sunset run",
                     "created_ms", (json_int_t)NOW_MS, "settings", settings);
}

static void walk_begin(struct walk *w, const struct adapter *adapter, const json_t *changes)
{
    struct error err = {0};
    const char *key;
    json_t *value;

    *w = (struct walk){.adapter = adapter, .post_json = usual_post(adapter), .state = json_object(), .arena = arena_create(), .now_ms = NOW_MS};
    json_object_foreach((json_t *)changes, key, value)
        if (json_is_object(value) && json_is_object(json_object_get(w->post_json, key)))
            json_object_update(json_object_get(w->post_json, key), value);
        else
            json_object_set(w->post_json, key, value);
    assert_true(post_from_json(w->post_json, &w->post, &err));
    w->post.adapter = adapter;
}

static void walk_answer(struct walk *w, int status, const json_t *headers, const json_t *body)
{
    const char *key;
    json_t *value;

    json_decref(w->last_headers);
    json_decref(w->last_json);
    w->last_headers = json_object();
    json_object_foreach((json_t *)headers, key, value) {
        char *lower = arena_strdup(w->arena, key);

        for (char *c = lower; *c; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
        json_object_set(w->last_headers, lower, value);
    }
    w->last_json = body && !json_is_string(body) ? json_deep_copy(body) : json_loads(json_is_string(body) ? json_string_value(body) : "", 0, NULL);
    w->last = (struct http_response){.status = status, .headers = w->last_headers, .json = w->last_json};
    w->last.body = json_is_string(body) ? arena_strdup(w->arena, json_string_value(body)) : body ? arena_json(w->arena, json_deep_copy(body)) : "";
    w->last.body_bytes = strlen(w->last.body);
    w->answer = &w->last;
}

/* One step; the state goes through text, and the same input gives the same step. */
static void walk_step(struct walk *w)
{
    struct step_in in = {.post = &w->post, .state = w->state, .last = w->answer, .now_ms = w->now_ms, .arena = w->arena};
    json_auto_t *before = json_deep_copy(w->state);
    struct step again = w->adapter->step(&in);
    char *text;

    w->step = w->adapter->step(&in);
    assert_true(json_equal(before, w->state));
    assert_true(json_equal(again.state, w->step.state));
    assert_int_equal(again.kind, w->step.kind);
    json_decref(again.state);
    json_decref(w->state);
    text = json_dumps(w->step.state, JSON_COMPACT);
    assert_non_null(text);
    assert_true(strlen(text) < 8192);
    json_decref(w->step.state);
    w->state = w->step.state = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(w->state);
    free(text);
    w->answer = NULL;
    assert_true(++w->steps < STEPS_MAX);
}

/* Steps until there is a request or an end; waits pass at once. */
static void walk_on(struct walk *w)
{
    for (walk_step(w); w->step.kind == STEP_WAIT; walk_step(w)) {
        w->now_ms += w->step.wait_ms;
        w->waited_ms += w->step.wait_ms;
    }
}

static void walk_end(struct walk *w)
{
    json_decref(w->state);
    json_decref(w->post_json);
    json_decref(w->last_headers);
    json_decref(w->last_json);
    arena_destroy(w->arena);
}

static json_t *request_json(const struct http_request *r)
{
    static const char *const repeats[] = {[REPEAT_NEVER] = "never", [REPEAT_SAFE] = "safe", [REPEAT_WITH_KEY] = "key"};
    json_t *headers = json_object(), *request;
    AUTO_STR struct str file = {0};

    for (size_t i = 0; i < sizeof r->headers / sizeof r->headers[0] && r->headers[i].name; i++)
        json_object_set_new(headers, r->headers[i].name, json_string(r->headers[i].value));
    if (r->sign != SIGN_NONE)
        json_object_set_new(headers, "Authorization", json_string(r->sign == SIGN_OAUTH ? "OAuth [redacted]" : "Bearer [redacted]"));
    if (r->file)
        str_printf(&file, "file %s bytes %lld-%lld", r->file, (long long)r->offset, (long long)(r->offset + r->length - 1));
    request = json_pack("{s:s, s:s, s:o, s:s}", "method", r->method, "url", r->url, "headers", headers, "repeat", repeats[r->repeat]);
    json_object_set_new(request, "body", r->file ? json_string(str_text(&file)) : r->body ? json_string(r->body) : json_null());
    return request;
}

static void expect_request(const struct walk *w, const json_t *expected, const char *where, size_t line)
{
    json_auto_t *got = request_json(&w->step.request);
    const char *key;
    json_t *want;

    json_object_foreach((json_t *)expected, key, want) {
        json_t *value = json_object_get(got, key);
        json_auto_t *parsed = !strcmp(key, "body") && !json_is_string(want) ? json_loads(json_string_value(value) ? json_string_value(value) : "", 0, NULL) : NULL;

        if (!json_equal(want, parsed ? parsed : value)) {
            AUTO_FREE char *a = json_dumps(want, JSON_ENCODE_ANY | JSON_SORT_KEYS), *b = json_dumps(parsed ? parsed : value, JSON_ENCODE_ANY | JSON_SORT_KEYS);

            fail_msg("%s, request %zu, %s:\n  wanted %s\n  got    %s", where, line, key, a, b);
        }
    }
}

/* True when every key of `part` is in `whole` with that value; texts of an error need only be contained. */
static void expect_part(const json_t *part, const json_t *whole, const char *where)
{
    const char *key;
    json_t *want;

    json_object_foreach((json_t *)part, key, want) {
        const json_t *got = json_object_get(whole, key);
        AUTO_FREE char *a = json_dumps(want, JSON_ENCODE_ANY), *b = json_dumps(got, JSON_ENCODE_ANY);

        if (!strcmp(key, "text") ? !strstr(json_string_value(got), json_string_value(want)) : !(json_is_null(want) ? !got : json_equal(want, got)))
            fail_msg("%s, %s:\n  wanted %s\n  got    %s", where, key, a, b ? b : "nothing");
    }
}

static void expect_end(const struct walk *w, const json_t *scenario, const char *where)
{
    static const char *const kinds[] = {"request", "wait", "done", "held", "failed", "unknown"};
    const json_t *end = json_object_get(scenario, "end");
    json_auto_t *error = json_pack("{s:s, s:s, s:s, s:I}", "kind", error_kind_name(w->step.error.kind), "rule", w->step.error.rule,
                                   "text", w->step.error.text, "retry_at_ms", (json_int_t)w->step.error.retry_at_ms);

    if (strcmp(kinds[w->step.kind], json_text_at(end, "kind")))
        fail_msg("%s: ends as %s (%s), wanted %s", where, kinds[w->step.kind], w->step.kind == STEP_REQUEST ? w->step.request.url : w->step.error.text,
                 json_text_at(end, "kind"));
    expect_part(json_object_get(end, "public"), json_object_get(w->state, "public"), where);
    expect_part(json_object_get(end, "error"), error, where);
    if (w->waited_ms != json_int_at(scenario, "waits_ms", 0))
        fail_msg("%s: waits %lld ms", where, (long long)w->waited_ms);
}

/* All files of the adapter, in the order of their names. */
static void scenario_list(const struct adapter *adapter, glob_t *files)
{
    char pattern[128];

    snprintf(pattern, sizeof pattern, "tests/scenarios/%s/*.json", adapter->name);
    assert_int_equal(glob(pattern, 0, NULL, files), 0);
    assert_non_null(strstr(files->gl_pathv[0], "/00-"));
}

static json_t *scenario_load(const char *path)
{
    json_error_t problem;
    json_t *scenario;

    scenario = json_load_file(path, JSON_REJECT_DUPLICATES, &problem);
    if (!scenario)
        fail_msg("%s:%d: %s", path, problem.line, problem.text);
    assert_non_null(strstr(json_text_at(scenario, "source"), "2026-"));
    return scenario;
}

static void scenario_walk(const struct adapter *adapter, const char *path)
{
    json_auto_t *scenario = scenario_load(path);
    const char *name = strrchr(path, '/') + 1;
    struct walk w;
    size_t i;
    json_t *line;

    walk_begin(&w, adapter, json_object_get(scenario, "post"));
    json_array_foreach(json_object_get(scenario, "script"), i, line) {
        const json_t *response = json_object_get(line, "response");

        walk_on(&w);
        if (w.step.kind == STEP_HELD || (w.step.kind == STEP_FAILED && w.step.error.kind == ERROR_TRANSIENT))
            walk_on(&w);    /* crosscut resume */
        if (w.step.kind != STEP_REQUEST)
            fail_msg("%s: ends before request %zu: %s", name, i, w.step.error.text);
        expect_request(&w, json_object_get(line, "request"), name, i);
        walk_answer(&w, (int)json_int_at(response, "status", 0), json_object_get(response, "headers"), json_object_get(response, "body"));
    }
    walk_on(&w);
    expect_end(&w, scenario, name);
    walk_end(&w);
}

static void scenario_walk_all(const struct adapter *adapter)
{
    glob_t files;

    scenario_list(adapter, &files);
    assert_true(files.gl_pathc >= 15);
    for (size_t i = 0; i < files.gl_pathc; i++)
        scenario_walk(adapter, files.gl_pathv[i]);
    globfree(&files);
}

/* ---- properties that hold for every answer ---- */

static bool host_allowed(const struct adapter *adapter, const char *url)
{
    size_t bytes;

    if (!strncmp(url, "host:/", 6))
        return true;
    if (strncmp(url, "https://", 8))
        return false;
    url += 8;
    bytes = strcspn(url, "/?#:");
    for (const char *const *h = adapter->hosts; *h; h++) {
        const char *name = **h == '*' ? *h + 1 : *h;
        size_t n = strlen(name);

        if (**h == '*' ? bytes > n && !strncmp(url + bytes - n, name, n) : bytes == n && !strncmp(url, name, n))
            return true;
    }
    return false;
}

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return *seed >> 8;
}

/* Any status with any body, or with the answers of all scenarios in any order: ends in a bounded number of steps, stays on its
 * hosts, and never sends a guarded request a second time right after its answer was lost. */
static void walk_at_random(const struct adapter *adapter, const json_t *answers, const json_t *changes, unsigned seed)
{
    static const int statuses[] = {0, 0, 200, 200, 200, 201, 206, 301, 308, 400, 401, 403, 404, 410, 412, 416, 429, 500, 503};
    static const char *const bodies[] = {"", "null", "[]", "{}", "{\"error\":\"x\"}", "<html>", "{\"data\":{\"status\":7},\"error\":{\"code\":\"ok\"}}"};
    struct walk w;
    bool guarded_lost = false;

    walk_begin(&w, adapter, changes);
    for (int lives = 0; lives < 4; lives++) {    /* resumed after each end, as people do */
        for (walk_on(&w); w.step.kind == STEP_REQUEST; walk_on(&w)) {
            const struct http_request *r = &w.step.request;
            const json_t *answer = json_array_get(answers, next_random(&seed) % json_array_size(answers));
            int status = statuses[next_random(&seed) % (sizeof statuses / sizeof statuses[0])];
            json_auto_t *body = json_string(bodies[next_random(&seed) % (sizeof bodies / sizeof bodies[0])]);

            assert_true(r->method && r->what && *r->what);
            assert_true(!r->file || (r->offset >= 0 && r->length > 0 && r->offset + r->length <= w.post.rendition_bytes));
            if (!host_allowed(adapter, r->url))
                fail_msg("%s calls %s", adapter->name, r->url);
            if (guarded_lost && r->repeat == REPEAT_NEVER)
                fail_msg("%s repeats %s %s after its answer was lost", adapter->name, r->method, r->url);
            if (next_random(&seed) % 4)
                walk_answer(&w, (int)json_int_at(answer, "status", 0), json_object_get(answer, "headers"), json_object_get(answer, "body"));
            else
                walk_answer(&w, status, NULL, body);
            guarded_lost = r->repeat == REPEAT_NEVER && (!w.last.status || w.last.status >= 500);
        }
        assert_true(w.step.kind == STEP_DONE || w.step.error.text[0]);
        if (w.step.kind == STEP_DONE || (w.step.kind == STEP_FAILED && w.step.error.kind != ERROR_TRANSIENT && w.step.error.kind != ERROR_CREDENTIALS))
            break;
        w.now_ms += 3600000;
    }
    walk_end(&w);
}

static void walk_many_at_random(const struct adapter *adapter, const char *changes_text)
{
    json_auto_t *answers = json_array(), *changes = json_loads(changes_text, 0, NULL);
    glob_t files;

    scenario_list(adapter, &files);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        json_auto_t *scenario = scenario_load(files.gl_pathv[i]);
        size_t j;
        json_t *line;

        json_array_foreach(json_object_get(scenario, "script"), j, line)
            json_array_append(answers, json_object_get(line, "response"));
    }
    globfree(&files);
    for (unsigned seed = 1; seed <= 400; seed++)
        walk_at_random(adapter, answers, changes, seed);
}

#endif
