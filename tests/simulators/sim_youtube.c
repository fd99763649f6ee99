/* YouTube Data API v3, after platforms/youtube.md (2026-11-22): resumable upload, processing, own lists. One session
 * makes one video. Options: tests/simulators/README.md. */
#include "tests/simulators/oauth.h"
#include "tests/simulators/youtube.h"

#include "base/auto.h"
#include <string.h>

enum { THUMBNAIL_BYTES = 2097152 };
static const char channel_id[] = "UCsimulatedchannel000000", uploads_id[] = "UUsimulatedchannel000000";

struct youtube *youtube_of(const struct call *call)
{
    return (struct youtube *)call->sim;
}

void youtube_error(struct call *call, int status, const char *domain, const char *reason, const char *message)
{
    answer_json(call, status,
                json_pack("{s:{s:i, s:s, s:[{s:s, s:s, s:s}]}}", "error", "code", status, "message", message, "errors",
                          "domain", domain, "reason", reason, "message", message));
}

void youtube_refuse(struct call *call, const char *reason, const char *why)
{
    call_wrong(call, why);
    youtube_error(call, 400, "youtube.video", reason, why);
}

void youtube_not_found(struct call *call)
{
    youtube_error(call, 404, "youtube.video", "videoNotFound", "The video cannot be found");
}

/* ---- videos ---- */

struct video *youtube_video_find(const struct youtube *youtube, const char *id)
{
    struct video *video = youtube->videos;

    while (video && strcmp(video->id, id))
        video = video->next;
    return video;
}

static json_t *status_object(const struct sim *sim, const struct video *video)
{
    /* without a privacyStatus it is public, since 2026-11-02 */
    json_t *status = json_pack("{s:s, s:b, s:s, s:b, s:b}", "privacyStatus", "public", "embeddable", 1, "license",
                               "youtube", "publicStatsViewable", 1, "madeForKids", 0);
    json_t *sent = json_object_get(video->resource, "status");
    bool rejected = word_in(youtube_rejections, video->failure);
    int64_t publish_at_ms;

    if (sent)
        json_object_update(status, sent);
    if (time_read(text_of(status, "publishAt"), &publish_at_ms) && publish_at_ms <= sim->now_ms) {
        json_object_set_new(status, "privacyStatus", json_string("public"));
        json_object_del(status, "publishAt");
    }
    if (*option_text(sim, "forced_privacy", ""))
        json_object_set_new(status, "privacyStatus", json_string(option_text(sim, "forced_privacy", "")));
    json_object_set_new(status, "uploadStatus", json_string(!video->processed  ? "uploaded"
                                                            : !*video->failure ? "processed"
                                                            : rejected         ? "rejected"
                                                                               : "failed"));
    if (video->processed && *video->failure)
        json_object_set_new(status, rejected ? "rejectionReason" : "failureReason", json_string(video->failure));
    return status;
}

static json_t *snippet_object(const struct video *video)
{
    json_t *snippet = json_deep_copy(json_object_get(video->resource, "snippet"));
    char time[40];

    time_write(video->created_ms, "Z", time);
    json_object_set_new(snippet, "publishedAt", json_string(time));
    json_object_set_new(snippet, "channelId", json_string(channel_id));
    if (!json_object_get(snippet, "categoryId"))
        json_object_set_new(snippet, "categoryId", json_string("22"));
    return snippet;
}

static json_t *part_object(const struct sim *sim, const struct video *video, const char *part)
{
    if (!strcmp(part, "snippet"))
        return snippet_object(video);
    if (!strcmp(part, "status"))
        return status_object(sim, video);
    if (!strcmp(part, "processingDetails"))
        return video->processed
                   ? json_pack("{s:s}", "processingStatus", *video->failure ? "failed" : "succeeded")
                   : json_pack("{s:s, s:{s:s, s:s, s:s}}", "processingStatus", "processing", "processingProgress",
                               "partsTotal", "10", "partsProcessed", "6", "timeLeftMs", "9000");
    if (!strcmp(part, "contentDetails"))
        return json_pack("{s:s, s:b}", "duration", option_text(sim, "duration", "PT10S"), "hasCustomThumbnail",
                         video->thumbnail);
    if (!strcmp(part, "fileDetails"))
        return json_pack("{s:s, s:o}", "fileName", *video->slug ? video->slug : "unknown", "fileSize",
                         json_sprintf("%lld", (long long)video->bytes));
    if (!strcmp(part, "statistics"))
        return json_pack("{s:s, s:s, s:s, s:s}", "viewCount", "120", "likeCount", "7", "commentCount", "1",
                         "favoriteCount", "0");
    return json_incref(json_object_get(video->resource, part));
}

