/* SHA-256 (libcrypto), as 64 lower-case hex digits and a NUL. */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <crosscut/error.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_HEX_BYTES 65

void sha256_bytes(const void *bytes, size_t nb_bytes, char hex[static SHA256_HEX_BYTES]);
/* Hashes a file from its first byte; does not move the descriptor's offset. */
bool sha256_fd(int fd, char hex[static SHA256_HEX_BYTES], struct error *err);

/* In pieces. */
struct sha256;
struct sha256 *sha256_create(void);
void sha256_add(struct sha256 *hash, const void *bytes, size_t nb_bytes);
void sha256_hex(struct sha256 *hash, char hex[static SHA256_HEX_BYTES]);   /* of what was added so far */
void sha256_destroy(struct sha256 *hash);     /* accepts NULL */

#endif
