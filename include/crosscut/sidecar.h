/* Sidecar: what the author says about a master, beside it (clip.json, clip.txt, clip.md, clip.jpg, clip.srt).
 * Documented in docs/sidecar.md and docs/sidecar.schema.json. */
#ifndef CROSSCUT_SIDECAR_H
#define CROSSCUT_SIDECAR_H

#include <crosscut/arena.h>
#include <crosscut/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum tristate { UNSAID, SAID_NO, SAID_YES };

struct sidecar {
    const char *path;            /* NULL: there is none */
    const char *title;           /* every text is UTF-8 (NFC) or NULL; strings belong to the arena given to sidecar_read */
    const char *caption;
    const char *const *hashtags; /* without '#', no duplicates, NULL-terminated; never NULL */
    const char *link, *alt_text, *language;
    int64_t in_ms, out_ms;       /* trim; out_ms 0: to the end */
    int64_t cover_ms;            /* -1: not said */
    const char *cover_path;      /* image file, or NULL */
    const char *subtitles_path;  /* or NULL */
    int64_t schedule_ms;         /* Unix time, 0: now */
    const char *schedule_zone;   /* IANA name as written, or NULL */
    enum tristate ai_generated, brand_organic, brand_content, made_for_kids;
    const json_t *destinations;  /* overrides by destination or platform name: {"shorts": {"title": "..."}}; borrowed, or NULL */
    json_t *document;            /* keeps `destinations` alive; release with sidecar_finish */
};

/* Looks beside `master` for the sidecar files and reads them. No file is not an error.
 * A bad clip.json is ERROR_REFUSED naming file, line and column. */
bool sidecar_read(const char *master, struct arena *arena, struct sidecar *sidecar, struct error *err);
void sidecar_finish(struct sidecar *sidecar);

#endif
