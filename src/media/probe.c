#include "media/probe.h"

#include "base/clock.h"
#include "media/boxes.h"
#include "media/input.h"
#include "media/job.h"
#include "media/packets.h"
#include <libavutil/pixdesc.h>
#include <stdio.h>
#include <string.h>

#define PROBE_MS 25000           /* under the 60 s after which the parent gives up, even with a slow disk */
#define SNIFF_FRAMES 6           /* decoded to see whether they are interlaced, when the header does not say */
#define SNIFF_PACKETS 60
#define SPARSE_MS 60000
#define MAX_MEAN_PICTURE_MS 10000
#define MIN_SOUND_BPS 500        /* silence in AAC has 2000 */

/* Bounded copy of a name; "unknown" for NULL. */
#define SET(field, value) snprintf((field), sizeof(field), "%s", (value) ? (value) : "unknown")

static const char *profile_of(const AVCodecParameters *par)
{
    const char *name = avcodec_profile_name(par->codec_id, par->profile);

    return name ? name : "";
}

static int64_t to_ms(int64_t ticks, AVRational time_base)
{
    return av_rescale_q(ticks, time_base, (AVRational){1, 1000});
}

static int64_t rate_bps(int64_t nb_bytes, int64_t duration_ms)
{
    return duration_ms > 0 ? av_rescale(nb_bytes, 8000, duration_ms) : 0;
}

/* ---- video ---- */

static void pixel_facts(const AVCodecParameters *par, struct video_facts *v)
{
    const AVPixFmtDescriptor *d = av_pix_fmt_desc_get(par->format);
    const char *chroma = "444";

    SET(v->pix_fmt, d->name);
    v->bit_depth = d->comp[0].depth;
    v->alpha = d->flags & AV_PIX_FMT_FLAG_ALPHA;
    v->full_range = par->color_range == AVCOL_RANGE_JPEG || !strncmp(d->name, "yuvj", 4);
    if (d->flags & (AV_PIX_FMT_FLAG_RGB | AV_PIX_FMT_FLAG_PAL))
        chroma = "rgb";
    else if (d->nb_components < 3)
        chroma = "gray";
    else if (d->log2_chroma_w == 1)
        chroma = d->log2_chroma_h == 1 ? "420" : "422";
    else if (d->log2_chroma_w == 2)
        chroma = d->log2_chroma_h == 0 ? "411" : "410";
    else if (d->log2_chroma_h == 1)
        chroma = "440";
    SET(v->chroma, chroma);
}

static void colour_facts(const AVStream *stream, struct video_facts *v)
{
    const AVCodecParameters *par = stream->codecpar;
    const AVDictionaryEntry *alpha_mode = av_dict_get(stream->metadata, "alpha_mode", NULL, 0);

    SET(v->primaries, av_color_primaries_name(par->color_primaries));    /* "unknown" is a name of theirs, too */
    SET(v->transfer, av_color_transfer_name(par->color_trc));
    SET(v->matrix, av_color_space_name(par->color_space));
    if (par->color_trc == AVCOL_TRC_SMPTE2084)
        v->hdr = HDR_PQ;
    if (par->color_trc == AVCOL_TRC_ARIB_STD_B67)
        v->hdr = HDR_HLG;
    v->dolby_vision = av_stream_get_side_data(stream, AV_PKT_DATA_DOVI_CONF, NULL) != NULL;
    v->alpha |= alpha_mode && !strcmp(alpha_mode->value, "1");    /* WebM keeps it beside the picture */
}

static void geometry_facts(const struct input *input, const AVStream *stream, struct video_facts *v)
{
    struct orientation orientation = input_orientation(stream);
    AVRational sar = input_aspect(input, stream);
    int width = stream->codecpar->width, height = stream->codecpar->height;
    int square = (int)av_rescale(width, sar.num, sar.den);

    square = square > 0 ? square : 1;
    v->coded_width_px = width;
    v->coded_height_px = height;
    v->sar_num = sar.num;
    v->sar_den = sar.den;
    v->rotation_deg = orientation.rotation_deg;
    v->mirrored = orientation.mirrored;
    v->width_px = v->rotation_deg % 180 ? height : square;
    v->height_px = v->rotation_deg % 180 ? square : height;
}

