#include "base/file.h"

#include "base/auto.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

bool file_read(const char *path, size_t max_bytes, char **text, size_t *nb_bytes, struct error *err)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    AUTO_FREE char *buffer = NULL;
    struct stat st;
    size_t at = 0;
    ssize_t got = 1;

    if (fd < 0 || fstat(fd, &st) < 0)
        return fail(err, ERROR_CONFIG, "'%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(err, ERROR_CONFIG, "'%s' is not a regular file", path);
    if ((uintmax_t)st.st_size > max_bytes)
        return fail(err, ERROR_CONFIG, "'%s' has %jd bytes; at most %zu are read", path, (intmax_t)st.st_size, max_bytes);
    buffer = malloc((size_t)st.st_size + 1);
    if (!buffer)
        return fail(err, ERROR_INTERNAL, "'%s': out of memory", path);
    while (at < (size_t)st.st_size && (got = read(fd, buffer + at, (size_t)st.st_size - at)) > 0)
        at += (size_t)got;
    if (got < 0)
        return fail(err, ERROR_CONFIG, "'%s': %s", path, strerror(errno));
    buffer[at] = '\0';
    *text = TAKE(buffer);
    if (nb_bytes)
        *nb_bytes = at;
    return true;
}

static bool sync_folder(const char *path, struct error *err)
{
    const char *slash = strrchr(path, '/');
    AUTO_FREE char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    AUTO_CLOSE int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

    /* some file systems cannot sync a folder and say EINVAL: nothing better can be had there */
    if (fd < 0 || (fsync(fd) < 0 && errno != EINVAL))
        return fail(err, ERROR_INTERNAL, "'%s': %s", path, strerror(errno));
    return true;
}

bool file_commit(int fd, const char *temporary, const char *path, struct error *err)
{
    if (fsync(fd) < 0)
        return fail(err, ERROR_INTERNAL, "write '%s': %s", temporary, strerror(errno));
    if (rename(temporary, path) < 0)
        return fail(err, ERROR_INTERNAL, "rename '%s' to '%s': %s", temporary, path, strerror(errno));
    return sync_folder(path, err);
}

static bool write_all(int fd, const char *bytes, size_t nb_bytes)
{
    while (nb_bytes) {
        ssize_t put = write(fd, bytes, nb_bytes);

        if (put < 0 && errno == EINTR)
            continue;
        if (put < 0)
            return false;
        bytes += put;
        nb_bytes -= (size_t)put;
    }
    return true;
}

bool file_replace(const char *path, const void *bytes, size_t nb_bytes, mode_t mode, struct error *err)
{
    char temporary[PATH_MAX];
    AUTO_CLOSE int fd = -1;
    bool ok;

    if (snprintf(temporary, sizeof temporary, "%s.part-%ld", path, (long)getpid()) >= (int)sizeof temporary)
        return fail(err, ERROR_INTERNAL, "'%s': the name is too long", path);
    fd = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return fail(err, ERROR_INTERNAL, "create '%s': %s", temporary, strerror(errno));
    ok = write_all(fd, bytes, nb_bytes) ? file_commit(fd, temporary, path, err)
                                        : fail(err, ERROR_INTERNAL, "write '%s': %s", temporary, strerror(errno));
    if (!ok)
        unlink(temporary);
    return ok;
}

bool folder_make(const char *path, bool private_to_user, struct error *err)
{
    mode_t mode = private_to_user ? 0700 : 0777;
    char part[PATH_MAX];
    struct stat st;

    if (snprintf(part, sizeof part, "%s", path) >= (int)sizeof part)
        return fail(err, ERROR_INTERNAL, "'%s': the name is too long", path);
    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, mode) < 0 && errno != EEXIST)
            return fail(err, ERROR_INTERNAL, "make folder '%s': %s", part, strerror(errno));
        *slash = '/';
    }
    if (mkdir(part, mode) < 0 && errno != EEXIST)
        return fail(err, ERROR_INTERNAL, "make folder '%s': %s", part, strerror(errno));
    if (stat(part, &st) < 0 || !S_ISDIR(st.st_mode))
        return fail(err, ERROR_INTERNAL, "'%s' is not a folder", part);
    return true;
}
