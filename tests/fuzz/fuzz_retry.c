/* Retry-After and times in answers: never negative, never beyond the ceiling. */
#include "fuzz.h"

#include "base/auto.h"
#include "publish/retry.h"
#include <crosscut/adapter.h>

#define DAY_MS INT64_C(86400000)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = fuzz_text(data, size);
    AUTO_ARENA struct arena *arena = arena_create();
    json_auto_t *value = json_pack("{s:[s*], s:s*}", "a", text, "retry-after", text);
    struct http_response response = {.status = 429, .headers = value, .body = ""};
    int64_t wait_ms;

    if (!value)
        return 0;
    wait_ms = retry_after_ms(&response, 1795532400000, DAY_MS, 7);
    MUST(wait_ms >= 0 && wait_ms <= DAY_MS);
    wait_ms = retry_wait_ms(3, 1000, 99, &response, 1795532400000);
    MUST(wait_ms >= 0 && wait_ms <= RETRY_SERVER_MAX_MS);
    arena_time(arena, json_time_at(value, "a.0", 0));
    arena_time(arena, json_int_at(value, "a.0", 0));
    json_at(value, text);
    id_valid(text, 64);
    return 0;
}