static void time_facts(const struct packet_scan *scan, const AVStream *stream, struct video_facts *v)
{
    AVRational fps = scan->rate.fps, said = stream->avg_frame_rate;

    if (fps.num <= 0)    /* a single picture: the header may say how long it stays */
        fps = said.num > 0 && said.den > 0 && av_q2d(said) >= 1 && av_q2d(said) <= 240 ? said : (AVRational){25, 1};
    v->fps_num = fps.num;
    v->fps_den = fps.den;
    v->variable_fps = scan->rate.variable;
    v->nb_frames = scan->video.nb_packets;
    v->duration_ms = to_ms(scan->video.end - scan->video.first, stream->time_base);
    v->bitrate_bps = rate_bps(scan->video.nb_bytes, v->duration_ms);
    v->gop_max_ms = (int)FFMIN(to_ms(scan->gop_max, stream->time_base), INT32_MAX);
    v->closed_gop = scan->nb_keys && !scan->open_gop;
}

/* ---- scan order ---- */

static bool may_interlace(enum AVCodecID id)
{
    switch (id) {
    case AV_CODEC_ID_H264: case AV_CODEC_ID_MPEG2VIDEO: case AV_CODEC_ID_MPEG4: case AV_CODEC_ID_VC1:
    case AV_CODEC_ID_WMV3: case AV_CODEC_ID_DVVIDEO: case AV_CODEC_ID_FFV1: case AV_CODEC_ID_MJPEG:
    case AV_CODEC_ID_PRORES: case AV_CODEC_ID_DNXHD: case AV_CODEC_ID_UTVIDEO: case AV_CODEC_ID_HUFFYUV:
        return true;
    default:
        return false;
    }
}

static int drain(AVCodecContext *decoder, AVFrame *frame, int seen[static 3])
{
    int nb_frames = 0;

    while (avcodec_receive_frame(decoder, frame) >= 0) {
        enum scan_kind fields = frame->top_field_first ? SCAN_TOP_FIRST : SCAN_BOTTOM_FIRST;

        seen[frame->interlaced_frame ? fields : SCAN_PROGRESSIVE]++;
        nb_frames++;
        av_frame_unref(frame);
    }
    return nb_frames;
}

static enum scan_kind sniff_scan(struct input *input, AVCodecContext *decoder, AVPacket *packet, AVFrame *frame)
{
    int seen[3] = {0}, nb_frames = 0;

    for (int i = 0; i < SNIFF_PACKETS && nb_frames < SNIFF_FRAMES && av_read_frame(input->format, packet) >= 0; i++) {
        if (packet->stream_index == input->video && avcodec_send_packet(decoder, packet) >= 0)
            nb_frames += drain(decoder, frame, seen);
        av_packet_unref(packet);
    }
    if (avcodec_send_packet(decoder, NULL) >= 0)
        drain(decoder, frame, seen);
    if (seen[SCAN_TOP_FIRST] + seen[SCAN_BOTTOM_FIRST] <= seen[SCAN_PROGRESSIVE])
        return SCAN_PROGRESSIVE;
    return seen[SCAN_BOTTOM_FIRST] > seen[SCAN_TOP_FIRST] ? SCAN_BOTTOM_FIRST : SCAN_TOP_FIRST;
}

static enum scan_kind decoded_scan(struct input *input)
{
    AVCodecContext *decoder = input_decoder(input, input->video, 1, NULL);
    AVPacket *packet = av_packet_alloc();
    AVFrame *frame = av_frame_alloc();
    enum scan_kind kind = SCAN_PROGRESSIVE;

    if (decoder && packet && frame && av_seek_frame(input->format, input->video, 0, AVSEEK_FLAG_BACKWARD) >= 0)
        kind = sniff_scan(input, decoder, packet, frame);
    av_frame_free(&frame);
    av_packet_free(&packet);
    avcodec_free_context(&decoder);
    return kind;
}

/* Moves the input's reading position. */
static enum scan_kind scan_order(struct input *input)
{
    const AVCodecParameters *par = input->format->streams[input->video]->codecpar;

