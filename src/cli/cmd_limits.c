#include "cli/app.h"

#include "base/auto.h"
#include "plan/words.h"
#include <stdio.h>
#include <string.h>

static json_t *row_json(const struct spec_row *row)
{
    json_t *json = json_pack("{s:s, s:s, s:s}", "property", spec_property_name(row->property), "force",
                             row->force == SPEC_HARD ? "hard" : "ideal", "source", row->source);

    if (row->has_min)
        json_object_set_new(json, "min", json_integer(row->min));
    if (row->has_max)
        json_object_set_new(json, "max", json_integer(row->max));
    if (row->any_of)
        json_object_set_new(json, "any_of", json_string(row->any_of));
    if (row->setting)
        json_object_set_new(json, "setting", json_string(row->setting));
    return json;
}

static json_t *text_json(const struct text_rule *rule)
{
    return json_pack("{s:s, s:i, s:s, s:i, s:b, s:s?, s:s, s:s}", "field", rule->field, "limit", rule->limit, "unit",
                     text_unit_name(rule->unit), "max_hashtags", rule->max_hashtags, "required", rule->required,
                     "forbidden", rule->forbidden, "template", rule->template, "source", rule->source);
}

static json_t *spec_json(const struct adapter *adapter)
{
    const struct spec *spec = adapter->spec;
    json_t *media = json_array(), *text = json_array();

    for (size_t i = 0; i < spec->nb_rows; i++)
        json_array_append_new(media, row_json(&spec->rows[i]));
    for (size_t i = 0; i < spec->nb_texts; i++)
        json_array_append_new(text, text_json(&spec->texts[i]));
    return json_pack("{s:s, s:s, s:s, s:s, s:o, s:o}", "platform", adapter->name, "title", adapter->title, "sheet", spec->sheet,
                     "date", spec->date, "media", media, "text", text);
}

static void print_spec(const struct adapter *adapter)
{
    AUTO_ARENA struct arena *arena = arena_create();
    const struct spec *spec = adapter->spec;

    printf("%s (%s, facts of %s)\n", adapter->title, adapter->name, spec->date);
    for (size_t i = 0; i < spec->nb_rows; i++) {
        const struct spec_row *row = &spec->rows[i];

        printf("  %-14s %-5s %-28s %s\n", spec_property_name(row->property), row->force == SPEC_HARD ? "hard" : "ideal",
               words_limit(arena, row), row->source);
    }
    for (size_t i = 0; i < spec->nb_texts; i++) {
        const struct text_rule *rule = &spec->texts[i];
        char limit[64];

        if (rule->limit)
            snprintf(limit, sizeof limit, "at most %d %s", rule->limit, text_unit_name(rule->unit));
        printf("  %-14s %-5s %-28s %s\n", rule->field, "text", rule->limit ? limit : "no limit", rule->source);
    }
}

static int run(const struct options *options)
{
    const char *wanted = options->nb_args ? options->args[0] : NULL;
    json_auto_t *platforms = json_array();
    struct error err;
    bool any = false;

    for (const struct adapter *const *a = adapters; *a; a++) {
        if (wanted && strcmp(wanted, (*a)->name))
            continue;
        any = true;
        if (options->json)
            json_array_append_new(platforms, spec_json(*a));
        else
            print_spec(*a);
    }
    if (!any) {
        fail(&err, ERROR_USAGE, "there is no platform '%s'. `crosscut limits` lists all", wanted);
        return command_failed(options, "limits", &err);
    }
    if (options->json) {
        json_auto_t *document = json_pack("{s:s, s:s, s:i, s:O}", "schema", "crosscut/1", "command", "limits", "exit", 0,
                                          "platforms", platforms);

        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
    }
    return 0;
}

const struct command command_limits = {
    "limits", "[PLATFORM]", "the delivery specs, with source and date",
    "Hard limits are what a platform refuses; ideals are what it likes. Each row names the fact sheet it comes from.",
    OPT_COMMON, run,
};
