#include "cli/run.h"

#include "base/clock.h"
#include "cli/status.h"
#include "publish/scenarios.h"
#include "publish/vault.h"
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TURN_MS 200

/* The only state outside: what a signal handler may touch. */
static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    if (interrupted)
        _exit(128 + number);    /* the second one means it: the journal makes that safe */
    interrupted = 1;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void engine_told(void *context, const struct engine_event *event)
{
    tell_engine(((struct run *)context)->tell, event);
}

/* ---- opening ---- */

static bool open_vault(struct run *run, struct error *err)
{
    run->vault = vault_open(app_vault_path(run->app->options, run->app->arena), false, err);
    run->token_transport = run->vault ? transport_curl_create(NULL, err) : NULL;
    if (run->token_transport)
        credentials_use_vault(run->credentials, run->vault, run->token_transport);
    return run->token_transport;
}

static bool open_publishing(struct run *run, struct error *err)
{
    const json_t *host = config_section(run->app->config, "host");

    run->credentials = credentials_create();
    run->host = host_open(json_string_value(json_object_get(host, "path")), err);
    if (!run->host)
        return false;
    run->requests = json_array();
    run->scripts = run->dry ? scenarios_load() : NULL;
    run->transport = run->dry ? transport_dry_create(run->scripts, false, run->requests) : transport_curl_create(run->host, err);
    if (!run->transport || (!run->dry && !open_vault(run, err)))
        return false;
    run->engine = engine_create(&(struct engine_options){.journal = run->journal, .transport = run->transport,
                                                         .credentials = run->credentials, .dry_run = run->dry,
                                                         .event = engine_told, .context = run, .interrupted = &interrupted},
                                err);
    return run->engine != NULL;
}

/* What is known of this post already? Published ones are left alone; others go on. */
static bool find_fate(struct run *run, size_t i, struct error *err)
{
    const struct plan_post *p = &run->app->plan.posts[i];
    struct journal_list list;

    if (p->error.text[0]) {
        run->fates[i] = FATE_REFUSED;
        return true;
    }
    if (!journal_find(run->app->journal, &(struct journal_filter){.id = p->post.id}, &list, err))
        return false;
    run->fates[i] = FATE_RENDER;
    if (list.nb_rows && (list.rows[0].state == POST_PUBLISHED || list.rows[0].state == POST_RETRACTED))
        run->fates[i] = FATE_DONE;
    if (list.nb_rows && list.rows[0].state == POST_FAILED && !run->dry &&
        !journal_restart(run->journal, &p->post, clock_now_ms(), err)) {
        journal_list_finish(&list);
        return false;
    }
    journal_list_finish(&list);
    return true;
}

bool run_open(struct run *run, struct app *app, const char *command, bool dry, struct error *err)
{
    *run = (struct run){.app = app, .dry = dry, .report = {.command = command, .dry_run = dry}};
    app_report_plan(app, &run->report);
    run->posts = (struct post_report *)run->report.posts;
    run->renditions = (struct report_rendition *)run->report.renditions;
    run->fates = arena_alloc(app->arena, (app->plan.nb_posts + 1) * sizeof *run->fates);
    run->journal = dry ? journal_open(&(struct journal_options){.path = NULL}, err) : app->journal;
    run->tell = tell_open(app->options, err);
    if (!run->journal || !run->tell || !cache_open(app->cache_folder, err) || !open_publishing(run, err))
        return false;
    for (size_t i = 0; i < app->plan.nb_posts; i++)
        if (!find_fate(run, i, err))
            return false;
    catch_signals();
    return true;
}

void run_only(struct run *run, const char *const *ids)
{
    for (size_t i = 0; i < run->report.nb_posts; i++) {
        bool wanted = false;

        for (const char *const *id = ids; *id; id++)
            wanted |= !strcmp(*id, run->posts[i].post->id);
        if (!wanted)
            run->fates[i] = FATE_LEFT;
    }
}

