/* Option rows: parser, help and completion read the same table. */
#ifndef CLI_OPTIONS_H
#define CLI_OPTIONS_H

#include "cli/command.h"

struct option_row {
    const char *name;
    char letter;               /* 0: none */
    const char *arg;           /* "FILE"; NULL: a switch */
    int group;                 /* OPT_... */
    const char *help;
};

extern const struct option_row option_rows[];   /* ends with a NULL name */

/* argv[0] is the command's name. Strings are borrowed from argv. Unknown options are refused with the nearest known. */
bool options_parse(const struct command *command, int argc, char **argv, struct options *options, struct error *err);
bool options_unknown_command(const char *name, struct error *err);   /* false; ERROR_USAGE */

#endif
