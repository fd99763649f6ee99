/* YouTube, Data API v3: shared fact sheet platforms/youtube.md of 2026-11-22. A Short is an ordinary upload that is not wider
 * than high and at most three minutes long. The session URI is the handle: one session makes at most one video, with its
 * last byte, and can be asked what became of it. */
#include <crosscut/adapter.h>

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define API "https://www.googleapis.com/youtube/v3"
#define UPLOAD "https://www.googleapis.com/upload/youtube/v3/videos?uploadType=resumable&part="
#define SHEET "platforms/youtube.md: "
#define CHUNK_UNIT 262144        /* pieces are multiples of 256 KiB, official */
#define SHORT_MS 180000          /* up to and including three minutes since 2024-10-15, official */
#define TAGS_MAX 500             /* all of them, official */
#define TAG_MAX 30               /* one of them; a third party's claim */
#define HOUR_MS 3600000
#define DAY_MS (24 * HOUR_MS)
#define SKEW_MS 120000           /* between Google's clock and ours */
#define SESSIONS_MAX 3

static const struct phase phases[7];

/* ---- refusals: error.errors[0].reason, as data ---- */

enum later { LATER_UNKNOWN, LATER_MINUTE, LATER_DAY, LATER_PACIFIC_MIDNIGHT };

static const struct fault {
    const char *reason;
    enum error_kind kind;
    enum later later;
    const char *says;
} faults[] = {
    {"quotaExceeded", ERROR_TRANSIENT, LATER_PACIFIC_MIDNIGHT, "the daily quota of your Google project is used up until midnight Pacific time"},
    {"dailyLimitExceeded", ERROR_TRANSIENT, LATER_PACIFIC_MIDNIGHT, "the daily quota of your Google project is used up until midnight Pacific time"},
    {"uploadLimitExceeded", ERROR_TRANSIENT, LATER_DAY, "the channel has uploaded as often as YouTube allows within a day"},
    {"rateLimitExceeded", ERROR_TRANSIENT, LATER_MINUTE, "too many calls"},
    {"userRateLimitExceeded", ERROR_TRANSIENT, LATER_MINUTE, "too many calls"},
    {"backendError", ERROR_TRANSIENT, LATER_UNKNOWN, "YouTube has trouble"},
    {"internalError", ERROR_TRANSIENT, LATER_UNKNOWN, "YouTube has trouble"},
    {"authError", ERROR_CREDENTIALS, LATER_UNKNOWN, "the login has ended (after 7 days when the consent screen is still in testing): link the account again"},
    {"youtubeSignupRequired", ERROR_CREDENTIALS, LATER_UNKNOWN, "this Google account has no channel: make one at youtube.com, then link it again"},
    {"insufficientPermissions", ERROR_CREDENTIALS, LATER_UNKNOWN, "the login does not cover this: link the account again and allow all that is asked"},
    {"forbidden", ERROR_PERMANENT, LATER_UNKNOWN, "the channel may not do this"},
    {"forbiddenPrivacySetting", ERROR_PERMANENT, LATER_UNKNOWN, "the channel may not use this privacy"},
    {"channelClosed", ERROR_PERMANENT, LATER_UNKNOWN, "the channel is closed"},
    {"channelSuspended", ERROR_PERMANENT, LATER_UNKNOWN, "the channel is suspended"},
    {"invalidCategoryId", ERROR_PERMANENT, LATER_UNKNOWN, "no such category for this channel: see the setting category"},
    {"invalidTitle", ERROR_PERMANENT, LATER_UNKNOWN, "YouTube does not take the title"},
    {"invalidDescription", ERROR_PERMANENT, LATER_UNKNOWN, "YouTube does not take the description"},
    {"invalidTags", ERROR_PERMANENT, LATER_UNKNOWN, "YouTube does not take the tags"},
    {"invalidPublishAt", ERROR_PERMANENT, LATER_UNKNOWN, "YouTube does not take the schedule"},
};

