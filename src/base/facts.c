#include <crosscut/facts.h>

#include "base/record.h"

#define MAX_MS INT64_C(4000000000000)       /* 126 years */
#define MAX_BYTES INT64_C(1) << 60
#define MAX_PX (1 << 20)
#define MAX_BPS INT64_C(1000000000000)

static const char *const hdr_names[] = {[HDR_NONE] = "sdr", [HDR_PQ] = "pq", [HDR_HLG] = "hlg"};
static const char *const scan_names[] = {
    [SCAN_PROGRESSIVE] = "progressive", [SCAN_TOP_FIRST] = "top-first", [SCAN_BOTTOM_FIRST] = "bottom-first",
};

static const struct member file_rows[] = {
    TEXT_ROW(facts, container),
    INT64_ROW(facts, size_bytes, 0, MAX_BYTES),
    INT64_ROW(facts, duration_ms, 0, MAX_MS),
    BOOL_ROW(facts, edit_list),
    BOOL_ROW(facts, edit_list_trims),
    BOOL_ROW(facts, moov_first),
    INT_ROW(facts, nb_streams, 0, 1 << 20),
    BOOL_ROW(facts, tells_where),
    INT64_ROW(facts, damaged_frames, 0, MAX_BYTES),
    {0},
};

static const struct member video_rows[] = {
    INT_ROW(video_facts, stream, 0, 1 << 20),
    TEXT_ROW(video_facts, codec),
    TEXT_ROW(video_facts, profile),
    INT_ROW(video_facts, coded_width_px, 0, MAX_PX),
    INT_ROW(video_facts, coded_height_px, 0, MAX_PX),
    INT_ROW(video_facts, width_px, 0, MAX_PX),
    INT_ROW(video_facts, height_px, 0, MAX_PX),
    INT_ROW(video_facts, sar_num, 0, INT32_MAX),
    INT_ROW(video_facts, sar_den, 0, INT32_MAX),
    INT_ROW(video_facts, rotation_deg, 0, 270),
    BOOL_ROW(video_facts, mirrored),
    INT_ROW(video_facts, fps_num, 0, INT32_MAX),
    INT_ROW(video_facts, fps_den, 0, INT32_MAX),
    BOOL_ROW(video_facts, variable_fps),
    INT_ROW(video_facts, bit_depth, 0, 64),
    TEXT_ROW(video_facts, pix_fmt),
    TEXT_ROW(video_facts, chroma),
    BOOL_ROW(video_facts, alpha),
    NAME_ROW(video_facts, hdr, hdr_names),
    BOOL_ROW(video_facts, dolby_vision),
    BOOL_ROW(video_facts, full_range),
    TEXT_ROW(video_facts, primaries),
    TEXT_ROW(video_facts, transfer),
    TEXT_ROW(video_facts, matrix),
    NAME_ROW(video_facts, scan, scan_names),
    INT64_ROW(video_facts, bitrate_bps, 0, MAX_BPS),
    INT64_ROW(video_facts, start_ms, 0, MAX_MS),
    INT64_ROW(video_facts, duration_ms, 0, MAX_MS),
    INT64_ROW(video_facts, nb_frames, 0, MAX_BYTES),
    INT_ROW(video_facts, gop_max_ms, 0, INT32_MAX),
    BOOL_ROW(video_facts, closed_gop),
    {0},
};

static const struct member audio_rows[] = {
    INT_ROW(audio_facts, stream, 0, 1 << 20),
    TEXT_ROW(audio_facts, codec),
    TEXT_ROW(audio_facts, profile),
    INT_ROW(audio_facts, sample_rate_hz, 0, INT32_MAX),
    INT_ROW(audio_facts, channels, 0, 1024),
    TEXT_ROW(audio_facts, layout),
    INT64_ROW(audio_facts, bitrate_bps, 0, MAX_BPS),
    INT64_ROW(audio_facts, start_ms, 0, MAX_MS),
    INT64_ROW(audio_facts, duration_ms, 0, MAX_MS),
    {0},
};

static const struct member loudness_rows[] = {
    REAL_ROW(facts, loudness_lufs, -1000, 1000),
    REAL_ROW(facts, true_peak_dbtp, -1000, 1000),
    REAL_ROW(facts, loudness_range_lu, 0, 1000),
    BOOL_ROW(facts, silent),
    {0},
};

static json_t *part(const struct member *rows, const void *record, bool there)
{
    json_t *json = there ? json_object() : json_null();

    if (there)
        record_put(json, rows, record);
    return json;
}

json_t *facts_to_json(const struct facts *facts)
{
    json_t *json = json_object();

    record_put(json, file_rows, facts);
    json_object_set_new(json, "video", part(video_rows, &facts->video, facts->video.stream >= 0));
    json_object_set_new(json, "audio", part(audio_rows, &facts->audio, facts->audio.stream >= 0));
    json_object_set_new(json, "loudness", part(loudness_rows, facts, facts->loudness_known));
    return json;
}

bool facts_from_json(const json_t *json, struct facts *facts, struct error *err)
{
    const json_t *video = json_object_get(json, "video"), *audio = json_object_get(json, "audio");
    const json_t *loudness = json_object_get(json, "loudness");
    struct facts read = {.video.stream = -1, .audio.stream = -1};

    if (!record_get(json, file_rows, &read, "facts", err))
        return false;
    if (!json_is_null(video) && !record_get(video, video_rows, &read.video, "facts, video", err))
        return false;
    if (!json_is_null(audio) && !record_get(audio, audio_rows, &read.audio, "facts, audio", err))
        return false;
    if (!json_is_null(loudness) && !record_get(loudness, loudness_rows, &read, "facts, loudness", err))
        return false;
    read.loudness_known = json_is_object(loudness);
    *facts = read;
    return true;
}
