#include "base/auto.h"
#include "publish/credentials.h"
#include "publish/host.h"
#include "publish/retry.h"
#include "publish/transport.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <cmocka.h>

static const char *const hosts[] = {"api.example.com", "*.up.example.com", "host:/", NULL};

/* ---- where a request may go ---- */

static void test_allowed_addresses(void **state)
{
    static const struct { const char *url, *api_base, *expect; } rows[] = {
        {"https://api.example.com/v1?x=1", NULL, "https://api.example.com/v1?x=1"},
        {"https://API.example.com:443/v1", NULL, "https://API.example.com/v1"},
        {"https://eu.up.example.com/a", NULL, "https://eu.up.example.com/a"},
        {"https://a.b.up.example.com/a", NULL, "https://a.b.up.example.com/a"},
        {"https://api.example.com/v1?x=%2F&y", "http://127.0.0.1:8080", "http://127.0.0.1:8080/v1?x=%2F&y"},
        {"https://api.example.com/v1#part", "https://proxy.example.org/", "https://proxy.example.org/v1"},
        {"http://127.0.0.1:8080/up/1", "http://127.0.0.1:8080", "http://127.0.0.1:8080/up/1"},
        {"http://localhost:8080/up/1", "http://127.0.0.1:8080", "http://localhost:8080/up/1"},
        {"http://[::1]:8080/up/1", "http://[::1]:8080", "http://[::1]:8080/up/1"},
        {"host:/a/b", NULL, "host:/a/b"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        AUTO_ARENA struct arena *arena = arena_create();
        struct error err = {0};
        const char *got = egress_resolve(rows[i].url, hosts, rows[i].api_base, arena, &err);

        if (!got || strcasecmp(got, rows[i].expect))
            fail_msg("%s: %s (%s)", rows[i].url, got ? got : "refused", err.text);
    }
}

static void test_refused_addresses(void **state)
{
    static const struct { const char *url, *api_base;
    } rows[] = {
        {"http://api.example.com/", NULL},
        {"https://evil.com/", NULL},
        {"https://evil-api.example.com/", NULL},
        {"https://api.example.com.evil.com/", NULL},
        {"https://up.example.com/", NULL},
        {"https://.up.example.com/", NULL},
        {"https://evilup.example.com/", NULL},
        {"https://api.example.com:8443/", NULL},
        {"https://api.example.com./", NULL},
        {"https://user@api.example.com/", NULL},
        {"https://user:pass@api.example.com/", NULL},
        {"https://api.example.com@evil.com/", NULL},
        {"https://evil.com/@api.example.com/", NULL},
        {"https://evil.com\\@api.example.com/", NULL},
        {"https://evil.com#@api.example.com/", NULL},
        {"https://evil.com?@api.example.com/", NULL},
        {"https://api.example.com/\r\nX: y", NULL},
        {"https://api.example.com/a b", NULL},
        {"https://api.example.com/\xC3\xA4", NULL},
        {"https://\xD0\xB0pi.example.com/", NULL},
        {"https://127.0.0.1/", NULL},
        {"https://2130706433/", NULL},
        {"https://0x7f000001/", NULL},
        {"https://[::ffff:127.0.0.1]/", NULL},
        {"https://169.254.169.254/", NULL},
        {"https://10.0.0.1/", NULL},
        {"http://127.0.0.1:8081/", "http://127.0.0.1:8080"},
        {"http://localhost/", "http://127.0.0.1:8080"},
        {"https://127.0.0.1:8080/", "http://127.0.0.1:8080"},
        {"http://127.0.0.1.evil.com:8080/", "http://127.0.0.1:8080"},
        {"http://128.0.0.1:8080/", "http://127.0.0.1:8080"},
        {"file:///etc/passwd", NULL},
        {"ftp://api.example.com/", NULL},
        {"gopher://api.example.com/", NULL},
        {"//api.example.com/", NULL},
        {"api.example.com/", NULL},
        {"", NULL},
        {"https://", NULL},
        {"https:///x", NULL},
        {"javascript:alert(1)", NULL},
        {"data:text/plain,x", NULL},
        {"host:x", NULL},
        /* settings that are wrong themselves */
        {"https://api.example.com/", "http://proxy.example.org"},
        {"https://api.example.com/", "https://proxy.example.org/path"},
        {"https://api.example.com/", "https://u:p@proxy.example.org"},
        {"https://api.example.com/", "nonsense url"},
        {"https://api.example.com/", "ftp://127.0.0.1"},
    };
    AUTO_STR struct str longest = {0};
    AUTO_ARENA struct arena *arena = arena_create();
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (egress_resolve(rows[i].url, hosts, rows[i].api_base, arena, &err))
            fail_msg("'%s' with api_base '%s' was allowed", rows[i].url, rows[i].api_base ? rows[i].api_base : "");
    str_add(&longest, "https://api.example.com/");
    for (int i = 0; i < 70000; i++)
        str_add(&longest, "a");
    assert_null(egress_resolve(str_text(&longest), hosts, NULL, arena, &err));
    assert_null(egress_resolve("https://api.example.com/", (const char *const[]){NULL}, NULL, arena, &err));
    assert_null(egress_resolve("https://api.example.com/", NULL, NULL, arena, &err));
}

/* ---- what a request may carry; dry run ---- */

static bool dry_start(json_t *record, struct http_request request, struct error *err)
{
    struct transport *dry = transport_dry_create(NULL, false, record);
    bool ok =
        transport_start(dry,
                        &(struct transport_call){
                            .request = request, .hosts = hosts, .token = "secret", .platform = "p", .post_id = "1"},
                        err);

    transport_destroy(dry);
    return ok;
}

static void test_headers_cannot_be_smuggled(void **state)
{
    static const struct http_header bad[] = {{"X-A", "a\r\nHost: evil"},
                                             {"X-A", "a\nb"},
                                             {"X-A", "a\x01"},
                                             {"X-A\r\nB", "c"},
                                             {"X A", "b"},
                                             {"", "b"},
                                             {"X:A", "b"},
                                             {"Authorization", "Bearer x"},
                                             {"Cookie", "a=b"},
                                             {"host", "evil"},
                                             {"Transfer-Encoding", "chunked"},
                                             {"X-A", "a\x7f"}};
    json_auto_t *record = json_array();
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (dry_start(record,
                      (struct http_request){.method = "GET", .url = "https://api.example.com/", .headers = {bad[i]}},
                      &err))
            fail_msg("header %zu went through", i);
    assert_false(dry_start(
        record, (struct http_request){.method = "GET / HTTP/1.1\r\nX: y\r\n\r\nGET", .url = "https://api.example.com/"},
        &err));
    assert_false(dry_start(
        record, (struct http_request){.method = "PUT", .url = "https://api.example.com/", .file = "x", .length = -1},
        &err));
    assert_int_equal(json_array_size(record), 0);
    assert_true(dry_start(record,
                          (struct http_request){.method = "GET",
                                                .url = "https://api.example.com/",
                                                .headers = {{"X-A", "a\tb \xC3\xA4"}}},
                          &err));
}

static void test_dry_run_answers_from_its_script(void **state)
{
    json_auto_t *scripts = json_loads("{\"p\": [{\"script\": [{\"request\": {\"method\": \"POST\", \"body\": {\"a\": "
                                      "1}}, \"response\": {\"status\": 200, \"headers\": "
                                      "{\"Location\": \"x\"}, \"body\": {\"id\": 7}}}]}]}",
                                      0, NULL);
    json_auto_t *record = json_array();
    struct transport *dry = transport_dry_create(scripts, true, record);
    struct transport_call call = {.request = {.method = "POST",
                                              .url = "https://api.example.com/v1",
                                              .body = "{\"a\":1}",
                                              .sign = SIGN_BEARER,
                                              .what = "ask"},
                                  .hosts = hosts,
                                  .token = "very-secret",
                                  .platform = "p",
                                  .post_id = "1"};
    struct transport_answer answer;
    struct error err;

    (void)state;
    assert_true(transport_start(dry, &call, &err) && transport_wait(dry, 0, NULL, 0, &err) &&
                transport_next(dry, &answer));
    assert_int_equal(answer.response.status, 200);
    assert_int_equal(json_int_at(answer.response.json, "id", 0), 7);
    assert_string_equal(http_header(&answer.response, "location"), "x");
    transport_answer_finish(&answer);
    call.post_id = "2";
    call.request.body = "{\"a\":2}";
    assert_true(transport_start(dry, &call, &err) && transport_next(dry, &answer));
    assert_int_equal(answer.response.status, 0);
    transport_answer_finish(&answer);
    assert_string_equal(json_string_value(json_object_get(json_array_get(record, 1), "mismatch")), "body");
    call.post_id = "1";
    assert_true(transport_start(dry, &call, &err) && transport_next(dry, &answer));
    assert_int_equal(answer.response.status, 0);    /* the script is over */
    transport_answer_finish(&answer);
    assert_false(transport_next(dry, &answer));
    transport_destroy(dry);
    AUTO_FREE char *text = json_dumps(record, 0);
    assert_null(strstr(text, "very-secret"));
    assert_non_null(strstr(text, "Bearer [redacted]"));
}

static void test_json_is_strict(void **state)
{
    AUTO_STR struct str deep = {0};

    (void)state;
    for (int i = 0; i < 100000; i++)
        str_add(&deep, "[");
    assert_null(json_parse_strict(str_text(&deep), deep.bytes));
    assert_null(json_parse_strict("{\"a\":1,\"a\":2}", 13));
    assert_null(json_parse_strict("", 0));
    assert_null(json_parse_strict("{} x", 4));
    json_auto_t *fine = json_parse_strict("{\"a\":\"[[[[\\\"{{{{\"}", 18);
    assert_non_null(fine);
}

/* ---- libcurl against a server on loopback ---- */

struct seen {                    /* shared with the server's process */
    int connections;
    int64_t bytes;
    char request[8192];
};

struct server { pid_t pid; int port; struct seen *seen; };

static void serve_one(int fd, struct seen *seen, const char *answer, size_t answer_bytes)
{
    char buffer[65536];
    size_t used = 0;
    const char *head_end = NULL;
    int64_t length = 0, body;
    ssize_t got = 1;

    while (!head_end && used < sizeof seen->request - 1 &&
           (got = read(fd, seen->request + used, sizeof seen->request - 1 - used)) > 0) {
        used += (size_t)got;
        seen->request[used] = '\0';
        head_end = strstr(seen->request, "\r\n\r\n");
    }
    if (!head_end)
        return;
    if (strcasestr(seen->request, "content-length:"))
        length = atoll(strcasestr(seen->request, "content-length:") + 15);
    body = (int64_t)used - (head_end + 4 - seen->request);
    while (body < length && (got = read(fd, buffer, sizeof buffer)) > 0)
        body += got;
    seen->bytes = body;
    if (answer_bytes) {
        (void)!write(fd, answer, answer_bytes);
        shutdown(fd, SHUT_WR);
        while (read(fd, buffer, sizeof buffer) > 0)
            ;
    }
}

/* Gives every connection the same answer; an empty one closes it after the request was read. */
static struct server start_server(const char *answer, size_t answer_bytes)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct server s = {.seen = mmap(NULL, sizeof *s.seen, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0)};
    socklen_t n = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_int_equal(bind(listener, (struct sockaddr *)&address, n) + listen(listener, 8), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &n), 0);
    s.port = ntohs(address.sin_port);
    s.pid = fork();
    if (!s.pid) {
        signal(SIGPIPE, SIG_IGN);
        for (;;) {
            int fd = accept(listener, NULL, NULL);

            s.seen->connections++;
            serve_one(fd, s.seen, answer, answer_bytes);
            close(fd);
        }
    }
    close(listener);
    return s;
}

