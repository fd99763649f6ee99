#include "media/packets.h"

#include "base/auto.h"
#include "base/clock.h"
#include <libavutil/intreadwrite.h>
#include <stdlib.h>

#define HEAD_BYTES (INT64_C(1) << 30)    /* read in full up to here: no slower than hashing the file */
#define HEAD_MS 10000
#define TAIL_US (5 * AV_TIME_BASE)
#define MAX_PICTURES ((size_t)4 << 20)   /* 19 hours at 60 fps */
#define JUMP_US (10 * AV_TIME_BASE)      /* a clock that jumps further was restarted; ffmpeg's -dts_delta_threshold */

struct reader {
    struct input *input;
    struct packet_scan *scan;
    AVPacket *packet;
    int64_t *pts;             /* of the pictures */
    size_t nb_pts, capacity;
    int64_t key_pts;          /* of the last key frame */
    int64_t nb_sounds;        /* packets of audio so far */
    int64_t to_skip;          /* samples */
};

static AVRational time_base(const struct reader *r, int stream)
{
    return r->input->format->streams[stream]->time_base;
}

/* MPEG clocks wrap and restart; elsewhere two pictures ten hours apart are ten hours apart. */
static void follow_jump(const struct reader *r, struct stream_scan *s, AVPacket *p)
{
    int64_t dts = p->dts != AV_NOPTS_VALUE ? p->dts : p->pts, jump;

    if (!(r->input->format->iformat->flags & AVFMT_TS_DISCONT) || dts == AV_NOPTS_VALUE)
        return;
    jump = s->last_dts == AV_NOPTS_VALUE ? 0 : av_rescale_q(dts + s->shift - s->last_dts, time_base(r, p->stream_index),
                                                             AV_TIME_BASE_Q);
    if (llabs(jump) > JUMP_US)
        s->shift = s->last_dts + p->duration - dts;
    s->last_dts = dts + s->shift;
}

static bool keep_pts(struct reader *r, int64_t pts)
{
    if (r->nb_pts == MAX_PICTURES)
        return true;
    if (r->nb_pts == r->capacity) {
        size_t more = r->capacity ? r->capacity * 2 : 4096;
        int64_t *grown = realloc(r->pts, more * sizeof *grown);

        if (!grown)
            return false;
        r->pts = grown;
        r->capacity = more;
    }
    r->pts[r->nb_pts++] = pts;
    return true;
}

static void widen(struct stream_scan *s, int64_t first, int64_t end)
{
    if (first < s->first)
        s->first = first;
    if (end > s->end)
        s->end = end;
}

/* The first packets of AAC and Opus hold the encoder's delay, the last its padding: not to be heard. */
static void add_sound(struct reader *r, int64_t pts)
{
    AVRational base = time_base(r, r->input->audio);
    const AVStream *stream = r->input->format->streams[r->input->audio];
    AVRational samples = {1, stream->codecpar->sample_rate};
    size_t nb_bytes = 0;
    const uint8_t *skip = av_packet_get_side_data(r->packet, AV_PKT_DATA_SKIP_SAMPLES, &nb_bytes);
    int64_t length = av_rescale_q(r->packet->duration, base, samples), drop;

    skip = nb_bytes >= 8 ? skip : NULL;
    if (skip && AV_RL32(skip))
        r->to_skip = AV_RL32(skip);
    else if (!r->nb_sounds)
        r->to_skip = av_rescale(input_opus_delay(stream), stream->codecpar->sample_rate, 48000);
    r->nb_sounds++;
    drop = r->to_skip < length ? r->to_skip : length;
    r->to_skip -= drop;
    if (input_hidden(r->packet) || (length && drop == length))
        return;
    widen(&r->scan->audio, pts + av_rescale_q(drop, samples, base),
          pts + r->packet->duration - (skip ? av_rescale_q(AV_RL32(skip + 4), samples, base) : 0));
}

/* Distances between key frames, and pictures that lead one and need the group before it. */
static void follow_keys(struct reader *r, int64_t pts)
{
    struct packet_scan *scan = r->scan;

    if (r->packet->flags & AV_PKT_FLAG_KEY) {
        if (scan->nb_keys++ && pts - r->key_pts > scan->gop_max)
            scan->gop_max = pts - r->key_pts;
        r->key_pts = pts;
    } else if (scan->nb_keys && pts < r->key_pts) {
        scan->open_gop = true;
    }
}

static bool add_picture(struct reader *r, int64_t pts)
{
    follow_keys(r, pts);
    r->scan->nb_read++;
    if (input_hidden(r->packet))
        return true;
    widen(&r->scan->video, pts, pts + r->packet->duration);
    return keep_pts(r, pts);
}

