/* `crosscut check`: rows, verdicts, ways out, and settings that move limits. */
#include "plan_case.h"

#include "base/auto.h"

static const struct spec_row rows_of_strict[] = {
    {SPEC_CONTAINER, SPEC_HARD, .any_of = "mp4 mov", .source = "sheet: container"},
    {SPEC_VIDEO_CODEC, SPEC_HARD, .any_of = "h264 hevc", .source = "sheet: codec"},
    {SPEC_AUDIO_CODEC, SPEC_HARD, .any_of = "aac", .source = "sheet: sound"},
    {SPEC_FPS, SPEC_HARD, BETWEEN(23000, 60000), .source = "sheet: fps"},
    {SPEC_SIDE, SPEC_HARD, BETWEEN(360, 4096), .source = "sheet: side"},
    {SPEC_DURATION, SPEC_HARD, BETWEEN(3000, 300000), .source = "sheet: duration", .setting = "max_duration"},
    {SPEC_EDIT_LIST, SPEC_HARD, EXACTLY(0), .source = "sheet: edit list"},
    {SPEC_CLOSED_GOP, SPEC_HARD, EXACTLY(1), .source = "sheet: gop"},
    {SPEC_ASPECT, SPEC_IDEAL, BETWEEN(562, 563), .source = "sheet: aspect"},
    {SPEC_LOUDNESS, SPEC_IDEAL, EXACTLY(-14), .source = "sheet: loudness"},
};
enum { CONTAINER, VIDEO_CODEC, AUDIO_CODEC, FPS, SIDE, DURATION, EDIT_LIST, CLOSED_GOP, ASPECT, LOUDNESS, ROWS };
static const struct spec spec = {.platform = "strict", .rows = rows_of_strict, .nb_rows = ROWS};

static struct arena *arena;

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

static const struct check_row *check(const json_t *settings, struct facts facts, size_t expected)
{
    const struct check_row *rows;
    size_t nb = spec_check(&spec, settings, &facts, arena, &rows);

    assert_int_equal(nb, expected);
    return rows;
}

static void a_good_file_passes_every_row(void **state)
{
    const struct check_row *rows = check(NULL, case_facts(1080, 1920), ROWS);
    (void)state;

    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(rows[i].limit->property, rows_of_strict[i].property);    /* in the order of the spec */
        assert_string_equal(rows[i].limit->source, rows_of_strict[i].source);
        assert_int_equal(rows[i].verdict, i == LOUDNESS ? VERDICT_UNKNOWN : VERDICT_PASS);
        assert_true(!*rows[i].way_out == (rows[i].verdict == VERDICT_PASS));
    }
    assert_string_equal(rows[FPS].value, "30 fps");
    assert_string_equal(rows[FPS].wanted, "23 fps to 60 fps");
    assert_string_equal(rows[CONTAINER].wanted, "mp4 or mov");
    assert_string_equal(rows[SIDE].value, "1080 px and 1920 px");
    assert_string_equal(rows[DURATION].wanted, "3 s to 5 min");
    assert_string_equal(rows[ASPECT].value, "9:16");
}

static void each_fault_fails_its_row_with_a_way_out(void **state)
{
    struct facts f = case_rate(case_lasting(case_facts(640, 340), 310500), 15000, 1001);
    const struct check_row *rows;
    (void)state;

    snprintf(f.container, sizeof f.container, "webm");
    snprintf(f.video.codec, sizeof f.video.codec, "vp9");
    snprintf(f.audio.codec, sizeof f.audio.codec, "opus");
    f.edit_list = true;
    f.video.closed_gop = false;
    f.loudness_known = true;
    f.loudness_lufs = -22.6;
    rows = check(NULL, f, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        assert_int_equal(rows[i].verdict, rows[i].limit->force == SPEC_HARD ? VERDICT_FAIL : VERDICT_WARN);
        assert_true(*rows[i].way_out);
    }
    assert_string_equal(rows[FPS].value, "14.99 fps");
    assert_string_equal(rows[DURATION].value, "5 min 10.5 s");
    assert_string_equal(rows[LOUDNESS].value, "-23 LUFS");
    assert_string_equal(rows[EDIT_LIST].value, "an edit list");
    assert_string_equal(rows[EDIT_LIST].wanted, "no edit list");
}

static void too_short_has_no_cure(void **state)
{
    const struct check_row *rows = check(NULL, case_lasting(case_facts(1080, 1920), 2000), ROWS);
    (void)state;

    assert_int_equal(rows[DURATION].verdict, VERDICT_FAIL);
    assert_non_null(strstr(rows[DURATION].way_out, "--skip"));
}

