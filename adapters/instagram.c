/* Instagram Reels, Instagram Platform API: shared fact sheet platforms/instagram.md of 2026-11-22.
 * A container is made, filled and processed, all of it invisible; media_publish alone shows something, and the container
 * id is the handle: after a lost answer the container says whether it was published. Bytes can be sent only with Facebook
 * Login; with Instagram Login the platform fetches the file from the creator's host. */
#include <crosscut/adapter.h>

#include <inttypes.h>
#include <string.h>

#define SHEET "platforms/instagram.md: "
#define DAY_MS 86400000
#define CONTAINERS_MAX 3     /* made for one post in a row */
#define PUBLISHES_MAX 3      /* times one post is asked for, each after a whole settle window */
#define SKEW_MS 120000       /* between Meta's clock and ours */

static const struct phase phases[10];

/* ---- refusals, as data ---- */

enum act {
    ACT_FAIL,        /* no for good */
    ACT_AGAIN,       /* later, the same call */
    ACT_RENEW,       /* this container is of no use: a new one */
    ACT_NOT_READY,   /* not processed yet */
    ACT_LOGIN,
    ACT_PERSON,      /* somebody must act in the app */
    ACT_LOOK,        /* says nothing about what happened */
    ACT_STOP,        /* looks like no, but has come for live reels: look once, then believe it */
};

static const struct fault {
    int64_t code, subcode;   /* 0: any */
    enum act act;
    int64_t wait_ms;
    const char *says;
} faults[] = {
    {190, 0, ACT_LOGIN, 0, "the login has ended: link the account again"},
    {10, 0, ACT_LOGIN, 0, "the login does not cover this: link the account again and allow publishing"},
    {200, 0, ACT_LOGIN, 0, "the login does not cover this: link the account again and allow publishing"},
    {0, 2207042, ACT_AGAIN, DAY_MS, "the account has published as often as Instagram allows within 24 hours"},
    {0, 2207050, ACT_PERSON, 0, "the account is restricted: open the Instagram app, it says what to do, then crosscut resume"},
    {0, 2207051, ACT_STOP, 0, "Instagram blocked the action as possible spam"},
    {0, 2207001, ACT_LOOK, 0, "Instagram had trouble"},
    {0, 2207003, ACT_RENEW, 0, "Instagram took too long to fetch the file"},
    {0, 2207020, ACT_RENEW, 0, "the container has expired"},
    {0, 2207032, ACT_RENEW, 0, "the container could not be made"},
    {0, 2207053, ACT_RENEW, 0, "the upload failed"},
    {0, 2207077, ACT_RENEW, 0, "Instagram could not fetch the file"},
    {0, 2207082, ACT_RENEW, 0, "the upload failed"},
    {0, 2207085, ACT_RENEW, 0, "the video could not be processed"},
    {0, 2207006, ACT_LOOK, 0, "Instagram does not find the container"},
    {0, 2207008, ACT_LOOK, 0, "Instagram does not find the container"},
    {0, 2207027, ACT_NOT_READY, 0, "the container is not ready"},
    {0, 2207052, ACT_RENEW, 0, "Instagram could not fetch the file: is the address public?"},
    {0, 2207026, ACT_FAIL, 0, "Instagram does not take this video format"},
    {0, 2207057, ACT_FAIL, 0, "the cover time is outside the video"},
    {0, 2207010, ACT_FAIL, 0, "the caption is too long"},
    {0, 2207040, ACT_FAIL, 0, "more than 20 @ mentions"},
    {4, 0, ACT_AGAIN, 3600000, "too many calls"},
    {17, 0, ACT_AGAIN, 3600000, "too many calls"},
    {32, 0, ACT_AGAIN, 3600000, "too many calls"},
    {613, 0, ACT_AGAIN, 3600000, "too many calls"},
    {80002, 0, ACT_AGAIN, 3600000, "too many calls"},
    {-1, 0, ACT_LOOK, 0, "Instagram had trouble"},
    {-2, 0, ACT_LOOK, 0, "Instagram had trouble"},
};

static const struct fault *fault_find(int64_t code, int64_t subcode)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (faults[i].subcode ? faults[i].subcode == subcode : faults[i].code == code)
            return &faults[i];
    return NULL;
}

static const struct fault *fault_of(const struct step_in *in)
{
    return fault_find(json_int_at(in->last->json, "error.code", 0), json_int_at(in->last->json, "error.error_subcode", 0));
}

