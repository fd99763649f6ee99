#include "plan/limit.h"

#include "plan/words.h"
#include <math.h>
#include <string.h>

/* Settings that every destination has, and the limit each one moves. */
static const struct { enum spec_property property; const char *name, *source; int64_t unit; } movers[] = {
    {SPEC_DURATION, "max_duration", "setting max_duration", 1},
    {SPEC_SIZE, "max_size", "setting max_size", 1},
    {SPEC_FPS, "max_fps", "setting max_fps", 1000},
};

static struct measure number(int64_t value)
{
    return (struct measure){.known = true, .least = value, .most = value};
}

static struct measure positive(int64_t value)
{
    return (struct measure){.known = value > 0, .least = value, .most = value};
}

static struct measure named(const char *name)
{
    return (struct measure){.known = name[0] != '\0', .name = name};
}

static struct measure of_audio(const struct facts *facts, struct measure measure)
{
    return facts->audio.stream < 0 ? (struct measure){.known = true, .absent = true} : measure;
}

static struct measure of_loudness(const struct facts *facts, double level)
{
    if (facts->audio.stream < 0 || (facts->loudness_known && facts->silent))
        return (struct measure){.known = true, .absent = true};
    return facts->loudness_known ? number(llround(level)) : (struct measure){0};
}

static int64_t ratio(int64_t a, int64_t b)
{
    return b > 0 ? (a * 1000 + b / 2) / b : 0;
}

struct measure measure_fact(const struct facts *facts, enum spec_property property)
{
    static const char *const hdr[] = {[HDR_NONE] = "sdr", [HDR_PQ] = "pq", [HDR_HLG] = "hlg"};
    const struct video_facts *v = &facts->video;
    const struct audio_facts *a = &facts->audio;
    int w = v->width_px, h = v->height_px;

    switch (property) {
    case SPEC_CONTAINER: return named(facts->container);
    case SPEC_VIDEO_CODEC: return named(v->codec);
    case SPEC_AUDIO_CODEC: return of_audio(facts, named(a->codec));
    case SPEC_CHROMA: return named(v->chroma);
    case SPEC_BIT_DEPTH: return positive(v->bit_depth);
    case SPEC_HDR: return named(hdr[v->hdr]);
    case SPEC_SCAN: return named(v->scan == SCAN_PROGRESSIVE ? "progressive" : "interlaced");
    case SPEC_WIDTH: return positive(w);
    case SPEC_HEIGHT: return positive(h);
    case SPEC_SIDE: return (struct measure){.known = w > 0 && h > 0, .least = w < h ? w : h, .most = w < h ? h : w};
    case SPEC_ASPECT: return positive(ratio(w, h));
    case SPEC_FPS: return positive(ratio(v->fps_num, v->fps_den));
    case SPEC_DURATION: return positive(facts->duration_ms);
    case SPEC_SIZE: return positive(facts->size_bytes);
    case SPEC_VIDEO_BITRATE: return positive(v->bitrate_bps);
    case SPEC_AUDIO_BITRATE: return of_audio(facts, positive(a->bitrate_bps));
    case SPEC_SAMPLE_RATE: return of_audio(facts, positive(a->sample_rate_hz));
    case SPEC_CHANNELS: return of_audio(facts, positive(a->channels));
    case SPEC_EDIT_LIST: return number(facts->edit_list);
    case SPEC_MOOV_FIRST: return number(facts->moov_first);
    case SPEC_CLOSED_GOP: return v->closed_gop || v->gop_max_ms ? number(v->closed_gop) : (struct measure){0};
    case SPEC_AUDIO_TRACK: return number(a->stream >= 0);
    case SPEC_LOUDNESS: return of_loudness(facts, facts->loudness_lufs);
    case SPEC_TRUE_PEAK: return of_loudness(facts, facts->true_peak_dbtp);
    case SPEC_PROPERTIES: break;
    }
    return (struct measure){0};
}

const char *measure_words(struct arena *arena, enum spec_property property, const struct measure *measure)
{
    if (!measure->known)
        return "not known";
    if (measure->absent)
        return "no sound";
    if (measure->name)
        return measure->name;
    if (measure->least != measure->most)
        return arena_printf(arena, "%s and %s", words_value(arena, property, measure->least),
                            words_value(arena, property, measure->most));
    return words_value(arena, property, measure->most);
}

