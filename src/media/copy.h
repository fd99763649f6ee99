/* Packets of the master into a clean MP4 without decoding them: time from 0, the tail cut where the decoder can stop. */
#ifndef MEDIA_COPY_H
#define MEDIA_COPY_H

#include "media/graph.h"
#include "media/input.h"
#include <crosscut/facts.h>
#include <crosscut/recipe.h>

struct copy {
    bool audio;                  /* copy the sound too */
    size_t output;               /* of the sending node */
    int64_t begin_us, end_us;    /* container time */
    bool started, ended;         /* of the picture */
    int64_t zero_us;             /* container time of the first picture */
    int64_t highest_pts;         /* shown so far */
};

/* Can the sound be copied as it is? It must be AAC and begin with the picture: an MP4 without edit list has no other way
 * to say that it starts later. */
bool copy_audio_possible(const struct recipe *recipe, const struct facts *facts);
/* Where a copy begins: with the first picture. */
int64_t copy_begin_us(const struct recipe *recipe, const struct facts *facts);
/* Sends what belongs into the rendition. The caller keeps the packet. */
bool copy_packet(struct copy *copy, const struct input *input, struct node *node, const AVPacket *packet,
                 struct error *err);

#endif
