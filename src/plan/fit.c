#include "plan/fit.h"

#include "plan/rate.h"
#include "plan/shape.h"
#include <string.h>

/* Containers round durations up (AAC priming, a last frame): stay this far below a limit, plus one frame. */
#define MARGIN_MS 50

struct fitting {
    const struct master *master;
    const struct destination *destination;
    const struct spec *spec;
    struct arena *arena;
    struct notes *reasons, *warnings;
    struct fit *fit;
};

/* What makes a property right that a destination does not take: the least work that does. */
static const enum recipe_work cures[SPEC_PROPERTIES] = {
    [SPEC_CONTAINER] = WORK_REMUX,      [SPEC_EDIT_LIST] = WORK_REMUX,      [SPEC_MOOV_FIRST] = WORK_REMUX,
    [SPEC_AUDIO_CODEC] = WORK_AUDIO,    [SPEC_AUDIO_BITRATE] = WORK_AUDIO,  [SPEC_SAMPLE_RATE] = WORK_AUDIO,
    [SPEC_CHANNELS] = WORK_AUDIO,       [SPEC_AUDIO_TRACK] = WORK_AUDIO,
    [SPEC_VIDEO_CODEC] = WORK_ENCODE,   [SPEC_CHROMA] = WORK_ENCODE,        [SPEC_BIT_DEPTH] = WORK_ENCODE,
    [SPEC_HDR] = WORK_ENCODE,           [SPEC_SCAN] = WORK_ENCODE,          [SPEC_WIDTH] = WORK_ENCODE,
    [SPEC_HEIGHT] = WORK_ENCODE,        [SPEC_SIDE] = WORK_ENCODE,          [SPEC_ASPECT] = WORK_ENCODE,
    [SPEC_FPS] = WORK_ENCODE,           [SPEC_DURATION] = WORK_ENCODE,      [SPEC_SIZE] = WORK_ENCODE,
    [SPEC_VIDEO_BITRATE] = WORK_ENCODE, [SPEC_CLOSED_GOP] = WORK_ENCODE,
    [SPEC_LOUDNESS] = WORK_ORIGINAL,    [SPEC_TRUE_PEAK] = WORK_ORIGINAL,   /* alone no reason to touch a file */
};

static const char *platform_title(const struct fitting *f)
{
    return f->destination->adapter->title;
}

static void raise_work(struct fitting *f, enum recipe_work work)
{
    if (work > f->fit->work)
        f->fit->work = work;
}

static const char *sourced(const struct fitting *f, const struct spec_row *row)
{
    return arena_printf(f->arena, "%s, %s", row->source, f->spec->date);
}

/* ---- what no destination takes ---- */

static bool refuse(const struct fitting *f, struct error *err, const char *rule, const char *text, const char *way_out)
{
    return fail_rule(err, ERROR_REFUSED, rule, "'%s': %s; %s", f->master->path, text, way_out);
}

static bool usable(const struct fitting *f, struct error *err)
{
    const struct video_facts *v = &f->master->facts.video;

    if (f->master->error.text[0]) {
        if (err)
            *err = f->master->error;
        return false;
    }
    if (v->stream < 0 || !v->codec[0])
        return refuse(f, err, "master.video", "there is no picture in it, only sound or data",
                      "a post needs a video; lay the sound over a still picture first");
    if (v->width_px < 2 || v->height_px < 2)
        return refuse(f, err, "master.size",
                      arena_printf(f->arena, "its picture is %dx%d px", v->width_px, v->height_px), "export it again");
    if (f->master->facts.duration_ms <= 0)
        return refuse(f, err, "master.duration", "its duration is not known",
                      "export it again, or copy it into an MP4 first");
    return true;
}

/* ---- the span ---- */

static int64_t frame_ms(const struct video_facts *video)
{
    int64_t rate = rate_thousandths(video->fps_num, video->fps_den);

    return rate < 23000 ? 44 : (1000000 + rate - 1) / rate;    /* of the rendition, where slow masters are re-timed */
}

