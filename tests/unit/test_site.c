/* The own site, driven through a host in memory: what is there at every moment, what two publishers make of it,
 * and whether the pages are what browsers, readers and crawlers expect. */
#include <crosscut/adapter.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern const struct adapter adapter_site;

/* ---- a host in memory ---- */

struct host {
    json_t *files;         /* path -> text */
    json_t *versions;      /* path -> number of changes */
    char log[4096];        /* "PUT /videos/..." a line each, of changes that were made */
    int nb_requests;
};

static struct host host_make(void)
{
    return (struct host){.files = json_object(), .versions = json_object()};
}

static void host_free(struct host *host)
{
    json_decref(host->files);
    json_decref(host->versions);
}

static void host_put(struct host *host, const char *path, const char *text)
{
    json_int_t version = json_integer_value(json_object_get(host->versions, path));
    size_t used = strlen(host->log);

    assert_int_equal(json_object_set_new(host->files, path, json_string(text)), 0);
    json_object_set_new(host->versions, path, json_integer(version + 1));
    snprintf(host->log + used, sizeof host->log - used, "%s\n", path);
}

static const char *host_get(const struct host *host, const char *path)
{
    const char *text = json_string_value(json_object_get(host->files, path));

    if (!text)
        print_error("%s is not on the host\n", path);
    assert_non_null(text);
    return text;
}

struct answer {
    struct http_response response;
    json_t *headers, *json;
};

static const char *header_of(const struct http_request *request, const char *name)
{
    for (size_t i = 0; i < 12 && request->headers[i].name; i++)
        if (!strcmp(request->headers[i].name, name))
            return request->headers[i].value;
    return NULL;
}

static int put_status(struct host *host, const struct http_request *request, const char *path, const char *etag, bool there)
{
    const char *match = header_of(request, "If-Match");
    char text[200];

    if ((match && (!there || strcmp(match, etag) != 0)) || (header_of(request, "If-None-Match") && there))
        return 412;
    assert_true((request->body != NULL) != (request->file != NULL));
    snprintf(text, sizeof text, "file %s", request->file ? request->file : "");
    host_put(host, path, request->body ? request->body : text);
    return there ? 200 : 201;
}

static struct answer host_answer(struct host *host, const struct http_request *request)
{
    struct answer a = {.headers = json_object(), .response.body = ""};
    const char *path = request->url + 5;
    bool there = json_object_get(host->files, path) != NULL;
    char etag[80];

    assert_int_equal(strncmp(request->url, "host:/", 6), 0);
    assert_int_equal(request->repeat, REPEAT_SAFE);
    assert_int_equal(request->sign, SIGN_NONE);
    assert_non_null(request->what);
    host->nb_requests++;
    snprintf(etag, sizeof etag, "\"%s-%d\"", path, (int)json_integer_value(json_object_get(host->versions, path)));
    if (!strcmp(request->method, "GET")) {
        a.response.status = there ? 200 : 404;
        if (there) {
            a.response.body = host_get(host, path);
            json_object_set_new(a.headers, "etag", json_string(etag));
        }
    } else {
        assert_string_equal(request->method, "PUT");
        a.response.status = put_status(host, request, path, etag, there);
    }
    a.response.body_bytes = strlen(a.response.body);
    a.json = json_loads(a.response.body, 0, NULL);
    a.response.headers = a.headers;
    a.response.json = a.json;
    return a;
}

/* ---- a publisher: a post, its state, and its last answer ---- */

struct publisher {
    struct post post;
    json_t *state, *text, *hashtags, *settings;
    struct step step;              /* the last one; its request lives in the arena */
    struct answer last;
    bool answered;
    struct arena *arena;
    int nb_steps;
};

static struct publisher publisher_make(const char *id, const char *title, const char *caption, int64_t created_ms)
{
    struct publisher p = {
        .state = json_object(),
        .text = json_pack("{s:s, s:s}", "title", title, "caption", caption),
        .hashtags = json_pack("[s, s]", "slow", "bread<b>"),
        .settings = json_pack("{s:s, s:s, s:s, s:s, s:s}", "site_title", "Bread & Butter", "author", "Ada \"A\" Miller",
                              "base_url", "https://example.org/tv", "language", "en", "page_links", "folder"),
        .arena = arena_create(),
    };

