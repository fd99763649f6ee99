/* What the packets of the chosen streams say, without decoding one: real lengths, offsets, counts and key frames. */
#ifndef MEDIA_PACKETS_H
#define MEDIA_PACKETS_H

#include "media/input.h"
#include "media/rate.h"

struct stream_scan {
    int64_t nb_packets;       /* shown ones */
    int64_t nb_bytes;
    int64_t first, end;       /* time_base units, of what is shown; first > end: nothing is */
    int64_t shift;            /* added to timestamps after jumps of the clock */
    int64_t last_dts;
};

struct packet_scan {
    struct stream_scan video, audio;
    struct rate rate;
    bool complete;            /* every packet was read */
    int64_t nb_read;          /* video packets, the hidden ones too */
    int64_t nb_keys;
    int64_t gop_max;          /* time_base units of the video */
    bool open_gop;
};

/* Reads the packets of an input that was just opened; big files are sampled at both ends. */
bool packets_scan(struct input *input, struct packet_scan *scan, struct error *err);

#endif
