#include "media/audio.h"

#include "base/auto.h"
#include "media/encode.h"
#include "media/mux.h"
#include "media/sound.h"
#include <math.h>
#include <string.h>

#define MAX_ATTEMPTS 5

/* Encoded packets of one attempt. */
struct track {
    AVPacket **packets;
    size_t nb_packets, capacity;
};

static bool no_memory(struct error *err)
{
    return fail(err, ERROR_INTERNAL, "audio: out of memory");
}

static void release(struct track *t)
{
    for (size_t i = 0; i < t->nb_packets; i++)
        av_packet_free(&t->packets[i]);
    free(t->packets);
    *t = (struct track){0};
}

static bool keep(struct track *t, const AVPacket *packet)
{
    if (t->nb_packets == t->capacity) {
        size_t capacity = t->capacity ? t->capacity * 2 : 256;
        AVPacket **grown = realloc(t->packets, capacity * sizeof *grown);

        if (!grown)
            return false;
        t->packets = grown;
        t->capacity = capacity;
    }
    t->packets[t->nb_packets] = av_packet_clone(packet);
    return t->packets[t->nb_packets++] != NULL;
}

static int channels_of(const struct recipe *r)
{
    return r->channels == 1 ? 1 : 2;
}

static struct sound_wish wish_of(const struct audio *a)
{
    int rate_hz = encode_sample_rate_hz(&a->recipe);

    return (struct sound_wish){
        .fd = a->fd, .name = a->name, .stream = a->recipe.audio_silent ? -1 : a->recipe.audio_stream,
        .begin_us = a->span.begin_us, .nb_samples = span_samples(&a->span, rate_hz),
        .rate_hz = rate_hz, .channels = channels_of(&a->recipe),
    };
}

bool audio_open(struct audio *audio, int fd, const char *name, const struct recipe *recipe, const struct span *span,
                struct error *err)
{
    AVCodecContext *encoder = encode_audio_open(recipe, err);

    if (!encoder)
        return false;
    *audio = (struct audio){.fd = fd, .name = name, .recipe = *recipe, .span = *span, .encoder = encoder};
    return true;
}

void audio_close(struct audio *audio)
{
    avcodec_free_context(&audio->encoder);
    level_finish(&audio->level);
}

bool audio_same(const struct audio *audio, const struct recipe *recipe, const struct span *span)
{
    const struct recipe *a = &audio->recipe, *b = recipe;

    return a->audio_silent == b->audio_silent && a->audio_stream == b->audio_stream &&
           encode_sample_rate_hz(a) == encode_sample_rate_hz(b) && channels_of(a) == channels_of(b) &&
           encode_audio_bitrate_bps(a) == encode_audio_bitrate_bps(b) && a->normalize == b->normalize &&
           fabs(a->target_lufs - b->target_lufs) < 1e-9 && fabs(a->target_dbtp - b->target_dbtp) < 1e-9 &&
           audio->span.begin_us == span->begin_us &&
           span_samples(&audio->span, encode_sample_rate_hz(a)) == span_samples(span, encode_sample_rate_hz(b));
}

/* First pass: the loudness of the span as it will be mixed. */
static bool measure(struct audio *a, struct error *err)
{
    struct sound_wish wish = wish_of(a);
    AUTO(av_frame_free) AVFrame *frame = NULL;
    struct sound *sound = sound_open(&wish, err);
    struct meter *meter = sound ? meter_create(wish.rate_hz, wish.channels, err) : NULL;
    bool ok = meter != NULL;

    while (ok && (ok = sound_read(sound, &frame, err)) && frame) {
        ok = meter_add(meter, frame, err);
        av_frame_free(&frame);
    }
    ok = ok && meter_finish(meter, &a->before, err);
    meter_destroy(meter);
    sound_close(sound);
    return ok;
}

/* Behind the encoder: what a listener's decoder gives. */
struct check {
    AVCodecContext *decoder;
    struct meter *meter;
    AVFrame *frame;
};

