#include "media/copy.h"

#include "media/mux.h"
#include <string.h>

/* Later than this is heard as out of sync (ITU-R BT.1359: 45 ms early, 125 ms late), with a wide margin. */
#define SYNC_MS 20

bool copy_audio_possible(const struct recipe *recipe, const struct facts *facts)
{
    return recipe->work == WORK_REMUX && recipe->audio_stream >= 0 && !strcmp(facts->audio.codec, "aac") &&
           facts->audio.start_ms - facts->video.start_ms <= SYNC_MS;
}

int64_t copy_begin_us(const struct recipe *recipe, const struct facts *facts)
{
    int64_t begin_ms = recipe->in_ms > facts->video.start_ms ? recipe->in_ms : facts->video.start_ms;

    return begin_ms * 1000;
}

static bool forward(struct copy *c, struct node *node, const AVPacket *packet, int kind, AVRational time_base,
                    struct error *err)
{
    AVPacket *p = av_packet_clone(packet);
    int64_t zero = av_rescale_q(c->zero_us, AV_TIME_BASE_Q, time_base);

    if (!p)
        return fail(err, ERROR_INTERNAL, "copy: out of memory");
    av_packet_free_side_data(p);
    p->stream_index = kind;
    p->time_base = time_base;
    p->pts = p->pts == AV_NOPTS_VALUE ? p->dts - zero : p->pts - zero;
    p->dts = p->dts == AV_NOPTS_VALUE ? AV_NOPTS_VALUE : p->dts - zero;
    if (!node_send(node, c->output, p)) {
        av_packet_free(&p);
        c->ended = true;
    }
    return true;
}

/* In decoding order, a picture that is shown after all before it begins a new mini-GOP: what came before is complete. */
static bool copy_picture(struct copy *c, struct node *node, const AVPacket *packet, AVRational time_base,
                         struct error *err)
{
    int64_t pts = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    int64_t us = av_rescale_q(pts, time_base, AV_TIME_BASE_Q);
    int64_t end_us = us + av_rescale_q(packet->duration, time_base, AV_TIME_BASE_Q);

    if (pts == AV_NOPTS_VALUE)
        return fail_rule(err, ERROR_REFUSED, "media.timestamps", "a picture has no timestamp; encode it instead");
    if (!c->started) {
        if (!(packet->flags & AV_PKT_FLAG_KEY) || us < c->begin_us - 1000)
            return true;
        c->started = true;
        c->zero_us = us;
        c->highest_pts = pts;
    } else if (pts > c->highest_pts) {
        if (end_us - c->zero_us > c->end_us - c->begin_us + 1000) {
            c->ended = true;
            return true;
        }
        c->highest_pts = pts;
    }
    return us < c->zero_us || forward(c, node, packet, MUX_VIDEO, time_base, err);
}

static bool copy_sound(struct copy *c, struct node *node, const AVPacket *packet, AVRational time_base,
                       struct error *err)
{
    int64_t us = av_rescale_q(packet->pts, time_base, AV_TIME_BASE_Q);
    int64_t duration_us = av_rescale_q(packet->duration, time_base, AV_TIME_BASE_Q);

    if (packet->pts == AV_NOPTS_VALUE || us + duration_us / 2 < c->begin_us || us + duration_us > c->end_us)
        return true;
    return forward(c, node, packet, MUX_AUDIO, time_base, err);
}

bool copy_packet(struct copy *copy, const struct input *input, struct node *node, const AVPacket *packet,
                 struct error *err)
{
    AVRational time_base = input->format->streams[packet->stream_index]->time_base;

    if (packet->stream_index == input->video)
        return copy->ended || copy_picture(copy, node, packet, time_base, err);
    if (!copy->audio || packet->stream_index != input->audio || input_hidden(packet))
        return true;
    return copy_sound(copy, node, packet, time_base, err);
}
