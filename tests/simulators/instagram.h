/* What the two files of the Instagram simulator share. */
#ifndef TESTS_INSTAGRAM_H
#define TESTS_INSTAGRAM_H

#include "tests/simulators/core.h"

struct container {
    char id[ID_BYTES];
    char *caption;
    int64_t created_ms, file_size, published_ms;    /* published_ms 0: not yet */
    const char *failure;
    bool resumable, complete;
    struct upload upload;
    struct processing processing;
    bool processed;
    struct container *next;
};

struct instagram {
    struct sim base;
    struct container *containers;
    struct rate creations, publishes;
};

struct instagram *instagram_of(const struct call *call);

void instagram_error(struct call *call, int status, int code, int subcode, const char *message);
/* HTTP 400, and the call was wrong. */
void instagram_refuse(struct call *call, int code, int subcode, const char *why);

struct container *container_find(const struct call *call, const char *id);
/* All bytes are there: processing begins. */
void container_complete(struct sim *sim, struct container *container);
/* A public address, or one on this machine; refuses others. */
bool instagram_url_fits(struct call *call, const char *url);
/* Gets what is there; answers when it cannot be had. */
bool instagram_fetch(struct call *call, const char *url, struct upload *upload);
/* POST /ig-api-upload/v25.0/CONTAINER */
void instagram_rupload(struct call *call);

#endif
