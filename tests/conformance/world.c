#include "tests/conformance/world.h"

#include "tests/conformance/demo.h"
#include "base/auto.h"
#include "base/file.h"
#include <string.h>
#include <strings.h>

enum { LIVES_MAX = 40, LIVES_AFTER_A_LIE = 4, LOOKS_MAX = 2, TURNS_MAX = 200000 };

const char *fault_name(enum fault fault)
{
    static const char *const names[FAULTS] = {"none",       "not-sent",  "dropped",       "lost",        "cut",
                                              "500-before", "500-after", "garbage-after", "empty-after", "429-before",
                                              "evil",       "say",       "say-after"};
    return names[fault];
}

/* ---- the journal stops ---- */

bool world_stop(void *context, bool after)
{
    struct world *w = *(struct world **)context;
    int at = w->writes;

    if (after)
        w->writes++;
    for (size_t i = 0; i < w->nb_troubles; i++)
        if (w->troubles[i].is_write && w->troubles[i].at == at && w->troubles[i].after == after) {
            w->writes += !after;    /* the one that is made instead in the next life has the next number */
            return false;
        }
    return true;
}

/* ---- the platform answers ---- */

static json_t *headers_of(const struct transport_call *call)
{
    json_t *headers = json_object();
    char name[128], value[256];

    for (size_t i = 0; i < 12 && call->request.headers[i].name; i++) {
        size_t n = 0;

        for (const char *c = call->request.headers[i].name; *c && n < sizeof name - 1; c++)
            name[n++] = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
        name[n] = '\0';
        json_object_set_new(headers, name, json_string(call->request.headers[i].value));
    }
    if (call->request.file || call->request.body || strcmp(call->request.method, "GET")) {
        snprintf(value, sizeof value, "%lld",
                 (long long)(call->request.file ? call->request.length : (int64_t)call->request.body_bytes));
        json_object_set_new(headers, "content-length", json_string(value));
    }
    if (call->token) {
        snprintf(value, sizeof value, "%s %s", call->request.sign == SIGN_OAUTH ? "OAuth" : "Bearer", call->token);
        json_object_set_new(headers, "authorization", json_string(value));
    }
    return headers;
}

static void ask_sim(struct world *w, const struct transport_call *call, bool cut, struct sim_response *out)
{
    const struct http_request *r = &call->request;
    AUTO_FREE char *path = NULL;
    json_auto_t *headers = headers_of(call);
    json_t *query = NULL;
    int64_t bytes = r->file ? r->length : (int64_t)r->body_bytes;

    if (!sim_split_url(r->url, &path, &query)) {
        out->status = 400;
        return;
    }
    w->subject->simulator->handle(w->sim,
                                  &(struct sim_request){.method = r->method,
                                                        .path = path,
                                                        .query = query,
                                                        .headers = headers,
                                                        .body = r->file || cut ? NULL
                                                                : r->body      ? r->body
                                                                               : "",
                                                        .body_bytes = cut ? bytes / 2 : bytes,
                                                        .body_complete = !cut,
                                                        .now_ms = w->now_ms},
                                  out);
    json_decref(query);
}

static char *replace_all(const char *text, const char *from, const char *to)
{
    struct str out = {0};
    const char *at;

    while ((at = strstr(text, from))) {
        str_add_bytes(&out, text, (size_t)(at - text));
        str_add(&out, to);
        text = at + strlen(from);
    }
    str_add(&out, text);
    return str_take(&out);
}

static void make_evil(struct sim_response *out)
{
    AUTO_FREE char *headers = out->headers ? json_dumps(out->headers, 0) : NULL;
    char *body = replace_all(out->body ? out->body : "", WORLD_BASE, "https://evil.example");

    free(out->body);
    out->body = body;
    if (headers) {
        AUTO_FREE char *other = replace_all(headers, WORLD_BASE, "https://evil.example");

        json_decref(out->headers);
        out->headers = json_loads(other, 0, NULL);
    }
}

static json_t *lower_names(json_t *headers)
{
    json_t *lower = json_object(), *value;
    const char *name;

    json_object_foreach(headers, name, value) {
        AUTO_FREE char *copy = strdup(name);

        for (char *c = copy; c && *c; c++)
            *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
        json_object_set(lower, copy ? copy : name, value);
    }
    json_decref(headers);
    return lower;
}

static void perform(struct world *w, const struct transport_call *call, bool cut, bool evil,
                    struct transport_answer *answer)
{
    struct sim_response out = {0};

