/* The least work that makes a master fit, and the shapes and rates it gets. */
#include "plan_case.h"

#include "base/auto.h"
#include "plan/fit.h"
#include "plan/rate.h"
#include "plan/shape.h"

static const char *surface(int width_px, int height_px, int64_t duration_ms)
{
    return width_px <= height_px && duration_ms <= 180000 ? "Short" : "video";
}

/* One platform that is strict about everything. */
static const struct spec_row strict_rows[] = {
    {SPEC_CONTAINER, SPEC_HARD, .any_of = "mp4 mov", .source = "sheet"},
    {SPEC_VIDEO_CODEC, SPEC_HARD, .any_of = "h264 hevc vp9", .source = "sheet"},
    {SPEC_AUDIO_CODEC, SPEC_HARD, .any_of = "aac", .source = "sheet"},
    {SPEC_CHROMA, SPEC_HARD, .any_of = "420", .source = "sheet"},
    {SPEC_EDIT_LIST, SPEC_HARD, EXACTLY(0), .source = "sheet"},
    {SPEC_MOOV_FIRST, SPEC_HARD, EXACTLY(1), .source = "sheet"},
    {SPEC_CLOSED_GOP, SPEC_HARD, EXACTLY(1), .source = "sheet"},
    {SPEC_FPS, SPEC_HARD, BETWEEN(23000, 60000), .source = "sheet"},
    {SPEC_SIDE, SPEC_HARD, BETWEEN(360, 4096), .source = "sheet"},
    {SPEC_DURATION, SPEC_HARD, BETWEEN(3000, 600000), .source = "sheet", .setting = "max_duration"},
    {SPEC_SIZE, SPEC_HARD, AT_MOST(300000000), .source = "sheet", .setting = "max_size"},
    {SPEC_SAMPLE_RATE, SPEC_HARD, AT_MOST(48000), .source = "sheet"},
    {SPEC_CHANNELS, SPEC_HARD, BETWEEN(1, 2), .source = "sheet"},
    {SPEC_VIDEO_BITRATE, SPEC_HARD, AT_MOST(25000000), .source = "sheet"},
    {SPEC_ASPECT, SPEC_IDEAL, BETWEEN(562, 563), .source = "sheet"},
    {SPEC_DURATION, SPEC_IDEAL, AT_MOST(180000), .source = "sheet"},
    {SPEC_LOUDNESS, SPEC_IDEAL, EXACTLY(-14), .source = "sheet"},
};
static const struct spec strict_spec = {.platform = "strict",
                                        .sheet = "sheet.md",
                                        .date = "2026-11-22",
                                        .rows = strict_rows,
                                        .nb_rows = sizeof strict_rows / sizeof strict_rows[0],
                                        .surface = surface};
static const struct adapter strict = {.name = "strict", .title = "Strict", .spec = &strict_spec};

static const struct spec_row open_rows[] = {
    {SPEC_CONTAINER, SPEC_HARD, .any_of = "mp4 mov webm", .source = "sheet"},
    {SPEC_MOOV_FIRST, SPEC_IDEAL, EXACTLY(1), .source = "sheet"},
    {SPEC_VIDEO_BITRATE, SPEC_IDEAL, AT_MOST(8000000), .source = "sheet"},
};
static const struct spec open_spec = {.platform = "open", .sheet = "sheet.md", .date = "2026-11-22", .rows = open_rows,
                                      .nb_rows = sizeof open_rows / sizeof open_rows[0], .surface = surface};
static const struct adapter open_adapter = {.name = "open", .title = "Open", .spec = &open_spec};

static struct arena *arena;
static struct notes reasons, warnings;

static int set_up(void **state)
{
    (void)state;
    arena = arena_create();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    arena_destroy(arena);
    return 0;
}

static bool try(struct master master, const struct adapter *adapter, json_t *settings, struct fit *fit,
                struct error *err)
{
    const struct render_settings render = {.reframe = "auto", .quality = "balanced"};
    struct destination destination = {.name = "there", .adapter = adapter, .settings = settings};

    reasons = (struct notes){.arena = arena};
    warnings = (struct notes){.arena = arena};
    *err = (struct error){0};
    return fit_master(&master, &destination, &render, arena, fit, &reasons, &warnings, err);
}

