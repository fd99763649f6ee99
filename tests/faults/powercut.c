/* Power cuts: the journal on a disk that forgets. A VFS keeps every write since the last sync apart; when the power goes,
 * a random subset of their sectors is on the disk and the rest is not (RELIABILITY R2). Afterwards the journal must open, be
 * whole, have every armed post whose request may have left, and every post that was reported live.
 *   powercut [CUTS] */
#include "publish/journal.h"
#include "publish/retry.h"

#include "base/auto.h"
#include <ftw.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 8, SECTOR = 512, POSTS = 4, REGIONS_MAX = 8, REGION_BYTES = 32768 };

struct pending { struct pending *next; sqlite3_int64 at; int bytes; unsigned char data[SECTOR]; };

/* A file as the process sees it, as it is on the disk, and the sectors in between. */
struct disk_file {
    char name[512];
    bool used;
    unsigned char *seen, *safe;
    sqlite3_int64 seen_bytes, safe_bytes;
    struct pending *first, **last;
};

struct disk {
    struct disk_file files[FILES_MAX];
    void *regions[REGIONS_MAX];   /* the shared memory of the write-ahead log */
    long operations, cut_at;      /* 0: never */
    uint64_t random;
};

struct handle { sqlite3_file base; struct disk_file *file; };

static struct disk disk;    /* sqlite3_vfs is found by name, so that there is one in the process */

static bool dark(void)
{
    return disk.cut_at && disk.operations >= disk.cut_at;
}

static bool goes_dark(void)
{
    disk.operations++;
    return dark();
}

static void grow(unsigned char **data, sqlite3_int64 *bytes, sqlite3_int64 wanted)
{
    if (wanted <= *bytes)
        return;
    *data = realloc(*data, (size_t)wanted);
    if (!*data)
        abort();
    memset(*data + *bytes, 0, (size_t)(wanted - *bytes));
    *bytes = wanted;
}

static void store(unsigned char **data, sqlite3_int64 *bytes, const struct pending *p)
{
    grow(data, bytes, p->at + p->bytes);
    memcpy(*data + p->at, p->data, (size_t)p->bytes);
}

static void settle(struct disk_file *f, int keep_of_256)
{
    while (f->first) {
        struct pending *p = f->first;

        f->first = p->next;
        if ((int)(retry_random(&disk.random) & 255) < keep_of_256)
            store(&f->safe, &f->safe_bytes, p);
        free(p);
    }
    f->last = &f->first;
}

static void forget(struct disk_file *f)
{
    settle(f, 0);
    free(f->seen);
    free(f->safe);
    *f = (struct disk_file){0};
}

/* The power comes back. */
static void restart(void)
{
    int keep = (int[]){0, 64, 128, 224, 256}[retry_random(&disk.random) % 5];

    for (int i = 0; i < FILES_MAX; i++) {
        struct disk_file *f = &disk.files[i];

        if (!f->used)
            continue;
        settle(f, keep);
        free(f->seen);
        f->seen = NULL;
        f->seen_bytes = 0;
        grow(&f->seen, &f->seen_bytes, f->safe_bytes);
        if (f->safe_bytes)
            memcpy(f->seen, f->safe, (size_t)f->safe_bytes);
    }
    for (int i = 0; i < REGIONS_MAX; i++) {
        free(disk.regions[i]);
        disk.regions[i] = NULL;
    }
    disk.cut_at = 0;
}

/* ---- the methods of an open file ---- */

static struct disk_file *of(sqlite3_file *file)
{
    return ((struct handle *)file)->file;
}

static int close_file(sqlite3_file *file)
{
    (void)file;
    return SQLITE_OK;
}

