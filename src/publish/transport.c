#include "publish/transport.h"

#include "base/auto.h"
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { JSON_MAX_DEPTH = 64 };

/* Names that the transport alone decides about, or that would carry a secret past it. */
static bool own_header(const char *name)
{
    static const char *const names[] = {"authorization", "proxy-authorization", "cookie", "host",
                                        "connection",    "transfer-encoding",   "expect", "upgrade"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcasecmp(name, names[i]))
            return true;
    return false;
}

static bool check_header(const struct http_header *h, struct error *err)
{
    static const char separators[] = "()<>@,;:\\\"/[]?={} \t";

    if (!h->name[0] || own_header(h->name))
        return fail_rule(err, ERROR_INTERNAL, "header", "a request sets the header '%s', which is the transport's own",
                         h->name);
    for (const unsigned char *c = (const unsigned char *)h->name; *c; c++)
        if (*c <= 0x20 || *c >= 0x7f || strchr(separators, *c))
            return fail_rule(err, ERROR_INTERNAL, "header", "a header's name has a character that HTTP does not allow");
    for (const unsigned char *c = (const unsigned char *)(h->value ? h->value : ""); *c; c++)
        if ((*c < 0x20 && *c != '\t') || *c == 0x7f)
            return fail_rule(err, ERROR_INTERNAL, "header",
                             "header '%s' has a control character in its value; nothing was sent", h->name);
    return true;
}

static bool check_request(const struct http_request *r, struct error *err)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"};
    bool known = false;

    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        known |= !strcmp(r->method ? r->method : "", methods[i]);
    if (!known)
        return fail_rule(err, ERROR_INTERNAL, "header", "a request has no method that is known");
    if (r->file && (r->offset < 0 || r->length < 0 || r->body))
        return fail_rule(err, ERROR_INTERNAL, "header", "a request has a body that makes no sense");
    for (size_t i = 0; i < sizeof r->headers / sizeof r->headers[0] && r->headers[i].name; i++)
        if (!check_header(&r->headers[i], err))
            return false;
    return true;
}

/* Length 0 is "to the end". A file that is not there is found missing by whoever opens it. */
static void resolve_length(struct http_request *r)
{
    struct stat st;

    if (r->file && !r->length && !stat(r->file, &st) && S_ISREG(st.st_mode) && st.st_size > r->offset)
        r->length = st.st_size - r->offset;
}

bool transport_start(struct transport *transport, const struct transport_call *call, struct error *err)
{
    AUTO_ARENA struct arena *arena = arena_create();
    struct transport_call resolved = *call;

    if (!check_request(&call->request, err))
        return false;
    resolved.request.url = egress_resolve(call->request.url, call->hosts, call->api_base, arena, err);
    if (!resolved.request.url)
        return false;
    resolve_length(&resolved.request);
    if (resolved.request.body && !resolved.request.body_bytes)
        resolved.request.body_bytes = strlen(resolved.request.body);
    if (resolved.request.sign == SIGN_NONE || !strncmp(resolved.request.url, "host:", 5))
        resolved.token = NULL;
    return transport->ops->start(transport, &resolved, err);
}

bool transport_wait(struct transport *transport, int timeout_ms, struct pollfd *extra, size_t nb_extra,
                    struct error *err)
{
    return transport->ops->wait(transport, timeout_ms, extra, nb_extra, err);
}

bool transport_next(struct transport *transport, struct transport_answer *answer)
{
    return transport->ops->next(transport, answer);
}

void transport_cancel(struct transport *transport)
{
    transport->ops->cancel(transport);
    transport->progress = NULL;
}

void transport_destroy(struct transport *transport)
{
    if (transport)
        transport->ops->destroy(transport);
}

/* Jansson recurses; a platform's answer must not decide how deep. */
static bool deeper_than(const char *text, size_t nb_bytes, int limit)
{
    bool quoted = false;
    int depth = 0;

    for (size_t i = 0; i < nb_bytes; i++) {
        char c = text[i];

        if (quoted && c == '\\')
            i++;
        else if (c == '"')
            quoted = !quoted;
        else if (!quoted && (c == '{' || c == '[') && ++depth > limit)
            return true;
        else if (!quoted && (c == '}' || c == ']'))
            depth--;
    }
    return false;
}

json_t *json_parse_strict(const char *text, size_t nb_bytes)
{
    return deeper_than(text, nb_bytes, JSON_MAX_DEPTH) ? NULL
                                                       : json_loadb(text, nb_bytes, JSON_REJECT_DUPLICATES, NULL);
}

void transport_answer_fill(struct transport_answer *answer, void *tag, int status, json_t *headers, const char *body,
                           size_t body_bytes)
{
    *answer = (struct transport_answer){
        .tag = tag, .headers = headers ? headers : json_object(), .body = malloc(body_bytes + 1)};
    if (!answer->body || !answer->headers) {    /* an answer that cannot be kept is a lost one */
        transport_answer_finish(answer);
        transport_answer_lose(answer, tag, false, "out of memory");
        return;
    }
    if (body_bytes)
        memcpy(answer->body, body, body_bytes);
    answer->body[body_bytes] = '\0';
    answer->json = json_parse_strict(answer->body, body_bytes);
    answer->response = (struct http_response){.status = status, .headers = answer->headers, .body = answer->body,
                                              .body_bytes = body_bytes, .json = answer->json};
}

void transport_answer_lose(struct transport_answer *answer, void *tag, bool not_sent, const char *reason)
{
    *answer = (struct transport_answer){.tag = tag, .response = {.not_sent = not_sent, .body = ""}};
    snprintf(answer->reason, sizeof answer->reason, "%s", reason);
}

void transport_answer_finish(struct transport_answer *answer)
{
    json_decref(answer->headers);
    json_decref(answer->json);
    free(answer->body);
    *answer = (struct transport_answer){.response = {.body = ""}};
}
