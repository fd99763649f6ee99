#include <crosscut/sidecar.h>

#include "base/auto.h"
#include "ingest/where.h"
#include "ingest/zone.h"
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

static char folder[] = "/tmp/crosscut-sidecar-XXXXXX";
static struct arena *arena;
static struct sidecar sidecar;
static struct error err;

static void put(const char *name, const char *text)
{
    char path[PATH_MAX];
    int fd;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
}

static void clear(void)
{
    DIR *all = opendir(folder);
    struct dirent *entry;
    char path[PATH_MAX];

    while ((entry = readdir(all)))
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            unlink(path);
        }
    closedir(all);
}

static bool read_beside(const char *master)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, "%s/%s", folder, master);
    sidecar_finish(&sidecar);
    err = (struct error){0};
    return sidecar_read(path, arena, &sidecar, &err);
}

static bool read_json(const char *json)
{
    put("clip.json", json);
    return read_beside("clip.mp4");
}

static void accepts(const char *json)
{
    if (!read_json(json))
        fail_msg("%s: %s", json, err.text);
}

/* The error names the place and holds these words. */
static void refuses(const char *json, const char *place, const char *words)
{
    if (read_json(json))
        fail_msg("%s: was read", json);
    assert_int_equal(err.kind, ERROR_REFUSED);
    if (!strstr(err.text, place) || !strstr(err.text, words))
        fail_msg("'%s' says neither '%s' nor '%s'", err.text, place, words);
    assert_null(strchr(err.text, '\n'));
}

static void test_nothing_there(void **state)
{
    (void)state;
    assert_true(read_beside("clip.mp4"));
    assert_null(sidecar.path);
    assert_null(sidecar.title);
    assert_null(sidecar.hashtags[0]);
    assert_int_equal(sidecar.cover_ms, -1);
    assert_int_equal(sidecar.ai_generated, UNSAID);
}

static void test_everything(void **state)
{
    (void)state;
    put("front.png", "x");
    put("talk.srt", "x");
    accepts("{\n"
            "  \"$schema\": \"sidecar.schema.json\",\n"
            "  \"title\": \"Caf\\u0065\\u0301\\nbar\",\n"
            "  \"caption\": \"One\\r\\ntwo  \\n\",\n"
            "  \"hashtags\": [\"#Food\", \"food\", \"\\u6599\\u7406\", \"a_1\"],\n"
            "  \"link\": \"https://example.org/a?b=1\",\n"
            "  \"alt_text\": \"A table.\", \"language\": \"de-AT\",\n"
            "  \"in\": 1.5, \"out\": \"1:02.25\", \"cover\": \"front.png\", \"subtitles\": \"talk.srt\",\n"
            "  \"schedule\": \"2026-11-24T15:00:00+01:00\",\n"
            "  \"ai_generated\": true, \"made_for_kids\": false,\n"
            "  \"destinations\": {\"shorts\": {\"title\": \"e\\u0301\"}}\n"
            "}\n");
    assert_string_equal(sidecar.title, "Caf\xC3\xA9 bar");
    assert_string_equal(sidecar.caption, "One\ntwo");
    assert_string_equal(sidecar.hashtags[0], "Food");
    assert_string_equal(sidecar.hashtags[1], "\xE6\x96\x99\xE7\x90\x86");
    assert_string_equal(sidecar.hashtags[2], "a_1");
    assert_null(sidecar.hashtags[3]);
    assert_string_equal(sidecar.link, "https://example.org/a?b=1");
    assert_string_equal(sidecar.language, "de-AT");
    assert_int_equal(sidecar.in_ms, 1500);
    assert_int_equal(sidecar.out_ms, 62250);
    assert_int_equal(sidecar.cover_ms, -1);
    assert_string_equal(strrchr(sidecar.cover_path, '/'), "/front.png");
    assert_string_equal(strrchr(sidecar.subtitles_path, '/'), "/talk.srt");
    assert_int_equal(sidecar.schedule_ms, INT64_C(1795528800000));
    assert_null(sidecar.schedule_zone);
    assert_int_equal(sidecar.ai_generated, SAID_YES);
    assert_int_equal(sidecar.made_for_kids, SAID_NO);
    assert_int_equal(sidecar.brand_content, UNSAID);
    assert_string_equal(json_string_value(json_object_get(json_object_get(sidecar.destinations, "shorts"), "title")), "\xC3\xA9");
}

