#include "media/loudness.h"

#include "base/auto.h"
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/dict.h>
#include <libswresample/swresample.h>
#include <math.h>
#include <string.h>

/* BS.1770-5 (2023): blocks quieter than this do not count */
#define ABSOLUTE_GATE_LUFS (-70.0)
/* Measured: what AAC adds to peaks, when the limiter hardly works and when it works (0.8 to 1.3 dB on a loud trailer). */
#define CODEC_HEADROOM_DB 0.2
#define LIMITED_HEADROOM_DB 0.9
#define MAX_GAIN_DB 32.0
/* More gain than this into the limiter is heard as pumping. */
#define MAX_EXTRA_DB 2.0
#define CLOSE_ENOUGH_LU 0.2
/* Of peaks behind the encoder, on top of what they are over. */
#define DIP_EXTRA_DB 0.8
#define TRIM_EXTRA_DB 0.05
#define MAX_CORRECTIONS 2
#define OVERSAMPLING 4    /* BS.1770-5 annex 2 */
#define SILENCE_DBTP (-90.0)

/* One input, one output. */
struct chain {
    AVFilterGraph *graph;
    AVFilterContext *source, *sink;
};

/* Peaks between the samples, by oversampling. */
struct peaks {
    SwrContext *resampler;
    AVFrame *out;
    int64_t at;                       /* oversampled position */
    float *pieces;
    size_t nb_pieces, capacity;
};

struct meter {
    struct chain chain;
    struct peaks peaks;
    int rate_hz, channels;
    int64_t at;                       /* samples so far */
    double lufs, range_lu;            /* the last the filter said */
};

struct leveller {
    struct chain chain;
    const struct level *level;
    size_t nb_frames;                 /* received so far */
};

static bool no_memory(struct error *err)
{
    return fail(err, ERROR_INTERNAL, "loudness: out of memory");
}

static bool make_chain(struct chain *c, const char *filters, int rate_hz, int channels, struct error *err)
{
    AVFilterInOut *in = avfilter_inout_alloc(), *out = avfilter_inout_alloc();
    char args[128];
    int rc = AVERROR(ENOMEM);

    snprintf(args, sizeof args, "sample_rate=%d:sample_fmt=fltp:channel_layout=%s:time_base=1/%d", rate_hz,
             channels == 1 ? "mono" : "stereo", rate_hz);
    c->graph = avfilter_graph_alloc();
    if (c->graph && in && out) {
        c->graph->nb_threads = 1;
        rc = avfilter_graph_create_filter(&c->source, avfilter_get_by_name("abuffer"), "in", args, NULL, c->graph);
    }
    if (rc >= 0)
        rc = avfilter_graph_create_filter(&c->sink, avfilter_get_by_name("abuffersink"), "out", NULL, NULL, c->graph);
    if (rc >= 0) {
        *out = (AVFilterInOut){.name = av_strdup("in"), .filter_ctx = c->source};
        *in = (AVFilterInOut){.name = av_strdup("out"), .filter_ctx = c->sink};
        rc = avfilter_graph_parse_ptr(c->graph, filters, &in, &out, NULL);
    }
    if (rc >= 0)
        rc = avfilter_graph_config(c->graph, NULL);
    avfilter_inout_free(&in);
    avfilter_inout_free(&out);
    return rc >= 0 || fail(err, ERROR_INTERNAL, "sound filters '%s': %s", filters, av_err2str(rc));
}

/* ---- true peaks ---- */

static bool open_peaks(struct peaks *p, int rate_hz, int channels, struct error *err)
{
    AVChannelLayout layout;
    int rc;

    av_channel_layout_default(&layout, channels);
    p->out = av_frame_alloc();
    rc = swr_alloc_set_opts2(&p->resampler, &layout, AV_SAMPLE_FMT_FLTP, rate_hz * OVERSAMPLING, &layout,
                             AV_SAMPLE_FMT_FLTP, rate_hz, 0, NULL);
    if (rc < 0 || !p->out || swr_init(p->resampler) < 0)
        return no_memory(err);
    p->out->format = AV_SAMPLE_FMT_FLTP;
    p->out->sample_rate = rate_hz * OVERSAMPLING;
    p->out->nb_samples = (LEVELLER_SAMPLES + 256) * OVERSAMPLING;
    av_channel_layout_copy(&p->out->ch_layout, &layout);
    return av_frame_get_buffer(p->out, 0) >= 0 || no_memory(err);
}

static void close_peaks(struct peaks *p)
{
    swr_free(&p->resampler);
    av_frame_free(&p->out);
    free(p->pieces);
}

