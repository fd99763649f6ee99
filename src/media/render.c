#include "media/render.h"

#include "base/auto.h"
#include "base/clock.h"
#include "media/audio.h"
#include "media/copy.h"
#include "media/cover.h"
#include "media/encode.h"
#include "media/graph.h"
#include "media/input.h"
#include "media/job.h"
#include "media/mux.h"
#include "media/pictures.h"
#include "media/stamps.h"
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#define MAX_OUTPUTS 16
/* Of the frames that may be damaged before a master is refused (ADAPTATION: more is seen by everybody). */
#define MAX_DAMAGED_PERCENT 1
#define PREROLL_US 1000000
/* MPEG streams have no index: seeking lands on any packet, and the next key frame may be seconds away. */
#define PREROLL_WITHOUT_INDEX_US 10000000

struct render;

struct output {
    const char *id;
    int video_fd, cover_fd;
    int64_t cover_ms;
    struct recipe recipe;
    struct span span;
    struct pictures pictures;
    AVCodecContext *encoder;          /* NULL: the picture is copied */
    struct mux mux;
    struct audio *audio;              /* borrowed; NULL: copied or none */
    struct copy copy;
    struct render *render;
    int64_t cover_bytes;
};

struct render {
    int fd;
    const char *name;
    struct facts facts;
    int threads;
    bool allow_damaged;
    struct input input;
    int64_t start_us;                 /* container time of the master's 0, of the streams that input_open chose */
    AVCodecContext *decoder;          /* NULL: everything is copied */
    struct stamps stamps[2];          /* video, audio */
    struct output outputs[MAX_OUTPUTS];
    size_t nb_outputs;
    struct audio audios[MAX_OUTPUTS];
    size_t nb_audios;
    int64_t nb_decoded, nb_damaged;
    int64_t total_frames;             /* of all outputs that are encoded */
    _Atomic int64_t done_frames;
    int64_t told_frames, told_ms;     /* last progress event */
    int64_t total_ms;
};

/* ---- the job document ---- */

static bool read_output(struct render *r, const json_t *json, struct output *o, struct error *err)
{
    const char *id = json_string_value(json_object_get(json, "id"));
    int64_t video = json_integer_value(json_object_get(json, "video"));
    int64_t cover = json_integer_value(json_object_get(json, "cover"));

    *o = (struct output){.id = id, .video_fd = -1, .cover_fd = -1, .render = r};
    if (!id)
        return fail(err, ERROR_INTERNAL, "job: an output has no id");
    if (!recipe_from_json(json_object_get(json, "recipe"), &o->recipe, err))
        return fail_in(err, "job: output '%s'", id);
    if (video > 0 && (o->video_fd = job_descriptor(json, "video", err)) < 0)
        return false;
    if (cover > 0 && (o->cover_fd = job_descriptor(json, "cover", err)) < 0)
        return false;
    o->cover_ms = json_integer_value(json_object_get(json, "cover_ms"));
    return true;
}

static bool read_job(struct render *r, const json_t *job, struct error *err)
{
    const json_t *outputs = json_object_get(job, "outputs"), *output;
    size_t i;

    r->fd = job_descriptor(job, "input", err);
    r->name = job_name(job);
    r->threads = (int)json_integer_value(json_object_get(job, "threads"));
    r->allow_damaged = json_is_true(json_object_get(job, "allow_damaged"));
    if (r->fd < 0 || !facts_from_json(json_object_get(job, "facts"), &r->facts, err))
        return false;
    if (!json_array_size(outputs) || json_array_size(outputs) > MAX_OUTPUTS)
        return fail(err, ERROR_INTERNAL, "job: %zu outputs; 1 to %d are made at once", json_array_size(outputs),
                    MAX_OUTPUTS);
    json_array_foreach (outputs, i, output) {
        if (!read_output(r, output, &r->outputs[i], err))
            return false;
        r->nb_outputs++;
    }
    return true;
}

/* ---- opening ---- */

static bool makes_video(const struct output *o)
{
    return o->video_fd >= 0 && o->recipe.work != WORK_ORIGINAL;
}

static bool copies_video(const struct output *o)
{
    return makes_video(o) && o->recipe.work != WORK_ENCODE;
}

