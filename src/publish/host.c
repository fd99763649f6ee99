#include "publish/host.h"

#include "base/auto.h"
#include "base/hash.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/stat.h>

enum { BODY_MAX_BYTES = 4 << 20, NAME_MAX_BYTES = 255, DEPTH_MAX = 16, CHUNK_BYTES = 1 << 20 };
enum { ETAG_BYTES = SHA256_HEX_BYTES + 2 };

#define PART_PREFIX ".crosscut-part-"

const struct setting host_settings[] = {
    {"type", SETTING_CHOICE, "folder", "folder", "Where public files are kept"},
    {"path", SETTING_TEXT, NULL, "public", "Folder that your web server shows"},
    {"base_url", SETTING_TEXT, NULL, NULL, "Address of that folder on the web"},
    {NULL, SETTING_TEXT, NULL, NULL, NULL},
};

struct host {
    char *folder;
};

/* One request being answered. */
struct job {
    const struct http_request *request;
    char *names[DEPTH_MAX];        /* components of the path, in `path` */
    int nb_names;
    char *path;
    int root, folder;              /* descriptors; -1: not open */
    char etag[ETAG_BYTES];         /* of what is there now, with its quotes; "" when nothing is */
    int status;
    char reason[256];
};

struct host *host_open(const char *folder, struct error *err)
{
    struct host *host = calloc(1, sizeof *host);

    if (!folder[0] || !host || !(host->folder = strdup(folder))) {
        fail(err, ERROR_CONFIG, "[host] path is empty: it names the folder that your web server shows");
        free(host);
        return NULL;
    }
    return host;
}

void host_close(struct host *host)
{
    if (!host)
        return;
    free(host->folder);
    free(host);
}

static bool stop(struct job *job, int status, const char *reason)
{
    job->status = status;
    snprintf(job->reason, sizeof job->reason, "%s", reason);
    return false;
}

static bool stop_errno(struct job *job)
{
    return stop(job,
                errno == ENOSPC || errno == EDQUOT    ? 507
                : errno == ENOENT || errno == ENOTDIR ? 404
                                                      : 500,
                strerror(errno));
}

/* ---- the path: percent-decoded, component by component beneath the folder ---- */

static int hex_digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

/* In place: what is written never overtakes what is read. */
static bool decode(char *text)
{
    const char *c = text;
    char *out = text;

    while (*c && *c != '?' && *c != '#') {
        int high, low;

        if (*c != '%') {
            *out++ = *c++;
            continue;
        }
        high = hex_digit(c[1]);
        low = high < 0 ? -1 : hex_digit(c[2]);
        if (low < 0 || !(high | low))
            return false;
        *out++ = (char)(high * 16 + low);
        c += 3;
    }
    *out = '\0';
    return true;
}

static bool name_allowed(const char *name)
{
    if (!name[0] || strlen(name) > NAME_MAX_BYTES - sizeof PART_PREFIX - 12 || !strcmp(name, ".") ||
        !strcmp(name, "..") || !strncmp(name, PART_PREFIX, sizeof PART_PREFIX - 1))
        return false;
    for (const unsigned char *c = (const unsigned char *)name; *c; c++)
        if (*c < 0x20 || *c == 0x7f || *c == '\\')
            return false;
    return true;
}

/* "%2F" is decoded before the split, so it is a separator too and cannot hide one. */
static bool split(struct job *job)
{
    char *at;

    job->path = strdup(job->request->url + strlen("host:/"));
    if (!job->path)
        return stop(job, 500, "out of memory");
    if (!decode(job->path))
        return stop(job, 400, "the path is not percent-encoded correctly");
    for (at = job->path; at; job->nb_names++) {
        if (job->nb_names == DEPTH_MAX)
            return stop(job, 400, "the path is too deep");
        job->names[job->nb_names] = strsep(&at, "/");
        if (!name_allowed(job->names[job->nb_names]))
            return stop(job, 400, "the path has a name that is not allowed");
    }
    return true;
}