    p.post = (struct post){
        .id = id, .master_id = "sha256:0", .master_path = "clip.mp4", .destination = "site", .platform = "site",
        .part = 1, .parts = 1, .rendition = "/tmp/r.mp4", .rendition_bytes = 1234567, .content_type = "video/mp4",
        .width_px = 1080, .height_px = 1920, .duration_ms = 62500, .cover_ms = 1000, .cover = "/tmp/r.jpg",
        .text = p.text, .hashtags = p.hashtags, .title = title, .created_ms = created_ms, .settings = p.settings,
        .adapter = &adapter_site,
    };
    return p;
}

static void answer_free(struct answer *a)
{
    json_decref(a->headers);
    json_decref(a->json);
    *a = (struct answer){0};
}

static void publisher_free(struct publisher *p)
{
    answer_free(&p->last);
    json_decref(p->state);
    json_decref(p->text);
    json_decref(p->hashtags);
    json_decref(p->settings);
    arena_destroy(p->arena);
}

/* One step; the request, if that is what comes out, is not answered yet. */
static enum step_kind advance(struct publisher *p)
{
    struct step_in in = {.post = &p->post, .state = p->state, .last = p->answered ? &p->last.response : NULL,
                         .now_ms = 1795532400000, .arena = p->arena};
    char *text;

    p->step = adapter_site.step(&in);
    p->nb_steps++;
    assert_non_null(p->step.state);
    text = json_dumps(p->step.state, JSON_COMPACT);    /* the journal's way: through text */
    assert_non_null(text);
    assert_true(strlen(text) < 2000);
    json_decref(p->state);
    json_decref(p->step.state);
    p->state = json_loads(text, 0, NULL);
    free(text);
    answer_free(&p->last);
    p->answered = false;
    return p->step.kind;
}

static void ask(struct publisher *p, struct host *host)
{
    p->last = host_answer(host, &p->step.request);
    p->answered = true;
}

static void lose(struct publisher *p)
{
    p->last = (struct answer){.response = {.body = ""}, .headers = json_object()};
    p->answered = true;
}

static enum step_kind run(struct publisher *p, struct host *host)
{
    while (advance(p) == STEP_REQUEST) {
        assert_true(p->nb_steps < 1000);
        ask(p, host);
    }
    if (p->step.kind == STEP_FAILED)
        print_message("    %s\n", p->step.error.text);
    return p->step.kind;
}

/* ---- what is on the host ---- */

/* Every local file that a text names after `mark` is on the host. */
static void check_links(const struct host *host, const char *text, const char *mark, const char *folder)
{
    for (const char *at = strstr(text, mark); at; at = strstr(at + 1, mark)) {
        const char *from = at + strlen(mark);
        char name[300];

        if (strstr(from, "://") == from + strcspn(from, ":\"<"))
            continue;
        snprintf(name, sizeof name, "%s%.*s", folder, (int)strcspn(from, "\"<"), from);
        if (name[strlen(name) - 1] == '/')
            strncat(name, "index.html", sizeof name - strlen(name) - 1);
        (void)host_get(host, name);
    }
}

/* At any moment: whatever an index, a feed or a sitemap links to is there. */
static void check_all_linked(const struct host *host)
{
    static const char *const pages[] = {"/index.html", "/feed.xml", "/sitemap.xml"};

    for (size_t i = 0; i < 3; i++) {
        const char *text = json_string_value(json_object_get(host->files, pages[i]));

        if (!text)
            continue;
        check_links(host, text, "href=\"videos/", "/videos/");
        check_links(host, text, "src=\"videos/", "/videos/");
        check_links(host, text, "https://example.org/tv/videos/", "/videos/");
    }
}

static const char *public_text(const struct publisher *p, const char *key)
{
    return json_text_at(json_object_get(p->state, "public"), key);
}

/* Is it well-formed, asked from outside when the tool is there. libxml2 knows the elements of HTML 4: that it calls a
 * newer one invalid is no fault, anything else is. */
