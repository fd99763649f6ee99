#include "tests/simulators/oauth.h"

#include "base/auto.h"
#include "base/hash.h"
#include <openssl/evp.h>
#include <string.h>

enum { DAY_SECONDS = 86400, GRAPH_SECONDS = 5183944 };

bool oauth_serve(struct call *call, const struct route *routes)
{
    bool known_path;
    const struct route *route = route_find(call, routes, call->in->path, &known_path);

    if (route)
        route->serve(call);
    return route;
}

/* ---- answers ---- */

static void refuse_flat(struct call *call, int status, const char *error, const char *why)
{
    answer_json(call, status, json_pack("{s:s, s:s, s:s}", "error", error, "error_description", why, "log_id", "2026"));
}

static void wrong_flat(struct call *call, const char *why)
{
    call_wrong(call, why);
    refuse_flat(call, 400, "invalid_request", why);
}

static void refuse_graph(struct call *call, int code, const char *why)
{
    answer_json(call, 400,
                json_pack("{s:{s:s, s:s, s:i, s:s}}", "error", "message", why, "type", "OAuthException", "code", code,
                          "fbtrace_id", "A0"));
}

static void wrong_graph(struct call *call, const char *why)
{
    call_wrong(call, why);
    refuse_graph(call, 100, why);
}

/* ---- consent ---- */

/* All of `required` are in the object, and nothing but those and `optional`. */
static bool exactly(const json_t *object, const char *required, const char *optional, char why[WHY_BYTES])
{
    const char *name;
    json_t *value;
    char word[64];

    json_object_foreach((json_t *)object, name, value)
        if (!word_in(required, name) && !word_in(optional, name))
            return snprintf(why, WHY_BYTES, "unknown parameter '%.60s'", name), false;
    for (const char *at = required; *at; at += strcspn(at, " "), at += *at == ' ') {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, " "), at);
        if (!*text_of(object, word))
            return snprintf(why, WHY_BYTES, "%s is missing", word), false;
    }
    return true;
}

static bool loopback(const char *uri, const char *hosts)
{
    const char *rest = uri + 7;
    char host[32];

    snprintf(host, sizeof host, "%.*s", *rest == '[' ? (int)strcspn(rest, "]") + 1 : (int)strcspn(rest, ":/"), rest);
    return !strncmp(uri, "http://", 7) && word_in(hosts, host) && rest[strlen(host)] == ':' && !strpbrk(uri, "?#");
}

/* The person agrees: back to the caller's address with a code that can be used once. */
static void agree(struct call *call, const char *more)
{
    struct sim *sim = call->sim;
    char location[2048], code[40];

    snprintf(code, sizeof code, "sim*code!%d", ++sim->made);
    json_object_set_new(sim->grant, "code", json_string(code));
    json_object_set_new(sim->grant, "redirect_uri", json_string(call_query(call, "redirect_uri")));
    json_object_set_new(sim->grant, "challenge",
                        json_string(call_query(call, "code_challenge") ? call_query(call, "code_challenge") : ""));
    snprintf(location, sizeof location, "%s?code=sim%%2Acode%%21%d&state=%s%s", call_query(call, "redirect_uri"),
             sim->made, call_query(call, "state"), more);
    answer_header(call, "Location", location);
    call->out->status = 302;
}

static bool consent_fits(struct call *call, const char *required, const char *optional, char why[WHY_BYTES])
{
    if (!exactly(call->in->query, required, optional, why))
        return false;
    if (strcmp(call_query(call, "response_type"), "code"))
        return snprintf(why, WHY_BYTES, "response_type is not code"), false;
    if (call_query(call, "code_challenge") && strcmp(call_query(call, "code_challenge_method"), "S256"))
        return snprintf(why, WHY_BYTES, "code_challenge_method is not S256"), false;
    return true;
}

