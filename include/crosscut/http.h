/* HTTP as values: what an adapter asks for and what came back. No socket, no token in here. */
#ifndef CROSSCUT_HTTP_H
#define CROSSCUT_HTTP_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* May the engine send it again when the answer was lost? Zero is the safest. */
enum repeat {
    REPEAT_NEVER,      /* makes something public: armed in the journal first, sent once, then only looked for */
    REPEAT_SAFE,       /* harmless to repeat */
    REPEAT_WITH_KEY,   /* repeatable because it carries an idempotency key */
};

/* How the transport signs it. The adapter never sees a token. */
enum sign {
    SIGN_NONE,
    SIGN_BEARER,       /* Authorization: Bearer TOKEN */
    SIGN_OAUTH,        /* Authorization: OAuth TOKEN (Meta's rupload) */
};

struct http_header { const char *name, *value; };   /* value without CR, LF, NUL: the transport refuses them */

struct http_request {
    const char *method;        /* "GET", "POST", "PUT", "DELETE" */
    const char *url;           /* vendor address, or one that came back from the platform; or host:/path (the creator's host) */
    struct http_header headers[12];   /* ends at the first NULL name */
    const char *body;          /* text or bytes; NULL: none */
    size_t body_bytes;         /* 0 with a body: strlen */
    const char *file;          /* instead of body: a byte range of a file, streamed */
    int64_t offset, length;     /* length 0: to the end of the file */
    enum repeat repeat;
    enum sign sign;
    const char *what;          /* "open an upload session": for people, in previews and errors */
};

struct http_response {
    int status;                /* 0: the answer was lost (or the process was stopped after asking) */
    bool not_sent;             /* with status 0: certainly no byte of the request left */
    const json_t *headers;     /* object, names in lower case, first value wins */
    const char *body;          /* never NULL */
    size_t body_bytes;
    const json_t *json;        /* the body parsed, or NULL when it is not JSON */
};

/* Header value or NULL; name in lower case. */
const char *http_header(const struct http_response *response, const char *name);

#endif
