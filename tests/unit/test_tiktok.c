#include "tests/unit/scenario.h"

extern const struct adapter adapter_tiktok;

static void follows_its_scenarios(void **state)
{
    (void)state;
    scenario_walk_all(&adapter_tiktok);
}

static void survives_any_answer(void **state)
{
    (void)state;
    walk_many_at_random(&adapter_tiktok, "{}");
    walk_many_at_random(&adapter_tiktok, "{\"rendition_bytes\": 83000000, \"settings\": {\"mode\": \"direct\", \"privacy\": \"SELF_ONLY\"}}");
}

/* The body of the first init for a file of that size. */
static json_t *init_of(int64_t bytes, const char *chunk_setting, int64_t chunk_bytes)
{
    json_auto_t *changes = json_pack("{s:I, s:{s:I}}", "rendition_bytes", (json_int_t)bytes, "settings", chunk_setting, (json_int_t)chunk_bytes);
    struct walk w;
    json_t *body;

    walk_begin(&w, &adapter_tiktok, changes);
    walk_on(&w);
    body = json_loads(w.step.request.body, 0, NULL);
    walk_end(&w);
    return body;
}

static void pieces(int64_t bytes, int64_t setting, int64_t chunk, int64_t count)
{
    json_auto_t *body = init_of(bytes, "chunk_size", setting);

    assert_int_equal(json_int_at(body, "source_info.video_size", 0), bytes);
    assert_int_equal(json_int_at(body, "source_info.chunk_size", 0), chunk);
    assert_int_equal(json_int_at(body, "source_info.total_chunk_count", 0), count);
    assert_true(chunk * count <= bytes && bytes - chunk * (count - 1) <= 128000000);
}

static void plans_pieces_as_the_sheet_says(void **state)
{
    (void)state;
    pieces(1, 10000000, 1, 1);
    pieces(4194304, 10000000, 4194304, 1);
    pieces(50000123, 10000000, 50000123, 1);
    pieces(64000000, 10000000, 64000000, 1);
    pieces(64000001, 10000000, 10000000, 6);
    pieces(70000000, 64000000, 35000000, 2);        /* never one piece of a file over 64 MB */
    pieces(83000000, 1, 5242880, 15);               /* the least a piece may have */
    pieces(83000000, 900000000, 41500000, 2);
    pieces(4000000000, 10000000, 10000000, 400);
    pieces(64000000000, 10000000, 64000000, 1000);  /* at most 1000 */
}

static void every_piece_is_sent_once_and_in_order(void **state)
{
    json_auto_t *changes = json_loads("{\"rendition_bytes\": 100000001}", 0, NULL);
    json_auto_t *opened = json_loads("{\"data\": {\"publish_id\": \"p1\", \"upload_url\": \"https://up.tiktokapis.com/v\"}, \"error\": {\"code\": \"ok\"}}", 0, NULL);
    struct walk w;
    int64_t next = 0;

    (void)state;
    walk_begin(&w, &adapter_tiktok, changes);
    walk_on(&w);
    walk_answer(&w, 200, NULL, opened);
    for (walk_on(&w); w.step.request.file; walk_on(&w)) {
        int64_t end = w.step.request.offset + w.step.request.length;

        assert_int_equal(w.step.request.offset, next);
        assert_int_equal(w.step.request.repeat, end == 100000001 ? REPEAT_NEVER : REPEAT_SAFE);
        assert_int_equal(w.step.request.sign, SIGN_NONE);    /* the address carries its own token */
        next = end;
        walk_answer(&w, end == 100000001 ? 201 : 206, NULL, NULL);
    }
    assert_int_equal(next, 100000001);
    walk_end(&w);
}

static bool checks(const char *changes_text, struct error *err)
{
    json_auto_t *changes = json_loads(changes_text, 0, NULL);
    struct walk w;
    bool ok;

    walk_begin(&w, &adapter_tiktok, changes);
    ok = adapter_tiktok.check(&w.post, err);
    walk_end(&w);
    return ok;
}

static void privacy_is_the_users_choice(void **state)
{
    struct error err = {0};

    (void)state;
    assert_true(checks("{}", &err));
    assert_false(checks("{\"settings\": {\"mode\": \"direct\"}}", &err));
    assert_string_equal(err.rule, "tiktok.privacy");
    assert_non_null(strstr(err.text, "SELF_ONLY"));
    assert_true(checks("{\"settings\": {\"mode\": \"direct\", \"privacy\": \"SELF_ONLY\"}}", &err));
    assert_false(checks("{\"brand_content\": true, \"settings\": {\"mode\": \"direct\", \"privacy\": \"SELF_ONLY\"}}", &err));
    assert_string_equal(err.rule, "tiktok.branded_content");
    assert_true(checks("{\"brand_content\": true, \"settings\": {\"mode\": \"direct\", \"privacy\": \"PUBLIC_TO_EVERYONE\"}}", &err));
}

static void an_empty_file_is_refused(void **state)
{
    json_auto_t *changes = json_loads("{\"rendition_bytes\": 0}", 0, NULL);
    struct walk w;

    (void)state;
    walk_begin(&w, &adapter_tiktok, changes);
    walk_on(&w);
    assert_int_equal(w.step.kind, STEP_FAILED);
    assert_int_equal(w.step.error.kind, ERROR_REFUSED);
    walk_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_its_scenarios),
        cmocka_unit_test(survives_any_answer),
        cmocka_unit_test(plans_pieces_as_the_sheet_says),
        cmocka_unit_test(every_piece_is_sent_once_and_in_order),
        cmocka_unit_test(privacy_is_the_users_choice),
        cmocka_unit_test(an_empty_file_is_refused),
    };

    return cmocka_run_group_tests_name("tiktok", tests, NULL, NULL);
}
