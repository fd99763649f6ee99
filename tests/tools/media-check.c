/* media-check FILE: an independent judge of a rendition. It shares no code with crosscut, decodes everything and prints
 * JSON. media-check --sync FILE: for the clap clip, how far each click is from its flash. Exit: 0 measured, 1 not
 * readable, 2 usage. */
#include "boxes.h"
#include "listen.h"
#include "look.h"

#include <jansson.h>
#include <libavformat/avformat.h>
#include <libavutil/display.h>
#include <libavutil/pixdesc.h>
#include <math.h>
#include <sys/stat.h>

/* A growing list of numbers. */
struct series {
    double *values;
    size_t count, capacity;
};

static void series_add(struct series *s, double value)
{
    if (s->count == s->capacity) {
        s->capacity = s->capacity ? s->capacity * 2 : 1024;
        s->values = realloc(s->values, s->capacity * sizeof *s->values);
        if (!s->values)
            abort();
    }
    s->values[s->count++] = value;
}

struct track {
    AVStream *stream; /* NULL: there is none */
    AVCodecContext *decoder;
    int64_t nb_packets, nb_bytes, nb_errors, nb_hidden; /* hidden: an edit list says not to show it */
    double first_ms, end_ms;                            /* of the packets that play */
    /* video: groups of pictures */
    double key_ms, gop_max_ms;
    int64_t gop_packets, gop_max_packets, nb_keys, nb_not_idr, nb_leading;
    struct series frames_ms;
};

struct check {
    AVFormatContext *in;
    struct track video, audio;
    struct grey grey;
    struct series luma; /* a mean for each frame */
    bool borders_known, no_sound_filter, read_error;
    struct borders borders;
    struct listener listener;
    /* what was heard */
    double lufs, true_peak; /* linear */
    struct series samples;  /* for --sync: mono, at first_sample_ms and every sample_ms from there */
    double first_sample_ms, sample_ms;
};

static double to_ms(int64_t value, AVRational time_base)
{
    return (double)value * 1000 * av_q2d(time_base);
}

/* ---- packets ---- */

/* H.264 and H.265 in MP4: is the first slice of the packet an instant refresh? True for all other codecs. */
static bool starts_afresh(const AVCodecParameters *par, const AVPacket *packet)
{
    bool avc = par->codec_id == AV_CODEC_ID_H264, hevc = par->codec_id == AV_CODEC_ID_HEVC;
    size_t length_at = avc ? 4 : 21;

    if ((!avc && !hevc) || par->extradata_size < 23 || par->extradata[0] != 1)
        return true;
    size_t prefix = (par->extradata[length_at] & 3u) + 1, left = (size_t)packet->size;
    const uint8_t *p = packet->data;

    while (left > prefix) {
        size_t bytes = 0;

        for (size_t i = 0; i < prefix; i++)
            bytes = bytes << 8 | p[i];
        unsigned type = avc ? p[prefix] & 31u : (p[prefix] >> 1) & 63u;

        if (avc ? type >= 1 && type <= 5 : type <= 21)
            return avc ? type == 5 : type == 19 || type == 20;
        if (bytes > left - prefix)
            return false;
        p += prefix + bytes;
        left -= prefix + bytes;
    }
    return false;
}

static void close_gop(struct track *t, double now_ms)
{
    if (t->nb_keys > 0) {
        t->gop_max_ms = fmax(t->gop_max_ms, now_ms - t->key_ms);
        t->gop_max_packets = t->gop_packets > t->gop_max_packets ? t->gop_packets : t->gop_max_packets;
    }
    t->gop_packets = 0;
}

static void count_packet(struct track *t, const AVPacket *packet)
{
    int64_t pts = packet->pts != AV_NOPTS_VALUE ? packet->pts : packet->dts;
    double ms = to_ms(pts, t->stream->time_base), end_ms = ms + to_ms(packet->duration, t->stream->time_base);

    t->nb_packets++;
    t->nb_bytes += packet->size;
    if (packet->flags & AV_PKT_FLAG_DISCARD) {
        t->nb_hidden++;
        return;
    }
    t->first_ms = isnan(t->first_ms) ? ms : fmin(t->first_ms, ms);
    t->end_ms = isnan(t->end_ms) ? end_ms : fmax(t->end_ms, end_ms);
    if (t->stream->codecpar->codec_type != AVMEDIA_TYPE_VIDEO)
        return;
    if (packet->flags & AV_PKT_FLAG_KEY) {
        close_gop(t, ms);
        t->nb_keys++;
        t->nb_not_idr += !starts_afresh(t->stream->codecpar, packet);
        t->key_ms = ms;
    } else if (t->nb_keys > 0 && ms < t->key_ms) {
        t->nb_leading++;
    }
    t->gop_packets++;
}