/* For people: our words, and Instagram's own. */
static const char *said(const struct step_in *in, const struct fault *f)
{
    const char *own = json_text_at(in->last->json, "error.error_user_msg");

    own = *own ? own : json_text_at(in->last->json, "error.message");
    return arena_printf(in->arena, "%s%s%.300s%s", f ? f->says : "Instagram refused it", *own ? " (" : "", own, *own ? ")" : "");
}

/* The container is given up; nothing of it is public. */
static struct step renew(const struct step_in *in, json_t *state, const char *why)
{
    static const char *const keys[] = {"container", "uri", "offset", "best_offset", "stalls", "armed_at_ms", "publishes", "refusal"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_del(state, keys[i]);
    if (state_count(state, "containers") < CONTAINERS_MAX)
        return phase_go(phases, "create", in, state);
    json_object_set_new(state, "phase", json_string("create"));
    json_object_del(state, "containers");
    return step_failed(state, ERROR_PERMANENT, "instagram.container", "Instagram: %s, with %d containers in a row", why, CONTAINERS_MAX);
}

/* Refusals of calls that show nothing. */
static struct step refused(const struct step_in *in, json_t *state)
{
    const struct fault *f = fault_of(in);
    const char *rule = f ? arena_printf(in->arena, "instagram.%" PRId64, f->subcode ? f->subcode : f->code) : "";

    if (!f)
        return phase_refused(in, state);
    switch (f->act) {
    case ACT_LOGIN: return step_failed(state, ERROR_CREDENTIALS, rule, "Instagram: %s", said(in, f));
    case ACT_PERSON: return step_held(state, "Instagram: %s", said(in, f));
    case ACT_FAIL: case ACT_STOP: return step_failed(state, ERROR_PERMANENT, rule, "Instagram: %s", said(in, f));
    case ACT_RENEW: return renew(in, state, said(in, f));
    case ACT_AGAIN: case ACT_NOT_READY: case ACT_LOOK: break;
    }
    return step_deferred(state, in->now_ms + retry_after_ms(in->last, in->now_ms, DAY_MS, f->wait_ms), rule, "Instagram: %s", said(in, f));
}

/* ---- addresses ---- */

static bool instagram_login(const struct post *post)
{
    return !strcmp(post_setting(post, "login"), "instagram");
}

static bool fetched(const struct post *post)
{
    return instagram_login(post) || !strcmp(post_setting(post, "upload"), "url");
}

static const char *graph(const struct step_in *in, const char *node, const char *rest)
{
    const char *version = post_setting(in->post, "version");

    return arena_printf(in->arena, "https://%s/%s/%s%s", instagram_login(in->post) ? "graph.instagram.com" : "graph.facebook.com",
                        arena_escape_url(in->arena, *version ? version : "v25.0"), arena_escape_url(in->arena, node), rest);
}

static struct step get(const struct step_in *in, json_t *state, const char *node, const char *rest, const char *what)
{
    return step_request(state, POST_PROCESSING, (struct http_request){
        .method = "GET", .url = graph(in, node, rest), .sign = SIGN_BEARER, .repeat = REPEAT_SAFE, .what = what,
    });
}

static struct step post_json(const struct step_in *in, json_t *state, const char *rest, json_t *body, enum repeat repeat, const char *what)
{
    return step_request(state, POST_UPLOADING, (struct http_request){
        .method = "POST", .url = graph(in, in->post->account, rest), .headers = {{"Content-Type", "application/json"}},
        .body = arena_json(in->arena, body), .sign = SIGN_BEARER, .repeat = repeat, .what = what,
    });
}

/* ---- host: the file at a public address, when Instagram fetches it ---- */

static const char *media_path(const struct step_in *in)
{
    const char *type = in->post->content_type;

    return arena_printf(in->arena, "/media/%s.%s", arena_escape_url(in->arena, in->post->rendition_id),
                        type && !strcmp(type, "video/quicktime") ? "mov" : "mp4");
}

static struct step put_on_host(const struct step_in *in, json_t *state)
{
    if (!id_valid(in->post->account, 64))
        return step_failed(state, ERROR_CREDENTIALS, "instagram.account",
                           "[destination %s] set account = the id of the Instagram professional account (17841...)", in->post->destination);
    if (!fetched(in->post))
        return phase_go(phases, "create", in, state);
    return step_request(state, POST_UPLOADING, (struct http_request){
        .method = "PUT", .url = arena_printf(in->arena, "host:%s", media_path(in)),
        .headers = {{"Content-Type", in->post->content_type}}, .file = in->post->rendition, .length = in->post->rendition_bytes,
        .repeat = REPEAT_SAFE, .what = "put the video on your host",
    });
}

static struct step on_host(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "create", in, state);
}

