#include "cli/app.h"

#include "base/clock.h"
#include "cli/status.h"
#include <string.h>

/* crosscut resolve POST --live [URL] | --not-live */
static bool resolve(struct app *app, struct error *err)
{
    const struct options *options = app->options;
    struct journal_list list;
    bool ok;

    if (options->nb_args != 1 || (options->live != NULL) == options->not_live)
        return fail(err, ERROR_USAGE, "wanted: crosscut resolve POST --live URL, or crosscut resolve POST --not-live");
    if (!status_find(app, 0, &list, err))
        return false;
    ok = list.nb_rows == 1
             ? journal_resolve(app->journal, list.rows[0].post.id, options->live != NULL, options->live, clock_now_ms(), err)
             : fail(err, ERROR_USAGE, "'%s' is %zu posts: name one by its id", options->args[0], list.nb_rows);
    journal_list_finish(&list);
    return ok;
}

static int run(const struct options *options)
{
    struct report report = {.command = "resolve", .shows_only = true};
    struct journal_list list = {0};
    struct app app;
    struct error err;
    int status;

    if (!app_open(&app, options, "resolve", &err))
        return command_failed(options, "resolve", &err);
    if (!app_open_journal(&app, false, &err) || !resolve(&app, &err) || !status_find(&app, 0, &list, &err)) {
        app_close(&app);
        return command_failed(options, "resolve", &err);
    }
    status_fill(&app, &list, &report);
    status = app_finish(&app, &report);
    journal_list_finish(&list);
    app_close(&app);
    return status;
}

const struct command command_resolve = {
    "resolve", "POST --live URL | --not-live", "say what you saw of a post whose outcome is unknown",
    "For a post in state `unknown`: look at the platform. If it is there, --live with its address; if it is certainly not, --not-live,\n"
    "and the next `crosscut resume` publishes it.",
    OPT_COMMON | OPT_RESOLVE, run,
};