bool run_go_on(struct run *run, const struct post *post, struct error *err)
{
    const char **ids = arena_alloc(run->app->arena, (run->nb_others + 2) * sizeof *ids);
    struct post known = *post;

    known.adapter = adapter_find(post->platform);    /* the journal keeps its name */
    if (run->nb_others)
        memcpy(ids, run->others, run->nb_others * sizeof *ids);
    ids[run->nb_others++] = arena_strdup(run->app->arena, post->id);
    run->others = ids;
    return engine_add(run->engine, &known, err);
}

void run_close(struct run *run)
{
    struct error err;

    render_destroy(run->render);
    engine_destroy(run->engine);
    transport_destroy(run->transport);
    transport_destroy(run->token_transport);
    host_close(run->host);
    credentials_destroy(run->credentials);
    vault_close(run->vault);
    json_decref(run->requests);
    json_decref(run->scripts);
    tell_close(run->tell, &err);
    if (run->dry)
        journal_close(run->journal);
}

/* ---- warnings ---- */

static const char *const *warnings_of(const json_t *warnings, const char *const *planned, struct arena *arena)
{
    size_t nb = 0, i;
    const char **all;
    json_t *text;

    while (planned && planned[nb])
        nb++;
    all = arena_alloc(arena, (nb + json_array_size(warnings) + 1) * sizeof *all);
    if (nb)
        memcpy(all, planned, nb * sizeof *all);
    json_array_foreach((json_t *)warnings, i, text)
        if (json_string_value(text))
            all[nb++] = arena_strdup(arena, json_string_value(text));
    return all;
}

/* What would stop a post before its first request, seen in a dry run. */
static const char *const *with_warning(const char *const *warnings, const char *text, struct arena *arena)
{
    json_auto_t *one = json_pack("[s]", text);

    return warnings_of(one, warnings, arena);
}

/* ---- renditions ---- */

static bool rendition_wanted(const struct run *run, size_t rendition)
{
    for (size_t i = 0; i < run->report.nb_posts; i++)
        if (run->fates[i] == FATE_RENDER && run->app->plan.posts[i].rendition == rendition)
            return true;
    return false;
}

/* What was rendered with damage is said beside each post that gets it. */
static void warn_damaged(struct run *run, size_t post, int64_t damaged_frames)
{
    struct arena *arena = run->app->arena;

    if (damaged_frames > 0)
        run->posts[post].warnings = with_warning(run->posts[post].warnings,
            arena_printf(arena, "the master has %" PRId64 " damaged frame%s; look at the result", damaged_frames, damaged_frames == 1 ? "" : "s"), arena);
}

/* The file is there: fills the posts that wait for it and hands them to the engine. */
static bool publish_posts(struct run *run, size_t rendition, const struct cached *file, struct error *err)
{
    for (size_t i = 0; i < run->report.nb_posts; i++) {
        struct post *post = &run->app->plan.posts[i].post;

        if (run->fates[i] != FATE_RENDER || run->app->plan.posts[i].rendition != rendition)
            continue;
        post->rendition = file->path;
        post->rendition_bytes = file->bytes;
        post->rendition_sha256 = file->sha256;
        post->cover = file->cover;
        post->width_px = file->facts.video.width_px;
        post->height_px = file->facts.video.height_px;
        post->duration_ms = file->facts.duration_ms;
        warn_damaged(run, i, file->facts.damaged_frames);
        run->fates[i] = FATE_RUNNING;
        if (run->engine && !engine_add(run->engine, post, err))
            return false;
    }
    return true;
}

static bool rendition_ready(struct run *run, size_t rendition, const struct cached *file, const char *made, struct error *err)
{
    struct report_rendition *r = &run->renditions[rendition];

    r->path = file->path;
    r->cover = file->cover;
    r->made = made;
    r->facts = app_keep_json(run->app, facts_to_json(&file->facts));
    return publish_posts(run, rendition, file, err);
}

static void original_file(const struct run *run, size_t rendition, struct cached *file)
{
    const struct master *master = &run->app->masters[run->app->plan.renditions[rendition].master];
    const char *cover = arena_printf(run->app->arena, "%s/%s.jpg", run->app->cache_folder, run->app->plan.renditions[rendition].id);

    *file = (struct cached){.path = master->path, .bytes = master->facts.size_bytes, .facts = master->facts,
                            .sha256 = strchr(master->id, ':') + 1, .cover = access(cover, R_OK) ? NULL : cover};
}

