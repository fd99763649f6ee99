#include "tests/simulators/ask.h"
#include "tests/simulators/youtube.h"

#include "base/auto.h"
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#define INSERT "/upload/youtube/v3/videos?uploadType=resumable&part=snippet,status"
#define BEARER "authorization: Bearer sim-token-youtube\n"
#define SIGNED BEARER "content-type: application/json; charset=UTF-8\n"
#define OPEN SIGNED "x-upload-content-type: video/mp4\n"
#define UNIT INT64_C(262144)
#define VIDEO(title, status) "{\"snippet\":{\"title\":\"" title "\"},\"status\":{" status "}}"
#define PRIVATE VIDEO("Three knots in a minute", "\"privacyStatus\":\"private\"")

static json_t *open_session(struct asker *a, int64_t total)
{
    char headers[300];

    snprintf(headers, sizeof headers, OPEN "x-upload-content-length: %lld", (long long)total);
    return ask(a, "POST", INSERT "&notifySubscribers=false", headers, PRIVATE, 0);
}

static json_t *put(struct asker *a, const char *session, int64_t first, int64_t bytes, int64_t total)
{
    char headers[300];

    snprintf(headers, sizeof headers, BEARER "content-range: bytes %lld-%lld/%lld", (long long)first,
             (long long)(first + bytes - 1), (long long)total);
    return ask(a, "PUT", session, headers, NULL, bytes);
}

static json_t *probe(struct asker *a, const char *session, int64_t total)
{
    char headers[300];

    snprintf(headers, sizeof headers, BEARER "content-range: bytes */%lld", (long long)total);
    return ask(a, "PUT", session, headers, NULL, 0);
}

static json_t *list(struct asker *a, const char *part, const char *id)
{
    char url[300];

    snprintf(url, sizeof url, "/youtube/v3/videos?part=%s&id=%s", part, id);
    return ask(a, "GET", url, BEARER, NULL, 0);
}

