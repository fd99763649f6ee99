#include "publish/vault.h"

#include "base/auto.h"
#include "base/hash.h"
#include "publish/private_file.h"
#include "publish/secret.h"
#include "publish/vault_key.h"
#include <limits.h>
#include <sodium.h>
#include <string.h>

enum {
    NONCE_BYTES = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    TAG_BYTES = crypto_aead_xchacha20poly1305_ietf_ABYTES,
    OVERHEAD_BYTES = sizeof(struct vault_header) + NONCE_BYTES + TAG_BYTES,
    VAULT_MAX_BYTES = 1 << 20,
    WRITE_TIMEOUT_MS = 10000,      /* writers only read, encrypt and write */
    RENEW_TIMEOUT_MS = 150000,     /* the holder waits for a platform: two calls of at most 60 s */
};

struct vault {
    char path[PATH_MAX - 32];
    bool ask_passphrase;
    unsigned char *key;            /* in locked memory; NULL until it is needed */
    struct vault_header key_header;   /* what it belongs to */
};

struct vault *vault_open(const char *path, bool ask_passphrase, struct error *err)
{
    struct vault *vault;

    if (sodium_init() < 0 || strlen(path) >= sizeof vault->path || !(vault = calloc(1, sizeof *vault))) {
        fail(err, ERROR_INTERNAL, "the vault '%s' cannot be opened: no libsodium, no memory, or too long a name", path);
        return NULL;
    }
    snprintf(vault->path, sizeof vault->path, "%s", path);
    vault->ask_passphrase = ask_passphrase;
    return vault;
}

void vault_close(struct vault *vault)
{
    if (!vault)
        return;
    sodium_free(vault->key);    /* wipes it */
    free(vault);
}

static bool damaged(const struct vault *vault, struct error *err)
{
    return fail_rule(err, ERROR_CREDENTIALS, "vault.damaged", "the vault '%s' is damaged or was made with another key; bring it back from a backup, or "
                     "delete it and log in again", vault->path);
}

/* ---- the key, found once ---- */

static bool take_key(struct vault *vault, struct vault_header *header, bool is_new, struct error *err)
{
    unsigned char *key = sodium_malloc(VAULT_KEY_BYTES);

    if (!key)
        return fail(err, ERROR_INTERNAL, "vault: out of memory");
    if (is_new ? !vault_key_new(vault->path, vault->ask_passphrase, header, key, err) : !vault_key_find(vault->path, header, key, err)) {
        sodium_free(key);
        return false;
    }
    sodium_free(vault->key);
    vault->key = key;
    vault->key_header = *header;
    return true;
}

static bool find_key(struct vault *vault, struct vault_header *header, struct error *err)
{
    return (vault->key && !memcmp(&vault->key_header, header, sizeof *header)) || take_key(vault, header, false, err);
}

/* ---- reading ---- */

static bool decrypt(struct vault *vault, const unsigned char *bytes, size_t nb_bytes, json_t **entries, struct error *err)
{
    const unsigned char *nonce = bytes + sizeof(struct vault_header), *sealed = nonce + NONCE_BYTES;
    size_t nb_plain = nb_bytes - OVERHEAD_BYTES;
    unsigned char *plain = sodium_malloc(nb_plain + 1);
    bool ok = plain && crypto_aead_xchacha20poly1305_ietf_decrypt(plain, NULL, NULL, sealed, nb_plain + TAG_BYTES, bytes,
                                                                  sizeof(struct vault_header), nonce, vault->key) == 0;

    *entries = ok ? json_loadb((const char *)plain, nb_plain, JSON_REJECT_DUPLICATES, NULL) : NULL;
    sodium_free(plain);
    return json_is_object(*entries) || damaged(vault, err);
}

/* *entries is NULL when there is no vault yet; *header is that of the file then too, zeroed. */
static bool load(struct vault *vault, json_t **entries, struct vault_header *header, struct error *err)
{
    AUTO_FREE char *bytes = NULL;
    size_t nb_bytes;

    *entries = NULL;
    *header = (struct vault_header){0};
    if (!private_file_read(vault->path, VAULT_MAX_BYTES, &bytes, &nb_bytes, err))
        return fail_in(err, "vault");
    if (!bytes)
        return true;
    if (nb_bytes < OVERHEAD_BYTES || !vault_header_read(bytes, header))
        return damaged(vault, err);
    return find_key(vault, header, err) && decrypt(vault, (const unsigned char *)bytes, nb_bytes, entries, err);
}

