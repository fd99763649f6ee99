#include "tests/simulators/ask.h"

#include "base/auto.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define INIT "/v2/post/publish/video/init/"
#define INBOX "/v2/post/publish/inbox/video/init/"
#define STATUS "/v2/post/publish/status/fetch/"
#define CREATOR "/v2/post/publish/creator_info/query/"
#define JSON_TYPE "content-type: application/json; charset=UTF-8\n"
#define SIGNED "authorization: Bearer sim-token-tiktok\n" JSON_TYPE
#define INFO(level, more)                                                                                              \
    "\"post_info\":{\"title\":\"My clip #demo\",\"privacy_level\":\"" level "\","                                      \
    "\"brand_content_toggle\":false,\"brand_organic_toggle\":false" more "}"
#define FILE_SOURCE(size, chunk, count)                                                                                \
    "\"source_info\":{\"source\":\"FILE_UPLOAD\",\"video_size\":" #size ",\"chunk_size\":" #chunk                      \
    ",\"total_chunk_count\":" #count "}"
#define BODY(level, size, chunk, count) "{" INFO(level, "") "," FILE_SOURCE(size, chunk, count) "}"
#define SMALL BODY("SELF_ONLY", 1000, 1000, 1)
#define PUT_HEADERS "content-type: video/mp4\ncontent-range: "

static json_t *post_json(struct asker *a, const char *url, const char *body)
{
    return ask(a, "POST", url, SIGNED, body, 0);
}

static json_t *put(struct asker *a, const char *url, int64_t first, int64_t bytes, int64_t total)
{
    char headers[200];

    snprintf(headers, sizeof headers, PUT_HEADERS "bytes %lld-%lld/%lld", (long long)first,
             (long long)(first + bytes - 1), (long long)total);
    return ask(a, "PUT", url, headers, NULL, bytes);
}

static json_t *status_of(struct asker *a, const char *publish_id)
{
    char body[200];

    snprintf(body, sizeof body, "{\"publish_id\":\"%s\"}", publish_id);
    return post_json(a, STATUS, body);
}