static void check_with_xmllint(const char *text, bool html)
{
    char name[] = "/tmp/crosscut-test-XXXXXX", said[2048] = "";
    int fd = mkstemp(name), out[2], status = 0;
    pid_t child;
    FILE *from;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    assert_int_equal(pipe(out), 0);
    child = fork();
    if (!child) {
        dup2(out[1], STDERR_FILENO);
        close(out[0]);
        execlp("xmllint", "xmllint", "--noout", "--nonet", html ? "--html" : name, html ? name : NULL, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    from = fdopen(out[0], "r");
    while (fgets(said, sizeof said, from))
        if (strstr(said, "error :") && !(html && strstr(said, "error : Tag ") && strstr(said, " invalid")))
            fail_msg("xmllint: %s", said);
    fclose(from);
    waitpid(child, &status, 0);
    unlink(name);
    assert_true(WIFEXITED(status));
    if (!html && WEXITSTATUS(status) != 127)
        assert_int_equal(WEXITSTATUS(status), 0);
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_error("missing: %s\nin: %s\n", part, text);
    assert_non_null(strstr(text, part));
}

/* Elements open and close in order; void elements of HTML and "/>" close themselves. */
static void check_nesting(const char *text)
{
    static const char *const empty[] = {"meta", "link", "br", "img", "source"};
    char open[64][24];
    size_t depth = 0;

    for (const char *at = strchr(text, '<'); at; at = strchr(at + 1, '<')) {
        const char *end = strchr(at, '>');
        size_t length = strcspn(at + 1, " >/");
        bool closes = at[1] == '/', is_empty = false;

        assert_non_null(end);
        if (at[1] == '!' || at[1] == '?')
            continue;
        if (closes)
            length = strcspn(at + 2, ">");
        assert_true(length > 0 && length < 24);
        if (closes) {
            assert_true(depth > 0);
            depth--;
            assert_int_equal(strlen(open[depth]), length);
            assert_memory_equal(open[depth], at + 2, length);
            continue;
        }
        for (size_t i = 0; i < sizeof empty / sizeof empty[0]; i++)
            is_empty = is_empty || (strlen(empty[i]) == length && !strncmp(empty[i], at + 1, length) && strstr(text, "<!DOCTYPE html>"));
        if (is_empty || end[-1] == '/')
            continue;
        assert_true(depth < 64);
        snprintf(open[depth], sizeof open[depth], "%.*s", (int)length, at + 1);
        depth++;
    }
    assert_int_equal(depth, 0);
}

/* ---- tests ---- */

#define NOON 1764000000000    /* 2025-11-24T16:00:00Z */

static void publishes_in_order(void **state)
{
    struct host host = host_make();
    struct publisher p = publisher_make("0123456789abcdef", "Slow bread, fast!", "First line\nsecond\n\nOther & <b>bold</b>", NOON);

    (void)state;
    while (advance(&p) == STEP_REQUEST) {
        ask(&p, &host);
        check_all_linked(&host);
    }
    assert_int_equal(p.step.kind, STEP_DONE);
    assert_string_equal(host.log, "/videos/slow-bread-fast-01234567/video.mp4\n"
                                  "/videos/slow-bread-fast-01234567/cover.jpg\n"
                                  "/videos/slow-bread-fast-01234567/index.html\n"
                                  "/catalog.json\n/index.html\n/feed.xml\n/sitemap.xml\n");
    assert_string_equal(public_text(&p, "permalink"), "https://example.org/tv/videos/slow-bread-fast-01234567/");
    assert_string_equal(public_text(&p, "remote_id"), "slow-bread-fast-01234567");
    assert_string_equal(public_text(&p, "surface"), "web page");
    assert_string_equal(public_text(&p, "visibility"), "public");
    publisher_free(&p);
    host_free(&host);
}

static void page_of_a_video(void **state)
{
    struct host host = host_make();
    struct publisher p = publisher_make("0123456789abcdef", "Ada's <script>alert(1)</script> & \"co\"",
                                        "First </script><!-- line\nsee https://example.org/a?b=1&c=2.\n\nOther", NOON);
    const char *page;

    (void)state;
    p.post.link = "javascript:alert(1)";
    p.post.alt_text = "A loaf\" onload=\"x";
    assert_int_equal(run(&p, &host), STEP_DONE);
    page = host_get(&host, "/videos/adas-script-alert-1-script-co-01234567/index.html");
    assert_has(page, "<!DOCTYPE html>\n<html lang=\"en\">\n");
    assert_has(page, "<title>Ada&#39;s &lt;script&gt;alert(1)&lt;/script&gt; &amp; &quot;co&quot;</title>");
    assert_has(page, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
    assert_has(page, "<meta name=\"description\" content=\"First &lt;/script&gt;");
    assert_has(page, "<link rel=\"canonical\" href=\"https://example.org/tv/videos/adas-script-alert-1-script-co-01234567/\">");
    assert_has(page, "<meta property=\"og:video\" content=\"https://example.org/tv/videos/adas-script-alert-1-script-co-01234567/video.mp4\">");
    assert_has(page, "<meta property=\"og:image\" content=\"https://example.org/tv/videos/adas-script-alert-1-script-co-01234567/cover.jpg\">");
    assert_has(page, "<meta name=\"twitter:card\" content=\"summary_large_image\">");
    assert_has(page, "<video controls playsinline preload=\"metadata\" width=\"1080\" height=\"1920\" poster=\"cover.jpg\" "
                     "aria-label=\"A loaf&quot; onload=&quot;x\">");
    assert_has(page, "<br>\nsee <a href=\"https://example.org/a?b=1&amp;c=2\" rel=\"noopener\">https://example.org/a?b=1&amp;c=2</a>.</p>\n"
                     "<p dir=\"auto\">Other</p>");
    assert_has(page, "#slow #bread&lt;b&gt;</p>");
    assert_has(page, "<time datetime=\"2025-11-24T16:00:00Z\">2025-11-24</time> \xC2\xB7 1:03");
    assert_null(strstr(page, "href=\"javascript:"));
    check_nesting(page);
    check_with_xmllint(page, true);

    {    /* the JSON inside of the script element is whole, and cannot end it */
        const char *from = strstr(page, "<script type=\"application/ld+json\">") + 35, *to = strstr(from, "</script>");
        json_t *ld = json_loadb(from, (size_t)(to - from), 0, NULL);

        assert_non_null(ld);
        assert_null(memchr(from, '<', (size_t)(to - from)));
        assert_string_equal(json_text_at(ld, "name"), "Ada's <script>alert(1)</script> & \"co\"");
        assert_string_equal(json_text_at(ld, "duration"), "PT0H1M3S");
        assert_string_equal(json_text_at(ld, "uploadDate"), "2025-11-24T16:00:00Z");
        assert_string_equal(json_text_at(ld, "@type"), "VideoObject");
        assert_has(json_text_at(ld, "thumbnailUrl"), "/cover.jpg");
        assert_has(json_text_at(ld, "contentUrl"), "/video.mp4");
        assert_int_equal(json_int_at(ld, "width", 0), 1080);
        json_decref(ld);
    }
    publisher_free(&p);
    host_free(&host);
}

static void feed_and_sitemap(void **state)
{
    struct host host = host_make();
    struct publisher old = publisher_make("aaaaaaaaaaaaaaaa", "Old", "", NOON - 86400000);
    struct publisher new = publisher_make("bbbbbbbbbbbbbbbb", "New & shiny", "Text\x01\xEF\xBF\xBF with\xEF\xBF\xBD <b>", NOON);
    const char *feed, *map, *index;

    (void)state;
    assert_int_equal(run(&new, &host), STEP_DONE);
    assert_int_equal(run(&old, &host), STEP_DONE);
    feed = host_get(&host, "/feed.xml");
    map = host_get(&host, "/sitemap.xml");
    index = host_get(&host, "/index.html");
    assert_true(strstr(feed, "<title>New &amp; shiny</title>") < strstr(feed, "<title>Old</title>"));
    assert_true(strstr(index, "New &amp; shiny") < strstr(index, "Old"));
    assert_has(feed, "<atom:link rel=\"self\" type=\"application/rss+xml\" href=\"https://example.org/tv/feed.xml\"/>");
    assert_has(feed, "<pubDate>Mon, 24 Nov 2025 16:00:00 GMT</pubDate>");
    assert_has(feed, "<pubDate>Sun, 23 Nov 2025 16:00:00 GMT</pubDate>");
    assert_has(feed, "<lastBuildDate>Mon, 24 Nov 2025 16:00:00 GMT</lastBuildDate>");
    assert_has(feed, "<guid isPermaLink=\"true\">https://example.org/tv/videos/new-shiny-bbbbbbbb/</guid>");
    assert_has(feed, "<enclosure url=\"https://example.org/tv/videos/new-shiny-bbbbbbbb/video.mp4\" length=\"1234567\" type=\"video/mp4\"/>");
    assert_has(feed, "medium=\"video\" duration=\"63\" width=\"1080\" height=\"1920\">");
    assert_has(feed, "<media:thumbnail url=\"https://example.org/tv/videos/new-shiny-bbbbbbbb/cover.jpg\"/>");
    assert_has(feed, "<description>&lt;p dir=&quot;auto&quot;&gt;Text with\xEF\xBF\xBD &amp;lt;b&amp;gt;&lt;/p&gt;\n</description>");
    assert_has(feed, "<dc:creator>Ada &quot;A&quot; Miller</dc:creator>");
    assert_has(map, "<loc>https://example.org/tv/</loc>");
    assert_has(map, "<loc>https://example.org/tv/videos/old-aaaaaaaa/</loc>\n<lastmod>2025-11-23T16:00:00Z</lastmod>");
    assert_has(map, "<video:content_loc>https://example.org/tv/videos/old-aaaaaaaa/video.mp4</video:content_loc>");
    assert_has(index, "<h1 dir=\"auto\">Bread &amp; Butter</h1>");
    assert_has(index, "<a href=\"videos/new-shiny-bbbbbbbb/\">");
    check_nesting(feed);
    check_nesting(map);
    check_nesting(index);
    check_with_xmllint(feed, false);
    check_with_xmllint(map, false);
    check_with_xmllint(index, true);
    publisher_free(&old);
    publisher_free(&new);
    host_free(&host);
}

/* Two publishers in every way of taking turns that a few bits can say: both entries stay, and every page knows both. */
static void two_publishers_converge(void **state)
{
    (void)state;
    for (unsigned turns = 0; turns < 1u << 11; turns++) {
        struct host host = host_make();
        struct publisher p[2] = {publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON), publisher_make("bbbbbbbbbbbbbbbb", "Two", "", NOON + 1)};
        bool asked[2] = {false, false}, ended[2] = {false, false};

        for (unsigned turn = 0; !ended[0] || !ended[1]; turn++) {
            size_t who = turn < 24 ? turns >> (turn / 2) & 1 : turn & 1;

            assert_true(turn < 2000);
            if (ended[who])
                continue;
            if (asked[who])
                ask(&p[who], &host);    /* acts on what was decided earlier: the other may have been in between */
            asked[who] = !asked[who];
            if (asked[who])
                ended[who] = advance(&p[who]) != STEP_REQUEST;
            check_all_linked(&host);
        }
        for (size_t i = 0; i < 2; i++) {
            assert_int_equal(p[i].step.kind, STEP_DONE);
            publisher_free(&p[i]);
        }
        assert_has(host_get(&host, "/catalog.json"), "\"one-aaaaaaaa\"");
        assert_has(host_get(&host, "/catalog.json"), "\"two-bbbbbbbb\"");
        assert_true(strstr(host_get(&host, "/index.html"), "two-bbbbbbbb") < strstr(host_get(&host, "/index.html"), "one-aaaaaaaa"));
        assert_has(host_get(&host, "/feed.xml"), "one-aaaaaaaa");
        assert_has(host_get(&host, "/feed.xml"), "two-bbbbbbbb");
        assert_has(host_get(&host, "/sitemap.xml"), "one-aaaaaaaa");
        assert_has(host_get(&host, "/sitemap.xml"), "two-bbbbbbbb");
        host_free(&host);
    }
}

/* Each request in turn loses its answer, before or after the host did it, or the program is stopped there. */
static void every_answer_may_be_lost(void **state)
{
    (void)state;
    for (int lost = 0; lost < 14; lost++)
        for (int way = 0; way < 3; way++) {
            struct host host = host_make();
            struct publisher p = publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON);

            for (int n = 0; advance(&p) == STEP_REQUEST; n++) {
                if (n != lost || way != 0)
                    ask(&p, &host);
                if (n == lost) {
                    answer_free(&p.last);
                    lose(&p);
                    if (way == 2) {    /* stopped: nothing is remembered but the state */
                        answer_free(&p.last);
                        p.answered = false;
                    }
                }
                check_all_linked(&host);
            }
            assert_int_equal(p.step.kind, STEP_DONE);
            assert_int_equal(json_array_size(json_at(p.last.json, "videos")), 0);
            assert_has(host_get(&host, "/index.html"), "one-aaaaaaaa");
            assert_has(host_get(&host, "/sitemap.xml"), "one-aaaaaaaa");
            publisher_free(&p);
            host_free(&host);
        }
}

static void publishing_again_changes_nothing(void **state)
{
    struct host host = host_make();
    struct publisher p = publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON), again = publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON);
    char *feed;

    (void)state;
    assert_int_equal(run(&p, &host), STEP_DONE);
    feed = strdup(host_get(&host, "/feed.xml"));
    assert_int_equal(run(&again, &host), STEP_DONE);
    assert_string_equal(feed, host_get(&host, "/feed.xml"));
    assert_int_equal(json_integer_value(json_object_get(host.versions, "/catalog.json")), 1);
    free(feed);
    publisher_free(&p);
    publisher_free(&again);
    host_free(&host);
}

