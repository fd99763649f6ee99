/* The adapter contract: a platform is a pure step function, a delivery spec and a few words about itself.
 *
 *     (post, state, last answer, now) -> request | wait | done | held | failed | unknown, and the new state
 *
 * No I/O, no clock, no randomness, no static data, no secret. The engine does everything else: it journals
 * the state before it acts, signs, sends, retries what may be repeated, waits, and stops in a dry run.
 * docs/ADDING-A-PLATFORM.md builds one step by step. */
#ifndef CROSSCUT_ADAPTER_H
#define CROSSCUT_ADAPTER_H

#include <crosscut/arena.h>
#include <crosscut/error.h>
#include <crosscut/http.h>
#include <crosscut/post.h>
#include <crosscut/setting.h>
#include <crosscut/spec.h>
#include <crosscut/str.h>
#include <jansson.h>

enum auth { AUTH_NONE, AUTH_OAUTH2, AUTH_HOST };   /* AUTH_HOST: needs no account, only the creator's host */

struct step_in {
    const struct post *post;            /* borrowed; fixed for the life of the post */
    const json_t *state;                /* borrowed; from the last step, {} at first */
    const struct http_response *last;   /* borrowed; NULL at first and after a wait */
    int64_t now_ms;                     /* Unix time; the only clock an adapter has */
    struct arena *arena;                /* emptied by the engine after it acted */
};

enum step_kind {
    STEP_REQUEST,
    STEP_WAIT,       /* wait_ms, then step again with last == NULL */
    STEP_DONE,       /* seen published */
    STEP_HELD,       /* a person must go on, error.text says how; a later resume steps again with last == NULL */
    STEP_FAILED,     /* error.kind decides: transient is deferred, credentials are held, the rest is failed */
    STEP_UNKNOWN,    /* may be public and cannot be found out: a person must look */
};

struct step {
    enum step_kind kind;
    json_t *state;              /* owned by the receiver; small: phase, ids, bytes sent */
    struct http_request request;
    int64_t wait_ms;
    enum post_state shows;      /* POST_UPLOADING or POST_PROCESSING while it works */
    struct error error;
};

/* What the adapter found out about the public post goes into the state under "public":
 *   {"remote_id": "...", "permalink": "https://...", "visibility": "private", "surface": "Short", "warnings": ["..."]}
 * each key optional. The engine reports them. */

/* ---- linking an account: what the platform wants, as data; the engine does it (src/publish/oauth.h) ---- */

/* A call whose {NAME}s are filled in percent-encoded: client_id, client_secret, redirect_uri, scopes, state, code_challenge,
 * code, code_verifier, access_token, refresh_token, or a setting of the destination. */
struct oauth_call {
    const char *method;         /* "POST": a form, "GET" and "DELETE": the query; NULL: the platform has no such call */
    const char *url;
    const char *params;         /* "grant_type=refresh_token&refresh_token={refresh_token}"; NULL: none */
    bool signs;                 /* carries the access token as Bearer */
};

enum oauth_challenge { CHALLENGE_NONE, CHALLENGE_S256, CHALLENGE_S256_HEX };   /* base64url of RFC 7636, or lower-case hex */
enum oauth_redirect { REDIRECT_LOOPBACK, REDIRECT_PASTED };   /* http://127.0.0.1:PORT, or the person's https address */

struct oauth {
    const char *login;          /* for this value of the setting `login` only; NULL: for all */
    const char *const *hosts;   /* where these calls may go, NULL-terminated */
    enum oauth_challenge challenge;
    enum oauth_redirect redirect;
    const char *redirect_path;  /* of the loopback address: "/callback/" */
    const char *scopes;         /* separated as the platform wants them */
    struct oauth_call authorize, exchange;
    struct oauth_call extend;   /* after the exchange: makes a short token a long one */
    struct oauth_call refresh;
    struct oauth_call revoke;
    struct oauth_call account;  /* who it is */
    const char *account_id, *account_name;   /* paths in that answer, or NULL */
    int64_t refresh_after_ms;   /* a token that is younger cannot be renewed */
};

struct adapter {
    const char *name;           /* registry key and `platform =` value: "tiktok" */
    const char *title;          /* for people: "TikTok" */
    enum auth auth;
    const char *const *hosts;   /* the only ones it may call, NULL-terminated; "*.example.com" matches one label or more,
                                 * "host:/" is the creator's own: only where it is named, so that no platform can lead there */
    const struct spec *spec;
    const struct setting *settings;   /* own settings besides the common ones, ends with a NULL name; or NULL */
    const char *unlock;         /* one line: what a person must do to link an account */
    const struct oauth *oauth;  /* AUTH_OAUTH2: rows, the last without authorize.url; NULL: a token must be given */
    /* Checks a post before anything is sent: a choice the user must make, a text that is missing. NULL: nothing to check. */
    bool (*check)(const struct post *post, struct error *err);
    struct step (*step)(const struct step_in *in);
};

