#include "publish/credentials.h"

#include "base/auto.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>

enum { TOKEN_MAX_BYTES = 8192 };

extern char **environ;

struct secret {
    struct secret *next;
    char *destination, *token, *escaped;
};

struct credentials {
    struct secret *secrets;
};

static void *must(void *p)
{
    if (!p) {
        fputs("crosscut: out of memory; run the same command again, nothing is lost\n", stderr);
        exit(1);
    }
    return p;
}

static void wipe(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

struct credentials *credentials_create(void)
{
    return must(calloc(1, sizeof(struct credentials)));
}

void credentials_destroy(struct credentials *credentials)
{
    while (credentials && credentials->secrets) {
        struct secret *s = credentials->secrets;

        credentials->secrets = s->next;
        wipe(s->token);
        wipe(s->escaped);
        free(s->destination);
        free(s);
    }
    free(credentials);
}

void credentials_variable(const char *destination, char *name, size_t nb_bytes)
{
    snprintf(name, nb_bytes, "CROSSCUT_%s_TOKEN", destination);
    for (char *c = name; *c; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 32);
        else if (!(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9'))
            *c = '_';
    }
}

static bool usable(const char *token)
{
    size_t n = 0;

    for (const unsigned char *c = (const unsigned char *)token; *c; c++, n++)
        if (*c <= 0x20 || *c >= 0x7f || n >= TOKEN_MAX_BYTES)
            return false;
    return n > 0;
}

static char *escape(const char *token)
{
    struct arena *arena = arena_create();
    char *in_arena = arena_escape_url(arena, token), *text = must(strdup(in_arena));

    explicit_bzero(in_arena, strlen(in_arena));
    arena_destroy(arena);
    return text;
}

bool credentials_set(struct credentials *credentials, const char *destination, const char *token, struct error *err)
{
    struct secret *s;

    if (!usable(token))
        return fail(err, ERROR_CREDENTIALS,
                    "%s: the access token is empty, too long, or has characters that cannot stand in a header",
                    destination);
    /* an older token stays known, so that it is still redacted */
    s = must(calloc(1, sizeof *s));
    *s = (struct secret){.next = credentials->secrets,
                         .destination = must(strdup(destination)),
                         .token = must(strdup(token)),
                         .escaped = escape(token)};
    credentials->secrets = s;
    return true;
}

/* The variable is wiped where it stands, so that children and /proc do not show it. */
static bool take_variable(struct credentials *credentials, const char *destination, bool *found, struct error *err)
{
    char name[256];
    char *value;
    bool ok = true;

    credentials_variable(destination, name, sizeof name);
    value = getenv(name);
    *found = value && value[0];
    if (*found) {
        ok = credentials_set(credentials, destination, value, err);
        explicit_bzero(value, strlen(value));
        unsetenv(name);
    }
    return ok;
}

static bool read_all(int fd, char *text, size_t nb_bytes)
{
    size_t at = 0;
    ssize_t got;

    while ((got = read(fd, text + at, nb_bytes - 1 - at)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || at + (size_t)got == nb_bytes - 1)
            return false;
        at += (size_t)got;
    }
    while (at && strchr(" \t\r\n", text[at - 1]))
        at--;
    text[at] = '\0';
    return true;
}

static bool spawn_reading(const char *command, pid_t *pid, int *fd)
{
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char *)(uintptr_t)command, NULL};
    posix_spawn_file_actions_t actions;
    int ends[2], rc;

    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    rc = posix_spawn(pid, "/bin/sh", &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (rc)
        close(ends[0]);
    *fd = ends[0];
    return rc == 0;
}

static bool run_command(struct credentials *credentials, const char *destination, const char *command,
                        struct error *err)
{
    char text[TOKEN_MAX_BYTES + 2];
    AUTO_CLOSE int fd = -1;
    int status = -1;
    pid_t pid;
    bool ok;

    if (!spawn_reading(command, &pid, &fd)) {
        fd = -1;
        return fail(err, ERROR_CREDENTIALS, "%s: token_command could not be started: %s", destination, strerror(errno));
    }
    ok = read_all(fd, text, sizeof text);
    if (!ok)
        kill(pid, SIGTERM);    /* it says more than a token has */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    ok = ok ? credentials_set(credentials, destination, text, err)
            : fail(err, ERROR_CREDENTIALS, "%s: token_command failed (exit status %d); run it by hand to see why",
                   destination, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    explicit_bzero(text, sizeof text);
    return ok;
}

static const struct secret *find(const struct credentials *credentials, const char *destination)
{
    for (const struct secret *s = credentials->secrets; s; s = s->next)
        if (!strcmp(s->destination, destination))
            return s;
    return NULL;
}

bool credentials_find(struct credentials *credentials, const char *destination, const json_t *settings,
                      const char **token, struct error *err)
{
    const char *command = json_string_value(json_object_get(settings, "token_command"));
    bool in_environment;

    if (!find(credentials, destination)) {
        if (!take_variable(credentials, destination, &in_environment, err))
            return false;
        if (!in_environment && command && command[0] && !run_command(credentials, destination, command, err))
            return false;
    }
    *token = find(credentials, destination) ? find(credentials, destination)->token : NULL;
    return true;
}

/* Shorter ones would make a text unreadable and are no secret anybody uses. */
enum { REDACT_MIN_BYTES = 6 };

static size_t secret_at(const struct credentials *credentials, const char *at)
{
    size_t longest = 0;

    for (const struct secret *s = credentials ? credentials->secrets : NULL; s; s = s->next) {
        const char *const forms[] = {s->token, s->escaped};

        for (size_t i = 0; i < 2; i++) {
            size_t n = strlen(forms[i]);

            if (n >= REDACT_MIN_BYTES && n > longest && !strncmp(at, forms[i], n))
                longest = n;
        }
    }
    return longest;
}

void credentials_redact(const struct credentials *credentials, const char *text, struct str *out)
{
    while (*text) {
        size_t n = secret_at(credentials, text);

        if (n)
            str_add(out, "[redacted]");
        else
            str_add_bytes(out, text, 1);
        text += n ? n : 1;
    }
}

void credentials_redact_error(const struct credentials *credentials, struct error *err)
{
    AUTO_STR struct str clean = {0};

    credentials_redact(credentials, err->text, &clean);
    snprintf(err->text, sizeof err->text, "%s", str_text(&clean));
}
