/* pipeline.conf as a file, as the user's own and as the one that lies beside a master. */
#include "fuzz.h"

#include "base/auto.h"
#include "cli/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_ARENA struct arena *arena = arena_create();
    struct error err = {0};
    char path[32];
    AUTO_CLOSE int fd __attribute__((unused)) = fuzz_file(data, size, path);
    struct config *config = config_open(&(struct config_source){.file = path}, &err);
    const struct destination *list;
    size_t nb;

    if (!config) {
        MUST(err.text[0]);
        return 0;
    }
    json_decref(config_values(config));
    config_render(config);
    if (config_destinations(config, NULL, NULL, arena, &list, &nb, &err))
        for (size_t i = 0; i < nb; i++)
            MUST(list[i].adapter && list[i].settings);
    config_destroy(config);
    return 0;
}
