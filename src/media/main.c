/* crosscut-media: does one media job on the descriptors it was handed and ends. crosscut starts it, not people. */
#include "media/job.h"
#include "media/probe.h"
#include "media/render.h"
#include "media/sandbox.h"
#include <libavutil/log.h>
#include <malloc.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Touches no media: tells which protections this machine gives. */
static bool job_nothing(const json_t *job, struct error *err)
{
    (void)job;
    (void)err;
    return true;
}

static const struct {
    const char *name;
    bool (*run)(const json_t *job, struct error *err);
} jobs[] = {
    {"probe", job_probe},
    {"render", job_render},
    {"sandbox", job_nothing},
};

/* Nothing of a hostile file may end up in a core dump or in another user's hands. */
static void restrict_process(void)
{
    const struct rlimit none = {0, 0};

    setrlimit(RLIMIT_CORE, &none);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Each arena of the allocator reserves 64 MiB of addresses, and there would be eight for each processor: with threads for
 * all of them an honest render on a large machine would meet the bound of its sandbox. */
static void bound_arenas(void)
{
    mallopt(M_ARENA_MAX, 4);
}

/* Before the first byte of the master is read. Only the parent's command line can ask to do without. */
static bool confine(const json_t *job, struct error *err)
{
    struct sandbox_limits limits = sandbox_limits_from_json(json_object_get(job, "limits"));
    struct sandbox_state state = {0};

    if (!json_is_false(json_object_get(job, "sandbox")) && !sandbox_enter(&limits, &state, err))
        return false;
    event_emit(json_pack("{s:s, s:b, s:i, s:b}", "event", "sandbox", "seccomp", state.seccomp, "landlock_abi",
                         state.landlock_abi, "sanitized", state.sanitized));
    return true;
}

static bool run(struct error *err)
{
    json_auto_t *job = job_read(err);
    const char *name = json_string_value(json_object_get(job, "job"));

    if (!job)
        return false;
    for (size_t i = 0; name && i < sizeof jobs / sizeof jobs[0]; i++)
        if (!strcmp(jobs[i].name, name))
            return confine(job, err) && jobs[i].run(job, err);
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
    bound_arenas();
    av_log_set_level(AV_LOG_QUIET);
    if (run(&err))
        return 0;
    event_emit_error(&err);
    return 1;
}