/* In the cache already, or the master itself with its cover made? */
static bool find_file(const struct run *run, size_t rendition, struct cached *file)
{
    const struct plan_rendition *r = &run->app->plan.renditions[rendition];

    if (r->recipe.work != WORK_ORIGINAL)
        return cache_find(run->app->cache_folder, r->id, run->app->arena, file);
    original_file(run, rendition, file);
    return file->cover != NULL;
}

static void stop_posts(struct run *run, size_t master, const struct error *error)
{
    for (size_t i = 0; i < run->report.nb_posts; i++) {
        if (run->fates[i] != FATE_RENDER || run->app->plan.posts[i].master != master)
            continue;
        run->fates[i] = FATE_STOPPED;
        run->posts[i].state = POST_FAILED;
        run->posts[i].error = *error;
    }
}

/* Serves what is in the cache, orders the rest from a worker. */
static bool begin_master(struct run *run, size_t master, struct error *err)
{
    const struct app *app = run->app;
    struct render_order *orders = arena_alloc(app->arena, (app->plan.nb_renditions + 1) * sizeof *orders);
    size_t nb = 0;
    struct error failed;

    for (size_t i = 0; i < app->plan.nb_renditions; i++) {
        const struct plan_rendition *r = &app->plan.renditions[i];
        struct cached file;

        if (r->master != master || !rendition_wanted(run, i))
            continue;
        if (find_file(run, i, &file)) {
            if (!rendition_ready(run, i, &file, r->recipe.work == WORK_ORIGINAL ? "original" : "cached", err))
                return false;
            continue;
        }
        orders[nb++] = (struct render_order){r->id, &r->recipe, r->cover_ms};
    }
    if (!nb)
        return true;
    run->render_master = master;
    run->render = render_start(&(struct render_batch){.master = app->masters[master].path, .facts = &app->masters[master].facts,
                                                      .folder = app->cache_folder, .orders = orders, .nb_orders = nb,
                                                      .allow_damaged = app->options->allow_damaged},
                               &failed);
    if (!run->render)
        stop_posts(run, master, &failed);
    return true;
}

static bool collect_master(struct run *run, struct error *err)
{
    const struct app *app = run->app;

    for (size_t i = 0; i < app->plan.nb_renditions; i++) {
        const struct plan_rendition *r = &app->plan.renditions[i];
        struct cached file;

        if (r->master != run->render_master || !rendition_wanted(run, i))
            continue;
        if (!find_file(run, i, &file)) {
            if (r->recipe.work != WORK_ORIGINAL)
                return fail(err, ERROR_INTERNAL, "rendition %s is gone from '%s'", r->id, app->cache_folder);
            original_file(run, i, &file);    /* goes out without a cover */
        }
        if (!rendition_ready(run, i, &file, recipe_work_name(r->recipe.work), err))
            return false;
    }
    return true;
}

/* One turn of the renderer: takes the worker's words, or begins the next master. */
static bool turn_render(struct run *run, struct error *err)
{
    struct render_progress progress = {.eta_ms = -1};
    struct error failed;
    bool finished = false, ok;

    if (!run->render && run->next_master < run->app->nb_masters)
        return begin_master(run, run->next_master++, err);
    if (!run->render)
        return true;
    ok = render_step(run->render, &progress, &finished, &failed);
    if (ok && !finished) {
        if (progress.total_ms)
            tell_render(run->tell, run->app->masters[run->render_master].path, &progress);
        return true;
    }
    tell_render_end(run->tell, run->app->masters[run->render_master].path, ok ? "rendered" : failed.text);
    render_destroy(run->render);
    run->render = NULL;
    if (!ok)
        stop_posts(run, run->render_master, &failed);
    return ok ? collect_master(run, err) : true;
}

static bool rendering(const struct run *run)
{
    return run->render || run->next_master < run->app->nb_masters;
}

/* ---- the loop ---- */

static bool turn_all(struct run *run, struct error *err)
{
    struct pollfd worker = {.events = POLLIN};

    if (!turn_render(run, err))
        return false;
    worker.fd = run->render ? render_fd(run->render) : -1;
    return engine_turn(run->engine, rendering(run) && !run->render ? 0 : TURN_MS, &worker, run->render ? 1 : 0, err);
}