/* ---- frames ---- */

static void see(struct check *c, const AVFrame *frame)
{
    if (!grey_take(&c->grey, frame)) {
        c->video.nb_errors++;
        return;
    }
    double mean = grey_mean(&c->grey);

    series_add(&c->luma, mean);
    if (c->luma.count % 12 == 1 && mean > LOOK_BLACK) { /* a black picture says nothing about borders */
        struct borders b = grey_borders(&c->grey);

        c->borders = c->borders_known ? borders_common(c->borders, b) : b;
        c->borders_known = true;
    }
}

static void take_frame(struct check *c, struct track *t, AVFrame *frame)
{
    if (frame->flags & AV_FRAME_FLAG_CORRUPT || frame->decode_error_flags)
        t->nb_errors++;
    if (frame->best_effort_timestamp != AV_NOPTS_VALUE)
        series_add(&t->frames_ms, to_ms(frame->best_effort_timestamp, t->stream->time_base));
    if (t == &c->video)
        see(c, frame);
    else if (!listener_take(&c->listener, frame, t->stream->time_base))
        c->no_sound_filter = true;
}

/* A NULL packet drains. */
static void decode(struct check *c, struct track *t, const AVPacket *packet, AVFrame *frame)
{
    int rc = avcodec_send_packet(t->decoder, packet);

    if (rc < 0 && rc != AVERROR_EOF)
        t->nb_errors++;
    while ((rc = avcodec_receive_frame(t->decoder, frame)) != AVERROR(EAGAIN) && rc != AVERROR_EOF) {
        if (rc < 0) {
            t->nb_errors++;
            break;
        }
        take_frame(c, t, frame);
        av_frame_unref(frame);
    }
}

static bool open_track(struct check *c, struct track *t, enum AVMediaType type)
{
    const AVCodec *codec = NULL;
    int index = av_find_best_stream(c->in, type, -1, -1, &codec, 0);

    t->first_ms = t->end_ms = NAN;
    if (index < 0)
        return true;
    t->decoder = avcodec_alloc_context3(codec);
    if (!t->decoder || avcodec_parameters_to_context(t->decoder, c->in->streams[index]->codecpar) < 0)
        return false;
    t->decoder->pkt_timebase = c->in->streams[index]->time_base;
    t->decoder->thread_count = 2;
    t->decoder->err_recognition = AV_EF_CRCCHECK | AV_EF_BITSTREAM | AV_EF_BUFFER | AV_EF_EXPLODE;
    if (avcodec_open2(t->decoder, codec, NULL) < 0)
        return false;
    t->stream = c->in->streams[index];
    return true;
}

static bool run(struct check *c, const char *path)
{
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    struct track *tracks[] = {&c->video, &c->audio};
    int rc = 0;
    bool opened = packet && frame && avformat_open_input(&c->in, path, NULL, NULL) >= 0 &&
                  avformat_find_stream_info(c->in, NULL) >= 0 && open_track(c, &c->video, AVMEDIA_TYPE_VIDEO) &&
                  open_track(c, &c->audio, AVMEDIA_TYPE_AUDIO) && (c->video.stream || c->audio.stream);

    while (opened && (rc = av_read_frame(c->in, packet)) >= 0) {
        for (int i = 0; i < 2; i++)
            if (tracks[i]->stream && tracks[i]->stream->index == packet->stream_index) {
                count_packet(tracks[i], packet);
                decode(c, tracks[i], packet, frame);
            }
        av_packet_unref(packet);
    }
    for (int i = 0; opened && i < 2; i++)
        if (tracks[i]->stream)
            decode(c, tracks[i], NULL, frame);
    if (opened && c->audio.stream)
        listener_take(&c->listener, NULL, c->audio.stream->time_base);
    close_gop(&c->video, c->video.end_ms);
    c->read_error = opened && rc != AVERROR_EOF;
    av_packet_free(&packet);
    av_frame_free(&frame);
    return opened;
}

static void finish(struct check *c)
{
    avcodec_free_context(&c->video.decoder);
    avcodec_free_context(&c->audio.decoder);
    avformat_close_input(&c->in);
    avfilter_graph_free(&c->listener.graph);
    grey_finish(&c->grey);
    free(c->video.frames_ms.values);
    free(c->audio.frames_ms.values);
    free(c->luma.values);
    free(c->samples.values);
}

