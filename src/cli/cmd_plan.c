#include "cli/app.h"

#include "base/auto.h"
#include "base/text.h"
#include "report/json.h"
#include "report/text.h"
#include <stdio.h>

/* Ingests and plans, then `tell` prints; the report is finished here for both commands. */
static int with_plan(const struct options *options, const char *command, int (*tell)(struct app *app))
{
    struct app app;
    struct error err;
    int status;

    if (!app_open(&app, options, command, &err))
        return command_failed(options, command, &err);
    if (!app_open_journal(&app, true, &err) || !app_ingest(&app, &err) || !app_plan(&app, &err)) {
        app_close(&app);
        return command_failed(options, command, &err);
    }
    status = tell(&app);
    app_close(&app);
    return status;
}

static int tell_plan(struct app *app)
{
    struct report report = {.command = "plan"};

    app_report_plan(app, &report);
    return app_finish(app, &report);
}

static int run_plan(const struct options *options)
{
    return with_plan(options, "plan", tell_plan);
}

/* ---- check ---- */

static json_t *check_json(const struct check_row *row)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "property", spec_property_name(row->limit->property), "force",
                     row->limit->force == SPEC_HARD ? "hard" : "ideal", "value", row->value, "wanted", row->wanted, "verdict",
                     verdict_name(row->verdict), "way_out", row->way_out, "source", row->limit->source);
}

static void print_row(const struct check_row *row)
{
    printf("    %-7s %-14s %-26s wanted %-26s %s%s%s\n", verdict_name(row->verdict), spec_property_name(row->limit->property),
           row->value, row->wanted, row->limit->source, *row->way_out ? "; " : "", row->way_out);
}

/* One master against one destination; false when a hard limit refuses it. */
static bool check_one(struct app *app, const struct master *master, const struct destination *destination, json_t *into)
{
    const struct check_row *rows;
    size_t nb = spec_check(destination->adapter->spec, destination->settings, &master->facts, app->arena, &rows);
    json_t *list = json_array();
    bool takes = true;

    for (size_t i = 0; i < nb; i++) {
        takes &= !(rows[i].limit->force == SPEC_HARD && rows[i].verdict == VERDICT_FAIL);
        json_array_append_new(list, check_json(&rows[i]));
    }
    if (!app->options->json) {
        printf("  %s (%s): %s\n", destination->name, destination->adapter->title,
               takes ? "takes it as it is" : "does not take it as it is; `crosscut post` adapts it");
        for (size_t i = 0; i < nb; i++)
            if (rows[i].verdict != VERDICT_PASS || app->options->verbose)
                print_row(&rows[i]);
    }
    json_array_append_new(into, json_pack("{s:s, s:s, s:b, s:o}", "destination", destination->name, "platform",
                                          destination->adapter->name, "takes", takes, "rows", list));
    return takes;
}

static int tell_check(struct app *app)
{
    json_auto_t *masters = json_array();
    bool all = true;
    int status;

    for (size_t i = 0; i < app->nb_masters; i++) {
        const struct master *m = &app->masters[i];
        json_t *destinations = json_array();

        if (!app->options->json)
            printf("%s%s%s\n", utf8_printable(app->arena, m->path), m->error.text[0] ? ": refused: " : "", m->error.text);
        all &= !m->error.text[0];
        for (size_t d = 0; d < app->nb_destinations && !m->error.text[0]; d++)
            all &= check_one(app, m, &app->destinations[d], destinations);
        json_array_append_new(masters, json_pack("{s:s, s:s?, s:o, s:s?}", "path", utf8_printable(app->arena, m->path), "id", m->id, "destinations",
                                                 destinations, "error", m->error.text[0] ? m->error.text : NULL));
    }
    status = all ? 0 : 3;
    if (app->options->json) {
        json_auto_t *document = json_pack("{s:s, s:s, s:i, s:O}", "schema", "crosscut/1", "command", "check", "exit", status,
                                          "masters", masters);

        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
    }
    return status;
}

static int run_check(const struct options *options)
{
    return with_plan(options, "check", tell_check);
}

const struct command command_plan = {
    "plan", "MASTER|FOLDER...", "only decide: what would be made and posted, with reasons",
    "Renders and sends nothing. Every decision carries its reason: what is made, shared, trimmed, reframed, cut from a text.",
    OPT_COMMON | OPT_PLAN, run_plan,
};
const struct command command_check = {
    "check", "MASTER|FOLDER...", "does each platform take this file as it is? row by row",
    "Each row: the file's value, what the platform wants, and the source of the limit. Exit 3 when a platform would refuse the file;\n"
    "`crosscut post` adapts such a file by itself. -v also prints the rows that pass.",
    OPT_COMMON | OPT_PLAN, run_check,
};