static void test_hashtags_in_one_text(void **state)
{
    (void)state;
    accepts("{\"hashtags\": \"#one two, #Three\"}");
    assert_string_equal(sidecar.hashtags[0], "one");
    assert_string_equal(sidecar.hashtags[1], "two");
    assert_string_equal(sidecar.hashtags[2], "Three");
    assert_null(sidecar.hashtags[3]);
}

static void test_times(void **state)
{
    static const struct { const char *json; int64_t ms; } rows[] = {
        {"{\"cover\": 0}", 0},           {"{\"cover\": 12.3456}", 12346},    {"{\"cover\": \"7\"}", 7000},
        {"{\"cover\": \"1:05\"}", 65000}, {"{\"cover\": \"01:02:03.5\"}", 3723500}, {"{\"cover\": \"0:06,250\"}", 6250},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        accepts(rows[i].json);
        assert_int_equal(sidecar.cover_ms, rows[i].ms);
    }
    refuses("{\"in\": -1}", "clip.json:1:2", "'in'");
    refuses("{\"in\": \"1:75\"}", "clip.json:1:2", "time");
    refuses("{\"in\": \"1:2:3:4\"}", "clip.json:1:2", "time");
    refuses("{\"in\": \"soon\"}", "clip.json:1:2", "time");
    refuses("{\"in\": 5, \"out\": 5}", "clip.json:1:11", "not after");
}

static void test_syntax_errors_name_the_place(void **state)
{
    (void)state;
    refuses("{\n  \"title\": \"a\",\n  \"caption\": oops\n}", "clip.json:3:", "oops");
    refuses("{\"title\": \"a\", \"title\": \"b\"}", "clip.json:1:", "duplicate");
    refuses("[1]", "clip.json:1:1", "object");
    refuses("", "clip.json:1:", "");
    refuses("{\"title\": \"\xE9\"}", "clip.json:1:11", "decode byte 0xe9");
    refuses("{\"title\": \"a\\u0000b\"}", "clip.json:1:", "");
}

static void test_wrong_values_name_the_place(void **state)
{
    (void)state;
    refuses("{\n\n  \"titel\": \"a\"\n}", "clip.json:3:3", "did you mean 'title'");
    refuses("{\"\xC3\xA9\xC3\xA9\": 1, \"zzzzzzzzzz\": 1}", "clip.json:1:2", "not known");
    refuses("{\"caption\": {\"title\": 1},\n \"title\": 5}", "clip.json:1:2", "must be a text");
    refuses("{\"alt_text\": \"\xC3\xA4 \\\" {\", \"title\": 5}", "clip.json:1:24", "must be a text");
    refuses("{\"caption\": \"bell \\u0007\"}", "clip.json:1:2", "control");
    refuses("{\"link\": \"example.org\"}", "clip.json:1:2", "https://");
    refuses("{\"link\": \"javascript:alert(1)\"}", "clip.json:1:2", "https://");
    refuses("{\"link\": \"https://a b\"}", "clip.json:1:2", "%20");
    refuses("{\"language\": \"german!\"}", "clip.json:1:2", "BCP 47");
    refuses("{\"hashtags\": [\"sci-fi\"]}", "clip.json:1:2", "sci-fi");
    refuses("{\"hashtags\": [\"two words\"]}", "clip.json:1:2", "two words");
    refuses("{\"hashtags\": [\"#\"]}", "clip.json:1:2", "empty");
    refuses("{\"hashtags\": [1]}", "clip.json:1:2", "texts only");
    refuses("{\"hashtags\": 1}", "clip.json:1:2", "list");
    refuses("{\"ai_generated\": \"yes\"}", "clip.json:1:2", "true or false");
    refuses("{\"destinations\": {\n\"shorts\": \"x\"}}", "clip.json:2:1", "'destinations.shorts'");
    refuses("{\"destinations\": []}", "clip.json:1:2", "object");
}

