/* The keys of clip.json, checked and normalised. Used by sidecar.c only. */
#ifndef INGEST_SIDECAR_JSON_H
#define INGEST_SIDECAR_JSON_H

#include <crosscut/sidecar.h>
#include <stddef.h>

/* Reads the document into `sidecar`, which the caller has set to its defaults. `path` names it in errors; files it
 * names are looked for in `folder`. On success sidecar->document is owned by the caller. */
bool sidecar_json_read(const char *path, const char *folder, struct arena *arena, struct sidecar *sidecar,
                       struct error *err);

/* Text for people: NFC, line ends as \n, no blanks at the end; NULL when it is not UTF-8 or holds other control
 * characters. */
char *sidecar_text(struct arena *arena, const char *text);
/* A file beside the sidecar; false when it is none. */
bool sidecar_is_file(const char *path);

#endif
