#include "cli/config.h"

#include "cli/command.h"
#include <stdio.h>

/* Each value and where it came from. */
static int run(const struct options *options)
{
    struct config_source source = {.file = options->config, .sets = options->sets};
    struct config *config;
    json_auto_t *values = NULL;
    const char *section, *key;
    json_t *keys, *value;
    struct error err;

    config = config_open(&source, &err);
    if (!config)
        return command_failed(options, "config", &err);
    values = config_values(config);
    config_destroy(config);
    if (options->json) {
        json_auto_t *document =
            json_pack("{s:s, s:s, s:i, s:O}", "schema", "crosscut/1", "command", "config", "exit", 0, "settings", values);

        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
        return 0;
    }
    json_object_foreach(values, section, keys) {
        printf("[%s]\n", section);
        json_object_foreach(keys, key, value)
            printf("%s = %s    # %s\n", key, json_string_value(json_object_get(value, "value")),
                   json_string_value(json_object_get(value, "origin")));
    }
    return 0;
}

const struct command command_config = {
    "config", "", "every setting that is set, and where it came from",
    "The strongest place wins: --set, environment, ./pipeline.conf, your own pipeline.conf, built in.", OPT_COMMON, run,
};
