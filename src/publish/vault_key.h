/* The key of a vault: where it comes from, and the header that says so. */
#ifndef PUBLISH_VAULT_KEY_H
#define PUBLISH_VAULT_KEY_H

#include <crosscut/error.h>
#include <stdbool.h>
#include <stdint.h>

enum { VAULT_KEY_BYTES = 32, VAULT_SALT_BYTES = 16 };

/* The first bytes of a vault, as they stand in the file; every member is bytes, so there is no padding and no byte order. */
struct vault_header {
    char magic[15];                /* "crosscut vault\n" */
    unsigned char version;         /* 1 */
    unsigned char kind;            /* 'f': key file, 's': systemd credential, 'p': passphrase */
    unsigned char passes;          /* Argon2id */
    unsigned char memory_log2;     /* Argon2id: bytes as a power of two */
    unsigned char salt[VAULT_SALT_BYTES];
};

/* False when the bytes are not the header of a vault this program can read, or ask for more work than it is ready to do. */
bool vault_header_read(const char *bytes, struct vault_header *header);
/* Chooses the kind for a new vault, and its key; makes the key file when that is it. A passphrase is asked for twice. */
bool vault_key_new(const char *vault_path, bool ask_passphrase, struct vault_header *header, unsigned char key[static VAULT_KEY_BYTES],
                   struct error *err);
/* The key that a header asks for. */
bool vault_key_find(const char *vault_path, const struct vault_header *header, unsigned char key[static VAULT_KEY_BYTES], struct error *err);

#endif
