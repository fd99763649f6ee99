#include "publish/vault_key.h"

#include "base/auto.h"
#include "publish/private_file.h"
#include "publish/secret.h"
#include <limits.h>
#include <sodium.h>
#include <string.h>

#define MAGIC "crosscut vault\n"
#define COMMAND "CROSSCUT_PASSPHRASE_COMMAND"

enum {
    KEY_FILE_MAX_BYTES = 4096,
    HEX_BYTES = 2 * VAULT_KEY_BYTES,
    PASSPHRASE_MIN_BYTES = 8,
    ARGON_PASSES = 3,              /* libsodium 1.0.18: between "interactive" (2 passes, 64 MiB) and "moderate" (3, 256 MiB) */
    ARGON_MEMORY_LOG2 = 26,
    ARGON_PASSES_MAX = 16,
    ARGON_MEMORY_LOG2_MAX = 30,
};

bool vault_header_read(const char *bytes, struct vault_header *header)
{
    struct vault_header h;

    memcpy(&h, bytes, sizeof h);
    if (memcmp(h.magic, MAGIC, sizeof h.magic) || h.version != 1 || !h.kind || !strchr("fsp", h.kind))
        return false;
    if (h.kind == 'p' && (!h.passes || h.passes > ARGON_PASSES_MAX || h.memory_log2 < 13 || h.memory_log2 > ARGON_MEMORY_LOG2_MAX))
        return false;
    *header = h;
    return true;
}

/* ---- where keys lie ---- */

static bool credential_path(char path[static PATH_MAX])
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");

    return folder && folder[0] && snprintf(path, PATH_MAX, "%s/crosscut.key", folder) < PATH_MAX && !access(path, F_OK);
}

static void key_path(const char *vault_path, char path[static PATH_MAX])
{
    snprintf(path, PATH_MAX, "%.*s.key", PATH_MAX - 5, vault_path);
}

/* 64 hex digits, so that a key can be written down, printed and restored. */
static bool read_key(const char *path, unsigned char key[static VAULT_KEY_BYTES], struct error *err)
{
    AUTO_SECRET char *text = NULL;
    size_t nb_bytes, nb_key;
    bool ok;

    if (!private_file_read(path, KEY_FILE_MAX_BYTES, &text, &nb_bytes, err))
        return fail_in(err, "key of the vault");
    if (!text)
        return fail_rule(err, ERROR_CREDENTIALS, "vault.key", "the key '%s' of the vault is gone; bring it back from a backup, or delete the vault and "
                         "log in again", path);
    ok = sodium_hex2bin(key, VAULT_KEY_BYTES, text, nb_bytes, "\r\n ", &nb_key, NULL) == 0 && nb_key == VAULT_KEY_BYTES;
    return ok || fail_rule(err, ERROR_CREDENTIALS, "vault.key", "'%s' is not a key: wanted %d hex digits", path, HEX_BYTES);
}

static bool make_key(const char *path, struct error *err)
{
    unsigned char key[VAULT_KEY_BYTES];
    char text[HEX_BYTES + 2];
    bool ok;

    randombytes_buf(key, sizeof key);
    sodium_bin2hex(text, HEX_BYTES + 1, key, sizeof key);
    text[HEX_BYTES] = '\n';
    ok = private_file_write(path, text, HEX_BYTES + 1, err);
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    return ok;
}

/* ---- passphrase ---- */

static char *passphrase(const char *vault_path, struct error *err)
{
    const char *command = getenv(COMMAND);
    char *text;

    if (command && command[0])
        return secret_from_command(command, COMMAND, err);
    text = secret_ask("Passphrase of the token vault", err);
    if (!text)
        fail_rule(err, ERROR_CREDENTIALS, "vault.locked", "the vault '%s' is locked with a passphrase; set %s to a command that prints it, or run "
                  "crosscut at a terminal", vault_path, COMMAND);
    return text;
}

static bool derive(const char *text, const struct vault_header *h, unsigned char key[static VAULT_KEY_BYTES], struct error *err)
{
    if (!crypto_pwhash(key, VAULT_KEY_BYTES, text, strlen(text), h->salt, h->passes, (size_t)1 << h->memory_log2, crypto_pwhash_ALG_ARGON2ID13))
        return true;
    return fail(err, ERROR_INTERNAL, "vault: the key could not be derived; it needs %zu MiB of memory", ((size_t)1 << h->memory_log2) >> 20);
}

/* ---- the two questions ---- */

static char *new_passphrase(struct error *err)
{
    AUTO_SECRET char *first = secret_ask("New passphrase of the token vault", err);
    AUTO_SECRET char *second = NULL;

    if (first && strlen(first) < PASSPHRASE_MIN_BYTES) {
        fail(err, ERROR_CREDENTIALS, "the passphrase has %zu bytes; at least %d", strlen(first), PASSPHRASE_MIN_BYTES);
        return NULL;
    }
    second = first ? secret_ask("The same again", err) : NULL;
    if (!second)
        return NULL;
    if (!strcmp(first, second))
        return TAKE(second);
    fail(err, ERROR_CREDENTIALS, "the two passphrases are not the same; nothing was written");
    return NULL;
}

static bool new_passphrase_key(const char *vault_path, bool ask, const struct vault_header *h, unsigned char key[static VAULT_KEY_BYTES],
                               struct error *err)
{
    const char *command = getenv(COMMAND);
    AUTO_SECRET char *text = ask && !(command && command[0]) ? new_passphrase(err) : passphrase(vault_path, err);

    return text && derive(text, h, key, err);
}

static bool new_key_file(const char *vault_path, struct vault_header *h, struct error *err)
{
    char path[PATH_MAX];

    h->kind = 'f';
    key_path(vault_path, path);
    return !access(path, F_OK) || make_key(path, err);    /* one that is there is used, and checked when it is read */
}

bool vault_key_new(const char *vault_path, bool ask_passphrase, struct vault_header *header, unsigned char key[static VAULT_KEY_BYTES],
                   struct error *err)
{
    struct vault_header h = {.version = 1, .kind = 'p', .passes = ARGON_PASSES, .memory_log2 = ARGON_MEMORY_LOG2};
    const char *command = getenv(COMMAND);
    char path[PATH_MAX];
    bool ok = true;

    memcpy(h.magic, MAGIC, sizeof h.magic);
    randombytes_buf(h.salt, sizeof h.salt);
    if (ask_passphrase || (command && command[0]))
        ok = new_passphrase_key(vault_path, ask_passphrase, &h, key, err);
    else if (credential_path(path))
        h.kind = 's';
    else
        ok = new_key_file(vault_path, &h, err);
    ok = ok && (h.kind == 'p' || vault_key_find(vault_path, &h, key, err));
    if (ok)
        *header = h;
    return ok;
}

bool vault_key_find(const char *vault_path, const struct vault_header *header, unsigned char key[static VAULT_KEY_BYTES], struct error *err)
{
    AUTO_SECRET char *text = NULL;
    char path[PATH_MAX];

    switch (header->kind) {
    case 'p':
        text = passphrase(vault_path, err);
        return text && derive(text, header, key, err);
    case 's':
        return credential_path(path) ? read_key(path, key, err)
                                     : fail_rule(err, ERROR_CREDENTIALS, "vault.key", "the key of the vault '%s' is a systemd credential: run in a unit "
                                                 "with LoadCredential= or SetCredentialEncrypted=crosscut.key", vault_path);
    default:
        key_path(vault_path, path);
        return read_key(path, key, err);
    }
}
