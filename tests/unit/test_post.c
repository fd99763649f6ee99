#include <crosscut/post.h>

#include <crosscut/spec.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *const full =
    "{\"id\": \"0011223344556677\", \"master_id\": \"sha256:ab\", \"master_path\": \"clip.mp4\", \"destination\": \"shorts\", \"platform\": \"youtube\","
    " \"account\": \"17\", \"part\": 2, \"parts\": 3, \"occurrence\": 1, \"rendition_id\": \"ff\", \"rendition\": \"/c/ff.mp4\","
    " \"rendition_bytes\": 5000000000, \"rendition_sha256\": \"cd\", \"content_type\": \"video/mp4\", \"width_px\": 1080, \"height_px\": 1920,"
    " \"duration_ms\": 58000, \"cover_ms\": -1, \"cover\": \"/c/ff.jpg\", \"text\": {\"title\": \"T\"}, \"hashtags\": [\"a\"], \"title\": \"T\","
    " \"link\": \"https://a.example\", \"alt_text\": \"A\", \"language\": \"en\", \"schedule_ms\": 7, \"created_ms\": 6, \"ai_generated\": true,"
    " \"brand_organic\": false, \"brand_content\": true, \"made_for_kids\": false, \"made_for_kids_said\": true,"
    " \"settings\": {\"privacy\": \"public\", \"poll_interval\": 5000, \"as_video\": true}}";

static void every_field_survives(void **state)
{
    json_auto_t *json = json_loads(full, 0, NULL), *again = NULL;
    struct post post = {0};
    struct error err = {0};

    (void)state;
    assert_true(post_from_json(json, &post, &err));
    again = post_to_json(&post);
    assert_true(json_equal(json, again));
    assert_int_equal(post.rendition_bytes, 5000000000);
    assert_int_equal(post.part, 2);
    assert_int_equal(post.cover_ms, -1);
    assert_true(post.brand_content && !post.brand_organic && post.made_for_kids_said);
    assert_null(post.adapter);
}

static void what_is_not_said_stays_unsaid(void **state)
{
    json_auto_t *json = json_loads(full, 0, NULL), *again = NULL;
    static const char *const optional[] = {"account", "rendition_sha256", "cover", "link", "alt_text", "language"};
    struct post post = {0};
    struct error err = {0};

    (void)state;
    for (size_t i = 0; i < 6; i++)
        json_object_del(json, optional[i]);
    assert_true(post_from_json(json, &post, &err));
    assert_null(post.account);
    assert_null(post.rendition_sha256);
    assert_null(post.link);
    again = post_to_json(&post);
    assert_true(json_equal(json, again));
}

static void wrong_records_are_refused_and_change_nothing(void **state)
{
    static const struct { const char *key, *value; } wrong[] = {
        {"id", "5"}, {"id", NULL}, {"part", "\"2\""}, {"part", "5000000000"}, {"text", "[]"}, {"hashtags", "{}"}, {"settings", "null"},
        {"ai_generated", "1"}, {"rendition_bytes", "1.5"}, {"title", NULL}, {"cover_ms", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        json_auto_t *json = json_loads(full, 0, NULL);
        struct post post = {.part = 99};
        struct error err = {0};

        if (wrong[i].value)
            json_object_set_new(json, wrong[i].key, json_loads(wrong[i].value, JSON_DECODE_ANY, NULL));
        else
            json_object_del(json, wrong[i].key);
        assert_false(post_from_json(json, &post, &err));
        assert_non_null(strstr(err.text, wrong[i].key));
        assert_int_equal(post.part, 99);
    }
    {
        struct post post = {0};
        struct error err = {0};

        assert_false(post_from_json(NULL, &post, &err));
    }
}

static void states_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < POST_STATES; i++) {
        enum post_state s = POST_STATES;

        assert_true(post_state_parse(post_state_name((enum post_state)i), &s));
        assert_int_equal(s, i);
    }
    assert_string_equal(post_state_name(POST_UNKNOWN), "unknown");
    assert_false(post_state_parse("gone", &(enum post_state){POST_PLANNED}));
    assert_false(post_state_parse(NULL, &(enum post_state){POST_PLANNED}));
    assert_true(post_state_final(POST_PUBLISHED) && post_state_final(POST_FAILED) && post_state_final(POST_RETRACTED));
    assert_false(post_state_final(POST_UNKNOWN) || post_state_final(POST_HELD) || post_state_final(POST_DEFERRED));
}

static void settings_have_fallbacks(void **state)
{
    json_auto_t *json = json_loads(full, 0, NULL);
    struct post post = {0}, empty = {0};
    struct error err = {0};

    (void)state;
    assert_true(post_from_json(json, &post, &err));
    assert_string_equal(post_setting(&post, "privacy"), "public");
    assert_string_equal(post_setting(&post, "poll_interval"), "");
    assert_int_equal(post_setting_int(&post, "poll_interval", 1), 5000);
    assert_int_equal(post_setting_int(&post, "privacy", 1), 1);
    assert_true(post_setting_bool(&post, "as_video", false));
    assert_true(post_setting_bool(&post, "other", true));
    assert_string_equal(post_text(&post, "title"), "T");
    assert_string_equal(post_text(&post, "caption"), "");
    assert_string_equal(post_setting(&empty, "privacy"), "");
    assert_string_equal(post_text(&empty, "title"), "");
}

static void properties_and_units_have_names(void **state)
{
    (void)state;
    for (int i = 0; i < SPEC_PROPERTIES; i++) {
        assert_non_null(spec_property_name((enum spec_property)i));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(spec_property_name((enum spec_property)i), spec_property_name((enum spec_property)j));
    }
    assert_string_equal(spec_property_name(SPEC_DURATION), "duration");
    assert_string_equal(text_unit_name(TEXT_UTF16), "utf16");
    assert_string_equal(text_unit_name(TEXT_CODE_POINTS), "code_points");
}

/* A path is bytes: what is not UTF-8 comes back as it was, also through text. */
static void paths_are_bytes(void **state)
{
    static const char *const paths[] = {"plain.mp4", "\xC3\xA4.mp4", "bad\xFF\xFEname.mp4", "\xF3\xB0\x80\x80x", "\xF3\xB0\x83\xBF", "\xC3"};

    (void)state;
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        struct post post = {.id = "1", .master_id = "m", .master_path = paths[i], .destination = "d", .platform = "p", .title = "t"}, read;
        json_t *json = post_to_json(&post), *again;
        char *text = json_dumps(json, JSON_COMPACT);
        struct error err;

        assert_non_null(text);
        again = json_loads(text, 0, NULL);
        assert_true(post_from_json(again, &read, &err));
        assert_string_equal(read.master_path, paths[i]);
        free(text);
        json_decref(json);
        json_decref(again);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_field_survives),
        cmocka_unit_test(paths_are_bytes),
        cmocka_unit_test(what_is_not_said_stays_unsaid),
        cmocka_unit_test(wrong_records_are_refused_and_change_nothing),
        cmocka_unit_test(states_have_names),
        cmocka_unit_test(settings_have_fallbacks),
        cmocka_unit_test(properties_and_units_have_names),
    };

    return cmocka_run_group_tests_name("post", tests, NULL, NULL);
}
