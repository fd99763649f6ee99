/* Engine: takes posts to their end, many at once, in one thread. One loop for all platforms:
 * step the adapter, put the step into the journal, then act. It alone knows tokens, retries, Retry-After,
 * waits and deadlines, and how many answers may be lost in a row. */
#ifndef PUBLISH_ENGINE_H
#define PUBLISH_ENGINE_H

#include "publish/credentials.h"
#include "publish/journal.h"
#include "publish/transport.h"
#include <signal.h>

struct engine;

struct engine_clock {
    int64_t (*now_ms)(void *context);         /* Unix time */
    int64_t (*monotonic_ms)(void *context);
    void *context;
};

enum engine_event_kind {
    ENGINE_STATE,      /* the post is in another state, or has another error */
    ENGINE_REQUEST,    /* `what` begins */
    ENGINE_PROGRESS,   /* sent_bytes of total_bytes of the rendition */
    ENGINE_WAIT,       /* until until_ms, because of `what` */
    ENGINE_BUSY,       /* another process (holder_pid) works on it: left alone */
};

struct engine_event {         /* borrowed during the call */
    enum engine_event_kind kind;
    const struct post *post;
    enum post_state state;
    const struct error *error;         /* NULL: none */
    const char *what;                  /* never NULL */
    int64_t sent_bytes, total_bytes, until_ms, holder_pid;
    const char *permalink;             /* or NULL */
};

struct engine_options {
    struct journal *journal;           /* borrowed, like all of these */
    struct transport *transport;
    struct credentials *credentials;
    const struct engine_clock *clock;  /* NULL: the machine's */
    bool dry_run;                      /* no token is needed, no time is waited, a lost answer ends the post's run */
    void (*event)(void *context, const struct engine_event *event);   /* or NULL */
    void *context;
    const volatile sig_atomic_t *interrupted;   /* not zero: stop cleanly; or NULL */
    uint64_t seed;                     /* of the jitter; 0: from the system */
};

struct engine *engine_create(const struct engine_options *options, struct error *err);
/* Cuts off what is on its way: the journal knows how to go on. Accepts NULL. */
void engine_destroy(struct engine *engine);

/* Goes on with a post, or begins it: the journal knows which. Copies the post. Any time, also between turns.
 * Posts of one destination run one after another, in the order they were added; destinations run together.
 * A post that is at its end, waits for its time, or belongs to another process only reports so. */
bool engine_add(struct engine *engine, const struct post *post, struct error *err);
/* One turn: brings answers in, steps what can go on, waits at most timeout_ms for something to happen (also on
 * `extra`, so that other work goes on meanwhile). False: the journal failed, nothing more will be sent. */
bool engine_turn(struct engine *engine, int timeout_ms, struct pollfd *extra, size_t nb_extra, struct error *err);
/* Posts that are not at their end, not held and not deferred. */
size_t engine_running(const struct engine *engine);
/* Turns until nothing runs or it is interrupted (then ERROR_INTERRUPTED). */
bool engine_run(struct engine *engine, struct error *err);

#endif
