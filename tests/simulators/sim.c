#include "tests/simulators/sim.h"

#include "tests/simulators/core.h"

#include "base/auto.h"
#include <crosscut/str.h>
#include <ctype.h>
#include <string.h>

const struct simulator *const simulators[] = {&sim_tiktok, &sim_instagram, &sim_youtube, NULL};

const struct simulator *simulator_find(const char *name)
{
    for (size_t i = 0; simulators[i]; i++)
        if (!strcmp(simulators[i]->name, name))
            return simulators[i];
    return NULL;
}

void *must_calloc(size_t bytes)
{
    void *memory = calloc(1, bytes);

    if (!memory) {
        fputs("crosscut-sim: out of memory\n", stderr);
        exit(1);
    }
    return memory;
}

void sim_init(struct sim *sim, const char *base_url, const json_t *options, const char *token)
{
    const char *name;
    json_t *value;

    *sim = (struct sim){.refusals = json_array(), .posts = json_array(), .options = json_object(),
                        .tokens = json_object(), .grant = json_object()};
    sim->base_url = must_calloc(strlen(base_url) + 1);
    memcpy(sim->base_url, base_url, strlen(base_url));
    json_object_foreach((json_t *)options, name, value) {
        if (json_is_integer(value) && word_in("account token username", name))
            json_object_set_new(sim->options, name, json_sprintf("%" JSON_INTEGER_FORMAT, json_integer_value(value)));
        else
            json_object_set(sim->options, name, value);
    }
    json_object_set_new(sim->tokens, option_text(sim, "token", token),
                        json_integer(-1)); /* counts from the first request on */
}

void sim_finish(struct sim *sim)
{
    free(sim->base_url);
    json_decref(sim->options);
    json_decref(sim->refusals);
    json_decref(sim->posts);
    json_decref(sim->tokens);
    json_decref(sim->grant);
}

void sim_set_time(struct sim *sim, int64_t now_ms)
{
    if (now_ms > sim->now_ms)
        sim->now_ms = now_ms;
}

void sim_set_fetch(struct sim *sim, sim_fetch *fetch, void *ctx)
{
    sim->fetch = fetch;
    sim->fetch_ctx = ctx;
}

json_t *sim_refusals(const struct sim *sim)
{
    return json_deep_copy(sim->refusals);
}

int64_t option_int(const struct sim *sim, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(sim->options, name);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool option_bool(const struct sim *sim, const char *name, bool fallback)
{
    const json_t *value = json_object_get(sim->options, name);

    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

const char *option_text(const struct sim *sim, const char *name, const char *fallback)
{
    const char *text = json_string_value(json_object_get(sim->options, name));

    return text ? text : fallback;
}

/* ---- what is public ---- */

json_t *post_add(struct sim *sim, const char *id, const char *caption, const char *visibility,
                 const struct upload *upload)
{
    const json_t *only = json_array_size(upload->parts) == 1 ? json_array_get(upload->parts, 0) : NULL;
    int64_t effect_ms = sim->now_ms + option_int(sim, "late_ms", 0);
    json_t *post = json_pack("{s:s, s:s, s:s, s:I, s:s, s:I, s:I, s:s}", "id", id, "caption", caption, "visibility",
                             visibility, "bytes", (json_int_t)upload->bytes, "sha256", upload->sha256, "created_ms",
                             (json_int_t)effect_ms, "visible_ms", (json_int_t)effect_ms, "file", text_of(only, "file"));

    json_object_set_new(post, "parts", upload->parts ? json_deep_copy(upload->parts) : json_array());
    json_array_append_new(sim->posts, post);
    return post;
}

json_t *post_find(const struct sim *sim, const char *id)
{
    size_t i;
    json_t *post;

    json_array_foreach(sim->posts, i, post) {
        if (!strcmp(text_of(post, "id"), id))
            return post;
    }
    return NULL;
}

void post_remove(struct sim *sim, const char *id)
{
    for (size_t i = json_array_size(sim->posts); i-- > 0;)
        if (!strcmp(text_of(json_array_get(sim->posts, i), "id"), id))
            json_array_remove(sim->posts, i);
}

bool post_visible(const struct sim *sim, const json_t *post)
{
    return int_of(post, "visible_ms") <= sim->now_ms;
}

json_t *sim_public_posts(const struct sim *sim)
{
    json_t *seen = json_array(), *post;
    size_t i;

    json_array_foreach(sim->posts, i, post) {
        int64_t publish_at_ms = int_of(post, "publish_at_ms");
        json_t *copy;

        if (!post_visible(sim, post))
            continue;
        copy = json_deep_copy(post);
        if (publish_at_ms && publish_at_ms <= sim->now_ms)
            json_object_set_new(copy, "visibility", json_string("public"));
        json_array_append_new(seen, copy);
    }
    return seen;
}

/* ---- a call ---- */

/* Compares segment by segment; '*' takes any non-empty one. */
static bool path_matches(const char *pattern, const char *path, char id[ID_BYTES])
{
    while (*pattern && *path) {
        size_t segment = strcspn(path, "/");

        if (*pattern == '*') {
            if (!segment || segment >= ID_BYTES)
                return false;
            snprintf(id, ID_BYTES, "%.*s", (int)segment, path);
            path += segment;
            pattern++;
        } else if (*pattern++ != *path++) {
            return false;
        }
    }
    return !*pattern && !*path;
}

const struct route *route_find(struct call *call, const struct route *routes, const char *path, bool *known_path)
{
    *known_path = false;
    for (; routes->method; routes++) {
        if (!path_matches(routes->path, path, call->id))
            continue;
        *known_path = true;
        if (!strcmp(routes->method, call->in->method))
            return routes;
    }
    return NULL;
}

const char *call_header(const struct call *call, const char *name)
{
    return json_string_value(json_object_get(call->in->headers, name));
}

const char *call_query(const struct call *call, const char *name)
{
    return json_string_value(json_object_get(call->in->query, name));
}

bool call_query_only(const struct call *call, const char *names, char why[WHY_BYTES])
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)call->in->query, name, value) {
        if (!word_in(names, name)) {
            snprintf(why, WHY_BYTES, "query parameter '%s' does not exist here", name);
            return false;
        }
    }
    return true;
}

