/* The preview folder: complete, self-contained, harmless, and put in place at once. */
#include "report/preview.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct text_rule rules[] = {{.field = "caption", .template = "{caption}", .limit = 2200, .unit = TEXT_UTF16}};
static const struct spec spec = {.platform = "demo", .texts = rules, .nb_texts = 1};
static const struct adapter demo = {.name = "demo", .title = "Demo <b>", .spec = &spec};

static const char *const shared[] = {"tiktok", "reels", NULL};
static const char *const reasons[] = {"1920x1080 -> 1080x1920 (crop & track)", NULL};
static const char *const warnings[] = {"the cover is <small>", NULL};
static const char *dropped[] = {"extra", "more", NULL};

struct fixture {
    char folder[64], master[100], rendition[100], cover[100], out[100];
    json_t *text, *facts, *requests;
    struct fitted_text fitted[1];
    struct post posts[3];
    struct post_report reports[3];
    struct report_master masters[2];
    struct report_rendition renditions[2];
    struct report_skipped skipped[1];
    struct report report;
};

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "r");
    char *text = calloc(1, 1 << 20);
    size_t got;

    if (!f)
        print_error("%s is missing\n", path);
    assert_non_null(f);
    got = fread(text, 1, (1 << 20) - 1, f);
    text[got] = '\0';
    fclose(f);
    return text;
}

static int make(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);

    snprintf(f->folder, sizeof f->folder, "/tmp/crosscut-preview-XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    snprintf(f->master, sizeof f->master, "%s/clip.mov", f->folder);
    snprintf(f->rendition, sizeof f->rendition, "%s/cached.mp4", f->folder);
    snprintf(f->cover, sizeof f->cover, "%s/cached.jpg", f->folder);
    snprintf(f->out, sizeof f->out, "%s/preview", f->folder);
    write_file(f->master, "master");
    write_file(f->rendition, "rendition");
    write_file(f->cover, "cover");
    f->text = json_pack("{s:s}", "caption", "Bread </div><script>alert(1)</script> & \"more\"");
    f->facts = json_pack("{s:i, s:i, s:{s:i, s:i, s:s, s:i, s:i}}", "duration_ms", 21340, "size_bytes", 4200000, "video", "width_px", 1080,
                         "height_px", 1920, "codec", "h264", "fps_num", 30000, "fps_den", 1001);
    f->requests = json_pack("[{s:s, s:s, s:s, s:{s:s, s:s}, s:{s:s}}]", "what", "open a session", "method", "POST", "url",
                            "https://demo.example/open?a=<b>", "headers", "Authorization", "Bearer LEAKED", "Content-Type", "application/json",
                            "body", "title", "</pre>");
    f->fitted[0] = (struct fitted_text){.field = "caption", .text = "Bread & butter", .count = 14, .limit = 2200, .unit = TEXT_UTF16,
                                        .cut = " and the rest", .dropped_hashtags = dropped};
    for (size_t i = 0; i < 3; i++) {
        static const char *const names[] = {"tiktok", "reels", "site"};

        f->posts[i] = (struct post){.id = names[i], .master_path = f->master, .destination = names[i], .platform = "demo", .part = 1,
                                    .parts = i == 2 ? 2 : 1, .rendition_id = i == 2 ? "r2" : "r1", .text = f->text, .title = "A \"title\"",
                                    .width_px = 1080, .height_px = 1920, .duration_ms = 21340, .adapter = &demo};
        f->reports[i] = (struct post_report){.post = &f->posts[i], .state = POST_RENDERED, .surface = "Reel"};
    }
    f->reports[0].texts = f->fitted;
    f->reports[0].nb_texts = 1;
    f->reports[0].warnings = warnings;
    f->reports[0].reasons = reasons;
    f->reports[0].requests = f->requests;
    f->reports[2].error.kind = ERROR_REFUSED;
    snprintf(f->reports[2].error.text, sizeof f->reports[2].error.text, "too long: 900 s, limit 600 s; cut it with in/out");
    f->masters[0] = (struct report_master){.path = f->master, .id = "sha256:aa", .facts = f->facts};
    f->masters[1] = (struct report_master){.path = "bad<1>.mov"};
    snprintf(f->masters[1].error.text, sizeof f->masters[1].error.text, "no video in it");
    f->renditions[0] = (struct report_rendition){.id = "r1", .master = f->master, .path = f->rendition, .cover = f->cover, .facts = f->facts,
                                                 .destinations = shared, .made = "encoded", .reasons = reasons};
    f->renditions[1] = (struct report_rendition){.id = "r2", .master = f->master, .path = f->master, .made = "original"};
    f->skipped[0] = (struct report_skipped){"notes.pdf", "not a video"};
    f->report = (struct report){.command = "preview", .dry_run = true, .masters = f->masters, .nb_masters = 2, .renditions = f->renditions,
                                .nb_renditions = 2, .posts = f->reports, .nb_posts = 3, .skipped = f->skipped, .nb_skipped = 1};
    *state = f;
    return 0;
}

