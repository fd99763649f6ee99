/* run-one RESULT.json COMMAND [ARGUMENT...]: runs a command and writes what it cost as one line of JSON:
 * wall and processor time, and the peak of the memory of the whole process tree (sampled) and of its largest process.
 * Its own exit status is the command's. */
#define _GNU_SOURCE
#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_PROCESSES = 4096, SAMPLE_MS = 20 };

struct process {
    long pid, parent, rss_pages;
    bool ours;
};

static double now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1000 + (double)t.tv_nsec / 1e6;
}

/* /proc/PID/stat: pid (name, which may hold blanks and brackets) state ppid ... rss is the 24th. */
static bool read_process(const char *pid, struct process *p)
{
    char path[300], line[1024], *after_name;
    FILE *in;
    size_t bytes;

    snprintf(path, sizeof path, "/proc/%s/stat", pid);
    in = fopen(path, "r");
    if (!in)
        return false;
    bytes = fread(line, 1, sizeof line - 1, in);
    fclose(in);
    line[bytes] = '\0';
    after_name = strrchr(line, ')');
    *p = (struct process){.pid = atol(pid)};
    return after_name && sscanf(after_name + 2,
                                "%*c %ld %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d "
                                "%*u %*u %ld",
                                &p->parent, &p->rss_pages) == 2;
}

static long tree_bytes(long root)
{
    static struct process list[MAX_PROCESSES];
    DIR *proc = opendir("/proc");
    struct dirent *entry;
    int count = 0;
    long pages = 0;

    while (proc && count < MAX_PROCESSES && (entry = readdir(proc)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && read_process(entry->d_name, &list[count]))
            count++;
    if (proc)
        closedir(proc);
    for (bool more = true; more;) {
        more = false;
        for (int i = 0; i < count; i++) {
            bool ours = list[i].pid == root;

            for (int k = 0; k < count && !ours; k++)
                ours = list[k].ours && list[k].pid == list[i].parent;
            more = more || (ours && !list[i].ours);
            list[i].ours = list[i].ours || ours;
        }
    }
    for (int i = 0; i < count; i++)
        pages += list[i].ours ? list[i].rss_pages : 0;
    return pages * sysconf(_SC_PAGESIZE);
}

static double cpu_ms(const struct rusage *usage)
{
    return (double)(usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000 +
           (double)(usage->ru_utime.tv_usec + usage->ru_stime.tv_usec) / 1000;
}

int main(int argc, char **argv)
{
    struct rusage usage;
    struct timespec pause = {0, SAMPLE_MS * 1000000L};
    double start_ms = now_ms(), wall_ms;
    long peak = 0;
    int status;
    FILE *out;

    if (argc < 3) {
        fputs("usage: run-one RESULT.json COMMAND [ARGUMENT...]\n", stderr);
        return 2;
    }
    pid_t child = fork();

    if (child == 0) {
        execvp(argv[2], argv + 2);
        fprintf(stderr, "run-one: cannot run '%s'\n", argv[2]);
        _exit(127);
    }
    while (child > 0 && wait4(child, &status, WNOHANG, &usage) == 0) {
        long bytes = tree_bytes(child);

        peak = bytes > peak ? bytes : peak;
        nanosleep(&pause, NULL);
    }
    wall_ms = now_ms() - start_ms;
    out = child > 0 ? fopen(argv[1], "w") : NULL;
    if (!out)
        return 1;
    status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    peak = peak > usage.ru_maxrss * 1024 ? peak : usage.ru_maxrss * 1024;
    fprintf(
        out,
        "{\"exit\": %d, \"wall_ms\": %.0f, \"cpu_ms\": %.0f, \"peak_bytes\": %ld, \"largest_process_bytes\": %ld}\n",
        status, wall_ms, cpu_ms(&usage), peak, usage.ru_maxrss * 1024);
    fclose(out);
    return status;
}