static void a_strange_catalog_is_left_alone(void **state)
{
    static const char *const strange[] = {
        "", "not JSON", "[]", "{}", "{\"format\": \"crosscut-catalog/2\", \"videos\": []}",
        "{\"format\": \"crosscut-catalog/1\", \"videos\": {}}", "{\"format\": \"crosscut-catalog/1\"}",
    };

    (void)state;
    for (size_t i = 0; i < sizeof strange / sizeof strange[0]; i++) {
        struct host host = host_make();
        struct publisher p = publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON);

        host_put(&host, "/catalog.json", strange[i]);
        assert_int_equal(run(&p, &host), STEP_FAILED);
        assert_int_equal(p.step.error.kind, ERROR_PERMANENT);
        assert_string_equal(p.step.error.rule, "site.catalog");
        assert_has(p.step.error.text, "catalog.json on the host");
        assert_string_equal(host_get(&host, "/catalog.json"), strange[i]);
        publisher_free(&p);
        host_free(&host);
    }
}

/* Once it may be public, an answer that makes no sense does not make it "failed": a resume goes on from there. */
static void it_is_not_failed_once_it_is_listed(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++)
        for (int at = 4; at < 13; at++) {
            struct host host = host_make();
            struct publisher p = publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON);

            for (int n = 0; advance(&p) == STEP_REQUEST; n++) {
                ask(&p, &host);
                if (n != at)
                    continue;
                json_decref(p.last.json);
                p.last.json = way == 1 ? json_object() : NULL;
                p.last.response.json = p.last.json;
                p.last.response.status = way == 2 ? 400 : 200;
                p.last.response.body = "<html>";
            }
            if (p.step.kind == STEP_FAILED) {
                assert_int_equal(p.step.error.kind, ERROR_TRANSIENT);
                assert_int_equal(run(&p, &host), STEP_DONE);
            }
            assert_int_equal(p.step.kind, STEP_DONE);
            publisher_free(&p);
            host_free(&host);
        }
}

