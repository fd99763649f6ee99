/* without seccomp|landlock COMMAND...: runs a command on a kernel that seems to lack it, by answering those system calls with
 * an error. For testing what the media worker does on such a kernel. */
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int rules_for(scmp_filter_ctx filter, const char *what)
{
    if (!strcmp(what, "landlock"))
        return seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(landlock_create_ruleset), 0);
    return seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(seccomp), 0) |
           seccomp_rule_add(filter, SCMP_ACT_ERRNO(EINVAL), SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0));
}

int main(int argc, char **argv)
{
    scmp_filter_ctx filter;

    if (argc < 3 || (strcmp(argv[1], "seccomp") && strcmp(argv[1], "landlock"))) {
        fputs("usage: without seccomp|landlock COMMAND...\n", stderr);
        return 2;
    }
    filter = seccomp_init(SCMP_ACT_ALLOW);
    if (!filter || rules_for(filter, argv[1]) || seccomp_load(filter)) {
        fputs("without: the filter cannot be set\n", stderr);
        return 2;
    }
    execvp(argv[2], argv + 2);
    perror(argv[2]);
    return 2;
}
