/* TikTok Content Posting API v2, after platforms/tiktok.md (2026-11-22). A post exists from the last byte on: a second
 * complete upload is a second post. Options: tests/simulators/README.md. */
#include "tests/simulators/oauth.h"
#include "tests/simulators/tiktok.h"

#include "base/auto.h"
#include <string.h>

#define MIB INT64_C(1048576)
/* Stricter reading of "5-64 MB": fits both the decimal and the binary megabyte. */
static const int64_t chunk_min = 5 * MIB, chunk_max = 64000000, size_max = 4000000000;
enum { CAPTION_UNITS = 2200 };
static const char types[] = "video/mp4 video/quicktime video/webm";
static const char public_privacy[] = "PUBLIC_TO_EVERYONE";

struct task {
    char id[ID_BYTES], token[ID_BYTES];
    char *title, *privacy;            /* "" for the inbox */
    const char *failure;              /* "": it ends well */
    bool inbox, pull, complete, cancelled;
    int64_t size, chunk, chunks, created_ms;
    struct upload upload;
    struct processing processing;
    json_int_t post_id;
    struct task *next;
};

struct tiktok {
    struct sim base;
    struct task *tasks;
    struct rate inits, statuses, creators, posts, shares;
};

static struct tiktok *tiktok_of(const struct call *call)
{
    return (struct tiktok *)call->sim;
}

void tiktok_answer(struct call *call, int status, const char *code, const char *message, json_t *data)
{
    char log_id[32];

    snprintf(log_id, sizeof log_id, "2026%012d", call->sim->made++);
    answer_json(call, status,
                json_pack("{s:o, s:{s:s, s:s, s:s}}", "data", data ? data : json_object(), "error", "code", code,
                          "message", message, "log_id", log_id));
}

static void ok(struct call *call, json_t *data)
{
    tiktok_answer(call, 200, "ok", "", data);
}

/* The caller did it wrong. */
static void refuse(struct call *call, int status, const char *code, const char *why)
{
    call_wrong(call, why);
    tiktok_answer(call, status, code, why, NULL);
}

void tiktok_bad(struct call *call, const char *why)
{
    refuse(call, 400, "invalid_param", why);
}

/* Not the caller's mistake: a limit, an outcome. */
static void decline(struct call *call, int status, const char *code)
{
    tiktok_answer(call, status, code, code, NULL);
}

/* True when the documented rate is kept, or nobody asked for rates. */
static bool within(struct call *call, struct rate *rate, int max, int64_t span_ms)
{
    int64_t now_ms = call->sim->now_ms;

    if (option_bool(call->sim, "rate_limits", false) && rate_used(rate, now_ms, span_ms) >= max)
        return false;
    rate_count(rate, now_ms);
    return true;
}

static bool within_minute(struct call *call, struct rate *rate, int max)
{
    char why[WHY_BYTES];

    if (within(call, rate, max, MINUTE_MS))
        return true;
    snprintf(why, sizeof why, "more than %d calls in a minute", max);
    refuse(call, 429, "rate_limit_exceeded", why);
    return false;
}

/* ---- creator ---- */

static json_t *privacy_options(const struct sim *sim)
{
    json_t *given = json_object_get(sim->options, "privacy_level_options");

    return given ? json_deep_copy(given) : json_pack("[sss]", public_privacy, "MUTUAL_FOLLOW_FRIENDS", "SELF_ONLY");
}

static bool privacy_offered(const struct sim *sim, const char *level)
{
    json_auto_t *options = privacy_options(sim);

    for (size_t i = 0; i < json_array_size(options); i++)
        if (!strcmp(json_string_value(json_array_get(options, i)), level))
            return true;
    return false;
}

/* "", or the documented code for "no more posts now". */
static const char *posting_stop(struct call *call)
{
    struct sim *sim = call->sim;
    const char *stop = option_text(sim, "creator_error", "");

    if (!*stop && option_bool(sim, "rate_limits", false) &&
        rate_used(&tiktok_of(call)->posts, sim->now_ms, DAY_MS) >= option_int(sim, "posts_per_day", 15))
        return "spam_risk_too_many_posts";
    return stop;
}

