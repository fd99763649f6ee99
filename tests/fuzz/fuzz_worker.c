/* What a media worker that was taken over may say: the input is its standard output, from a real child process.
 * CROSSCUT_MEDIA names the child, fuzz-worker, which copies its first descriptor there. */
#include "fuzz.h"

#include "base/auto.h"
#include "base/text.h"
#include "ingest/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    struct facts facts;
    char path[32];
    AUTO_CLOSE int fd __attribute__((unused)) = fuzz_file(data, size, path);

    if (media_probe(path, &facts, &err)) {
        json_auto_t *json = facts_to_json(&facts);
        AUTO_FREE char *text = json_dumps(json, 0);

        MUST(text);
    } else {
        MUST(err.text[0] && utf8_valid(err.text));
    }
    return 0;
}
