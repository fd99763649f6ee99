#include "base/text.h"

#include <string.h>
#include <utf8proc.h>

#define LONGEST_SEQUENCE 4    /* bytes of a code point in UTF-8 */

bool utf8_valid(const char *text)
{
    utf8proc_int32_t code;

    while (*text) {
        utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text, -1, &code);

        if (n <= 0)
            return false;
        text += n;
    }
    return true;
}

static char *map(struct arena *arena, const char *text, utf8proc_option_t options)
{
    utf8proc_uint8_t *mapped = NULL;
    utf8proc_ssize_t n = utf8proc_map((const utf8proc_uint8_t *)text, 0, &mapped, UTF8PROC_NULLTERM | options);
    char *copy = n < 0 ? NULL : arena_strndup(arena, (const char *)mapped, (size_t)n);

    free(mapped);
    return copy;
}

char *utf8_nfc(struct arena *arena, const char *text)
{
    return map(arena, text, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
}

char *utf8_fold(struct arena *arena, const char *text)
{
    return map(arena, text, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
}

int32_t utf8_code_point(const char *text, size_t *nb_bytes)
{
    size_t left = strnlen(text, LONGEST_SEQUENCE);
    utf8proc_int32_t code = 0;
    utf8proc_ssize_t n;

    if (!left) {
        *nb_bytes = 0;
        return 0;
    }
    n = utf8proc_iterate((const utf8proc_uint8_t *)text, (utf8proc_ssize_t)left, &code);
    *nb_bytes = n > 0 ? (size_t)n : 1;
    return n > 0 ? code : 0xFFFD;
}

static bool is_control(int32_t code)
{
    return code < 0x20 || (code >= 0x7F && code < 0xA0) || code == 0x2028 || code == 0x2029 ||
           (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

char *utf8_printable(struct arena *arena, const char *text)
{
    char *out = arena_alloc(arena, strlen(text) * 3 + 1), *o = out;
    size_t n;

    for (int32_t code = utf8_code_point(text, &n); n; text += n, code = utf8_code_point(text, &n)) {
        if (is_control(code)) {
            *o++ = ' ';
        } else if (n == 1 && code == 0xFFFD) {
            memcpy(o, "\xEF\xBF\xBD", 3);
            o += 3;
        } else {
            memcpy(o, text, n);
            o += n;
        }
    }
    return out;
}

size_t utf8_grapheme(const char *text)
{
    utf8proc_int32_t state = 0;
    size_t at, n;
    int32_t before = utf8_code_point(text, &at);

    while (at) {
        int32_t next = utf8_code_point(text + at, &n);

        if (!n || utf8proc_grapheme_break_stateful(before, next, &state))
            break;
        before = next;
        at += n;
    }
    return at;
}

int64_t utf8_utf16_units(const char *text)
{
    int64_t units = 0;
    size_t n;

    for (int32_t code = utf8_code_point(text, &n); n; text += n, code = utf8_code_point(text, &n))
        units += code > 0xFFFF ? 2 : 1;
    return units;
}

int64_t utf8_code_points(const char *text)
{
    int64_t count = 0;
    size_t n;

    for (utf8_code_point(text, &n); n; text += n, utf8_code_point(text, &n))
        count++;
    return count;
}

int64_t utf8_graphemes(const char *text)
{
    int64_t count = 0;

    for (size_t n = utf8_grapheme(text); n; text += n, n = utf8_grapheme(text))
        count++;
    return count;
}