static void no_sound_breaks_no_rule_about_sound(void **state)
{
    const struct check_row *rows = check(NULL, case_silent(case_facts(1080, 1920)), ROWS);
    (void)state;

    assert_int_equal(rows[AUDIO_CODEC].verdict, VERDICT_PASS);
    assert_string_equal(rows[AUDIO_CODEC].value, "no sound");
    assert_int_equal(rows[LOUDNESS].verdict, VERDICT_PASS);
}

static void what_is_not_measured_is_unknown(void **state)
{
    struct facts f = case_facts(1080, 1920);
    const struct check_row *rows;
    (void)state;

    f.video.closed_gop = false;
    f.video.gop_max_ms = 0;
    rows = check(NULL, f, ROWS);
    assert_int_equal(rows[CLOSED_GOP].verdict, VERDICT_UNKNOWN);
    assert_string_equal(rows[CLOSED_GOP].value, "not known");
}

static void settings_tighten_loosen_and_add(void **state)
{
    json_auto_t *tight = json_pack("{s:i}", "max_duration", 10000), *loose = json_pack("{s:i}", "max_duration", 600000);
    json_auto_t *added = json_pack("{s:i}", "max_size", 1000000);
    const struct check_row *rows = check(tight, case_facts(1080, 1920), ROWS);
    (void)state;

    assert_int_equal(rows[DURATION].verdict, VERDICT_FAIL);
    assert_string_equal(rows[DURATION].wanted, "3 s to 10 s");
    assert_string_equal(rows[DURATION].limit->source, "setting max_duration");

    rows = check(loose, case_lasting(case_facts(1080, 1920), 400000), ROWS);
    assert_int_equal(rows[DURATION].verdict, VERDICT_WARN);
    assert_non_null(strstr(rows[DURATION].way_out, "the platform's own 5 min"));
    rows = check(loose, case_facts(1080, 1920), ROWS);
    assert_int_equal(rows[DURATION].verdict, VERDICT_PASS);
    rows = check(loose, case_lasting(case_facts(1080, 1920), 700000), ROWS);
    assert_int_equal(rows[DURATION].verdict, VERDICT_FAIL);

    rows = check(added, case_facts(1080, 1920), ROWS + 1);
    assert_int_equal(rows[ROWS].limit->property, SPEC_SIZE);
    assert_int_equal(rows[ROWS].verdict, VERDICT_FAIL);
    assert_string_equal(rows[ROWS].value, "20 MB");
    assert_string_equal(rows[ROWS].wanted, "at most 1 MB");
}

static void verdicts_have_names(void **state)
{
    (void)state;
    assert_string_equal(verdict_name(VERDICT_PASS), "pass");
    assert_string_equal(verdict_name(VERDICT_WARN), "warn");
    assert_string_equal(verdict_name(VERDICT_FAIL), "fail");
    assert_string_equal(verdict_name(VERDICT_UNKNOWN), "unknown");
}

/* Every property of every adapter has words: a row that says nothing helps nobody. */
static void every_property_can_be_said(void **state)
{
    struct facts odd = {.container = "avi",
                        .duration_ms = 1,
                        .size_bytes = 999,
                        .video = {.codec = "mjpeg", .chroma = "444", .width_px = 10, .height_px = 10}};
    (void)state;

    for (int p = 0; p < SPEC_PROPERTIES; p++) {
        struct spec_row row = {.property = (enum spec_property)p, .force = SPEC_HARD, BETWEEN(11, 12), .source = "s"};
        struct spec one = {.rows = &row, .nb_rows = 1};
        const struct check_row *rows;

        assert_int_equal(spec_check(&one, NULL, &odd, arena, &rows), 1);
        assert_true(*rows->value && *rows->wanted);
        assert_true(rows->verdict == VERDICT_PASS || *rows->way_out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_good_file_passes_every_row),
        cmocka_unit_test(each_fault_fails_its_row_with_a_way_out),
        cmocka_unit_test(too_short_has_no_cure),
        cmocka_unit_test(no_sound_breaks_no_rule_about_sound),
        cmocka_unit_test(what_is_not_measured_is_unknown),
        cmocka_unit_test(settings_tighten_loosen_and_add),
        cmocka_unit_test(verdicts_have_names),
        cmocka_unit_test(every_property_can_be_said),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
