/* The media worker, seen from the parent: a child process that gets descriptors and a job, and answers in lines
 * of JSON. The parent never parses media. Job and event documents are described in docs/ARCHITECTURE.md. */
#ifndef INGEST_WORKER_H
#define INGEST_WORKER_H

#include <crosscut/error.h>
#include <crosscut/facts.h>
#include <jansson.h>
#include <stddef.h>
#include <sys/types.h>

struct worker;

/* Starts crosscut-media with an empty environment. Descriptor fds[i] becomes descriptor 3 + i in the child, which is
 * what the job document names; they stay open and owned by the caller here. The path of the executable: CROSSCUT_MEDIA,
 * else beside this program, else PREFIX/libexec/crosscut. Takes nothing of `job`. NULL with *err set on failure. */
struct worker *worker_start(const json_t *job, const int *fds, size_t nb_fds, struct error *err);
/* Readable when there is an event; for poll. */
int worker_fd(const struct worker *worker);
/* Next event (owned by the caller), or NULL: check worker_ended. Never blocks. The worker's own error event is not
 * given here: it comes out of worker_ended. */
json_t *worker_event(struct worker *worker);
/* True once the child is gone and every event was read. *err then says what went wrong, or is zero: the worker's own
 * error; a child that died of a signal, said nothing for 60 s or broke the protocol is one clear ERROR_REFUSED. */
bool worker_ended(struct worker *worker, struct error *err);
/* Stops it (SIGKILL) when it still runs, and forgets it. Accepts NULL. */
void worker_destroy(struct worker *worker);

/* --unsafe-no-sandbox: workers that start from now on parse media unconfined. Nothing but that option of the command line
 * may ask for it: no setting, no variable, no job document. */
void worker_allow_unsafe(bool allow);
/* How a worker would be confined here, in words for `crosscut version`. */
bool worker_sandbox(char *text, size_t size, struct error *err);

/* Opens `path` (a regular file; no FIFO, no device) and asks a worker for its facts. Blocks until done.
 * `name` is what error texts call it. */
bool media_probe(const char *path, struct facts *facts, struct error *err);

#endif