static void creator_info(struct call *call)
{
    static const struct field none[] = {{0}};
    char why[WHY_BYTES];
    struct sim *sim = call->sim;
    const char *stop = posting_stop(call);

    if (!within_minute(call, &tiktok_of(call)->creators, 20))
        return;
    if (!call_json(call, true, why) || !object_fits(call->body, none, "", why))
        return tiktok_bad(call, why);
    if (*stop)
        return decline(call, 200, stop);     /* HTTP 200 on purpose, says the sheet */
    ok(call, json_pack("{s:s, s:s, s:s, s:o, s:b, s:b, s:b, s:I}", "creator_avatar_url",
                       "https://p16.tiktokcdn.example/a.webp", "creator_username", tiktok_username(sim),
                       "creator_nickname", option_text(sim, "nickname", "Ana"), "privacy_level_options",
                       privacy_options(sim), "comment_disabled", 0, "duet_disabled", 0, "stitch_disabled", 1,
                       "max_video_post_duration_sec", (json_int_t)option_int(sim, "max_video_post_duration_sec", 600)));
}

/* ---- init ---- */

static const struct field post_fields[] = {
    {"title", FIELD_TEXT, false, NULL, NULL},
    {"privacy_level", FIELD_TEXT, true, "PUBLIC_TO_EVERYONE MUTUAL_FOLLOW_FRIENDS FOLLOWER_OF_CREATOR SELF_ONLY", NULL},
    {"disable_duet", FIELD_BOOL, false, NULL, NULL},
    {"disable_stitch", FIELD_BOOL, false, NULL, NULL},
    {"disable_comment", FIELD_BOOL, false, NULL, NULL},
    {"video_cover_timestamp_ms", FIELD_INT, false, NULL, NULL},
    {"brand_content_toggle", FIELD_BOOL, true, NULL, NULL},     /* the field table says required; the samples omit it */
    {"brand_organic_toggle", FIELD_BOOL, true, NULL, NULL},
    {"is_aigc", FIELD_BOOL, false, NULL, NULL},
    {0},
};
static const struct field file_fields[] = {
    {"source", FIELD_TEXT, true, "FILE_UPLOAD", NULL},
    {"video_size", FIELD_INT, true, NULL, NULL},
    {"chunk_size", FIELD_INT, true, NULL, NULL},
    {"total_chunk_count", FIELD_INT, true, NULL, NULL},
    {0},
};
static const struct field pull_fields[] = {
    {"source", FIELD_TEXT, true, "PULL_FROM_URL", NULL},
    {"video_url", FIELD_TEXT, true, NULL, NULL},
    {0},
};
static const struct field inbox_init_fields[] = {{"source_info", FIELD_ANY_OBJECT, true, NULL, NULL}, {0}};
static const struct field direct_init_fields[] = {
    {"post_info", FIELD_OBJECT, true, NULL, post_fields},
    {"source_info", FIELD_ANY_OBJECT, true, NULL, NULL},
    {0},
};

/* total_chunk_count = floor(size / chunk); the last chunk takes the remainder. */
static const char *chunks_wrong(int64_t size, int64_t chunk, int64_t count)
{
    if (size < 1 || size > size_max)
        return "video_size must be 1 to 4000000000 bytes";
    if (count < 1 || count > 1000 || chunk < 1)
        return "the total chunk count is invalid";
    if (count == 1 && chunk != size)
        return "the chunk size is invalid: one chunk is the whole video";
    if (size >= chunk_min && chunk < chunk_min)
        return "the chunk size is invalid: under 5 MB";
    if (chunk > chunk_max)
        return "the chunk size is invalid: over 64 MB";
    if (count != size / chunk)
        return "the total chunk count is invalid: it is floor(video_size / chunk_size)";
    return NULL;
}

