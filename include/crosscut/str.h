/* A growable string with a hard ceiling, for building texts, markup and bodies.
 * {0} is an empty string. Growth beyond STR_MAX sets `overflow`, drops the rest and keeps what is there. */
#ifndef CROSSCUT_STR_H
#define CROSSCUT_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#define STR_MAX ((size_t)64 << 20)

struct str {
    char *data;      /* NUL-terminated once anything was added; NULL before */
    size_t bytes;
    size_t capacity;
    bool overflow;
};

void str_finish(struct str *s);                   /* frees; s is empty again */
const char *str_text(const struct str *s);        /* never NULL; borrowed until the next change */
void str_add(struct str *s, const char *text);    /* NULL adds nothing */
void str_add_bytes(struct str *s, const void *bytes, size_t nb_bytes);
void str_printf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Escapes & < > " ', drops what XML 1.0 forbids, and puts U+FFFD for what is not UTF-8: safe in HTML and XML text and
 * quoted attributes. */
void str_add_markup(struct str *s, const char *text);
/* Removes the text and hands it to the caller, who frees it. Never NULL. */
char *str_take(struct str *s);

#endif