bool vault_get(struct vault *vault, const char *name, json_t **entry, struct error *err)
{
    AUTO_SECRET_JSON json_t *entries = NULL;
    struct vault_header header;

    if (!load(vault, &entries, &header, err))
        return false;
    *entry = json_deep_copy(json_object_get(entries, name));
    return true;
}

bool vault_list(struct vault *vault, json_t **entries, struct error *err)
{
    struct vault_header header;

    if (!load(vault, entries, &header, err))
        return false;
    if (!*entries)
        *entries = json_object();
    return true;
}

/* ---- writing ---- */

static bool seal(struct vault *vault, const struct vault_header *header, const char *plain, size_t nb_plain, struct error *err)
{
    size_t nb_bytes = OVERHEAD_BYTES + nb_plain;
    AUTO_FREE unsigned char *bytes = malloc(nb_bytes);
    unsigned char *nonce = bytes ? bytes + sizeof *header : NULL;

    if (!bytes || nb_bytes > VAULT_MAX_BYTES)
        return fail(err, ERROR_INTERNAL, "the vault '%s' would have %zu bytes; at most %d", vault->path, nb_bytes, VAULT_MAX_BYTES);
    memcpy(bytes, header, sizeof *header);
    randombytes_buf(nonce, NONCE_BYTES);
    crypto_aead_xchacha20poly1305_ietf_encrypt(nonce + NONCE_BYTES, NULL, (const unsigned char *)plain, nb_plain, bytes, sizeof *header,
                                               NULL, nonce, vault->key);
    return private_file_write(vault->path, bytes, nb_bytes, err);
}

static bool save(struct vault *vault, const struct vault_header *header, const json_t *entries, struct error *err)
{
    size_t nb = json_dumpb(entries, NULL, 0, JSON_COMPACT);
    char *plain = nb && nb <= VAULT_MAX_BYTES ? sodium_malloc(nb) : NULL;
    bool ok = plain && json_dumpb(entries, plain, nb, JSON_COMPACT) == nb;

    ok = ok ? seal(vault, header, plain, nb, err) : fail(err, ERROR_INTERNAL, "the vault '%s' could not be written: %zu bytes", vault->path, nb);
    sodium_free(plain);
    return ok;
}

/* Reads, changes and writes back; name NULL changes nothing. */
static bool change(struct vault *vault, const char *name, const json_t *entry, struct error *err)
{
    AUTO_SECRET_JSON json_t *entries = NULL;
    struct vault_header header;

    if (!load(vault, &entries, &header, err))
        return false;
    if (!entries && name && !entry)
        return true;
    if (!entries && !take_key(vault, &header, true, err))
        return false;
    if (!entries)
        entries = json_object();
    if (name && entry)
        json_object_set_new(entries, name, json_deep_copy(entry));
    else if (name)
        json_object_del(entries, name);
    return save(vault, &header, entries, err);
}

static bool change_alone(struct vault *vault, const char *name, const json_t *entry, struct error *err)
{
    char path[PATH_MAX];
    AUTO_CLOSE int lock = -1;

    snprintf(path, sizeof path, "%s.lock", vault->path);
    lock = private_file_lock(path, WRITE_TIMEOUT_MS, err);
    return lock >= 0 && change(vault, name, entry, err);
}

bool vault_put(struct vault *vault, const char *name, const json_t *entry, struct error *err)
{
    return change_alone(vault, name, entry, err);
}

bool vault_prepare(struct vault *vault, struct error *err)
{
    return change_alone(vault, NULL, NULL, err);
}

int vault_lock(struct vault *vault, const char *name, struct error *err)
{
    char path[PATH_MAX], hex[SHA256_HEX_BYTES];

    sha256_bytes(name, strlen(name), hex);
    snprintf(path, sizeof path, "%s.%.12s.lock", vault->path, hex);
    return private_file_lock(path, RENEW_TIMEOUT_MS, err);
}
