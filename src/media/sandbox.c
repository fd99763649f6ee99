#include "media/sandbox.h"

#include <errno.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef LANDLOCK_ACCESS_FS_REFER
#define LANDLOCK_ACCESS_FS_REFER (1ULL << 13)
#endif
#ifndef LANDLOCK_ACCESS_FS_TRUNCATE
#define LANDLOCK_ACCESS_FS_TRUNCATE (1ULL << 14)
#endif

#define PROBE_CPU_S 60
#define MEMORY_BYTES ((int64_t)2 << 30)
#define FILE_BYTES ((int64_t)64 << 20)

/* What decoding, filtering, x264 and muxing need once everything is loaded (strace of real runs, 2026-11). */
static const int allowed[] = {
    SCMP_SYS(read),          SCMP_SYS(write),         SCMP_SYS(pread64),          SCMP_SYS(pwrite64),
    SCMP_SYS(lseek),         SCMP_SYS(close),         SCMP_SYS(fstat),            SCMP_SYS(newfstatat),
    SCMP_SYS(ftruncate),     SCMP_SYS(fsync),         SCMP_SYS(munmap),           SCMP_SYS(mremap),
    SCMP_SYS(madvise),       SCMP_SYS(brk),           SCMP_SYS(futex),            SCMP_SYS(set_robust_list),
    SCMP_SYS(rseq),          SCMP_SYS(rt_sigaction),  SCMP_SYS(rt_sigprocmask),   SCMP_SYS(rt_sigreturn),
    SCMP_SYS(sched_yield),   SCMP_SYS(getpid),        SCMP_SYS(sched_getaffinity), SCMP_SYS(gettid),
    SCMP_SYS(exit),          SCMP_SYS(exit_group),    SCMP_SYS(clock_gettime),    SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getrandom),     SCMP_SYS(sysinfo),       SCMP_SYS(restart_syscall),
};

/* Calls that libraries try and do well without. */
static const struct {
    int call, error;
} refused[] = {
    {SCMP_SYS(open), EACCES},     {SCMP_SYS(openat), EACCES},  {SCMP_SYS(access), EACCES}, {SCMP_SYS(readlink), EACCES},
    {SCMP_SYS(clone3), ENOSYS},   {SCMP_SYS(prctl), EPERM},    {SCMP_SYS(ioctl), ENOTTY},  {SCMP_SYS(prlimit64), EPERM},
    {SCMP_SYS(sched_setscheduler), EPERM}, {SCMP_SYS(set_mempolicy), EPERM}, {SCMP_SYS(statx), EACCES},
};

static bool bound(int resource, int64_t value, struct error *err)
{
    struct rlimit limit = {(rlim_t)value, (rlim_t)value};

    return !setrlimit(resource, &limit) || fail(err, ERROR_INTERNAL, "sandbox: a resource limit was refused: %s", strerror(errno));
}

static bool bound_all(const struct sandbox_limits *l, struct error *err)
{
    return bound(RLIMIT_CORE, 0, err) && bound(RLIMIT_NOFILE, 0, err) &&
           bound(RLIMIT_CPU, l->cpu_s > 0 ? l->cpu_s : PROBE_CPU_S, err) &&
           bound(RLIMIT_AS, l->memory_bytes > 0 ? l->memory_bytes : MEMORY_BYTES, err) &&
           bound(RLIMIT_FSIZE, l->file_bytes > 0 ? l->file_bytes : FILE_BYTES, err);
}

/* Handles every right the kernel knows and grants none. An older kernel has fewer, or no Landlock at all. */
static int deny_files(void)
{
    struct landlock_ruleset_attr rules = {.handled_access_fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), fd;

    if (abi < 1)
        return 0;
    rules.handled_access_fs |= abi >= 2 ? LANDLOCK_ACCESS_FS_REFER : 0;
    rules.handled_access_fs |= abi >= 3 ? LANDLOCK_ACCESS_FS_TRUNCATE : 0;
    fd = (int)syscall(SYS_landlock_create_ruleset, &rules, sizeof rules.handled_access_fs, 0);
    if (fd < 0)
        return 0;
    if (syscall(SYS_landlock_restrict_self, fd, 0))
        abi = 0;
    close(fd);
    return abi;
}

static bool add_rules(scmp_filter_ctx filter)
{
    const unsigned thread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD;
    int rc = 0;

    for (size_t i = 0; i < sizeof allowed / sizeof allowed[0]; i++)
        rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, allowed[i], 0);
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        rc |= seccomp_rule_add(filter, SCMP_ACT_ERRNO((unsigned)refused[i].error), refused[i].call, 0);
    /* threads yes, processes no; memory yes, executable memory no */
    rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
    rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    return !rc;
}

static bool deny_calls(struct error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool ok = filter && add_rules(filter) && !seccomp_load(filter);

    seccomp_release(filter);
    return ok || fail_rule(err, ERROR_INTERNAL, "sandbox.seccomp",
                           "sandbox: this kernel does not take the system call filter; media is not parsed without it");
}

/* A sanitizer maps terabytes and makes calls of its own: such a build is for finding bugs and does without. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define INSTRUMENTED true
#elif defined(__has_feature)
#define INSTRUMENTED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define INSTRUMENTED false
#endif

bool sandbox_enter(const struct sandbox_limits *limits, struct sandbox_state *state, struct error *err)
{
    struct sandbox_state entered = {0};

    if (INSTRUMENTED) {
        *state = entered;
        return true;
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
        return fail(err, ERROR_INTERNAL, "sandbox: %s", strerror(errno));
    entered.landlock_abi = deny_files();    /* needs a descriptor of its own: before the limits */
    if (!bound_all(limits, err) || !deny_calls(err))
        return false;
    entered.seccomp = true;
    *state = entered;
    return true;
}
