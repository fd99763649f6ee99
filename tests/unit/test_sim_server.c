/* The simulators on real connections: uploads, faults on order, control addresses. */
#include "tests/simulators/core.h"
#include "tests/simulators/server.h"

#include "base/auto.h"
#include "base/hash.h"
#include <curl/curl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#define BEARER "Authorization: Bearer sim-token-youtube"
#define INSERT "/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status"
enum { UNIT = 262144, FILE_BYTES = 2 * UNIT + 99 };

struct answer { CURLcode code; long status; struct str body; char location[512]; };

static size_t take(char *data, size_t size, size_t n, void *ctx)
{
    str_add_bytes(ctx, data, size * n);
    return size * n;
}

static size_t take_header(char *data, size_t size, size_t n, void *ctx)
{
    struct answer *answer = ctx;

    if (size * n > 10 && !strncasecmp(data, "location: ", 10))
        snprintf(answer->location, sizeof answer->location, "%.*s", (int)strcspn(data + 10, "\r\n"), data + 10);
    return size * n;
}

/* `headers` are lines. */
static struct answer call(const char *method, const char *base, const char *path, const char *headers, const void *body,
                          size_t bytes)
{
    CURL *curl = curl_easy_init();
    struct answer answer = {0};
    struct curl_slist *list = curl_slist_append(NULL, "Expect:");
    char url[600], line[300];

    snprintf(url, sizeof url, "%s%s", base, path);
    for (const char *at = headers; *at; at += strcspn(at, "\n"), at += *at == '\n') {
        snprintf(line, sizeof line, "%.*s", (int)strcspn(at, "\n"), at);
        list = curl_slist_append(list, line);
    }
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, list);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 20L);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &answer.body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &answer);
    if (body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)bytes);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    }
    answer.code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &answer.status);
    curl_slist_free_all(list);
    curl_easy_cleanup(curl);
    return answer;
}

/* Status of a call whose answer does not matter; 0 when it was lost. */
static long status_of(struct answer answer)
{
    str_finish(&answer.body);
    return answer.code == CURLE_OK ? answer.status : 0;
}

static json_t *control(const struct server *server, const char *method, const char *path, const char *body)
{
    struct answer answer =
        call(method, server->base_url, path, "Content-Type: application/json", body, body ? strlen(body) : 0);
    json_t *json = json_loads(str_text(&answer.body), 0, NULL);

    assert_int_equal(answer.status, 200);
    str_finish(&answer.body);
    return json;
}

static void order(const struct server *server, const char *fault)
{
    json_decref(control(server, "POST", "/_sim/faults", fault));
}

static char dir[] = "/tmp/crosscut-test-sim-XXXXXX";
static unsigned char bytes[FILE_BYTES];
static char bytes_sha256[SHA256_HEX_BYTES];

static void start(struct server *server, const struct simulator *simulator)
{
    json_auto_t *options = json_pack("{s:i}", "processing_polls", 0);
    struct error err = {0};

    if (!server_start(server, simulator, 0, dir, options, &err))
        fail_msg("%s", err.text);
}

static long open_session(const struct server *server, char location[512])
{
    static const char video[] =
        "{\"snippet\":{\"title\":\"A <b>bold</b>\"},\"status\":{\"privacyStatus\":\"private\"}}";
    static const char plain[] = "{\"snippet\":{\"title\":\"A & B\"},\"status\":{\"privacyStatus\":\"private\"}}";
    struct answer refused =
        call("POST", server->base_url, INSERT,
             BEARER "\nContent-Type: application/json\nX-Upload-Content-Type: video/mp4", video, sizeof video - 1);
    struct answer answer;

    assert_int_equal(status_of(refused), 400);
    answer = call("POST", server->base_url, INSERT,
                  BEARER "\nContent-Type: application/json\nX-Upload-Content-Type: video/mp4", plain, sizeof plain - 1);
    snprintf(location, 512, "%s", answer.location);
    return status_of(answer);
}

static long put(const char *session, size_t first, size_t last)
{
    char headers[300];

    snprintf(headers, sizeof headers, BEARER "\nContent-Type: video/mp4\nContent-Range: bytes %zu-%zu/%d", first, last,
             FILE_BYTES);
    return status_of(call("PUT", session, "", headers, bytes + first, last - first + 1));
}