static bool reserve(struct peaks *p, size_t nb_pieces, struct error *err)
{
    size_t capacity = p->capacity ? p->capacity : 1024;
    float *grown;

    while (capacity < nb_pieces)
        capacity *= 2;
    if (capacity > p->capacity) {
        grown = realloc(p->pieces, capacity * sizeof *grown);
        if (!grown)
            return no_memory(err);
        p->pieces = grown;
        p->capacity = capacity;
    }
    while (p->nb_pieces < nb_pieces)
        p->pieces[p->nb_pieces++] = 0;
    return true;
}

/* Of what the resampler has for us: `in` may be NULL at the end. */
static bool find_peaks(struct peaks *p, const uint8_t **in, int nb_in, struct error *err)
{
    int n = swr_convert(p->resampler, p->out->extended_data, p->out->nb_samples, in, nb_in);
    int piece_samples = LEVELLER_SAMPLES * OVERSAMPLING;

    if (n < 0)
        return fail(err, ERROR_INTERNAL, "loudness: %s", av_err2str(n));
    if (!reserve(p, (size_t)((p->at + n) / piece_samples + 1), err))
        return false;
    for (int i = 0; i < n;) {
        size_t piece = (size_t)((p->at + i) / piece_samples);
        int end = (int)((int64_t)(piece + 1) * piece_samples - p->at);
        float peak = p->pieces[piece];

        end = end > n ? n : end;
        for (int c = 0; c < p->out->ch_layout.nb_channels; c++) {
            const float *samples = (const float *)(const void *)p->out->extended_data[c];

            for (int k = i; k < end; k++)
                peak = fmaxf(peak, fabsf(samples[k]));
        }
        p->pieces[piece] = peak;
        i = end;
    }
    p->at += n;
    return true;
}

static bool add_peaks(struct peaks *p, const AVFrame *frame, struct error *err)
{
    const uint8_t *in[AV_NUM_DATA_POINTERS] = {NULL};

    for (int from = 0; from < frame->nb_samples; from += LEVELLER_SAMPLES) {
        int n = frame->nb_samples - from > LEVELLER_SAMPLES ? LEVELLER_SAMPLES : frame->nb_samples - from;

        for (int c = 0; c < frame->ch_layout.nb_channels; c++)
            in[c] = frame->extended_data[c] + (size_t)from * sizeof(float);
        if (!find_peaks(p, in, n, err))
            return false;
    }
    return true;
}

/* ---- meter ---- */

struct meter *meter_create(int rate_hz, int channels, struct error *err)
{
    struct meter *m = calloc(1, sizeof *m);

    if (!m) {
        no_memory(err);
        return NULL;
    }
    m->rate_hz = rate_hz;
    m->channels = channels;
    m->lufs = ABSOLUTE_GATE_LUFS;
    if (make_chain(&m->chain, "ebur128=metadata=1:framelog=verbose", rate_hz, channels, err) &&
        open_peaks(&m->peaks, rate_hz, channels, err))
        return m;
    meter_destroy(m);
    return NULL;
}

void meter_destroy(struct meter *meter)
{
    if (!meter)
        return;
    close_peaks(&meter->peaks);
    avfilter_graph_free(&meter->chain.graph);
    free(meter);
}

static void read_value(const AVFrame *frame, const char *key, double *value)
{
    const AVDictionaryEntry *entry = av_dict_get(frame->metadata, key, NULL, 0);

    if (entry)
        *value = strtod(entry->value, NULL);
}

static void read_meter(struct meter *m)
{
    AUTO(av_frame_free) AVFrame *frame = av_frame_alloc();

    while (frame && av_buffersink_get_frame(m->chain.sink, frame) >= 0) {
        read_value(frame, "lavfi.r128.I", &m->lufs);
        read_value(frame, "lavfi.r128.LRA", &m->range_lu);
        av_frame_unref(frame);
    }
}

static bool add_loudness(struct meter *meter, const AVFrame *frame, struct error *err)
{
    AUTO(av_frame_free) AVFrame *copy = av_frame_clone(frame);
    int rc;

    if (!copy)
        return no_memory(err);
    copy->pts = meter->at;
    meter->at += frame->nb_samples;
    rc = av_buffersrc_add_frame(meter->chain.source, copy);
    if (rc < 0)
        return fail(err, ERROR_INTERNAL, "meter: %s", av_err2str(rc));
    read_meter(meter);
    return true;
}

