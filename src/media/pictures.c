#include "media/pictures.h"

#include "base/auto.h"
#include "media/cover.h"
#include "media/filters.h"
#include <libavutil/mathematics.h>

struct worker {
    struct node *node;
    struct pictures *p;
    struct filters *filters;
    AVFrame *waiting;         /* decoded, not filtered yet: the next one may take its place */
    AVFrame *shown;           /* filtered, on screen until the next one */
    int64_t cover_frame;
    bool ended;               /* the span is full, or nobody wants more */
};

void frame_release(void *frame)
{
    AVFrame *f = frame;

    av_frame_free(&f);
}

static int64_t frame_at(const struct worker *w, const AVFrame *frame)
{
    return span_frame_at(&w->p->span, av_rescale_q(frame->pts, w->p->time_base, AV_TIME_BASE_Q) - w->p->start_us);
}

static bool send_one(struct worker *w, struct error *err)
{
    AUTO(av_frame_free) AVFrame *out = av_frame_clone(w->shown);

    if (!out)
        return fail(err, ERROR_INTERNAL, "pictures: out of memory");
    out->pts = w->p->nb_frames++;
    out->pict_type = AV_PICTURE_TYPE_NONE;
    if (out->pts == w->cover_frame && w->p->cover_fd >= 0 &&
        !cover_write(w->p->cover_fd, out, &w->p->cover_bytes, err))
        return false;
    if (node_send(w->node, 0, out))
        out = NULL;
    else
        w->ended = true;
    return true;
}

/* The picture on screen is repeated until the rendition has `until` frames. */
static bool show_until(struct worker *w, int64_t until, struct error *err)
{
    if (until > w->p->span.nb_frames)
        until = w->p->span.nb_frames;
    while (!w->ended && w->shown && w->p->nb_frames < until)
        if (!send_one(w, err))
            return false;
    w->ended = w->ended || w->p->nb_frames >= w->p->span.nb_frames;
    return true;
}

static bool take_filtered(struct worker *w, struct error *err)
{
    AVFrame *frame;

    while (!w->ended) {
        if (!filters_receive(w->filters, &frame, err))
            return false;
        if (!frame)
            return true;
        if (!show_until(w, frame_at(w, frame), err)) {
            av_frame_free(&frame);
            return false;
        }
        av_frame_free(&w->shown);
        w->shown = frame;    /* a first picture that comes late is held from the start */
    }
    return true;
}

static bool filter_waiting(struct worker *w, struct error *err)
{
    bool ok = !w->waiting || (filters_send(w->filters, w->waiting, err) && take_filtered(w, err));

    av_frame_free(&w->waiting);
    return ok;
}

/* A picture that would never be on screen is not filtered; a deinterlacer needs them all. */
static bool is_covered(const struct worker *w, const AVFrame *by)
{
    int64_t at, next;

    if (!w->waiting || w->p->recipe->deinterlace)
        return false;
    at = frame_at(w, w->waiting);
    next = frame_at(w, by);
    return next <= (at < 0 ? 0 : at);
}

static bool run(struct worker *w, struct error *err)
{
    AVFrame *frame;

    while (!w->ended && (frame = node_receive(w->node))) {
        bool ok = is_covered(w, frame) || filter_waiting(w, err);

        av_frame_free(&w->waiting);
        w->waiting = frame;
        if (!ok)
            return false;
    }
    if (w->ended)
        return true;
    if (!filter_waiting(w, err) || !filters_send(w->filters, NULL, err) || !take_filtered(w, err))
        return false;
    if (!w->shown && !w->ended)
        return fail_rule(err, ERROR_REFUSED, "media.damaged", "'%s': no picture of the span could be decoded",
                         w->p->name);
    return show_until(w, w->p->span.nb_frames, err);
}

bool pictures_run(struct node *node, void *pictures, struct error *err)
{
    struct pictures *p = pictures;
    struct worker w = {
        .node = node, .p = p,
        .filters = filters_create(p->recipe, p->facts, p->time_base),
        .cover_frame = span_frame_on_screen(&p->span, p->cover_ms),
    };
    bool ok = run(&w, err);

    av_frame_free(&w.waiting);
    av_frame_free(&w.shown);
    filters_destroy(w.filters);
    return ok;
}
