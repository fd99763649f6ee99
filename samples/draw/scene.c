#include "scene.h"

#include <math.h>
#include <stddef.h>

/* ---- ground lines, from far to near ---- */

static double top_of_picture(double x)
{
    (void)x;
    return 0;
}

static double mountains(double x)
{
    double ridge = fabs(fmod(x * 0.0031 + 0.35, 2) - 1) * 150 + fabs(fmod(x * 0.0077 + 1.2, 2) - 1) * 55;

    return 560 - ridge - 10 * sin(x * 0.031) - 5 * sin(x * 0.083);
}

static double far_hills(double x)
{
    return 575 - 55 * sin(x * 0.0042 + 0.7) - 22 * sin(x * 0.0101);
}

static double near_hills(double x)
{
    return 665 - 62 * sin(x * 0.0029 + 3.6) - 14 * sin(x * 0.012 + 1);
}

static double meadow(double x)
{
    return 765 - 16 * sin(x * 0.0036 + 2.1) - 5 * sin(x * 0.017);
}

static double path(double x)
{
    return 876 - 5 * sin(x * 0.0051 + 0.5);
}

static double path_end(double x)
{
    return 962 + 6 * sin(x * 0.0063 + 1.1);
}

/* ---- things that stand on it ---- */

static struct paint hazy(unsigned hex, double far)
{
    return (struct paint){rgb_mix(rgb_hex(hex), rgb_hex(0xbfd8e6), far), 1, 0.2, 0};
}

static void leafy_tree(struct canvas *c, struct point foot, double size, double far)
{
    static const struct {
        double x, y, rx, ry;
        unsigned hex;
    } crown[] = {
        {-44, -150, 58, 50, 0x2f6b33}, {48, -146, 60, 48, 0x34743a}, {0, -190, 74, 62, 0x3a8040},
        {-30, -222, 54, 46, 0x459048}, {34, -214, 52, 46, 0x4d9b4e}, {10, -250, 46, 38, 0x5aa957},
    };

    paint_ellipse(c, (struct point){foot.x - 30 * size, foot.y}, 90 * size, 12 * size, 0,
                  glow(0x1f4420, 0.35, 5 * size));
    paint_limb(c, foot, (struct point){foot.x + 2 * size, foot.y - 120 * size}, 13 * size, 8 * size,
               hazy(0x6b4a30, far));
    paint_limb(c, (struct point){foot.x, foot.y - 80 * size}, (struct point){foot.x + 34 * size, foot.y - 140 * size},
               6 * size, 4 * size, hazy(0x6b4a30, far));
    for (size_t i = 0; i < sizeof crown / sizeof crown[0]; i++)
        paint_ellipse(c, (struct point){foot.x + crown[i].x * size, foot.y + crown[i].y * size}, crown[i].rx * size,
                      crown[i].ry * size, 0, hazy(crown[i].hex, far));
}

static void fir_tree(struct canvas *c, struct point foot, double size, double far)
{
    paint_limb(c, foot, (struct point){foot.x, foot.y - 40 * size}, 7 * size, 6 * size, hazy(0x5c4230, far));
    for (int i = 0; i < 4; i++) {
        double y = foot.y - (28 + 44 * i) * size, w = (58 - 12 * i) * size, h = (84 - 8 * i) * size;
        struct point left[] = {{foot.x - w, y}, {foot.x, y - h}, {foot.x, y + 8 * size}};
        struct point right[] = {{foot.x + w, y}, {foot.x, y - h}, {foot.x, y + 8 * size}};

        paint_polygon(c, left, 3, 2 * size, hazy(0x24573c, far));
        paint_polygon(c, right, 3, 2 * size, hazy(0x34714a, far));
    }
}

static void house(struct canvas *c, struct point p, double s)
{
    struct point wall[] = {{p.x, p.y}, {p.x, p.y - 70 * s}, {p.x + 130 * s, p.y - 70 * s}, {p.x + 130 * s, p.y}};
    struct point roof[] = {{p.x - 14 * s, p.y - 66 * s},
                           {p.x + 22 * s, p.y - 118 * s},
                           {p.x + 108 * s, p.y - 118 * s},
                           {p.x + 144 * s, p.y - 66 * s}};
    struct point chimney[] = {{p.x + 88 * s, p.y - 100 * s},
                              {p.x + 88 * s, p.y - 138 * s},
                              {p.x + 104 * s, p.y - 138 * s},
                              {p.x + 104 * s, p.y - 100 * s}};
    struct point door[] = {
        {p.x + 54 * s, p.y}, {p.x + 54 * s, p.y - 42 * s}, {p.x + 78 * s, p.y - 42 * s}, {p.x + 78 * s, p.y}};

    paint_polygon(c, wall, 4, 1, flat(0xf1e6d2));
    paint_polygon(c, chimney, 4, 1, flat(0x8d5a4b));
    paint_polygon(c, roof, 4, 2, flat(0xb5523f));
    paint_polygon(c, door, 4, 1, flat(0x6d4b39));
    for (int i = 0; i < 2; i++) {
        double x = p.x + (i ? 94 : 16) * s;
        struct point pane[] = {
            {x, p.y - 20 * s}, {x, p.y - 46 * s}, {x + 22 * s, p.y - 46 * s}, {x + 22 * s, p.y - 20 * s}};

        paint_polygon(c, pane, 4, 1, flat(0x86b6cf));
    }
}