static void strange_entries_are_kept_but_not_shown(void **state)
{
    struct host host = host_make();
    struct publisher p = publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON);

    (void)state;
    host_put(&host, "/catalog.json",
             "{\"format\": \"crosscut-catalog/1\", \"note\": \"mine\", \"videos\": [7, null, {\"id\": \"x\"},"
             "{\"id\": \"evil\", \"slug\": \"../../etc\", \"title\": \"EVIL\"}, {\"id\": \"e2\", \"slug\": \"a\\\"b\", \"title\": \"EVIL\"},"
             "{\"id\": \"odd\", \"slug\": \"odd\", \"title\": \"Odd\", \"published_ms\": 99999999999999999, \"width\": -5,"
             " \"hashtags\": [1, \"\", \"ok\"], \"duration_ms\": \"x\"}]}");
    assert_int_equal(run(&p, &host), STEP_DONE);
    assert_has(host_get(&host, "/catalog.json"), "EVIL");
    assert_has(host_get(&host, "/catalog.json"), "\"note\":\"mine\"");
    assert_null(strstr(host_get(&host, "/index.html"), "EVIL"));
    assert_null(strstr(host_get(&host, "/feed.xml"), "EVIL"));
    assert_has(host_get(&host, "/index.html"), "Odd");
    assert_has(host_get(&host, "/feed.xml"), "<category>ok</category>");
    check_with_xmllint(host_get(&host, "/feed.xml"), false);
    publisher_free(&p);
    host_free(&host);
}

