/* Masters and destinations for the planner's tests: the phone file everybody has, and how others differ from it. */
#ifndef TESTS_PLAN_CASE_H
#define TESTS_PLAN_CASE_H

#include <crosscut/plan.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#define CASE_ID "sha256:00000000000000000000000000000000000000000000000000000000000000aa"

/* 20 s of upright H.264 and AAC that every platform takes. */
static inline struct facts case_facts(int width_px, int height_px)
{
    struct facts f = {
        .container = "mp4",
        .size_bytes = 20000000,
        .duration_ms = 20000,
        .moov_first = true,
        .nb_streams = 2,
        .video = {.stream = 0,
                  .codec = "h264",
                  .profile = "High",
                  .coded_width_px = width_px,
                  .coded_height_px = height_px,
                  .width_px = width_px,
                  .height_px = height_px,
                  .sar_num = 1,
                  .sar_den = 1,
                  .fps_num = 30,
                  .fps_den = 1,
                  .bit_depth = 8,
                  .pix_fmt = "yuv420p",
                  .chroma = "420",
                  .primaries = "bt709",
                  .transfer = "bt709",
                  .matrix = "bt709",
                  .bitrate_bps = 7800000,
                  .duration_ms = 20000,
                  .nb_frames = 600,
                  .gop_max_ms = 1000,
                  .closed_gop = true},
        .audio = {.stream = 1,
                  .codec = "aac",
                  .profile = "LC",
                  .sample_rate_hz = 48000,
                  .channels = 2,
                  .layout = "stereo",
                  .bitrate_bps = 128000,
                  .duration_ms = 20000},
    };

    return f;
}

static inline struct facts case_lasting(struct facts f, int64_t ms)
{
    f.size_bytes = f.size_bytes / f.duration_ms * ms;
    f.video.nb_frames = f.video.nb_frames * ms / f.duration_ms;
    f.duration_ms = f.video.duration_ms = f.audio.duration_ms = ms;
    return f;
}

static inline struct facts case_rate(struct facts f, int num, int den)
{
    f.video.fps_num = num;
    f.video.fps_den = den;
    f.video.nb_frames = f.duration_ms * num / den / 1000;
    return f;
}

static inline struct facts case_silent(struct facts f)
{
    f.audio = (struct audio_facts){.stream = -1};
    f.nb_streams = 1;
    return f;
}

static const char *const case_no_tags[] = {NULL};

static inline struct master case_master(struct facts facts)
{
    return (struct master){.path = "clips/sunset_run.mp4", .id = CASE_ID, .facts = facts,
                           .sidecar = {.hashtags = case_no_tags, .cover_ms = -1}};
}

static inline struct plan_input case_input(const struct master *master, const struct destination *destinations,
                                           size_t nb)
{
    return (struct plan_input){
        .masters = master, .nb_masters = 1, .destinations = destinations, .nb_destinations = nb,
        .render = {.reframe = "auto", .quality = "balanced", .loudness = true, .target_lufs = -14, .target_dbtp = -1},
        .now_ms = 1795000000000, .version = "test",
    };
}

static inline bool case_says(const char *const *lines, const char *words)
{
    for (; *lines; lines++)
        if (strstr(*lines, words))
            return true;
    return false;
}

#endif
