#include "publish/private_file.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

#define RULE "vault.permissions"

static void folder_of(const char *path, char folder[static PATH_MAX])
{
    const char *slash = strrchr(path, '/');

    snprintf(folder, PATH_MAX, "%.*s", slash && slash != path ? (int)(slash - path) : 1, slash ? path : ".");
}

/* Whoever can write to the folder can put another file there. */
static bool check_folder(const char *path, struct error *err)
{
    char folder[PATH_MAX];
    struct stat st;

    folder_of(path, folder);
    if (stat(folder, &st) < 0)
        return errno == ENOENT || fail_rule(err, ERROR_CREDENTIALS, RULE, "folder '%s': %s", folder, strerror(errno));
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return fail_rule(err, ERROR_CREDENTIALS, RULE, "folder '%s' of the tokens belongs to another user (uid %u); nothing was read. Use a folder "
                         "of your own", folder, (unsigned)st.st_uid);
    if (st.st_mode & 022)
        return fail_rule(err, ERROR_CREDENTIALS, RULE, "folder '%s' of the tokens can be written by others (mode %04o); nothing was read. "
                         "chmod go-w '%s'", folder, (unsigned)(st.st_mode & 07777), folder);
    return true;
}

static bool check_file(const char *path, const struct stat *st, size_t max_bytes, struct error *err)
{
    if (!S_ISREG(st->st_mode))
        return fail_rule(err, ERROR_CREDENTIALS, RULE, "'%s' is not a regular file; move it away, crosscut makes a new one", path);
    if (st->st_uid != geteuid())
        return fail_rule(err, ERROR_CREDENTIALS, RULE, "'%s' belongs to another user (uid %u), and that is not who runs crosscut (uid %u); "
                         "chown it, or log in again", path, (unsigned)st->st_uid, (unsigned)geteuid());
    if (st->st_mode & 077)
        return fail_rule(err, ERROR_CREDENTIALS, RULE, "'%s' can be read by others (mode %04o); nothing was read. chmod 600 '%s', and log in again "
                         "if somebody may have read it", path, (unsigned)(st->st_mode & 07777), path);
    if ((uintmax_t)st->st_size > max_bytes)
        return fail_rule(err, ERROR_CREDENTIALS, "vault.damaged", "'%s' has %jd bytes, more than the %zu that a file of tokens can have", path,
                         (intmax_t)st->st_size, max_bytes);
    return true;
}

static bool read_bytes(int fd, char *buffer, size_t nb_bytes)
{
    size_t at = 0;
    ssize_t got;

    while (at < nb_bytes && (got = read(fd, buffer + at, nb_bytes - at)) != 0) {
        if (got < 0 && errno != EINTR)
            return false;
        at += got > 0 ? (size_t)got : 0;
    }
    return at == nb_bytes;
}

bool private_file_read(const char *path, size_t max_bytes, char **bytes, size_t *nb_bytes, struct error *err)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    AUTO_FREE char *buffer = NULL;
    struct stat st;

    *bytes = NULL;
    *nb_bytes = 0;
    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0 && errno == ELOOP)
        return fail_rule(err, ERROR_CREDENTIALS, RULE, "'%s' is a link; put the file itself there", path);
    if (fd < 0 || fstat(fd, &st) < 0)
        return fail_rule(err, ERROR_CREDENTIALS, RULE, "'%s': %s", path, strerror(errno));
    if (!check_file(path, &st, max_bytes, err) || !check_folder(path, err))
        return false;
    buffer = malloc((size_t)st.st_size + 1);
    if (!buffer || !read_bytes(fd, buffer, (size_t)st.st_size))
        return fail(err, ERROR_INTERNAL, "'%s' could not be read", path);
    buffer[st.st_size] = '\0';
    *bytes = TAKE(buffer);
    *nb_bytes = (size_t)st.st_size;
    return true;
}

static bool make_folder(const char *path, struct error *err)
{
    char folder[PATH_MAX];

    folder_of(path, folder);
    return folder_make(folder, true, err) && check_folder(path, err);
}

static bool write_bytes(int fd, const char *bytes, size_t nb_bytes)
{
    while (nb_bytes) {
        ssize_t put = write(fd, bytes, nb_bytes);

        if (put < 0 && errno != EINTR)
            return false;
        bytes += put > 0 ? put : 0;
        nb_bytes -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

bool private_file_write(const char *path, const void *bytes, size_t nb_bytes, struct error *err)
{
    char temporary[PATH_MAX];
    AUTO_CLOSE int fd = -1;
    bool ok;

    if (snprintf(temporary, sizeof temporary, "%s.part", path) >= (int)sizeof temporary)
        return fail(err, ERROR_CONFIG, "'%s': the name is too long", path);
    if (!make_folder(path, err))
        return false;
    unlink(temporary);    /* of a process that was killed */
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail(err, ERROR_INTERNAL, "create '%s': %s", temporary, strerror(errno));
    /* the umask can only take rights away, and must not take the owner's */
    ok = (fchmod(fd, 0600) == 0 && write_bytes(fd, bytes, nb_bytes)) || fail(err, ERROR_INTERNAL, "write '%s': %s", temporary, strerror(errno));
    ok = ok && file_commit(fd, temporary, path, err);
    if (!ok)
        unlink(temporary);
    return ok;
}

int private_file_lock(const char *path, int timeout_ms, struct error *err)
{
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;
    int fd;

    if (!make_folder(path, err))
        return -1;
    fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0) {
        fail(err, ERROR_CREDENTIALS, "lock '%s': %s", path, strerror(errno));
        return -1;
    }
    while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || clock_monotonic_ms() > end_ms) {
            fail(err, ERROR_TRANSIENT, "lock '%s': another crosscut holds it for more than %d s", path, timeout_ms / 1000);
            close(fd);
            return -1;
        }
        nanosleep(&(struct timespec){.tv_nsec = 5000000}, NULL);
    }
    return fd;
}