/* The host says it took the catalog, and did not: nothing is called published that nobody can see. */
static void a_host_that_lies_once(void **state)
{
    struct host host = host_make();
    struct publisher p = publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON);
    bool lied = false;

    (void)state;
    host_put(&host, "/catalog.json", "{\"format\": \"crosscut-catalog/1\", \"videos\": []}");
    while (advance(&p) == STEP_REQUEST) {
        if (!lied && !strcmp(p.step.request.url, "host:/catalog.json") && !strcmp(p.step.request.method, "PUT")) {
            lied = true;
            lose(&p);
            p.last.response.status = 200;
        } else {
            ask(&p, &host);
        }
    }
    assert_true(lied);
    assert_int_equal(p.step.kind, STEP_DONE);
    assert_has(host_get(&host, "/catalog.json"), "one-aaaaaaaa");
    assert_has(host_get(&host, "/index.html"), "one-aaaaaaaa");
    publisher_free(&p);
    host_free(&host);
}

/* A host that never comes to rest: always 412, or another catalog at every look. */
static void it_gives_up_for_a_while(void **state)
{
    (void)state;
    for (int way = 0; way < 3; way++) {
        struct host host = host_make();
        struct publisher p = publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON);

        while (advance(&p) == STEP_REQUEST) {
            assert_true(p.nb_steps < 1000);
            if (!strcmp(p.step.request.url, "host:/catalog.json") && !strcmp(p.step.request.method, way == 1 ? "PUT" : "GET") &&
                json_object_get(host.files, "/catalog.json"))
                host_put(&host, "/catalog.json", host_get(&host, "/catalog.json"));
            host.log[0] = '\0';
            if (way == 2 && strstr(p.step.request.url, "/index.html") == p.step.request.url + 5)
                lose(&p);
            else
                ask(&p, &host);
            if (way == 1 && !json_object_get(host.files, "/catalog.json"))
                host_put(&host, "/catalog.json", "{\"format\": \"crosscut-catalog/1\", \"videos\": []}");
        }
        assert_int_equal(p.step.kind, STEP_FAILED);
        assert_int_equal(p.step.error.kind, ERROR_TRANSIENT);
        assert_string_equal(p.step.error.rule, "site.busy");
        assert_true(p.step.error.retry_at_ms > 1795532400000);
        assert_int_equal(run(&p, &host), STEP_DONE);    /* later, in peace */
        publisher_free(&p);
        host_free(&host);
    }
}

