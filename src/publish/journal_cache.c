/* Leases, and what is remembered about files so that it need not be worked out twice. */
#include "publish/journal_db.h"

#include "base/auto.h"
#include "base/hash.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>

/* ---- leases ---- */

struct holder {
    char boot[64];
    int64_t pid;
    char started[32];      /* field 22 of /proc/PID/stat: a pid that was given out again has another one */
};

static bool read_small(const char *path, char *text, size_t nb_bytes)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = fd < 0 ? -1 : read(fd, text, nb_bytes - 1);

    text[got > 0 ? got : 0] = '\0';
    return got > 0;
}

static void read_start(int64_t pid, char *started, size_t nb_bytes)
{
    char path[64], text[1024];
    const char *field;

    started[0] = '\0';
    snprintf(path, sizeof path, "/proc/%lld/stat", (long long)pid);
    if (!read_small(path, text, sizeof text) || !(field = strrchr(text, ')')))
        return;
    for (int i = 2; i < 22 && field; i++)    /* the name in brackets is field 2 and may contain blanks */
        field = strchr(field + 1, ' ');
    if (field)
        snprintf(started, nb_bytes, "%.*s", (int)strcspn(field + 1, " "), field + 1);
}

static struct holder this_process(void)
{
    struct holder h = {.pid = getpid()};

    read_small("/proc/sys/kernel/random/boot_id", h.boot, sizeof h.boot);
    h.boot[strcspn(h.boot, "\n")] = '\0';
    read_start(h.pid, h.started, sizeof h.started);
    return h;
}

static bool alive(const struct holder *holder, const struct holder *self)
{
    char started[32];

    if (strcmp(holder->boot, self->boot))
        return false;
    read_start(holder->pid, started, sizeof started);
    return started[0] && !strcmp(started, holder->started);
}

static bool read_holder(struct journal *journal, const char *post_id, struct holder *holder, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *s =
        db_prepare(journal, err, "SELECT boot, pid, started FROM leases WHERE post = ?", "t", post_id);

    *holder = (struct holder){0};
    if (!s)
        return false;
    if (sqlite3_step(s) == SQLITE_ROW) {
        holder->pid = sqlite3_column_int64(s, 1);
        snprintf(holder->boot, sizeof holder->boot, "%s", (const char *)sqlite3_column_text(s, 0));
        snprintf(holder->started, sizeof holder->started, "%s", (const char *)sqlite3_column_text(s, 2));
    }
    return true;
}

bool journal_lease(struct journal *journal, const char *post_id, bool *taken, int64_t *holder_pid, struct error *err)
{
    struct holder self = this_process(), holder;
    bool ok, is_free = false;

    if (!db_begin(journal, err))
        return false;
    ok = read_holder(journal, post_id, &holder, err);
    if (ok) {
        is_free = !holder.pid || holder.pid == self.pid || !alive(&holder, &self);
        ok = !is_free || db_run(journal, err, "INSERT OR REPLACE INTO leases VALUES (?, ?, ?, ?)", "ttit", post_id,
                                self.boot, self.pid, self.started);
    }
    if (!db_end(journal, ok, err))
        return false;
    *taken = is_free;
    *holder_pid = is_free ? self.pid : holder.pid;
    return true;
}

bool journal_release(struct journal *journal, const char *post_id, struct error *err)
{
    return db_run(journal, err, "DELETE FROM leases WHERE post = ?1 AND pid = ?2", "ti", post_id, (int64_t)getpid());
}

void journal_close(struct journal *journal)
{
    if (!journal)
        return;
    if (journal->db)
        db_run(journal, NULL, "DELETE FROM leases WHERE pid = ?1", "i", (int64_t)getpid());
    sqlite3_close(journal->db);
    free(journal->path);
    free(journal->mirror);
    free(journal);
}

/* ---- caches ---- */

static int64_t ns(struct timespec t)
{
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static bool remembered(struct journal *journal, const char *path, const struct stat *st,
                       char hex[static SHA256_HEX_BYTES])
{
    AUTO_STATEMENT sqlite3_stmt *s = db_prepare(journal, NULL,
                                                "SELECT sha256 FROM files WHERE path = ? AND size = ? AND mtime_ns = ? "
                                                "AND ctime_ns = ? AND inode = ? AND device = ?",
                                                "tiiiii", path, (int64_t)st->st_size, ns(st->st_mtim), ns(st->st_ctim),
                                                (int64_t)st->st_ino, (int64_t)st->st_dev);

    if (!s || sqlite3_step(s) != SQLITE_ROW)
        return false;
    snprintf(hex, SHA256_HEX_BYTES, "%s", (const char *)sqlite3_column_text(s, 0));
    return strlen(hex) == SHA256_HEX_BYTES - 1;
}

bool journal_file_sha256(struct journal *journal, const char *path, char hex[static 65], struct error *err)
{
    AUTO_FREE char *real = realpath(path, NULL);
    AUTO_CLOSE int fd = real ? open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK) : -1;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0)
        return fail(err, ERROR_REFUSED, "'%s': %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fail(err, ERROR_REFUSED, "'%s' is not a regular file", path);
    if (remembered(journal, real, &st, hex))
        return true;
    if (!sha256_fd(fd, hex, err))
        return fail_in(err, "'%s'", path);
    return db_run(journal, err, "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?, ?)", "tiiiiit", real,
                  (int64_t)st.st_size, ns(st.st_mtim), ns(st.st_ctim), (int64_t)st.st_ino, (int64_t)st.st_dev, hex);
}

static json_t *find_json(struct journal *journal, const char *sql, const char *key)
{
    AUTO_STATEMENT sqlite3_stmt *s = db_prepare(journal, NULL, sql, "t", key);

    return s && sqlite3_step(s) == SQLITE_ROW ? json_loads((const char *)sqlite3_column_text(s, 0), 0, NULL) : NULL;
}

static bool put_json(struct journal *journal, const char *sql, const char *key, const json_t *json, struct error *err)
{
    AUTO_FREE char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

    return text ? db_run(journal, err, sql, "tt", key, text)
                : fail(err, ERROR_INTERNAL, "journal: a document cannot be written");
}

json_t *journal_facts_find(struct journal *journal, const char *sha256)
{
    return find_json(journal, "SELECT facts FROM facts WHERE sha256 = ?", sha256);
}

bool journal_facts_put(struct journal *journal, const char *sha256, const json_t *facts, struct error *err)
{
    return put_json(journal, "INSERT OR REPLACE INTO facts VALUES (?, ?)", sha256, facts, err);
}

json_t *journal_rendition_find(struct journal *journal, const char *rendition_id)
{
    return find_json(journal, "SELECT document FROM renditions WHERE id = ?", rendition_id);
}

bool journal_rendition_put(struct journal *journal, const char *rendition_id, const json_t *rendition,
                           struct error *err)
{
    return put_json(journal, "INSERT OR REPLACE INTO renditions VALUES (?, ?)", rendition_id, rendition, err);
}
