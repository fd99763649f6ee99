/* Consent, exchange and renewal of the three platforms. */
#include "tests/simulators/ask.h"

#include "base/auto.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FORM "content-type: application/x-www-form-urlencoded"
/* The verifier of RFC 7636, appendix B, with the challenge printed there; its SHA-256 in hex is the same digest. */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
#define CHALLENGE_HEX "13d31e961a1ad8ec2f16b10c4c982e0876a878ad6df144566ee1894acb70f9c3"
#define TIKTOK_CONSENT(challenge, scope)                                                                               \
    "/v2/auth/authorize/?client_key=k&response_type=code&scope=" scope                                                 \
    "&redirect_uri=http%3A%2F%2F127.0.0.1%3A8000%2Fcb"                                                                 \
    "&state=s1&code_challenge=" challenge "&code_challenge_method=S256"
#define GOOGLE_CONSENT(challenge)                                                                                      \
    "/o/oauth2/v2/auth?client_id=k&response_type=code&scope=a+b&redirect_uri=http%3A%2F%2F127.0.0.1%3A8000"            \
    "&state=s1&access_type=offline&prompt=consent&code_challenge=" challenge "&code_challenge_method=S256"

/* The code as it stands in the redirect, still escaped. */
static const char *code_in(json_t *consent, char code[64])
{
    const char *at = strstr(said(consent, "headers.Location"), "code=");

    snprintf(code, 64, "%.*s", at ? (int)strcspn(at + 5, "&") : 0, at ? at + 5 : "");
    return code;
}

