/* YouTube Data API v3, after platforms/youtube.md (2026-11-22): resumable upload, processing, own lists. One session makes
 * one video. Options: tests/simulators/README.md. */
#include "tests/simulators/sim_youtube.h"

#include "tests/simulators/oauth.h"

#include "base/auto.h"
#include <string.h>

#define KIB256 INT64_C(262144)
#define SIZE_MAX_BYTES INT64_C(274877906944)
enum { TITLE_UNITS = 100, DESCRIPTION_BYTES = 5000, TAGS_CHARACTERS = 500, THUMBNAIL_BYTES = 2097152 };

const char youtube_parts[] = "snippet status contentDetails fileDetails processingDetails statistics localizations "
                             "paidProductPlacementDetails recordingDetails player";
const char youtube_insert_query[] = "uploadType part notifySubscribers";
const char youtube_list_query[] = "part id";
const char youtube_failures[] = "conversion invalidFile emptyFile tooSmall codec uploadAborted";
const char youtube_rejections[] = "copyright inappropriate duplicate termsOfUse uploaderAccountSuspended length claim "
                                  "uploaderAccountClosed trademark legal";
/* Assignable in most regions; others give invalidCategoryId. */
static const char categories[] = "1 2 10 15 17 19 20 22 23 24 25 26 27 28 29";
static const char channel_id[] = "UCsimulatedchannel000000", uploads_id[] = "UUsimulatedchannel000000";

static const struct field snippet_fields[] = {
    {"title", FIELD_TEXT, true, NULL, NULL},
    {"description", FIELD_TEXT, false, NULL, NULL},
    {"tags", FIELD_TEXTS, false, NULL, NULL},
    {"categoryId", FIELD_TEXT, false, NULL, NULL},
    {"defaultLanguage", FIELD_TEXT, false, NULL, NULL},
    {"defaultAudioLanguage", FIELD_TEXT, false, NULL, NULL},
    {0},
};
static const struct field status_fields[] = {
    {"privacyStatus", FIELD_TEXT, false, "public unlisted private", NULL},
    {"publishAt", FIELD_TEXT, false, NULL, NULL},
    {"license", FIELD_TEXT, false, "youtube creativeCommon", NULL},
    {"embeddable", FIELD_BOOL, false, NULL, NULL},
    {"publicStatsViewable", FIELD_BOOL, false, NULL, NULL},
    {"selfDeclaredMadeForKids", FIELD_BOOL, false, NULL, NULL},
    {"containsSyntheticMedia", FIELD_BOOL, false, NULL, NULL},
    {0},
};
static const struct field placement_fields[] = {{"hasPaidProductPlacement", FIELD_BOOL, false, NULL, NULL}, {0}};
static const struct field recording_fields[] = {{"recordingDate", FIELD_TEXT, false, NULL, NULL}, {0}};
static const struct field localization_fields[] = {
    {"title", FIELD_TEXT, false, NULL, NULL}, {"description", FIELD_TEXT, false, NULL, NULL}, {0}};
#define VIDEO_OBJECTS                                                                                                  \
    {"snippet", FIELD_OBJECT, false, NULL, snippet_fields}, {"status", FIELD_OBJECT, false, NULL, status_fields},      \
    {"paidProductPlacementDetails", FIELD_OBJECT, false, NULL, placement_fields},                                      \
    {"recordingDetails", FIELD_OBJECT, false, NULL, recording_fields},                                                 \
    {"localizations", FIELD_ANY_OBJECT, false, NULL, NULL}
const struct field youtube_video_fields[] = {VIDEO_OBJECTS, {0}};
const struct field youtube_update_fields[] = {VIDEO_OBJECTS, {"id", FIELD_TEXT, true, NULL, NULL}, {0}};

struct session {
    char id[ID_BYTES], video_id[ID_BYTES];     /* video_id "": not complete */
    json_t *resource;                          /* what was sent, without the objects that are not in `part` */
    char *type, *slug, *part;
    int64_t created_ms, total, chunk;          /* total -1, chunk 0: not known yet */
    bool kept_less;
    struct upload upload;
    struct session *next;
};

