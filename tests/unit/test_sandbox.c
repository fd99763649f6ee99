/* From inside the sandbox every forbidden thing is tried, each in a process of its own: under the full sandbox and on a kernel
 * without Landlock. Each is tried without the sandbox first, so that a probe that never works cannot pass for a denial. */
#include "media/sandbox.h"

#include "base/auto.h"
#include <errno.h>
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#define MIB ((int64_t)1 << 20)
#define FILE_LIMIT (1 * MIB)
#define MEMORY_LIMIT (1024 * MIB)

enum { DENIED = 10, DONE = 11, NO_SANDBOX = 12 };

/* Opened before the sandbox is entered, as a worker's descriptors are. */
struct handed {
    int file, stream;
    pid_t parent;
};

enum kernel { KERNEL_FULL, KERNEL_WITHOUT_LANDLOCK, KERNEL_WITHOUT_SECCOMP };

static const struct sandbox_limits limits = {.cpu_s = 1, .memory_bytes = MEMORY_LIMIT, .file_bytes = FILE_LIMIT};

/* ---- what is tried; true: it worked ---- */

static bool keep(long fd)
{
    if (fd >= 0)
        close((int)fd);
    return fd >= 0;
}

static bool try_open(const struct handed *h)
{
    (void)h;
    return keep(open("/etc/passwd", O_RDONLY | O_CLOEXEC));
}

static bool try_openat2(const struct handed *h)
{
    const uint64_t how[3] = {O_RDONLY};

    (void)h;
    return keep(syscall(SYS_openat2, AT_FDCWD, "/etc/passwd", how, sizeof how));
}

static bool try_creat(const struct handed *h)
{
    char path[64];

    (void)h;
    snprintf(path, sizeof path, "/tmp/crosscut-sandbox-%ld", (long)getpid());
#ifdef SYS_creat
    if (!keep(syscall(SYS_creat, path, 0600)))
        return false;
#else
    if (!keep(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600)))
        return false;
#endif
    unlink(path);
    return true;
}

