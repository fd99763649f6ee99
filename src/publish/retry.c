#include "publish/retry.h"

#include <crosscut/adapter.h>

int64_t retry_jitter_ms(int tries, int64_t base_ms, uint64_t random)
{
    int64_t ceiling_ms = base_ms < 0 ? 0 : base_ms > RETRY_CAP_MS ? RETRY_CAP_MS : base_ms;

    for (int i = 1; i < tries && ceiling_ms < RETRY_CAP_MS; i++)
        ceiling_ms *= 2;
    if (ceiling_ms > RETRY_CAP_MS)
        ceiling_ms = RETRY_CAP_MS;
    return (int64_t)(random % ((uint64_t)ceiling_ms + 1));
}

int64_t retry_wait_ms(int tries, int64_t base_ms, uint64_t random, const struct http_response *response, int64_t now_ms)
{
    int64_t own_ms = retry_jitter_ms(tries, base_ms, random);
    int64_t asked_ms = retry_after_ms(response, now_ms, RETRY_SERVER_MAX_MS, 0);

    return own_ms > asked_ms ? own_ms : asked_ms;
}

bool retry_helps(const struct http_response *response)
{
    int status = response->status;

    return status == 0 || status == 408 || status == 429 || status >= 500;
}

uint64_t retry_random(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15u;

    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}
