#include "tests/unit/scenario.h"

extern const struct adapter adapter_instagram;

static void follows_its_scenarios(void **state)
{
    (void)state;
    scenario_walk_all(&adapter_instagram);
}

static void survives_any_answer(void **state)
{
    (void)state;
    walk_many_at_random(&adapter_instagram, "{}");
    walk_many_at_random(&adapter_instagram, "{\"settings\": {\"login\": \"instagram\", \"host_base_url\": \"https://media.example.org\"}}");
}

static bool checks(const char *changes_text, struct error *err)
{
    json_auto_t *changes = json_loads(changes_text, 0, NULL);
    struct walk w;
    bool ok;

    walk_begin(&w, &adapter_instagram, changes);
    ok = adapter_instagram.check(&w.post, err);
    walk_end(&w);
    return ok;
}

static void a_fetched_file_needs_a_host(void **state)
{
    struct error err = {0};

    (void)state;
    assert_true(checks("{}", &err));
    assert_false(checks("{\"settings\": {\"login\": \"instagram\"}}", &err));
    assert_string_equal(err.rule, "instagram.host");
    assert_false(checks("{\"settings\": {\"upload\": \"url\"}}", &err));
    assert_true(checks("{\"settings\": {\"upload\": \"url\", \"host_base_url\": \"https://a.example\"}}", &err));
    assert_true(checks("{\"settings\": {\"collaborators\": \"a b c\"}}", &err));
    assert_false(checks("{\"settings\": {\"collaborators\": \"a b c d\"}}", &err));
    assert_string_equal(err.rule, "instagram.collaborators");
}

static void an_account_is_needed_to_send(void **state)
{
    json_auto_t *changes = json_loads("{\"account\": null}", 0, NULL);
    struct walk w;

    (void)state;
    walk_begin(&w, &adapter_instagram, changes);
    walk_on(&w);
    assert_int_equal(w.step.kind, STEP_FAILED);
    assert_int_equal(w.step.error.kind, ERROR_CREDENTIALS);
    assert_string_equal(w.step.error.rule, "instagram.account");
    walk_end(&w);
}

/* The file goes where the answer says, and only a token for that host goes with it; the engine pins the host. */
static void a_container_needs_an_upload_address(void **state)
{
    json_auto_t *bare = json_loads("{\"id\": \"1\"}", 0, NULL), *bad = json_loads("{\"id\": \"../x\", \"uri\": \"https://rupload.facebook.com/x\"}", 0, NULL);
    const json_t *answers[] = {bare, bad};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct walk w;

        walk_begin(&w, &adapter_instagram, NULL);
        walk_on(&w);
        walk_answer(&w, 200, NULL, answers[i]);
        walk_on(&w);
        assert_int_equal(w.step.kind, STEP_FAILED);
        assert_int_equal(w.step.error.kind, ERROR_TRANSIENT);
        walk_end(&w);
    }
}

/* A container that errs every time is not made for ever. */
static void containers_are_limited(void **state)
{
    json_auto_t *made = json_loads("{\"id\": \"1\", \"uri\": \"https://rupload.facebook.com/x\"}", 0, NULL);
    json_auto_t *sent = json_loads("{\"success\": true}", 0, NULL), *failed = json_loads("{\"status_code\": \"ERROR\", \"status\": \"2207082\"}", 0, NULL);
    struct walk w;
    int containers = 0;

    (void)state;
    walk_begin(&w, &adapter_instagram, NULL);
    for (walk_on(&w); w.step.kind == STEP_REQUEST; walk_on(&w)) {
        bool is_new = strstr(w.step.request.url, "/media") != NULL;

        containers += is_new;
        walk_answer(&w, 200, NULL, is_new ? made : w.step.request.file ? sent : failed);
    }
    assert_int_equal(containers, 3);
    assert_int_equal(w.step.error.kind, ERROR_PERMANENT);
    walk_end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(follows_its_scenarios),
        cmocka_unit_test(survives_any_answer),
        cmocka_unit_test(a_fetched_file_needs_a_host),
        cmocka_unit_test(an_account_is_needed_to_send),
        cmocka_unit_test(a_container_needs_an_upload_address),
        cmocka_unit_test(containers_are_limited),
    };

    return cmocka_run_group_tests_name("instagram", tests, NULL, NULL);
}
