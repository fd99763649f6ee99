/* Memory that belongs to a scope: allocate freely, release all at once.
 * Allocation never returns NULL: a small allocation that fails ends the program with a message
 * (the journal makes that safe). Sizes from outside data are checked by the caller first. */
#ifndef CROSSCUT_ARENA_H
#define CROSSCUT_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena);        /* accepts NULL */
void arena_reset(struct arena *arena);          /* forgets everything, keeps the arena */
void *arena_alloc(struct arena *arena, size_t bytes);   /* zeroed, aligned for any type */
char *arena_strdup(struct arena *arena, const char *text);          /* NULL gives NULL */
char *arena_strndup(struct arena *arena, const char *text, size_t bytes);
char *arena_printf(struct arena *arena, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
char *arena_vprintf(struct arena *arena, const char *fmt, va_list args) __attribute__((format(printf, 2, 0)));
/* Percent-encodes all but RFC 3986 unreserved characters. NULL gives "". */
char *arena_escape_url(struct arena *arena, const char *text);

#endif
