/* The sandbox of the media worker: after it nothing can be opened, connected, started or mapped executable, and memory,
 * time and output are bounded. Entered before the first byte of a master is read. RELIABILITY 5.3 has the measured list. */
#ifndef MEDIA_SANDBOX_H
#define MEDIA_SANDBOX_H

#include <crosscut/error.h>
#include <stdbool.h>
#include <stdint.h>

struct sandbox_limits {
    int64_t cpu_s;             /* processor time, all threads; 0: the probe's */
    int64_t memory_bytes;      /* address space */
    int64_t file_bytes;        /* of each output */
};

struct sandbox_state {
    bool seccomp;
    int landlock_abi;          /* 0: the kernel has none; seccomp denies the same calls */
};

/* All of it or nothing: without seccomp it fails. Landlock is used where the kernel has it. */
bool sandbox_enter(const struct sandbox_limits *limits, struct sandbox_state *state, struct error *err);

#endif
