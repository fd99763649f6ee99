#include "ingest/zone.h"

#include "base/auto.h"
#include "base/file.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define FOLDER "/usr/share/zoneinfo"
#define MAX_FILE ((size_t)256 << 10)
#define DAY_S INT64_C(86400)

/* TZif version 2 or later (RFC 8536): transitions, then a rule for the time after the last one. */
struct zone {
    const unsigned char *times, *kinds, *types;    /* 8 bytes each; 1 byte each; 6 bytes each */
    int64_t nb_times, nb_types;
    const char *rule;
};

/* When summer time begins or ends: day `kind` M (month, week, weekday), J (1..365 without 29 February) or 0-based. */
struct change { char kind; int month, week, day; int64_t second; };
struct rule { int64_t standard_s, summer_s; bool has_summer; struct change start, end; };

/* ---- calendar ---- */

static bool is_leap(int64_t year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in(int64_t year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool civil_valid(const struct civil *t)
{
    return t->year >= 1970 && t->year <= 9999 && t->month >= 1 && t->month <= 12 && t->day >= 1 &&
           t->day <= days_in(t->year, t->month) && t->hour >= 0 && t->hour <= 23 && t->minute >= 0 && t->minute <= 59 &&
           t->second >= 0 && t->second <= 59;
}

static int64_t days_before(int64_t year)    /* since 1970 */
{
    int64_t y = year - 1;

    return 365 * (year - 1970) + (y / 4 - 1969 / 4) - (y / 100 - 1969 / 100) + (y / 400 - 1969 / 400);
}

int64_t civil_seconds(const struct civil *t)
{
    int64_t days = days_before(t->year) + t->day - 1;

    for (int month = 1; month < t->month; month++)
        days += days_in(t->year, month);
    return days * DAY_S + t->hour * 3600 + t->minute * 60 + t->second;
}

static int64_t year_of(int64_t unix_s)
{
    int64_t year = 1970 + unix_s / (366 * DAY_S);

    while (days_before(year + 1) * DAY_S <= unix_s)
        year++;
    return year;
}

/* ---- the rule after the last transition: "CET-1CEST,M3.5.0,M10.5.0/3" ---- */

static bool read_name(const char **at)
{
    const char *start = *at;

    if (**at == '<') {
        *at = strchr(*at, '>');
        return *at && *++*at;
    }
    while (isalpha((unsigned char)**at))
        ++*at;
    return *at - start >= 3;
}

/* [+-]hh[:mm[:ss]] in seconds. */
static int64_t read_clock(const char **at)
{
    int64_t sign = **at == '-' ? -1 : 1, total = 0, unit = 3600;
    char *end;

    *at += **at == '-' || **at == '+';
    for (; unit; unit /= 60) {
        total += strtol(*at, &end, 10) % 1000 * unit;
        *at = end;
        if (*end != ':')
            break;
        ++*at;
    }
    return sign * total;
}

static bool read_change(const char **at, struct change *c)
{
    char *end;

    *c = (struct change){.kind = **at == 'M' || **at == 'J' ? **at : '0', .second = 2 * 3600};
    *at += c->kind != '0';
    if (c->kind == 'M') {
        int n = 0;

        if (sscanf(*at, "%2d.%1d.%1d%n", &c->month, &c->week, &c->day, &n) != 3 || c->month < 1 || c->month > 12 ||
            c->week < 1 || c->week > 5 || c->day < 0 || c->day > 6)
            return false;
        *at += n;
    } else {
        c->day = (int)(strtol(*at, &end, 10) % 367);
        *at = end;
    }
    if (**at == '/') {
        ++*at;
        c->second = read_clock(at);
    }
    return true;
}

static bool read_rule(const char *at, struct rule *r)
{
    *r = (struct rule){0};
    if (!read_name(&at))
        return false;
    r->standard_s = -read_clock(&at);    /* POSIX counts westwards */
    if (!*at || *at == '\n')
        return true;
    if (!read_name(&at))
        return false;
    r->has_summer = true;
    r->summer_s = r->standard_s + 3600;
    if (*at != ',')
        r->summer_s = -read_clock(&at);
    return *at++ == ',' && read_change(&at, &r->start) && *at++ == ',' && read_change(&at, &r->end);
}

/* Seconds since 1970 on the wall clock. */
static int64_t change_at(const struct change *c, int64_t year)
{
    int64_t day = days_before(year);

    if (c->kind == 'M') {
        int last = days_in(year, c->month), in_month;

        for (int month = 1; month < c->month; month++)
            day += days_in(year, month);
        in_month = (int)((c->day - (day + 4) % 7 + 7) % 7) + 7 * (c->week - 1);    /* 1970-01-01 was a Thursday, 4 */
        while (in_month >= last)
            in_month -= 7;
        day += in_month;
    } else {
        day += c->kind == 'J' ? c->day - 1 + (is_leap(year) && c->day >= 60) : c->day;
    }
    return day * DAY_S + c->second;
}

static int64_t rule_offset(const struct rule *r, int64_t unix_s)
{
    int64_t year, start, end;
    bool summer;

    if (!r->has_summer)
        return r->standard_s;
    year = year_of(unix_s + r->standard_s);
    start = change_at(&r->start, year) - r->standard_s;
    end = change_at(&r->end, year) - r->summer_s;
    summer = start < end ? unix_s >= start && unix_s < end : unix_s >= start || unix_s < end;
    return summer ? r->summer_s : r->standard_s;
}

/* ---- the file ---- */

static int64_t number(const unsigned char *bytes, int nb_bytes)
{
    uint64_t n = bytes[0] & 0x80 ? UINT64_MAX : 0;

    for (int i = 0; i < nb_bytes; i++)
        n = n << 8 | bytes[i];
    return (int64_t)n;
}

/* Bytes of a block behind its 44-byte header; -1 for nonsense. */
static int64_t block_bytes(const unsigned char *h, int time_bytes)
{
    int64_t total = 0;
    const int64_t each[] = {1, 1, time_bytes + 4, time_bytes + 1, 6, 1};    /* isut, isstd, leap, time, type, char */

    for (int i = 0; i < 6; i++) {
        int64_t count = number(h + 20 + 4 * i, 4);

        if (count < 0 || count > (int64_t)MAX_FILE)
            return -1;
        total += count * each[i];
    }
    return total;
}

static bool read_zone(const char *text, size_t nb_bytes, struct zone *z)
{
    const unsigned char *b = (const unsigned char *)text;
    int64_t first = nb_bytes > 44 && !memcmp(b, "TZif", 4) && b[4] >= '2' ? block_bytes(b, 4) : -1, second;

    if (first < 0 || (size_t)first + 88 > nb_bytes)
        return false;
    b += 44 + first;
    nb_bytes -= 44 + (size_t)first;
    second = memcmp(b, "TZif", 4) ? -1 : block_bytes(b, 8);
    if (second < 0 || (size_t)second + 45 > nb_bytes || b[44 + second] != '\n')
        return false;
    z->nb_times = number(b + 32, 4);
    z->nb_types = number(b + 36, 4);
    z->times = b + 44;
    z->kinds = z->times + 8 * z->nb_times;
    z->types = z->kinds + z->nb_times;
    z->rule = (const char *)b + 44 + second + 1;
    return z->nb_types > 0;
}

static int64_t offset_at(const struct zone *z, int64_t unix_s)
{
    int64_t i = 0, kind;
    struct rule rule;

    while (i < z->nb_times && number(z->times + 8 * i, 8) <= unix_s)
        i++;
    if (i == z->nb_times && read_rule(z->rule, &rule))
        return rule_offset(&rule, unix_s);
    kind = i ? z->kinds[i - 1] : 0;
    return kind < z->nb_types ? number(z->types + 6 * kind, 4) : 0;
}

static bool is_name(const char *zone)
{
    size_t length = strlen(zone);

    return length && length < 64 && isalpha((unsigned char)*zone) && !strstr(zone, "..") &&
           strspn(zone, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_+-/") == length;
}

enum zone_answer zone_to_unix(const char *zone, const struct civil *time, int64_t *unix_s)
{
    int64_t local = civil_seconds(time), before, after;
    AUTO_FREE char *text = NULL;
    char path[128];
    size_t nb_bytes;
    struct zone z;

    snprintf(path, sizeof path, FOLDER "/%s", zone);
    if (!is_name(zone) || !file_read(path, MAX_FILE, &text, &nb_bytes, NULL) || !read_zone(text, nb_bytes, &z))
        return ZONE_UNKNOWN;
    before = offset_at(&z, local - DAY_S);
    after = offset_at(&z, local + DAY_S);
    if (offset_at(&z, local - before) == before)
        *unix_s = local - before;
    else if (offset_at(&z, local - after) == after)
        *unix_s = local - after;
    else
        return ZONE_SKIPPED;
    return ZONE_FOUND;
}
