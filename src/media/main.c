/* crosscut-media: does one media job on the descriptors it was handed and ends. crosscut starts it, not people. */
#include "media/job.h"
#include "media/probe.h"
#include "media/render.h"
#include <libavutil/log.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

static const struct {
    const char *name;
    bool (*run)(const json_t *job, struct error *err);
} jobs[] = {
    {"probe", job_probe},
    {"render", job_render},
};

/* Nothing of a hostile file may end up in a core dump or in another user's hands. */
static void restrict_process(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

static bool run(struct error *err)
{
    json_auto_t *job = job_read(err);
    const char *name = json_string_value(json_object_get(job, "job"));

    if (!job)
        return false;
    for (size_t i = 0; name && i < sizeof jobs / sizeof jobs[0]; i++)
        if (!strcmp(jobs[i].name, name))
            return jobs[i].run(job, err);
    return fail(err, ERROR_INTERNAL, "job: '%s' is not known to this worker", name ? name : "");
}

int main(void)
{
    struct error err = {0};

    if (isatty(STDIN_FILENO)) {
        fputs("crosscut-media does the media work for crosscut and is not started by hand\n", stderr);
        return 2;
    }
    restrict_process();
    av_log_set_level(AV_LOG_QUIET);
    if (run(&err))
        return 0;
    event_emit_error(&err);
    return 1;
}