static int64_t utc_ms(int year, int month, int day, int hour)
{
    struct tm tm = {.tm_year = year - 1900, .tm_mon = month, .tm_mday = day, .tm_hour = hour};

    return (int64_t)timegm(&tm) * 1000;
}

/* The nth Sunday of a month (0: January), as its day. */
static int sunday(int year, int month, int nth)
{
    int64_t first_day = utc_ms(year, month, 1, 0) / DAY_MS;

    return 1 + (int)((3 - first_day % 7 + 7) % 7) + 7 * (nth - 1);    /* 1970-01-01 was a Thursday */
}

/* Daylight saving in the United States: second Sunday of March to first Sunday of November, 2 in the morning. */
static int64_t pacific_offset_ms(int64_t now_ms)
{
    time_t seconds = (time_t)(now_ms / 1000);
    struct tm tm;
    int year;

    if (!gmtime_r(&seconds, &tm))
        return -8 * HOUR_MS;
    year = tm.tm_year + 1900;
    return now_ms >= utc_ms(year, 2, sunday(year, 2, 2), 10) && now_ms < utc_ms(year, 10, sunday(year, 10, 1), 9) ? -7 * HOUR_MS : -8 * HOUR_MS;
}

static int64_t pacific_midnight_ms(int64_t now_ms)
{
    int64_t local_ms = (now_ms + pacific_offset_ms(now_ms)) / DAY_MS * DAY_MS + DAY_MS;
    int64_t guess_ms = local_ms - pacific_offset_ms(now_ms);

    return local_ms - pacific_offset_ms(guess_ms);
}

static int64_t retry_at_ms(const struct step_in *in, enum later later)
{
    static const int64_t waits_ms[] = {[LATER_UNKNOWN] = 0, [LATER_MINUTE] = 60000, [LATER_DAY] = DAY_MS};
    int64_t wait_ms;

    if (later == LATER_PACIFIC_MIDNIGHT)
        return pacific_midnight_ms(in->now_ms);
    wait_ms = retry_after_ms(in->last, in->now_ms, DAY_MS, waits_ms[later]);
    return wait_ms ? in->now_ms + wait_ms : 0;
}

