/* YouTube's resumable sessions: opened with the metadata, filled in order, finished once. */
#include "tests/simulators/youtube.h"

#include "base/auto.h"
#include <string.h>

#define KIB256 INT64_C(262144)
#define SIZE_MAX_BYTES INT64_C(274877906944)

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
    const char *type = call_header(call, "x-upload-content-type"),
               *length = call_header(call, "x-upload-content-length");

    if (!type || !type_accepted(type))
        return youtube_refuse(call, "badContent",
                              "X-Upload-Content-Type is neither video/* nor application/octet-stream"),
               false;
    if (length && (!digits_read(length, total) || *total < 1 || *total > SIZE_MAX_BYTES))
        return youtube_refuse(call, "badContent", "X-Upload-Content-Length is not 1 to 274877906944"), false;
    return true;
}

void youtube_open_session(struct call *call)
{
    struct youtube *youtube = youtube_of(call);
    const char *type = call_query(call, "uploadType"), *notify = call_query(call, "notifySubscribers");
    const char *slug = call_header(call, "slug");
    char why[WHY_BYTES], location[512];
    int64_t total = -1;
    struct session *session;
    json_t *resource;

    if (!call_query_only(call, youtube_insert_query, why))
        return youtube_refuse(call, "unexpectedParameter", why);
    if (!type || strcmp(type, "resumable"))
        return youtube_refuse(call, "invalidParameter", "uploadType is not resumable");
    if (notify && !word_in("true false", notify))
        return youtube_refuse(call, "invalidParameter", "notifySubscribers is not a boolean");
    if (!youtube_parts_known(call) || !session_headers_fit(call, &total))
        return;
    if (!youtube_has_part(call_query(call, "part"), "snippet"))
        return youtube_refuse(call, "invalidTitle", "part has no snippet, so there is no title");
    resource = youtube_read_video(call, youtube_video_fields);
    if (!resource)
        return;
    if (!insert_allowed(call)) {
        json_decref(resource);
        return youtube_error(call, 403, "youtube.quota", "quotaExceeded",
                             "The daily quota of videos.insert is used up");
    }
    youtube->inserts++;
    session = must_calloc(sizeof *session);
    *session = (struct session){.resource = resource,
                                .total = total,
                                .created_ms = call->sim->now_ms,
                                .type = strdup(call_header(call, "x-upload-content-type")),
                                .slug = strdup(slug ? slug : ""),
                                .part = strdup(call_query(call, "part")),
                                .next = youtube->sessions};
    youtube->sessions = session;
    snprintf(session->id, sizeof session->id, "AEsim%08d", ++call->sim->made);
    snprintf(location, sizeof location, "%s%s?uploadType=resumable&part=%s&upload_id=%s", call->sim->base_url,
             call->in->path, session->part, session->id);
    answer_header(call, "Location", location);
    call->out->status = 200;
}

static void answer_finished(struct call *call, const struct session *session, int status)
{
    const struct video *video = youtube_video_find(youtube_of(call), session->video_id);

    if (!video)
        return youtube_not_found(call);     /* deleted since */
    answer_json(call, status, youtube_video_resource(call->sim, video, session->part));
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
    if (call->in->body_complete && option_bool(call->sim, "keep_less", false) && !session->kept_less &&
        bytes > KIB256) {
        session->kept_less = true;
        bytes -= KIB256;
    }
    if (!call->in->body_complete)
        session->kept_less = true;      /* from here on the chunks may shift */
    return bytes;
}

/* NULL when the numbers of this PUT fit the session. */
static const char *put_wrong(struct call *call, const struct session *session, const struct content_range *range,
                             int64_t length, bool last)
{
    const char *type = call_header(call, "content-type");

    if (type &&
        (!type_accepted(type) || (strcmp(session->type, "application/octet-stream") && strcmp(type, session->type))))
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
        return youtube_refuse(call, "badContent", "Content-Length is missing");
    wrong = put_wrong(call, session, range, length, last);
    if (wrong)
        return youtube_refuse(call, "badContent", wrong);
    if (range->first != session->upload.bytes) {     /* overlap or gap: nothing of it is taken */
        call_wrong(call, "the range does not start where the session stands");
        return answer_progress(call, session);
    }
    session->total = total;
    session->chunk = last ? session->chunk : length;
    upload_keep(&session->upload, call->in, kept_bytes(call, session, last));
    if (session->upload.bytes != session->total)
        return answer_progress(call, session);
    youtube_make_video(call, session);
    answer_finished(call, session, 201);
}

void youtube_put_bytes(struct call *call)
{
    const char *id = call_query(call, "upload_id"), *given = call_header(call, "content-range");
    struct session *session = youtube_of(call)->sessions;
    struct content_range range = {0};
    char why[WHY_BYTES];
    int64_t length = 0;

    while (session && strcmp(session->id, id ? id : ""))
        session = session->next;
    if (!call_query_only(call, "uploadType part upload_id", why))
        return youtube_refuse(call, "unexpectedParameter", why);
    if (!session || call->sim->now_ms >= session->created_ms + option_int(call->sim, "session_ms", 7 * DAY_MS)) {
        call->out->status = 404;       /* no JSON guaranteed */
        return;
    }
    digits_read(call_header(call, "content-length"), &length);
    if (given && !content_range_read(given, &range))
        return youtube_refuse(call, "badContent", "Content-Range cannot be read");
    if (range.probe && (length || !call_header(call, "content-length")))
        return youtube_refuse(call, "badContent", "a probe needs Content-Length: 0");
    if (*session->video_id)
        return answer_finished(call, session, 200);      /* a finished session repeats its answer */
    if (range.probe) {
        if (!range.total_unknown && session->total >= 0 && range.total != session->total)
            return youtube_refuse(call, "badContent", "the total is not the one the session was opened with");
        return answer_progress(call, session);
    }
    if (!given)
        range = (struct content_range){.last = length - 1, .total = session->total >= 0 ? session->total : length};
    if (!length || (!given && length != range.total))
        return youtube_refuse(call, "badContent", "without Content-Range the whole file must come");
    take_bytes(call, session, &range);
}
