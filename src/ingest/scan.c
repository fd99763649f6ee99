#include "ingest/scan.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/text.h"
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <time.h>

#define MAX_DEPTH 16
#define MAX_FILES 100000
#define SETTLED_MS 2000      /* a file in a folder that was not touched for so long is finished */
#define LOOK_MS 100          /* between two looks at a file that was named */

struct finder {
    struct arena *arena;
    struct scan scan;
    size_t masters_capacity, skipped_capacity;
    struct stat *stats;      /* of the masters, as first seen */
    bool *named;             /* on the command line, not in a folder */
};

static const char *const videos[] = {
    "mp4", "m4v", "mov", "qt", "3gp", "3g2", "mkv", "webm", "avi", "ts", "m2ts", "mts", "mpg", "mpeg", "vob", "flv",
    "gif", "wmv", "asf", "mxf", "nut", "ogv", NULL,
};
static const char *const sidecars[] = {"json", "txt", "md", "srt", "vtt", "ass", "jpg", "jpeg", "png", NULL};
static const char *const unfinished[] = {
    "part", "crdownload", "tmp", "temp", "download", "partial", "filepart", "opdownload", "ytdl", "aria2", "!ut", "!qb",
    "bc!", NULL,
};

static const char *extension(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');

    return dot && dot != name ? dot + 1 : "";
}

static bool is_one_of(const char *word, const char *const *words)
{
    for (; *words; words++)
        if (!strcasecmp(word, *words))
            return true;
    return false;
}

/* ---- the lists ---- */

static void *grown(struct arena *arena, const void *old, size_t nb_bytes, size_t wanted)
{
    void *p = arena_alloc(arena, wanted);

    if (nb_bytes)
        memcpy(p, old, nb_bytes);
    return p;
}

static void add_master(struct finder *f, const char *path, const struct stat *st, const struct error *error, bool named)
{
    struct scan *s = &f->scan;
    size_t n = s->nb_masters;

    if (n == f->masters_capacity) {
        f->masters_capacity = n ? 2 * n : 16;
        s->masters = grown(f->arena, s->masters, n * sizeof *s->masters, f->masters_capacity * sizeof *s->masters);
        f->stats = grown(f->arena, f->stats, n * sizeof *f->stats, f->masters_capacity * sizeof *f->stats);
        f->named = grown(f->arena, f->named, n * sizeof *f->named, f->masters_capacity * sizeof *f->named);
    }
    s->masters[n].path = arena_strdup(f->arena, path);
    if (error)
        s->masters[n].error = *error;
    if (st)
        f->stats[n] = *st;
    f->named[n] = named;
    s->nb_masters++;
}

static void pass_over(struct finder *f, const char *path, const char *why)
{
    struct scan *s = &f->scan;
    size_t n = s->nb_skipped;

    if (n == f->skipped_capacity) {
        f->skipped_capacity = n ? 2 * n : 16;
        s->skipped = grown(f->arena, s->skipped, n * sizeof *s->skipped, f->skipped_capacity * sizeof *s->skipped);
    }
    s->skipped[n] = (struct passed_over){arena_strdup(f->arena, path), why};
    s->nb_skipped++;
}

static const char *same_as(const struct finder *f, const struct stat *st)
{
    for (size_t i = 0; i < f->scan.nb_masters; i++)
        if (!f->scan.masters[i].error.text[0] && f->stats[i].st_dev == st->st_dev && f->stats[i].st_ino == st->st_ino)
            return f->scan.masters[i].path;
    return NULL;
}

static void take(struct finder *f, const char *path, const struct stat *st, bool named)
{
    const char *same = same_as(f, st);

    if (same)
        pass_over(f, path, arena_printf(f->arena, "the same file as %s", same));
    else
        add_master(f, path, st, NULL, named);
}

/* ---- folders ---- */

static const char *reason_by_name(const char *path)
{
    const char *ext = extension(path);

    if (is_one_of(ext, unfinished))
        return "an unfinished download";
    if (is_one_of(ext, sidecars))
        return "a sidecar or picture";
    return is_one_of(ext, videos) ? NULL : "not a video by its name";
}

