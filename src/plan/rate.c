#include "plan/rate.h"

#include "plan/words.h"
#include <stdbool.h>
#include <stdlib.h>

/* Rates that players and platforms know, slowest first. */
static const struct { int num, den; } common[] = {
    {24000, 1001}, {24, 1}, {25, 1}, {30000, 1001}, {30, 1}, {50, 1}, {60000, 1001}, {60, 1},
};
#define NB_COMMON (sizeof common / sizeof common[0])

int64_t rate_thousandths(int num, int den)
{
    return den > 0 ? ((int64_t)num * 1000 + den / 2) / den : 0;
}

static struct rate reduced(int64_t num, int64_t den)
{
    int64_t a = num, b = den, rest;

    for (; b; a = b, b = rest)
        rest = a % b;
    return (struct rate){.num = (int)(num / a), .den = (int)(den / a)};
}

/* Common rate next to `thousandths` within the limits; 0/0 when none is. */
static struct rate nearest(int64_t thousandths, int64_t min, int64_t max)
{
    struct rate best = {0};
    int64_t least = INT64_MAX;

    for (size_t i = 0; i < NB_COMMON; i++) {
        int64_t rate = rate_thousandths(common[i].num, common[i].den), off = llabs(rate - thousandths);

        if (rate >= min && rate <= max && off < least) {
            least = off;
            best = (struct rate){.num = common[i].num, .den = common[i].den};
        }
    }
    return best;
}

/* A variable rate averages below the rate its camera was set to, for every frame that was late: so rather the common
 * rate just above the average than one below it. */
static struct rate nominal(int64_t thousandths, int64_t min, int64_t max)
{
    int64_t low = thousandths * 98 / 100, high = thousandths * 125 / 100;
    struct rate above = nearest(thousandths, low > min ? low : min, high < max ? high : max);

    return above.den ? above : nearest(thousandths, min, max);
}

/* Frames repeated a whole number of times: 10 -> 30, 12 -> 24, 5 -> 30. 30 is best known, then 24 and 25. */
static struct rate multiple(struct rate own, int64_t min, int64_t max)
{
    static const struct { int num, den; } wanted[] = {{30, 1}, {30000, 1001}, {24, 1}, {24000, 1001}, {25, 1}};

    for (size_t i = 0; i < sizeof wanted / sizeof wanted[0]; i++) {
        int64_t rate = rate_thousandths(wanted[i].num, wanted[i].den);

        if (rate >= min && rate <= max && ((int64_t)wanted[i].num * own.den) % ((int64_t)wanted[i].den * own.num) == 0)
            return (struct rate){.num = wanted[i].num, .den = wanted[i].den};
    }
    for (int64_t n = 2; rate_thousandths(own.num, own.den) * n <= max; n++)
        if (rate_thousandths(own.num, own.den) * n >= min)
            return reduced(own.num * n, own.den);
    return nearest(30000, min, max);
}

/* Every second frame, as often as needed: 240 -> 60, 119.88 -> 59.94. */
static struct rate halved(struct rate own, int64_t min, int64_t max)
{
    int64_t den = own.den;

    while (((int64_t)own.num * 1000 + den / 2) / den > max && den < INT32_MAX / 4)
        den *= 2;
    if (((int64_t)own.num * 1000 + den / 2) / den < min)
        return nearest(max, min, max);
    return reduced(own.num, den);
}

/* The exact common rate that a measured one stands for; itself when none is within 0.5 %. */
static struct rate snapped(struct rate own)
{
    int64_t thousandths = rate_thousandths(own.num, own.den);
    struct rate near = nearest(thousandths, 0, INT64_MAX);

    if (!near.den || llabs(rate_thousandths(near.num, near.den) - thousandths) * 200 > thousandths)
        return own;
    return near;
}

struct rate rate_choose(const struct video_facts *video, int64_t min, int64_t max, struct arena *arena)
{
    bool known = video->fps_num > 0 && video->fps_den > 0;
    struct rate own = known ? reduced(video->fps_num, video->fps_den) : (struct rate){.num = 30, .den = 1}, chosen;
    int64_t thousandths = rate_thousandths(own.num, own.den), rate;
    const char *from = words_fps(arena, thousandths), *why;

    if (thousandths < min) {
        chosen = video->variable_fps ? nearest(30000, min, max) : multiple(own, min, max);
        why = "frames repeated, too slow for where it goes";
    } else if (thousandths > max) {
        chosen = snapped(halved(own, min, max));
        why = "frames left out, too fast for where it goes";
    } else if (video->variable_fps) {
        chosen = nominal(thousandths, min, max);
        why = "variable rate made constant";
    } else {
        chosen = snapped(own);
        why = known ? "the master's own rate" : "the master does not say its rate";
    }
    rate = rate_thousandths(chosen.num, chosen.den);
    if (!chosen.den || rate < min || rate > max) {
        chosen = reduced(rate < min || !chosen.den ? min : max, 1000);
        rate = rate_thousandths(chosen.num, chosen.den);
    }
    chosen.why = rate == thousandths ? arena_printf(arena, "%s: %s", from, why)
                                     : arena_printf(arena, "%s to %s: %s", from, words_fps(arena, rate), why);
    return chosen;
}