static void other_answers_end_it(void **state)
{
    (void)state;
    for (int status = 300; status < 600; status += 1)
        for (int at = 0; at < 12; at++) {
            struct host host = host_make();
            struct publisher p = publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON);

            for (int n = 0; advance(&p) == STEP_REQUEST; n++) {
                assert_true(p.nb_steps < 500);
                ask(&p, &host);
                if (n >= at) {
                    answer_free(&p.last);
                    lose(&p);
                    p.last.response.status = status;
                }
            }
            assert_int_equal(p.step.kind, STEP_FAILED);
            assert_true(p.step.error.text[0]);
            publisher_free(&p);
            host_free(&host);
            if (status > 302 && status < 400)
                break;
        }
}

static void without_cover_and_address(void **state)
{
    struct host host = host_make();
    struct publisher p = publisher_make("aaaaaaaaaaaaaaaa", "\xE6\x9D\xB1\xE4\xBA\xAC", "", NOON);
    const char *page;

    (void)state;
    p.post.cover = NULL;
    p.post.language = "ja";
    json_object_del(p.settings, "base_url");
    assert_int_equal(run(&p, &host), STEP_DONE);
    assert_null(strstr(host.log, "cover.jpg"));
    assert_string_equal(public_text(&p, "permalink"), "http://localhost/videos/aaaaaaaaaaaaaaaa/index.html");
    assert_int_equal(json_array_size(json_at(p.state, "public.warnings")), 1);
    page = host_get(&host, "/videos/aaaaaaaaaaaaaaaa/index.html");
    assert_has(page, "<html lang=\"ja\">");
    assert_has(page, "href=\"../../index.html\"");
    assert_null(strstr(page, "poster="));
    assert_null(strstr(page, "thumbnailUrl"));
    check_with_xmllint(page, true);
    check_with_xmllint(host_get(&host, "/sitemap.xml"), false);
    assert_null(strstr(host_get(&host, "/sitemap.xml"), "<video:video>"));

    json_object_set_new(p.settings, "host_base_url", json_string("http://media.example/"));
    json_object_clear(p.state);
    assert_int_equal(run(&p, &host), STEP_DONE);
    assert_string_equal(public_text(&p, "permalink"), "http://media.example/videos/aaaaaaaaaaaaaaaa/");
    publisher_free(&p);
    host_free(&host);
}