/* The sheet's example: 83 000 000 bytes in chunks of 20 000 000, the last one takes the remainder. */
static void direct_post_in_chunks(void **state)
{
    struct asker a = asker_start(&sim_tiktok, NULL);
    json_auto_t *creator = ask(&a, "POST", CREATOR, SIGNED, NULL, 0), *opened = NULL;
    const char *url, *id;

    (void)state;
    assert_string_equal(said(creator, "json.error.code"), "ok");
    assert_string_equal(said(creator, "json.data.privacy_level_options"),
                        "[\"PUBLIC_TO_EVERYONE\",\"MUTUAL_FOLLOW_FRIENDS\",\"SELF_ONLY\"]");
    opened = post_json(&a, INIT, BODY("PUBLIC_TO_EVERYONE", 83000000, 20000000, 4));
    url = said(opened, "json.data.upload_url");
    id = said(opened, "json.data.publish_id");
    assert_true(strlen(id) <= 64 && strlen(url) <= 256 && !strncmp(id, "v_pub_file~", 11));
    for (int i = 0; i < 4; i++) {
        json_auto_t *sent = put(&a, url, i * 20000000, i < 3 ? 20000000 : 23000000, 83000000), *asked = NULL;

        assert_int_equal(said_int(sent, "status"), i < 3 ? 206 : 201);
        if (i == 1)
            assert_string_equal(said(sent, "headers.Content-Range"), "bytes 0-40000000/83000000");
        if (i < 3)
            asked = status_of(&a, id);
        if (i < 3)
            assert_string_equal(said(asked, "json.data.status"), "PROCESSING_UPLOAD");
        assert_int_equal(nb_posts(&a), i == 3);
    }
    for (int i = 0; i < 3; i++) {
        json_auto_t *asked = status_of(&a, id);

        assert_string_equal(said(asked, "json.data.status"), i < 2 ? "PROCESSING_UPLOAD" : "PUBLISH_COMPLETE");
        assert_int_equal(said_int(asked, "json.data.uploaded_bytes"), 83000000);
        if (i == 2)
            assert_true(said_int(asked, "json.data.publicaly_available_post_id.0") > INT64_C(1) << 53);
    }
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

/* A complete upload is a post: doing it all twice makes two. */
static void twice_is_two_posts(void **state)
{
    struct asker a = asker_start(&sim_tiktok, NULL);

    (void)state;
    for (size_t i = 1; i <= 2; i++) {
        json_auto_t *opened = post_json(&a, INIT, SMALL),
                    *sent = put(&a, said(opened, "json.data.upload_url"), 0, 1000, 1000),
                    *again = put(&a, said(opened, "json.data.upload_url"), 0, 1000, 1000);

        assert_int_equal(said_int(sent, "status"), 201);
        assert_int_equal(said_int(again, "status"), 416);
        assert_string_equal(said(again, "headers.Content-Range"), "bytes 0-1000/1000");
        assert_int_equal(nb_posts(&a), i);
    }
    asker_stop(&a);
}

static void inbox_draft(void **state)
{
    struct asker a = asker_start(&sim_tiktok, "{\"processing_polls\":0}");
    json_auto_t *opened = post_json(&a, INBOX, "{" FILE_SOURCE(1000, 1000, 1) "}"),
                *sent = put(&a, said(opened, "json.data.upload_url"), 0, 1000, 1000),
                *asked = status_of(&a, said(opened, "json.data.publish_id")), *posts = NULL;

    (void)state;
    assert_int_equal(said_int(sent, "status"), 201);
    assert_string_equal(said(asked, "json.data.status"), "SEND_TO_USER_INBOX");
    posts = a.simulator->public_posts(a.sim);
    assert_string_equal(json_string_value(json_object_get(json_array_get(posts, 0), "visibility")), "inbox");
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

static void broken_chunk_is_not_kept(void **state)
{
    struct asker a = asker_start(&sim_tiktok, NULL);
    json_auto_t *opened = post_json(&a, INIT, SMALL), *asked = NULL, *sent = NULL;
    json_auto_t *lost = ask_broken(&a, "PUT", said(opened, "json.data.upload_url"),
                                   PUT_HEADERS "bytes 0-999/1000\ncontent-length: 1000", 400);

    (void)state;
    assert_int_equal(said_int(lost, "status"), 400);
    asked = status_of(&a, said(opened, "json.data.publish_id"));
    assert_string_equal(said(asked, "json.data.uploaded_bytes"), "0");
    sent = put(&a, said(opened, "json.data.upload_url"), 0, 1000, 1000);
    assert_int_equal(said_int(sent, "status"), 201);
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

static void time_matters(void **state)
{
    struct asker a = asker_start(&sim_tiktok, "{\"late_ms\":60000,\"processing_polls\":0,\"public_after_ms\":120000}");
    json_auto_t *opened = post_json(&a, INIT, BODY("PUBLIC_TO_EVERYONE", 1000, 1000, 1)), *sent = NULL, *asked = NULL,
                *late = NULL, *listed = NULL, *old = post_json(&a, INIT, SMALL), *expired = NULL, *unlisted = NULL;
    const char *id = said(opened, "json.data.publish_id");

    (void)state;
    sent = put(&a, said(opened, "json.data.upload_url"), 0, 1000, 1000);
    asked = status_of(&a, id);
    assert_string_equal(said(asked, "json.data.status"), "PROCESSING_UPLOAD");
    assert_int_equal(nb_posts(&a), 0);
    a.now_ms += 60000;
    assert_int_equal(nb_posts(&a), 1);
    late = status_of(&a, id);
    assert_string_equal(said(late, "json.data.status"), "PUBLISH_COMPLETE");
    assert_string_equal(said(late, "json.data.publicaly_available_post_id"), "[]");
    unlisted = post_json(&a, "/v2/video/list/?fields=id,title", "{\"max_count\":20}");
    assert_string_equal(said(unlisted, "json.data.videos"), "[]");
    a.now_ms += 120000;
    listed = post_json(&a, "/v2/video/list/?fields=id,title", "{\"max_count\":20}");
    assert_string_equal(said(listed, "json.data.videos.0.title"), "My clip #demo");
    a.now_ms += 3600000;
    expired = put(&a, said(old, "json.data.upload_url"), 0, 1000, 1000);
    assert_int_equal(said_int(expired, "status"), 403);
    assert_int_equal(said_int(sent, "status"), 201);
    asker_stop(&a);
}

static void processing_fails(void **state)
{
    struct asker a = asker_start(&sim_tiktok, "{\"fail_reason\":\"internal\",\"fail_times\":1,\"processing_polls\":0}");

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        json_auto_t *opened = post_json(&a, INIT, SMALL),
                    *sent = put(&a, said(opened, "json.data.upload_url"), 0, 1000, 1000),
                    *asked = status_of(&a, said(opened, "json.data.publish_id"));

        assert_int_equal(said_int(sent, "status"), 201);
        assert_string_equal(said(asked, "json.data.status"), i ? "PUBLISH_COMPLETE" : "FAILED");
        assert_string_equal(said(asked, "json.data.fail_reason"), i ? "" : "internal");
        assert_int_equal(nb_posts(&a), i);
    }
    asker_stop(&a);
}

struct wrong {
    const char *name, *method, *url, *headers, *body;
    int status;
    const char *code;
    const char *options;
};

static const struct wrong wrongs[] = {
    {"unknown field", "POST", INIT, SIGNED,
     "{" INFO("SELF_ONLY", ",\"caption\":\"x\"") "," FILE_SOURCE(1000, 1000, 1) "}", 400, "invalid_param", NULL},
    {"unknown top field", "POST", INIT, SIGNED, "{\"x\":1," INFO("SELF_ONLY", "") "," FILE_SOURCE(1000, 1000, 1) "}",
     400, "invalid_param", NULL},
    {"text for a number", "POST", INIT, SIGNED, BODY("SELF_ONLY", "1000", 1000, 1), 400, "invalid_param", NULL},
    {"real for a number", "POST", INIT, SIGNED, BODY("SELF_ONLY", 1000.0, 1000, 1), 400, "invalid_param", NULL},
    {"text for a boolean", "POST", INIT, SIGNED,
     "{" INFO("SELF_ONLY", ",\"is_aigc\":\"false\"") "," FILE_SOURCE(1000, 1000, 1) "}", 400, "invalid_param", NULL},
    {"no privacy", "POST", INIT, SIGNED,
     "{\"post_info\":{\"brand_content_toggle\":false,\"brand_organic_toggle\":false}," FILE_SOURCE(1000, 1000, 1) "}",
     400, "invalid_param", NULL},
    {"unknown privacy", "POST", INIT, SIGNED, BODY("PRIVATE", 1000, 1000, 1), 400, "invalid_param", NULL},
    {"privacy not offered", "POST", INIT, SIGNED, BODY("FOLLOWER_OF_CREATOR", 1000, 1000, 1), 403,
     "privacy_level_option_mismatch", NULL},
    {"unaudited, public account", "POST", INIT, SIGNED, SMALL, 403,
     "unaudited_client_can_only_post_to_private_accounts", "{\"audited\":false}"},
    {"unaudited, public post", "POST", INIT, SIGNED, BODY("MUTUAL_FOLLOW_FRIENDS", 1000, 1000, 1), 403,
     "unaudited_client_can_only_post_to_private_accounts",
     "{\"audited\":false,\"privacy_level_options\":[\"FOLLOWER_OF_CREATOR\",\"MUTUAL_FOLLOW_FRIENDS\",\"SELF_ONLY\"]}"},
    {"branded and private", "POST", INIT, SIGNED,
     "{\"post_info\":{\"privacy_level\":\"SELF_ONLY\",\"brand_content_toggle\":true,\"brand_organic_toggle\":false}"
     "," FILE_SOURCE(1000, 1000, 1) "}",
     400, "invalid_param", NULL},
    {"six hashtags", "POST", INIT, SIGNED,
     "{\"post_info\":{\"title\":\"#a #b #c #d #e "
     "#f\",\"privacy_level\":\"SELF_ONLY\",\"brand_content_toggle\":false,\"brand_organic_toggle\":false}," FILE_SOURCE(
         1000, 1000, 1) "}",
     400, "invalid_param", NULL},
    {"post_info in the inbox", "POST", INBOX, SIGNED, SMALL, 400, "invalid_param", NULL},
    {"count rounded up", "POST", INIT, SIGNED, BODY("SELF_ONLY", 83000000, 20000000, 5), 400, "invalid_params", NULL},
    {"chunk under 5 MB", "POST", INIT, SIGNED, BODY("SELF_ONLY", 83000000, 5000000, 16), 400, "invalid_params", NULL},
    {"chunk over 64 MB", "POST", INIT, SIGNED, BODY("SELF_ONLY", 200000000, 65000000, 3), 400, "invalid_params", NULL},
    {"one chunk over 64 MB", "POST", INIT, SIGNED, BODY("SELF_ONLY", 65000000, 65000000, 1), 400, "invalid_params",
     NULL},
    {"one chunk that is not all", "POST", INIT, SIGNED, BODY("SELF_ONLY", 30000000, 20000000, 1), 400, "invalid_params",
     NULL},
    {"over 4 GB", "POST", INIT, SIGNED, BODY("SELF_ONLY", 4000000001, 10000000, 400), 400, "invalid_params", NULL},
    {"nothing", "POST", INIT, SIGNED, BODY("SELF_ONLY", 0, 0, 0), 400, "invalid_params", NULL},
    {"pull over http", "POST", INIT, SIGNED,
     "{" INFO("SELF_ONLY",
              "") ",\"source_info\":{\"source\":\"PULL_FROM_URL\",\"video_url\":\"http://a.example/v.mp4\"}}",
     400, "invalid_param", NULL},
    {"pull from an address", "POST", INIT, SIGNED,
     "{" INFO("SELF_ONLY",
              "") ",\"source_info\":{\"source\":\"PULL_FROM_URL\",\"video_url\":\"https://10.0.0.1/v.mp4\"}}",
     400, "invalid_param", NULL},
    {"pull from elsewhere", "POST", INIT, SIGNED,
     "{" INFO("SELF_ONLY",
              "") ",\"source_info\":{\"source\":\"PULL_FROM_URL\",\"video_url\":\"https://b.example/v.mp4\"}}",
     403, "url_ownership_unverified", "{\"verified_prefix\":\"https://a.example/\"}"},
    {"duplicate key", "POST", INIT, SIGNED, "{\"x\":1,\"x\":2}", 400, "invalid_param", NULL},
    {"no JSON", "POST", INIT, SIGNED, "hello", 400, "invalid_param", NULL},
    {"no body", "POST", INIT, SIGNED, NULL, 400, "invalid_param", NULL},
    {"query on init", "POST", INIT "?x=1", SIGNED, SMALL, 400, "invalid_param", NULL},
    {"no slash at the end", "POST", "/v2/post/publish/video/init", SIGNED, SMALL, 404, "invalid_param", NULL},
    {"GET", "GET", INIT, SIGNED, NULL, 405, "invalid_param", NULL},
    {"no charset", "POST", INIT, "authorization: Bearer sim-token-tiktok\ncontent-type: application/json", SMALL, 400,
     "invalid_param", NULL},
    {"no type", "POST", CREATOR, "authorization: Bearer sim-token-tiktok", NULL, 400, "invalid_param", NULL},
    {"no authorization", "POST", INIT, JSON_TYPE, SMALL, 401, "access_token_invalid", NULL},
    {"OAuth for Bearer", "POST", INIT, "authorization: OAuth sim-token-tiktok\n" JSON_TYPE, SMALL, 401,
     "access_token_invalid", NULL},
    {"body for creator_info", "POST", CREATOR, SIGNED, "{\"x\":1}", 400, "invalid_param", NULL},
    {"unknown publish_id", "POST", STATUS, SIGNED, "{\"publish_id\":\"v_pub_file~v2-1.1\"}", 400, "invalid_publish_id",
     NULL},
    {"publish_id as a number", "POST", STATUS, SIGNED, "{\"publish_id\":1}", 400, "invalid_param", NULL},
    {"unknown display field", "POST", "/v2/video/list/?fields=id,views", SIGNED, "{}", 400, "invalid_param", NULL},
    {"21 videos", "POST", "/v2/video/list/?fields=id", SIGNED, "{\"max_count\":21}", 400, "invalid_param", NULL},
};

static void wrong_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *w = &wrongs[i];
        struct asker a = asker_start(&sim_tiktok, w->options);
        json_auto_t *answer = ask(&a, w->method, w->url, w->headers, w->body, 0);

        if (said_int(answer, "status") != w->status || strcmp(said(answer, "json.error.code"), w->code) ||
            nb_refusals(&a) != 1 || !*said(answer, "json.error.log_id"))
            fail_msg("%s: %lld %s", w->name, (long long)said_int(answer, "status"), said(answer, "json.error.code"));
        asker_stop(&a);
    }
}

