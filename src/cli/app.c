#include "cli/app.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include "ingest/scan.h"
#include "ingest/worker.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/text.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- places ---- */

static const char *home_folder(struct arena *arena, const char *variable, const char *below_home)
{
    const char *set = getenv(variable), *home = getenv("HOME");

    if (set && *set == '/')
        return arena_printf(arena, "%s/crosscut", set);
    return arena_printf(arena, "%s/%s/crosscut", home && *home ? home : ".", below_home);
}

static void find_places(struct app *app)
{
    const char *state = app->options->state;

    app->journal_path = arena_printf(
        app->arena, "%s/journal.sqlite", state ? state : home_folder(app->arena, "XDG_STATE_HOME", ".local/state"));
    app->cache_folder = arena_printf(
        app->arena, "%s/renditions", state ? state : home_folder(app->arena, "XDG_CACHE_HOME", ".cache"));
}

const char *app_vault_path(const struct options *options, struct arena *arena)
{
    return arena_printf(arena, "%s/vault", options->state ? options->state : home_folder(arena, "XDG_CONFIG_HOME", ".config"));
}

/* The folder of the first argument: a folder itself, or where the file lies. */
static const char *folder_of(const struct options *options, struct arena *arena)
{
    const char *first = options->nb_args ? options->args[0] : NULL, *slash;
    struct stat st;

    if (!first)
        return NULL;
    if (!stat(first, &st) && S_ISDIR(st.st_mode))
        return first;
    slash = strrchr(first, '/');
    return slash ? arena_strndup(arena, first, (size_t)(slash - first)) : NULL;
}

/* ---- opening ---- */

bool app_open(struct app *app, const struct options *options, const char *command, struct error *err)
{
    struct config_source source = {.file = options->config, .sets = options->sets};

    *app = (struct app){.options = options, .command = command, .arena = arena_create(), .kept = json_array()};
    worker_allow_unsafe(options->unsafe_no_sandbox);
    find_places(app);
    source.folder = folder_of(options, app->arena);
    app->config = config_open(&source, err);
    if (app->config && config_destinations(app->config, options->to, options->skip, app->arena, &app->destinations,
                                           &app->nb_destinations, err))
        return true;
    app_close(app);
    return false;
}

bool app_open_journal(struct app *app, bool read_only, struct error *err)
{
    app->journal = journal_open(&(struct journal_options){.path = app->journal_path}, err);
    if (!app->journal && read_only && access(app->journal_path, F_OK) < 0)
        app->journal = journal_open(&(struct journal_options){.path = NULL}, err);
    return app->journal != NULL;
}

void app_keep(struct app *app, struct arena *arena)
{
    struct kept_arena *kept = arena_alloc(app->arena, sizeof *kept);

    *kept = (struct kept_arena){app->arenas, arena};
    app->arenas = kept;
}

void app_close(struct app *app)
{
    if (app->planned)
        plan_finish(&app->plan);
    for (size_t i = 0; i < app->nb_masters; i++)
        sidecar_finish(&app->masters[i].sidecar);
    for (struct kept_arena *k = app->arenas; k; k = k->next)
        arena_destroy(k->arena);
    journal_close(app->journal);
    config_destroy(app->config);
    json_decref(app->kept);
    arena_destroy(app->arena);
    *app = (struct app){0};
}

/* ---- masters ---- */

static bool read_facts(struct app *app, const char *sha256, struct master *master, struct error *err)
{
    json_auto_t *known = journal_facts_find(app->journal, sha256), *made = NULL;

    if (known && facts_from_json(known, &master->facts, err))
        return true;
    if (!media_probe(master->path, &master->facts, err))
        return false;
    made = facts_to_json(&master->facts);
    return journal_facts_put(app->journal, sha256, made, err);
}

/* The id, the facts, the sidecar; the first that fails refuses this master alone. */
static void read_master(struct app *app, struct master *master)
{
    char sha256[65];

    if (!journal_file_sha256(app->journal, master->path, sha256, &master->error)) {
        if (master->error.kind != ERROR_INTERNAL)
            master->error.kind = ERROR_REFUSED;
        return;
    }
    master->id = arena_printf(app->arena, "sha256:%s", sha256);
    if (read_facts(app, sha256, master, &master->error) &&
        sidecar_read(master->path, app->arena, &master->sidecar, &master->error))
        master->error = (struct error){0};
}