json_t *youtube_video_resource(const struct sim *sim, const struct video *video, const char *part)
{
    json_t *resource = json_pack("{s:s, s:s}", "kind", "youtube#video", "id", video->id);
    char word[64];

    for (const char *at = part; *at; at += strcspn(at, ","), at += *at == ',') {
        json_t *object;

        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, ","), at);
        object = part_object(sim, video, word);
        if (object)
            json_object_set_new(resource, word, object);
    }
    return resource;
}

static bool video_listed(const struct sim *sim, const struct video *video)
{
    return sim->now_ms >= video->created_ms + option_int(sim, "late_ms", 0);
}

static void list_videos(struct call *call)
{
    const char *ids = call_query(call, "id"), *part = call_query(call, "part");
    json_t *items;
    char why[WHY_BYTES], id[ID_BYTES];

    if (!call_query_only(call, youtube_list_query, why))
        return youtube_refuse(call, "unexpectedParameter", why);
    if (!youtube_parts_known(call))
        return;
    if (!ids || !*ids)
        return youtube_refuse(call, "missingRequiredParameter", "id is missing");
    items = json_array();
    for (const char *at = ids; *at; at += strcspn(at, ","), at += *at == ',') {
        struct video *video;

        snprintf(id, sizeof id, "%.*s", (int)strcspn(at, ","), at);
        video = youtube_video_find(youtube_of(call), id);
        if (!video || !video_listed(call->sim, video))
            continue;
        if (!video->processed && (youtube_has_part(part, "status") || youtube_has_part(part, "processingDetails")))
            video->processed = processing_over(call->sim, &video->processing);
        json_array_append_new(items, youtube_video_resource(call->sim, video, part));
    }
    answer_json(call, 200, json_pack("{s:s, s:o}", "kind", "youtube#videoListResponse", "items", items));
}

static void update_post(struct call *call, const struct video *video)
{
    json_auto_t *status = status_object(call->sim, video);
    json_t *post = post_find(call->sim, video->id);
    const json_t *snippet = json_object_get(video->resource, "snippet");
    int64_t publish_at_ms = 0;

    if (!post)
        return;
    time_read(text_of(status, "publishAt"), &publish_at_ms);
    json_object_set_new(post, "visibility", json_string(text_of(status, "privacyStatus")));
    json_object_set_new(post, "publish_at_ms", json_integer(publish_at_ms));
    json_object_set_new(post, "caption", json_string(text_of(snippet, "description")));
    json_object_set_new(post, "title", json_string(text_of(snippet, "title")));
}

void youtube_make_video(struct call *call, struct session *session)
{
    struct youtube *youtube = youtube_of(call);
    struct video *video = must_calloc(sizeof *video);

    snprintf(video->id, sizeof video->id, "Sim%08d", ++call->sim->made);
    snprintf(session->video_id, sizeof session->video_id, "%s", video->id);
    video->resource = json_deep_copy(session->resource);
    video->slug = strdup(session->slug);
    video->created_ms = video->processing.begun_ms = call->sim->now_ms;
    video->bytes = session->upload.bytes;
    video->failure = failure_next(call->sim);
    video->next = youtube->videos;
    youtube->videos = video;
    if (!*video->failure)
        post_add(call->sim, video->id, "", "", &session->upload);
    update_post(call, video);
}

static void update_video(struct call *call)
{
    char why[WHY_BYTES];
    json_auto_t *sent = NULL;
    struct video *video;

    if (!call_query_only(call, "part", why))
        return youtube_refuse(call, "unexpectedParameter", why);
    if (!youtube_parts_known(call))
        return;
    sent = youtube_read_video(call, youtube_update_fields);
    if (!sent)
        return;
    if (json_object_get(sent, "snippet") && !*text_of(json_object_get(sent, "snippet"), "categoryId"))
        return youtube_refuse(call, "invalidCategoryId", "snippet.categoryId is required in an update");
    video = youtube_video_find(youtube_of(call), text_of(sent, "id"));
    if (!video || !video_listed(call->sim, video))
        return youtube_not_found(call);
    json_object_del(sent, "id");
    json_object_update(video->resource, sent);      /* whole objects: what they omit is erased */
    update_post(call, video);
    answer_json(call, 200, youtube_video_resource(call->sim, video, call_query(call, "part")));
}

