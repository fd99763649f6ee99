/* A simulator stands in for a closed platform. The core is pure: a request in, an answer out, state in a struct,
 * so that the same code answers on loopback (crosscut-sim) and inside the conformance tests.
 * It is strict: whatever the fact sheet says the platform refuses, it refuses with the documented error,
 * and it keeps a list of everything that became public. */
#ifndef TESTS_SIM_H
#define TESTS_SIM_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim;    /* one platform's state */

struct sim_request {
    const char *method;
    const char *path;              /* percent-decoded, without the query */
    const json_t *query;           /* object of strings */
    const json_t *headers;         /* object of strings, names in lower case */
    const char *body;              /* NULL when it was too large to keep (over 4 MiB) or belongs to an upload */
    int64_t body_bytes;            /* that arrived */
    bool body_complete;            /* false: the connection ended before Content-Length bytes came */
    const char *body_sha256;       /* hex, of the bytes that arrived; may be NULL in tests */
    const char *body_file;         /* where the front end put an upload's bytes; NULL in tests */
    int64_t now_ms;
};

struct sim_response {
    int status;
    json_t *headers;               /* object of strings; NULL: none */
    char *body;                    /* malloc'ed, NUL-terminated, or NULL */
};

struct simulator {
    const char *name;              /* "tiktok" */
    /* base_url: the address clients reach it at; options: {"token": "...", "processing_polls": 2, ...}, may be NULL */
    struct sim *(*create)(const char *base_url, const json_t *options);
    void (*destroy)(struct sim *sim);
    /* Fills `response`; the caller releases headers and body. */
    void (*handle)(struct sim *sim, const struct sim_request *request, struct sim_response *response);
    /* What the public (or the account's owner) can see now: array of {"id", "caption", "visibility", "bytes", "sha256",
     * "created_ms", "file"}. Owned by the caller. A post has further members: "parts" (the uploads its bytes came in),
     * "created_ms" is when it took effect. */
    json_t *(*public_posts)(const struct sim *sim);
    /* Calls that were refused for being wrong: array of {"request", "why"}. Owned by the caller. */
    json_t *(*refusals)(const struct sim *sim);
};

extern const struct simulator sim_tiktok, sim_instagram, sim_youtube;
extern const struct simulator *const simulators[];     /* NULL-terminated */
const struct simulator *simulator_find(const char *name);   /* NULL when there is none */

/* Moves the simulator's clock (never back); every request does it too. What is public depends on it. */
void sim_set_time(struct sim *sim, int64_t now_ms);

/* How a platform gets a file from an address it was given: fills in what came, false when it cannot be had.
 * `file` takes the name of a copy, "" when none is kept. Without a hook every address is taken to work. */
typedef bool sim_fetch(void *ctx, const char *url, int64_t *bytes, char sha256[65], char *file, size_t file_bytes);
void sim_set_fetch(struct sim *sim, sim_fetch *fetch, void *ctx);

/* "http://host/a%20b?x=1" or "/a%20b?x=1" -> "/a b" and {"x": "1"}, both owned by the caller; false when malformed. */
bool sim_split_url(const char *url, char **path, json_t **query);

#endif
