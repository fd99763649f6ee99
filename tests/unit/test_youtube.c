#include "tests/unit/scenario.h"

extern const struct adapter adapter_youtube;

static void follows_its_scenarios(void **state)
{
    (void)state;
    scenario_walk_all(&adapter_youtube);
}

static void survives_any_answer(void **state)
{
    (void)state;
    walk_many_at_random(&adapter_youtube, "{}");
    walk_many_at_random(&adapter_youtube, "{\"settings\": {\"privacy\": \"public\", \"chunk_size\": 5000000}}");
}

/* When a refused upload may be tried again. */
static int64_t quota_until(int64_t now_ms)
{
    json_auto_t *body = json_loads("{\"error\": {\"errors\": [{\"reason\": \"quotaExceeded\"}]}}", 0, NULL);
    struct walk w;
    int64_t at_ms;

    walk_begin(&w, &adapter_youtube, NULL);
    w.now_ms = now_ms;
    walk_on(&w);
    walk_answer(&w, 403, NULL, body);
    walk_on(&w);
    at_ms = w.step.error.retry_at_ms;
    walk_end(&w);
    return at_ms;
}

/* The expected values come from the IANA zone America/Los_Angeles. */
static void quota_ends_at_midnight_pacific(void **state)
{
    (void)state;
    assert_int_equal(quota_until(1795532400000), 1795593600000);    /* 2026-11-24 15:00 UTC -> 25th 08:00 UTC, PST */
    assert_int_equal(quota_until(1783350000000), 1783407600000);    /* 2026-07-06 15:00 UTC -> 7th 07:00 UTC, PDT */
    assert_int_equal(quota_until(1772955000000), 1772956800000);    /* 2026-03-08 07:30 UTC -> 08:00 UTC, PST, the night of the change */
    assert_int_equal(quota_until(1772960000000), 1773039600000);    /* 2026-03-08 08:53 UTC -> 9th 07:00 UTC, PDT */
    assert_int_equal(quota_until(1793521800000), 1793606400000);    /* 2026-11-01 08:30 UTC -> 2nd 08:00 UTC, back to PST */
}

static json_t *first_body(const char *changes_text)
{
    json_auto_t *changes = json_loads(changes_text, 0, NULL);
    struct walk w;
    json_t *body;

    walk_begin(&w, &adapter_youtube, changes);
    walk_on(&w);
    body = json_loads(w.step.request.body, 0, NULL);
    walk_end(&w);
    return body;
}

static void tags_follow_the_documented_arithmetic(void **state)
{
    json_auto_t *changes = json_pack("{s:[]}", "hashtags");
    json_auto_t *body = NULL, *exact = NULL;
    AUTO_FREE char *text = NULL, *text_exact = NULL;
    json_t *list = json_object_get(changes, "hashtags");

    (void)state;
    for (int i = 0; i < 100; i++)    /* 19 characters and a comma: 25 of them are 499 */
        json_array_append_new(list, json_sprintf("a%018d", i));
    text = json_dumps(changes, 0);
    body = first_body(text);
    assert_int_equal(json_array_size(json_at(body, "snippet.tags")), 25);

    json_array_clear(list);          /* 16 * 30 + 15 commas = 495; then "a b" would be 3 + 2 + 1 = 501, "abcd" makes 500 */
    for (int i = 0; i < 16; i++)
        json_array_append_new(list, json_sprintf("b%029d", i));
    json_array_append_new(list, json_string("a b"));
    json_array_append_new(list, json_string("abcd"));
    text_exact = json_dumps(changes, 0);
    exact = first_body(text_exact);
    assert_int_equal(json_array_size(json_at(exact, "snippet.tags")), 17);
    assert_string_equal(json_text_at(exact, "snippet.tags.16"), "abcd");
}

static void every_choice_is_said(void **state)
{
    json_auto_t *body = first_body("{}");

    (void)state;
    assert_string_equal(json_text_at(body, "status.privacyStatus"), "private");
    assert_true(json_is_false(json_at(body, "status.selfDeclaredMadeForKids")));
    assert_true(json_is_false(json_at(body, "status.containsSyntheticMedia")));
    assert_true(json_is_string(json_at(body, "snippet.categoryId")));
}

static void an_unlisted_video_waits_for_its_time(void **state)
{
    json_auto_t *changes = json_pack("{s:I, s:{s:s}}", "schedule_ms", (json_int_t)(NOW_MS + 7200000), "settings", "privacy", "unlisted");
    struct walk w;

    (void)state;
    walk_begin(&w, &adapter_youtube, changes);
    walk_on(&w);
    assert_int_equal(w.step.kind, STEP_REQUEST);
    assert_int_equal(w.waited_ms, 7200000);
    assert_null(strstr(w.step.request.body, "publishAt"));
    walk_end(&w);
}

static bool checks(const char *changes_text, struct error *err)
{
    json_auto_t *changes = json_loads(changes_text, 0, NULL);
    struct walk w;
    bool ok;

    walk_begin(&w, &adapter_youtube, changes);
    ok = adapter_youtube.check(&w.post, err);
    walk_end(&w);
    return ok;
}

static void a_title_is_needed(void **state)
{
    struct error err = {0};

    (void)state;
    assert_true(checks("{}", &err));
    assert_true(checks("{\"text\": {\"title\": \"\"}}", &err));    /* the author's title stands in */
    assert_false(checks("{\"title\": \" \", \"text\": {\"title\": \"\"}}", &err));
    assert_string_equal(err.rule, "youtube.title");
    assert_false(checks("{\"text\": {\"title\": \"a < b\"}}", &err));
    assert_string_equal(err.rule, "youtube.characters");
}

static void a_short_is_not_wide_and_not_long(void **state)
{
    (void)state;
    assert_string_equal(adapter_youtube.spec->surface(1080, 1920, 180000), "Short");
    assert_string_equal(adapter_youtube.spec->surface(1080, 1080, 60000), "Short");
    assert_string_equal(adapter_youtube.spec->surface(1080, 1920, 180001), "video");
    assert_string_equal(adapter_youtube.spec->surface(1920, 1080, 10000), "video");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_its_scenarios),
        cmocka_unit_test(survives_any_answer),
        cmocka_unit_test(quota_ends_at_midnight_pacific),
        cmocka_unit_test(tags_follow_the_documented_arithmetic),
        cmocka_unit_test(every_choice_is_said),
        cmocka_unit_test(an_unlisted_video_waits_for_its_time),
        cmocka_unit_test(a_title_is_needed),
        cmocka_unit_test(a_short_is_not_wide_and_not_long),
    };

    return cmocka_run_group_tests_name("youtube", tests, NULL, NULL);
}