static struct fit fit_of(struct facts facts)
{
    struct error err;
    struct fit fit = {0};

    if (!try(case_master(facts), &strict, NULL, &fit, &err))
        fail_msg("%s", err.text);
    return fit;
}

static void upright_that_fits_is_left_alone(void **state)
{
    struct facts f = case_facts(1080, 1920);
    (void)state;

    assert_int_equal(fit_of(f).work, WORK_ORIGINAL);
    f.loudness_known = true;    /* loudness alone is no reason to touch a file */
    f.loudness_lufs = -31;
    assert_int_equal(fit_of(f).work, WORK_ORIGINAL);
    f = case_facts(720, 1280);
    assert_int_equal(fit_of(f).work, WORK_ORIGINAL);
    f = case_facts(1080, 1906);    /* 0.7 % off: nobody sees it */
    assert_int_equal(fit_of(f).work, WORK_ORIGINAL);
    f.video.gop_max_ms = 0;        /* not measured is not refused */
    f.video.closed_gop = false;
    assert_int_equal(fit_of(f).work, WORK_ORIGINAL);
    assert_int_equal(fit_of(case_silent(case_facts(1080, 1920))).work, WORK_ORIGINAL);
}

static void container_faults_need_a_copy(void **state)
{
    struct facts f = case_facts(1080, 1920);
    (void)state;

    f.edit_list = true;
    assert_int_equal(fit_of(f).work, WORK_REMUX);
    assert_true(case_says(reasons.lines, "edit_list"));
    f.edit_list_trims = true;
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    f = case_facts(1080, 1920);
    f.moov_first = false;
    assert_int_equal(fit_of(f).work, WORK_REMUX);
    f = case_facts(1080, 1920);
    snprintf(f.container, sizeof f.container, "matroska");
    assert_int_equal(fit_of(f).work, WORK_REMUX);
    snprintf(f.audio.codec, sizeof f.audio.codec, "opus");
    assert_int_equal(fit_of(f).work, WORK_AUDIO);
    snprintf(f.video.codec, sizeof f.video.codec, "vp9");    /* legal there, but not to be copied into an MP4 */
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    f = case_facts(1080, 1920);
    f.nb_streams = 4;
    assert_int_equal(fit_of(f).work, WORK_REMUX);
    assert_true(case_says(reasons.lines, "2 more streams"));
}

static void sound_faults_leave_the_picture_alone(void **state)
{
    struct facts f = case_facts(1080, 1920);
    (void)state;

    snprintf(f.audio.codec, sizeof f.audio.codec, "amr_nb");
    f.audio.sample_rate_hz = 8000;
    assert_int_equal(fit_of(f).work, WORK_AUDIO);
    f = case_facts(1080, 1920);
    f.audio.channels = 6;
    assert_int_equal(fit_of(f).work, WORK_AUDIO);
    f = case_facts(1080, 1920);
    f.audio.sample_rate_hz = 96000;
    assert_int_equal(fit_of(f).work, WORK_AUDIO);
}

static void picture_faults_need_an_encode(void **state)
{
    struct facts upright = case_facts(1080, 1920), f;
    (void)state;

    f = upright, f.video.rotation_deg = 90;
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    f = upright, f.video.mirrored = true;
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    f = upright, f.video.hdr = HDR_HLG;
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    f = upright, f.video.sar_num = 4, f.video.sar_den = 3;
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    f = upright, f.video.scan = SCAN_TOP_FIRST;
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    f = upright, f.video.bitrate_bps = 40000000;
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    f = upright, f.video.closed_gop = false;
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    f = case_rate(upright, 5, 1);
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    f = upright, f.size_bytes = 300000001;
    assert_int_equal(fit_of(f).work, WORK_ENCODE);
    assert_int_equal(fit_of(case_facts(1920, 1080)).work, WORK_ENCODE);
    assert_int_equal(fit_of(case_facts(1080, 1080)).work, WORK_ENCODE);
}

