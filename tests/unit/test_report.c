/* Reports as values: exit status, JSON, text, JUnit, events and progress. */
#include "report/events.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/progress.h"
#include "report/report.h"
#include "report/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NOON 1764000000000    /* 2025-11-24T16:00:00Z */

static const struct text_rule rules[] = {
    {.field = "title", .template = "{title}", .limit = 100, .unit = TEXT_UTF16},
    {.field = "caption", .template = "{caption}", .limit = 2200, .unit = TEXT_UTF16},
};
static const struct spec spec = {.platform = "demo", .texts = rules, .nb_texts = 2};
static const struct adapter demo = {.name = "demo", .title = "Demo", .spec = &spec};

static struct post post_make(const char *id, const char *destination, json_t *text)
{
    return (struct post){.id = id, .master_id = "sha256:aa", .master_path = "in/clip.mp4", .destination = destination,
                         .platform = "demo", .part = 1, .parts = 1, .rendition_id = "r1", .text = text, .title = "T",
                         .cover_ms = -1, .adapter = &demo};
}

static struct error error_make(enum error_kind kind, const char *rule, const char *text)
{
    struct error e;

    fail_rule(&e, kind, rule, "%s", text);
    return e;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_error("missing: %s\nin: %s\n", part, text);
    assert_non_null(strstr(text, part));
}

/* ---- exit status ---- */

