/* The other end of a login: an address on this machine that the browser is sent back to (RFC 8252: an IP literal, any free
 * port). It takes one answer with the right state and nothing else. */
#ifndef CLI_LOOPBACK_H
#define CLI_LOOPBACK_H

#include <crosscut/error.h>
#include <jansson.h>

struct loopback;

/* Listens on 127.0.0.1; path as in the redirect address, "/callback/". NULL with *err set. */
struct loopback *loopback_open(const char *path, struct error *err);
void loopback_close(struct loopback *loopback);    /* accepts NULL */
const char *loopback_uri(const struct loopback *loopback);    /* "http://127.0.0.1:41234/callback/" */
/* Waits for the answer to this attempt (oauth_begin). *code is for secret_free. ERROR_CREDENTIALS: refused by the person, or
 * nothing came in time. */
bool loopback_wait(struct loopback *loopback, const json_t *attempt, int timeout_ms, char **code, struct error *err);

#endif
