/* What the files of the YouTube simulator share. The tables are compared with the published API description by a unit
 * test. */
#ifndef TESTS_YOUTUBE_H
#define TESTS_YOUTUBE_H

#include "tests/simulators/core.h"

extern const struct field youtube_video_fields[];      /* of videos.insert */
extern const struct field youtube_update_fields[];     /* of videos.update */
extern const char youtube_parts[];                     /* words for `part` */
extern const char youtube_insert_query[], youtube_list_query[];
extern const char youtube_failures[], youtube_rejections[];

struct session {
    char id[ID_BYTES], video_id[ID_BYTES];     /* video_id "": not complete */
    json_t *resource;                          /* what was sent, without the objects that are not in `part` */
    char *type, *slug, *part;
    int64_t created_ms, total, chunk;          /* total -1, chunk 0: not known yet */
    bool kept_less;
    struct upload upload;
    struct session *next;
};

struct video {
    char id[ID_BYTES];
    json_t *resource;
    char *slug;
    int64_t created_ms, bytes;
    const char *failure;
    bool processed, thumbnail;
    struct processing processing;
    struct video *next;
};

struct youtube {
    struct sim base;
    struct session *sessions;
    struct video *videos;
    int64_t insert_day;
    int64_t inserts;
};

struct youtube *youtube_of(const struct call *call);

void youtube_error(struct call *call, int status, const char *domain, const char *reason, const char *message);
/* HTTP 400, and the call was wrong. */
void youtube_refuse(struct call *call, const char *reason, const char *why);
void youtube_not_found(struct call *call);

/* ---- youtube_metadata.c ---- */

bool youtube_has_part(const char *part, const char *word);
bool youtube_parts_known(struct call *call);
/* The body's objects that `part` names; NULL after a refusal. Owned by the caller. */
json_t *youtube_read_video(struct call *call, const struct field *fields);

/* ---- youtube_upload.c ---- */

void youtube_open_session(struct call *call);
void youtube_put_bytes(struct call *call);

/* ---- sim_youtube.c ---- */

struct video *youtube_video_find(const struct youtube *youtube, const char *id);
json_t *youtube_video_resource(const struct sim *sim, const struct video *video, const char *part);
/* The last byte has come: the video exists. */
void youtube_make_video(struct call *call, struct session *session);

#endif
