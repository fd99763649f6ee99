/* What the commands share: configuration, journal, the masters named on the command line, and the plan made of them. */
#ifndef CLI_APP_H
#define CLI_APP_H

#include "cli/command.h"
#include "cli/config.h"
#include "publish/journal.h"
#include "report/report.h"
#include <crosscut/plan.h>

struct kept_arena { struct kept_arena *next; struct arena *arena; };

struct app {
    const struct options *options;
    const char *command;
    struct arena *arena;               /* owns what is not released by itself below */
    struct config *config;
    const char *journal_path, *cache_folder;
    struct journal *journal;           /* NULL until app_open_journal */
    const struct destination *destinations;
    size_t nb_destinations;
    struct master *masters;
    size_t nb_masters;
    struct report_skipped *skipped;
    size_t nb_skipped;
    struct plan_input input;
    struct plan plan;
    bool planned;
    json_t *kept;                      /* JSON values that the report borrows */
    struct kept_arena *arenas;
};

/* Reads the configuration. On failure the app is closed already. */
bool app_open(struct app *app, const struct options *options, const char *command, struct error *err);
/* The file of tokens: in $XDG_CONFIG_HOME/crosscut, or below --state. */
const char *app_vault_path(const struct options *options, struct arena *arena);
/* In memory when `read_only` and the state folder cannot be written: planning works on a read-only machine. */
bool app_open_journal(struct app *app, bool read_only, struct error *err);
/* Finds the masters, and for each its id, facts and sidecar; a bad one keeps its error and does not stop the others. */
bool app_ingest(struct app *app, struct error *err);
/* The same for paths that are known: no argument is scanned. */
void app_ingest_paths(struct app *app, const char *const *paths, size_t nb_paths);
bool app_plan(struct app *app, struct error *err);
/* Ties an arena's life to the app's. */
void app_keep(struct app *app, struct arena *arena);
void app_close(struct app *app);

/* The report's masters, renditions and posts of a plan, allocated in the app's arena. */
void app_report_plan(struct app *app, struct report *report);
/* Ties a JSON value's life to the app's; takes the reference and gives it back borrowed. */
const json_t *app_keep_json(struct app *app, json_t *json);
/* Prints the report as --json, or as text, writes --junit, and gives the exit status. */
int app_finish(struct app *app, struct report *report);

#endif
