/* Finding masters: files and folders as people name them, in a stable order.
 *
 * A file that is named is taken whatever it is called; what it holds decides (media_probe). If it cannot be a master
 * (not there, not a file, still being written) it is in the list with its error.
 * A folder gives the videos in it and in its sub-folders, by name; hidden files and folders, symbolic links to folders,
 * sidecars, other files, unfinished downloads and files that still grow are passed over, each with a reason. */
#ifndef INGEST_SCAN_H
#define INGEST_SCAN_H

#include <crosscut/arena.h>
#include <crosscut/error.h>
#include <stddef.h>

struct found_master {
    const char *path;
    struct error error;      /* text[0] != 0: it was named and cannot be used */
};

struct passed_over {
    const char *path, *why;
};

struct scan {
    struct found_master *masters;   size_t nb_masters;
    struct passed_over *skipped;    size_t nb_skipped;
};

/* Everything belongs to the arena. Waits up to two seconds when a file in a folder was changed just now. */
bool scan_masters(const char *const *paths, size_t nb_paths, struct arena *arena, struct scan *scan, struct error *err);

#endif
