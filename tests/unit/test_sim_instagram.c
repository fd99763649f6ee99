#include "tests/simulators/ask.h"

#include "base/auto.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define ACCOUNT "/v25.0/17841400000000000"
#define BEARER "authorization: Bearer sim-token-instagram\n"
#define JSON_TYPE "content-type: application/json\n"
#define SIGNED BEARER JSON_TYPE
#define OAUTH "authorization: OAuth sim-token-instagram\n"
#define BYTES OAUTH "content-type: application/octet-stream\n"
#define RESUMABLE(more) "{\"media_type\":\"REELS\",\"upload_type\":\"resumable\"" more "}"
#define HOSTED(more) "{\"media_type\":\"REELS\",\"video_url\":\"https://media.example.org/r/1.mp4\"" more "}"

static json_t *create(struct asker *a, const char *body)
{
    return ask(a, "POST", ACCOUNT "/media", SIGNED, body, 0);
}

static json_t *get(struct asker *a, const char *id, const char *fields)
{
    char url[300];

    snprintf(url, sizeof url, "/v25.0/%s?fields=%s", id, fields);
    return ask(a, "GET", url, BEARER, NULL, 0);
}

static json_t *send_bytes(struct asker *a, const char *uri, int64_t offset, int64_t size)
{
    char headers[300];

    snprintf(headers, sizeof headers, BYTES "offset: %lld\nfile_size: %lld", (long long)offset, (long long)size);
    return ask(a, "POST", uri, headers, NULL, size - offset);
}

static json_t *publish(struct asker *a, const char *container)
{
    char body[100];

    snprintf(body, sizeof body, "{\"creation_id\":\"%s\"}", container);
    return ask(a, "POST", ACCOUNT "/media_publish", SIGNED, body, 0);
}

static void graph_code(json_t *answer, int code, int subcode)
{
    assert_int_equal(said_int(answer, "json.error.code"), code);
    assert_int_equal(said_int(answer, "json.error.error_subcode"), subcode);
    assert_string_equal(said(answer, "json.error.type"), "OAuthException");
}

/* The sheet's example, step by step. */
static void local_file(void **state)
{
    struct asker a = asker_start(&sim_instagram, NULL);
    json_auto_t *made = create(
                    &a, RESUMABLE(",\"caption\":\"Sunset run #trail\",\"share_to_feed\":true,\"thumb_offset\":1200,"
                                  "\"collaborators\":[\"friend_one\"]")),
                *empty = NULL, *sent = NULL, *early = NULL, *published = NULL, *media = NULL, *limit = NULL,
                *known = NULL, *list = NULL;
    const char *id = said(made, "json.id");

    (void)state;
    assert_non_null(strstr(said(made, "json.uri"), "/ig-api-upload/v25.0/1788900"));
    empty = get(&a, id, "status_code,video_status");
    assert_string_equal(said(empty, "json.status_code"), "IN_PROGRESS");
    assert_string_equal(said(empty, "json.video_status.uploading_phase.bytes_transferred"), "0");
    sent = send_bytes(&a, said(made, "json.uri"), 0, 18273645);
    assert_string_equal(said(sent, "json.success"), "true");
    early = publish(&a, id);
    graph_code(early, 9007, 2207027);
    for (int i = 0; i < 3; i++) {
        json_auto_t *asked = get(&a, id, "status_code,status");

        assert_string_equal(said(asked, "json.status_code"), i < 2 ? "IN_PROGRESS" : "FINISHED");
    }
    published = publish(&a, id);
    assert_int_equal(said_int(published, "status"), 200);
    known = get(&a, id, "status_code");
    assert_string_equal(said(known, "json.status_code"), "PUBLISHED");
    media = get(&a, said(published, "json.id"), "permalink,shortcode,media_product_type,timestamp,caption");
    assert_string_equal(said(media, "json.media_product_type"), "REELS");
    assert_string_equal(said(media, "json.timestamp"), "2026-11-24T00:00:00+0000");
    list = get(&a, "17841400000000000/media", "id,caption,timestamp");
    assert_string_equal(said(list, "json.data.0.caption"), "Sunset run #trail");
    limit = get(&a, "17841400000000000/content_publishing_limit", "quota_usage,config");
    assert_string_equal(said(limit, "json.data.0.quota_usage"), "1");
    assert_string_equal(said(limit, "json.data.0.config.quota_total"), "50");
    assert_int_equal(nb_posts(&a), 1);
    assert_int_equal(nb_refusals(&a), 1);     /* the early publish */
    asker_stop(&a);
}

