/* Which span of the master a rendition shows, counted in whole frames and samples, and which frame of the master
 * is shown when. Pure functions of the recipe and the facts. */
#ifndef MEDIA_SPAN_H
#define MEDIA_SPAN_H

#include <crosscut/facts.h>
#include <crosscut/recipe.h>
#include <stdbool.h>
#include <stdint.h>

struct span {
    int64_t begin_us, end_us;     /* of the master, from its first shown timestamp */
    int fps_num, fps_den;         /* of the rendition */
    bool halves;                  /* the master has about twice the rate: every second frame is taken */
    int64_t nb_frames;            /* of the rendition, at least 1 */
};

/* The begin is moved to the master's nearest frame, so that a constant rate stays free of judder. The frames last no
 * longer than recipe->out_ms - in_ms and end with the master's picture. */
struct span span_of(const struct recipe *recipe, const struct facts *facts);
/* Samples that fill the span: never longer than the frames. */
int64_t span_samples(const struct span *span, int sample_rate_hz);
int64_t span_duration_us(const struct span *span);
/* Frame of the rendition from which a frame of the master at time_us is shown; may be negative or past the end. */
int64_t span_frame_at(const struct span *span, int64_t time_us);
/* Frame of the rendition that is on screen at a time of the rendition, kept inside it. */
int64_t span_frame_on_screen(const struct span *span, int64_t rendition_ms);

#endif
