/* OAuth: the calls that link an account, renew its tokens and end them, made from an adapter's description (struct oauth).
 *
 * What comes back is an entry, a JSON object as the vault keeps it:
 *   {"access_token", "refresh_token", "scopes", "obtained_ms", "expires_ms", "refresh_expires_ms", "client_id", "client_secret",
 *    "account", "account_name", "needs_login"}
 * Times are Unix ms, absent when the platform does not say; needs_login is a text that says why. */
#ifndef PUBLISH_OAUTH_H
#define PUBLISH_OAUTH_H

#include "publish/transport.h"
#include <crosscut/adapter.h>

struct oauth_session {             /* all borrowed */
    const struct adapter *adapter;
    const struct oauth *oauth;
    const char *destination;
    const json_t *settings;        /* the destination's */
    struct transport *transport;   /* of its own: nothing else is on its way there */
};

/* The row that the settings choose; NULL when the platform has none. */
const struct oauth *oauth_of(const struct adapter *adapter, const json_t *settings);
/* Setting client_id or client_key; "" when unset. */
const char *oauth_client_id(const json_t *settings);
/* Does a call need the secret of the client? */
bool oauth_needs_secret(const struct oauth *oauth);

/* Fresh {"state", "code_verifier", "code_challenge", "redirect_uri", "scopes", "client_id", "client_secret"}, for one attempt.
 * For secret_json_free. */
json_t *oauth_begin(const struct oauth_session *session, const char *redirect_uri, const char *client_secret);
/* The address for the browser, in the arena; rewritten to api_base when there is one. */
const char *oauth_authorize_url(const struct oauth_session *session, const json_t *attempt, struct arena *arena, struct error *err);
/* Is this the state of the attempt? In constant time. */
bool oauth_state_fits(const json_t *attempt, const char *state);
/* Code against tokens, a short token against a long one, and who it is. *entry is for secret_json_free. */
bool oauth_exchange(const struct oauth_session *session, const json_t *attempt, const char *code, json_t **entry, struct error *err);
/* A renewed copy of the entry. A lost answer is asked for once more with the same token (RELIABILITY 1.4).
 * ERROR_CREDENTIALS with rule "credentials.expired": the grant is over, a person must log in. ERROR_TRANSIENT: try later. */
bool oauth_refresh(const struct oauth_session *session, const json_t *entry, const char *client_secret, json_t **renewed, struct error *err);
/* True too when the platform has no such call: *ended says whether one was made. */
bool oauth_revoke(const struct oauth_session *session, const json_t *entry, const char *client_secret, bool *ended, struct error *err);

#endif
