/* Instagram Reels: the Graph API and rupload, after platforms/instagram.md (2026-11-22). Publishing the same container
 * twice makes two posts. Options: tests/simulators/README.md. */
#include "tests/simulators/instagram.h"
#include "tests/simulators/oauth.h"

#include "base/auto.h"
#include <string.h>

enum { CAPTION_UNITS = 2200, MENTIONS = 20, COLLABORATORS = 3, CONTAINERS_A_DAY = 400 };
static const char graph_versions[] = "v24.0 v25.0 v26.0";

static const char *account_of(const struct sim *sim)
{
    return option_text(sim, "account", "17841400000000000");
}

struct instagram *instagram_of(const struct call *call)
{
    return (struct instagram *)call->sim;
}

void instagram_error(struct call *call, int status, int code, int subcode, const char *message)
{
    json_t *error = json_pack("{s:s, s:s, s:i, s:b, s:o}", "message", message, "type", "OAuthException", "code", code,
                              "is_transient", code == -1 || code == -2, "fbtrace_id",
                              json_sprintf("A%08d", call->sim->made++));

    if (subcode)
        json_object_set_new(error, "error_subcode", json_integer(subcode));
    answer_json(call, status, json_pack("{s:o}", "error", error));
}

/* The caller did it wrong. */
void instagram_refuse(struct call *call, int code, int subcode, const char *why)
{
    call_wrong(call, why);
    instagram_error(call, 400, code, subcode, why);
}

static void bad(struct call *call, const char *why)
{
    instagram_refuse(call, 100, 0, why);
}

/* ---- reading ---- */

/* Keeps what the query's "fields" names (and the id); NULL after a refusal. Takes `node`. */
static json_t *asked_fields(struct call *call, json_t *node)
{
    json_auto_t *all = node;
    const char *fields = call_query(call, "fields");
    json_t *kept = json_object();
    char word[64], why[WHY_BYTES];

    if (json_object_get(all, "id"))
        json_object_set(kept, "id", json_object_get(all, "id"));
    for (const char *at = fields ? fields : ""; *at; at += strcspn(at, ","), at += *at == ',') {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, ","), at);
        if (!json_object_get(all, word)) {
            snprintf(why, sizeof why, "(#100) Tried accessing nonexisting field (%s)", word);
            bad(call, why);
            json_decref(kept);
            return NULL;
        }
        if (!json_is_null(json_object_get(all, word)))
            json_object_set(kept, word, json_object_get(all, word));
    }
    return kept;
}

static const char *status_code(const struct sim *sim, const struct container *container)
{
    if (container->published_ms && sim->now_ms >= container->published_ms + option_int(sim, "late_ms", 0))
        return "PUBLISHED";
    if (sim->now_ms >= container->created_ms + DAY_MS)
        return "EXPIRED";
    if (!container->processed)
        return "IN_PROGRESS";
    return *container->failure ? "ERROR" : "FINISHED";
}

static void get_container(struct call *call, struct container *container)
{
    const char *asked = call_query(call, "fields"), *code;
    bool whole = container->complete;
    json_t *node;

    if (asked && strstr(asked, "status") && whole && !container->processed)
        container->processed = processing_over(call->sim, &container->processing);
    code = status_code(call->sim, container);
    node = json_pack("{s:s, s:s, s:o, s:{s:s, s:s}}", "id", container->id, "status_code", code, "status",
                     !strcmp(code, "ERROR")
                         ? json_sprintf("Error: Media upload has failed with error code %s", container->failure)
                         : json_sprintf("%s: see status_code", code),
                     "copyright_check_status", "status", "not_started", "matches_found", "false");
    json_object_set_new(json_object_get(node, "copyright_check_status"), "matches_found", json_false());
    json_object_set_new(node, "video_status",
                        !container->resumable
                            ? json_null()
                            : json_pack("{s:{s:s, s:I}, s:{s:s}}", "uploading_phase", "status",
                                        whole ? "complete" : "in_progress", "bytes_transferred",
                                        (json_int_t)container->upload.bytes, "processing_phase", "status",
                                        container->processed ? "complete"
                                        : whole              ? "in_progress"
                                                             : "not_started"));
    node = asked_fields(call, node);
    if (node)
        answer_json(call, 200, node);
}