static struct step host_refused(const struct step_in *in, json_t *state)
{
    int status = in->last->status;

    return step_failed(state, status == 429 || status >= 500 ? ERROR_TRANSIENT : status == 401 || status == 403 ? ERROR_CREDENTIALS : ERROR_PERMANENT,
                       "instagram.host", "your host did not take the video for Instagram (HTTP %d); see [host]", status);
}

/* ---- create: a container; invisible, and an orphan expires within a day ---- */

static json_t *words(const char *text)
{
    json_t *list = json_array();

    for (size_t bytes; *(text += strspn(text, " ,@")); text += bytes) {
        bytes = strcspn(text, " ,@");
        json_array_append_new(list, json_stringn(text, bytes));
    }
    return list;
}

static const char *host_url(const struct step_in *in)
{
    const char *base = post_setting(in->post, "host_base_url");
    size_t bytes = strlen(base);

    while (bytes && base[bytes - 1] == '/')
        bytes--;
    return arena_printf(in->arena, "%.*s%s", (int)bytes, base, media_path(in));
}

static struct step create(const struct step_in *in, json_t *state)
{
    const struct post *post = in->post;
    json_t *body = json_pack("{s:s}", "media_type", "REELS"), *friends = words(post_setting(post, "collaborators"));

    if (fetched(post))
        json_object_set_new(body, "video_url", json_string(host_url(in)));
    else
        json_object_set_new(body, "upload_type", json_string("resumable"));
    if (*post_text(post, "caption"))
        json_object_set_new(body, "caption", json_string(post_text(post, "caption")));
    json_object_set_new(body, "share_to_feed", json_boolean(post_setting_bool(post, "share_to_feed", true)));
    if (post->cover_ms >= 0 && post->cover_ms < post->duration_ms)
        json_object_set_new(body, "thumb_offset", json_integer(post->cover_ms));
    if (json_array_size(friends))
        json_object_set(body, "collaborators", friends);
    if (post->ai_generated)
        json_object_set_new(body, "is_ai_generated", json_true());
    if (post->brand_content)
        json_object_set_new(body, "is_paid_partnership", json_true());
    json_decref(friends);
    return post_json(in, state, "/media", body, REPEAT_SAFE, "create an invisible container");
}

static struct step created(const struct step_in *in, json_t *state)
{
    const char *id = json_text_at(in->last->json, "id"), *uri = json_text_at(in->last->json, "uri");

    if (!id_valid(id, 64) || (!fetched(in->post) && (!*uri || strlen(uri) > 2048)))
        return step_deferred(state, 0, "instagram.answer", "Instagram: an answer without a container");
    json_object_set_new(state, "container", json_string(id));
    json_object_set_new(state, "uri", json_string(uri));
    json_object_set_new(state, "offset", json_integer(0));
    return phase_go(phases, fetched(in->post) ? "ready" : "upload", in, state);
}

/* ---- upload, offset: all bytes from an offset at once; after an interruption ask first, then send ---- */

static struct step upload(const struct step_in *in, json_t *state)
{
    int64_t offset = state_int(state, "offset", 0), size = in->post->rendition_bytes;

    return step_request(state, POST_UPLOADING, (struct http_request){
        .method = "POST", .url = arena_strdup(in->arena, state_text(state, "uri")),
        .headers = {{"offset", arena_printf(in->arena, "%" PRId64, offset)},
                    {"file_size", arena_printf(in->arena, "%" PRId64, size)}, {"Content-Type", "application/octet-stream"}},
        .file = in->post->rendition, .offset = offset, .length = size - offset,
        .sign = SIGN_OAUTH, .repeat = REPEAT_SAFE, .what = "send the video",    /* sent on from where it is: see ask_offset */
    });
}

static struct step ask_offset(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "offset", in, state);
}

static struct step uploaded(const struct step_in *in, json_t *state)
{
    return phase_go(phases, json_is_true(json_at(in->last->json, "success")) ? "ready" : "offset", in, state);
}