static int read_file(sqlite3_file *file, void *to, int bytes, sqlite3_int64 at)
{
    const struct disk_file *f = of(file);
    sqlite3_int64 left = f->seen_bytes - at, there = left < 0 ? 0 : left < bytes ? left : bytes;

    if (dark())
        return SQLITE_IOERR_READ;
    if (there)
        memcpy(to, f->seen + at, (size_t)there);
    memset((char *)to + there, 0, (size_t)(bytes - there));
    return there == bytes ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

static int write_file(sqlite3_file *file, const void *from, int bytes, sqlite3_int64 at)
{
    struct disk_file *f = of(file);
    bool dies = goes_dark();

    for (int done = 0; done < bytes;) {    /* the last write before the dark may be torn, too */
        struct pending *p = calloc(1, sizeof *p);
        int room = SECTOR - (int)((at + done) % SECTOR);

        if (!p)
            abort();
        p->at = at + done;
        p->bytes = bytes - done < room ? bytes - done : room;
        memcpy(p->data, (const char *)from + done, (size_t)p->bytes);
        store(&f->seen, &f->seen_bytes, p);
        done += p->bytes;
        *f->last = p;
        f->last = &p->next;
    }
    return dies ? SQLITE_IOERR_WRITE : SQLITE_OK;
}

static int truncate_file(sqlite3_file *file, sqlite3_int64 bytes)
{
    struct disk_file *f = of(file);

    if (goes_dark())
        return SQLITE_IOERR_TRUNCATE;
    settle(f, 256);
    f->seen_bytes = bytes < f->seen_bytes ? bytes : f->seen_bytes;
    f->safe_bytes = bytes < f->safe_bytes ? bytes : f->safe_bytes;
    return SQLITE_OK;
}

static int sync_file(sqlite3_file *file, int flags)
{
    (void)flags;
    if (goes_dark())
        return SQLITE_IOERR_FSYNC;
    settle(of(file), 256);
    return SQLITE_OK;
}

static int size_of_file(sqlite3_file *file, sqlite3_int64 *bytes)
{
    *bytes = of(file)->seen_bytes;
    return SQLITE_OK;
}

static int lock_file(sqlite3_file *file, int level)
{
    (void)file, (void)level;
    return SQLITE_OK;
}

static int is_reserved(sqlite3_file *file, int *out)
{
    (void)file;
    *out = 0;
    return SQLITE_OK;
}

static int control(sqlite3_file *file, int op, void *arg)
{
    (void)file, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int sector_size(sqlite3_file *file)
{
    (void)file;
    return SECTOR;
}

static int no_promises(sqlite3_file *file)
{
    (void)file;
    return 0;
}

static int map_shared(sqlite3_file *file, int region, int bytes, int extend, void volatile **out)
{
    (void)file;
    *out = NULL;
    if (region >= REGIONS_MAX || bytes != REGION_BYTES)
        return SQLITE_IOERR_SHMMAP;
    if (!disk.regions[region] && extend)
        disk.regions[region] = calloc(1, REGION_BYTES);
    *out = disk.regions[region];
    return SQLITE_OK;
}

static int lock_shared(sqlite3_file *file, int offset, int n, int flags)
{
    (void)file, (void)offset, (void)n, (void)flags;
    return SQLITE_OK;
}

static void barrier(sqlite3_file *file)
{
    (void)file;
}

static int unmap_shared(sqlite3_file *file, int erase)
{
    (void)file, (void)erase;
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    2, close_file, read_file, write_file, truncate_file, sync_file, size_of_file, lock_file, lock_file, is_reserved, control, sector_size,
    no_promises, map_shared, lock_shared, barrier, unmap_shared, NULL, NULL};

/* ---- the disk ---- */

static struct disk_file *find(const char *name, bool make)
{
    struct disk_file *unused = NULL;

    for (int i = 0; i < FILES_MAX; i++) {
        if (disk.files[i].used && !strcmp(disk.files[i].name, name))
            return &disk.files[i];
        if (!disk.files[i].used && !unused)
            unused = &disk.files[i];
    }
    if (!make || !unused)
        return NULL;
    unused->used = true;
    unused->last = &unused->first;
    snprintf(unused->name, sizeof unused->name, "%s", name);
    return unused;
}

static int open_file(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out_flags)
{
    struct handle *h = (struct handle *)file;

    (void)vfs;
    h->base.pMethods = NULL;
    h->file = find(name ? name : "temporary", (flags & SQLITE_OPEN_CREATE) != 0);
    if (!h->file)
        return SQLITE_CANTOPEN;
    h->base.pMethods = &methods;
    if (out_flags)
        *out_flags = flags;
    return SQLITE_OK;
}

static int delete_file(sqlite3_vfs *vfs, const char *name, int sync)
{
    struct disk_file *f = find(name, false);

    (void)vfs, (void)sync;
    if (goes_dark())
        return SQLITE_IOERR_DELETE;
    if (f)
        forget(f);
    return SQLITE_OK;
}

static int access_file(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    (void)vfs, (void)flags;
    *out = find(name, false) != NULL;
    return SQLITE_OK;
}

static int full_name(sqlite3_vfs *vfs, const char *name, int bytes, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)bytes, "%s", name);
    return SQLITE_OK;
}

static void use_this_disk(void)
{
    static sqlite3_vfs vfs;

    vfs = *sqlite3_vfs_find(NULL);
    vfs.szOsFile = sizeof(struct handle);
    vfs.zName = "forgets";
    vfs.xOpen = open_file;
    vfs.xDelete = delete_file;
    vfs.xAccess = access_file;
    vfs.xFullPathname = full_name;
    sqlite3_vfs_register(&vfs, 1);
}

/* ---- one life, and what is left of it ---- */

struct witness { bool armed, live; };    /* what the world outside knows of a post */