static const struct fault *fault_of(const struct step_in *in)
{
    const char *reason = json_text_at(in->last->json, "error.errors.0.reason");

    for (size_t i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (!strcmp(faults[i].reason, reason))
            return &faults[i];
    return NULL;
}

static struct step refused(const struct step_in *in, json_t *state)
{
    const struct fault *f = fault_of(in);
    const char *rule = f ? arena_printf(in->arena, "youtube.%.50s", f->reason) : "", *said = json_text_at(in->last->json, "error.message");

    if (!f)
        return phase_refused(in, state);
    if (f->kind == ERROR_TRANSIENT)
        return step_deferred(state, retry_at_ms(in, f->later), rule, "YouTube: %s (%s)", f->says, f->reason);
    return step_failed(state, f->kind, rule, "YouTube: %s (%s: %.300s)", f->says, f->reason, said);
}

/* A question that fails says nothing about the video. */
static struct step read_refused(const struct step_in *in, json_t *state)
{
    const struct fault *f = fault_of(in);

    if (f ? f->kind != ERROR_PERMANENT : in->last->status == 401 || in->last->status == 403)
        return refused(in, state);
    return step_deferred(state, in->now_ms + retry_after_ms(in->last, in->now_ms, DAY_MS, 60000), "youtube.status",
                         "YouTube does not say what became of the video (HTTP %d)", in->last->status);
}

/* ---- open: a session; nothing exists on the channel yet ---- */

static int64_t utf16_units(const char *text)
{
    int64_t units = 0;

    for (const unsigned char *c = (const unsigned char *)text; *c; c++)
        units += ((*c & 0xc0) != 0x80) + (*c >= 0xf0);
    return units;
}

/* As many hashtags as fit: each counts its length, two more with a blank in it, and the commas between them count too. */
static json_t *tags(const struct post *post)
{
    json_t *list = json_array(), *tag;
    int64_t total = 0;
    size_t i;

    json_array_foreach((json_t *)post->hashtags, i, tag) {
        const char *text = json_string_value(tag);
        int64_t units = text ? utf16_units(text) : 0;
        int64_t more = units + (text && strchr(text, ' ') ? 2 : 0) + (total ? 1 : 0);

        if (!units || units > TAG_MAX || strpbrk(text, "<>,\"") || total + more > TAGS_MAX)
            continue;
        total += more;
        json_array_append(list, tag);
    }
    return list;
}

static bool scheduled(const struct step_in *in)
{
    return in->post->schedule_ms > in->now_ms && !strcmp(post_setting(in->post, "privacy"), "public");
}

static const char *wanted_privacy(const struct post *post)
{
    const char *privacy = post_setting(post, "privacy");

    return *privacy ? privacy : "private";
}

static const char *title_of(const struct post *post)
{
    const char *title = post_text(post, "title");

    return *title ? title : post->title ? post->title : "";
}

static json_t *snippet(const struct post *post)
{
    json_t *snippet = json_object(), *list = tags(post);
    const char *category = post_setting(post, "category");

    json_object_set_new(snippet, "title", json_string(title_of(post)));
    json_object_set_new(snippet, "description", json_string(post_text(post, "description")));
    json_object_set_new(snippet, "categoryId", json_string(*category ? category : "22"));
    if (json_array_size(list))
        json_object_set(snippet, "tags", list);
    if (post->language)
        json_object_set_new(snippet, "defaultLanguage", json_string(post->language));
    json_decref(list);
    return snippet;
}

/* Everything is said: what is left out became public by default on 2026-11-02, and false is not the same as nothing. */
static json_t *status_of(const struct step_in *in, json_t *state)
{
    json_t *status = json_object();
    const char *privacy = scheduled(in) ? "private" : wanted_privacy(in->post);

    json_object_set_new(state, "privacy", json_string(privacy));
    json_object_set_new(status, "privacyStatus", json_string(privacy));
    if (scheduled(in))
        json_object_set_new(status, "publishAt", json_string(arena_time(in->arena, in->post->schedule_ms)));
    json_object_set_new(status, "selfDeclaredMadeForKids", json_boolean(in->post->made_for_kids));
    json_object_set_new(status, "containsSyntheticMedia", json_boolean(in->post->ai_generated));
    return status;
}

static struct step open_session(const struct step_in *in, json_t *state)
{
    const struct post *post = in->post;
    json_t *body;

    if (post->schedule_ms > in->now_ms && !strcmp(wanted_privacy(post), "unlisted"))    /* YouTube schedules only what becomes public */
        return step_wait(state, POST_PROCESSING, post->schedule_ms - in->now_ms);
    body = json_pack("{s:o, s:o}", "snippet", snippet(post), "status", status_of(in, state));
    if (post->brand_content)
        json_object_set_new(body, "paidProductPlacementDetails", json_pack("{s:b}", "hasPaidProductPlacement", 1));
    if (!json_object_get(state, "opened_at_ms"))    /* of the first session: a video of any of them is ours */
        json_object_set_new(state, "opened_at_ms", json_integer(in->now_ms));
    return step_request(state, POST_UPLOADING, (struct http_request){
        .method = "POST",
        .url = arena_printf(in->arena, UPLOAD "snippet,status%s&notifySubscribers=%s", post->brand_content ? ",paidProductPlacementDetails" : "",
                            post_setting_bool(post, "notify_subscribers", true) ? "true" : "false"),
        .headers = {{"Content-Type", "application/json; charset=UTF-8"},
                    {"X-Upload-Content-Length", arena_printf(in->arena, "%" PRId64, post->rendition_bytes)},
                    {"X-Upload-Content-Type", post->content_type}, {"Slug", post->id}},
        .body = arena_json(in->arena, body), .sign = SIGN_BEARER, .repeat = REPEAT_SAFE, .what = "open an upload session",
    });
}

static struct step opened(const struct step_in *in, json_t *state)
{
    const char *session = http_header(in->last, "location");

    if (!session || !*session || strlen(session) > 4096)
        return step_deferred(state, 0, "youtube.answer", "YouTube: an answer without an upload session");
    json_object_set_new(state, "session", json_string(session));
    json_object_set_new(state, "offset", json_integer(0));
    return phase_go(phases, "upload", in, state);
}

/* ---- upload, probe: the session knows how far it is ---- */

static int64_t piece_end(const struct post *post, int64_t offset)
{
    int64_t piece = post_setting_int(post, "chunk_size", 0), end;

    if (piece <= 0)
        return post->rendition_bytes;
    piece = piece < CHUNK_UNIT ? CHUNK_UNIT : piece / CHUNK_UNIT * CHUNK_UNIT;
    end = offset + piece;
    return end < post->rendition_bytes ? end : post->rendition_bytes;
}

static struct step send_bytes(const struct step_in *in, json_t *state)
{
    int64_t offset = state_int(state, "offset", 0), size = in->post->rendition_bytes, end = piece_end(in->post, offset);
    struct http_request r = {
        .method = "PUT", .url = arena_strdup(in->arena, state_text(state, "session")), .headers = {{"Content-Type", in->post->content_type}},
        .file = in->post->rendition, .offset = offset, .length = end - offset, .sign = SIGN_BEARER,
        .repeat = end == size ? REPEAT_NEVER : REPEAT_SAFE, .what = "send the video",
    };

    if (offset > 0 || end < size)
        r.headers[1] = (struct http_header){"Content-Range", arena_printf(in->arena, "bytes %" PRId64 "-%" PRId64 "/%" PRId64, offset, end - 1, size)};
    if (end == size)
        json_object_set_new(state, "armed_at_ms", json_integer(in->now_ms));
    return step_request(state, POST_UPLOADING, r);
}

static struct step probe(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "probe", in, state);
}