    if (!strncmp(call->request.url, "host:", 5)) {
        answer->tag = call->tag;
        host_answer(w->host, &call->request, answer);
        return;
    }
    ask_sim(w, call, cut, &out);
    if (evil)
        make_evil(&out);
    transport_answer_fill(answer, call->tag, out.status, lower_names(out.headers), out.body,
                          out.body ? strlen(out.body) : 0);
    free(out.body);
}

static enum fault fault_now(const struct world *w)
{
    for (size_t i = 0; i < w->nb_troubles; i++)
        if (!w->troubles[i].is_write && w->troubles[i].at == w->requests)
            return w->troubles[i].fault;
    return FAULT_NONE;
}

static void say(struct transport_answer *answer, void *tag, int status, const char *body)
{
    transport_answer_finish(answer);
    if (status)
        transport_answer_fill(answer, tag, status, NULL, body, strlen(body));
    else
        transport_answer_lose(answer, tag, false, "lost");
}

static void answer_with(struct world *w, const struct transport_call *call, enum fault fault,
                        struct transport_answer *answer)
{
    bool acts = fault == FAULT_NONE || fault == FAULT_LOST || fault == FAULT_CUT || fault == FAULT_500_AFTER ||
                fault == FAULT_GARBAGE_AFTER || fault == FAULT_EMPTY_AFTER || fault == FAULT_EVIL ||
                fault == FAULT_SAY_AFTER;

    *answer = (struct transport_answer){0};
    if (acts)
        perform(w, call, fault == FAULT_CUT, fault == FAULT_EVIL, answer);
    switch (fault) {
    case FAULT_NONE: case FAULT_EVIL: case FAULTS: break;
    case FAULT_NOT_SENT: transport_answer_lose(answer, call->tag, true, "no connection"); break;
    case FAULT_DROPPED: case FAULT_LOST: case FAULT_CUT: say(answer, call->tag, 0, NULL); break;
    case FAULT_500_BEFORE:
    case FAULT_500_AFTER: say(answer, call->tag, 500, "{\"error\":{\"message\":\"please retry later\"}}"); break;
    case FAULT_GARBAGE_AFTER: say(answer, call->tag, 200, "<html>welcome</html>"); break;
    case FAULT_EMPTY_AFTER: say(answer, call->tag, 200, "{}"); break;
    case FAULT_429_BEFORE: say(answer, call->tag, 429, "{}"); break;
    case FAULT_SAY: case FAULT_SAY_AFTER: say(answer, call->tag, w->say_status, w->say_body); break;
    }
    if (w->say_headers && (fault == FAULT_SAY || fault == FAULT_SAY_AFTER))
        json_object_update_new(answer->headers, json_loads(w->say_headers, 0, NULL));
}

static void tell(const struct world *w, const struct transport_call *call, enum fault fault,
                 const struct transport_answer *answer)
{
    AUTO_FREE char *headers = answer->headers ? json_dumps(answer->headers, JSON_COMPACT) : NULL;

    printf("      %d. %s %s%s -> %d %s %.200s %.200s\n", w->requests, call->request.method, call->request.url,
           call->request.repeat == REPEAT_NEVER ? " (guarded)" : "", answer->response.status, fault_name(fault),
           headers ? headers : "", answer->response.body);
}

/* ---- the transport ---- */

static bool start(struct transport *transport, const struct transport_call *call, struct error *err)
{
    struct world *w = (struct world *)transport;
    struct transport_answer answer;
    enum fault fault = fault_now(w);

    (void)err;
    w->escaped |=
        strncmp(call->request.url, WORLD_BASE "/", sizeof WORLD_BASE) && strncmp(call->request.url, "host:/", 6);
    w->guarded += call->request.repeat == REPEAT_NEVER;
    answer_with(w, call, fault, &answer);
    if (w->trace)
        tell(w, call, fault, &answer);
    w->requests++;
    w->now_ms += 50;
    answers_push(&w->answers, &answer);
    return true;
}

static bool wait_some(struct transport *transport, int timeout_ms, struct pollfd *extra, size_t nb_extra,
                      struct error *err)
{
    struct world *w = (struct world *)transport;

    (void)extra, (void)nb_extra, (void)err;
    if (!w->answers.first) {
        w->now_ms += timeout_ms;
        w->wait_ms += timeout_ms;
    }
    return true;
}

static bool next(struct transport *transport, struct transport_answer *answer)
{
    return answers_pop(&((struct world *)transport)->answers, answer);
}