    switch (par->field_order) {
    case AV_FIELD_TT: case AV_FIELD_TB: return SCAN_TOP_FIRST;
    case AV_FIELD_BB: case AV_FIELD_BT: return SCAN_BOTTOM_FIRST;
    case AV_FIELD_PROGRESSIVE:          return SCAN_PROGRESSIVE;
    default:                            return may_interlace(par->codec_id) ? decoded_scan(input) : SCAN_PROGRESSIVE;
    }
}

/* ---- audio ---- */

static void audio_facts(const struct input *input, const struct packet_scan *scan, struct audio_facts *a)
{
    const AVStream *stream = input->format->streams[input->audio];
    const AVCodecParameters *par = stream->codecpar;
    AVChannelLayout layout = {0};

    a->stream = input->audio;
    SET(a->codec, avcodec_get_name(par->codec_id));
    SET(a->profile, profile_of(par));
    a->sample_rate_hz = par->sample_rate;
    a->channels = par->ch_layout.nb_channels;
    if (par->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
        av_channel_layout_default(&layout, a->channels);
    else
        av_channel_layout_copy(&layout, &par->ch_layout);
    if (av_channel_layout_describe(&layout, a->layout, sizeof a->layout) < 0)
        snprintf(a->layout, sizeof a->layout, "%d channels", a->channels);
    av_channel_layout_uninit(&layout);
    a->duration_ms = to_ms(scan->audio.end - scan->audio.first, stream->time_base);
    a->bitrate_bps = rate_bps(scan->audio.nb_bytes, a->duration_ms);
}

/* ---- the file ---- */

static void name_container(const struct input *input, const struct boxes *boxes, struct facts *facts)
{
    const char *name = boxes->container[0] ? boxes->container : input->format->iformat->name;

    if (!strcmp(name, "mpeg"))
        name = "mpegps";
    snprintf(facts->container, sizeof facts->container, "%.*s", (int)strcspn(name, ","), name);
}

/* Offsets and length of the whole: what is shown first is 0 ms. */
static void place_streams(const struct input *input, const struct packet_scan *scan, struct facts *facts)
{
    AVStream **all = input->format->streams;
    int64_t video = to_ms(scan->video.first, all[input->video]->time_base), audio = video, start;
    int64_t end = video + facts->video.duration_ms;

    if (facts->audio.stream >= 0)
        audio = to_ms(scan->audio.first, all[input->audio]->time_base);
    start = audio < video ? audio : video;
    facts->video.start_ms = video - start;
    facts->audio.start_ms = audio - start;
    if (facts->audio.stream >= 0 && audio + facts->audio.duration_ms > end)
        end = audio + facts->audio.duration_ms;
    facts->duration_ms = end - start;
}

/* Sample tables of MP4 know where every picture should lie. */
static bool points_beyond_end(const struct input *input)
{
    AVStream *stream = input->format->streams[input->video];
    int n = avformat_index_get_entries_count(stream);
    const AVIndexEntry *last = n ? avformat_index_get_entry(stream, n - 1) : NULL;

    return last && last->pos > input->size_bytes - last->size;
}

/* A file that was cut off while it was copied must not go out as a short one. A header that merely lies about the
 * length is no reason: only where the container's own structure reaches beyond the file's end. */
static bool check_whole(const struct input *input, const struct boxes *boxes, const struct packet_scan *scan,
                        const struct facts *facts, struct error *err)
{
    int64_t counted = boxes->is_mp4 && scan->complete ? input->format->streams[input->video]->nb_frames : 0;
    int64_t said_ms = input->format->duration == AV_NOPTS_VALUE ? 0 : input->format->duration / 1000;
    bool cut = boxes->declared_bytes > input->size_bytes || (boxes->is_mp4 && points_beyond_end(input)) ||
               !strcmp(facts->container, "flv") || !strcmp(facts->container, "asf");

    if (!cut && scan->nb_read < counted - counted / 20)
        return fail_rule(err, ERROR_REFUSED, "media.damaged",
                         "damaged: %jd of the %jd pictures its index names can be read; copy or export it again",
                         (intmax_t)scan->nb_read, (intmax_t)counted);
    if (!cut || said_ms - facts->duration_ms <= FFMAX(500, said_ms / 20))
        return true;
    return fail_rule(err, ERROR_REFUSED, "media.truncated",
                     "the file was cut off: it says %.3f s and holds %.3f s; copy or download it again",
                     (double)said_ms / 1000, (double)facts->duration_ms / 1000);
}

/* Keys under which phones and cameras write place, maker and model (QuickTime, Android, Matroska). */
static bool tells_where(const AVFormatContext *format)
{
    static const char *const keys[] = {"location", "make", "model", "com.apple.quicktime.location", "com.apple.quicktime.make",
                                       "com.apple.quicktime.model", "com.android.manufacturer", "com.android.model"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        if (av_dict_get(format->metadata, keys[i], NULL, AV_DICT_IGNORE_SUFFIX))
            return true;
    return false;
}

/* Two stamps that are years apart in a file of a second would be rendered as years. Music with a cover is no such file, and
 * nobody's screen recording shows less than six pictures a minute without a sound. */
static bool check_clock(const struct packet_scan *scan, const struct facts *facts, struct error *err)
{
    const struct audio_facts *a = &facts->audio;
    bool sounds = a->stream >= 0 && a->duration_ms > facts->duration_ms / 2 && a->bitrate_bps >= MIN_SOUND_BPS;

    if (!scan->complete || facts->duration_ms <= SPARSE_MS || sounds ||
        scan->video.nb_packets >= facts->duration_ms / MAX_MEAN_PICTURE_MS)
        return true;
    return fail_rule(err, ERROR_REFUSED, "media.timestamps",
                     "damaged: its clock spreads %jd pictures over %jd s, with no sound meanwhile; export it again",
                     (intmax_t)scan->video.nb_packets, (intmax_t)facts->duration_ms / 1000);
}

static bool read_facts(struct input *input, struct facts *facts, struct error *err)
{
    AVStream *video = input->format->streams[input->video];
    struct boxes boxes;
    struct packet_scan scan;

    if (!packets_scan(input, &scan, err))
        return false;
    boxes_read(input->fd, input->size_bytes, &boxes);
    name_container(input, &boxes, facts);
    facts->size_bytes = input->size_bytes;
    facts->edit_list = boxes.edit_list;
    facts->edit_list_trims = boxes.edit_list_trims;
    facts->moov_first = boxes.moov_first;
    facts->nb_streams = (int)input->format->nb_streams;
    facts->tells_where = tells_where(input->format);
    facts->video.stream = input->video;
    SET(facts->video.codec, avcodec_get_name(video->codecpar->codec_id));
    SET(facts->video.profile, profile_of(video->codecpar));
    pixel_facts(video->codecpar, &facts->video);
    colour_facts(video, &facts->video);
    geometry_facts(input, video, &facts->video);
    time_facts(&scan, video, &facts->video);
    if (input->audio >= 0 && scan.audio.first <= scan.audio.end)
        audio_facts(input, &scan, &facts->audio);
    place_streams(input, &scan, facts);
    if (!check_clock(&scan, facts, err) || !check_whole(input, &boxes, &scan, facts, err))
        return false;
    facts->video.scan = scan_order(input);
    return true;
}

bool probe_file(int fd, const char *name, struct facts *facts, struct error *err)
{
    struct facts found = {.video.stream = -1, .audio.stream = -1};
    struct input input;
    bool ok;

    if (!input_open(fd, name, clock_monotonic_ms() + PROBE_MS, &input, err))
        return false;
    ok = read_facts(&input, &found, err);
    input_close(&input);
    if (!ok)
        return fail_in(err, "%s", name);
    *facts = found;
    return true;
}

bool job_probe(const json_t *job, struct error *err)
{
    int fd = job_descriptor(job, "input", err);
    struct facts facts;

    if (fd < 0 || !probe_file(fd, job_name(job), &facts, err))
        return false;
    event_emit(json_pack("{s:s, s:o}", "event", "facts", "facts", facts_to_json(&facts)));
    return true;
}
