/* TikTok, Content Posting API v2, upload of a local file: shared fact sheet platforms/tiktok.md of 2026-11-22.
 * Two ways: an inbox draft that the creator finishes in the app, or a direct post. There is no idempotency key: the
 * publish_id is the handle, and posting starts with the last byte, so the last piece is sent once and then looked for. */
#include <crosscut/adapter.h>

#include <inttypes.h>
#include <string.h>

#define API "https://open.tiktokapis.com/v2/post/publish"
#define SHEET "platforms/tiktok.md: "

#define SINGLE_MAX 64000000    /* larger files must come in several pieces; "MB" read as decimal, the stricter way */
#define CHUNK_MIN 5242880      /* and here as binary */
#define CHUNKS_MAX 1000
#define URL_LIFE_MS 3300000    /* upload_url lives one hour; five minutes are left for the clock and the last piece */
#define DAY_MS 86400000
#define RESTARTS_MAX 3

static const struct phase phases[6];

static bool direct(const struct post *post)
{
    return !strcmp(post_setting(post, "mode"), "direct");
}

/* ---- refusals: error.code of a call and fail_reason of a post, as data ---- */

static const struct fault {
    const char *code;
    enum error_kind kind;
    int64_t wait_ms;         /* for ERROR_TRANSIENT: when TikTok takes the next one; 0: not known */
    const char *says;
} faults[] = {
    {"access_token_invalid", ERROR_CREDENTIALS, 0, "the login has ended: link the account again"},
    {"scope_not_authorized", ERROR_CREDENTIALS, 0, "the login does not cover this: link the account again and allow uploads"},
    {"scope_permission_missed", ERROR_CREDENTIALS, 0, "the login does not cover this: link the account again and allow uploads"},
    {"auth_removed", ERROR_CREDENTIALS, 0, "the account took back the permission of this app: link it again"},
    {"unaudited_client_can_only_post_to_private_accounts", ERROR_CREDENTIALS, 0,
     "your TikTok app is not audited, and such an app may post only while the account itself is private: set the account to "
     "private in the TikTok app and keep privacy = SELF_ONLY, or use mode = inbox"},
    {"privacy_level_option_mismatch", ERROR_REFUSED, 0, "the account does not allow this privacy: choose another one"},
    {"reached_active_user_cap", ERROR_TRANSIENT, DAY_MS, "your TikTok app has reached its number of users for the day"},
    {"spam_risk_too_many_posts", ERROR_TRANSIENT, DAY_MS, "the account has posted as often as TikTok allows within 24 hours"},
    {"spam_risk_too_many_pending_share", ERROR_TRANSIENT, DAY_MS,
     "too many drafts wait in the inbox: finish or delete some in the TikTok app"},
    {"rate_limit_exceeded", ERROR_TRANSIENT, 60000, "too many calls within a minute"},
    {"internal_error", ERROR_TRANSIENT, 0, "TikTok has trouble"},
    {"internal", ERROR_TRANSIENT, 0, "TikTok could not process the video"},
    {"spam_risk_user_banned_from_posting", ERROR_PERMANENT, 0, "TikTok has barred the account from posting"},
    {"spam_risk_text", ERROR_PERMANENT, 0, "TikTok takes the caption for spam"},
    {"spam_risk", ERROR_PERMANENT, 0, "TikTok takes the post for spam"},
    {"file_format_check_failed", ERROR_PERMANENT, 0, "TikTok does not read this file format"},
    {"duration_check_failed", ERROR_PERMANENT, 0, "the video is too long or too short for this account: set max_duration"},
    {"frame_rate_check_failed", ERROR_PERMANENT, 0, "the frame rate is outside 23 to 60 fps"},
    {"picture_size_check_failed", ERROR_PERMANENT, 0, "a side of the picture is outside 360 to 4096 px"},
    {"publish_cancelled", ERROR_PERMANENT, 0, "the post was cancelled"},
    {"invalid_param", ERROR_PERMANENT, 0, "TikTok refused a value (for a chunk size, see the setting chunk_size)"},
    {"invalid_params", ERROR_PERMANENT, 0, "TikTok refused a value (for a chunk size, see the setting chunk_size)"},
};