static json_t *media_node(const struct sim *sim, const json_t *post)
{
    char timestamp[40];
    const char *id = text_of(post, "id");

    time_write(int_of(post, "created_ms"), "+0000", timestamp);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:s, s:s, s:o, s:s, s:i, s:i, s:i, s:b}", "id", id, "caption", text_of(post, "caption"),
        "media_type", "VIDEO", "media_product_type", "REELS", "timestamp", timestamp, "shortcode", id + 6, "permalink",
        json_sprintf("https://www.instagram.com/reel/%s/", id + 6), "username", option_text(sim, "username", "ana"),
        "like_count", 3, "comments_count", 1, "view_count", 90, "is_comment_enabled", 1);
}

static const json_t *media_find(const struct call *call, const char *id)
{
    const json_t *post = post_find(call->sim, id);

    return post && post_visible(call->sim, post) ? post : NULL;
}

static void get_node(struct call *call)
{
    struct container *container = container_find(call, call->id);
    const json_t *post = media_find(call, call->id);
    char why[WHY_BYTES];
    json_t *node;

    if (!call_query_only(call, "fields", why))
        return bad(call, why);
    if (container)
        return get_container(call, container);
    if (!strcmp(call->id, "me") || !strcmp(call->id, account_of(call->sim)))
        node = json_pack("{s:s, s:s, s:s, s:s}", "id", account_of(call->sim), "user_id", account_of(call->sim),
                         "username", option_text(call->sim, "username", "ana"), "account_type", "MEDIA_CREATOR");
    else if (post)
        node = media_node(call->sim, post);
    else
        return instagram_error(call, 400, 100, 33,
                               "Object does not exist or cannot be loaded due to missing permissions");
    node = asked_fields(call, node);
    if (node)
        answer_json(call, 200, node);
}

static bool own_account(struct call *call)
{
    if (!strcmp(call->id, account_of(call->sim)))
        return true;
    call_wrong(call, "not the account of this token");
    instagram_error(call, 400, 100, 33, "Object does not exist or cannot be loaded due to missing permissions");
    return false;
}

static void list_media(struct call *call)
{
    char why[WHY_BYTES];
    int64_t limit = 25, after = INT64_MAX;
    json_t *data;

    if (!own_account(call))
        return;
    if (!call_query_only(call, "fields limit after since until", why))
        return bad(call, why);
    if ((call_query(call, "limit") && (!digits_read(call_query(call, "limit"), &limit) || limit < 1 || limit > 100)) ||
        (call_query(call, "after") && !digits_read(call_query(call, "after"), &after)))
        return bad(call, "limit or after cannot be read");
    data = json_array();
    for (size_t i = json_array_size(call->sim->posts); i-- > 0 && (int64_t)json_array_size(data) < limit;) {
        const json_t *post = json_array_get(call->sim->posts, i);
        json_t *node;

        if (!post_visible(call->sim, post) || (int64_t)i >= after)
            continue;
        node = asked_fields(call, media_node(call->sim, post));
        if (!node)
            return json_decref(data);
        json_array_append_new(data, node);
    }
    answer_json(call, 200, json_pack("{s:o, s:{s:{s:s}}}", "data", data, "paging", "cursors", "before", "0"));
}

static int64_t quota_total(const struct sim *sim)
{
    return option_int(sim, "quota_total", 50);
}

static void publishing_limit(struct call *call)
{
    struct instagram *instagram = instagram_of(call);
    char why[WHY_BYTES];
    json_t *node;

    if (!own_account(call))
        return;
    if (!call_query_only(call, "fields since", why))
        return bad(call, why);
    node = asked_fields(call, json_pack("{s:i, s:{s:I, s:i}}", "quota_usage",
                        rate_used(&instagram->publishes, call->sim->now_ms, DAY_MS), "config", "quota_total",
                        (json_int_t)quota_total(call->sim), "quota_duration", 86400));
    if (node)
        answer_json(call, 200, json_pack("{s:[o]}", "data", node));
}

/* ---- containers ---- */

static const struct field tag_fields[] = {{"username", FIELD_TEXT, true, NULL, NULL}, {0}};
static const struct field trial_fields[] = {{"graduation_strategy", FIELD_TEXT, true, "MANUAL SS_PERFORMANCE", NULL},
                                            {0}};