static bool source_fits(struct call *call, char why[WHY_BYTES])
{
    const json_t *source = json_object_get(call->body, "source_info");
    bool pull = !strcmp(text_of(source, "source"), "PULL_FROM_URL");
    const char *wrong;

    if (!object_fits(source, pull ? pull_fields : file_fields, "source_info", why))
        return tiktok_bad(call, why), false;
    wrong = pull ? NULL : chunks_wrong(int_of(source, "video_size"), int_of(source, "chunk_size"),
                                       int_of(source, "total_chunk_count"));
    if (wrong)
        return refuse(call, 400, "invalid_params", wrong), false;     /* the spelling seen live */
    return true;
}

/* A name has a letter; an IPv4 or [IPv6] address has none before its first slash, or begins with a bracket. */
static bool host_is_name(const char *host)
{
    size_t letter = strcspn(host, "abcdefghijklmnopqrstuvwxyz");

    return *host != '[' && letter < strcspn(host, "/");
}

static bool pull_allowed(struct call *call, const char *url)
{
    const char *prefix = option_text(call->sim, "verified_prefix", "");
    const char *host = url + strlen("https://");

    if (strncmp(url, "https://", strlen("https://")) || !host_is_name(host))
        return tiktok_bad(call, "video_url must be https with a domain as host"), false;
    if (!*prefix || strncmp(url, prefix, strlen(prefix)))
        return refuse(call, 403, "url_ownership_unverified", "video_url is not under a verified prefix"), false;
    return true;
}

static bool text_fits(struct call *call, const char *title)
{
    if (text_utf16(title) > CAPTION_UNITS)
        return tiktok_bad(call, "post_info.title has more than 2200 UTF-16 units"), false;
    if (text_marks(title, '#') > option_int(call->sim, "max_hashtags", 5))
        return tiktok_bad(call, "post_info.title has too many hashtags"), false;
    return true;
}

static bool post_info_fits(struct call *call)
{
    const json_t *info = json_object_get(call->body, "post_info");
    const char *level = text_of(info, "privacy_level");
    int64_t cover_ms = int_of(info, "video_cover_timestamp_ms");

    if (!text_fits(call, text_of(info, "title")))
        return false;
    if (cover_ms > INT32_MAX || cover_ms < INT32_MIN)
        return tiktok_bad(call, "post_info.video_cover_timestamp_ms is not an int32"), false;
    if (!option_bool(call->sim, "audited", true) &&
        (strcmp(level, "SELF_ONLY") || privacy_offered(call->sim, public_privacy)))
        return refuse(call, 403, "unaudited_client_can_only_post_to_private_accounts",
                      "an unaudited client posts SELF_ONLY to private accounts"), false;
    if (!privacy_offered(call->sim, level))
        return refuse(call, 403, "privacy_level_option_mismatch", "privacy_level is not among the creator's options"),
               false;
    if (bool_of(info, "brand_content_toggle") && !strcmp(level, "SELF_ONLY"))
        return tiktok_bad(call, "branded content cannot be SELF_ONLY"), false;
    return true;
}

static void task_post(struct sim *sim, struct task *task)
{
    const char *visibility = task->inbox                             ? "inbox"
                             : !strcmp(task->privacy, public_privacy) ? "public"
                             : !strcmp(task->privacy, "SELF_ONLY")    ? "private"
                                                                      : "friends";
    char id[ID_BYTES];
    json_t *post;

    task->complete = true;
    task->processing.begun_ms = sim->now_ms + option_int(sim, "late_ms", 0);
    if (!task->failure)
        task->failure = failure_next(sim);
    if (*task->failure)
        return;
    task->post_id = 7391234567890123456 + sim->made++;
    snprintf(id, sizeof id, "%lld", (long long)task->post_id);
    post = post_add(sim, id, task->title, visibility, &task->upload);
    json_object_set_new(post, "publish_id", json_string(task->id));
}

