/* Shape: the size of a rendition and how the master's picture fills it. Pure geometry. */
#ifndef PLAN_SHAPE_H
#define PLAN_SHAPE_H

#include "plan/limit.h"
#include <crosscut/arena.h>
#include <crosscut/recipe.h>

struct shape {
    int width_px, height_px;      /* even */
    enum reframe reframe;
    struct crop crop;
    const char *why;              /* one sentence */
};

/* The frame a platform likes best, from its ideals; false when it likes any. */
bool shape_ideal(const struct limits *limits, int *width_px, int *height_px);
/* True when the picture has the shape of the frame, give or take 2 %, which nobody sees. */
bool shape_matches(const struct video_facts *video, int width_px, int height_px);
/* Fills the frame. `how`: auto track crop blur pad. */
struct shape shape_fill(const struct video_facts *video, int width_px, int height_px, const char *how,
                        struct arena *arena);
/* Keeps the master's shape, scaled into the limits. */
struct shape shape_own(const struct video_facts *video, const struct limits *limits, struct arena *arena);

#endif