static struct step upload_refused(const struct step_in *in, json_t *state)
{
    const char *type = json_text_at(in->last->json, "debug_info.type"), *text = json_text_at(in->last->json, "debug_info.message");

    json_object_set_new(state, "phase", json_string("offset"));    /* where a later resume begins */
    if (!strcmp(type, "NotAuthorizedError"))
        return step_failed(state, ERROR_CREDENTIALS, "instagram.upload", "Instagram refused the upload: %.200s; link the account again", text);
    if (!strcmp(type, "OffsetInvalidError") || !strcmp(type, "PartialRequestError") || json_is_true(json_at(in->last->json, "debug_info.retriable")))
        return ask_offset(in, state);
    if (*type)
        return renew(in, state, arena_printf(in->arena, "%.60s: %.200s", type, text));
    return refused(in, state);
}

static struct step get_offset(const struct step_in *in, json_t *state)
{
    return get(in, state, state_text(state, "container"), "?fields=status_code,status,video_status", "ask how much has arrived");
}

static struct step offset_known(const struct step_in *in, json_t *state)
{
    const char *code = json_text_at(in->last->json, "status_code");
    int64_t stored = json_int_at(in->last->json, "video_status.uploading_phase.bytes_transferred", 0);

    if (!strcmp(code, "ERROR") || !strcmp(code, "EXPIRED"))
        return renew(in, state, json_text_at(in->last->json, "status"));
    if (!strcmp(code, "FINISHED") || stored >= in->post->rendition_bytes)
        return phase_go(phases, "ready", in, state);
    if (!offset_resume(state, stored < 0 ? 0 : stored))
        return step_deferred(state, 0, "instagram.upload", "Instagram: the upload does not get further than %" PRId64 " bytes", stored);
    return phase_go(phases, "upload", in, state);
}

/* ---- ready: processed by Instagram ---- */

static struct step get_status(const struct step_in *in, json_t *state)
{
    return get(in, state, state_text(state, "container"), "?fields=status_code,status", "ask whether it is processed");
}

/* The text of an ERROR names a subcode: "Error: Media upload has failed with error code 2207026". */
static struct step container_error(const struct step_in *in, json_t *state)
{
    const char *status = json_text_at(in->last->json, "status"), *digits = strstr(status, "2207");
    const struct fault *f = digits ? fault_find(0, (int64_t)strtol(digits, NULL, 10)) : NULL;

    if (f && f->act == ACT_FAIL)
        return step_failed(state, ERROR_PERMANENT, arena_printf(in->arena, "instagram.%" PRId64, f->subcode), "Instagram: %s (%.200s)",
                           f->says, status);
    return renew(in, state, arena_printf(in->arena, "%s (%.200s)", f ? f->says : "processing failed", status));
}

static struct step status_known(const struct step_in *in, json_t *state)
{
    const char *code = json_text_at(in->last->json, "status_code");

    if (!strcmp(code, "FINISHED"))
        return phase_go(phases, "publish", in, state);
    if (!strcmp(code, "PUBLISHED"))
        return phase_go(phases, "find", in, state);
    if (!strcmp(code, "ERROR") || !strcmp(code, "EXPIRED"))
        return container_error(in, state);
    return step_poll(in, state, "Instagram is still processing the video");
}

/* A question that fails says nothing about the reel. */
static struct step read_refused(const struct step_in *in, json_t *state)
{
    int status = in->last->status;

    if (fault_of(in) || status == 401 || status == 403 || status == 429 || status >= 500)
        return refused(in, state);
    return step_deferred(state, in->now_ms + 60000, "instagram.status", "Instagram does not say what became of the reel (HTTP %d)", status);
}

/* A new container may not be visible yet (postiz#1562); one that stays away is replaced. Nothing was published. */
static struct step container_refused(const struct step_in *in, json_t *state)
{
    int64_t code = json_int_at(in->last->json, "error.code", 0);

    if (code != 24 && code != 100 && in->last->status != 404)
        return read_refused(in, state);
    if (state_count(state, "missing") <= 3)
        return step_wait(state, POST_PROCESSING, post_setting_int(in->post, "poll_interval", 5000) * 2);
    json_object_del(state, "missing");
    return renew(in, state, "the container is not there");
}

/* ---- publish: the one call that shows something ---- */

