#include "ingest/scan.h"

#include "base/auto.h"
#include "base/clock.h"
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

static char folder[] = "/tmp/crosscut-scan-XXXXXX";
static struct arena *arena;

static char *at(const char *name)
{
    return arena_printf(arena, "%s/%s", folder, name);
}

static void put_aged(const char *name, int64_t age_s)
{
    int fd = open(at(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    const struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = time(NULL) - age_s}};

    assert_true(fd >= 0);
    assert_int_equal(write(fd, "x", 1), 1);
    futimens(fd, times);
    close(fd);
}

static void put(const char *name)
{
    put_aged(name, 3600);
}

static struct scan scan_these(const char *const *paths, size_t nb_paths)
{
    struct scan scan;
    struct error err = {0};

    if (!scan_masters(paths, nb_paths, arena, &scan, &err))
        fail_msg("%s", err.text);
    return scan;
}

static struct scan scan_folder(void)
{
    return scan_these(&(const char *){folder}, 1);
}

static const char *why(const struct scan *scan, const char *name)
{
    for (size_t i = 0; i < scan->nb_skipped; i++)
        if (!strcmp(scan->skipped[i].path, at(name)))
            return scan->skipped[i].why;
    fail_msg("%s was not passed over", name);
    return "";
}

static void test_folder_in_order(void **state)
{
    struct scan scan;

    (void)state;
    put("b.mp4");
    put("a.MOV");
    put("z.webm");
    mkdir(at("mine"), 0700);
    put("mine/c.mkv");
    scan = scan_folder();
    assert_int_equal(scan.nb_masters, 4);
    assert_string_equal(scan.masters[0].path, at("a.MOV"));
    assert_string_equal(scan.masters[1].path, at("b.mp4"));
    assert_string_equal(scan.masters[2].path, at("mine/c.mkv"));
    assert_string_equal(scan.masters[3].path, at("z.webm"));
    assert_int_equal(scan.nb_skipped, 0);
}