static const struct fault *fault_find(const char *code)
{
    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (!strcmp(faults[i].code, code))
            return &faults[i];
    return NULL;
}

static struct step fault_step(const struct step_in *in, json_t *state, const struct fault *f)
{
    const char *rule = arena_printf(in->arena, "tiktok.%.50s", f->code), *said = json_text_at(in->last->json, "error.message");
    int64_t wait_ms = retry_after_ms(in->last, in->now_ms, DAY_MS, f->wait_ms);

    if (f->kind == ERROR_TRANSIENT)
        return step_deferred(state, wait_ms ? in->now_ms + wait_ms : 0, rule, "TikTok: %s (%s)", f->says, f->code);
    return step_failed(state, f->kind, rule, "TikTok: %s (%s%s%.200s)", f->says, f->code, *said ? ": " : "", said);
}

/* The upload is over without a post: the next step begins anew. */
static void forget(json_t *state)
{
    static const char *const keys[] = {"publish_id", "upload_url", "url_ends_ms", "offset", "best_offset", "stalls", "armed_at_ms"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_del(state, keys[i]);
    json_object_set_new(state, "phase", json_string("creator"));
}

static struct step restart(const struct step_in *in, json_t *state, const char *why)
{
    forget(state);
    if (state_count(state, "restarts") <= RESTARTS_MAX)
        return phase_go(phases, "creator", in, state);
    json_object_del(state, "restarts");
    return step_deferred(state, 0, "tiktok.upload", "TikTok: %s, %d times in a row", why, RESTARTS_MAX + 1);
}

static bool is_ok(const struct step_in *in)
{
    return !strcmp(json_text_at(in->last->json, "error.code"), "ok");    /* not the HTTP status: refusals come with 200 too */
}

/* Before any byte was sent nothing can be posted. */
static struct step call_refused(const struct step_in *in, json_t *state)
{
    const struct fault *f = fault_find(json_text_at(in->last->json, "error.code"));

    forget(state);
    if (f)
        return fault_step(in, state, f);
    if (in->last->status < 300)
        return step_deferred(state, 0, "tiktok.answer", "TikTok: an answer that cannot be read");
    return phase_refused(in, state);
}

static struct step call(json_t *state, const char *url, const char *body, const char *what)
{
    return step_request(state, POST_UPLOADING, (struct http_request){
        .method = "POST", .url = url, .body = body, .headers = {{"Content-Type", "application/json; charset=UTF-8"}},
        .sign = SIGN_BEARER, .repeat = REPEAT_SAFE, .what = what,
    });
}

/* ---- creator: who posts, and what this account allows right now ---- */

static struct step ask_creator(const struct step_in *in, json_t *state)
{
    if (!direct(in->post))    /* a draft carries no choices, and its login may not ask */
        return phase_go(phases, "init", in, state);
    return call(state, API "/creator_info/query/", "", "ask what the account allows");
}

static bool offers(const json_t *options, const char *privacy)
{
    size_t i;
    json_t *option;

    json_array_foreach((json_t *)options, i, option)
        if (json_is_string(option) && !strcmp(json_string_value(option), privacy))
            return true;
    return false;
}

static struct step creator_known(const struct step_in *in, json_t *state)
{
    const json_t *data = json_at(in->last->json, "data"), *options = json_at(data, "privacy_level_options");
    const char *privacy = post_setting(in->post, "privacy"), *name = json_text_at(data, "creator_nickname");
    int64_t most_ms = json_int_at(data, "max_video_post_duration_sec", 0) * 1000;
    static const char *const switches[] = {"comment_disabled", "duet_disabled", "stitch_disabled"};

    if (!is_ok(in) || !json_is_array(options))
        return call_refused(in, state);
    if (!offers(options, privacy))
        return step_failed(state, ERROR_REFUSED, "tiktok.privacy", "TikTok: the account of %s does not offer privacy = %s now, only %s",
                           name, privacy, arena_json(in->arena, json_deep_copy(options)));
    if (most_ms > 0 && in->post->duration_ms > most_ms)
        return step_failed(state, ERROR_REFUSED, "tiktok.duration",
                           "TikTok: the video is %.1f s, and the account of %s may post %" PRId64 " s; set max_duration = %" PRId64 "s",
                           (double)in->post->duration_ms / 1000, name, most_ms / 1000, most_ms / 1000);
    json_object_set_new(state, "nickname", json_string(name));
    json_object_set_new(state, "username", json_string(json_text_at(data, "creator_username")));
    for (size_t i = 0; i < 3; i++)
        json_object_set_new(state, switches[i], json_boolean(json_is_true(json_at(data, switches[i]))));
    return phase_go(phases, "init", in, state);
}

/* ---- init: the plan of the pieces; nothing can be posted yet, so that it may be repeated ---- */

static void plan_chunks(const struct post *post, json_t *state)
{
    int64_t size = post->rendition_bytes, chunk = post_setting_int(post, "chunk_size", 10000000), count;

    chunk = chunk < CHUNK_MIN ? CHUNK_MIN : chunk > SINGLE_MAX ? SINGLE_MAX : chunk;
    if (size <= SINGLE_MAX)
        chunk = size;
    else if (chunk > size / 2)            /* one piece of a large file is refused */
        chunk = size / 2;
    if (size / chunk > CHUNKS_MAX)
        chunk = (size + CHUNKS_MAX - 1) / CHUNKS_MAX;
    count = size / chunk;                 /* rounded down: the last piece takes the rest */
    json_object_set_new(state, "chunk_bytes", json_integer(chunk));
    json_object_set_new(state, "chunks", json_integer(count));
    json_object_set_new(state, "offset", json_integer(0));
}

static json_t *post_info(const struct post *post, const json_t *state)
{
    static const struct { const char *field, *setting, *account; } switches[] = {
        {"disable_comment", "allow_comment", "comment_disabled"},
        {"disable_duet", "allow_duet", "duet_disabled"},
        {"disable_stitch", "allow_stitch", "stitch_disabled"},
    };
    json_t *info = json_object();

    json_object_set_new(info, "title", json_string(post_text(post, "caption")));
    json_object_set_new(info, "privacy_level", json_string(post_setting(post, "privacy")));
    for (size_t i = 0; i < 3; i++)
        json_object_set_new(info, switches[i].field, json_boolean(!post_setting_bool(post, switches[i].setting, false) ||
                                                                  json_is_true(json_object_get(state, switches[i].account))));
    if (post->cover_ms >= 0 && post->cover_ms < post->duration_ms)
        json_object_set_new(info, "video_cover_timestamp_ms", json_integer(post->cover_ms));
    json_object_set_new(info, "brand_content_toggle", json_boolean(post->brand_content));
    json_object_set_new(info, "brand_organic_toggle", json_boolean(post->brand_organic));
    json_object_set_new(info, "is_aigc", json_boolean(post->ai_generated));
    return info;
}

static struct step init(const struct step_in *in, json_t *state)
{
    json_t *body;

    if (in->post->rendition_bytes <= 0)
        return step_failed(state, ERROR_REFUSED, "tiktok.size", "TikTok: '%s' is empty", in->post->master_path);
    plan_chunks(in->post, state);
    body = json_pack("{s:{s:s, s:I, s:I, s:I}}", "source_info", "source", "FILE_UPLOAD", "video_size",
                     (json_int_t)in->post->rendition_bytes, "chunk_size", (json_int_t)state_int(state, "chunk_bytes", 0),
                     "total_chunk_count", (json_int_t)state_int(state, "chunks", 0));
    if (direct(in->post))
        json_object_set_new(body, "post_info", post_info(in->post, state));
    return call(state, direct(in->post) ? API "/video/init/" : API "/inbox/video/init/", arena_json(in->arena, body),
                direct(in->post) ? "open an upload for a direct post" : "open an upload for an inbox draft");
}

static struct step opened(const struct step_in *in, json_t *state)
{
    const char *id = json_text_at(in->last->json, "data.publish_id"), *url = json_text_at(in->last->json, "data.upload_url");

    if (!is_ok(in) || !id_valid(id, 64) || !*url || strlen(url) > 2048)
        return call_refused(in, state);
    json_object_set_new(state, "publish_id", json_string(id));
    json_object_set_new(state, "upload_url", json_string(url));
    json_object_set_new(state, "url_ends_ms", json_integer(in->now_ms + URL_LIFE_MS));
    return phase_go(phases, "upload", in, state);
}

/* ---- upload: pieces in order; the last one publishes ---- */

static int64_t piece_end(const struct post *post, const json_t *state)
{
    int64_t chunk = state_int(state, "chunk_bytes", 0), index = chunk > 0 ? state_int(state, "offset", 0) / chunk : 0;

    return index < state_int(state, "chunks", 0) - 1 ? (index + 1) * chunk : post->rendition_bytes;
}

static struct step send_piece(const struct step_in *in, json_t *state)
{
    int64_t offset = state_int(state, "offset", 0), end = piece_end(in->post, state), size = in->post->rendition_bytes;

    if (in->now_ms >= state_int(state, "url_ends_ms", 0))
        return phase_go(phases, "look", in, state);
    if (end == size)
        json_object_set_new(state, "armed_at_ms", json_integer(in->now_ms));
    return step_request(state, POST_UPLOADING, (struct http_request){
        .method = "PUT", .url = arena_strdup(in->arena, state_text(state, "upload_url")),
        .headers = {{"Content-Type", in->post->content_type},
                    {"Content-Range", arena_printf(in->arena, "bytes %" PRId64 "-%" PRId64 "/%" PRId64, offset, end - 1, size)}},
        .file = in->post->rendition, .offset = offset, .length = end - offset,
        .repeat = end == size ? REPEAT_NEVER : REPEAT_SAFE, .what = "send the video",
    });
}

static struct step piece_sent(const struct step_in *in, json_t *state)
{
    int64_t end = piece_end(in->post, state);

    if (end == in->post->rendition_bytes)    /* 206 to the last piece: TikTok misses something */
        return phase_go(phases, in->last->status == 206 ? "look" : "status", in, state);
    json_object_set_new(state, "offset", json_integer(end));
    return phase_go(phases, "upload", in, state);
}

static struct step look(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "look", in, state);
}