/* What the author chose. An end within a frame of the file's own is no trim. */
static bool choose_span(struct fitting *f, struct error *err)
{
    const struct sidecar *s = &f->master->sidecar;
    int64_t duration = f->master->facts.duration_ms, in = s->in_ms > 0 ? s->in_ms : 0,
            out = s->out_ms > 0 ? s->out_ms : duration;

    if (out > duration) {
        notes_add(f->warnings, "the sidecar's `out` is at %s, the file ends at %s: it goes to the end",
                  words_duration(f->arena, out), words_duration(f->arena, duration));
        out = duration;
    }
    if (duration - out <= frame_ms(&f->master->facts.video))
        out = duration;
    if (in >= out)
        return refuse(f, err, "sidecar.in",
                      arena_printf(f->arena, "`in` at %s leaves nothing before %s", words_duration(f->arena, in),
                                   words_duration(f->arena, out)),
                      "choose an earlier `in` in the sidecar");
    f->fit->in_ms = in;
    f->fit->out_ms = out;
    if (in > 0 || out < duration) {
        notes_add(f->reasons, "%s to %s of %s, as the sidecar says", words_duration(f->arena, in),
                  words_duration(f->arena, out), words_duration(f->arena, duration));
        raise_work(f, WORK_ENCODE);
    }
    return true;
}

static bool long_enough(const struct fitting *f, struct error *err)
{
    const struct limit *limit = &f->fit->limits.hard[SPEC_DURATION];
    int64_t span = f->fit->out_ms - f->fit->in_ms;

    if (span >= limits_min(&f->fit->limits, SPEC_DURATION, 0))
        return true;
    return refuse(f, err, arena_printf(f->arena, "%s.duration", f->spec->platform),
                  arena_printf(f->arena, "lasts %s, %s takes %s (%s)", words_duration(f->arena, span),
                               platform_title(f), words_limit(f->arena, &limit->row), sourced(f, &limit->row)),
                  arena_printf(f->arena, "use a longer clip, or leave it out with --skip %s", f->destination->name));
}

/* The end goes when it must. What is encoded stays a little below the limit, what is copied may reach it. A length that
 * only just keeps a post what it is (a Short) counts as a limit too. */
static void cut_to_limit(struct fitting *f)
{
    const struct limit *limit = &f->fit->limits.hard[SPEC_DURATION], *ideal = &f->fit->limits.ideal[SPEC_DURATION];
    int64_t span = f->fit->out_ms - f->fit->in_ms, max = limits_max(&f->fit->limits, SPEC_DURATION, INT64_MAX / 2),
            most;

    if (span > max)
        raise_work(f, WORK_ENCODE);
    if (f->fit->wish == SHAPE_IDEAL && ideal->known && ideal->row.has_max && span <= ideal->row.max &&
        ideal->row.max < max) {
        max = ideal->row.max;
        limit = ideal;
    }
    most = max - MARGIN_MS - frame_ms(&f->master->facts.video);
    if (f->fit->work != WORK_ENCODE || span <= most)
        return;
    if (most < 1)
        most = 1;
    f->fit->out_ms = f->fit->in_ms + most;
    notes_add(
        f->warnings,
        "the last %s are cut off: it lasts %s, %s takes %s (%s); `in` and `out` in the sidecar choose another part",
        words_duration(f->arena, span - most), words_duration(f->arena, span), platform_title(f),
        words_limit(f->arena, &limit->row), sourced(f, &limit->row));
}

/* Under this rate a 1080x1920 picture is blocks: better refused than sent. */
#define LEAST_BPS 200000

static bool small_enough(const struct fitting *f, struct error *err)
{
    const struct limit *limit = &f->fit->limits.hard[SPEC_SIZE];
    int64_t span = f->fit->out_ms - f->fit->in_ms, max = limits_max(&f->fit->limits, SPEC_SIZE, 0);

    if (f->fit->work != WORK_ENCODE || !max || max / span * 8000 + max % span * 8000 / span >= LEAST_BPS)
        return true;
    return refuse(f, err, arena_printf(f->arena, "%s.size", f->spec->platform),
                  arena_printf(f->arena, "%s of picture and sound do not fit into %s (%s)",
                               words_duration(f->arena, span), words_size(f->arena, max), sourced(f, &limit->row)),
                  "trim it with `in` and `out` in the sidecar");
}

/* ---- the shape ---- */

/* An ideal length that is exceeded can make it another kind of post, for which the ideal frame does not count. */
static bool stays_ideal(const struct fitting *f)
{
    const struct limit *limit = &f->fit->limits.ideal[SPEC_DURATION];
    int64_t span = f->fit->out_ms - f->fit->in_ms, max = limits_max(&f->fit->limits, SPEC_DURATION, INT64_MAX);
    int w = f->fit->ideal_width_px, h = f->fit->ideal_height_px;
    const char *surface;

    if (span > max)
        span = max;
    if (!limit->known || !limit->row.has_max || span <= limit->row.max)
        return true;
    surface = f->spec->surface(w, h, span);
    if (!strcmp(surface, f->spec->surface(w, h, limit->row.max)))
        return true;
    notes_add(f->warnings,
              "it lasts %s and will be a %s, not a %s: %s likes %s (%s); max_duration = %llds would cut it",
              words_duration(f->arena, span), surface, f->spec->surface(w, h, limit->row.max), platform_title(f),
              words_limit(f->arena, &limit->row), sourced(f, &limit->row), (long long)(limit->row.max / 1000));
    return false;
}

