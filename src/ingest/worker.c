#include "ingest/worker.h"

#include "base/auto.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#define LINE_MAX_BYTES ((size_t)4 << 20)
#define STDERR_MAX_BYTES ((size_t)4 << 10)
#define SILENCE_S 60
#define FIRST_FD 3
#define MAX_FDS 64

/* The one switch that has to reach every worker of the process, from whichever stage it is started. Set once, at the start. */
static bool unsafe_allowed;

struct worker {
    pid_t pid;
    int pidfd;                /* -1 once it was waited for */
    int out, diagnostics;     /* its standard output and error; -1 at their end */
    int timer;                /* readable after too long a silence */
    int events;               /* epoll over all of them: what the caller polls */
    struct str line;          /* what has come of the next lines */
    struct str stderr_text;
    int status;               /* as from waitpid */
    bool gone, killed_for_silence;
    struct error error;       /* its own error event, or what broke the protocol */
};

/* ---- starting ---- */

static bool is_program(const char *path)
{
    return access(path, X_OK) == 0;
}

static bool find_program(char path[static PATH_MAX], struct error *err)
{
    const char *set = getenv("CROSSCUT_MEDIA");
    ssize_t length;
    char *slash;

    if (set && *set) {
        if (snprintf(path, PATH_MAX, "%s", set) < PATH_MAX && is_program(path))
            return true;
        return fail(err, ERROR_CONFIG, "CROSSCUT_MEDIA: '%s' is no program", set);
    }
    length = readlink("/proc/self/exe", path, PATH_MAX - sizeof "/crosscut-media");
    path[length > 0 ? length : 0] = '\0';
    slash = strrchr(path, '/');
    if (slash) {
        memcpy(slash, "/crosscut-media", sizeof "/crosscut-media");
        if (is_program(path))
            return true;
    }
    snprintf(path, PATH_MAX, "%s", CROSSCUT_PREFIX "/libexec/crosscut/crosscut-media");
    return is_program(path) ||
           fail(err, ERROR_INTERNAL,
                "crosscut-media is neither beside crosscut nor at '%s'; install it or set CROSSCUT_MEDIA", path);
}

void worker_allow_unsafe(bool allow)
{
    unsafe_allowed = allow;
}

/* The job in a file of memory: unlike a pipe it is never full. */
static bool write_job(const json_t *job, int fd, struct error *err)
{
    json_auto_t *whole = json_copy((json_t *)(uintptr_t)job);    /* shallow: only the reference counts below are touched */
    AUTO_FREE char *text = NULL;
    size_t length;

    if (unsafe_allowed)
        json_object_set_new(whole, "sandbox", json_false());
    text = whole ? json_dumps(whole, JSON_COMPACT) : NULL;
    length = text ? strlen(text) : 0;

    if (!text)
        return fail(err, ERROR_INTERNAL, "media worker: the job is not valid JSON (a name that is not UTF-8?)");
    if (fd < 0 || write(fd, text, length) != (ssize_t)length || lseek(fd, 0, SEEK_SET) < 0)
        return fail(err, ERROR_INTERNAL, "media worker: the job cannot be written: %s", strerror(errno));
    return true;
}

/* Duplicates out of the way of the numbers they are to get, so that no dup2 overwrites one that is still needed. */
static bool set_aside(const int *fds, size_t nb_fds, int *aside)
{
    for (size_t i = 0; i < nb_fds; i++) {
        aside[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, MAX_FDS + FIRST_FD);
        if (aside[i] < 0)
            return false;
    }
    return true;
}

static int spawn_with(const char *path, const int *aside, size_t nb_fds, pid_t *pid)
{
    char *argv[] = {(char *)(uintptr_t)"crosscut-media", NULL}, *environment[] = {NULL};
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, all;
    int rc;

    sigemptyset(&none);
    sigfillset(&all);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attributes);
    for (size_t i = 0; i < nb_fds; i++)
        posix_spawn_file_actions_adddup2(&actions, aside[i], (int)i);
    posix_spawn_file_actions_addclosefrom_np(&actions, (int)nb_fds);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &all);
    /* its own process group: Ctrl-C is for the parent, which then stops the worker */
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    rc = posix_spawn(pid, path, &actions, &attributes, argv, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return rc;
}

/* 0, 1, 2 are the job, the events and the diagnostics; the caller's follow. */
static bool spawn(struct worker *w, const json_t *job, const int *fds, size_t nb_fds, int out, int diagnostics,
                  struct error *err)
{
    AUTO_CLOSE int job_fd = memfd_create("job", MFD_CLOEXEC);
    int sources[MAX_FDS + FIRST_FD] = {job_fd, out, diagnostics}, aside[MAX_FDS + FIRST_FD];
    char path[PATH_MAX];
    bool ok;
    int rc;