static void resume_where_it_broke(void **state)
{
    struct asker a = asker_start(&sim_instagram, NULL);
    json_auto_t *made = create(&a, RESUMABLE("")), *again = NULL, *asked = NULL, *sent = NULL;
    const char *uri = said(made, "json.uri");
    json_auto_t *broken =
        ask_broken(&a, "POST", uri, BYTES "offset: 0\nfile_size: 100000\ncontent-length: 100000", 50002);

    (void)state;
    assert_string_equal(said(broken, "json.debug_info.type"), "PartialRequestError");
    asked = get(&a, said(made, "json.id"), "video_status");
    assert_string_equal(said(asked, "json.video_status.uploading_phase.bytes_transferred"), "50002");
    again = send_bytes(&a, uri, 0, 100000);
    assert_int_equal(said_int(again, "status"), 412);
    assert_string_equal(said(again, "json.debug_info.type"), "OffsetInvalidError");
    sent = send_bytes(&a, uri, 50002, 100000);
    assert_string_equal(said(sent, "json.success"), "true");
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

/* A request that broke off does nothing, and it is nobody's mistake. */
static void broken_json(void **state)
{
    struct asker a = asker_start(&sim_instagram, NULL);
    json_auto_t *answer = ask_broken(&a, "POST", ACCOUNT "/media", SIGNED, 20);

    (void)state;
    assert_int_equal(said_int(answer, "status"), 400);
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

static void twice_is_two_posts(void **state)
{
    struct asker a = asker_start(&sim_instagram, "{\"late_ms\":60000,\"processing_polls\":0}");
    json_auto_t *made = create(&a, HOSTED("")), *ready = NULL, *first = NULL, *still = NULL, *second = NULL,
                *flipped = NULL;
    const char *id = said(made, "json.id");

    (void)state;
    ready = get(&a, id, "status_code");
    assert_string_equal(said(ready, "json.status_code"), "FINISHED");
    first = publish(&a, id);
    still = get(&a, id, "status_code");
    assert_string_equal(said(still, "json.status_code"), "FINISHED");
    assert_int_equal(nb_posts(&a), 0);
    second = publish(&a, id);
    a.now_ms += 60000;
    flipped = get(&a, id, "status_code");
    assert_string_equal(said(flipped, "json.status_code"), "PUBLISHED");
    assert_int_equal(nb_posts(&a), 2);
    assert_string_not_equal(said(first, "json.id"), said(second, "json.id"));
    asker_stop(&a);
}

static bool fetch_some(void *ctx, const char *url, int64_t *bytes, char sha256[65], char *file, size_t file_bytes)
{
    (void)ctx;
    *bytes = 4711;
    snprintf(sha256, 65, "%064d", 7);
    snprintf(file, file_bytes, "copy.mp4");
    return !strstr(url, "missing");
}

static void hosted_file(void **state)
{
    struct asker a = asker_start(&sim_instagram, "{\"processing_polls\":0}");
    json_auto_t *made = NULL, *ready = NULL, *published = NULL, *missing = NULL, *posts = NULL, *no_cover = NULL;

    (void)state;
    sim_set_fetch(a.sim, fetch_some, NULL);
    missing = create(&a, "{\"media_type\":\"REELS\",\"video_url\":\"https://media.example.org/missing.mp4\"}");
    graph_code(missing, 9004, 2207052);
    no_cover = create(&a, HOSTED(",\"cover_url\":\"https://media.example.org/missing.jpg\""));
    graph_code(no_cover, 9004, 2207052);
    made = create(&a, HOSTED(""));
    assert_string_equal(said(made, "json.uri"), "");
    ready = get(&a, said(made, "json.id"), "status_code");
    published = publish(&a, said(made, "json.id"));
    assert_int_equal(said_int(published, "status"), 200);
    posts = a.simulator->public_posts(a.sim);
    assert_int_equal(json_integer_value(json_object_get(json_array_get(posts, 0), "bytes")), 4711);
    assert_string_equal(json_string_value(json_object_get(json_array_get(posts, 0), "file")), "copy.mp4");
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

static void containers_expire(void **state)
{
    struct asker a = asker_start(&sim_instagram, "{\"processing_polls\":0}");
    json_auto_t *made = create(&a, HOSTED("")), *ready = get(&a, said(made, "json.id"), "status_code"), *gone = NULL,
                *late = NULL;

    (void)state;
    assert_string_equal(said(ready, "json.status_code"), "FINISHED");
    a.now_ms += 86400000;
    gone = get(&a, said(made, "json.id"), "status_code");
    assert_string_equal(said(gone, "json.status_code"), "EXPIRED");
    late = publish(&a, said(made, "json.id"));
    graph_code(late, -2, 2207020);
    assert_int_equal(nb_posts(&a), 0);
    asker_stop(&a);
}

static void processing_fails(void **state)
{
    struct asker a = asker_start(&sim_instagram, "{\"processing_polls\":0,\"fail_reason\":\"2207026\"}");
    json_auto_t *made = create(&a, HOSTED("")), *asked = get(&a, said(made, "json.id"), "status_code,status"),
                *no = NULL;

    (void)state;
    assert_string_equal(said(asked, "json.status_code"), "ERROR");
    assert_non_null(strstr(said(asked, "json.status"), "2207026"));
    no = publish(&a, said(made, "json.id"));
    assert_int_equal(said_int(no, "status"), 400);
    asker_stop(&a);
}

static void quota(void **state)
{
    struct asker a = asker_start(&sim_instagram, "{\"processing_polls\":0,\"rate_limits\":true,\"quota_total\":1}");

    (void)state;
    for (int i = 0; i < 2; i++) {
        json_auto_t *made = create(&a, HOSTED("")), *ready = get(&a, said(made, "json.id"), "status_code"),
                    *published = publish(&a, said(made, "json.id"));

        assert_string_equal(said(ready, "json.status_code"), "FINISHED");
        if (i)
            graph_code(published, 9, 2207042);
        else
            assert_int_equal(said_int(published, "status"), 200);
    }
    asker_stop(&a);
}

static void delete_and_comments(void **state)
{
    struct asker a = asker_start(&sim_instagram, "{\"processing_polls\":0}");
    json_auto_t *made = create(&a, HOSTED("")), *ready = get(&a, said(made, "json.id"), "status_code"),
                *published = publish(&a, said(made, "json.id")), *off = NULL, *views = NULL, *deleted = NULL,
                *gone = NULL;
    char url[200];

    (void)state;
    assert_int_equal(said_int(ready, "status"), 200);
    snprintf(url, sizeof url, "/v25.0/%s?comment_enabled=false", said(published, "json.id"));
    off = ask(&a, "POST", url, BEARER, NULL, 0);
    assert_string_equal(said(off, "json.success"), "true");
    snprintf(url, sizeof url, "/v25.0/%s/insights?metric=views,reach", said(published, "json.id"));
    views = ask(&a, "GET", url, BEARER, NULL, 0);
    assert_string_equal(said(views, "json.data.1.name"), "reach");
    snprintf(url, sizeof url, "/v25.0/%s", said(published, "json.id"));
    deleted = ask(&a, "DELETE", url, BEARER, NULL, 0);
    assert_string_equal(said(deleted, "json.success"), "true");
    gone = ask(&a, "GET", url, BEARER, NULL, 0);
    graph_code(gone, 100, 33);
    assert_int_equal(nb_posts(&a), 0);
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

/* The same container as a form and in the query. */
static void other_encodings(void **state)
{
    struct asker a = asker_start(&sim_instagram, NULL);
    json_auto_t *form =
                    ask(&a, "POST", ACCOUNT "/media", BEARER "content-type: application/x-www-form-urlencoded",
                        "media_type=REELS&upload_type=resumable&caption=a+%23b&share_to_feed=false&thumb_offset=5", 0),
                *query =
                    ask(&a, "POST", ACCOUNT "/media?media_type=REELS&upload_type=resumable&collaborators=[%22x%22]",
                        BEARER, NULL, 0),
                *wrong = ask(&a, "POST", ACCOUNT "/media?media_type=REELS&upload_type=resumable&share_to_feed=perhaps",
                             BEARER, NULL, 0);

    (void)state;
    assert_int_equal(said_int(form, "status"), 200);
    assert_int_equal(said_int(query, "status"), 200);
    graph_code(wrong, 100, 0);
    asker_stop(&a);
}

struct wrong {
    const char *name, *method, *url, *headers, *body;
    int status, code, subcode;
    const char *options;
};

#define MEDIA "POST", ACCOUNT "/media", SIGNED
#define TWENTY_ONE "@a @b @c @d @e @f @g @h @i @j @k @l @m @n @o @p @q @r @s @t @u"

static const struct wrong wrongs[] = {
    {"unknown field", MEDIA, RESUMABLE(",\"title\":\"x\""), 400, 100, 0, NULL},
    {"alt_text", MEDIA, RESUMABLE(",\"alt_text\":\"x\""), 400, 100, 0, NULL},
    {"text for a boolean", MEDIA, RESUMABLE(",\"share_to_feed\":\"true\""), 400, 100, 0, NULL},
    {"text for a number", MEDIA, RESUMABLE(",\"thumb_offset\":\"5\""), 400, 100, 0, NULL},
    {"collaborators as text", MEDIA, RESUMABLE(",\"collaborators\":\"x\""), 400, 100, 0, NULL},
    {"four collaborators", MEDIA, RESUMABLE(",\"collaborators\":[\"a\",\"b\",\"c\",\"d\"]"), 400, 100, 0, NULL},
    {"x in user_tags", MEDIA, RESUMABLE(",\"user_tags\":[{\"username\":\"a\",\"x\":1}]"), 400, 100, 0, NULL},
    {"unknown trial strategy", MEDIA, RESUMABLE(",\"trial_params\":{\"graduation_strategy\":\"AUTO\"}"), 400, 100, 0,
     NULL},
    {"no media_type", MEDIA, "{\"upload_type\":\"resumable\"}", 400, 100, 0, NULL},
    {"media_type VIDEO", MEDIA, "{\"media_type\":\"VIDEO\",\"upload_type\":\"resumable\"}", 400, 100, 2207023, NULL},
    {"unknown upload_type", MEDIA, "{\"media_type\":\"REELS\",\"upload_type\":\"direct\"}", 400, 100, 0, NULL},
    {"no source", MEDIA, "{\"media_type\":\"REELS\"}", 400, 100, 0, NULL},
    {"both sources", MEDIA, HOSTED(",\"upload_type\":\"resumable\""), 400, 100, 0, NULL},
    {"bytes with Instagram Login", MEDIA, RESUMABLE(""), 400, 100, 0, "{\"login\":\"instagram\"}"},
    {"http address", MEDIA, "{\"media_type\":\"REELS\",\"video_url\":\"http://media.example.org/1.mp4\"}", 400, 9004,
     2207052, NULL},
    {"address not ASCII", MEDIA, "{\"media_type\":\"REELS\",\"video_url\":\"https://media.example.org/\xC3\xA4.mp4\"}",
     400, 9004, 2207052, NULL},
    {"negative thumb_offset", MEDIA, RESUMABLE(",\"thumb_offset\":-1"), 400, 1, 2207057, NULL},
    {"thumb_offset past the end", MEDIA, RESUMABLE(",\"thumb_offset\":9000"), 400, 1, 2207057,
     "{\"duration_ms\":9000}"},
    {"21 mentions", MEDIA, RESUMABLE(",\"caption\":\"" TWENTY_ONE "\""), 400, 100, 2207040, NULL},
    {"six hashtags", MEDIA, RESUMABLE(",\"caption\":\"#a #b #c #d #e #f\""), 400, 100, 0, NULL},
    {"other account", "POST", "/v25.0/17841400000000001/media", SIGNED, RESUMABLE(""), 400, 100, 33, NULL},
    {"old version", "POST", "/v19.0/17841400000000000/media", SIGNED, RESUMABLE(""), 400, 2500, 0, NULL},
    {"no version", "POST", "/17841400000000000/media", SIGNED, RESUMABLE(""), 400, 2500, 0, NULL},
    {"PUT", "PUT", ACCOUNT "/media", SIGNED, RESUMABLE(""), 400, 2500, 0, NULL},
    {"no type", "POST", ACCOUNT "/media", BEARER, RESUMABLE(""), 400, 100, 0, NULL},
    {"no authorization", "POST", ACCOUNT "/media", JSON_TYPE, RESUMABLE(""), 401, 190, 0, NULL},
    {"OAuth on the Graph", "POST", ACCOUNT "/media", OAUTH JSON_TYPE, RESUMABLE(""), 401, 190, 0, NULL},
    {"token in the query", "POST", ACCOUNT "/media?access_token=sim-token-instagram", JSON_TYPE, RESUMABLE(""), 401,
     190, 0, NULL},
    {"unknown container", "POST", ACCOUNT "/media_publish", SIGNED, "{\"creation_id\":\"1\"}", 400, 24, 2207008, NULL},
    {"creation_id as a number", "POST", ACCOUNT "/media_publish", SIGNED, "{\"creation_id\":1}", 400, 100, 0, NULL},
    {"caption on publish", "POST", ACCOUNT "/media_publish", SIGNED, "{\"creation_id\":\"1\",\"caption\":\"x\"}", 400,
     100, 0, NULL},
    {"unknown field to read", "GET", ACCOUNT "?fields=username,followers", BEARER, NULL, 400, 100, 0, NULL},
    {"unknown parameter", "GET", ACCOUNT "/media?x=1", BEARER, NULL, 400, 100, 0, NULL},
};

static void wrong_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *w = &wrongs[i];
        struct asker a = asker_start(&sim_instagram, w->options);
        json_auto_t *answer = ask(&a, w->method, w->url, w->headers, w->body, 0);

        if (said_int(answer, "status") != w->status || said_int(answer, "json.error.code") != w->code ||
            said_int(answer, "json.error.error_subcode") != w->subcode || nb_refusals(&a) != 1)
            fail_msg("%s: %lld %s", w->name, (long long)said_int(answer, "status"), said(answer, "json.error"));
        asker_stop(&a);
    }
}

struct wrong_upload {
    const char *name, *headers;
    int64_t bytes;
    int status;
    const char *type;
    size_t refusals;
};

static const struct wrong_upload wrong_uploads[] = {
    {"Bearer", BEARER "content-type: application/octet-stream\noffset: 0\nfile_size: 10", 10, 400, "NotAuthorizedError",
     1},
    {"other token", "authorization: OAuth x\ncontent-type: application/octet-stream\noffset: 0\nfile_size: 10", 10, 400,
     "NotAuthorizedError", 0},
    {"no offset", BYTES "file_size: 10", 10, 400, "ProcessingFailedError", 1},
    {"no size", BYTES "offset: 0", 10, 400, "ProcessingFailedError", 1},
    {"no type", OAUTH "offset: 0\nfile_size: 10", 10, 400, "ProcessingFailedError", 1},
    {"300 MB and a byte", BYTES "offset: 0\nfile_size: 300000001", 300000001, 400, "ProcessingFailedError", 1},
    {"a chunk", BYTES "offset: 0\nfile_size: 10", 5, 400, "PartialRequestError", 1},
    {"offset ahead", BYTES "offset: 5\nfile_size: 10", 5, 412, "OffsetInvalidError", 0},
};

static void wrong_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_uploads / sizeof wrong_uploads[0]; i++) {
        const struct wrong_upload *w = &wrong_uploads[i];
        struct asker a = asker_start(&sim_instagram, NULL);
        json_auto_t *made = create(&a, RESUMABLE("")),
                    *sent = ask(&a, "POST", said(made, "json.uri"), w->headers, NULL, w->bytes);

        if (said_int(sent, "status") != w->status || strcmp(said(sent, "json.debug_info.type"), w->type) ||
            nb_refusals(&a) != w->refusals)
            fail_msg("%s: %lld %s", w->name, (long long)said_int(sent, "status"), said(sent, "json.debug_info"));
        asker_stop(&a);
    }
}

