#include "ingest/sidecar_json.h"

#include "base/auto.h"
#include "base/file.h"
#include "base/text.h"
#include "ingest/when.h"
#include "ingest/where.h"
#include "ingest/zone.h"
#include <crosscut/setting.h>
#include <ctype.h>
#include <math.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#define MAX_FILE ((size_t)1 << 20)
#define MAX_HASHTAGS 100
#define MAX_HASHTAG 200              /* code points */
#define MAX_DEPTH 16                 /* of what is under "destinations" */

struct document {
    const char *path, *folder, *text;
    struct arena *arena;
    struct sidecar *sidecar;
    const char *key, *inner;         /* being read; inner NULL mostly */
    int limit;                       /* of that key, code points */
    struct error *err;
};

struct key {
    const char *name;
    bool (*read)(struct document *d, const json_t *value, size_t offset);
    size_t offset;                   /* of the sidecar's field */
    int limit;                       /* code points, for texts */
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct document *d, const char *fmt, ...)
{
    struct where where = json_where(d->text, d->key, d->inner);
    va_list args;

    va_start(args, fmt);
    fail_rule(d->err, ERROR_REFUSED, "sidecar", "%s:%d:%d: '%s%s%s' %s", utf8_printable(d->arena, d->path), where.line,
              where.column, d->key, d->inner ? "." : "", d->inner ? d->inner : "", arena_vprintf(d->arena, fmt, args));
    va_end(args);
    return false;
}

static void *field(struct document *d, size_t offset)
{
    return (char *)d->sidecar + offset;
}

/* ---- texts ---- */

char *sidecar_text(struct arena *arena, const char *text)
{
    char *out = utf8_nfc(arena, text), *o = out;

    if (!out)
        return NULL;
    for (const char *c = out; *c; c++) {
        if (*c == '\r') {
            if (c[1] != '\n')
                *o++ = '\n';
        } else if ((unsigned char)*c >= 0x20 || *c == '\n' || *c == '\t') {
            *o++ = *c;
        } else {
            return NULL;
        }
    }
    while (o > out && strchr(" \t\n", o[-1]))
        o--;
    *o = '\0';
    return out;
}

static bool text_of(struct document *d, const json_t *value, const char **out)
{
    const char *text = json_string_value(value);
    char *clean = text ? sidecar_text(d->arena, text) : NULL;

    if (!text)
        return refuse(d, "must be a text");
    if (!clean)
        return refuse(d, "holds a control character");
    if (utf8_code_points(clean) > d->limit)
        return refuse(d, "has %jd characters; at most %d are read", (intmax_t)utf8_code_points(clean), d->limit);
    *out = *clean ? clean : NULL;
    return true;
}

static bool read_text(struct document *d, const json_t *value, size_t offset)
{
    return text_of(d, value, field(d, offset));
}

static bool read_line(struct document *d, const json_t *value, size_t offset)
{
    char **line = field(d, offset);

    if (!read_text(d, value, offset))
        return false;
    for (char *c = *line; c && *c; c++)
        if (*c == '\n' || *c == '\t')
            *c = ' ';
    return true;
}

static bool read_link(struct document *d, const json_t *value, size_t offset)
{
    const char *const *link = field(d, offset);

    if (!read_text(d, value, offset))
        return false;
    if (*link && (strncmp(*link, "https://", 8) != 0 && strncmp(*link, "http://", 7) != 0))
        return refuse(d, "must be a full address: https://...");
    if (*link && strpbrk(*link, " \t\n\"<>\\"))
        return refuse(d, "holds a character an address cannot have; write blanks as %%20");
    return true;
}

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/* The shape of a BCP 47 tag; whether anybody speaks it is not checked. */
static bool is_language(const char *tag)
{
    size_t n = strspn(tag, LETTERS);

    if (n < 2 || n > 8)
        return false;
    for (tag += n; *tag == '-'; tag += n) {
        n = strspn(++tag, LETTERS "0123456789");
        if (!n || n > 8)
            return false;
    }
    return !*tag;
}

