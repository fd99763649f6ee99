#include "plan/share.h"

#include <crosscut/str.h>

#include "base/auto.h"
#include "base/hash.h"
#include "plan/rate.h"
#include "plan/shape.h"
#include <string.h>

/* Ends that differ by less than the margin under a limit cost nobody any content. */
#define SAME_END_MS 100

struct group {
    enum recipe_work work;
    enum shape_wish wish;
    const struct fit *first;
    int64_t in_ms, out_ms;
    struct shape shape;                 /* for WORK_ENCODE */
    struct limits limits;               /* of all members */
    int64_t audio_bps, video_bps;       /* ceilings that are ideals: the least for sound, the most for the picture */
    struct taker **takers;
    size_t nb_takers;
};

struct sharing {
    const struct plan_input *input;
    const struct master *master;
    struct arena *arena;
    struct group *groups;
    size_t nb_groups, nb_takers;
};

static int64_t ideal_max(const struct limits *limits, enum spec_property property)
{
    const struct limit *limit = &limits->ideal[property];

    return limit->known && limit->row.has_max ? limit->row.max : INT64_MAX;
}

static void add(struct group *group, struct taker *taker)
{
    int64_t audio = ideal_max(&taker->fit.limits, SPEC_AUDIO_BITRATE),
            video = ideal_max(&taker->fit.limits, SPEC_VIDEO_BITRATE);

    group->takers[group->nb_takers++] = taker;
    if (taker->fit.out_ms < group->out_ms)
        group->out_ms = taker->fit.out_ms;
    if (group->nb_takers == 1 || audio < group->audio_bps)
        group->audio_bps = audio;
    if (group->nb_takers == 1 || video > group->video_bps)
        group->video_bps = video;
}

static bool shape_fits(const struct shape *shape, const struct limits *limits)
{
    int w = shape->width_px, h = shape->height_px, least = w < h ? w : h, most = w < h ? h : w;

    return w <= limits_max(limits, SPEC_WIDTH, w) && h <= limits_max(limits, SPEC_HEIGHT, h) &&
           most <= limits_max(limits, SPEC_SIDE, most) && least >= limits_min(limits, SPEC_SIDE, least);
}

static bool wants_shape(const struct group *group, const struct fit *fit)
{
    switch (fit->wish) {
    case SHAPE_ANY: return true;
    case SHAPE_OWN: return group->shape.reframe == REFRAME_NONE;
    case SHAPE_IDEAL:
        return group->wish == SHAPE_IDEAL && group->shape.width_px == fit->ideal_width_px &&
               group->shape.height_px == fit->ideal_height_px && !strcmp(group->first->reframe, fit->reframe);
    }
    return false;
}

static bool join(struct group *group, struct taker *taker, enum recipe_work work)
{
    const struct fit *fit = &taker->fit;
    int64_t apart = group->out_ms - fit->out_ms;
    struct limits both = group->limits;

    if (group->work != work || group->in_ms != fit->in_ms || apart > SAME_END_MS || apart < -SAME_END_MS)
        return false;
    if (work == WORK_ENCODE && !wants_shape(group, fit))
        return false;
    if (work == WORK_AUDIO || work == WORK_ENCODE) {
        if (!limits_intersect(&both, &fit->limits) || (work == WORK_ENCODE && !shape_fits(&group->shape, &both)))
            return false;
    }
    group->limits = both;
    add(group, taker);
    return true;
}

static void open_group(struct sharing *s, struct taker *taker)
{
    const struct fit *fit = &taker->fit;
    const struct video_facts *video = &s->master->facts.video;
    struct group *group = &s->groups[s->nb_groups++];

    *group = (struct group){.work = fit->work,
                            .wish = fit->wish,
                            .first = fit,
                            .in_ms = fit->in_ms,
                            .out_ms = fit->out_ms,
                            .limits = fit->limits,
                            .takers = arena_alloc(s->arena, s->nb_takers * sizeof(struct taker *))};
    if (fit->work == WORK_ENCODE)
        group->shape = fit->wish == SHAPE_IDEAL
                           ? shape_fill(video, fit->ideal_width_px, fit->ideal_height_px, fit->reframe, s->arena)
                           : shape_own(video, &fit->limits, s->arena);
    add(group, taker);
}

static bool join_any(struct sharing *s, struct taker *taker, enum recipe_work work, bool only_unreframed)
{
    for (size_t i = 0; i < s->nb_groups; i++)
        if (!(only_unreframed && s->groups[i].shape.reframe != REFRAME_NONE) && join(&s->groups[i], taker, work))
            return true;
    return false;
}

/* Who wants most of the picture comes first: the platform's frame, then the master's shape, then those who take what is
 * there. An encode that is made anyway also serves a place that is not particular and would need work of its own. */