static const char *reason_by_kind(const struct stat *st)
{
    if (S_ISFIFO(st->st_mode))
        return "a named pipe";
    return S_ISREG(st->st_mode) ? st->st_size ? NULL : "empty" : "a device or socket";
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int not_itself(const struct dirent *entry)
{
    return strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
}

static bool look_into(struct finder *f, const char *folder, int depth, struct error *err);

static bool look_at(struct finder *f, const char *path, const char *name, int depth, struct error *err)
{
    struct stat itself, st;
    const char *why;

    if (*name == '.') {
        pass_over(f, path, "hidden");
        return true;
    }
    if (lstat(path, &itself) < 0 || stat(path, &st) < 0) {
        pass_over(f, path, errno == ELOOP ? "a symbolic link that leads in a circle"
                           : errno == ENOENT ? "a symbolic link that leads nowhere" : strerror(errno));
        return true;
    }
    if (S_ISDIR(st.st_mode) && S_ISLNK(itself.st_mode)) {
        pass_over(f, path, "a symbolic link to a folder");
        return true;
    }
    if (S_ISDIR(st.st_mode))
        return look_into(f, path, depth + 1, err);
    why = reason_by_kind(&st);
    why = why ? why : reason_by_name(path);
    if (why)
        pass_over(f, path, why);
    else
        take(f, path, &st, false);
    return true;
}

static bool look_into(struct finder *f, const char *folder, int depth, struct error *err)
{
    struct dirent **entries = NULL;
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";
    int nb = depth > MAX_DEPTH ? 0 : scandir(folder, &entries, not_itself, by_name);
    bool ok = true;

    if (nb < 0 && depth == 0)
        return fail(err, ERROR_REFUSED, "'%s': %s", folder, strerror(errno));
    if (nb < 0 || depth > MAX_DEPTH)
        pass_over(f, folder, depth > MAX_DEPTH ? "nested too deeply" : strerror(errno));
    for (int i = 0; i < nb; i++) {
        if (ok && f->scan.nb_masters + f->scan.nb_skipped >= MAX_FILES)
            ok = fail(err, ERROR_REFUSED, "'%s': more than %d files; name a smaller folder", folder, MAX_FILES);
        if (ok) {
            const char *name = entries[i]->d_name;

            ok = look_at(f, arena_printf(f->arena, "%s%s%s", folder, slash, name), name, depth, err);
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

/* ---- what was named ---- */

static bool look_at_named(struct finder *f, const char *path, struct error *err)
{
    const char *name = utf8_printable(f->arena, path);
    struct error found = {0};
    struct stat st;
    bool there = stat(path, &st) == 0;

    if (there && S_ISDIR(st.st_mode))
        return look_into(f, path, 0, err);
    if (!there && errno == ELOOP)
        fail_rule(&found, ERROR_REFUSED, "media.unreadable", "%s: a symbolic link that leads in a circle", name);
    else if (!there)
        fail_rule(&found, ERROR_REFUSED, "media.unreadable", "%s: %s", name, strerror(errno));
    else if (!S_ISREG(st.st_mode))
        fail_rule(&found, ERROR_REFUSED, "media.unreadable", "%s: %s, not a file", name, reason_by_kind(&st));
    else if (is_one_of(extension(path), unfinished))
        fail_rule(&found, ERROR_REFUSED, "media.unfinished", "%s: an unfinished download; wait for it, or rename it",
                  name);
    if (found.text[0])
        add_master(f, path, NULL, &found, true);
    else
        take(f, path, &st, true);
    return true;
}

/* ---- files that still grow ---- */

static int64_t changed_ms(const struct stat *st)
{
    return (int64_t)st->st_mtim.tv_sec * 1000 + st->st_mtim.tv_nsec / 1000000;
}

/* How long to wait before a second look is worth something; 0 for files that lie still since long. */
static int64_t wait_for(const struct finder *f)
{
    int64_t now = clock_now_ms(), wait = 0;

    for (size_t i = 0; i < f->scan.nb_masters; i++) {
        int64_t age = now - changed_ms(&f->stats[i]), need;

        if (f->scan.masters[i].error.text[0] || age < 0 || age >= SETTLED_MS)
            continue;
        need = f->named[i] ? LOOK_MS : SETTLED_MS - age;
        wait = need > wait ? need : wait;
    }
    return wait;
}

static bool is_changed(const char *path, const struct stat *before)
{
    struct stat now;

    return stat(path, &now) < 0 || now.st_size != before->st_size || changed_ms(&now) != changed_ms(before);
}

static void drop_growing(struct finder *f)
{
    struct scan *s = &f->scan;
    size_t kept = 0;

    for (size_t i = 0; i < s->nb_masters; i++) {
        struct found_master *m = &s->masters[i];
        bool growing = !m->error.text[0] && is_changed(m->path, &f->stats[i]);

        if (growing && !f->named[i]) {
            pass_over(f, m->path, "still being written");
            continue;
        }
        if (growing)
            fail_rule(&m->error, ERROR_REFUSED, "media.growing", "%s: still being written; wait until it is finished",
                      utf8_printable(f->arena, m->path));
        s->masters[kept++] = *m;
    }
    s->nb_masters = kept;
}

bool scan_masters(const char *const *paths, size_t nb_paths, struct arena *arena, struct scan *scan, struct error *err)
{
    struct finder f = {.arena = arena};
    int64_t wait;

    for (size_t i = 0; i < nb_paths; i++)
        if (!look_at_named(&f, paths[i], err))
            return false;
    wait = wait_for(&f);
    if (wait) {
        nanosleep(&(struct timespec){.tv_sec = wait / 1000, .tv_nsec = wait % 1000 * 1000000}, NULL);
        drop_growing(&f);
    }
    *scan = f.scan;
    return true;
}
