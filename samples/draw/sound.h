/* The sound of the samples: a spoken sentence in a quiet landscape, 48 kHz. */
#ifndef SOUND_H
#define SOUND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#define SOUND_RATE 48000

struct speech {
    float *samples;
    size_t nb_samples;
    float peak;
}; /* mono */

bool speech_read(const char *path, struct speech *speech); /* raw 32-bit float, the machine's byte order */
void speech_finish(struct speech *speech);
double speech_seconds(const struct speech *speech);
/* How loud it is around that time, 0..1. */
double speech_level(const struct speech *speech, double t_s);
/* Writes raw stereo floats: wind, birds, a step at each time of `steps_s`, and the speech from speech_s on. */
bool sound_write(FILE *out, double seconds, const struct speech *speech, double speech_s, const double *steps_s,
                 int nb_steps);

#endif
