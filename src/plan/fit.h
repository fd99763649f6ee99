/* Fit: how much has to be done to one master for one destination, and why. The least that does. */
#ifndef PLAN_FIT_H
#define PLAN_FIT_H

#include "plan/limit.h"
#include "plan/words.h"
#include <crosscut/plan.h>

/* What a destination wants of the picture's shape. Decides who may share a reframed rendition. */
enum shape_wish {
    SHAPE_ANY,      /* whatever is made anyway */
    SHAPE_OWN,      /* the master's */
    SHAPE_IDEAL,    /* the platform's frame */
};

struct fit {
    enum recipe_work work;
    int64_t in_ms, out_ms;            /* span of the master */
    enum shape_wish wish;
    int ideal_width_px, ideal_height_px;    /* for SHAPE_IDEAL */
    const char *reframe;              /* how: the destination's setting, else render.reframe */
    bool would_share;                 /* its own file would do, but an encode made anyway does better */
    struct limits limits;
};

/* False: this destination does not take the master (ERROR_REFUSED, rule "platform.property"). */
bool fit_master(const struct master *master, const struct destination *destination,
                const struct render_settings *render, struct arena *arena, struct fit *fit,
                struct notes *reasons, struct notes *warnings, struct error *err);

#endif