static void test_files_stay_beside(void **state)
{
    (void)state;
    refuses("{\"cover\": \"/etc/cover.png\"}", "clip.json:1:2", "beside");
    refuses("{\"cover\": \"../cover.png\"}", "clip.json:1:2", "beside");
    refuses("{\"cover\": \"gone.png\"}", "clip.json:1:2", "gone.png");
    refuses("{\"cover\": \"clip.json\"}", "clip.json:1:2", "image");
    refuses("{\"subtitles\": \"/etc/passwd\"}", "clip.json:1:2", "srt");
}

static void test_schedule(void **state)
{
    (void)state;
    accepts("{\"schedule\": \"2026-07-01T12:00:00Z\"}");
    assert_int_equal(sidecar.schedule_ms, INT64_C(1782907200000));
    accepts("{\"schedule\": \"2026-07-01 14:00+02:00\"}");
    assert_int_equal(sidecar.schedule_ms, INT64_C(1782907200000));
    refuses("{\"schedule\": \"2026-07-01T12:00:00\"}", "clip.json:1:2", "offset");
    refuses("{\"schedule\": \"2026-02-30T12:00:00Z\"}", "clip.json:1:2", "2026-");
    refuses("{\"schedule\": \"tomorrow\"}", "clip.json:1:2", "2026-");
    refuses("{\"schedule\": 5}", "clip.json:1:2", "2026-");
    refuses("{\"schedule\": {\"at\": \"2026-07-01T12:00\"}}", "clip.json:1:2", "zone");
    refuses("{\"schedule\": {\"at\": \"2026-07-01T12:00\", \"zone\": \"Mars/Olympus\"}}", "clip.json:1:41", "Europe/Berlin");
    refuses("{\"schedule\": {\"at\": \"2026-07-01T12:00\", \"zone\": \"../../etc/passwd\"}}", "clip.json:1:41", "Europe/Berlin");
}

static int64_t in_zone(const char *zone, int year, int month, int day, int hour, int minute)
{
    int64_t unix_s = -1;

    return zone_to_unix(zone, &(struct civil){year, month, day, hour, minute, 0}, &unix_s) == ZONE_FOUND ? unix_s : -1;
}

/* Figures from GNU date: TZ=Europe/Berlin date -d '2026-07-01 14:00' +%s and so on. */
static void test_zones(void **state)
{
    int64_t unused;

    (void)state;
    if (access("/usr/share/zoneinfo/Europe/Berlin", R_OK) < 0)
        skip();
    assert_int_equal(in_zone("Europe/Berlin", 2026, 7, 1, 14, 0), 1782907200);
    assert_int_equal(in_zone("Europe/Berlin", 2026, 12, 1, 14, 0), 1796130000);
    assert_int_equal(in_zone("Europe/Berlin", 2026, 10, 25, 2, 30), 1792888200);    /* twice that night: the first */
    assert_int_equal(in_zone("America/New_York", 2026, 3, 8, 3, 0), 1772953200);
    assert_int_equal(in_zone("Australia/Lord_Howe", 2026, 1, 15, 12, 0), 1768438800);    /* half an hour of summer time */
    assert_int_equal(in_zone("Asia/Kolkata", 2060, 1, 1, 0, 0), 2840121000);
    assert_int_equal(in_zone("Europe/Berlin", 2060, 7, 1, 12, 0), 2855901600);      /* beyond the table: by rule */
    assert_int_equal(in_zone("America/Santiago", 2060, 1, 1, 12, 0), 2840194800);   /* summer over the turn of the year */
    assert_int_equal(zone_to_unix("Europe/Berlin", &(struct civil){2026, 3, 29, 2, 30, 0}, &unused), ZONE_SKIPPED);
    assert_int_equal(zone_to_unix("Europe/Berlin/../Paris", &(struct civil){2026, 3, 1, 0, 0, 0}, &unused), ZONE_UNKNOWN);
    assert_int_equal(zone_to_unix("zone.tab", &(struct civil){2026, 3, 1, 0, 0, 0}, &unused), ZONE_UNKNOWN);
    accepts("{\"schedule\": {\"at\": \"2026-07-01T14:00\", \"zone\": \"Europe/Berlin\"}}");
    assert_int_equal(sidecar.schedule_ms, INT64_C(1782907200000));
    assert_string_equal(sidecar.schedule_zone, "Europe/Berlin");
    refuses("{\"schedule\": {\"at\": \"2026-03-29T02:30\", \"zone\": \"Europe/Berlin\"}}", "clip.json:1:41", "02:30");
}