static const struct field audio_fields[] = {
    {"audio_id", FIELD_TEXT, true, NULL, NULL},
    {"audio_volume", FIELD_INT, false, NULL, NULL},
    {"video_volume", FIELD_INT, false, NULL, NULL},
    {0},
};
static const struct field media_fields[] = {
    {"media_type", FIELD_TEXT, true, NULL, NULL},
    {"video_url", FIELD_TEXT, false, NULL, NULL},
    {"upload_type", FIELD_TEXT, false, "resumable", NULL},
    {"caption", FIELD_TEXT, false, NULL, NULL},
    {"share_to_feed", FIELD_BOOL, false, NULL, NULL},
    {"cover_url", FIELD_TEXT, false, NULL, NULL},
    {"thumb_offset", FIELD_INT, false, NULL, NULL},
    {"collaborators", FIELD_TEXTS, false, NULL, NULL},
    {"user_tags", FIELD_OBJECTS, false, NULL, tag_fields},
    {"location_id", FIELD_TEXT, false, NULL, NULL},
    {"audio_name", FIELD_TEXT, false, NULL, NULL},
    {"trial_params", FIELD_OBJECT, false, NULL, trial_fields},
    {"is_ai_generated", FIELD_BOOL, false, NULL, NULL},
    {"audio_configuration", FIELD_OBJECT, false, NULL, audio_fields},
    {"is_paid_partnership", FIELD_BOOL, false, NULL, NULL},
    {"branded_content_sponsor_ids", FIELD_TEXTS, false, NULL, NULL},
    {0},
};
static const struct field publish_fields[] = {{"creation_id", FIELD_TEXT, true, NULL, NULL}, {0}};
static const struct field comment_fields[] = {{"comment_enabled", FIELD_BOOL, true, NULL, NULL}, {0}};

/* Parameters may come in the query, a form or JSON; gathers them in call->body and checks them. */
static bool parameters(struct call *call, const struct field *fields)
{
    const char *type = call_header(call, "content-type"), *name;
    bool form = type && !strncmp(type, "application/x-www-form-urlencoded", 33);
    bool json = type && !strncmp(type, "application/json", 16);
    char why[WHY_BYTES] = "Content-Type is neither JSON nor a form";
    json_t *value;

    if ((call->in->body_bytes && !form && !json) || (form ? !call_form(call, why) : !call_json(call, true, why)))
        return bad(call, why), false;
    if (form)
        object_from_texts(call->body, fields);
    json_object_foreach((json_t *)call->in->query, name, value) {
        json_auto_t *one = json_pack("{s:O}", name, value);

        object_from_texts(one, fields);
        json_object_update(call->body, one);
    }
    if (!object_fits(call->body, fields, "", why))
        return bad(call, why), false;
    return true;
}

static bool text_fits(struct call *call, const char *caption)
{
    char why[WHY_BYTES];
    int units = text_utf16(caption);

    if (units > CAPTION_UNITS) {
        snprintf(why, sizeof why, "The caption was too long: %d of %d", units, CAPTION_UNITS);
        return instagram_refuse(call, 36004, 2207010, why), false;
    }
    if (text_marks(caption, '@') > MENTIONS)
        return instagram_refuse(call, 100, 2207040, "Too many @ mentions in the caption"), false;
    if (text_marks(caption, '#') > option_int(call->sim, "max_hashtags", 5))
        return bad(call, "Too many hashtags in the caption"), false;
    return true;
}

static bool source_fits(struct call *call)
{
    const char *url = text_of(call->body, "video_url");
    bool resumable = *text_of(call->body, "upload_type");

    if (strcmp(text_of(call->body, "media_type"), "REELS"))
        return instagram_refuse(call, 100, 2207023, "media_type is unknown here: it must be REELS"), false;
    if (resumable == (bool)*url)
        return bad(call, "exactly one of video_url and upload_type=resumable is needed"), false;
    if (resumable && !strcmp(option_text(call->sim, "login", "facebook"), "instagram"))
        return bad(call, "upload_type=resumable needs Facebook Login"), false;
    return !*url || instagram_url_fits(call, url);
}

static bool settings_fit(struct call *call)
{
    const json_t *thumb = json_object_get(call->body, "thumb_offset");
    int64_t duration_ms = option_int(call->sim, "duration_ms", INT64_MAX);

    if (json_array_size(json_object_get(call->body, "collaborators")) > COLLABORATORS)
        return bad(call, "at most 3 collaborators"), false;
    if (thumb && (json_integer_value(thumb) < 0 || json_integer_value(thumb) >= duration_ms))
        return instagram_refuse(call, 1, 2207057, "thumb_offset must be 0 or more and less than the duration"), false;
    return !*text_of(call->body, "cover_url") || instagram_url_fits(call, text_of(call->body, "cover_url"));
}

