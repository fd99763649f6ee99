#include "media/sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <sched.h>
#include <seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The newest kernel's names; the build machine's headers may be older. */
#define FS_REFER (1ULL << 13)        /* ABI 2 */
#define FS_TRUNCATE (1ULL << 14)     /* ABI 3 */
#define FS_IOCTL_DEV (1ULL << 15)    /* ABI 5 */
#define NET_BIND_AND_CONNECT 3ULL    /* ABI 4 */
#define SCOPE_SOCKET_AND_SIGNAL 3ULL /* ABI 6 */

#define PROBE_CPU_S 30
#define CPU_GRACE_S 5                /* between the signal that explains and the one that cannot be caught */
#define MEMORY_BYTES ((int64_t)2 << 30)
#define FILE_BYTES ((int64_t)64 << 20)

#ifdef CROSSCUT_SANITIZED
#define SANITIZED true
#else
#define SANITIZED false
#endif

/* What decoding, filtering, x264 and muxing need once everything is loaded: strace of 21 renders from as many containers and
 * codecs, then 76 real clips run under it, 2026-11. Seen besides these: openat, clone3 and prctl, which are refused below. */
static const int allowed[] = {
    /* the descriptors that were handed over */
    SCMP_SYS(read), SCMP_SYS(write), SCMP_SYS(pread64), SCMP_SYS(pwrite64), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(fstat),
    /* memory; mmap and mprotect have rules of their own */
    SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
    /* threads; clone has a rule of its own */
    SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(rseq), SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity),
    SCMP_SYS(rt_sigaction), SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(restart_syscall), SCMP_SYS(getpid),
    SCMP_SYS(gettid), SCMP_SYS(exit), SCMP_SYS(exit_group),
    /* clocks: real calls where the kernel's vDSO has no clock (some virtual machines) */
    SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(gettimeofday), SCMP_SYS(clock_nanosleep),
    SCMP_SYS(getrandom), SCMP_SYS(sysinfo),
    SCMP_SYS(writev),    /* glibc's last words before it aborts on a damaged heap */
};

/* Calls that libraries try and do well without. */
static const struct {
    int call, error;
} refused[] = {
    {SCMP_SYS(open), EACCES},     {SCMP_SYS(openat), EACCES},  {SCMP_SYS(access), EACCES}, {SCMP_SYS(readlink), EACCES},
    {SCMP_SYS(statx), EACCES},    {SCMP_SYS(clone3), ENOSYS},  {SCMP_SYS(prctl), EPERM},   {SCMP_SYS(ioctl), ENOTTY},
    {SCMP_SYS(prlimit64), EPERM}, {SCMP_SYS(sched_setscheduler), EPERM}, {SCMP_SYS(set_mempolicy), EPERM},
};

static int64_t limit_of(const json_t *limits, const char *name)
{
    int64_t value = json_integer_value(json_object_get(limits, name));

    return value > 0 ? value : 0;
}

struct sandbox_limits sandbox_limits_from_json(const json_t *limits)
{
    return (struct sandbox_limits){limit_of(limits, "cpu_s"), limit_of(limits, "memory_bytes"), limit_of(limits, "file_bytes")};
}

static bool bound(__rlimit_resource_t resource, int64_t soft, int64_t hard, struct error *err)
{
    struct rlimit limit = {(rlim_t)soft, (rlim_t)hard}, now;

    /* what the parent was given may be tighter, and stays */
    if (!getrlimit(resource, &now) && limit.rlim_max > now.rlim_max)
        limit = (struct rlimit){limit.rlim_cur < now.rlim_max ? limit.rlim_cur : now.rlim_max, now.rlim_max};
    return !setrlimit(resource, &limit) || fail(err, ERROR_INTERNAL, "sandbox: a resource limit was refused: %s", strerror(errno));
}

static bool bound_all(const struct sandbox_limits *l, struct error *err)
{
    int64_t cpu_s = l->cpu_s > 0 ? l->cpu_s : PROBE_CPU_S, memory = l->memory_bytes > 0 ? l->memory_bytes : MEMORY_BYTES;
    int64_t file = l->file_bytes > 0 ? l->file_bytes : FILE_BYTES;

    return bound(RLIMIT_CORE, 0, 0, err) && bound(RLIMIT_NOFILE, 0, 0, err) &&
           bound(RLIMIT_CPU, cpu_s, cpu_s + CPU_GRACE_S, err) && bound(RLIMIT_AS, memory, memory, err) &&
           bound(RLIMIT_FSIZE, file, file, err);
}

/* Handles every right the kernel knows and grants none. An older kernel has fewer, or no Landlock at all. */
static int deny_files(void)
{
    struct { uint64_t fs, net, scoped; } rules = {.fs = FS_REFER - 1};
    int abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION), fd;

    if (abi < 1)
        return 0;
    rules.fs |= (abi >= 2 ? FS_REFER : 0) | (abi >= 3 ? FS_TRUNCATE : 0) | (abi >= 5 ? FS_IOCTL_DEV : 0);
    rules.net = abi >= 4 ? NET_BIND_AND_CONNECT : 0;
    rules.scoped = abi >= 6 ? SCOPE_SOCKET_AND_SIGNAL : 0;
    fd = (int)syscall(SYS_landlock_create_ruleset, &rules, abi >= 6 ? sizeof rules : abi >= 4 ? 16 : 8, 0);
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
    /* threads yes, processes no; memory yes, executable memory no; a signal to itself (abort) yes, to others no */
    rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, thread, thread));
    rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1, SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1, SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
    /* glibc's fstat is newfstatat of an empty name; by name only where that is claimed */
    rc |= seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(newfstatat), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, AT_EMPTY_PATH));
    rc |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(newfstatat), 1, SCMP_A3(SCMP_CMP_MASKED_EQ, AT_EMPTY_PATH, 0));
    return !rc;
}

static bool deny_calls(struct error *err)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
    bool ok = filter && !seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) && add_rules(filter) &&
              !seccomp_load(filter);

    seccomp_release(filter);
    return ok || fail_rule(err, ERROR_INTERNAL, "sandbox.seccomp",
                           "this kernel does not take the system call filter (seccomp) that media is parsed under; use one that does, "
                           "or --unsafe-no-sandbox for masters that you made yourself");
}

bool sandbox_enter(const struct sandbox_limits *limits, struct sandbox_state *state, struct error *err)
{
    struct sandbox_state entered = {.sanitized = SANITIZED};

    if (entered.sanitized) {
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
