/* TikTok's Display API: reading the account's own public videos. */
#include "tests/simulators/tiktok.h"

#include "base/auto.h"
#include <string.h>

enum { READ_BACK_CHARACTERS = 150 };

const char *tiktok_username(const struct sim *sim)
{
    return option_text(sim, "username", "ana");
}

static const char video_fields[] =
    "id create_time cover_image_url share_url video_description duration height width title "
    "embed_html embed_link like_count comment_count share_count view_count";

static bool fields_known(struct call *call, const char *known, char why[WHY_BYTES])
{
    const char *fields = call_query(call, "fields");
    char word[64];

    if (!fields || !*fields || !call_query_only(call, "fields", why))
        return snprintf(why, WHY_BYTES, "the query must be fields=..."), false;
    for (const char *at = fields; *at; at += strcspn(at, ","), at += *at == ',') {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, ","), at);
        if (!word_in(known, word))
            return snprintf(why, WHY_BYTES, "unknown field '%s'", word), false;
    }
    return true;
}

/* Keeps what `fields` names. */
static json_t *only_fields(json_t *taken, const char *fields)
{
    json_t *kept = json_object(), *value;
    const char *name;

    json_object_foreach(taken, name, value) {
        size_t n = strlen(name);

        for (const char *at = fields; (at = strstr(at, name)); at += n)
            if ((at == fields || at[-1] == ',') && (!at[n] || at[n] == ','))
                json_object_set(kept, name, value);
    }
    json_decref(taken);
    return kept;
}

static json_t *video_of(const struct call *call, const json_t *post)
{
    AUTO_FREE char *title = strdup(text_of(post, "caption"));

    text_truncate_utf8(title, READ_BACK_CHARACTERS);
    return only_fields(
        json_pack("{s:s, s:I, s:s, s:s, s:o, s:I, s:i, s:i, s:i, s:I}", "id", text_of(post, "id"), "create_time",
                  (json_int_t)(int_of(post, "created_ms") / 1000), "title", title, "video_description", title,
                  "share_url",
                  json_sprintf("https://www.tiktok.com/@%s/video/%s", tiktok_username(call->sim), text_of(post, "id")),
                  "duration", (json_int_t)option_int(call->sim, "duration_sec", 10), "like_count", 2, "comment_count",
                  1, "share_count", 0, "view_count", (json_int_t)100),
        call_query(call, "fields"));
}

static bool listed(const struct sim *sim, const json_t *post)
{
    return !strcmp(text_of(post, "visibility"), "public") && post_visible(sim, post) &&
           sim->now_ms >= int_of(post, "created_ms") + option_int(sim, "public_after_ms", 0);
}

void tiktok_video_list(struct call *call)
{
    static const struct field fields[] = {
        {"max_count", FIELD_INT, false, NULL, NULL}, {"cursor", FIELD_INT, false, NULL, NULL}, {0}};
    char why[WHY_BYTES];
    int64_t max, cursor;
    json_t *videos;

    if (!fields_known(call, video_fields, why) || !call_json(call, true, why) ||
        !object_fits(call->body, fields, "", why))
        return tiktok_bad(call, why);
    max = json_object_get(call->body, "max_count") ? int_of(call->body, "max_count") : 10;
    cursor = int_of(call->body, "cursor") ? int_of(call->body, "cursor") : INT64_MAX;
    if (max < 1 || max > 20)
        return tiktok_bad(call, "max_count is 1 to 20");
    videos = json_array();
    for (size_t i = json_array_size(call->sim->posts); i-- > 0;) {
        const json_t *post = json_array_get(call->sim->posts, i);

        if (!listed(call->sim, post) || int_of(post, "created_ms") >= cursor)
            continue;
        if ((int64_t)json_array_size(videos) == max)
            return tiktok_answer(
                call, 200, "ok", "",
                json_pack("{s:o, s:I, s:b}", "videos", videos, "cursor", (json_int_t)cursor, "has_more", 1));
        cursor = int_of(post, "created_ms");
        json_array_append_new(videos, video_of(call, post));
    }
    tiktok_answer(call, 200, "ok", "",
                  json_pack("{s:o, s:I, s:b}", "videos", videos, "cursor",
                            (json_int_t)(cursor == INT64_MAX ? 0 : cursor), "has_more", 0));
}

void tiktok_video_query(struct call *call)
{
    static const struct field filters[] = {{"video_ids", FIELD_TEXTS, true, NULL, NULL}, {0}};
    static const struct field fields[] = {{"filters", FIELD_OBJECT, true, NULL, filters}, {0}};
    char why[WHY_BYTES];
    const json_t *ids;
    json_t *videos;

    if (!fields_known(call, video_fields, why) || !call_json(call, false, why) ||
        !object_fits(call->body, fields, "", why))
        return tiktok_bad(call, why);
    ids = json_object_get(json_object_get(call->body, "filters"), "video_ids");
    if (json_array_size(ids) < 1 || json_array_size(ids) > 20)
        return tiktok_bad(call, "1 to 20 video_ids");
    videos = json_array();
    for (size_t i = 0; i < json_array_size(ids); i++) {
        const json_t *post = post_find(call->sim, json_string_value(json_array_get(ids, i)));

        if (post && listed(call->sim, post))
            json_array_append_new(videos, video_of(call, post));
    }
    tiktok_answer(call, 200, "ok", "", json_pack("{s:o}", "videos", videos));
}

void tiktok_user_info(struct call *call)
{
    static const char known[] =
        "open_id union_id avatar_url display_name username bio_description profile_deep_link is_verified "
        "follower_count following_count likes_count video_count";
    char why[WHY_BYTES];

    if (!fields_known(call, known, why))
        return tiktok_bad(call, why);
    tiktok_answer(call, 200, "ok", "",
                  json_pack("{s:o}", "user",
                            only_fields(json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:I}", "open_id", "b1a2c3",
                                                  "display_name", option_text(call->sim, "nickname", "Ana"), "username",
                                                  tiktok_username(call->sim), "follower_count", 120, "following_count",
                                                  8, "likes_count", 900, "video_count",
                                                  (json_int_t)json_array_size(call->sim->posts)),
                                        call_query(call, "fields"))));
}
