#include "base/text.h"

#include "base/auto.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define FAMILY "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9\xE2\x80\x8D\xF0\x9F\x91\xA7"    /* man ZWJ woman ZWJ girl */
#define FLAG_DE "\xF0\x9F\x87\xA9\xF0\x9F\x87\xAA"
#define E_ACUTE "\xC3\xA9"
#define E_COMBINING "e\xCC\x81"

static void test_counts(void **state)
{
    static const struct { const char *text; int64_t utf16, code_points, graphemes; } rows[] = {
        {"", 0, 0, 0},
        {"abc", 3, 3, 3},
        {E_ACUTE, 1, 1, 1},
        {E_COMBINING "x", 3, 3, 2},
        {FAMILY, 8, 5, 1},
        {FLAG_DE FLAG_DE, 8, 4, 2},
        {"\xF0\x9F\x98\x80", 2, 1, 1},
        {"a\r\nb", 4, 4, 3},
        {"\xFFz", 2, 2, 2},              /* not UTF-8: a byte counts as one */
        {"\xE2\x82", 2, 2, 2},           /* cut inside a sequence */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(utf8_utf16_units(rows[i].text), rows[i].utf16);
        assert_int_equal(utf8_code_points(rows[i].text), rows[i].code_points);
        assert_int_equal(utf8_graphemes(rows[i].text), rows[i].graphemes);
    }
}

static void test_grapheme_bytes(void **state)
{
    (void)state;
    assert_int_equal(utf8_grapheme(""), 0);
    assert_int_equal(utf8_grapheme("ab"), 1);
    assert_int_equal(utf8_grapheme(E_COMBINING "x"), 3);
    assert_int_equal(utf8_grapheme(FAMILY "x"), strlen(FAMILY));
    assert_int_equal(utf8_grapheme(FLAG_DE FLAG_DE), strlen(FLAG_DE));
}

static void test_validity(void **state)
{
    (void)state;
    assert_true(utf8_valid("plain " E_ACUTE FAMILY));
    assert_false(utf8_valid("latin-1 \xE9 here"));
    assert_false(utf8_valid("\xC0\xAF"));            /* overlong slash */
    assert_false(utf8_valid("\xED\xA0\x80"));        /* a surrogate */
    assert_false(utf8_valid("\xF4\x90\x80\x80"));    /* beyond U+10FFFF */
}

static void test_normal_form(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();

    (void)state;
    assert_string_equal(utf8_nfc(arena, E_COMBINING), E_ACUTE);
    assert_string_equal(utf8_nfc(arena, FAMILY), FAMILY);
    assert_string_equal(utf8_nfc(arena, ""), "");
    assert_null(utf8_nfc(arena, "\xE9"));
    assert_string_equal(utf8_fold(arena, "STRASSE"), utf8_fold(arena, "stra\xC3\x9F" "e"));
}

static void test_printable(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();

    (void)state;
    assert_string_equal(utf8_printable(arena, "plain " E_ACUTE FAMILY), "plain " E_ACUTE FAMILY);
    assert_string_equal(utf8_printable(arena, "a\033[31mb\n\x7F\xE9"), "a [31mb  \xEF\xBF\xBD");
    assert_string_equal(utf8_printable(arena, "gpj.\xE2\x80\xAE" "4pm"), "gpj. 4pm");    /* right-to-left override */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_grapheme_bytes),
        cmocka_unit_test(test_validity),
        cmocka_unit_test(test_normal_form),
        cmocka_unit_test(test_printable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
