/* The picture chain of one rendition: decoded frames in, upright square-pixel yuv420p BT.709 limited frames of the
 * rendition's size out. Time stamps pass through unchanged. */
#ifndef MEDIA_FILTERS_H
#define MEDIA_FILTERS_H

#include <crosscut/error.h>
#include <crosscut/facts.h>
#include <crosscut/recipe.h>
#include <crosscut/str.h>
#include <libavutil/frame.h>
#include <stdbool.h>

struct filters;

/* What the chain needs to know of a decoded frame; a change makes a new chain. */
struct picture {
    int format, width_px, height_px;    /* format: enum AVPixelFormat */
    int matrix, range;                  /* enum AVColorSpace, enum AVColorRange; never unspecified */
};

/* Untagged pictures are guessed: full range for the "j" formats, BT.601 under 720 lines, BT.709 from there. */
struct picture picture_of(const AVFrame *frame);

/* Where the foreground lies in the rendition, for REFRAME_BLUR and REFRAME_PAD: even numbers. */
struct crop filters_place(const struct recipe *recipe, const struct facts *facts);
/* The chain in libavfilter's words, from [in] to [out], and to [back] for REFRAME_BLUR. */
void filters_describe(const struct recipe *recipe, const struct facts *facts, const struct picture *picture,
                      struct str *text);

struct filters *filters_create(const struct recipe *recipe, const struct facts *facts, AVRational time_base);
void filters_destroy(struct filters *filters);    /* accepts NULL */
/* Sends a decoded frame (its reference is kept as long as needed; the caller keeps its own). NULL: the end. */
bool filters_send(struct filters *filters, const AVFrame *frame, struct error *err);
/* Next finished frame in *frame, owned by the caller; NULL: send more first (or the end was reached). */
bool filters_receive(struct filters *filters, AVFrame **frame, struct error *err);

#endif
