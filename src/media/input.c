#include "media/input.h"

#include "base/clock.h"
#include <errno.h>
#include <libavutil/avstring.h>
#include <libavutil/dovi_meta.h>
#include <libavutil/intreadwrite.h>
#include <libavutil/mem.h>
#include <libavutil/pixdesc.h>
#include <math.h>
#include <sys/stat.h>
#include <unistd.h>

#define IO_BYTES (64 << 10)
#define MAX_STREAMS 300              /* a master with 200 audio tracks is odd, not hostile */
#define PROBE_BYTES (16 << 20)
#define ANALYZE_US (5 * AV_TIME_BASE)
#define MAX_ALLOC ((size_t)512 << 20)    /* RELIABILITY 5.3 */
#define MAX_ASPECT 8                 /* pixels 8 times as wide as high do not exist */

/* Names of FFmpeg's demuxers and decoders. Nothing else is opened: fewer parsers, fewer holes. */
static const char demuxers[] =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,gif,asf,mxf,nut,ogg";
static const char decoders[] =
    "h264,hevc,libdav1d,libaom-av1,vp8,vp9,libvpx-vp9,mpeg1video,mpeg2video,mpeg4,msmpeg4v2,msmpeg4,h263,flv,mjpeg,"
    "prores,dnxhd,cfhd,dvvideo,ffv1,huffyuv,ffvhuff,utvideo,qtrle,rawvideo,v210,gif,vc1,wmv1,wmv2,wmv3,theora,"
    "aac,aac_latm,mp1float,mp2float,mp3float,mp1,mp2,mp3,ac3,eac3,dca,opus,libopus,vorbis,flac,alac,amrnb,amrwb,"
    "wmav1,wmav2,wmapro,adpcm_ms,adpcm_ima_wav,adpcm_ima_qt,pcm_alaw,pcm_mulaw,pcm_u8,pcm_s8,pcm_s16le,pcm_s16be,"
    "pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_bluray,pcm_dvd";

static bool is_late(const struct input *input)
{
    return input->deadline_ms && clock_monotonic_ms() > input->deadline_ms;
}

static int read_some(void *opaque, uint8_t *bytes, int nb_bytes)
{
    struct input *input = opaque;
    ssize_t got;

    if (is_late(input))
        return AVERROR(ETIMEDOUT);
    do
        got = pread(input->fd, bytes, (size_t)nb_bytes, input->at);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return AVERROR(errno);
    if (got == 0)
        return AVERROR_EOF;
    input->at += got;
    return (int)got;
}

static int64_t seek_to(void *opaque, int64_t offset, int whence)
{
    struct input *input = opaque;
    int64_t base = 0;

    switch (whence & ~AVSEEK_FORCE) {
    case AVSEEK_SIZE: return input->size_bytes;
    case SEEK_SET:    break;
    case SEEK_CUR:    base = input->at; break;
    case SEEK_END:    base = input->size_bytes; break;
    default:          return AVERROR(EINVAL);
    }
    if (offset > INT64_MAX - base || base + offset < 0)
        return AVERROR(EINVAL);
    return input->at = base + offset;
}

static int refuse_open(AVFormatContext *format, AVIOContext **io, const char *url, int flags, AVDictionary **options)
{
    (void)format;
    (void)url;
    (void)flags;
    (void)options;
    *io = NULL;
    return AVERROR(EPERM);
}

static int interrupted(void *opaque)
{
    return is_late(opaque);
}

static bool open_io(int fd, struct input *input, struct error *err)
{
    unsigned char *buffer = av_malloc(IO_BYTES);
    struct stat st;

    if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        av_free(buffer);
        return fail_rule(err, ERROR_REFUSED, "media.unreadable", "not a regular file");
    }
    input->fd = fd;
    input->size_bytes = st.st_size;
    input->io = buffer ? avio_alloc_context(buffer, IO_BYTES, 0, input, read_some, NULL, seek_to) : NULL;
    if (!input->io) {
        av_free(buffer);
        return fail(err, ERROR_INTERNAL, "out of memory");
    }
    return true;
}

/* ---- containers ---- */

