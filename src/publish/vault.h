/* Vault: the encrypted file that keeps what `crosscut login` got (libsodium: XChaCha20-Poly1305; the header is authenticated
 * too). An entry is a JSON object under a name that binds it to platform, account and server.
 *
 * The key of an existing vault is what its header says; a new one takes the first of: CROSSCUT_PASSPHRASE_COMMAND (Argon2id),
 * a question at the terminal when `ask_passphrase`, $CREDENTIALS_DIRECTORY/crosscut.key (systemd), and a key file
 * PATH.key (0600), made on first use. */
#ifndef PUBLISH_VAULT_H
#define PUBLISH_VAULT_H

#include <crosscut/error.h>
#include <jansson.h>
#include <stdbool.h>

struct vault;

/* Nothing is read before it is needed. NULL with *err set on failure. */
struct vault *vault_open(const char *path, bool ask_passphrase, struct error *err);
void vault_close(struct vault *vault);    /* wipes the key; accepts NULL */

/* Reads the file anew: another process may have written. *entry is NULL when there is none; the caller's, for secret_json_free. */
bool vault_get(struct vault *vault, const char *name, json_t **entry, struct error *err);
/* Durable when it returns. NULL forgets the entry. Other entries stay as other processes wrote them. */
bool vault_put(struct vault *vault, const char *name, const json_t *entry, struct error *err);
/* Makes the file and its key when there is none, and writes it: what stands in the way is found out before it matters. */
bool vault_prepare(struct vault *vault, struct error *err);
/* {name: entry} of all; the caller's, for secret_json_free. */
bool vault_list(struct vault *vault, json_t **entries, struct error *err);

/* One process at a time may renew an entry. The descriptor holds the lock; -1 with *err set. Does not keep others from reading. */
int vault_lock(struct vault *vault, const char *name, struct error *err);

#endif