bool meter_add(struct meter *meter, const AVFrame *frame, struct error *err)
{
    return add_peaks(&meter->peaks, frame, err) && add_loudness(meter, frame, err);
}

/* A programme shorter than a block of 400 ms is measured as if silence followed. */
static bool fill_block(struct meter *m, struct error *err)
{
    AUTO(av_frame_free) AVFrame *quiet = av_frame_alloc();

    if (!quiet)
        return no_memory(err);
    quiet->format = AV_SAMPLE_FMT_FLTP;
    quiet->sample_rate = m->rate_hz;
    quiet->nb_samples = m->rate_hz * 2 / 5;
    av_channel_layout_default(&quiet->ch_layout, m->channels);
    if (av_frame_get_buffer(quiet, 0) < 0)
        return no_memory(err);
    av_samples_set_silence(quiet->extended_data, 0, quiet->nb_samples, m->channels, AV_SAMPLE_FMT_FLTP);
    return add_loudness(m, quiet, err);
}

bool meter_finish(struct meter *meter, struct loudness *loudness, struct error *err)
{
    double peak = 0;

    if (meter->at * 5 < (int64_t)meter->rate_hz * 2 && !fill_block(meter, err))
        return false;
    if (!find_peaks(&meter->peaks, NULL, 0, err))
        return false;
    if (av_buffersrc_add_frame(meter->chain.source, NULL) >= 0)
        read_meter(meter);
    for (size_t i = 0; i < meter->peaks.nb_pieces; i++)
        peak = fmax(peak, (double)meter->peaks.pieces[i]);
    *loudness = (struct loudness){
        .silent = meter->lufs <= ABSOLUTE_GATE_LUFS + 0.001, .lufs = meter->lufs, .range_lu = meter->range_lu,
        .true_peak_dbtp = peak > 0 ? 20 * log10(peak) : SILENCE_DBTP,
    };
    return true;
}

const float *meter_peaks(const struct meter *meter, size_t *nb_peaks)
{
    *nb_peaks = meter->peaks.nb_pieces;
    return meter->peaks.pieces;
}

/* ---- level ---- */

struct level level_for(const struct loudness *measured, double target_lufs, double target_dbtp)
{
    struct level l = {.ceiling_dbtp = target_dbtp - CODEC_HEADROOM_DB};

    if (measured->silent)
        return l;
    l.gain_db = fmin(target_lufs - measured->lufs, MAX_GAIN_DB);
    l.limit = measured->true_peak_dbtp + l.gain_db > l.ceiling_dbtp;
    if (measured->true_peak_dbtp + l.gain_db > target_dbtp + LIMITED_HEADROOM_DB)
        l.ceiling_dbtp = target_dbtp - LIMITED_HEADROOM_DB;
    return l;
}

void level_finish(struct level *level)
{
    free(level->dips_db);
    level->dips_db = NULL;
    level->nb_dips = 0;
}

/* The frame a peak comes from, and both beside it, whose windows overlap it. */
static bool dip(struct level *level, size_t peak_frame, float by_db, size_t nb_peaks)
{
    size_t from = peak_frame > 2 ? peak_frame - 2 : 0;

    if (!level->dips_db) {
        level->dips_db = calloc(nb_peaks + 1, sizeof *level->dips_db);
        level->nb_dips = level->dips_db ? nb_peaks + 1 : 0;
    }
    for (size_t i = from; i <= peak_frame && i < level->nb_dips; i++)
        level->dips_db[i] = fmaxf(level->dips_db[i], by_db);
    return level->dips_db != NULL;
}

static bool dip_peaks(struct level *level, const float *peaks, size_t nb_peaks, double target_dbtp)
{
    size_t nb_before = level->nb_dips;
    AUTO_FREE float *before = nb_before ? malloc(nb_before * sizeof *before) : NULL;
    bool any = false;

    if (before)
        memcpy(before, level->dips_db, nb_before * sizeof *before);
    for (size_t i = 0; i < nb_peaks; i++) {
        double over_db = peaks[i] > 0 ? 20 * log10((double)peaks[i]) - target_dbtp : -1;
        size_t source = i ? i - 1 : 0;
        double had_db = before && source < nb_before ? (double)before[source] : 0;

        if (over_db > 0)
            any = dip(level, i, (float)(had_db + over_db + DIP_EXTRA_DB), nb_peaks) || any;
    }
    return any;
}

