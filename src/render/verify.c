#include "render/verify.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static bool differs(struct error *err, const char *property, const char *got, const char *wanted)
{
    return fail_rule(err, ERROR_INTERNAL, "render.verify", "%s is %s, wanted %s", property, got, wanted);
}

static bool differs_number(struct error *err, const char *property, int64_t got, int64_t wanted)
{
    return fail_rule(err, ERROR_INTERNAL, "render.verify", "%s is %" PRId64 ", wanted %" PRId64, property, got, wanted);
}

static bool verify_container(const struct recipe *recipe, const struct facts *facts, struct error *err)
{
    int64_t span_ms = recipe->out_ms - recipe->in_ms;

    if (strcmp(facts->container, "mp4") && strcmp(facts->container, "mov"))
        return differs(err, "container", facts->container, "mp4");
    if (facts->edit_list)
        return differs(err, "edit list", "there", "none");
    if (!facts->moov_first)
        return differs(err, "index", "behind the media", "in front of it");
    if (facts->duration_ms > span_ms)
        return differs_number(err, "duration in ms", facts->duration_ms, span_ms);
    if (recipe->max_bytes && facts->size_bytes > recipe->max_bytes)
        return differs_number(err, "size in bytes", facts->size_bytes, recipe->max_bytes);
    return true;
}

static bool verify_picture(const struct recipe *recipe, const struct video_facts *video, struct error *err)
{
    if (video->width_px != recipe->width_px || video->height_px != recipe->height_px)
        return fail_rule(err, ERROR_INTERNAL, "render.verify", "picture is %dx%d, wanted %dx%d", video->width_px, video->height_px,
                         recipe->width_px, recipe->height_px);
    if (strcmp(video->codec, "h264"))
        return differs(err, "codec", video->codec, "h264");
    if (video->rotation_deg)
        return differs_number(err, "rotation", video->rotation_deg, 0);
    if (video->bit_depth != 8 || strcmp(video->chroma, "420"))
        return differs(err, "pixels", video->pix_fmt, "yuv420p");
    if (video->hdr != HDR_NONE || strcmp(video->matrix, "bt709") || video->full_range)
        return differs(err, "colour matrix", video->matrix, "bt709, limited range");
    /* a rate that was measured on few frames is rounded to the millisecond: 2 % is what two frames allow */
    if (video->nb_frames > 50 && llabs((int64_t)video->fps_num * recipe->fps_den * 50 - (int64_t)recipe->fps_num * video->fps_den * 50) >
                                     (int64_t)recipe->fps_num * video->fps_den)
        return differs_number(err, "frames per 1000 s", (int64_t)video->fps_num * 1000 / video->fps_den,
                              (int64_t)recipe->fps_num * 1000 / recipe->fps_den);
    return true;
}

bool verify_rendition(const struct recipe *recipe, const struct facts *facts, struct error *err)
{
    bool wants_sound = recipe->audio_stream >= 0 || recipe->audio_silent;

    if (recipe->work == WORK_ORIGINAL)
        return true;
    if (!verify_container(recipe, facts, err))
        return false;
    if (facts->video.stream < 0 || (wants_sound && facts->audio.stream < 0))
        return differs(err, "tracks", facts->video.stream < 0 ? "no picture" : "no sound", "both");
    return recipe->work != WORK_ENCODE || verify_picture(recipe, &facts->video, err);
}
