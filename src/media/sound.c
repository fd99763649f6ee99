#include "media/sound.h"

#include "base/auto.h"
#include "media/input.h"
#include "media/stamps.h"
#include <libavutil/audio_fifo.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#define PIECE_SAMPLES 1024
/* A stamp that is off by less is rounding (Matroska counts milliseconds) or jitter; more is a gap or an overlap. */
#define TOLERANCE_MS 20
/* How far before the span reading begins: decoders need a moment to settle. */
#define PREROLL_US 1000000

struct sound {
    struct sound_wish wish;
    struct input input;
    struct stamps stamps;
    int64_t start_us;                 /* of the container: 0 of the master */
    AVCodecContext *decoder;
    AVPacket *packet;
    AVFrame *decoded;
    SwrContext *resampler;
    AVChannelLayout layout;           /* of the output */
    int in_rate_hz, in_format;        /* what the resampler was made for */
    AVChannelLayout in_layout;
    AVAudioFifo *fifo;
    int64_t filled;                   /* position behind the last sample in the FIFO; negative before the span */
    int64_t given;                    /* samples handed out */
    int64_t damaged;
    bool placed, drained;             /* first stamp seen; nothing more comes from the master */
};

static AVFrame *new_frame(const struct sound *s, int nb_samples)
{
    AUTO(av_frame_free) AVFrame *f = av_frame_alloc();

    if (!f)
        return NULL;
    f->format = AV_SAMPLE_FMT_FLTP;
    f->sample_rate = s->wish.rate_hz;
    f->nb_samples = nb_samples;
    if (av_channel_layout_copy(&f->ch_layout, &s->layout) < 0 || av_frame_get_buffer(f, 0) < 0)
        return NULL;
    return TAKE(f);
}

static bool no_memory(struct error *err)
{
    return fail(err, ERROR_INTERNAL, "sound: out of memory");
}

static bool open_master(struct sound *s, struct error *err)
{
    int64_t from_us;
    int stream = s->wish.stream;

    if (stream >= (int)s->input.format->nb_streams)
        return fail(err, ERROR_INTERNAL, "sound: '%s' has no stream %d", s->wish.name, stream);
    s->start_us = input_start_us(&s->input);
    from_us = s->start_us + s->wish.begin_us - PREROLL_US;
    for (unsigned i = 0; i < s->input.format->nb_streams; i++)
        s->input.format->streams[i]->discard = (int)i == stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    s->decoder = input_decoder(&s->input, stream, 1, err);
    s->packet = av_packet_alloc();
    s->decoded = av_frame_alloc();
    if (!s->decoder)
        return false;
    if (!s->packet || !s->decoded)
        return no_memory(err);
    /* where seeking fails, reading from the start gives the same samples */
    if (s->wish.begin_us > PREROLL_US)
        avformat_seek_file(s->input.format, -1, INT64_MIN, from_us, from_us, 0);
    return true;
}

struct sound *sound_open(const struct sound_wish *wish, struct error *err)
{
    struct sound *s = calloc(1, sizeof *s);
    bool ok;

    if (!s) {
        no_memory(err);
        return NULL;
    }
    s->wish = *wish;
    av_channel_layout_default(&s->layout, wish->channels);
    s->fifo = av_audio_fifo_alloc(AV_SAMPLE_FMT_FLTP, wish->channels, 4 * PIECE_SAMPLES);
    ok = s->fifo || no_memory(err);
    s->drained = wish->stream < 0;
    if (ok && !s->drained)
        ok = input_open(wish->fd, wish->name, 0, &s->input, err) && open_master(s, err);
    if (!ok) {
        sound_close(s);
        return NULL;
    }
    return s;
}

void sound_close(struct sound *sound)
{
    if (!sound)
        return;
    swr_free(&sound->resampler);
    avcodec_free_context(&sound->decoder);
    av_packet_free(&sound->packet);
    av_frame_free(&sound->decoded);
    if (sound->input.format)
        input_close(&sound->input);
    av_audio_fifo_free(sound->fifo);
    av_channel_layout_uninit(&sound->in_layout);
    av_channel_layout_uninit(&sound->layout);
    free(sound);
}

static bool add_silence(struct sound *s, int64_t nb_samples, struct error *err)
{
    while (nb_samples > 0) {
        int n = nb_samples > PIECE_SAMPLES ? PIECE_SAMPLES : (int)nb_samples;
        AUTO(av_frame_free) AVFrame *quiet = new_frame(s, n);

        if (!quiet)
            return no_memory(err);
        av_samples_set_silence(quiet->extended_data, 0, n, s->wish.channels, AV_SAMPLE_FMT_FLTP);
        if (av_audio_fifo_write(s->fifo, (void **)quiet->extended_data, n) < n)
            return no_memory(err);
        s->filled += n;
        nb_samples -= n;
    }
    return true;
}

/* Puts resampled samples behind what is there, less those before the span. */
static bool add_samples(struct sound *s, const AVFrame *in, struct error *err)
{
    int64_t room = s->filled < 0 ? -s->filled : 0;
    int capacity = (int)swr_get_delay(s->resampler, s->wish.rate_hz) + 64, n;
    AUTO(av_frame_free) AVFrame *out = NULL;
    uint8_t *from[AV_NUM_DATA_POINTERS];

    if (in)
        capacity += (int)av_rescale_rnd(in->nb_samples, s->wish.rate_hz, in->sample_rate, AV_ROUND_UP);
    out = new_frame(s, capacity);
    if (!out)
        return no_memory(err);
    n = swr_convert(s->resampler, out->extended_data, capacity, in ? (const uint8_t **)in->extended_data : NULL,
                    in ? in->nb_samples : 0);
    if (n < 0)
        return fail(err, ERROR_INTERNAL, "sound: resample: %s", av_err2str(n));
    if (room > n)
        room = n;
    for (int c = 0; c < s->wish.channels; c++)
        from[c] = out->extended_data[c] + (size_t)room * sizeof(float);
    s->filled += n;
    if (n > room && av_audio_fifo_write(s->fifo, (void **)from, n - (int)room) < n - (int)room)
        return no_memory(err);
    return true;
}