bool level_again(struct level *level, const struct loudness *made, const float *peaks, size_t nb_peaks,
                 double target_lufs, double target_dbtp)
{
    double off_lu = target_lufs - made->lufs, over_db = made->true_peak_dbtp - target_dbtp;
    bool better = false;

    if (made->silent)
        return false;
    if (over_db > 0 && off_lu + over_db + TRIM_EXTRA_DB <= PROMISE_LU) {
        level->trim_db += over_db + TRIM_EXTRA_DB;    /* a little less of all keeps the rest as it is */
        return true;
    }
    if (over_db > 0)
        better = dip_peaks(level, peaks, nb_peaks, target_dbtp);
    /* not often, since more gain makes other peaks; and where nothing else is wrong only when it must be */
    if (level->nb_corrections < MAX_CORRECTIONS && fabs(off_lu) > (over_db > 0 ? CLOSE_ENOUGH_LU : PROMISE_LU) && level->gain_db < MAX_GAIN_DB) {
        level->nb_corrections++;
        level->gain_db += fmax(-MAX_EXTRA_DB, fmin(off_lu, MAX_EXTRA_DB));
        level->limit = true;
        better = true;
    }
    return better;
}

/* ---- leveller ---- */

struct leveller *leveller_create(const struct level *level, int rate_hz, int channels, struct error *err)
{
    struct leveller *l = calloc(1, sizeof *l);
    char filters[384];
    int used;

    if (!l) {
        no_memory(err);
        return NULL;
    }
    l->level = level;
    used = snprintf(filters, sizeof filters, "volume=%.4fdB:precision=float", level->gain_db);
    if (level->limit)    /* four times the rate, so that the peaks between samples are seen */
        snprintf(filters + used, sizeof filters - (size_t)used,
                 ",aresample=%d,alimiter=limit=%.6f:attack=5:release=50:level=0:latency=1,aresample=%d,"
                 "aformat=sample_fmts=fltp,volume=%.4fdB:precision=float", rate_hz * OVERSAMPLING,
                 pow(10, level->ceiling_dbtp / 20), rate_hz, -level->trim_db);
    else if (level->trim_db > 0)
        snprintf(filters + used, sizeof filters - (size_t)used, ",volume=%.4fdB:precision=float", -level->trim_db);
    if (make_chain(&l->chain, filters, rate_hz, channels, err)) {
        av_buffersink_set_frame_size(l->chain.sink, LEVELLER_SAMPLES);
        return l;
    }
    leveller_destroy(l);
    return NULL;
}

void leveller_destroy(struct leveller *leveller)
{
    if (!leveller)
        return;
    avfilter_graph_free(&leveller->chain.graph);
    free(leveller);
}

bool leveller_send(struct leveller *leveller, AVFrame *frame, struct error *err)
{
    int rc = av_buffersrc_add_frame(leveller->chain.source, frame);

    return rc >= 0 || fail(err, ERROR_INTERNAL, "leveller: %s", av_err2str(rc));
}

static float dip_at(const struct level *level, size_t frame)
{
    return frame < level->nb_dips ? level->dips_db[frame] : 0;
}

/* Attenuation runs linearly (in dB) from the middle of a frame to the middle of the next. */
static bool apply_dips(struct leveller *l, AVFrame *frame, struct error *err)
{
    size_t n = l->nb_frames++;
    float before = n ? dip_at(l->level, n - 1) : dip_at(l->level, 0), here = dip_at(l->level, n);
    float after = dip_at(l->level, n + 1), half = LEVELLER_SAMPLES / 2.0f;

    if (before <= 0 && here <= 0 && after <= 0)
        return true;
    if (av_frame_make_writable(frame) < 0)
        return no_memory(err);
    for (int i = 0; i < frame->nb_samples; i++) {
        float x = ((float)i - half) / LEVELLER_SAMPLES;    /* -0.5 to 0.5 */
        float db = x < 0 ? here + (before - here) * -x : here + (after - here) * x;
        float factor = powf(10, -db / 20);

        for (int c = 0; c < frame->ch_layout.nb_channels; c++)
            ((float *)(void *)frame->extended_data[c])[i] *= factor;
    }
    return true;
}

bool leveller_receive(struct leveller *leveller, AVFrame **frame, struct error *err)
{
    AUTO(av_frame_free) AVFrame *out = av_frame_alloc();
    int rc = out ? av_buffersink_get_frame(leveller->chain.sink, out) : AVERROR(ENOMEM);

    *frame = NULL;
    if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
        return true;
    if (rc < 0)
        return fail(err, ERROR_INTERNAL, "leveller: %s", av_err2str(rc));
    if (!apply_dips(leveller, out, err))
        return false;
    *frame = TAKE(out);
    return true;
}