static struct task *task_make(struct call *call, bool inbox)
{
    struct tiktok *tiktok = tiktok_of(call);
    const json_t *info = json_object_get(call->body, "post_info"), *source = json_object_get(call->body, "source_info");
    struct task *task = must_calloc(sizeof *task);

    task->inbox = inbox;
    task->pull = !strcmp(text_of(source, "source"), "PULL_FROM_URL");
    task->size = int_of(source, "video_size");
    task->chunk = int_of(source, "chunk_size");
    task->chunks = int_of(source, "total_chunk_count");
    task->created_ms = call->sim->now_ms;
    task->title = strdup(text_of(info, "title"));
    task->privacy = strdup(text_of(info, "privacy_level"));
    snprintf(task->id, sizeof task->id, "v_%s_%s~v2-1.%d", inbox ? "inbox" : "pub", task->pull ? "url" : "file",
             712000000 + call->sim->made++);
    snprintf(task->token, sizeof task->token, "Xza%08d", call->sim->made++);
    task->next = tiktok->tasks;
    tiktok->tasks = task;
    return task;
}

static void init(struct call *call, bool inbox)
{
    struct tiktok *tiktok = tiktok_of(call);
    char why[WHY_BYTES];
    const char *stop = inbox ? "" : posting_stop(call);
    const json_t *source;
    json_t *data;
    struct task *task;

    if (!within_minute(call, &tiktok->inits, 6))
        return;
    if (!call_json(call, false, why) ||
        !object_fits(call->body, inbox ? inbox_init_fields : direct_init_fields, "", why))
        return tiktok_bad(call, why);
    source = json_object_get(call->body, "source_info");
    if (!source_fits(call, why) || (!inbox && !post_info_fits(call)))
        return;
    if (*text_of(source, "video_url") && !pull_allowed(call, text_of(source, "video_url")))
        return;
    if (*stop)
        return decline(call, 403, stop);
    if (inbox && !within(call, &tiktok->shares, 5, DAY_MS))
        return decline(call, 403, "spam_risk_too_many_pending_share");
    task = task_make(call, inbox);
    data = json_pack("{s:s}", "publish_id", task->id);
    if (task->pull) {
        rate_count(&tiktok->posts, call->sim->now_ms);
        if (!upload_fetch(call->sim, &task->upload, text_of(source, "video_url")))
            task->failure = "video_pull_failed";
        task_post(call->sim, task);
    } else {
        json_object_set_new(data, "upload_url",
                            json_sprintf("%s/video/?upload_id=%s&upload_token=%s", call->sim->base_url,
                                         task->id + strcspn(task->id, "0123456789"), task->token));
    }
    ok(call, data);
}

static void direct_init(struct call *call)
{
    init(call, false);
}

static void inbox_init(struct call *call)
{
    init(call, true);
}

/* ---- upload ---- */

static void answer_put(struct call *call, int status, const struct task *task)
{
    bool index =
        option_bool(call->sim, "content_range_index", false); /* count or inclusive index: the sheet leaves it open */
    char range[80];

    call->out->status = status;
    if (!task)
        return;
    snprintf(range, sizeof range, "bytes 0-%lld/%lld",
             (long long)(task->upload.bytes - (index && task->upload.bytes ? 1 : 0)), (long long)task->size);
    answer_header(call, "Content-Range", range);
}

static void refuse_put(struct call *call, int status, const struct task *task, const char *why)
{
    call_wrong(call, why);
    answer_put(call, status, task);
}

