/* Files that only their owner may read: checked before a byte is read, written without a moment in which others could
 * read them (RELIABILITY S2). Used by the vault for itself and its key. */
#ifndef PUBLISH_PRIVATE_FILE_H
#define PUBLISH_PRIVATE_FILE_H

#include <crosscut/error.h>
#include <stdbool.h>
#include <stddef.h>

/* Refuses, with the way out in the text (ERROR_CREDENTIALS, rule "vault.permissions"): a link, anything but a regular file,
 * another owner, rights for group or others, a folder that others can write to. A file that is not there: *bytes is NULL.
 * The caller wipes and frees *bytes; a NUL follows them. */
bool private_file_read(const char *path, size_t max_bytes, char **bytes, size_t *nb_bytes, struct error *err);
/* Atomic and durable, 0600 under any umask. The folder is made (0700) and checked. One writer at a time: under a lock. */
bool private_file_write(const char *path, const void *bytes, size_t nb_bytes, struct error *err);
/* A file to lock: made 0600 when it is not there, waits at most timeout_ms. The descriptor holds the lock; -1 with *err set. */
int private_file_lock(const char *path, int timeout_ms, struct error *err);

#endif
