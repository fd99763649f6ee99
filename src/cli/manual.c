#include "cli/manual.h"

#include "cli/options.h"
#include <string.h>

/* Text for roff: a backslash and a dot or quote at the start of a line mean something there. */
static void put(FILE *out, const char *text)
{
    bool line_start = true;

    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", out);
        if (*text == '\\' || *text == '-')
            fputc('\\', out);
        fputc(*text == '\\' ? 'e' : *text, out);
        line_start = *text == '\n';
    }
}

static void put_command(FILE *out, const struct command *command)
{
    fputs(".SS ", out);
    put(out, command->name);
    fputc(' ', out);
    put(out, command->args);
    fputc('\n', out);
    put(out, command->help);
    fputc('\n', out);
    for (const struct option_row *row = option_rows; row->name; row++) {
        if (!(row->group & command->options) || row->group == OPT_COMMON)
            continue;
        fputs(".TP\n.B ", out);
        if (row->letter)
            fprintf(out, "\\-%c, ", row->letter);
        fputs("\\-\\-", out);
        put(out, row->name);
        fprintf(out, "%s%s\n", row->arg ? " " : "", row->arg ? row->arg : "");
        put(out, row->help);
        fputc('\n', out);
    }
}

static void put_common(FILE *out)
{
    for (const struct option_row *row = option_rows; row->name; row++) {
        if (row->group != OPT_COMMON)
            continue;
        fprintf(out, ".TP\n.B %s%c%s\\-\\-", row->letter ? "\\-" : "", row->letter ? row->letter : ' ', row->letter ? ", " : "");
        put(out, row->name);
        fprintf(out, "%s%s\n", row->arg ? " " : "", row->arg ? row->arg : "");
        put(out, row->help);
        fputc('\n', out);
    }
}

void manual_print(FILE *out)
{
    fputs(".TH CROSSCUT 1 \"\" \"crosscut " CROSSCUT_VERSION "\"\n.SH NAME\ncrosscut \\- one master video, everywhere, once\n"
          ".SH SYNOPSIS\n.B crosscut\nCOMMAND [OPTIONS] [ARGUMENTS]\n.SH COMMANDS\n", out);
    for (const struct command *const *c = commands; *c; c++)
        put_command(out, *c);
    fputs(".SH OPTIONS OF EVERY COMMAND\n", out);
    put_common(out);
    fputs(".SH EXIT STATUS\n0 all done or nothing to do; 1 internal; 2 usage or configuration; 3 refused, nothing was sent; 4 credentials needed;\n"
          "5 all failed, trying again may help; 6 all failed for good; 7 some published, some not; 8 an outcome is unknown and needs a\n"
          "look; 130 interrupted, state kept.\n"
          ".SH FILES\n.TP\n.I pipeline.conf\nin the folder you run in, beside the masters, or in $XDG_CONFIG_HOME/crosscut/\n"
          ".TP\n.I $XDG_STATE_HOME/crosscut/journal.sqlite\nwhat was posted\n.TP\n.I $XDG_CACHE_HOME/crosscut/renditions/\nwhat was made\n"
          ".SH ENVIRONMENT\nEvery setting as CROSSCUT_SECTION_KEY or CROSSCUT_DESTINATION_KEY; access tokens as CROSSCUT_DESTINATION_TOKEN.\n", out);
}
