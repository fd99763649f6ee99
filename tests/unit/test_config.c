#include "cli/config.h"

#include "base/auto.h"
#include "base/file.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static char folder[] = "/tmp/crosscut-config-XXXXXX";
static char path[128];

static struct config *open_text(const char *text, const char *const *sets, struct error *err)
{
    struct config_source source = {.file = path, .sets = sets};
    struct error e;

    assert_true(file_replace(path, text, strlen(text), 0600, &e));
    return config_open(&source, err);
}

static void refused(const char *text, const char *words)
{
    struct error err = {0};

    assert_null(open_text(text, NULL, &err));
    assert_int_equal(err.kind, ERROR_CONFIG);
    if (!strstr(err.text, words))
        fail_msg("'%s' does not contain '%s'", err.text, words);
}

static const char *text_of(const struct config *config, const char *destination, const char *key)
{
    AUTO_ARENA struct arena *arena = arena_create();
    const struct destination *found;
    size_t nb;
    struct error err;

    assert_true(config_destinations(config, destination, NULL, arena, &found, &nb, &err));
    assert_int_equal(nb, 1);
    return json_string_value(json_object_get(found[0].settings, key));
}

static void the_built_in_pipeline_has_four_destinations(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();
    const struct destination *found;
    struct error err;
    struct config *config = open_text("", NULL, &err);
    size_t nb;

    (void)state;
    assert_non_null(config);
    assert_true(config_destinations(config, NULL, "site", arena, &found, &nb, &err));
    assert_int_equal(nb, 3);
    assert_string_equal(found[0].name, "tiktok");
    assert_string_equal(found[1].adapter->name, "instagram");
    assert_string_equal(found[2].name, "shorts");
    assert_false(config_destinations(config, "tictok", NULL, arena, &found, &nb, &err));
    assert_non_null(strstr(err.text, "did you mean 'tiktok'"));
    config_destroy(config);
}

static void values_comments_and_continuations(void **state)
{
    struct error err;
    struct config *config = open_text("[destination tiktok]\n"
                                      "platform = tiktok   # a comment\n"
                                      "caption = {caption} #fyp #clip # and a comment\n"
                                      "  {hashtags:2}\n",
                                      NULL, &err);

    (void)state;
    assert_non_null(config);
    assert_string_equal(text_of(config, "tiktok", "caption"), "{caption} #fyp #clip\n{hashtags:2}");
    assert_string_equal(text_of(config, "tiktok", "platform"), "tiktok");
    config_destroy(config);
}

static void set_beats_environment_beats_file(void **state)
{
    static const char *const sets[] = {"shorts.privacy=public", NULL};
    const char *text = "[destination shorts]\nplatform = youtube\nprivacy = private\n";
    struct error err;
    struct config *config;

    (void)state;
    setenv("CROSSCUT_SHORTS_PRIVACY", "unlisted", 1);
    config = open_text(text, NULL, &err);
    assert_string_equal(text_of(config, "shorts", "privacy"), "unlisted");
    config_destroy(config);
    config = open_text(text, sets, &err);
    assert_string_equal(text_of(config, "shorts", "privacy"), "public");
    config_destroy(config);
    unsetenv("CROSSCUT_SHORTS_PRIVACY");
}

static void pacing_of_publish_reaches_destinations(void **state)
{
    AUTO_ARENA struct arena *arena = arena_create();
    const struct destination *found;
    struct error err;
    struct config *config = open_text("[publish]\nsettle = 2s\n[destination site]\nplatform = site\nretry_max = 9\n", NULL, &err);
    size_t nb;

    (void)state;
    assert_true(config_destinations(config, "site", NULL, arena, &found, &nb, &err));
    assert_int_equal(json_integer_value(json_object_get(found[0].settings, "settle")), 2000);
    assert_int_equal(json_integer_value(json_object_get(found[0].settings, "retry_max")), 9);
    assert_int_equal(json_integer_value(json_object_get(found[0].settings, "poll_interval")), 5000);
    config_destroy(config);
}

static void wrong_files_are_refused_with_their_line(void **state)
{
    char wide[400] = "[pipeline]\ndestinations = ";

    (void)state;
    refused("[destination x]\nplatform = tiktok\nprivcy = SELF_ONLY\n", ":3: [destination x] has no setting 'privcy'; did you mean 'privacy'?");
    refused("[destination x]\nplatform = tictok\n", "did you mean 'tiktok'?");
    refused("[destination x]\nmode = inbox\n", "needs `platform = NAME`");
    refused("[rendr]\nreframe = crop\n", "did you mean [render]?");
    refused("[render]\nreframe = crop\nreframe = blur\n", ":3: [render] reframe is set twice");
    refused("[render]\nreframe\n", ":2:");
    refused("reframe = crop\n", "stands before any [section]");
    refused("[publish]\nsettle = soon\n", ":2: settle = soon: wanted a duration");
    refused("[destination a/b]\nplatform = site\n", "letters, digits");
    memset(wide + strlen(wide), 'x', 300);
    refused(wide, "Continue it on an indented line");
}

static void a_masters_folder_may_not_run_commands(void **state)
{
    struct config_source source = {.folder = folder};
    const char *text = "[destination tiktok]\nplatform = tiktok\ntoken_command = id\n";
    char name[160];
    struct error err = {0};

    (void)state;
    snprintf(name, sizeof name, "%s/pipeline.conf", folder);
    assert_true(file_replace(name, text, strlen(text), 0600, &err));
    assert_null(config_open(&source, &err));
    assert_non_null(strstr(err.text, "not taken from the folder of a master"));
    unlink(name);
}

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    setenv("HOME", folder, 1);
    unsetenv("XDG_CONFIG_HOME");
    snprintf(path, sizeof path, "%s/test.conf", folder);
    return chdir(folder);
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_built_in_pipeline_has_four_destinations),
        cmocka_unit_test(values_comments_and_continuations),
        cmocka_unit_test(set_beats_environment_beats_file),
        cmocka_unit_test(pacing_of_publish_reaches_destinations),
        cmocka_unit_test(wrong_files_are_refused_with_their_line),
        cmocka_unit_test(a_masters_folder_may_not_run_commands),
    };

    return cmocka_run_group_tests_name("config", tests, make_folder, remove_folder);
}