static struct step ask_session(const struct step_in *in, json_t *state)
{
    return step_request(state, json_object_get(state, "armed_at_ms") ? POST_PROCESSING : POST_UPLOADING, (struct http_request){
        .method = "PUT", .url = arena_strdup(in->arena, state_text(state, "session")),
        .headers = {{"Content-Range", arena_printf(in->arena, "bytes */%" PRId64, in->post->rendition_bytes)}}, .body = "",
        .sign = SIGN_BEARER, .repeat = REPEAT_SAFE, .what = "ask how much has arrived",
    });
}

static void compare_privacy(const struct step_in *in, json_t *state, const char *got)
{
    const char *wanted = state_text(state, "privacy");

    if (!*got)
        return;
    public_set(state, "visibility", got);
    if (*wanted && strcmp(wanted, got) != 0 && strcmp(got, wanted_privacy(in->post)) != 0)    /* a schedule may have come due */
        public_warn(state, !strcmp(got, "private") ? "YouTube made it private, not as asked: it may have locked uploads of your Google project"
                                                   : "YouTube gave it another visibility than was asked");
}

static const char *surface(int width_px, int height_px, int64_t duration_ms)
{
    return width_px <= height_px && duration_ms <= SHORT_MS ? "Short" : "video";
}

static struct step adopt(const struct step_in *in, json_t *state, const char *id)
{
    const char *kind = surface(in->post->width_px, in->post->height_px, in->post->duration_ms);

    public_set(state, "remote_id", id);
    public_set(state, "surface", kind);
    public_set(state, "permalink", arena_printf(in->arena, "https://www.youtube.com/%s%s", !strcmp(kind, "Short") ? "shorts/" : "watch?v=", id));
    return phase_go(phases, "processing", in, state);
}

/* The session's answer to the last byte, now or repeated on a probe. */
static struct step uploaded(const struct step_in *in, json_t *state)
{
    const char *id = json_text_at(in->last->json, "id");