struct video {
    char id[ID_BYTES];
    json_t *resource;
    char *slug;
    int64_t created_ms, bytes;
    const char *failure;
    bool processed, thumbnail;
    struct processing processing;
    struct video *next;
};

struct youtube {
    struct sim base;
    struct session *sessions;
    struct video *videos;
    int64_t insert_day;
    int64_t inserts;
};

static struct youtube *youtube_of(const struct call *call)
{
    return (struct youtube *)call->sim;
}

static void answer_error(struct call *call, int status, const char *domain, const char *reason, const char *message)
{
    answer_json(call, status, json_pack("{s:{s:i, s:s, s:[{s:s, s:s, s:s}]}}", "error", "code", status, "message", message, "errors",
                                        "domain", domain, "reason", reason, "message", message));
}

/* The caller did it wrong. */
static void refuse(struct call *call, const char *reason, const char *why)
{
    call_wrong(call, why);
    answer_error(call, 400, "youtube.video", reason, why);
}

static void not_found(struct call *call)
{
    answer_error(call, 404, "youtube.video", "videoNotFound", "The video cannot be found");
}

/* ---- what a video may say ---- */

static bool has_part(const char *part, const char *word)
{
    size_t n = strlen(word);

    for (const char *at = part; (at = strstr(at, word)); at += n)
        if ((at == part || at[-1] == ',') && (!at[n] || at[n] == ','))
            return true;
    return false;
}

static bool parts_known(struct call *call)
{
    const char *part = call_query(call, "part");
    char word[64];

    for (const char *at = part ? part : ""; *at; at += strcspn(at, ","), at += *at == ',') {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, ","), at);
        if (!word_in(youtube_parts, word))
            return refuse(call, "unknownPart", "part names something unknown"), false;
    }
    if (!part || !*part)
        return refuse(call, "missingRequiredParameter", "part is missing"), false;
    return true;
}

/* Each tag, +2 for the quotes of one with a blank, and the commas between. */
static int tags_length(const json_t *tags)
{
    int length = json_array_size(tags) ? (int)json_array_size(tags) - 1 : 0;

    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));

        length += text_utf16(tag) + (strchr(tag, ' ') ? 2 : 0);
    }
    return length;
}

