/* Configuration: pipeline.conf files, the environment and --set, in that order of strength, read against the
 * tables of known settings. Unknown sections and keys are refused with the nearest known name. */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include <crosscut/arena.h>
#include <crosscut/error.h>
#include <crosscut/plan.h>
#include <jansson.h>

struct config;

struct config_source {
    const char *file;              /* --config: the only file read; NULL: the user's, then ./pipeline.conf, then the folder's */
    const char *folder;            /* of the first master, or NULL */
    const char *const *sets;       /* --set section.key=value, NULL-terminated, or NULL */
};

/* NULL with *err set (ERROR_CONFIG) on failure; the caller destroys it. */
struct config *config_open(const struct config_source *source, struct error *err);
void config_destroy(struct config *config);    /* accepts NULL */

/* Typed values of a plain section ("pipeline", "render", "host", "publish"), defaults filled in; borrowed. */
const json_t *config_section(const struct config *config, const char *section);
/* The destinations to use: those named in `to` (separated by commas or blanks; NULL: `[pipeline] destinations`),
 * less those in `skip`. Names are checked; the array and its texts belong to the arena, settings to the config. */
bool config_destinations(const struct config *config, const char *to, const char *skip, struct arena *arena,
                         const struct destination **destinations, size_t *nb_destinations, struct error *err);
/* {section: {key: {"value", "origin"}}} of everything that is set, as text; owned by the caller. */
json_t *config_values(const struct config *config);
struct render_settings config_render(const struct config *config);

/* The annotated default, as shipped in pipeline.conf. */
extern const char config_default[];

#endif
