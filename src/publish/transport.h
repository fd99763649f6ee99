/* Transport: sends requests and brings answers, many at once, in one thread.
 *
 * transport_start is the only door. It resolves the address, checks it against the adapter's host list and
 * checks every header before an implementation sees the request, so no implementation can forget to.
 * Implementations: libcurl (transport_curl.c), dry run and replay (transport_replay.c), and the simulators in the
 * tests. */
#ifndef PUBLISH_TRANSPORT_H
#define PUBLISH_TRANSPORT_H

#include <crosscut/adapter.h>
#include <crosscut/arena.h>
#include <crosscut/error.h>
#include <crosscut/http.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct credentials;
struct host;
struct transport;

/* One request on its way. Everything is borrowed until transport_start returns, except what `tag` stands for. */
struct transport_call {
    struct http_request request;
    const char *const *hosts;     /* the adapter's host list */
    const char *api_base;         /* the destination's, or NULL or "" */
    const char *token;            /* for request.sign; NULL: none */
    const char *platform;         /* which script of a replay answers */
    const char *post_id;          /* which run of that script */
    int64_t now_ms;               /* Unix time, for transports that simulate */
    void *tag;                    /* comes back with the answer and with progress */
};

struct transport_answer {
    void *tag;
    struct http_response response;    /* owned by the answer; release with transport_answer_finish */
    json_t *headers, *json;           /* what response.headers and response.json point to */
    char *body;                       /* what response.body points to */
    char reason[256];                 /* why it was lost, for people; "" when it was answered */
};

typedef void transport_progress(void *context, void *tag, int64_t sent_bytes, int64_t total_bytes);

struct transport_ops {
    /* The address is resolved and allowed. True: an answer will come. False: nothing was or will be sent. */
    bool (*start)(struct transport *transport, const struct transport_call *call, struct error *err);
    /* Waits until an answer is there, one of the descriptors is ready, or the time is over. */
    bool (*wait)(struct transport *transport, int timeout_ms, struct pollfd *extra, size_t nb_extra, struct error *err);
    /* The next finished answer; false when there is none yet. */
    bool (*next)(struct transport *transport, struct transport_answer *answer);
    /* Forgets every request that is on its way: no answer and no progress comes any more. */
    void (*cancel)(struct transport *transport);
    void (*destroy)(struct transport *transport);
};

struct transport {                 /* first member of every implementation */
    const struct transport_ops *ops;
    transport_progress *progress;  /* may be NULL */
    void *progress_context;
};

/* ERROR_REFUSED with rule "egress" (address), or ERROR_INTERNAL with rule "header": nothing was sent. */
bool transport_start(struct transport *transport, const struct transport_call *call, struct error *err);
bool transport_wait(struct transport *transport, int timeout_ms, struct pollfd *extra, size_t nb_extra,
                    struct error *err);
bool transport_next(struct transport *transport, struct transport_answer *answer);
void transport_cancel(struct transport *transport);
void transport_answer_finish(struct transport_answer *answer);
void transport_destroy(struct transport *transport);    /* accepts NULL; requests on the way are cut off */

/* libcurl. `host` answers host:/ addresses (borrowed; NULL: they are refused). */
struct transport *transport_curl_create(struct host *host, struct error *err);

/* Cannot send, by construction: it holds no socket. Every request is appended to `record` (a JSON array, borrowed):
 *   {"platform", "post", "what", "method", "url", "headers": {}, "body": "..." or "file FILE bytes A-B", "repeat":
 * "never|safe|key"} and answered from `scripts`, an object platform -> scenarios as in tests/scenarios (borrowed, may
 * be NULL): of the platform's scenarios the one whose first request is most like the post's first; each post goes
 * through it once, then comes the lost answer. `strict` takes line by line and compares what the script's request names
 * ("method", "url", "headers", "body" ...); a difference is recorded as "mismatch" and answered with the lost answer.
 */
struct transport *transport_dry_create(const json_t *scripts, bool strict, json_t *record);

/* ---- for implementations and tests ---- */

/* The address that will really be used: on the host list, rewritten to api_base when there is one; or host:/path as it
 * is. NULL with *err set when nothing may go there. */
const char *egress_resolve(const char *url, const char *const *hosts, const char *api_base, struct arena *arena,
                           struct error *err);
/* Allocates an answer's parts: takes `headers` (may be NULL), copies the body, parses it when it is JSON. */
void transport_answer_fill(struct transport_answer *answer, void *tag, int status, json_t *headers, const char *body,
                           size_t body_bytes);
void transport_answer_lose(struct transport_answer *answer, void *tag, bool not_sent, const char *reason);
/* Strict JSON: one value, no duplicate keys, at most 64 deep. NULL when it is not. */
json_t *json_parse_strict(const char *text, size_t nb_bytes);

#endif