static struct step piece_refused(const struct step_in *in, json_t *state)
{
    int status = in->last->status;

    if (status == 403 || status == 404)    /* the address is dead; whether the video is there, the status knows */
        json_object_set_new(state, "url_ends_ms", json_integer(0));
    return status < 400 || status == 403 || status == 404 || status == 416 ? look(in, state) : phase_refused(in, state);
}

/* ---- look, status: what became of the publish_id ---- */

static struct step ask_status(const struct step_in *in, json_t *state)
{
    json_t *body = json_pack("{s:s}", "publish_id", state_text(state, "publish_id"));
    struct step s = call(state, API "/status/fetch/", arena_json(in->arena, body), "ask what became of the upload");

    s.shows = POST_PROCESSING;
    return s;
}

static void set_post_id(const struct step_in *in, json_t *state)
{
    const json_t *data = json_at(in->last->json, "data");
    int64_t id = json_int_at(data, "publicaly_available_post_id.0", json_int_at(data, "publicly_available_post_id.0", 0));
    const char *text = arena_printf(in->arena, "%" PRId64, id), *user = state_text(state, "username");

    if (id <= 0)
        return;
    public_set(state, "remote_id", text);
    if (id_valid(user, 64))
        public_set(state, "permalink", arena_printf(in->arena, "https://www.tiktok.com/@%s/video/%s", user, text));
}

