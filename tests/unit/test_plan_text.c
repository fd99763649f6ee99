/* Texts of posts: templates, hashtags, cutting; and ten thousand random captions against every counting rule. */
#include "plan_case.h"

#include "base/auto.h"
#include "base/text.h"
#include "plan/template.h"
#include "plan/text.h"
#include "plan/text_cut.h"

static const struct text_rule rules[] = {
    {.field = "caption", .template = "{caption} {hashtags}", .limit = 60, .unit = TEXT_UTF16, .max_hashtags = 3,
     .source = "sheet"},
};
static const struct text_rule tube_rules[] = {
    {.field = "title", .template = "{title}", .limit = 20, .unit = TEXT_UTF16, .forbidden = "<>", .required = true,
     .one_line = true, .source = "sheet"},
    {.field = "description", .template = "{caption}\n\n{link}\n\n{hashtags}", .limit = 5000, .unit = TEXT_UTF8_BYTES,
     .max_hashtags = -1, .forbidden = "<>", .source = "sheet"},
};
static const struct spec spec = {.platform = "clips", .texts = rules, .nb_texts = 1};
static const struct spec tube_spec = {.platform = "tube", .texts = tube_rules, .nb_texts = 2, .links_work = true};
static const struct adapter clips = {.name = "clips", .title = "Clips", .spec = &spec};
static const struct adapter tube = {.name = "tube", .title = "Tube", .spec = &tube_spec};

static struct arena *arena;
static struct notes warnings;

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

static bool try(const struct adapter *adapter, struct sidecar sidecar, json_t *settings, struct post_texts *texts,
                struct error *err)
{
    struct master master = {.path = "clips/sunset_run-02.mp4", .id = CASE_ID, .sidecar = sidecar};
    struct destination destination = {.name = "there", .adapter = adapter, .settings = settings};
    struct text_source source = {&master, &destination, 1, 1};

    if (!master.sidecar.hashtags)
        master.sidecar.hashtags = case_no_tags;
    warnings = (struct notes){.arena = arena};
    return texts_fit(&source, arena, texts, &warnings, err);
}

static struct post_texts texts_of(const struct adapter *adapter, struct sidecar sidecar, json_t *settings)
{
    struct post_texts texts;
    struct error err;

    if (!try(adapter, sidecar, settings, &texts, &err))
        fail_msg("%s", err.text);
    return texts;
}

static const char *caption_of(struct sidecar sidecar)
{
    return texts_of(&clips, sidecar, NULL).texts[0].text;
}

#define TAGS(...) (const char *const[]){__VA_ARGS__, NULL}

static void composes(const char *template, const char *title, const char *caption, const char *expected)
{
    const char *values[PLACES] = {
        [PLACE_TITLE] = title, [PLACE_CAPTION] = caption, [PLACE_PART] = "1", [PLACE_PARTS] = "2"};
    struct template parsed;
    struct error err;

    assert_true(template_parse(template, arena, &parsed, &err));
    assert_string_equal(template_compose(&parsed, values, arena), expected);
}

static void missing_values_vanish_with_what_joined_them(void **state)
{
    (void)state;
    composes("{title} {caption}", "A", "B", "A B");
    composes("{title} {caption}", NULL, "B", "B");
    composes("{title}\n\n{caption}", "A", NULL, "A");
    composes("{title} - {caption}", "A", "B", "A - B");
    composes("{title} - {caption}", NULL, "B", "B");
    composes("{title} - {caption}", "A", NULL, "A");
    composes("{title} | {link} | {caption}", "A", "B", "A | B");
    composes("{title}\n\n{link} {caption}", "A", "B", "A\n\nB");
    composes("{title} {link}\n{caption}", "A", "B", "A\nB");
    composes("{link}{title}", "A", NULL, "A");
    composes("- {title}!", "A", NULL, "- A!");
    composes("{caption}\n\n{link}\n\n{hashtags}", NULL, "B", "B");
    composes("{link}", NULL, NULL, "");
    composes("{title} ({part}/{parts})", "A", NULL, "A (1/2)");
    composes("{{{title}}}", "A", NULL, "{A}");
    composes("{title}", "a  b\n\n\nc", NULL, "a  b\n\n\nc");    /* the author's own blanks stay */
}