/* A chunk, a broken chunk, the rest: what is public has the bytes of the file. */
static void upload_in_pieces(void **state)
{
    struct server server;
    char session[512], path[200];
    json_auto_t *posts = NULL, *requests = NULL, *post = NULL;
    struct answer media, part, page;

    (void)state;
    start(&server, &sim_youtube);
    assert_int_equal(open_session(&server, session), 200);
    assert_int_equal(put(session, 0, UNIT - 1), 308);
    order(&server, "[{\"match\":{\"method\":\"PUT\"},\"fault\":\"reset_mid_body\",\"bytes\":70000}]");
    assert_int_equal(put(session, UNIT, FILE_BYTES - 1), 0);
    assert_int_equal(put(session, UNIT, FILE_BYTES - 1), 201);
    posts = control(&server, "GET", "/_sim/posts", NULL);
    assert_int_equal(json_array_size(posts), 1);
    post = json_incref(json_array_get(posts, 0));
    assert_int_equal(int_of(post, "bytes"), FILE_BYTES);
    assert_string_equal(text_of(post, "sha256"), bytes_sha256);
    snprintf(path, sizeof path, "/_sim/media/%s", text_of(post, "id"));
    media = call("GET", server.base_url, path, "", NULL, 0);
    assert_int_equal(media.body.bytes, FILE_BYTES);
    assert_memory_equal(media.body.data, bytes, FILE_BYTES);
    assert_int_equal(status_of(media), 200);
    part = call("GET", server.base_url, path, "Range: bytes=1000-1009", NULL, 0);
    assert_int_equal(part.body.bytes, 10);
    assert_memory_equal(part.body.data, bytes + 1000, 10);
    assert_int_equal(status_of(part), 206);
    page = call("GET", server.base_url, "/_sim/", "", NULL, 0);
    assert_non_null(strstr(str_text(&page.body), "A &amp; B"));
    assert_non_null(strstr(str_text(&page.body), path));
    assert_null(strstr(str_text(&page.body), "http"));
    assert_int_equal(status_of(page), 200);
    requests = control(&server, "GET", "/_sim/requests", NULL);
    assert_int_equal(json_array_size(requests), 5);
    assert_string_equal(text_of(json_array_get(requests, 3), "fault"), "reset_mid_body");
    assert_int_equal(int_of(json_array_get(requests, 3), "bytes"), 70000);
    server_stop(&server);
}

struct case_ { const char *fault; long status; size_t posts; };

/* The last PUT of an upload under each fault: what the client gets, and whether the video is there. */
static void faults_on_the_last_put(void **state)
{
    static const struct case_ cases[] = {
        {"drop_before", 0, 0},
        {"drop_after", 0, 1},
        {"500_before", 500, 0},
        {"500_after", 500, 1},
        {"429\",\"retry_after\":\"7", 429, 0},
        {"truncate", 0, 1},
        {"garbage", 200, 0},
        {"stall\",\"ms\":20,\"act\":false,\"body\":\"", 0, 0},
        {"garbage\",\"act\":true,\"nth\":1,\"body\":\"", 200, 1},
        {"stall\",\"ms\":50,\"body\":\"", 201, 1},
        {"status\",\"status\":302,\"headers\":{\"Location\":\"http://127.0.0.1:1/\"},\"body\":\"", 302, 0},
        {"status\",\"status\":503,\"act\":true,\"body\":\"{}", 503, 1},
        {"reset_mid_body\",\"bytes\":5000,\"body\":\"", 0, 0},
    };
    struct server server;

    (void)state;
    start(&server, &sim_youtube);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char session[512], text[300];
        json_auto_t *posts = NULL;
        long status;

        json_decref(control(&server, "POST", "/_sim/reset", ""));
        assert_int_equal(open_session(&server, session), 200);
        snprintf(text, sizeof text, "[{\"match\":{\"method\":\"PUT\",\"path_contains\":\"/videos\"},\"fault\":\"%s\"}]",
                 cases[i].fault);
        order(&server, text);
        status = put(session, 0, FILE_BYTES - 1);
        posts = control(&server, "GET", "/_sim/posts", NULL);
        if (status != cases[i].status || json_array_size(posts) != cases[i].posts)
            fail_msg("%s: status %ld, %zu posts", cases[i].fault, status, json_array_size(posts));
        status = put(session, 0, FILE_BYTES - 1);      /* the order is used up */
        if (status != (cases[i].posts ? 200 : 201))
            fail_msg("after %s: status %ld", cases[i].fault, status);
    }
    server_stop(&server);
}

static void nth_and_times(void **state)
{
    struct server server;

    (void)state;
    start(&server, &sim_youtube);
    order(&server, "[{\"nth\":2,\"times\":2,\"fault\":\"429\",\"retry_after\":5}]");
    for (int i = 1; i <= 4; i++) {
        struct answer answer = call("GET", server.base_url, "/youtube/v3/videos?part=status&id=a", BEARER, NULL, 0);

        assert_int_equal(status_of(answer), i == 2 || i == 3 ? 429 : 200);
    }
    server_stop(&server);
}

/* A client of its own that uploads until it is killed. */
static pid_t start_client(const char *session)
{
    pid_t child = fork();

    if (child)
        return child;
    put(session, 0, FILE_BYTES - 1);
    _exit(0);
}

static void kills_the_client(void **state)
{
    static const char *const orders[] = {"{\"fault\":\"kill\"}", "{\"fault\":\"kill\",\"act\":false}",
                                         "{\"fault\":\"kill\",\"bytes\":300000}"};
    struct server server;

    (void)state;
    start(&server, &sim_youtube);
    for (size_t i = 0; i < 3; i++) {
        char session[512];
        json_auto_t *posts = NULL, *requests = NULL;
        int status = 0;
        pid_t child;

        json_decref(control(&server, "POST", "/_sim/reset", ""));
        assert_int_equal(open_session(&server, session), 200);
        order(&server, orders[i]);
        child = start_client(session);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
        posts = control(&server, "GET", "/_sim/posts", NULL);
        requests = control(&server, "GET", "/_sim/requests", NULL);
        assert_int_equal(json_array_size(posts), i == 0);
        assert_int_equal(int_of(json_array_get(requests, 2), "bytes"), i == 2 ? 300000 : FILE_BYTES);
    }
    server_stop(&server);
}

