#include "plan/shape.h"

#include "plan/words.h"
#include <string.h>

/* What `auto` does, by the upright picture's shape (thousandths) and lines. Rows in order, the first that holds
 * decides. Frames are 9:16, so a crop of a 16:9 picture keeps 32 % of its width, and a picture fitted by width fills
 * 32 % of the screen: there the crop wins. A square fills 56 % as a whole and loses 44 % to a crop: there the fill
 * wins. */
static const struct rule {
    int min_aspect, max_aspect, min_lines;
    enum reframe reframe;
    const char *why;
} rules[] = {
    {0,    399,     0,   REFRAME_BLUR, "much taller than the screen: a crop would lose over a quarter of its height"},
    {400,  749,     0,   REFRAME_CROP, "nearly the screen's shape: a crop loses little"},
    {750,  1200,    0,   REFRAME_BLUR, "nearly square: whole, it fills half of the screen, and its edges matter"},
    {1201, 2000,    360, REFRAME_CROP, "wide: whole, it would fill less than half of the screen"},
    {1201, 2000,    0,   REFRAME_BLUR, "wide but under 360 lines: a crop would be blown up more than five times"},
    {2001, 1000000, 0,   REFRAME_BLUR, "a panorama: a crop would keep under 29 % of its width"},
};

static int even(int64_t px)
{
    return px < 2 ? 2 : (int)(px / 2 * 2);
}

static int nearest_even(int64_t thousandths)
{
    return even((thousandths + 1000) / 1000);
}

static int64_t aspect_of(int64_t width_px, int64_t height_px)
{
    return height_px ? (width_px * 1000 + height_px / 2) / height_px : 0;
}

bool shape_ideal(const struct limits *limits, int *width_px, int *height_px)
{
    const struct limit *aspect = &limits->ideal[SPEC_ASPECT], *w = &limits->ideal[SPEC_WIDTH],
                       *h = &limits->ideal[SPEC_HEIGHT];
    int64_t middle, width, height;

    if (!aspect->known)
        return false;
    middle = aspect->row.has_min && aspect->row.has_max ? (aspect->row.min + aspect->row.max) / 2
             : aspect->row.has_min ? aspect->row.min : aspect->row.max;
    if (middle == 562)    /* 9:16 is 562.5 thousandths */
        middle = 563;
    width = w->known && w->row.has_max ? w->row.max : middle < 1000 ? 1080 : 1080 * middle / 1000;
    height = h->known && h->row.has_max ? h->row.max : middle == 563 ? width * 16 / 9 : width * 1000 / middle;
    *width_px = even(width);
    *height_px = even(height);
    return true;
}

bool shape_matches(const struct video_facts *video, int width_px, int height_px)
{
    int64_t own = (int64_t)video->width_px * height_px, frame = (int64_t)width_px * video->height_px;
    int64_t off = own > frame ? own - frame : frame - own;

    return off * 50 <= frame;
}

static enum reframe choose(const struct video_facts *video, const char *how, const char **why)
{
    static const struct { const char *how; enum reframe reframe; } forced[] = {
        {"track", REFRAME_CROP}, {"crop", REFRAME_CROP}, {"blur", REFRAME_BLUR}, {"pad", REFRAME_PAD},
    };
    int64_t aspect = aspect_of(video->width_px, video->height_px);

    *why = "as `reframe` says";
    for (size_t i = 0; i < sizeof forced / sizeof forced[0]; i++)
        if (!strcmp(how, forced[i].how))
            return forced[i].reframe;
    for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++) {
        const struct rule *rule = &rules[i];

        if (aspect >= rule->min_aspect && aspect <= rule->max_aspect && video->height_px >= rule->min_lines) {
            *why = rule->why;
            return rule->reframe;
        }
    }
    return REFRAME_BLUR;
}

/* The largest part of the picture with the frame's shape, in the middle. */
static struct crop centre(const struct video_facts *video, int width_px, int height_px)
{
    int w = even(video->width_px), h = even(video->height_px);

