/* The sound of a span as one unbroken run of samples: decoded, resampled, mixed to the rendition's channels, silence
 * where the master has none, cut at both ends. Sample 0 belongs to the first frame of the rendition. */
#ifndef MEDIA_SOUND_H
#define MEDIA_SOUND_H

#include <crosscut/error.h>
#include <libavutil/frame.h>
#include <stdbool.h>
#include <stdint.h>

struct sound_wish {
    int fd;                   /* of the master, borrowed */
    const char *name;         /* for error texts */
    int stream;               /* of the master; -1: silence */
    int64_t begin_us;         /* of the master */
    int64_t nb_samples;       /* exactly so many come out */
    int rate_hz, channels;
};

struct sound;

struct sound *sound_open(const struct sound_wish *wish, struct error *err);
void sound_close(struct sound *sound);       /* accepts NULL */
/* Next piece (planar float, pts counts samples), owned by the caller; NULL in *frame at the end. */
bool sound_read(struct sound *sound, AVFrame **frame, struct error *err);
/* Packets that could not be decoded so far. */
int64_t sound_damaged(const struct sound *sound);

#endif
