/* Texts that want to be more than text (goal S5): through headers, JSON, HTML, RSS, JUnit, events and the terminal. Nothing of
 * them becomes structure, and what can be read back is what went in. */
#include "../../adapters/site_pages.h"
#include "base/auto.h"
#include "base/text.h"
#include "publish/transport.h"
#include "report/events.h"
#include "report/json.h"
#include "report/junit.h"
#include "report/preview.h"
#include "report/terminal.h"
#include "report/text.h"
#include <crosscut/markup.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/wait.h>

#include <cmocka.h>

#define NB_TEXTS 50000       /* through every sink that takes microseconds */
#define NB_PAGES 3000        /* of them through whole pages and documents */

/* ---- the texts ---- */

static const char *const pieces[] = {
    "\r", "\n", "\r\n", "\r\nX-Evil: 1", "\x1B[31m", "\x1B]0;title\x07", "\x1B", "\x07", "\x7F", ("\xC2\x9B" "31m"), "\xC2\x85", "\xE2\x80\xAE", "\xE2\x81\xA6",
    "\xE2\x80\xA8", "\xE2\x80\x8F", "\xD8\x9C", "\xED\xA0\x80", "\xED\xBF\xBF", "\xFF", "\xC0\xAF", "\xF4\x90\x80\x80", "\xC3", "\xE2\x82", "\xEF\xBF\xBF",
    "--boundary", "\r\n--boundary--\r\n", "\"", "'", "`", "\\", "\\u0022", "=cmd|'/C calc'!A0", "+1", "-rf", "--config=/etc/passwd", "@SUM(1)", "%s%n", "{caption}",
    "</script>", "<script>alert(1)</script>", "<!--", "-->", "]]>", "<![CDATA[", "<img src=x onerror=alert(1)>", "&lt;", "&amp;", "&#0;", "&", "<", ">", "</title>",
    "</style>", "</pre>", "\" onload=\"x", "' onload='x", "javascript:alert(1)", "https://example.org/\"onclick=\"x", "https://example.org/<b>", "data:text/html,<b>",
    "%0d%0a", "%00", "../../etc/passwd", "\x01\x02\x03", "\x08\x08", "\t", " ", "a", "Sunset run", "\xC3\xA4", "\xF0\x9F\x98\x80", "\xE6\xBC\xA2", "e\xCC\x81", "#tag",
    "\xF0\x9F\x91\xA8\xE2\x80\x8D\xF0\x9F\x91\xA9",
};

static uint32_t next(uint32_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    return *seed ^= *seed << 5;
}

/* One to eight pieces, never empty. */
static void make_text(struct str *s, uint32_t *seed)
{
    int n = 1 + (int)(next(seed) % 8);

    s->bytes = 0;
    while (n-- > 0)
        str_add(s, pieces[next(seed) % (sizeof pieces / sizeof pieces[0])]);
}

/* The part of it that is UTF-8: what gets past the sidecar. */
static const char *valid_text(const char *text, struct arena *arena)
{
    struct str s = {0};
    const char *kept;
    size_t bytes;

    for (; *text; text += bytes) {
        utf8_code_point(text, &bytes);
        if (utf8_valid(arena_strndup(arena, text, bytes)))
            str_add_bytes(&s, text, bytes);
    }
    kept = arena_strdup(arena, s.bytes ? str_text(&s) : "x");
    str_finish(&s);
    return kept;
}

/* ---- headers: refused, or as they are on one line ---- */

static void test_headers(void **state)
{
    static const char *const hosts[] = {"api.example.com", NULL};
    AUTO_STR struct str text = {0};
    uint32_t seed = 1;
    int refused = 0;

    (void)state;
    for (int i = 0; i < NB_TEXTS; i++) {
        json_auto_t *record = json_array();
        struct transport *dry = transport_dry_create(NULL, false, record);
        struct error err;

        make_text(&text, &seed);
        struct transport_call call = {.hosts = hosts, .platform = "p", .post_id = "1", .request = {.method = "GET", .url = "https://api.example.com/",
                                      .headers = {{i % 2 ? "X-A" : str_text(&text), i % 2 ? str_text(&text) : "x"}}}};
        bool ok = transport_start(dry, &call, &err);

        for (const char *c = str_text(&text); ok && *c; c++)
            if (((unsigned char)*c < 0x20 && *c != '\t') || *c == 0x7F || (i % 2 == 0 && strchr(": \t\"", *c)))
                fail_msg("a header with byte %02X went through", (unsigned char)*c);
        refused += !ok;
        transport_destroy(dry);
    }
    assert_true(refused > NB_TEXTS / 3 && refused < NB_TEXTS);
    printf("security S5: %d header names and values, %d refused, 0 with a line break sent\n", NB_TEXTS, refused);
}