    if ((int64_t)w * height_px > (int64_t)width_px * h)
        w = nearest_even((int64_t)h * width_px * 1000 / height_px);
    else
        h = nearest_even((int64_t)w * height_px * 1000 / width_px);
    w = w > video->width_px ? even(video->width_px) : w;
    h = h > video->height_px ? even(video->height_px) : h;
    return (struct crop){.x_px = (video->width_px - w) / 4 * 2, .y_px = (video->height_px - h) / 4 * 2,
                         .width_px = w, .height_px = h};
}

struct shape shape_fill(const struct video_facts *video, int width_px, int height_px, const char *how,
                        struct arena *arena)
{
    struct shape shape = {.width_px = width_px, .height_px = height_px};
    const char *from = arena_printf(arena, "%dx%d (%s)", video->width_px, video->height_px,
                                    words_aspect(arena, aspect_of(video->width_px, video->height_px)));
    bool matches = shape_matches(video, width_px, height_px);
    const char *why;
    int64_t part;

    if ((int64_t)video->width_px * height_px == (int64_t)width_px * video->height_px) {
        shape.why = video->width_px == width_px
                        ? arena_printf(arena, "%s: shape and size stay", from)
                        : arena_printf(arena, "%s to %dx%d: scaled only", from, width_px, height_px);
        return shape;
    }
    shape.reframe = matches ? REFRAME_CROP : choose(video, how, &why);
    if (shape.reframe != REFRAME_CROP) {
        shape.why = arena_printf(arena, "%s to %dx%d: whole, on %s (%s)", from, width_px, height_px,
                                 shape.reframe == REFRAME_BLUR ? "a blurred copy of itself" : "black", why);
        return shape;
    }
    shape.crop = centre(video, width_px, height_px);
    part = (int64_t)shape.crop.width_px * shape.crop.height_px * 100 / ((int64_t)video->width_px * video->height_px);
    shape.why = arena_printf(arena, "%s to %dx%d: cropped to %dx%d at the centre, %lld %% of the picture stays (%s)",
                             from, width_px, height_px, shape.crop.width_px, shape.crop.height_px, (long long)part,
                             matches ? "off by less than 2 %" : why);
    return shape;
}

/* The smaller of what a row allows and what was allowed so far. */
static int64_t at_most(const struct limit *limit, int64_t px)
{
    return limit->known && limit->row.has_max && limit->row.max < px ? limit->row.max : px;
}

struct shape shape_own(const struct video_facts *video, const struct limits *limits, struct arena *arena)
{
    enum { LONG_PX = 1920, SHORT_PX = 1080 };    /* what phones and browsers show; more costs time and bytes */
    bool wide = video->width_px >= video->height_px;
    int64_t w = video->width_px, h = video->height_px, shorter = wide ? h : w;
    int64_t side = at_most(&limits->hard[SPEC_SIDE], at_most(&limits->ideal[SPEC_SIDE], LONG_PX));
    int64_t max_w = at_most(&limits->hard[SPEC_WIDTH], wide ? side : SHORT_PX);
    int64_t max_h = at_most(&limits->hard[SPEC_HEIGHT], wide ? SHORT_PX : side);
    int64_t least = limits_min(limits, SPEC_SIDE, 1);
    int64_t num = 1, den = 1;    /* scale */
    struct shape shape = {0};

    if (w > max_w)
        num = max_w, den = w;
    if (h * num > max_h * den)
        num = max_h, den = h;
    if (shorter * num < least * den)
        num = least, den = shorter;
    w = w * num / den;
    h = h * num / den;
    if (w > max_w || h > max_h)    /* a ribbon: enough for the short side is too much for the long one */
        shape.reframe = REFRAME_PAD;
    shape.width_px = even(w < max_w ? w : max_w);
    shape.height_px = even(h < max_h ? h : max_h);
    if (shape.reframe == REFRAME_PAD)
        shape.why = arena_printf(arena, "%dx%d to %dx%d: whole, on black (a ribbon)", video->width_px, video->height_px,
                                 shape.width_px, shape.height_px);
    else if (shape.width_px == video->width_px && shape.height_px == video->height_px)
        shape.why = arena_printf(arena, "%dx%d: shape and size stay", shape.width_px, shape.height_px);
    else
        shape.why = arena_printf(arena, "%dx%d to %dx%d: the master's own shape", video->width_px, video->height_px,
                                 shape.width_px, shape.height_px);
    return shape;
}
