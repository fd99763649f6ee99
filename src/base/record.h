/* Plain structs to JSON and back by a table of their members: one row per member, checked by type and range. */
#ifndef BASE_RECORD_H
#define BASE_RECORD_H

#include <crosscut/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum member_type { MEMBER_BOOL, MEMBER_INT, MEMBER_INT64, MEMBER_REAL, MEMBER_TEXT, MEMBER_NAME };

struct member {
    const char *name;
    enum member_type type;
    size_t offset;
    size_t bytes;                /* MEMBER_TEXT: of the array */
    int64_t min, max;            /* inclusive, for numbers */
    const char *const *names;    /* MEMBER_NAME: an int-sized enum, its words by value; max is the last value */
};

/* Rows of a table for `struct S` that ends with a NULL name. */
#define MEMBER_AT(S, m) .name = #m, .offset = offsetof(struct S, m)
#define BOOL_ROW(S, m) {MEMBER_AT(S, m), .type = MEMBER_BOOL}
#define INT_ROW(S, m, lo, hi) {MEMBER_AT(S, m), .type = MEMBER_INT, .min = (lo), .max = (hi)}
#define INT64_ROW(S, m, lo, hi) {MEMBER_AT(S, m), .type = MEMBER_INT64, .min = (lo), .max = (hi)}
#define REAL_ROW(S, m, lo, hi) {MEMBER_AT(S, m), .type = MEMBER_REAL, .min = (lo), .max = (hi)}
#define TEXT_ROW(S, m) {MEMBER_AT(S, m), .type = MEMBER_TEXT, .bytes = sizeof ((struct S *)0)->m}
#define NAME_ROW(S, m, list) \
    {MEMBER_AT(S, m), .type = MEMBER_NAME, .max = sizeof(list) / sizeof((list)[0]) - 1, .names = (list)}

/* Puts every member into `json`. */
void record_put(json_t *json, const struct member *rows, const void *record);
/* Reads every member; all of them must be there. `what` names the document in error texts. On failure the record is
 * half written: read into a local and assign. */
bool record_get(const json_t *json, const struct member *rows, void *record, const char *what, struct error *err);

#endif