/* The sheet's example: every field it sends, then the whole file in one PUT. */
static void whole_file(void **state)
{
    struct asker a = asker_start(&sim_youtube, NULL);
    json_auto_t *opened = ask(&a, "POST", INSERT "&notifySubscribers=false",
                              OPEN "x-upload-content-length: 18350080\nslug: job-7.mp4",
                              "{\"snippet\":{\"title\":\"Three knots in a minute\",\"description\":\"Clove hitch, "
                              "bowline, sheet bend.\",\"tags\":[\"knots\","
                              "\"rope "
                              "work\"],\"categoryId\":\"26\",\"defaultLanguage\":\"en\",\"defaultAudioLanguage\":"
                              "\"en\"},\"status\":{\"privacyStatus\":"
                              "\"private\",\"publishAt\":\"2026-12-01T15:00:00Z\",\"license\":\"youtube\","
                              "\"embeddable\":true,\"publicStatsViewable\":true,"
                              "\"selfDeclaredMadeForKids\":false,\"containsSyntheticMedia\":false}}",
                              0),
                *sent = NULL, *file = NULL, *posts = NULL, *later = NULL;
    const char *session = said(opened, "headers.Location"), *id;

    (void)state;
    assert_int_equal(said_int(opened, "status"), 200);
    assert_non_null(strstr(session, "upload_id="));
    sent = ask(&a, "PUT", session, BEARER "content-type: video/mp4", NULL, 18350080);
    assert_int_equal(said_int(sent, "status"), 201);
    id = said(sent, "json.id");
    assert_string_equal(said(sent, "json.status.uploadStatus"), "uploaded");
    assert_string_equal(said(sent, "json.snippet.title"), "Three knots in a minute");
    for (int i = 0; i < 3; i++) {
        json_auto_t *asked = list(&a, "status,processingDetails,contentDetails", id);

        assert_string_equal(said(asked, "json.items.0.status.uploadStatus"), i < 2 ? "uploaded" : "processed");
        assert_string_equal(said(asked, "json.items.0.processingDetails.processingStatus"),
                            i < 2 ? "processing" : "succeeded");
        assert_string_equal(said(asked, "json.items.0.processingDetails.processingProgress.partsTotal"),
                            i < 2 ? "10" : "");
    }
    file = list(&a, "fileDetails", id);
    assert_string_equal(said(file, "json.items.0.fileDetails.fileName"), "job-7.mp4");
    assert_string_equal(said(file, "json.items.0.fileDetails.fileSize"), "18350080");
    posts = a.simulator->public_posts(a.sim);
    assert_string_equal(json_string_value(json_object_get(json_array_get(posts, 0), "visibility")), "private");
    a.now_ms += INT64_C(8) * 86400000;      /* past publishAt */
    sim_set_time(a.sim, a.now_ms);
    later = a.simulator->public_posts(a.sim);
    assert_string_equal(json_string_value(json_object_get(json_array_get(later, 0), "visibility")), "public");
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

static void in_chunks(void **state)
{
    struct asker a = asker_start(&sim_youtube, NULL);
    json_auto_t *opened = open_session(&a, 3 * UNIT + 5), *nothing = NULL, *first = NULL, *some = NULL, *last = NULL,
                *again = NULL;
    const char *session = said(opened, "headers.Location");

    (void)state;
    nothing = probe(&a, session, 3 * UNIT + 5);
    assert_int_equal(said_int(nothing, "status"), 308);
    assert_string_equal(said(nothing, "headers.Range"), "");
    first = put(&a, session, 0, 2 * UNIT, 3 * UNIT + 5);
    assert_int_equal(said_int(first, "status"), 308);
    assert_string_equal(said(first, "headers.Range"), "bytes=0-524287");
    some = probe(&a, session, 3 * UNIT + 5);
    assert_string_equal(said(some, "headers.Range"), "bytes=0-524287");
    last = put(&a, session, 2 * UNIT, UNIT + 5, 3 * UNIT + 5);
    assert_int_equal(said_int(last, "status"), 201);
    again = probe(&a, session, 3 * UNIT + 5);
    assert_int_equal(said_int(again, "status"), 200);
    assert_string_equal(said(again, "json.id"), said(last, "json.id"));
    assert_int_equal(nb_posts(&a), 1);
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

static void interrupted(void **state)
{
    struct asker a = asker_start(&sim_youtube, NULL);
    json_auto_t *opened = open_session(&a, 10 * UNIT + 1), *asked = NULL, *overlap = NULL, *last = NULL;
    const char *session = said(opened, "headers.Location");
    char headers[200];

    (void)state;
    snprintf(headers, sizeof headers, BEARER "content-type: video/mp4\ncontent-length: %lld",
             (long long)(10 * UNIT + 1));
    json_decref(ask_broken(&a, "PUT", session, headers, 3 * UNIT + 77));
    asked = probe(&a, session, 10 * UNIT + 1);
    assert_string_equal(said(asked, "headers.Range"), "bytes=0-786431");
    overlap = put(&a, session, 2 * UNIT, 8 * UNIT + 1, 10 * UNIT + 1);
    assert_int_equal(said_int(overlap, "status"), 308);
    assert_string_equal(said(overlap, "headers.Range"), "bytes=0-786431");
    assert_int_equal(nb_refusals(&a), 1);
    last = put(&a, session, 3 * UNIT, 7 * UNIT + 1, 10 * UNIT + 1);
    assert_int_equal(said_int(last, "status"), 201);
    asker_stop(&a);
}

static void server_keeps_less(void **state)
{
    struct asker a = asker_start(&sim_youtube, "{\"keep_less\":true}");
    json_auto_t *opened = open_session(&a, 8 * UNIT),
                *first = put(&a, said(opened, "headers.Location"), 0, 4 * UNIT, 8 * UNIT),
                *rest = put(&a, said(opened, "headers.Location"), 3 * UNIT, 5 * UNIT, 8 * UNIT);

    (void)state;
    assert_string_equal(said(first, "headers.Range"), "bytes=0-786431");
    assert_int_equal(said_int(rest, "status"), 201);
    asker_stop(&a);
}

static void late_and_reconcile(void **state)
{
    struct asker a = asker_start(&sim_youtube, "{\"late_ms\":60000}");
    json_auto_t *opened = open_session(&a, 1000),
                *sent = ask(&a, "PUT", said(opened, "headers.Location"), BEARER, NULL, 1000),
                *none = list(&a, "status", said(sent, "json.id")), *channel = NULL, *uploads = NULL, *gone = NULL;
    char url[200];

    (void)state;
    assert_string_equal(said(none, "json.items"), "[]");
    assert_int_equal(nb_posts(&a), 0);
    a.now_ms += 60000;
    channel = ask(&a, "GET", "/youtube/v3/channels?part=contentDetails&mine=true", BEARER, NULL, 0);
    snprintf(url, sizeof url, "/youtube/v3/playlistItems?part=snippet,contentDetails&maxResults=50&playlistId=%s",
             said(channel, "json.items.0.contentDetails.relatedPlaylists.uploads"));
    uploads = ask(&a, "GET", url, BEARER, NULL, 0);
    assert_string_equal(said(uploads, "json.items.0.contentDetails.videoId"), said(sent, "json.id"));
    assert_string_equal(said(uploads, "json.items.0.snippet.title"), "Three knots in a minute");
    a.now_ms += INT64_C(8) * 86400000;
    gone = probe(&a, said(opened, "headers.Location"), 1000);
    assert_int_equal(said_int(gone, "status"), 404);
    assert_int_equal(nb_refusals(&a), 0);
    asker_stop(&a);
}

static void playlist_pages(void **state)
{
    struct asker a = asker_start(&sim_youtube, NULL);
    int seen = 0;
    char token[24] = "", url[200];

    (void)state;
    for (int i = 0; i < 5; i++) {
        json_auto_t *opened = open_session(&a, 10);

        json_decref(ask(&a, "PUT", said(opened, "headers.Location"), BEARER, NULL, 10));
    }
    do {
        json_auto_t *page = NULL;

        snprintf(url, sizeof url,
                 "/youtube/v3/playlistItems?part=snippet&maxResults=2&playlistId=UUsimulatedchannel000000%s%s",
                 *token ? "&pageToken=" : "", token);
        page = ask(&a, "GET", url, BEARER, NULL, 0);
        seen += (int)json_array_size(json_object_get(json_object_get(page, "json"), "items"));
        snprintf(token, sizeof token, "%s", said(page, "json.nextPageToken"));
    } while (*token && seen < 100);
    assert_int_equal(seen, 5);
    asker_stop(&a);
}

static void change_and_delete(void **state)
{
    struct asker a = asker_start(&sim_youtube, "{\"processing_polls\":0}");
    json_auto_t *opened = open_session(&a, 1000),
                *sent = ask(&a, "PUT", said(opened, "headers.Location"), BEARER, NULL, 1000), *early = NULL,
                *done = NULL, *cover = NULL, *updated = NULL, *deleted = NULL, *again = NULL, *posts = NULL;
    char url[200], body[300];

    (void)state;
    snprintf(url, sizeof url, "/upload/youtube/v3/thumbnails/set?videoId=%s", said(sent, "json.id"));
    early = ask(&a, "POST", url, BEARER "content-type: image/jpeg", NULL, 5000);
    assert_int_equal(said_int(early, "status"), 403);
    done = list(&a, "status", said(sent, "json.id"));
    cover = ask(&a, "POST", url, BEARER "content-type: image/jpeg", NULL, 5000);
    assert_int_equal(said_int(cover, "status"), 200);
    snprintf(body, sizeof body, "{\"id\":\"%s\",\"status\":{\"privacyStatus\":\"public\"}}", said(sent, "json.id"));
    updated = ask(&a, "PUT", "/youtube/v3/videos?part=status", SIGNED, body, 0);
    assert_string_equal(said(updated, "json.status.privacyStatus"), "public");
    posts = a.simulator->public_posts(a.sim);
    assert_string_equal(json_string_value(json_object_get(json_array_get(posts, 0), "visibility")), "public");
    snprintf(url, sizeof url, "/youtube/v3/videos?id=%s", said(sent, "json.id"));
    deleted = ask(&a, "DELETE", url, BEARER, NULL, 0);
    assert_int_equal(said_int(deleted, "status"), 204);
    again = ask(&a, "DELETE", url, BEARER, NULL, 0);
    assert_int_equal(said_int(again, "status"), 404);
    assert_string_equal(said(again, "json.error.errors.0.reason"), "videoNotFound");
    assert_int_equal(nb_posts(&a), 0);
    assert_string_equal(said(done, "json.items.0.status.uploadStatus"), "processed");
    asker_stop(&a);
}

static void processing_fails(void **state)
{
    static const char *const ends[][3] = {
        {"{\"fail_reason\":\"codec\",\"processing_polls\":0}", "failed", "failureReason"},
        {"{\"fail_reason\":\"duplicate\",\"processing_polls\":0}", "rejected", "rejectionReason"}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct asker a = asker_start(&sim_youtube, ends[i][0]);
        json_auto_t *opened = open_session(&a, 1000),
                    *sent = ask(&a, "PUT", said(opened, "headers.Location"), BEARER, NULL, 1000),
                    *asked = list(&a, "status", said(sent, "json.id"));
        char path[100];

        snprintf(path, sizeof path, "json.items.0.status.%s", ends[i][2]);
        assert_string_equal(said(asked, "json.items.0.status.uploadStatus"), ends[i][1]);
        assert_string_equal(said(asked, path), i ? "duplicate" : "codec");
        assert_int_equal(nb_posts(&a), 0);
        asker_stop(&a);
    }
}

static void quota(void **state)
{
    struct asker a = asker_start(&sim_youtube, "{\"rate_limits\":true,\"inserts_per_day\":1}");
    json_auto_t *first = open_session(&a, 10), *second = open_session(&a, 10), *tomorrow = NULL;

    (void)state;
    assert_int_equal(said_int(first, "status"), 200);
    assert_int_equal(said_int(second, "status"), 403);
    assert_string_equal(said(second, "json.error.errors.0.reason"), "quotaExceeded");
    assert_string_equal(said(second, "json.error.errors.0.domain"), "youtube.quota");
    a.now_ms += 86400000;
    tomorrow = open_session(&a, 10);
    assert_int_equal(said_int(tomorrow, "status"), 200);
    asker_stop(&a);
}

/* What is not named in `part` is ignored, and then the video is public: the default since November 2026. */
static void part_decides(void **state)
{
    struct asker a = asker_start(&sim_youtube, NULL);
    json_auto_t *opened =
                    ask(&a, "POST", "/upload/youtube/v3/videos?uploadType=resumable&part=snippet", OPEN, PRIVATE, 0),
                *sent = ask(&a, "PUT", said(opened, "headers.Location"), BEARER, NULL, 10),
                *posts = a.simulator->public_posts(a.sim);

    (void)state;
    assert_int_equal(said_int(sent, "status"), 201);
    assert_string_equal(json_string_value(json_object_get(json_array_get(posts, 0), "visibility")), "public");
    asker_stop(&a);
}

struct wrong {
    const char *name, *method, *url, *headers, *body;
    int status;
    const char *reason;
};

#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN

static const struct wrong wrongs[] = {
    {"unknown field", "POST", INSERT, OPEN, "{\"snippet\":{\"title\":\"a\",\"caption\":\"b\"}}", 400,
     "invalidVideoMetadata"},
    {"unknown object", "POST", INSERT, OPEN, "{\"snippet\":{\"title\":\"a\"},\"post\":{}}", 400,
     "invalidVideoMetadata"},
    {"read-only field", "POST", INSERT, OPEN, VIDEO("a", "\"madeForKids\":false"), 400, "invalidVideoMetadata"},
    {"category as a number", "POST", INSERT, OPEN, "{\"snippet\":{\"title\":\"a\",\"categoryId\":22}}", 400,
     "invalidVideoMetadata"},
    {"text for a boolean", "POST", INSERT, OPEN, VIDEO("a", "\"embeddable\":\"true\""), 400, "invalidVideoMetadata"},
    {"tags as text", "POST", INSERT, OPEN, "{\"snippet\":{\"title\":\"a\",\"tags\":\"b\"}}", 400,
     "invalidVideoMetadata"},
    {"unknown privacy", "POST", INSERT, OPEN, VIDEO("a", "\"privacyStatus\":\"hidden\""), 400, "invalidVideoMetadata"},
    {"unknown license", "POST", INSERT, OPEN, VIDEO("a", "\"license\":\"mit\""), 400, "invalidVideoMetadata"},
    {"no title", "POST", INSERT, OPEN, "{\"snippet\":{\"title\":\"\"}}", 400, "invalidTitle"},
    {"title of 101", "POST", INSERT, OPEN, VIDEO(FIFTY FIFTY "0", ""), 400, "invalidTitle"},
    {"title with <", "POST", INSERT, OPEN, VIDEO("a < b", ""), 400, "invalidTitle"},
    {"description with >", "POST", INSERT, OPEN, "{\"snippet\":{\"title\":\"a\",\"description\":\"->\"}}", 400,
     "invalidDescription"},
    {"unknown category", "POST", INSERT, OPEN, "{\"snippet\":{\"title\":\"a\",\"categoryId\":\"99\"}}", 400,
     "invalidCategoryId"},
    {"publishAt and public", "POST", INSERT, OPEN,
     VIDEO("a", "\"privacyStatus\":\"public\",\"publishAt\":\"2026-12-01T15:00:00Z\""), 400, "invalidPublishAt"},
    {"publishAt as a date", "POST", INSERT, OPEN,
     VIDEO("a", "\"privacyStatus\":\"private\",\"publishAt\":\"2026-12-01\""), 400, "invalidPublishAt"},
    {"language", "POST", INSERT, OPEN, "{\"snippet\":{\"title\":\"a\",\"defaultLanguage\":\"en_US\"}}", 400,
     "invalidVideoMetadata"},
    {"localizations alone", "POST", INSERT ",localizations", OPEN,
     "{\"snippet\":{\"title\":\"a\"},\"localizations\":{\"de\":{\"title\":\"b\"}}}", 400, "defaultLanguageNotSet"},
    {"no part", "POST", "/upload/youtube/v3/videos?uploadType=resumable", OPEN, PRIVATE, 400,
     "missingRequiredParameter"},
    {"unknown part", "POST", INSERT ",extras", OPEN, PRIVATE, 400, "unknownPart"},
    {"part without snippet", "POST", "/upload/youtube/v3/videos?uploadType=resumable&part=status", OPEN, PRIVATE, 400,
     "invalidTitle"},
    {"uploadType", "POST", "/upload/youtube/v3/videos?uploadType=media&part=snippet", OPEN, PRIVATE, 400,
     "invalidParameter"},
    {"unknown query", "POST", INSERT "&privacy=private", OPEN, PRIVATE, 400, "unexpectedParameter"},
    {"notifySubscribers", "POST", INSERT "&notifySubscribers=0", OPEN, PRIVATE, 400, "invalidParameter"},
    {"no upload type", "POST", INSERT, SIGNED, PRIVATE, 400, "badContent"},
    {"upload type", "POST", INSERT, SIGNED "x-upload-content-type: audio/mp4", PRIVATE, 400, "badContent"},
    {"upload length", "POST", INSERT, OPEN "x-upload-content-length: many", PRIVATE, 400, "badContent"},
    {"over 256 GB", "POST", INSERT, OPEN "x-upload-content-length: 274877906945", PRIVATE, 400, "badContent"},
    {"no JSON type", "POST", INSERT, BEARER "x-upload-content-type: video/mp4", PRIVATE, 400, "invalidVideoMetadata"},
    {"no authorization", "POST", INSERT, "content-type: application/json\nx-upload-content-type: video/mp4", PRIVATE,
     401, "authError"},
    {"unknown address", "POST", "/youtube/v3/shorts", SIGNED, "{}", 404, "notFound"},
    {"no id", "GET", "/youtube/v3/videos?part=status", BEARER, NULL, 400, "missingRequiredParameter"},
    {"mine with videos", "GET", "/youtube/v3/videos?part=status&mine=true", BEARER, NULL, 400, "unexpectedParameter"},
    {"51 results", "GET", "/youtube/v3/playlistItems?part=snippet&playlistId=UU&maxResults=51", BEARER, NULL, 400,
     "invalidParameter"},
    {"update without category", "PUT", "/youtube/v3/videos?part=snippet", SIGNED,
     "{\"id\":\"a\",\"snippet\":{\"title\":\"b\"}}", 400, "invalidCategoryId"},
};

static void wrong_calls(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrongs / sizeof wrongs[0]; i++) {
        const struct wrong *w = &wrongs[i];
        struct asker a = asker_start(&sim_youtube, NULL);
        json_auto_t *answer = ask(&a, w->method, w->url, w->headers, w->body, 0);

        if (said_int(answer, "status") != w->status || strcmp(said(answer, "json.error.errors.0.reason"), w->reason) ||
            nb_refusals(&a) != 1)
            fail_msg("%s: %lld %s", w->name, (long long)said_int(answer, "status"), said(answer, "json.error"));
        asker_stop(&a);
    }
}

struct wrong_put {
    const char *name, *headers;
    int64_t bytes;
    int status;
};

static const struct wrong_put wrong_puts[] = {
    {"no authorization", "content-range: bytes 0-262143/1000000", 262144, 401},
    {"not a multiple", BEARER "content-range: bytes 0-299999/1000000", 300000, 400},
    {"length and range", BEARER "content-range: bytes 0-262143/1000000", 524288, 400},
    {"other total", BEARER "content-range: bytes 0-262143/1000001", 262144, 400},
    {"other type", BEARER "content-type: video/webm\ncontent-range: bytes 0-262143/1000000", 262144, 400},
    {"text type", BEARER "content-type: text/plain\ncontent-range: bytes 0-262143/1000000", 262144, 400},
    {"range", BEARER "content-range: 0-262143/1000000", 262144, 400},
    {"range backwards", BEARER "content-range: bytes 262143-0/1000000", 262144, 400},
    {"range past the end", BEARER "content-range: bytes 0-1048575/1000000", 1048576, 400},
    {"part of the file without range", BEARER, 262144, 400},
    {"probe with bytes", BEARER "content-range: bytes */1000000", 10, 400},
    {"probe with other total", BEARER "content-range: bytes */1000001", 0, 400},
    {"gap", BEARER "content-range: bytes 262144-524287/1000000", 262144, 308},
};

static void wrong_chunks(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wrong_puts / sizeof wrong_puts[0]; i++) {
        const struct wrong_put *w = &wrong_puts[i];
        struct asker a = asker_start(&sim_youtube, NULL);
        json_auto_t *opened = open_session(&a, 1000000),
                    *sent = ask(&a, "PUT", said(opened, "headers.Location"), w->headers, NULL, w->bytes),
                    *asked = probe(&a, said(opened, "headers.Location"), 1000000);

        if (said_int(sent, "status") != w->status || nb_refusals(&a) != 1 || *said(asked, "headers.Range"))
            fail_msg("%s: %lld", w->name, (long long)said_int(sent, "status"));
        asker_stop(&a);
    }
}