static void cloud(struct canvas *c, struct point p, double s)
{
    static const struct {
        double x, y, rx, ry;
    } puffs[] = {
        {-92, 12, 56, 26}, {-38, -12, 60, 42}, {28, -22, 66, 50}, {86, 2, 58, 34}, {0, 20, 124, 22},
    };

    for (size_t i = 0; i < sizeof puffs / sizeof puffs[0]; i++)
        paint_ellipse(c, (struct point){p.x + puffs[i].x * s, p.y + puffs[i].y * s}, puffs[i].rx * s, puffs[i].ry * s,
                      0, (struct paint){rgb_hex(0xfcfdff), 0.92, 0.05, 7 * s});
}

static void flowers(struct canvas *c)
{
    static const unsigned hues[] = {0xffffff, 0xf6d743, 0xe8637b, 0xb58be0};

    for (int i = 0; i < 90; i++) {
        double x = fmod(i * 197.3 + 31, SCENE_WIDTH + 80) - 40, y = 985 + fmod(i * 53.7, 82);

        if (y > path_end(x) + 14)
            paint_ellipse(c, (struct point){x, y}, 3 + (y - 980) * 0.03, 2.6 + (y - 980) * 0.026, 0, flat(hues[i % 4]));
    }
}

static void stand_trees(struct canvas *c)
{
    for (int i = 0; i < 17; i++) {
        double x = -30 + i * 121 + 38 * sin(i * 2.3);

        fir_tree(c, (struct point){x, far_hills(x) + 16 + 9 * sin(i * 1.7)}, 0.26 + 0.05 * sin(i * 3.1), 0.5);
    }
    for (int i = 0; i < 9; i++) {
        double x = 60 + i * 222 + 60 * sin(i * 4.1);

        (i % 3 ? leafy_tree : fir_tree)(c, (struct point){x, near_hills(x) + 22 + 10 * sin(i * 2.9)},
                                        0.5 + 0.06 * sin(i * 1.9), 0.26);
    }
}

void scene_paint(struct canvas *c)
{
    paint_land(c, top_of_picture, rgb_hex(0x3d8bd4), rgb_hex(0xcfe9f8), 560);
    paint_ellipse(c, (struct point){1490, 470}, 900, 170, 0, glow(0xffe3b0, 0.55, 170));
    paint_ellipse(c, (struct point){1490, 190}, 190, 190, 0, glow(0xfff3c4, 0.6, 170));
    paint_ellipse(c, (struct point){1490, 190}, 68, 68, 0, glow(0xfff6d8, 1, 3));
    cloud(c, (struct point){370, 150}, 1.25);
    cloud(c, (struct point){870, 250}, 0.8);
    cloud(c, (struct point){1170, 105}, 0.95);
    cloud(c, (struct point){1740, 285}, 0.7);
    paint_land(c, mountains, rgb_hex(0x86a5c8), rgb_hex(0xc6dae6), 190);
    paint_land(c, far_hills, rgb_hex(0x8fb894), rgb_hex(0x9cc497), 120);
    stand_trees(c);
    paint_land(c, near_hills, rgb_hex(0x76ad66), rgb_hex(0x8cbf6c), 150);
    for (int i = 0; i < 5; i++) {
        double x = 150 + i * 430 + 70 * sin(i * 5.3);

        (i % 2 ? fir_tree : leafy_tree)(c, (struct point){x, near_hills(x) + 58}, 0.72, 0.14);
    }
    house(c, (struct point){1010, near_hills(1010) + 64}, 0.95);
    paint_land(c, meadow, rgb_hex(0x6aa552), rgb_hex(0x7db85a), 140);
    leafy_tree(c, (struct point){215, 848}, 1.75, 0);
    fir_tree(c, (struct point){1745, 842}, 1.6, 0.03);
    leafy_tree(c, (struct point){1420, 822}, 1.1, 0.06);
    fir_tree(c, (struct point){560, 820}, 1.15, 0.08);
    paint_land(c, path, rgb_hex(0xd8bf8e), rgb_hex(0xe6d2a6), 80);
    for (int i = 0; i < 60; i++)
        paint_ellipse(c, (struct point){fmod(i * 331.7, SCENE_WIDTH), 888 + fmod(i * 17.9, 62)}, 5, 2.2, 0,
                      glow(0xb39a6c, 0.7, 1));
    paint_land(c, path_end, rgb_hex(0x5d9a45), rgb_hex(0x3f7a33), 130);
    flowers(c);
}

/* ---- what moves ---- */

static void bird(struct canvas *c, struct point p, double flap)
{
    double lift = 10 * flap;

    paint_limb(c, p, (struct point){p.x - 17, p.y - 5 - lift}, 2.6, 1.2, flat(0x33424f));
    paint_limb(c, p, (struct point){p.x + 17, p.y - 5 - lift}, 2.6, 1.2, flat(0x33424f));
}

void scene_paint_birds(struct canvas *c, double t_s)
{
    for (int i = 0; i < 3; i++)
        bird(c, (struct point){560 + 70 * t_s - 46 * i, 330 - 9 * t_s + 20 * (i % 2) + 6 * i}, sin(t_s * 9 + i * 1.3));
}

void scene_paint_front(struct canvas *c)
{
    for (int i = 0; i < 70; i++) {
        double x = i * 28 + 9 * sin(i * 7.7), y = path_end(x) + 8, lean = 7 * sin(i * 3.3);

        paint_limb(c, (struct point){x, y}, (struct point){x + lean, y - 16 - 7 * sin(i * 5.9)}, 2.6, 0.8,
                   flat(i % 2 ? 0x4c8a3a : 0x6aab4c));
    }
}