    if (id_valid(id, 64)) {
        compare_privacy(in, state, json_text_at(in->last->json, "status.privacyStatus"));
        return adopt(in, state, id);
    }
    if (state_count(state, "unreadable") < 5)
        return step_wait(state, POST_PROCESSING, post_setting_int(in->post, "poll_interval", 5000));
    json_object_del(state, "unreadable");
    return step_unknown(state, "YouTube took the upload and does not name the video: look at the channel");
}

static struct step sent(const struct step_in *in, json_t *state)
{
    return id_valid(json_text_at(in->last->json, "id"), 64) ? uploaded(in, state) : probe(in, state);
}

/* 308 with "Range: bytes=0-N": N + 1 bytes are there; without it, none. */
static struct step go_on(const struct step_in *in, json_t *state)
{
    const char *range = http_header(in->last, "range"), *dash = range ? strrchr(range, '-') : NULL;
    int64_t stored = dash ? (int64_t)strtoll(dash + 1, NULL, 10) + 1 : 0;

    if (stored >= 0 && stored < in->post->rendition_bytes && offset_resume(state, stored))
        return phase_go(phases, "upload", in, state);
    json_object_set_new(state, "phase", json_string("probe"));
    if (stored >= in->post->rendition_bytes)
        return step_poll(in, state, "YouTube has every byte and no video yet");
    return step_deferred(state, 0, "youtube.upload", "YouTube: the upload does not get further than %" PRId64 " bytes", stored);
}

static struct step new_session(const struct step_in *in, json_t *state)
{
    static const char *const keys[] = {"session", "offset", "best_offset", "stalls", "armed_at_ms", "uploads"};

    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        json_object_del(state, keys[i]);
    if (state_count(state, "sessions") < SESSIONS_MAX)
        return phase_go(phases, "open", in, state);
    json_object_del(state, "sessions");
    json_object_set_new(state, "phase", json_string("open"));
    return step_deferred(state, 0, "youtube.upload", "YouTube: %d upload sessions in a row were lost", SESSIONS_MAX);
}

static struct step session_refused(const struct step_in *in, json_t *state)
{
    int status = in->last->status;

    if (status == 308)
        return go_on(in, state);
    json_object_set_new(state, "phase", json_string("probe"));    /* a later resume asks the session first */
    if (status != 404 && status != 410)
        return refused(in, state);
    if (!json_object_get(state, "armed_at_ms"))    /* the last byte was never sent: no video can exist */
        return new_session(in, state);
    json_object_set_new(state, "armed_at_ms", json_integer(in->now_ms));    /* the window to look begins now */
    return phase_go(phases, "channel", in, state);
}

/* ---- channel, uploads: the session is gone and the last byte was sent; is the video there? ---- */

static struct step get(const struct step_in *in, json_t *state, const char *rest, const char *what)
{
    return step_request(state, POST_PROCESSING, (struct http_request){
        .method = "GET", .url = arena_printf(in->arena, API "%s", rest), .sign = SIGN_BEARER, .repeat = REPEAT_SAFE, .what = what,
    });
}

static struct step get_channel(const struct step_in *in, json_t *state)
{
    return get(in, state, "/channels?part=contentDetails&mine=true", "ask for the channel's list of uploads");
}

static struct step channel_known(const struct step_in *in, json_t *state)
{
    const char *list = json_text_at(in->last->json, "items.0.contentDetails.relatedPlaylists.uploads");

    if (!id_valid(list, 128))
        return step_unknown(state, "YouTube forgot the upload session and does not name the list of uploads: look at the channel");
    json_object_set_new(state, "uploads", json_string(list));
    return phase_go(phases, "uploads", in, state);
}

static struct step get_uploads(const struct step_in *in, json_t *state)
{
    return get(in, state, arena_printf(in->arena, "/playlistItems?part=snippet,contentDetails&maxResults=50&playlistId=%s",
                                       arena_escape_url(in->arena, state_text(state, "uploads"))), "look for the video among the uploads");
}

