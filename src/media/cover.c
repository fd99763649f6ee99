#include "media/cover.h"

#include "base/auto.h"
#include "media/filters.h"
#include "media/input.h"
#include <errno.h>
#include <libavcodec/avcodec.h>
#include <libswscale/swscale.h>
#include <string.h>

/* mjpeg quantisers, best first: 2 is FFmpeg's finest useful one */
static const int qualities[] = {2, 4, 8, 16, 31};

/* JPEG knows no limited range and, as JFIF, only BT.601. */
static AVFrame *to_full_range(const AVFrame *frame)
{
    AUTO(av_frame_free) AVFrame *out = av_frame_alloc();
    struct SwsContext *sws;
    bool ok;

    if (!out)
        return NULL;
    out->format = AV_PIX_FMT_YUVJ420P;
    out->width = frame->width;
    out->height = frame->height;
    out->color_range = AVCOL_RANGE_JPEG;
    out->colorspace = AVCOL_SPC_SMPTE170M;
    sws = sws_getContext(frame->width, frame->height, (enum AVPixelFormat)frame->format, out->width, out->height,
                         AV_PIX_FMT_YUVJ420P, SWS_BICUBIC | SWS_ACCURATE_RND, NULL, NULL, NULL);
    ok = sws && av_frame_get_buffer(out, 0) >= 0;
    if (ok) {
        sws_setColorspaceDetails(sws, sws_getCoefficients(SWS_CS_ITU709), 0, sws_getCoefficients(SWS_CS_ITU601), 1, 0,
                                 1 << 16, 1 << 16);
        ok = sws_scale(sws, (const uint8_t *const *)frame->data, frame->linesize, 0, frame->height, out->data,
                       out->linesize) == frame->height;
    }
    sws_freeContext(sws);
    return ok ? TAKE(out) : NULL;
}

static AVPacket *encode(const AVFrame *frame, int quality)
{
    const AVCodec *codec = avcodec_find_encoder(AV_CODEC_ID_MJPEG);
    AUTO(avcodec_free_context) AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    AUTO(av_packet_free) AVPacket *packet = av_packet_alloc();

    if (!c || !packet)
        return NULL;
    c->width = frame->width;
    c->height = frame->height;
    c->pix_fmt = AV_PIX_FMT_YUVJ420P;
    c->color_range = AVCOL_RANGE_JPEG;
    c->time_base = (AVRational){1, 1};
    c->thread_count = 1;
    c->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
    c->global_quality = quality * FF_QP2LAMBDA;
    if (avcodec_open2(c, codec, NULL) < 0 || avcodec_send_frame(c, frame) < 0 || avcodec_send_frame(c, NULL) < 0 ||
        avcodec_receive_packet(c, packet) < 0)
        return NULL;
    return TAKE(packet);
}

static bool put(int fd, const AVPacket *packet, struct error *err)
{
    for (int done = 0; done < packet->size;) {
        ssize_t n = pwrite(fd, packet->data + done, (size_t)(packet->size - done), done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return fail(err, ERROR_INTERNAL, "write the cover: %s", strerror(n < 0 ? errno : ENOSPC));
        done += (int)n;
    }
    return true;
}

bool cover_write(int fd, const AVFrame *frame, int64_t *bytes, struct error *err)
{
    AUTO(av_frame_free) AVFrame *full = to_full_range(frame);

    if (!full)
        return fail(err, ERROR_INTERNAL, "cover: the picture cannot be converted");
    for (size_t i = 0; i < sizeof qualities / sizeof qualities[0]; i++) {
        AUTO(av_packet_free) AVPacket *packet = NULL;

        full->quality = qualities[i] * FF_QP2LAMBDA;
        packet = encode(full, qualities[i]);
        if (!packet)
            return fail(err, ERROR_INTERNAL, "cover: the JPEG encoder failed");
        if (packet->size > COVER_MAX_BYTES)
            continue;
        *bytes = packet->size;
        return put(fd, packet, err);
    }
    return fail(err, ERROR_INTERNAL, "cover: %dx%d does not fit %d bytes", frame->width, frame->height,
                COVER_MAX_BYTES);
}

/* Decodes up to the picture that is on screen at at_us; the last one when the stream ends before. */
static bool decode_at(struct input *in, AVCodecContext *decoder, int64_t at_us, AVFrame *best, struct error *err)
{
    AUTO(av_packet_free) AVPacket *packet = av_packet_alloc();
    AUTO(av_frame_free) AVFrame *frame = av_frame_alloc();
    AVRational time_base = in->format->streams[in->video]->time_base;
    bool ended = false;

    if (!packet || !frame)
        return fail(err, ERROR_INTERNAL, "cover: out of memory");
    while (!ended) {
        ended = av_read_frame(in->format, packet) < 0;
        if (ended)
            avcodec_send_packet(decoder, NULL);
        else if (packet->stream_index == in->video)
            avcodec_send_packet(decoder, packet);
        av_packet_unref(packet);
        while (avcodec_receive_frame(decoder, frame) >= 0) {
            bool later = av_rescale_q(frame->best_effort_timestamp, time_base, AV_TIME_BASE_Q) > at_us;

            if (later && best->data[0])
                return true;
            av_frame_unref(best);
            av_frame_move_ref(best, frame);
            if (later)
                return true;
        }
    }
    return best->data[0] || fail_rule(err, ERROR_REFUSED, "media.damaged", "no picture could be decoded for the cover");
}

static bool make_upright(const struct facts *facts, const AVFrame *frame, AVFrame **upright, struct error *err)
{
    struct recipe r = {
        .work = WORK_ENCODE, .width_px = facts->video.width_px / 2 * 2, .height_px = facts->video.height_px / 2 * 2,
        .tone_map = facts->video.hdr != HDR_NONE,
    };
    struct filters *filters = filters_create(&r, facts, (AVRational){1, 1});
    bool ok = filters_send(filters, frame, err) && filters_send(filters, NULL, err) &&
              filters_receive(filters, upright, err);

    filters_destroy(filters);
    if (ok && !*upright)
        return fail(err, ERROR_INTERNAL, "cover: no picture left the filters");
    return ok;
}

bool cover_from_master(int input_fd, const char *name, const struct facts *facts, int64_t at_ms, int fd, int64_t *bytes,
                       struct error *err)
{
    AUTO(av_frame_free) AVFrame *best = av_frame_alloc(), *upright = NULL;
    AVCodecContext *decoder = NULL;
    struct input in = {0};
    bool ok = best || fail(err, ERROR_INTERNAL, "cover: out of memory");

    ok = ok && input_open(input_fd, name, 0, &in, err);
    if (ok) {
        int64_t at_us = input_start_us(&in) + at_ms * 1000;

        decoder = input_decoder(&in, in.video, 1, err);
        if (at_ms > 1000)
            avformat_seek_file(in.format, -1, INT64_MIN, at_us, at_us, 0);
        ok = decoder && decode_at(&in, decoder, at_us, best, err);
    }
    avcodec_free_context(&decoder);
    if (in.format)
        input_close(&in);
    if (ok)
        best->pts = 0;
    return ok && make_upright(facts, best, &upright, err) && cover_write(fd, upright, bytes, err);
}