static struct step published(const struct step_in *in, json_t *state)
{
    static const struct { const char *privacy, *visibility; } words[] = {
        {"PUBLIC_TO_EVERYONE", "public"}, {"MUTUAL_FOLLOW_FRIENDS", "friends"},
        {"FOLLOWER_OF_CREATOR", "followers"}, {"SELF_ONLY", "private"},
    };
    const char *privacy = direct(in->post) ? post_setting(in->post, "privacy") : "";

    set_post_id(in, state);
    public_set(state, "surface", "video");
    public_set(state, "visibility", NULL);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (!strcmp(words[i].privacy, privacy))
            public_set(state, "visibility", words[i].visibility);
    return step_done(state);    /* no id is normal: private posts have none, public ones get theirs after moderation */
}

static struct step in_inbox(const struct step_in *in, json_t *state)
{
    const char *user = state_text(state, "username");

    user = *user ? user : in->post->account ? in->post->account : in->post->destination;
    public_set(state, "surface", "inbox draft");
    public_set(state, "visibility", "draft");
    json_object_set_new(state, "phase", json_string("status"));
    return step_held(state, "the draft is in the TikTok inbox of @%s: open the app to finish it (TikTok takes no caption with a "
                     "draft: paste yours there)", user);
}

static struct step post_failed(const struct step_in *in, json_t *state)
{
    const char *reason = json_text_at(in->last->json, "data.fail_reason");
    const struct fault *f = fault_find(reason);

