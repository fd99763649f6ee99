/* Limits: what a destination takes, after its settings moved the platform's own numbers, and what a master is in the
 * same units. The planner and `check` ask the same questions here. */
#ifndef PLAN_LIMIT_H
#define PLAN_LIMIT_H

#include <crosscut/arena.h>
#include <crosscut/facts.h>
#include <crosscut/spec.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* A fact in the unit of its property. Properties about both sides have two numbers, the others twice the same. */
struct measure {
    bool known;             /* false: not measured */
    bool absent;            /* about a sound track that is not there: no limit applies */
    int64_t least, most;
    const char *name;       /* for the properties with names, else NULL */
};
struct measure measure_fact(const struct facts *facts, enum spec_property property);
const char *measure_words(struct arena *arena, enum spec_property property, const struct measure *measure);

enum moved { MOVED_NOT, MOVED_TIGHTER, MOVED_LOOSER };

struct limit {
    bool known;
    struct spec_row row;    /* as it applies, the source names a setting that moved it */
    enum moved moved;
    int64_t platform_max;   /* before it was loosened */
};

/* One row as it applies under `settings` (an object or NULL). */
struct limit limit_of(const struct spec_row *row, const json_t *settings);
/* The limit a setting adds where the platform has no ceiling of its own; not known when there is no such setting. */
struct limit limit_added(const struct spec *spec, enum spec_property property, const json_t *settings);
bool limit_takes(const struct spec_row *row, const struct measure *measure);    /* measure->known */

/* All limits of a destination; several rows for one property are intersected. */
struct limits {
    struct limit hard[SPEC_PROPERTIES], ideal[SPEC_PROPERTIES];
};
struct limits limits_of(const struct spec *spec, const json_t *settings);
/* Both at once: tightens `limits` by `more`. False when nothing can satisfy both; `limits` is unchanged then. */
bool limits_intersect(struct limits *limits, const struct limits *more);
/* Numbers of a hard limit; the fallback when there is none. */
int64_t limits_max(const struct limits *limits, enum spec_property property, int64_t fallback);
int64_t limits_min(const struct limits *limits, enum spec_property property, int64_t fallback);

#endif