static bool make_root(struct host *host, struct job *job)
{
    char *slash = host->folder;
    AUTO_FREE char *part = strdup(host->folder);

    if (!part)
        return stop(job, 500, "out of memory");
    while ((slash = strchr(slash + 1, '/'))) {
        part[slash - host->folder] = '\0';
        if (part[0] && mkdir(part, 0777) < 0 && errno != EEXIST)
            return stop_errno(job);
        part[slash - host->folder] = '/';
    }
    return mkdir(part, 0777) == 0 || errno == EEXIST ? true : stop_errno(job);
}

static bool open_folder(struct host *host, struct job *job, bool make)
{
    if (make && !make_root(host, job))
        return false;
    job->root = open(host->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    job->folder = job->root < 0 ? -1 : fcntl(job->root, F_DUPFD_CLOEXEC, 0);
    if (job->folder < 0)
        return stop_errno(job);
    for (int i = 0; i < job->nb_names - 1; i++) {
        int next;

        if (make && mkdirat(job->folder, job->names[i], 0777) < 0 && errno != EEXIST)
            return stop_errno(job);
        next = openat(job->folder, job->names[i], O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0)
            return errno == ELOOP || errno == ENOTDIR ? stop(job, 400, "the path leads through a link or a file")
                                                      : stop_errno(job);
        close(job->folder);
        job->folder = next;
    }
    return true;
}

/* ---- what is there ---- */

static const char *name_of(const struct job *job)
{
    return job->names[job->nb_names - 1];
}

static void set_etag(struct job *job, const char *hex)
{
    snprintf(job->etag, sizeof job->etag, "\"%s\"", hex);
}

static bool read_etag(struct job *job, int *fd, struct stat *st)
{
    char hex[SHA256_HEX_BYTES];

    *fd = openat(job->folder, name_of(job), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0)
        return errno == ENOENT ? true : errno == ELOOP ? stop(job, 400, "the path is a link") : stop_errno(job);
    if (fstat(*fd, st) < 0 || !sha256_fd(*fd, hex, NULL) || !S_ISREG(st->st_mode))
        return stop(job, 400, "the path is not a file");
    set_etag(job, hex);
    return true;
}

static const char *header(const struct job *job, const char *name)
{
    const struct http_header *h = job->request->headers;

    for (size_t i = 0; i < sizeof job->request->headers / sizeof *h && h[i].name; i++)
        if (!strcasecmp(h[i].name, name))
            return h[i].value;
    return NULL;
}

static bool check_condition(struct job *job)
{
    const char *match = header(job, "If-Match"), *none = header(job, "If-None-Match");
    bool there = job->etag[0];

    if (match && !(there && (!strcmp(match, "*") || !strcmp(match, job->etag))))
        return stop(job, 412, "it is not what was expected there");
    if (none && there && (!strcmp(none, "*") || !strcmp(none, job->etag)))
        return stop(job, 412, "it is there already");
    return true;
}

/* ---- PUT ---- */

static bool write_bytes(int fd, const char *bytes, size_t nb_bytes, struct sha256 *hash)
{
    sha256_add(hash, bytes, nb_bytes);
    while (nb_bytes) {
        ssize_t put = write(fd, bytes, nb_bytes);

        if (put < 0 && errno != EINTR)
            return false;
        bytes += put > 0 ? put : 0;
        nb_bytes -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

static bool copy_range(int to, const struct http_request *r, struct sha256 *hash)
{
    AUTO_CLOSE int from = open(r->file, O_RDONLY | O_CLOEXEC);
    AUTO_FREE char *buffer = malloc(CHUNK_BYTES);
    int64_t at = r->offset, end = r->offset + r->length;

    if (from < 0 || !buffer)
        return false;
    while (at < end) {
        ssize_t got = pread(from, buffer, end - at < CHUNK_BYTES ? (size_t)(end - at) : CHUNK_BYTES, at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            errno = got ? errno : EIO;    /* shorter than it was said to be */
            return false;
        }
        if (!write_bytes(to, buffer, (size_t)got, hash))
            return false;
        at += got;
    }
    return true;
}

static bool write_part(struct job *job, const char *part, char hex[static SHA256_HEX_BYTES])
{
    const struct http_request *r = job->request;
    AUTO_CLOSE int fd = openat(job->folder, part, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
    struct sha256 *hash = sha256_create();
    bool ok = fd >= 0;

    if (ok && r->file)
        ok = copy_range(fd, r, hash);
    else if (ok && r->body)
        ok = write_bytes(fd, r->body, r->body_bytes ? r->body_bytes : strlen(r->body), hash);
    ok = ok && fsync(fd) == 0;
    sha256_hex(hash, hex);
    sha256_destroy(hash);
    return ok || stop_errno(job);
}

static bool put(struct job *job)
{
    char part[NAME_MAX_BYTES + 1], hex[SHA256_HEX_BYTES];
    bool there = job->etag[0];

    snprintf(part, sizeof part, PART_PREFIX "%ld-%s", (long)getpid(), name_of(job));
    if (!write_part(job, part, hex)) {
        unlinkat(job->folder, part, 0);
        job->status = job->status == 404 ? 500 : job->status;    /* it is the source that is missing */
        return false;
    }
    if (renameat(job->folder, part, job->folder, name_of(job)) < 0 || (fsync(job->folder) < 0 && errno != EINVAL)) {
        stop_errno(job);
        unlinkat(job->folder, part, 0);
        return false;
    }
    set_etag(job, hex);
    job->status = there ? 200 : 201;
    return true;
}

/* ---- answering ---- */

static bool get(struct job *job, int fd, const struct stat *st, char **body, size_t *body_bytes)
{
    ssize_t got;

    if (!job->etag[0])
        return stop(job, 404, "it is not there");
    job->status = 200;
    if (!strcmp(job->request->method, "HEAD"))
        return true;
    if (st->st_size > BODY_MAX_BYTES)
        return stop(job, 413, "it is too large to read; ask with HEAD");
    *body = malloc((size_t)st->st_size + 1);
    got = *body ? pread(fd, *body, (size_t)st->st_size, 0) : -1;
    if (got != st->st_size)
        return stop_errno(job);
    *body_bytes = (size_t)got;
    return true;
}

static bool remove_it(struct job *job)
{
    if (!job->etag[0])
        return stop(job, 404, "it is not there");
    if (unlinkat(job->folder, name_of(job), 0) < 0 || (fsync(job->folder) < 0 && errno != EINVAL))
        return stop_errno(job);
    job->etag[0] = '\0';
    job->status = 204;
    return true;
}

static void work(struct host *host, struct job *job, char **body, size_t *body_bytes)
{
    const char *method = job->request->method;
    bool puts = !strcmp(method, "PUT"), deletes = !strcmp(method, "DELETE");
    AUTO_CLOSE int fd = -1;
    struct stat st = {0};

    if (!puts && !deletes && strcmp(method, "GET") && strcmp(method, "HEAD")) {
        stop(job, 405, "only GET, HEAD, PUT and DELETE");
        return;
    }
    if (!split(job) || !open_folder(host, job, puts))
        return;
    /* one writer at a time, so that nothing changes between the condition and the write */
    if ((puts || deletes) && flock(job->root, LOCK_EX) < 0)
        stop_errno(job);
    else if (read_etag(job, &fd, &st) && check_condition(job))
        (void)(puts ? put(job) : deletes ? remove_it(job) : get(job, fd, &st, body, body_bytes));
}

void host_answer(struct host *host, const struct http_request *request, struct transport_answer *answer)
{
    struct job job = {.request = request, .root = -1, .folder = -1, .status = 500};
    AUTO_FREE char *body = NULL;
    size_t body_bytes = 0;
    void *tag = answer->tag;

    work(host, &job, &body, &body_bytes);
    if (job.reason[0]) {
        free(body);
        body = strdup(job.reason);
        body_bytes = body ? strlen(body) : 0;
    }
    transport_answer_fill(answer, tag, job.status, job.etag[0] ? json_pack("{s:s}", "etag", job.etag) : NULL, body,
                          body_bytes);
    if (job.folder >= 0)
        close(job.folder);
    if (job.root >= 0)
        close(job.root);    /* gives the lock back */
    free(job.path);
}