static void test_text_files(void **state)
{
    (void)state;
    put("clip.txt", "\xEF\xBB\xBF" "Look at this\r\n\r\n#one #two\r\n");
    assert_true(read_beside("clip.mp4"));
    assert_string_equal(sidecar.caption, "Look at this\n\n#one #two");
    assert_null(sidecar.hashtags[0]);
    assert_null(sidecar.title);
    assert_string_equal(strrchr(sidecar.path, '/'), "/clip.txt");

    clear();
    put("clip.md", "# A title\n\nThe text\n# stays\n");
    assert_true(read_beside("clip.mp4"));
    assert_string_equal(sidecar.title, "A title");
    assert_string_equal(sidecar.caption, "The text\n# stays");

    put("clip.txt", "another");
    assert_false(read_beside("clip.mp4"));
    assert_non_null(strstr(err.text, "two captions"));

    clear();
    put("clip.txt", "caf\xE9");
    assert_false(read_beside("clip.mp4"));
    assert_non_null(strstr(err.text, "UTF-8"));
    assert_int_equal(err.kind, ERROR_REFUSED);

    clear();
    put("clip.txt", "from the text");
    accepts("{\"title\": \"from JSON\"}");    /* the text fills in what the JSON does not say */
    assert_string_equal(sidecar.title, "from JSON");
    assert_string_equal(sidecar.caption, "from the text");
    accepts("{\"caption\": \"from JSON\"}");
    assert_string_equal(sidecar.caption, "from JSON");
}

static void test_pictures_and_subtitles(void **state)
{
    (void)state;
    put("clip.JPG", "x");
    put("clip.vtt", "x");
    assert_true(read_beside("clip.mp4"));
    assert_string_equal(strrchr(sidecar.cover_path, '/'), "/clip.JPG");
    assert_string_equal(strrchr(sidecar.subtitles_path, '/'), "/clip.vtt");
    accepts("{\"cover\": 3}");    /* a time that was said counts more than a picture that lies there */
    assert_null(sidecar.cover_path);
    assert_int_equal(sidecar.cover_ms, 3000);
    assert_true(read_beside("clip.JPG"));    /* the master is never its own sidecar */
    assert_null(sidecar.cover_path);
}

static void test_where(void **state)
{
    static const char text[] = "{\n \"a\": [{\"b\": \"}\\\"\"}],\n\t\"b\": {\"c\" : 1,\n\"d\":2}}";
    struct where w = json_where(text, "b", "d");

    (void)state;
    assert_int_equal(w.line, 4);
    assert_int_equal(w.column, 1);
    w = json_where(text, "b", NULL);
    assert_int_equal(w.line, 3);
    assert_int_equal(w.column, 2);
    w = json_where(text, "nowhere", NULL);
    assert_int_equal(w.line, 1);
    assert_int_equal(w.column, 1);
}

static int set_up(void **state)
{
    (void)state;
    arena = arena_create();
    return mkdtemp(folder) ? 0 : -1;
}

static int clean(void **state)
{
    (void)state;
    clear();
    sidecar_finish(&sidecar);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    sidecar_finish(&sidecar);
    arena_destroy(arena);
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(test_nothing_there, clean),
        cmocka_unit_test_teardown(test_everything, clean),
        cmocka_unit_test_teardown(test_hashtags_in_one_text, clean),
        cmocka_unit_test_teardown(test_times, clean),
        cmocka_unit_test_teardown(test_syntax_errors_name_the_place, clean),
        cmocka_unit_test_teardown(test_wrong_values_name_the_place, clean),
        cmocka_unit_test_teardown(test_files_stay_beside, clean),
        cmocka_unit_test_teardown(test_schedule, clean),
        cmocka_unit_test_teardown(test_zones, clean),
        cmocka_unit_test_teardown(test_text_files, clean),
        cmocka_unit_test_teardown(test_pictures_and_subtitles, clean),
        cmocka_unit_test(test_where),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