static bool flush_resampler(struct sound *s, struct error *err)
{
    if (!s->resampler)
        return true;
    if (!add_samples(s, NULL, err))
        return false;
    swr_free(&s->resampler);
    return true;
}

/* A resampler for what the frame is; the master may change in the middle. */
static bool fit_resampler(struct sound *s, AVFrame *frame, struct error *err)
{
    int rc;

    if (!frame->ch_layout.nb_channels || frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&frame->ch_layout, frame->ch_layout.nb_channels ? frame->ch_layout.nb_channels : 2);
    if (s->resampler && frame->sample_rate == s->in_rate_hz && frame->format == s->in_format &&
        !av_channel_layout_compare(&frame->ch_layout, &s->in_layout))
        return true;
    if (!flush_resampler(s, err))
        return false;
    rc = swr_alloc_set_opts2(&s->resampler, &s->layout, AV_SAMPLE_FMT_FLTP, s->wish.rate_hz, &frame->ch_layout,
                             (enum AVSampleFormat)frame->format, frame->sample_rate, 0, NULL);
    if (rc >= 0)
        rc = swr_init(s->resampler);
    if (rc >= 0)
        rc = av_channel_layout_copy(&s->in_layout, &frame->ch_layout);
    if (rc < 0)
        return fail(err, ERROR_REFUSED, "'%s': its sound (%d Hz, %d channels) cannot be resampled: %s", s->wish.name,
                    frame->sample_rate, frame->ch_layout.nb_channels, av_err2str(rc));
    s->in_rate_hz = frame->sample_rate;
    s->in_format = frame->format;
    return true;
}

/* Brings the position in line with the frame's stamp: silence for a gap, fewer samples for an overlap.
 * False in *use when nothing of the frame is to be used. */
static bool place(struct sound *s, const AVFrame *frame, bool *use, struct error *err)
{
    AVRational time_base = s->input.format->streams[s->wish.stream]->time_base;
    int64_t us, position, delay, off, tolerance = (int64_t)s->wish.rate_hz * TOLERANCE_MS / 1000;

    *use = true;
    if (frame->best_effort_timestamp == AV_NOPTS_VALUE)
        return true;
    us = av_rescale_q(frame->best_effort_timestamp, time_base, AV_TIME_BASE_Q) - s->start_us - s->wish.begin_us;
    position = av_rescale(us, s->wish.rate_hz, AV_TIME_BASE);
    if (!s->placed) {
        s->placed = true;
        if (position <= 0) {
            s->filled = position;
            return true;
        }
    }
    delay = s->resampler ? swr_get_delay(s->resampler, s->wish.rate_hz) : 0;
    off = position - s->filled - delay;
    *use = off >= -tolerance;    /* or it lies in what is there already */
    if (off <= 0 || (off <= tolerance && s->filled != 0))
        return true;
    if (position > s->wish.nb_samples)
        position = s->wish.nb_samples;
    if (!flush_resampler(s, err))
        return false;
    if (s->filled < 0)
        s->filled = position < 0 ? position : 0;
    return s->filled >= position || add_silence(s, position - s->filled, err);
}

static bool take_frames(struct sound *s, struct error *err)
{
    int rc;
    bool use;

    while ((rc = avcodec_receive_frame(s->decoder, s->decoded)) >= 0) {
        if (!place(s, s->decoded, &use, err) ||
            (use && (!fit_resampler(s, s->decoded, err) || !add_samples(s, s->decoded, err))))
            return false;
        av_frame_unref(s->decoded);
    }
    if (rc != AVERROR(EAGAIN) && rc != AVERROR_EOF)
        s->damaged++;
    return true;
}

/* One packet further. */
static bool read_on(struct sound *s, struct error *err)
{
    int rc = av_read_frame(s->input.format, s->packet);

    if (rc < 0) {
        s->drained = true;
        avcodec_send_packet(s->decoder, NULL);
        return take_frames(s, err) && flush_resampler(s, err);
    }
    if (s->packet->stream_index == s->wish.stream) {
        stamps_mend(&s->stamps, s->input.format, s->packet);
        s->damaged += avcodec_send_packet(s->decoder, s->packet) < 0;
    }
    av_packet_unref(s->packet);
    return take_frames(s, err);
}

bool sound_read(struct sound *sound, AVFrame **frame, struct error *err)
{
    struct sound *s = sound;
    int64_t left = s->wish.nb_samples - s->given;
    int n = left > PIECE_SAMPLES ? PIECE_SAMPLES : (int)left;
    AUTO(av_frame_free) AVFrame *out = NULL;

    *frame = NULL;
    if (n <= 0)
        return true;
    while (!s->drained && av_audio_fifo_size(s->fifo) < n)
        if (!read_on(s, err))
            return false;
    if (s->filled < 0)
        s->filled = 0;
    if (av_audio_fifo_size(s->fifo) < n && !add_silence(s, n - av_audio_fifo_size(s->fifo), err))
        return false;
    out = new_frame(s, n);
    if (!out || av_audio_fifo_read(s->fifo, (void **)out->extended_data, n) < n)
        return no_memory(err);
    out->pts = s->given;
    s->given += n;
    *frame = TAKE(out);
    return true;
}

int64_t sound_damaged(const struct sound *sound)
{
    return sound->damaged;
}