/* ---- loudness ---- */

static void hear_loudness(void *context, const AVFrame *frame, AVRational time_base)
{
    struct check *c = context;
    const AVDictionaryEntry *entry = av_dict_get(frame->metadata, "lavfi.r128.I", NULL, 0);

    (void)time_base;
    if (entry)
        c->lufs = strtod(entry->value, NULL);
    for (entry = NULL;
         (entry = av_dict_get(frame->metadata, "lavfi.r128.true_peaks_ch", entry, AV_DICT_IGNORE_SUFFIX));)
        c->true_peak = fmax(c->true_peak, strtod(entry->value, NULL));
}

/* ---- the report ---- */

static json_t *number(double value, double step)
{
    return isfinite(value) ? json_real(round(value / step) * step + 0.0) : json_null(); /* + 0.0: no "-0.0" */
}

static json_t *text(const char *value)
{
    return value ? json_string(value) : json_string("unknown");
}

static int turn_deg(const AVStream *stream)
{
    const uint8_t *matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
    double turn = matrix ? -av_display_rotation_get((const int32_t *)(const void *)matrix) : 0;

    return isnan(turn) ? 0 : ((int)lround(turn) % 360 + 360) % 360;
}

static const char *scan_name(enum AVFieldOrder order)
{
    return order == AV_FIELD_UNKNOWN ? "unknown" : order == AV_FIELD_PROGRESSIVE ? "progressive" : "interlaced";
}

static void add_frame_rate(json_t *out, const struct series *frames_ms)
{
    double shortest = INFINITY, longest = 0, span = 0;

    for (size_t i = 1; i < frames_ms->count; i++) {
        double step = frames_ms->values[i] - frames_ms->values[i - 1];

        shortest = fmin(shortest, step);
        longest = fmax(longest, step);
        span += step;
    }
    json_object_set_new(out, "fps", number(span > 0 ? (double)(frames_ms->count - 1) * 1000 / span : NAN, 0.001));
    json_object_set_new(out, "frame_ms_min", number(shortest, 0.01));
    json_object_set_new(out, "frame_ms_max", number(longest, 0.01));
    json_object_set_new(out, "constant_fps",
                        json_boolean(longest - shortest < 2.1)); /* two ticks of a time base of 1 ms */
}

static json_t *colour_json(const AVCodecParameters *par)
{
    return json_pack("{so so so so}", "range", text(av_color_range_name(par->color_range)), "primaries",
                     text(av_color_primaries_name(par->color_primaries)), "transfer",
                     text(av_color_transfer_name(par->color_trc)), "matrix",
                     text(av_color_space_name(par->color_space)));
}

static void add_timing(json_t *out, const struct track *t)
{
    double seconds = (t->end_ms - t->first_ms) / 1000;
    double first = t->frames_ms.count ? t->frames_ms.values[0] : NAN;

    json_object_set_new(out, "start_ms", number(first, 0.01)); /* what is seen or heard first, priming left out */
    json_object_set_new(out, "packets_start_ms", number(t->first_ms, 0.01));
    json_object_set_new(out, "duration_ms", number(t->end_ms - fmin(fmax(first, t->first_ms), t->end_ms), 0.01));
    json_object_set_new(out, "bitrate_bps", number(seconds > 0 ? (double)t->nb_bytes * 8 / seconds : NAN, 1));
    json_object_set_new(out, "packets", json_integer(t->nb_packets));
    json_object_set_new(out, "hidden_packets", json_integer(t->nb_hidden));
    json_object_set_new(out, "missing_packets", /* named in the index and not in the file */
                        json_integer(t->stream->nb_frames > t->nb_packets ? t->stream->nb_frames - t->nb_packets : 0));
    json_object_set_new(out, "frames", json_integer((json_int_t)t->frames_ms.count));
    json_object_set_new(out, "decode_errors", json_integer(t->nb_errors));
}