static void wrong_templates_are_the_settings_fault(void **state)
{
    json_auto_t *near = json_pack("{s:s}", "caption", "{captoin} {hashtags}"),
                *open = json_pack("{s:s}", "caption", "{caption");
    json_auto_t *number = json_pack("{s:s}", "caption", "{title:3}");
    struct post_texts texts;
    struct error err;
    (void)state;

    assert_false(try(&clips, (struct sidecar){.caption = "x"}, near, &texts, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_non_null(strstr(err.text, "destination 'there', setting caption"));
    assert_non_null(strstr(err.text, "{captoin}"));
    assert_non_null(strstr(err.text, "did you mean {caption}?"));
    assert_false(try(&clips, (struct sidecar){.caption = "x"}, open, &texts, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    assert_false(try(&clips, (struct sidecar){.caption = "x"}, number, &texts, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
}

static void hashtags_are_capped_and_not_repeated(void **state)
{
    struct post_texts texts;
    json_auto_t *two = json_pack("{s:s}", "caption", "{caption} {hashtags:2}");
    (void)state;

    assert_string_equal(caption_of((struct sidecar){.caption = "Run", .hashtags = TAGS("a", "b")}), "Run #a #b");
    assert_string_equal(caption_of((struct sidecar){.caption = "Run #B now", .hashtags = TAGS("a", "b")}),
                        "Run #B now #a");
    texts = texts_of(&clips, (struct sidecar){.caption = "Run #x", .hashtags = TAGS("a", "b", "c", "d")}, NULL);
    assert_string_equal(texts.texts[0].text, "Run #x #a #b");
    assert_string_equal(texts.texts[0].dropped_hashtags[0], "c");
    assert_string_equal(texts.texts[0].dropped_hashtags[1], "d");
    assert_null(texts.texts[0].dropped_hashtags[2]);
    assert_true(case_says(warnings.lines, "#c #d"));
    assert_string_equal(texts.hashtags[1], "b");
    assert_null(texts.hashtags[2]);
    texts = texts_of(&clips, (struct sidecar){.caption = "Run", .hashtags = TAGS("a", "b", "c")}, two);
    assert_string_equal(texts.texts[0].text, "Run #a #b");
    texts = texts_of(&clips, (struct sidecar){.caption = "#1 #2 #3 #4", .hashtags = TAGS("a")}, NULL);
    assert_string_equal(texts.texts[0].text, "#1 #2 #3 #4"); /* the author's words stay as they are, and it is said */
    assert_true(case_says(warnings.lines, "itself has 4 hashtags"));
}

static void hashtags_are_found_as_platforms_find_them(void **state)
{
    (void)state;
    assert_int_equal(hashtag_count("#a b#c #d, #é2 ＃東京 # #"), 4);
    assert_int_equal(hashtag_count("no"), 0);
    assert_true(hashtag_in("see #Sunset.", "sunset", arena));
    assert_false(hashtag_in("see #Sunsets", "sunset", arena));
    assert_true(hashtag_in("#STRASSE", "straße", arena));
}

static void cut_is(const char *text, int64_t room, enum text_unit unit, const char *expected)
{
    size_t kept = text_cut(text, room, unit);

    if (strlen(expected) != kept || strncmp(text, expected, kept) != 0)
        fail_msg("'%s' to %d: '%.*s', expected '%s'", text, (int)room, (int)kept, text, expected);
}

static void cuts_fall_between_words(void **state)
{
    (void)state;
    cut_is("one two three", 10, TEXT_UTF16, "one two");
    cut_is("one two three", 8, TEXT_UTF16, "one two");
    cut_is("one two three", 7, TEXT_UTF16, "one");
    cut_is("one, two three", 6, TEXT_UTF16, "one");
    cut_is("one two #three", 13, TEXT_UTF16, "one two");
    cut_is("#threefourfive", 9, TEXT_UTF16, "");
    cut_is("see https://example.org/long/address", 30, TEXT_UTF16, "see");
    cut_is("thanks @someone_long", 12, TEXT_UTF16, "thanks");
    cut_is("abcdefghijkl", 6, TEXT_UTF16, "abcde");             /* no blank: between graphemes */
    cut_is("日本語のとても長い説明文", 5, TEXT_UTF16, "日本語の");
    cut_is("日本語", 6, TEXT_UTF8_BYTES, "日");
    cut_is("a👩‍👩‍👧‍👦b", 6, TEXT_UTF16, "a");                        /* a family is one: 11 units */
    cut_is("a👩‍👩‍👧‍👦bcd", 4, TEXT_GRAPHEMES, "a👩‍👩‍👧‍👦b");
    cut_is("anything", 1, TEXT_UTF16, "");
    cut_is("anything", 2, TEXT_UTF8_BYTES, "");
}

static void long_captions_make_room_for_their_hashtags(void **state)
{
    static const char words[] = "The whole run took us three hours along the coast and back over the hills again";
    struct post_texts texts =
        texts_of(&clips, (struct sidecar){.caption = words, .hashtags = TAGS("run", "coast")}, NULL);
    (void)state;

    assert_string_equal(texts.texts[0].text, "The whole run took us three hours along the… #run #coast");
    assert_string_equal(texts.texts[0].cut, "coast and back over the hills again");
    assert_true(texts.texts[0].count <= 60);
    assert_true(case_says(warnings.lines, "cut to 56 of at most 60 utf16"));
    texts = texts_of(&clips,
                     (struct sidecar){.caption = words,
                                      .hashtags = TAGS("averyveryverylonghashtag", "andanotherverylongone", "b")},
                     NULL);
    assert_string_equal(texts.texts[0].text, "The whole run took us three hours… #averyveryverylonghashtag");
    assert_string_equal(texts.texts[0].dropped_hashtags[0], "andanotherverylongone");
    texts =
        texts_of(&clips,
                 (struct sidecar){.caption = "#aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"},
                 NULL);
    assert_string_equal(texts.texts[0].text, "");    /* half a hashtag is another hashtag */
    assert_non_null(texts.texts[0].cut);
}

static void forbidden_characters_get_a_look_alike(void **state)
{
    struct post_texts texts = texts_of(&tube, (struct sidecar){.title = "a < b\nand c > d", .caption = "<b>"}, NULL);
    (void)state;

    assert_string_equal(texts.texts[0].text, "a ‹ b and c › d");
    assert_string_equal(texts.texts[1].text, "‹b›");
    assert_true(case_says(warnings.lines, "title: 2 characters that Tube does not take (<>)"));
}

static void a_required_title_falls_back(void **state)
{
    (void)state;
    assert_string_equal(
        texts_of(&tube, (struct sidecar){.caption = "Sunset run #trail #sea\nmore"}, NULL).texts[0].text, "Sunset run");
    assert_string_equal(texts_of(&tube, (struct sidecar){.caption = "#trail\nmore"}, NULL).texts[0].text,
                        "sunset run 02");
    assert_string_equal(texts_of(&tube, (struct sidecar){0}, NULL).texts[0].text, "sunset run 02");
    assert_string_equal(texts_of(&tube, (struct sidecar){0}, NULL).title, "sunset run 02");
    assert_string_equal(
        texts_of(&tube, (struct sidecar){.title = "A title much longer than twenty"}, NULL).texts[0].text,
        "A title much longer…");
}

static void own_words_for_a_destination_win(void **state)
{
    json_auto_t *both = json_pack("{s:{s:s,s:[s,s]}, s:{s:s,s:s}}", "there", "caption", "for there", "hashtags", "#x",
                                  "y", "clips", "caption", "for clips", "title", "T");
    json_auto_t *whole = json_pack("{s:{s:s}}", "tube", "description", "all of it {as} written");
    struct post_texts texts;
    (void)state;

    assert_string_equal(caption_of((struct sidecar){.caption = "for all", .hashtags = TAGS("a"), .destinations = both}),
                        "for there #x #y");
    json_object_del(both, "there");
    assert_string_equal(caption_of((struct sidecar){.caption = "for all", .hashtags = TAGS("a"), .destinations = both}),
                        "for clips #a");
    texts = texts_of(&tube, (struct sidecar){.caption = "for all", .hashtags = TAGS("a"), .destinations = whole}, NULL);
    assert_string_equal(texts.texts[1].text, "all of it {as} written");
}

static void texts_are_composed_and_clean(void **state)
{
    (void)state;
    assert_string_equal(caption_of((struct sidecar){.caption = "cafe\xCC\x81\r\nnow\x01!"}), "caf\xC3\xA9\nnow!");
    assert_string_equal(
        texts_of(&tube, (struct sidecar){.title = "x", .caption = "c", .link = "https://e.org"}, NULL).texts[1].text,
        "c\n\nhttps://e.org");
    caption_of((struct sidecar){.caption = "see https://e.org"});
    assert_true(case_says(warnings.lines, "cannot be tapped on Clips"));
}

/* ---- property: ten thousand random captions ---- */

static uint64_t seed = 20261124;

static uint32_t roll(uint32_t below)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % below;
}

static void add_code_point(struct str *text, uint32_t c)
{
    char bytes[4];

    if (c < 0x80) {
        bytes[0] = (char)c;
        str_add_bytes(text, bytes, 1);
    } else if (c < 0x800) {
        bytes[0] = (char)(0xC0 | c >> 6);
        bytes[1] = (char)(0x80 | (c & 0x3F));
        str_add_bytes(text, bytes, 2);
    } else if (c < 0x10000) {
        bytes[0] = (char)(0xE0 | c >> 12);
        bytes[1] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (c & 0x3F));
        str_add_bytes(text, bytes, 3);
    } else {
        bytes[0] = (char)(0xF0 | c >> 18);
        bytes[1] = (char)(0x80 | (c >> 12 & 0x3F));
        bytes[2] = (char)(0x80 | (c >> 6 & 0x3F));
        bytes[3] = (char)(0x80 | (c & 0x3F));
        str_add_bytes(text, bytes, 4);
    }
}

/* Scripts with and without blanks, marks that join, emoji of one and of many code points, and what separates. */
static void add_random(struct str *text)
{
    static const struct { uint32_t first, count; } ranges[] = {
        {0x61, 26}, {0x61, 26}, {0x30, 10}, {0xE0, 30}, {0x3B1, 24}, {0x430, 32}, {0x5D0, 27}, {0x627, 36}, {0x905, 50},
        {0x93E, 15}, {0xE01, 58}, {0x4E00, 2000}, {0x3041, 86}, {0xAC00, 11000}, {0x1100, 60}, {0x300, 100}, {0x600, 6},
        {0x1F600, 80}, {0x1F1E6, 26}, {0x1F466, 5}, {0x20000, 1000}, {0x200B, 5}, {0xFE0F, 1}, {0x202A, 5},
    };
    static const char *const whole[] = {"👩‍👩‍👧‍👦",
                                        "🏳️‍🌈",
                                        "👍🏽",
                                        "🇦🇹",
                                        "❤️",
                                        "#tag",
                                        "#привет",
                                        "@name",
                                        "https://e.org/x?y=1#z",
                                        "\xE2\x80\x8D",
                                        "\n",
                                        "\n\n",
                                        "# ",
                                        "...",
                                        "<",
                                        "e\xCC\x81",
                                        "क्षि",
                                        "\xE2\x80\xA6"};
    uint32_t kind = roll(10);

    if (kind == 0) {
        str_add(text, whole[roll(sizeof whole / sizeof whole[0])]);
    } else if (kind <= 2) {
        str_add(text, " ");
    } else {
        size_t range = roll(sizeof ranges / sizeof ranges[0]);

        for (uint32_t n = 1 + roll(8); n; n--)
            add_code_point(text, ranges[range].first + roll(ranges[range].count));
    }
}

/* The first `bytes` bytes end where a grapheme of `text` ends. */
static bool ends_a_grapheme(const char *text, size_t bytes)
{
    size_t at = 0;

    while (at < bytes)
        at += utf8_grapheme(text + at);
    return at == bytes;
}

static void check_fitted(const struct fitted_text *fitted, const char *caption)
{
    const char *nfc = utf8_nfc(arena, caption), *ellipsis = strstr(fitted->text, ELLIPSIS);
    size_t kept = 0;

    assert_true(utf8_valid(fitted->text));
    assert_int_equal(fitted->count, text_count(fitted->text, fitted->unit));
    assert_true(fitted->count <= fitted->limit);
    assert_string_equal(utf8_nfc(arena, fitted->text), fitted->text);
    if (!fitted->cut) {    /* what is not reported cut is all there */
        nfc += strspn(nfc, " \n");
        for (kept = strlen(nfc); kept && strchr(" \n", nfc[kept - 1]);)
            kept--;
        assert_non_null(strstr(fitted->text, arena_strndup(arena, nfc, kept)));
        return;
    }
    assert_true(*fitted->cut);
    assert_non_null(strstr(nfc, fitted->cut));    /* what is reported cut stands in the caption */
    while (ellipsis && strncmp(fitted->text, nfc, (size_t)(ellipsis - fitted->text)) == 0) {
        kept = (size_t)(ellipsis - fitted->text);
        ellipsis = strstr(ellipsis + 1, ELLIPSIS);
    }
    if (!kept)
        return;
    assert_true(ends_a_grapheme(nfc, kept));
    assert_true(hashtag_count(arena_strndup(arena, nfc, kept)) <= hashtag_count(nfc));
    for (const char *const *tag = fitted->dropped_hashtags; *tag; tag++)
        assert_true(hashtag_in(fitted->text, *tag, arena) == false || hashtag_in(caption, *tag, arena));
}

static void random_captions_fit_every_rule(void **state)
{
    static const char *const tags[] = {"sunset", "Lauf", "東京", "नमस्ते", "a1", "long_hashtag_with_many_letters", NULL};
    int cut = 0, dropped = 0, whole = 0;
    (void)state;

    for (int i = 0; i < 10000; i++) {
        struct text_rule rule = {.field = "caption",
                                 .template = roll(2) ? "{caption} {hashtags}" : "{title}\n{hashtags:3}\n{caption}",
                                 .unit = (enum text_unit)roll(4),
                                 .limit = (int)(5 + roll(roll(2) ? 60 : 600)),
                                 .max_hashtags = (int)roll(7) - 1,
                                 .source = "sheet"};
        struct spec one = {.platform = "any", .texts = &rule, .nb_texts = 1, .links_work = true};
        struct adapter adapter = {.name = "any", .title = "Any", .spec = &one};
        AUTO_STR struct str caption = {0};
        struct post_texts texts;

        arena_reset(arena);
        for (uint32_t n = roll(30); n; n--)
            add_random(&caption);
        texts = texts_of(&adapter, (struct sidecar){.caption = str_text(&caption), .hashtags = tags}, NULL);
        check_fitted(&texts.texts[0], str_text(&caption));
        cut += texts.texts[0].cut != NULL;
        dropped += *texts.texts[0].dropped_hashtags != NULL;
        whole += !texts.texts[0].cut && !*texts.texts[0].dropped_hashtags;
    }
    print_message("%d cut, %d dropped, %d whole\n", cut, dropped, whole);
    assert_true(cut > 2000);    /* the test is about something */
    assert_true(dropped > 2000);
    assert_true(whole > 200);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(missing_values_vanish_with_what_joined_them),
        cmocka_unit_test(wrong_templates_are_the_settings_fault),
        cmocka_unit_test(hashtags_are_capped_and_not_repeated),
        cmocka_unit_test(hashtags_are_found_as_platforms_find_them),
        cmocka_unit_test(cuts_fall_between_words),
        cmocka_unit_test(long_captions_make_room_for_their_hashtags),
        cmocka_unit_test(forbidden_characters_get_a_look_alike),
        cmocka_unit_test(a_required_title_falls_back),
        cmocka_unit_test(own_words_for_a_destination_win),
        cmocka_unit_test(texts_are_composed_and_clean),
        cmocka_unit_test(random_captions_fit_every_rule),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
