#include <crosscut/post.h>

#include "base/auto.h"
#include "base/text.h"
#include <stddef.h>
#include <string.h>

static const char *const state_names[POST_STATES] = {
    [POST_PLANNED] = "planned",       [POST_RENDERED] = "rendered",     [POST_SCHEDULED] = "scheduled",
    [POST_UPLOADING] = "uploading",   [POST_PROCESSING] = "processing", [POST_PUBLISHED] = "published",
    [POST_HELD] = "held",             [POST_DEFERRED] = "deferred",     [POST_FAILED] = "failed",
    [POST_UNKNOWN] = "unknown",       [POST_RETRACTED] = "retracted",
};

const char *post_state_name(enum post_state state)
{
    return (unsigned)state < POST_STATES ? state_names[state] : "unknown";
}

bool post_state_parse(const char *name, enum post_state *state)
{
    for (int i = 0; name && i < POST_STATES; i++)
        if (!strcmp(state_names[i], name)) {
            *state = (enum post_state)i;
            return true;
        }
    return false;
}

bool post_state_final(enum post_state state)
{
    return state == POST_PUBLISHED || state == POST_FAILED || state == POST_RETRACTED;
}

/* ---- the value as JSON: a row per field ---- */

enum field_type { FIELD_TEXT, FIELD_PATH, FIELD_INT, FIELD_INT64, FIELD_BOOL, FIELD_OBJECT, FIELD_ARRAY };

static const struct field {
    const char *name;
    enum field_type type;
    size_t at;
    bool required;
} fields[] = {
#define FIELD(kind, member, must) {#member, kind, offsetof(struct post, member), must}
    FIELD(FIELD_TEXT, id, true),
    FIELD(FIELD_TEXT, master_id, true),
    FIELD(FIELD_PATH, master_path, true),
    FIELD(FIELD_TEXT, destination, true),
    FIELD(FIELD_TEXT, platform, true),
    FIELD(FIELD_TEXT, account, false),
    FIELD(FIELD_INT, part, true),
    FIELD(FIELD_INT, parts, true),
    FIELD(FIELD_INT, occurrence, false),
    FIELD(FIELD_TEXT, rendition_id, false),
    FIELD(FIELD_PATH, rendition, false),
    FIELD(FIELD_INT64, rendition_bytes, false),
    FIELD(FIELD_TEXT, rendition_sha256, false),
    FIELD(FIELD_TEXT, content_type, false),
    FIELD(FIELD_INT, width_px, false),
    FIELD(FIELD_INT, height_px, false),
    FIELD(FIELD_INT64, duration_ms, false),
    FIELD(FIELD_INT64, cover_ms, true),
    FIELD(FIELD_PATH, cover, false),
    FIELD(FIELD_OBJECT, text, true),
    FIELD(FIELD_ARRAY, hashtags, true),
    FIELD(FIELD_TEXT, title, true),
    FIELD(FIELD_TEXT, link, false),
    FIELD(FIELD_TEXT, alt_text, false),
    FIELD(FIELD_TEXT, language, false),
    FIELD(FIELD_INT64, schedule_ms, false),
    FIELD(FIELD_INT64, created_ms, false),
    FIELD(FIELD_BOOL, ai_generated, false),
    FIELD(FIELD_BOOL, brand_organic, false),
    FIELD(FIELD_BOOL, brand_content, false),
    FIELD(FIELD_BOOL, made_for_kids, false),
    FIELD(FIELD_BOOL, made_for_kids_said, false),
    FIELD(FIELD_OBJECT, settings, true),
#undef FIELD
};

static json_t *copy_or(const json_t *value, json_t *(*empty)(void))
{
    return value ? json_deep_copy(value) : empty();
}

/* A path is bytes, JSON is Unicode. One that is not UTF-8 is kept as U+F0000 and then a character per byte, those from
 * 0x80 on as U+F0000 + byte: private use, so that no other path looks like it (and one that does is kept the same way). */
#define PATH_MARK "\xF3\xB0\x80\x80"

static json_t *path_to_json(const char *path)
{
    AUTO_STR struct str s = {0};

    if (utf8_valid(path) && strncmp(path, PATH_MARK, 4) != 0)
        return json_string(path);
    str_add(&s, PATH_MARK);
    for (const unsigned char *c = (const unsigned char *)path; *c; c++) {
        const char byte[4] = {'\xF3', '\xB0', (char)(0x80 | *c >> 6), (char)(0x80 | (*c & 0x3F))};

        str_add_bytes(&s, *c < 0x80 ? (const char *)c : byte, *c < 0x80 ? 1 : 4);
    }
    return json_string(str_text(&s));
}

