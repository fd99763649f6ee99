/* clip.json beside a master. */
#include "fuzz.h"

#include "base/auto.h"
#include "base/text.h"
#include "ingest/sidecar_json.h"
#include "ingest/when.h"

static void check_text(const char *text)
{
    MUST(!text || (*text && utf8_valid(text)));
    for (const char *c = text ? text : ""; *c; c++)
        MUST((unsigned char)*c >= 0x20 || *c == '\n' || *c == '\t');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const none[] = {NULL};
    AUTO_ARENA struct arena *arena = arena_create();
    struct sidecar sidecar = {.hashtags = none, .cover_ms = -1};
    struct error err = {0};
    char path[32];
    AUTO_CLOSE int fd __attribute__((unused)) = fuzz_file(data, size, path);

    if (!sidecar_json_read(path, "/nonexistent/", arena, &sidecar, &err)) {
        MUST(err.text[0] && err.kind == ERROR_REFUSED && utf8_valid(err.text));
        return 0;
    }
    check_text(sidecar.title);
    check_text(sidecar.caption);
    check_text(sidecar.link);
    check_text(sidecar.alt_text);
    for (const char *const *tag = sidecar.hashtags; *tag; tag++)
        check_text(*tag);
    MUST(sidecar.in_ms >= 0 && sidecar.in_ms <= WHEN_MAX_S * INT64_C(1000));
    MUST(!sidecar.out_ms || sidecar.out_ms > sidecar.in_ms);
    MUST(!sidecar.cover_path && !sidecar.subtitles_path);    /* there is no such folder */
    sidecar_finish(&sidecar);
    return 0;
}