void app_ingest_paths(struct app *app, const char *const *paths, size_t nb_paths)
{
    app->masters = arena_alloc(app->arena, (nb_paths + 1) * sizeof *app->masters);
    app->nb_masters = nb_paths;
    for (size_t i = 0; i < nb_paths; i++) {
        app->masters[i].path = paths[i];
        read_master(app, &app->masters[i]);
    }
}

/* The same bytes under two names are one master: the first name counts. */
static void drop_doubles(struct app *app)
{
    size_t kept = 0;

    for (size_t i = 0; i < app->nb_masters; i++) {
        struct master *m = &app->masters[i];
        const char *first = NULL;

        for (size_t j = 0; m->id && j < kept && !first; j++)
            first = app->masters[j].id && !strcmp(app->masters[j].id, m->id) ? app->masters[j].path : NULL;
        if (!first) {
            app->masters[kept++] = *m;
            continue;
        }
        app->skipped[app->nb_skipped++] =
            (struct report_skipped){m->path, arena_printf(app->arena, "has the same content as '%s'", first)};
        sidecar_finish(&m->sidecar);
    }
    app->nb_masters = kept;
}

bool app_ingest(struct app *app, struct error *err)
{
    const struct options *options = app->options;
    struct scan scan;

    if (!options->nb_args)
        return fail(err, ERROR_USAGE, "name a master or a folder: crosscut %s MASTER|FOLDER...", app->command);
    if (!scan_masters(options->args, options->nb_args, app->arena, &scan, err))
        return false;
    app->skipped = arena_alloc(app->arena, (scan.nb_skipped + scan.nb_masters + 1) * sizeof *app->skipped);
    for (size_t i = 0; i < scan.nb_skipped; i++)
        app->skipped[i] = (struct report_skipped){scan.skipped[i].path, scan.skipped[i].why};
    app->nb_skipped = scan.nb_skipped;
    if (!scan.nb_masters)
        return fail_rule(err, ERROR_REFUSED, "scan.empty", "no video in '%s'%s%s%s%s", options->args[0], scan.nb_skipped ? "; passed over: '" : "",
                         scan.nb_skipped ? scan.skipped[0].path : "", scan.nb_skipped ? "': " : "", scan.nb_skipped ? scan.skipped[0].why : "");
    app->masters = arena_alloc(app->arena, (scan.nb_masters + 1) * sizeof *app->masters);
    app->nb_masters = scan.nb_masters;
    for (size_t i = 0; i < scan.nb_masters; i++) {
        app->masters[i].path = scan.masters[i].path;
        app->masters[i].error = scan.masters[i].error;
        if (!app->masters[i].error.text[0])
            read_master(app, &app->masters[i]);
    }
    drop_doubles(app);
    return true;
}

/* --again: the occurrence after the last one that came to its end; one that is still under way is gone on with. */
static bool find_occurrence(struct app *app, int *occurrence, struct error *err)
{
    *occurrence = 0;
    for (size_t i = 0; app->options->again && i < app->nb_masters; i++) {
        struct journal_list list;

        if (!app->masters[i].id)
            continue;
        if (!journal_find(app->journal, &(struct journal_filter){.word = app->masters[i].id}, &list, err))
            return false;
        for (size_t n = 0; n < list.nb_rows; n++) {
            int next = list.rows[n].post.occurrence + post_state_final(list.rows[n].state);

            *occurrence = next > *occurrence ? next : *occurrence;
        }
        journal_list_finish(&list);
    }
    return true;
}

bool app_plan(struct app *app, struct error *err)
{
    int occurrence;

    if (!find_occurrence(app, &occurrence, err))
        return false;
    app->input = (struct plan_input){
        .masters = app->masters, .nb_masters = app->nb_masters, .destinations = app->destinations,
        .nb_destinations = app->nb_destinations, .render = config_render(app->config), .now_ms = clock_now_ms(),
        .occurrence = occurrence, .version = CROSSCUT_VERSION,
    };
    app->planned = plan_make(&app->input, &app->plan, err);
    return app->planned;
}