bool call_json(struct call *call, bool may_be_empty, char why[WHY_BYTES])
{
    const struct sim_request *in = call->in;
    json_error_t error;

    if (!in->body_bytes && may_be_empty) {
        call->body = json_object();
        return true;
    }
    if (!in->body || !in->body_complete) {
        snprintf(why, WHY_BYTES, "a JSON body is missing");
        return false;
    }
    call->body = json_loadb(in->body, (size_t)in->body_bytes, JSON_REJECT_DUPLICATES, &error);
    if (json_is_object(call->body))
        return true;
    snprintf(why, WHY_BYTES, "the body is not a JSON object: %s", call->body ? "another type" : error.text);
    return false;
}

bool call_form(struct call *call, char why[WHY_BYTES])
{
    AUTO_STR struct str url = {0};
    AUTO_FREE char *path = NULL;

    str_add(&url, "/?");
    if (call->in->body)
        str_add_bytes(&url, call->in->body, (size_t)call->in->body_bytes);
    if (call->in->body_complete && sim_split_url(str_text(&url), &path, &call->body))
        return true;
    snprintf(why, WHY_BYTES, "the body is not a form");
    return false;
}

bool token_live(struct sim *sim, const char *token)
{
    const json_t *known = json_object_get(sim->tokens, token);
    int64_t ttl_ms = option_int(sim, "token_ttl_ms", 0);

    if (known && json_integer_value(known) < 0) {
        json_object_set_new(sim->tokens, token, json_integer(ttl_ms ? sim->now_ms + ttl_ms : 0));
        known = json_object_get(sim->tokens, token);
    }
    return known && (!json_integer_value(known) || sim->now_ms < json_integer_value(known));
}

bool call_authorized(const struct call *call, const char *scheme, bool *absent)
{
    const char *value = call_header(call, "authorization");
    size_t n = strlen(scheme);

    *absent = !value || strncmp(value, scheme, n) || value[n] != ' ';
    return !*absent && token_live(call->sim, value + n + 1);
}

void call_wrong(struct call *call, const char *why)
{
    if (!call->in->body_complete)
        return;     /* the connection broke: what is missing is nobody's mistake */
    json_array_append_new(call->sim->refusals, json_pack("{s:o, s:s}", "request",
                          json_sprintf("%s %s", call->in->method, call->in->path), "why", why));
}

void answer_header(struct call *call, const char *name, const char *value)
{
    if (!call->out->headers)
        call->out->headers = json_object();
    json_object_set_new(call->out->headers, name, json_string(value));
}

void answer_json(struct call *call, int status, json_t *taken)
{
    call->out->status = status;
    call->out->body = json_dumps(taken, JSON_COMPACT);
    answer_header(call, "Content-Type", "application/json; charset=UTF-8");
    json_decref(taken);
}

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* Decodes `bytes` of `text`; NULL when an escape is broken or stands for NUL. */
static char *unescape(const char *text, size_t bytes, bool plus_is_blank)
{
    AUTO_FREE char *plain = must_calloc(bytes + 1);
    size_t n = 0;

    for (size_t i = 0; i < bytes; i++) {
        if (text[i] == '%') {
            int high = bytes - i > 2 ? hex_digit(text[i + 1]) : -1;
            int low = high >= 0 ? hex_digit(text[i + 2]) : -1;

            if (low < 0 || !(high | low))
                return NULL;
            plain[n++] = (char)(high << 4 | low);
            i += 2;
        } else {
            plain[n++] = text[i] == '+' && plus_is_blank ? ' ' : text[i];
        }
    }
    return TAKE(plain);
}

static bool add_pair(json_t *query, const char *pair, size_t bytes)
{
    const char *equals = memchr(pair, '=', bytes);
    size_t name_bytes = equals ? (size_t)(equals - pair) : bytes;
    AUTO_FREE char *name = unescape(pair, name_bytes, true);
    AUTO_FREE char *value = equals ? unescape(equals + 1, bytes - name_bytes - 1, true) : unescape("", 0, true);

    return name && value && *name && !json_object_get(query, name) &&
           !json_object_set_new(query, name, json_string(value));
}

bool sim_split_url(const char *url, char **path, json_t **query)
{
    const char *host = strstr(url, "://");
    const char *start = host ? host + 3 + strcspn(host + 3, "/?") : url;
    size_t path_bytes = strcspn(start, "?#");
    AUTO_FREE char *plain = path_bytes ? unescape(start, path_bytes, false) : unescape("/", 1, false);
    json_auto_t *pairs = json_object();

    if (!plain || *plain != '/')
        return false;
    if (start[path_bytes] == '?')
        for (const char *at = start + path_bytes + 1; *at && *at != '#';) {
            size_t bytes = strcspn(at, "&#");

            if (bytes && !add_pair(pairs, at, bytes))
                return false;
            at += bytes + (at[bytes] == '&');
        }
    *path = TAKE(plain);
    *query = TAKE(pairs);
    return true;
}