static json_t *video_json(const struct check *c)
{
    const struct track *t = &c->video;
    const AVCodecParameters *par = t->stream->codecpar;
    const AVPixFmtDescriptor *format = av_pix_fmt_desc_get((enum AVPixelFormat)par->format);
    const char *profile = avcodec_profile_name(par->codec_id, par->profile);
    AVRational sar = par->sample_aspect_ratio.num > 0 ? par->sample_aspect_ratio : (AVRational){1, 1};
    json_t *out = json_pack("{ss so si si si s[ii] si so si ss so}", "codec", avcodec_get_name(par->codec_id),
                            "profile", text(profile), "level", par->level, "width", par->width, "height", par->height,
                            "sar", sar.num, sar.den, "rotation_deg", turn_deg(t->stream), "pix_fmt",
                            text(format ? format->name : NULL), "bit_depth", format ? format->comp[0].depth : 0, "scan",
                            scan_name(par->field_order), "colour", colour_json(par));

    add_timing(out, t);
    add_frame_rate(out, &t->frames_ms);
    json_object_set_new(out, "key_frames", json_integer(t->nb_keys));
    json_object_set_new(out, "gop_max_ms", number(t->gop_max_ms, 0.01));
    json_object_set_new(out, "gop_max_frames", json_integer(t->gop_max_packets));
    json_object_set_new(out, "closed_gop", json_boolean(t->nb_not_idr == 0 && t->nb_leading == 0));
    if (c->borders_known)
        json_object_set_new(out, "black_borders",
                            json_pack("{si si si si}", "top", c->borders.top, "bottom", c->borders.bottom, "left",
                                      c->borders.left, "right", c->borders.right));
    return out;
}

static json_t *audio_json(const struct check *c)
{
    const AVCodecParameters *par = c->audio.stream->codecpar;
    const char *profile = avcodec_profile_name(par->codec_id, par->profile);
    char layout[64] = "";
    json_t *out;

    av_channel_layout_describe(&par->ch_layout, layout, sizeof layout);
    out = json_pack("{ss so si si ss}", "codec", avcodec_get_name(par->codec_id), "profile", text(profile),
                    "sample_rate_hz", par->sample_rate, "channels", par->ch_layout.nb_channels, "layout", layout);
    add_timing(out, &c->audio);
    json_object_set_new(out, "measured", json_boolean(!c->no_sound_filter));
    json_object_set_new(out, "silent", json_boolean(c->true_peak <= 0.001));
    json_object_set_new(out, "lufs", c->lufs <= -70 ? json_null() : number(c->lufs, 0.01));
    json_object_set_new(out, "true_peak_dbtp", number(c->true_peak > 0 ? 20 * log10(c->true_peak) : NAN, 0.01));
    return out;
}

static json_t *luma_per_second(const struct check *c)
{
    json_t *out = json_array();
    size_t from = 0, count = c->luma.count < c->video.frames_ms.count ? c->luma.count : c->video.frames_ms.count;

    while (from < count) {
        double second = floor(c->video.frames_ms.values[from] / 1000), sum = 0;
        size_t to = from;

        for (; to < count && floor(c->video.frames_ms.values[to] / 1000) <= second; to++)
            sum += c->luma.values[to];
        json_array_append_new(out, number(sum / (double)(to - from), 0.01));
        from = to;
    }
    return out;
}

static json_t *report(const struct check *c, const char *path)
{
    struct boxes boxes = boxes_read(path);
    struct stat st = {0};
    json_t *out;

    stat(path, &st);
    out = json_pack("{ss sI ss si}", "file", path, "size_bytes", (json_int_t)st.st_size, "container",
                    c->in->iformat->name, "streams", (int)c->in->nb_streams);
    json_object_set_new(out, "mp4", json_boolean(boxes.is_mp4));
    json_object_set_new(out, "brand", json_string(boxes.brand));
    json_object_set_new(out, "moov_first", boxes.is_mp4 ? json_boolean(boxes.moov_first) : json_null());
    json_object_set_new(out, "fragmented", json_boolean(boxes.fragmented));
    json_object_set_new(out, "read_error", json_boolean(c->read_error));
    json_object_set_new(out, "edit_lists", json_integer(boxes.nb_edit_lists));
    json_object_set_new(out, "duration_ms", number(fmax(c->video.end_ms, c->audio.end_ms), 0.01));
    json_object_set_new(out, "video", c->video.stream ? video_json(c) : json_null());
    json_object_set_new(out, "audio", c->audio.stream ? audio_json(c) : json_null());
    if (c->video.frames_ms.count && c->audio.frames_ms.count) { /* positive: the sound is late, or longer */
        json_object_set_new(out, "av_start_ms",
                            number(c->audio.frames_ms.values[0] - c->video.frames_ms.values[0], 0.01));
        json_object_set_new(out, "av_end_ms", number(c->audio.end_ms - c->video.end_ms, 0.01));
    }
    json_object_set_new(out, "luma_per_second", luma_per_second(c));
    return out;
}

/* ---- flashes and clicks ---- */

