#include "canvas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void *allocate(size_t count, size_t bytes)
{
    void *p = calloc(count, bytes);

    if (!p)
        abort();
    return p;
}

struct canvas *canvas_create(int width_px, int height_px, double scale, struct point origin)
{
    size_t pixels = (size_t)width_px * (size_t)height_px;
    struct canvas *c = allocate(1, sizeof *c);

    *c = (struct canvas){
        .width_px = width_px,
        .height_px = height_px,
        .scale = scale,
        .origin = origin,
        .rgb = allocate(pixels, 3),
        .still = allocate(pixels, 3),
        .yuv = allocate(pixels * 3 / 2, 1),
        .tiles_across = (width_px + TILE_PX - 1) / TILE_PX,
        .tiles_down = (height_px + TILE_PX - 1) / TILE_PX,
    };
    c->dirty = allocate((size_t)c->tiles_across * (size_t)c->tiles_down, sizeof *c->dirty);
    return c;
}

void canvas_destroy(struct canvas *c)
{
    if (!c)
        return;
    free(c->rgb);
    free(c->still);
    free(c->yuv);
    free(c->dirty);
    free(c);
}

/* BT.709, limited range. */
static void convert(struct canvas *c, struct box box)
{
    size_t width = (size_t)c->width_px, pixels = width * (size_t)c->height_px;
    uint8_t *luma = c->yuv, *cb = c->yuv + pixels, *cr = cb + pixels / 4;

    for (int y = box.y0; y < box.y1; y += 2)
        for (int x = box.x0; x < box.x1; x += 2) {
            int r = 0, g = 0, b = 0;

            for (int k = 0; k < 4; k++) {
                size_t at = (size_t)(y + k / 2) * width + (size_t)(x + k % 2);
                const uint8_t *p = c->rgb + at * 3;

                luma[at] = (uint8_t)(16 + ((11966 * p[0] + 40254 * p[1] + 4064 * p[2] + 32768) >> 16));
                r += p[0];
                g += p[1];
                b += p[2];
            }
            size_t at = (size_t)(y / 2) * (width / 2) + (size_t)(x / 2);
            cb[at] = (uint8_t)(128 + ((-6596 * r - 22189 * g + 28784 * b + 131072) >> 18));
            cr[at] = (uint8_t)(128 + ((28784 * r - 26145 * g - 2639 * b + 131072) >> 18));
        }
}

static void restore(struct canvas *c, struct box box)
{
    size_t width = (size_t)c->width_px;

    for (int y = box.y0; y < box.y1; y++) {
        size_t at = ((size_t)y * width + (size_t)box.x0) * 3;

        memcpy(c->rgb + at, c->still + at, (size_t)(box.x1 - box.x0) * 3);
    }
}

static int at_most(int value, int limit)
{
    return value < limit ? value : limit;
}

static void for_dirty_tiles(struct canvas *c, void (*act)(struct canvas *c, struct box box))
{
    for (int i = 0; i < c->tiles_across * c->tiles_down; i++) {
        int x = i % c->tiles_across * TILE_PX, y = i / c->tiles_across * TILE_PX;

        if (c->dirty[i])
            act(c, (struct box){x, y, at_most(x + TILE_PX, c->width_px), at_most(y + TILE_PX, c->height_px)});
    }
}

static void mark(struct canvas *c, struct box box)
{
    for (int y = box.y0 / TILE_PX; y * TILE_PX < box.y1; y++)
        for (int x = box.x0 / TILE_PX; x * TILE_PX < box.x1; x++)
            c->dirty[y * c->tiles_across + x] = 2;
}

void canvas_keep(struct canvas *c)
{
    struct box all = {0, 0, c->width_px, c->height_px};

    memcpy(c->still, c->rgb, (size_t)c->width_px * (size_t)c->height_px * 3);
    mark(c, all); /* the first frame converts all of it */
}

/* A tile is converted once more after it was painted: what was there is gone again. */
bool canvas_write(struct canvas *c, FILE *out)
{
    size_t bytes = (size_t)c->width_px * (size_t)c->height_px * 3 / 2;

    for_dirty_tiles(c, convert);
    if (fwrite(c->yuv, 1, bytes, out) != bytes)
        return false;
    for_dirty_tiles(c, restore);
    for (int i = 0; i < c->tiles_across * c->tiles_down; i++)
        c->dirty[i] = c->dirty[i] ? (uint8_t)(c->dirty[i] - 1) : 0;
    return true;
}

struct rgb rgb_hex(unsigned hex)
{
    return (struct rgb){(hex >> 16) & 255, (hex >> 8) & 255, hex & 255};
}