static void too_short_is_refused_with_everything_one_needs(void **state)
{
    struct fit fit;
    struct error err;
    (void)state;

    assert_false(try(case_master(case_lasting(case_facts(1080, 1920), 2000)), &strict, NULL, &fit, &err));
    assert_int_equal(err.kind, ERROR_REFUSED);
    assert_string_equal(err.rule, "strict.duration");
    assert_non_null(strstr(err.text, "clips/sunset_run.mp4"));
    assert_non_null(strstr(err.text, "2 s"));
    assert_non_null(strstr(err.text, "3 s to 10 min"));
    assert_non_null(strstr(err.text, "sheet, 2026-11-22"));
    assert_non_null(strstr(err.text, "--skip there"));
    assert_true(try(case_master(case_lasting(case_facts(1080, 1920), 3000)), &strict, NULL, &fit, &err));
}

static void what_is_no_video_is_refused(void **state)
{
    struct facts f = case_facts(1080, 1920);
    struct master broken = case_master(f);
    struct fit fit;
    struct error err;
    (void)state;

    f.video = (struct video_facts){.stream = -1};
    assert_false(try(case_master(f), &strict, NULL, &fit, &err));
    assert_string_equal(err.rule, "master.video");
    fail_rule(&broken.error, ERROR_REFUSED, "master.read", "cannot be read");
    assert_false(try(broken, &strict, NULL, &fit, &err));
    assert_string_equal(err.rule, "master.read");
    f = case_facts(1080, 1920);
    f.duration_ms = 0;
    assert_false(try(case_master(f), &strict, NULL, &fit, &err));
    assert_string_equal(err.rule, "master.duration");
}

static void long_masters_are_cut_and_it_is_said(void **state)
{
    struct fit fit = fit_of(case_lasting(case_facts(1080, 1920), 720000));
    struct facts at_limit = case_lasting(case_facts(1080, 1920), 600000);
    (void)state;

    assert_int_equal(fit.work, WORK_ENCODE);
    assert_int_equal(fit.in_ms, 0);
    assert_true(fit.out_ms < 600000 - 50 && fit.out_ms >= 600000 - 50 - 45);
    assert_true(case_says(warnings.lines, "cut off"));
    at_limit.size_bytes = 200000000;
    fit = fit_of(at_limit);    /* copied: nothing is lost */
    assert_int_equal(fit.work, WORK_ORIGINAL);
    assert_int_equal(fit.out_ms, 600000);
}

static void the_authors_trim_is_taken(void **state)
{
    struct master master = case_master(case_facts(1080, 1920));
    struct fit fit;
    struct error err;
    (void)state;

    master.sidecar.in_ms = 2000;
    master.sidecar.out_ms = 12000;
    assert_true(try(master, &strict, NULL, &fit, &err));
    assert_int_equal(fit.work, WORK_ENCODE);
    assert_int_equal(fit.in_ms, 2000);
    assert_int_equal(fit.out_ms, 12000);
    master.sidecar.out_ms = 4500;    /* 2.5 s left: too short */
    assert_false(try(master, &strict, NULL, &fit, &err));
    master.sidecar.in_ms = 25000;
    master.sidecar.out_ms = 0;
    assert_false(try(master, &strict, NULL, &fit, &err));
    assert_string_equal(err.rule, "sidecar.in");
    master.sidecar = (struct sidecar){.hashtags = case_no_tags, .cover_ms = -1, .out_ms = 90000};
    assert_true(try(master, &strict, NULL, &fit, &err));
    assert_int_equal(fit.work, WORK_ORIGINAL);
    assert_int_equal(fit.out_ms, 20000);
    assert_true(case_says(warnings.lines, "goes to the end"));
    master.sidecar.out_ms = 19990;    /* within the last frame */
    assert_true(try(master, &strict, NULL, &fit, &err));
    assert_int_equal(fit.work, WORK_ORIGINAL);
}

static void settings_move_limits(void **state)
{
    json_auto_t *tight = json_pack("{s:i, s:i}", "max_duration", 10000, "max_fps", 25);
    json_auto_t *loose = json_pack("{s:i}", "max_duration", 700000);
    json_auto_t *small = json_pack("{s:i}", "max_size", 400000);
    struct fit fit;
    struct error err;
    (void)state;

    assert_true(try(case_master(case_facts(1080, 1920)), &strict, tight, &fit, &err));
    assert_int_equal(fit.work, WORK_ENCODE);
    assert_true(fit.out_ms < 10000);
    assert_int_equal(limits_max(&fit.limits, SPEC_FPS, 0), 25000);
    assert_true(try(case_master(case_facts(1080, 1920)), &open_adapter, tight, &fit, &err)); /* no ceiling of its own */
    assert_true(fit.out_ms < 10000);
    assert_true(try(case_master(case_lasting(case_facts(1080, 1920), 650000)), &strict, loose, &fit, &err));
    assert_int_equal(fit.out_ms, 650000);
    assert_true(case_says(warnings.lines, "may be refused"));
    assert_false(try(case_master(case_facts(1080, 1920)), &strict, small, &fit, &err));
    assert_string_equal(err.rule, "strict.size");
}

