#include "report/events.h"

#include "base/auto.h"
#include "report/json.h"
#include <crosscut/adapter.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

struct events {
    int fd;
    bool is_stderr;
    int failure;       /* errno of the first line that could not be written */
    char *path;
};

bool events_open(const char *path, struct events **events, struct error *err)
{
    bool is_stderr = path && !strcmp(path, "-");
    struct events *e;
    int fd;

    if (!path) {
        *events = NULL;
        return true;
    }
    fd = is_stderr ? STDERR_FILENO : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0600);
    if (fd < 0)
        return fail(err, ERROR_USAGE, "--events: open '%s': %s", path, strerror(errno));
    e = calloc(1, sizeof *e);
    if (e)
        *e = (struct events){.fd = fd, .is_stderr = is_stderr, .path = strdup(path)};
    if (!e || !e->path) {
        free(e);
        if (!is_stderr)
            close(fd);
        return fail(err, ERROR_INTERNAL, "--events: out of memory");
    }
    *events = e;
    return true;
}

bool events_close(struct events *events, struct error *err)
{
    bool ok = !events || !events->failure;

    if (!events)
        return true;
    if (!ok)
        fail(err, ERROR_INTERNAL, "--events: write '%s': %s; some lines are missing", events->path,
             strerror(events->failure));
    if (!events->is_stderr)
        close(events->fd);
    free(events->path);
    free(events);
    return ok;
}

/* A line is one write as far as the system can: several processes may append to one file. */
static void put_line(struct events *events, const char *line, size_t bytes)
{
    while (bytes && !events->failure) {
        ssize_t put = write(events->fd, line, bytes);

        if (put < 0 && errno != EINTR)
            events->failure = errno;
        if (put > 0) {
            line += put;
            bytes -= (size_t)put;
        }
    }
}

void events_add(struct events *events, int64_t now_ms, const char *event, json_t *fields)
{
    json_auto_t *object = json_object(), *taken = fields;
    AUTO_ARENA struct arena *arena = NULL;
    AUTO_FREE char *text = NULL;
    AUTO_STR struct str line = {0};

    if (!events)
        return;
    arena = arena_create();
    json_object_set_new(object, "at", json_string(arena_time(arena, now_ms)));
    json_object_set_new(object, "event", json_string(event));
    if (taken)
        json_object_update_missing(object, taken);
    text = json_dumps(object, JSON_COMPACT | JSON_ENSURE_ASCII);
    str_add(&line, text);
    str_add(&line, "\n");
    put_line(events, str_text(&line), line.bytes);
}

void events_post(struct events *events, int64_t now_ms, const struct post *post, enum post_state state,
                 const struct error *error, const char *permalink)
{
    json_t *fields;

    if (!events)
        return;
    fields = json_pack("{s:s, s:s, s:s, s:i, s:s}", "id", post->id, "destination", post->destination, "platform",
                       post->platform, "part", post->part, "state", post_state_name(state));
    json_object_set_new(fields, "master", json_string(post->master_path));
    if (permalink && *permalink)
        json_object_set_new(fields, "permalink", json_string(permalink));
    if (error && error->text[0])
        json_object_set_new(fields, "error", error_to_json(error));
    events_add(events, now_ms, "post", fields);
}
