#include "media/span.h"

#include <libavutil/mathematics.h>

#define US_PER_S 1000000

static int64_t floor_div(int64_t value, int64_t by)
{
    return value >= 0 ? value / by : -((-value + by - 1) / by);
}

/* The nearest frame of a constant rate master; other masters keep the time they were asked for. */
static int64_t on_frame(int64_t time_us, const struct video_facts *v)
{
    int64_t from_first_us = time_us - v->start_ms * 1000, frame;

    if (v->variable_fps || v->fps_num <= 0 || v->fps_den <= 0 || from_first_us <= 0)
        return time_us;
    frame = av_rescale_rnd(from_first_us, v->fps_num, (int64_t)US_PER_S * v->fps_den, AV_ROUND_NEAR_INF);
    return v->start_ms * 1000 + av_rescale(frame, (int64_t)US_PER_S * v->fps_den, v->fps_num);
}

/* Frames until the picture of the master ends; its last frame counts in full. */
static int64_t frames_there(const struct span *s, const struct video_facts *v)
{
    int64_t end_us = (v->start_ms + v->duration_ms) * 1000;

    return av_rescale_rnd(end_us - s->begin_us, s->fps_num, (int64_t)US_PER_S * s->fps_den, AV_ROUND_NEAR_INF);
}

struct span span_of(const struct recipe *recipe, const struct facts *facts)
{
    const struct video_facts *v = &facts->video;
    bool rate_said = recipe->fps_num > 0 && recipe->fps_den > 0;
    bool rate_known = v->fps_num > 0 && v->fps_den > 0;
    struct span s = {
        .fps_num = rate_said ? recipe->fps_num : rate_known ? v->fps_num : 30,
        .fps_den = rate_said ? recipe->fps_den : rate_known ? v->fps_den : 1,
        .begin_us = on_frame(recipe->in_ms * 1000, v),
    };
    int64_t there;

    s.halves = rate_known && av_q2d((AVRational){v->fps_num, v->fps_den}) > 1.5 * s.fps_num / s.fps_den;
    s.nb_frames = av_rescale_rnd(recipe->out_ms - recipe->in_ms, s.fps_num, (int64_t)1000 * s.fps_den, AV_ROUND_DOWN);
    there = frames_there(&s, v);
    if (v->duration_ms > 0 && there < s.nb_frames)
        s.nb_frames = there;
    if (s.nb_frames < 1)
        s.nb_frames = 1;
    s.end_us = s.begin_us + span_duration_us(&s);
    return s;
}

int64_t span_samples(const struct span *span, int sample_rate_hz)
{
    return av_rescale_rnd(span->nb_frames * span->fps_den, sample_rate_hz, span->fps_num, AV_ROUND_DOWN);
}

int64_t span_duration_us(const struct span *span)
{
    return av_rescale(span->nb_frames * span->fps_den, US_PER_S, span->fps_num);
}

int64_t span_frame_at(const struct span *span, int64_t time_us)
{
    /* quarters of a frame: nearest is +2. With half the rate the master's frames fall on 0 and 1/2, and the nearest
     * would jump with every rounding of a timestamp; +3 keeps a quarter of a frame away from both. */
    int64_t quarters = av_rescale_rnd(time_us - span->begin_us, (int64_t)4 * span->fps_num,
                                      (int64_t)US_PER_S * span->fps_den, AV_ROUND_DOWN);

    return floor_div(quarters + (span->halves ? 3 : 2), 4);
}

int64_t span_frame_on_screen(const struct span *span, int64_t rendition_ms)
{
    int64_t frame = av_rescale_rnd(rendition_ms, span->fps_num, (int64_t)1000 * span->fps_den, AV_ROUND_DOWN);

    return frame < 0 ? 0 : frame >= span->nb_frames ? span->nb_frames - 1 : frame;
}
