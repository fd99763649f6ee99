/* Templates of text fields: "{caption} {hashtags:5}". Parsed once, composed as often as fitting needs it.
 * A value that is missing vanishes, and of the blanks and separators around it only one stays. */
#ifndef PLAN_TEMPLATE_H
#define PLAN_TEMPLATE_H

#include <crosscut/arena.h>
#include <crosscut/error.h>
#include <stdbool.h>
#include <stddef.h>

enum placeholder {
    PLACE_LITERAL,
    PLACE_TITLE,
    PLACE_CAPTION,
    PLACE_HASHTAGS,
    PLACE_LINK,
    PLACE_ALT,
    PLACE_PART,
    PLACE_PARTS,
    PLACE_NAME,
    PLACES
};

struct piece {
    enum placeholder place;
    const char *literal;
    int max_hashtags;        /* of {hashtags:N}; -1: not said */
};

struct template {
    const struct piece *pieces;
    size_t nb_pieces;
};

/* "{{" is a brace. An unknown placeholder or an open brace is ERROR_CONFIG. */
bool template_parse(const char *text, struct arena *arena, struct template *template, struct error *err);
bool template_has(const struct template *template, enum placeholder place);
/* The smallest N of {hashtags:N}, -1 when none is said. */
int template_max_hashtags(const struct template *template);
/* `values` by placeholder, NULL or "" is missing. Trimmed; in the arena. */
const char *template_compose(const struct template *template, const char *const values[PLACES], struct arena *arena);

#endif