static struct step searched(const struct step_in *in, json_t *state)
{
    int64_t from_ms = state_int(state, "opened_at_ms", 0) - SKEW_MS, left_ms = settle_left_ms(in, state);
    const char *id = "";
    int found = 0;
    size_t i;
    json_t *item;

    json_array_foreach((json_t *)json_at(in->last->json, "items"), i, item) {
        int64_t at_ms = json_time_at(item, "snippet.publishedAt", 0);

        if (at_ms < from_ms || at_ms > in->now_ms + SKEW_MS || strcmp(json_text_at(item, "snippet.title"), title_of(in->post)))
            continue;
        id = json_text_at(item, "contentDetails.videoId");
        id = *id ? id : json_text_at(item, "snippet.resourceId.videoId");
        found++;
    }
    if (found == 1 && id_valid(id, 64))
        return adopt(in, state, id);
    if (found)
        return step_unknown(state, "YouTube forgot the upload session, and %d uploads of that time have this title: look at the channel", found);
    return left_ms ? step_wait(state, POST_PROCESSING, left_ms) : new_session(in, state);
}

/* ---- processing ---- */

static struct step get_video(const struct step_in *in, json_t *state)
{
    return get(in, state, arena_printf(in->arena, "/videos?part=status,processingDetails,contentDetails&id=%s",
                                       json_text_at(state, "public.remote_id")), "ask whether it is processed");
}

static struct step video_known(const struct step_in *in, json_t *state)
{
    const json_t *video = json_at(in->last->json, "items.0");
    const char *status = json_text_at(video, "status.uploadStatus"), *processing = json_text_at(video, "processingDetails.processingStatus");
    const char *why = json_text_at(video, "status.rejectionReason");

    why = *why ? why : json_text_at(video, "status.failureReason");
    why = *why ? why : json_text_at(video, "processingDetails.processingFailureReason");
    compare_privacy(in, state, json_text_at(video, "status.privacyStatus"));
    if (!strcmp(status, "rejected") && !strcmp(why, "duplicate"))
        return step_failed(state, ERROR_PERMANENT, "youtube.duplicate", "YouTube rejected it as a duplicate: the channel has this video already");
    if (!strcmp(status, "rejected") || !strcmp(status, "failed") || !strcmp(status, "deleted"))
        return step_failed(state, ERROR_PERMANENT, arena_printf(in->arena, "youtube.%.30s", status), "YouTube: the video %s was %s (%s)",
                           json_text_at(state, "public.remote_id"), status, *why ? why : "no reason given");
    if (!strcmp(processing, "failed") || !strcmp(processing, "terminated"))
        return step_failed(state, ERROR_PERMANENT, "youtube.processing", "YouTube could not process the video %s (%s)",
                           json_text_at(state, "public.remote_id"), *why ? why : "no reason given");
    if (!strcmp(status, "processed"))
        return step_done(state);
    return step_poll(in, state, "YouTube is still processing the video");    /* also while the list is empty, right after the upload */
}

static const struct phase phases[7] = {
    /* name         request       2xx answer     lost answer  other answers */
    {"open",       open_session, opened,        NULL,        refused},
    {"upload",     send_bytes,   sent,          probe,       session_refused},
    {"probe",      ask_session,  uploaded,      NULL,        session_refused},
    {"channel",    get_channel,  channel_known, NULL,        read_refused},
    {"uploads",    get_uploads,  searched,      NULL,        read_refused},
    {"processing", get_video,    video_known,   NULL,        read_refused},
    {NULL, NULL, NULL, NULL, NULL},
};

static struct step step(const struct step_in *in)
{
    return phase_step(phases, in);
}

