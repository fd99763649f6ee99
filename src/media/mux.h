/* MP4 writer on a descriptor: index first, no edit list, both streams from 0, no metadata. */
#ifndef MEDIA_MUX_H
#define MEDIA_MUX_H

#include "media/graph.h"
#include <crosscut/error.h>
#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <stdint.h>

enum { MUX_VIDEO, MUX_AUDIO };    /* packet->stream_index of what a mux is sent */

struct mux {
    int fd;                       /* borrowed; open for reading and writing */
    AVFormatContext *format;
    AVIOContext *io;
    int64_t at, bytes;            /* of the writer; bytes of the file so far */
    int error;                    /* errno of the first write that failed */
    int index[2];                 /* stream of MUX_VIDEO and MUX_AUDIO, -1 without */
    int64_t nb_packets;           /* of the video */
    bool copied;                  /* packets come from the master: what cannot be muxed is the master's fault */
};

bool mux_open(struct mux *mux, int fd, struct error *err);
void mux_close(struct mux *mux);                 /* accepts a zeroed one */
/* `hint` is the time base of the packets, `rate` of the pictures (0/1 when not known). */
bool mux_add(struct mux *mux, int kind, const AVCodecParameters *parameters, AVRational hint, AVRational rate,
             struct error *err);
/* Node: writes header, packets and index. A packet's time_base says what its stamps count. */
bool mux_run(struct node *node, void *mux, struct error *err);
/* What travels to a mux. */
void packet_release(void *packet);
#define MUX_EDGE ((struct edge){64, packet_release})

#endif
