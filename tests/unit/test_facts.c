#include <crosscut/facts.h>
#include <crosscut/recipe.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct facts sample(void)
{
    return (struct facts){
        .container = "mov", .size_bytes = 5000000000, .duration_ms = 60060, .edit_list = true, .nb_streams = 3,
        .video = {
            .stream = 1, .codec = "hevc", .profile = "Main 10", .coded_width_px = 1920, .coded_height_px = 1080,
            .width_px = 1080, .height_px = 1920, .sar_num = 1, .sar_den = 1, .rotation_deg = 90, .mirrored = true,
            .fps_num = 30000, .fps_den = 1001, .variable_fps = true, .bit_depth = 10, .pix_fmt = "yuv420p10le",
            .chroma = "420", .hdr = HDR_HLG, .dolby_vision = true, .primaries = "bt2020", .transfer = "arib-std-b67",
            .matrix = "bt2020nc", .scan = SCAN_BOTTOM_FIRST, .bitrate_bps = 12345678, .start_ms = 33,
            .duration_ms = 60027, .nb_frames = 1800, .gop_max_ms = 1001, .closed_gop = true,
        },
        .audio = {
            .stream = 0, .codec = "aac", .profile = "LC", .sample_rate_hz = 48000, .channels = 6, .layout = "5.1",
            .bitrate_bps = 384000, .duration_ms = 60060,
        },
        .loudness_known = true, .loudness_lufs = -23.125, .true_peak_dbtp = -0.1, .loudness_range_lu = 7.3,
        .damaged_frames = 2,
    };
}

static void assert_facts_equal(const struct facts *a, const struct facts *b)
{
    json_t *left = facts_to_json(a), *right = facts_to_json(b);

    assert_true(json_equal(left, right));
    json_decref(left);
    json_decref(right);
}

/* Through text, as it goes between the processes. */
static json_t *reread(json_t *json)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    json_t *again = json_loads(text, 0, NULL);

    free(text);
    json_decref(json);
    assert_non_null(again);
    return again;
}

static void test_facts_round_trip(void **state)
{
    struct facts in = sample(), out = {0};
    json_t *json = reread(facts_to_json(&in));

    (void)state;
    assert_true(facts_from_json(json, &out, NULL));
    assert_facts_equal(&in, &out);
    assert_int_equal(out.size_bytes, 5000000000);
    assert_int_equal(out.video.hdr, HDR_HLG);
    assert_int_equal(out.video.scan, SCAN_BOTTOM_FIRST);
    assert_string_equal(out.video.pix_fmt, "yuv420p10le");
    assert_true(out.loudness_lufs == -23.125 && out.true_peak_dbtp == -0.1);
    assert_int_equal(out.audio.channels, 6);
    json_decref(json);
}

static void test_facts_without_audio(void **state)
{
    struct facts in = sample(), out;
    json_t *json;

    (void)state;
    in.audio = (struct audio_facts){.stream = -1};
    in.loudness_known = false;
    json = reread(facts_to_json(&in));
    assert_true(json_is_null(json_object_get(json, "audio")));
    assert_true(facts_from_json(json, &out, NULL));
    assert_int_equal(out.audio.stream, -1);
    assert_false(out.loudness_known);
    json_decref(json);
}

static void refuses_facts(const char *part, const char *key, json_t *value)
{
    struct facts in = sample(), out = {.nb_streams = 77};
    json_t *json = facts_to_json(&in);
    struct error err = {0};

    json_object_set_new(part ? json_object_get(json, part) : json, key, value);
    assert_false(facts_from_json(json, &out, &err));
    assert_non_null(strstr(err.text, key));
    assert_int_equal(out.nb_streams, 77);    /* written only on success */
    json_decref(json);
}

static void test_facts_are_checked(void **state)
{
    struct facts in = sample(), out;
    json_t *json = facts_to_json(&in);

    (void)state;
    refuses_facts(NULL, "size_bytes", json_integer(-1));
    refuses_facts(NULL, "duration_ms", json_string("60"));
    refuses_facts(NULL, "edit_list", json_integer(1));
    refuses_facts("video", "hdr", json_string("dolby"));
    refuses_facts("video", "width_px", json_integer(1 << 30));
    refuses_facts("video", "chroma", json_string("much too long"));
    refuses_facts("audio", "channels", json_real(2.0));
    refuses_facts("loudness", "loudness_lufs", json_integer(5000));
    json_object_del(json, "moov_first");
    assert_false(facts_from_json(json, &out, NULL));
    json_decref(json);
    assert_false(facts_from_json(NULL, &out, NULL));
}