static bool fetch_all(struct call *call, struct container *container)
{
    struct upload cover = {0};
    bool ok = !*text_of(call->body, "cover_url") || instagram_fetch(call, text_of(call->body, "cover_url"), &cover);

    upload_finish(&cover);
    return ok && (container->resumable || instagram_fetch(call, text_of(call->body, "video_url"), &container->upload));
}

static void container_destroy(struct container *container)
{
    upload_finish(&container->upload);
    free(container->caption);
    free(container);
}

static void create_container(struct call *call)
{
    struct instagram *instagram = instagram_of(call);
    struct sim *sim = call->sim;
    struct container *container;
    json_t *made;

    if (!own_account(call) || !parameters(call, media_fields) || !source_fits(call) || !settings_fit(call) ||
        !text_fits(call, text_of(call->body, "caption")))
        return;
    if (option_bool(sim, "rate_limits", false) &&
        rate_used(&instagram->creations, sim->now_ms, DAY_MS) >= CONTAINERS_A_DAY)
        return instagram_error(call, 400, 80002, 0, "There have been too many calls to this Instagram account");
    container = must_calloc(sizeof *container);
    container->resumable = *text_of(call->body, "upload_type");
    if (!fetch_all(call, container))
        return container_destroy(container);
    rate_count(&instagram->creations, sim->now_ms);
    snprintf(container->id, sizeof container->id, "178890000%08d", ++sim->made);
    container->caption = strdup(text_of(call->body, "caption"));
    container->created_ms = sim->now_ms;
    container->failure = "";
    container->next = instagram->containers;
    instagram->containers = container;
    made = json_pack("{s:s}", "id", container->id);
    if (container->resumable)
        json_object_set_new(made, "uri", json_sprintf("%s/ig-api-upload/v25.0/%s", sim->base_url, container->id));
    else
        container_complete(sim, container);
    answer_json(call, 200, made);
}

static void publish(struct call *call)
{
    struct instagram *instagram = instagram_of(call);
    struct sim *sim = call->sim;
    struct container *container;
    const char *code;
    char id[ID_BYTES];

    if (!own_account(call) || !parameters(call, publish_fields))
        return;
    container = container_find(call, text_of(call->body, "creation_id"));
    if (!container)
        return instagram_refuse(call, 24, 2207008, "The media builder with this creation_id does not exist");
    code = status_code(sim, container);
    if (!strcmp(code, "EXPIRED"))
        return instagram_error(call, 400, -2, 2207020, "The media is expired");
    if (!strcmp(code, "ERROR"))
        return instagram_refuse(call, -1, 2207032, "Create media failed: the container is in state ERROR");
    if (!strcmp(code, "IN_PROGRESS"))
        return instagram_refuse(call, 9007, 2207027, "The media is not ready for publishing, wait for FINISHED");
    if (option_bool(sim, "rate_limits", false) &&
        rate_used(&instagram->publishes, sim->now_ms, DAY_MS) >= quota_total(sim))
        return instagram_error(call, 400, 9, 2207042, "The daily publishing quota is used up");
    rate_count(&instagram->publishes, sim->now_ms);
    container->published_ms = container->published_ms ? container->published_ms : sim->now_ms;
    snprintf(id, sizeof id, "180123456%08d", ++sim->made);
    json_object_set_new(post_add(sim, id, container->caption, "public", &container->upload), "container",
                        json_string(container->id));
    answer_json(call, 200, json_pack("{s:s}", "id", id));
}

/* ---- published media ---- */

static void set_comments(struct call *call)
{
    if (!media_find(call, call->id))
        return instagram_error(call, 400, 100, 33, "Object does not exist");
    if (parameters(call, comment_fields))
        answer_json(call, 200, json_pack("{s:b}", "success", 1));
}

static void delete_media(struct call *call)
{
    if (!strcmp(option_text(call->sim, "login", "facebook"), "instagram"))
        return bad(call, "Instagram Login does not support this operation");
    if (!media_find(call, call->id))
        return instagram_error(call, 400, 100, 33, "Object does not exist");
    post_remove(call->sim, call->id);
    answer_json(call, 200, json_pack("{s:b}", "success", 1));
}