struct wrong_put {
    const char *name, *query, *headers;
    int64_t bytes;
    int status;
};

static const struct wrong_put wrong_puts[] = {
    {"type", NULL, "content-type: video/avi\ncontent-range: bytes 0-9999999/25000000", 10000000, 400},
    {"no type", NULL, "content-range: bytes 0-9999999/25000000", 10000000, 400},
    {"no range", NULL, "content-type: video/mp4", 10000000, 400},
    {"unknown total", NULL, PUT_HEADERS "bytes 0-9999999/*", 10000000, 400},
    {"other total", NULL, PUT_HEADERS "bytes 0-9999999/25000001", 10000000, 400},
    {"length and range", NULL, PUT_HEADERS "bytes 0-9999998/25000000", 10000000, 400},
    {"other chunk size", NULL, PUT_HEADERS "bytes 0-7999999/25000000", 8000000, 400},
    {"out of order", NULL, PUT_HEADERS "bytes 10000000-24999999/25000000", 15000000, 416},
    {"unknown task", "?upload_id=1&upload_token=2", PUT_HEADERS "bytes 0-9999999/25000000", 10000000, 404},
    {"no token", "?upload_id=1", PUT_HEADERS "bytes 0-9999999/25000000", 10000000, 404},
};

static void wrong_chunks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_puts / sizeof wrong_puts[0]; i++) {
        const struct wrong_put *w = &wrong_puts[i];
        struct asker a = asker_start(&sim_tiktok, NULL);
        json_auto_t *opened = post_json(&a, INIT, BODY("SELF_ONLY", 25000000, 10000000, 2)), *sent = NULL, *good = NULL;
        char other[100];

        snprintf(other, sizeof other, "http://127.0.0.1:1/video/%s", w->query ? w->query : "");
        sent = ask(&a, "PUT", w->query ? other : said(opened, "json.data.upload_url"), w->headers, NULL, w->bytes);
        if (said_int(sent, "status") != w->status || nb_refusals(&a) != (w->status != 416))
            fail_msg("%s: %lld", w->name, (long long)said_int(sent, "status"));
        good = put(&a, said(opened, "json.data.upload_url"), 0, 10000000, 25000000);
        assert_int_equal(said_int(good, "status"), 206);
        asker_stop(&a);
    }
}

