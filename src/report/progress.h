/* Progress on stderr: several bars at once on a terminal, plain lines elsewhere. Not for several threads.
 * Time comes from the caller (clock_monotonic_ms), so that a picture of it can be tested. */
#ifndef REPORT_PROGRESS_H
#define REPORT_PROGRESS_H

#include "report/terminal.h"
#include <crosscut/error.h>
#include <stdint.h>
#include <stdio.h>

struct progress;

enum progress_unit {
    PROGRESS_MEDIA,    /* ms of media: shows the speed as a multiple of real time */
    PROGRESS_BYTES,    /* shows bytes and rate */
};

/* `out` is borrowed. NULL with `off`, which every function here accepts and does nothing. */
struct progress *progress_create(FILE *out, const struct terminal *terminal, bool off);
void progress_destroy(struct progress *progress);      /* takes the bars off the screen */

/* A bar. total 0: not known yet. The handle stays valid until its end; -1 when there are too many: all accept it. */
int progress_start(struct progress *progress, const char *label, enum progress_unit unit, int64_t total,
                   int64_t now_ms);
void progress_set(struct progress *progress, int bar, int64_t done, int64_t total, int64_t now_ms);
/* One line stays: the label and `outcome` ("encoded", "published ..."); NULL: only the bar goes. */
void progress_end(struct progress *progress, int bar, const char *outcome, int64_t now_ms);
/* A line above the bars; also where there are no bars. */
void progress_note(struct progress *progress, const char *line);
/* Redraws when it is time; call it now and then while nothing else happens. */
void progress_tick(struct progress *progress, int64_t now_ms);

#endif
