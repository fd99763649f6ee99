/* Tokens: what the vault holds for a destination, renewed in time and by one process at a time. */
#ifndef PUBLISH_TOKENS_H
#define PUBLISH_TOKENS_H

#include "publish/oauth.h"
#include "publish/vault.h"

struct token_source {              /* borrowed */
    struct vault *vault;
    struct transport *transport;   /* for renewals; of its own */
};

/* Name of an entry: platform, account or destination, server. A token never goes to another api_base than the one that gave it.
 * Owned by the caller. */
char *token_name(const char *destination, const json_t *settings);

/* The entry to use now; *entry is NULL when the destination was never linked. It is renewed first when it has used 80 % of its life
 * or has less than 5 minutes, or when it still holds the token that the platform just `refused` (NULL: none); another process
 * that did so meanwhile counts. The new tokens are durable before this returns. For secret_json_free.
 * ERROR_CREDENTIALS: a person must log in. */
bool token_find(const struct token_source *source, const char *destination, const json_t *settings, const char *refused, json_t **entry,
                struct error *err);
/* From CROSSCUT_<DESTINATION>_CLIENT_SECRET or client_secret_command. *secret is NULL when neither is set. */
bool token_client_secret(const char *destination, const json_t *settings, char **secret, struct error *err);

/* When a person must log in again: Unix ms, 0 when nothing is known to end. */
int64_t token_ends_ms(const struct oauth *oauth, const json_t *entry);
/* When it is time to renew; 0: never. */
int64_t token_due_ms(const struct oauth *oauth, const json_t *entry);

#endif