static void expired_token_is_no_mistake(void **state)
{
    struct asker a = asker_start(&sim_tiktok, NULL);
    json_auto_t *answer = ask(&a, "POST", INIT, "authorization: Bearer old\n" JSON_TYPE, SMALL, 0);

    (void)state;
    assert_int_equal(said_int(answer, "status"), 401);
    assert_string_equal(said(answer, "json.error.code"), "access_token_invalid");
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

static void caption_counts_utf16(void **state)
{
    (void)state;
    for (int emoji = 1100; emoji <= 1101; emoji++) {
        struct asker a = asker_start(&sim_tiktok, NULL);
        AUTO_STR struct str body = {0};
        json_auto_t *answer = NULL;

        str_add(&body, "{\"post_info\":{\"title\":\"");
        for (int i = 0; i < emoji; i++)
            str_add(&body, "\xF0\x9F\x98\x80");
        str_add(&body, "\",\"privacy_level\":\"SELF_ONLY\",\"brand_content_toggle\":false,\"brand_organic_toggle\":"
                       "false}," FILE_SOURCE(1000, 1000, 1) "}");
        answer = post_json(&a, INIT, str_text(&body));
        assert_int_equal(said_int(answer, "status"), emoji == 1100 ? 200 : 400);
        asker_stop(&a);
    }
}

static void rates(void **state)
{
    struct asker a = asker_start(&sim_tiktok, "{\"rate_limits\":true,\"posts_per_day\":2}");
    json_auto_t *seventh = NULL, *later = NULL, *creator = NULL, *third = NULL;

    (void)state;
    for (int i = 0; i < 6; i++) {
        json_auto_t *opened = post_json(&a, INIT, SMALL), *sent = NULL;

        assert_int_equal(said_int(opened, "status"), 200);
        if (i < 2)
            sent = put(&a, said(opened, "json.data.upload_url"), 0, 1000, 1000);
        if (i == 1)
            break;
    }
    creator = ask(&a, "POST", CREATOR, SIGNED, NULL, 0);
    assert_int_equal(said_int(creator, "status"), 200);
    assert_string_equal(said(creator, "json.error.code"), "spam_risk_too_many_posts");
    third = post_json(&a, INIT, SMALL);
    assert_int_equal(said_int(third, "status"), 403);
    for (int i = 0; i < 3; i++)
        json_decref(post_json(&a, INIT, SMALL));
    seventh = post_json(&a, INIT, SMALL);
    assert_int_equal(said_int(seventh, "status"), 429);
    assert_string_equal(said(seventh, "json.error.code"), "rate_limit_exceeded");
    a.now_ms += 86400001;
    later = post_json(&a, INIT, SMALL);
    assert_int_equal(said_int(later, "status"), 200);
    asker_stop(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(direct_post_in_chunks),     cmocka_unit_test(twice_is_two_posts),
        cmocka_unit_test(inbox_draft),               cmocka_unit_test(broken_chunk_is_not_kept),
        cmocka_unit_test(time_matters),              cmocka_unit_test(processing_fails),
        cmocka_unit_test(wrong_calls),               cmocka_unit_test(wrong_chunks),
        cmocka_unit_test(expired_token_is_no_mistake), cmocka_unit_test(caption_counts_utf16),
        cmocka_unit_test(rates),
    };

    return cmocka_run_group_tests_name("sim_tiktok", tests, NULL, NULL);
}
