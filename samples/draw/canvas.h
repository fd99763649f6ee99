/* A small software canvas: anti-aliased shapes described by their distance, painted on RGB, read out as BT.709 I420.
 * Used only to make the sample clips. Coordinates are scene units; the view turns them into pixels. */
#ifndef CANVAS_H
#define CANVAS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct point {
    double x, y;
};
struct rgb {
    double r, g, b;
}; /* 0..255 */
struct box {
    int x0, y0, x1, y1;
}; /* pixels, x1 and y1 exclusive, all even */

#define TILE_PX 32

struct canvas {
    int width_px, height_px; /* even */
    double scale;            /* pixels per scene unit */
    struct point origin;     /* scene point at the top left pixel */
    uint8_t *rgb;            /* what is being painted */
    uint8_t *still;          /* the unmoving background */
    uint8_t *yuv;            /* I420 of rgb */
    int tiles_across, tiles_down;
    uint8_t *dirty; /* per tile: 2 painted in this frame, 1 in the one before, 0 like the background */
};

struct canvas *canvas_create(int width_px, int height_px, double scale, struct point origin);
void canvas_destroy(struct canvas *canvas);
/* Keeps what is painted as the background of all frames. */
void canvas_keep(struct canvas *canvas);
/* Writes one I420 frame, then takes the picture back to the background. False when the reader is gone. */
bool canvas_write(struct canvas *canvas, FILE *out);

struct rgb rgb_hex(unsigned hex);
struct rgb rgb_mix(struct rgb a, struct rgb b, double t);
double clamp01(double v);
double smooth(double edge0, double edge1, double v); /* 0 below edge0, 1 above edge1 */

/* How a shape is filled. `shade` makes it round: lighter towards the sun, darker away from it. */
struct paint {
    struct rgb colour;
    double alpha;
    double shade;
    double blur;
};
struct paint flat(unsigned hex);
struct paint round_shaded(unsigned hex);
struct paint glow(unsigned hex, double alpha, double blur); /* blur in scene units */

/* A limb: a line with a radius at each end. */
void paint_limb(struct canvas *c, struct point a, struct point b, double radius_a, double radius_b, struct paint paint);
void paint_ellipse(struct canvas *c, struct point centre, double rx, double ry, double angle, struct paint paint);
/* Convex, corners in either order; `corner` rounds them. */
void paint_polygon(struct canvas *c, const struct point *corners, int nb_corners, double corner, struct paint paint);
/* Everything below the line y = height(x), with a colour that changes downwards over `depth` units. */
void paint_land(struct canvas *c, double (*height)(double x), struct rgb top, struct rgb bottom, double depth);

#endif