static void caption_counts_utf16(void **state)
{
    (void)state;
    for (int emoji = 1100; emoji <= 1101; emoji++) {
        struct asker a = asker_start(&sim_instagram, NULL);
        AUTO_STR struct str body = {0};
        json_auto_t *answer = NULL;

        str_add(&body, "{\"media_type\":\"REELS\",\"upload_type\":\"resumable\",\"caption\":\"");
        for (int i = 0; i < emoji; i++)
            str_add(&body, "\xF0\x9F\x98\x80");
        str_add(&body, "\"}");
        answer = create(&a, str_text(&body));
        if (emoji == 1100)
            assert_int_equal(said_int(answer, "status"), 200);
        else
            graph_code(answer, 36004, 2207010);
        asker_stop(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(local_file),
        cmocka_unit_test(resume_where_it_broke),
        cmocka_unit_test(twice_is_two_posts),
        cmocka_unit_test(hosted_file),
        cmocka_unit_test(containers_expire),
        cmocka_unit_test(processing_fails),
        cmocka_unit_test(quota),
        cmocka_unit_test(delete_and_comments),
        cmocka_unit_test(other_encodings),
        cmocka_unit_test(broken_json),
        cmocka_unit_test(wrong_calls),
        cmocka_unit_test(wrong_bytes),
        cmocka_unit_test(caption_counts_utf16),
    };

    return cmocka_run_group_tests_name("sim_instagram", tests, NULL, NULL);
}
