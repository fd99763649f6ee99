/* Rendering, seen from the parent: one worker makes all renditions of one master, from one decode. Nothing here blocks,
 * so that uploads go on meanwhile. A finished file is probed again, compared with its recipe, made durable, renamed. */
#ifndef RENDER_RENDER_H
#define RENDER_RENDER_H

#include "render/cache.h"
#include <crosscut/error.h>
#include <crosscut/facts.h>
#include <crosscut/recipe.h>
#include <stddef.h>

struct render;

struct render_order {
    const char *id;
    const struct recipe *recipe;
    int64_t cover_ms;              /* frame of the rendition to keep as JPEG */
};

struct render_batch {
    const char *master;            /* path */
    const struct facts *facts;
    const char *folder;            /* the cache, opened */
    const struct render_order *orders;
    size_t nb_orders;
    bool allow_damaged;
};

struct render_progress {
    int64_t done_ms, total_ms;     /* of media time */
    double speed;                  /* media seconds per second; 0: not known yet */
    int64_t eta_ms;                /* -1: not known yet */
};

/* Everything in `batch` is copied. NULL with *err set when it could not start. */
struct render *render_start(const struct render_batch *batch, struct error *err);
/* For poll: readable when render_step has something to do. */
int render_fd(const struct render *render);
/* Takes what the worker said. *finished becomes true once all renditions are in the cache under their names.
 * False: the batch failed (ERROR_REFUSED: this master; ERROR_INTERNAL: the machine), nothing of it stays. */
bool render_step(struct render *render, struct render_progress *progress, bool *finished, struct error *err);
/* Stops the worker if it still runs and removes what is under way. Accepts NULL. */
void render_destroy(struct render *render);

#endif