/* The bytes again, in the JSON value itself, so that the path lives as long as it. */
static const char *path_from_json(json_t *value)
{
    const char *text = json_string_value(value);
    AUTO_STR struct str s = {0};

    if (!text || strncmp(text, PATH_MARK, 4) != 0)
        return text;
    for (const char *c = text + 4; *c;) {
        size_t bytes;
        int32_t code = utf8_code_point(c, &bytes);
        char byte = (char)(code & 0xFF);

        str_add_bytes(&s, code >= 0xF0080 && code <= 0xF00FF ? &byte : c, code >= 0xF0080 && code <= 0xF00FF ? 1 : bytes);
        c += bytes;
    }
    json_string_setn_nocheck(value, str_text(&s), s.bytes);
    return json_string_value(value);
}

static json_t *field_to_json(const struct field *f, const struct post *post)
{
    const char *at = (const char *)post + f->at;

    switch (f->type) {
    case FIELD_TEXT: {
        const char *text = *(const char *const *)(const void *)at;

        return text ? json_string(text) : f->required ? json_string("") : NULL;
    }
    case FIELD_PATH: {
        const char *path = *(const char *const *)(const void *)at;

        return path ? path_to_json(path) : f->required ? json_string("") : NULL;
    }
    case FIELD_INT: return json_integer(*(const int *)(const void *)at);
    case FIELD_INT64: return json_integer(*(const int64_t *)(const void *)at);
    case FIELD_BOOL: return json_boolean(*(const bool *)(const void *)at);
    case FIELD_OBJECT: return copy_or(*(const json_t *const *)(const void *)at, json_object);
    case FIELD_ARRAY: return copy_or(*(const json_t *const *)(const void *)at, json_array);
    }
    return NULL;
}

json_t *post_to_json(const struct post *post)
{
    json_t *json = json_object();

    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        json_t *value = field_to_json(&fields[i], post);

        if (value)
            json_object_set_new(json, fields[i].name, value);
    }
    return json;
}

static bool field_from_json(const struct field *f, const json_t *value, struct post *post)
{
    char *at = (char *)post + f->at;
    int64_t number = json_integer_value(value);

    switch (f->type) {
    case FIELD_TEXT:
        *(const char **)(void *)at = json_string_value(value);
        return json_is_string(value);
    case FIELD_PATH:
        *(const char **)(void *)at = path_from_json((json_t *)value);
        return json_is_string(value);
    case FIELD_INT:
        *(int *)(void *)at = (int)number;
        return json_is_integer(value) && number >= INT32_MIN && number <= INT32_MAX;
    case FIELD_INT64:
        *(int64_t *)(void *)at = number;
        return json_is_integer(value);
    case FIELD_BOOL:
        *(bool *)(void *)at = json_is_true(value);
        return json_is_boolean(value);
    case FIELD_OBJECT:
        *(const json_t **)(void *)at = value;
        return json_is_object(value);
    case FIELD_ARRAY:
        *(const json_t **)(void *)at = value;
        return json_is_array(value);
    }
    return false;
}

bool post_from_json(const json_t *json, struct post *post, struct error *err)
{
    struct post read = {0};

    if (!json_is_object(json))
        return fail(err, ERROR_INTERNAL, "a stored post is not an object");
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const json_t *value = json_object_get(json, fields[i].name);

        if (!value || json_is_null(value)) {
            if (fields[i].required)
                return fail(err, ERROR_INTERNAL, "a stored post has no '%s'", fields[i].name);
            continue;
        }
        if (!field_from_json(&fields[i], value, &read))
            return fail(err, ERROR_INTERNAL, "a stored post has a wrong '%s'", fields[i].name);
    }
    *post = read;
    return true;
}

/* ---- settings and texts ---- */

const char *post_setting(const struct post *post, const char *name)
{
    const char *text = json_string_value(json_object_get(post->settings, name));

    return text ? text : "";
}

int64_t post_setting_int(const struct post *post, const char *name, int64_t fallback)
{
    const json_t *value = json_object_get(post->settings, name);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

bool post_setting_bool(const struct post *post, const char *name, bool fallback)
{
    const json_t *value = json_object_get(post->settings, name);

    return json_is_boolean(value) ? json_is_true(value) : fallback;
}

const char *post_text(const struct post *post, const char *field)
{
    const char *text = json_string_value(json_object_get(post->text, field));

    return text ? text : "";
}
