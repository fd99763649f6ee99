/* A world for one post: a simulated platform, a host in a folder, a clock that only moves when everybody waits, and a
 * network and a journal that fail where they are told to. The engine in it is the real one. */
#ifndef CONFORMANCE_WORLD_H
#define CONFORMANCE_WORLD_H

#include "publish/answers.h"
#include "publish/engine.h"
#include "publish/host.h"
#include "tests/simulators/sim.h"

#define WORLD_BASE "http://127.0.0.1:9"
#define WORLD_TOKEN "a-token-for-tests"
#define WORLD_ACCOUNT "17841400000000000"
#define WORLD_EPOCH_MS INT64_C(1795500000000)

/* What is under test: an adapter with settings, against a simulator (NULL: the host's catalog is what is public). */
struct subject {
    const char *name;
    const struct adapter *adapter;
    const struct simulator *simulator;
    const char *settings;         /* JSON of what differs from the defaults */
    const char *options;          /* of the simulator, JSON or NULL */
    int64_t bytes;                /* of the rendition */
};

enum fault {
    FAULT_NONE,
    FAULT_NOT_SENT,       /* no connection */
    FAULT_DROPPED,        /* lost on the way there */
    FAULT_LOST,           /* done, and the answer is lost */
    FAULT_CUT,            /* half of the body arrives */
    FAULT_500_BEFORE,
    FAULT_500_AFTER,
    FAULT_GARBAGE_AFTER,  /* done, and a proxy answers 200 with a page of its own */
    FAULT_EMPTY_AFTER,    /* done, 200 and {} */
    FAULT_429_BEFORE,
    FAULT_EVIL,           /* done; every address in the answer leads to another host */
    FAULT_SAY,            /* not done: status and body of the world */
    FAULT_SAY_AFTER,      /* done: status and body of the world */
    FAULTS
};

struct trouble { /* at the request (or the write) with this number, counted from 0 over the whole life of the post */
    bool is_write;
    int at;
    enum fault fault;
    bool after;           /* of a write: it is on the disk, and nobody was told */
};

struct world {
    struct transport base;
    struct answers answers;
    const struct subject *subject;
    struct journal *journal;      /* one for many worlds */
    struct credentials *credentials;
    struct host *host;
    struct sim *sim;
    int64_t now_ms;
    const struct trouble *troubles;
    size_t nb_troubles;
    int say_status;
    const char *say_body;
    const char *say_headers;      /* of the same answer, JSON or NULL */
    int requests, writes, guarded, lives;
    bool escaped;                 /* something went to an address that is neither the platform nor the host */
    int impure;                   /* steps that gave another result the second time */
    int64_t wait_ms;              /* the clock's way so far */
    bool trace;
};

struct outcome {
    enum post_state state;
    struct error error;
    int nb_public;
    bool ended;                   /* nothing is left that a resume could do */
    bool endless;                 /* one life did not come to an end */
};

/* The journal's hook has the world as context; the test opens the journal with it. */
bool world_stop(void *context, bool after);
/* Begins a new world; folder: for the host's files and the rendition. */
void world_init(struct world *world, const struct subject *subject, const char *folder);
void world_finish(struct world *world);
/* Takes the post to its end: lives again after each stop, and resumes what is deferred. */
struct outcome world_run(struct world *world, const struct post *post);
const char *fault_name(enum fault fault);

#endif