static void chunks_of_one_size(void **state)
{
    struct asker a = asker_start(&sim_youtube, NULL);
    json_auto_t *opened = open_session(&a, 9 * UNIT),
                *first = put(&a, said(opened, "headers.Location"), 0, 2 * UNIT, 9 * UNIT),
                *other = put(&a, said(opened, "headers.Location"), 2 * UNIT, UNIT, 9 * UNIT);

    (void)state;
    assert_int_equal(said_int(first, "status"), 308);
    assert_int_equal(said_int(other, "status"), 400);
    asker_stop(&a);
}

/* "cat" and "red panda" are 15: 3 + 1 + (9 + 2). 33 of 14 with their commas are 494; a 34th makes 509. */
static void tags_are_counted(void **state)
{
    (void)state;
    for (int n = 33; n <= 34; n++) {
        struct asker a = asker_start(&sim_youtube, NULL);
        AUTO_STR struct str body = {0};
        json_auto_t *answer = NULL;

        str_add(&body, "{\"snippet\":{\"title\":\"a\",\"tags\":[");
        for (int i = 0; i < n; i++)
            str_printf(&body, "%s\"tag with %03d\"", i ? "," : "", i);
        str_add(&body, "]}}");
        answer = ask(&a, "POST", INSERT, OPEN, str_text(&body), 0);
        assert_int_equal(said_int(answer, "status"), n == 33 ? 200 : 400);
        assert_string_equal(said(answer, "json.error.errors.0.reason"), n == 33 ? "" : "invalidTags");
        asker_stop(&a);
    }
}

