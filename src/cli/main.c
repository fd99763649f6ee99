#include "cli/command.h"
#include "cli/options.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

static const struct command *command_find(const char *name)
{
    for (const struct command *const *c = commands; *c; c++)
        if (!strcmp((*c)->name, name))
            return *c;
    return NULL;
}

/* No core file and no debugger of another user: tokens live in this process. */
static void protect(void)
{
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
    prctl(PR_SET_DUMPABLE, 0);
    signal(SIGPIPE, SIG_IGN);
}

int main(int argc, char **argv)
{
    const struct command *command;
    struct options options;
    char help_name[] = "help", version_name[] = "version";
    struct error err = {0};

    setlocale(LC_CTYPE, "");
    protect();
    if (argc < 2) {
        help_print(NULL);
        return 2;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
        argv[1] = help_name;
    if (!strcmp(argv[1], "--version"))
        argv[1] = version_name;
    command = command_find(argv[1]);
    if (!command) {
        options_unknown_command(argv[1], &err);
        return command_failed(NULL, argv[1], &err);
    }
    if (!options_parse(command, argc - 1, argv + 1, &options, &err))
        return command_failed(&options, command->name, &err);
    if (options.help) {
        help_print(command);
        return 0;
    }
    return command->run(&options);
}