static struct step publish(const struct step_in *in, json_t *state)
{
    state_count(state, "publishes");
    json_object_set_new(state, "armed_at_ms", json_integer(in->now_ms));
    if (!json_object_get(state, "first_armed_ms"))
        json_object_set_new(state, "first_armed_ms", json_integer(in->now_ms));
    return post_json(in, state, "/media_publish", json_pack("{s:s}", "creation_id", state_text(state, "container")), REPEAT_NEVER,
                     "publish the container");
}

static struct step look(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "look", in, state);
}

static struct step published(const struct step_in *in, json_t *state)
{
    const char *id = json_text_at(in->last->json, "id");

    if (!id_valid(id, 64))
        return look(in, state);
    public_set(state, "remote_id", id);
    public_set(state, "surface", "Reel");
    return phase_go(phases, "permalink", in, state);
}

/* Even a clear error text has come for reels that were live (RELIABILITY 0.2): only what is certain is taken at its word. */
static struct step publish_refused(const struct step_in *in, json_t *state)
{
    const struct fault *f = fault_of(in);
    enum act act = f ? f->act : in->last->status == 429 ? ACT_AGAIN : in->last->status < 400 ? ACT_LOOK : ACT_STOP;

    json_object_set_new(state, "phase", json_string("look"));    /* a later resume looks before it asks again */
    if (act == ACT_NOT_READY && state_count(state, "not_ready") <= 5) {
        json_object_set_new(state, "phase", json_string("ready"));
        return step_wait(state, POST_PROCESSING, post_setting_int(in->post, "poll_interval", 5000));
    }
    json_object_del(state, "not_ready");
    if (act == ACT_LOGIN || act == ACT_PERSON || act == ACT_AGAIN || act == ACT_NOT_READY)
        return refused(in, state);
    if (act == ACT_STOP || act == ACT_FAIL)
        json_object_set_new(state, "refusal", json_string(said(in, f)));
    return look(in, state);
}

/* ---- look, find, permalink ---- */

/* The window is over and the container is not published. */
static struct step publish_again(const struct step_in *in, json_t *state)
{
    const char *refusal = state_text(state, "refusal");

    if (*refusal)
        return step_failed(state, ERROR_PERMANENT, "instagram.publish", "Instagram did not publish it: %.400s", refusal);
    if (state_int(state, "publishes", 0) < PUBLISHES_MAX)
        return phase_go(phases, "publish", in, state);
    json_object_del(state, "publishes");
    return step_deferred(state, 0, "instagram.publish", "Instagram answered none of %d requests to publish, and nothing is published",
                         PUBLISHES_MAX);
}

static struct step looked(const struct step_in *in, json_t *state)
{
    const char *code = json_text_at(in->last->json, "status_code");
    int64_t left_ms = settle_left_ms(in, state);

    if (!strcmp(code, "PUBLISHED"))
        return phase_go(phases, "find", in, state);
    if (left_ms)
        return step_wait(state, POST_PROCESSING, left_ms);
    if (!strcmp(code, "FINISHED"))
        return publish_again(in, state);
    if (!strcmp(code, "ERROR") || !strcmp(code, "EXPIRED"))
        return container_error(in, state);
    return step_poll(in, state, "Instagram has not said yet whether it is published");
}

/* The container cannot be asked any more: the account's list may still know. */
static struct step look_refused(const struct step_in *in, json_t *state)
{
    int64_t code = json_int_at(in->last->json, "error.code", 0), left_ms;

    if (code != 24 && code != 100 && in->last->status != 404)
        return read_refused(in, state);
    left_ms = settle_left_ms(in, state);
    if (left_ms)
        return step_wait(state, POST_PROCESSING, left_ms);
    json_object_set_new(state, "gone", json_true());
    return phase_go(phases, "find", in, state);
}

static struct step get_list(const struct step_in *in, json_t *state)
{
    return get(in, state, in->post->account, "/media?fields=id,caption,permalink,timestamp&limit=50", "look for the reel in the account's list");
}

/* Same text but for white space at the ends. */
static bool same_text(const char *a, const char *b)
{
    size_t na, nb;

    a += strspn(a, " \t\r\n");
    b += strspn(b, " \t\r\n");
    for (na = strlen(a); na && strchr(" \t\r\n", a[na - 1]); na--) {}
    for (nb = strlen(b); nb && strchr(" \t\r\n", b[nb - 1]); nb--) {}
    return na == nb && !strncmp(a, b, na);
}

