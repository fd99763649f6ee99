/* `crosscut check`: a file against a delivery spec, row by row. */
#include <crosscut/plan.h>

#include "plan/limit.h"
#include "plan/words.h"

static const char *const verdict_names[] = {
    [VERDICT_PASS] = "pass", [VERDICT_WARN] = "warn", [VERDICT_FAIL] = "fail", [VERDICT_UNKNOWN] = "unknown",
};

/* What crosscut does about a property that does not fit, or what its owner can do. */
static const char *const ways_out[SPEC_PROPERTIES] = {
    [SPEC_CONTAINER] = "`crosscut post` copies the streams into an MP4",
    [SPEC_VIDEO_CODEC] = "`crosscut post` encodes it as H.264",
    [SPEC_AUDIO_CODEC] = "`crosscut post` encodes the sound as AAC, the picture is copied",
    [SPEC_CHROMA] = "`crosscut post` encodes it with 4:2:0 chroma",
    [SPEC_BIT_DEPTH] = "`crosscut post` encodes it with 8 bit",
    [SPEC_HDR] = "`crosscut post` maps it to SDR (BT.709)",
    [SPEC_SCAN] = "`crosscut post` deinterlaces it",
    [SPEC_WIDTH] = "`crosscut post` scales it",
    [SPEC_HEIGHT] = "`crosscut post` scales it",
    [SPEC_SIDE] = "`crosscut post` scales it",
    [SPEC_ASPECT] = "`crosscut post` reframes it, see render.reframe",
    [SPEC_FPS] = "`crosscut post` re-times it",
    [SPEC_DURATION] = "`crosscut post` cuts the end off; `in` and `out` in the sidecar choose what stays",
    [SPEC_SIZE] = "`crosscut post` encodes it to fit; a shorter clip looks better",
    [SPEC_VIDEO_BITRATE] = "`crosscut post` encodes it with a ceiling",
    [SPEC_AUDIO_BITRATE] = "`crosscut post` encodes the sound again, the picture is copied",
    [SPEC_SAMPLE_RATE] = "`crosscut post` resamples the sound, the picture is copied",
    [SPEC_CHANNELS] = "`crosscut post` mixes the sound down, the picture is copied",
    [SPEC_EDIT_LIST] = "`crosscut post` writes an MP4 without an edit list",
    [SPEC_MOOV_FIRST] = "`crosscut post` moves the index to the front, nothing is encoded",
    [SPEC_CLOSED_GOP] = "`crosscut post` encodes it with closed GOPs",
    [SPEC_AUDIO_TRACK] = "`crosscut post` adds a silent track, the picture is copied",
    [SPEC_LOUDNESS] = "`crosscut post` normalises the sound when it encodes it (render.loudness)",
    [SPEC_TRUE_PEAK] = "`crosscut post` limits the peaks when it encodes the sound (render.loudness)",
};

const char *verdict_name(enum verdict verdict)
{
    size_t n = sizeof verdict_names / sizeof verdict_names[0];

    return (size_t)verdict < n ? verdict_names[verdict] : "unknown";
}

static const char *way_out(const struct limit *limit, const struct measure *measure, enum verdict verdict,
                           struct arena *arena)
{
    enum spec_property property = limit->row.property;

    if (verdict == VERDICT_PASS)
        return "";
    if (verdict == VERDICT_UNKNOWN)
        return property == SPEC_LOUDNESS || property == SPEC_TRUE_PEAK ? "measured when the sound is encoded"
                                                                       : "the file does not say";
    if (limit->moved == MOVED_LOOSER && limit_takes(&limit->row, measure))
        return arena_printf(arena, "over the platform's own %s, allowed by the %s; it may be refused there",
                            words_value(arena, property, limit->platform_max), limit->row.source);
    if (property == SPEC_DURATION && limit->row.has_min && measure->least < limit->row.min)
        return "too short to fix: use a longer clip, or leave this destination out with --skip";
    return ways_out[property];
}

static enum verdict judge(const struct limit *limit, const struct measure *measure)
{
    if (!measure->known)
        return VERDICT_UNKNOWN;
    if (!limit_takes(&limit->row, measure))
        return limit->row.force == SPEC_HARD ? VERDICT_FAIL : VERDICT_WARN;
    if (limit->moved == MOVED_LOOSER && measure->most > limit->platform_max)
        return VERDICT_WARN;
    return VERDICT_PASS;
}

static struct check_row check_limit(const struct limit *limit, const struct facts *facts, struct arena *arena)
{
    struct measure measure = measure_fact(facts, limit->row.property);
    enum verdict verdict = judge(limit, &measure);
    struct spec_row *row = arena_alloc(arena, sizeof *row);

    *row = limit->row;
    return (struct check_row){
        .limit = row, .verdict = verdict,
        .value = measure_words(arena, row->property, &measure),
        .wanted = words_limit(arena, row),
        .way_out = way_out(limit, &measure, verdict, arena),
    };
}

size_t spec_check(const struct spec *spec, const json_t *settings, const struct facts *facts, struct arena *arena,
                  const struct check_row **rows)
{
    struct check_row *made = arena_alloc(arena, (spec->nb_rows + SPEC_PROPERTIES) * sizeof *made);
    size_t n = 0;

    for (size_t i = 0; i < spec->nb_rows; i++) {
        struct limit limit = limit_of(&spec->rows[i], settings);

        made[n++] = check_limit(&limit, facts, arena);
    }
    for (int p = 0; p < SPEC_PROPERTIES; p++) {
        struct limit limit = limit_added(spec, (enum spec_property)p, settings);

        if (limit.known)
            made[n++] = check_limit(&limit, facts, arena);
    }
    *rows = made;
    return n;
}