/* ---- the terminal ---- */

static bool is_loud(int32_t c)
{
    return (c < 0x20 && c != '\n') || (c >= 0x7F && c < 0xA0) || (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F ||
           c == 0x061C || c == 0x2028 || c == 0x2029;
}

static int loud_characters(const char *text)
{
    size_t bytes;
    int n = 0;

    for (; *text; text += bytes)
        n += is_loud(utf8_code_point(text, &bytes));
    return n;
}

static void test_terminal(void **state)
{
    AUTO_STR struct str text = {0};
    uint32_t seed = 2;

    (void)state;
    for (int i = 0; i < NB_TEXTS; i++) {
        AUTO_STR struct str out = {0};
        int columns = i % 30;

        make_text(&text, &seed);
        terminal_add_cut(&out, str_text(&text), columns);
        if (loud_characters(str_text(&out)) || strchr(str_text(&out), '\n') || !utf8_valid(str_text(&out)))
            fail_msg("a terminal would obey text %d", i);
        if (columns)
            assert_true(terminal_columns(str_text(&out)) <= columns);
    }
}

/* ---- markup: escaped, and the same when it is read back ---- */

static void unescape(const char *from, struct str *to)
{
    static const struct { const char *entity, *text; } entities[] = {{"&lt;", "<"}, {"&gt;", ">"}, {"&amp;", "&"}, {"&quot;", "\""}, {"&#39;", "'"}, {"&#x27;", "'"}, {"&apos;", "'"}};

    while (*from) {
        size_t i = 0, n = sizeof entities / sizeof entities[0];

        while (i < n && strncmp(from, entities[i].entity, strlen(entities[i].entity)) != 0)
            i++;
        assert_true(*from != '&' || i < n);
        if (i < n)
            str_add(to, entities[i].text);
        else
            str_add_bytes(to, from, 1);
        from += i < n ? strlen(entities[i].entity) : 1;
    }
}

static bool xml_forbids(int32_t c)
{
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r') || c == 0xFFFE || c == 0xFFFF;
}

static void test_markup(void **state)
{
    AUTO_STR struct str text = {0};
    uint32_t seed = 3;

    (void)state;
    for (int i = 0; i < NB_TEXTS; i++) {
        AUTO_ARENA struct arena *arena = arena_create();
        AUTO_STR struct str out = {0}, back = {0}, wanted = {0}, script = {0};
        json_auto_t *json = NULL;
        const char *valid;
        size_t bytes;

        make_text(&text, &seed);
        valid = valid_text(str_text(&text), arena);
        str_add_markup(&out, valid);
        if (strpbrk(str_text(&out), "<>\"'"))
            fail_msg("markup text %d is more than text: %s", i, str_text(&out));
        unescape(str_text(&out), &back);
        for (const char *c = valid; *c; c += bytes)
            if (!xml_forbids(utf8_code_point(c, &bytes)))
                str_add_bytes(&wanted, c, bytes);
        assert_string_equal(str_text(&back), str_text(&wanted));
        out.bytes = 0;
        str_add_markup(&out, str_text(&text));    /* any bytes */
        assert_null(strpbrk(str_text(&out), "<>\"'"));
        json = json_pack("{s:s}", "t", valid);
        markup_script(&script, "application/ld+json", arena_json(arena, json_incref(json)));
        assert_true(strstr(str_text(&script), "</script>\n") == str_text(&script) + script.bytes - 10);
        assert_null(strstr(str_text(&script), "<!--"));
        script.data[script.bytes - 10] = '\0';
        json_auto_t *again = json_loads(strchr(str_text(&script), '>') + 1, JSON_REJECT_DUPLICATES, NULL);
        assert_true(json_equal(again, json));
    }
    printf("security S5: %d texts as markup and JSON, all read back equal\n", NB_TEXTS);
}

/* ---- whole pages and documents ---- */

/* What an HTML reader would run: no script but JSON-LD, no event handler, no address but the web's or a relative one. */
static void expect_inactive(const char *page, const char *what)
{
    for (const char *c = page; (c = strchr(c, '<')); c++) {
        const char *end = strchr(c, '>');
        bool quoted = false;

        if (!strncmp(c, "<!--", 4) || !end)
            fail_msg("%s: a comment or an open tag", what);
        if (!strncasecmp(c, "<script", 7) && strncmp(c, "<script type=\"application/ld+json\">", 35) != 0)
            fail_msg("%s: a script", what);
        for (const char *at = c; at < end; at++) {
            if (*at == '"')
                quoted = !quoted;
            if (!quoted && *at == ' ' && !strncasecmp(at + 1, "on", 2))
                fail_msg("%s: an event handler", what);
            if (!quoted && (!strncmp(at, " href=\"", 7) || !strncmp(at, " src=\"", 6))) {
                const char *url = strchr(at, '"') + 1;

                if (strcspn(url, ":") < strcspn(url, "/\"?#") && strncmp(url, "https://", 8) != 0 && strncmp(url, "http://", 7) != 0)
                    fail_msg("%s: an address that is not of the web: %.40s", what, url);
            }
        }
        if (quoted)
            fail_msg("%s: '>' inside of a quoted value", what);
    }
}

static void expect_well_formed(const struct str *all, const char *what)
{
    char name[] = "/tmp/crosscut-xml-XXXXXX";
    AUTO_CLOSE int fd = mkstemp(name);
    int status;
    pid_t pid;

    assert_true(fd >= 0 && write(fd, all->data, all->bytes) == (ssize_t)all->bytes);
    pid = fork();
    if (!pid) {
        execlp("xmllint", "xmllint", "--noout", "--nonet", "--huge", name, (char *)NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WEXITSTATUS(status) == 127)
        print_message("%s: xmllint is not there, well-formedness was not checked\n", what);
    else if (status)
        fail_msg("%s is not well-formed: %s", what, name);
    unlink(name);
}

static int count(const char *text, const char *part)
{
    int n = 0;

    for (; (text = strstr(text, part)); text += strlen(part))
        n++;
    return n;
}

static void test_site(void **state)
{
    AUTO_STR struct str text = {0}, feeds = {0}, maps = {0};
    uint32_t seed = 4;

    (void)state;
    str_add(&feeds, "<all>");
    str_add(&maps, "<all>");
    for (int i = 0; i < NB_PAGES; i++) {
        AUTO_ARENA struct arena *arena = arena_create();
        const char *t[6];

        for (size_t k = 0; k < 6; k++) {
            make_text(&text, &seed);
            t[k] = valid_text(str_text(&text), arena);
        }
        json_auto_t *entry = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[s], s:I, s:i, s:i, s:i, s:i, s:b}", "id", "0011223344556677", "slug",
                                       site_slug(arena, t[0], "0011223344556677"), "title", t[0], "caption", t[1], "link", t[2], "alt_text", t[3], "language", t[4],
                                       "type", "video/mp4", "hashtags", t[5], "published_ms", (json_int_t)1795532400000, "duration_ms", 61000, "bytes", 5,
                                       "width", 1080, "height", 1920, "cover", i % 2);
        json_auto_t *entries = json_pack("[O]", entry);
        struct site site = {t[1], t[2], t[3], t[4], "https://example.org/", ""};
        struct site_video video;

        assert_true(site_video_from_json(entry, &video));
        expect_inactive(site_video_page(&site, &video, arena), "page");
        expect_inactive(site_index(&site, entries, arena), "index");
        if (i % 10)
            continue;
        const char *feed = site_feed(&site, entries, arena), *map = site_map(&site, entries, arena);

        assert_int_equal(count(feed, "<item>"), 1);
        assert_int_equal(count(map, "<url>"), 2);
        str_add(&feeds, strstr(feed, "?>") + 2);
        str_add(&maps, strstr(map, "?>") + 2);
    }
    str_add(&feeds, "</all>");
    str_add(&maps, "</all>");
    expect_well_formed(&feeds, "the feeds");
    expect_well_formed(&maps, "the sitemaps");
    printf("security S5: %d pages without active content; feeds and sitemaps well-formed\n", 2 * NB_PAGES);
}

