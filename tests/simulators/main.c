/* crosscut-sim: the simulators on loopback. */
#include "tests/simulators/server.h"

#include "tests/simulators/core.h"

#include "base/auto.h"
#include "base/file.h"
#include <curl/curl.h>
#include <getopt.h>
#include <signal.h>
#include <string.h>

static const char usage[] =
    "usage: crosscut-sim --platform tiktok|instagram|youtube|all [--port N] [--dir FOLDER] [--option KEY=VALUE ...]\n"
    "                    [--ready-file FILE] [--seconds N]\n"
    "Answers as the platform would, on 127.0.0.1 only. Prints a line per platform: NAME ADDRESS.\n"
    "  --port N           0 (default): any free one; with `all`, N and the two after it\n"
    "  --dir FOLDER       keeps uploaded bytes there (default: a new folder under $TMPDIR)\n"
    "  --option KEY=VALUE see tests/simulators/README.md; PLATFORM.KEY=VALUE for one of several\n"
    "  --ready-file FILE  the same lines, written when all are listening\n"
    "  --seconds N        stops by itself (default 3600)\n";

enum { MAX_SERVERS = 8 };

struct settings {
    const char *platform, *ready_file;
    char dir[3072];
    int64_t port, seconds;
    json_t *options;        /* {"": {...}, "tiktok": {...}} */
};

/* A value that reads as JSON is that, anything else is a text. */
static bool add_option(json_t *options, const char *text)
{
    const char *equals = strchr(text, '='), *dot = strchr(text, '.');
    AUTO_FREE char *owner = dot && dot < equals ? strndup(text, (size_t)(dot - text)) : strdup("");
    const char *name = *owner ? dot + 1 : text;
    json_t *value;

    if (!equals || equals == name || (*owner && !simulator_find(owner)))
        return false;
    value = json_loads(equals + 1, JSON_DECODE_ANY, NULL);
    if (!json_object_get(options, owner))
        json_object_set_new(options, owner, json_object());
    return !json_object_setn_new(json_object_get(options, owner), name, (size_t)(equals - name),
                                 value ? value : json_string(equals + 1));
}

static bool read_arguments(int argc, char **argv, struct settings *s)
{
    static const struct option rows[] = {
        {"platform", 1, NULL, 'p'},   {"port", 1, NULL, 'P'},    {"dir", 1, NULL, 'd'},  {"option", 1, NULL, 'o'},
        {"ready-file", 1, NULL, 'r'}, {"seconds", 1, NULL, 's'}, {"help", 0, NULL, 'h'}, {0}};
    int c;

    while ((c = getopt_long(argc, argv, "", rows, NULL)) != -1) {
        bool ok = true;

        switch (c) {
        case 'p': s->platform = optarg; break;
        case 'd': ok = snprintf(s->dir, sizeof s->dir, "%s", optarg) < (int)sizeof s->dir; break;
        case 'r': s->ready_file = optarg; break;
        case 'P': ok = digits_read(optarg, &s->port) && s->port <= 65535 - MAX_SERVERS; break;
        case 's': ok = digits_read(optarg, &s->seconds); break;
        case 'o': ok = add_option(s->options, optarg); break;
        case 'h': fputs(usage, stdout); exit(0);
        default: return false;
        }
        if (!ok) {
            fprintf(stderr, "crosscut-sim: '%s' cannot be read\n", optarg);
            return false;
        }
    }
    if (s->platform && (!strcmp(s->platform, "all") || simulator_find(s->platform)) && optind == argc)
        return true;
    fputs(usage, stderr);
    return false;
}

static bool prepare_dir(struct settings *s, struct error *err)
{
    const char *tmp = getenv("TMPDIR");

    if (*s->dir)
        return folder_make(s->dir, false, err);
    snprintf(s->dir, sizeof s->dir, "%s/crosscut-sim-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(s->dir))
        return fail(err, ERROR_INTERNAL, "make a folder like '%s'", s->dir);
    fprintf(stderr, "crosscut-sim: uploaded bytes go to %s\n", s->dir);
    return true;
}

static bool start_all(const struct settings *s, struct server servers[MAX_SERVERS], int *nb_servers, struct error *err)
{
    for (size_t i = 0; simulators[i]; i++) {
        const char *name = simulators[i]->name;
        json_auto_t *options = json_object();
        int port = s->port ? (int)s->port + *nb_servers : 0;

        if (strcmp(s->platform, "all") && strcmp(s->platform, name))
            continue;
        if (json_object_get(s->options, ""))
            json_object_update(options, json_object_get(s->options, ""));
        if (json_object_get(s->options, name))
            json_object_update(options, json_object_get(s->options, name));
        if (!server_start(&servers[*nb_servers], simulators[i], port, s->dir, options, err))
            return false;
        ++*nb_servers;
    }
    return true;
}

static bool announce(const struct settings *s, const struct server *servers, int nb_servers, struct error *err)
{
    AUTO_STR struct str lines = {0};

    for (int i = 0; i < nb_servers; i++)
        str_printf(&lines, "%s %s\n", servers[i].simulator->name, servers[i].base_url);
    fputs(str_text(&lines), stdout);
    fflush(stdout);
    return !s->ready_file || file_replace(s->ready_file, str_text(&lines), lines.bytes, 0644, err);
}

int main(int argc, char **argv)
{
    static struct server servers[MAX_SERVERS];
    json_auto_t *options = json_object();
    struct settings s = {.seconds = 3600, .options = options};
    struct error err = {0};
    int nb_servers = 0;
    sigset_t stops;
    bool ok;

    if (!read_arguments(argc, argv, &s))
        return 2;
    sigemptyset(&stops);
    sigaddset(&stops, SIGINT);
    sigaddset(&stops, SIGTERM);
    sigprocmask(SIG_BLOCK, &stops, NULL);     /* before any thread starts, so that all leave them to us */
    signal(SIGPIPE, SIG_IGN);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    ok = prepare_dir(&s, &err) && start_all(&s, servers, &nb_servers, &err) && announce(&s, servers, nb_servers, &err);
    if (ok)
        sigtimedwait(&stops, NULL, &(struct timespec){.tv_sec = s.seconds});
    else
        fprintf(stderr, "crosscut-sim: %s\n", err.text);
    for (int i = 0; i < nb_servers; i++)
        server_stop(&servers[i]);
    curl_global_cleanup();
    return ok ? 0 : 1;
}
