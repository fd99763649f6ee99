#include <crosscut/setting.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int64_t number(enum setting_type type, const char *text)
{
    struct setting row = {.name = "x", .type = type};
    struct error err;
    json_t *value = setting_parse(&row, text, &err);
    int64_t n = value ? json_integer_value(value) : -1;

    json_decref(value);
    return n;
}

static void durations_have_units(void **state)
{
    (void)state;
    assert_int_equal(number(SETTING_DURATION, "500ms"), 500);
    assert_int_equal(number(SETTING_DURATION, "5s"), 5000);
    assert_int_equal(number(SETTING_DURATION, "1.5 s"), 1500);
    assert_int_equal(number(SETTING_DURATION, "30m"), 1800000);
    assert_int_equal(number(SETTING_DURATION, "2h"), 7200000);
    assert_int_equal(number(SETTING_DURATION, "5"), -1);
    assert_int_equal(number(SETTING_DURATION, "-5s"), -1);
    assert_int_equal(number(SETTING_DURATION, "5 parsecs"), -1);
    assert_int_equal(number(SETTING_DURATION, "99999999999999999999s"), -1);
}

static void sizes_are_decimal_or_binary(void **state)
{
    (void)state;
    assert_int_equal(number(SETTING_SIZE, "300M"), 300000000);
    assert_int_equal(number(SETTING_SIZE, "4G"), 4000000000);
    assert_int_equal(number(SETTING_SIZE, "256KiB"), 262144);
    assert_int_equal(number(SETTING_SIZE, "1.5G"), 1500000000);
    assert_int_equal(number(SETTING_SIZE, "17"), 17);
    assert_int_equal(number(SETTING_SIZE, ""), -1);
}

static void integers_are_whole(void **state)
{
    (void)state;
    assert_int_equal(number(SETTING_INTEGER, "-14"), -14);
    assert_int_equal(number(SETTING_INTEGER, "7"), 7);
    assert_int_equal(number(SETTING_INTEGER, "7.5"), -1);
    assert_int_equal(number(SETTING_INTEGER, "99999999999999999999"), -1);
}

static void choices_are_named_in_the_error(void **state)
{
    struct setting row = {"mode", SETTING_CHOICE, "inbox direct", "inbox", ""};
    struct error err;
    json_t *value = setting_parse(&row, "direct", &err);

    (void)state;
    assert_string_equal(json_string_value(value), "direct");
    json_decref(value);
    assert_null(setting_parse(&row, "dire", &err));
    assert_non_null(strstr(err.text, "inbox direct"));
    assert_int_equal(err.kind, ERROR_CONFIG);
}

static void the_nearest_name_is_near(void **state)
{
    static const char *const names[] = {"privacy", "mode", "account"};

    (void)state;
    assert_string_equal(nearest_name("privcy", names, 3), "privacy");
    assert_string_equal(nearest_name("mdoe", names, 3), "mode");
    assert_null(nearest_name("zzzzzz", names, 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(durations_have_units),         cmocka_unit_test(sizes_are_decimal_or_binary),
        cmocka_unit_test(integers_are_whole),           cmocka_unit_test(choices_are_named_in_the_error),
        cmocka_unit_test(the_nearest_name_is_near),
    };

    return cmocka_run_group_tests_name("setting", tests, NULL, NULL);
}
