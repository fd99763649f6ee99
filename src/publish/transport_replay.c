/* Dry run and replay: answers come from a script, and there is nothing here that could send. */
#include "publish/transport.h"

#include "base/auto.h"
#include "base/text.h"
#include "publish/answers.h"
#include <string.h>

struct dry {
    struct transport base;
    const json_t *scripts;
    json_t *record;
    json_t *runs;             /* post id -> {"script": [...], "at": next line} */
    bool strict;
    struct answers answers;
};

static json_t *record_headers(const struct transport_call *call)
{
    json_t *headers = json_object();

    for (size_t i = 0;
         i < sizeof call->request.headers / sizeof call->request.headers[0] && call->request.headers[i].name; i++)
        json_object_set_new(headers, call->request.headers[i].name, json_string(call->request.headers[i].value));
    if (call->request.sign != SIGN_NONE && strncmp(call->request.url, "host:", 5))
        json_object_set_new(headers, "Authorization",
                            json_string(call->request.sign == SIGN_OAUTH ? "OAuth [redacted]" : "Bearer [redacted]"));
    return headers;
}

static json_t *record_body(const struct http_request *r)
{
    AUTO_STR struct str text = {0};
    json_t *body;

    if (r->file) {
        AUTO_ARENA struct arena *arena = arena_create();

        str_printf(&text, "file %s bytes %lld-%lld", utf8_printable(arena, r->file), (long long)r->offset,
                   (long long)(r->offset + r->length - 1));
        return json_string(str_text(&text));
    }
    body = r->body ? json_stringn(r->body, r->body_bytes) : json_null();
    if (!body) {    /* not UTF-8 */
        str_printf(&text, "%zu bytes", r->body_bytes);
        body = json_string(str_text(&text));
    }
    return body;
}

static json_t *record_request(const struct transport_call *call)
{
    static const char *const repeats[] = {[REPEAT_NEVER] = "never", [REPEAT_SAFE] = "safe", [REPEAT_WITH_KEY] = "key"};

    return json_pack("{s:s*, s:s*, s:s*, s:s, s:s, s:o, s:o, s:s}", "platform", call->platform, "post", call->post_id,
                     "what", call->request.what, "method", call->request.method, "url", call->request.url, "headers",
                     record_headers(call), "body", record_body(&call->request), "repeat",
                     repeats[call->request.repeat]);
}

/* Every key that the script names must be there with that value; a body may be given as JSON. */
static const char *difference(const json_t *expected, const json_t *recorded)
{
    const char *key;
    json_t *want;

    json_object_foreach((json_t *)expected, key, want) {
        const json_t *got = json_object_get(recorded, key);
        json_auto_t *parsed = NULL;

        if (!strcmp(key, "body") && !json_is_string(want) && json_is_string(got))
            got = parsed = json_parse_strict(json_string_value(got), json_string_length(got));
        if (!json_equal(want, got))
            return key;
    }
    return NULL;
}

static size_t common_prefix(const char *a, const char *b)
{
    size_t n = 0;

    while (a[n] && a[n] == b[n])
        n++;
    return n;
}

static const json_t *request_of(const json_t *script, size_t line)
{
    return json_object_get(json_array_get(script, line), "request");
}

/* Of the platform's scenarios the one that begins as this post begins: same method, most alike address. */
static const json_t *choose_script(const json_t *scenarios, const struct http_request *first)
{
    const json_t *best = json_object_get(json_array_get(scenarios, 0), "script"), *scenario;
    size_t most = 0, i;

    json_array_foreach((json_t *)scenarios, i, scenario) {
        const json_t *script = json_object_get(scenario, "script"), *request = request_of(script, 0);
        const char *method = json_string_value(json_object_get(request, "method")),
                   *url = json_string_value(json_object_get(request, "url"));
        size_t alike = method && url && !strcmp(method, first->method) ? common_prefix(url, first->url) : 0;

        if (alike > most) {
            most = alike;
            best = script;
        }
    }
    return best;
}

