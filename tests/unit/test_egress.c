/* Where requests and tokens can go (goal S4): hostile addresses against every kind of host list, and redirects, over real
 * sockets. */
#include "publish/transport.h"

#include "base/auto.h"
#include <arpa/inet.h>
#include <crosscut/adapter.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#define TOKEN "canary-token-0123456789-abcdefghij-0123456789"

/* None of these may go to any list below; %s is a host of the list. */
static const char *const hostile[] = {
    "http://%s/", "HTTP://%s/", "ftp://%s/", "ftps://%s/", "file://%s/etc/passwd", "file:///etc/passwd", "gopher://%s/", "dict://%s/",
    "ldap://%s/", "scp://%s/", "smb://%s/", "ws://%s/", "wss://%s/", "javascript:alert(1)", "data:text/html,x", "//%s/", "%s/", "%s",
    "https:%s/", "https:/%s/", "https:///%s/", "https:\\\\%s\\", "https://", "https://:443/", "https://?%s", "https://#%s", "",
    "https://user@%s/", "https://user:pass@%s/", "https://:@%s/", "https://%s@evil.example/", "https://%s:443@evil.example/",
    "https://evil.example/@%s/", "https://evil.example#@%s/", "https://evil.example?@%s/", "https://evil.example\\@%s/",
    "https://evil.example%%2f@%s/", "https://evil.example%%23@%s/", "https://%s%%2eevil.example/", "https://%s%%00.evil.example/",
    "https://%s.evil.example/", "https://evil-%s/", "https://evil%s/", "https://%s.evil/", "https://%s-evil.example/", "https://%s./", "https://%s../",
    "https://.%s/", "https://..%s/", "https://%s:80/", "https://%s:8443/", "https://%s:0/", "https://%s:65535/", "https://%s:443443/",
    "https://%s:-1/", "https://%s:x/", "https://%s:443:443/", "https://127.0.0.1/", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0177.0.0.1/", "https://017700000001/", "https://0x7f.0.0.1/", "https://0/", "https://0.0.0.0/", "https://localhost/",
    "https://localhost.localdomain/", "http://127.0.0.1/", "http://localhost/", "https://[::1]/", "https://[::]/", "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/", "https://[fe80::1]/", "https://[fe80::1%%25lo]/", "https://[fd00::1]/", "https://[64:ff9b::7f00:1]/",
    "https://10.0.0.1/", "https://172.16.0.1/", "https://192.168.1.1/", "https://100.64.0.1/", "https://169.254.169.254/latest/meta-data/",
    "https://metadata.google.internal/", "https://224.0.0.1/", "https://255.255.255.255/", "https://198.18.0.1/",
    "https://%s\r\nHost: evil.example/", "https://%s/\r\nX: y", "https://%s/\nX", "https://%s/\t", "https://%s/ x", " https://%s/", "https://%s /",
    "https://%s/\x01", "https://%s/\x7f", "https://%s/\xC3\xA4", "https://\xD0\xB0%s/", "https://%s\xEF\xBC\x8E" "evil/", "https://%s\xE3\x80\x82" "evil/",
    "https://\xEF\xBD\x81%s/", "https://xn--80ak6aa92e.com/", "https://xn--pi-7sb.example/", "https://%s\\evil.example/", "https://%s\\@evil.example/",
    "https://%s/\\..\\", "https://[%s]/", "https://%s]/", "https://(%s)/", "https://%s|evil/", "https://%s\"/", "https://<%s>/", "https://{%s}/",
    "https://%s`/", "https://%s^/", "https://%s,evil.example/", "https://%s;evil.example/", "https://*/", "https://*.%s/x y", "host:%s", "host:x",
    "HOST:/x", "host",
};
#define NB_HOSTILE (sizeof hostile / sizeof hostile[0])

static bool refused(const char *url, const char *const *hosts, const char *api_base, struct arena *arena)
{
    struct error err = {0};

    return !egress_resolve(url, hosts, api_base, arena, &err) && err.kind == ERROR_REFUSED && !strcmp(err.rule, "egress") && err.text[0];
}

