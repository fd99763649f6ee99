#include "media/rate.h"

#include <libavutil/mathematics.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const AVRational standard_rates[] = {
    {1, 1},    {5, 1},        {6, 1},  {15, 2}, {8, 1},  {10, 1},       {12, 1}, {15, 1},       {18, 1},
    {20, 1},   {24000, 1001}, {24, 1}, {25, 1}, {48, 1}, {30000, 1001}, {30, 1}, {48000, 1001}, {50, 1},
    {60000, 1001}, {60, 1},   {90, 1}, {100, 1}, {120000, 1001}, {120, 1}, {240000, 1001}, {240, 1},
};

static int ascending(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static double error_of(AVRational rate, double fps)
{
    return rate.num > 0 && rate.den > 0 ? fabs(av_q2d(rate) - fps) / fps : INFINITY;
}

static AVRational nearest_standard(double fps)
{
    AVRational best = standard_rates[0];

    for (size_t i = 1; i < sizeof standard_rates / sizeof standard_rates[0]; i++)
        if (error_of(standard_rates[i], fps) < error_of(best, fps))
            best = standard_rates[i];
    return best;
}

#define JITTER 0.002    /* phones' clocks: 60.06 is meant to be 60 */

/* 24.0005 is 24 and 29.9702 is 30000/1001; the two are 0.1 % apart, so whole milliseconds need the hint. */
static AVRational snap(double fps, double tolerance, AVRational hint)
{
    bool usable = hint.num > 0 && hint.den > 0;
    AVRational standard = nearest_standard(fps), hinted = usable ? nearest_standard(av_q2d(hint)) : hint;

    if (error_of(hint, fps) <= tolerance && error_of(hinted, av_q2d(hint)) < 1e-4)
        return hinted;
    if (error_of(standard, fps) <= tolerance)
        return standard;
    return av_d2q(fps, 10000);
}

/* Distances between pictures, ascending; those of pictures shown at the same time are left out. */
static size_t distances(const int64_t *pts, size_t nb_pts, int64_t *out)
{
    size_t n = 0;

    for (size_t i = 1; i < nb_pts; i++)
        if (pts[i] > pts[i - 1])
            out[n++] = pts[i] - pts[i - 1];
    qsort(out, n, sizeof *out, ascending);
    return n;
}

/* Is there a picture more than two places away from where an even rate would put it? */
static bool drifts(const int64_t *pts, size_t nb_pts, double frame_ticks)
{
    for (size_t i = 1; i < nb_pts; i++)
        if (fabs((double)(pts[i] - pts[0]) / frame_ticks - (double)i) > 2.5)
            return true;
    return false;
}

struct rate rate_measure(int64_t *pts, size_t nb_pts, AVRational time_base, AVRational hint)
{
    struct rate rate = {.fps = {0, 1}, .nb_times = nb_pts};
    int64_t *gaps = nb_pts > 1 ? malloc(nb_pts * sizeof *gaps) : NULL;
    double median, sum = 0, slack, frame_ticks, fps;
    size_t nb_gaps, regular = 0;

    if (!gaps)
        return rate;
    qsort(pts, nb_pts, sizeof *pts, ascending);
    nb_gaps = distances(pts, nb_pts, gaps);
    rate.nb_times = nb_gaps + 1;
    if (nb_gaps) {
        rate.frame_ticks = gaps[nb_gaps / 2];
        median = (double)rate.frame_ticks;
        slack = fmax(median / 10, rate.frame_ticks >= 4 ? 1 : 0);    /* rounding to whole ticks is not jitter */
        for (size_t i = 0; i < nb_gaps; i++)
            if (fabs((double)gaps[i] - median) <= slack) {
                sum += (double)gaps[i];
                regular++;
            }
        frame_ticks = sum / (double)regular;
        fps = 1 / (frame_ticks * av_q2d(time_base));
        rate.variable = (nb_gaps - regular) * 10 > nb_gaps || drifts(pts, nb_pts, frame_ticks);
        rate.fps = snap(fps, rate.variable ? 0.005 : JITTER, hint);
    }
    free(gaps);
    return rate;
}
