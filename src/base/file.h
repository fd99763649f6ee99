/* Files: whole reads with a ceiling, and replacing that is atomic and durable. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <crosscut/error.h>
#include <stddef.h>
#include <sys/types.h>

/* Reads a regular file of at most max_bytes. The text is NUL-terminated and freed by the caller. */
bool file_read(const char *path, size_t max_bytes, char **text, size_t *nb_bytes, struct error *err);
/* Writes PATH.part-PID, fsyncs, renames, fsyncs the folder; on failure nothing of it stays. mode as in open. */
bool file_replace(const char *path, const void *bytes, size_t nb_bytes, mode_t mode, struct error *err);
/* Makes a file that was written under a temporary name durable under its own: fsync, rename, fsync the folder. */
bool file_commit(int fd, const char *temporary, const char *path, struct error *err);
/* Makes a folder and its parents (0700 when private_to_user, else 0777 less the umask). Existing is fine. */
bool folder_make(const char *path, bool private_to_user, struct error *err);

#endif