static void tiktok_authorize(struct call *call)
{
    char why[WHY_BYTES];
    const char *challenge = call_query(call, "code_challenge");

    if (!consent_fits(call, "client_key response_type scope redirect_uri state code_challenge code_challenge_method",
                      "disable_auto_auth", why))
        return wrong_flat(call, why);
    if (strlen(challenge) != 64 || strspn(challenge, "0123456789abcdef") != 64)
        return wrong_flat(call, "Code verifier or code challenge is invalid");      /* hex here, not base64url */
    if (strchr(call_query(call, "scope"), ' '))
        return wrong_flat(call, "scopes are separated by commas");
    if (!loopback(call_query(call, "redirect_uri"), "127.0.0.1 localhost"))
        return wrong_flat(call, "a desktop redirect_uri is loopback with a port, without a query");
    agree(call, "&scopes=user.info.basic%2Cvideo.publish");
}

static void google_authorize(struct call *call)
{
    char why[WHY_BYTES];
    const char *challenge = call_query(call, "code_challenge");

    if (!consent_fits(call, "client_id redirect_uri response_type scope code_challenge code_challenge_method state",
                      "access_type prompt login_hint include_granted_scopes", why))
        return wrong_flat(call, why);
    if (strlen(challenge) != 43 || strpbrk(challenge, "+/="))
        return wrong_flat(call, "code_challenge is not base64url of a SHA-256 without padding");
    if (strchr(call_query(call, "scope"), ','))
        return wrong_flat(call, "scopes are separated by blanks");
    if (!loopback(call_query(call, "redirect_uri"), "127.0.0.1 [::1]"))
        return wrong_flat(call, "redirect_uri is not http://127.0.0.1:PORT or http://[::1]:PORT");
    agree(call, "");
}

/* Meta asks for https; loopback is let through for tests, since nothing else can be listened to here. */
static void meta_authorize(struct call *call)
{
    char why[WHY_BYTES];
    const char *uri = call_query(call, "redirect_uri");

    if (!consent_fits(call, "client_id redirect_uri response_type scope state", "config_id auth_type enable_fb_login",
                      why))
        return wrong_graph(call, why);
    if (strncmp(uri, "https://", 8) && !loopback(uri, "127.0.0.1 localhost"))
        return wrong_graph(call, "redirect_uri is not https");
    agree(call, "");
}

/* ---- tokens ---- */

static const char *new_token(struct call *call, const char *name, char token[64])
{
    int64_t ttl_ms = option_int(call->sim, "token_ttl_ms", 0);

    snprintf(token, 64, "sim-token-%s-%d", name, ++call->sim->made);
    json_object_set_new(call->sim->tokens, token, json_integer(ttl_ms ? call->sim->now_ms + ttl_ms : 0));
    return token;
}

static const char *refresh_token(const struct sim *sim, const char *name, char token[64])
{
    if (sim->refreshes)
        snprintf(token, 64, "sim-refresh-%s-%d", name, sim->refreshes);
    else
        snprintf(token, 64, "sim-refresh-%s", name);
    return token;
}

