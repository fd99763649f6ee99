/* The render job: one demux and one decode of the master feed all renditions of the job.
 *
 *     {"job": "render", "input": 3, "name": "clip.mp4", "facts": {...}, "threads": 2, "allow_damaged": false,
 *      "outputs": [{"id": "...", "video": 4, "cover": 5, "cover_ms": 1200, "recipe": {...}}]}
 *
 * "video" and "cover" are descriptors open for reading and writing on empty files; absent or -1: not wanted. cover_ms is a
 * time in the rendition. Events:
 *     {"event": "progress", "done_ms": 4100, "total_ms": 52000, "frames": 123}      at most ten a second
 *     {"event": "result", "outputs": [{"id": "...", "bytes": 1, "frames": 1248, "damaged": 0, "cover_bytes": 1,
 *       "loudness": {"input_lufs": -21.9, "lufs": -14.1, "true_peak_dbtp": -1.2, "gain_db": 7.9, "limited": true,
 *                    "off_target": false, "silent": false}}]} */
#ifndef MEDIA_RENDER_H
#define MEDIA_RENDER_H

#include <crosscut/error.h>
#include <jansson.h>

bool job_render(const json_t *job, struct error *err);

#endif