/* A host that the list allows. */
static const char *allowed_host(const char *pattern, struct arena *arena)
{
    return strncmp(pattern, "*.", 2) ? pattern : arena_printf(arena, "up%s", pattern + 1);
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
static const char *hostile_url(size_t i, const char *host, struct arena *arena)
{
    return arena_printf(arena, hostile[i], host);
}
#pragma GCC diagnostic pop

/* Wildcards allow more labels in front; those rows of the table are then an allowed host. */
static bool only_a_label(size_t i, const char *const *hosts)
{
    if (strcmp(hostile[i], "https://evil-%s/") != 0 && strcmp(hostile[i], "https://evil%s/") != 0)
        return false;
    while (*hosts && strncmp(*hosts, "*.", 2) != 0)
        hosts++;
    return *hosts;
}

static void test_hostile_addresses(void **state)
{
    static const char *const plain[] = {"api.example.com", NULL}, *const wild[] = {"*.up.example.com", NULL}, *const nothing[] = {NULL};
    const char *const *lists[64] = {plain, wild, nothing};
    size_t nb_lists = 3, nb = 0;

    (void)state;
    for (const struct adapter *const *a = adapters; *a; a++)
        if ((*a)->hosts && (*a)->hosts[0] && strcmp((*a)->hosts[0], "host:/") != 0)
            lists[nb_lists++] = (*a)->hosts;
    assert_true(NB_HOSTILE >= 60);
    for (size_t l = 0; l < nb_lists; l++) {
        AUTO_ARENA struct arena *arena = arena_create();
        const char *pattern = lists[l][0] ? lists[l][0] : "api.example.com", *host = allowed_host(pattern, arena);
        struct error err;

        if (lists[l][0])
            assert_non_null(egress_resolve(arena_printf(arena, "https://%s/v1", host), lists[l], NULL, arena, &err));
        for (size_t i = 0; i < NB_HOSTILE; i++) {
            if (only_a_label(i, lists[l]))
                continue;
            if (!refused(hostile_url(i, host, arena), lists[l], NULL, arena))
                fail_msg("list %zu (%s), row %zu: '%s' was allowed", l, pattern, i, hostile_url(i, host, arena));
            nb++;
        }
        for (size_t bytes = 8000; bytes <= 70000; bytes += 31000) {
            char *path = arena_alloc(arena, bytes + 1);

            memset(path, 'a', bytes);
            nb += bytes > 8192;
            if (bytes > 8192 && !refused(arena_printf(arena, "https://%s/%s", host, path), lists[l], NULL, arena))
                fail_msg("an address of %zu bytes was allowed", bytes);
        }
    }
    printf("security S4: %zu hostile addresses x host lists, 0 allowed\n", nb);
}

/* An upload address that a platform gives must not lead to the creator's own files. */
static void test_the_own_host_is_not_for_platforms(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();
    struct error err;

    (void)state;
    for (const struct adapter *const *a = adapters; *a; a++) {
        bool uses_it = !strcmp((*a)->name, "site") || !strcmp((*a)->name, "instagram");

        assert_int_equal(egress_resolve("host:/index.html", (*a)->hosts, NULL, arena, &err) != NULL, uses_it);
        assert_int_equal(egress_resolve("host://index.html", (*a)->hosts, "http://127.0.0.1:1", arena, &err) != NULL, uses_it);
    }
}

/* ---- a server that sends visitors elsewhere, and the place it sends them to ---- */

struct site {
    struct MHD_Daemon *daemon;
    int port, status;
    char location[128];
    atomic_int connections, requests, tokens;
};

static enum MHD_Result look_at(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct site *s = context;

    (void)kind;
    (void)name;
    if (value && strstr(value, TOKEN))
        s->tokens++;
    return MHD_YES;
}

static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *url, const char *method, const char *version,
                             const char *body, size_t *nb_bytes, void **seen)
{
    struct site *s = context;
    struct MHD_Response *response;
    enum MHD_Result ok;

    (void)url, (void)method, (void)version, (void)body;
    if (!*seen) {
        *seen = s;
        return MHD_YES;
    }
    if (*nb_bytes) {
        *nb_bytes = 0;
        return MHD_YES;
    }
    s->requests++;
    MHD_get_connection_values(connection, MHD_HEADER_KIND, look_at, s);
    response = MHD_create_response_from_buffer(2, (void *)(uintptr_t)"{}", MHD_RESPMEM_PERSISTENT);
    if (s->location[0])
        MHD_add_response_header(response, "Location", s->location);
    ok = MHD_queue_response(connection, (unsigned)s->status, response);
    MHD_destroy_response(response);
    return ok;
}

static enum MHD_Result count_connection(void *context, const struct sockaddr *address, socklen_t bytes)
{
    struct site *s = context;

    (void)address;
    (void)bytes;
    s->connections++;
    return MHD_YES;
}

