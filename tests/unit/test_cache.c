/* The cache of renditions: what is whole is found, everything else is not; leftovers of dead processes go. */
#include "base/auto.h"
#include "base/file.h"
#include "render/cache.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <limits.h>
#include <string.h>
#include <sys/wait.h>

#define ID "0123456789abcdef0123456789abcdef"
#define SHA "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

struct place {
    char folder[64];
    struct arena *arena;
};

static int setup(void **state)
{
    struct place *p = calloc(1, sizeof *p);

    snprintf(p->folder, sizeof p->folder, "/tmp/crosscut-cache-XXXXXX");
    p->arena = arena_create();
    *state = p;
    return mkdtemp(p->folder) ? 0 : -1;
}

static const char *in(const struct place *p, const char *name)
{
    return arena_printf(p->arena, "%s/%s", p->folder, name);
}

static int teardown(void **state)
{
    static const char *const names[] = {ID ".mp4", ID ".jpg", ID ".json", NULL};
    struct place *p = *state;

    for (size_t i = 0; names[i]; i++)
        unlink(in(p, names[i]));
    rmdir(p->folder);
    arena_destroy(p->arena);
    free(p);
    return 0;
}

static void put(const struct place *p, const char *name, const char *text)
{
    assert_true(file_replace(in(p, name), text, strlen(text), 0600, NULL));
}

static const struct recipe recipe = {
    .work = WORK_ENCODE, .out_ms = 1000, .width_px = 1080, .height_px = 1920, .fps_num = 30, .fps_den = 1,
    .encoder = "x264", .preset = "superfast", .crf = 18, .gop_ms = 2000, .audio_stream = -1,
};

static void note(const struct place *p, bool has_cover)
{
    struct facts facts = {.container = "mp4", .size_bytes = 5, .moov_first = true, .video = {.stream = 0, .width_px = 1080},
                          .audio = {.stream = -1}};
    struct error err = {0};

    put(p, ID ".mp4", "12345");
    assert_true(cache_note(p->folder, ID, &recipe, &facts, SHA, has_cover, &err));
}

static void test_finds_what_was_noted(void **state)
{
    struct place *p = *state;
    struct cached found = {0};

    assert_false(cache_find(p->folder, ID, p->arena, &found));
    put(p, ID ".jpg", "jpeg");
    note(p, true);
    assert_true(cache_find(p->folder, ID, p->arena, &found));
    assert_string_equal(found.path, in(p, ID ".mp4"));
    assert_string_equal(found.cover, in(p, ID ".jpg"));
    assert_string_equal(found.sha256, SHA);
    assert_int_equal(found.bytes, 5);
    assert_int_equal(found.facts.video.width_px, 1080);
}

static void test_a_file_of_another_size_is_not_there(void **state)
{
    struct place *p = *state;
    struct cached found = {0};

    note(p, false);
    put(p, ID ".mp4", "1234");
    assert_false(cache_find(p->folder, ID, p->arena, &found));
    assert_int_equal(unlink(in(p, ID ".mp4")), 0);
    assert_false(cache_find(p->folder, ID, p->arena, &found));
}

static void test_a_missing_cover_makes_it_incomplete(void **state)
{
    struct place *p = *state;
    struct cached found = {0};

    note(p, true);
    assert_false(cache_find(p->folder, ID, p->arena, &found));
    note(p, false);
    assert_true(cache_find(p->folder, ID, p->arena, &found));
    assert_null(found.cover);
}

static void test_a_broken_note_is_no_note(void **state)
{
    struct place *p = *state;
    struct cached found = {0};

    note(p, false);
    put(p, ID ".json", "{\"bytes\": 5, ");
    assert_false(cache_find(p->folder, ID, p->arena, &found));
    put(p, ID ".json", "[]");
    assert_false(cache_find(p->folder, ID, p->arena, &found));
}

/* A pid that was ours a moment ago and is free now. */
static long dead_pid(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    return pid;
}

static void test_opening_removes_what_the_dead_left(void **state)
{
    struct place *p = *state;
    const char *left = in(p, arena_printf(p->arena, ID ".mp4.part-%ld", dead_pid()));
    const char *ours = in(p, arena_printf(p->arena, ID ".mp4.part-%ld", (long)getpid()));
    struct error err = {0};

    note(p, false);
    assert_true(file_replace(left, "x", 1, 0600, NULL));
    assert_true(file_replace(ours, "x", 1, 0600, NULL));
    assert_true(cache_open(p->folder, &err));
    assert_int_equal(access(left, F_OK), -1);
    assert_int_equal(access(ours, F_OK), 0);
    assert_int_equal(access(in(p, ID ".mp4"), F_OK), 0);
    unlink(ours);
}

static void test_a_folder_that_cannot_be_is_named(void **state)
{
    struct place *p = *state;
    struct error err = {0};

    put(p, ID ".mp4", "12345");
    assert_false(cache_open(in(p, ID ".mp4/sub"), &err));
    assert_non_null(strstr(err.text, ID ".mp4"));
    assert_int_equal(err.kind, ERROR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_finds_what_was_noted, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_file_of_another_size_is_not_there, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_missing_cover_makes_it_incomplete, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_broken_note_is_no_note, setup, teardown),
        cmocka_unit_test_setup_teardown(test_opening_removes_what_the_dead_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_a_folder_that_cannot_be_is_named, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