/* "published held:credentials ..." and the status that must come of it. */
static int exit_of(const char *posts, bool interrupted)
{
    struct post_report reports[8] = {0};
    struct report report = {.command = "post", .posts = reports, .interrupted = interrupted};
    struct post post = post_make("1", "d", NULL);
    char copy[200], *save = NULL;

    snprintf(copy, sizeof copy, "%s", posts);
    for (char *word = strtok_r(copy, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
        char *colon = strchr(word, ':');
        struct post_report *r = &reports[report.nb_posts++];

        if (colon)
            *colon = '\0';
        r->post = &post;
        if (!strcmp(word, "draft")) {
            r->surface = "inbox draft";
            r->state = POST_HELD;
        } else {
            assert_true(post_state_parse(word, &r->state));
        }
        if (colon)
            r->error = error_make(error_kind_parse(colon + 1), "", "why");
    }
    return report_exit(&report);
}

static void exit_status(void **state)
{
    static const struct { const char *posts; int status; } cases[] = {
        {"", 0}, {"published", 0}, {"published published retracted", 0}, {"scheduled", 0}, {"planned", 0},
        {"rendered published", 0}, {"draft", 0}, {"draft:credentials published", 0},
        {"planned:refused", 3}, {"failed:refused", 3}, {"failed:refused planned:refused", 3},
        {"held:credentials", 4}, {"held", 4}, {"held:config", 2}, {"failed:credentials", 4},
        {"deferred:transient", 5}, {"deferred", 5}, {"uploading", 5}, {"processing", 5}, {"failed:transient", 5},
        {"failed:permanent", 6}, {"failed", 6},
        {"failed:config", 2}, {"failed:internal", 1},
        {"published failed:permanent", 7}, {"draft deferred:transient", 7}, {"planned planned:refused", 7},
        {"unknown", 8}, {"unknown:unknown published", 8}, {"unknown failed:permanent deferred", 8},
        {"failed:refused held:credentials", 4}, {"failed:permanent deferred:transient", 5},
        {"failed:refused failed:permanent", 6}, {"held:credentials deferred:transient", 5},
        {"failed:config failed:permanent", 2}, {"failed:internal deferred", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (exit_of(cases[i].posts, false) != cases[i].status)
            print_error("'%s'\n", cases[i].posts);
        assert_int_equal(exit_of(cases[i].posts, false), cases[i].status);
    }
    assert_int_equal(exit_of("published", true), 0);
    assert_int_equal(exit_of("published deferred", true), 130);
    assert_int_equal(exit_of("uploading:interrupted", true), 130);
    assert_int_equal(exit_of("unknown uploading", true), 8);
}

static void exit_status_of_masters(void **state)
{
    struct report_master masters[2] = {{.path = "a.mp4"}, {.path = "b.mp4", .error = error_make(ERROR_REFUSED, "media", "no")}};
    struct post post = post_make("1", "d", NULL);
    struct post_report posts[1] = {{.post = &post, .state = POST_PUBLISHED}};
    struct report report = {.command = "post", .masters = masters, .nb_masters = 2, .posts = posts, .nb_posts = 1};

    (void)state;
    assert_int_equal(report_exit(&report), 7);
    report.nb_posts = 0;
    assert_int_equal(report_exit(&report), 3);
    report.shows_only = true;
    assert_int_equal(report_exit(&report), 0);
    report.error = error_make(ERROR_CONFIG, "", "bad");
    assert_int_equal(report_exit(&report), 2);
}

/* ---- a report with everything in it ---- */

struct full {
    json_t *text, *recipe, *facts;
    struct post posts[4];
    struct post_report reports[4];
    struct report_master masters[2];
    struct report_rendition renditions[1];
    struct report_skipped skipped[1];
    struct report report;
};

static const char *const shared[] = {"tiktok", "reels", NULL};
static const char *const reasons[] = {"1920x1080 -> 1080x1920 (crop)", NULL};
static const char *const warnings[] = {"the title was cut", NULL};
static const char *dropped[] = {"extra", NULL};
static const struct fitted_text fitted[] = {
    {.field = "title", .text = "Hi", .count = 2, .limit = 100, .unit = TEXT_UTF16, .cut = " there", .dropped_hashtags = dropped},
};

static void full_make(struct full *f)
{
    *f = (struct full){
        .text = json_pack("{s:s, s:s}", "title", "Slow bread", "caption", "Bread \xF0\x9F\x8D\x9E\nline"),
        .recipe = json_pack("{s:i}", "crf", 20), .facts = json_pack("{s:s}", "container", "mp4"),
        .masters = {{.path = "in/clip.mp4", .id = "sha256:aa"}, {.path = "in/bad.mov"}},
        .skipped = {{"in/notes.pdf", "not a video"}},
    };
    f->masters[0].facts = f->facts;
    f->masters[1].error = error_make(ERROR_REFUSED, "media.damaged", "in/bad.mov: no index (moov) found; copy it again");
    f->renditions[0] = (struct report_rendition){.id = "r1", .master = "in/clip.mp4", .path = "/cache/r1.mp4", .recipe = f->recipe,
                                                 .facts = f->facts, .destinations = shared, .made = "encoded", .reasons = reasons};
    for (size_t i = 0; i < 4; i++) {
        static const char *const names[] = {"tiktok", "reels", "shorts", "site"};
        static const char *const ids[] = {"000000000000000a", "000000000000000b", "000000000000000c", "000000000000000d"};

        f->posts[i] = post_make(ids[i], names[i], f->text);
        f->reports[i] = (struct post_report){.post = &f->posts[i]};
    }
    f->reports[0].state = POST_PUBLISHED;
    f->reports[0].permalink = "https://demo.example/v/1";
    f->reports[0].remote_id = "1";
    f->reports[0].surface = "Short";
    f->reports[0].visibility = "private";
    f->reports[0].warnings = warnings;
    f->reports[1].state = POST_DEFERRED;
    f->reports[1].error = error_make(ERROR_TRANSIENT, "demo.quota", "demo: the daily quota is used up; crosscut resume goes on");
    f->reports[1].error.retry_at_ms = NOON;
    f->reports[1].due_ms = NOON;
    f->reports[2].state = POST_FAILED;
    f->reports[2].error = error_make(ERROR_REFUSED, "demo.duration", "too \033[31mlong <&>\001");
    f->reports[2].texts = fitted;
    f->reports[2].nb_texts = 1;
    f->reports[2].reasons = reasons;
    f->reports[3].state = POST_UNKNOWN;
    f->posts[3].part = 2;
    f->posts[3].parts = 3;
    f->report = (struct report){.command = "post", .masters = f->masters, .nb_masters = 2, .renditions = f->renditions,
                                .nb_renditions = 1, .posts = f->reports, .nb_posts = 4, .skipped = f->skipped, .nb_skipped = 1};
}

static void full_free(struct full *f)
{
    json_decref(f->text);
    json_decref(f->recipe);
    json_decref(f->facts);
}

static void json_document(void **state)
{
    struct full f;
    json_t *json;

    (void)state;
    full_make(&f);
    json = report_to_json(&f.report);
    assert_non_null(json);
    assert_string_equal(json_text_at(json, "schema"), "crosscut/1");
    assert_string_equal(json_text_at(json, "command"), "post");
    assert_int_equal(json_int_at(json, "exit", -1), 8);
    assert_string_equal(json_text_at(json, "masters.0.id"), "sha256:aa");
    assert_string_equal(json_text_at(json, "masters.0.facts.container"), "mp4");
    assert_true(json_is_null(json_at(json, "masters.0.error")));
    assert_true(json_is_null(json_at(json, "masters.1.id")));
    assert_string_equal(json_text_at(json, "masters.1.error.rule"), "media.damaged");
    assert_string_equal(json_text_at(json, "renditions.0.for.1"), "reels");
    assert_string_equal(json_text_at(json, "renditions.0.made"), "encoded");
    assert_int_equal(json_int_at(json, "renditions.0.recipe.crf", 0), 20);
    assert_string_equal(json_text_at(json, "posts.0.state"), "published");
    assert_string_equal(json_text_at(json, "posts.0.text.caption"), "Bread \xF0\x9F\x8D\x9E\nline");
    assert_int_equal(json_int_at(json, "posts.0.text.count", 0), 13);
    assert_int_equal(json_int_at(json, "posts.0.text.limit", 0), 2200);
    assert_string_equal(json_text_at(json, "posts.0.text.unit"), "utf16");
    assert_string_equal(json_text_at(json, "posts.0.text.title"), "Slow bread");
    assert_string_equal(json_text_at(json, "posts.0.permalink"), "https://demo.example/v/1");
    assert_string_equal(json_text_at(json, "posts.0.warnings.0"), "the title was cut");
    assert_true(json_is_null(json_at(json, "posts.0.error")));
    assert_string_equal(json_text_at(json, "posts.1.error.kind"), "transient");
    assert_string_equal(json_text_at(json, "posts.1.error.retry_at"), "2025-11-24T16:00:00Z");
    assert_string_equal(json_text_at(json, "posts.2.error.rule"), "demo.duration");
    assert_true(json_is_null(json_at(json, "posts.2.error.retry_at")));
    assert_string_equal(json_text_at(json, "posts.2.texts.0.cut"), " there");
    assert_string_equal(json_text_at(json, "posts.2.texts.0.dropped_hashtags.0"), "extra");
    assert_int_equal(json_int_at(json, "posts.3.part", 0), 2);
    assert_string_equal(json_text_at(json, "skipped.0.why"), "not a video");
    json_decref(json);
    f.masters[0].path = "in/\xFF.mp4";    /* a file name need not be UTF-8 */
    json = report_to_json(&f.report);
    assert_string_equal(json_text_at(json, "masters.0.path"), "in/\xEF\xBF\xBD.mp4");
    json_decref(json);
    full_free(&f);
}

/* ---- text ---- */

static char *print_text(const struct report *report, bool color, bool details)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    struct terminal terminal = {.color = color};

    text_print(report, &terminal, details, out);
    fclose(out);
    return text;
}

static void text_for_people(void **state)
{
    struct full f;
    char *text;

    (void)state;
    full_make(&f);
    text = print_text(&f.report, false, false);
    assert_string_equal(text,
                        "in/clip.mp4\n"
                        "  tiktok    published   https://demo.example/v/1  Short, private\n"
                        "    note: the title was cut\n"
                        "  reels     deferred    until 2025-11-24 16:00 UTC\n"
                        "    demo: the daily quota is used up; crosscut resume goes on\n"
                        "  shorts    refused\n"
                        "    too \xEF\xBF\xBD[31mlong <&>\xEF\xBF\xBD\n"
                        "  site 2/3  unknown\n"
                        "in/bad.mov\n"
                        "  refused\n"
                        "skipped in/notes.pdf: not a video\n"
                        "1 published, 1 deferred, 1 refused, 1 unknown\n");
    free(text);
    text = print_text(&f.report, false, true);
    assert_has(text, "  rendition r1 encoded for tiktok, reels\n    /cache/r1.mp4\n    1920x1080 -> 1080x1920 (crop)\n");
    assert_has(text, "    title (2 of 100 utf16): Hi\n");
    assert_has(text, "    caption (13 of 2200 utf16): Bread \xF0\x9F\x8D\x9E line\n");
    free(text);
    text = print_text(&f.report, true, false);
    assert_has(text, "\033[32mpublished\033[0m");
    assert_null(strstr(text, "\033[31mlong"));
    free(text);
    f.report.dry_run = true;
    text = print_text(&f.report, false, false);
    assert_has(text, "1 unknown (dry run: nothing was sent)\n");
    free(text);
    full_free(&f);
}

static void table_of_status(void **state)
{
    struct full f;
    char *text;

    (void)state;
    full_make(&f);
    f.report.shows_only = true;
    f.report.nb_posts = 2;
    text = print_text(&f.report, false, false);
    assert_string_equal(text,
                        "000000000000000a  published   tiktok    clip.mp4                      https://demo.example/v/1\n"
                        "000000000000000b  deferred    reels     clip.mp4                      until 2025-11-24 16:00 UTC\n"
                        "    demo: the daily quota is used up; crosscut resume goes on\n"
                        "1 published, 1 deferred\n");
    free(text);
    f.report.nb_posts = 0;
    text = print_text(&f.report, false, false);
    assert_string_equal(text, "no posts yet\n");
    free(text);
    full_free(&f);
}

static void harmless_on_a_terminal(void **state)
{
    static const struct { const char *in, *out; } cases[] = {
        {"plain", "plain"}, {"a\tb\nc", "a b c"}, {"\033]0;x\007", "\xEF\xBF\xBD]0;x\xEF\xBF\xBD"},
        {"\xC2\x9B" "31m", "\xEF\xBF\xBD" "31m"}, {"\xE2\x80\xAE" "gpj", "\xEF\xBF\xBDgpj"}, {"\xFF\xC3", "\xEF\xBF\xBD\xEF\xBF\xBD"},
        {"\177", "\xEF\xBF\xBD"}, {"\xE6\x9D\xB1", "\xE6\x9D\xB1"}, {"", ""},
    };
    static const struct { const char *in; int columns; const char *out; int used; } cuts[] = {
        {"abcdef", 6, "abcdef", 6}, {"abcdefg", 6, "abcde\xE2\x80\xA6", 6},
        {"\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD", 5, "\xE6\x9D\xB1\xE4\xBA\xAC\xE2\x80\xA6", 5},
        {"\xE6\x9D\xB1\xE4\xBA\xAC\xE9\x83\xBD", 4, "\xE6\x9D\xB1\xE2\x80\xA6", 3}, {"ab", 1, "\xE2\x80\xA6", 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct str s = {0};

        terminal_add(&s, cases[i].in);
        assert_string_equal(str_text(&s), cases[i].out);
        str_finish(&s);
    }
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        struct str s = {0};

        assert_int_equal(terminal_add_cut(&s, cuts[i].in, cuts[i].columns), cuts[i].used);
        assert_string_equal(str_text(&s), cuts[i].out);
        str_finish(&s);
    }
}

static void colour_rules(void **state)
{
    int null = open("/dev/null", O_RDWR);

    (void)state;
    unsetenv("NO_COLOR");
    setenv("TERM", "xterm", 1);
    assert_false(terminal_of(null, TERMINAL_COLOR_AUTO).color);
    assert_false(terminal_of(null, TERMINAL_COLOR_AUTO).interactive);
    assert_true(terminal_of(null, TERMINAL_COLOR_ALWAYS).color);
    setenv("NO_COLOR", "1", 1);
    assert_true(terminal_of(null, TERMINAL_COLOR_ALWAYS).color);    /* what is said on the command line wins */
    close(null);
    {
        int tty = posix_openpt(O_RDWR | O_NOCTTY), side = -1;

        if (tty >= 0 && !grantpt(tty) && !unlockpt(tty))
            side = open(ptsname(tty), O_RDWR | O_NOCTTY);
        if (side < 0)
            skip();
        assert_false(terminal_of(side, TERMINAL_COLOR_AUTO).color);
        assert_true(terminal_of(side, TERMINAL_COLOR_AUTO).interactive);
        unsetenv("NO_COLOR");
        assert_true(terminal_of(side, TERMINAL_COLOR_AUTO).color);
        assert_false(terminal_of(side, TERMINAL_COLOR_NEVER).color);
        setenv("TERM", "dumb", 1);
        assert_false(terminal_of(side, TERMINAL_COLOR_AUTO).color);
        assert_false(terminal_of(side, TERMINAL_COLOR_AUTO).interactive);
        close(side);
        close(tty);
    }
}

/* ---- JUnit and events ---- */

static void junit_document(void **state)
{
    struct full f;
    struct str s = {0};

    (void)state;
    full_make(&f);
    junit_add(&s, &f.report);
    assert_string_equal(str_text(&s),
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<testsuites name=\"crosscut\" tests=\"5\" failures=\"2\" errors=\"1\" skipped=\"1\">\n"
        "<testsuite name=\"post\" tests=\"5\" failures=\"2\" errors=\"1\" skipped=\"1\">\n"
        "<testcase classname=\"in/bad.mov\" name=\"master\">\n"
        "<failure message=\"in/bad.mov: no index (moov) found; copy it again\" type=\"media.damaged\">"
        "in/bad.mov: no index (moov) found; copy it again</failure>\n</testcase>\n"
        "<testcase classname=\"in/clip.mp4\" name=\"tiktok\"/>\n"
        "<testcase classname=\"in/clip.mp4\" name=\"reels\">\n"
        "<skipped message=\"demo: the daily quota is used up; crosscut resume goes on\"/>\n</testcase>\n"
        "<testcase classname=\"in/clip.mp4\" name=\"shorts\">\n"
        "<failure message=\"too [31mlong &lt;&amp;&gt;\" type=\"demo.duration\">too [31mlong &lt;&amp;&gt;</failure>\n</testcase>\n"
        "<testcase classname=\"in/clip.mp4\" name=\"site 2/3\">\n"
        "<error message=\"unknown\" type=\"internal\">unknown</error>\n</testcase>\n"
        "</testsuite>\n</testsuites>\n");
    str_finish(&s);
    full_free(&f);
}

static void events_are_lines(void **state)
{
    char name[] = "/tmp/crosscut-events-XXXXXX", line[2000];
    struct full f;
    struct events *events;
    struct error err;
    struct stat st;
    FILE *in;

    (void)state;
    close(mkstemp(name));
    unlink(name);
    full_make(&f);
    assert_true(events_open(name, &events, &err));
    events_post(events, NOON, &f.posts[0], POST_UPLOADING, NULL, NULL);
    events_post(events, NOON + 1000, &f.posts[2], POST_FAILED, &f.reports[2].error, NULL);
    events_add(events, NOON, "wait", json_pack("{s:i, s:s}", "until_ms", 5, "event", "overwritten?"));
    assert_true(events_close(events, &err));
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    in = fopen(name, "r");
    assert_non_null(fgets(line, sizeof line, in));
    assert_string_equal(line, "{\"at\":\"2025-11-24T16:00:00Z\",\"event\":\"post\",\"id\":\"000000000000000a\",\"destination\":\"tiktok\","
                              "\"platform\":\"demo\",\"part\":1,\"state\":\"uploading\",\"master\":\"in/clip.mp4\"}\n");
    assert_non_null(fgets(line, sizeof line, in));
    assert_has(line, "\"error\":{\"kind\":\"refused\",\"rule\":\"demo.duration\",\"text\":\"too \\u001B[31mlong <&>\\u0001\",\"retry_at\":null}");
    assert_non_null(fgets(line, sizeof line, in));
    assert_string_equal(line, "{\"at\":\"2025-11-24T16:00:00Z\",\"event\":\"wait\",\"until_ms\":5}\n");
    assert_null(fgets(line, sizeof line, in));
    fclose(in);
    unlink(name);
    assert_true(events_open(NULL, &events, &err));
    assert_null(events);
    events_add(events, NOON, "x", json_object());
    assert_true(events_close(events, &err));
    assert_false(events_open("/nowhere/at/all", &events, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_true(events_open("/dev/full", &events, &err));
    events_add(events, NOON, "x", NULL);
    assert_false(events_close(events, &err));
    assert_has(err.text, "/dev/full");
    full_free(&f);
}

/* ---- progress ---- */

static void plain_progress(void **state)
{
    char *text = NULL;
    size_t bytes;
    FILE *out = open_memstream(&text, &bytes);
    struct terminal terminal = {0};
    struct progress *p = progress_create(out, &terminal, false);
    int encode = progress_start(p, "clip \033[2J", PROGRESS_MEDIA, 10000, 0);
    int upload = progress_start(p, "upload tiktok", PROGRESS_BYTES, 1000000, 0);

    (void)state;
    for (int i = 1; i <= 100; i++)
        progress_set(p, encode, i * 100, 10000, i * 50);
    progress_set(p, upload, 555000, 1000000, 1000);
    progress_end(p, encode, "encoded", 5000);
    progress_end(p, upload, NULL, 5000);
    progress_end(p, upload, "twice", 5000);
    progress_note(p, "a note");
    progress_destroy(p);
    fclose(out);
    assert_string_equal(text, "clip \xEF\xBF\xBD[2J: started\nupload tiktok: started\n"
                              "clip \xEF\xBF\xBD[2J: 20 %  2.0x  ETA 0:04\nclip \xEF\xBF\xBD[2J: 40 %  2.0x  ETA 0:03\n"
                              "clip \xEF\xBF\xBD[2J: 60 %  2.0x  ETA 0:02\nclip \xEF\xBF\xBD[2J: 80 %  2.0x  ETA 0:01\n"
                              "upload tiktok: 50 %  555.0 kB of 1.0 MB  555.0 kB/s  ETA 0:01\n"
                              "clip \xEF\xBF\xBD[2J: encoded\na note\n");
    free(text);
}

/* A terminal of our own: what is on the screen after all sequences were obeyed; fails on one that is not known. */
static void screen(const char *text, int columns, char lines[static 40][400])
{
    int row = 0, column = 0;
    size_t at[40] = {0};

    memset(lines, 0, 40 * 400);
    for (const char *c = text; *c; c++) {
        int n = 0;
        char end = 0;

        if (*c == '\n') {
            row++;
            column = 0;
        } else if (*c == '\r') {
            column = 0;
        } else if (*c == '\033') {
            int used = 0;

            assert_int_equal(c[1], '[');
            if (sscanf(c + 2, "%d%c%n", &n, &end, &used) != 2)
                assert_int_equal(sscanf(c + 2, "%c%n", &end, &used), 1);
            c += 1 + used;
            if (end == 'A')
                row -= n;
            else if (end == 'J')
                for (int i = row; i < 40; i++) {
                    memset(lines[i], 0, 400);
                    at[i] = 0;
                }
            else
                assert_int_equal(end, 'm');
            assert_true(row >= 0);
        } else {
            assert_true(row < 40);
            lines[row][at[row]++] = *c;
            column += ((unsigned char)*c & 0xC0) != 0x80;
            assert_true(column < columns);    /* nothing wraps */
        }
    }
}

#define LIGHT3 "\xE2\x94\x80\xE2\x94\x80\xE2\x94\x80"
#define LIGHT9 LIGHT3 LIGHT3 LIGHT3

static void bars_on_a_terminal(void **state)
{
    (void)state;
    for (int columns = 10; columns <= 200; columns += 10) {
        char *text = NULL, lines[40][400];
        size_t bytes, drawn;
        FILE *out = open_memstream(&text, &bytes);
        struct terminal terminal = {.interactive = true, .color = true, .columns = columns};
        struct progress *p = progress_create(out, &terminal, false);
        int bars[12];

        for (int i = 0; i < 12; i++)
            bars[i] = progress_start(p, i ? "upload of a clip with a long name to a place" : "clip 1080x1920",
                                     i ? PROGRESS_BYTES : PROGRESS_MEDIA, 60000, 0);
        for (int t = 0; t <= 3000; t += 10)
            for (int i = 0; i < 12; i++)
                progress_set(p, bars[i], t * (i + 1), 60000, t);
        fflush(out);
        screen(text, columns, lines);
        assert_true(strlen(lines[7]) > 0);
        assert_string_equal(lines[8], columns < 20 ? "+4" : "... and 4 more");
        if (columns == 80)
            assert_string_equal(lines[0], "clip 1080x1920             \xE2\x94\x81" LIGHT9 LIGHT9 LIGHT9 "   5 %  1.0x  ETA 0:57");
        drawn = bytes;
        progress_set(p, bars[0], 3100, 60000, 3001);    /* within a tenth of a second: not drawn */
        fflush(out);
        assert_int_equal(bytes, drawn);
        for (int i = 0; i < 12; i++)
            progress_end(p, bars[i], i ? NULL : "encoded", 3200);
        progress_destroy(p);
        fclose(out);
        screen(text, 1000, lines);
        assert_string_equal(lines[0], "clip 1080x1920: encoded");
        assert_string_equal(lines[1], "");
        free(text);
    }
}

static void progress_off(void **state)
{
    struct terminal terminal = {0};
    struct progress *p = progress_create(stderr, &terminal, true);
    int bar;

    (void)state;
    assert_null(p);
    bar = progress_start(p, "x", PROGRESS_BYTES, 1, 0);
    progress_set(p, bar, 1, 1, 1);
    progress_note(p, "x");
    progress_tick(p, 1);
    progress_end(p, bar, "x", 1);
    progress_destroy(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exit_status),
        cmocka_unit_test(exit_status_of_masters),
        cmocka_unit_test(json_document),
        cmocka_unit_test(text_for_people),
        cmocka_unit_test(table_of_status),
        cmocka_unit_test(harmless_on_a_terminal),
        cmocka_unit_test(colour_rules),
        cmocka_unit_test(junit_document),
        cmocka_unit_test(events_are_lines),
        cmocka_unit_test(plain_progress),
        cmocka_unit_test(bars_on_a_terminal),
        cmocka_unit_test(progress_off),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