static char *print_text(const struct report *report)
{
    const struct terminal plain = {.interactive = true, .columns = 80};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    text_print(report, &plain, true, out);
    fclose(out);
    return text;
}

/* One report with such texts everywhere, through every reporter. */
static void test_reports(void **state)
{
    static const struct text_rule rules[] = {{.field = "caption", .template = "{caption}", .unit = TEXT_UTF16}};
    static const struct spec spec = {.platform = "demo", .texts = rules, .nb_texts = 1};
    static const struct adapter demo = {.name = "demo", .title = "Demo", .spec = &spec};
    AUTO_STR struct str text = {0}, cases = {0};
    uint32_t seed = 5;

    (void)state;
    str_add(&cases, "<all>");
    for (int i = 0; i < NB_PAGES; i++) {
        AUTO_ARENA struct arena *arena = arena_create();
        AUTO_STR struct str page = {0}, junit = {0};
        const char *t[4], *v[4];

        for (size_t k = 0; k < 4; k++) {
            make_text(&text, &seed);
            t[k] = arena_strdup(arena, str_text(&text));    /* a path, a word of a platform: any bytes */
            v[k] = valid_text(t[k], arena);
        }
        json_auto_t *texts = json_pack("{s:s}", "caption", v[1]);
        json_auto_t *requests = json_pack("[{s:s, s:s, s:{s:s}, s:s, s:s}]", "method", "POST", "url", v[2], "headers", "X-A", v[3], "body", v[1], "what", v[0]);
        struct post post = {.id = "0011223344556677", .master_id = "sha256:aa", .master_path = t[0], .destination = "mine", .platform = "demo", .part = 1,
                            .parts = 1, .rendition_id = "r1", .text = texts, .title = v[0], .cover_ms = -1, .adapter = &demo};
        struct post_report posts[1] = {{.post = &post, .state = POST_FAILED, .remote_id = t[2], .permalink = t[3], .surface = t[2], .visibility = t[1],
                                        .warnings = (const char *[]){t[1], NULL}, .reasons = (const char *[]){t[0], NULL}, .requests = requests}};
        struct report_master master = {.path = t[0], .id = "sha256:aa"};
        struct report report = {.command = "post", .masters = &master, .nb_masters = 1, .posts = posts, .nb_posts = 1,
                                .skipped = &(struct report_skipped){t[1], t[2]}, .nb_skipped = 1};

        fail_rule(&posts[0].error, ERROR_PERMANENT, "demo.no", "%s", t[1]);
        preview_page(&page, &report);
        expect_inactive(str_text(&page), "preview");
        assert_non_null(strstr(str_text(&page), "Content-Security-Policy"));
        AUTO_FREE char *shown = print_text(&report);
        if (loud_characters(shown) || !utf8_valid(shown))
            fail_msg("report %d has characters that a terminal obeys: %s", i, shown);
        json_auto_t *document = report_to_json(&report);
        AUTO_FREE char *dumped = json_dumps(document, 0);
        json_auto_t *again = dumped ? json_loads(dumped, JSON_REJECT_DUPLICATES, NULL) : NULL;
        assert_true(json_equal(document, again));
        assert_string_equal(json_text_at(again, "posts.0.text.caption"), v[1]);
        junit_add(&junit, &report);
        assert_int_equal(count(str_text(&junit), "<testcase"), 1);
        if (i % 10 == 0)
            str_add(&cases, strstr(str_text(&junit), "?>") + 2);
    }
    str_add(&cases, "</all>");
    expect_well_formed(&cases, "the JUnit reports");
}