/* ---- telling ---- */

const json_t *app_keep_json(struct app *app, json_t *json)
{
    json_array_append_new(app->kept, json);
    return json;
}

static void report_masters(struct app *app, struct report *report)
{
    struct report_master *masters = arena_alloc(app->arena, (app->nb_masters + 1) * sizeof *masters);

    for (size_t i = 0; i < app->nb_masters; i++) {
        const struct master *m = &app->masters[i];

        masters[i] = (struct report_master){.path = m->path, .id = m->id, .error = m->error};
        if (!m->error.text[0])
            masters[i].facts = app_keep_json(app, facts_to_json(&m->facts));
    }
    report->masters = masters;
    report->nb_masters = app->nb_masters;
}

/* Names of the destinations that share a rendition. */
static const char *const *sharers(struct app *app, size_t rendition)
{
    const char **names = arena_alloc(app->arena, (app->plan.nb_posts + 1) * sizeof *names);
    size_t nb = 0;

    for (size_t i = 0; i < app->plan.nb_posts; i++)
        if (!app->plan.posts[i].error.text[0] && app->plan.posts[i].rendition == rendition)
            names[nb++] = app->plan.posts[i].post.destination;
    return names;
}

static void report_renditions(struct app *app, struct report *report)
{
    struct report_rendition *renditions = arena_alloc(app->arena, (app->plan.nb_renditions + 1) * sizeof *renditions);

    for (size_t i = 0; i < app->plan.nb_renditions; i++) {
        const struct plan_rendition *r = &app->plan.renditions[i];

        renditions[i] = (struct report_rendition){
            .id = r->id, .master = app->masters[r->master].path, .recipe = app_keep_json(app, recipe_to_json(&r->recipe)),
            .destinations = sharers(app, i), .reasons = r->reasons,
        };
    }
    report->renditions = renditions;
    report->nb_renditions = app->plan.nb_renditions;
}

static void report_posts(struct app *app, struct report *report)
{
    struct post_report *posts = arena_alloc(app->arena, (app->plan.nb_posts + 1) * sizeof *posts);

    for (size_t i = 0; i < app->plan.nb_posts; i++) {
        const struct plan_post *p = &app->plan.posts[i];

        posts[i] = (struct post_report){
            .post = &p->post, .state = p->error.text[0] ? p->error.kind == ERROR_CREDENTIALS ? POST_HELD : POST_FAILED : POST_PLANNED,
            .surface = p->surface, .warnings = p->warnings, .reasons = p->reasons, .texts = p->texts,
            .nb_texts = p->nb_texts, .error = p->error,
        };
    }
    report->posts = posts;
    report->nb_posts = app->plan.nb_posts;
}

void app_report_plan(struct app *app, struct report *report)
{
    report_masters(app, report);
    report_renditions(app, report);
    report_posts(app, report);
    report->skipped = app->skipped;
    report->nb_skipped = app->nb_skipped;
}

/* One line on stderr that no text of others can control. */
static void complain(const char *text)
{
    AUTO_STR struct str line = {0};

    terminal_add(&line, text);
    fprintf(stderr, "crosscut: %s\n", str_text(&line));
}

int app_finish(struct app *app, struct report *report)
{
    const struct options *o = app->options;
    struct terminal terminal = terminal_of(STDOUT_FILENO, (enum terminal_color)o->color);
    struct error err;
    int status = report_exit(report);

    for (size_t i = 0; i < report->nb_masters; i++)
        if (report->masters[i].error.text[0])
            complain(report->masters[i].error.text);
    if (o->json)
        json_print(report, stdout);
    else
        text_print(report, &terminal, o->verbose || !strcmp(app->command, "plan"), stdout);
    if (o->junit && !junit_write(report, o->junit, &err)) {
        fprintf(stderr, "crosscut: %s\n", err.text);
        return status ? status : error_exit(err.kind);
    }
    return status;
}