static const char *text_setting(const struct fitting *f, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(f->destination->settings, name));

    return text && *text ? text : otherwise;
}

static void wish_shape(struct fitting *f, const struct render_settings *render)
{
    const struct video_facts *video = &f->master->facts.video;
    struct fit *fit = f->fit;

    fit->reframe = text_setting(f, "reframe", render->reframe ? render->reframe : "auto");
    fit->wish = strcmp(text_setting(f, "shape", "shared"), "original") ? SHAPE_ANY : SHAPE_OWN;
    if (!shape_ideal(&fit->limits, &fit->ideal_width_px, &fit->ideal_height_px))
        return;
    fit->wish = stays_ideal(f) ? SHAPE_IDEAL : SHAPE_OWN;
    if (fit->wish != SHAPE_IDEAL || shape_matches(video, fit->ideal_width_px, fit->ideal_height_px))
        return;
    notes_add(f->reasons, "shape: %s, %s fills a screen of %dx%d (%s)",
              words_aspect(f->arena, measure_fact(&f->master->facts, SPEC_ASPECT).most), platform_title(f),
              fit->ideal_width_px, fit->ideal_height_px, sourced(f, &fit->limits.ideal[SPEC_ASPECT].row));
    raise_work(f, WORK_ENCODE);
    if (!strcmp(fit->reframe, "track"))
        notes_add(f->warnings, "reframe = track: without an analysis of the subject the crop holds the centre");
}

/* ---- what the file needs ---- */

/* Streams that an MP4 can carry for every platform: the ones worth copying. */
static bool copies_video(const struct facts *facts)
{
    return !strcmp(facts->video.codec, "h264") || !strcmp(facts->video.codec, "hevc");
}

static bool copies_audio(const struct facts *facts)
{
    return facts->audio.stream < 0 || !strcmp(facts->audio.codec, "aac");
}

static void need(struct fitting *f, enum recipe_work work, const char *why)
{
    notes_add(f->reasons, "%s", why);
    raise_work(f, work);
}

/* Hard limits, and the ideals that cost no more than a copy of the picture. The span is settled elsewhere, and HDR
 * and interlacing are mended for everybody. */
static void meet_limits(struct fitting *f)
{
    for (size_t i = 0; i < f->spec->nb_rows; i++) {
        struct limit limit = limit_of(&f->spec->rows[i], f->destination->settings);
        enum spec_property property = limit.row.property;
        struct measure measure = measure_fact(&f->master->facts, property);
        bool cheap = property == SPEC_EDIT_LIST || property == SPEC_MOOV_FIRST || property == SPEC_AUDIO_CODEC;

        if (property == SPEC_DURATION || property == SPEC_HDR || property == SPEC_SCAN || !measure.known ||
            limit_takes(&limit.row, &measure) ||
            (limit.row.force == SPEC_IDEAL && !(cheap && copies_video(&f->master->facts))))
            continue;
        notes_add(f->reasons, "%s: %s, %s %s %s (%s)", spec_property_name(property),
                  measure_words(f->arena, property, &measure), platform_title(f),
                  limit.row.force == SPEC_HARD ? "takes" : "likes", words_limit(f->arena, &limit.row),
                  sourced(f, &limit.row));
        raise_work(f, cures[property]);
    }
    for (int p = 0; p < SPEC_PROPERTIES; p++) {
        struct limit limit = limit_added(f->spec, (enum spec_property)p, f->destination->settings);
        struct measure measure = measure_fact(&f->master->facts, (enum spec_property)p);

        if (limit.known && p != SPEC_DURATION && measure.known && !limit_takes(&limit.row, &measure))
            need(f, cures[p], arena_printf(f->arena, "%s: %s, the %s is %s", spec_property_name((enum spec_property)p),
                                           measure_words(f->arena, (enum spec_property)p, &measure), limit.row.source,
                                           words_limit(f->arena, &limit.row)));
    }
}

