/* The command line: a table of commands, a table of options, one place that parses both. */
#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <crosscut/error.h>
#include <stdbool.h>
#include <stddef.h>

enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };

struct options {
    const char *to, *skip, *config, *state, *out, *events, *junit, *live;
    const char **sets;             /* NULL-terminated */
    bool help, dry_run, json, yes, quiet, no_progress, again, allow_damaged, not_live, unsafe_no_sandbox, adopt, paste, passphrase;
    int verbose;
    enum color color;
    const char *const *args;       /* what stands after the options */
    size_t nb_args;
};

/* Which options a command takes: bits of option_row.group. */
enum {
    OPT_COMMON = 1,    /* --json -q -v --color --config --set --state */
    OPT_PLAN = 2,      /* --to --skip --unsafe-no-sandbox */
    OPT_RUN = 4,       /* --dry-run --yes --no-progress --events --junit --again --allow-damaged --unsafe-no-sandbox */
    OPT_OUT = 8,       /* --out */
    OPT_RESOLVE = 16,  /* --live --not-live */
    OPT_ADOPT = 32,    /* --adopt */
    OPT_LOGIN = 64,    /* --paste --passphrase */
};

struct command {
    const char *name, *args, *summary;
    const char *help;              /* a paragraph or two */
    int options;
    int (*run)(const struct options *options);    /* exit status as in DESIGN.md section 3 */
};

extern const struct command *const commands[];    /* NULL-terminated */

extern const struct command command_post, command_preview, command_plan, command_check, command_status, command_resume,
    command_resolve, command_login, command_logout, command_accounts, command_doctor, command_limits, command_config, command_version, command_help;

/* Prints "crosscut: TEXT" on stderr, or the JSON document with the error when --json, and gives the exit status. */
int command_failed(const struct options *options, const char *command, const struct error *err);
void help_print(const struct command *command);   /* NULL: the overview */

#endif
