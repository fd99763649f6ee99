#include "sound.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#define TAU 6.28318530717958647692

bool speech_read(const char *path, struct speech *speech)
{
    struct speech s = {0};
    FILE *in = fopen(path, "rb");
    size_t capacity = 1 << 16, got = 1;

    if (!in)
        return false;
    while (got > 0 && s.nb_samples < (size_t)SOUND_RATE * 600) {
        float *grown = realloc(s.samples, (capacity *= 2) * sizeof *grown);

        if (!grown)
            abort();
        s.samples = grown;
        got = fread(s.samples + s.nb_samples, sizeof *grown, capacity - s.nb_samples, in);
        s.nb_samples += got;
    }
    fclose(in);
    for (size_t i = 0; i < s.nb_samples; i++)
        s.peak = fmaxf(s.peak, fabsf(s.samples[i]));
    *speech = s;
    return s.nb_samples > 0;
}

void speech_finish(struct speech *speech)
{
    free(speech->samples);
    *speech = (struct speech){0};
}

double speech_seconds(const struct speech *speech)
{
    return (double)speech->nb_samples / SOUND_RATE;
}

double speech_level(const struct speech *speech, double t_s)
{
    long from = lround((t_s - 0.03) * SOUND_RATE), to = lround((t_s + 0.03) * SOUND_RATE);
    double sum = 0;

    for (long i = from > 0 ? from : 0; i < to && i < (long)speech->nb_samples; i++)
        sum += (double)speech->samples[i] * speech->samples[i];
    double rms = sqrt(sum / (double)(to - from));

    return speech->peak > 0 ? fmin(1, rms / speech->peak * 2.8) : 0;
}

/* White noise, the same on every machine. */
static double noise(uint32_t *seed)
{
    *seed = *seed * 1664525u + 1013904223u;
    return (double)(*seed >> 8) / 8388608.0 - 1;
}

static double chirp(double t)
{
    double since = fmod(t, 3.7), sum = 0;

    for (int i = 0; i < 3; i++) {
        double u = since - 0.4 - 0.16 * i;

        if (u > 0 && u < 0.11)
            sum += sin(TAU * (3600 * u + 5200 * u * u)) * sin(TAU * u / 0.22);
    }
    return sum;
}

static double step_at(double t, const double *steps_s, int nb_steps, double grain)
{
    double sum = 0;

    for (int i = 0; i < nb_steps; i++) {
        double u = t - steps_s[i];

        if (u > 0 && u < 0.16)
            sum += exp(-u * 38) * (0.55 * sin(TAU * 92 * u) + 0.5 * grain);
    }
    return sum;
}

bool sound_write(FILE *out, double seconds, const struct speech *speech, double speech_s, const double *steps_s,
                 int nb_steps)
{
    uint32_t seed = 20261124;
    double wind = 0, grain = 0;

    for (long i = 0; i < lround(seconds * SOUND_RATE); i++) {
        double t = (double)i / SOUND_RATE, white = noise(&seed);
        long s = i - lround(speech_s * SOUND_RATE);
        double voice = s >= 0 && s < (long)speech->nb_samples ? speech->samples[s] : 0;

        wind += (white - wind) * 0.012;
        grain += (white - grain) * 0.22;
        double around = wind * (0.10 + 0.05 * sin(TAU * t / 5.3)) + 0.10 * step_at(t, steps_s, nb_steps, grain);
        double bird = 0.018 * chirp(t);
        float pair[2] = {(float)(around + bird * 0.4 + voice * 0.5), (float)(around + bird + voice * 0.5)};

        if (fwrite(pair, sizeof pair, 1, out) != 1)
            return false;
    }
    return true;
}