static void video_destroy(struct video *video)
{
    json_decref(video->resource);
    free(video->slug);
    free(video);
}

static void delete_video(struct call *call)
{
    struct video **at = &youtube_of(call)->videos, *video;
    const char *id = call_query(call, "id");
    char why[WHY_BYTES];

    if (!call_query_only(call, "id", why) || !id)
        return youtube_refuse(call, "missingRequiredParameter", "the query must be id=...");
    while (*at && strcmp((*at)->id, id))
        at = &(*at)->next;
    video = *at;
    if (!video)
        return youtube_not_found(call);
    *at = video->next;
    video_destroy(video);
    post_remove(call->sim, id);
    call->out->status = 204;
}

static void set_thumbnail(struct call *call)
{
    const char *id = call_query(call, "videoId"), *type = call_header(call, "content-type");
    struct video *video = id ? youtube_video_find(youtube_of(call), id) : NULL;
    char why[WHY_BYTES];

    if (!call_query_only(call, "videoId uploadType", why))
        return youtube_refuse(call, "unexpectedParameter", why);
    if (!video)
        return youtube_not_found(call);
    if (!type || !word_in("image/jpeg image/png application/octet-stream", type) ||
        call->in->body_bytes > THUMBNAIL_BYTES)
        return youtube_refuse(call, "invalidImage", "the thumbnail must be JPEG or PNG of at most 2097152 bytes");
    if (!call->in->body_bytes || !call->in->body_complete)
        return youtube_refuse(call, "mediaBodyRequired", "there is no image");
    if (!video->processed || *video->failure) {
        call_wrong(call, "a Short takes a thumbnail only after processing has succeeded");
        return youtube_error(call, 403, "youtube.thumbnail", "forbidden", "The thumbnail can't be set yet");
    }
    video->thumbnail = true;
    answer_json(call, 200, json_pack("{s:s, s:[]}", "kind", "youtube#thumbnailSetResponse", "items"));
}

/* ---- own lists ---- */

static void list_channels(struct call *call)
{
    const char *part = call_query(call, "part"), *mine = call_query(call, "mine");
    char why[WHY_BYTES];

    if (!call_query_only(call, "part mine", why))
        return youtube_refuse(call, "unexpectedParameter", why);
    if (!part || !*part || !mine || strcmp(mine, "true"))
        return youtube_refuse(call, "missingRequiredParameter", "the query must be part=...&mine=true");
    answer_json(call, 200,
                json_pack("{s:s, s:[{s:s, s:s, s:{s:s}, s:{s:{s:s}}}]}", "kind", "youtube#channelListResponse", "items",
                          "kind", "youtube#channel", "id", channel_id, "snippet", "title",
                          option_text(call->sim, "username", "Ana"), "contentDetails", "relatedPlaylists", "uploads",
                          uploads_id));
}

static json_t *playlist_item(const struct sim *sim, const struct video *video, const char *part)
{
    json_t *item = json_pack("{s:s, s:o}", "kind", "youtube#playlistItem", "id", json_sprintf("UUitem%s", video->id));
    json_t *snippet = json_object_get(video->resource, "snippet");
    char time[40];

    time_write(video->created_ms, "Z", time);
    if (youtube_has_part(part, "snippet"))
        json_object_set_new(item, "snippet",
                            json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "title", text_of(snippet, "title"),
                                      "description", text_of(snippet, "description"), "publishedAt", time, "playlistId",
                                      uploads_id, "resourceId", "kind", "youtube#video", "videoId", video->id));
    if (youtube_has_part(part, "contentDetails"))
        json_object_set_new(item, "contentDetails",
                            json_pack("{s:s, s:s}", "videoId", video->id, "videoPublishedAt", time));
    if (youtube_has_part(part, "status")) {
        json_auto_t *status = status_object(sim, video);

        json_object_set_new(item, "status", json_pack("{s:s}", "privacyStatus", text_of(status, "privacyStatus")));
    }
    return item;
}