    if (!strcmp(reason, "internal"))
        return restart(in, state, "the video could not be processed");
    forget(state);    /* FAILED ends the whole upload: what comes next is a new one */
    if (f)
        return fault_step(in, state, f);
    return step_failed(state, ERROR_PERMANENT, "tiktok.failed", "TikTok did not post it: %.200s", *reason ? reason : "no reason given");
}

static bool looking(const json_t *state)
{
    return !strcmp(state_text(state, "phase"), "look");
}

/* TikTok waits for bytes: goes on where it is, on the same upload, or opens a new one when the address is dead. */
static struct step align(const struct step_in *in, json_t *state, int64_t stored)
{
    int64_t left_ms = json_object_get(state, "armed_at_ms") ? settle_left_ms(in, state) : 0;

    if (left_ms)    /* the last byte was sent: what it did may show late */
        return looking(state) ? step_wait(state, POST_PROCESSING, left_ms) : step_poll(in, state, "TikTok is still processing the video");
    if (in->now_ms >= state_int(state, "url_ends_ms", 0))
        return restart(in, state, "the upload ran out of time");
    if (!offset_resume(state, stored < 0 ? state_int(state, "offset", 0) : stored))
        return step_deferred(state, 0, "tiktok.upload", "TikTok: the upload does not get further than %" PRId64 " bytes", stored);
    return phase_go(phases, "upload", in, state);
}

/* A status call that fails says nothing about the post. */
static struct step status_refused(const struct step_in *in, json_t *state)
{
    const char *code = json_text_at(in->last->json, "error.code");
    const struct fault *f = fault_find(code);

    if (!strcmp(code, "invalid_publish_id") || !strcmp(code, "token_not_authorized_for_specified_publish_id")) {
        if (!json_object_get(state, "armed_at_ms"))
            return restart(in, state, "the upload was forgotten");
        return step_unknown(state, "TikTok does not know the upload %s any more: it may be posted, look at the account",
                            state_text(state, "publish_id"));
    }
    if ((f && f->kind == ERROR_CREDENTIALS) || in->last->status == 401)
        return f ? fault_step(in, state, f) : phase_refused(in, state);
    return step_deferred(state, in->now_ms + retry_after_ms(in->last, in->now_ms, DAY_MS, 60000), "tiktok.status",
                         "TikTok does not say what became of the upload (HTTP %d %.100s)", in->last->status, code);
}

static struct step status_known(const struct step_in *in, json_t *state)
{
    const char *status = json_text_at(in->last->json, "data.status");
    int64_t stored = json_int_at(in->last->json, "data.uploaded_bytes", -1);

    if (!is_ok(in))
        return status_refused(in, state);
    if (!strcmp(status, "PUBLISH_COMPLETE"))
        return published(in, state);
    if (!strcmp(status, "SEND_TO_USER_INBOX"))
        return in_inbox(in, state);
    if (!strcmp(status, "FAILED"))
        return post_failed(in, state);
    if (!strcmp(status, "PROCESSING_UPLOAD") && stored < in->post->rendition_bytes && (stored >= 0 || looking(state)))
        return align(in, state, stored);
    json_object_set_new(state, "phase", json_string("status"));
    return step_poll(in, state, "TikTok is still processing the video");    /* other words: still on its way */
}

static const struct phase phases[6] = {
    /* name      request      2xx answer     lost answer  other answers */
    {"creator", ask_creator, creator_known, NULL,        call_refused},
    {"init",    init,        opened,        NULL,        call_refused},
    {"upload",  send_piece,  piece_sent,    look,        piece_refused},
    {"look",    ask_status,  status_known,  NULL,        status_refused},
    {"status",  ask_status,  status_known,  NULL,        status_refused},
    {NULL, NULL, NULL, NULL, NULL},
};

static struct step step(const struct step_in *in)
{
    return phase_step(phases, in);
}

