#include "base/record.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static json_t *value_of(const struct member *row, const void *at)
{
    switch (row->type) {
    case MEMBER_BOOL:  return json_boolean(*(const bool *)at);
    case MEMBER_INT:   return json_integer(*(const int *)at);
    case MEMBER_INT64: return json_integer(*(const int64_t *)at);
    case MEMBER_REAL:  return json_real(*(const double *)at);
    case MEMBER_TEXT:  return json_string(at);
    case MEMBER_NAME:  return json_string(row->names[*(const int *)at]);
    }
    return NULL;
}

void record_put(json_t *json, const struct member *rows, const void *record)
{
    for (const struct member *row = rows; row->name; row++)
        json_object_set_new(json, row->name, value_of(row, (const char *)record + row->offset));
}

static bool get_integer(const json_t *value, const struct member *row, void *at)
{
    int64_t n = json_integer_value(value);

    if (!json_is_integer(value) || n < row->min || n > row->max)
        return false;
    if (row->type == MEMBER_INT)
        *(int *)at = (int)n;
    else
        *(int64_t *)at = n;
    return true;
}

static bool get_real(const json_t *value, const struct member *row, double *at)
{
    double x = json_number_value(value);

    if (!json_is_number(value) || !isfinite(x) || x < (double)row->min || x > (double)row->max)
        return false;
    *at = x;
    return true;
}

static bool get_text(const json_t *value, const struct member *row, char *at)
{
    const char *text = json_string_value(value);

    if (!text || strlen(text) >= row->bytes)
        return false;
    memset(at, 0, row->bytes);
    memcpy(at, text, strlen(text));
    return true;
}

static bool get_name(const json_t *value, const struct member *row, int *at)
{
    const char *text = json_string_value(value);

    for (int i = 0; text && i <= row->max; i++)
        if (!strcmp(row->names[i], text)) {
            *at = i;
            return true;
        }
    return false;
}

static bool get(const json_t *value, const struct member *row, void *at)
{
    switch (row->type) {
    case MEMBER_BOOL:  *(bool *)at = json_is_true(value); return json_is_boolean(value);
    case MEMBER_INT:
    case MEMBER_INT64: return get_integer(value, row, at);
    case MEMBER_REAL:  return get_real(value, row, at);
    case MEMBER_TEXT:  return get_text(value, row, at);
    case MEMBER_NAME:  return get_name(value, row, at);
    }
    return false;
}

bool record_get(const json_t *json, const struct member *rows, void *record, const char *what, struct error *err)
{
    if (!json_is_object(json))
        return fail(err, ERROR_INTERNAL, "%s: not a JSON object", what);
    for (const struct member *row = rows; row->name; row++) {
        const json_t *value = json_object_get(json, row->name);

        if (!value)
            return fail(err, ERROR_INTERNAL, "%s: '%s' is missing", what, row->name);
        if (get(value, row, (char *)record + row->offset))
            continue;
        if (row->type == MEMBER_INT || row->type == MEMBER_INT64 || row->type == MEMBER_REAL)
            return fail(err, ERROR_INTERNAL, "%s: '%s' is no number from %" PRId64 " to %" PRId64, what, row->name,
                        row->min, row->max);
        return fail(err, ERROR_INTERNAL, "%s: '%s' has the wrong type or an unknown value", what, row->name);
    }
    return true;
}