static void test_events(void **state)
{
    char path[] = "/tmp/crosscut-events-XXXXXX";
    AUTO_STR struct str text = {0};
    struct events *events = NULL;
    struct error err = {0};
    uint32_t seed = 6;
    char *line = NULL;
    size_t room = 0;
    int lines = 0;
    FILE *in;

    (void)state;
    close(mkstemp(path));
    assert_true(events_open(path, &events, &err));
    for (int i = 0; i < NB_PAGES; i++) {
        struct post post = {.id = "0011223344556677", .destination = "mine", .platform = "demo", .part = 1, .parts = 1};
        struct error why;

        make_text(&text, &seed);
        post.master_path = str_text(&text);
        fail_rule(&why, ERROR_PERMANENT, "demo.no", "%s", str_text(&text));
        events_post(events, 1795532400000, &post, POST_FAILED, &why, str_text(&text));
    }
    assert_true(events_close(events, &err));
    in = fopen(path, "r");
    while (getline(&line, &room, in) > 0) {
        json_auto_t *event = json_loads(line, JSON_REJECT_DUPLICATES, NULL);

        assert_string_equal(json_text_at(event, "event"), "post");
        assert_true(json_text_at(event, "error.text")[0] != '\0');
        lines++;
    }
    assert_int_equal(lines, NB_PAGES);    /* a line break in a text did not make a line */
    free(line);
    fclose(in);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_headers), cmocka_unit_test(test_terminal), cmocka_unit_test(test_markup),
        cmocka_unit_test(test_site),    cmocka_unit_test(test_reports),  cmocka_unit_test(test_events),
    };

    return cmocka_run_group_tests_name("injection", tests, NULL, NULL);
}
