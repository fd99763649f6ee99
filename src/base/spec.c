#include <crosscut/spec.h>

static const char *const property_names[SPEC_PROPERTIES] = {
    [SPEC_CONTAINER] = "container",         [SPEC_VIDEO_CODEC] = "video_codec",     [SPEC_AUDIO_CODEC] = "audio_codec",
    [SPEC_CHROMA] = "chroma",               [SPEC_BIT_DEPTH] = "bit_depth",         [SPEC_HDR] = "hdr",
    [SPEC_SCAN] = "scan",                   [SPEC_WIDTH] = "width",                 [SPEC_HEIGHT] = "height",
    [SPEC_SIDE] = "side",                   [SPEC_ASPECT] = "aspect",               [SPEC_FPS] = "fps",
    [SPEC_DURATION] = "duration",           [SPEC_SIZE] = "size",                   [SPEC_VIDEO_BITRATE] = "video_bitrate",
    [SPEC_AUDIO_BITRATE] = "audio_bitrate", [SPEC_SAMPLE_RATE] = "sample_rate",     [SPEC_CHANNELS] = "channels",
    [SPEC_EDIT_LIST] = "edit_list",         [SPEC_MOOV_FIRST] = "moov_first",       [SPEC_CLOSED_GOP] = "closed_gop",
    [SPEC_AUDIO_TRACK] = "audio_track",     [SPEC_LOUDNESS] = "loudness",           [SPEC_TRUE_PEAK] = "true_peak",
};

const char *spec_property_name(enum spec_property property)
{
    return (unsigned)property < SPEC_PROPERTIES ? property_names[property] : "unknown";
}

const char *text_unit_name(enum text_unit unit)
{
    switch (unit) {
    case TEXT_UTF16: return "utf16";
    case TEXT_UTF8_BYTES: return "utf8_bytes";
    case TEXT_GRAPHEMES: return "graphemes";
    case TEXT_CODE_POINTS: return "code_points";
    }
    return "unknown";
}

const struct spec_row *spec_find(const struct spec *spec, enum spec_property property, enum spec_force force)
{
    for (size_t i = 0; i < spec->nb_rows; i++)
        if (spec->rows[i].property == property && spec->rows[i].force == force)
            return &spec->rows[i];
    return NULL;
}
