#include "base/auto.h"
#include "base/hash.h"
#include "publish/host.h"
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char folder[64], root[96];

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(name);
}

static int setup(void **state)
{
    struct error err;

    snprintf(folder, sizeof folder, "/tmp/crosscut-host-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(root, sizeof root, "%s/a/public", folder);
    *state = host_open(root, &err);
    return *state ? 0 : -1;
}

static int teardown(void **state)
{
    host_close(*state);
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static int ask(struct host *host, struct http_request request, char *etag, char *body)
{
    struct transport_answer answer = {0};
    int status;

    host_answer(host, &request, &answer);
    status = answer.response.status;
    if (etag)
        snprintf(etag, 80, "%s", http_header(&answer.response, "etag") ? http_header(&answer.response, "etag") : "");
    if (body)
        snprintf(body, 256, "%s", answer.response.body);
    transport_answer_finish(&answer);
    return status;
}

static void test_put_get_delete(void **state)
{
    char etag[80], again[80], body[256];

    assert_int_equal(ask(*state, (struct http_request){.method = "GET", .url = "host:/v/x.html"}, NULL, NULL), 404);
    assert_int_equal(
        ask(*state, (struct http_request){.method = "PUT", .url = "host:/v/a%20b/x.html", .body = "abc"}, etag, NULL),
        201);
    assert_string_equal(etag, "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"");
    assert_int_equal(ask(*state, (struct http_request){.method = "GET", .url = "host:/v/a%20b/x.html"}, again, body),
                     200);
    assert_string_equal(again, etag);
    assert_string_equal(body, "abc");
    assert_int_equal(
        ask(*state, (struct http_request){.method = "PUT", .url = "host:/v/a%20b/x.html", .body = "abcd"}, again, NULL),
        200);
    assert_string_not_equal(again, etag);
    assert_int_equal(ask(*state, (struct http_request){.method = "HEAD", .url = "host:/v/a%20b/x.html"}, etag, body),
                     200);
    assert_string_equal(again, etag);
    assert_string_equal(body, "");
    assert_int_equal(ask(*state, (struct http_request){.method = "DELETE", .url = "host:/v/a%20b/x.html"}, NULL, NULL),
                     204);
    assert_int_equal(ask(*state, (struct http_request){.method = "DELETE", .url = "host:/v/a%20b/x.html"}, NULL, NULL),
                     404);
    assert_int_equal(ask(*state, (struct http_request){.method = "POST", .url = "host:/v/x.html"}, NULL, NULL), 405);
}

static void test_conditions(void **state)
{
    char etag[80], body[256];
    struct http_request put = {.method = "PUT", .url = "host:/c.json", .body = "1"};

    put.headers[0] = (struct http_header){"if-none-match", "*"};
    assert_int_equal(ask(*state, put, etag, NULL), 201);
    assert_int_equal(ask(*state, put, NULL, NULL), 412);
    put.body = "2";
    put.headers[0] = (struct http_header){"If-Match", "\"something else\""};
    assert_int_equal(ask(*state, put, NULL, NULL), 412);
    ask(*state, (struct http_request){.method = "GET", .url = "host:/c.json"}, NULL, body);
    assert_string_equal(body, "1");
    put.headers[0].value = etag;
    assert_int_equal(ask(*state, put, NULL, NULL), 200);
    put.url = "host:/new.json";
    assert_int_equal(ask(*state, put, NULL, NULL), 412);    /* nothing is there to match */
}

static void test_ranges_of_files(void **state)
{
    char source[96], body[256];
    int fd;

    snprintf(source, sizeof source, "%s/source", folder);
    fd = open(source, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "0123456789", 10), 10);
    close(fd);
    assert_int_equal(
        ask(*state, (struct http_request){.method = "PUT", .url = "host:/r", .file = source, .offset = 2, .length = 5},
            NULL, NULL),
        201);
    ask(*state, (struct http_request){.method = "GET", .url = "host:/r"}, NULL, body);
    assert_string_equal(body, "23456");
    /* shorter than it was said to be: nothing of it may show */
    assert_int_equal(
        ask(*state, (struct http_request){.method = "PUT", .url = "host:/r", .file = source, .offset = 2, .length = 50},
            NULL, NULL),
        500);
    ask(*state, (struct http_request){.method = "GET", .url = "host:/r"}, NULL, body);
    assert_string_equal(body, "23456");
    assert_int_equal(ask(*state,
                         (struct http_request){.method = "PUT", .url = "host:/r", .file = "/nowhere", .length = 1},
                         NULL, NULL),
                     500);
}

static int count_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)ftw;
    if (type == FTW_F && !strstr(name, "/outside"))
        print_message("left behind: %s\n", name);
    return type == FTW_F && !strstr(name, "/outside");
}

static void test_no_way_out_of_the_folder(void **state)
{
    static const char *const bad[] = {
        "host:/../x",
        "host:/a/../../x",
        "host:/%2e%2e/x",
        "host:/..%2fx",
        "host:/%2e%2e%2fx",
        "host:/a//b",
        "host://x",
        "host:/",
        "host:/a/",
        "host:/.",
        "host:/a/./b",
        "host:/%00",
        "host:/a%00b",
        "host:/a%0ab",
        "host:/a%5cb",
        "host:/%zz",
        "host:/%2",
        "host:/.crosscut-part-1-x",
        "host:/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o/p/q",
        "host:/out/x",
        "host:/link",
    };
    char outside[96], link[128];

    assert_int_equal(ask(*state, (struct http_request){.method = "PUT", .url = "host:/x", .body = "x"}, NULL, NULL),
                     201);
    assert_int_equal(ask(*state, (struct http_request){.method = "DELETE", .url = "host:/x"}, NULL, NULL), 204);
    snprintf(outside, sizeof outside, "%s/outside", folder);
    assert_int_equal(mkdir(outside, 0700), 0);
    snprintf(link, sizeof link, "%s/out", root);
    assert_int_equal(symlink(outside, link), 0);
    snprintf(link, sizeof link, "%s/link", root);
    assert_int_equal(symlink("/etc/passwd", link), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        int put = ask(*state, (struct http_request){.method = "PUT", .url = bad[i], .body = "x"}, NULL, NULL);
        int get = ask(*state, (struct http_request){.method = "GET", .url = bad[i]}, NULL, NULL);

        if (put != 400 || get != 400)
            fail_msg("%s: PUT %d, GET %d", bad[i], put, get);
    }
    snprintf(link, sizeof link, "%s/link", root);
    assert_int_equal(unlink(link), 0);
    assert_int_equal(nftw(folder, count_one, 16, FTW_PHYS), 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {TEST(test_put_get_delete), TEST(test_conditions), TEST(test_ranges_of_files),
                                       TEST(test_no_way_out_of_the_folder)};

    return cmocka_run_group_tests_name("host", tests, NULL, NULL);
}