static bool refuse_container(const AVInputFormat *found, struct error *err)
{
    static const char playlists[] = "hls,applehttp,concat,dash,sdp,rtsp,imf,asx,webm_dash_manifest";
    static const char sounds[] = "mp3,wav,flac,aac,ac3,eac3,dts,aiff,amr,amrnb,amrwb,au,caf,w64,wv,ape,tta,opus,loas";
    size_t length = strlen(found->name);

    if (av_match_list(found->name, playlists, ','))
        return fail_rule(err, ERROR_REFUSED, "media.container",
                         "a playlist (%s) that points to other files, and those are never opened; "
                         "give the video itself", found->name);
    if (av_match_list(found->name, sounds, ','))
        return fail_rule(err, ERROR_REFUSED, "media.no_video",
                         "no video stream, only sound (%s); make a video of it with a picture first", found->name);
    if (av_match_list(found->name, "image2,ico,apng", ',') ||
        (length > 5 && !strcmp(found->name + length - 5, "_pipe")))
        return fail_rule(err, ERROR_REFUSED, "media.still_image",
                         "a still image (%s), not a video; make a clip of some seconds from it first", found->name);
    return fail_rule(err, ERROR_REFUSED, "media.container",
                     "container '%s' is not read here; use MP4, MOV, MKV, WebM, AVI, MPEG-TS/PS, MXF, FLV, WMV, OGG "
                     "or GIF", found->name);
}

static bool detect(struct input *input, const AVInputFormat **found, struct error *err)
{
    int rc = av_probe_input_buffer2(input->io, found, "", NULL, 0, 1 << 20);

    if (is_late(input))
        return fail_rule(err, ERROR_REFUSED, "media.slow", "it takes too long to read");
    if (rc < 0 || !*found)
        return fail_rule(err, ERROR_REFUSED, "media.unreadable", "not a video file, or damaged at its beginning%s",
                         input->size_bytes ? "" : " (it is empty)");
    return av_match_list((*found)->name, demuxers, ',') || refuse_container(*found, err);
}

static AVFormatContext *prepare(struct input *input)
{
    AVFormatContext *format = avformat_alloc_context();

    if (!format)
        return NULL;
    format->pb = input->io;
    format->flags |= AVFMT_FLAG_CUSTOM_IO;
    format->io_open = refuse_open;
    format->interrupt_callback = (AVIOInterruptCB){interrupted, input};
    format->format_whitelist = av_strdup(demuxers);
    format->codec_whitelist = av_strdup(decoders);
    format->protocol_whitelist = av_strdup("none");
    format->probesize = PROBE_BYTES;
    format->max_analyze_duration = ANALYZE_US;
    format->max_streams = MAX_STREAMS;
    return format;
}

static bool read_headers(struct input *input, const AVInputFormat *found, struct error *err)
{
    int rc;

    input->format = prepare(input);
    if (!input->format)
        return fail(err, ERROR_INTERNAL, "out of memory");
    rc = avformat_open_input(&input->format, "", found, NULL);
    if (rc >= 0)
        rc = avformat_find_stream_info(input->format, NULL);
    if (is_late(input))
        return fail_rule(err, ERROR_REFUSED, "media.slow", "it takes too long to read");
    if (rc < 0)
        return fail_rule(err, ERROR_REFUSED, "media.unreadable", "damaged or incomplete: its index cannot be read (%s)",
                         av_err2str(rc));
    return true;
}

/* ---- streams ---- */

static const AVCodec *listed_decoder(enum AVCodecID id)
{
    const AVCodec *codec = avcodec_find_decoder(id);

    return codec && av_match_list(codec->name, decoders, ',') ? codec : NULL;
}

static bool is_moving(const AVStream *stream)
{
    return stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO &&
           !(stream->disposition & (AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_STILL_IMAGE |
                                    AV_DISPOSITION_TIMED_THUMBNAILS));
}

static bool is_one_frame(AVStream *stream)
{
    return stream->nb_frames == 1 || (!stream->nb_frames && avformat_index_get_entries_count(stream) == 1 &&
                                      stream->duration != AV_NOPTS_VALUE);
}

