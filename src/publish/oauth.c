#include "publish/oauth.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/hash.h"
#include "publish/secret.h"
#include <inttypes.h>
#include <sodium.h>
#include <string.h>
#include <time.h>

enum {
    PARAMS_MAX_BYTES = 40000,      /* a token of 8 KiB, percent-encoded, and the rest */
    RANDOM_BYTES = 32,             /* 43 characters of base64url: the shortest verifier of RFC 7636 */
    ANSWER_TIMEOUT_MS = 70000,     /* the transport ends a call after 60 s */
};

const struct oauth *oauth_of(const struct adapter *adapter, const json_t *settings)
{
    const char *login = json_string_value(json_object_get(settings, "login"));

    for (const struct oauth *o = adapter ? adapter->oauth : NULL; o && o->authorize.url; o++)
        if (!o->login || (login && !strcmp(o->login, login)))
            return o;
    return NULL;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

const char *oauth_client_id(const json_t *settings)
{
    const char *id = text_of(settings, "client_id");

    return id[0] ? id : text_of(settings, "client_key");
}

static bool names_secret(const struct oauth_call *call)
{
    return call->params && strstr(call->params, "{client_secret}");
}

bool oauth_needs_secret(const struct oauth *oauth)
{
    return names_secret(&oauth->exchange) || names_secret(&oauth->extend) || names_secret(&oauth->refresh);
}

/* ---- filling in ---- */

/* What a {NAME} stands for: the first of these that has it. */
struct values { const json_t *attempt, *entry, *settings; };

static const char *value_of(const struct values *v, const char *name)
{
    const char *text = text_of(v->attempt, name);

    text = text[0] ? text : text_of(v->entry, name);
    return text[0] ? text : text_of(v->settings, name);
}

static bool put_escaped(char *out, size_t room, size_t *at, const char *text)
{
    static const char hex[] = "0123456789ABCDEF";

    for (const unsigned char *c = (const unsigned char *)text; *c; c++) {
        bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || strchr("-._~", *c);

        if (*at + 4 > room)
            return false;
        if (plain) {
            out[(*at)++] = (char)*c;
            continue;
        }
        out[(*at)++] = '%';
        out[(*at)++] = hex[*c >> 4];
        out[(*at)++] = hex[*c & 15];
    }
    return true;
}

/* Appends the template to out, of `room` bytes, from *at on. */
static bool fill(const char *template, const struct values *values, char *out, size_t room, size_t *at, struct error *err)
{
    char name[64];

    while (*template) {
        size_t length = strcspn(template, "}");
        bool ok;

        if (*template != '{') {
            ok = *at + 1 < room;
            if (ok)
                out[(*at)++] = *template++;
        } else {
            snprintf(name, sizeof name, "%.*s", (int)(length - 1), template + 1);
            if (!value_of(values, name)[0])
                return fail_rule(err, ERROR_CREDENTIALS, "credentials.missing", "%s is missing", name);
            ok = put_escaped(out, room, at, value_of(values, name));
            template += length + 1;
        }
        if (!ok)
            return fail(err, ERROR_CREDENTIALS, "a request for tokens would be too long");
    }
    out[*at] = '\0';
    return true;
}

/* Address, and the form that goes with it; both in `buffer`, which the caller wipes. */
static bool fill_call(const struct oauth_call *call, const struct values *values, char *buffer, const char **url, const char **form,
                      struct error *err)
{
    bool posts = !strcmp(call->method, "POST");
    size_t at = 0;

    *url = buffer;
    *form = NULL;
    if (!fill(call->url, values, buffer, PARAMS_MAX_BYTES, &at, err))
        return false;
    if (call->params && at + 2 < PARAMS_MAX_BYTES) {
        buffer[at++] = posts ? '\0' : '?';
        *form = posts ? buffer + at : NULL;
        return fill(call->params, values, buffer, PARAMS_MAX_BYTES, &at, err);
    }
    return true;
}

/* ---- asking ---- */

static void wipe_answer(struct transport_answer *answer)
{
    if (answer->body)
        explicit_bzero(answer->body, strlen(answer->body));
    secret_json_free(answer->json);
    answer->json = NULL;
    transport_answer_finish(answer);
}

static bool wait_answer(struct transport *transport, struct transport_answer *answer, struct error *err)
{
    int64_t end_ms = clock_monotonic_ms() + ANSWER_TIMEOUT_MS;

    while (!transport_next(transport, answer)) {
        if (clock_monotonic_ms() > end_ms)
            return fail(err, ERROR_TRANSIENT, "no answer");
        if (!transport_wait(transport, 1000, NULL, 0, err))
            return false;
    }
    return true;
}

/* False: nothing was sent. */
static bool ask_once(const struct oauth_session *s, const struct oauth_call *call, const struct values *values, const char *what,
                     struct transport_answer *answer, struct error *err)
{
    char *buffer = malloc(PARAMS_MAX_BYTES);
    const char *url, *form;
    bool ok = buffer && fill_call(call, values, buffer, &url, &form, err);

    if (ok) {
        struct transport_call request = {
            .request = {.method = call->method, .url = url, .body = form, .repeat = REPEAT_SAFE, .what = what,
                        .sign = call->signs ? SIGN_BEARER : SIGN_NONE},
            .hosts = s->oauth->hosts, .api_base = text_of(s->settings, "api_base"), .platform = s->adapter->name, .post_id = s->destination,
            .token = call->signs ? value_of(values, "access_token") : NULL, .now_ms = clock_now_ms()};

        if (form)
            request.request.headers[0] = (struct http_header){"Content-Type", "application/x-www-form-urlencoded"};
        ok = transport_start(s->transport, &request, err) && wait_answer(s->transport, answer, err);
    }
    if (buffer)
        explicit_bzero(buffer, PARAMS_MAX_BYTES);
    free(buffer);
    return ok || fail_in(err, "%s: %s", s->destination, what);
}

/* ---- what was said ---- */

/* A platform's words, unless they repeat a secret. */
static const char *said(const struct transport_answer *answer, const struct values *values)
{
    static const char *const paths[] = {"error_description", "error.message", "error_message", "error"};
    static const char *const secrets[] = {"client_secret", "code", "code_verifier", "state", "access_token", "refresh_token"};
    const char *text = "";

    for (size_t i = 0; i < sizeof paths / sizeof paths[0] && !text[0]; i++)
        text = json_text_at(answer->response.json, paths[i]);
    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (secret_leaks(text, strlen(text), value_of(values, secrets[i])))
            return "";
    return text;
}

static bool grant_over(const struct http_response *r)
{
    /* Meta: code 190 is a token that is not valid any more */
    return !strcmp(json_text_at(r->json, "error"), "invalid_grant") || json_int_at(r->json, "error.code", 0) == 190;
}

static bool client_wrong(const struct http_response *r)
{
    const char *word = json_text_at(r->json, "error");

    return !strcmp(word, "invalid_client") || !strcmp(word, "unauthorized_client");
}

/* No answer, or one that does not say whether the token was used up. */
static bool unclear(const struct http_response *r)
{
    return !r->status || r->status >= 500 || r->status == 429 || r->status == 408 || (r->status >= 300 && r->status < 400) ||
           (r->status == 200 && !r->json);
}

static bool refused(const struct oauth_session *s, const struct transport_answer *answer, const struct values *values, const char *what,
                    struct error *err)
{
    const struct http_response *r = &answer->response;
    const char *words = said(answer, values), *title = s->adapter->title;

    if (unclear(r))
        return fail(err, ERROR_TRANSIENT, "%s: %s: %s does not answer (%s%.200s, HTTP %d); try again later", s->destination, what, title,
                    answer->reason, words, r->status);
    if (grant_over(r))
        return fail_rule(err, ERROR_CREDENTIALS, "credentials.expired", "%s: %s does not accept what was granted any more (%s%.200s); crosscut login %s",
                         s->destination, title, words[0] ? "" : "it is over", words, s->destination);
    if (client_wrong(r))
        return fail_rule(err, ERROR_CREDENTIALS, "credentials.client", "%s: %s does not know this app (%.200s); check client_id and the secret of your "
                         "app. %s", s->destination, title, words, s->adapter->unlock ? s->adapter->unlock : "");
    return fail_rule(err, ERROR_CREDENTIALS, "credentials.refused", "%s: %s: %s says no (HTTP %d: %.200s); crosscut login %s", s->destination, what,
                     title, r->status, words[0] ? words : "no reason", s->destination);
}

/* ---- entries ---- */

static void put_text(json_t *entry, const char *name, const char *text)
{
    if (text && text[0])
        json_object_set_new(entry, name, json_string(text));
}

static void put_end(json_t *entry, const char *name, int64_t now_ms, int64_t seconds)
{
    json_object_del(entry, name);
    if (seconds > 0 && seconds < INT64_C(100) * 366 * 86400)
        json_object_set_new(entry, name, json_integer(now_ms + seconds * 1000));
}

static void put_scopes(json_t *entry, const char *scopes)
{
    AUTO_FREE char *text = strdup(scopes);

    for (char *c = text; c && *c; c++)
        *c = *c == ',' ? ' ' : *c;
    put_text(entry, "scopes", text);
}

/* A refresh token that is there is never replaced by none. The test is for the token, not for the status: TikTok refuses with 200. */
static bool take_tokens(const struct http_response *r, json_t *entry)
{
    const json_t *from = json_at(r->json, "data.0.access_token") ? json_at(r->json, "data.0") : r->json;
    const char *token = json_text_at(from, "access_token");
    int64_t now_ms = clock_now_ms(), refresh_s = json_int_at(from, "refresh_expires_in", json_int_at(from, "refresh_token_expires_in", 0));

    if (r->status < 200 || r->status >= 300 || !token[0] || strlen(token) > SECRET_MAX_BYTES)
        return false;
    put_text(entry, "access_token", token);
    put_text(entry, "refresh_token", json_text_at(from, "refresh_token"));
    put_scopes(entry, json_text_at(from, "scope"));
    put_scopes(entry, json_text_at(from, "permissions"));
    put_text(entry, "account", json_text_at(from, "user_id"));
    json_object_set_new(entry, "obtained_ms", json_integer(now_ms));
    put_end(entry, "expires_ms", now_ms, json_int_at(from, "expires_in", 0));
    if (refresh_s)
        put_end(entry, "refresh_expires_ms", now_ms, refresh_s);
    json_object_del(entry, "needs_login");
    return true;
}

static bool ask_tokens(const struct oauth_session *s, const struct oauth_call *call, const struct values *values, const char *what, json_t *entry,
                       struct error *err)
{
    struct transport_answer answer;
    bool ok;

    if (!ask_once(s, call, values, what, &answer, err))
        return false;
    ok = take_tokens(&answer.response, entry) || refused(s, &answer, values, what, err);
    wipe_answer(&answer);
    return ok;
}

/* ---- linking ---- */

static void random_text(char text[static 64])
{
    unsigned char bytes[RANDOM_BYTES];

    randombytes_buf(bytes, sizeof bytes);
    sodium_bin2base64(text, 64, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    sodium_memzero(bytes, sizeof bytes);
}

static void challenge_of(enum oauth_challenge kind, const char *verifier, char text[static SHA256_HEX_BYTES])
{
    unsigned char digest[32];
    char hex[SHA256_HEX_BYTES];

    sha256_bytes(verifier, strlen(verifier), hex);
    if (kind == CHALLENGE_S256_HEX) {
        memcpy(text, hex, sizeof hex);
        return;
    }
    sodium_hex2bin(digest, sizeof digest, hex, 64, NULL, NULL, NULL);
    sodium_bin2base64(text, SHA256_HEX_BYTES, digest, sizeof digest, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

json_t *oauth_begin(const struct oauth_session *session, const char *redirect_uri, const char *client_secret)
{
    char state[64], verifier[64], challenge[SHA256_HEX_BYTES];
    json_t *attempt = json_object();

    random_text(state);
    random_text(verifier);
    challenge_of(session->oauth->challenge, verifier, challenge);
    put_text(attempt, "state", state);
    put_text(attempt, "code_verifier", verifier);
    put_text(attempt, "code_challenge", challenge);
    put_text(attempt, "redirect_uri", redirect_uri);
    put_text(attempt, "scopes", session->oauth->scopes);
    put_text(attempt, "scopes", text_of(session->settings, "scopes"));
    put_text(attempt, "client_id", oauth_client_id(session->settings));
    put_text(attempt, "client_secret", client_secret);
    sodium_memzero(verifier, sizeof verifier);
    return attempt;
}

const char *oauth_authorize_url(const struct oauth_session *session, const json_t *attempt, struct arena *arena, struct error *err)
{
    struct values values = {attempt, NULL, session->settings};
    AUTO_FREE char *buffer = malloc(PARAMS_MAX_BYTES);
    const char *url, *form;

    if (!buffer || !fill_call(&session->oauth->authorize, &values, buffer, &url, &form, err))
        return NULL;
    return egress_resolve(url, session->oauth->hosts, text_of(session->settings, "api_base"), arena, err);
}

bool oauth_state_fits(const json_t *attempt, const char *state)
{
    const char *wanted = text_of(attempt, "state");
    size_t n = strlen(wanted);

    return n && state && strlen(state) == n && sodium_memcmp(wanted, state, n) == 0;
}

/* Nice to know, and no reason to refuse a link: what goes wrong here is told by the first post. */
static void read_account(const struct oauth_session *s, json_t *entry)
{
    struct values values = {NULL, entry, s->settings};
    struct transport_answer answer;

    if (!s->oauth->account.url || !ask_once(s, &s->oauth->account, &values, "ask who it is", &answer, NULL))
        return;
    if (s->oauth->account_id)
        put_text(entry, "account", json_text_at(answer.response.json, s->oauth->account_id));
    if (s->oauth->account_name)
        put_text(entry, "account_name", json_text_at(answer.response.json, s->oauth->account_name));
    wipe_answer(&answer);
}

bool oauth_exchange(const struct oauth_session *session, const json_t *attempt, const char *code, json_t **entry, struct error *err)
{
    AUTO_SECRET_JSON json_t *with_code = json_deep_copy(attempt), *made = json_object();
    struct values values = {with_code, made, session->settings};

    put_text(with_code, "code", code);
    put_text(made, "client_id", text_of(attempt, "client_id"));
    put_text(made, "client_secret", text_of(attempt, "client_secret"));
    if (!ask_tokens(session, &session->oauth->exchange, &values, "exchange the code for tokens", made, err))
        return false;
    if (session->oauth->extend.url && !ask_tokens(session, &session->oauth->extend, &values, "exchange the token for a long one", made, err))
        return false;
    read_account(session, made);
    *entry = TAKE(made);
    return true;
}

/* ---- renewing and ending ---- */

bool oauth_refresh(const struct oauth_session *session, const json_t *entry, const char *client_secret, json_t **renewed, struct error *err)
{
    AUTO_SECRET_JSON json_t *made = json_deep_copy(entry);
    struct values values = {NULL, entry, session->settings};
    struct error why = {0};
    bool ok = false;

    put_text(made, "client_secret", client_secret);
    values.attempt = made;
    for (int tries = 0; tries < 2 && !ok; tries++) {
        if (tries)
            nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL);
        ok = ask_tokens(session, &session->oauth->refresh, &values, "renew the access token", made, &why);
        if (!ok && why.kind != ERROR_TRANSIENT)
            break;
    }
    if (!ok) {
        if (err)
            *err = why;
        return false;
    }
    *renewed = TAKE(made);
    return true;
}

bool oauth_revoke(const struct oauth_session *session, const json_t *entry, const char *client_secret, bool *ended, struct error *err)
{
    AUTO_SECRET_JSON json_t *with_secret = json_object();
    struct values values = {with_secret, entry, session->settings};
    struct transport_answer answer;
    bool ok;

    *ended = false;
    if (!session->oauth->revoke.url)
        return true;
    put_text(with_secret, "client_secret", client_secret);
    if (!ask_once(session, &session->oauth->revoke, &values, "end the grant", &answer, err))
        return false;
    /* what is over already is ended as well */
    ok = (answer.response.status >= 200 && answer.response.status < 300) || grant_over(&answer.response) ||
         !strcmp(json_text_at(answer.response.json, "error"), "invalid_token") || refused(session, &answer, &values, "end the grant", err);
    wipe_answer(&answer);
    *ended = ok;
    return ok;
}