    if (nb_fds > MAX_FDS)
        return fail(err, ERROR_INTERNAL, "media worker: %zu descriptors; at most %d", nb_fds, MAX_FDS);
    if (!find_program(path, err) || !write_job(job, job_fd, err))
        return false;
    if (nb_fds)
        memcpy(sources + FIRST_FD, fds, nb_fds * sizeof *fds);
    memset(aside, -1, sizeof aside);
    ok = set_aside(sources, nb_fds + FIRST_FD, aside);
    rc = ok ? spawn_with(path, aside, nb_fds + FIRST_FD, &w->pid) : errno;
    for (size_t i = 0; i < nb_fds + FIRST_FD; i++)
        if (aside[i] >= 0)
            close(aside[i]);
    return !rc || fail(err, ERROR_INTERNAL, "media worker: start '%s': %s", path, strerror(rc));
}

static void rearm(const struct worker *w)
{
    const struct itimerspec silence = {.it_value = {.tv_sec = SILENCE_S}};

    timerfd_settime(w->timer, 0, &silence, NULL);
}

static bool watch(const struct worker *w, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};

    return fd >= 0 && epoll_ctl(w->events, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool start(struct worker *w, const json_t *job, const int *fds, size_t nb_fds, struct error *err)
{
    int out[2] = {-1, -1}, diagnostics[2] = {-1, -1};
    bool ok = pipe2(out, O_CLOEXEC) == 0 && pipe2(diagnostics, O_CLOEXEC) == 0;

    w->out = out[0];
    w->diagnostics = diagnostics[0];
    ok = ok ? spawn(w, job, fds, nb_fds, out[1], diagnostics[1], err)
            : fail(err, ERROR_INTERNAL, "media worker: pipe: %s", strerror(errno));
    if (out[1] >= 0)
        close(out[1]);
    if (diagnostics[1] >= 0)
        close(diagnostics[1]);
    if (!ok)
        return false;
    w->pidfd = pidfd_open(w->pid, 0);
    w->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
    w->events = epoll_create1(EPOLL_CLOEXEC);
    fcntl(w->out, F_SETFL, O_NONBLOCK);
    fcntl(w->diagnostics, F_SETFL, O_NONBLOCK);
    if (!watch(w, w->out) || !watch(w, w->diagnostics) || !watch(w, w->pidfd) || !watch(w, w->timer))
        return fail(err, ERROR_INTERNAL, "media worker: %s", strerror(errno));
    rearm(w);
    return true;
}

struct worker *worker_start(const json_t *job, const int *fds, size_t nb_fds, struct error *err)
{
    struct worker *w = calloc(1, sizeof *w);

    if (!w) {
        fail(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    *w = (struct worker){.pidfd = -1, .out = -1, .diagnostics = -1, .timer = -1, .events = -1};
    if (start(w, job, fds, nb_fds, err))
        return w;
    worker_destroy(w);
    return NULL;
}

int worker_fd(const struct worker *w)
{
    return w->events;
}

/* ---- listening ---- */

static void stop(struct worker *w)
{
    if (w->pid > 0 && !w->gone)
        kill(w->pid, SIGKILL);
}

static void close_one(int *fd)
{
    if (*fd >= 0)
        close(*fd);    /* leaves the epoll set by that */
    *fd = -1;
}

/* Keeps the first bytes and drops the rest, so that a flood costs nothing. */
static void take_diagnostics(struct worker *w)
{
    char piece[4096];
    ssize_t got = 1;

    while (w->diagnostics >= 0 && (got = read(w->diagnostics, piece, sizeof piece)) > 0) {
        size_t room = STDERR_MAX_BYTES - w->stderr_text.bytes;

        str_add_bytes(&w->stderr_text, piece, (size_t)got < room ? (size_t)got : room);
    }
    if (got == 0)
        close_one(&w->diagnostics);
}

/* Reads until a line is complete, so that a fast child cannot fill the memory. */
static void take_output(struct worker *w)
{
    char piece[16384];
    ssize_t got = 1;

    while (w->out >= 0 && !(w->line.data && memchr(w->line.data, '\n', w->line.bytes)) &&
           (got = read(w->out, piece, sizeof piece)) > 0) {
        str_add_bytes(&w->line, piece, (size_t)got);
        if (w->line.bytes <= LINE_MAX_BYTES)
            continue;
        fail(&w->error, ERROR_REFUSED, "the media worker broke its protocol: a line over %zu bytes", LINE_MAX_BYTES);
        stop(w);
        close_one(&w->out);
    }
    if (got == 0)
        close_one(&w->out);
}

static void look_after(struct worker *w)
{
    uint64_t expired;

    if (read(w->timer, &expired, sizeof expired) == (ssize_t)sizeof expired) {
        w->killed_for_silence = true;
        stop(w);
    }
    if (!w->gone && waitpid(w->pid, &w->status, WNOHANG) == w->pid) {
        w->gone = true;
        close_one(&w->pidfd);
    }
}

static void pump(struct worker *w)
{
    look_after(w);
    take_diagnostics(w);
    take_output(w);
}

/* The first line, parsed and taken off; NULL when none is complete or it breaks the protocol. */
static json_t *next_line(struct worker *w)
{
    char *end = w->line.data ? memchr(w->line.data, '\n', w->line.bytes) : NULL;
    size_t length = end ? (size_t)(end - w->line.data) + 1 : 0;
    json_t *event;

    if (!end)
        return NULL;
    event = json_loadb(w->line.data, length, JSON_REJECT_DUPLICATES, NULL);
    memmove(w->line.data, w->line.data + length, w->line.bytes - length);
    w->line.bytes -= length;
    rearm(w);
    if (json_is_string(json_object_get(event, "event")))
        return event;
    json_decref(event);
    if (!w->error.text[0])
        fail(&w->error, ERROR_REFUSED, "the media worker broke its protocol: a line that is no event");
    stop(w);
    close_one(&w->out);
    w->line.bytes = 0;
    return NULL;
}

static void keep_error(struct worker *w, const json_t *event)
{
    const char *rule = json_string_value(json_object_get(event, "rule"));
    const char *text = json_string_value(json_object_get(event, "text"));

    fail_rule(&w->error, error_kind_parse(json_string_value(json_object_get(event, "kind"))), rule ? rule : "", "%s",
              text && *text ? text : "the media worker failed");
}

json_t *worker_event(struct worker *w)
{
    for (;;) {
        json_t *event;

        pump(w);
        event = next_line(w);
        if (!event || strcmp(json_string_value(json_object_get(event, "event")), "error") != 0)
            return event;
        keep_error(w, event);
        json_decref(event);
    }
}

/* ---- the end ---- */

/* The last line the child wrote on standard error, in a form that can be shown. */
static char *last_words(const struct worker *w, struct arena *arena)
{
    char *text = utf8_printable(arena, str_text(&w->stderr_text));
    size_t length = strlen(text);

    while (length && text[length - 1] == ' ')
        text[--length] = '\0';
    return length > 200 ? text + length - 200 : text;
}

/* The sandbox ends a worker by these signals. */
static void explain_signal(int signal, const char *words, struct error *err)
{
    if (signal == SIGSYS)
        fail_rule(err, ERROR_REFUSED, "media.forbidden",
                  "the media worker was stopped at a system call its sandbox forbids: the file is damaged or hostile");
    else if (signal == SIGXCPU)
        fail_rule(err, ERROR_REFUSED, "media.slow",
                  "the media worker was stopped: it took more processor time than such a file may need");
    else if (signal == SIGXFSZ)
        fail_rule(err, ERROR_REFUSED, "media.size",
                  "the media worker was stopped: its output grew larger than such a file may become");
    else
        fail_rule(err, ERROR_REFUSED, "media.crash",
                  "the media worker was ended by signal %d (%s): the file is damaged or hostile, or memory ran out%s%s", signal,
                  strsignal(signal), *words ? ": " : "", words);
}

static void explain(const struct worker *w, struct error *err)
{
    AUTO_ARENA struct arena *arena = arena_create();
    const char *words = last_words(w, arena);

    *err = w->error;
    if (err->text[0])
        return;
    if (w->killed_for_silence)
        fail_rule(err, ERROR_REFUSED, "media.slow", "the media worker said nothing for %d s and was stopped",
                  SILENCE_S);
    else if (WIFSIGNALED(w->status))
        explain_signal(WTERMSIG(w->status), words, err);
    else if (WEXITSTATUS(w->status))
        fail_rule(err, ERROR_REFUSED, "media.crash", "the media worker failed with status %d%s%s",
                  WEXITSTATUS(w->status), *words ? ": " : "", words);
}

bool worker_ended(struct worker *w, struct error *err)
{
    pump(w);
    if (!w->gone || w->out >= 0 || (w->line.data && memchr(w->line.data, '\n', w->line.bytes)))
        return false;
    explain(w, err);
    return true;
}

void worker_destroy(struct worker *w)
{
    if (!w)
        return;
    stop(w);
    if (w->pid > 0 && !w->gone)
        while (waitpid(w->pid, &w->status, 0) < 0 && errno == EINTR)
            ;
    close_one(&w->pidfd);
    close_one(&w->out);
    close_one(&w->diagnostics);
    close_one(&w->timer);
    close_one(&w->events);
    str_finish(&w->line);
    str_finish(&w->stderr_text);
    free(w);
}
