/* What the place we write to can show, and how a text of others becomes harmless there. */
#ifndef REPORT_TERMINAL_H
#define REPORT_TERMINAL_H

#include <crosscut/str.h>
#include <stdbool.h>
#include <stddef.h>

enum terminal_color { TERMINAL_COLOR_AUTO, TERMINAL_COLOR_ALWAYS, TERMINAL_COLOR_NEVER };   /* --color */

struct terminal {
    bool interactive;      /* a terminal that can move its cursor */
    bool color;
    int columns;           /* 0: not known, nothing is cut */
};

/* Asks the descriptor and the environment: NO_COLOR, TERM=dumb, COLUMNS. */
struct terminal terminal_of(int fd, enum terminal_color choice);

/* Adds `text` on one line: line breaks and tabs become blanks; other control characters (C0, C1, DEL), what turns the
 * direction of writing, and bytes that are not UTF-8 become U+FFFD. No escape sequence gets through. */
void terminal_add(struct str *s, const char *text);
/* The same, cut to `columns` with an ellipsis; 0: not cut. Returns the columns used. */
int terminal_add_cut(struct str *s, const char *text, int columns);
int terminal_columns(const char *text);

/* Escape sequences, "" without colour. Ours only: they never come out of a text. */
enum tint { TINT_NONE, TINT_GOOD, TINT_BAD, TINT_WARN, TINT_SOFT, TINT_BOLD };
const char *terminal_tint(const struct terminal *terminal, enum tint tint);   /* TINT_NONE ends a tint */

#endif