static void hear_samples(void *context, const AVFrame *frame, AVRational time_base)
{
    struct check *c = context;
    const float *samples = (const float *)(const void *)frame->data[0];

    if (c->samples.count == 0) {
        c->first_sample_ms = to_ms(frame->pts, time_base);
        c->sample_ms = 1000.0 / frame->sample_rate;
    }
    for (int i = 0; i < frame->nb_samples; i++)
        series_add(&c->samples, fabs((double)samples[i]));
}

static double series_max(const struct series *s)
{
    double most = 0;

    for (size_t i = 0; i < s->count; i++)
        most = fmax(most, s->values[i]);
    return most;
}

static double series_min(const struct series *s)
{
    double least = INFINITY;

    for (size_t i = 0; i < s->count; i++)
        least = fmin(least, s->values[i]);
    return least;
}

/* Times at which a series rises above the level after at least 300 ms below it. */
static struct series rises(const struct series *s, double level, double (*time_of)(const struct check *, size_t),
                           const struct check *c)
{
    struct series out = {0};
    double last_above_ms = -INFINITY;

    for (size_t i = 0; i < s->count; i++) {
        double ms = time_of(c, i);

        if (s->values[i] < level)
            continue;
        if (ms - last_above_ms > 300)
            series_add(&out, ms);
        last_above_ms = ms;
    }
    return out;
}

static double frame_time(const struct check *c, size_t i)
{
    return i < c->video.frames_ms.count ? c->video.frames_ms.values[i] : NAN;
}

static double sample_time(const struct check *c, size_t i)
{
    return c->first_sample_ms + (double)i * c->sample_ms;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* For each flash the nearest click, if there is one within half a second. Positive: the sound is late. */
static struct series offsets_of(const struct series *flashes, const struct series *clicks)
{
    struct series out = {0};

    for (size_t i = 0; i < flashes->count; i++) {
        double best = INFINITY;

        for (size_t k = 0; k < clicks->count; k++)
            if (fabs(clicks->values[k] - flashes->values[i]) < fabs(best))
                best = clicks->values[k] - flashes->values[i];
        if (fabs(best) < 500)
            series_add(&out, best);
    }
    return out;
}

static json_t *sync_report(const struct check *c, const char *path)
{
    double dark = series_min(&c->luma), bright = series_max(&c->luma);
    struct series flashes = rises(&c->luma, (dark + bright) / 2, frame_time, c);
    struct series clicks = rises(&c->samples, series_max(&c->samples) * 0.3, sample_time, c);
    struct series offsets = offsets_of(&flashes, &clicks);
    json_t *list = json_array(), *out;
    double worst = 0;

    for (size_t i = 0; i < offsets.count; i++) {
        json_array_append_new(list, number(offsets.values[i], 0.01));
        worst = fmax(worst, fabs(offsets.values[i]));
    }
    if (offsets.count)
        qsort(offsets.values, offsets.count, sizeof *offsets.values, compare);
    out = json_pack("{ss si si si so so so}", "file", path, "flashes", (int)flashes.count, "clicks", (int)clicks.count,
                    "pairs", (int)offsets.count, "median_ms",
                    number(offsets.count ? offsets.values[offsets.count / 2] : NAN, 0.01), "max_ms",
                    number(offsets.count ? worst : NAN, 0.01), "offsets_ms", list);
    free(flashes.values);
    free(clicks.values);
    free(offsets.values);
    return out;
}

int main(int argc, char **argv)
{
    bool sync = argc > 1 && !strcmp(argv[1], "--sync");
    const char *path = argc > 1 + sync ? argv[1 + sync] : NULL;
    struct check c = {.lufs = NAN};
    json_t *out;

    if (!path || argc > 3 || (argc == 3 && !sync && strcmp(argv[2], "--json"))) {
        fputs("usage: media-check FILE [--json]\n       media-check --sync FILE\n", stderr);
        return 2;
    }
    av_log_set_level(AV_LOG_FATAL);
    c.listener = (struct listener){
        .filter = sync ? "aformat=sample_fmts=flt:channel_layouts=mono" : "ebur128=metadata=1:peak=true",
        .heard = sync ? hear_samples : hear_loudness,
        .context = &c,
    };
    if (!run(&c, path)) {
        fprintf(stderr, "media-check: '%s' cannot be read\n", path);
        finish(&c);
        return 1;
    }
    out = sync ? sync_report(&c, path) : report(&c, path);
    json_dumpf(out, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(8));
    putchar('\n');
    json_decref(out);
    finish(&c);
    return 0;
}