/* What viewers would see wrong although a platform may take it. */
static void stand_upright(struct fitting *f)
{
    const struct facts *facts = &f->master->facts;
    const struct video_facts *v = &facts->video;
    int extra = facts->nb_streams - 1 - (facts->audio.stream >= 0);

    if (v->rotation_deg || v->mirrored)
        need(f, WORK_ENCODE, arena_printf(f->arena, "stored %s, turned upright: not every player honours the flag",
                                          v->rotation_deg ? "on its side or head" : "mirrored"));
    if (v->hdr != HDR_NONE || v->dolby_vision)
        need(f, WORK_ENCODE, arena_printf(f->arena, "HDR (%s) to SDR, so that it looks the same everywhere",
                                          v->dolby_vision ? "Dolby Vision" : v->hdr == HDR_PQ ? "PQ" : "HLG"));
    if (v->sar_num > 0 && v->sar_den > 0 && v->sar_num != v->sar_den)
        need(f, WORK_ENCODE, arena_printf(f->arena, "pixels %d:%d made square", v->sar_num, v->sar_den));
    if (v->scan != SCAN_PROGRESSIVE)
        need(f, WORK_ENCODE, "interlaced, deinterlaced");
    if (facts->tells_where && copies_video(facts))
        need(f, WORK_REMUX, "its metadata says where or with what it was filmed: left out");
    if (extra > 0 && copies_video(facts))
        need(f, WORK_REMUX,
             arena_printf(f->arena, "%d more stream%s in the file (timed data, a second picture or sound): left out",
                          extra, extra == 1 ? "" : "s"));
}

/* Copying needs streams that an MP4 carries, and a start that no edit list hides. */
static void check_copy(struct fitting *f)
{
    const struct facts *facts = &f->master->facts;

    if (f->fit->work == WORK_REMUX && !copies_audio(facts))
        need(f, WORK_AUDIO,
             arena_printf(f->arena, "the sound (%s) cannot be copied into an MP4 for everybody", facts->audio.codec));
    if ((f->fit->work == WORK_REMUX || f->fit->work == WORK_AUDIO) && !copies_video(facts))
        need(f, WORK_ENCODE,
             arena_printf(f->arena, "the picture (%s) cannot be copied into an MP4 for everybody", facts->video.codec));
    if ((f->fit->work == WORK_REMUX || f->fit->work == WORK_AUDIO) && facts->edit_list_trims)
        need(f, WORK_ENCODE, "its edit list hides a part, a copy would show it");
}

/* A file that will do, but is heavier than the place would like. */
static bool heavier_than_ideal(const struct fitting *f)
{
    static const enum spec_property weights[] = {SPEC_SIDE, SPEC_VIDEO_BITRATE, SPEC_FPS, SPEC_SIZE};

    for (size_t i = 0; i < sizeof weights / sizeof weights[0]; i++) {
        const struct limit *limit = &f->fit->limits.ideal[weights[i]];
        struct measure measure = measure_fact(&f->master->facts, weights[i]);

        if (limit->known && measure.known && !limit_takes(&limit->row, &measure))
            return true;
    }
    return false;
}

static void warn_loosened(struct fitting *f)
{
    for (int p = 0; p < SPEC_PROPERTIES; p++) {
        const struct limit *limit = &f->fit->limits.hard[p];

        if (limit->known && limit->moved == MOVED_LOOSER)
            notes_add(f->warnings, "%s allows %s, more than %s's own %s: it may be refused there", limit->row.source,
                      words_value(f->arena, (enum spec_property)p, limit->row.max), platform_title(f),
                      words_value(f->arena, (enum spec_property)p, limit->platform_max));
    }
}

bool fit_master(const struct master *master, const struct destination *destination,
                const struct render_settings *render, struct arena *arena, struct fit *fit,
                struct notes *reasons, struct notes *warnings, struct error *err)
{
    struct fit made = {0};
    struct fitting f = {master, destination, destination->adapter->spec, arena, reasons, warnings, &made};

    if (!usable(&f, err))
        return false;
    made.limits = limits_of(f.spec, destination->settings);
    warn_loosened(&f);
    if (!choose_span(&f, err) || !long_enough(&f, err))
        return false;
    wish_shape(&f, render);
    meet_limits(&f);
    stand_upright(&f);
    check_copy(&f);
    cut_to_limit(&f);
    if (!long_enough(&f, err) || !small_enough(&f, err))
        return false;
    made.would_share = made.wish == SHAPE_ANY && (made.work != WORK_ORIGINAL || heavier_than_ideal(&f));
    *fit = made;
    return true;
}
