/* Facts: what a media file is, as measured. Filled by the media worker, read by the planner,
 * printed by --json. Zero (or SIDE_UNKNOWN and so on) means "not known" or "not there". */
#ifndef CROSSCUT_FACTS_H
#define CROSSCUT_FACTS_H

#include <crosscut/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum hdr_kind { HDR_NONE, HDR_PQ, HDR_HLG };
enum scan_kind { SCAN_PROGRESSIVE, SCAN_TOP_FIRST, SCAN_BOTTOM_FIRST };

struct video_facts {
    int stream;               /* index in the container; -1: there is no video */
    char codec[32];           /* FFmpeg's name: h264, hevc, vp9 ... */
    char profile[48];
    int coded_width_px, coded_height_px;   /* as stored */
    int width_px, height_px;  /* upright and with square pixels: as a viewer should see it */
    int sar_num, sar_den;     /* sample aspect ratio, 1:1 when unknown */
    int rotation_deg;         /* clockwise turn needed to stand upright: 0, 90, 180, 270 */
    bool mirrored;            /* horizontal flip after the turn */
    int fps_num, fps_den;     /* real rate, from timestamps where the header lies */
    bool variable_fps;
    int bit_depth;
    char pix_fmt[32];
    char chroma[8];           /* 420, 422, 444, rgb, gray */
    bool alpha;
    enum hdr_kind hdr;
    bool dolby_vision;
    bool full_range;
    char primaries[24], transfer[24], matrix[24];   /* FFmpeg's names; "unknown" when untagged */
    enum scan_kind scan;
    int64_t bitrate_bps;
    int64_t start_ms;         /* against the container's first timestamp, >= 0 */
    int64_t duration_ms;
    int64_t nb_frames;        /* packets counted, not the header's word */
    int gop_max_ms;           /* longest distance between key frames; 0: not measured */
    bool closed_gop;
};

struct audio_facts {
    int stream;               /* -1: there is no audio */
    char codec[32];
    char profile[48];
    int sample_rate_hz;
    int channels;
    char layout[32];          /* mono, stereo, 5.1 ... */
    int64_t bitrate_bps;
    int64_t start_ms;
    int64_t duration_ms;
};

struct facts {
    char container[16];       /* mp4, mov, webm, matroska, avi, mpegts, mpegps, flv, 3gp, gif, ... */
    int64_t size_bytes;
    int64_t duration_ms;      /* what plays, edit lists honoured; the longer of the two streams */
    bool edit_list;           /* an elst box is present (MP4 family) */
    bool edit_list_trims;     /* ... and it does more than undo the encoders' delay */
    bool moov_first;          /* MP4 family: index before media data; true elsewhere */
    int nb_streams;
    bool tells_where;         /* its metadata says where it was filmed, or with which device */
    struct video_facts video;
    struct audio_facts audio;
    /* Loudness of the whole programme, measured on request only (EBU R128). */
    bool loudness_known;
    double loudness_lufs;     /* -INFINITY never appears: silence is loudness_known with silent = true */
    double true_peak_dbtp, loudness_range_lu;
    bool silent;
    int64_t damaged_frames;   /* counted by a render, 0 after a probe */
};

json_t *facts_to_json(const struct facts *facts);                   /* owned by the caller */
bool facts_from_json(const json_t *json, struct facts *facts, struct error *err);

#endif