static struct recipe encode(void)
{
    return (struct recipe){
        .work = WORK_ENCODE, .in_ms = 250, .out_ms = 30250, .width_px = 1080, .height_px = 1920, .reframe = REFRAME_CROP,
        .crop = {656, 0, 608, 1080}, .fps_num = 30000, .fps_den = 1001, .tone_map = true, .encoder = "x264",
        .preset = "superfast", .crf = 21, .maxrate_bps = 12000000, .max_bytes = 300000000, .gop_ms = 2000,
        .sample_rate_hz = 48000, .channels = 2, .audio_bitrate_bps = 192000, .normalize = true, .target_lufs = -14,
        .target_dbtp = -1.5, .video_stream = 0, .audio_stream = 1,
    };
}

static char *canonical(const struct recipe *recipe)
{
    json_t *json = recipe_to_json(recipe);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);

    json_decref(json);
    return text;
}

static void assert_recipe_round_trip(const struct recipe *in)
{
    struct recipe out;
    struct error err = {0};
    json_t *json = reread(recipe_to_json(in));
    char *before = canonical(in), *after;

    assert_true(recipe_from_json(json, &out, &err));
    after = canonical(&out);
    assert_string_equal(before, after);
    json_decref(json);
    free(before);
    free(after);
}

static void test_recipe_round_trip(void **state)
{
    struct recipe r = encode();

    (void)state;
    assert_recipe_round_trip(&r);
    r.crop = (struct crop){0};
    r.normalize = false;
    assert_recipe_round_trip(&r);
    r.audio_stream = -1;
    assert_recipe_round_trip(&r);
    r.audio_silent = true;
    assert_recipe_round_trip(&r);
    for (int work = WORK_ORIGINAL; work <= WORK_AUDIO; work++) {
        r = encode();
        r.work = (enum recipe_work)work;
        assert_recipe_round_trip(&r);
    }
}

/* What does not change the rendition does not change its name; what does, does. */
static void test_recipe_is_canonical(void **state)
{
    struct recipe a = encode(), b = encode();
    char *left, *right;

    (void)state;
    a.work = b.work = WORK_REMUX;
    b.crf = 30;
    b.target_lufs = -16;
    left = canonical(&a);
    right = canonical(&b);
    assert_string_equal(left, right);
    free(left);
    free(right);
    a.work = b.work = WORK_ENCODE;
    b = a;
    b.crf++;
    left = canonical(&a);
    right = canonical(&b);
    assert_string_not_equal(left, right);
    free(left);
    free(right);
}

static void refuses_recipe(const char *key, json_t *value)
{
    struct recipe in = encode(), out = {.crf = 77};
    json_t *json = recipe_to_json(&in);
    struct error err = {0};

    json_object_set_new(json, key, value);
    assert_false(recipe_from_json(json, &out, &err));
    assert_true(err.text[0] != 0);
    assert_int_equal(out.crf, 77);
    json_decref(json);
}

static void test_recipe_is_checked(void **state)
{
    (void)state;
    refuses_recipe("work", json_string("stolen"));
    refuses_recipe("out_ms", json_integer(250));
    refuses_recipe("width_px", json_integer(1081));
    refuses_recipe("height_px", json_integer(100000));
    refuses_recipe("fps_den", json_integer(0));
    refuses_recipe("encoder", json_string(""));
    refuses_recipe("crop", json_integer(3));
    refuses_recipe("target_lufs", json_integer(3));
    refuses_recipe("audio_stream", json_integer(-2));
    refuses_recipe("video_stream", json_null());
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(recipe_work_name(WORK_REMUX), "remuxed");
    assert_string_equal(reframe_name(REFRAME_BLUR), "blur");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_facts_round_trip),
        cmocka_unit_test(test_facts_without_audio),
        cmocka_unit_test(test_facts_are_checked),
        cmocka_unit_test(test_recipe_round_trip),
        cmocka_unit_test(test_recipe_is_canonical),
        cmocka_unit_test(test_recipe_is_checked),
        cmocka_unit_test(test_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
