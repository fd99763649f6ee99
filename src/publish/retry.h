/* Retry discipline: how long to wait before a harmless request is repeated. Pure. */
#ifndef PUBLISH_RETRY_H
#define PUBLISH_RETRY_H

#include <crosscut/http.h>
#include <stdbool.h>
#include <stdint.h>

#define RETRY_CAP_MS 64000               /* longest pause of our own choice */
#define RETRY_DEFER_MS (15 * 60000)      /* what a platform asks beyond this is not waited for: the post is deferred */
#define RETRY_SERVER_MAX_MS 86400000     /* a Retry-After beyond a day is not believed */

/* Full jitter: evenly between 0 and min(cap, base * 2^(tries - 1)), so that many clients do not come back together.
 * tries counts from 1; random is any 64-bit number. */
int64_t retry_jitter_ms(int tries, int64_t base_ms, uint64_t random);
/* ... but never earlier than a Retry-After. */
int64_t retry_wait_ms(int tries, int64_t base_ms, uint64_t random, const struct http_response *response,
                      int64_t now_ms);
/* No answer, 408, 429 or 5xx: trying again may help. */
bool retry_helps(const struct http_response *response);
/* SplitMix64 (public domain algorithm by Sebastiano Vigna): the next number of a sequence. */
uint64_t retry_random(uint64_t *state);

#endif
