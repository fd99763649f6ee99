/* A run: one post on its way through one process. The engine has a list of them; run.c is the state machine of one. */
#ifndef PUBLISH_RUN_H
#define PUBLISH_RUN_H

#include "publish/engine.h"

enum run_activity {
    RUN_QUEUED,      /* an earlier post of its destination is not done yet */
    RUN_WAITING,     /* until wake_ms, then `after` */
    RUN_ASKING,      /* a request is on its way */
    RUN_ENDED,
};

enum run_after {     /* what the end of a wait means */
    AFTER_STEP,      /* step with no answer */
    AFTER_LOST,      /* step with the lost answer */
    AFTER_NOT_SENT,  /* step with the answer that certainly nothing was sent */
    AFTER_RESEND,    /* the same harmless request again */
};

struct run {
    struct run *next;
    struct engine *engine;
    json_t *document;              /* what the post borrows from */
    struct post post;
    enum run_activity activity;
    enum run_after after;
    int64_t wake_ms;               /* monotonic */

    json_t *state;                 /* the adapter's, as in the journal */
    enum post_state shows;
    bool asked, armed, doubt;      /* as in the journal */
    bool doubt_before;             /* the request on its way was made */
    bool counted;                  /* this run counts as an attempt already */
    bool leased;
    bool looking;                  /* it was unknown: reads only, and nothing is written before something is seen */
    json_t *unknown_state;         /* what is kept then, and why */
    struct error unknown_because;

    struct arena *step_arena;      /* of the request */
    struct http_request request;
    bool rendition_checked;
    bool renewed;                  /* the request was sent once more with another token, after a 401 */
    int steps, tries, lost_uploads;
    int64_t lost_offset;
};

struct engine {
    struct engine_options options;
    struct engine_clock clock;
    struct run *runs;              /* in the order they were added */
    uint64_t random;
    bool broken;                   /* the journal failed */
};

/* All false only when the journal failed. */
bool run_begin(struct run *run, struct error *err);
bool run_wake(struct run *run, struct error *err);
bool run_answered(struct run *run, const struct transport_answer *answer, struct error *err);
void run_destroy(struct run *run);

#endif