static void tiktok_consent_to_renewal(void **state)
{
    struct asker a = asker_start(&sim_tiktok, NULL);
    json_auto_t *consent = ask(&a, "GET", TIKTOK_CONSENT(CHALLENGE_HEX, "video.publish%2Cvideo.upload"), "", NULL, 0),
                *token = NULL, *again = NULL, *renewed = NULL, *old = NULL, *creator = NULL;
    char code[64], form[600], headers[300];

    (void)state;
    assert_int_equal(said_int(consent, "status"), 302);
    assert_non_null(strstr(said(consent, "headers.Location"), "http://127.0.0.1:8000/cb?code="));
    assert_non_null(strstr(said(consent, "headers.Location"), "&state=s1&scopes="));
    snprintf(form, sizeof form, "client_key=k&client_secret=s&code=%s&grant_type=authorization_code&redirect_uri="
             "http%%3A%%2F%%2F127.0.0.1%%3A8000%%2Fcb&code_verifier=" VERIFIER, code_in(consent, code));
    token = ask(&a, "POST", "/v2/oauth/token/", FORM, form, 0);
    assert_int_equal(said_int(token, "json.expires_in"), 86400);
    again = ask(&a, "POST", "/v2/oauth/token/", FORM, form, 0);
    assert_string_equal(said(again, "json.error"), "invalid_grant");     /* a code is good once */
    snprintf(headers, sizeof headers, "authorization: Bearer %s\ncontent-type: application/json; charset=UTF-8",
             said(token, "json.access_token"));
    creator = ask(&a, "POST", "/v2/post/publish/creator_info/query/", headers, NULL, 0);
    assert_string_equal(said(creator, "json.error.code"), "ok");
    snprintf(form, sizeof form, "client_key=k&client_secret=s&grant_type=refresh_token&refresh_token=%s",
             said(token, "json.refresh_token"));
    renewed = ask(&a, "POST", "/v2/oauth/token/", FORM, form, 0);
    assert_string_not_equal(said(renewed, "json.refresh_token"), said(token, "json.refresh_token"));
    old = ask(&a, "POST", "/v2/oauth/token/", FORM, form, 0);
    assert_string_equal(said(old, "json.error"), "invalid_grant");       /* the old one died with the renewal */
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

static void tokens_end(void **state)
{
    struct asker a = asker_start(&sim_youtube, "{\"token_ttl_ms\":1000}");
    json_auto_t *good = ask(&a, "GET", "/youtube/v3/videos?part=status&id=a", "authorization: Bearer sim-token-youtube",
                            NULL, 0),
                *dead = NULL, *renewed = NULL, *fresh = NULL;
    char headers[200];

    (void)state;
    assert_int_equal(said_int(good, "status"), 200);
    a.now_ms += 1000;
    dead = ask(&a, "GET", "/youtube/v3/videos?part=status&id=a", "authorization: Bearer sim-token-youtube", NULL, 0);
    assert_int_equal(said_int(dead, "status"), 401);
    renewed = ask(&a, "POST", "/token", FORM,
                  "client_id=k&client_secret=s&grant_type=refresh_token&refresh_token=sim-refresh-youtube", 0);
    assert_string_equal(said(renewed, "json.refresh_token"), "");        /* keep the old one */
    snprintf(headers, sizeof headers, "authorization: Bearer %s", said(renewed, "json.access_token"));
    fresh = ask(&a, "GET", "/youtube/v3/videos?part=status&id=a", headers, NULL, 0);
    assert_int_equal(said_int(fresh, "status"), 200);
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

static void google_consent(void **state)
{
    struct asker a = asker_start(&sim_youtube, NULL);
    json_auto_t *consent = ask(&a, "GET", GOOGLE_CONSENT(CHALLENGE), "", NULL, 0), *token = NULL, *revoked = NULL,
                *after = NULL;
    char code[64], form[600], headers[200];

    (void)state;
    snprintf(form, sizeof form, "client_id=k&client_secret=s&code=%s&grant_type=authorization_code&redirect_uri="
             "http%%3A%%2F%%2F127.0.0.1%%3A8000&code_verifier=" VERIFIER, code_in(consent, code));
    token = ask(&a, "POST", "/token", FORM, form, 0);
    assert_string_equal(said(token, "json.refresh_token"), "sim-refresh-youtube");
    snprintf(form, sizeof form, "token=%s", said(token, "json.access_token"));
    revoked = ask(&a, "POST", "/revoke", FORM, form, 0);
    assert_int_equal(said_int(revoked, "status"), 200);
    snprintf(headers, sizeof headers, "authorization: Bearer %s", said(token, "json.access_token"));
    after = ask(&a, "GET", "/youtube/v3/videos?part=status&id=a", headers, NULL, 0);
    assert_int_equal(said_int(after, "status"), 401);
    asker_stop(&a);
}

static void instagram_tokens(void **state)
{
    struct asker a = asker_start(&sim_instagram, "{\"client_secret\":\"right\"}");
    json_auto_t *consent = ask(
                    &a, "GET",
                    "/v25.0/dialog/"
                    "oauth?client_id=k&redirect_uri=https%3A%2F%2Fa.example%2Fcb&response_type=code&scope=x&state=s",
                    "", NULL, 0),
                *wrong = NULL, *token = NULL, *extended = NULL, *pages = NULL, *renewed = NULL, *dead = NULL;
    char code[64], url[600], headers[200];

    (void)state;
    assert_int_equal(said_int(consent, "status"), 302);
    snprintf(url, sizeof url,
             "/v25.0/oauth/"
             "access_token?client_id=k&redirect_uri=https%%3A%%2F%%2Fa.example%%2Fcb&client_secret=right&code=%s",
             code_in(consent, code));
    token = ask(&a, "GET", url, "", NULL, 0);
    assert_string_equal(said(token, "json.token_type"), "bearer");
    snprintf(
        url, sizeof url,
        "/v25.0/oauth/access_token?grant_type=fb_exchange_token&client_id=k&client_secret=wrong&fb_exchange_token=%s",
        said(token, "json.access_token"));
    wrong = ask(&a, "GET", url, "", NULL, 0);
    assert_int_equal(said_int(wrong, "status"), 400);
    snprintf(
        url, sizeof url,
        "/v25.0/oauth/access_token?grant_type=fb_exchange_token&client_id=k&client_secret=right&fb_exchange_token=%s",
        said(token, "json.access_token"));
    extended = ask(&a, "GET", url, "", NULL, 0);
    snprintf(headers, sizeof headers, "authorization: Bearer %s", said(extended, "json.access_token"));
    pages =
        ask(&a, "GET", "/v25.0/me/accounts?fields=id,name,access_token,instagram_business_account", headers, NULL, 0);
    assert_string_equal(said(pages, "json.data.0.instagram_business_account.id"), "17841400000000000");
    snprintf(url, sizeof url, "/refresh_access_token?grant_type=ig_refresh_token&access_token=%s",
             said(extended, "json.access_token"));
    renewed = ask(&a, "GET", url, "", NULL, 0);
    assert_int_equal(said_int(renewed, "json.expires_in"), 5183944);
    dead = ask(&a, "GET", "/refresh_access_token?grant_type=ig_refresh_token&access_token=x", "", NULL, 0);
    assert_int_equal(said_int(dead, "json.error.code"), 190);
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

struct wrong { const char *name; const struct simulator *simulator; const char *method, *url, *headers, *body; };

static void wrong_calls(void **state)
{
    static const struct wrong wrongs[] = {
        {"base64url at TikTok", &sim_tiktok, "GET", TIKTOK_CONSENT(CHALLENGE, "a"), "", NULL},
        {"blanks between TikTok's scopes", &sim_tiktok, "GET", TIKTOK_CONSENT(CHALLENGE_HEX, "a+b"), "", NULL},
        {"hex at Google", &sim_youtube, "GET", GOOGLE_CONSENT(CHALLENGE_HEX), "", NULL},
        {"no challenge", &sim_youtube, "GET",
         "/o/oauth2/v2/auth?client_id=k&response_type=code&scope=a&redirect_uri=http%3A%2F%2F127.0.0.1%3A1&state=s", "",
         NULL},
        {"http redirect at Meta", &sim_instagram, "GET",
         "/oauth/authorize?client_id=k&redirect_uri=http%3A%2F%2Fa.example&response_type=code&scope=x&state=s", "",
         NULL},
        {"JSON for a form", &sim_tiktok, "POST", "/v2/oauth/token/", "content-type: application/json", "{}"},
        {"client_id for client_key", &sim_tiktok, "POST", "/v2/oauth/token/", FORM,
         "client_id=k&client_secret=s&grant_type=refresh_token&refresh_token=r"},
        {"no secret", &sim_tiktok, "POST", "/v2/oauth/token/", FORM,
         "client_key=k&grant_type=refresh_token&refresh_token=r"},
        {"unknown grant", &sim_youtube, "POST", "/token", FORM,
         "client_id=k&client_secret=s&code=c&redirect_uri=r&code_verifier=v&grant_type=password"},
        {"secret in a renewal", &sim_instagram, "GET",
         "/refresh_access_token?grant_type=ig_refresh_token&access_token=x&client_secret=s", "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        struct asker a = asker_start(wrongs[i].simulator, NULL);
        json_auto_t *answer = ask(&a, wrongs[i].method, wrongs[i].url, wrongs[i].headers, wrongs[i].body, 0);

        if (said_int(answer, "status") != 400 || nb_refusals(&a) != 1)
            fail_msg("%s: %lld", wrongs[i].name, (long long)said_int(answer, "status"));
        asker_stop(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tiktok_consent_to_renewal), cmocka_unit_test(tokens_end),  cmocka_unit_test(google_consent),
        cmocka_unit_test(instagram_tokens),          cmocka_unit_test(wrong_calls),
    };

    return cmocka_run_group_tests_name("sim_oauth", tests, NULL, NULL);
}
