#include "cli/app.h"

#include "ingest/worker.h"
#include "publish/credentials.h"
#include <curl/curl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

/* One line: what was looked at, whether it is well, and in words. */
static void note(json_t *checks, const char *what, bool well, const char *text)
{
    json_array_append_new(checks, json_pack("{s:s, s:b, s:s}", "what", what, "ok", well, "text", text));
}

static void check_libraries(struct app *app, json_t *checks)
{
    note(checks, "libraries", true, arena_printf(app->arena, "%s, SQLite %s, Jansson %s", curl_version(), sqlite3_libversion(), JANSSON_VERSION));
}

static void check_worker(json_t *checks)
{
    struct error err;
    char text[sizeof err.text + 32];
    bool well = worker_sandbox(text, sizeof text, &err);

    note(checks, "media worker", well, well ? text : err.text);
}

static bool count_posts(struct app *app, const char **text, struct error *err)
{
    struct journal_list list;
    size_t open = 0;

    if (!journal_find(app->journal, &(struct journal_filter){0}, &list, err))
        return false;
    for (size_t i = 0; i < list.nb_rows; i++)
        open += !post_state_final(list.rows[i].state);
    *text = arena_printf(app->arena, "%s is whole: %zu posts, %zu of them unfinished", app->journal_path, list.nb_rows, open);
    journal_list_finish(&list);
    return true;
}

static void check_journal(struct app *app, json_t *checks)
{
    const char *text;
    struct error err = {0};

    if (!app_open_journal(app, true, &err) || !journal_check(app->journal, &err) || !count_posts(app, &text, &err)) {
        note(checks, "journal", false, err.text);
        return;
    }
    note(checks, "journal", true, text);
    if (!journal_restored(app->journal))
        return;
    if (!app->options->adopt)
        note(checks, "backup", false, "the journal is older than what was published with it, or it is another one (a backup was put back, a file was "
             "deleted?); nothing is published until `crosscut doctor --adopt`");
    else if (!journal_adopt(app->journal, &err))
        note(checks, "backup", false, err.text);
    else
        note(checks, "backup", true, "the journal is taken for the true one; what it does not know to be finished is unknown now: `crosscut resume` looks "
             "for it. What was posted first after the backup is not in it: look at the accounts before you post those masters again");
}

static void check_accounts(struct app *app, json_t *checks)
{
    struct credentials *credentials = credentials_create();
    const struct destination *list;
    struct error err = {0};
    size_t nb;

    if (!config_destinations(app->config, NULL, NULL, app->arena, &list, &nb, &err)) {
        note(checks, "destinations", false, err.text);
        nb = 0;
    }
    for (size_t i = 0; i < nb; i++) {
        const char *token = NULL, *text = "needs no account";
        char variable[256];
        bool well = list[i].adapter->auth != AUTH_OAUTH2 || credentials_find(credentials, list[i].name, list[i].settings, &token, &err);

        credentials_variable(list[i].name, variable, sizeof variable);
        if (!well)
            text = err.text;
        else if (list[i].adapter->auth == AUTH_OAUTH2)
            text = token ? "has an access token" : arena_printf(app->arena, "not linked: set %s", variable);
        note(checks, arena_printf(app->arena, "destination %s", list[i].name), well, text);
    }
    credentials_destroy(credentials);
}

static int print(const struct options *options, const json_t *checks)
{
    bool all_well = true;
    size_t i;
    json_t *check;

    json_array_foreach((json_t *)checks, i, check)
        all_well &= json_is_true(json_object_get(check, "ok"));
    if (options->json) {
        json_auto_t *document = json_pack("{s:s, s:s, s:i, s:O}", "schema", "crosscut/1", "command", "doctor", "exit",
                                          all_well ? EXIT_DONE : EXIT_LOOK, "checks", checks);

        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
        return all_well ? EXIT_DONE : EXIT_LOOK;
    }
    json_array_foreach((json_t *)checks, i, check)
        printf("%s %-22s %s\n", json_is_true(json_object_get(check, "ok")) ? "ok   " : "LOOK ", json_string_value(json_object_get(check, "what")),
               json_string_value(json_object_get(check, "text")));
    return all_well ? EXIT_DONE : EXIT_LOOK;
}

static int run(const struct options *options)
{
    json_auto_t *checks = json_array();
    struct app app;
    struct error err;
    int status;

    if (!app_open(&app, options, "doctor", &err))
        return command_failed(options, "doctor", &err);
    check_libraries(&app, checks);
    check_worker(checks);
    check_journal(&app, checks);
    check_accounts(&app, checks);
    status = print(options, checks);
    app_close(&app);
    return status;
}

const struct command command_doctor = {
    "doctor", "[--adopt]", "what is installed, whole and linked",
    "Looks at the libraries, the media worker and its sandbox, the journal and the accounts; sends nothing. Exit 8 when something\n"
    "needs a look. A journal that is older than what was published with it publishes nothing until --adopt.",
    OPT_COMMON | OPT_ADOPT, run,
};