static bool read_language(struct document *d, const json_t *value, size_t offset)
{
    const char *const *language = field(d, offset);

    if (!read_text(d, value, offset))
        return false;
    return !*language || is_language(*language) || refuse(d, "is no language tag; write it like en or de-AT (BCP 47)");
}

static bool read_flag(struct document *d, const json_t *value, size_t offset)
{
    enum tristate *said = field(d, offset);

    if (!json_is_boolean(value))
        return refuse(d, "must be true or false");
    *said = json_is_true(value) ? SAID_YES : SAID_NO;
    return true;
}

/* ---- hashtags ---- */

static bool is_tag_byte(char c)
{
    return (unsigned char)c >= 0x80 || isalnum((unsigned char)c) || c == '_';
}

static bool is_listed(struct document *d, const char *const *tags, size_t nb_tags, const char *tag)
{
    const char *folded = utf8_fold(d->arena, tag);

    for (size_t i = 0; i < nb_tags; i++)
        if (!strcmp(utf8_fold(d->arena, tags[i]), folded))
            return true;
    return false;
}

static bool add_tag(struct document *d, const char *raw, const char **tags, size_t *nb_tags)
{
    const char *tag = sidecar_text(d->arena, raw + (*raw == '#'));

    if (!tag || !*tag)
        return refuse(d, "holds an empty hashtag");
    for (const char *c = tag; *c; c++)
        if (!is_tag_byte(*c))
            return refuse(d, "'%s' holds '%c', where platforms end a hashtag; use letters, digits and _", tag, *c);
    if (utf8_code_points(tag) > MAX_HASHTAG)
        return refuse(d, "holds a hashtag over %d characters", MAX_HASHTAG);
    if (*nb_tags == MAX_HASHTAGS)
        return refuse(d, "holds more than %d hashtags", MAX_HASHTAGS);
    if (!is_listed(d, tags, *nb_tags, tag))
        tags[(*nb_tags)++] = tag;
    return true;
}

static bool read_hashtags(struct document *d, const json_t *value, size_t offset)
{
    const char ***out = field(d, offset), **tags = arena_alloc(d->arena, (MAX_HASHTAGS + 1) * sizeof *tags);
    const char *text = json_string_value(value), *word;
    char *rest = text ? arena_strdup(d->arena, text) : NULL;
    size_t i, nb_tags = 0;
    const json_t *item;

    if (!text && !json_is_array(value))
        return refuse(d, "must be a list of texts, or one text with blanks between the hashtags");
    while (rest && (word = strsep(&rest, " \t\r\n,")))
        if (*word && !add_tag(d, word, tags, &nb_tags))
            return false;
    json_array_foreach (value, i, item)
        if (!json_is_string(item) || !add_tag(d, json_string_value(item), tags, &nb_tags))
            return json_is_string(item) ? false : refuse(d, "must hold texts only");
    *out = tags;
    return true;
}

/* ---- times and files ---- */

static bool read_time(struct document *d, const json_t *value, size_t offset)
{
    int64_t *ms = field(d, offset);
    double seconds = json_number_value(value);

    if (json_is_number(value) && seconds >= 0 && seconds <= WHEN_MAX_S) {
        *ms = llround(seconds * 1000);
        return true;
    }
    if (json_is_string(value) && when_media_ms(json_string_value(value), ms))
        return true;
    return refuse(d, "must be a time: seconds (12.5) or \"mm:ss.mmm\"");
}

bool sidecar_is_file(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode);
}