static void test_reasons(void **state)
{
    struct scan scan;
    int fd;

    (void)state;
    put("clip.mp4");
    put("clip.json");
    put("clip.JPG");
    put(".hidden.mp4");
    put("new.mp4.part");
    put("new.crdownload");
    put("notes.pdf");
    mkdir(at(".git"), 0700);
    put(".git/x.mp4");
    mkfifo(at("pipe.mp4"), 0600);
    assert_int_equal(symlink("nowhere.mp4", at("dangling.mp4")), 0);
    assert_int_equal(symlink("loop.mp4", at("loop.mp4")), 0);
    assert_int_equal(symlink(".", at("again")), 0);
    assert_int_equal(symlink("clip.mp4", at("link.mp4")), 0);
    fd = open(at("empty.mp4"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    close(fd);
    scan = scan_folder();
    assert_int_equal(scan.nb_masters, 1);
    assert_string_equal(scan.masters[0].path, at("clip.mp4"));
    assert_int_equal(scan.nb_skipped, 13);
    assert_non_null(strstr(why(&scan, "clip.json"), "sidecar"));
    assert_non_null(strstr(why(&scan, "clip.JPG"), "sidecar"));
    assert_non_null(strstr(why(&scan, ".hidden.mp4"), "hidden"));
    assert_non_null(strstr(why(&scan, ".git"), "hidden"));
    assert_non_null(strstr(why(&scan, "new.mp4.part"), "unfinished"));
    assert_non_null(strstr(why(&scan, "new.crdownload"), "unfinished"));
    assert_non_null(strstr(why(&scan, "notes.pdf"), "not a video"));
    assert_non_null(strstr(why(&scan, "pipe.mp4"), "named pipe"));
    assert_non_null(strstr(why(&scan, "dangling.mp4"), "nowhere"));
    assert_non_null(strstr(why(&scan, "loop.mp4"), "circle"));
    assert_non_null(strstr(why(&scan, "again"), "link to a folder"));
    assert_non_null(strstr(why(&scan, "link.mp4"), "the same file"));
    assert_non_null(strstr(why(&scan, "empty.mp4"), "empty"));
}

static void test_named_files(void **state)
{
    const char *paths[6];
    struct scan scan;

    (void)state;
    put("odd.name");
    mkfifo(at("pipe.mp4"), 0600);
    assert_int_equal(symlink("loop.mp4", at("loop.mp4")), 0);
    put("half.part");
    paths[0] = at("odd.name");
    paths[1] = at("gone.mp4");
    paths[2] = at("pipe.mp4");
    paths[3] = at("loop.mp4");
    paths[4] = at("half.part");
    paths[5] = "/dev/null";
    scan = scan_these(paths, 6);
    assert_int_equal(scan.nb_masters, 6);
    assert_string_equal(scan.masters[0].error.text, "");    /* a name decides nothing */
    for (size_t i = 1; i < 6; i++) {
        assert_int_equal(scan.masters[i].error.kind, ERROR_REFUSED);
        assert_non_null(strstr(scan.masters[i].error.text, paths[i]));
    }
    assert_non_null(strstr(scan.masters[2].error.text, "named pipe"));
    assert_non_null(strstr(scan.masters[3].error.text, "circle"));
    assert_non_null(strstr(scan.masters[4].error.text, "unfinished"));
    assert_non_null(strstr(scan.masters[5].error.text, "device"));
}

static void test_a_file_twice(void **state)
{
    const char *paths[2];
    struct scan scan;

    (void)state;
    put("clip.mp4");
    paths[0] = at("clip.mp4");
    paths[1] = folder;
    scan = scan_these(paths, 2);
    assert_int_equal(scan.nb_masters, 1);
    assert_non_null(strstr(why(&scan, "clip.mp4"), "the same file"));
}

static void *grow(void *path)
{
    for (int i = 0; i < 30; i++) {
        int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

        if (fd >= 0 && write(fd, "more", 4) == 4)
            close(fd);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return NULL;
}

static void test_growing(void **state)
{
    struct scan scan;
    pthread_t writer;
    const char *path;

    (void)state;
    put_aged("growing.mp4", 0);
    path = at("growing.mp4");
    pthread_create(&writer, NULL, grow, at("growing.mp4"));
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    scan = scan_these(&path, 1);
    assert_int_equal(scan.nb_masters, 1);
    assert_string_equal(scan.masters[0].error.rule, "media.growing");
    pthread_join(writer, NULL);
    pthread_create(&writer, NULL, grow, at("growing.mp4"));
    nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    scan = scan_folder();
    pthread_join(writer, NULL);
    assert_int_equal(scan.nb_masters, 0);
    assert_non_null(strstr(why(&scan, "growing.mp4"), "still being written"));
}

/* A file that was finished just now is taken, after a short look. */
static void test_fresh(void **state)
{
    int64_t start = clock_monotonic_ms();
    struct scan scan;
    const char *path;

    (void)state;
    put_aged("fresh.mp4", 0);
    path = at("fresh.mp4");
    scan = scan_these(&path, 1);
    assert_int_equal(scan.nb_masters, 1);
    assert_string_equal(scan.masters[0].error.text, "");
    assert_true(clock_monotonic_ms() - start < 1000);
    scan = scan_folder();
    assert_int_equal(scan.nb_masters, 1);
    assert_true(clock_monotonic_ms() - start < 4000);
}

static void test_no_folder(void **state)
{
    struct scan scan = {.nb_masters = 77};
    struct error err = {0};

    (void)state;
    mkdir(at("closed"), 0);
    if (geteuid() != 0) {
        assert_false(scan_masters(&(const char *){at("closed")}, 1, arena, &scan, &err));
        assert_int_equal(err.kind, ERROR_REFUSED);
        assert_int_equal(scan.nb_masters, 77);
    }
    scan = scan_folder();
    assert_int_equal(scan.nb_masters, 0);
}

static int set_up(void **state)
{
    (void)state;
    memcpy(folder + sizeof folder - 7, "XXXXXX", 6);
    arena = arena_create();
    return mkdtemp(folder) ? 0 : -1;
}

static int drop(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return nftw(folder, drop, 8, FTW_DEPTH | FTW_PHYS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_folder_in_order), TEST(test_reasons), TEST(test_named_files), TEST(test_a_file_twice),
        TEST(test_growing),         TEST(test_fresh),   TEST(test_no_folder),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
