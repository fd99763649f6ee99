#include "figure.h"

#include <math.h>

#define THIGH 142.0
#define SHIN 140.0
#define UPPER_ARM 98.0
#define FOREARM 92.0
#define PI 3.14159265358979323846

enum {
    SKIN = 0xf0bf95,
    HAIR = 0x5b3420,
    SWEATER = 0xe08a2e,
    STRIPE = 0xf6e3bd,
    TROUSERS = 0x2f4a74,
    TROUSERS_FAR = 0x243a5e,
    SHOE = 0xf4f1ea,
    SOLE = 0x9a3d36,
    SCARF = 0xc4314b,
    SWEATER_FAR = 0xb86c22,
    SKIN_FAR = 0xd9a57c
};

static struct point at(struct point p, double dx, double dy)
{
    return (struct point){p.x + dx, p.y + dy};
}

/* Where the knee (or elbow) is when the limb reaches from a to *b; *b comes nearer when it is out of reach. */
static struct point joint(struct point a, struct point *b, double first, double second, double bend)
{
    double dx = b->x - a.x, dy = b->y - a.y, length = hypot(dx, dy), most = first + second - 0.5;

    if (length > most) {
        *b = (struct point){a.x + dx * most / length, a.y + dy * most / length};
        dx = b->x - a.x;
        dy = b->y - a.y;
        length = most;
    }
    double along = (first * first - second * second + length * length) / (2 * length);
    double off = sqrt(fmax(0, first * first - along * along)) * bend;

    return (struct point){a.x + dx / length * along + dy / length * off, a.y + dy / length * along - dx / length * off};
}

/* ---- legs ---- */

struct foot {
    struct point ankle;
    double angle;
};

/* Half a cycle on the ground, moving back as fast as the body goes forward; then lifted to the front. */
static struct foot foot_at(const struct pose *pose, double cycles)
{
    double phase = cycles - floor(cycles), reach = FIGURE_STEP_LENGTH * pose->stride * 0.5, x, lift = 0, angle = 0;

    if (phase < 0.5) {
        double t = phase * 2;

        x = reach * (1 - 2 * t);
        angle = -0.3 * (1 - smooth(0, 0.2, t)) + 0.45 * smooth(0.75, 1, t);
        lift = 16 * smooth(0.75, 1, t);
    } else {
        double t = phase * 2 - 1;

        x = reach * (-1 + 2 * (t * t * (3 - 2 * t)));
        lift = 16 * (1 - t) + 46 * sin(PI * t);
        angle = 0.45 + 0.25 * sin(PI * t) - 0.75 * smooth(0.2, 1, t);
    }
    return (struct foot){at(pose->feet, x, -34 - lift * pose->stride), angle * pose->stride};
}

static void paint_leg(struct canvas *c, struct point hip, struct foot foot, unsigned trousers, double turn)
{
    double cosine = cos(foot.angle), sine = sin(foot.angle), toe = 16 + 32 * turn;
    struct point knee = joint(hip, &foot.ankle, THIGH, SHIN, 1);
    struct point heel = at(foot.ankle, -10 * cosine - 16 * sine, 16 * cosine - 10 * sine);
    struct point front = at(foot.ankle, toe * cosine - 19 * sine, 19 * cosine + toe * sine);

    paint_limb(c, at(heel, -6 * sine, 7), at(front, -6 * sine, 7), 12, 11, flat(SOLE));
    paint_limb(c, heel, front, 16, 12, round_shaded(SHOE));
    paint_limb(c, foot.ankle, at(foot.ankle, 4 * cosine, 8), 17, 18, round_shaded(SHOE));
    paint_limb(c, hip, knee, 40, 29, round_shaded(trousers));
    paint_limb(c, knee, foot.ankle, 29, 21, round_shaded(trousers));
}

/* ---- arms ---- */

static void paint_card(struct canvas *c, struct point hand)
{
    struct point corners[] = {at(hand, -24, 6), at(hand, -4, -84), at(hand, 52, -72), at(hand, 32, 18)};
    struct point middle = at(hand, 14, -33);
    struct point gem[] = {at(middle, 0, -20), at(middle, 14, 0), at(middle, 0, 20), at(middle, -14, 0)};

    paint_polygon(c, corners, 4, 5, flat(0xfdfdf8));
    paint_polygon(c, gem, 4, 1, flat(0xd12f45));
    paint_ellipse(c, at(corners[1], 15, 17), 5, 5, 0, flat(0xd12f45));
    paint_ellipse(c, at(corners[3], -15, -17), 5, 5, 0, flat(0xd12f45));
}

