/* Asks a simulator in this process, for unit tests: one call is one line. */
#ifndef TESTS_ASK_H
#define TESTS_ASK_H

#include "tests/simulators/sim.h"

struct asker {
    const struct simulator *simulator;
    struct sim *sim;
    int64_t now_ms;
};

/* options as JSON text, or NULL. The clock starts at 2026-11-24T00:00:00Z. */
struct asker asker_start(const struct simulator *simulator, const char *options);
void asker_stop(struct asker *asker);

/* Headers are "name: value" lines, names in lower case. A body of bytes that do not matter: body NULL with body_bytes;
 * it counts as an upload, and Content-Length is added when no header gives it. Returns {"status", "headers", "json"},
 * owned by the caller. */
json_t *ask(struct asker *asker, const char *method, const char *url, const char *headers, const char *body,
            int64_t body_bytes);
/* As `ask` for an upload that breaks off after `arrived` bytes. */
json_t *ask_broken(struct asker *asker, const char *method, const char *url, const char *headers, int64_t arrived);

/* Value at a path ("json.data.publish_id", "headers.Range", "json.items.0.id") as text, numbers too; "" when absent.
 * The text lives as long as `answer`. */
const char *said(json_t *answer, const char *path);
int64_t said_int(const json_t *answer, const char *path);
size_t nb_refusals(const struct asker *asker);
size_t nb_posts(const struct asker *asker);

#endif
