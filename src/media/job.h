/* The worker's side of the protocol (the parent's is ingest/worker.h).
 *
 * Job: one JSON object on standard input, up to its end. "job" names the row in main.c, "input" is the descriptor
 * of the master (3), "name" is what error texts call it; the rest belongs to the job.
 *     {"job": "probe", "input": 3, "name": "clip.mp4"}
 * "limits": {"cpu_s": ..., "memory_bytes": ..., "file_bytes": ...} bound the sandbox; "sandbox": false does without it.
 *
 * Events: one JSON object per line on standard output, "event" says which:
 *     {"event": "sandbox", "seccomp": true, "landlock_abi": 6, "sanitized": false}    the first one, of every job
 *     {"event": "facts", "facts": {...}}                                      answer of a probe
 *     {"event": "progress", ...}                                              a sign of life: at least one in 60 s
 *     {"event": "error", "kind": "refused", "rule": "...", "text": "..."}     the last one of a job that failed
 *
 * main.c reads the job, calls its row and turns a false into the error event; a job only emits what it made. */
#ifndef MEDIA_JOB_H
#define MEDIA_JOB_H

#include <crosscut/error.h>
#include <jansson.h>

#define JOB_MAX_BYTES ((size_t)4 << 20)

/* The job document from standard input; NULL with *err set. Owned by the caller. */
json_t *job_read(struct error *err);
/* A descriptor the job document names under `key`; -1 with *err set when it is none or not open. */
int job_descriptor(const json_t *job, const char *key, struct error *err);
/* What error texts call the master; never NULL. */
const char *job_name(const json_t *job);

/* Writes an event at once; takes the reference. A parent that is gone ends the worker. */
void event_emit(json_t *event);
void event_emit_error(const struct error *err);

#endif