static void checks_the_address(void **state)
{
    static const char *const bad[] = {"example.org", "ftp://example.org/", "https://", "https:///x", "https://example.org/?a", "javascript:1"};
    static const char *const good[] = {"", "https://example.org", "http://127.0.0.1:8080/a/"};
    struct publisher p = publisher_make("aaaaaaaaaaaaaaaa", "One", "", NOON);
    struct error err;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        json_object_set_new(p.settings, "base_url", json_string(bad[i]));
        assert_false(adapter_site.check(&p.post, &err));
        assert_int_equal(err.kind, ERROR_CONFIG);
        assert_has(err.text, bad[i]);
    }
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        json_object_set_new(p.settings, "base_url", json_string(good[i]));
        assert_true(adapter_site.check(&p.post, &err));
    }
    publisher_free(&p);
}

static void a_long_caption_is_summed_up(void **state)
{
    struct host host = host_make();
    char caption[1200] = "";
    struct publisher p;
    const char *page, *from;
    size_t length;

    (void)state;
    for (int i = 0; i < 99; i++)
        strncat(caption, i % 9 ? "\xC3\xA9\xC3\xA9\xC3\xA9\xC3\xA9 " : "\xF0\x9F\x8D\x9E\n", sizeof caption - strlen(caption) - 1);
    p = publisher_make("aaaaaaaaaaaaaaaa", "One", caption, NOON);
    assert_int_equal(run(&p, &host), STEP_DONE);
    page = host_get(&host, "/videos/one-aaaaaaaa/index.html");    /* json_string refused it if it were not UTF-8 */
    from = strstr(page, "<meta name=\"description\" content=\"") + 34;
    length = strcspn(from, "\"");
    assert_in_range(length, 200, 303);
    assert_memory_equal(from + length - 3, "\xE2\x80\xA6", 3);
    assert_null(memchr(from, '\n', length));
    publisher_free(&p);
    host_free(&host);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(publishes_in_order),
        cmocka_unit_test(page_of_a_video),
        cmocka_unit_test(feed_and_sitemap),
        cmocka_unit_test(two_publishers_converge),
        cmocka_unit_test(every_answer_may_be_lost),
        cmocka_unit_test(publishing_again_changes_nothing),
        cmocka_unit_test(a_strange_catalog_is_left_alone),
        cmocka_unit_test(it_is_not_failed_once_it_is_listed),
        cmocka_unit_test(strange_entries_are_kept_but_not_shown),
        cmocka_unit_test(a_host_that_lies_once),
        cmocka_unit_test(it_gives_up_for_a_while),
        cmocka_unit_test(other_answers_end_it),
        cmocka_unit_test(without_cover_and_address),
        cmocka_unit_test(checks_the_address),
        cmocka_unit_test(a_long_caption_is_summed_up),
    };

    return cmocka_run_group_tests_name("site", tests, NULL, NULL);
}