/* RELIABILITY G5: caption and time, never the newest; -1: several. */
static int find_ours(const struct step_in *in, const json_t *state, const json_t **ours)
{
    int64_t armed_ms = state_int(state, "armed_at_ms", in->now_ms);
    int64_t from_ms = state_int(state, "first_armed_ms", armed_ms) - SKEW_MS;
    int64_t to_ms = armed_ms + post_setting_int(in->post, "settle", 300000) + SKEW_MS;
    int found = 0;
    size_t i;
    json_t *item;

    json_array_foreach((json_t *)json_at(in->last->json, "data"), i, item) {
        int64_t at_ms = json_time_at(item, "timestamp", 0);

        if (at_ms < from_ms || at_ms > to_ms || !same_text(json_text_at(item, "caption"), post_text(in->post, "caption")))
            continue;
        *ours = item;
        found++;
    }
    return found;
}

static struct step found(const struct step_in *in, json_t *state)
{
    bool certain = !json_is_true(json_object_get(state, "gone"));
    int64_t left_ms = settle_left_ms(in, state);
    const json_t *ours = NULL;
    int nb = find_ours(in, state, &ours);

    if (!nb && left_ms)
        return step_wait(state, POST_PROCESSING, left_ms);
    if (nb != 1 && !certain)
        return step_unknown(state, "Instagram does not know the container any more, and the account's list shows %d reels that could be "
                            "this one: look at the account", nb);
    public_set(state, "surface", "Reel");
    if (nb == 1) {
        public_set(state, "remote_id", json_text_at(ours, "id"));
        public_set(state, "permalink", json_text_at(ours, "permalink"));
    } else {
        public_warn(state, nb ? "published, but several reels in the account's list could be this one: is there a duplicate?"
                              : "published, but Instagram does not say under which address");
    }
    return step_done(state);
}

static struct step find_refused(const struct step_in *in, json_t *state)
{
    const struct fault *f = fault_of(in);

    if (json_is_true(json_object_get(state, "gone")) || (f && f->act == ACT_LOGIN))
        return read_refused(in, state);
    public_set(state, "surface", "Reel");
    public_warn(state, "published, but Instagram does not say under which address");
    return step_done(state);
}

static struct step get_permalink(const struct step_in *in, json_t *state)
{
    return get(in, state, json_text_at(state, "public.remote_id"), "?fields=permalink,timestamp", "ask for the address of the reel");
}

/* Best effort: the reel is live. */
static struct step permalink_known(const struct step_in *in, json_t *state)
{
    const char *url = json_text_at(in->last->json, "permalink");

    public_set(state, "permalink", strncmp(url, "https://", 8) ? NULL : url);
    return step_done(state);
}

static const struct phase phases[10] = {
    /* name        request        2xx answer       lost answer      other answers */
    {"host",      put_on_host,   on_host,         NULL,            host_refused},
    {"create",    create,        created,         NULL,            refused},
    {"upload",    upload,        uploaded,        ask_offset,      upload_refused},
    {"offset",    get_offset,    offset_known,    NULL,            container_refused},
    {"ready",     get_status,    status_known,    NULL,            container_refused},
    {"publish",   publish,       published,       look,            publish_refused},
    {"look",      get_status,    looked,          NULL,            look_refused},
    {"find",      get_list,      found,           NULL,            find_refused},
    {"permalink", get_permalink, permalink_known, permalink_known, permalink_known},
    {NULL, NULL, NULL, NULL, NULL},
};

static struct step step(const struct step_in *in)
{
    return phase_step(phases, in);
}

static bool check(const struct post *post, struct error *err)
{
    json_auto_t *friends = words(post_setting(post, "collaborators"));

    if (json_array_size(friends) > 3)
        return fail_rule(err, ERROR_REFUSED, "instagram.collaborators", "[destination %s] collaborators: %zu names, Instagram takes 3 ("
                         SHEET "text constraints)", post->destination, json_array_size(friends));
    if (fetched(post) && !*post_setting(post, "host_base_url"))
        return fail_rule(err, ERROR_REFUSED, "instagram.host", "[destination %s] Instagram fetches the file itself here: set [host] base_url to a "
                         "public address, or use login = facebook with upload = resumable", post->destination);
    return true;
}

/* ---- what Instagram accepts and likes ---- */