static void open_site(struct site *s)
{
    struct sockaddr_in here = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};

    *s = (struct site){.status = 200};
    s->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD, 0, count_connection, s, serve, s, MHD_OPTION_SOCK_ADDR, &here, MHD_OPTION_END);
    assert_non_null(s->daemon);
    s->port = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static int ask(const struct site *s, const char *method, enum repeat repeat, enum sign sign)
{
    static const char *const hosts[] = {"api.example.com", NULL};
    char base[64];
    struct error err = {0};
    struct transport *t = transport_curl_create(NULL, &err);
    struct transport_answer answer;
    struct transport_call call = {.hosts = hosts, .api_base = base, .token = TOKEN, .platform = "p", .post_id = "1",
                                  .request = {.method = method, .url = "https://api.example.com/v1", .repeat = repeat, .sign = sign, .what = "ask"}};
    int status;

    snprintf(base, sizeof base, "http://127.0.0.1:%d", s->port);
    call.request.body = strcmp(method, "POST") ? NULL : "{}";
    assert_true(transport_start(t, &call, &err));
    while (!transport_next(t, &answer))
        assert_true(transport_wait(t, 1000, NULL, 0, &err));
    status = answer.response.status;
    transport_answer_finish(&answer);
    transport_destroy(t);
    return status;
}

static void test_redirects_lead_nowhere(void **state)
{
    static const int statuses[] = {300, 301, 302, 303, 305, 307, 308};
    static const char *const methods[] = {"GET", "POST", "DELETE"};
    struct site first, other;
    int asked = 0;

    (void)state;
    open_site(&first);
    open_site(&other);
    snprintf(first.location, sizeof first.location, "http://127.0.0.1:%d/take", other.port);
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++)
        for (size_t m = 0; m < sizeof methods / sizeof methods[0]; m++) {
            first.status = statuses[i];
            assert_int_equal(ask(&first, methods[m], m ? REPEAT_NEVER : REPEAT_SAFE, i % 2 ? SIGN_OAUTH : SIGN_BEARER), statuses[i]);
            asked++;
        }
    assert_int_equal(first.requests, asked);
    assert_int_equal(first.tokens, asked);    /* the owner gets it each time, so that the test can see it */
    assert_int_equal(other.connections, 0);
    assert_int_equal(other.tokens, 0);
    printf("security S4: %d redirects, 0 followed, 0 token bytes elsewhere\n", asked);
    MHD_stop_daemon(first.daemon);
    MHD_stop_daemon(other.daemon);
}

/* The transport itself, asked with addresses that lead to a server of this machine: nobody connects. */
static void test_refused_means_no_connection(void **state)
{
    static const char *const hosts[] = {"api.example.com", NULL};
    static const char *const ways[] = {"http://127.0.0.1:%d/", "https://127.0.0.1:%d/", "http://localhost:%d/", "http://127.1:%d/", "http://2130706433:%d/",
                                       "http://0x7f000001:%d/", "http://0177.0.0.1:%d/", "http://0.0.0.0:%d/", "http://[::ffff:127.0.0.1]:%d/",
                                       "http://api.example.com@127.0.0.1:%d/", "http://127.0.0.1:%d/@api.example.com", "http://127.0.0.1:%d\\@api.example.com/",
                                       "http://127.0.0.1:%d#@api.example.com/", "ftp://127.0.0.1:%d/", "http://127.0.0.1:%d/\r\nX: y"};
    struct error err = {0};
    struct transport *t = transport_curl_create(NULL, &err);
    struct site s;

    (void)state;
    open_site(&s);
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++)
        for (int with_base = 0; with_base < 2; with_base++) {
            char port[8];
            struct str url = {0};
            struct transport_call call = {.hosts = hosts, .api_base = with_base ? "http://127.0.0.1:1" : NULL, .token = TOKEN, .platform = "p", .post_id = "1"};

            snprintf(port, sizeof port, "%d", s.port);
            str_add_bytes(&url, ways[i], (size_t)(strstr(ways[i], "%d") - ways[i]));
            str_add(&url, port);
            str_add(&url, strstr(ways[i], "%d") + 2);
            call.request = (struct http_request){.method = "POST", .url = str_text(&url), .body = "x", .sign = SIGN_BEARER, .what = "ask"};
            if (transport_start(t, &call, &err))
                fail_msg("'%s' was let through", str_text(&url));
            assert_string_equal(err.rule, "egress");
            assert_true(transport_wait(t, 0, NULL, 0, &err));
            str_finish(&url);
        }
    assert_int_equal(s.connections, 0);
    transport_destroy(t);
    MHD_stop_daemon(s.daemon);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hostile_addresses),
        cmocka_unit_test(test_the_own_host_is_not_for_platforms),
        cmocka_unit_test(test_redirects_lead_nowhere),
        cmocka_unit_test(test_refused_means_no_connection),
    };

    return cmocka_run_group_tests_name("egress", tests, NULL, NULL);
}