static void paint_arm(struct canvas *c, struct point shoulder, struct point hand, double bend, unsigned sleeve,
                      unsigned skin, bool card)
{
    struct point elbow = joint(shoulder, &hand, UPPER_ARM, FOREARM, bend);

    paint_limb(c, elbow, hand, 19, 14, round_shaded(skin));
    if (card)
        paint_card(c, hand);
    paint_ellipse(c, hand, 19, 17, 0, round_shaded(skin));
    if (card)
        for (int i = 0; i < 3; i++) /* fingers around the card */
            paint_limb(c, at(hand, -4 + 3 * i, -8 + 9 * i), at(hand, 15 + 2 * i, -10 + 9 * i), 5.5, 5,
                       round_shaded(skin));
    paint_limb(c, shoulder, elbow, 29, 23, round_shaded(sleeve));
    paint_limb(c, elbow, at(elbow, (hand.x - elbow.x) * 0.62, (hand.y - elbow.y) * 0.62), 23, 20, round_shaded(sleeve));
}

static struct point hanging_hand(struct point shoulder, double swing)
{
    double angle = 0.5 * swing;

    return at(shoulder, sin(angle) * 172 + 10, cos(angle) * 172 - 8 * fabs(swing));
}

static struct point between(struct point a, struct point b, double t)
{
    return (struct point){a.x + (b.x - a.x) * t, a.y + (b.y - a.y) * t};
}

/* ---- head ---- */

static void paint_eye(struct canvas *c, struct point p, double width, double open, double look)
{
    if (open < 0.3) {
        paint_limb(c, at(p, -width, 1), at(p, width, 1), 2.2, 2.2, flat(0x6b4331));
        return;
    }
    paint_ellipse(c, p, width, 11.5 * open, 0, flat(0xffffff));
    paint_ellipse(c, at(p, look * 4, 1), 5.6, fmin(7.2, 11 * open), 0, flat(0x2d3b4f));
    paint_ellipse(c, at(p, look * 4 + 2, -2), 1.9, 1.9, 0, flat(0xffffff));
    paint_limb(c, at(p, -width, -7 * open), at(p, 0, -12 * open), 1.8, 2.2, flat(0x4a2c1c));
    paint_limb(c, at(p, 0, -12 * open), at(p, width, -7 * open), 2.2, 1.8, flat(0x4a2c1c));
}

static void paint_brow(struct canvas *c, struct point outer, double width)
{
    struct point peak = at(outer, width * 1.2, -7), inner = at(outer, width * 2, -4);

    paint_limb(c, outer, peak, 2.2, 3.3, flat(HAIR));
    paint_limb(c, peak, inner, 3.3, 2.6, flat(HAIR));
}

static void paint_mouth(struct canvas *c, struct point p, double open, double width)
{
    if (open < 0.08) {
        for (int i = 0; i < 6; i++) {
            double a = -1 + i / 3.0, b = -1 + (i + 1) / 3.0;

            paint_limb(c, at(p, a * width, -7 * a * a), at(p, b * width, -7 * b * b), 2.8, 2.8, flat(0x9b3a3a));
        }
        return;
    }
    double tall = 4 + 17 * open, wide = width * (1 - 0.25 * open);

    paint_ellipse(c, at(p, 0, tall * 0.35), wide + 2.5, tall + 2.5, 0, flat(0xa8443f));
    paint_ellipse(c, at(p, 0, tall * 0.35), wide, tall, 0, flat(0x551a22));
    paint_ellipse(c, at(p, 0, tall * 0.85), wide * 0.66, tall * 0.42, 0, flat(0xd9606a));
    paint_limb(c, at(p, -wide * 0.55, tall * 0.35 - tall + 4), at(p, wide * 0.55, tall * 0.35 - tall + 4), 3.2, 3.2,
               flat(0xfffdf6));
}

static void paint_head(struct canvas *c, struct point p, const struct pose *pose)
{
    double shift = 25 * pose->turn, narrow = 1 - 0.22 * pose->turn;
    double blink = fmod(pose->t_s + 0.8, 2.9), open = blink < 0.16 ? fabs(blink - 0.08) / 0.08 : 1;
    double brow = -5 * pose->talk * pose->mouth;

    paint_ellipse(c, at(p, -8 - 8 * pose->turn, -10), 75, 78, 0, round_shaded(HAIR));
    paint_ellipse(c, at(p, -62 + 24 * pose->turn, 8), 13, 17, 0, round_shaded(SKIN));
    paint_ellipse(c, at(p, 60 - 22 * pose->turn, 8), 11, 16, 0, round_shaded(SKIN));
    paint_ellipse(c, p, 62, 70, 0, round_shaded(SKIN));
    paint_ellipse(c, at(p, -36 * narrow + shift, 24), 13, 9, 0, glow(0xe58a78, 0.5, 5));
    paint_ellipse(c, at(p, 36 * narrow + shift * 0.7, 24), 13, 9, 0, glow(0xe58a78, 0.5, 5));
    paint_eye(c, at(p, -24 * narrow + shift, -2), 10.5 * narrow, open, pose->turn);
    paint_eye(c, at(p, 25 * narrow + shift * 0.9, -2), 10 * narrow, open, pose->turn);
    paint_brow(c, at(p, -38 * narrow + shift, -22 + brow), 12 * narrow);
    paint_brow(c, at(p, 39 * narrow + shift * 0.8, -22 + brow), -12 * narrow);
    paint_limb(c, at(p, 1 + shift * 1.15, 3), at(p, 6 + shift * 1.3, 17), 4.5, 7, round_shaded(0xe6ab80));
    paint_mouth(c, at(p, 1 + shift * 0.95, 38), pose->mouth, 20 * narrow);
    /* The fringe over the forehead, and a tuft. */
    paint_limb(c, at(p, -48, -44), at(p, 18 + shift * 0.4, -60), 21, 20, round_shaded(HAIR));
    paint_limb(c, at(p, 10 + shift * 0.4, -60), at(p, 52 + shift * 0.2, -38), 19, 11, round_shaded(HAIR));
    paint_limb(c, at(p, -4, -78), at(p, 22, -96), 13, 5, round_shaded(HAIR));
}

