/* Small readers for states and answers: tolerant of what platforms really send, strict about what gets used. */
#include <crosscut/adapter.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

const char *state_text(const json_t *state, const char *key)
{
    const char *text = json_string_value(json_object_get(state, key));

    return text ? text : "";
}

int64_t state_int(const json_t *state, const char *key, int64_t fallback)
{
    const json_t *value = json_object_get(state, key);

    return json_is_integer(value) ? json_integer_value(value) : fallback;
}

int64_t state_count(json_t *state, const char *key)
{
    int64_t count = state_int(state, key, 0) + 1;

    json_object_set_new(state, key, json_integer(count));
    return count;
}

bool offset_resume(json_t *state, int64_t offset)
{
    if (offset > state_int(state, "best_offset", -1)) {
        json_object_set_new(state, "best_offset", json_integer(offset));
        json_object_del(state, "stalls");
    }
    json_object_set_new(state, "offset", json_integer(offset));
    if (state_count(state, "stalls") < 6)
        return true;
    json_object_del(state, "stalls");
    return false;
}

/* All of `text` as a decimal number; false when it is not one. */
static bool read_number(const char *text, size_t bytes, int64_t *number)
{
    char digits[24], *end;
    long long n;

    if (!bytes || bytes >= sizeof digits)
        return false;
    memcpy(digits, text, bytes);
    digits[bytes] = '\0';
    if (strspn(digits, "-0123456789") != bytes)
        return false;
    errno = 0;
    n = strtoll(digits, &end, 10);
    if (errno || *end)
        return false;
    *number = n;
    return true;
}

const json_t *json_at(const json_t *json, const char *path)
{
    while (json && *path) {
        size_t bytes = strcspn(path, ".");
        int64_t index;

        if (json_is_array(json)) {
            if (!read_number(path, bytes, &index) || index < 0)
                return NULL;
            json = json_array_get(json, (size_t)index);
        } else {
            json = json_object_getn(json, path, bytes);
        }
        path += bytes;
        path += *path == '.';
    }
    return json;
}

const char *json_text_at(const json_t *json, const char *path)
{
    const char *text = json_string_value(json_at(json, path));

    return text ? text : "";
}

int64_t json_int_at(const json_t *json, const char *path, int64_t fallback)
{
    const json_t *value = json_at(json, path);
    int64_t number;

    if (json_is_integer(value))
        return json_integer_value(value);
    if (json_is_real(value) && json_real_value(value) > -9e15 && json_real_value(value) < 9e15)
        return (int64_t)json_real_value(value);
    if (json_is_string(value) && read_number(json_string_value(value), json_string_length(value), &number))
        return number;
    return fallback;
}

static json_t *public_part(json_t *state)
{
    json_t *part = json_object_get(state, "public");

    if (!json_is_object(part)) {
        part = json_object();
        json_object_set_new(state, "public", part);
    }
    return part;
}

void public_set(json_t *state, const char *key, const char *value)
{
    if (value && *value)
        json_object_set_new(public_part(state), key, json_string(value));
    else
        json_object_del(json_object_get(state, "public"), key);
}

void public_warn(json_t *state, const char *text)
{
    json_t *part = public_part(state), *warnings = json_object_get(part, "warnings"), *warning;
    size_t i;

    if (!json_is_array(warnings)) {
        warnings = json_array();
        json_object_set_new(part, "warnings", warnings);
    }
    json_array_foreach(warnings, i, warning)
        if (!strcmp(json_string_value(warning) ? json_string_value(warning) : "", text))
            return;
    json_array_append_new(warnings, json_string(text));
}

const char *arena_json(struct arena *arena, json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT);
    const char *kept = arena_strdup(arena, text ? text : "null");

    free(text);
    json_decref(json);
    return kept;
}

/* Unix time of a date in the proleptic Gregorian calendar, UTC; false when it does not exist. */
static bool unix_ms(int year, int month, int day, int hour, int minute, int second, int64_t *ms)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_hour = hour, .tm_min = minute,
                    .tm_sec = second};

    if (year < 1970 || year > 9999 || month < 1 || month > 12 || day < 1 || day > 31 || hour < 0 || hour > 23 ||
        minute < 0 || minute > 59 || second < 0 || second > 60)
        return false;
    *ms = (int64_t)timegm(&tm) * 1000;
    return true;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7; the older forms are not sent any more). */
static bool read_http_date(const char *text, int64_t *ms)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    char name[4];
    const char *month;
    int day, year, hour, minute, second;

    if (sscanf(text, "%*3[A-Za-z], %2d %3[A-Za-z] %4d %2d:%2d:%2d GMT", &day, name, &year, &hour, &minute, &second) != 6)
        return false;
    month = strstr(months, name);
    if (strlen(name) != 3 || !month || (month - months) % 3)
        return false;
    return unix_ms(year, (int)(month - months) / 3 + 1, day, hour, minute, second, ms);
}

int64_t retry_after_ms(const struct http_response *response, int64_t now_ms, int64_t max_ms, int64_t fallback_ms)
{
    const char *text = http_header(response, "retry-after");
    int64_t wait_ms, number;

    if (!text)
        return fallback_ms;
    if (read_number(text, strlen(text), &number))
        wait_ms = number < 0 ? 0 : number > max_ms / 1000 ? max_ms : number * 1000;
    else if (read_http_date(text, &number))
        wait_ms = number - now_ms;
    else
        return fallback_ms;
    return wait_ms < 0 ? 0 : wait_ms > max_ms ? max_ms : wait_ms;
}

/* "2026-11-24T15:00:00Z", with a fraction, or with an offset as +01:00 or +0100. */
int64_t json_time_at(const json_t *json, const char *path, int64_t fallback)
{
    const char *text = json_text_at(json, path);
    int year, month, day, hour, minute, second, used = 0, off_hour = 0, off_minute = 0;
    int64_t ms, offset_ms;
    char sign;

    if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &year, &month, &day, &hour, &minute, &second, &used) != 6 || !used ||
        !unix_ms(year, month, day, hour, minute, second, &ms))
        return fallback;
    text += used;
    if (*text == '.')
        text += 1 + strspn(text + 1, "0123456789");
    if (!strcmp(text, "Z"))
        return ms;
    if (sscanf(text, "%c%2d:%2d", &sign, &off_hour, &off_minute) != 3 &&
        sscanf(text, "%c%2d%2d", &sign, &off_hour, &off_minute) != 3)
        return fallback;
    offset_ms = ((int64_t)off_hour * 60 + off_minute) * 60000;
    return sign == '+' ? ms - offset_ms : sign == '-' ? ms + offset_ms : fallback;
}

const char *arena_time(struct arena *arena, int64_t unix_ms_)
{
    time_t seconds = (time_t)(unix_ms_ / 1000);
    struct tm tm;

    if (!gmtime_r(&seconds, &tm))
        return "";
    return arena_printf(arena, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                        tm.tm_min, tm.tm_sec);
}

bool id_valid(const char *id, size_t max_bytes)
{
    static const char safe[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.~-";
    size_t bytes = id ? strlen(id) : 0;

    return bytes && bytes <= max_bytes && strspn(id, safe) == bytes && strcmp(id, ".") != 0 && strcmp(id, "..") != 0;
}