static int64_t area(const AVStream *stream)
{
    return (int64_t)stream->codecpar->width * stream->codecpar->height;
}

static bool is_default(const AVStream *stream)
{
    return stream->disposition & AV_DISPOSITION_DEFAULT;
}

/* Decodable, then moving rather than one frame, then marked as default, then larger, then first. */
static bool is_better_video(AVStream *a, AVStream *b)
{
    bool decoded = listed_decoder(a->codecpar->codec_id) && a->codecpar->width;
    bool decoded_b = listed_decoder(b->codecpar->codec_id) && b->codecpar->width;

    if (decoded != decoded_b)
        return decoded;
    if (is_one_frame(a) != is_one_frame(b))
        return is_one_frame(b);
    if (is_default(a) != is_default(b))
        return is_default(a);
    return area(a) > area(b);
}

static bool is_sound(const AVStream *stream)
{
    const AVCodecParameters *par = stream->codecpar;

    return par->codec_type == AVMEDIA_TYPE_AUDIO && par->sample_rate > 0 && par->ch_layout.nb_channels > 0 &&
           listed_decoder(par->codec_id);
}

static void choose(struct input *input)
{
    input->video = input->audio = -1;
    for (unsigned i = 0; i < input->format->nb_streams; i++) {
        AVStream **all = input->format->streams, *stream = all[i];

        if (is_moving(stream) && (input->video < 0 || is_better_video(stream, all[input->video])))
            input->video = (int)i;
        if (is_sound(stream) && (input->audio < 0 || (is_default(stream) && !is_default(all[input->audio]))))
            input->audio = (int)i;
    }
    for (unsigned i = 0; i < input->format->nb_streams; i++)
        if ((int)i != input->video && (int)i != input->audio)
            input->format->streams[i]->discard = AVDISCARD_ALL;
}

static bool has_dolby_vision_only(const AVStream *stream)
{
    const AVDOVIDecoderConfigurationRecord *record =
        (const void *)av_stream_get_side_data(stream, AV_PKT_DATA_DOVI_CONF, NULL);

    return record && record->dv_profile == 5;
}

static bool check_video(const struct input *input, struct error *err)
{
    const AVStream *stream = input->format->streams[input->video];
    const AVCodecParameters *par = stream->codecpar;
    bool nameless = par->codec_id == AV_CODEC_ID_NONE;
    const char *name = nameless ? av_fourcc2str(par->codec_tag) : avcodec_get_name(par->codec_id);

    if (!listed_decoder(par->codec_id) && (!nameless || par->codec_tag))
        return fail_rule(err, ERROR_REFUSED, "media.codec",
                         "video codec '%s' cannot be decoded here; export the master as H.264, HEVC, AV1, VP9 "
                         "or ProRes", name);
    if (par->width <= 0 || par->height <= 0 || par->format == AV_PIX_FMT_NONE)
        return fail_rule(err, ERROR_REFUSED, "media.unreadable", "damaged or incomplete: no picture can be read");
    if (par->width > INPUT_MAX_SIDE_PX || par->height > INPUT_MAX_SIDE_PX)
        return fail_rule(err, ERROR_REFUSED, "media.size",
                         "picture is %dx%d; at most %dx%d is read; scale it down first", par->width, par->height,
                         INPUT_MAX_SIDE_PX, INPUT_MAX_SIDE_PX);
    if (has_dolby_vision_only(stream))
        return fail_rule(err, ERROR_REFUSED, "media.dolby_vision",
                         "Dolby Vision profile 5 has colours only its own decoder shows right; export as HDR10, HLG "
                         "or SDR");
    return true;
}

static bool open_all(int fd, struct input *input, struct error *err)
{
    const AVInputFormat *found = NULL;

    if (!open_io(fd, input, err) || !detect(input, &found, err) || !read_headers(input, found, err))
        return false;
    choose(input);
    if (input->video < 0)
        return fail_rule(err, ERROR_REFUSED, "media.no_video", "no video stream%s",
                         input->audio >= 0 ? ", only sound; make a video of it with a picture first" : "");
    return check_video(input, err);
}

