/* Recipe: everything that determines a rendition. Its canonical JSON (sorted keys, compact) is hashed
 * together with the master's id: that hash is the rendition's id and its name in the cache. */
#ifndef CROSSCUT_RECIPE_H
#define CROSSCUT_RECIPE_H

#include <crosscut/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum recipe_work {
    WORK_ORIGINAL,     /* the master itself, untouched */
    WORK_REMUX,        /* packets copied into a clean MP4 */
    WORK_AUDIO,        /* video packets copied, audio encoded */
    WORK_ENCODE,       /* video encoded; audio copied or encoded as `audio` says */
};

enum reframe { REFRAME_NONE, REFRAME_CROP, REFRAME_BLUR, REFRAME_PAD };

struct crop { int x_px, y_px, width_px, height_px; };   /* of the upright picture; width 0: all of it */

struct recipe {
    enum recipe_work work;
    int64_t in_ms, out_ms;             /* span of the master; out_ms is exact and > in_ms */
    /* video, for WORK_ENCODE */
    int width_px, height_px;           /* of the rendition, even */
    enum reframe reframe;
    struct crop crop;                  /* applied first, for REFRAME_CROP and to take letterbox bars off */
    int fps_num, fps_den;              /* constant rate of the rendition */
    bool deinterlace;
    bool tone_map;                     /* HDR to SDR */
    char encoder[24];                  /* "x264" */
    char preset[16];                   /* "superfast" */
    int crf;
    int64_t maxrate_bps;               /* VBV ceiling */
    int64_t max_bytes;                 /* size the file must stay under; 0: none */
    int gop_ms;                        /* 2000 */
    /* audio, unless WORK_ORIGINAL or WORK_REMUX */
    bool audio_silent;                 /* make a silent track: the master has none and someone needs one */
    int sample_rate_hz, channels;      /* 48000, 2 */
    int64_t audio_bitrate_bps;
    bool normalize;                    /* loudness to target */
    double target_lufs, target_dbtp;
    int video_stream, audio_stream;    /* of the master; audio -1: none */
};

json_t *recipe_to_json(const struct recipe *recipe);   /* owned by the caller */
bool recipe_from_json(const json_t *json, struct recipe *recipe, struct error *err);
const char *recipe_work_name(enum recipe_work work);   /* "original", "remuxed", "audio", "encoded" */
const char *reframe_name(enum reframe reframe);

#endif
