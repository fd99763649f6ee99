#include <crosscut/recipe.h>

#include "base/record.h"
#include <string.h>

#define MAX_MS INT64_C(4000000000000)
#define MAX_PX 16384

static const char *const work_names[] = {
    [WORK_ORIGINAL] = "original", [WORK_REMUX] = "remuxed", [WORK_AUDIO] = "audio", [WORK_ENCODE] = "encoded",
};
static const char *const reframe_names[] = {
    [REFRAME_NONE] = "none", [REFRAME_CROP] = "crop", [REFRAME_BLUR] = "blur", [REFRAME_PAD] = "pad",
};

static const struct member span_rows[] = {
    NAME_ROW(recipe, work, work_names),
    INT64_ROW(recipe, in_ms, 0, MAX_MS),
    INT64_ROW(recipe, out_ms, 1, MAX_MS),
    {0},
};

static const struct member stream_rows[] = {
    INT_ROW(recipe, video_stream, 0, 1 << 20),
    INT_ROW(recipe, audio_stream, -1, 1 << 20),
    {0},
};

static const struct member video_rows[] = {
    INT_ROW(recipe, width_px, 2, MAX_PX),
    INT_ROW(recipe, height_px, 2, MAX_PX),
    NAME_ROW(recipe, reframe, reframe_names),
    INT_ROW(recipe, fps_num, 1, INT32_MAX),
    INT_ROW(recipe, fps_den, 1, INT32_MAX),
    BOOL_ROW(recipe, deinterlace),
    BOOL_ROW(recipe, tone_map),
    TEXT_ROW(recipe, encoder),
    TEXT_ROW(recipe, preset),
    INT_ROW(recipe, crf, 0, 63),
    INT64_ROW(recipe, maxrate_bps, 0, INT64_C(1000000000)),
    INT64_ROW(recipe, max_bytes, 0, INT64_C(1) << 50),
    INT_ROW(recipe, gop_ms, 0, 60000),
    {0},
};

static const struct member crop_rows[] = {
    INT_ROW(crop, x_px, 0, MAX_PX),
    INT_ROW(crop, y_px, 0, MAX_PX),
    INT_ROW(crop, width_px, 1, MAX_PX),
    INT_ROW(crop, height_px, 1, MAX_PX),
    {0},
};

static const struct member audio_rows[] = {
    BOOL_ROW(recipe, audio_silent),
    INT_ROW(recipe, sample_rate_hz, 0, 768000),
    INT_ROW(recipe, channels, 0, 64),
    INT64_ROW(recipe, audio_bitrate_bps, 0, INT64_C(100000000)),
    BOOL_ROW(recipe, normalize),
    {0},
};

static const struct member target_rows[] = {
    REAL_ROW(recipe, target_lufs, -70, 0),
    REAL_ROW(recipe, target_dbtp, -70, 0),
    {0},
};

static bool has_audio_work(const struct recipe *recipe)
{
    return (recipe->work == WORK_AUDIO || recipe->work == WORK_ENCODE) &&
           (recipe->audio_silent || recipe->audio_stream >= 0);
}

/* A field that cannot change the rendition is left out, so that it cannot change the rendition's name either. */
json_t *recipe_to_json(const struct recipe *recipe)
{
    json_t *json = json_object();

    record_put(json, span_rows, recipe);
    if (recipe->work == WORK_ORIGINAL)
        return json;
    record_put(json, stream_rows, recipe);
    if (recipe->work == WORK_ENCODE)
        record_put(json, video_rows, recipe);
    if (recipe->work == WORK_ENCODE && recipe->crop.width_px) {
        json_t *crop = json_object();

        record_put(crop, crop_rows, &recipe->crop);
        json_object_set_new(json, "crop", crop);
    }
    if (has_audio_work(recipe))
        record_put(json, audio_rows, recipe);
    if (has_audio_work(recipe) && recipe->normalize)
        record_put(json, target_rows, recipe);
    return json;
}

static bool get_video(const json_t *json, struct recipe *recipe, struct error *err)
{
    const json_t *crop = json_object_get(json, "crop");

    if (!record_get(json, video_rows, recipe, "recipe", err))
        return false;
    if (recipe->width_px % 2 || recipe->height_px % 2)
        return fail(err, ERROR_INTERNAL, "recipe: %dx%d is odd; 4:2:0 needs even sides", recipe->width_px,
                    recipe->height_px);
    if (!*recipe->encoder)
        return fail(err, ERROR_INTERNAL, "recipe: no encoder");
    return !crop || record_get(crop, crop_rows, &recipe->crop, "recipe, crop", err);
}

bool recipe_from_json(const json_t *json, struct recipe *recipe, struct error *err)
{
    struct recipe read = {.audio_stream = -1};

    if (!record_get(json, span_rows, &read, "recipe", err))
        return false;
    if (read.out_ms <= read.in_ms)
        return fail(err, ERROR_INTERNAL, "recipe: out_ms is not after in_ms");
    if (read.work != WORK_ORIGINAL && !record_get(json, stream_rows, &read, "recipe", err))
        return false;
    if (read.work == WORK_ENCODE && !get_video(json, &read, err))
        return false;
    read.audio_silent = json_is_true(json_object_get(json, "audio_silent"));
    if (has_audio_work(&read) && !record_get(json, audio_rows, &read, "recipe", err))
        return false;
    if (read.normalize && !record_get(json, target_rows, &read, "recipe", err))
        return false;
    *recipe = read;
    return true;
}

const char *recipe_work_name(enum recipe_work work)
{
    return work_names[work];
}

const char *reframe_name(enum reframe reframe)
{
    return reframe_names[reframe];
}
