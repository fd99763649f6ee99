/* Frame rate of a rendition: the master's own where platforms take it, else the nearest that keeps its cadence. */
#ifndef PLAN_RATE_H
#define PLAN_RATE_H

#include <crosscut/arena.h>
#include <crosscut/facts.h>
#include <stdint.h>

struct rate {
    int num, den;
    const char *why;      /* one sentence */
};

/* Limits in thousandths of a frame per second. */
struct rate rate_choose(const struct video_facts *video, int64_t min, int64_t max, struct arena *arena);
int64_t rate_thousandths(int num, int den);

#endif