/* The value of a setting that moves this property, scaled to its unit; 0: not set. */
static int64_t moved_to(enum spec_property property, const char *setting, const json_t *settings, const char **source)
{
    for (size_t i = 0; i < sizeof movers / sizeof movers[0]; i++) {
        const json_t *value;

        if (movers[i].property != property)
            continue;
        value = json_object_get(settings, setting ? setting : movers[i].name);
        *source = movers[i].source;
        return json_is_number(value) ? llround(json_number_value(value) * (double)movers[i].unit) : 0;
    }
    return 0;
}

struct limit limit_of(const struct spec_row *row, const json_t *settings)
{
    struct limit limit = {.known = true, .row = *row, .platform_max = row->max};
    const char *source = NULL;
    int64_t max = row->force == SPEC_HARD ? moved_to(row->property, row->setting, settings, &source) : 0;

    if (max <= 0 || !row->has_max || max == row->max)
        return limit;
    limit.moved = max < row->max ? MOVED_TIGHTER : MOVED_LOOSER;
    limit.row.max = max;
    limit.row.source = source;
    return limit;
}

struct limit limit_added(const struct spec *spec, enum spec_property property, const json_t *settings)
{
    const char *source = NULL;
    int64_t max = moved_to(property, NULL, settings, &source);

    for (size_t i = 0; i < spec->nb_rows; i++)
        if (spec->rows[i].property == property && spec->rows[i].force == SPEC_HARD && spec->rows[i].has_max)
            return (struct limit){0};
    if (max <= 0)
        return (struct limit){0};
    return (struct limit){.known = true, .moved = MOVED_TIGHTER, .row = {
        .property = property, .force = SPEC_HARD, AT_MOST(max), .source = source}};
}

static bool holds_name(const char *names, const char *name)
{
    size_t bytes = strlen(name);

    for (const char *at = names; *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (strcspn(at, " ") == bytes && !memcmp(at, name, bytes))
            return true;
    return false;
}

bool limit_takes(const struct spec_row *row, const struct measure *measure)
{
    if (measure->absent)
        return true;
    if (row->any_of)
        return measure->name && holds_name(row->any_of, measure->name);
    return (!row->has_min || measure->least >= row->min) && (!row->has_max || measure->most <= row->max);
}

/* The tighter of the two, where the first may be unknown. Lists of names stay those of the first: what is made
 * (MP4, H.264, AAC, 4:2:0, SDR) is on every list. */
static void tighten(struct limit *limit, const struct limit *more)
{
    if (!more->known)
        return;
    if (!limit->known) {
        *limit = *more;
        return;
    }
    if (more->row.has_min && (!limit->row.has_min || more->row.min > limit->row.min)) {
        limit->row.has_min = true;
        limit->row.min = more->row.min;
    }
    if (more->row.has_max && (!limit->row.has_max || more->row.max < limit->row.max)) {
        struct spec_row row = limit->row;

        *limit = *more;
        limit->row.has_min = row.has_min;
        limit->row.min = row.min;
    }
}

struct limits limits_of(const struct spec *spec, const json_t *settings)
{
    struct limits limits = {0};

    for (size_t i = 0; i < spec->nb_rows; i++) {
        const struct spec_row *row = &spec->rows[i];
        struct limit limit = limit_of(row, settings);

        tighten(row->force == SPEC_HARD ? &limits.hard[row->property] : &limits.ideal[row->property], &limit);
    }
    for (size_t i = 0; i < sizeof movers / sizeof movers[0]; i++) {
        struct limit limit = limit_added(spec, movers[i].property, settings);

        tighten(&limits.hard[movers[i].property], &limit);
    }
    return limits;
}

bool limits_intersect(struct limits *limits, const struct limits *more)
{
    struct limits both = *limits;

    for (int p = 0; p < SPEC_PROPERTIES; p++) {
        tighten(&both.hard[p], &more->hard[p]);
        if (both.hard[p].known && both.hard[p].row.has_min && both.hard[p].row.has_max &&
            both.hard[p].row.min > both.hard[p].row.max)
            return false;
    }
    *limits = both;
    return true;
}

int64_t limits_max(const struct limits *limits, enum spec_property property, int64_t fallback)
{
    const struct limit *limit = &limits->hard[property];

    return limit->known && limit->row.has_max ? limit->row.max : fallback;
}

int64_t limits_min(const struct limits *limits, enum spec_property property, int64_t fallback)
{
    const struct limit *limit = &limits->hard[property];

    return limit->known && limit->row.has_min ? limit->row.min : fallback;
}