/* The chosen streams are the recipe's. */
static bool choose_streams(struct render *r, struct error *err)
{
    const struct recipe *first = &r->outputs[0].recipe;
    int nb_streams = (int)r->input.format->nb_streams;

    if (first->video_stream >= nb_streams || first->audio_stream >= nb_streams)
        return fail(err, ERROR_INTERNAL, "'%s' has no stream %d", r->name,
                    first->video_stream >= nb_streams ? first->video_stream : first->audio_stream);
    if (first->video_stream >= 0)
        r->input.video = first->video_stream;
    r->input.audio = -1;
    for (size_t i = 0; i < r->nb_outputs; i++)
        if (copies_video(&r->outputs[i]) && copy_audio_possible(&r->outputs[i].recipe, &r->facts))
            r->input.audio = r->outputs[i].recipe.audio_stream;
    for (int i = 0; i < nb_streams; i++)
        r->input.format->streams[i]->discard =
            i == r->input.video || i == r->input.audio ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
    return true;
}

static bool open_audio(struct render *r, struct output *o, struct error *err)
{
    AVCodecParameters *parameters;
    bool ok;

    for (size_t i = 0; i < r->nb_audios && !o->audio; i++)
        if (audio_same(&r->audios[i], &o->recipe, &o->span))
            o->audio = &r->audios[i];
    if (!o->audio) {
        if (!audio_open(&r->audios[r->nb_audios], r->fd, r->name, &o->recipe, &o->span, err))
            return false;
        o->audio = &r->audios[r->nb_audios++];
    }
    parameters = avcodec_parameters_alloc();
    ok = parameters && avcodec_parameters_from_context(parameters, o->audio->encoder) >= 0;
    if (ok) {
        parameters->initial_padding = 0;    /* nothing is to be trimmed: see AUDIO_PRIMING */
        ok = mux_add(&o->mux, MUX_AUDIO, parameters, (AVRational){1, parameters->sample_rate}, (AVRational){0, 1}, err);
    } else {
        fail(err, ERROR_INTERNAL, "audio: out of memory");
    }
    avcodec_parameters_free(&parameters);
    return ok;
}

static bool open_encoder(struct render *r, struct output *o, struct error *err)
{
    AVRational rate = {o->span.fps_num, o->span.fps_den};
    AVCodecParameters *parameters = avcodec_parameters_alloc();
    bool ok;

    o->encoder = encode_video_open(&o->recipe, &o->span, err);
    if (!o->encoder || !parameters || avcodec_parameters_from_context(parameters, o->encoder) < 0) {
        avcodec_parameters_free(&parameters);
        return o->encoder ? fail(err, ERROR_INTERNAL, "render: out of memory") : false;
    }
    ok = mux_add(&o->mux, MUX_VIDEO, parameters, av_inv_q(rate), rate, err);
    avcodec_parameters_free(&parameters);
    o->pictures = (struct pictures){
        .name = r->name, .recipe = &o->recipe, .facts = &r->facts, .span = o->span,
        .time_base = r->input.format->streams[r->input.video]->time_base, .start_us = r->start_us,
        .cover_fd = o->cover_fd, .cover_ms = o->cover_ms,
    };
    r->total_frames += o->span.nb_frames;
    return ok;
}

static bool open_copy(struct render *r, struct output *o, struct error *err)
{
    const AVStream *video = r->input.format->streams[r->input.video], *audio;
    int64_t begin_us = copy_begin_us(&o->recipe, &r->facts);

    o->copy = (struct copy){
        .audio = copy_audio_possible(&o->recipe, &r->facts), .begin_us = r->start_us + begin_us,
        .end_us = r->start_us + o->recipe.out_ms * 1000,
    };
    o->span.begin_us = begin_us;
    o->mux.copied = true;
    if (!mux_add(&o->mux, MUX_VIDEO, video->codecpar, video->time_base, video->avg_frame_rate, err))
        return false;
    if (!o->copy.audio)
        return true;
    audio = r->input.format->streams[r->input.audio];
    return mux_add(&o->mux, MUX_AUDIO, audio->codecpar, audio->time_base, (AVRational){0, 1}, err);
}

static bool open_output(struct render *r, struct output *o, struct error *err)
{
    bool has_audio = o->recipe.audio_silent || o->recipe.audio_stream >= 0;

    o->span = span_of(&o->recipe, &r->facts);
    if (!makes_video(o))
        return true;
    if (!mux_open(&o->mux, o->video_fd, err))
        return false;
    if (!(copies_video(o) ? open_copy(r, o, err) : open_encoder(r, o, err)))
        return false;
    return !has_audio || o->copy.audio || open_audio(r, o, err);
}

