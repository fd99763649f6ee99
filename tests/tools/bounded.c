/* bounded SECONDS REPORT COMMAND...: runs a command, ends it with everything it started after that many seconds, and writes one
 * line to the file REPORT: how it ended ("exit 3", "signal 11", "hang"), then processor milliseconds and the largest resident
 * memory in KiB of it or of what it waited for. The command's standard streams stay as they are. Exit 0 when the report is written. */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t start(char **argv)
{
    pid_t pid = fork();

    if (pid == 0) {
        setpgid(0, 0);
        execvp(argv[0], argv);
        perror(argv[0]);
        _exit(127);
    }
    return pid;
}

/* True when it ended by itself. */
static bool wait_until(pid_t pid, double seconds, int *status, struct rusage *usage)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    struct timespec begin, now;

    clock_gettime(CLOCK_MONOTONIC, &begin);
    do {
        if (wait4(pid, status, WNOHANG, usage) == pid)
            return true;
        nanosleep(&pause, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while ((double)(now.tv_sec - begin.tv_sec) < seconds);
    /* the command itself ends its worker when it goes; the group catches what it does not know */
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    wait4(pid, status, 0, usage);
    return false;
}

static long milliseconds(struct timeval at)
{
    return at.tv_sec * 1000 + at.tv_usec / 1000;
}

int main(int argc, char **argv)
{
    struct rusage usage = {0};
    int status = 0;
    FILE *report;
    pid_t pid;
    bool ended;

    if (argc < 4 || atof(argv[1]) <= 0) {
        fputs("usage: bounded SECONDS REPORT COMMAND...\n", stderr);
        return 2;
    }
    pid = start(argv + 3);
    if (pid < 0)
        return 2;
    ended = wait_until(pid, atof(argv[1]), &status, &usage);
    report = fopen(argv[2], "w");
    if (!report)
        return 2;
    if (!ended)
        fputs("hang 0", report);
    else if (WIFSIGNALED(status))
        fprintf(report, "signal %d", WTERMSIG(status));
    else
        fprintf(report, "exit %d", WEXITSTATUS(status));
    fprintf(report, " %ld %ld\n", milliseconds(usage.ru_utime) + milliseconds(usage.ru_stime), usage.ru_maxrss);
    return fclose(report) ? 2 : 0;
}
