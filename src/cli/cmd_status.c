#include "cli/app.h"

#include "cli/status.h"
#include <string.h>

static int run(const struct options *options)
{
    struct report report = {.command = "status", .shows_only = true};
    struct journal_list list = {0};
    struct app app;
    struct error err;
    int status;

    if (!app_open(&app, options, "status", &err))
        return command_failed(options, "status", &err);
    if (!app_open_journal(&app, true, &err) || !status_find(&app, 0, &list, &err)) {
        app_close(&app);
        return command_failed(options, "status", &err);
    }
    status_fill(&app, &list, &report);
    status = app_finish(&app, &report);
    journal_list_finish(&list);
    app_close(&app);
    return status;
}

const struct command command_status = {
    "status", "[POST...]", "where every post is, with links",
    "Without arguments all posts; POST is the beginning of an id, a destination, a platform, or a master's path.\n"
    "For every unfinished post it says what it waits for and what to do.",
    OPT_COMMON, run,
};