/* The line that answers: the next one; when not strict, the next one of this method. */
static const json_t *take_line(struct dry *d, const struct transport_call *call)
{
    const char *post = call->post_id ? call->post_id : "";
    json_t *run = json_object_get(d->runs, post);
    const json_t *script, *line;
    size_t at;

    if (!run) {
        script = choose_script(json_object_get(d->scripts, call->platform ? call->platform : ""), &call->request);
        run = json_pack("{s:O*, s:i}", "script", script, "at", 0);
        json_object_set_new(d->runs, post, run);
    }
    script = json_object_get(run, "script");
    at = (size_t)json_integer_value(json_object_get(run, "at"));
    for (; !d->strict && at < json_array_size(script); at++) {
        const char *method = json_string_value(json_object_get(request_of(script, at), "method"));

        if (method && !strcmp(method, call->request.method))
            break;
    }
    line = json_array_get(script, at);
    json_object_set_new(run, "at", json_integer((json_int_t)at + 1));
    return line;
}

static void fill_from(struct transport_answer *answer, void *tag, const json_t *response)
{
    const json_t *body = json_object_get(response, "body");
    AUTO_FREE char *dumped = body && !json_is_string(body) ? json_dumps(body, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
    const char *text = dumped ? dumped : json_is_string(body) ? json_string_value(body) : "";
    json_t *headers = json_object(), *value;
    const char *name;

    json_object_foreach(json_object_get(response, "headers"), name, value) {
        char lower[128];
        size_t i = 0;

        for (; name[i] && i < sizeof lower - 1; i++)
            lower[i] = (char)(name[i] >= 'A' && name[i] <= 'Z' ? name[i] + 32 : name[i]);
        lower[i] = '\0';
        json_object_set(headers, lower, value);
    }
    transport_answer_fill(answer, tag, (int)json_integer_value(json_object_get(response, "status")), headers, text,
                          strlen(text));
}

static bool start(struct transport *transport, const struct transport_call *call, struct error *err)
{
    struct dry *d = (struct dry *)transport;
    json_t *entry = record_request(call);
    const json_t *line = take_line(d, call);
    const char *differs = line && d->strict ? difference(json_object_get(line, "request"), entry) : NULL;
    struct transport_answer answer;

    if (!entry)
        return fail(err, ERROR_INTERNAL, "a request could not be recorded");
    if (differs)
        json_object_set_new(entry, "mismatch", json_string(differs));
    json_array_append_new(d->record, entry);
    if (line && !differs && json_integer_value(json_object_get(json_object_get(line, "response"), "status")))
        fill_from(&answer, call->tag, json_object_get(line, "response"));
    else
        transport_answer_lose(&answer, call->tag, false, "dry run: nothing was sent");
    answers_push(&d->answers, &answer);
    return true;
}

static bool wait_some(struct transport *transport, int timeout_ms, struct pollfd *extra, size_t nb_extra,
                      struct error *err)
{
    struct dry *d = (struct dry *)transport;

    (void)err;
    if (!d->answers.first || nb_extra)
        poll(extra, (nfds_t)nb_extra, d->answers.first ? 0 : timeout_ms);
    return true;
}

static bool next(struct transport *transport, struct transport_answer *answer)
{
    return answers_pop(&((struct dry *)transport)->answers, answer);
}

static void cancel(struct transport *transport)
{
    answers_finish(&((struct dry *)transport)->answers);
}

static void destroy(struct transport *transport)
{
    struct dry *d = (struct dry *)transport;

    cancel(transport);
    json_decref(d->runs);
    free(d);
}

struct transport *transport_dry_create(const json_t *scripts, bool strict, json_t *record)
{
    static const struct transport_ops ops = {start, wait_some, next, cancel, destroy};
    struct dry *d = answers_alloc(sizeof *d);

    *d = (struct dry){.base.ops = &ops, .scripts = scripts, .record = record, .runs = json_object(), .strict = strict};
    return &d->base;
}