struct rgb rgb_mix(struct rgb a, struct rgb b, double t)
{
    return (struct rgb){a.r + (b.r - a.r) * t, a.g + (b.g - a.g) * t, a.b + (b.b - a.b) * t};
}

double clamp01(double v)
{
    return v < 0 ? 0 : v > 1 ? 1 : v;
}

double smooth(double edge0, double edge1, double v)
{
    double t = clamp01((v - edge0) / (edge1 - edge0));

    return t * t * (3 - 2 * t);
}

struct paint flat(unsigned hex)
{
    return (struct paint){rgb_hex(hex), 1, 0, 0};
}

struct paint round_shaded(unsigned hex)
{
    return (struct paint){rgb_hex(hex), 1, 0.16, 0};
}

struct paint glow(unsigned hex, double alpha, double blur)
{
    return (struct paint){rgb_hex(hex), alpha, 0, blur};
}

/* ---- shapes as distances ---- */

enum { MAX_CORNERS = 12 };

/* hypot is several times slower, for a range that pictures do not have. */
static double length(double x, double y)
{
    return sqrt(x * x + y * y);
}

struct shape {
    enum { LIMB, ELLIPSE, POLYGON } kind;
    struct point a, b; /* LIMB: ends; ELLIPSE: a is the centre; pixels */
    double ra, rb, cosine, sine;
    struct point corners[MAX_CORNERS];
    int nb_corners;
};

static double limb_distance(const struct shape *s, struct point p, double *side)
{
    double dx = s->b.x - s->a.x, dy = s->b.y - s->a.y, px = p.x - s->a.x, py = p.y - s->a.y;
    double length2 = dx * dx + dy * dy;
    double t = length2 > 0 ? clamp01((px * dx + py * dy) / length2) : 0;
    double radius = s->ra + (s->rb - s->ra) * t, ox = px - dx * t, oy = py - dy * t;

    *side = (ox * 0.64 - oy * 0.77) / (radius > 1 ? radius : 1); /* the sun is up on the right */
    return length(ox, oy) - radius;
}

static double ellipse_distance(const struct shape *s, struct point p, double *side)
{
    double ox = p.x - s->a.x, oy = p.y - s->a.y;
    double x = (ox * s->cosine + oy * s->sine) / s->ra, y = (oy * s->cosine - ox * s->sine) / s->rb;
    double k0 = length(x, y), k1 = length(x / s->ra, y / s->rb);

    *side = (ox / s->ra) * 0.64 - (oy / s->rb) * 0.77;
    return k1 > 1e-9 ? k0 * (k0 - 1) / k1 : -s->ra;
}

static double polygon_distance(const struct shape *s, struct point p, double *side)
{
    double outside = -1e9, nearest = 1e9, area = 0;

    for (int i = 0; i < s->nb_corners; i++) {
        struct point a = s->corners[i], b = s->corners[(i + 1) % s->nb_corners];

        area += a.x * b.y - b.x * a.y;
    }
    for (int i = 0; i < s->nb_corners; i++) {
        struct point a = s->corners[i], b = s->corners[(i + 1) % s->nb_corners];
        double dx = b.x - a.x, dy = b.y - a.y, px = p.x - a.x, py = p.y - a.y, side_length = length(dx, dy);
        double t = clamp01((px * dx + py * dy) / (side_length * side_length));

        outside = fmax(outside, (px * dy - py * dx) / side_length * (area > 0 ? 1 : -1));
        nearest = fmin(nearest, length(px - dx * t, py - dy * t));
    }
    *side = 0;
    return outside > 0 ? nearest - s->ra : -nearest - s->ra;
}

static double distance(const struct shape *s, struct point p, double *side)
{
    switch (s->kind) {
    case LIMB:
        return limb_distance(s, p, side);
    case ELLIPSE:
        return ellipse_distance(s, p, side);
    default:
        return polygon_distance(s, p, side);
    }
}

static inline void blend(uint8_t *pixel, struct rgb colour, double alpha)
{
    if (alpha >= 1) {
        pixel[0] = (uint8_t)(int)(colour.r + 0.5);
        pixel[1] = (uint8_t)(int)(colour.g + 0.5);
        pixel[2] = (uint8_t)(int)(colour.b + 0.5);
        return;
    }
    pixel[0] = (uint8_t)(pixel[0] + (colour.r - pixel[0]) * alpha + 0.5);
    pixel[1] = (uint8_t)(pixel[1] + (colour.g - pixel[1]) * alpha + 0.5);
    pixel[2] = (uint8_t)(pixel[2] + (colour.b - pixel[2]) * alpha + 0.5);
}

static inline struct rgb shaded(struct paint paint, double side)
{
    double light = side * paint.shade;
    struct rgb sun = {255, 240, 205}, dusk = {38, 34, 74};

    if (light > 0)
        return rgb_mix(paint.colour, sun, light < 0.4 ? light : 0.4);
    return rgb_mix(paint.colour, dusk, light > -0.28 ? light * -1.8 : 0.5);
}