static bool check(const struct post *post, struct error *err)
{
    const char *title = title_of(post);

    if (!title[strspn(title, " \t\r\n")])
        return fail_rule(err, ERROR_REFUSED, "youtube.title", "'%s': YouTube needs a title: write one into the sidecar (" SHEET "text constraints)",
                         post->master_path);
    if (strpbrk(title, "<>") || strpbrk(post_text(post, "description"), "<>"))
        return fail_rule(err, ERROR_REFUSED, "youtube.characters", "'%s': YouTube takes no '<' or '>' in title and description (" SHEET "text constraints)",
                         post->master_path);
    return true;
}

/* ---- what YouTube accepts and likes ---- */

static const struct spec_row rows[] = {
    {SPEC_CONTAINER, SPEC_HARD, .any_of = "mp4 mov webm avi flv 3gp mpegps asf", .source = SHEET "accepted files, official"},
    {SPEC_VIDEO_CODEC, SPEC_HARD, .any_of = "h264 hevc vp8 vp9 mpeg1video mpeg2video mpeg4 prores dnxhd cfhd h263 flv1 wmv3", .source = SHEET "accepted files, official"},
    {SPEC_SCAN, SPEC_HARD, .any_of = "progressive", .source = SHEET "interlaced must be deinterlaced before upload, official"},
    {SPEC_DURATION, SPEC_HARD, AT_MOST(900000), .source = SHEET "channel without a verified phone, official; else 12 h: set max_duration", .setting = "max_duration"},
    {SPEC_SIZE, SPEC_HARD, AT_MOST(274877906944), .source = SHEET "256 GB, official", .setting = "max_size"},
    {SPEC_CONTAINER, SPEC_IDEAL, .any_of = "mp4", .source = SHEET "recommended encoding, official"},
    {SPEC_VIDEO_CODEC, SPEC_IDEAL, .any_of = "h264", .source = SHEET "recommended encoding, official"},
    {SPEC_AUDIO_CODEC, SPEC_IDEAL, .any_of = "aac", .source = SHEET "recommended encoding, official"},
    {SPEC_CHROMA, SPEC_IDEAL, .any_of = "420", .source = SHEET "recommended encoding, official"},
    {SPEC_BIT_DEPTH, SPEC_IDEAL, EXACTLY(8), .source = SHEET "recommended encoding for SDR, official"},
    {SPEC_HDR, SPEC_IDEAL, .any_of = "sdr", .source = "one file for every platform; YouTube takes PQ and HLG too"},
    {SPEC_WIDTH, SPEC_IDEAL, EXACTLY(1080), .source = SHEET "usual size of a Short, a convention"},
    {SPEC_HEIGHT, SPEC_IDEAL, EXACTLY(1920), .source = SHEET "usual size of a Short, a convention"},
    {SPEC_ASPECT, SPEC_IDEAL, BETWEEN(562, 563), .source = SHEET "9:16, a convention; a Short may not be wider than high, official"},
    {SPEC_FPS, SPEC_IDEAL, BETWEEN(23000, 60000), .source = SHEET "the recorded rate, 24 to 60 are named, official", .setting = "max_fps"},
    {SPEC_DURATION, SPEC_IDEAL, AT_MOST(SHORT_MS), .source = SHEET "a Short, official since 2024-10-15; render to 179.5 s, containers round up", .setting = "max_duration"},
    {SPEC_SAMPLE_RATE, SPEC_IDEAL, EXACTLY(48000), .source = SHEET "recommended encoding, official"},
    {SPEC_CHANNELS, SPEC_IDEAL, BETWEEN(1, 2), .source = SHEET "recommended encoding, official"},
    {SPEC_EDIT_LIST, SPEC_IDEAL, EXACTLY(0), .source = SHEET "recommended encoding, official"},
    {SPEC_MOOV_FIRST, SPEC_IDEAL, EXACTLY(1), .source = SHEET "recommended encoding, official"},
    {SPEC_CLOSED_GOP, SPEC_IDEAL, EXACTLY(1), .source = SHEET "recommended encoding, official"},
    {SPEC_LOUDNESS, SPEC_IDEAL, EXACTLY(-14), .source = "ADAPTATION.md 4.2: practice on all of these platforms"},
    {SPEC_TRUE_PEAK, SPEC_IDEAL, AT_MOST(-1), .source = "ADAPTATION.md 4.2: practice on all of these platforms"},
};

