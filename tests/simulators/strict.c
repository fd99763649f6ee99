/* Strict readers: what a request may carry, read from tables; and the bookkeeping of uploads and rates. */
#include "tests/simulators/core.h"

#include "base/auto.h"
#include <ctype.h>
#include <string.h>
#include <time.h>

static const char *const type_names[] = {
    [FIELD_TEXT] = "a string",          [FIELD_BOOL] = "a boolean",          [FIELD_INT] = "an integer",
    [FIELD_OBJECT] = "an object",       [FIELD_TEXTS] = "an array of strings", [FIELD_OBJECTS] = "an array of objects",
    [FIELD_ANY_OBJECT] = "an object",
};

bool word_in(const char *words, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = words; n && (at = strstr(at, word)); at += n)
        if ((at == words || at[-1] == ' ') && (!at[n] || at[n] == ' '))
            return !strchr(word, ' ');
    return false;
}

static bool array_of(const json_t *value, bool (*is)(const json_t *item))
{
    if (!json_is_array(value))
        return false;
    for (size_t i = 0; i < json_array_size(value); i++)
        if (!is(json_array_get(value, i)))
            return false;
    return true;
}

static bool is_text(const json_t *value)
{
    return json_is_string(value);
}

static bool is_object(const json_t *value)
{
    return json_is_object(value);
}

static bool type_fits(const json_t *value, enum field_type type)
{
    switch (type) {
    case FIELD_TEXT: return is_text(value);
    case FIELD_BOOL: return json_is_boolean(value);
    case FIELD_INT: return json_is_integer(value);
    case FIELD_OBJECT:
    case FIELD_ANY_OBJECT: return is_object(value);
    case FIELD_TEXTS: return array_of(value, is_text);
    case FIELD_OBJECTS: return array_of(value, is_object);
    }
    return false;
}

static bool field_fits(const json_t *value, const struct field *field, const char *where, char why[WHY_BYTES])
{
    char inside[WHY_BYTES / 2];

    snprintf(inside, sizeof inside, "%s%s%s", where, *where ? "." : "", field->name);
    if (!type_fits(value, field->type)) {
        snprintf(why, WHY_BYTES, "%s is not %s", inside, type_names[field->type]);
        return false;
    }
    if (field->any_of && !word_in(field->any_of, json_string_value(value))) {
        snprintf(why, WHY_BYTES, "%s is none of: %s", inside, field->any_of);
        return false;
    }
    if (field->type == FIELD_OBJECT)
        return object_fits(value, field->fields, inside, why);
    if (field->type == FIELD_OBJECTS)
        for (size_t i = 0; i < json_array_size(value); i++)
            if (!object_fits(json_array_get(value, i), field->fields, inside, why))
                return false;
    return true;
}

static const struct field *field_find(const struct field *fields, const char *name)
{
    while (fields->name && strcmp(fields->name, name))
        fields++;
    return fields->name ? fields : NULL;
}

bool object_fits(const json_t *object, const struct field *fields, const char *where, char why[WHY_BYTES])
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)object, name, value) {
        const struct field *field = field_find(fields, name);

        if (!field) {
            snprintf(why, WHY_BYTES, "unknown field '%.100s%s%.100s'", where, *where ? "." : "", name);
            return false;
        }
        if (!field_fits(value, field, where, why))
            return false;
    }
    for (const struct field *field = fields; field->name; field++)
        if (field->required && !json_object_get(object, field->name)) {
            snprintf(why, WHY_BYTES, "%s%s%s is missing", where, *where ? "." : "", field->name);
            return false;
        }
    return true;
}

void object_from_texts(json_t *object, const struct field *fields)
{
    for (const struct field *field = fields; field->name; field++) {
        const char *text = json_string_value(json_object_get(object, field->name));
        json_t *value = text && field->type != FIELD_TEXT ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

        if (value)
            json_object_set_new(object, field->name, value);
    }
}

const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

int64_t int_of(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

bool bool_of(const json_t *object, const char *name)
{
    return json_is_true(json_object_get(object, name));
}

bool digits_read(const char *text, int64_t *value)
{
    int64_t sum = 0;

    if (!text || !*text || strlen(text) > 18)
        return false;
    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9')
            return false;
        sum = sum * 10 + (*c - '0');
    }
    *value = sum;
    return true;
}

int text_utf16(const char *text)
{
    int units = 0;

    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        units += (*c & 0xC0) == 0x80 ? 0 : *c >= 0xF0 ? 2 : 1;
    return units;
}

static bool in_word(char c)
{
    return isalnum((unsigned char)c) || c == '_' || (unsigned char)c >= 0x80;
}

