/* Words for people: limits, values and reasons as the planner and `check` write them. Everything is in the arena. */
#ifndef PLAN_WORDS_H
#define PLAN_WORDS_H

#include <crosscut/arena.h>
#include <crosscut/spec.h>
#include <stddef.h>
#include <stdint.h>

/* A list of sentences that grows and ends as the NULL-terminated array the plan hands out. */
struct notes {
    struct arena *arena;
    const char **lines;     /* NULL-terminated once something was added */
    size_t nb_lines, capacity;
};
void notes_add(struct notes *notes, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
const char **notes_lines(const struct notes *notes);    /* NULL-terminated, never NULL */

const char *words_duration(struct arena *arena, int64_t ms);             /* "2.35 s", "12 min 5 s" */
const char *words_size(struct arena *arena, int64_t bytes);              /* "312.4 MB" */
const char *words_bitrate(struct arena *arena, int64_t bps);             /* "8.2 Mb/s", "128 kb/s" */
const char *words_fps(struct arena *arena, int64_t thousandths);         /* "29.97 fps" */
const char *words_aspect(struct arena *arena, int64_t thousandths);      /* "9:16", "1.85:1" */
/* A number of that property with its unit: "1920 px", "-14 LUFS". */
const char *words_value(struct arena *arena, enum spec_property property, int64_t value);
/* What a limit asks for: "23 fps to 60 fps", "at most 5 min", "h264 or hevc". */
const char *words_limit(struct arena *arena, const struct spec_row *row);

#endif
