#include "cli/run.h"

#include "base/auto.h"
#include "cli/status.h"
#include <string.h>
#include <unistd.h>

/* A post of which nothing was asked yet is planned anew, with today's settings and sidecar; so is one whose rendition is gone
 * from the cache, as long as its master is there. The others go on as the journal has them. */
static bool plans_anew(const struct journal_row *row)
{
    bool asked = json_object_size(row->adapter_state) > 0, there = row->post.rendition && !access(row->post.rendition, R_OK);

    return (!asked || !there) && !access(row->post.master_path, R_OK);
}

static bool contains(const char *const *names, size_t nb, const char *name)
{
    for (size_t i = 0; i < nb; i++)
        if (!strcmp(names[i], name))
            return true;
    return false;
}

/* Masters, ids and destinations of what is planned anew. */
struct anew {
    const char **masters, **ids, **destinations;
    size_t nb_masters, nb_ids, nb_destinations;
};

static void collect(const struct journal_list *list, struct arena *arena, struct anew *anew)
{
    size_t room = list->nb_rows + 1;

    *anew = (struct anew){arena_alloc(arena, room * sizeof(char *)), arena_alloc(arena, room * sizeof(char *)),
                          arena_alloc(arena, room * sizeof(char *)), 0, 0, 0};
    for (size_t i = 0; i < list->nb_rows; i++) {
        const struct journal_row *row = &list->rows[i];

        if (!plans_anew(row))
            continue;
        anew->ids[anew->nb_ids++] = row->post.id;
        if (!contains(anew->masters, anew->nb_masters, row->post.master_path))
            anew->masters[anew->nb_masters++] = row->post.master_path;
        if (!contains(anew->destinations, anew->nb_destinations, row->post.destination))
            anew->destinations[anew->nb_destinations++] = row->post.destination;
    }
}

/* The destinations of the posts, not those of the configuration's list. One that is no longer configured is an error that names it. */
static bool choose_destinations(struct app *app, const struct anew *anew, struct error *err)
{
    AUTO_STR struct str to = {0};

    for (size_t i = 0; i < anew->nb_destinations; i++)
        str_printf(&to, "%s%s", i ? "," : "", anew->destinations[i]);
    return !anew->nb_destinations || config_destinations(app->config, str_text(&to), NULL, app->arena, &app->destinations,
                                                         &app->nb_destinations, err);
}

static bool planned(const struct run *run, const char *id)
{
    for (size_t i = 0; i < run->report.nb_posts; i++)
        if (!strcmp(run->posts[i].post->id, id))
            return true;
    return false;
}

static bool resume(struct run *run, struct app *app, struct journal_list *list, struct error *err)
{
    struct anew anew;

    if (!app_open_journal(app, false, err) || !status_find(app, STATES_OPEN, list, err))
        return false;
    collect(list, app->arena, &anew);
    app_ingest_paths(app, anew.masters, anew.nb_masters);
    if (!choose_destinations(app, &anew, err) || !app_plan(app, err) || !run_open(run, app, "resume", false, err))
        return false;
    run_only(run, anew.ids);
    for (size_t i = 0; i < list->nb_rows; i++)
        if (!plans_anew(&list->rows[i]) || !planned(run, list->rows[i].post.id))
            if (!run_go_on(run, &list->rows[i].post, err))
                return false;
    return run_all(run, err);
}

static int run_resume(const struct options *options)
{
    struct journal_list list = {0};
    struct run run = {0};
    struct app app;
    struct error err = {0};
    int status;

    if (!app_open(&app, options, "resume", &err))
        return command_failed(options, "resume", &err);
    status = resume(&run, &app, &list, &err) ? app_finish(&app, &run.report) : command_failed(options, "resume", &err);
    run_close(&run);
    journal_list_finish(&list);
    app_close(&app);
    return status;
}

const struct command command_resume = {
    "resume", "[POST...]", "go on with all unfinished posts, also those that are due on a schedule",
    "Goes on where every post stands: uploads from the platform's own offset, unknown outcomes by asking, put-off posts when their\n"
    "time has come. Never sends again what may be public.",
    OPT_COMMON | OPT_RUN, run_resume,
};
