/* What the packets of the chosen streams say, without decoding one: real lengths, offsets, counts and key frames. */
#ifndef MEDIA_SCAN_H
#define MEDIA_SCAN_H

#include "media/input.h"
#include "media/rate.h"

struct stream_scan {
    int64_t nb_packets;       /* shown ones */
    int64_t nb_bytes;
    int64_t first, end;       /* time_base units; of what is shown, after priming and edit lists; first > end: nothing is */
    int64_t shift;            /* added to timestamps after jumps of the clock */
    int64_t last_dts;
};

struct scan {
    struct stream_scan video, audio;
    struct rate rate;
    bool complete;            /* every packet was read */
    int64_t nb_read;          /* video packets, the hidden ones too */
    int64_t nb_keys;
    int64_t gop_max;          /* time_base units of the video */
    bool open_gop;
};

/* Reads the packets of an input that was just opened; big files are sampled at both ends. */
bool scan_packets(struct input *input, struct scan *scan, struct error *err);

#endif
