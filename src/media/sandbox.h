/* The sandbox of the media worker: after it nothing can be opened, connected, started or mapped executable, and memory,
 * time and output are bounded. Entered before the first byte of a master is read. What it promises is in docs/SECURITY.md. */
#ifndef MEDIA_SANDBOX_H
#define MEDIA_SANDBOX_H

#include <crosscut/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

/* Zero means what a probe gets. */
struct sandbox_limits {
    int64_t cpu_s;             /* processor time, all threads */
    int64_t memory_bytes;      /* address space */
    int64_t file_bytes;        /* of each output */
};

struct sandbox_state {
    bool seccomp;
    int landlock_abi;          /* 0: the kernel has none; seccomp denies the same calls */
    bool sanitized;            /* this build cannot be confined: see sandbox_enter */
};

/* "limits" of a job document; what is not there stays zero. */
struct sandbox_limits sandbox_limits_from_json(const json_t *limits);
/* All of it or nothing: without seccomp it fails (rule sandbox.seccomp). Landlock is used where the kernel has it.
 * A build with CROSSCUT_SANITIZED only notes that it did nothing: a sanitizer maps terabytes and makes calls of its own. */
bool sandbox_enter(const struct sandbox_limits *limits, struct sandbox_state *state, struct error *err);

#endif
