/* Local time to Unix time by the system's zone database, without the process's own TZ. */
#ifndef INGEST_ZONE_H
#define INGEST_ZONE_H

#include <stdbool.h>
#include <stdint.h>

struct civil { int year, month, day, hour, minute, second; };    /* as on a wall clock; month and day from 1 */

/* Skipped: that hour does not exist, clocks go forward. */
enum zone_answer { ZONE_FOUND, ZONE_UNKNOWN, ZONE_SKIPPED };

bool civil_valid(const struct civil *time);
/* Seconds since 1970 as if `time` were UTC. */
int64_t civil_seconds(const struct civil *time);
/* An hour that happens twice is taken the first time. `zone` is an IANA name. */
enum zone_answer zone_to_unix(const char *zone, const struct civil *time, int64_t *unix_s);

#endif
