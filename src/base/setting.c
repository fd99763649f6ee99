#include <crosscut/setting.h>

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit durations[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"min", 60000}, {"h", 3600000}, {"d", 86400000}};
static const struct unit sizes[] = {
    {"", 1},          {"B", 1},           {"k", 1000},        {"kB", 1000},        {"K", 1000},       {"M", 1000000},
    {"MB", 1000000},  {"G", 1000000000},  {"GB", 1000000000}, {"KiB", 1 << 10},    {"MiB", 1 << 20},  {"GiB", 1 << 30},
};

/* A decimal number, at most three digits after the point, then a unit. */
static bool parse_scaled(const char *text, const struct unit *units, size_t nb_units, int64_t *value)
{
    int64_t whole = 0, thousandths = 0, scale = 100;
    const char *c = text;

    if (*c < '0' || *c > '9')
        return false;
    for (; *c >= '0' && *c <= '9'; c++)
        if (__builtin_mul_overflow(whole, 10, &whole) || __builtin_add_overflow(whole, *c - '0', &whole))
            return false;
    if (*c == '.')
        for (c++; *c >= '0' && *c <= '9'; c++, scale /= 10)
            thousandths += scale * (*c - '0');
    while (*c == ' ')
        c++;
    for (size_t i = 0; i < nb_units; i++) {
        if (strcmp(units[i].name, c))
            continue;
        if (__builtin_mul_overflow(whole, units[i].factor, &whole))
            return false;
        *value = whole + thousandths * units[i].factor / 1000;
        return true;
    }
    return false;
}

static bool parse_bool(const char *text, bool *value)
{
    static const char *const yes[] = {"yes", "true", "on", "1"}, *const no[] = {"no", "false", "off", "0"};

    for (size_t i = 0; i < 4; i++) {
        if (!strcasecmp(text, yes[i]) || !strcasecmp(text, no[i])) {
            *value = !strcasecmp(text, yes[i]);
            return true;
        }
    }
    return false;
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);

    for (const char *c = choices; *c;) {
        size_t word = strcspn(c, " ");

        if (word == length && !strncmp(c, text, length))
            return true;
        c += word;
        c += strspn(c, " ");
    }
    return false;
}

static json_t *refuse(const struct setting *row, const char *text, const char *wanted, struct error *err)
{
    fail(err, ERROR_CONFIG, "%s = %s: %s", row->name, text, wanted);
    return NULL;
}

json_t *setting_parse(const struct setting *row, const char *text, struct error *err)
{
    json_t *value;
    int64_t number;
    bool flag;

    switch (row->type) {
    case SETTING_TEXT:
        value = json_string(text);
        return value ? value : refuse(row, "(bytes)", "this is not valid UTF-8", err);
    case SETTING_BOOL:
        return parse_bool(text, &flag) ? json_boolean(flag) : refuse(row, text, "wanted yes or no", err);
    case SETTING_INTEGER: {
        char *end;

        errno = 0;
        number = strtoll(text, &end, 10);
        return *text && !*end && !errno ? json_integer(number) : refuse(row, text, "wanted a whole number", err);
    }
    case SETTING_DURATION:
        return parse_scaled(text, durations, sizeof durations / sizeof durations[0], &number)
                   ? json_integer(number)
                   : refuse(row, text, "wanted a duration such as 500ms, 5s, 30m or 2h", err);
    case SETTING_SIZE:
        return parse_scaled(text, sizes, sizeof sizes / sizeof sizes[0], &number)
                   ? json_integer(number)
                   : refuse(row, text, "wanted a size such as 300M, 4G or 256KiB", err);
    case SETTING_CHOICE:
        if (is_choice(row->choices, text))
            return json_string(text);
        fail(err, ERROR_CONFIG, "%s = %s: wanted one of: %s", row->name, text, row->choices);
        return NULL;
    }
    return refuse(row, text, "unknown type of setting", err);
}

const struct setting *setting_find(const struct setting *rows, const char *name)
{
    for (; rows && rows->name; rows++)
        if (!strcmp(rows->name, name))
            return rows;
    return NULL;
}

/* Edit distance, bounded: both words are short. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 40 };
    size_t la = strlen(a), lb = strlen(b), row[LONGEST + 1];

    if (la > LONGEST || lb > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t best = diagonal + (a[i - 1] != b[j - 1]);

            diagonal = row[j];
            if (row[j] + 1 < best)
                best = row[j] + 1;
            if (row[j - 1] + 1 < best)
                best = row[j - 1] + 1;
            row[j] = best;
        }
    }
    return row[lb];
}

const char *nearest_name(const char *name, const char *const *names, size_t nb_names)
{
    size_t best = strlen(name) / 3 + 2;
    const char *found = NULL;

    for (size_t i = 0; i < nb_names; i++) {
        size_t d = distance(name, names[i]);

        if (d < best) {
            best = d;
            found = names[i];
        }
    }
    return found;
}