static bool open_all(struct render *r, struct error *err)
{
    if (!input_open(r->fd, r->name, 0, &r->input, err))
        return false;
    r->start_us = input_start_us(&r->input);
    if (!choose_streams(r, err))
        return false;
    for (size_t i = 0; i < r->nb_outputs; i++) {
        if (!open_output(r, &r->outputs[i], err))
            return false;
        r->total_ms += span_duration_us(&r->outputs[i].span) / 1000;
    }
    if (r->total_frames)
        r->decoder = input_decoder(&r->input, r->input.video, r->threads > 0 ? r->threads : 2, err);
    return !r->total_frames || r->decoder;
}

static void close_all(struct render *r)
{
    for (size_t i = 0; i < r->nb_outputs; i++) {
        avcodec_free_context(&r->outputs[i].encoder);
        mux_close(&r->outputs[i].mux);
    }
    for (size_t i = 0; i < r->nb_audios; i++)
        audio_close(&r->audios[i]);
    avcodec_free_context(&r->decoder);
    if (r->input.format)
        input_close(&r->input);
}

/* ---- nodes ---- */

/* Before the earliest span, so that the decoder is ready there. Where seeking fails, reading from the start is right too. */
static void seek_to_begin(struct render *r)
{
    bool indexed = !(r->input.format->iformat->flags & AVFMT_TS_DISCONT);
    int64_t begin_us = INT64_MAX, preroll_us = indexed ? PREROLL_US : PREROLL_WITHOUT_INDEX_US, at_us;

    for (size_t i = 0; i < r->nb_outputs; i++)
        if (makes_video(&r->outputs[i]) && r->outputs[i].span.begin_us < begin_us)
            begin_us = r->outputs[i].span.begin_us;
    at_us = r->start_us + begin_us - preroll_us;
    if (begin_us > preroll_us)
        avformat_seek_file(r->input.format, -1, INT64_MIN, at_us, at_us, 0);
}

static bool send_packet(struct render *r, struct node *node, const AVPacket *packet, bool *wanted, struct error *err)
{
    *wanted = false;
    if (r->decoder && packet->stream_index == r->input.video) {
        AVPacket *copy = av_packet_clone(packet);

        if (!copy)
            return fail(err, ERROR_INTERNAL, "demux: out of memory");
        if (node_send(node, 0, copy))
            *wanted = true;
        else
            av_packet_free(&copy);
    } else if (r->decoder) {
        *wanted = true;    /* sound says nothing about the picture */
    }
    for (size_t i = 0; i < r->nb_outputs; i++) {
        struct output *o = &r->outputs[i];

        if (!copies_video(o))
            continue;
        if (!copy_packet(&o->copy, &r->input, node, packet, err))
            return fail_in(err, "'%s'", r->name);
        *wanted = *wanted || !o->copy.ended;
    }
    return true;
}

static bool demux_run(struct node *node, void *work, struct error *err)
{
    struct render *r = work;
    AUTO(av_packet_free) AVPacket *packet = av_packet_alloc();
    bool wanted = true, ok = true;

    if (!packet)
        return fail(err, ERROR_INTERNAL, "demux: out of memory");
    seek_to_begin(r);
    while (ok && wanted && av_read_frame(r->input.format, packet) >= 0) {
        if (packet->stream_index == r->input.video || packet->stream_index == r->input.audio) {
            stamps_mend(&r->stamps[packet->stream_index == r->input.audio], r->input.format, packet);
            ok = send_packet(r, node, packet, &wanted, err);
        }
        av_packet_unref(packet);
    }
    return ok;
}

/* One decoded frame to all renditions, by reference. */
static bool share(struct render *r, struct node *node, AVFrame *frame, bool *enough, struct error *err)
{
    bool wanted = false;

    r->nb_decoded++;
    r->nb_damaged += frame->decode_error_flags != 0 || (frame->flags & AV_FRAME_FLAG_CORRUPT) != 0;
    frame->pts = frame->best_effort_timestamp;
    for (size_t i = 0; i < node_outputs(node); i++) {
        AVFrame *copy = av_frame_clone(frame);

        if (!copy)
            return fail(err, ERROR_INTERNAL, "decode: out of memory");
        if (node_send(node, i, copy))
            wanted = true;
        else
            av_frame_free(&copy);
    }
    av_frame_unref(frame);
    *enough = !wanted;
    return true;
}

