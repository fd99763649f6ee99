/* What the author says about a master for one destination: the sidecar's words, and what stands in
 * where they are missing. */
#ifndef PLAN_AUTHOR_H
#define PLAN_AUTHOR_H

#include "plan/text.h"

/* A text of the sidecar: the one for this destination, else for this platform, else `otherwise`. */
const char *author_said(const struct text_source *source, const char *key, const char *otherwise);
/* NULL-terminated, without '#', without blanks and doubles. */
const char **author_hashtags(const struct text_source *source, struct arena *arena);
/* "holiday_in-rome_2.mp4" -> "holiday in rome 2"; never empty. */
const char *author_file_name(struct arena *arena, const char *path);
/* The title, else the caption's first line, else the file's name. */
const char *author_title(struct arena *arena, const char *title, const char *caption, const char *path);

/* Without the blanks and line breaks around it; NULL gives NULL. */
const char *text_trimmed(struct arena *arena, const char *text);

#endif