static void too_long_for_a_short_keeps_its_shape(void **state)
{
    struct fit fit = fit_of(case_lasting(case_facts(1920, 1080), 200000));
    json_auto_t *cut = json_pack("{s:i}", "max_duration", 180000);
    struct error err;
    (void)state;

    assert_int_equal(fit.wish, SHAPE_OWN);
    assert_int_equal(fit.work, WORK_ORIGINAL);
    assert_true(case_says(warnings.lines, "will be a video, not a Short"));
    assert_true(try(case_master(case_lasting(case_facts(1920, 1080), 200000)), &strict, cut, &fit, &err));
    assert_int_equal(fit.wish, SHAPE_IDEAL);
    assert_true(fit.out_ms < 180000);
    fit = fit_of(case_lasting(case_facts(1920, 1080), 179990));    /* encoded, it would round up over 180 s */
    assert_true(fit.out_ms < 179950);
}

static void cheap_ideals_are_met_where_streams_can_be_copied(void **state)
{
    struct facts f = case_facts(1080, 1920);
    struct fit fit;
    struct error err;
    (void)state;

    f.moov_first = false;
    assert_true(try(case_master(f), &open_adapter, NULL, &fit, &err));
    assert_int_equal(fit.work, WORK_REMUX);
    snprintf(f.video.codec, sizeof f.video.codec, "vp9");
    snprintf(f.container, sizeof f.container, "webm");
    assert_true(try(case_master(f), &open_adapter, NULL, &fit, &err));
    assert_int_equal(fit.work, WORK_ORIGINAL);
}

static void shape_is(int width_px, int height_px, const char *how, enum reframe reframe)
{
    struct facts f = case_facts(width_px, height_px);
    struct shape shape = shape_fill(&f.video, 1080, 1920, how, arena);

    if (shape.reframe != reframe)
        fail_msg("%dx%d %s: %s", width_px, height_px, how, shape.why);
    assert_int_equal(shape.width_px, 1080);
    assert_int_equal(shape.height_px, 1920);
    assert_true(shape.crop.x_px >= 0 && shape.crop.y_px >= 0);
    assert_true(shape.crop.x_px + shape.crop.width_px <= width_px &&
                shape.crop.y_px + shape.crop.height_px <= height_px);
    assert_int_equal(shape.crop.width_px % 2 + shape.crop.height_px % 2 + shape.crop.x_px % 2 + shape.crop.y_px % 2, 0);
    assert_int_equal(!!shape.crop.width_px, reframe == REFRAME_CROP);
}

static void auto_reframes_by_shape(void **state)
{
    struct facts f = case_facts(1920, 1080);
    struct shape shape = shape_fill(&f.video, 1080, 1920, "auto", arena);
    (void)state;

    assert_int_equal(shape.crop.width_px, 608);    /* 607.5 */
    assert_int_equal(shape.crop.height_px, 1080);
    assert_int_equal(shape.crop.x_px, 656);
    shape_is(1920, 1080, "auto", REFRAME_CROP);
    shape_is(640, 480, "auto", REFRAME_CROP);
    shape_is(853, 481, "auto", REFRAME_CROP);
    shape_is(2000, 1000, "auto", REFRAME_CROP);
    shape_is(2048, 1000, "auto", REFRAME_BLUR);
    shape_is(3840, 1080, "auto", REFRAME_BLUR);
    shape_is(1080, 1080, "auto", REFRAME_BLUR);
    shape_is(1080, 1350, "auto", REFRAME_BLUR);
    shape_is(426, 240, "auto", REFRAME_BLUR);
    shape_is(1000, 1500, "auto", REFRAME_CROP);
    shape_is(1080, 2340, "auto", REFRAME_CROP);
    shape_is(300, 1920, "auto", REFRAME_BLUR);
    shape_is(1080, 1906, "auto", REFRAME_CROP);
    shape_is(720, 1280, "auto", REFRAME_NONE);
    shape_is(1920, 1080, "blur", REFRAME_BLUR);
    shape_is(1920, 1080, "pad", REFRAME_PAD);
    shape_is(3840, 1080, "crop", REFRAME_CROP);
    shape_is(3840, 1080, "track", REFRAME_CROP);
}

