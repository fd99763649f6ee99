/* UTF-8 text by the rules of Unicode (utf8proc): checking, normalising and counting.
 * Counting accepts any bytes and never reads past the NUL; a byte that is not UTF-8 counts as one of each. */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <crosscut/arena.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool utf8_valid(const char *text);
/* Composed form (NFC), so that what looks equal is equal. NULL when the text is not valid UTF-8. */
char *utf8_nfc(struct arena *arena, const char *text);
/* Case folded NFC, for comparing without case. NULL when the text is not valid UTF-8. */
char *utf8_fold(struct arena *arena, const char *text);
/* For showing a name from outside: what is not UTF-8 becomes U+FFFD, a control or bidi control character a blank. */
char *utf8_printable(struct arena *arena, const char *text);
/* Bytes of the first grapheme cluster (what a reader takes for one character); 0 at the end. */
size_t utf8_grapheme(const char *text);
/* Next code point, and its bytes in *nb_bytes; U+FFFD and 1 for a byte that is not UTF-8; 0 and 0 at the end. */
int32_t utf8_code_point(const char *text, size_t *nb_bytes);
int64_t utf8_utf16_units(const char *text);
int64_t utf8_code_points(const char *text);
int64_t utf8_graphemes(const char *text);

#endif