static const char *put_wrong(struct call *call, const struct task *task, struct content_range *range)
{
    int64_t length = -1, left = task->size - task->upload.bytes;
    const char *type = call_header(call, "content-type");

    if (!type || !word_in(types, type))
        return "Content-Type is none of video/mp4, video/quicktime, video/webm";
    if (!digits_read(call_header(call, "content-length"), &length))
        return "Content-Length is missing";
    if (!content_range_read(call_header(call, "content-range"), range) || range->probe || range->total_unknown)
        return "Content-Range is not 'bytes FIRST-LAST/TOTAL'";
    if (range->total != task->size)
        return "Content-Range names another total than video_size";
    if (range->last - range->first + 1 != length)
        return "Content-Length and Content-Range differ";
    if (range->first == task->upload.bytes &&
        length != (task->upload.bytes / task->chunk == task->chunks - 1 ? left : task->chunk))
        return "the chunk is not as init announced it";
    return NULL;
}

static void put_chunk(struct call *call)
{
    struct tiktok *tiktok = tiktok_of(call);
    const char *id = call_query(call, "upload_id"), *token = call_query(call, "upload_token"), *wrong;
    struct task *task = tiktok->tasks;
    struct content_range range = {0};
    char why[WHY_BYTES];

    while (task && (task->pull || strcmp(task->id + strcspn(task->id, "0123456789"), id ? id : "")))
        task = task->next;
    if (!call_query_only(call, "upload_id upload_token", why))
        return refuse_put(call, 400, NULL, why);
    if (!task || !token || strcmp(task->token, token))
        return refuse_put(call, 404, NULL, "no such upload task");
    if (call->sim->now_ms >= task->created_ms + HOUR_MS)
        return answer_put(call, 403, NULL);      /* upload_url expired */
    wrong = put_wrong(call, task, &range);
    if (wrong)
        return refuse_put(call, 400, task, wrong);
    if (range.first != task->upload.bytes)
        return answer_put(call, 416, task);      /* a lost answer makes honest clients come here */
    if (!call->in->body_complete || call->in->body_bytes != range.last - range.first + 1)
        return answer_put(call, 400, task);
    upload_keep(&task->upload, call->in, call->in->body_bytes);
    if (task->upload.bytes < task->size)
        return answer_put(call, 206, task);
    if (!task->inbox)
        rate_count(&tiktok->posts, call->sim->now_ms);
    task_post(call->sim, task);
    answer_put(call, 201, task);
}

/* ---- status ---- */

static struct task *task_asked(struct call *call)
{
    static const struct field fields[] = {{"publish_id", FIELD_TEXT, true, NULL, NULL}, {0}};
    char why[WHY_BYTES];
    struct task *task = tiktok_of(call)->tasks;

    if (!call_json(call, false, why) || !object_fits(call->body, fields, "", why))
        return tiktok_bad(call, why), NULL;
    while (task && strcmp(task->id, text_of(call->body, "publish_id")))
        task = task->next;
    if (!task)
        refuse(call, 400, "invalid_publish_id", "no such publish_id");
    return task;
}

static json_t *public_ids(const struct sim *sim, const struct task *task)
{
    bool seen = !task->inbox && !strcmp(task->privacy, public_privacy) &&
                sim->now_ms >= task->processing.begun_ms + option_int(sim, "public_after_ms", 0);

    return seen ? json_pack("[I]", task->post_id) : json_array();
}

static void status_fetch(struct call *call)
{
    struct sim *sim = call->sim;
    const char *reason;
    struct task *task;
    json_t *data;

    if (!within_minute(call, &tiktok_of(call)->statuses, 30))
        return;
    task = task_asked(call);
    if (!task)
        return;
    reason = task->cancelled ? "publish_cancelled" : task->failure;
    data = json_pack("{s:I}", task->pull ? "downloaded_bytes" : "uploaded_bytes", (json_int_t)task->upload.bytes);
    if (!task->cancelled && (!task->complete || !processing_over(sim, &task->processing))) {
        json_object_set_new(data, "status", json_string(task->pull ? "PROCESSING_DOWNLOAD" : "PROCESSING_UPLOAD"));
    } else if (*reason) {
        json_object_set_new(data, "status", json_string("FAILED"));
        json_object_set_new(data, "fail_reason", json_string(reason));
    } else {
        json_object_set_new(data, "status", json_string(task->inbox ? "SEND_TO_USER_INBOX" : "PUBLISH_COMPLETE"));
        json_object_set_new(data, "publicaly_available_post_id", public_ids(sim, task));
    }
    ok(call, data);
}