/* The description has a limit in bytes. */
static void description_counts_bytes(void **state)
{
    (void)state;
    for (int n = 2500; n <= 2501; n++) {
        struct asker a = asker_start(&sim_youtube, NULL);
        AUTO_STR struct str body = {0};
        json_auto_t *answer = NULL;

        str_add(&body, "{\"snippet\":{\"title\":\"a\",\"description\":\"");
        for (int i = 0; i < n; i++)
            str_add(&body, "\xC3\xA4");
        str_add(&body, "\"}}");
        answer = ask(&a, "POST", INSERT, OPEN, str_text(&body), 0);
        assert_int_equal(said_int(answer, "status"), n == 2500 ? 200 : 400);
        asker_stop(&a);
    }
}

/* ---- against the published API description ---- */

static const char *type_name(enum field_type type)
{
    return type == FIELD_TEXT ? "string" : type == FIELD_BOOL ? "boolean" : type == FIELD_INT ? "integer"
         : type == FIELD_TEXTS || type == FIELD_OBJECTS ? "array" : "object";
}

static size_t nb_words(const char *words)
{
    size_t n = *words != '\0';

    for (; *words; words++)
        n += *words == ' ';
    return n;
}

static void same_words(const char *name, const char *words, const json_t *published)
{
    if (json_array_size(published) != nb_words(words))
        fail_msg("%s: %zu words published, %zu here", name, json_array_size(published), nb_words(words));
    for (size_t i = 0; i < json_array_size(published); i++)
        if (!word_in(words, json_string_value(json_array_get(published, i))))
            fail_msg("%s: '%s' is not known here", name, json_string_value(json_array_get(published, i)));
}