static void wrong_orders(void **state)
{
    static const char *const orders[] = {"",
                                         "[1]",
                                         "{\"fault\":\"explode\"}",
                                         "{\"fault\":\"drop_after\",\"x\":1}",
                                         "{\"fault\":\"kill\",\"pid\":1}",
                                         "{\"fault\":\"status\",\"status\":99}",
                                         "{\"fault\":\"stall\",\"ms\":\"5\"}"};
    struct server server;

    (void)state;
    start(&server, &sim_youtube);
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++)
        assert_int_equal(status_of(call("POST", server.base_url, "/_sim/faults", "Content-Type: application/json",
                                        orders[i], strlen(orders[i]))),
                         400);
    assert_int_equal(status_of(call("GET", server.base_url, "/_sim/nothing", "", NULL, 0)), 404);
    server_stop(&server);
}

/* Instagram gets a file that the other simulator holds; an address where nobody listens is refused as documented. */
static void hosted_file(void **state)
{
    static const char *const account = "/v25.0/17841400000000000/media";
    struct server host, server;
    char session[512], body[400];
    json_auto_t *videos = NULL, *made = NULL, *refused = NULL, *posts = NULL;
    struct answer answer;

    (void)state;
    start(&host, &sim_youtube);
    start(&server, &sim_instagram);
    assert_int_equal(open_session(&host, session), 200);
    assert_int_equal(put(session, 0, FILE_BYTES - 1), 201);
    videos = control(&host, "GET", "/_sim/posts", NULL);
    snprintf(body, sizeof body, "{\"media_type\":\"REELS\",\"video_url\":\"%s/_sim/media/%s\"}", host.base_url,
             text_of(json_array_get(videos, 0), "id"));
    answer = call("POST", server.base_url, account,
                  "Authorization: Bearer sim-token-instagram\nContent-Type: application/json", body, strlen(body));
    made = json_loads(str_text(&answer.body), 0, NULL);
    assert_int_equal(status_of(answer), 200);
    snprintf(body, sizeof body, "/v25.0/%s?fields=status_code", text_of(made, "id"));
    assert_int_equal(
        status_of(call("GET", server.base_url, body, "Authorization: Bearer sim-token-instagram", NULL, 0)), 200);
    snprintf(body, sizeof body, "{\"creation_id\":\"%s\"}", text_of(made, "id"));
    assert_int_equal(status_of(call("POST", server.base_url, "/v25.0/17841400000000000/media_publish",
                                    "Authorization: Bearer sim-token-instagram\nContent-Type: application/json", body,
                                    strlen(body))),
                     200);
    posts = control(&server, "GET", "/_sim/posts", NULL);
    assert_string_equal(text_of(json_array_get(posts, 0), "sha256"), bytes_sha256);
    answer = call("POST", server.base_url, account,
                  "Authorization: Bearer sim-token-instagram\nContent-Type: application/json",
                  "{\"media_type\":\"REELS\",\"video_url\":\"http://127.0.0.1:1/a.mp4\"}", 61);
    refused = json_loads(str_text(&answer.body), 0, NULL);
    assert_int_equal(int_of(json_object_get(refused, "error"), "error_subcode"), 2207052);
    assert_int_equal(status_of(answer), 400);
    server_stop(&server);
    server_stop(&host);
}

static void the_clock_moves(void **state)
{
    struct server server;
    char session[512];

    (void)state;
    start(&server, &sim_youtube);
    assert_int_equal(open_session(&server, session), 200);
    json_decref(control(&server, "POST", "/_sim/clock", "{\"forward_ms\":700000000}"));
    assert_int_equal(put(session, 0, FILE_BYTES - 1), 404);
    server_stop(&server);
}

static int prepare(void **state)
{
    (void)state;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (size_t i = 0; i < sizeof bytes; i++)
        bytes[i] = (unsigned char)(i * 31 + i / 257);
    sha256_bytes(bytes, sizeof bytes, bytes_sha256);
    return !mkdtemp(dir);
}

static int tidy(void **state)
{
    char *const argv[] = {(char[]){"rm"}, (char[]){"-rf"}, dir, NULL};
    pid_t child = fork();

    (void)state;
    if (!child)
        execvp("rm", argv);
    curl_global_cleanup();
    return waitpid(child, NULL, 0) != child;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upload_in_pieces), cmocka_unit_test(faults_on_the_last_put), cmocka_unit_test(nth_and_times),
        cmocka_unit_test(kills_the_client), cmocka_unit_test(wrong_orders),           cmocka_unit_test(hosted_file),
        cmocka_unit_test(the_clock_moves),
    };

    signal(SIGPIPE, SIG_IGN);
    return cmocka_run_group_tests_name("sim_server", tests, prepare, tidy);
}