static int unmake(void **state)
{
    struct fixture *f = *state;
    pid_t child = fork();

    if (!child) {
        execlp("rm", "rm", "-rf", f->folder, (char *)NULL);
        _exit(127);
    }
    waitpid(child, NULL, 0);
    json_decref(f->text);
    json_decref(f->facts);
    json_decref(f->requests);
    free(f);
    return 0;
}

static void assert_has(const char *text, const char *part)
{
    if (!strstr(text, part))
        print_error("missing: %s\nin: %s\n", part, text);
    assert_non_null(strstr(text, part));
}

static char *path_in(const struct fixture *f, const char *name)
{
    static char path[300];

    snprintf(path, sizeof path, "%s/%s", f->out, name);
    return path;
}

static int nb_entries(const char *folder)
{
    char command[300], answer[32] = "";
    int out[2];
    pid_t child;

    assert_int_equal(pipe(out), 0);
    snprintf(command, sizeof command, "ls -A '%s' | wc -l", folder);
    child = fork();
    if (!child) {
        dup2(out[1], STDOUT_FILENO);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(out[1]);
    assert_true(read(out[0], answer, sizeof answer - 1) > 0);
    close(out[0]);
    waitpid(child, NULL, 0);
    return atoi(answer);
}

static void writes_everything(void **state)
{
    struct fixture *f = *state;
    struct error err;
    struct stat linked, source;
    char *page, *media;

    assert_true(preview_write(&f->report, f->out, &err));
    page = read_file(path_in(f, "index.html"));
    assert_has(page, "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; media-src 'self' file:; "
                     "img-src 'self' file:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\">");
    assert_has(page, "<video controls playsinline preload=\"metadata\" src=\"media/r1.mp4\" poster=\"media/r1.jpg\" width=\"1080\" "
                     "height=\"1920\" aria-label=\"A &quot;title&quot;\"></video>");
    assert_has(page, "src=\"media/r2.mov\"");
    assert_has(page, "Bread &amp; butter<del title=\"cut off\"> and the rest</del>");
    assert_has(page, "<meter min=\"0\" max=\"2200\" value=\"14\"></meter>\n<p class=\"soft\">14 of 2200 UTF-16 units</p>");
    assert_has(page, "hashtags left out: #extra #more</p>");
    assert_has(page, "<li>the cover is &lt;small&gt;</li>");
    assert_has(page, "<li>1920x1080 -&gt; 1080x1920 (crop &amp; track)</li>");
    assert_has(page, "the same file goes to reels</p>");
    assert_has(page, "1080\xC3\x97" "1920 \xC2\xB7 h264 \xC2\xB7 29.97 fps \xC2\xB7 0:21.3 \xC2\xB7 4.2 MB");
    assert_has(page, "<summary>1 request that would be sent</summary>");
    assert_has(page, "POST https://demo.example/open?a=&lt;b&gt;\nAuthorization: ***\nContent-Type: application/json\n\n{\n &quot;title&quot;: "
                     "&quot;&lt;/pre&gt;&quot;\n}");
    assert_has(page, "<p class=\"bad\">too long: 900 s, limit 600 s; cut it with in/out</p>");
    assert_has(page, "<h3>site 1/2</h3>");
    assert_has(page, "<h2>bad&lt;1&gt;.mov</h2>\n<p class=\"bad\">no video in it</p>");
    assert_has(page, "<li>notes.pdf: not a video</li>");
    assert_has(page, "Bread &lt;/div&gt;&lt;script&gt;");
    assert_null(strstr(page, "LEAKED"));
    assert_null(strstr(page, "<script"));
    for (const char *at = strstr(page, "src=\""); at; at = strstr(at + 1, "src=\""))    /* nothing from outside */
        assert_memory_equal(at + 5, "media/", 6);
    assert_null(strstr(page, "href="));
    assert_null(strstr(page, "url("));
    free(page);
    media = read_file(path_in(f, "media/r1.mp4"));
    assert_string_equal(media, "rendition");
    free(media);
    media = read_file(path_in(f, "media/r1.jpg"));
    assert_string_equal(media, "cover");
    free(media);
    media = read_file(path_in(f, "media/r2.mov"));
    assert_string_equal(media, "master");
    free(media);
    assert_int_equal(stat(path_in(f, "media/r1.mp4"), &linked), 0);
    assert_int_equal(stat(f->rendition, &source), 0);
    assert_true(linked.st_ino == source.st_ino);    /* a rendition is linked */
    assert_int_equal(stat(path_in(f, "media/r2.mov"), &linked), 0);
    assert_int_equal(stat(f->master, &source), 0);
    assert_true(linked.st_ino != source.st_ino);    /* the master is not: nothing may ever write to it */
    assert_int_equal(nb_entries(f->folder), 4);     /* no temporary folder stays */
}

/* Elements close in the order they opened. */
static void is_nested(void **state)
{
    static const char *const empty[] = {"meta", "!DOCTYPE", "br", "img"};
    struct fixture *f = *state;
    struct str s = {0};
    char open[64][24];
    size_t depth = 0;

    preview_page(&s, &f->report);
    for (const char *at = strchr(s.data, '<'); at; at = strchr(at + 1, '<')) {
        bool closes = at[1] == '/', is_empty = false;
        size_t length = strcspn(at + 1 + closes, " >");

        for (size_t i = 0; i < 4; i++)
            is_empty |= strlen(empty[i]) == length && !strncmp(empty[i], at + 1, length);
        if (is_empty)
            continue;
        if (closes) {
            assert_true(depth-- > 0);
            assert_int_equal(strlen(open[depth]), length);
            assert_memory_equal(open[depth], at + 2, length);
        } else {
            assert_true(depth < 64 && length < 24);
            snprintf(open[depth++], sizeof open[0], "%.*s", (int)length, at + 1);
        }
    }
    assert_int_equal(depth, 0);
    str_finish(&s);
}

static void replaces_an_earlier_preview(void **state)
{
    struct fixture *f = *state;
    struct error err;
    char with_slash[120], *page;

    assert_true(preview_write(&f->report, f->out, &err));
    f->report.nb_renditions = 1;
    f->report.nb_skipped = 0;
    snprintf(with_slash, sizeof with_slash, "%s//", f->out);
    assert_true(preview_write(&f->report, with_slash, &err));
    page = read_file(path_in(f, "index.html"));
    assert_null(strstr(page, "notes.pdf"));
    free(page);
    assert_int_equal(access(path_in(f, "media/r2.mov"), F_OK), -1);
    assert_int_equal(access(f->rendition, F_OK), 0);    /* removing a link leaves the rendition */
    assert_int_equal(nb_entries(f->folder), 4);
}

static void takes_an_empty_folder(void **state)
{
    struct fixture *f = *state;
    struct error err;

    assert_int_equal(mkdir(f->out, 0755), 0);
    assert_true(preview_write(&f->report, f->out, &err));
    assert_int_equal(access(path_in(f, "index.html"), F_OK), 0);
}

static void leaves_other_folders_alone(void **state)
{
    struct fixture *f = *state;
    struct error err;
    char *text;

    assert_int_equal(mkdir(f->out, 0755), 0);
    write_file(path_in(f, "thesis.txt"), "years of work");
    assert_false(preview_write(&f->report, f->out, &err));
    assert_int_equal(err.kind, ERROR_USAGE);
    assert_has(err.text, "thesis.txt");
    text = read_file(path_in(f, "thesis.txt"));
    assert_string_equal(text, "years of work");
    free(text);
    unlink(path_in(f, "thesis.txt"));
    write_file(path_in(f, "index.html"), "<p>my own page");
    assert_false(preview_write(&f->report, f->out, &err));
    text = read_file(path_in(f, "index.html"));
    assert_string_equal(text, "<p>my own page");
    free(text);
    assert_int_equal(nb_entries(f->folder), 4);
    assert_false(preview_write(&f->report, f->rendition, &err));    /* a file */
}

static void a_missing_rendition_leaves_the_old_preview(void **state)
{
    struct fixture *f = *state;
    struct error err;
    char *page;

    assert_true(preview_write(&f->report, f->out, &err));
    f->renditions[0].path = "/nowhere/r1.mp4";
    f->masters[0].path = "another";
    assert_false(preview_write(&f->report, f->out, &err));
    assert_has(err.text, "/nowhere/r1.mp4");
    page = read_file(path_in(f, "index.html"));
    assert_has(page, "clip.mov");
    free(page);
    assert_int_equal(nb_entries(f->folder), 4);
}

static void planned_only(void **state)
{
    struct fixture *f = *state;
    struct error err;
    char *page;

    f->report.nb_renditions = 0;
    assert_true(preview_write(&f->report, f->out, &err));
    page = read_file(path_in(f, "index.html"));
    assert_has(page, "<div class=\"none\">not rendered</div>");
    free(page);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(writes_everything, make, unmake),
        cmocka_unit_test_setup_teardown(is_nested, make, unmake),
        cmocka_unit_test_setup_teardown(replaces_an_earlier_preview, make, unmake),
        cmocka_unit_test_setup_teardown(takes_an_empty_folder, make, unmake),
        cmocka_unit_test_setup_teardown(leaves_other_folders_alone, make, unmake),
        cmocka_unit_test_setup_teardown(a_missing_rendition_leaves_the_old_preview, make, unmake),
        cmocka_unit_test_setup_teardown(planned_only, make, unmake),
    };

    return cmocka_run_group_tests_name("preview", tests, NULL, NULL);
}