static bool decode_run(struct node *node, void *work, struct error *err)
{
    struct render *r = work;
    AUTO(av_frame_free) AVFrame *frame = av_frame_alloc();
    int64_t last_pts = AV_NOPTS_VALUE;
    bool ended = false, enough = false;

    if (!frame)
        return fail(err, ERROR_INTERNAL, "decode: out of memory");
    while (!ended) {
        AUTO(av_packet_free) AVPacket *packet = node_receive(node);
        int rc = avcodec_send_packet(r->decoder, packet);

        ended = !packet;
        r->nb_damaged += rc < 0 && rc != AVERROR_EOF;
        while ((rc = avcodec_receive_frame(r->decoder, frame)) >= 0) {
            if (frame->best_effort_timestamp == AV_NOPTS_VALUE && last_pts != AV_NOPTS_VALUE)
                frame->best_effort_timestamp = last_pts + 1;
            last_pts = frame->best_effort_timestamp;
            if (last_pts == AV_NOPTS_VALUE) {
                av_frame_unref(frame);
                continue;
            }
            if (!share(r, node, frame, &enough, err))
                return false;
            if (enough)
                return true;
        }
    }
    return true;
}

static bool send_packets(struct output *o, struct node *node, AVFrame *frame, struct error *err)
{
    int rc = avcodec_send_frame(o->encoder, frame);

    while (rc >= 0) {
        AVPacket *packet = av_packet_alloc();

        rc = packet ? avcodec_receive_packet(o->encoder, packet) : AVERROR(ENOMEM);
        if (rc < 0) {
            av_packet_free(&packet);
            break;
        }
        packet->stream_index = MUX_VIDEO;
        packet->time_base = o->encoder->time_base;
        packet->duration = 1;
        atomic_fetch_add(&o->render->done_frames, 1);
        if (!node_send(node, 0, packet)) {
            av_packet_free(&packet);
            return true;
        }
    }
    return rc == AVERROR(EAGAIN) || rc == AVERROR_EOF ||
           fail(err, ERROR_INTERNAL, "encode '%s': %s", o->id, av_err2str(rc));
}

static bool encode_run(struct node *node, void *work, struct error *err)
{
    struct output *o = work;

    for (;;) {
        AUTO(av_frame_free) AVFrame *frame = node_receive(node);

        if (!send_packets(o, node, frame, err))
            return false;
        if (!frame)
            return true;
    }
}

/* ---- the graph ----
 *
 *   demux -> decode -> pictures -> encode -> mux      a branch per rendition that is encoded
 *        \------------------------------------/       packets that are copied
 *   audio ------------------------------------/       one per distinct track
 */
static void wire(struct render *r, struct graph *g)
{
    struct node *demux = graph_source(g, "demux", demux_run, r), *muxes[MAX_OUTPUTS] = {NULL};
    struct node *decode = r->decoder ? graph_then(demux, "decode", decode_run, r, MUX_EDGE) : NULL;

    for (size_t i = 0; i < r->nb_outputs; i++) {
        struct output *o = &r->outputs[i];

        if (o->encoder) {
            struct node *pictures = graph_then(decode, "pictures", pictures_run, &o->pictures, FRAMES_EDGE);
            struct node *encode = graph_then(pictures, "encode", encode_run, o, FRAMES_EDGE);

            muxes[i] = graph_then(encode, o->id, mux_run, &o->mux, MUX_EDGE);
        } else if (copies_video(o)) {
            o->copy.output = node_outputs(demux);
            muxes[i] = graph_then(demux, o->id, mux_run, &o->mux, MUX_EDGE);
        }
    }
    for (size_t a = 0; a < r->nb_audios; a++) {
        struct node *audio = graph_source(g, "audio", audio_run, &r->audios[a]);

        for (size_t i = 0; i < r->nb_outputs; i++)
            if (r->outputs[i].audio == &r->audios[a])
                graph_feed(audio, muxes[i]);
    }
}