static const struct spec_row rows[] = {
    {SPEC_CONTAINER, SPEC_HARD, .any_of = "mp4 mov", .source = SHEET "reel, official"},
    {SPEC_VIDEO_CODEC, SPEC_HARD, .any_of = "h264 hevc", .source = SHEET "reel, official"},
    {SPEC_AUDIO_CODEC, SPEC_HARD, .any_of = "aac", .source = SHEET "reel, official"},
    {SPEC_CHROMA, SPEC_HARD, .any_of = "420", .source = SHEET "reel, official"},
    {SPEC_SCAN, SPEC_HARD, .any_of = "progressive", .source = SHEET "reel, official"},
    {SPEC_EDIT_LIST, SPEC_HARD, EXACTLY(0), .source = SHEET "reel, official"},
    {SPEC_MOOV_FIRST, SPEC_HARD, EXACTLY(1), .source = SHEET "reel, official"},
    {SPEC_CLOSED_GOP, SPEC_HARD, EXACTLY(1), .source = SHEET "reel, official"},
    {SPEC_FPS, SPEC_HARD, BETWEEN(23000, 60000), .source = SHEET "reel, official", .setting = "max_fps"},
    {SPEC_WIDTH, SPEC_HARD, AT_MOST(1920), .source = SHEET "reel, official"},
    {SPEC_ASPECT, SPEC_HARD, BETWEEN(10, 10000), .source = SHEET "reel, official"},
    {SPEC_VIDEO_BITRATE, SPEC_HARD, AT_MOST(25000000), .source = SHEET "reel, official"},
    {SPEC_SAMPLE_RATE, SPEC_HARD, AT_MOST(48000), .source = SHEET "reel, official"},
    {SPEC_CHANNELS, SPEC_HARD, BETWEEN(1, 2), .source = SHEET "reel, official"},
    {SPEC_DURATION, SPEC_HARD, BETWEEN(3000, 900000), .source = SHEET "reel, official", .setting = "max_duration"},
    {SPEC_SIZE, SPEC_HARD, AT_MOST(300000000), .source = SHEET "pages of 2026, read as decimal (older ones: 1 GB)", .setting = "max_size"},
    {SPEC_CONTAINER, SPEC_IDEAL, .any_of = "mp4", .source = "one file for every platform"},
    {SPEC_VIDEO_CODEC, SPEC_IDEAL, .any_of = "h264", .source = "one file for every platform"},
    {SPEC_BIT_DEPTH, SPEC_IDEAL, EXACTLY(8), .source = "common practice; not published"},
    {SPEC_HDR, SPEC_IDEAL, .any_of = "sdr", .source = "common practice; no HDR rule is published"},
    {SPEC_WIDTH, SPEC_IDEAL, EXACTLY(1080), .source = "full screen of a phone, 1080x1920"},
    {SPEC_HEIGHT, SPEC_IDEAL, EXACTLY(1920), .source = "full screen of a phone, 1080x1920"},
    {SPEC_ASPECT, SPEC_IDEAL, BETWEEN(562, 563), .source = SHEET "9:16 recommended, official"},
    {SPEC_FPS, SPEC_IDEAL, BETWEEN(23000, 31000), .source = "common practice, about 30 fps"},
    {SPEC_AUDIO_BITRATE, SPEC_IDEAL, AT_MOST(128000), .source = SHEET "128 kbit/s, official"},
    {SPEC_LOUDNESS, SPEC_IDEAL, EXACTLY(-14), .source = "ADAPTATION.md 4.2: practice on all of these platforms"},
    {SPEC_TRUE_PEAK, SPEC_IDEAL, AT_MOST(-1), .source = "ADAPTATION.md 4.2: practice on all of these platforms"},
};

static const struct text_rule texts[] = {
    {.field = "caption", .template = "{caption} {hashtags}", .limit = 2200, .unit = TEXT_UTF16, .max_hashtags = 5,
     .source = SHEET "text constraints, official; 5 hashtags since 2025-12 (API documents 30)"},
};

static const char *surface(int width_px, int height_px, int64_t duration_ms)
{
    (void)width_px, (void)height_px, (void)duration_ms;
    return "Reel";
}