static void base64url(const char *hex, char out[45])
{
    unsigned char digest[32];
    unsigned byte;

    for (size_t i = 0; i < sizeof digest; i++) {
        sscanf(hex + 2 * i, "%2x", &byte);
        digest[i] = (unsigned char)byte;
    }
    EVP_EncodeBlock((unsigned char *)out, digest, sizeof digest);
    for (char *c = out; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c == '=' ? '\0' : *c;
}

static bool verifier_fits(const struct sim *sim, const char *verifier)
{
    const char *challenge = text_of(sim->grant, "challenge");
    char hex[SHA256_HEX_BYTES], base64[45];

    sha256_bytes(verifier, strlen(verifier), hex);
    base64url(hex, base64);
    return strlen(verifier) >= 43 && strlen(verifier) <= 128 && (!strcmp(challenge, hex) || !strcmp(challenge, base64));
}

/* The code of the last consent, once, for the same redirect_uri. */
static bool code_taken(struct sim *sim, const json_t *form)
{
    bool ok = *text_of(sim->grant, "code") && !strcmp(text_of(form, "code"), text_of(sim->grant, "code")) &&
              !strcmp(text_of(form, "redirect_uri"), text_of(sim->grant, "redirect_uri"));

    json_object_set_new(sim->grant, "code", json_string(""));
    return ok;
}

static bool client_known(const struct sim *sim, const json_t *form, const char *id_name)
{
    const char *id = option_text(sim, "client_id", ""), *secret = option_text(sim, "client_secret", "");

    return (!*id || !strcmp(id, text_of(form, id_name))) &&
           (!*secret || !strcmp(secret, text_of(form, "client_secret")));
}

static bool read_form(struct call *call)
{
    const char *type = call_header(call, "content-type");
    char why[WHY_BYTES];

    return type && !strncasecmp(type, "application/x-www-form-urlencoded", 33) && call_form(call, why);
}

/* Checks the form of an exchange or a renewal with PKCE; answers when it is wrong. */
static bool grant_fits(struct call *call, const char *id_name, const char *name)
{
    char exchange[160], renewal[160], why[WHY_BYTES], current[64];
    struct sim *sim = call->sim;
    bool renews;

    if (!read_form(call))
        return wrong_flat(call, "the body is not a form"), false;
    renews = !strcmp(text_of(call->body, "grant_type"), "refresh_token");
    snprintf(exchange, sizeof exchange, "%s client_secret code grant_type redirect_uri code_verifier", id_name);
    snprintf(renewal, sizeof renewal, "%s client_secret grant_type refresh_token", id_name);
    if (!exactly(call->body, renews ? renewal : exchange, "", why))
        return wrong_flat(call, why), false;
    if (!client_known(sim, call->body, id_name))
        return refuse_flat(call, 401, "invalid_client", "client id or secret is wrong"), false;
    if (renews && strcmp(text_of(call->body, "refresh_token"), refresh_token(sim, name, current)))
        return refuse_flat(call, (int)option_int(sim, "refresh_error_status", 400), "invalid_grant",
                           "the refresh token is not valid"),
               false;
    if (!renews && strcmp(text_of(call->body, "grant_type"), "authorization_code"))
        return wrong_flat(call, "grant_type is unknown"), false;
    if (!renews && (!code_taken(sim, call->body) || !verifier_fits(sim, text_of(call->body, "code_verifier"))))
        return refuse_flat(call, 400, "invalid_grant", "code, redirect_uri or code_verifier is not right"), false;
    return true;
}

/* A flat answer. Each renewal also gives a new refresh token, and the old one is dead from then on. */
static void tiktok_token(struct call *call)
{
    char token[64], refresh[64];

    if (!grant_fits(call, "client_key", "tiktok"))
        return;
    call->sim->refreshes++;
    answer_json(call, 200,
                json_pack("{s:s, s:i, s:s, s:s, s:i, s:s, s:s}", "access_token", new_token(call, "tiktok", token),
                          "expires_in", DAY_SECONDS, "open_id", "b1a2c3", "refresh_token",
                          refresh_token(call->sim, "tiktok", refresh), "refresh_expires_in", 365 * DAY_SECONDS, "scope",
                          "user.info.basic,video.publish,video.upload,video.list", "token_type", "Bearer"));
}

/* Only an exchange gives a refresh token; a renewal keeps the old one. */
static void google_token(struct call *call)
{
    char token[64], refresh[64];
    json_t *answer;

    if (!grant_fits(call, "client_id", "youtube"))
        return;
    answer = json_pack("{s:s, s:i, s:s, s:s}", "access_token", new_token(call, "youtube", token), "expires_in", 3599,
                       "scope", "https://www.googleapis.com/auth/youtube.force-ssl", "token_type", "Bearer");
    if (*text_of(call->body, "code"))
        json_object_set_new(answer, "refresh_token", json_string(refresh_token(call->sim, "youtube", refresh)));
    answer_json(call, 200, answer);
}

static void end_grant(struct call *call, const char *required)
{
    char why[WHY_BYTES];

    if (!read_form(call) || !exactly(call->body, required, "", why))
        return wrong_flat(call, "the body is not the form of a revocation");
    json_object_clear(call->sim->tokens);       /* the whole grant ends */
    call->sim->refreshes++;
    call->out->status = 200;
}

static void tiktok_revoke(struct call *call)
{
    end_grant(call, "client_key client_secret token");
}

static void google_revoke(struct call *call)
{
    end_grant(call, "token");
}

static bool graph_token_live(struct call *call, const char *token)
{
    if (token_live(call->sim, token))
        return true;
    refuse_graph(call, 190, "Invalid OAuth access token");
    return false;
}

static void answer_graph_token(struct call *call)
{
    char token[64];

    answer_json(call, 200,
                json_pack("{s:s, s:s, s:i}", "access_token", new_token(call, "instagram", token), "token_type",
                          "bearer", "expires_in", GRAPH_SECONDS));
}

static void instagram_exchange(struct call *call)
{
    char why[WHY_BYTES], token[64];

    if (!read_form(call) || !exactly(call->body, "client_id client_secret grant_type redirect_uri code", "", why) ||
        strcmp(text_of(call->body, "grant_type"), "authorization_code"))
        return wrong_graph(call, "the body is not the form of an exchange");
    if (!client_known(call->sim, call->body, "client_id") || !code_taken(call->sim, call->body))
        return refuse_graph(call, 100, "This authorization code has been used, or the client is wrong");
    answer_json(call, 200, json_pack("{s:s, s:s, s:s}", "access_token", new_token(call, "instagram", token), "user_id",
                                     option_text(call->sim, "account", "17841400000000000"), "permissions",
                                     "instagram_business_basic,instagram_business_content_publish"));
}

static void instagram_long_lived(struct call *call)
{
    char why[WHY_BYTES];

    if (!exactly(call->in->query, "grant_type client_secret access_token", "", why) ||
        strcmp(call_query(call, "grant_type"), "ig_exchange_token"))
        return wrong_graph(call, "the query is not that of ig_exchange_token");
    if (graph_token_live(call, call_query(call, "access_token")))
        answer_graph_token(call);
}

static void instagram_refresh(struct call *call)
{
    char why[WHY_BYTES];

    if (!exactly(call->in->query, "grant_type access_token", "", why) ||
        strcmp(call_query(call, "grant_type"), "ig_refresh_token"))
        return wrong_graph(call, "the query is not that of ig_refresh_token");
    if (graph_token_live(call, call_query(call, "access_token")))
        answer_graph_token(call);
}

static void facebook_token(struct call *call)
{
    const json_t *query = call->in->query;
    char why[WHY_BYTES];
    bool extends = call_query(call, "grant_type");

    if (!exactly(query,
                 extends ? "grant_type client_id client_secret fb_exchange_token"
                         : "client_id redirect_uri client_secret code",
                 "", why) ||
        (extends && strcmp(call_query(call, "grant_type"), "fb_exchange_token")))
        return wrong_graph(call, "the query is not that of an exchange");
    if (!client_known(call->sim, query, "client_id") || (!extends && !code_taken(call->sim, query)))
        return refuse_graph(call, 100, "This authorization code has been used, or the client is wrong");
    if (!extends || graph_token_live(call, call_query(call, "fb_exchange_token")))
        answer_graph_token(call);
}

const struct route oauth_tiktok[] = {
    {"GET", "/v2/auth/authorize/", tiktok_authorize},
    {"POST", "/v2/oauth/token/", tiktok_token},
    {"POST", "/v2/oauth/revoke/", tiktok_revoke},
    {0},
};
const struct route oauth_youtube[] = {
    {"GET", "/o/oauth2/v2/auth", google_authorize},
    {"POST", "/token", google_token},
    {"POST", "/revoke", google_revoke},
    {0},
};
const struct route oauth_instagram[] = {
    {"GET", "/oauth/authorize", meta_authorize},
    {"GET", "/*/dialog/oauth", meta_authorize},
    {"POST", "/oauth/access_token", instagram_exchange},
    {"GET", "/access_token", instagram_long_lived},
    {"GET", "/refresh_access_token", instagram_refresh},
    {"GET", "/*/oauth/access_token", facebook_token},
    {0},
};
