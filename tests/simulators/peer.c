/* Which process is at the other end of a loopback connection: for the fault that kills the client. */
#include "tests/simulators/server.h"

#include "base/auto.h"
#include <dirent.h>
#include <limits.h>
#include <string.h>

/* Inode of the socket whose own port is `from` and whose other end is `to`; 0 when there is none. */
static unsigned long socket_inode(int from, int to)
{
    AUTO(auto_fclose) FILE *table = fopen("/proc/net/tcp", "r");
    char line[512];
    unsigned long inode = 0;

    while (table && !inode && fgets(line, sizeof line, table)) {
        unsigned own = 0, other = 0;
        unsigned long found = 0;

        if (sscanf(line, " %*d: %*x:%x %*x:%x %*x %*x:%*x %*x:%*x %*x %*d %*d %lu", &own, &other, &found) == 3 &&
            (int)own == from && (int)other == to)
            inode = found;
    }
    return inode;
}

static bool has_socket(const char *pid, const char *wanted)
{
    char folder[PATH_MAX], path[PATH_MAX + 300], target[64];
    struct dirent *entry;
    bool found = false;
    DIR *dir;

    snprintf(folder, sizeof folder, "/proc/%s/fd", pid);
    dir = opendir(folder);
    while (dir && !found && (entry = readdir(dir))) {
        ssize_t n;

        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        n = readlink(path, target, sizeof target - 1);
        target[n > 0 ? n : 0] = '\0';
        found = !strcmp(target, wanted);
    }
    if (dir)
        closedir(dir);
    return found;
}

int peer_pid(int client_port, int server_port)
{
    unsigned long inode = socket_inode(client_port, server_port);
    char wanted[64];
    struct dirent *entry;
    int pid = 0;
    DIR *dir = inode ? opendir("/proc") : NULL;

    snprintf(wanted, sizeof wanted, "socket:[%lu]", inode);
    while (dir && !pid && (entry = readdir(dir)))
        if (entry->d_name[0] >= '1' && entry->d_name[0] <= '9' && has_socket(entry->d_name, wanted))
            pid = atoi(entry->d_name);
    if (dir)
        closedir(dir);
    return pid;
}
