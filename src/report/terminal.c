#include "report/terminal.h"

#include "base/text.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#define REPLACEMENT "\xEF\xBF\xBD"
#define ELLIPSIS "\xE2\x80\xA6"

struct terminal terminal_of(int fd, enum terminal_color choice)
{
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM"), *columns = getenv("COLUMNS");
    bool dumb = !term || !*term || !strcmp(term, "dumb");
    struct terminal t = {.interactive = isatty(fd) && !dumb};
    struct winsize size;

    if (choice == TERMINAL_COLOR_AUTO)
        t.color = t.interactive && !(no_color && *no_color);    /* no-color.org: when present and not empty */
    else
        t.color = choice == TERMINAL_COLOR_ALWAYS;
    if (isatty(fd) && !ioctl(fd, TIOCGWINSZ, &size) && size.ws_col)
        t.columns = size.ws_col;
    else if (t.interactive)
        t.columns = columns && atoi(columns) > 0 ? atoi(columns) : 80;
    return t;
}

/* Turns the direction of writing: what follows looks like something else. */
static bool is_bidi(int32_t c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C;
}

/* One character, made harmless, and its columns. */
static const char *harmless(const char *at, size_t *bytes, int *columns, char piece[static 8])
{
    int32_t c = utf8_code_point(at, bytes);

    *columns = 1;
    if (c == '\n' || c == '\t' || c == '\r')
        return " ";
    if (c < 0x20 || (c >= 0x7F && c < 0xA0) || c == 0xFFFD || c == 0x2028 || c == 0x2029 || is_bidi(c))
        return REPLACEMENT;
    memcpy(piece, at, *bytes);
    piece[*bytes] = '\0';
    *columns = utf8proc_charwidth(c);
    return piece;
}

int terminal_add_cut(struct str *s, const char *text, int columns)
{
    size_t bytes = 0, fits = s->bytes;    /* where an ellipsis would still fit */
    int used = 0, fits_used = 0;

    for (const char *at = text ? text : ""; *at; at += bytes) {
        int width;
        char piece[8];
        const char *shown = harmless(at, &bytes, &width, piece);

        if (columns && used + width > columns) {
            s->bytes = fits;
            if (s->data)
                s->data[s->bytes] = '\0';
            str_add(s, ELLIPSIS);
            return fits_used + 1;
        }
        str_add(s, shown);
        used += width;
        if (columns && used <= columns - 1) {
            fits = s->bytes;
            fits_used = used;
        }
    }
    return used;
}

void terminal_add(struct str *s, const char *text)
{
    terminal_add_cut(s, text, 0);
}

int terminal_columns(const char *text)
{
    struct str s = {0};
    int columns = terminal_add_cut(&s, text, 0);

    str_finish(&s);
    return columns;
}

const char *terminal_tint(const struct terminal *terminal, enum tint tint)
{
    static const char *const codes[] = {
        [TINT_NONE] = "\033[0m", [TINT_GOOD] = "\033[32m", [TINT_BAD] = "\033[31m",
        [TINT_WARN] = "\033[33m", [TINT_SOFT] = "\033[2m", [TINT_BOLD] = "\033[1m",
    };

    return terminal->color ? codes[tint] : "";
}
