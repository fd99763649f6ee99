#include "media/loudness.h"

#include "base/auto.h"
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/dict.h>
#include <math.h>
#include <string.h>

/* BS.1770-5 (2023): blocks quieter than this do not count */
#define ABSOLUTE_GATE_LUFS (-70.0)
/* Measured: what AAC adds to the peaks of a limited programme mostly stays under this. */
#define CODEC_HEADROOM_DB 0.2
#define MAX_GAIN_DB 32.0
/* More gain than this into the limiter is heard as pumping. */
#define MAX_EXTRA_DB 2.0
#define CLOSE_ENOUGH_LU 0.3
#define SILENCE_DBTP (-90.0)

/* One input, one output. */
struct chain {
    AVFilterGraph *graph;
    AVFilterContext *source, *sink;
};

struct meter {
    struct chain chain;
    int rate_hz, channels;
    int64_t at;                       /* samples so far */
    double lufs, range_lu, peak;      /* the last the filter said; peak is linear */
};

struct leveller {
    struct chain chain;
};

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

struct meter *meter_create(int rate_hz, int channels, struct error *err)
{
    struct meter *m = calloc(1, sizeof *m);

    if (!m) {
        fail(err, ERROR_INTERNAL, "meter: out of memory");
        return NULL;
    }
    m->rate_hz = rate_hz;
    m->channels = channels;
    m->lufs = ABSOLUTE_GATE_LUFS;
    if (make_chain(&m->chain, "ebur128=metadata=1:peak=true:framelog=verbose", rate_hz, channels, err))
        return m;
    meter_destroy(m);
    return NULL;
}

void meter_destroy(struct meter *meter)
{
    if (!meter)
        return;
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
        for (int c = 0; c < m->channels; c++) {
            char key[48];
            double peak = 0;

            snprintf(key, sizeof key, "lavfi.r128.true_peaks_ch%d", c);
            read_value(frame, key, &peak);
            m->peak = fmax(m->peak, peak);
        }
        av_frame_unref(frame);
    }
}

bool meter_add(struct meter *meter, const AVFrame *frame, struct error *err)
{
    AUTO(av_frame_free) AVFrame *copy = av_frame_clone(frame);
    int rc;

    if (!copy)
        return fail(err, ERROR_INTERNAL, "meter: out of memory");
    copy->pts = meter->at;
    meter->at += frame->nb_samples;
    rc = av_buffersrc_add_frame(meter->chain.source, copy);
    if (rc < 0)
        return fail(err, ERROR_INTERNAL, "meter: %s", av_err2str(rc));
    read_meter(meter);
    return true;
}

/* The filter measures whole tenths of a second: silence behind the end brings the peaks of the last samples in. */
static bool add_tail(struct meter *m, struct error *err)
{
    AUTO(av_frame_free) AVFrame *quiet = av_frame_alloc();

    if (!quiet)
        return fail(err, ERROR_INTERNAL, "meter: out of memory");
    quiet->format = AV_SAMPLE_FMT_FLTP;
    quiet->sample_rate = m->rate_hz;
    quiet->nb_samples = m->rate_hz / 10;
    av_channel_layout_default(&quiet->ch_layout, m->channels);
    if (av_frame_get_buffer(quiet, 0) < 0)
        return fail(err, ERROR_INTERNAL, "meter: out of memory");
    av_samples_set_silence(quiet->extended_data, 0, quiet->nb_samples, m->channels, AV_SAMPLE_FMT_FLTP);
    return meter_add(m, quiet, err);
}

bool meter_finish(struct meter *meter, struct loudness *loudness, struct error *err)
{
    bool has_block = meter->at * 10 >= (int64_t)meter->rate_hz * 4;    /* of 400 ms: shorter programmes need the tail */
    double lufs = meter->lufs, range_lu = meter->range_lu;

    if (!add_tail(meter, err))
        return false;
    if (av_buffersrc_add_frame(meter->chain.source, NULL) >= 0)
        read_meter(meter);
    if (!has_block) {
        lufs = meter->lufs;
        range_lu = meter->range_lu;
    }
    *loudness = (struct loudness){
        .silent = lufs <= ABSOLUTE_GATE_LUFS + 0.001, .lufs = lufs, .range_lu = range_lu,
        .true_peak_dbtp = meter->peak > 0 ? 20 * log10(meter->peak) : SILENCE_DBTP,
    };
    return true;
}

struct level level_for(const struct loudness *measured, double target_lufs, double target_dbtp)
{
    struct level l = {.ceiling_dbtp = target_dbtp - CODEC_HEADROOM_DB};

    if (measured->silent)
        return l;
    l.gain_db = fmin(target_lufs - measured->lufs, MAX_GAIN_DB);
    l.limit = measured->true_peak_dbtp + l.gain_db > l.ceiling_dbtp;
    return l;
}

bool level_again(struct level *level, const struct loudness *made, double target_lufs, double target_dbtp)
{
    double off_lu = target_lufs - made->lufs, over_db = made->true_peak_dbtp - target_dbtp;
    bool loud_wrong = fabs(off_lu) > CLOSE_ENOUGH_LU && level->gain_db < MAX_GAIN_DB;

    if (made->silent || (over_db <= 0 && !loud_wrong))
        return false;
    if (over_db > 0) {
        level->ceiling_dbtp -= over_db + 0.1;
        level->limit = true;
    }
    if (loud_wrong)
        level->gain_db += fmax(-MAX_EXTRA_DB, fmin(off_lu, MAX_EXTRA_DB));
    return true;
}

struct leveller *leveller_create(const struct level *level, int rate_hz, int channels, struct error *err)
{
    struct leveller *l = calloc(1, sizeof *l);
    char filters[384];
    int used;

    if (!l) {
        fail(err, ERROR_INTERNAL, "leveller: out of memory");
        return NULL;
    }
    used = snprintf(filters, sizeof filters, "volume=%.4fdB:precision=float", level->gain_db);
    if (level->limit)    /* four times the rate, so that the peaks between samples are seen */
        snprintf(filters + used, sizeof filters - (size_t)used,
                 ",aresample=%d,alimiter=limit=%.6f:attack=5:release=50:level=0:latency=1,aresample=%d,"
                 "aformat=sample_fmts=fltp", rate_hz * 4, pow(10, level->ceiling_dbtp / 20), rate_hz);
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

bool leveller_receive(struct leveller *leveller, AVFrame **frame, struct error *err)
{
    AUTO(av_frame_free) AVFrame *out = av_frame_alloc();
    int rc = out ? av_buffersink_get_frame(leveller->chain.sink, out) : AVERROR(ENOMEM);

    *frame = NULL;
    if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
        return true;
    if (rc < 0)
        return fail(err, ERROR_INTERNAL, "leveller: %s", av_err2str(rc));
    *frame = TAKE(out);
    return true;
}