static bool check(const struct post *post, struct error *err)
{
    if (!direct(post))
        return true;
    if (!*post_setting(post, "privacy"))
        return fail_rule(err, ERROR_REFUSED, "tiktok.privacy",
                         "[destination %s] mode = direct needs a choice of yours: privacy = PUBLIC_TO_EVERYONE | MUTUAL_FOLLOW_FRIENDS | "
                         "FOLLOWER_OF_CREATOR | SELF_ONLY (TikTok allows no default; an app without its audit may only use SELF_ONLY)",
                         post->destination);
    if (post->brand_content && !strcmp(post_setting(post, "privacy"), "SELF_ONLY"))
        return fail_rule(err, ERROR_REFUSED, "tiktok.branded_content",
                         "'%s': TikTok takes no branded content with privacy = SELF_ONLY; choose another privacy for [destination %s]",
                         post->master_path, post->destination);
    return true;
}

/* ---- what TikTok accepts and likes ---- */

static const struct spec_row rows[] = {
    {SPEC_CONTAINER, SPEC_HARD, .any_of = "mp4 mov webm", .source = SHEET "media constraints, official"},
    {SPEC_VIDEO_CODEC, SPEC_HARD, .any_of = "h264 hevc vp8 vp9", .source = SHEET "media constraints, official"},
    {SPEC_FPS, SPEC_HARD, BETWEEN(23000, 60000), .source = SHEET "media constraints, official", .setting = "max_fps"},
    {SPEC_SIDE, SPEC_HARD, BETWEEN(360, 4096), .source = SHEET "media constraints, official"},
    {SPEC_DURATION, SPEC_HARD, AT_MOST(600000), .source = SHEET "ceiling of the API, official; an account may have less, at least 180 s",
     .setting = "max_duration"},
    {SPEC_SIZE, SPEC_HARD, AT_MOST(4000000000), .source = SHEET "4 GB read as decimal, official", .setting = "max_size"},
    {SPEC_CONTAINER, SPEC_IDEAL, .any_of = "mp4", .source = SHEET "recommended, official"},
    {SPEC_VIDEO_CODEC, SPEC_IDEAL, .any_of = "h264", .source = SHEET "recommended, official"},
    {SPEC_AUDIO_CODEC, SPEC_IDEAL, .any_of = "aac", .source = SHEET "not published; accepted by everyone's code"},
    {SPEC_CHROMA, SPEC_IDEAL, .any_of = "420", .source = SHEET "not published; accepted by everyone's code"},
    {SPEC_BIT_DEPTH, SPEC_IDEAL, EXACTLY(8), .source = SHEET "not published; H.264 High is accepted by everyone's code"},
    {SPEC_HDR, SPEC_IDEAL, .any_of = "sdr", .source = "common practice; no HDR rule is published"},
    {SPEC_SCAN, SPEC_IDEAL, .any_of = "progressive", .source = SHEET "not published; accepted by everyone's code"},
    {SPEC_WIDTH, SPEC_IDEAL, EXACTLY(1080), .source = "full screen of a phone, 1080x1920"},
    {SPEC_HEIGHT, SPEC_IDEAL, EXACTLY(1920), .source = "full screen of a phone, 1080x1920"},
    {SPEC_ASPECT, SPEC_IDEAL, BETWEEN(562, 563), .source = "full screen of a phone, 9:16"},
    {SPEC_FPS, SPEC_IDEAL, BETWEEN(23000, 31000), .source = "common practice, about 30 fps"},
    {SPEC_SIZE, SPEC_IDEAL, AT_MOST(SINGLE_MAX), .source = SHEET "a single piece avoids every reported chunk error (2026-08)"},
    {SPEC_SAMPLE_RATE, SPEC_IDEAL, AT_MOST(48000), .source = SHEET "not published; accepted by everyone's code"},
    {SPEC_CHANNELS, SPEC_IDEAL, BETWEEN(1, 2), .source = SHEET "not published; accepted by everyone's code"},
    {SPEC_MOOV_FIRST, SPEC_IDEAL, EXACTLY(1), .source = SHEET "not published; accepted by everyone's code"},
    {SPEC_LOUDNESS, SPEC_IDEAL, EXACTLY(-14), .source = "ADAPTATION.md 4.2: practice on all of these platforms"},
    {SPEC_TRUE_PEAK, SPEC_IDEAL, AT_MOST(-1), .source = "ADAPTATION.md 4.2: practice on all of these platforms"},
};

