#include "report/preview.h"

#include "base/auto.h"
#include "base/file.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

static void close_folder(DIR **folder)
{
    if (*folder)
        closedir(*folder);
}

/* ---- media: linked or copied ---- */

static bool copy_bytes(int from, int to, struct error *err)
{
    enum { CHUNK = 1 << 20 };
    AUTO_FREE char *buffer = NULL;
    ssize_t got;

    if (!ioctl(to, FICLONE, from))    /* shares the blocks where the file system can */
        return true;
    buffer = malloc(CHUNK);
    if (!buffer)
        return fail(err, ERROR_INTERNAL, "out of memory");
    while ((got = read(from, buffer, CHUNK)) > 0)
        for (ssize_t at = 0, put; at < got; at += put)
            if ((put = write(to, buffer + at, (size_t)(got - at))) <= 0)
                return fail(err, ERROR_INTERNAL, "%s", put < 0 ? strerror(errno) : "the disk is full");
    return got == 0 ? true : fail(err, ERROR_INTERNAL, "%s", strerror(errno));
}

/* A rendition is never changed once it has its name, so a link is as good as a copy. A master may be edited any time.
 * The folder is new: a name that is taken is the same file (two masters with the same content). */
static bool place(const char *from, const char *to, bool may_link, struct error *err)
{
    AUTO_CLOSE int in = -1, out = -1;

    if (!access(to, F_OK) || (may_link && !link(from, to)))
        return true;
    in = open(from, O_RDONLY | O_CLOEXEC);
    out = in < 0 ? -1 : open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (in < 0 || out < 0)
        return fail(err, ERROR_INTERNAL, "'%s': %s", in < 0 ? from : to, strerror(errno));
    return copy_bytes(in, out, err) ? true : fail_in(err, "copy '%s' to '%s'", from, to);
}

static bool place_rendition(const struct report_rendition *r, const char *dir, struct error *err)
{
    AUTO_ARENA struct arena *arena = arena_create();
    bool is_master = r->path && r->master && !strcmp(r->path, r->master);

    is_master = is_master || (r->made && !strcmp(r->made, "original"));
    if (!r->path)
        return true;
    if (!place(r->path, arena_printf(arena, "%s/%s", dir, preview_media_name(r, false, arena)), !is_master, err))
        return false;
    return !r->cover ||
           place(r->cover, arena_printf(arena, "%s/%s", dir, preview_media_name(r, true, arena)), false, err);
}

static bool write_all(const struct report *report, const char *dir, struct error *err)
{
    AUTO_ARENA struct arena *arena = arena_create();
    AUTO_STR struct str page = {0};

    if (!folder_make(arena_printf(arena, "%s/media", dir), false, err))
        return false;
    for (size_t i = 0; i < report->nb_renditions; i++)
        if (!place_rendition(&report->renditions[i], dir, err))
            return false;
    preview_page(&page, report);
    return file_replace(arena_printf(arena, "%s/index.html", dir), str_text(&page), page.bytes, 0666, err);
}

/* ---- the folder ---- */

/* Removes what preview_write makes, and nothing else: a folder with anything more in it stays. */
static void remove_preview(const char *dir)
{
    AUTO_ARENA struct arena *arena = arena_create();
    const char *media = arena_printf(arena, "%s/media", dir);
    AUTO(close_folder) DIR *folder = opendir(media);

    for (struct dirent *e = folder ? readdir(folder) : NULL; e; e = readdir(folder))
        if (e->d_name[0] != '.')
            unlink(arena_printf(arena, "%s/%s", media, e->d_name));
    rmdir(media);
    unlink(arena_printf(arena, "%s/index.html", dir));
    rmdir(dir);
}

/* Only index.html with our mark, and media/, may be in a folder that is replaced. */
static bool is_replaceable(const char *dir, struct error *err)
{
    AUTO_ARENA struct arena *arena = arena_create();
    AUTO(close_folder) DIR *folder = opendir(dir);
    AUTO_FREE char *page = NULL;
    int nb_entries = 0;

    if (!folder)
        return errno == ENOENT ? true : fail(err, ERROR_USAGE, "--out '%s': %s", dir, strerror(errno));
    for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
            continue;
        nb_entries++;
        if (strcmp(e->d_name, "index.html") != 0 && strcmp(e->d_name, "media") != 0)
            return fail(err, ERROR_USAGE, "--out '%s' holds '%s', which is no part of a preview; name an empty or new "
                        "folder", dir, e->d_name);
    }
    if (!nb_entries)
        return true;
    if (!file_read(arena_printf(arena, "%s/index.html", dir), STR_MAX, &page, NULL, NULL) ||
        !strstr(page, "<meta name=\"generator\" content=\"crosscut preview\">"))
        return fail(err, ERROR_USAGE, "--out '%s' holds another page than a preview; name an empty or new folder",
                    dir);
    return true;
}

/* The new folder takes the name; what had it before is removed. */
static bool put_in_place(const char *fresh, const char *dir, struct error *err)
{
    if (!renameat2(AT_FDCWD, fresh, AT_FDCWD, dir, RENAME_EXCHANGE)) {
        remove_preview(fresh);
        return true;
    }
    if (errno == EINVAL || errno == ENOSYS)    /* a file system that cannot exchange */
        remove_preview(dir);
    if (rename(fresh, dir) < 0)
        return fail(err, ERROR_INTERNAL, "rename '%s' to '%s': %s", fresh, dir, strerror(errno));
    return true;
}

bool preview_write(const struct report *report, const char *dir, struct error *err)
{
    AUTO_ARENA struct arena *arena = arena_create();
    size_t length = strlen(dir);
    char *fresh, *name;

    while (length > 1 && dir[length - 1] == '/')
        length--;
    name = arena_strndup(arena, dir, length);
    fresh = arena_printf(arena, "%s.part-%ld", name, (long)getpid());
    if (!is_replaceable(name, err))
        return false;
    remove_preview(fresh);
    if (write_all(report, fresh, err) && put_in_place(fresh, name, err))
        return true;
    remove_preview(fresh);
    return fail_in(err, "preview");
}