static void close_check(struct check *c)
{
    avcodec_free_context(&c->decoder);
    meter_destroy(c->meter);
    av_frame_free(&c->frame);
}

static bool open_check(struct check *c, const AVCodecContext *encoder, struct error *err)
{
    AVCodecParameters *parameters = avcodec_parameters_alloc();
    const AVCodec *codec = avcodec_find_decoder(AV_CODEC_ID_AAC);
    bool ok;

    c->decoder = codec ? avcodec_alloc_context3(codec) : NULL;
    c->frame = av_frame_alloc();
    ok = c->decoder && c->frame && parameters && avcodec_parameters_from_context(parameters, encoder) >= 0 &&
         avcodec_parameters_to_context(c->decoder, parameters) >= 0 && avcodec_open2(c->decoder, codec, NULL) >= 0;
    avcodec_parameters_free(&parameters);
    if (!ok)
        return fail(err, ERROR_INTERNAL, "audio: the AAC decoder cannot be opened");
    c->meter = meter_create(encoder->sample_rate, encoder->ch_layout.nb_channels, err);
    return c->meter != NULL;
}

static bool check_packet(struct check *c, const AVPacket *packet, struct error *err)
{
    if (avcodec_send_packet(c->decoder, packet) < 0)
        return fail(err, ERROR_INTERNAL, "audio: the encoded sound does not decode");
    while (avcodec_receive_frame(c->decoder, c->frame) >= 0) {
        if (!meter_add(c->meter, c->frame, err))
            return false;
        av_frame_unref(c->frame);
    }
    return true;
}

/* Feeds the encoder what lies behind the priming, in frames of the encoder's size. */
static bool encode(struct audio *a, AVCodecContext *encoder, AVFrame *frame, struct track *track, struct check *check,
                   struct error *err)
{
    AUTO(av_packet_free) AVPacket *packet = av_packet_alloc();
    int rc = packet ? avcodec_send_frame(encoder, frame) : AVERROR(ENOMEM);
    int64_t end = span_samples(&a->span, encoder->sample_rate);

    while (rc >= 0 && (rc = avcodec_receive_packet(encoder, packet)) >= 0) {
        int64_t at = (int64_t)track->nb_packets * AUDIO_PRIMING;

        if (check && !check_packet(check, packet, err))
            return false;
        packet->pts = packet->dts = at;
        packet->duration = end - at < AUDIO_PRIMING ? end - at : AUDIO_PRIMING;
        packet->time_base = (AVRational){1, encoder->sample_rate};
        packet->stream_index = MUX_AUDIO;
        /* priming goes first, so its trimming is not for a player to do */
        av_packet_free_side_data(packet);
        if (at < end && !keep(track, packet))
            return no_memory(err);
        av_packet_unref(packet);
    }
    if (rc != AVERROR(EAGAIN) && rc != AVERROR_EOF)
        return fail(err, ERROR_INTERNAL, "encode the sound: %s", av_err2str(rc));
    return true;
}

struct attempt {
    struct audio *audio;
    AVCodecContext *encoder;
    struct leveller *leveller;
    struct sound *sound;
    struct check *check;          /* NULL: not measured */
    struct track *track;
    int64_t sent;                 /* samples given to the encoder */
};

static bool drain_leveller(struct attempt *t, struct error *err)
{
    for (;;) {
        AUTO(av_frame_free) AVFrame *frame = NULL;

        if (!leveller_receive(t->leveller, &frame, err))
            return false;
        if (!frame)
            return true;
        frame->pts = t->sent;
        t->sent += frame->nb_samples;
        if (!encode(t->audio, t->encoder, frame, t->track, t->check, err))
            return false;
    }
}

static bool pump(struct attempt *t, struct error *err)
{
    for (;;) {
        AUTO(av_frame_free) AVFrame *frame = NULL;

        if (!sound_read(t->sound, &frame, err))
            return false;
        if (frame && frame->pts < AUDIO_PRIMING)
            continue;    /* the encoder's own delay takes its place: pieces have the size of the priming */
        if (!leveller_send(t->leveller, frame, err) || !drain_leveller(t, err))
            return false;
        if (!frame)
            return encode(t->audio, t->encoder, NULL, t->track, t->check, err);
    }
}