/* ---- all of it ---- */

static void paint_torso(struct canvas *c, struct point hip, struct point chest)
{
    paint_limb(c, at(hip, 0, -18), at(chest, 0, 26), 48, 60, round_shaded(SWEATER));
    for (int i = 0; i < 2; i++) {
        struct point middle = between(hip, chest, 0.34 + 0.3 * i);

        paint_limb(c, at(middle, -43 - 5 * i, 2), at(middle, 43 + 5 * i, 2), 7, 7,
                   (struct paint){rgb_hex(STRIPE), 0.9, 0.05, 0});
    }
    paint_limb(c, at(hip, -38, 22), at(hip, 38, 22), 11, 11, round_shaded(SWEATER_FAR));
}

static void paint_scarf(struct canvas *c, struct point neck, const struct pose *pose)
{
    double wave = 9 * sin(pose->t_s * 6) * (0.3 + 0.7 * pose->stride), back = -26 - 52 * pose->stride;

    paint_limb(c, at(neck, -14, 10), at(neck, back, 44 - 10 * pose->stride + wave), 13, 11, round_shaded(0xa8263e));
    paint_limb(c, at(neck, back, 44 - 10 * pose->stride + wave),
               at(neck, back - 24 * pose->stride, 86 - 34 * pose->stride - wave), 11, 14, round_shaded(0xa8263e));
    paint_limb(c, at(neck, -34, 6), at(neck, 34, 8), 17, 17, round_shaded(SCARF));
}

void figure_paint(struct canvas *c, const struct pose *pose)
{
    double step = sin(2 * PI * pose->cycles) * pose->stride, bob = fabs(cos(2 * PI * pose->cycles)) * 9 * pose->stride;
    double breath = 2 * sin(pose->t_s * 2.2) * (1 - pose->stride), lean = 12 * pose->stride;
    double spread = 22 * (1 - pose->stride) + 4;
    struct point hip = at(pose->feet, 0, -304 - 16 * (1 - pose->stride) + bob), chest = at(hip, lean, -168 + breath),
                 neck = at(chest, lean * 0.4, -48);
    struct point head = at(neck, 4 + lean * 0.5, -70 + 3 * pose->mouth * pose->talk);
    struct foot near_foot = foot_at(pose, pose->cycles), far_foot = foot_at(pose, pose->cycles + 0.5);
    struct point left = at(chest, 56 - 34 * pose->stride, -4), right = at(chest, -50 + 30 * pose->stride, 0);
    double gesture = 10 * sin(pose->t_s * 4.1) * pose->talk + 14 * pose->mouth * pose->talk;
    struct point far_hand = between(hanging_hand(left, sin(2 * PI * pose->cycles - PI / 2) * -pose->stride),
                                    at(left, 74, 74 - gesture), pose->talk);
    struct point near_hand = between(hanging_hand(right, sin(2 * PI * pose->cycles - PI / 2) * pose->stride),
                                     at(right, -82, -44 - gesture * 0.5), pose->talk);

    near_foot.ankle.x -= spread;
    far_foot.ankle.x += spread;
    paint_ellipse(c, at(pose->feet, -14, 4), 118 + 10 * fabs(step), 15, 0, glow(0x5d4a28, 0.42, 10));
    paint_arm(c, left, far_hand, -1, SWEATER_FAR, SKIN_FAR, false);
    paint_leg(c, at(hip, spread * 0.6, 6), far_foot, TROUSERS_FAR, pose->turn * 0.8 + 0.2);
    paint_leg(c, at(hip, -spread * 0.6, 6), near_foot, TROUSERS, pose->turn * 0.8 + 0.2);
    paint_torso(c, hip, chest);
    paint_limb(c, at(neck, 0, 14), at(head, 0, 40), 22, 22, round_shaded(SKIN_FAR));
    paint_scarf(c, neck, pose);
    paint_head(c, head, pose);
    paint_arm(c, right, near_hand, pose->talk > 0.3 ? 1 : -1, SWEATER, SKIN, pose->talk > 0.55);
}
