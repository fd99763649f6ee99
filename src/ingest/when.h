/* Times as people write them in a sidecar. */
#ifndef INGEST_WHEN_H
#define INGEST_WHEN_H

#include "ingest/zone.h"
#include <stdbool.h>
#include <stdint.h>

#define WHEN_MAX_S 360000    /* 100 hours: longer than any master */

/* "12.5", "mm:ss.mmm", "hh:mm:ss.mmm"; a comma may stand for the point. */
bool when_media_ms(const char *text, int64_t *ms);
/* The date and time at the start of a text, "2026-11-24T15:00[:00]"; *rest is what follows. */
bool when_civil(const char *text, struct civil *time, const char **rest);
/* What follows in RFC 3339: fractions of a second, then Z or +hh:mm. */
bool when_offset(const char *text, int64_t *offset_s);

#endif
