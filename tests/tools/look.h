/* Decoded pictures as grey values, 0 black to 255 white whatever the format: mean brightness and black borders. */
#ifndef TOOLS_LOOK_H
#define TOOLS_LOOK_H

#include <libavutil/frame.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

#define LOOK_BLACK 10 /* a little above black: what an encoder leaves of it */

struct grey {
    int width_px, height_px;
    uint8_t *pixels;
    struct SwsContext *scaler;
};
struct borders {
    int top, bottom, left, right;
};

static bool grey_take(struct grey *g, const AVFrame *frame)
{
    uint8_t *planes[4] = {0};
    int strides[4] = {frame->width, 0, 0, 0};

    if (g->width_px != frame->width || g->height_px != frame->height) {
        free(g->pixels);
        g->pixels = malloc((size_t)frame->width * (size_t)frame->height);
        g->width_px = frame->width;
        g->height_px = frame->height;
    }
    g->scaler = sws_getCachedContext(g->scaler, frame->width, frame->height, (enum AVPixelFormat)frame->format,
                                     frame->width, frame->height, AV_PIX_FMT_GRAY8, SWS_POINT, NULL, NULL, NULL);
    planes[0] = g->pixels;
    return g->pixels && g->scaler &&
           sws_scale(g->scaler, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, planes,
                     strides) > 0;
}

static void grey_finish(struct grey *g)
{
    free(g->pixels);
    sws_freeContext(g->scaler);
}

static double grey_mean(const struct grey *g)
{
    size_t pixels = (size_t)g->width_px * (size_t)g->height_px;
    uint64_t sum = 0;

    for (size_t i = 0; i < pixels; i++)
        sum += g->pixels[i];
    return (double)sum / (double)pixels;
}

static bool line_black(const uint8_t *p, int count, int step)
{
    for (int i = 0; i < count; i++)
        if (p[(size_t)i * (size_t)step] > LOOK_BLACK)
            return false;
    return true;
}

static struct borders grey_borders(const struct grey *g)
{
    int w = g->width_px, h = g->height_px;
    struct borders b = {0};

    while (b.top < h && line_black(g->pixels + (size_t)b.top * (size_t)w, w, 1))
        b.top++;
    while (b.top + b.bottom < h && line_black(g->pixels + (size_t)(h - 1 - b.bottom) * (size_t)w, w, 1))
        b.bottom++;
    while (b.left < w && line_black(g->pixels + b.left, h, w))
        b.left++;
    while (b.left + b.right < w && line_black(g->pixels + (w - 1 - b.right), h, w))
        b.right++;
    return b;
}

static struct borders borders_common(struct borders a, struct borders b)
{
    return (struct borders){a.top < b.top ? a.top : b.top, a.bottom < b.bottom ? a.bottom : b.bottom,
                            a.left < b.left ? a.left : b.left, a.right < b.right ? a.right : b.right};
}

#endif
