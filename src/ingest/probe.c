#include "ingest/worker.h"

#include "base/auto.h"
#include "base/text.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

/* Looks before it opens: opening a device can have effects, and a FIFO may block. */
static int open_master(const char *path, struct error *err)
{
    struct stat st;
    int fd;

    if (stat(path, &st) < 0) {
        fail_rule(err, ERROR_REFUSED, "media.unreadable", "%s",
                  errno == ELOOP ? "a symbolic link that leads in a circle" : strerror(errno));
        return -1;
    }
    if (!S_ISREG(st.st_mode)) {
        fail_rule(err, ERROR_REFUSED, "media.unreadable", "%s, not a file",
                  S_ISDIR(st.st_mode) ? "a folder" : S_ISFIFO(st.st_mode) ? "a named pipe" : "a device or socket");
        return -1;
    }
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0)
        fail_rule(err, ERROR_REFUSED, "media.unreadable", "%s", strerror(errno));
    return fd;
}

/* Until the worker's end; the last event of that kind, or NULL. */
static json_t *listen_for(struct worker *worker, const char *kind, struct error *err)
{
    json_t *found = NULL, *event;

    for (;;) {
        struct pollfd ready = {.fd = worker_fd(worker), .events = POLLIN};

        while ((event = worker_event(worker))) {
            json_t *other = event;

            if (!strcmp(json_string_value(json_object_get(event, "event")), kind)) {
                other = found;
                found = event;
            }
            json_decref(other);
        }
        *err = (struct error){0};
        if (worker_ended(worker, err))
            return found;
        poll(&ready, 1, -1);
    }
}

/* The worker names the master in what it says about it; what is said about the worker itself does not. */
static bool fail_named(struct error *err, const struct error *found, const char *name)
{
    if (err)
        *err = *found;
    return strncmp(found->text, name, strlen(name)) != 0 ? fail_in(err, "%s", name) : false;
}

bool media_probe(const char *path, struct facts *facts, struct error *err)
{
    AUTO_ARENA struct arena *arena = arena_create();
    const char *name = utf8_printable(arena, path);
    AUTO_CLOSE int fd = -1;
    json_auto_t *job = json_pack("{s:s, s:i, s:s}", "job", "probe", "input", 3, "name", name), *answer = NULL;
    struct error found = {0};
    struct worker *worker;

    fd = open_master(path, &found);
    if (fd < 0)
        return fail_named(err, &found, name);
    worker = worker_start(job, &fd, 1, err);
    if (!worker)
        return false;
    answer = listen_for(worker, "facts", &found);
    worker_destroy(worker);
    if (found.text[0])
        return fail_named(err, &found, name);
    if (!answer)
        return fail(err, ERROR_REFUSED, "%s: the media worker gave no facts", name);
    if (!facts_from_json(json_object_get(answer, "facts"), facts, &found))    /* numbers that no video has: the file lies */
        return fail_rule(err, ERROR_REFUSED, "media.unreadable", "%s: damaged or incomplete: %s", name, found.text);
    return true;
}

bool worker_sandbox(char *text, size_t size, struct error *err)
{
    json_auto_t *job = json_pack("{s:s}", "job", "sandbox"), *state = NULL;
    struct worker *worker = worker_start(job, NULL, 0, err);
    struct error found = {0};
    int abi;

    if (!worker)
        return false;
    state = listen_for(worker, "sandbox", &found);
    worker_destroy(worker);
    if (!state || found.text[0]) {
        if (err)
            *err = found;
        return found.text[0] ? false : fail(err, ERROR_INTERNAL, "the media worker did not say how it is confined");
    }
    abi = (int)json_integer_value(json_object_get(state, "landlock_abi"));
    if (json_is_true(json_object_get(state, "sanitized")))
        snprintf(text, size, "NOT confined: an instrumented build, for finding bugs in your own media only");
    else if (!json_is_true(json_object_get(state, "seccomp")))
        snprintf(text, size, "NOT confined");
    else if (abi > 0)
        snprintf(text, size, "confined by seccomp, Landlock ABI %d and resource limits", abi);
    else
        snprintf(text, size, "confined by seccomp and resource limits (this kernel has no Landlock)");
    return true;
}
