/* The own site on a real folder, through the real transport: what a web server would show afterwards. */
#include "publish/host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const struct adapter adapter_site;

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void assert_file_has(const char *folder, const char *name, const char *part)
{
    char path[300], text[20000];
    FILE *f;
    size_t got;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    f = fopen(path, "r");
    if (!f)
        print_error("%s is missing\n", path);
    assert_non_null(f);
    got = fread(text, 1, sizeof text - 1, f);
    text[got] = '\0';
    fclose(f);
    if (!strstr(text, part))
        print_error("%s: %s\n", name, text);
    assert_non_null(strstr(text, part));
}

/* Drives a post to its end, one request at a time. */
static enum step_kind publish(const struct post *post, struct transport *transport)
{
    json_t *state = json_object();
    struct arena *arena = arena_create();
    struct transport_answer answer = {0};
    bool answered = false;
    struct step step;
    struct error err;

    for (;;) {
        struct step_in in = {.post = post, .state = state, .last = answered ? &answer.response : NULL, .now_ms = 1, .arena = arena};
        struct transport_call call;

        step = adapter_site.step(&in);
        json_decref(state);
        state = step.state;
        if (step.kind != STEP_REQUEST)
            break;
        call = (struct transport_call){.request = step.request, .hosts = adapter_site.hosts, .platform = "site", .post_id = post->id};
        assert_true(transport_start(transport, &call, &err));
        if (answered)
            transport_answer_finish(&answer);
        while (!transport_next(transport, &answer))
            assert_true(transport_wait(transport, 100, NULL, 0, &err));
        answered = true;
    }
    if (step.kind != STEP_DONE)
        print_error("%s\n", step.error.text);
    if (answered)
        transport_answer_finish(&answer);
    json_decref(state);
    arena_destroy(arena);
    return step.kind;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *at)
{
    (void)st, (void)flag, (void)at;
    return remove(path);
}

static void two_videos_in_a_folder(void **state)
{
    char folder[] = "/tmp/crosscut-site-XXXXXX", video[64], cover[64], site[64];
    json_t *text = json_pack("{s:s, s:s}", "title", "One", "caption", "Hello"), *tags = json_array();
    json_t *settings = json_pack("{s:s}", "host_base_url", "https://example.org");
    struct host *host;
    struct transport *transport;
    struct error err;
    struct post post;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(video, sizeof video, "%s/r.mp4", folder);
    snprintf(cover, sizeof cover, "%s/r.jpg", folder);
    snprintf(site, sizeof site, "%s/public", folder);
    write_file(video, "the bytes of the video");
    write_file(cover, "the bytes of the cover");
    post = (struct post){
        .id = "1111111111111111", .master_path = "clip.mp4", .destination = "site", .platform = "site", .part = 1, .parts = 1,
        .rendition = video, .rendition_bytes = 22, .content_type = "video/mp4", .cover = cover, .width_px = 1080, .height_px = 1920,
        .duration_ms = 5000, .text = text, .hashtags = tags, .title = "One", .created_ms = 1764000000000, .settings = settings,
        .adapter = &adapter_site,
    };
    host = host_open(site, &err);
    assert_non_null(host);
    transport = transport_curl_create(host, &err);
    assert_non_null(transport);
    assert_int_equal(publish(&post, transport), STEP_DONE);
    post.id = "2222222222222222";
    post.created_ms += 1000;
    assert_int_equal(publish(&post, transport), STEP_DONE);
    assert_file_has(site, "videos/one-11111111/video.mp4", "the bytes of the video");
    assert_file_has(site, "videos/one-22222222/cover.jpg", "the bytes of the cover");
    assert_file_has(site, "videos/one-22222222/index.html", "<link rel=\"canonical\" href=\"https://example.org/videos/one-22222222/\">");
    assert_file_has(site, "index.html", "videos/one-11111111/");
    assert_file_has(site, "index.html", "videos/one-22222222/");
    assert_file_has(site, "feed.xml", "https://example.org/videos/one-11111111/video.mp4");
    assert_file_has(site, "sitemap.xml", "https://example.org/videos/one-22222222/");
    assert_file_has(site, "catalog.json", "\"format\":\"crosscut-catalog/1\"");
    transport_destroy(transport);
    host_close(host);
    json_decref(text);
    json_decref(tags);
    json_decref(settings);
    assert_int_equal(nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_videos_in_a_folder),
    };

    return cmocka_run_group_tests_name("site in a folder", tests, NULL, NULL);
}