static void cancel(struct call *call)
{
    struct task *task = task_asked(call);

    if (!task)
        return;
    if (!task->pull || task->processing.polls > option_int(call->sim, "processing_polls", 2))
        return refuse(call, 400, "publish_not_cancellable", "only a running pull can be cancelled");
    for (size_t i = json_array_size(call->sim->posts); i-- > 0;)
        if (!strcmp(text_of(json_array_get(call->sim->posts, i), "publish_id"), task->id))
            json_array_remove(call->sim->posts, i);
    task->cancelled = true;
    ok(call, NULL);
}

/* ---- the simulator ---- */

static const struct route routes[] = {
    {"POST", "/v2/post/publish/creator_info/query/", creator_info},
    {"POST", "/v2/post/publish/video/init/", direct_init},
    {"POST", "/v2/post/publish/inbox/video/init/", inbox_init},
    {"POST", "/v2/post/publish/status/fetch/", status_fetch},
    {"POST", "/v2/post/publish/cancel/", cancel},
    {"PUT", "/video/", put_chunk},
    {"POST", "/v2/video/list/", tiktok_video_list},
    {"POST", "/v2/video/query/", tiktok_video_query},
    {"GET", "/v2/user/info/", tiktok_user_info},
    {0},
};

/* What holds for every JSON call: who asks, in which type, with which query. */
static bool admitted(struct call *call, const struct route *route)
{
    const char *type = call_header(call, "content-type");
    char why[WHY_BYTES];
    bool absent;

    if (!call_authorized(call, "Bearer", &absent)) {
        if (absent)
            call_wrong(call, "Authorization: Bearer is missing");
        decline(call, 401, "access_token_invalid");
        return false;
    }
    if (!strcmp(route->method, "POST") && (!type || strcasecmp(type, "application/json; charset=UTF-8")))
        return tiktok_bad(call, "Content-Type is not application/json; charset=UTF-8"), false;
    if (!strstr(route->path, "/v2/video/") && !strstr(route->path, "/v2/user/") && !call_query_only(call, "", why))
        return tiktok_bad(call, why), false;
    return true;
}

static void tiktok_handle(struct sim *sim, const struct sim_request *in, struct sim_response *out)
{
    struct call call = {.sim = sim, .in = in, .out = out};
    bool known_path;
    const struct route *route = route_find(&call, routes, in->path, &known_path);

    *out = (struct sim_response){0};
    sim_set_time(sim, in->now_ms);
    if (route && (route->serve == put_chunk || admitted(&call, route)))
        route->serve(&call);
    else if (!route && !oauth_serve(&call, oauth_tiktok))
        refuse(&call, known_path ? 405 : 404, "invalid_param", "no such address");
    json_decref(call.body);
}

static struct sim *tiktok_create(const char *base_url, const json_t *options)
{
    struct tiktok *tiktok = must_calloc(sizeof *tiktok);

    sim_init(&tiktok->base, base_url, options, "sim-token-tiktok");
    return &tiktok->base;
}

static void tiktok_destroy(struct sim *sim)
{
    struct tiktok *tiktok = (struct tiktok *)sim;

    while (tiktok && tiktok->tasks) {
        struct task *task = tiktok->tasks;

        tiktok->tasks = task->next;
        upload_finish(&task->upload);
        free(task->title);
        free(task->privacy);
        free(task);
    }
    if (tiktok)
        sim_finish(&tiktok->base);
    free(tiktok);
}

const struct simulator sim_tiktok = {
    .name = "tiktok",
    .create = tiktok_create,
    .destroy = tiktok_destroy,
    .handle = tiktok_handle,
    .public_posts = sim_public_posts,
    .refusals = sim_refusals,
};