static void stop_server(struct server *s)
{
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    munmap(s->seen, sizeof *s->seen);
}

static void count_progress(void *context, void *tag, int64_t sent, int64_t total)
{
    (void)tag, (void)total;
    *(int64_t *)context = sent;
}

static struct transport_answer ask(int port, struct http_request request, const char *token, int64_t *sent)
{
    struct error err = {0};
    struct transport *t = transport_curl_create(NULL, &err);
    struct transport_answer answer = {0};
    char base[64];

    assert_non_null(t);
    snprintf(base, sizeof base, "http://127.0.0.1:%d", port);
    t->progress = sent ? count_progress : NULL;
    t->progress_context = sent;
    request.url = "https://api.example.com/path?q=1";
    if (!transport_start(t,
                         &(struct transport_call){
                             .request = request, .hosts = hosts, .api_base = base, .token = token, .tag = &answer},
                         &err))
        fail_msg("%s", err.text);
    while (!transport_next(t, &answer))
        assert_true(transport_wait(t, 1000, NULL, 0, &err));
    assert_ptr_equal(answer.tag, &answer);
    transport_destroy(t);
    return answer;
}

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Length: 8\r\nX-Upper: Value \r\nx-upper: second\r\n\r\n{\"a\":12}"

static void test_a_call(void **state)
{
    struct server s = start_server(OK_ANSWER, sizeof OK_ANSWER - 1);
    struct transport_answer a =
        ask(s.port,
            (struct http_request){
                .method = "POST", .body = "{}", .headers = {{"Content-Type", "application/json"}}, .sign = SIGN_BEARER},
            "tok-123", NULL);

    (void)state;
    assert_int_equal(a.response.status, 200);
    assert_int_equal(json_int_at(a.response.json, "a", 0), 12);
    assert_string_equal(http_header(&a.response, "x-upper"), "Value");
    assert_non_null(strstr(s.seen->request, "POST /path?q=1 HTTP/1.1\r\n"));
    assert_non_null(strstr(s.seen->request, "Authorization: Bearer tok-123\r\n"));
    assert_null(strstr(s.seen->request, "Expect"));
    assert_int_equal(s.seen->bytes, 2);
    transport_answer_finish(&a);
    a = ask(s.port, (struct http_request){.method = "POST", .sign = SIGN_OAUTH}, "tok-123", NULL);
    assert_non_null(strstr(s.seen->request, "Authorization: OAuth tok-123\r\n"));
    assert_non_null(strstr(s.seen->request, "Content-Length: 0\r\n"));
    assert_null(strstr(s.seen->request, "Content-Type"));
    transport_answer_finish(&a);
    a = ask(s.port, (struct http_request){.method = "DELETE", .sign = SIGN_NONE}, "tok-123", NULL);
    assert_non_null(strstr(s.seen->request, "DELETE /path"));
    assert_null(strstr(s.seen->request, "tok-123"));
    transport_answer_finish(&a);
    stop_server(&s);
}

static char *make_file(int64_t bytes)
{
    char *name = strdup("/tmp/crosscut-transport-XXXXXX");
    int fd = mkstemp(name);

    assert_int_equal(ftruncate(fd, bytes), 0);
    close(fd);
    return name;
}

/* 600 MB through a few hundred kB: what an upload takes does not depend on the file. */
static void test_a_range_is_streamed(void **state)
{
    const int64_t length = 600000000;
    AUTO_FREE char *file = make_file(length + 1000);
    struct server s = start_server(OK_ANSWER, sizeof OK_ANSWER - 1);
    struct rusage before, after;
    int64_t sent = 0;
    struct transport_answer a;

    (void)state;
    getrusage(RUSAGE_SELF, &before);
    a = ask(s.port,
            (struct http_request){
                .method = "PUT", .file = file, .offset = 1000, .length = length, .headers = {{"Content-Length", "7"}}},
            NULL, &sent);
    getrusage(RUSAGE_SELF, &after);
    assert_int_equal(a.response.status, 200);
    assert_int_equal(s.seen->bytes, length);
    assert_int_equal(sent, length);
    assert_non_null(strstr(s.seen->request, "Content-Length: 600000000\r\n"));
    assert_null(strstr(s.seen->request, "Content-Length: 7\r\n"));
    assert_true(after.ru_maxrss - before.ru_maxrss < 64 << 10);
    transport_answer_finish(&a);
    stop_server(&s);
    unlink(file);
}

static void test_a_short_file_is_not_sent(void **state)
{
    AUTO_FREE char *file = make_file(10);
    struct error err = {0};
    struct transport *t = transport_curl_create(NULL, &err);
    struct transport_call call = {
        .request = {.method = "PUT", .url = "https://api.example.com/", .file = file, .offset = 5, .length = 6},
        .hosts = hosts};

    (void)state;
    assert_false(transport_start(t, &call, &err));
    assert_string_equal(err.rule, "rendition.changed");
    call.request.file = "/tmp";
    assert_false(transport_start(t, &call, &err));
    call.request = (struct http_request){.method = "PUT", .url = "host:/x", .body = "x"};
    assert_false(transport_start(t, &call, &err));
    assert_string_equal(err.rule, "host.missing");
    transport_destroy(t);
    unlink(file);
}

static void test_no_connection_is_not_sent(void **state)
{
    struct server s = start_server("", 0);
    struct transport_answer a;

    (void)state;
    a = ask(s.port, (struct http_request){.method = "POST", .body = "x"}, NULL, NULL);
    assert_int_equal(a.response.status, 0);
    assert_false(a.response.not_sent);    /* it was read, and then the connection ended */
    assert_true(a.reason[0]);
    transport_answer_finish(&a);
    stop_server(&s);
    a = ask(s.port, (struct http_request){.method = "POST", .body = "x"}, NULL, NULL);
    assert_int_equal(a.response.status, 0);
    assert_true(a.response.not_sent);
    transport_answer_finish(&a);
}

/* A guarded request is one attempt on one connection, even when it dies at once. */
static void test_guarded_is_sent_once(void **state)
{
    struct server s = start_server("", 0);
    struct transport_answer a =
        ask(s.port, (struct http_request){.method = "POST", .body = "x", .repeat = REPEAT_NEVER}, NULL, NULL);

    (void)state;
    assert_int_equal(a.response.status, 0);
    assert_int_equal(s.seen->connections, 1);
    transport_answer_finish(&a);
    stop_server(&s);
}

static void test_redirects_are_not_followed(void **state)
{
    static const char away[] = "HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n";
    struct server s = start_server(away, sizeof away - 1);
    struct transport_answer a =
        ask(s.port, (struct http_request){.method = "POST", .body = "x", .sign = SIGN_BEARER}, "tok", NULL);

    (void)state;
    assert_int_equal(a.response.status, 307);
    assert_int_equal(s.seen->connections, 1);
    transport_answer_finish(&a);
    stop_server(&s);
}

static void test_hostile_answers(void **state)
{
    static const char *const heads[] = {"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n",
                                        "HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nshort", "nonsense\r\n\r\n",
                                        "HTTP/1.1 99 Odd\r\nContent-Length: 0\r\n\r\n"};

    (void)state;
    for (size_t i = 0; i < sizeof heads / sizeof heads[0]; i++) {
        AUTO_STR struct str answer = {0};
        struct server s;
        struct transport_answer a;

        str_add(&answer, heads[i]);
        for (int k = 0; i == 0 && k < 5 << 16; k++)
            str_add(&answer, "0123456789abcdef");    /* 5 MiB of body */
        s = start_server(str_text(&answer), answer.bytes);
        a = ask(s.port, (struct http_request){.method = "GET"}, NULL, NULL);
        if (a.response.status)
            fail_msg("answer %zu was taken as %d", i, a.response.status);
        assert_false(a.response.not_sent);
        transport_answer_finish(&a);
        stop_server(&s);
    }
}

static void test_headers_have_a_ceiling(void **state)
{
    AUTO_STR struct str answer = {0};
    struct transport_answer a;
    struct server s;

    (void)state;
    str_add(&answer, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    for (int i = 0; i < 5000; i++)
        str_printf(&answer, "X-%d: 0123456789abcdef\r\n", i);
    str_add(&answer, "\r\n");
    s = start_server(str_text(&answer), answer.bytes);
    a = ask(s.port, (struct http_request){.method = "GET"}, NULL, NULL);
    assert_int_equal(a.response.status, 0);
    transport_answer_finish(&a);
    stop_server(&s);
}

/* ---- credentials and pauses ---- */

static void test_tokens(void **state)
{
    struct credentials *c = credentials_create();
    json_auto_t *settings = json_pack("{s:s}", "token_command", "printf '  '; echo tok-from-command");
    json_auto_t *failing = json_pack("{s:s}", "token_command", "echo oops >&2; exit 3");
    json_auto_t *endless = json_pack("{s:s}", "token_command", "yes token");
    AUTO_STR struct str clean = {0};
    struct error err = {0};
    const char *token;
    char name[64];

    (void)state;
    credentials_variable("my-reels", name, sizeof name);
    assert_string_equal(name, "CROSSCUT_MY_REELS_TOKEN");
    setenv(name, "tok/from=environment", 1);
    assert_true(credentials_find(c, "my-reels", NULL, &token, &err));
    assert_string_equal(token, "tok/from=environment");
    assert_null(getenv(name));
    assert_true(credentials_find(c, "my-reels", NULL, &token, &err));
    assert_string_equal(token, "tok/from=environment");
    assert_true(credentials_find(c, "other", NULL, &token, &err));
    assert_null(token);
    assert_false(credentials_find(c, "fails", failing, &token, &err));
    assert_int_equal(err.kind, ERROR_CREDENTIALS);
    assert_false(credentials_find(c, "endless", endless, &token, &err));
    assert_false(credentials_set(c, "x", "two\nlines", &err));
    assert_false(credentials_set(c, "x", "", &err));
    assert_false(credentials_find(c, "spaced", settings, &token, &err)); /* a blank in front is no part of any token */
    credentials_redact(c, "a tok/from=environment b tok%2Ffrom%3Denvironment c tok/from", &clean);
    assert_string_equal(str_text(&clean), "a [redacted] b [redacted] c tok/from");
    credentials_destroy(c);
}

static void test_pauses(void **state)
{
    json_auto_t *soon = json_pack("{s:s}", "retry-after", "30"),
                *past = json_pack("{s:s}", "retry-after", "Wed, 21 Oct 2015 07:28:00 GMT");
    struct http_response r = {.status = 429, .body = ""};
    uint64_t random = 1;
    int64_t sum = 0;

    (void)state;
    for (int tries = 1; tries < 70; tries++)
        for (int i = 0; i < 200; i++) {
            int64_t wait_ms = retry_jitter_ms(tries, 1000, retry_random(&random)),
                    most = tries > 6 ? 64000 : 1000 << (tries - 1);

            assert_true(wait_ms >= 0 && wait_ms <= most);
            sum += tries == 3 ? wait_ms : 0;
        }
    assert_true(sum / 200 > 1500 && sum / 200 < 2500);    /* evenly between 0 and 4 s */
    assert_int_equal(retry_jitter_ms(5, 0, 12345), 0);
    r.headers = soon;
    assert_true(retry_wait_ms(1, 1000, 7, &r, 0) >= 30000);
    r.headers = past;
    assert_true(retry_wait_ms(1, 1000, 7, &r, INT64_C(1795500000000)) <= 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_allowed_addresses),
        cmocka_unit_test(test_refused_addresses),
        cmocka_unit_test(test_headers_cannot_be_smuggled),
        cmocka_unit_test(test_dry_run_answers_from_its_script),
        cmocka_unit_test(test_json_is_strict),
        cmocka_unit_test(test_a_call),
        cmocka_unit_test(test_a_range_is_streamed),
        cmocka_unit_test(test_a_short_file_is_not_sent),
        cmocka_unit_test(test_no_connection_is_not_sent),
        cmocka_unit_test(test_guarded_is_sent_once),
        cmocka_unit_test(test_redirects_are_not_followed),
        cmocka_unit_test(test_hostile_answers),
        cmocka_unit_test(test_headers_have_a_ceiling),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_pauses),
    };

    return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