static bool has_extension(const char *name, const char *list)
{
    const char *dot = strrchr(name, '.');
    size_t length = dot ? strlen(dot + 1) : 0;

    for (const char *at = list; length && *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (strcspn(at, " ") == length && !strncasecmp(at, dot + 1, length))
            return true;
    return false;
}

/* Only beside the sidecar or below: one that came with a download must not reach elsewhere. */
static bool read_file(struct document *d, const json_t *value, const char *extensions, const char **out)
{
    const char *name = json_string_value(value), *path;

    if (!name || !has_extension(name, extensions))
        return refuse(d, "must be a file name (%s)", extensions);
    if (*name == '/' || strstr(name, "..") || strchr(name, '\\'))
        return refuse(d, "must be a file beside the sidecar or in a folder below it");
    path = arena_printf(d->arena, "%s%s", d->folder, name);
    if (!sidecar_is_file(path))
        return refuse(d, "names '%s', which is no file beside the sidecar", utf8_printable(d->arena, name));
    *out = path;
    return true;
}

static bool read_cover(struct document *d, const json_t *value, size_t offset)
{
    if (json_is_string(value) && has_extension(json_string_value(value), "jpg jpeg png"))
        return read_file(d, value, "jpg jpeg png", &d->sidecar->cover_path);
    if (!json_is_number(value) && !(json_is_string(value) && when_media_ms(json_string_value(value), &(int64_t){0})))
        return refuse(d, "must be a time (12.5 or \"mm:ss.mmm\") or an image file (jpg, png)");
    return read_time(d, value, offset);
}

static bool read_subtitles(struct document *d, const json_t *value, size_t offset)
{
    return read_file(d, value, "srt vtt ass", field(d, offset));
}

/* ---- schedule ---- */

static bool read_local(struct document *d, const json_t *value, int64_t *ms)
{
    const char *at = json_string_value(json_object_get(value, "at"));
    const char *zone = json_string_value(json_object_get(value, "zone")), *rest;
    struct civil time;
    int64_t unix_s = 0;

    if (!at || !zone || json_object_size(value) != 2)
        return refuse(d, "must have \"at\" (2026-11-24T15:00) and \"zone\" (Europe/Berlin) and nothing else");
    d->inner = "at";
    if (!when_civil(at, &time, &rest) || *rest)
        return refuse(d, "must be a local time like 2026-11-24T15:00");
    d->inner = "zone";
    switch (zone_to_unix(zone, &time, &unix_s)) {
    case ZONE_UNKNOWN: return refuse(d, "is no zone this machine knows; write it like Europe/Berlin");
    case ZONE_SKIPPED: return refuse(d, "has no %02d:%02d on that day: clocks go forward", time.hour, time.minute);
    case ZONE_FOUND:   break;
    }
    d->inner = NULL;
    d->sidecar->schedule_zone = arena_strdup(d->arena, zone);
    *ms = unix_s * 1000;
    return true;
}

static bool read_schedule(struct document *d, const json_t *value, size_t offset)
{
    const char *text = json_string_value(value), *rest;
    int64_t *ms = field(d, offset), offset_s;
    struct civil time;

    if (json_is_object(value))
        return read_local(d, value, ms);
    if (!text || !when_civil(text, &time, &rest))
        return refuse(d, "must be a time like 2026-11-24T15:00:00+01:00");
    if (!when_offset(rest, &offset_s))
        return refuse(d, "must end with its offset (Z or +01:00), or be {\"at\": \"2026-11-24T15:00\", "
                         "\"zone\": \"Europe/Berlin\"}");
    *ms = (civil_seconds(&time) - offset_s) * 1000;
    return true;
}

/* ---- destinations ---- */

/* Every text in there as NFC, in place. */
static bool normalise(struct document *d, json_t *value, int depth)
{
    const char *key;
    json_t *item;
    size_t i;

    if (depth > MAX_DEPTH)
        return refuse(d, "is nested too deeply");
    if (json_is_string(value)) {
        const char *clean = sidecar_text(d->arena, json_string_value(value));

        return clean ? json_string_set(value, clean) == 0 : refuse(d, "holds a control character");
    }
    json_object_foreach (value, key, item)
        if (!normalise(d, item, depth + 1))
            return false;
    json_array_foreach (value, i, item)
        if (!normalise(d, item, depth + 1))
            return false;
    return true;
}

static bool read_destinations(struct document *d, const json_t *value, size_t offset)
{
    const json_t **out = field(d, offset);
    const char *name;
    const json_t *item;

    if (!json_is_object(value))
        return refuse(d, "must be an object: {\"shorts\": {\"title\": \"...\"}}");
    json_object_foreach ((json_t *)(uintptr_t)value, name, item) {
        d->inner = name;
        if (!json_is_object(item))
            return refuse(d, "must be an object: {\"title\": \"...\"}");
        if (!normalise(d, (json_t *)(uintptr_t)item, 0))
            return false;
    }
    d->inner = NULL;
    *out = value;
    return true;
}

static bool read_nothing(struct document *d, const json_t *value, size_t offset)
{
    (void)d;
    (void)value;
    (void)offset;
    return true;
}

/* ---- the document ---- */

#define AT(f) offsetof(struct sidecar, f)

static const struct key keys[] = {
    {"title", read_line, AT(title), 1000},
    {"caption", read_text, AT(caption), 65536},
    {"hashtags", read_hashtags, AT(hashtags), 0},
    {"link", read_link, AT(link), 2048},
    {"alt_text", read_text, AT(alt_text), 10000},
    {"language", read_language, AT(language), 64},
    {"in", read_time, AT(in_ms), 0},
    {"out", read_time, AT(out_ms), 0},
    {"cover", read_cover, AT(cover_ms), 0},
    {"subtitles", read_subtitles, AT(subtitles_path), 0},
    {"schedule", read_schedule, AT(schedule_ms), 0},
    {"ai_generated", read_flag, AT(ai_generated), 0},
    {"brand_organic", read_flag, AT(brand_organic), 0},
    {"brand_content", read_flag, AT(brand_content), 0},
    {"made_for_kids", read_flag, AT(made_for_kids), 0},
    {"destinations", read_destinations, AT(destinations), 0},
    {"$schema", read_nothing, 0, 0},
};
#define NB_KEYS (sizeof keys / sizeof keys[0])

static bool unknown_key(struct document *d)
{
    const char *names[NB_KEYS], *near;

    for (size_t i = 0; i < NB_KEYS; i++)
        names[i] = keys[i].name;
    near = nearest_name(d->key, names, NB_KEYS);
    return near ? refuse(d, "is not known; did you mean '%s'?", near)
                : refuse(d, "is not known; docs/sidecar.md lists the keys");
}

static bool read_key(struct document *d, const json_t *value)
{
    for (size_t i = 0; i < NB_KEYS; i++)
        if (!strcmp(keys[i].name, d->key)) {
            d->limit = keys[i].limit;
            return keys[i].read(d, value, keys[i].offset);
        }
    return unknown_key(d);
}

static bool read_keys(struct document *d, const json_t *root)
{
    const json_t *value;

    json_object_foreach ((json_t *)(uintptr_t)root, d->key, value) {
        d->inner = NULL;
        if (!read_key(d, value))
            return false;
    }
    d->key = "out";
    if (d->sidecar->out_ms && d->sidecar->out_ms <= d->sidecar->in_ms)
        return refuse(d, "is not after 'in'");
    return true;
}

bool sidecar_json_read(const char *path, const char *folder, struct arena *arena, struct sidecar *sidecar,
                       struct error *err)
{
    struct document d = {.path = path, .folder = folder, .arena = arena, .sidecar = sidecar, .err = err};
    const char *name = utf8_printable(arena, path);
    AUTO_FREE char *text = NULL;
    json_auto_t *root = NULL;
    json_error_t where;
    size_t nb_bytes, bom;

    if (!file_read(path, MAX_FILE, &text, &nb_bytes, err)) {
        if (err)
            err->kind = ERROR_REFUSED;
        return false;
    }
    bom = nb_bytes >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0;
    root = json_loadb(text + bom, nb_bytes - bom, JSON_REJECT_DUPLICATES, &where);
    if (!root)
        return fail_rule(err, ERROR_REFUSED, "sidecar", "%s:%d:%d: %s", name, where.line, where.column,
                         utf8_printable(arena, where.text))    /* Jansson quotes the file, cut anywhere */;
    if (!json_is_object(root))
        return fail_rule(err, ERROR_REFUSED, "sidecar", "%s:1:1: must be an object: {\"title\": \"...\"}", name);
    d.text = text + bom;
    if (!read_keys(&d, root))
        return false;
    sidecar->document = TAKE(root);
    return true;
}
