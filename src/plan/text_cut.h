/* Cutting and counting texts as platforms and readers do: by units, at words, never through a grapheme, a hashtag,
 * a mention or a link. Texts are valid UTF-8. */
#ifndef PLAN_TEXT_CUT_H
#define PLAN_TEXT_CUT_H

#include <crosscut/arena.h>
#include <crosscut/spec.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ELLIPSIS "\xE2\x80\xA6"     /* U+2026: one unit, three bytes */

/* Bytes of the longest start of `text` that reads well and, with an ellipsis behind it, is at most `room` units.
 * 0 when nothing fits. */
size_t text_cut(const char *text, int64_t room, enum text_unit unit);

/* Bytes of the hashtag ("#" and a name) that starts at `at`, 0 when none does. `text` is where the text begins. */
size_t hashtag_at(const char *text, const char *at);
int hashtag_count(const char *text);
/* True when the text has that hashtag; `name` without '#', compared without case. */
bool hashtag_in(const char *text, const char *name, struct arena *arena);

#endif
