#include "plan/words.h"

#include <crosscut/str.h>

#include "base/auto.h"
#include <stdarg.h>
#include <string.h>

void notes_add(struct notes *notes, const char *fmt, ...)
{
    va_list args;

    if (notes->nb_lines + 2 > notes->capacity) {
        size_t capacity = notes->capacity ? 2 * notes->capacity : 8;
        const char **grown = arena_alloc(notes->arena, capacity * sizeof *grown);

        if (notes->nb_lines)
            memcpy(grown, notes->lines, notes->nb_lines * sizeof *grown);
        notes->lines = grown;
        notes->capacity = capacity;
    }
    va_start(args, fmt);
    notes->lines[notes->nb_lines++] = arena_vprintf(notes->arena, fmt, args);
    va_end(args);
}

const char **notes_lines(const struct notes *notes)
{
    return notes->lines ? notes->lines : arena_alloc(notes->arena, sizeof(char *));
}

/* A fixed-point number without the zeros at its end: 2350 / 1000 is "2.35". */
static const char *decimal(struct arena *arena, int64_t thousandths)
{
    int64_t whole = thousandths / 1000, part = thousandths % 1000;
    char *text;
    size_t end;

    if (part < 0)
        part = -part;
    if (!part)
        return arena_printf(arena, "%lld", (long long)whole);
    text =
        arena_printf(arena, "%s%lld.%03lld", thousandths < 0 && !whole ? "-" : "", (long long)whole, (long long)part);
    end = strlen(text);
    while (text[end - 1] == '0')
        text[--end] = '\0';
    return text;
}

const char *words_duration(struct arena *arena, int64_t ms)
{
    int64_t hours = ms / 3600000, minutes = ms / 60000 % 60;
    const char *seconds;

    if (ms < 60000)
        return arena_printf(arena, "%s s", decimal(arena, ms));
    seconds = ms % 60000 ? arena_printf(arena, " %s s", decimal(arena, ms % 60000)) : "";
    if (!hours)
        return arena_printf(arena, "%lld min%s", (long long)minutes, seconds);
    return arena_printf(arena, "%lld h%s%s", (long long)hours,
                        minutes ? arena_printf(arena, " %lld min", (long long)minutes) : "", seconds);
}

/* Rounded to `step` thousandths of `unit` units: 312412345 bytes in steps of 100 is "312.4" million. */
static const char *scaled(struct arena *arena, int64_t value, int64_t unit, int64_t step)
{
    int64_t thousandths = (value / unit) * 1000 + (value % unit) * 1000 / unit;

    return decimal(arena, (thousandths + step / 2) / step * step);
}

const char *words_size(struct arena *arena, int64_t bytes)
{
    if (bytes >= 1000000000)
        return arena_printf(arena, "%s GB", scaled(arena, bytes, 1000000000, 10));
    if (bytes >= 1000000)
        return arena_printf(arena, "%s MB", scaled(arena, bytes, 1000000, 100));
    if (bytes >= 1000)
        return arena_printf(arena, "%s kB", scaled(arena, bytes, 1000, 100));
    return arena_printf(arena, "%lld bytes", (long long)bytes);
}

const char *words_bitrate(struct arena *arena, int64_t bps)
{
    if (bps >= 1000000)
        return arena_printf(arena, "%s Mb/s", scaled(arena, bps, 1000000, 100));
    return arena_printf(arena, "%s kb/s", scaled(arena, bps, 1000, bps < 10000 ? 100 : 1000));
}

const char *words_fps(struct arena *arena, int64_t thousandths)
{
    return arena_printf(arena, "%s fps", decimal(arena, (thousandths + 5) / 10 * 10));
}

const char *words_aspect(struct arena *arena, int64_t thousandths)
{
    static const struct { int64_t thousandths; const char *name;
    } common[] = {
        {563, "9:16"}, {667, "2:3"},  {750, "3:4"},  {800, "4:5"},
        {1000, "1:1"}, {1333, "4:3"}, {1500, "3:2"}, {1778, "16:9"},
    };

    for (size_t i = 0; i < sizeof common / sizeof common[0]; i++)
        if (thousandths >= common[i].thousandths - 1 && thousandths <= common[i].thousandths + 1)
            return common[i].name;
    return arena_printf(arena, "%s:1", decimal(arena, (thousandths + 5) / 10 * 10));
}

const char *words_value(struct arena *arena, enum spec_property property, int64_t value)
{
    switch (property) {
    case SPEC_WIDTH:
    case SPEC_HEIGHT:
    case SPEC_SIDE: return arena_printf(arena, "%lld px", (long long)value);
    case SPEC_ASPECT: return words_aspect(arena, value);
    case SPEC_FPS: return words_fps(arena, value);
    case SPEC_DURATION: return words_duration(arena, value);
    case SPEC_SIZE: return words_size(arena, value);
    case SPEC_VIDEO_BITRATE:
    case SPEC_AUDIO_BITRATE: return words_bitrate(arena, value);
    case SPEC_SAMPLE_RATE: return arena_printf(arena, "%lld Hz", (long long)value);
    case SPEC_BIT_DEPTH: return arena_printf(arena, "%lld bit", (long long)value);
    case SPEC_LOUDNESS: return arena_printf(arena, "%lld LUFS", (long long)value);
    case SPEC_TRUE_PEAK: return arena_printf(arena, "%lld dBTP", (long long)value);
    case SPEC_CHANNELS: return arena_printf(arena, "%lld channel%s", (long long)value, value == 1 ? "" : "s");
    case SPEC_EDIT_LIST: return value ? "an edit list" : "no edit list";
    case SPEC_MOOV_FIRST: return value ? "index (moov) first" : "index (moov) at the end";
    case SPEC_CLOSED_GOP: return value ? "closed GOPs" : "open GOPs";
    case SPEC_AUDIO_TRACK: return value ? "a sound track" : "no sound track";
    default: return arena_printf(arena, "%lld", (long long)value);
    }
}

/* "mp4 mov webm" -> "mp4, mov or webm" */
static const char *one_of(struct arena *arena, const char *names)
{
    AUTO_STR struct str list = {0};

    for (const char *at = names; *at;) {
        size_t n = strcspn(at, " "), next = n + strspn(at + n, " ");

        if (list.bytes)
            str_add(&list, at[next] ? ", " : " or ");
        str_add_bytes(&list, at, n);
        at += next;
    }
    return arena_strdup(arena, str_text(&list));
}

static bool is_a_fact(enum spec_property property)
{
    return property == SPEC_EDIT_LIST || property == SPEC_MOOV_FIRST || property == SPEC_CLOSED_GOP ||
           property == SPEC_AUDIO_TRACK;
}

const char *words_limit(struct arena *arena, const struct spec_row *row)
{
    const char *min = words_value(arena, row->property, row->min), *max = words_value(arena, row->property, row->max);

    if (row->any_of)
        return one_of(arena, row->any_of);
    if (is_a_fact(row->property))
        return row->has_min ? min : max;
    if (row->has_min && row->has_max)
        return row->min == row->max ? min : arena_printf(arena, "%s to %s", min, max);
    if (row->has_min)
        return arena_printf(arena, "at least %s", min);
    return row->has_max ? arena_printf(arena, "at most %s", max) : "anything";
}