/* At least once in ten seconds, so that the parent sees that we live. */
static void tell(void *work)
{
    struct render *r = work;
    int64_t frames = atomic_load(&r->done_frames), now_ms = clock_monotonic_ms();
    int64_t done_ms = r->total_frames ? r->total_ms * frames / r->total_frames : 0;

    if (frames == r->told_frames && now_ms - r->told_ms < 10000)
        return;
    r->told_frames = frames;
    r->told_ms = now_ms;
    event_emit(json_pack("{s:s, s:I, s:I, s:I}", "event", "progress", "done_ms", (json_int_t)done_ms, "total_ms",
                         (json_int_t)r->total_ms, "frames", (json_int_t)frames));
}

static bool run_graph(struct render *r, struct error *err)
{
    struct graph *g = graph_create();
    bool ok;

    wire(r, g);
    ok = graph_run(g, tell, r, err);
    graph_destroy(g);
    return ok;
}

/* ---- after it ---- */

static bool check_damage(const struct render *r, struct error *err)
{
    if (r->allow_damaged || r->nb_damaged * 100 <= r->nb_decoded * MAX_DAMAGED_PERCENT)
        return true;
    return fail_rule(err, ERROR_REFUSED, "media.damaged",
                     "'%s': %jd of %jd frames are damaged, at most %d %% are accepted; copy or export the master again",
                     r->name, (intmax_t)r->nb_damaged, (intmax_t)r->nb_decoded, MAX_DAMAGED_PERCENT);
}

static bool check_size(const struct output *o, struct error *err)
{
    if (!makes_video(o) || o->recipe.max_bytes <= 0 || o->mux.bytes <= o->recipe.max_bytes)
        return true;
    return fail_rule(err, ERROR_REFUSED, "media.size", "the rendition has %jd bytes, at most %jd are accepted; trim it",
                     (intmax_t)o->mux.bytes, (intmax_t)o->recipe.max_bytes);
}

static bool write_cover(struct render *r, struct output *o, struct error *err)
{
    o->cover_bytes = o->pictures.cover_bytes;
    if (o->cover_fd < 0 || o->cover_bytes)
        return true;
    return cover_from_master(r->fd, r->name, &r->facts, o->recipe.in_ms + o->cover_ms, o->cover_fd, &o->cover_bytes,
                             err);
}

static double hundredths(double value)
{
    return round(value * 100) / 100;
}

static json_t *loudness_to_json(const struct audio *a)
{
    if (a->recipe.audio_silent || (a->recipe.normalize && a->before.silent))
        return json_pack("{s:b}", "silent", 1);
    if (!a->measured)
        return json_null();
    return json_pack("{s:f, s:f, s:f, s:f, s:f, s:b, s:b, s:b}", "input_lufs",
                     hundredths(a->before.lufs), "lufs", hundredths(a->after.lufs), "range_lu",
                     hundredths(a->after.range_lu), "true_peak_dbtp", hundredths(a->after.true_peak_dbtp), "gain_db",
                     hundredths(a->level.gain_db), "limited", a->level.limit, "off_target", a->off_target, "silent", 0);
}

static json_t *output_to_json(const struct render *r, const struct output *o)
{
    int64_t damaged = r->nb_damaged + (o->audio ? o->audio->damaged : 0);

    return json_pack("{s:s, s:I, s:I, s:I, s:I, s:o}", "id", o->id, "bytes", (json_int_t)o->mux.bytes, "frames",
                     (json_int_t)o->mux.nb_packets, "damaged", (json_int_t)damaged, "cover_bytes",
                     (json_int_t)o->cover_bytes, "loudness", o->audio ? loudness_to_json(o->audio) : json_null());
}

static bool finish(struct render *r, struct error *err)
{
    json_auto_t *outputs = json_array();

    if (!check_damage(r, err))
        return false;
    for (size_t i = 0; i < r->nb_outputs; i++) {
        struct output *o = &r->outputs[i];

        if (!check_size(o, err) || !write_cover(r, o, err))
            return false;
        json_array_append_new(outputs, output_to_json(r, o));
    }
    event_emit(json_pack("{s:s, s:O}", "event", "result", "outputs", outputs));
    return true;
}

bool job_render(const json_t *job, struct error *err)
{
    struct render *r = calloc(1, sizeof *r);
    bool ok;

    if (!r)
        return fail(err, ERROR_INTERNAL, "render: out of memory");
    r->input.video = r->input.audio = -1;
    ok = read_job(r, job, err) && open_all(r, err) && run_graph(r, err) && finish(r, err);
    close_all(r);
    free(r);
    return ok;
}
