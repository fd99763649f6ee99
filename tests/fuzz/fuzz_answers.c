/* What platforms answer, through the adapters' step functions, as the engine would call them:
 *
 *     LETTER JSON \x1E STATUS \n name: value \n ... \n\n body \x1E STATUS ...
 *
 * LETTER chooses the adapter, JSON is what the post has else ({"settings": {...}}, may be missing); then the answers
 * in turn. Status 0 is the lost answer, 1 the one that was certainly not sent. corpus.sh makes such files of the scenarios. */
#include "fuzz.h"

#include "base/auto.h"
#include "publish/transport.h"
#include <crosscut/adapter.h>
#include <ctype.h>

#define NOW_MS 1795532400000    /* 2026-11-24T15:00:00Z */
#define STEPS_MAX 400
#define STATE_MAX_BYTES (64 << 10)
#define MARK '\x1E'

static const char usual_post[] =
    "{\"id\": \"00112233445566aa\", \"master_id\": \"sha256:00\", \"master_path\": \"clip.mp4\", \"destination\": \"mine\","
    "\"platform\": \"x\", \"account\": \"17841400000000000\", \"part\": 1, \"parts\": 1,"
    "\"rendition_id\": \"0123456789abcdef0123456789abcdef\", \"rendition\": \"rendition.mp4\", \"rendition_bytes\": 18273645,"
    "\"content_type\": \"video/mp4\", \"width_px\": 1080, \"height_px\": 1920, \"duration_ms\": 58000, \"cover_ms\": 1200,"
    "\"cover\": \"cover.jpg\", \"text\": {\"caption\": \"Sunset run #trail\", \"title\": \"Sunset run\","
    "\"description\": \"Sunset run\"}, \"hashtags\": [\"trail\"], \"title\": \"Sunset run\", \"created_ms\": 1795532400000,"
    "\"settings\": {\"poll_interval\": 5000, \"poll_timeout\": 60000, \"settle\": 300000}}";

static json_t *post_document(const struct adapter *adapter, const char *changes, size_t nb_bytes)
{
    json_t *post = json_loads(usual_post, 0, NULL), *settings = json_object_get(post, "settings"), *value;
    json_auto_t *more = json_parse_strict(changes, nb_bytes);
    const char *key;

    for (const struct setting *s = adapter->settings; s && s->name; s++)
        if (s->value)
            json_object_set_new(settings, s->name, setting_parse(s, s->value, NULL));
    json_object_foreach(more, key, value)
        if (json_is_object(value) && json_is_object(json_object_get(post, key)))
            json_object_update(json_object_get(post, key), value);
        else
            json_object_set(post, key, value);
    json_object_set_new(post, "platform", json_string(adapter->name));
    return post;
}

/* ---- the answers ---- */

static json_t *read_headers(const char **at, const char *end)
{
    json_t *headers = json_object();

    while (*at < end && **at != '\n') {
        const char *line = *at, *stop = memchr(line, '\n', (size_t)(end - line)), *colon;
        char name[64];
        size_t n;

        stop = stop ? stop : end;
        colon = memchr(line, ':', (size_t)(stop - line));
        n = colon ? (size_t)(colon - line) : 0;
        *at = stop < end ? stop + 1 : end;
        if (!n || n >= sizeof name)
            continue;
        for (size_t i = 0; i < n; i++)
            name[i] = (char)tolower((unsigned char)line[i]);
        name[n] = '\0';
        for (colon++; colon < stop && *colon == ' '; colon++)
            ;
        json_object_set_new(headers, name, json_stringn(colon, (size_t)(stop - colon)));
    }
    *at += *at < end;
    return headers;
}