/* Known to the journal before anything is made, so that a resume finds them whatever happens. */
static bool add_posts(struct run *run, struct error *err)
{
    for (size_t i = 0; i < run->report.nb_posts; i++) {
        bool added;

        if (run->fates[i] == FATE_RENDER && !journal_add(run->journal, &run->app->plan.posts[i].post, clock_now_ms(), &added, err))
            return false;
    }
    return true;
}

/* The journal's word on each post goes into the report. */
static bool report_states(struct run *run, struct error *err)
{
    struct arena *arena = run->app->arena;

    for (size_t i = 0; i < run->report.nb_posts; i++) {
        struct post_report *p = &run->posts[i];
        struct journal_list list;
        const struct journal_row *row;

        if (run->fates[i] == FATE_REFUSED || run->fates[i] == FATE_STOPPED || run->fates[i] == FATE_LEFT)
            continue;
        if (!journal_find(run->fates[i] == FATE_DONE ? run->app->journal : run->journal,
                          &(struct journal_filter){.id = p->post->id}, &list, err))
            return false;
        row = list.nb_rows ? &list.rows[0] : NULL;
        if (row && run->dry && row->error.text[0] && row->error.kind != ERROR_TRANSIENT)
            p->warnings = with_warning(p->warnings, row->error.text, arena);
        if (row && !(run->dry && run->fates[i] != FATE_DONE)) {
            p->state = row->state;
            p->before = run->fates[i] == FATE_DONE;
            p->remote_id = arena_strdup(arena, row->remote_id);
            p->permalink = arena_strdup(arena, row->permalink);
            p->visibility = arena_strdup(arena, row->visibility);
            p->surface = row->surface ? arena_strdup(arena, row->surface) : p->surface;
            p->warnings = warnings_of(row->warnings, p->warnings, arena);
            p->due_ms = row->next_at_ms;
            p->error = row->error;
        }
        journal_list_finish(&list);
    }
    return true;
}

/* Leaves out the plan's posts that were not meant, adds those that went on from the journal. */
static bool report_others(struct run *run, struct error *err)
{
    struct arena *arena = run->app->arena;
    struct post_report *all = arena_alloc(arena, (run->report.nb_posts + run->nb_others + 1) * sizeof *all);
    size_t nb = 0;

    for (size_t i = 0; i < run->report.nb_posts; i++)
        if (run->fates[i] != FATE_LEFT)
            all[nb++] = run->posts[i];
    for (size_t i = 0; i < run->nb_others; i++) {
        struct journal_list *list = arena_alloc(arena, sizeof *list);

        if (!journal_find(run->journal, &(struct journal_filter){.id = run->others[i]}, list, err))
            return false;
        if (list->nb_rows)
            all[nb++] = status_report(run->app, &list->rows[0]);
        app_keep(run->app, list->arena);
        app_keep_json(run->app, list->keep);
    }
    run->report.posts = run->posts = all;
    run->report.nb_posts = nb;
    return true;
}

/* Sorts what the dry run recorded by post. */
static void report_requests(struct run *run)
{
    size_t n;
    json_t *request;

    for (size_t i = 0; run->dry && i < run->report.nb_posts; i++) {
        json_t *mine = json_array();

        json_array_foreach(run->requests, n, request) {
            const char *post = json_string_value(json_object_get(request, "post"));

            if (post && !strcmp(post, run->posts[i].post->id))
                json_array_append(mine, request);
        }
        run->posts[i].requests = app_keep_json(run->app, mine);
    }
}

bool run_all(struct run *run, struct error *err)
{
    bool ok = add_posts(run, err);

    while (ok && !interrupted && (rendering(run) || engine_running(run->engine))) {
        ok = turn_all(run, err);
        tell_tick(run->tell);
    }
    run->report.interrupted = interrupted;
    report_requests(run);
    ok = report_states(run, ok ? err : &(struct error){0}) && ok;
    return report_others(run, ok ? err : &(struct error){0}) && ok;
}