static void form_groups(struct sharing *s, struct taker *takers)
{
    static const enum shape_wish order[] = {SHAPE_IDEAL, SHAPE_OWN, SHAPE_ANY};

    for (size_t o = 0; o < sizeof order / sizeof order[0]; o++)
        for (size_t i = 0; i < s->nb_takers; i++) {
            struct taker *taker = &takers[i];
            enum recipe_work work = taker->fit.work;
            bool shares = taker->fit.would_share || work == WORK_ENCODE;

            if (taker->fit.wish != order[o])
                continue;
            if (shares && (join_any(s, taker, WORK_ENCODE, true) || join_any(s, taker, WORK_ENCODE, false)))
                continue;
            if (work == WORK_ENCODE || !join_any(s, taker, work, false))
                open_group(s, taker);
        }
}

/* ---- the recipe ---- */

/* x264 by `quality`, from ADAPTATION 4.1: what a platform's own encode leaves of it, against CPU time. */
static const struct quality {
    const char *name, *preset;
    int crf;
} qualities[] = {
    {"balanced", "superfast", 18},    /* equals medium CRF 18 after the platform, for under a third of the time */
    {"fast", "superfast", 20},
    {"small", "veryfast", 20},
};

static const struct quality *quality_of(const struct render_settings *render)
{
    for (size_t i = 0; render->quality && i < sizeof qualities / sizeof qualities[0]; i++)
        if (!strcmp(render->quality, qualities[i].name))
            return &qualities[i];
    return &qualities[0];
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#define MEZZANINE_BPS 20000000     /* more is not seen after the platform's own encode (ADAPTATION 4.1) */
#define FAST_THOUSANDTHS 49999     /* from 50 fps on a frame is seen for so short a time that CRF + 1 looks the same */

/* 97 % of the cap: the container, and a rate control that is not exact. 0 where even the ceiling of the rate stays
 * below: then the cap is no part of the recipe, and the file can serve again when another destination joins. */
static int64_t max_bytes(const struct group *group, const struct recipe *recipe)
{
    int64_t cap = limits_max(&group->limits, SPEC_SIZE, 0), span = recipe->out_ms - recipe->in_ms;
    int64_t most = (recipe->maxrate_bps + recipe->audio_bitrate_bps) / 8 * (span + 4000) / 1000;    /* + 2 x bufsize */

    return cap && most > cap / 100 * 97 ? cap / 100 * 97 : 0;
}

static void choose_sound(const struct sharing *s, const struct group *group, struct recipe *recipe)
{
    const struct render_settings *render = &s->input->render;
    int64_t bps = least(group->audio_bps, limits_max(&group->limits, SPEC_AUDIO_BITRATE, 192000));

    recipe->audio_silent = s->master->facts.audio.stream < 0;
    recipe->sample_rate_hz = (int)least(48000, limits_max(&group->limits, SPEC_SAMPLE_RATE, 48000));
    recipe->channels = (int)least(2, limits_max(&group->limits, SPEC_CHANNELS, 2));
    recipe->audio_bitrate_bps = least(bps, 192000);
    recipe->normalize = render->loudness && !recipe->audio_silent;
    recipe->target_lufs = recipe->normalize ? render->target_lufs : 0;
    recipe->target_dbtp = recipe->normalize ? render->target_dbtp : 0;
}

static struct rate choose_picture(const struct sharing *s, const struct group *group, struct recipe *recipe)
{
    const struct video_facts *video = &s->master->facts.video;
    const struct quality *quality = quality_of(&s->input->render);
    struct rate rate = rate_choose(video, limits_min(&group->limits, SPEC_FPS, 0),
                                   limits_max(&group->limits, SPEC_FPS, 60000), s->arena);

    recipe->width_px = group->shape.width_px;
    recipe->height_px = group->shape.height_px;
    recipe->reframe = group->shape.reframe;
    recipe->crop = group->shape.crop;
    recipe->fps_num = rate.num;
    recipe->fps_den = rate.den;
    recipe->deinterlace = video->scan != SCAN_PROGRESSIVE;
    recipe->tone_map = video->hdr != HDR_NONE || video->dolby_vision;
    snprintf(recipe->encoder, sizeof recipe->encoder, "x264");
    snprintf(recipe->preset, sizeof recipe->preset, "%s", quality->preset);
    recipe->crf = quality->crf + (rate_thousandths(rate.num, rate.den) > FAST_THOUSANDTHS);
    recipe->maxrate_bps =
        least(least(MEZZANINE_BPS, group->video_bps), limits_max(&group->limits, SPEC_VIDEO_BITRATE, MEZZANINE_BPS));
    recipe->gop_ms = 2000;
    return rate;
}

static void explain_picture(const struct group *group, const struct recipe *recipe, const struct rate *rate,
                            struct notes *reasons)
{
    struct arena *arena = reasons->arena;

    notes_add(reasons, "%s", group->shape.why);
    notes_add(reasons, "%s", rate->why);
    if (recipe->tone_map)
        notes_add(reasons, "HDR mapped to SDR (BT.709)");
    notes_add(reasons, "H.264 %s, CRF %d, at most %s, a key frame every %s", recipe->preset, recipe->crf,
              words_bitrate(arena, recipe->maxrate_bps), words_duration(arena, recipe->gop_ms));
    if (recipe->max_bytes)
        notes_add(reasons, "under %s in all, %s on average (%s)", words_size(arena, recipe->max_bytes),
                  words_bitrate(arena, recipe->max_bytes * 8 / (recipe->out_ms - recipe->in_ms) * 1000),
                  group->limits.hard[SPEC_SIZE].row.source);
}

static void explain_sound(const struct recipe *recipe, struct notes *reasons)
{
    struct arena *arena = reasons->arena;

    if (recipe->audio_silent)
        notes_add(reasons, "no sound in the master: a silent track, for the players and platforms that need one");
    notes_add(reasons, "AAC %d Hz, %s, %s%s", recipe->sample_rate_hz, recipe->channels == 2 ? "stereo" : "mono",
              words_bitrate(arena, recipe->audio_bitrate_bps),
              recipe->normalize ? arena_printf(arena, ", loudness to %g LUFS, peaks under %g dBTP", recipe->target_lufs,
                                               recipe->target_dbtp) : "");
}

static const char *names_of(const struct group *group, struct arena *arena)
{
    AUTO_STR struct str names = {0};

    for (size_t i = 0; i < group->nb_takers; i++)
        str_printf(&names, "%s%s", i ? ", " : "", group->takers[i]->destination);
    return arena_strdup(arena, str_text(&names));
}

static const char **explain(const struct sharing *s, const struct group *group, const struct recipe *recipe,
                            const struct rate *rate)
{
    static const char *const what[] = {
        [WORK_ORIGINAL] = "the master itself", [WORK_REMUX] = "a copy of the streams in a clean MP4",
        [WORK_AUDIO] = "the picture copied, the sound encoded", [WORK_ENCODE] = "one encoding",
    };
    struct notes reasons = {.arena = s->arena};

    notes_add(&reasons, "%s: %s", names_of(group, s->arena), what[recipe->work]);
    if (recipe->work == WORK_ENCODE)
        explain_picture(group, recipe, rate, &reasons);
    if (recipe->work == WORK_ENCODE || recipe->work == WORK_AUDIO)
        explain_sound(recipe, &reasons);
    return notes_lines(&reasons);
}

static void name_rendition(const struct sharing *s, struct plan_rendition *rendition)
{
    json_auto_t *json = recipe_to_json(&rendition->recipe);
    AUTO_FREE char *canonical = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    AUTO_STR struct str all = {0};
    char hex[SHA256_HEX_BYTES];

    str_printf(&all, "%s\n%s\n%s", s->master->id ? s->master->id : s->master->path, canonical ? canonical : "",
               s->input->version ? s->input->version : "");
    sha256_bytes(str_text(&all), all.bytes, hex);
    snprintf(rendition->id, sizeof rendition->id, "%.32s", hex);
}

/* The author's, else a third into the clip and at most 3 s: past a fade-in, before a hook is over. */
static int64_t cover_of(const struct sidecar *sidecar, const struct recipe *recipe)
{
    int64_t span = recipe->out_ms - recipe->in_ms;
    int64_t cover = sidecar->cover_ms >= 0 ? sidecar->cover_ms - recipe->in_ms : least(span / 3, 3000);

    if (cover < 0)
        return 0;
    return cover < span ? cover : span - 1;
}

static struct plan_rendition make_rendition(const struct sharing *s, const struct group *group)
{
    const struct facts *facts = &s->master->facts;
    struct plan_rendition made = {
        .cover_path = s->master->sidecar.cover_path,
        .recipe = {.work = group->work, .in_ms = group->in_ms, .out_ms = group->out_ms,
                   .video_stream = facts->video.stream, .audio_stream = facts->audio.stream},
    };
    struct rate rate = {0};

    if (group->work == WORK_AUDIO || group->work == WORK_ENCODE)
        choose_sound(s, group, &made.recipe);
    if (group->work == WORK_ENCODE) {
        rate = choose_picture(s, group, &made.recipe);
        made.recipe.max_bytes = max_bytes(group, &made.recipe);
    }
    name_rendition(s, &made);
    made.cover_ms = cover_of(&s->master->sidecar, &made.recipe);
    made.reasons = explain(s, group, &made.recipe, &rate);
    return made;
}

size_t share_make(const struct plan_input *input, size_t master, struct taker *takers, size_t nb_takers,
                  struct plan_rendition *renditions, struct arena *arena)
{
    struct sharing s = {input, &input->masters[master], arena, arena_alloc(arena, nb_takers * sizeof(struct group)), 0,
                        nb_takers};

    size_t nb = 0, same;

    form_groups(&s, takers);
    for (size_t i = 0; i < s.nb_groups; i++) {
        struct plan_rendition made = make_rendition(&s, &s.groups[i]);

        made.master = master;
        for (same = 0; same < nb && strcmp(renditions[same].id, made.id) != 0;)    /* other wishes, the same recipe */
            same++;
        if (same == nb)
            renditions[nb++] = made;
        for (size_t t = 0; t < s.groups[i].nb_takers; t++)
            s.groups[i].takers[t]->rendition = same;
    }
    return nb;
}
