#include "cli/options.h"

#include <crosscut/setting.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 32, SETS_MAX = 64 };

enum key {
    KEY_HELP = 256, KEY_JSON, KEY_CONFIG, KEY_SET, KEY_STATE, KEY_QUIET, KEY_VERBOSE, KEY_COLOR, KEY_TO, KEY_SKIP,
    KEY_DRY_RUN, KEY_YES, KEY_NO_PROGRESS, KEY_EVENTS, KEY_JUNIT, KEY_AGAIN, KEY_ALLOW_DAMAGED, KEY_OUT,
    KEY_LIVE, KEY_NOT_LIVE, KEY_UNSAFE_NO_SANDBOX, KEY_ADOPT, KEY_PASTE, KEY_PASSPHRASE,
};

/* Order as in enum key. */
const struct option_row option_rows[] = {
    {"help", 'h', NULL, OPT_COMMON, "Help of this command"},
    {"json", 0, NULL, OPT_COMMON, "One JSON document on stdout, for programs"},
    {"config", 0, "FILE", OPT_COMMON, "Read this pipeline.conf and no other"},
    {"set", 0, "SECTION.KEY=VALUE", OPT_COMMON, "Override one setting; may be repeated"},
    {"state", 0, "DIR", OPT_COMMON, "Keep journal, renditions and secrets below DIR"},
    {"quiet", 'q', NULL, OPT_COMMON, "Only errors on stderr"},
    {"verbose", 'v', NULL, OPT_COMMON, "Reasons and requests; twice for more"},
    {"color", 0, "auto|always|never", OPT_COMMON, "Colour of texts for people (NO_COLOR is respected)"},
    {"to", 0, "LIST", OPT_PLAN, "Only these destinations, separated by commas"},
    {"skip", 0, "LIST", OPT_PLAN, "All but these destinations"},
    {"dry-run", 'n', NULL, OPT_RUN, "Show every request, send none"},
    {"yes", 'y', NULL, OPT_RUN, "Do not ask"},
    {"no-progress", 0, NULL, OPT_RUN, "No progress bars"},
    {"events", 0, "FILE", OPT_RUN, "One JSON object a line as things happen; - for stderr"},
    {"junit", 0, "FILE", OPT_RUN, "JUnit XML for continuous integration"},
    {"again", 0, NULL, OPT_RUN, "Post once more what was already posted"},
    {"allow-damaged", 0, NULL, OPT_RUN, "Render a master even when over 1 % of its frames are damaged"},
    {"out", 0, "DIR", OPT_OUT, "Where the preview goes (./preview)"},
    {"live", 0, "URL", OPT_RESOLVE, "The post is public there"},
    {"not-live", 0, NULL, OPT_RESOLVE, "The post is certainly not public"},
    {"unsafe-no-sandbox", 0, NULL, OPT_PLAN | OPT_RUN, "Parse media unconfined; only for masters that you made yourself"},
    {"adopt", 0, NULL, OPT_ADOPT, "Go on with a journal that was put back from a backup"},
    {"paste", 0, NULL, OPT_LOGIN, "Paste the address that the browser was sent to, instead of waiting for it"},
    {"passphrase", 0, NULL, OPT_LOGIN, "Lock a new vault with a passphrase instead of a key file"},
    {0},
};

static void fill(const struct command *command, struct option *longs, char *shorts)
{
    size_t nb = 0;

    *shorts++ = ':';
    for (size_t i = 0; option_rows[i].name; i++) {
        const struct option_row *row = &option_rows[i];

        if (!(row->group & (command->options | OPT_COMMON)))
            continue;
        longs[nb++] = (struct option){row->name, row->arg ? required_argument : no_argument, NULL, KEY_HELP + (int)i};
        if (row->letter)
            *shorts++ = row->letter;
    }
    longs[nb] = (struct option){0};
    *shorts = '\0';
}

static int key_of_letter(int c)
{
    for (int i = 0; option_rows[i].name; i++)
        if (c < 256 && option_rows[i].letter == c)
            return KEY_HELP + i;
    return c;
}

static bool take_color(const char *text, enum color *color, struct error *err)
{
    static const char *const names[] = {"auto", "always", "never"};

    for (size_t i = 0; i < 3; i++)
        if (!strcmp(names[i], text)) {
            *color = (enum color)i;
            return true;
        }
    return fail(err, ERROR_USAGE, "--color=%s: wanted auto, always or never", text);
}

