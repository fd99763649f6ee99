/* A master opened for reading: FFmpeg over one descriptor, and nothing else. No protocol, no other file (io_open
 * refuses), only listed containers and decoders, bounded probing. Used by the probe and by the render jobs. */
#ifndef MEDIA_INPUT_H
#define MEDIA_INPUT_H

#include <crosscut/error.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdbool.h>
#include <stdint.h>

#define INPUT_MAX_SIDE_PX 8192
#define INPUT_MAX_PIXELS ((int64_t)INPUT_MAX_SIDE_PX * INPUT_MAX_SIDE_PX)

/* Stays where it is while it is open: FFmpeg keeps its address. */
struct input {
    AVFormatContext *format;
    AVIOContext *io;
    int fd;                  /* borrowed */
    int64_t at, size_bytes;  /* of the descriptor; read by pread, so descriptors may be shared */
    int64_t deadline_ms;     /* monotonic; reading fails after it; 0: none */
    int video, audio;        /* stream indexes; -1: there is none. All other streams are discarded */
};

/* How to stand the picture upright: first a clockwise turn, then the mirror (horizontal flip). */
struct orientation {
    int rotation_deg;        /* 0, 90, 180, 270 */
    bool mirrored;
};

/* Opens the descriptor, reads the headers and chooses the streams. A file without a moving picture, with a codec
 * that is not decoded here or with a picture that is too large is ERROR_REFUSED. `name` is for error texts.
 * On failure nothing is left open. deadline_ms as in the struct. */
bool input_open(int fd, const char *name, int64_t deadline_ms, struct input *input, struct error *err);
void input_close(struct input *input);     /* accepts a zeroed one */

/* Opens the listed decoder of a stream, threads 0: as many as there are processors. NULL with *err set.
 * The caller frees it with avcodec_free_context. pkt_timebase is set; frames carry the stream's time base. */
AVCodecContext *input_decoder(const struct input *input, int stream, int threads, struct error *err);

/* First moment of the chosen streams that is shown or heard: this is 0 ms of the master, and recipe.in_ms counts from
 * it. What edit lists and priming hide does not count. AV_TIME_BASE units, on the scale of packets' and frames' pts.
 * facts.video.start_ms and facts.audio.start_ms say by how much each stream begins later. */
int64_t input_start_us(const struct input *input);
/* Samples at 48 kHz that the Opus decoder drops by itself where the container (Matroska) starts below zero; else 0. */
int64_t input_opus_delay(const AVStream *stream);

struct orientation input_orientation(const AVStream *stream);
/* Sample aspect ratio that can be believed; 1:1 otherwise. */
AVRational input_aspect(const struct input *input, const AVStream *stream);
/* True for packets that are decoded but never shown (edit lists, priming). */
static inline bool input_hidden(const AVPacket *packet)
{
    return packet->flags & AV_PKT_FLAG_DISCARD;
}

#endif
