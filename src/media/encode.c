#include "media/encode.h"

#include "base/auto.h"
#include <libavutil/opt.h>
#include <string.h>

/* The same on every machine, since the number of frame threads changes x264's output. */
#define X264_THREADS 4
/* Of the size limit, for the container and what rate control cannot know. */
#define SIZE_MARGIN 0.97
#define VBV_S 2
#define MIN_RATE_BPS 100000

struct encoder {
    const char *name, *codec;       /* in a recipe; FFmpeg's */
    void (*set)(AVCodecContext *context, const struct recipe *recipe, AVDictionary **options);
};

static void set_x264(AVCodecContext *context, const struct recipe *recipe, AVDictionary **options)
{
    context->thread_count = X264_THREADS;
    av_dict_set(options, "preset", recipe->preset[0] ? recipe->preset : "superfast", 0);
    av_dict_set_int(options, "crf", recipe->crf, 0);
    av_dict_set(options, "profile", "high", 0);
    av_dict_set(options, "aq-mode", "1", 0);
}

static const struct encoder encoders[] = {
    {"x264", "libx264", set_x264},
};

static const struct encoder *find(const char *name)
{
    for (size_t i = 0; i < sizeof encoders / sizeof encoders[0]; i++)
        if (!strcmp(encoders[i].name, name))
            return &encoders[i];
    return NULL;
}

int encode_sample_rate_hz(const struct recipe *recipe)
{
    return recipe->sample_rate_hz > 0 ? recipe->sample_rate_hz : AUDIO_DEFAULT_RATE_HZ;
}

int64_t encode_audio_bitrate_bps(const struct recipe *recipe)
{
    return recipe->audio_bitrate_bps > 0 ? recipe->audio_bitrate_bps : AUDIO_DEFAULT_BITRATE_BPS;
}

int64_t encode_maxrate_bps(const struct recipe *recipe, const struct span *span)
{
    double duration_s = (double)span_duration_us(span) / 1e6, left_bits;
    int64_t rate_bps = recipe->maxrate_bps;

    if (recipe->max_bytes <= 0)
        return rate_bps;
    left_bits = SIZE_MARGIN * 8 * (double)recipe->max_bytes - (double)encode_audio_bitrate_bps(recipe) * duration_s;
    left_bits /= duration_s + VBV_S;    /* a full buffer may be spent on top */
    if (left_bits < MIN_RATE_BPS)
        left_bits = MIN_RATE_BPS;
    return rate_bps <= 0 || left_bits < (double)rate_bps ? (int64_t)left_bits : rate_bps;
}

static void set_picture(AVCodecContext *c, const struct recipe *recipe, const struct span *span)
{
    int64_t gop_ms = recipe->gop_ms > 0 ? recipe->gop_ms : 2000, maxrate_bps = encode_maxrate_bps(recipe, span);

    c->width = recipe->width_px;
    c->height = recipe->height_px;
    c->pix_fmt = AV_PIX_FMT_YUV420P;
    c->sample_aspect_ratio = (AVRational){1, 1};
    c->time_base = (AVRational){span->fps_den, span->fps_num};
    c->framerate = (AVRational){span->fps_num, span->fps_den};
    c->gop_size = (int)av_rescale(gop_ms, span->fps_num, (int64_t)1000 * span->fps_den);
    c->gop_size = c->gop_size < 1 ? 1 : c->gop_size;
    c->max_b_frames = 2;
    c->colorspace = AVCOL_SPC_BT709;
    c->color_primaries = AVCOL_PRI_BT709;
    c->color_trc = AVCOL_TRC_BT709;
    c->color_range = AVCOL_RANGE_MPEG;
    c->chroma_sample_location = AVCHROMA_LOC_LEFT;
    c->flags |= (int)(AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP | AV_CODEC_FLAG_BITEXACT);
    if (maxrate_bps > 0) {
        c->rc_max_rate = maxrate_bps;
        c->rc_buffer_size = (int)(maxrate_bps > INT32_MAX / VBV_S ? INT32_MAX : maxrate_bps * VBV_S);
    }
}

AVCodecContext *encode_video_open(const struct recipe *recipe, const struct span *span, struct error *err)
{
    const struct encoder *row = find(recipe->encoder[0] ? recipe->encoder : "x264");
    const AVCodec *codec = row ? avcodec_find_encoder_by_name(row->codec) : NULL;
    AUTO(avcodec_free_context) AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    AUTO(av_dict_free) AVDictionary *options = NULL;
    int rc;

    if (!c) {
        fail(err, ERROR_INTERNAL, "the video encoder '%s' is not in this FFmpeg", row ? row->codec : recipe->encoder);
        return NULL;
    }
    set_picture(c, recipe, span);
    row->set(c, recipe, &options);
    rc = avcodec_open2(c, codec, &options);
    if (rc < 0) {
        fail(err, ERROR_INTERNAL, "open %s for %dx%d: %s", row->codec, c->width, c->height, av_err2str(rc));
        return NULL;
    }
    return TAKE(c);
}

AVCodecContext *encode_audio_open(const struct recipe *recipe, struct error *err)
{
    const AVCodec *codec = avcodec_find_encoder_by_name("aac");
    AUTO(avcodec_free_context) AVCodecContext *c = codec ? avcodec_alloc_context3(codec) : NULL;
    AUTO(av_dict_free) AVDictionary *options = NULL;
    int rc;

    if (!c) {
        fail(err, ERROR_INTERNAL, "FFmpeg's AAC encoder is missing");
        return NULL;
    }
    c->sample_fmt = AV_SAMPLE_FMT_FLTP;
    c->sample_rate = encode_sample_rate_hz(recipe);
    c->time_base = (AVRational){1, c->sample_rate};
    c->bit_rate = encode_audio_bitrate_bps(recipe);
    c->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
    av_channel_layout_default(&c->ch_layout, recipe->channels == 1 ? 1 : 2);
    /* half the time of "twoloop" and no more overshoot (measured); a platform encodes again from 128 to 192 kb/s anyway */
    av_dict_set(&options, "aac_coder", "fast", 0);
    rc = avcodec_open2(c, codec, &options);
    if (rc < 0) {
        fail(err, ERROR_INTERNAL, "open AAC for %d Hz: %s", c->sample_rate, av_err2str(rc));
        return NULL;
    }
    return TAKE(c);
}