/* ---- the protocol as a table, in the order it happens ---- */

struct phase {
    const char *name;                                                   /* stable: it is stored in the state */
    struct step (*request)(const struct step_in *in, json_t *state);    /* make the request, wait, or end */
    struct step (*answer)(const struct step_in *in, json_t *state);     /* a 2xx answer */
    struct step (*lost)(const struct step_in *in, json_t *state);       /* no answer, or 408 409 422 5xx after REPEAT_NEVER; NULL: ask again */
    struct step (*refused)(const struct step_in *in, json_t *state);    /* any other answer; NULL: phase_refused */
};

/* Steps through the table. `phases` ends with a NULL name; the state's "phase" is a name, the first one at the start.
 * Copies in->state, so the functions may change the state they get. An unknown phase in the state fails.
 * A step_request of REPEAT_NEVER marks the state "guarded": true, and the next step clears it. A guarded request that
 * certainly did not leave (not_sent) is asked again; one without an answer, or with 408, 409, 422 or 5xx (or 3xx without a
 * `refused`), goes to `lost`, and where
 * there is no `lost` it is STEP_UNKNOWN. A third loss in a row without a `lost` is transient. */
struct step phase_step(const struct phase *phases, const struct step_in *in);
/* Goes to a phase and makes its request. */
struct step phase_go(const struct phase *phases, const char *name, const struct step_in *in, json_t *state);
/* Default for other answers: 401 and 403 need credentials, 404/410/4xx are permanent, 429 and 5xx transient (with Retry-After),
 * 3xx too: redirects are never followed, and such an answer often comes from a portal in between, not from the platform. */
struct step phase_refused(const struct step_in *in, json_t *state);

/* Each takes the reference to `state` and gives it on in the step. */
struct step step_request(json_t *state, enum post_state shows, struct http_request request);
struct step step_wait(json_t *state, enum post_state shows, int64_t wait_ms);
struct step step_done(json_t *state);
struct step step_held(json_t *state, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct step step_failed(json_t *state, enum error_kind kind, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
struct step step_unknown(json_t *state, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Transient with a time: the platform said when trying again makes sense. */
struct step step_deferred(json_t *state, int64_t retry_at_ms, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Waits poll_interval and asks again, or leaves the post deferred after poll_timeout in this phase, its state kept.
 * `what` says why in a few words: "TikTok is still processing". */
struct step step_poll(const struct step_in *in, json_t *state, const char *what);
/* The settle window after a lost guarded answer: how long until the next look (at growing distances from state.armed_at_ms:
 * at once, 5, 15, 45, 120, 300 s, scaled to the setting `settle`), or 0 when the window is over and the adapter may decide. */
int64_t settle_left_ms(const struct step_in *in, json_t *state);

/* ---- small readers that accept what platforms really send ---- */

const char *state_text(const json_t *state, const char *key);                 /* "" when absent */
int64_t state_int(const json_t *state, const char *key, int64_t fallback);
/* Adds one to a counter and gives it. */
int64_t state_count(json_t *state, const char *key);
/* Sets state.offset, from where an interrupted upload goes on; false when five times in a row nothing was won. */
bool offset_resume(json_t *state, int64_t offset);
/* Value at a path ("data.publish_id", "items.0.id"); NULL when not there. */
const json_t *json_at(const json_t *json, const char *path);
const char *json_text_at(const json_t *json, const char *path);               /* "" when absent or not a string */
/* Number, or a string of digits; fallback otherwise. */
int64_t json_int_at(const json_t *json, const char *path, int64_t fallback);
/* RFC 3339 time ("Z", "+01:00" or "+0100") as Unix ms. */
int64_t json_time_at(const json_t *json, const char *path, int64_t fallback);
/* Sets state.public.KEY; NULL or "" removes it. */
void public_set(json_t *state, const char *key, const char *value);
void public_warn(json_t *state, const char *text);
/* Compact JSON in the arena; takes the reference. */
const char *arena_json(struct arena *arena, json_t *json);
/* Retry-After in seconds or as an HTTP date, clamped to 0..max_ms; fallback when absent or unreadable. */
int64_t retry_after_ms(const struct http_response *response, int64_t now_ms, int64_t max_ms, int64_t fallback_ms);
/* RFC 3339 UTC, "2026-11-24T15:00:00Z". */
const char *arena_time(struct arena *arena, int64_t unix_ms);
/* True for an id that is safe in a URL path: 1..max_bytes of [A-Za-z0-9_.~-]. */
bool id_valid(const char *id, size_t max_bytes);

/* ---- the registry ---- */

extern const struct adapter *const adapters[];    /* NULL-terminated, from adapters/list.h */
const struct adapter *adapter_find(const char *name);   /* NULL when there is none */

#endif