bool input_open(int fd, const char *name, int64_t deadline_ms, struct input *input, struct error *err)
{
    *input = (struct input){.deadline_ms = deadline_ms, .video = -1, .audio = -1};
    av_max_alloc(MAX_ALLOC);
    if (open_all(fd, input, err))
        return true;
    input_close(input);
    return fail_in(err, "%s", name);
}

void input_close(struct input *input)
{
    avformat_close_input(&input->format);
    if (input->io)
        av_freep(&input->io->buffer);
    avio_context_free(&input->io);
}

AVCodecContext *input_decoder(const struct input *input, int stream, int threads, struct error *err)
{
    const AVStream *st = input->format->streams[stream];
    const AVCodec *codec = listed_decoder(st->codecpar->codec_id);
    AVCodecContext *decoder = codec ? avcodec_alloc_context3(codec) : NULL;
    int rc = decoder ? avcodec_parameters_to_context(decoder, st->codecpar) : AVERROR(ENOMEM);

    if (!codec) {
        fail_rule(err, ERROR_REFUSED, "media.codec", "codec '%s' cannot be decoded here",
                  avcodec_get_name(st->codecpar->codec_id));
        return NULL;
    }
    if (rc >= 0) {
        decoder->pkt_timebase = st->time_base;
        decoder->thread_count = threads;
        decoder->max_pixels = INPUT_MAX_PIXELS;
        decoder->codec_whitelist = av_strdup(decoders);
        rc = avcodec_open2(decoder, codec, NULL);
    }
    if (rc < 0) {
        avcodec_free_context(&decoder);
        fail_rule(err, ERROR_REFUSED, "media.codec", "decoder '%s': %s", codec->name, av_err2str(rc));
    }
    return decoder;
}

int64_t input_opus_delay(const AVStream *stream)
{
    const AVCodecParameters *par = stream->codecpar;

    return par->codec_id == AV_CODEC_ID_OPUS && stream->start_time < 0 && par->extradata_size >= 12
               ? AV_RL16(par->extradata + 10) : 0;
}

static int64_t stream_start_us(const struct input *input, int stream)
{
    const AVStream *st = stream < 0 ? NULL : input->format->streams[stream];

    if (!st || st->start_time == AV_NOPTS_VALUE)
        return INT64_MAX;
    return av_rescale_q(st->start_time, st->time_base, AV_TIME_BASE_Q) +
           av_rescale(input_opus_delay(st), AV_TIME_BASE, 48000);
}

int64_t input_start_us(const struct input *input)
{
    int64_t video = stream_start_us(input, input->video), audio = stream_start_us(input, input->audio);
    int64_t start = video < audio ? video : audio;

    return start == INT64_MAX ? 0 : start;
}

/* ---- geometry ---- */

struct orientation input_orientation(const AVStream *stream)
{
    size_t nb_bytes = 0;
    const void *matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, &nb_bytes);
    const int32_t *m = matrix;
    struct orientation upright = {0};
    double a, b, c, d, determinant;

    if (!m || nb_bytes < 9 * sizeof *m)
        return upright;
    /* (x, y) goes to (a x + c y, b x + d y), y pointing down */
    a = m[0] / 65536.0, b = m[1] / 65536.0, c = m[3] / 65536.0, d = m[4] / 65536.0;
    determinant = a * d - b * c;
    if (fabs(determinant) < 1e-6)
        return upright;    /* flattens the picture: nonsense */
    upright.mirrored = determinant < 0;
    upright.rotation_deg = ((int)lround(atan2(b, upright.mirrored ? -a : a) / M_PI_2) * 90 + 360) % 360;
    return upright;
}

AVRational input_aspect(const struct input *input, const AVStream *stream)
{
    AVRational sar = av_guess_sample_aspect_ratio(input->format, (AVStream *)(uintptr_t)stream, NULL);

    if (sar.num <= 0 || sar.den <= 0 || sar.num / sar.den >= MAX_ASPECT || sar.den / sar.num >= MAX_ASPECT)
        return (AVRational){1, 1};
    av_reduce(&sar.num, &sar.den, sar.num, sar.den, INT32_MAX);
    return sar;
}
