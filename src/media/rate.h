/* The real frame rate, from when the pictures are shown: headers say 90000 or 1000 frames a second. */
#ifndef MEDIA_RATE_H
#define MEDIA_RATE_H

#include <libavutil/rational.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rate {
    AVRational fps;        /* of the regular stretches; {0, 1} when there are fewer than two pictures */
    bool variable;         /* more than a tenth of the distances differ, or pictures are missing */
    int64_t frame_ticks;   /* median distance */
    size_t nb_times;       /* different timestamps */
};

/* Sorts `pts` (time_base units). `hint` is the header's word, believed only where the timestamps agree with it. */
struct rate rate_measure(int64_t *pts, size_t nb_pts, AVRational time_base, AVRational hint);

#endif
