#include "base/auto.h"
#include "base/clock.h"
#include "base/hash.h"
#include "publish/credentials.h"
#include "publish/secret.h"
#include "publish/tokens.h"
#include "tests/simulators/ask.h"
#include "tests/simulators/server.h"

#include <setjmp.h>
#include <signal.h>
#include <sodium.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

#define DAY_MS INT64_C(86400000)

/* A simulator in a process of its own, a vault, and what a crosscut process has. */
struct bench {
    pid_t server;
    char folder[64], vault[96], base[64];
    json_t *settings;
    struct token_source source;
};

static void serve(const struct simulator *simulator, const char *folder, const json_t *options, int to)
{
    static struct server server;    /* must not move */
    struct error err;

    prctl(PR_SET_PDEATHSIG, SIGKILL);    /* a test that fails leaves nothing behind */

    if (!server_start(&server, simulator, 0, folder, options, &err) || write(to, server.base_url, sizeof server.base_url) < 0)
        _exit(1);
    for (;;)
        pause();
}

static void open_source(struct bench *b)
{
    struct error err = {0};

    b->source.vault = vault_open(b->vault, false, &err);
    b->source.transport = transport_curl_create(NULL, &err);
    assert_true(b->source.vault && b->source.transport);
}

static void close_source(struct bench *b)
{
    vault_close(b->source.vault);
    transport_destroy(b->source.transport);
    b->source = (struct token_source){0};
}

static struct bench bench_open(const struct simulator *simulator, const char *options)
{
    json_auto_t *json = options ? json_loads(options, 0, NULL) : NULL;
    struct bench b = {0};
    int ends[2];

    snprintf(b.folder, sizeof b.folder, "/tmp/crosscut-oauth-XXXXXX");
    assert_non_null(mkdtemp(b.folder));
    snprintf(b.vault, sizeof b.vault, "%s/vault", b.folder);
    assert_int_equal(pipe(ends), 0);
    b.server = fork();
    if (!b.server)
        serve(simulator, b.folder, json, ends[1]);
    close(ends[1]);
    assert_int_equal(read(ends[0], b.base, sizeof b.base), sizeof b.base);
    close(ends[0]);
    b.settings = json_pack("{s:s, s:s, s:s, s:s, s:s}", "platform", simulator->name, "api_base", b.base, "client_id", "k", "login", "facebook", "version", "v25.0");
    open_source(&b);
    return b;
}

