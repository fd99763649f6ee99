/* --events: what happens, as it happens: one JSON object per line. {"at": "...", "event": "...", ...} */
#ifndef REPORT_EVENTS_H
#define REPORT_EVENTS_H

#include <crosscut/error.h>
#include <crosscut/post.h>
#include <jansson.h>

struct events;

/* Appends to the file (made with mode 0600: texts of posts are nobody else's business); "-" is stderr.
 * NULL path: NULL comes back, which every function here accepts. */
bool events_open(const char *path, struct events **events, struct error *err);
/* Says false when a line could not be written completely. */
bool events_close(struct events *events, struct error *err);
/* Takes `fields` (an object, or NULL); its keys follow "at" and "event". A full disk does not stop a publication:
 * the first failure is kept for events_close. */
void events_add(struct events *events, int64_t now_ms, const char *event, json_t *fields);
/* event "post": id, destination, platform, master, part, state, and the error when there is one. */
void events_post(struct events *events, int64_t now_ms, const struct post *post, enum post_state state,
                 const struct error *error, const char *permalink);

#endif
