/* The audio track of one rendition, or of several that need the same one: measured, levelled, encoded to AAC and
 * measured again behind the encoder. */
#ifndef MEDIA_AUDIO_H
#define MEDIA_AUDIO_H

#include "media/graph.h"
#include "media/loudness.h"
#include "media/span.h"
#include <crosscut/recipe.h>
#include <libavcodec/avcodec.h>

struct audio {
    int fd;                       /* of the master, borrowed */
    const char *name;             /* for error texts */
    struct recipe recipe;
    struct span span;
    AVCodecContext *encoder;      /* of the first attempt; its parameters are good for the muxers */
    /* results */
    bool measured;
    struct loudness before, after;
    struct level level;
    int nb_attempts;
    bool off_target;              /* the limiter does not allow the target */
    int64_t damaged;
};

bool audio_open(struct audio *audio, int fd, const char *name, const struct recipe *recipe, const struct span *span,
                struct error *err);
void audio_close(struct audio *audio);      /* accepts a zeroed one */
/* True when both recipes give the same track. */
bool audio_same(const struct audio *audio, const struct recipe *recipe, const struct span *span);
/* Node: sends the packets to every output. */
bool audio_run(struct node *node, void *audio, struct error *err);

#endif