static bool try_socket_inet(const struct handed *h)
{
    (void)h;
    return keep(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static bool try_socket_unix(const struct handed *h)
{
    (void)h;
    return keep(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static bool try_socket_netlink(const struct handed *h)
{
    (void)h;
    return keep(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

/* On a socket that was open before; nobody listens, and that answer counts as having got through. */
static bool try_connect(const struct handed *h)
{
    const struct sockaddr_un nobody = {.sun_family = AF_UNIX, .sun_path = "/nobody-listens-here"};

    return !connect(h->stream, (const struct sockaddr *)&nobody, sizeof nobody) || errno == ENOENT;
}

static bool try_execve(const struct handed *h)
{
    char *argv[] = {(char[]){"sh"}, (char[]){"-c"}, (char[]){"exit 11"}, NULL}, *environment[] = {NULL};

    (void)h;
    execve("/bin/sh", argv, environment);
    return false;
}

static bool try_fork(const struct handed *h)
{
    pid_t pid = fork();

    (void)h;
    if (pid == 0)
        _exit(0);
    return pid > 0 && waitpid(pid, NULL, 0) == pid;
}

static bool try_ptrace(const struct handed *h)
{
    (void)h;
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0;
}

static bool try_kill_parent(const struct handed *h)
{
    return kill(h->parent, SIGCONT) == 0;    /* harmless when it gets through */
}

static bool try_write_and_execute(const struct handed *h)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)h;
    return page != MAP_FAILED;
}

static bool try_make_executable(const struct handed *h)
{
    void *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    (void)h;
    return page != MAP_FAILED && mprotect(page, 4096, PROT_READ | PROT_EXEC) == 0;
}

static bool try_unshare(const struct handed *h)
{
    (void)h;
    return unshare(CLONE_FILES | CLONE_FS) == 0;
}

static bool try_io_uring(const struct handed *h)
{
    unsigned char parameters[120] = {0};

    (void)h;
    return keep(syscall(SYS_io_uring_setup, 4, parameters));
}

static bool try_userfaultfd(const struct handed *h)
{
    (void)h;
    return keep(syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY));
}

static bool try_large_file(const struct handed *h)
{
    return pwrite(h->file, "x", 1, FILE_LIMIT) == 1;
}

static bool try_large_memory(const struct handed *h)
{
    (void)h;
    return mmap(NULL, (size_t)MEMORY_LIMIT, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0) != MAP_FAILED;
}

static bool try_endless_loop(const struct handed *h)
{
    struct timespec at;

    (void)h;
    do
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
    while (at.tv_sec < 2);
    return true;
}

static const struct {
    const char *name;
    bool (*attempt)(const struct handed *h);
    int signal;             /* that may end it instead of an error */
    bool may_lack;          /* kernels are built without, or keep it from users: then the control proves nothing */
} probes[] = {
    {"open", try_open, 0, false},
    {"openat2", try_openat2, SIGSYS, false},
    {"creat", try_creat, SIGSYS, false},
    {"socket AF_INET", try_socket_inet, SIGSYS, false},
    {"socket AF_UNIX", try_socket_unix, SIGSYS, false},
    {"socket AF_NETLINK", try_socket_netlink, SIGSYS, true},
    {"connect", try_connect, SIGSYS, false},
    {"execve", try_execve, SIGSYS, false},
    {"fork", try_fork, SIGSYS, false},
    {"ptrace", try_ptrace, SIGSYS, true},
    {"kill the parent", try_kill_parent, SIGSYS, false},
    {"map writable and executable", try_write_and_execute, SIGSYS, false},
    {"make memory executable", try_make_executable, SIGSYS, false},
    {"unshare", try_unshare, SIGSYS, false},
    {"io_uring", try_io_uring, SIGSYS, true},
    {"userfaultfd", try_userfaultfd, SIGSYS, true},
    {"write beyond the file limit", try_large_file, SIGXFSZ, false},
    {"allocate beyond the limit", try_large_memory, 0, false},
};

/* ---- in a process of its own ---- */

/* Makes this process's kernel look as if it lacked something. */
static bool take_away(enum kernel kernel)
{
    scmp_filter_ctx filter = kernel == KERNEL_FULL ? NULL : seccomp_init(SCMP_ACT_ALLOW);
    int rc = 0;

    if (kernel == KERNEL_FULL)
        return true;
    if (kernel == KERNEL_WITHOUT_LANDLOCK)
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0);
    else
        rc = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 0) |
             seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
    rc |= seccomp_load(filter);
    seccomp_release(filter);
    return rc == 0;
}

static bool hand_over(struct handed *h)
{
    h->file = memfd_create("output", MFD_CLOEXEC);
    h->stream = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return h->file >= 0 && h->stream >= 0;
}

/* The wait status of a process that enters (or not) and tries. */
static int status_of(bool (*attempt)(const struct handed *h), bool inside, enum kernel kernel)
{
    struct handed h = {.parent = getpid()};
    pid_t pid = fork();
    int status = -1;

    assert_true(pid >= 0);
    if (pid == 0) {
        struct sandbox_state state = {0};

        if (!hand_over(&h) || (inside && (!take_away(kernel) || !sandbox_enter(&limits, &state, NULL) || !state.seccomp)))
            _exit(NO_SANDBOX);
        _exit(attempt(&h) ? DONE : DENIED);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static bool exited(int status, int code)
{
    return WIFEXITED(status) && WEXITSTATUS(status) == code;
}

/* ---- tests ---- */

static void skip_in_a_sanitized_build(void)
{
#ifdef CROSSCUT_SANITIZED
    print_message("this build is instrumented: the sandbox is not entered\n");
    skip();
#endif
}

static void deny_all(enum kernel kernel)
{
    for (size_t i = 0; i < sizeof probes / sizeof probes[0]; i++) {
        int outside = status_of(probes[i].attempt, false, KERNEL_FULL), inside = status_of(probes[i].attempt, true, kernel);
        bool killed = probes[i].signal && WIFSIGNALED(inside) && WTERMSIG(inside) == probes[i].signal;

        if (!exited(outside, DONE) && !probes[i].may_lack)
            fail_msg("%s: does not even work outside of the sandbox (status %#x)", probes[i].name, (unsigned)outside);
        if (!killed && !exited(inside, DENIED))
            fail_msg("%s: neither denied nor stopped (status %#x)", probes[i].name, (unsigned)inside);
    }
}

static void test_everything_is_denied(void **state)
{
    (void)state;
    skip_in_a_sanitized_build();
    deny_all(KERNEL_FULL);
}

static void test_processor_time_is_bounded(void **state)
{
    int status;

    (void)state;
    skip_in_a_sanitized_build();
    status = status_of(try_endless_loop, true, KERNEL_FULL);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU);
}

static void test_denied_without_landlock_too(void **state)
{
    (void)state;
    skip_in_a_sanitized_build();
    deny_all(KERNEL_WITHOUT_LANDLOCK);
}

static void test_refuses_without_seccomp(void **state)
{
    pid_t pid;
    int status;

    (void)state;
    skip_in_a_sanitized_build();
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        struct sandbox_state entered = {0};
        struct error err = {0};

        if (!take_away(KERNEL_WITHOUT_SECCOMP))
            _exit(1);
        if (sandbox_enter(&limits, &entered, &err))
            _exit(2);
        _exit(strcmp(err.rule, "sandbox.seccomp") == 0 && strstr(err.text, "--unsafe-no-sandbox") ? 0 : 3);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(exited(status, 0));
}

static void *add_one(void *number)
{
    ++*(int *)number;
    return number;
}

/* What honest work needs still works. */
static bool try_work(const struct handed *h)
{
    size_t large = (size_t)(100 * MIB);
    char *memory = malloc(large), back = 0;
    int number = 1;
    pthread_t thread;
    bool ok = memory && !pthread_create(&thread, NULL, add_one, &number) && !pthread_join(thread, NULL) && number == 2;

    if (ok)
        memory[large - 1] = 'x';
    ok = ok && pwrite(h->file, memory + large - 1, 1, FILE_LIMIT - 1) == 1 && pread(h->file, &back, 1, FILE_LIMIT - 1) == 1 && back == 'x';
    free(memory);
    return ok;
}

static bool try_abort(const struct handed *h)
{
    (void)h;
    abort();
}

static void test_work_goes_on(void **state)
{
    int status;

    (void)state;
    skip_in_a_sanitized_build();
    assert_true(exited(status_of(try_work, true, KERNEL_FULL), DONE));
    /* a failed assertion in a library is told from a forbidden call */
    status = status_of(try_abort, true, KERNEL_FULL);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void test_limits_from_the_job(void **state)
{
    json_auto_t *json = json_pack("{s:i, s:i}", "cpu_s", 7, "memory_bytes", -1);
    struct sandbox_limits read = sandbox_limits_from_json(json), none = sandbox_limits_from_json(NULL);

    (void)state;
    assert_int_equal(read.cpu_s, 7);
    assert_int_equal(read.memory_bytes, 0);
    assert_int_equal(read.file_bytes, 0);
    assert_int_equal(none.cpu_s, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_everything_is_denied),       cmocka_unit_test(test_denied_without_landlock_too),
        cmocka_unit_test(test_processor_time_is_bounded),  cmocka_unit_test(test_refuses_without_seccomp),
        cmocka_unit_test(test_work_goes_on),               cmocka_unit_test(test_limits_from_the_job),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
