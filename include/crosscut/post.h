/* A post: one (master, destination, part) with its own life. The value is fixed when it is planned
 * and kept in the journal, so that a resume does not depend on files that may have changed. */
#ifndef CROSSCUT_POST_H
#define CROSSCUT_POST_H

#include <crosscut/arena.h>
#include <crosscut/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

enum post_state {
    POST_PLANNED,
    POST_RENDERED,
    POST_SCHEDULED,    /* waits for its time */
    POST_UPLOADING,
    POST_PROCESSING,   /* the platform works on it, or on the question whether it is public */
    POST_PUBLISHED,
    POST_HELD,         /* waits for a person: login, approval, hand-off */
    POST_DEFERRED,     /* waits for a time: quota, outage */
    POST_FAILED,
    POST_UNKNOWN,      /* may be public; a person must look */
    POST_RETRACTED,
    POST_STATES
};

struct adapter;

struct post {
    const char *id;              /* 16 hex digits: hash of the intent (platform, account or destination, master, part, occurrence) */
    const char *master_id;       /* "sha256:..." */
    const char *master_path;
    const char *destination;     /* name of the section */
    const char *platform;        /* adapter name */
    const char *account;         /* or NULL */
    int part, parts;             /* 1 of 1 for most */
    int occurrence;              /* 0; counts up with --again */

    const char *rendition_id;
    const char *rendition;       /* path of the file to send */
    int64_t rendition_bytes;
    const char *rendition_sha256;/* of the bytes, lower-case hex; NULL until rendered */
    const char *content_type;    /* "video/mp4" */
    int width_px, height_px;
    int64_t duration_ms;
    int64_t cover_ms;            /* time in the rendition; -1: none chosen */
    const char *cover;           /* JPEG file, or NULL */

    const json_t *text;          /* {"caption": "...", "title": "..."}: final, already fitted */
    const json_t *hashtags;      /* array of the kept ones, without '#' */
    const char *title;           /* the author's, for pages and file names; never NULL */
    const char *link, *alt_text, *language;   /* or NULL */
    int64_t schedule_ms;         /* Unix time, 0: now */
    int64_t created_ms;          /* Unix time when it was planned */
    bool ai_generated, brand_organic, brand_content;
    bool made_for_kids, made_for_kids_said;

    const json_t *settings;      /* the destination's settings, typed, defaults filled in: durations in ms, sizes in bytes */
    const struct adapter *adapter;
};

const char *post_state_name(enum post_state state);       /* "published" */
bool post_state_parse(const char *name, enum post_state *state);
bool post_state_final(enum post_state state);             /* nothing is left to do: published, failed, retracted */

/* Strings of the struct are borrowed from `json`, which must live as long as it. `adapter` is not stored: after
 * post_from_json it is NULL and the caller sets it with adapter_find(post->platform). */
json_t *post_to_json(const struct post *post);
bool post_from_json(const json_t *json, struct post *post, struct error *err);

/* Settings of a post; the fallback is for names without a default. */
const char *post_setting(const struct post *post, const char *name);              /* "" when unset */
int64_t post_setting_int(const struct post *post, const char *name, int64_t fallback);
bool post_setting_bool(const struct post *post, const char *name, bool fallback);
/* Text field, "" when the post has none. */
const char *post_text(const struct post *post, const char *field);

#endif
