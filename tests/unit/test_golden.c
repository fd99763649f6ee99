/* Whole plans as golden files: sixteen masters against the four platforms that are built in.
 *
 * tests/golden/NAME.json is what plan_to_json gives. After a change that is meant, look at the difference:
 *     GOLDEN=write make unit && git diff tests/golden
 * GOLDEN_DIR names another folder. */
#include "plan_case.h"

#include "base/auto.h"
#include "base/file.h"
#include "publish/settings.h"
#include <time.h>

#define PLATFORMS 4
static const char *const names[PLATFORMS] = {"tiktok", "reels", "shorts", "site"};
static const char *const platforms[PLATFORMS] = {"tiktok", "instagram", "youtube", "site"};

static struct destination destinations[PLATFORMS];
static json_t *settings[PLATFORMS];

static void put_defaults(json_t *into, const struct setting *rows)
{
    struct error err;

    for (; rows && rows->name; rows++)
        if (rows->value)
            json_object_set_new(into, rows->name, setting_parse(rows, rows->value, &err));
}

static int set_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLATFORMS; i++) {
        const struct adapter *adapter = adapter_find(platforms[i]);

        if (!adapter)
            return -1;
        settings[i] = json_object();
        put_defaults(settings[i], common_settings);
        put_defaults(settings[i], adapter->settings);
        destinations[i] = (struct destination){.name = names[i], .adapter = adapter, .settings = settings[i]};
    }
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    for (size_t i = 0; i < PLATFORMS; i++)
        json_decref(settings[i]);
    return 0;
}

/* The folder of golden files; `make unit` runs at the root of the tree. */
static const char *folder(void)
{
    const char *own = getenv("GOLDEN_DIR");

    return own ? own : "tests/golden";
}

static void compare(const char *name, const struct facts *facts)
{
    static const char *const tags[] = {"run", "sunset", "coast", "trail", "hills", "summer", NULL};
    struct master master = case_master(*facts);
    struct plan_input input = case_input(&master, destinations, PLATFORMS);
    AUTO_ARENA struct arena *arena = arena_create();
    const char *path = arena_printf(arena, "%s/%s.json", folder(), name);
    AUTO_FREE char *expected = NULL, *text = NULL;
    struct plan plan;
    struct error err;
    json_t *json;

    master.path = arena_printf(arena, "%s.mp4", name);
    master.sidecar.caption = "Sunset run along the coast <3";
    master.sidecar.hashtags = tags;
    master.sidecar.link = "https://example.org/run";
    if (!plan_make(&input, &plan, &err))
        fail_msg("%s", err.text);
    json = plan_to_json(&input, &plan);
    text = json_dumps(json, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(6));
    json_decref(json);
    plan_finish(&plan);
    assert_non_null(text);
    if (getenv("GOLDEN") && !strcmp(getenv("GOLDEN"), "write")) {
        if (!file_replace(path, text, strlen(text), 0644, &err))
            fail_msg("%s", err.text);
        return;
    }
    if (!file_read(path, 1 << 20, &expected, NULL, &err))
        fail_msg("%s", err.text);
    if (strcmp(expected, text) != 0)
        fail_msg("%s differs; GOLDEN=write makes it anew, git diff shows how", path);
}

static void landscape(void **state)
{
    struct facts f = case_facts(1920, 1080);
    (void)state;

    f.video.bitrate_bps = 12000000;
    f.size_bytes = 30000000;
    compare("landscape-1080p", &f);
}

static void four_by_three(void **state)
{
    struct facts f = case_facts(640, 480);
    (void)state;
    compare("four-by-three", &f);
}

static void upright(void **state)
{
    struct facts f = case_facts(1080, 1920);
    (void)state;
    compare("upright-fits", &f);
}

static void rotated(void **state)
{
    struct facts f = case_rate(case_facts(1080, 1920), 30000, 1001);
    (void)state;

    f.video.rotation_deg = 90;
    f.video.coded_width_px = 1920;
    f.video.coded_height_px = 1080;
    f.nb_streams = 4;
    snprintf(f.container, sizeof f.container, "mov");
    compare("rotated-phone", &f);
}

