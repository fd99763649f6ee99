/* How bytes get to Instagram: rupload, or an address it fetches. */
#include "tests/simulators/instagram.h"

#include <ctype.h>
#include <string.h>

static const int64_t size_max = 300000000;      /* the newer and stricter of the two documented sizes */

struct container *container_find(const struct call *call, const char *id)
{
    struct container *container = instagram_of(call)->containers;

    while (container && strcmp(container->id, id))
        container = container->next;
    return container;
}

void container_complete(struct sim *sim, struct container *container)
{
    container->complete = true;
    container->processing.begun_ms = sim->now_ms;
    container->failure = container->upload.bytes > size_max ? "2207082" : failure_next(sim);
}

bool instagram_url_fits(struct call *call, const char *url)
{
    bool loopback = !strncmp(url, "http://127.0.0.1", 16) || !strncmp(url, "http://localhost", 16);

    if (strncmp(url, "https://", 8) && !loopback)
        return instagram_refuse(call, 9004, 2207052, "The media could not be fetched: not a public https address"),
               false;
    for (const char *c = url; *c; c++)
        if (!isgraph((unsigned char)*c))
            return instagram_refuse(call, 9004, 2207052,
                                    "The media could not be fetched: the address is not plain ASCII"),
                   false;
    return true;
}

bool instagram_fetch(struct call *call, const char *url, struct upload *upload)
{
    if (upload_fetch(call->sim, upload, url))
        return true;
    instagram_error(call, 400, 9004, 2207052, "The media could not be fetched from this URI");
    return false;
}

static void answer_debug(struct call *call, int status, const char *type, const char *message, bool retriable)
{
    answer_json(
        call, status,
        json_pack("{s:{s:b, s:s, s:s}}", "debug_info", "retriable", retriable, "type", type, "message", message));
}

static void refuse_upload(struct call *call, int status, const char *type, const char *why)
{
    call_wrong(call, why);
    answer_debug(call, status, type, why, false);
}

static void upload_from_url(struct call *call, struct container *container, const char *url)
{
    if (call->in->body_bytes || container->upload.bytes)
        return refuse_upload(call, 400, "ProcessingFailedError", "file_url comes instead of a body");
    if (!instagram_url_fits(call, url) || !instagram_fetch(call, url, &container->upload))
        return;
    container_complete(call->sim, container);
    answer_json(call, 200, json_pack("{s:b, s:s}", "success", 1, "message", "Upload successful."));
}

static void upload_bytes(struct call *call, struct container *container)
{
    int64_t offset, size, length;
    const char *type = call_header(call, "content-type");

    if (!digits_read(call_header(call, "offset"), &offset) || !digits_read(call_header(call, "file_size"), &size) ||
        size < 1)
        return refuse_upload(call, 400, "ProcessingFailedError", "the headers offset and file_size must be numbers");
    if (!type || strcmp(type, "application/octet-stream"))
        return refuse_upload(call, 400, "ProcessingFailedError", "Content-Type is not application/octet-stream");
    if (size > size_max)
        return refuse_upload(call, 400, "ProcessingFailedError", "file_size is over 300 MB");
    if (container->file_size && container->file_size != size)
        return refuse_upload(call, 400, "ProcessingFailedError", "file_size differs from the one given before");
    container->file_size = size;
    if (offset != container->upload.bytes) {
        answer_debug(call, 412, "OffsetInvalidError", "offset is not what has been received", true);
        return;
    }
    if (!digits_read(call_header(call, "content-length"), &length) || length != size - offset)
        return refuse_upload(call, 400, "PartialRequestError", "the body is not everything from offset to the end");
    upload_keep(&container->upload, call->in, call->in->body_bytes);
    if (!call->in->body_complete || container->upload.bytes != size)
        return answer_debug(call, 400, "PartialRequestError", "the body ended early", true);
    if (!container->complete)
        container_complete(call->sim, container);
    answer_json(call, 200, json_pack("{s:b, s:s}", "success", 1, "message", "Upload successful."));
}

void instagram_rupload(struct call *call)
{
    struct container *container = container_find(call, call->id);
    const char *url = call_header(call, "file_url");
    bool absent;

    if (!call_authorized(call, "OAuth", &absent)) {
        if (absent)
            call_wrong(call, "Authorization: OAuth is missing");
        return answer_debug(call, 400, "NotAuthorizedError", "the access token is not valid here", false);
    }
    if (!container || !container->resumable || json_object_size(call->in->query))
        return refuse_upload(call, 400, "ProcessingFailedError", "no such resumable container");
    if (call->sim->now_ms >= container->created_ms + DAY_MS)
        return answer_debug(call, 400, "ProcessingFailedError", "the container has expired", false);
    if (url)
        upload_from_url(call, container, url);
    else
        upload_bytes(call, container);
}