static bool language_fits(const char *tag)
{
    size_t n = strspn(tag, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-");

    return !*tag || (n == strlen(tag) && strcspn(tag, "-") >= 2 && strcspn(tag, "-") <= 8);
}

static bool snippet_fits(struct call *call, const json_t *snippet)
{
    const char *title = text_of(snippet, "title"), *description = text_of(snippet, "description");
    const char *category = text_of(snippet, "categoryId");

    if (!title[strspn(title, " ")] || text_utf16(title) > TITLE_UNITS || strpbrk(title, "<>"))
        return refuse(call, "invalidTitle", "snippet.title must have 1 to 100 characters, none of them < or >"), false;
    if (strlen(description) > DESCRIPTION_BYTES || strpbrk(description, "<>"))
        return refuse(call, "invalidDescription", "snippet.description has over 5000 bytes, or < or >"), false;
    if (tags_length(json_object_get(snippet, "tags")) > TAGS_CHARACTERS)
        return refuse(call, "invalidTags", "snippet.tags has over 500 characters"), false;
    if (*category && !word_in(categories, category))
        return refuse(call, "invalidCategoryId", "snippet.categoryId is not assignable"), false;
    if (!language_fits(text_of(snippet, "defaultLanguage")) || !language_fits(text_of(snippet, "defaultAudioLanguage")))
        return refuse(call, "invalidVideoMetadata", "a language is not BCP-47"), false;
    return true;
}

static bool status_fits(struct call *call, const json_t *status)
{
    const char *publish_at = text_of(status, "publishAt");
    int64_t ms;

    if (!*publish_at)
        return true;
    if (!time_read(publish_at, &ms) || strcmp(text_of(status, "privacyStatus"), "private"))
        return refuse(call, "invalidPublishAt", "status.publishAt must be RFC 3339, with privacyStatus private"), false;
    return true;
}

static bool others_fit(struct call *call, const json_t *video)
{
    const json_t *recording = json_object_get(video, "recordingDetails");
    json_t *localizations = json_object_get(video, "localizations"), *value;
    char why[WHY_BYTES];
    const char *name;
    int64_t ms;

    if (recording && !time_read(text_of(recording, "recordingDate"), &ms))
        return refuse(call, "invalidRecordingDetails", "recordingDetails.recordingDate is not RFC 3339"), false;
    if (localizations && !*text_of(json_object_get(video, "snippet"), "defaultLanguage"))
        return refuse(call, "defaultLanguageNotSet", "localizations need snippet.defaultLanguage"), false;
    json_object_foreach(localizations, name, value) {
        if (!language_fits(name) || !json_is_object(value) || !object_fits(value, localization_fields, name, why))
            return refuse(call, "invalidVideoMetadata", "localizations must be {language: {title, description}}"), false;
    }
    return true;
}

/* The body's objects that `part` names; NULL after a refusal. Owned by the caller. */
static json_t *read_video(struct call *call, const struct field *fields)
{
    const char *part = call_query(call, "part"), *type = call_header(call, "content-type"), *name;
    json_auto_t *video = json_object();
    char why[WHY_BYTES];
    json_t *value;

    if (!type || strncasecmp(type, "application/json", 16))
        return refuse(call, "invalidVideoMetadata", "Content-Type is not application/json"), NULL;
    if (!call_json(call, false, why) || !object_fits(call->body, fields, "", why))
        return refuse(call, "invalidVideoMetadata", why), NULL;
    json_object_foreach(call->body, name, value) {
        if (has_part(part, name) || !strcmp(name, "id"))
            json_object_set(video, name, value);     /* "fields of an object that is not in part are ignored" */
    }
    if ((has_part(part, "snippet") && !snippet_fits(call, json_object_get(video, "snippet"))) ||
        !status_fits(call, json_object_get(video, "status")) || !others_fit(call, video))
        return NULL;
    return TAKE(video);
}

/* ---- sessions ---- */

/* Quota days end at midnight Pacific; the hour of summer time does not matter here. */
static bool insert_allowed(struct call *call)
{
    struct youtube *youtube = youtube_of(call);
    int64_t day = (call->sim->now_ms - 8 * HOUR_MS) / DAY_MS;

    if (day != youtube->insert_day)
        youtube->inserts = 0;
    youtube->insert_day = day;
    return !option_bool(call->sim, "rate_limits", false) ||
           youtube->inserts < option_int(call->sim, "inserts_per_day", 100);
}

static bool type_accepted(const char *type)
{
    return !strncmp(type, "video/", 6) || !strcmp(type, "application/octet-stream");
}

static bool session_headers_fit(struct call *call, int64_t *total)
{
    const char *type = call_header(call, "x-upload-content-type"), *length = call_header(call, "x-upload-content-length");

    if (!type || !type_accepted(type))
        return refuse(call, "badContent", "X-Upload-Content-Type is neither video/* nor application/octet-stream"), false;
    if (length && (!digits_read(length, total) || *total < 1 || *total > SIZE_MAX_BYTES))
        return refuse(call, "badContent", "X-Upload-Content-Length is not 1 to 274877906944"), false;
    return true;
}

static void open_session(struct call *call)
{
    struct youtube *youtube = youtube_of(call);
    const char *type = call_query(call, "uploadType"), *notify = call_query(call, "notifySubscribers");
    const char *slug = call_header(call, "slug");
    char why[WHY_BYTES], location[512];
    int64_t total = -1;
    struct session *session;
    json_t *resource;

    if (!call_query_only(call, youtube_insert_query, why))
        return refuse(call, "unexpectedParameter", why);
    if (!type || strcmp(type, "resumable"))
        return refuse(call, "invalidParameter", "uploadType is not resumable");
    if (notify && !word_in("true false", notify))
        return refuse(call, "invalidParameter", "notifySubscribers is not a boolean");
    if (!parts_known(call) || !session_headers_fit(call, &total))
        return;
    if (!has_part(call_query(call, "part"), "snippet"))
        return refuse(call, "invalidTitle", "part has no snippet, so there is no title");
    resource = read_video(call, youtube_video_fields);
    if (!resource)
        return;
    if (!insert_allowed(call)) {
        json_decref(resource);
        return answer_error(call, 403, "youtube.quota", "quotaExceeded", "The daily quota of videos.insert is used up");
    }
    youtube->inserts++;
    session = must_calloc(sizeof *session);
    *session = (struct session){.resource = resource, .total = total, .created_ms = call->sim->now_ms,
                                .type = strdup(call_header(call, "x-upload-content-type")), .slug = strdup(slug ? slug : ""),
                                .part = strdup(call_query(call, "part")), .next = youtube->sessions};
    youtube->sessions = session;
    snprintf(session->id, sizeof session->id, "AEsim%08d", ++call->sim->made);
    snprintf(location, sizeof location, "%s%s?uploadType=resumable&part=%s&upload_id=%s", call->sim->base_url, call->in->path,
             session->part, session->id);
    answer_header(call, "Location", location);
    call->out->status = 200;
}

static struct video *video_find(const struct youtube *youtube, const char *id)
{
    struct video *video = youtube->videos;

    while (video && strcmp(video->id, id))
        video = video->next;
    return video;
}

static json_t *video_resource(const struct sim *sim, const struct video *video, const char *part);

static void answer_finished(struct call *call, const struct session *session, int status)
{
    const struct video *video = video_find(youtube_of(call), session->video_id);

    if (!video)
        return not_found(call);     /* deleted since */
    answer_json(call, status, video_resource(call->sim, video, session->part));
}

static void update_post(struct call *call, const struct video *video);

static void make_video(struct call *call, struct session *session)
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

static void answer_progress(struct call *call, const struct session *session)
{
    char range[64];

    call->out->status = 308;
    snprintf(range, sizeof range, "bytes=0-%lld", (long long)session->upload.bytes - 1);
    if (session->upload.bytes)
        answer_header(call, "Range", range);
}

/* The bytes of this request that are kept: whole units of 256 KiB of what arrived unless it is the end. */
static int64_t kept_bytes(struct call *call, struct session *session, bool last)
{
    int64_t bytes = call->in->body_bytes;

    if (last && call->in->body_complete)
        return bytes;
    bytes -= bytes % KIB256;
    if (call->in->body_complete && option_bool(call->sim, "keep_less", false) && !session->kept_less && bytes > KIB256) {
        session->kept_less = true;
        bytes -= KIB256;
    }
    if (!call->in->body_complete)
        session->kept_less = true;      /* from here on the chunks may shift */
    return bytes;
}

/* NULL when the numbers of this PUT fit the session. */
static const char *put_wrong(struct call *call, const struct session *session, const struct content_range *range, int64_t length,
                             bool last)
{
    const char *type = call_header(call, "content-type");

    if (type && (!type_accepted(type) || (strcmp(session->type, "application/octet-stream") && strcmp(type, session->type))))
        return "Content-Type is not the one the session was opened with";
    if (range->last - range->first + 1 != length)
        return "Content-Length and Content-Range differ";
    if (!range->total_unknown && session->total >= 0 && range->total != session->total)
        return "the total is not the one the session was opened with";
    if (!last && length % KIB256)
        return "a chunk that is not the last must be a multiple of 262144 bytes";
    if (!last && session->chunk && !session->kept_less && session->chunk != length)
        return "all chunks but the last must be of one size";
    return NULL;
}

static void take_bytes(struct call *call, struct session *session, const struct content_range *range)
{
    int64_t length = -1, total = range->total_unknown ? session->total : range->total;
    bool last = range->last + 1 == total;
    const char *wrong;

    if (!digits_read(call_header(call, "content-length"), &length))
        return refuse(call, "badContent", "Content-Length is missing");
    wrong = put_wrong(call, session, range, length, last);
    if (wrong)
        return refuse(call, "badContent", wrong);
    if (range->first != session->upload.bytes) {     /* overlap or gap: nothing of it is taken */
        call_wrong(call, "the range does not start where the session stands");
        return answer_progress(call, session);
    }
    session->total = total;
    session->chunk = last ? session->chunk : length;
    upload_keep(&session->upload, call->in, kept_bytes(call, session, last));
    if (session->upload.bytes != session->total)
        return answer_progress(call, session);
    make_video(call, session);
    answer_finished(call, session, 201);
}

static void put_bytes(struct call *call)
{
    const char *id = call_query(call, "upload_id"), *given = call_header(call, "content-range");
    struct session *session = youtube_of(call)->sessions;
    struct content_range range = {0};
    char why[WHY_BYTES];
    int64_t length = 0;

    while (session && strcmp(session->id, id ? id : ""))
        session = session->next;
    if (!call_query_only(call, "uploadType part upload_id", why))
        return refuse(call, "unexpectedParameter", why);
    if (!session || call->sim->now_ms >= session->created_ms + option_int(call->sim, "session_ms", 7 * DAY_MS)) {
        call->out->status = 404;       /* no JSON guaranteed */
        return;
    }
    digits_read(call_header(call, "content-length"), &length);
    if (given && !content_range_read(given, &range))
        return refuse(call, "badContent", "Content-Range cannot be read");
    if (range.probe && (length || !call_header(call, "content-length")))
        return refuse(call, "badContent", "a probe needs Content-Length: 0");
    if (*session->video_id)
        return answer_finished(call, session, 200);      /* a finished session repeats its answer */
    if (range.probe) {
        if (!range.total_unknown && session->total >= 0 && range.total != session->total)
            return refuse(call, "badContent", "the total is not the one the session was opened with");
        return answer_progress(call, session);
    }
    if (!given)
        range = (struct content_range){.last = length - 1, .total = session->total >= 0 ? session->total : length};
    if (!length || (!given && length != range.total))
        return refuse(call, "badContent", "without Content-Range the whole file must come");
    take_bytes(call, session, &range);
}

/* ---- videos ---- */

static json_t *status_object(const struct sim *sim, const struct video *video)
{
    /* without a privacyStatus it is public, since 2026-11-02 */
    json_t *status = json_pack("{s:s, s:b, s:s, s:b, s:b}", "privacyStatus", "public", "embeddable", 1, "license", "youtube",
                               "publicStatsViewable", 1, "madeForKids", 0);
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
        return video->processed ? json_pack("{s:s}", "processingStatus", *video->failure ? "failed" : "succeeded")
                                : json_pack("{s:s, s:{s:s, s:s, s:s}}", "processingStatus", "processing", "processingProgress",
                                            "partsTotal", "10", "partsProcessed", "6", "timeLeftMs", "9000");
    if (!strcmp(part, "contentDetails"))
        return json_pack("{s:s, s:b}", "duration", option_text(sim, "duration", "PT10S"), "hasCustomThumbnail", video->thumbnail);
    if (!strcmp(part, "fileDetails"))
        return json_pack("{s:s, s:o}", "fileName", *video->slug ? video->slug : "unknown", "fileSize",
                         json_sprintf("%lld", (long long)video->bytes));
    if (!strcmp(part, "statistics"))
        return json_pack("{s:s, s:s, s:s, s:s}", "viewCount", "120", "likeCount", "7", "commentCount", "1", "favoriteCount", "0");
    return json_incref(json_object_get(video->resource, part));
}

static json_t *video_resource(const struct sim *sim, const struct video *video, const char *part)
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
        return refuse(call, "unexpectedParameter", why);
    if (!parts_known(call))
        return;
    if (!ids || !*ids)
        return refuse(call, "missingRequiredParameter", "id is missing");
    items = json_array();
    for (const char *at = ids; *at; at += strcspn(at, ","), at += *at == ',') {
        struct video *video;

        snprintf(id, sizeof id, "%.*s", (int)strcspn(at, ","), at);
        video = video_find(youtube_of(call), id);
        if (!video || !video_listed(call->sim, video))
            continue;
        if (!video->processed && (has_part(part, "status") || has_part(part, "processingDetails")))
            video->processed = processing_over(call->sim, &video->processing);
        json_array_append_new(items, video_resource(call->sim, video, part));
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

static void update_video(struct call *call)
{
    char why[WHY_BYTES];
    json_auto_t *sent = NULL;
    struct video *video;

    if (!call_query_only(call, "part", why))
        return refuse(call, "unexpectedParameter", why);
    if (!parts_known(call))
        return;
    sent = read_video(call, youtube_update_fields);
    if (!sent)
        return;
    if (json_object_get(sent, "snippet") && !*text_of(json_object_get(sent, "snippet"), "categoryId"))
        return refuse(call, "invalidCategoryId", "snippet.categoryId is required in an update");
    video = video_find(youtube_of(call), text_of(sent, "id"));
    if (!video || !video_listed(call->sim, video))
        return not_found(call);
    json_object_del(sent, "id");
    json_object_update(video->resource, sent);      /* whole objects: what they omit is erased */
    update_post(call, video);
    answer_json(call, 200, video_resource(call->sim, video, call_query(call, "part")));
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
        return refuse(call, "missingRequiredParameter", "the query must be id=...");
    while (*at && strcmp((*at)->id, id))
        at = &(*at)->next;
    video = *at;
    if (!video)
        return not_found(call);
    *at = video->next;
    video_destroy(video);
    post_remove(call->sim, id);
    call->out->status = 204;
}

static void set_thumbnail(struct call *call)
{
    const char *id = call_query(call, "videoId"), *type = call_header(call, "content-type");
    struct video *video = id ? video_find(youtube_of(call), id) : NULL;
    char why[WHY_BYTES];

    if (!call_query_only(call, "videoId uploadType", why))
        return refuse(call, "unexpectedParameter", why);
    if (!video)
        return not_found(call);
    if (!type || !word_in("image/jpeg image/png application/octet-stream", type) || call->in->body_bytes > THUMBNAIL_BYTES)
        return refuse(call, "invalidImage", "the thumbnail must be JPEG or PNG of at most 2097152 bytes");
    if (!call->in->body_bytes || !call->in->body_complete)
        return refuse(call, "mediaBodyRequired", "there is no image");
    if (!video->processed || *video->failure) {
        call_wrong(call, "a Short takes a thumbnail only after processing has succeeded");
        return answer_error(call, 403, "youtube.thumbnail", "forbidden", "The thumbnail can't be set yet");
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
        return refuse(call, "unexpectedParameter", why);
    if (!part || !*part || !mine || strcmp(mine, "true"))
        return refuse(call, "missingRequiredParameter", "the query must be part=...&mine=true");
    answer_json(call, 200, json_pack("{s:s, s:[{s:s, s:s, s:{s:s}, s:{s:{s:s}}}]}", "kind", "youtube#channelListResponse", "items",
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
    if (has_part(part, "snippet"))
        json_object_set_new(item, "snippet", json_pack("{s:s, s:s, s:s, s:s, s:{s:s, s:s}}", "title", text_of(snippet, "title"),
                            "description", text_of(snippet, "description"), "publishedAt", time, "playlistId", uploads_id,
                            "resourceId", "kind", "youtube#video", "videoId", video->id));
    if (has_part(part, "contentDetails"))
        json_object_set_new(item, "contentDetails", json_pack("{s:s, s:s}", "videoId", video->id, "videoPublishedAt", time));
    if (has_part(part, "status")) {
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
        return refuse(call, "unexpectedParameter", why);
    if (!part || !*part || !playlist ||
        (call_query(call, "maxResults") && (!digits_read(call_query(call, "maxResults"), &max) || max > 50)) ||
        (call_query(call, "pageToken") && !digits_read(call_query(call, "pageToken"), &skip)))
        return refuse(call, "invalidParameter", "part, playlistId, maxResults (0 to 50) or pageToken cannot be read");
    if (strcmp(playlist, uploads_id))
        return answer_error(call, 404, "youtube.playlistItem", "playlistNotFound", "The playlist cannot be found");
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
    {"POST", "/upload/youtube/v3/videos", open_session},
    {"POST", "/resumable/upload/youtube/v3/videos", open_session},
    {"PUT", "/upload/youtube/v3/videos", put_bytes},
    {"PUT", "/resumable/upload/youtube/v3/videos", put_bytes},
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
            answer_error(&call, known_path ? 405 : 404, "global", "notFound", "Not Found");
        }
    } else if (!call_authorized(&call, "Bearer", &absent)) {
        if (absent)
            call_wrong(&call, "Authorization: Bearer is missing");
        answer_error(&call, 401, "global", "authError", "Invalid Credentials");
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
