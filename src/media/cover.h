/* Cover: one frame of a rendition as JPEG (4:2:0, full range), on a descriptor. */
#ifndef MEDIA_COVER_H
#define MEDIA_COVER_H

#include <crosscut/error.h>
#include <crosscut/facts.h>
#include <crosscut/recipe.h>
#include <libavutil/frame.h>
#include <stdint.h>

/* Instagram takes at most 8 MB, YouTube 2 MB (platforms sheets): the lower one holds for all. */
#define COVER_MAX_BYTES (2000000)

/* `frame` is yuv420p BT.709 limited, as filters make it. Lowers the quality until it fits. */
bool cover_write(int fd, const AVFrame *frame, int64_t *bytes, struct error *err);
/* Decodes the upright picture that the master shows at_ms after its start, and writes it: for copies. */
bool cover_from_master(int input_fd, const char *name, const struct facts *facts, int64_t at_ms, int fd, int64_t *bytes,
                       struct error *err);

#endif