static bool add_packet(struct reader *r)
{
    AVPacket *p = r->packet;
    bool video = p->stream_index == r->input->video, ok = true;
    struct stream_scan *s = video ? &r->scan->video : &r->scan->audio;
    int64_t pts;

    if (!video && p->stream_index != r->input->audio)
        return true;
    follow_jump(r, s, p);
    pts = p->pts != AV_NOPTS_VALUE ? p->pts : p->dts;
    if (pts != AV_NOPTS_VALUE && video)
        ok = add_picture(r, pts + s->shift);
    if (pts != AV_NOPTS_VALUE && !video)
        add_sound(r, pts + s->shift);
    if (!input_hidden(p)) {
        s->nb_packets++;
        s->nb_bytes += p->size;
    }
    return ok;
}

/* Up to the end, or to the limits; complete says which. */
static bool read_all(struct reader *r, int64_t max_bytes, bool *complete)
{
    int64_t stop_ms = clock_monotonic_ms() + HEAD_MS;
    bool ok = true;
    int rc = 0;

    *complete = false;
    while (ok && r->input->at <= max_bytes && clock_monotonic_ms() < stop_ms) {
        rc = av_read_frame(r->input->format, r->packet);
        if (rc < 0)
            break;
        ok = add_packet(r);
        av_packet_unref(r->packet);
    }
    *complete = ok && rc < 0 && rc != AVERROR(ETIMEDOUT) && rc != AVERROR_EXIT;
    return ok;
}

/* Counts and bytes stay those of the head; only the ends move. */
static bool read_tail(struct reader *r)
{
    AVFormatContext *format = r->input->format;
    struct packet_scan head = *r->scan;
    int64_t target = (format->start_time == AV_NOPTS_VALUE ? 0 : format->start_time) + format->duration - TAIL_US;
    size_t nb_pts = r->nb_pts;
    bool complete, ok;

    if (format->duration <= TAIL_US || av_seek_frame(format, -1, target, AVSEEK_FLAG_BACKWARD) < 0)
        return true;
    r->scan->video.last_dts = r->scan->audio.last_dts = AV_NOPTS_VALUE;
    ok = read_all(r, INT64_MAX, &complete);
    head.video.end = r->scan->video.end;
    head.audio.end = r->scan->audio.end;
    *r->scan = head;
    r->nb_pts = nb_pts;
    return ok;
}

/* Pictures and bytes of the whole, for a file of which only a part was read. */
static void extrapolate(const struct reader *r, struct stream_scan *s, int stream, double share)
{
    int64_t counted = stream >= 0 ? r->input->format->streams[stream]->nb_frames : 0;

    s->nb_bytes = (int64_t)((double)s->nb_bytes / share);
    s->nb_packets = counted ? counted : (int64_t)((double)s->nb_packets / share);
}

static bool scan_with(struct reader *r, struct error *err)
{
    struct input *input = r->input;
    struct packet_scan *scan = r->scan;
    const AVStream *video = input->format->streams[input->video];
    int64_t read_bytes;

    scan->video = scan->audio = (struct stream_scan){.first = INT64_MAX, .end = INT64_MIN, .last_dts = AV_NOPTS_VALUE};
    if (!read_all(r, HEAD_BYTES, &scan->complete))
        return fail(err, ERROR_INTERNAL, "out of memory");
    read_bytes = input->at;
    if (!r->nb_pts)
        return fail_rule(err, ERROR_REFUSED, "media.unreadable", "damaged or incomplete: not one picture is there");
    if (!scan->complete) {
        if (!read_tail(r))
            return fail(err, ERROR_INTERNAL, "out of memory");
        extrapolate(r, &scan->video, input->video, (double)read_bytes / (double)input->size_bytes);
        extrapolate(r, &scan->audio, input->audio, (double)read_bytes / (double)input->size_bytes);
    }
    if (scan->nb_keys && scan->complete && scan->video.end - r->key_pts > scan->gop_max)
        scan->gop_max = scan->video.end - r->key_pts;
    scan->rate = rate_measure(r->pts, r->nb_pts, video->time_base, video->avg_frame_rate);
    if (scan->rate.nb_times * 2 < r->nb_pts)
        return fail_rule(err, ERROR_REFUSED, "media.damaged",
                         "damaged: its %zu pictures have only %zu different times; export it again", r->nb_pts,
                         scan->rate.nb_times);
    if (scan->video.end <= r->pts[r->nb_pts - 1])    /* the last picture does not say how long it stays */
        scan->video.end = r->pts[r->nb_pts - 1] + scan->rate.frame_ticks;
    return true;
}

bool packets_scan(struct input *input, struct packet_scan *scan, struct error *err)
{
    struct packet_scan found = {0};
    struct reader r = {.input = input, .scan = &found, .packet = av_packet_alloc()};
    bool ok = r.packet ? scan_with(&r, err) : fail(err, ERROR_INTERNAL, "out of memory");

    av_packet_free(&r.packet);
    free(r.pts);
    if (ok)
        *scan = found;
    return ok;
}
