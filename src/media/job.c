#include "media/job.h"

#include "base/auto.h"
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

json_t *job_read(struct error *err)
{
    AUTO_STR struct str text = {0};
    char piece[4096];
    json_error_t where;
    json_t *job;
    ssize_t got;

    while ((got = read(STDIN_FILENO, piece, sizeof piece)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 || text.bytes + (size_t)got > JOB_MAX_BYTES) {
            fail(err, ERROR_INTERNAL, "job: %s", got < 0 ? strerror(errno) : "the document is too long");
            return NULL;
        }
        str_add_bytes(&text, piece, (size_t)got);
    }
    job = json_loadb(str_text(&text), text.bytes, JSON_REJECT_DUPLICATES, &where);
    if (!job)
        fail(err, ERROR_INTERNAL, "job: %s at byte %d", where.text, where.position);
    return job;
}

int job_descriptor(const json_t *job, const char *key, struct error *err)
{
    const json_t *value = json_object_get(job, key);
    json_int_t fd = json_integer_value(value);
    struct stat st;

    if (!json_is_integer(value) || fd <= STDERR_FILENO || fd > 1023 || fstat((int)fd, &st) < 0) {
        fail(err, ERROR_INTERNAL, "job: '%s' names no open descriptor", key);
        return -1;
    }
    return (int)fd;
}

const char *job_name(const json_t *job)
{
    const char *name = json_string_value(json_object_get(job, "name"));

    return name ? name : "the master";
}

void event_emit(json_t *event)
{
    char *line = json_dumps(event, JSON_COMPACT);

    json_decref(event);
    /* nothing can be said any more without memory or without a parent */
    if (!line || printf("%s\n", line) < 0 || fflush(stdout) != 0)
        _exit(1);
    free(line);
}

void event_emit_error(const struct error *err)
{
    json_t *event = json_pack("{s:s, s:s, s:s, s:s*}", "event", "error", "kind", error_kind_name(err->kind), "rule",
                              err->rule, "text", err->text);

    /* a text that is not UTF-8 (a file name, a tag) cannot go into JSON */
    event_emit(event ? event : json_pack("{s:s, s:s, s:s, s:s}", "event", "error", "kind", error_kind_name(err->kind),
                                         "rule", err->rule, "text", "the media file was refused"));
}
