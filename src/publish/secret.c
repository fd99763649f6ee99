#include "publish/secret.h"

#include "base/auto.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <termios.h>

enum { LEAK_BYTES = 12 };

extern char **environ;

void secret_free(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

/* Jansson keeps texts in memory of its own; they are ours as long as nobody else holds a reference. */
static void wipe_json(json_t *json)
{
    const char *key;
    json_t *value;
    size_t i;

    if (json_is_string(json))
        explicit_bzero((void *)(uintptr_t)json_string_value(json), json_string_length(json));
    json_array_foreach(json, i, value)
        wipe_json(value);
    json_object_foreach(json, key, value)
        wipe_json(value);
}

void secret_json_free(json_t *json)
{
    wipe_json(json);
    json_decref(json);
}

/* ---- from the environment ---- */

char *secret_take_variable(const char *name)
{
    char *value = getenv(name), *copy;

    if (!value || !value[0])
        return NULL;
    copy = strdup(value);
    explicit_bzero(value, strlen(value));
    unsetenv(name);
    return copy;
}

static bool ends_with(const char *name, size_t length, const char *end)
{
    size_t n = strlen(end);

    return length > n && !strncmp(name + length - n, end, n);
}

static bool is_secret(const char *variable)
{
    size_t length = strcspn(variable, "=");

    return !strncmp(variable, "CROSSCUT_", 9) && (ends_with(variable, length, "_TOKEN") || ends_with(variable, length, "_CLIENT_SECRET"));
}

char **secret_free_environment(void)
{
    size_t nb = 0, kept = 0;
    char **list;

    while (environ[nb])
        nb++;
    list = calloc(nb + 1, sizeof *list);
    for (size_t i = 0; list && i < nb; i++)
        if (!is_secret(environ[i]))
            list[kept++] = environ[i];
    return list;
}

/* ---- from a command ---- */

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
    AUTO_FREE char **environment = secret_free_environment();
    posix_spawn_file_actions_t actions;
    int ends[2], rc;

    if (!environment || pipe2(ends, O_CLOEXEC) < 0)
        return false;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    rc = posix_spawn(pid, "/bin/sh", &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    if (rc)
        close(ends[0]);
    *fd = ends[0];
    return rc == 0;
}

char *secret_from_command(const char *command, const char *what, struct error *err)
{
    char text[SECRET_MAX_BYTES + 2], *copy = NULL;
    AUTO_CLOSE int fd = -1;
    int status = -1;
    pid_t pid;
    bool ok;

    if (!spawn_reading(command, &pid, &fd)) {
        fd = -1;
        fail(err, ERROR_CREDENTIALS, "%s could not be started: %s", what, strerror(errno));
        return NULL;
    }
    ok = read_all(fd, text, sizeof text);
    if (!ok)
        kill(pid, SIGTERM);    /* it says more than a secret has */
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    ok = ok && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (ok)
        copy = strdup(text);
    else
        fail(err, ERROR_CREDENTIALS, "%s failed (exit status %d); run it by hand to see why", what, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
    explicit_bzero(text, sizeof text);
    return copy;
}

/* ---- from a person ---- */

static char *read_line(void)
{
    char text[SECRET_MAX_BYTES + 1], *copy = NULL;
    size_t at = 0;
    char c;

    while (at < sizeof text - 1 && read(STDIN_FILENO, &c, 1) == 1 && c != '\n')
        text[at++] = c;
    while (at && strchr(" \t\r", text[at - 1]))
        at--;
    text[at] = '\0';
    copy = at ? strdup(text) : NULL;
    explicit_bzero(text, sizeof text);
    return copy;
}

char *secret_ask(const char *question, struct error *err)
{
    struct termios before, quiet;
    char *answer;

    if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &before)) {
        fail(err, ERROR_CREDENTIALS, "a person must answer '%s' and there is no terminal to ask at", question);
        return NULL;
    }
    quiet = before;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    quiet.c_lflag |= ECHONL;
    fprintf(stderr, "%s: ", question);
    fflush(stderr);
    tcsetattr(STDIN_FILENO, TCSANOW, &quiet);
    answer = read_line();
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    if (!answer)
        fail(err, ERROR_CREDENTIALS, "nothing was entered for '%s'", question);
    return answer;
}

bool secret_leaks(const char *text, size_t nb_bytes, const char *secret)
{
    size_t length = strlen(secret), window = length < LEAK_BYTES ? length : LEAK_BYTES;

    for (size_t i = 0; window && i + window <= length; i++)
        if (memmem(text, nb_bytes, secret + i, window))
            return true;
    return false;
}