static void cancel(struct transport *transport)
{
    answers_finish(&((struct world *)transport)->answers);
}

static int64_t world_now_ms(void *context)
{
    return ((struct world *)context)->now_ms;
}

/* ---- lives ---- */

void world_init(struct world *world, const struct subject *subject, const char *folder)
{
    static const struct transport_ops ops = {start, wait_some, next, cancel, NULL};
    json_auto_t *options = json_loads(subject->options ? subject->options : "{}", 0, NULL);
    struct error err;

    json_object_set_new(options, "token", json_string(WORLD_TOKEN));
    json_object_set_new(options, "account", json_string(WORLD_ACCOUNT));
    world->base.ops = &ops;
    world->subject = subject;
    world->now_ms = WORLD_EPOCH_MS;
    world->host = host_open(folder, &err);
    world->sim = subject->simulator ? subject->simulator->create(WORLD_BASE, options) : NULL;
}

void world_finish(struct world *world)
{
    answers_finish(&world->answers);
    host_close(world->host);
    if (world->sim)
        world->subject->simulator->destroy(world->sim);
}

static bool live(struct world *w, const struct post *post)
{
    const struct engine_clock clock = {world_now_ms, world_now_ms, w};
    struct engine_options options = {
        .journal = w->journal, .transport = &w->base, .credentials = w->credentials, .clock = &clock, .seed = 7};
    struct error err = {0};
    struct engine *engine = engine_create(&options, &err);
    bool ok = engine && engine_add(engine, post, &err);
    int turns = 0;

    w->lives++;
    while (ok && engine_running(engine) && ++turns < TURNS_MAX)
        ok = engine_turn(engine, 3600000, NULL, 0, &err);
    engine_destroy(engine);
    return turns < TURNS_MAX;
}

static int count_entries(const json_t *json, const char *id)
{
    int n = 0;
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_string(json_object_get(json, "id")) && !strcmp(json_string_value(json_object_get(json, "id")), id))
        return 1;
    json_object_foreach((json_t *)json, key, value)
        n += count_entries(value, id);
    json_array_foreach(json, i, value)
        n += count_entries(value, id);
    return n;
}

static int count_on_host(struct world *w, const struct post *post)
{
    struct transport_answer answer = {0};
    int n;

    host_answer(w->host, &(struct http_request){.method = "GET", .url = "host:/catalog.json"}, &answer);
    n = count_entries(answer.json, post->id);
    transport_answer_finish(&answer);
    return n;
}

static int count_public(struct world *w, const struct post *post)
{
    json_auto_t *posts = NULL;

    if (!w->subject->simulator)
        return count_on_host(w, post);
    if (w->subject->simulator != &sim_demo)
        sim_set_time(w->sim, w->now_ms + 86400000);
    posts = w->subject->simulator->public_posts(w->sim);
    return (int)json_array_size(posts);
}

static bool read_outcome(struct world *w, const struct post *post, struct outcome *outcome, int64_t *next_at_ms)
{
    struct journal_list list;
    struct error err;
    bool there;

    if (!journal_find(w->journal, &(struct journal_filter){.id = post->id}, &list, &err))
        return false;
    there = list.nb_rows == 1;
    if (there) {
        outcome->state = list.rows[0].state;
        outcome->error = list.rows[0].error;
        *next_at_ms = list.rows[0].next_at_ms;
    }
    journal_list_finish(&list);
    return there;
}

struct outcome world_run(struct world *w, const struct post *post)
{
    struct outcome outcome = {.state = POST_PLANNED};
    int64_t next_at_ms = 0;
    int lives_max = w->say_body ? LIVES_AFTER_A_LIE : LIVES_MAX, looks = 0;

    for (int i = 0; i < lives_max && !outcome.ended && !outcome.endless; i++) {
        outcome.endless = !live(w, post);
        if (!read_outcome(w, post, &outcome, &next_at_ms))
            continue;          /* stopped before it was even planned */
        looks += outcome.state == POST_UNKNOWN;    /* a resume only looks again, and must not publish */
        outcome.ended = post_state_final(outcome.state) || outcome.state == POST_HELD || looks > LOOKS_MAX;
        if (outcome.state == POST_DEFERRED || outcome.state == POST_UNKNOWN)
            w->now_ms = next_at_ms > w->now_ms ? next_at_ms : w->now_ms + 60000;
    }
    outcome.nb_public = count_public(w, post);
    return outcome;
}
