/* Credentials: tokens of destinations, and the promise that they show up nowhere else.
 * A token comes from CROSSCUT_<DESTINATION>_TOKEN (read once, then removed from the environment), from the setting
 * token_command, from the vault (what crosscut login got), or from who calls credentials_set. Wiped when they are destroyed. */
#ifndef PUBLISH_CREDENTIALS_H
#define PUBLISH_CREDENTIALS_H

#include <crosscut/error.h>
#include <crosscut/str.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct credentials;
struct transport;
struct vault;

struct credentials *credentials_create(void);
void credentials_destroy(struct credentials *credentials);    /* accepts NULL */
/* Where tokens are looked up that neither the environment nor a command gives; both borrowed. The transport renews them
 * and must be one of its own. */
void credentials_use_vault(struct credentials *credentials, struct vault *vault, struct transport *transport);
/* "CROSSCUT_MY_REELS_TOKEN" for "my-reels". */
void credentials_variable(const char *destination, char *name, size_t nb_bytes);
/* True with *token == NULL when there is none. Borrowed until the credentials are destroyed. A token of the vault is renewed
 * first when its time has come. False: token_command failed, the vault cannot be used, a person must log in (ERROR_CREDENTIALS),
 * or the platform does not answer (ERROR_TRANSIENT). */
bool credentials_find(struct credentials *credentials, const char *destination, const json_t *settings, const char **token, struct error *err);
/* The platform answered 401 to the token that was found last. *token is another one, to be tried once, or NULL when there is none. */
bool credentials_renew(struct credentials *credentials, const char *destination, const json_t *settings, const char **token, struct error *err);
/* A secret that is not sent as a token, but must not be shown either. */
void credentials_learn(struct credentials *credentials, const char *secret);
/* Refused: empty, longer than 8 KiB, or with a character that cannot stand in a header. */
bool credentials_set(struct credentials *credentials, const char *destination, const char *token, struct error *err);
/* Replaces every known secret in the text, plain or percent-encoded, by "[redacted]". */
void credentials_redact(const struct credentials *credentials, const char *text, struct str *out);
void credentials_redact_error(const struct credentials *credentials, struct error *err);

#endif