/* False at the end of the input. */
static bool next_answer(const char **at, const char *end, struct transport_answer *answer)
{
    const char *stop;
    json_t *headers;
    int status = 0;

    if (*at >= end)
        return false;
    stop = memchr(*at, MARK, (size_t)(end - *at));
    stop = stop ? stop : end;
    for (; *at < stop && isdigit((unsigned char)**at); ++*at)
        status = status < 1000 ? status * 10 + (**at - '0') : status;
    *at += *at < stop;
    headers = read_headers(at, stop);
    if (status < 100) {
        json_decref(headers);
        transport_answer_lose(answer, NULL, status == 1, "lost");
    } else {
        transport_answer_fill(answer, NULL, status % 600, headers, *at, (size_t)(stop - *at));
    }
    *at = stop + (stop < end);
    return true;
}

/* ---- the rules that hold whatever the answer was ---- */

static void check_request(const struct http_request *r, const struct post *post)
{
    MUST(r->method && r->url && r->what);
    MUST(!r->file || (r->offset >= 0 && r->length >= 0));
    MUST(!r->file || r->file != post->rendition || r->offset <= post->rendition_bytes - r->length);
    for (size_t i = 0; i < sizeof r->headers / sizeof r->headers[0] && r->headers[i].name; i++)
        MUST(r->headers[i].value);
}

/* The same input gives the same step, and the state goes through text as in the journal. */
static void check_step(const struct step *s, const struct step_in *in)
{
    json_auto_t *before = json_deep_copy(in->state);
    struct step again = in->post->adapter->step(in);
    char *text = json_dumps(s->state, JSON_COMPACT);

    MUST(text && strlen(text) < STATE_MAX_BYTES);
    free(text);
    MUST(again.kind == s->kind && json_equal(again.state, s->state) && json_equal(before, in->state));
    json_decref(again.state);
    switch (s->kind) {
    case STEP_REQUEST: check_request(&s->request, in->post); break;
    case STEP_WAIT:    MUST(s->wait_ms >= 0 && s->wait_ms <= 86400000); break;
    case STEP_DONE:    break;
    case STEP_HELD:
    case STEP_FAILED:
    case STEP_UNKNOWN: MUST(s->error.text[0]); break;
    }
}

static void drive(const struct post *post, const char *at, const char *end)
{
    AUTO_ARENA struct arena *arena = arena_create();
    struct step_in in = {.post = post, .now_ms = NOW_MS, .arena = arena};
    struct transport_answer answer = {.response = {.body = ""}};
    json_t *state = json_object();
    bool going = true;

    for (int steps = 0; going && steps < STEPS_MAX; steps++) {
        struct step s;

        in.state = state;
        s = post->adapter->step(&in);
        MUST(s.state);
        check_step(&s, &in);
        transport_answer_finish(&answer);
        in.last = NULL;
        if (s.kind == STEP_REQUEST) {
            struct error err;

            egress_resolve(s.request.url, post->adapter->hosts, NULL, arena, &err);
            going = next_answer(&at, end, &answer);
            in.last = &answer.response;
        } else {
            in.now_ms += s.kind == STEP_WAIT ? s.wait_ms : 1000;
            going = s.kind == STEP_WAIT || (at < end && s.kind == STEP_HELD) || (at < end && s.kind == STEP_FAILED);
        }
        json_decref(state);
        state = s.state;
    }
    transport_answer_finish(&answer);
    json_decref(state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = fuzz_text(data, size);
    const char *end = text + size, *answers = memchr(text, MARK, size);
    size_t nb_adapters = 0;
    struct post post;

    while (adapters[nb_adapters])
        nb_adapters++;
    if (!size)
        return 0;
    answers = answers ? answers : end;
    const struct adapter *adapter = adapters[(unsigned char)(text[0] - 'A') % nb_adapters];
    json_auto_t *document = post_document(adapter, text + 1, (size_t)(answers - text) - (answers > text));

    if (!post_from_json(document, &post, NULL) || post.rendition_bytes < 1 || post.rendition_bytes > INT64_C(1) << 40)
        return 0;
    post.adapter = adapter;
    if (!adapter->check || adapter->check(&post, &(struct error){0}))
        drive(&post, answers + (answers < end), end);
    return 0;
}