static const struct text_rule texts[] = {
    {.field = "caption", .template = "{caption} {hashtags}", .limit = 2200, .unit = TEXT_UTF16, .max_hashtags = 5,
     .source = SHEET "text constraints, official; 5 hashtags as the app cuts them since 2025-08"},
};

static const char *surface(int width_px, int height_px, int64_t duration_ms)
{
    (void)width_px, (void)height_px, (void)duration_ms;
    return "video";
}

static const struct spec spec = {
    .platform = "tiktok", .sheet = "platforms/tiktok.md", .date = "2026-11-22",
    .rows = rows, .nb_rows = sizeof rows / sizeof rows[0], .texts = texts, .nb_texts = sizeof texts / sizeof texts[0],
    .safe_area = {288, 672, 120, 192, "ADAPTATION.md 4.4: the box for TikTok, Reels and Shorts, derived; TikTok publishes no figures"},
    .surface = surface,
};

static const struct setting settings[] = {
    {"mode", SETTING_CHOICE, "inbox direct", "inbox", "inbox: a draft that you finish in the app; direct: a post"},
    {"privacy", SETTING_CHOICE, "PUBLIC_TO_EVERYONE MUTUAL_FOLLOW_FRIENDS FOLLOWER_OF_CREATOR SELF_ONLY", NULL,
     "Who sees a direct post; your choice, TikTok allows no default"},
    {"allow_comment", SETTING_BOOL, NULL, "no", "Allow comments (direct)"},
    {"allow_duet", SETTING_BOOL, NULL, "no", "Allow duets (direct)"},
    {"allow_stitch", SETTING_BOOL, NULL, "no", "Allow stitches (direct)"},
    {"chunk_size", SETTING_SIZE, NULL, "10M", "Size of a piece of files over 64 MB: 5242880 to 64M"},
    {NULL, SETTING_TEXT, NULL, NULL, NULL},
};

/* platforms/tiktok.md, auth: the challenge is hex, a desktop app's redirect has a port, a failed renewal may come as HTTP 200 */
#define TOKEN_URL "https://open.tiktokapis.com/v2/oauth/token/"
static const struct oauth oauth[] = {
    {.hosts = (const char *const[]){"www.tiktok.com", "open.tiktokapis.com", NULL},
     .challenge = CHALLENGE_S256_HEX, .redirect_path = "/callback/", .scopes = "user.info.basic,video.publish,video.upload,video.list",
     .authorize = {"GET", "https://www.tiktok.com/v2/auth/authorize/",
                   "client_key={client_id}&response_type=code&scope={scopes}&redirect_uri={redirect_uri}&state={state}"
                   "&code_challenge={code_challenge}&code_challenge_method=S256", false},
     .exchange = {"POST", TOKEN_URL, "client_key={client_id}&client_secret={client_secret}&code={code}&grant_type=authorization_code"
                  "&redirect_uri={redirect_uri}&code_verifier={code_verifier}", false},
     .refresh = {"POST", TOKEN_URL, "client_key={client_id}&client_secret={client_secret}&grant_type=refresh_token"
                 "&refresh_token={refresh_token}", false},
     .revoke = {"POST", "https://open.tiktokapis.com/v2/oauth/revoke/",
                "client_key={client_id}&client_secret={client_secret}&token={access_token}", false},
     .account = {"GET", "https://open.tiktokapis.com/v2/user/info/", "fields=open_id,display_name", true},
     .account_id = "data.user.open_id", .account_name = "data.user.display_name"},
    {0},
};

const struct adapter adapter_tiktok = {
    .name = "tiktok", .title = "TikTok", .auth = AUTH_OAUTH2,
    .hosts = (const char *const[]){"open.tiktokapis.com", "*.tiktokapis.com", NULL},
    .spec = &spec, .settings = settings, .oauth = oauth,
    .unlock = "register an app of your own at developers.tiktok.com (Login Kit, Content Posting API), put its client_key into "
              "pipeline.conf, then crosscut login",
    .check = check, .step = step,
};
