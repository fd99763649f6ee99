/* Faults on order, the same for every platform: lost answers, broken uploads, error statuses, stalls, rubbish, kill -9.
 * Used by crosscut-sim on real connections and by tests in the same process. The orders are described in README.md. */
#ifndef TESTS_FAULTS_H
#define TESTS_FAULTS_H

#include "tests/simulators/sim.h"

enum fault_kind {
    FAULT_NONE,
    FAULT_DROP_BEFORE,       /* the connection closes, nothing was done */
    FAULT_DROP_AFTER,        /* done, then it closes without an answer */
    FAULT_RESET_MID_BODY,    /* it closes after "bytes" of the upload */
    FAULT_500_BEFORE,
    FAULT_500_AFTER,
    FAULT_429,
    FAULT_STALL,             /* done; the answer comes "ms" later */
    FAULT_TRUNCATE,          /* done; half of the answer, then it closes */
    FAULT_GARBAGE,           /* a page of HTML with status 200 */
    FAULT_STATUS,            /* any "status", "body", "headers" */
    FAULT_KILL,              /* done (after "bytes" of the upload, if given), then kill -9 for the client or "pid" */
};

struct fault {
    enum fault_kind kind;
    json_t *order;           /* what was ordered; owned */
};

struct faults;               /* the orders, each with its counter */

struct faults *faults_create(void);
void faults_destroy(struct faults *faults);
/* Adds orders (an object or an array of them) behind those that are there; false with a reason when one is wrong, then
 * none is added. */
bool faults_order(struct faults *faults, const json_t *orders, char why[320]);

/* Counts this request against every order and gives the first fault that is due, FAULT_NONE when none is. Finish it. */
struct fault faults_next(struct faults *faults, const char *method, const char *path);
void fault_finish(struct fault *fault);
/* Bytes of the body after which the connection breaks; -1: it does not. */
int64_t fault_break_bytes(const struct fault *fault);

struct fault_effect {
    bool lost;               /* no answer reaches the client */
    int64_t stall_ms;        /* before the answer */
    size_t cut_bytes;        /* not 0: only so many bytes of the answer's body arrive, although all were announced */
    bool kills;              /* the client gets SIGKILL now: kill_pid, or whoever is at the other end when that is 0 */
    int kill_pid;
};

/* Answers `request` as the fault says; `response` is filled also when it is lost (with nothing if it was not acted on).
 */
struct fault_effect fault_handle(const struct fault *fault, const struct simulator *simulator, struct sim *sim,
                                 const struct sim_request *request, struct sim_response *response);

#endif