/* Measures what was made; *again when another pass with a changed level would be better. */
static bool judge(struct audio *a, struct meter *meter, bool *again, struct error *err)
{
    const float *peaks;
    size_t nb_peaks;

    if (!meter_finish(meter, &a->after, err))
        return false;
    if (a->nb_attempts == MAX_ATTEMPTS)
        return true;
    peaks = meter_peaks(meter, &nb_peaks);
    *again = level_again(&a->level, &a->after, peaks, nb_peaks, a->recipe.target_lufs, a->recipe.target_dbtp);
    return true;
}

/* One pass: level, encode, and measure what was encoded. */
static bool attempt(struct audio *a, AVCodecContext *encoder, struct track *track, bool *again, struct error *err)
{
    struct sound_wish wish = wish_of(a);
    struct check check = {0};
    struct attempt t = {.audio = a, .encoder = encoder, .track = track, .check = a->measured ? &check : NULL};
    bool ok = !a->measured || open_check(&check, encoder, err);

    t.sound = ok ? sound_open(&wish, err) : NULL;
    t.leveller = t.sound ? leveller_create(&a->level, wish.rate_hz, wish.channels, err) : NULL;
    ok = t.leveller && pump(&t, err);
    *again = false;
    if (ok && a->measured)
        ok = judge(a, check.meter, again, err);
    if (t.sound)
        a->damaged = sound_damaged(t.sound);
    leveller_destroy(t.leveller);
    sound_close(t.sound);
    close_check(&check);
    return ok;
}

/* How far from the promise: 0 is kept. */
static double badness(const struct audio *a)
{
    double over_db = a->after.true_peak_dbtp - a->recipe.target_dbtp;
    double off_lu = fabs(a->after.lufs - a->recipe.target_lufs) - PROMISE_LU;

    if (!a->measured || a->after.silent)
        return 0;
    return fmax(over_db, 0) + fmax(off_lu, 0);
}

/* Passes until the promise is kept; the best one counts when it cannot be. */
static bool level_and_encode(struct audio *a, struct track *best, struct error *err)
{
    AVCodecContext *encoder = TAKE(a->encoder);
    struct loudness best_after = {0};
    double best_badness = INFINITY;
    bool again = true;

    while (again) {
        struct track track = {0};
        bool ok;

        if (!encoder && !(encoder = encode_audio_open(&a->recipe, err)))
            return false;
        a->nb_attempts++;
        ok = attempt(a, encoder, &track, &again, err);
        avcodec_free_context(&encoder);
        if (ok && badness(a) < best_badness) {
            release(best);
            *best = track;
            best_badness = badness(a);
            best_after = a->after;
        } else {
            release(&track);
        }
        if (!ok)
            return false;
    }
    a->after = best_after;
    a->off_target = best_badness > 0;
    return true;
}

static void send_all(struct node *node, struct track *track)
{
    bool wanted = true;

    for (size_t i = 0; i < track->nb_packets && wanted; i++) {
        wanted = false;
        for (size_t o = 0; o < node_outputs(node); o++) {
            AVPacket *copy = av_packet_clone(track->packets[i]);

            if (copy && node_send(node, o, copy))
                wanted = true;
            else
                av_packet_free(&copy);
        }
    }
}

bool audio_run(struct node *node, void *audio, struct error *err)
{
    struct audio *a = audio;
    struct track track = {0};
    bool ok = true;

    if (a->recipe.normalize && !a->recipe.audio_silent) {
        ok = measure(a, err);
        a->measured = ok && !a->before.silent;
        a->level = level_for(&a->before, a->recipe.target_lufs, a->recipe.target_dbtp);
    }
    ok = ok && level_and_encode(a, &track, err);
    if (ok)
        send_all(node, &track);
    release(&track);
    return ok;
}