static void list_playlist(struct call *call)
{
    const char *part = call_query(call, "part"), *playlist = call_query(call, "playlistId");
    int64_t max = 5, skip = 0, at = 0;
    json_t *answer, *items;
    char why[WHY_BYTES];

    if (!call_query_only(call, "part playlistId maxResults pageToken", why))
        return youtube_refuse(call, "unexpectedParameter", why);
    if (!part || !*part || !playlist ||
        (call_query(call, "maxResults") && (!digits_read(call_query(call, "maxResults"), &max) || max > 50)) ||
        (call_query(call, "pageToken") && !digits_read(call_query(call, "pageToken"), &skip)))
        return youtube_refuse(call, "invalidParameter",
                              "part, playlistId, maxResults (0 to 50) or pageToken cannot be read");
    if (strcmp(playlist, uploads_id))
        return youtube_error(call, 404, "youtube.playlistItem", "playlistNotFound", "The playlist cannot be found");
    items = json_array();
    answer = json_pack("{s:s, s:o}", "kind", "youtube#playlistItemListResponse", "items", items);
    for (const struct video *video = youtube_of(call)->videos; video; video = video->next) {     /* newest first */
        if (!video_listed(call->sim, video) || at++ < skip)
            continue;
        if (at > skip + max) {
            json_object_set_new(answer, "nextPageToken", json_sprintf("%lld", (long long)(skip + max)));
            break;
        }
        json_array_append_new(items, playlist_item(call->sim, video, part));
    }
    answer_json(call, 200, answer);
}

/* ---- the simulator ---- */

static const struct route routes[] = {
    {"POST", "/upload/youtube/v3/videos", youtube_open_session},
    {"POST", "/resumable/upload/youtube/v3/videos", youtube_open_session},
    {"PUT", "/upload/youtube/v3/videos", youtube_put_bytes},
    {"PUT", "/resumable/upload/youtube/v3/videos", youtube_put_bytes},
    {"GET", "/youtube/v3/videos", list_videos},
    {"PUT", "/youtube/v3/videos", update_video},
    {"DELETE", "/youtube/v3/videos", delete_video},
    {"POST", "/upload/youtube/v3/thumbnails/set", set_thumbnail},
    {"GET", "/youtube/v3/channels", list_channels},
    {"GET", "/youtube/v3/playlistItems", list_playlist},
    {0},
};

static void youtube_handle(struct sim *sim, const struct sim_request *in, struct sim_response *out)
{
    struct call call = {.sim = sim, .in = in, .out = out};
    bool known_path, absent;
    const struct route *route = route_find(&call, routes, in->path, &known_path);

    *out = (struct sim_response){0};
    sim_set_time(sim, in->now_ms);
    if (!route) {
        if (!oauth_serve(&call, oauth_youtube)) {
            call_wrong(&call, "no such address or method");
            youtube_error(&call, known_path ? 405 : 404, "global", "notFound", "Not Found");
        }
    } else if (!call_authorized(&call, "Bearer", &absent)) {
        if (absent)
            call_wrong(&call, "Authorization: Bearer is missing");
        youtube_error(&call, 401, "global", "authError", "Invalid Credentials");
    } else {
        route->serve(&call);
    }
    json_decref(call.body);
}

static struct sim *youtube_create(const char *base_url, const json_t *options)
{
    struct youtube *youtube = must_calloc(sizeof *youtube);

    sim_init(&youtube->base, base_url, options, "sim-token-youtube");
    return &youtube->base;
}

static void youtube_destroy(struct sim *sim)
{
    struct youtube *youtube = (struct youtube *)sim;

    while (youtube && youtube->videos) {
        struct video *video = youtube->videos;

        youtube->videos = video->next;
        video_destroy(video);
    }
    while (youtube && youtube->sessions) {
        struct session *session = youtube->sessions;

        youtube->sessions = session->next;
        upload_finish(&session->upload);
        json_decref(session->resource);
        free(session->type);
        free(session->slug);
        free(session->part);
        free(session);
    }
    if (youtube)
        sim_finish(&youtube->base);
    free(youtube);
}

const struct simulator sim_youtube = {
    .name = "youtube",
    .create = youtube_create,
    .destroy = youtube_destroy,
    .handle = youtube_handle,
    .public_posts = sim_public_posts,
    .refusals = sim_refusals,
};