static const struct text_rule texts[] = {
    {.field = "title", .template = "{title}", .limit = 100, .unit = TEXT_UTF16, .forbidden = "<>", .required = true, .one_line = true,
     .source = SHEET "text constraints, official"},
    {.field = "description", .template = "{caption}\n\n{link}\n\n{hashtags}", .limit = 5000, .unit = TEXT_UTF8_BYTES, .max_hashtags = 60,
     .forbidden = "<>", .source = SHEET "text constraints, official; over 60 hashtags all are ignored"},
};

static const struct spec spec = {
    .platform = "youtube", .sheet = "platforms/youtube.md", .date = "2026-11-22",
    .rows = rows, .nb_rows = sizeof rows / sizeof rows[0], .texts = texts, .nb_texts = sizeof texts / sizeof texts[0],
    .safe_area = {288, 672, 48, 192, "ADAPTATION.md 4.4: Google's zone for vertical ads"},
    .links_work = true, .surface = surface,
};

static const struct setting settings[] = {
    {"privacy", SETTING_CHOICE, "public unlisted private", "private", "Who sees it"},
    {"category", SETTING_TEXT, NULL, "22", "Category number, 22: People & Blogs"},
    {"notify_subscribers", SETTING_BOOL, NULL, "yes", "Tell subscribers about a public video"},
    {"as_video", SETTING_BOOL, NULL, "no", "An ordinary video is meant, not a Short: do not keep to 180 s"},
    {"chunk_size", SETTING_SIZE, NULL, "0", "Send in pieces of this size, a multiple of 256 KiB; 0: the whole file at once"},
    {NULL, SETTING_TEXT, NULL, NULL, NULL},
};

/* platforms/youtube.md, auth: a renewal carries no new refresh token */
#define TOKEN_URL "https://oauth2.googleapis.com/token"
static const struct oauth oauth[] = {
    {.hosts = (const char *const[]){"accounts.google.com", "oauth2.googleapis.com", "www.googleapis.com", NULL},
     .challenge = CHALLENGE_S256, .redirect_path = "/",
     .scopes = "https://www.googleapis.com/auth/youtube.force-ssl",    /* upload alone could neither poll nor look */
     .authorize = {"GET", "https://accounts.google.com/o/oauth2/v2/auth",
                   "client_id={client_id}&response_type=code&scope={scopes}&redirect_uri={redirect_uri}&state={state}"
                   "&code_challenge={code_challenge}&code_challenge_method=S256&access_type=offline&prompt=consent", false},
     .exchange = {"POST", TOKEN_URL, "client_id={client_id}&client_secret={client_secret}&code={code}&code_verifier={code_verifier}"
                  "&grant_type=authorization_code&redirect_uri={redirect_uri}", false},
     .refresh = {"POST", TOKEN_URL, "client_id={client_id}&client_secret={client_secret}&refresh_token={refresh_token}"
                 "&grant_type=refresh_token", false},
     .revoke = {"POST", "https://oauth2.googleapis.com/revoke", "token={refresh_token}", false},
     .account = {"GET", "https://www.googleapis.com/youtube/v3/channels", "part=snippet&mine=true", true},
     .account_id = "items.0.id", .account_name = "items.0.snippet.title"},
    {0},
};

const struct adapter adapter_youtube = {
    .name = "youtube", .title = "YouTube", .auth = AUTH_OAUTH2,
    .hosts = (const char *const[]){"www.googleapis.com", "youtube.googleapis.com", NULL},
    .spec = &spec, .settings = settings, .oauth = oauth,
    .unlock = "make a project of your own at console.cloud.google.com (YouTube Data API v3, OAuth client of type Desktop app), put its "
              "client_id into pipeline.conf, then crosscut login",
    .check = check, .step = step,
};
