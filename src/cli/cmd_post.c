#include "cli/run.h"

#include "report/preview.h"

static int finish(struct run *run, struct app *app, const char *command, bool ok, struct error *err)
{
    int status = ok ? app_finish(app, &run->report) : command_failed(app->options, command, err);

    run_close(run);
    app_close(app);
    return status;
}

/* Plan, render, publish (or record, in a dry run); *run is open when it returns true. */
static bool go(struct run *run, struct app *app, const char *command, bool dry, struct error *err)
{
    return app_open_journal(app, dry, err) && app_ingest(app, err) && app_plan(app, err) &&
           run_open(run, app, command, dry, err) && run_all(run, err);
}

static int run_post(const struct options *options)
{
    struct run run = {0};
    struct app app;
    struct error err = {0};

    if (!app_open(&app, options, "post", &err))
        return command_failed(options, "post", &err);
    return finish(&run, &app, "post", go(&run, &app, "post", options->dry_run, &err), &err);
}

static int run_preview(const struct options *options)
{
    const char *out = options->out ? options->out : "preview";
    struct run run = {0};
    struct app app;
    struct error err = {0};
    bool ok;

    if (!app_open(&app, options, "preview", &err))
        return command_failed(options, "preview", &err);
    ok = go(&run, &app, "preview", true, &err);
    if (ok && !run.report.interrupted)
        ok = preview_write(&run.report, out, &err);
    return finish(&run, &app, "preview", ok, &err);
}

const struct command command_post = {
    "post", "MASTER|FOLDER...", "do everything: plan, render, publish, remember",
    "Posts each master to the destinations of pipeline.conf, or to those of --to. What was posted before is left alone, so the\n"
    "command may be repeated at any time; of a folder it posts every master not posted yet. Killed in the middle? Run it again,\n"
    "or `crosscut resume`.",
    OPT_COMMON | OPT_PLAN | OPT_RUN, run_post,
};
const struct command command_preview = {
    "preview", "MASTER|FOLDER...", "the same without publishing: renditions and an HTML page",
    "Needs no account. Writes --out DIR (./preview) with index.html: each output playable beside its text, counts and limits, and\n"
    "the requests that would be sent.",
    OPT_COMMON | OPT_PLAN | OPT_RUN | OPT_OUT, run_preview,
};