static void same_fields(const json_t *schemas, const char *schema, const struct field *fields)
{
    const json_t *properties = json_object_get(json_object_get(schemas, schema), "properties");

    for (; fields->name; fields++) {
        const json_t *property = json_object_get(properties, fields->name);
        const char *reference = json_string_value(json_object_get(property, "$ref"));
        const char *type = reference ? "object" : json_string_value(json_object_get(property, "type"));

        if (!property || !type || strcmp(type, type_name(fields->type)))
            fail_msg("%s.%s: published as %s", schema, fields->name, type ? type : "nothing");
        if (fields->any_of)
            same_words(fields->name, fields->any_of, json_object_get(property, "enum"));
        if (fields->type == FIELD_OBJECT)
            same_fields(schemas, reference, fields->fields);
    }
}

static void query_published(const json_t *root, const char *method, const char *names)
{
    const json_t *videos = json_object_get(json_object_get(json_object_get(root, "resources"), "videos"), "methods");
    const json_t *own = json_object_get(json_object_get(videos, method), "parameters"),
                 *common = json_object_get(root, "parameters");
    char word[64];

    for (const char *at = names; *at; at += strcspn(at, " "), at += *at == ' ') {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, " "), at);
        if (!json_object_get(own, word) && !json_object_get(common, word))
            fail_msg("videos.%s: parameter '%s' is not published", method, word);
    }
}

