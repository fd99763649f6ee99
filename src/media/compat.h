/* Differences between FFmpeg 5.1 and 8 that our code would see, in one place. */
#ifndef MEDIA_COMPAT_H
#define MEDIA_COMPAT_H

#include <libavcodec/avcodec.h>
#include <libavfilter/avfilter.h>
#include <libavformat/avformat.h>
#include <libavutil/frame.h>

/* the write callback of an AVIOContext takes const bytes since libavformat 61 (FFmpeg 7.0) */
#if LIBAVFORMAT_VERSION_MAJOR >= 61
typedef const uint8_t io_write_byte;
#else
typedef uint8_t io_write_byte;
#endif

/* buffer sources want to know the colour of their frames since libavfilter 10 (FFmpeg 7.0) */
#if LIBAVFILTER_VERSION_MAJOR >= 10
#define BUFFER_COLOR_FORMAT ":colorspace=%d:range=%d"
#define BUFFER_COLOR_ARGS(frame) , (int)(frame)->colorspace, (int)(frame)->color_range
#else
#define BUFFER_COLOR_FORMAT ""
#define BUFFER_COLOR_ARGS(frame)
#endif

#endif