static void bench_close(struct bench *b)
{
    pid_t pid;

    close_source(b);
    kill(b->server, SIGKILL);
    waitpid(b->server, NULL, 0);
    json_decref(b->settings);
    pid = fork();
    if (!pid) {
        execlp("rm", "rm", "-rf", b->folder, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

/* One request, signed or not; gives the status, and the body's JSON when wanted. */
static int call(const struct bench *b, const char *method, const char *path, const char *body, const char *token, json_t **json)
{
    char url[2048];
    struct transport_call request = {
        .request = {.method = method, .url = url, .body = body, .sign = token ? SIGN_BEARER : SIGN_NONE, .repeat = REPEAT_SAFE,
                    .headers = {{"Content-Type", "application/json"}}},
        .api_base = b->base, .token = token};
    struct transport_answer answer;
    struct error err = {0};
    int status;

    snprintf(url, sizeof url, "%s%s", b->base, path);
    assert_true(transport_start(b->source.transport, &request, &err));
    while (!transport_next(b->source.transport, &answer))
        assert_true(transport_wait(b->source.transport, 1000, NULL, 0, &err));
    status = answer.response.status;
    if (json)
        *json = json_deep_copy(answer.json);
    transport_answer_finish(&answer);
    return status;
}

static void fault(const struct bench *b, const char *order)
{
    assert_int_equal(call(b, "POST", "/_sim/faults", order, NULL, NULL) / 100, 2);
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* How often the token address answered with this status (0: any); all are counted from the server's start. */
static int token_calls(const struct bench *b, int status)
{
    json_auto_t *log = NULL;
    json_t *entry;
    size_t i;
    int nb = 0;

    assert_int_equal(call(b, "GET", "/_sim/requests", NULL, NULL, &log), 200);
    json_array_foreach(json_is_array(log) ? log : json_object_get(log, "requests"), i, entry)
        nb += strstr(text_of(entry, "path"), "/token") && (!status || json_integer_value(json_object_get(entry, "status")) == status);
    return nb;
}

static void put(const struct bench *b, const char *access, const char *refresh, int64_t age_ms, int64_t life_ms)
{
    AUTO_FREE char *name = token_name("here", b->settings);
    int64_t from_ms = clock_now_ms() - age_ms;
    json_auto_t *entry = json_pack("{s:s, s:s, s:s, s:s, s:I, s:I}", "access_token", access, "refresh_token", refresh, "client_id", "k", "client_secret",
                                   "a-client-secret", "obtained_ms", (json_int_t)from_ms, "expires_ms", (json_int_t)(from_ms + life_ms));
    struct error err = {0};

    assert_true(vault_put(b->source.vault, name, entry, &err));
}

static json_t *kept(const struct bench *b)
{
    AUTO_FREE char *name = token_name("here", b->settings);
    struct error err = {0};
    json_t *entry;

    assert_true(vault_get(b->source.vault, name, &entry, &err));
    return entry;
}

static bool find(const struct bench *b, const char *refused, char token[128], struct error *err)
{
    AUTO_SECRET_JSON json_t *entry = NULL;

    *err = (struct error){0};
    if (!token_find(&b->source, "here", b->settings, refused, &entry, err))
        return false;
    snprintf(token, 128, "%s", text_of(entry, "access_token"));
    return true;
}

/* ---- asking for consent ---- */

static void challenges_fit_their_verifiers(void **state)
{
    const char *const names[] = {"tiktok", "youtube"};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        const struct adapter *adapter = adapter_find(names[i]);
        json_auto_t *settings = json_pack("{s:s}", "client_key", "k");
        struct oauth_session s = {adapter, oauth_of(adapter, settings), "here", settings, NULL};
        AUTO_SECRET_JSON json_t *one = oauth_begin(&s, "http://127.0.0.1:1/", "x"), *two = oauth_begin(&s, "http://127.0.0.1:1/", "x");
        unsigned char digest[32];
        char hex[SHA256_HEX_BYTES], base64[64];

        sha256_bytes(text_of(one, "code_verifier"), strlen(text_of(one, "code_verifier")), hex);
        sodium_hex2bin(digest, 32, hex, 64, NULL, NULL, NULL);
        sodium_bin2base64(base64, sizeof base64, digest, 32, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
        assert_string_equal(text_of(one, "code_challenge"), i ? base64 : hex);
        assert_in_range(strlen(text_of(one, "code_verifier")), 43, 128);
        assert_string_not_equal(text_of(one, "code_verifier"), text_of(two, "code_verifier"));
        assert_string_not_equal(text_of(one, "state"), text_of(two, "state"));
        assert_true(oauth_state_fits(one, text_of(one, "state")));
        assert_false(oauth_state_fits(one, text_of(two, "state")));
        assert_false(oauth_state_fits(one, ""));
        assert_false(oauth_state_fits(one, NULL));
    }
}

/* Each platform's simulator takes the consent address, the exchange and the renewal as its sheet has them. */
static void links_everywhere(void **state)
{
    static const struct { const struct simulator *simulator; const char *login, *redirect; } rows[] = {
        {&sim_tiktok, "", "http://127.0.0.1:41000/callback/"}, {&sim_youtube, "", "http://127.0.0.1:41000/"},
        {&sim_instagram, "facebook", "https://a.example/cb"}, {&sim_instagram, "instagram", "https://a.example/cb"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct bench b = bench_open(rows[i].simulator, "{\"client_secret\": \"right\"}");
        const struct adapter *adapter = adapter_find(rows[i].simulator->name);
        AUTO_ARENA struct arena *arena = arena_create();
        AUTO_SECRET_JSON json_t *attempt = NULL, *entry = NULL, *renewed = NULL;
        json_auto_t *refusals = NULL;
        struct oauth_session s;
        struct error err = {0};
        const char *url;
        bool ended;

        json_object_set_new(b.settings, "login", json_string(rows[i].login));
        s = (struct oauth_session){adapter, oauth_of(adapter, b.settings), "here", b.settings, b.source.transport};
        attempt = oauth_begin(&s, rows[i].redirect, "right");
        url = oauth_authorize_url(&s, attempt, arena, &err);
        assert_non_null(url);
        assert_memory_equal(url, b.base, strlen(b.base));
        assert_int_equal(call(&b, "GET", url + strlen(b.base), NULL, NULL, NULL), 302);
        assert_false(oauth_exchange(&s, attempt, "wrong", &entry, &err));
        assert_int_equal(err.kind, ERROR_CREDENTIALS);
        assert_int_equal(call(&b, "GET", url + strlen(b.base), NULL, NULL, NULL), 302);
        if (!oauth_exchange(&s, attempt, "sim*code!2", &entry, &err) && !oauth_exchange(&s, attempt, "sim*code!3", &entry, &err))
            fail_msg("%s %s: %s", rows[i].simulator->name, rows[i].login, err.text);
        assert_true(text_of(entry, "access_token")[0]);
        assert_string_equal(text_of(entry, "client_secret"), "right");
        if (!oauth_refresh(&s, entry, NULL, &renewed, &err))
            fail_msg("%s %s: %s", rows[i].simulator->name, rows[i].login, err.text);
        assert_string_not_equal(text_of(renewed, "access_token"), text_of(entry, "access_token"));
        /* never overwritten by an empty one */
        assert_int_equal(!text_of(entry, "refresh_token")[0], !text_of(renewed, "refresh_token")[0]);
        if (rows[i].simulator != &sim_instagram) {
            assert_true(oauth_revoke(&s, renewed, NULL, &ended, &err));
            assert_true(ended);
        }
        assert_int_equal(call(&b, "GET", "/_sim/refusals", NULL, NULL, &refusals), 200);
        if (json_array_size(refusals) && rows[i].simulator != &sim_instagram)
            fail_msg("%s: %s", rows[i].simulator->name, text_of(json_array_get(refusals, 0), "why"));
        bench_close(&b);
    }
}

/* ---- when to renew ---- */

static void due_at_four_fifths(void **state)
{
    static const struct { int64_t life_ms, due_ms; } rows[] = {
        {3600000, 2880000}, {DAY_MS, DAY_MS / 5 * 4}, {1200000, 900000}, {400000, 200000}, {60000, 30000},
    };
    const struct oauth *oauth = adapter_find("tiktok")->oauth, *instagram = adapter_find("instagram")->oauth;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        json_auto_t *entry = json_pack("{s:s, s:s, s:I, s:I}", "access_token", "a", "refresh_token", "r", "obtained_ms", (json_int_t)1000, "expires_ms",
                                       (json_int_t)(1000 + rows[i].life_ms));

        assert_int_equal(token_due_ms(oauth, entry), 1000 + rows[i].due_ms);
        json_object_del(entry, "refresh_token");
        assert_int_equal(token_due_ms(oauth, entry), 0);
        assert_true(token_due_ms(instagram, entry) >= 1000 + DAY_MS);    /* renews itself, but not on its first day */
    }
}

static void used_while_it_is_young(void **state)
{
    struct bench b = bench_open(&sim_tiktok, NULL);
    struct error err;
    char token[128];

    (void)state;
    assert_true(find(&b, NULL, token, &err));
    assert_string_equal(token, "");    /* never linked */
    put(&b, "sim-token-tiktok", "sim-refresh-tiktok", 1000, DAY_MS);
    assert_true(find(&b, NULL, token, &err));
    assert_string_equal(token, "sim-token-tiktok");
    assert_int_equal(token_calls(&b, 0), 0);
    /* the address that gave the token is part of its name */
    json_object_set_new(b.settings, "api_base", json_string("http://127.0.0.1:1"));
    assert_true(find(&b, NULL, token, &err));
    assert_string_equal(token, "");
    bench_close(&b);
}

static void renewed_before_it_ends(void **state)
{
    struct bench b = bench_open(&sim_tiktok, NULL);
    json_t *entry;
    struct error err;
    char token[128];

    (void)state;
    put(&b, "sim-token-tiktok", "sim-refresh-tiktok", DAY_MS / 10 * 9, DAY_MS);
    assert_true(find(&b, NULL, token, &err));
    assert_string_equal(token, "sim-token-tiktok-1");
    entry = kept(&b);    /* durable before it was handed out */
    assert_string_equal(text_of(entry, "access_token"), token);
    assert_string_equal(text_of(entry, "refresh_token"), "sim-refresh-tiktok-1");
    secret_json_free(entry);
    assert_true(find(&b, NULL, token, &err));
    assert_int_equal(token_calls(&b, 0), 1);
    bench_close(&b);
}

/* ---- what can go wrong ---- */

static void over_is_remembered(void **state)
{
    for (int status = 200; status <= 400; status += 200) {
        struct bench b = bench_open(&sim_tiktok, status == 200 ? "{\"refresh_error_status\": 200}" : NULL);
        json_t *entry;
        struct error err;
        char token[128];

        (void)state;
        put(&b, "sim-token-tiktok", "stale-refresh-token", 2 * DAY_MS, DAY_MS);
        assert_false(find(&b, NULL, token, &err));
        assert_int_equal(err.kind, ERROR_CREDENTIALS);
        assert_string_equal(err.rule, "credentials.expired");
        assert_non_null(strstr(err.text, "crosscut login here"));
        assert_false(find(&b, NULL, token, &err));
        assert_int_equal(token_calls(&b, 0), 1);    /* not asked in vain again */
        entry = kept(&b);
        assert_string_equal(text_of(entry, "refresh_token"), "stale-refresh-token");
        secret_json_free(entry);
        bench_close(&b);
    }
}

static void lost_answers(void **state)
{
    struct bench b = bench_open(&sim_tiktok, NULL);
    struct error err;
    char token[128];

    (void)state;
    /* lost before it had an effect: the second request with the same token does it */
    put(&b, "sim-token-tiktok", "sim-refresh-tiktok", 2 * DAY_MS, DAY_MS);
    fault(&b, "{\"match\": {\"path_contains\": \"token\"}, \"fault\": \"drop_before\"}");
    assert_true(find(&b, NULL, token, &err));
    assert_string_equal(token, "sim-token-tiktok-1");
    /* lost after it: the old token is dead, and that is said */
    put(&b, "sim-token-tiktok-1", "sim-refresh-tiktok-1", 2 * DAY_MS, DAY_MS);
    fault(&b, "{\"match\": {\"path_contains\": \"token\"}, \"fault\": \"drop_after\"}");
    assert_false(find(&b, NULL, token, &err));
    assert_string_equal(err.rule, "credentials.expired");
    assert_int_equal(token_calls(&b, 0), 4);
    bench_close(&b);
}

static void outage_is_no_end(void **state)
{
    struct bench b = bench_open(&sim_tiktok, NULL);
    struct error err;
    char token[128];

    (void)state;
    fault(&b, "{\"match\": {\"path_contains\": \"token\"}, \"fault\": \"500_before\", \"times\": 4}");
    put(&b, "sim-token-tiktok", "sim-refresh-tiktok", DAY_MS / 10 * 9, DAY_MS);
    assert_true(find(&b, NULL, token, &err));    /* due, but still good */
    assert_string_equal(token, "sim-token-tiktok");
    put(&b, "sim-token-tiktok", "sim-refresh-tiktok", 2 * DAY_MS, DAY_MS);
    assert_false(find(&b, NULL, token, &err));
    assert_int_equal(err.kind, ERROR_TRANSIENT);
    assert_true(find(&b, NULL, token, &err));    /* the outage is over */
    assert_string_equal(token, "sim-token-tiktok-1");
    bench_close(&b);
}

static void nothing_is_asked_when_it_could_not_be_kept(void **state)
{
    struct bench b = bench_open(&sim_tiktok, NULL);
    struct error err;
    char token[128];

    (void)state;
    put(&b, "sim-token-tiktok", "sim-refresh-tiktok", 2 * DAY_MS, DAY_MS);
    /* a folder where the temporary file must go: works for root too */
    snprintf(token, sizeof token, "%s.part", b.vault);
    assert_int_equal(mkdir(token, 0700), 0);
    assert_false(find(&b, NULL, token, &err));
    assert_int_equal(token_calls(&b, 0), 0);
    bench_close(&b);
}

static void a_platform_that_repeats_secrets(void **state)
{
    struct bench b = bench_open(&sim_tiktok, NULL);
    struct error err;
    char token[128];

    (void)state;
    fault(&b, "{\"match\": {\"path_contains\": \"token\"}, \"fault\": \"status\", \"status\": 400, \"body\": "
              "\"{\\\"error\\\": \\\"invalid_request\\\", \\\"error_description\\\": \\\"bad: very-secret-refresh-token and a-client-secret\\\"}\"}");
    put(&b, "sim-token-tiktok", "very-secret-refresh-token", 2 * DAY_MS, DAY_MS);
    assert_false(find(&b, NULL, token, &err));
    assert_int_equal(err.kind, ERROR_CREDENTIALS);
    assert_int_equal(token_calls(&b, 0), 1);
    assert_false(secret_leaks(err.text, strlen(err.text), "very-secret-refresh-token"));
    assert_false(secret_leaks(err.text, strlen(err.text), "a-client-secret"));
    bench_close(&b);
}

/* ---- RELIABILITY S3: one renewal, whoever finds out ---- */

enum { PROCESSES = 16, LIFE_MS = 3600000 };

/* What a run does: finds its token, is refused, renews, goes on. */
static int client(struct bench *b)
{
    struct credentials *c = credentials_create();
    struct error err = {0};
    const char *token;
    int status;

    credentials_use_vault(c, b->source.vault, b->source.transport);
    if (!credentials_find(c, "here", b->settings, &token, &err) || !token)
        return 1;
    status = call(b, "GET", "/v2/user/info/?fields=open_id", NULL, token, NULL);
    if (status == 401 && (!credentials_renew(c, "here", b->settings, &token, &err) || !token)) {
        fprintf(stderr, "renew: %s\n", err.text);
        return 2;
    }
    if (status == 401)
        status = call(b, "GET", "/v2/user/info/?fields=open_id", NULL, token, NULL);
    credentials_destroy(c);
    return status == 200 ? 0 : 3;
}

static void all_at_once(struct bench *b)
{
    int status;

    close_source(b);    /* nothing is shared with the children */
    for (int i = 0; i < PROCESSES; i++) {
        if (fork())
            continue;
        open_source(b);
        _exit(client(b));
    }
    for (int i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    open_source(b);
}

static void exactly_one_renewal(void **state)
{
    struct bench b = bench_open(&sim_tiktok, "{\"token_ttl_ms\": 3600000}");
    int rounds = getenv("EXPIRIES") ? atoi(getenv("EXPIRIES")) : 6;

    (void)state;
    put(&b, "sim-token-tiktok", "sim-refresh-tiktok", 1000, LIFE_MS);
    all_at_once(&b);
    assert_int_equal(token_calls(&b, 0), 0);
    for (int i = 1; i <= rounds; i++) {
        if (i % 2) {    /* the platform ends it: every process gets a 401 */
            assert_int_equal(call(&b, "POST", "/_sim/clock", "{\"forward_ms\": 3600001}", NULL, NULL) / 100, 2);
        } else {        /* its time has come: every process sees that beforehand */
            AUTO_FREE char *name = token_name("here", b.settings);
            AUTO_SECRET_JSON json_t *entry = kept(&b);
            struct error err;

            json_object_set_new(entry, "obtained_ms", json_integer(clock_now_ms() - LIFE_MS));
            json_object_set_new(entry, "expires_ms", json_integer(clock_now_ms() + 60000));
            assert_true(vault_put(b.source.vault, name, entry, &err));
        }
        all_at_once(&b);
        if (token_calls(&b, 0) != i || token_calls(&b, 200) != i)
            fail_msg("after %d expiries: %d renewals, %d answered", i, token_calls(&b, 0), token_calls(&b, 200));
    }
    print_message("%d processes x %d expiries: %d renewals, 0 refused\n", PROCESSES, rounds, token_calls(&b, 200));
    bench_close(&b);
}

/* ---- the given ones come first ---- */

static void order_of_sources(void **state)
{
    struct bench b = bench_open(&sim_tiktok, NULL);
    struct credentials *c = credentials_create();
    AUTO_STR struct str clean = {0};
    struct error err = {0};
    const char *token;

    (void)state;
    put(&b, "from-the-vault-token", "the-refresh-token-of-it", 1000, DAY_MS);
    credentials_use_vault(c, b.source.vault, b.source.transport);
    assert_true(credentials_find(c, "here", b.settings, &token, &err));
    assert_string_equal(token, "from-the-vault-token");
    credentials_redact(c, "a from-the-vault-token, the-refresh-token-of-it, a-client-secret z", &clean);
    assert_string_equal(str_text(&clean), "a [redacted], [redacted], [redacted] z");
    credentials_destroy(c);

    c = credentials_create();
    credentials_use_vault(c, b.source.vault, b.source.transport);
    setenv("CROSSCUT_HERE_TOKEN", "from-the-environment", 1);
    setenv("CROSSCUT_OTHER_TOKEN", "of-another-destination", 1);
    assert_true(credentials_find(c, "here", b.settings, &token, &err));
    assert_string_equal(token, "from-the-environment");
    assert_null(getenv("CROSSCUT_HERE_TOKEN"));
    assert_true(credentials_renew(c, "here", b.settings, &token, &err));
    assert_null(token);    /* nobody can renew it */
    credentials_destroy(c);

    c = credentials_create();
    credentials_use_vault(c, b.source.vault, b.source.transport);
    /* the child sees no token, and is asked once more after a 401 */
    json_object_set_new(b.settings, "token_command", json_string("echo by-command-$(env | grep -c _TOKEN=)-$(cat /proc/sys/kernel/random/uuid)"));
    assert_true(credentials_find(c, "here", b.settings, &token, &err));
    assert_memory_equal(token, "by-command-0-", 13);
    assert_true(credentials_renew(c, "here", b.settings, &token, &err));
    assert_memory_equal(token, "by-command-0-", 13);
    unsetenv("CROSSCUT_OTHER_TOKEN");
    credentials_destroy(c);
    bench_close(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(challenges_fit_their_verifiers), cmocka_unit_test(links_everywhere), cmocka_unit_test(due_at_four_fifths),
        cmocka_unit_test(used_while_it_is_young), cmocka_unit_test(renewed_before_it_ends), cmocka_unit_test(over_is_remembered),
        cmocka_unit_test(lost_answers), cmocka_unit_test(outage_is_no_end), cmocka_unit_test(nothing_is_asked_when_it_could_not_be_kept),
        cmocka_unit_test(a_platform_that_repeats_secrets), cmocka_unit_test(exactly_one_renewal), cmocka_unit_test(order_of_sources),
    };

    return cmocka_run_group_tests_name("oauth", tests, NULL, NULL);
}
