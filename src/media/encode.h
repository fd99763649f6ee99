/* Encoders, opened as a recipe says. */
#ifndef MEDIA_ENCODE_H
#define MEDIA_ENCODE_H

#include "media/span.h"
#include <crosscut/error.h>
#include <crosscut/recipe.h>
#include <libavcodec/avcodec.h>

/* Samples that FFmpeg's AAC encoder puts in front (one frame); they are not fed, so that nothing is late. */
#define AUDIO_PRIMING 1024
#define AUDIO_DEFAULT_RATE_HZ 48000
#define AUDIO_DEFAULT_BITRATE_BPS 192000

/* Rate that keeps the file under recipe->max_bytes whatever the picture is; recipe->maxrate_bps where that is lower. */
int64_t encode_maxrate_bps(const struct recipe *recipe, const struct span *span);
/* Time base is one frame: pts counts frames. NULL with *err set. Freed by the caller (avcodec_free_context). */
AVCodecContext *encode_video_open(const struct recipe *recipe, const struct span *span, struct error *err);
/* AAC-LC; pts counts samples. */
AVCodecContext *encode_audio_open(const struct recipe *recipe, struct error *err);
int encode_sample_rate_hz(const struct recipe *recipe);
int64_t encode_audio_bitrate_bps(const struct recipe *recipe);

#endif
