/* A simulator on loopback: real connections in front of a pure core, uploads streamed to files, faults on order,
 * and control addresses under /_sim/. */
#ifndef TESTS_SERVER_H
#define TESTS_SERVER_H

#include "tests/simulators/faults.h"
#include "tests/simulators/sim.h"

#include <crosscut/error.h>
#include <pthread.h>

struct MHD_Daemon;

struct server {
    const struct simulator *simulator;
    char base_url[64];
    int port;
    char dir[3072];             /* where uploaded bytes are kept */
    struct MHD_Daemon *daemon;
    pthread_mutex_t lock;       /* of all below */
    struct sim *sim;
    struct faults *faults;
    json_t *options;
    json_t *requests; /* log: {"method", "path", "status", "bytes", "complete", "ms", "fault"}; status 0: no answer */
    json_t *media;              /* post id -> {"file", "sha256", "bytes"} of uploads put together */
    int64_t ahead_ms;           /* how far the simulator's clock is ahead of ours */
    int bodies;                 /* counts up, for file names */
};

/* Listens on 127.0.0.1:port (0: any). `options` and `dir` are borrowed; the server must not move. */
bool server_start(struct server *server, const struct simulator *simulator, int port, const char *dir,
                  const json_t *options, struct error *err);
void server_stop(struct server *server);
int64_t server_now_ms(const struct server *server);

/* ---- control.c: /_sim/, called with the lock held ---- */

/* Fills `out` (body as text), or `file` with one to send instead. */
void control_handle(struct server *server, const char *method, const char *path, const char *body,
                    struct sim_response *out, char file[4096]);
/* Puts the uploads of this post into one file, once; sets its "file" and "sha256". */
void control_join(struct server *server, json_t *post);
/* The page for a person; freed by the caller. */
char *page_write(const struct server *server, const json_t *posts);

/* ---- peer.c ---- */

/* Process with the socket client_port -> server_port on this machine; 0 when it cannot be found. */
int peer_pid(int client_port, int server_port);

/* ---- fetch.c ---- */

/* A sim_fetch over HTTP to loopback; ctx is the server. */
bool fetch_url(void *ctx, const char *url, int64_t *bytes, char sha256[65], char *file, size_t file_bytes);

#endif
