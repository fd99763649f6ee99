/* From decoded frames to the frames of one rendition: filtered, at a constant rate, exactly as many as the span has. */
#ifndef MEDIA_PICTURES_H
#define MEDIA_PICTURES_H

#include "media/graph.h"
#include "media/span.h"
#include <crosscut/facts.h>
#include <crosscut/recipe.h>
#include <libavutil/frame.h>

struct pictures {
    const char *name;              /* of the master, for error texts */
    const struct recipe *recipe;
    const struct facts *facts;
    struct span span;
    AVRational time_base;          /* of the decoded frames */
    int64_t start_us;              /* container time of the master's 0 */
    int cover_fd;                  /* -1: no cover wanted */
    int64_t cover_ms;              /* in the rendition */
    /* results */
    int64_t cover_bytes;           /* 0: not written */
    int64_t nb_frames;
};

/* Node: receives frames with pts in time_base, sends frames whose pts counts frames of the rendition. */
bool pictures_run(struct node *node, void *pictures, struct error *err);
void frame_release(void *frame);
#define FRAMES_EDGE ((struct edge){4, frame_release})

#endif
