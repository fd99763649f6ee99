#include "cli/command.h"

#include "cli/manual.h"
#include "cli/options.h"
#include "ingest/worker.h"
#include "report/report.h"
#include <crosscut/adapter.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

const struct command *const commands[] = {
    &command_post,   &command_preview, &command_plan,   &command_check,   &command_status, &command_resume,
    &command_resolve, &command_login, &command_logout, &command_accounts, &command_doctor, &command_limits, &command_config, &command_version, &command_help,   NULL,
};

int command_failed(const struct options *options, const char *command, const struct error *err)
{
    int status = error_exit(err->kind);

    if (options && options->json) {
        json_auto_t *document =
            json_pack("{s:s, s:s, s:i, s:{s:s, s:s, s:s}}", "schema", "crosscut/1", "command", command, "exit", status, "error",
                      "kind", error_kind_name(err->kind), "rule", err->rule, "text", err->text);

        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
    }
    fprintf(stderr, "crosscut: %s\n", err->text);
    return status;
}

static void print_options(const struct command *command)
{
    puts("\nOptions:");
    for (const struct option_row *row = option_rows; row->name; row++) {
        char left[64], letter[8] = "    ";

        if (!(row->group & (command->options | OPT_COMMON)))
            continue;
        if (row->letter)
            snprintf(letter, sizeof letter, "-%c, ", row->letter);
        snprintf(left, sizeof left, "%s--%s%s%s", letter, row->name, row->arg ? " " : "", row->arg ? row->arg : "");
        printf("  %-28s %s\n", left, row->help);
    }
}

void help_print(const struct command *command)
{
    if (command) {
        printf("crosscut %s %s\n\n%s\n", command->name, command->args, command->help);
        print_options(command);
        return;
    }
    puts("crosscut: one master video, everywhere, once\n\nUsage: crosscut COMMAND [OPTIONS] [ARGUMENTS]\n");
    for (const struct command *const *c = commands; *c; c++)
        printf("  %-9s %-18s %s\n", (*c)->name, (*c)->args, (*c)->summary);
    puts("\nFirst look, no account needed:  crosscut preview clip.mp4\n"
         "Everything about one command:   crosscut help post\n"
         "Exit: 0 done  2 usage  3 refused  4 credentials  5 try again  6 failed  7 partly  8 unknown, look  130 interrupted");
}

static int help(const struct options *options)
{
    if (!options->nb_args) {
        help_print(NULL);
        return 0;
    }
    if (!strcmp(options->args[0], "manual")) {
        manual_print(stdout);
        return 0;
    }
    for (const struct command *const *c = commands; *c; c++) {
        if (!strcmp((*c)->name, options->args[0])) {
            help_print(*c);
            return 0;
        }
    }
    struct error err;

    options_unknown_command(options->args[0], &err);
    return command_failed(options, "help", &err);
}

static int version(const struct options *options)
{
    struct error err;
    char sandbox[sizeof err.text + 32];

    if (!worker_sandbox(sandbox, sizeof sandbox, &err))
        snprintf(sandbox, sizeof sandbox, "does not work: %s", err.text);
    if (options->json) {
        json_auto_t *document = json_pack("{s:s, s:s, s:i, s:s, s:s}", "schema", "crosscut/1", "command", "version", "exit", 0,
                                          "version", CROSSCUT_VERSION, "media_worker", sandbox);

        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
    } else {
        printf("crosscut " CROSSCUT_VERSION "\nmedia worker: %s\n", sandbox);
    }
    return 0;
}

const struct command command_help = {"help", "[COMMAND]", "this, or everything about one command",
                                     "Prints help; `crosscut help manual` prints the manual page (man -l).", OPT_COMMON, help};
const struct command command_version = {"version", "", "the version, and how media is confined here",
                                        "Prints the version and what the media worker is confined by on this machine.", OPT_COMMON, version};