static void as_published(void **state)
{
    json_auto_t *root = json_load_file("../shared/data/specs/youtube-v3.discovery.json", 0, NULL);
    const json_t *schemas = json_object_get(root, "schemas"), *status, *video;
    char word[64];

    (void)state;
    if (!root)
        skip();
    same_fields(schemas, "Video", youtube_video_fields);
    same_fields(schemas, "Video", youtube_update_fields);
    query_published(root, "insert", youtube_insert_query);
    query_published(root, "list", youtube_list_query);
    status = json_object_get(json_object_get(json_object_get(schemas, "VideoStatus"), "properties"), "failureReason");
    same_words("failureReason", youtube_failures, json_object_get(status, "enum"));
    status = json_object_get(json_object_get(json_object_get(schemas, "VideoStatus"), "properties"), "rejectionReason");
    same_words("rejectionReason", youtube_rejections, json_object_get(status, "enum"));
    video = json_object_get(json_object_get(schemas, "Video"), "properties");
    for (const char *at = youtube_parts; *at; at += strcspn(at, " "), at += *at == ' ') {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, " "), at);
        if (!json_object_get(video, word))
            fail_msg("part '%s' is not published", word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_file),
        cmocka_unit_test(in_chunks),
        cmocka_unit_test(interrupted),
        cmocka_unit_test(server_keeps_less),
        cmocka_unit_test(late_and_reconcile),
        cmocka_unit_test(playlist_pages),
        cmocka_unit_test(change_and_delete),
        cmocka_unit_test(processing_fails),
        cmocka_unit_test(quota),
        cmocka_unit_test(part_decides),
        cmocka_unit_test(wrong_calls),
        cmocka_unit_test(wrong_chunks),
        cmocka_unit_test(chunks_of_one_size),
        cmocka_unit_test(tags_are_counted),
        cmocka_unit_test(description_counts_bytes),
        cmocka_unit_test(as_published),
    };

    return cmocka_run_group_tests_name("sim_youtube", tests, NULL, NULL);
}