/* Clips the box to the picture and notes what was touched. */
static struct box touch(struct canvas *c, double x0, double y0, double x1, double y1)
{
    struct box box = {
        (int)fmax(0, floor(x0)) & ~1,
        (int)fmax(0, floor(y0)) & ~1,
        ((int)fmin(c->width_px, ceil(x1)) + 1) & ~1,
        ((int)fmin(c->height_px, ceil(y1)) + 1) & ~1,
    };

    if (box.x0 < box.x1 && box.y0 < box.y1)
        mark(c, box);
    return box;
}

static void paint_shape(struct canvas *c, const struct shape *s, struct box box, struct paint paint)
{
    double blur = paint.blur * c->scale, soft = blur > 1 ? blur : 1;

    for (int y = box.y0; y < box.y1; y++)
        for (int x = box.x0; x < box.x1; x++) {
            double side, d = distance(s, (struct point){x + 0.5, y + 0.5}, &side);
            double cover = blur > 1 ? 1 - smooth(-soft, soft, d) : clamp01(0.5 - d);

            if (d > soft + 4)
                x += (int)((d - soft) *
                           0.5); /* nothing of it can be nearer; half, for ellipse distances are estimates */
            else if (cover > 0)
                blend(c->rgb + ((size_t)y * (size_t)c->width_px + (size_t)x) * 3,
                      paint.shade > 0 ? shaded(paint, side) : paint.colour, cover * paint.alpha);
        }
}

static struct point to_px(const struct canvas *c, struct point p)
{
    return (struct point){(p.x - c->origin.x) * c->scale, (p.y - c->origin.y) * c->scale};
}

void paint_limb(struct canvas *c, struct point a, struct point b, double radius_a, double radius_b, struct paint paint)
{
    struct shape s = {
        .kind = LIMB, .a = to_px(c, a), .b = to_px(c, b), .ra = radius_a * c->scale, .rb = radius_b * c->scale};
    double reach = fmax(s.ra, s.rb) + paint.blur * c->scale + 2;

    paint_shape(c, &s,
                touch(c, fmin(s.a.x, s.b.x) - reach, fmin(s.a.y, s.b.y) - reach, fmax(s.a.x, s.b.x) + reach,
                      fmax(s.a.y, s.b.y) + reach),
                paint);
}

void paint_ellipse(struct canvas *c, struct point centre, double rx, double ry, double angle, struct paint paint)
{
    struct shape s = {.kind = ELLIPSE,
                      .a = to_px(c, centre),
                      .ra = rx * c->scale,
                      .rb = ry * c->scale,
                      .cosine = cos(angle),
                      .sine = sin(angle)};
    double margin = paint.blur * c->scale + 2;
    double w = length(s.ra * s.cosine, s.rb * s.sine) + margin, h = length(s.ra * s.sine, s.rb * s.cosine) + margin;

    paint_shape(c, &s, touch(c, s.a.x - w, s.a.y - h, s.a.x + w, s.a.y + h), paint);
}

void paint_polygon(struct canvas *c, const struct point *corners, int nb_corners, double corner, struct paint paint)
{
    struct shape s = {.kind = POLYGON, .ra = corner * c->scale, .nb_corners = nb_corners};
    double x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9, margin = (corner + paint.blur) * c->scale + 2;

    if (nb_corners > MAX_CORNERS)
        abort();
    for (int i = 0; i < nb_corners; i++) {
        s.corners[i] = to_px(c, corners[i]);
        x0 = fmin(x0, s.corners[i].x);
        y0 = fmin(y0, s.corners[i].y);
        x1 = fmax(x1, s.corners[i].x);
        y1 = fmax(y1, s.corners[i].y);
    }
    paint_shape(c, &s, touch(c, x0 - margin, y0 - margin, x1 + margin, y1 + margin), paint);
}

void paint_land(struct canvas *c, double (*height)(double x), struct rgb top, struct rgb bottom, double depth)
{
    for (int x = 0; x < c->width_px; x++) {
        double edge = (height(c->origin.x + (x + 0.5) / c->scale) - c->origin.y) * c->scale;

        for (int y = (int)fmax(0, floor(edge) - 1); y < c->height_px; y++) {
            struct rgb colour = rgb_mix(top, bottom, clamp01((y - edge) / (depth * c->scale)));

            blend(c->rgb + ((size_t)y * (size_t)c->width_px + (size_t)x) * 3, colour, clamp01(y + 1 - edge));
        }
    }
    mark(c, (struct box){0, 0, c->width_px, c->height_px});
}