static struct post make_post(char id[17], int n, const json_t *text)
{
    snprintf(id, 17, "%016d", n);
    return (struct post){.id = id, .master_id = "sha256:0123", .master_path = "walk.mp4", .destination = "here", .platform = "youtube",
                         .part = 1, .parts = 1, .occurrence = n, .rendition = "r.mp4", .rendition_bytes = 1, .content_type = "video/mp4",
                         .text = text, .title = "walk"};
}

/* What the engine writes for one post; false at the first write that fails, as the engine stops there. */
static bool live_one(struct journal *journal, int n, struct witness *w)
{
    json_auto_t *text = json_object(), *open = json_pack("{s:s}", "phase", "upload"), *sent = json_pack("{s:s, s:{s:s}}", "phase", "done", "public", "remote_id", "v1");
    char id[17];
    struct post post = make_post(id, n, text);
    struct error err;
    bool added;

    if (!journal_add(journal, &post, 1, &added, &err) ||
        !journal_put(journal, id, &(struct journal_change){.state = POST_UPLOADING, .adapter_state = open, .asked = true}, &err) ||
        !journal_put(journal, id, &(struct journal_change){.state = POST_UPLOADING, .adapter_state = open, .asked = true, .armed = true, .doubt = true,
                                                           .arming = true, .now_ms = 2}, &err))
        return false;
    w->armed = true;    /* from here on bytes may be on the wire */
    if (!journal_put(journal, id, &(struct journal_change){.state = POST_PUBLISHED, .adapter_state = sent}, &err))
        return false;
    w->live = true;     /* and this is told to people */
    return true;
}

static void life(const char *path, struct witness *witnesses)
{
    struct error err;
    struct journal *journal = journal_open(&(struct journal_options){.path = path}, &err);
    bool lives = journal != NULL;

    for (int n = 0; lives && n < POSTS; n++)
        lives = live_one(journal, n, &witnesses[n]);
    journal_close(journal);
}

static const char *check_post(struct journal *journal, int n, const struct witness *w)
{
    struct journal_list list;
    struct error err;
    char id[17];
    const char *bad = NULL;

    snprintf(id, sizeof id, "%016d", n);
    if (!journal_find(journal, &(struct journal_filter){.id = id}, &list, &err))
        return "cannot be read";
    if (w->armed && (list.nb_rows != 1 || !(list.rows[0].armed || list.rows[0].state == POST_PUBLISHED)))
        bad = "an armed post is forgotten";
    if (w->live && (list.nb_rows != 1 || list.rows[0].state != POST_PUBLISHED))
        bad = "a live post is forgotten";
    journal_list_finish(&list);
    return bad;
}

static const char *check_left(const char *path, const struct witness *witnesses)
{
    struct error err;
    struct journal *journal = journal_open(&(struct journal_options){.path = path}, &err);
    const char *bad = !journal ? "does not open" : !journal_check(journal, &err) ? "is damaged" : journal_restored(journal) ? "is taken for a backup" : NULL;

    for (int n = 0; !bad && n < POSTS; n++)
        bad = check_post(journal, n, &witnesses[n]);
    journal_close(journal);
    return bad;
}

static const char *cut_once(const char *path, long at)
{
    struct witness witnesses[POSTS] = {{false, false}};
    char mirror[160];

    for (int i = 0; i < FILES_MAX; i++)
        if (disk.files[i].used)
            forget(&disk.files[i]);
    snprintf(mirror, sizeof mirror, "%s.counter", path);
    unlink(mirror);
    disk.operations = 0;
    disk.cut_at = at;
    life(path, witnesses);
    restart();
    return check_left(path, witnesses);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

int main(int argc, char **argv)
{
    long cuts = argc > 1 ? strtol(argv[1], NULL, 10) : 1500, all, bad = 0;
    char folder[64], path[128];

    snprintf(folder, sizeof folder, "%s/crosscut-powercut-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/journal.sqlite", folder);
    disk.random = 20261124;
    use_this_disk();
    if (cut_once(path, 0))    /* the whole life, to count */
        return fputs("powercut: not even without a cut\n", stderr), 1;
    all = disk.operations;
    for (long i = 0; i < cuts; i++) {
        long at = 1 + (long)(retry_random(&disk.random) % (uint64_t)all);
        const char *wrong = cut_once(path, at);

        if (wrong && bad++ < 10)
            printf("  BAD cut at write or sync %ld of %ld: the journal %s\n", at, all, wrong);
    }
    printf("%-22s %ld cuts at %ld writes and syncs, torn at %d bytes: %ld wrong\n", "power cuts", cuts, all, SECTOR, bad);
    for (int i = 0; i < FILES_MAX; i++)
        if (disk.files[i].used)
            forget(&disk.files[i]);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return bad != 0;
}
