#include "report/json.h"

#include "base/auto.h"
#include "base/text.h"
#include <string.h>

/* A text that is not UTF-8 (a path) is shown with U+FFFD instead of failing the document. */
static json_t *text_or_null(const char *text)
{
    AUTO_STR struct str s = {0};
    size_t bytes;

    if (!text)
        return json_null();
    if (utf8_valid(text))
        return json_string(text);
    for (const char *at = text; *at; at += bytes) {
        bool known = utf8_code_point(at, &bytes) != 0xFFFD || bytes > 1;

        str_add_bytes(&s, known ? at : "\xEF\xBF\xBD", known ? bytes : 3);
    }
    return json_string(str_text(&s));
}

static json_t *list_to_json(const char *const *list)
{
    json_t *array = json_array();

    for (; list && *list; list++)
        json_array_append_new(array, text_or_null(*list));
    return array;
}

static json_t *copy_or_empty(const json_t *json)
{
    return json ? json_deep_copy(json) : json_object();
}

static json_t *time_or_null(int64_t unix_ms)
{
    AUTO_ARENA struct arena *arena = arena_create();

    return unix_ms ? json_string(arena_time(arena, unix_ms)) : json_null();
}

json_t *error_to_json(const struct error *error)
{
    if (!error->text[0])
        return json_null();
    return json_pack("{s:s, s:o, s:o, s:o}",
                     "kind", error_kind_name(error->kind),
                     "rule", text_or_null(error->rule[0] ? error->rule : NULL),
                     "text", text_or_null(error->text),
                     "retry_at", time_or_null(error->retry_at_ms));
}

static json_t *limit_or_null(int limit)
{
    return limit ? json_integer(limit) : json_null();
}

/* {"caption": "...", "title": "...", "count", "limit", "unit"}: the figures of the caption, or else of the first. */
static json_t *text_object(const struct fitted_text *texts, size_t nb_texts)
{
    json_t *object = json_object();
    const struct fitted_text *main = nb_texts ? &texts[0] : NULL;

    for (size_t i = 0; i < nb_texts; i++) {
        json_object_set_new(object, texts[i].field, text_or_null(texts[i].text));
        if (!strcmp(texts[i].field, "caption"))
            main = &texts[i];
    }
    if (main) {
        json_object_set_new(object, "count", json_integer(main->count));
        json_object_set_new(object, "limit", limit_or_null(main->limit));
        json_object_set_new(object, "unit", json_string(text_unit_name(main->unit)));
    }
    return object;
}

static json_t *texts_array(const struct fitted_text *texts, size_t nb_texts)
{
    json_t *array = json_array();

    for (size_t i = 0; i < nb_texts; i++)
        json_array_append_new(array, json_pack("{s:s, s:o, s:I, s:o, s:s, s:o, s:o}",
                                               "field", texts[i].field,
                                               "text", text_or_null(texts[i].text),
                                               "count", (json_int_t)texts[i].count,
                                               "limit", limit_or_null(texts[i].limit),
                                               "unit", text_unit_name(texts[i].unit),
                                               "cut", text_or_null(texts[i].cut),
                                               "dropped_hashtags",
                                               list_to_json((const char *const *)texts[i].dropped_hashtags)));
    return array;
}

json_t *post_report_to_json(const struct post_report *report)
{
    AUTO_ARENA struct arena *arena = arena_create();
    const struct post *post = report->post;
    const struct fitted_text *texts;
    size_t nb_texts = post_report_texts(report, arena, &texts);
    json_t *json = json_object();

    json_object_set_new(json, "id", text_or_null(post->id));
    json_object_set_new(json, "master", text_or_null(post->master_path));
    json_object_set_new(json, "destination", text_or_null(post->destination));
    json_object_set_new(json, "platform", text_or_null(post->platform));
    json_object_set_new(json, "account", text_or_null(post->account));
    json_object_set_new(json, "part", json_integer(post->part));
    json_object_set_new(json, "parts", json_integer(post->parts));
    json_object_set_new(json, "state", json_string(post_state_name(report->state)));
    json_object_set_new(json, "before", json_boolean(report->before));
    json_object_set_new(json, "rendition", text_or_null(post->rendition_id));
    json_object_set_new(json, "text", text_object(texts, nb_texts));
    json_object_set_new(json, "texts", texts_array(texts, nb_texts));
    json_object_set_new(json, "remote_id", text_or_null(report->remote_id));
    json_object_set_new(json, "permalink", text_or_null(report->permalink));
    json_object_set_new(json, "surface", text_or_null(report->surface));
    json_object_set_new(json, "visibility", text_or_null(report->visibility));
    json_object_set_new(json, "due_at", time_or_null(report->due_ms));
    json_object_set_new(json, "warnings", list_to_json(report->warnings));
    json_object_set_new(json, "reasons", list_to_json(report->reasons));
    if (report->requests)
        json_object_set_new(json, "requests", json_deep_copy(report->requests));
    json_object_set_new(json, "error", error_to_json(&report->error));
    return json;
}

static json_t *masters_to_json(const struct report *report)
{
    json_t *array = json_array();

    for (size_t i = 0; i < report->nb_masters; i++) {
        const struct report_master *m = &report->masters[i];

        json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o}",
                                               "path", text_or_null(m->path),
                                               "id", text_or_null(m->id),
                                               "facts", copy_or_empty(m->facts),
                                               "error", error_to_json(&m->error)));
    }
    return array;
}

static json_t *renditions_to_json(const struct report *report)
{
    json_t *array = json_array();

    for (size_t i = 0; i < report->nb_renditions; i++) {
        const struct report_rendition *r = &report->renditions[i];

        json_array_append_new(array, json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}",
                                               "id", text_or_null(r->id),
                                               "master", text_or_null(r->master),
                                               "path", text_or_null(r->path),
                                               "cover", text_or_null(r->cover),
                                               "recipe", copy_or_empty(r->recipe),
                                               "facts", copy_or_empty(r->facts),
                                               "for", list_to_json(r->destinations),
                                               "made", text_or_null(r->made),
                                               "reasons", list_to_json(r->reasons)));
    }
    return array;
}

json_t *report_to_json(const struct report *report)
{
    json_t *json = json_pack("{s:s, s:s, s:i, s:b, s:o, s:o}",
                             "schema", "crosscut/1",
                             "command", report->command,
                             "exit", report_exit(report),
                             "dry_run", report->dry_run,
                             "masters", masters_to_json(report),
                             "renditions", renditions_to_json(report));
    json_t *posts = json_array(), *skipped = json_array();

    for (size_t i = 0; i < report->nb_posts; i++)
        json_array_append_new(posts, post_report_to_json(&report->posts[i]));
    for (size_t i = 0; i < report->nb_skipped; i++)
        json_array_append_new(skipped, json_pack("{s:o, s:o}",
                                                 "path", text_or_null(report->skipped[i].path),
                                                 "why", text_or_null(report->skipped[i].why)));
    json_object_set_new(json, "posts", posts);
    json_object_set_new(json, "skipped", skipped);
    if (report->error.text[0])
        json_object_set_new(json, "error", error_to_json(&report->error));
    return json;
}

bool json_print(const struct report *report, FILE *out)
{
    json_auto_t *json = report_to_json(report);

    return !json_dumpf(json, out, JSON_INDENT(1)) && fputc('\n', out) != EOF && !fflush(out);
}
