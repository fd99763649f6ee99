/* Share: from what each destination needs of one master to the fewest renditions that serve them all. */
#ifndef PLAN_SHARE_H
#define PLAN_SHARE_H

#include "plan/fit.h"
#include <crosscut/plan.h>

struct taker {
    const char *destination;     /* its name */
    struct fit fit;
    size_t rendition;            /* out: index into what share_make gives */
};

/* Appends to `renditions` (room for nb_takers more) and gives how many were added. `master` is its index. */
size_t share_make(const struct plan_input *input, size_t master, struct taker *takers, size_t nb_takers,
                  struct plan_rendition *renditions, struct arena *arena);

#endif
