/* The texts of a post: what the author says, put through a destination's templates, fitted to the platform's rules. */
#ifndef PLAN_TEXT_H
#define PLAN_TEXT_H

#include "plan/words.h"
#include <crosscut/plan.h>

struct text_source {
    const struct master *master;
    const struct destination *destination;
    int part, parts;
};

struct post_texts {
    struct fitted_text *texts;      /* one per rule of the spec, in its order */
    size_t nb_texts;
    const char *title;              /* the author's, or made from the caption or the file's name; never NULL */
    const char **hashtags;          /* the kept ones, without '#', NULL-terminated */
    const char *link, *alt_text;    /* or NULL */
};

/* ERROR_CONFIG: a template is wrong. ERROR_REFUSED: the author's text is not UTF-8, or a required field stays empty. */
bool texts_fit(const struct text_source *source, struct arena *arena, struct post_texts *texts, struct notes *warnings,
               struct error *err);

#endif