static bool add_set(struct options *options, const char *text, struct error *err)
{
    size_t nb = 0;

    if (!options->sets)
        options->sets = calloc(SETS_MAX + 1, sizeof *options->sets);
    while (options->sets && options->sets[nb])
        nb++;
    if (!options->sets || nb == SETS_MAX)
        return fail(err, ERROR_USAGE, "--set %s: at most %d settings on the command line", text, SETS_MAX);
    options->sets[nb] = text;
    return true;
}

static bool take(struct options *o, int key, struct error *err)
{
    switch (key) {
    case KEY_HELP: o->help = true; break;
    case KEY_JSON: o->json = true; break;
    case KEY_CONFIG: o->config = optarg; break;
    case KEY_SET: return add_set(o, optarg, err);
    case KEY_STATE: o->state = optarg; break;
    case KEY_QUIET: o->quiet = true; break;
    case KEY_VERBOSE: o->verbose++; break;
    case KEY_COLOR: return take_color(optarg, &o->color, err);
    case KEY_TO: o->to = optarg; break;
    case KEY_SKIP: o->skip = optarg; break;
    case KEY_DRY_RUN: o->dry_run = true; break;
    case KEY_YES: o->yes = true; break;
    case KEY_NO_PROGRESS: o->no_progress = true; break;
    case KEY_EVENTS: o->events = optarg; break;
    case KEY_JUNIT: o->junit = optarg; break;
    case KEY_AGAIN: o->again = true; break;
    case KEY_ALLOW_DAMAGED: o->allow_damaged = true; break;
    case KEY_OUT: o->out = optarg; break;
    case KEY_LIVE: o->live = optarg; break;
    case KEY_NOT_LIVE: o->not_live = true; break;
    case KEY_UNSAFE_NO_SANDBOX: o->unsafe_no_sandbox = true; break;
    case KEY_ADOPT: o->adopt = true; break;
    case KEY_PASTE: o->paste = true; break;
    case KEY_PASSPHRASE: o->passphrase = true; break;
    }
    return true;
}

static bool refuse_option(const struct command *command, const char *given, struct error *err)
{
    char name[64];
    const char *names[ROWS_MAX], *near;
    size_t nb = 0;

    snprintf(name, sizeof name, "%.*s", (int)strcspn(given + strspn(given, "-"), "="), given + strspn(given, "-"));
    for (const struct option_row *row = option_rows; row->name; row++)
        if (row->group & (command->options | OPT_COMMON))
            names[nb++] = row->name;
    near = nearest_name(name, names, nb);
    return fail(err, ERROR_USAGE, "crosscut %s has no option '%s'%s%s%s See `crosscut help %s`", command->name, given,
                near ? "; did you mean --" : ".", near ? near : "", near ? "?" : "", command->name);
}

bool options_parse(const struct command *command, int argc, char **argv, struct options *options, struct error *err)
{
    struct option longs[ROWS_MAX];
    char shorts[ROWS_MAX + 2];
    int c;

    *options = (struct options){0};
    for (int i = 1; i < argc && strcmp(argv[i], "--"); i++)    /* so that a wrong option is reported as JSON too */
        options->json |= !strcmp(argv[i], "--json");
    fill(command, longs, shorts);
    opterr = 0;
    while ((c = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
        if (c == '?')
            return refuse_option(command, optopt && optopt < 256 ? (char[]){'-', (char)optopt, '\0'} : argv[optind - 1], err);
        if (c == ':')
            return fail(err, ERROR_USAGE, "%s needs a value. See `crosscut help %s`", argv[optind - 1], command->name);
        if (!take(options, key_of_letter(c), err))
            return false;
    }
    options->args = (const char *const *)argv + optind;
    options->nb_args = (size_t)(argc - optind);
    return true;
}

bool options_unknown_command(const char *name, struct error *err)
{
    const char *names[64], *near;
    size_t nb = 0;

    for (const struct command *const *c = commands; *c && nb < 64; c++)
        names[nb++] = (*c)->name;
    near = nearest_name(name, names, nb);
    return fail(err, ERROR_USAGE, "there is no command '%s'%s%s%s See `crosscut help`", name, near ? "; did you mean '" : ".",
                near ? near : "", near ? "'?" : "");
}
