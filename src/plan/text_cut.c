#include "plan/text_cut.h"

#include <crosscut/plan.h>

#include "base/text.h"
#include <string.h>
#include <strings.h>
#include <utf8proc.h>

int64_t text_count(const char *text, enum text_unit unit)
{
    switch (unit) {
    case TEXT_UTF16: return utf8_utf16_units(text);
    case TEXT_UTF8_BYTES: return (int64_t)strlen(text);
    case TEXT_GRAPHEMES: return utf8_graphemes(text);
    case TEXT_CODE_POINTS: return utf8_code_points(text);
    }
    return 0;
}

/* Units of whole graphemes: text_count of the first `bytes` bytes. */
static int64_t units_in(const char *text, size_t bytes, enum text_unit unit)
{
    int64_t units = 0;
    size_t n;

    if (unit == TEXT_UTF8_BYTES)
        return (int64_t)bytes;
    for (size_t at = 0; at < bytes; at += n) {
        if (unit == TEXT_GRAPHEMES) {
            n = utf8_grapheme(text + at);
            units++;
        } else {
            int32_t code = utf8_code_point(text + at, &n);

            units += unit == TEXT_UTF16 && code > 0xFFFF ? 2 : 1;
        }
    }
    return units;
}

/* Letters, marks, numbers and connectors make up the names of hashtags and accounts. */
static bool is_name(int32_t code)
{
    switch (utf8proc_category(code)) {
    case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL: case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN: case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ME:
    case UTF8PROC_CATEGORY_ND: case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO: case UTF8PROC_CATEGORY_PC:
        return true;
    default:
        return false;
    }
}

static bool is_blank(int32_t code)
{
    utf8proc_category_t category = utf8proc_category(code);

    return code == '\n' || code == '\t' || category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP;
}

/* True where a word could begin: at the start, or behind something that belongs to no name. */
static bool begins(const char *text, const char *at)
{
    const char *before = at;
    size_t n;

    if (at == text)
        return true;
    do
        before--;
    while (before > text && ((unsigned char)*before & 0xC0) == 0x80);
    return !is_name(utf8_code_point(before, &n));
}

static size_t name_bytes(const char *name, const char *extra)
{
    const char *at = name;
    size_t n;

    for (int32_t code = utf8_code_point(at, &n); n; at += n, code = utf8_code_point(at, &n))
        if (!is_name(code) && !(code < 0x80 && strchr(extra, (int)code)))
            break;
    return (size_t)(at - name);
}

size_t hashtag_at(const char *text, const char *at)
{
    static const char wide[] = "\xEF\xBC\x83";    /* U+FF03, the number sign of East Asian keyboards */
    size_t sign = *at == '#' ? 1 : strncmp(at, wide, 3) ? 0 : 3, name;

    if (!sign || !begins(text, at))
        return 0;
    name = name_bytes(at + sign, "");
    return name ? sign + name : 0;
}

int hashtag_count(const char *text)
{
    int count = 0;

    for (const char *at = text; *at;) {
        size_t bytes = *at == '#' || (unsigned char)*at == 0xEF ? hashtag_at(text, at) : 0;

        count += bytes > 0;
        at += bytes ? bytes : 1;
    }
    return count;
}

bool hashtag_in(const char *text, const char *name, struct arena *arena)
{
    const char *wanted = utf8_fold(arena, name);

    for (const char *at = text; wanted && *at;) {
        size_t bytes = *at == '#' || (unsigned char)*at == 0xEF ? hashtag_at(text, at) : 0;

        if (bytes) {
            size_t sign = *at == '#' ? 1 : 3;
            const char *found = utf8_fold(arena, arena_strndup(arena, at + sign, bytes - sign));

            if (found && !strcmp(found, wanted))
                return true;
        }
        at += bytes ? bytes : 1;
    }
    return false;
}

/* Bytes of what must stay whole from here: a hashtag, a mention or a link; 0: nothing special. */
static size_t whole_at(const char *text, const char *at)
{
    static const char *const schemes[] = {"https://", "http://", "www."};
    size_t bytes = hashtag_at(text, at), n;

    if (bytes)
        return bytes;
    if (*at == '@' && begins(text, at)) {
        bytes = name_bytes(at + 1, ".-");
        return bytes ? bytes + 1 : 0;
    }
    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++) {
        if (strncasecmp(at, schemes[i], strlen(schemes[i])) != 0 || !begins(text, at))
            continue;
        for (int32_t code = utf8_code_point(at, &n); n && !is_blank(code); code = utf8_code_point(at + bytes, &n))
            bytes += n;
        return bytes;
    }
    return 0;
}

/* The next piece that a cut may not go through. */
static size_t piece_at(const char *text, const char *at)
{
    size_t whole = whole_at(text, at), bytes = 0, n;

    do {
        n = utf8_grapheme(at + bytes);
        bytes += n;
    } while (n && bytes < whole);
    return bytes;
}

/* A grapheme that is nothing but a blank, or but a mark that should not stand before an ellipsis. */
static bool is_only_blank(const char *at, size_t bytes)
{
    size_t n;
    int32_t code = utf8_code_point(at, &n);

    return n == bytes && is_blank(code);
}

static bool is_only_separator(const char *at, size_t bytes)
{
    return bytes == 1 && strchr(",;:-(/|#", *at);
}

size_t text_cut(const char *text, int64_t room, enum text_unit unit)
{
    size_t kept = 0, word = 0, n = 0;
    const char *at = text;

    room -= text_count(ELLIPSIS, unit);
    for (; *at; at += n) {
        n = piece_at(text, at);
        room -= units_in(at, n, unit);
        if (room < 0)
            break;
        if (is_only_blank(at, n))
            word = kept;
        else if (!is_only_separator(at, n))
            kept = (size_t)(at - text) + n;
    }
    if (*at && (is_only_blank(at, n) || whole_at(text, at)))
        word = kept;
    return word * 2 >= kept ? word : kept;    /* scripts without blanks, and endless words, end between graphemes */
}