static void hlg(void **state)
{
    struct facts f = case_rate(case_facts(2160, 3840), 60, 1);
    (void)state;

    snprintf(f.video.codec, sizeof f.video.codec, "hevc");
    f.video.hdr = HDR_HLG;
    f.video.dolby_vision = true;
    f.video.bit_depth = 10;
    f.video.rotation_deg = 90;
    compare("hlg-2160p60", &f);
}

static void five_fps(void **state)
{
    struct facts f = case_rate(case_facts(1080, 1920), 5, 1);
    (void)state;
    compare("upright-5fps", &f);
}

static void slow_motion(void **state)
{
    struct facts f = case_rate(case_facts(1280, 720), 240, 1);
    (void)state;
    compare("landscape-240fps", &f);
}

static void no_audio(void **state)
{
    struct facts f = case_silent(case_facts(1920, 1080));
    (void)state;
    compare("no-audio", &f);
}

static void twelve_minutes(void **state)
{
    struct facts f = case_lasting(case_facts(1920, 1080), 720000);
    (void)state;
    compare("twelve-minutes", &f);
}

static void two_seconds(void **state)
{
    struct facts f = case_lasting(case_facts(1080, 1920), 2000);
    (void)state;
    compare("two-seconds", &f);
}

static void edit_list(void **state)
{
    struct facts f = case_facts(1080, 1920);
    (void)state;

    f.edit_list = true;
    f.moov_first = false;
    compare("edit-list-only", &f);
}

static void amr(void **state)
{
    struct facts f = case_facts(1080, 1920);
    (void)state;

    snprintf(f.container, sizeof f.container, "3gp");
    snprintf(f.audio.codec, sizeof f.audio.codec, "amr_nb");
    f.audio.sample_rate_hz = 8000;
    f.audio.channels = 1;
    compare("amr-audio", &f);
}

static void pcm(void **state)
{
    struct facts f = case_facts(1080, 1920);
    (void)state;

    snprintf(f.container, sizeof f.container, "mov");
    snprintf(f.audio.codec, sizeof f.audio.codec, "pcm_s16le");
    f.audio.bitrate_bps = 1536000;
    compare("pcm-mov", &f);
}

static void odd_size(void **state)
{
    struct facts f = case_facts(853, 481);
    (void)state;
    compare("odd-size", &f);
}

static void panorama(void **state)
{
    struct facts f = case_facts(3840, 1080);
    (void)state;
    compare("panorama", &f);
}

static void square(void **state)
{
    struct facts f = case_facts(1080, 1080);
    (void)state;
    compare("square", &f);
}

static void planning_is_quick(void **state)
{
    enum { ROUNDS = 200 };
    struct master master = case_master(case_facts(1920, 1080));
    struct plan_input input = case_input(&master, destinations, PLATFORMS);
    struct timespec from, to;
    struct error err;
    double each_ms;
    (void)state;

    master.sidecar.caption = "Sunset run along the coast, three hours out and back over the hills; the dog came along.";
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
    for (int i = 0; i < ROUNDS; i++) {
        struct plan plan;

        assert_true(plan_make(&input, &plan, &err));
        plan_finish(&plan);
    }
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
    each_ms = ((double)(to.tv_sec - from.tv_sec) * 1e3 + (double)(to.tv_nsec - from.tv_nsec) / 1e6) / ROUNDS;
    print_message("%.3f ms of CPU for a master and %d destinations\n", each_ms, PLATFORMS);
    assert_true(each_ms < 10);    /* 1 ms in a release build; sanitizers and slow machines get room */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(landscape),
        cmocka_unit_test(four_by_three),
        cmocka_unit_test(upright),
        cmocka_unit_test(rotated),
        cmocka_unit_test(hlg),
        cmocka_unit_test(five_fps),
        cmocka_unit_test(slow_motion),
        cmocka_unit_test(no_audio),
        cmocka_unit_test(twelve_minutes),
        cmocka_unit_test(two_seconds),
        cmocka_unit_test(edit_list),
        cmocka_unit_test(amr),
        cmocka_unit_test(pcm),
        cmocka_unit_test(odd_size),
        cmocka_unit_test(panorama),
        cmocka_unit_test(square),
        cmocka_unit_test(planning_is_quick),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