static const struct spec spec = {
    .platform = "instagram", .sheet = "platforms/instagram.md", .date = "2026-11-22",
    .rows = rows, .nb_rows = sizeof rows / sizeof rows[0], .texts = texts, .nb_texts = sizeof texts / sizeof texts[0],
    .safe_area = {269, 672, 65, 65, "ADAPTATION.md 4.4: Meta, 14 % / 35 % / 6 %"},
    .surface = surface,
};

static const struct setting settings[] = {
    {"login", SETTING_CHOICE, "facebook instagram", "facebook", "facebook: sends the file; instagram: needs [host] base_url"},
    {"upload", SETTING_CHOICE, "resumable url", "resumable", "url: Instagram fetches the file from [host] (login = facebook)"},
    {"version", SETTING_TEXT, NULL, "v25.0", "Version of the Graph API"},
    {"share_to_feed", SETTING_BOOL, NULL, "yes", "Also offer the reel to the feed"},
    {"collaborators", SETTING_TEXT, NULL, NULL, "Up to three user names to invite"},
    {NULL, SETTING_TEXT, NULL, NULL, NULL},
};

/* platforms/instagram.md, auth: https redirects, no challenge, the token renews itself while it lives (Instagram: after a day) */
#define FACEBOOK "https://graph.facebook.com/{version}"
#define EXTEND_FACEBOOK "grant_type=fb_exchange_token&client_id={client_id}&client_secret={client_secret}&fb_exchange_token={access_token}"
static const struct oauth oauth[] = {
    {.login = "facebook",
     .hosts = (const char *const[]){"www.facebook.com", "graph.facebook.com", NULL}, .redirect = REDIRECT_PASTED,
     .scopes = "instagram_basic,instagram_content_publish,instagram_manage_insights,pages_show_list,pages_read_engagement",
     .authorize = {"GET", "https://www.facebook.com/{version}/dialog/oauth",
                   "client_id={client_id}&redirect_uri={redirect_uri}&response_type=code&scope={scopes}&state={state}", false},
     .exchange = {"GET", FACEBOOK "/oauth/access_token",
                  "client_id={client_id}&redirect_uri={redirect_uri}&client_secret={client_secret}&code={code}", false},
     .extend = {"GET", FACEBOOK "/oauth/access_token", EXTEND_FACEBOOK, false},
     .refresh = {"GET", FACEBOOK "/oauth/access_token", EXTEND_FACEBOOK, false},
     .revoke = {"DELETE", FACEBOOK "/me/permissions", NULL, true},
     .account = {"GET", FACEBOOK "/me/accounts", "fields=id,name,instagram_business_account", true},
     .account_id = "data.0.instagram_business_account.id", .account_name = "data.0.name", .refresh_after_ms = 86400000},
    {.login = "instagram",
     .hosts = (const char *const[]){"www.instagram.com", "api.instagram.com", "graph.instagram.com", NULL}, .redirect = REDIRECT_PASTED,
     .scopes = "instagram_business_basic,instagram_business_content_publish,instagram_business_manage_insights",
     .authorize = {"GET", "https://www.instagram.com/oauth/authorize",
                   "client_id={client_id}&redirect_uri={redirect_uri}&response_type=code&scope={scopes}&state={state}", false},
     .exchange = {"POST", "https://api.instagram.com/oauth/access_token",
                  "client_id={client_id}&client_secret={client_secret}&grant_type=authorization_code&redirect_uri={redirect_uri}"
                  "&code={code}", false},
     .extend = {"GET", "https://graph.instagram.com/access_token",
                "grant_type=ig_exchange_token&client_secret={client_secret}&access_token={access_token}", false},
     .refresh = {"GET", "https://graph.instagram.com/refresh_access_token",
                 "grant_type=ig_refresh_token&access_token={access_token}", false},
     .account = {"GET", "https://graph.instagram.com/{version}/me", "fields=user_id,username", true},
     .account_id = "user_id", .account_name = "username", .refresh_after_ms = 86400000},
    {0},
};

const struct adapter adapter_instagram = {
    .name = "instagram", .title = "Instagram", .auth = AUTH_OAUTH2,
    .hosts = (const char *const[]){"graph.facebook.com", "graph.instagram.com", "rupload.facebook.com", "host:/", NULL},
    .spec = &spec, .settings = settings, .oauth = oauth,
    .unlock = "needs a professional account linked to a Facebook Page and an app of your own at developers.facebook.com (Facebook "
              "Login for Business); put its client_id and the account id into pipeline.conf, then crosscut login",
    .check = check, .step = step,
};