static void insights(struct call *call)
{
    static const char known[] =
        "views reach likes comments shares saved total_interactions ig_reels_avg_watch_time "
        "ig_reels_video_view_total_time reels_skip_rate reposts follows profile_visits profile_activity "
        "crossposted_views facebook_views link_clicks";
    const char *metrics = call_query(call, "metric");
    char why[WHY_BYTES], word[64];
    json_t *data;

    if (!media_find(call, call->id))
        return instagram_error(call, 400, 100, 33, "Object does not exist");
    if (!metrics || !call_query_only(call, "metric period", why))
        return bad(call, "metric is missing, or a parameter is unknown");
    data = json_array();
    for (const char *at = metrics; *at; at += strcspn(at, ","), at += *at == ',') {
        snprintf(word, sizeof word, "%.*s", (int)strcspn(at, ","), at);
        if (!word_in(known, word)) {
            json_decref(data);
            return bad(call, "a metric is not supported for this media");
        }
        json_array_append_new(data,
                              json_pack("{s:s, s:s, s:[{s:i}], s:o}", "name", word, "period", "lifetime", "values",
                                        "value", 90, "id", json_sprintf("%s/insights/%s/lifetime", call->id, word)));
    }
    answer_json(call, 200, json_pack("{s:o}", "data", data));
}

/* ---- the simulator ---- */

static void list_pages(struct call *call)
{
    const char *login = option_text(call->sim, "login", "facebook");
    json_t *page;

    if (strcmp(call->id, "me") || strcmp(login, "facebook"))
        return bad(call, "accounts are read of me, with Facebook Login");
    page = asked_fields(call, json_pack("{s:s, s:s, s:s, s:{s:s}}", "id", "104000000000001", "name", "Ana's page",
                                        "access_token", strchr(call_header(call, "authorization"), ' ') + 1,
                                        "instagram_business_account", "id", account_of(call->sim)));
    if (page)
        answer_json(call, 200, json_pack("{s:[o]}", "data", page));
}

static const struct route routes[] = {
    {"GET", "/*/accounts", list_pages},
    {"GET", "/*/content_publishing_limit", publishing_limit},
    {"POST", "/*/media_publish", publish},
    {"POST", "/*/media", create_container},
    {"GET", "/*/media", list_media},
    {"GET", "/*/insights", insights},
    {"GET", "/*", get_node},
    {"POST", "/*", set_comments},
    {"DELETE", "/*", delete_media},
    {0},
};
static const struct route upload_routes[] = {{"POST", "/ig-api-upload/v25.0/*", instagram_rupload}, {0}};

static bool admitted(struct call *call)
{
    bool absent;

    if (call_authorized(call, "Bearer", &absent))
        return true;
    if (absent)
        call_wrong(call, "Authorization: Bearer is missing");
    instagram_error(call, 401, 190, absent ? 0 : 460, "Invalid OAuth access token");
    return false;
}

/* "/v25.0/..." without the version; NULL when it is none that is served. */
static const char *after_version(const char *path)
{
    size_t n = *path == '/' ? strcspn(path + 1, "/") : 0;
    char version[16];

    snprintf(version, sizeof version, "%.*s", (int)(n < 15 ? n : 0), path + (*path == '/'));
    return word_in(graph_versions, version) && path[1 + n] == '/' ? path + 1 + n : NULL;
}

static void instagram_handle(struct sim *sim, const struct sim_request *in, struct sim_response *out)
{
    struct call call = {.sim = sim, .in = in, .out = out};
    const char *path = after_version(in->path);
    bool known_path;
    const struct route *route = route_find(&call, upload_routes, in->path, &known_path);

    *out = (struct sim_response){0};
    sim_set_time(sim, in->now_ms);
    if (route) {
        route->serve(&call);
    } else if (!oauth_serve(&call, oauth_instagram) && admitted(&call)) {
        route = path ? route_find(&call, routes, path, &known_path) : NULL;
        if (route)
            route->serve(&call);
        else
            instagram_refuse(&call, 2500, 0, "Unknown path components, version or method");
    }
    json_decref(call.body);
}

static struct sim *instagram_create(const char *base_url, const json_t *options)
{
    struct instagram *instagram = must_calloc(sizeof *instagram);

    sim_init(&instagram->base, base_url, options, "sim-token-instagram");
    return &instagram->base;
}

static void instagram_destroy(struct sim *sim)
{
    struct instagram *instagram = (struct instagram *)sim;

    while (instagram && instagram->containers) {
        struct container *container = instagram->containers;

        instagram->containers = container->next;
        container_destroy(container);
    }
    if (instagram)
        sim_finish(&instagram->base);
    free(instagram);
}

const struct simulator sim_instagram = {
    .name = "instagram",
    .create = instagram_create,
    .destroy = instagram_destroy,
    .handle = instagram_handle,
    .public_posts = sim_public_posts,
    .refusals = sim_refusals,
};