int text_marks(const char *text, char mark)
{
    int marks = 0;

    for (const char *c = text; *c; c++)
        marks += *c == mark && in_word(c[1]) && (mark == '#' || c == text || !in_word(c[-1]));
    return marks;
}

bool text_truncate_utf8(char *text, int max_code_points)
{
    int points = 0;

    for (char *c = text; *c; c++)
        if (((unsigned char)*c & 0xC0) != 0x80 && points++ == max_code_points) {
            *c = '\0';
            return true;
        }
    return false;
}

bool time_read(const char *rfc3339, int64_t *unix_ms)
{
    struct tm tm = {0};
    const char *rest = strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm);
    int hours = 0, minutes = 0, used = 0;
    char sign = '+';

    if (!rest)
        return false;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    if (strcmp(rest, "Z") && (sscanf(rest, "%c%2d:%2d%n", &sign, &hours, &minutes, &used) != 3 || rest[used] ||
                              (sign != '+' && sign != '-')))
        return false;
    *unix_ms = ((int64_t)timegm(&tm) - (sign == '-' ? -1 : 1) * (hours * 3600 + minutes * 60)) * 1000;
    return true;
}

void time_write(int64_t unix_ms, const char *zone, char out[40])
{
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(out, 40, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, 40 - n, "%s", zone);
}

bool content_range_read(const char *text, struct content_range *range)
{
    char first[24] = "", last[24] = "", total[24] = "";
    int used = 0;
    struct content_range r = {0};

    if (!text)
        return false;
    if (sscanf(text, "bytes */%23[0-9*]%n", total, &used) == 1 && !text[used])
        r.probe = true;
    else if (sscanf(text, "bytes %23[0-9]-%23[0-9]/%23[0-9*]%n", first, last, total, &used) != 3 || text[used] ||
             !digits_read(first, &r.first) || !digits_read(last, &r.last) || r.last < r.first)
        return false;
    r.total_unknown = !strcmp(total, "*");
    if (!r.total_unknown && (!digits_read(total, &r.total) || r.last >= r.total + r.probe))
        return false;
    *range = r;
    return true;
}

void upload_keep(struct upload *upload, const struct sim_request *in, int64_t bytes)
{
    bool first = !upload->bytes;

    if (!upload->parts) {
        upload->parts = json_array();
        upload->hash = sha256_create();
    }
    if (!bytes)
        return;
    json_array_append_new(upload->parts, json_pack("{s:s, s:I}", "file", in->body_file ? in->body_file : "", "bytes",
                                                   (json_int_t)bytes));
    if (in->body)
        sha256_add(upload->hash, in->body, (size_t)bytes);
    else
        upload->unseen = true;
    upload->bytes += bytes;
    upload->sha256[0] = '\0';
    if (!upload->unseen)
        sha256_hex(upload->hash, upload->sha256);
    else if (first && in->body_sha256 && bytes == in->body_bytes)
        snprintf(upload->sha256, sizeof upload->sha256, "%s", in->body_sha256);
}

bool upload_fetch(struct sim *sim, struct upload *upload, const char *url)
{
    char file[4096] = "", sha256[SHA256_HEX_BYTES] = "";
    struct sim_request in = {.body_file = file, .body_sha256 = sha256};

    if (sim->fetch && !sim->fetch(sim->fetch_ctx, url, &in.body_bytes, sha256, file, sizeof file))
        return false;
    upload_keep(upload, &in, in.body_bytes);
    return true;
}

void upload_finish(struct upload *upload)
{
    json_decref(upload->parts);
    sha256_destroy(upload->hash);
}

bool processing_over(const struct sim *sim, struct processing *processing)
{
    int polls = processing->polls++;

    return polls >= option_int(sim, "processing_polls", 2) &&
           sim->now_ms >= processing->begun_ms + option_int(sim, "processing_ms", 0);
}

const char *failure_next(struct sim *sim)
{
    const char *reason = option_text(sim, "fail_reason", "");

    if (!*reason || sim->failed >= option_int(sim, "fail_times", INT64_MAX))
        return "";
    sim->failed++;
    return reason;
}

int rate_used(const struct rate *rate, int64_t now_ms, int64_t span_ms)
{
    int used = 0;

    for (size_t i = 0; i < rate->nb; i++)
        used += rate->at_ms[i] > now_ms - span_ms;
    return used;
}

void rate_count(struct rate *rate, int64_t now_ms)
{
    size_t room = sizeof rate->at_ms / sizeof rate->at_ms[0];

    if (rate->nb == room)
        memmove(rate->at_ms, rate->at_ms + 1, --rate->nb * sizeof rate->at_ms[0]);
    rate->at_ms[rate->nb++] = now_ms;
}
