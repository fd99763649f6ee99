/* The probe job: facts of a master, from headers and packets; almost nothing is decoded. */
#ifndef MEDIA_PROBE_H
#define MEDIA_PROBE_H

#include <crosscut/error.h>
#include <crosscut/facts.h>
#include <jansson.h>

/* {"job": "probe", "input": 3, "name": "clip.mp4"} -> {"event": "facts", "facts": {...}} */
bool job_probe(const json_t *job, struct error *err);
/* Facts of the file behind a descriptor; `name` is for error texts. */
bool probe_file(int fd, const char *name, struct facts *facts, struct error *err);

#endif