static void own_shape_stays_inside_and_even(void **state)
{
    static const struct { int width_px, height_px, to_width_px, to_height_px; } cases[] = {
        {1920, 1080, 1920, 1080}, {3840, 2160, 1920, 1080}, {2160, 3840, 1080, 1920}, {853, 481, 852, 480},
        {4000, 1000, 1920, 480}, {640, 360, 640, 360}, {320, 240, 480, 360}, {4000, 400, 1920, 360},
    };
    struct limits limits = limits_of(&strict_spec, NULL);
    (void)state;

    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct facts f = case_facts(cases[i].width_px, cases[i].height_px);
        struct shape shape = shape_own(&f.video, &limits, arena);

        assert_int_equal(shape.width_px, cases[i].to_width_px);
        assert_int_equal(shape.height_px, cases[i].to_height_px);
    }
}

static void rate_is(int num, int den, bool variable, int64_t max, int to_num, int to_den)
{
    struct video_facts video = {.fps_num = num, .fps_den = den, .variable_fps = variable};
    struct rate rate = rate_choose(&video, 23000, max, arena);

    if (rate.num != to_num || rate.den != to_den)
        fail_msg("%d/%d: %d/%d, expected %d/%d", num, den, rate.num, rate.den, to_num, to_den);
}

static void rates_keep_their_cadence(void **state)
{
    (void)state;
    rate_is(30000, 1001, false, 60000, 30000, 1001);
    rate_is(2997, 100, false, 60000, 30000, 1001);
    rate_is(24000, 1001, false, 60000, 24000, 1001);
    rate_is(24, 1, false, 60000, 24, 1);
    rate_is(48, 1, false, 60000, 48, 1);
    rate_is(60, 1, false, 60000, 60, 1);
    rate_is(5, 1, false, 60000, 30, 1);
    rate_is(10, 1, false, 60000, 30, 1);
    rate_is(12, 1, false, 60000, 24, 1);
    rate_is(15, 1, false, 60000, 30, 1);
    rate_is(15000, 1001, false, 60000, 30000, 1001);
    rate_is(25, 2, false, 60000, 25, 1);
    rate_is(20, 1, false, 60000, 40, 1);
    rate_is(240, 1, false, 60000, 60, 1);
    rate_is(120000, 1001, false, 60000, 60000, 1001);
    rate_is(60, 1, false, 30000, 30, 1);
    rate_is(60000, 1001, false, 30000, 30000, 1001);
    rate_is(50, 1, false, 30000, 25, 1);
    rate_is(35, 1, false, 30000, 30, 1);
    rate_is(2930, 100, true, 60000, 30000, 1001);
    rate_is(273, 10, true, 60000, 30000, 1001);
    rate_is(58, 1, true, 60000, 60000, 1001);
    rate_is(17, 1, true, 60000, 30, 1);
    rate_is(0, 0, false, 60000, 30, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(upright_that_fits_is_left_alone),
        cmocka_unit_test(container_faults_need_a_copy),
        cmocka_unit_test(sound_faults_leave_the_picture_alone),
        cmocka_unit_test(picture_faults_need_an_encode),
        cmocka_unit_test(too_short_is_refused_with_everything_one_needs),
        cmocka_unit_test(what_is_no_video_is_refused),
        cmocka_unit_test(long_masters_are_cut_and_it_is_said),
        cmocka_unit_test(the_authors_trim_is_taken),
        cmocka_unit_test(settings_move_limits),
        cmocka_unit_test(too_long_for_a_short_keeps_its_shape),
        cmocka_unit_test(cheap_ideals_are_met_where_streams_can_be_copied),
        cmocka_unit_test(auto_reframes_by_shape),
        cmocka_unit_test(own_shape_stays_inside_and_even),
        cmocka_unit_test(rates_keep_their_cadence),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
