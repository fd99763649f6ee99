#include "tests/simulators/ask.h"

#include "tests/simulators/core.h"

#include "base/auto.h"
#include <stdlib.h>
#include <string.h>

struct asker asker_start(const struct simulator *simulator, const char *options)
{
    json_auto_t *json = options ? json_loads(options, 0, NULL) : NULL;

    return (struct asker){simulator, simulator->create("http://127.0.0.1:1", json), INT64_C(1795478400000)};
}

void asker_stop(struct asker *asker)
{
    asker->simulator->destroy(asker->sim);
    asker->sim = NULL;
}

static json_t *headers_of(const char *lines)
{
    json_t *headers = json_object();

    while (lines && *lines) {
        size_t line = strcspn(lines, "\n"), name = strcspn(lines, ":");

        if (name + 2 <= line)
            json_object_setn_new(headers, lines, name, json_stringn(lines + name + 2, line - name - 2));
        lines += line + (lines[line] == '\n');
    }
    return headers;
}

static json_t *run(struct asker *asker, const char *method, const char *url, json_t *headers_taken,
                   struct sim_request in)
{
    json_auto_t *headers = headers_taken, *query = NULL;
    AUTO_FREE char *path = NULL;
    struct sim_response out = {0};
    json_t *answer;

    if (!sim_split_url(url, &path, &query))
        return json_pack("{s:i}", "status", 0);
    in.method = method;
    in.path = path;
    in.query = query;
    in.headers = headers;
    in.now_ms = asker->now_ms;
    asker->simulator->handle(asker->sim, &in, &out);
    answer = json_pack("{s:i, s:o, s:o}", "status", out.status, "headers", out.headers ? out.headers : json_object(),
                       "json", out.body ? json_loads(out.body, 0, NULL) : json_null());
    if (!answer)
        answer = json_pack("{s:i, s:s}", "status", out.status, "text", out.body);
    free(out.body);
    return answer;
}

json_t *ask(struct asker *asker, const char *method, const char *url, const char *headers, const char *body,
            int64_t body_bytes)
{
    json_t *object = headers_of(headers);
    char length[24];

    if (body)
        body_bytes = (int64_t)strlen(body);
    snprintf(length, sizeof length, "%lld", (long long)body_bytes);
    if (!json_object_get(object, "content-length"))
        json_object_set_new(object, "content-length", json_string(length));
    return run(asker, method, url, object,
               (struct sim_request){.body = body, .body_bytes = body_bytes, .body_complete = true});
}

json_t *ask_broken(struct asker *asker, const char *method, const char *url, const char *headers, int64_t arrived)
{
    return run(asker, method, url, headers_of(headers), (struct sim_request){.body_bytes = arrived});
}

static json_t *at(const json_t *json, const char *path)
{
    char key[64];

    while (json && *path) {
        size_t n = strcspn(path, ".");
        int64_t index;

        snprintf(key, sizeof key, "%.*s", (int)n, path);
        json = json_is_array(json) && digits_read(key, &index) ? json_array_get(json, (size_t)index)
                                                               : json_object_get(json, key);
        path += n + (path[n] == '.');
    }
    return (json_t *)json;
}

const char *said(json_t *answer, const char *path)
{
    json_t *value = at(answer, path);
    AUTO_FREE char *text = NULL;

    if (!value || json_is_string(value))
        return value ? json_string_value(value) : "";
    text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT);
    if (!json_object_get(answer, "said"))
        json_object_set_new(answer, "said", json_object());
    json_object_set_new(json_object_get(answer, "said"), path, json_string(text));
    return json_string_value(json_object_get(json_object_get(answer, "said"), path));
}

int64_t said_int(const json_t *answer, const char *path)
{
    return json_integer_value(at(answer, path));
}

size_t nb_refusals(const struct asker *asker)
{
    json_auto_t *refusals = asker->simulator->refusals(asker->sim);

    return json_array_size(refusals);
}

size_t nb_posts(const struct asker *asker)
{
    json_auto_t *posts = NULL;

    sim_set_time(asker->sim, asker->now_ms);
    posts = asker->simulator->public_posts(asker->sim);
    return json_array_size(posts);
}
