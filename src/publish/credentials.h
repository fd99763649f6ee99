/* Credentials: tokens of destinations, and the promise that they show up nowhere else.
 * A token comes from CROSSCUT_<DESTINATION>_TOKEN (read once, then removed from the environment), from the setting
 * token_command, or from who calls credentials_set (a token store). Wiped when they are destroyed. */
#ifndef PUBLISH_CREDENTIALS_H
#define PUBLISH_CREDENTIALS_H

#include <crosscut/error.h>
#include <crosscut/str.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

struct credentials;

struct credentials *credentials_create(void);
void credentials_destroy(struct credentials *credentials);    /* accepts NULL */
/* "CROSSCUT_MY_REELS_TOKEN" for "my-reels". */
void credentials_variable(const char *destination, char *name, size_t nb_bytes);
/* True with *token == NULL when there is none. Borrowed until it is set again or the credentials are destroyed.
 * False: token_command failed (ERROR_CREDENTIALS). */
bool credentials_find(struct credentials *credentials, const char *destination, const json_t *settings,
                      const char **token, struct error *err);
/* Refused: empty, longer than 8 KiB, or with a character that cannot stand in a header. */
bool credentials_set(struct credentials *credentials, const char *destination, const char *token, struct error *err);
/* Replaces every known secret in the text, plain or percent-encoded, by "[redacted]". */
void credentials_redact(const struct credentials *credentials, const char *text, struct str *out);
void credentials_redact_error(const struct credentials *credentials, struct error *err);

#endif
