/* libcurl: one multi handle, and the only place where an easy handle is made (the settings of RELIABILITY 5.2). */
#include "publish/transport.h"

#include "base/auto.h"
#include "publish/answers.h"
#include "publish/host.h"
#include <arpa/inet.h>
#include <crosscut/str.h>
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum {
    CONNECT_TIMEOUT_S = 10,
    CALL_TIMEOUT_S = 60,          /* a JSON call */
    GUARDED_TIMEOUT_S = 300,      /* a publish of 222 s is on record */
    STALLED_BYTES_PER_S = 1024,
    STALLED_S = 60,
    BODY_MAX_BYTES = 4 << 20,
    HEADERS_MAX_BYTES = 64 << 10,
    BUFFER_BYTES = 256 << 10,     /* of an upload: constant memory whatever the file's size */
};

struct flight {
    struct flight *next;
    struct curl *owner;
    void *tag;
    CURL *easy;
    struct curl_slist *headers_out;
    char *url, *body_out;
    int fd;                       /* of the file; -1: none */
    int64_t offset, at, length;   /* of the range; at counts from offset */
    bool loopback_only;           /* plain http */
    bool began;                   /* the connection stands: from here on bytes may have left */
    bool too_much;                /* more came back than is read */
    struct str body;
    json_t *headers;
    size_t header_bytes;
};

struct curl {
    struct transport base;
    CURLM *multi;
    struct host *host;
    struct flight *flights;
    struct answers answers;
};

/* ---- callbacks ---- */

static size_t on_read(char *buffer, size_t size, size_t nb, void *context)
{
    struct flight *f = context;
    int64_t left = f->length - f->at;
    size_t want = size * nb;
    ssize_t got;

    if ((int64_t)want > left)
        want = (size_t)left;
    do
        got = pread(f->fd, buffer, want, f->offset + f->at);
    while (got < 0 && errno == EINTR);
    if (got < 0 || (!got && want))
        return CURL_READFUNC_ABORT;    /* the file became shorter: better no post than half of one */
    f->at += got;
    return (size_t)got;
}

static int on_seek(void *context, curl_off_t offset, int origin)
{
    struct flight *f = context;

    if (origin != SEEK_SET || offset < 0 || offset > f->length)
        return CURL_SEEKFUNC_FAIL;
    f->at = offset;
    return CURL_SEEKFUNC_OK;
}

static size_t on_body(char *bytes, size_t size, size_t nb, void *context)
{
    struct flight *f = context;

    if (f->body.bytes + size * nb > BODY_MAX_BYTES) {
        f->too_much = true;
        return 0;
    }
    str_add_bytes(&f->body, bytes, size * nb);
    return size * nb;
}

static void keep_header(struct flight *f, const char *line, size_t nb_bytes)
{
    const char *colon = memchr(line, ':', nb_bytes);
    char name[128];
    const char *value, *end = line + nb_bytes;
    size_t n = colon ? (size_t)(colon - line) : 0;

    if (!n || n >= sizeof name)
        return;
    for (size_t i = 0; i < n; i++)
        name[i] = (char)(line[i] >= 'A' && line[i] <= 'Z' ? line[i] + 32 : line[i]);
    name[n] = '\0';
    for (value = colon + 1; value < end && (*value == ' ' || *value == '\t'); value++)
        ;
    while (end > value && strchr("\r\n \t", end[-1]))
        end--;
    if (!json_object_get(f->headers, name))
        json_object_set_new(f->headers, name, json_stringn(value, (size_t)(end - value)));
}

static size_t on_header(char *line, size_t size, size_t nb, void *context)
{
    struct flight *f = context;
    size_t nb_bytes = size * nb;

    f->header_bytes += nb_bytes;
    if (f->header_bytes > HEADERS_MAX_BYTES) {
        f->too_much = true;
        return 0;
    }
    if (nb_bytes > 5 && !strncmp(line, "HTTP/", 5))
        json_object_clear(f->headers);    /* of an interim answer such as 100 Continue */
    else
        keep_header(f, line, nb_bytes);
    return nb_bytes;
}

static int on_progress(void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    struct flight *f = context;

    (void)down_total;
    (void)down;
    if (f->fd >= 0 && f->owner->base.progress && up)
        f->owner->base.progress(f->owner->base.progress_context, f->tag, up, up_total);
    return 0;
}

/* From here on the request may have left, whatever is reported later. */
static int on_request(void *context, char *to, char *from, int to_port, int from_port)
{
    struct flight *f = context;

    (void)to;
    (void)from;
    (void)to_port;
    (void)from_port;
    f->began = true;
    return CURL_PREREQFUNC_OK;
}

static bool is_loopback(const struct curl_sockaddr *a)
{
    if (a->family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)&a->addr)->sin_addr.s_addr) >> 24 == 127;
    return a->family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)&a->addr)->sin6_addr);
}

/* The address that is really used: a name that says localhost must not lead elsewhere in plain text. */
static curl_socket_t on_socket(void *context, curlsocktype purpose, struct curl_sockaddr *address)
{
    const struct flight *f = context;

    if (purpose != CURLSOCKTYPE_IPCXN || (f->loopback_only && !is_loopback(address)))
        return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* ---- the factory ---- */

#define SET(option, value) ok = ok && curl_easy_setopt(e, option, value) == CURLE_OK

static bool harden(struct flight *f)
{
    CURL *e = f->easy;
    bool ok = true;

    SET(CURLOPT_PROTOCOLS_STR, f->loopback_only ? "http" : "https");
    SET(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    SET(CURLOPT_FOLLOWLOCATION, 0L);
    SET(CURLOPT_UNRESTRICTED_AUTH, 0L);
    SET(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
    SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_PROXY_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    SET(CURLOPT_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_PROXY_SSL_VERIFYPEER, 1L);
    SET(CURLOPT_PROXY_SSL_VERIFYHOST, 2L);
    SET(CURLOPT_NOSIGNAL, 1L);
    SET(CURLOPT_HTTP09_ALLOWED, 0L);
    SET(CURLOPT_HTTP_VERSION,
        (long)CURL_HTTP_VERSION_1_1); /* a refused HTTP/2 stream would be repeated behind our back */
    SET(CURLOPT_MAXLIFETIME_CONN, 300L);
    SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_TIMEOUT_S);
    SET(CURLOPT_OPENSOCKETFUNCTION, on_socket);
    SET(CURLOPT_OPENSOCKETDATA, f);
    SET(CURLOPT_PREREQFUNCTION, on_request);
    SET(CURLOPT_PREREQDATA, f);
    SET(CURLOPT_USERAGENT, "crosscut/" CROSSCUT_VERSION);
    if (f->loopback_only)
        SET(CURLOPT_PROXY, "");    /* what is meant for this machine does not go to a proxy */
    return ok;
}

static bool set_receiving(struct flight *f)
{
    CURL *e = f->easy;
    bool ok = true;

    SET(CURLOPT_WRITEFUNCTION, on_body);
    SET(CURLOPT_WRITEDATA, f);
    SET(CURLOPT_HEADERFUNCTION, on_header);
    SET(CURLOPT_HEADERDATA, f);
    SET(CURLOPT_XFERINFOFUNCTION, on_progress);
    SET(CURLOPT_XFERINFODATA, f);
    SET(CURLOPT_NOPROGRESS, f->fd < 0 ? 1L : 0L);
    SET(CURLOPT_PRIVATE, f);
    return ok;
}

/* One attempt at a guarded request, on its own connection: libcurl repeats a request on a pooled connection that died.
 */
static bool set_limits(struct flight *f, const struct http_request *r)
{
    bool guarded = r->repeat == REPEAT_NEVER, ok = true;
    CURL *e = f->easy;

    SET(CURLOPT_FRESH_CONNECT, guarded ? 1L : 0L);
    SET(CURLOPT_FORBID_REUSE, guarded ? 1L : 0L);
    SET(CURLOPT_TIMEOUT, r->file ? 0L : guarded ? (long)GUARDED_TIMEOUT_S : (long)CALL_TIMEOUT_S);
    SET(CURLOPT_LOW_SPEED_LIMIT, (long)STALLED_BYTES_PER_S);
    SET(CURLOPT_LOW_SPEED_TIME, guarded ? (long)GUARDED_TIMEOUT_S : (long)STALLED_S);
    return ok;
}

static bool set_file(struct flight *f, const struct http_request *r, struct error *err)
{
    CURL *e = f->easy;
    struct stat st;
    bool ok = true;

    f->fd = open(r->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (f->fd < 0 || fstat(f->fd, &st) < 0)
        return fail_rule(err, ERROR_CONFIG, "rendition.missing", "'%s': %s", r->file, strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_size < r->offset || st.st_size - r->offset < r->length)
        return fail_rule(err, ERROR_CONFIG, "rendition.changed", "'%s' is shorter than what is to be sent of it",
                         r->file);
    f->offset = r->offset;
    f->length = r->length;
    SET(CURLOPT_UPLOAD, 1L);
    SET(CURLOPT_UPLOAD_BUFFERSIZE, (long)BUFFER_BYTES);
    SET(CURLOPT_READFUNCTION, on_read);
    SET(CURLOPT_READDATA, f);
    SET(CURLOPT_SEEKFUNCTION, on_seek);
    SET(CURLOPT_SEEKDATA, f);
    SET(CURLOPT_INFILESIZE_LARGE, (curl_off_t)r->length);
    SET(CURLOPT_CUSTOMREQUEST, r->method);
    return ok || fail(err, ERROR_INTERNAL, "libcurl does not take an option");
}

static bool set_body(struct flight *f, const struct http_request *r, struct error *err)
{
    bool carries = r->body || !strcmp(r->method, "POST") || !strcmp(r->method, "PUT") || !strcmp(r->method, "PATCH"),
         ok = true;
    CURL *e = f->easy;

    if (r->file)
        return set_file(f, r, err);
    if (carries) {
        f->body_out = malloc(r->body_bytes + 1);
        if (!f->body_out)
            return fail(err, ERROR_INTERNAL, "out of memory");
        memcpy(f->body_out, r->body ? r->body : "", r->body_bytes);
        SET(CURLOPT_POSTFIELDS, f->body_out);
        SET(CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)r->body_bytes);
    } else if (!strcmp(r->method, "HEAD")) {
        SET(CURLOPT_NOBODY, 1L);
    }
    SET(CURLOPT_CUSTOMREQUEST, r->method);
    return ok || fail(err, ERROR_INTERNAL, "libcurl does not take an option");
}

static bool add_header(struct flight *f, const char *name, const char *value)
{
    AUTO_STR struct str line = {0};
    struct curl_slist *longer;

    str_printf(&line, value[0] ? "%s: %s" : "%s;", name, value);    /* "name;" is libcurl's way to send an empty one */
    longer = curl_slist_append(f->headers_out, str_text(&line));
    if (longer)
        f->headers_out = longer;
    return longer != NULL;
}

static bool set_headers(struct flight *f, const struct transport_call *call, struct error *err)
{
    const struct http_request *r = &call->request;
    struct curl_slist *none;
    bool typed = false, ok;
    CURL *e = f->easy;

    none = curl_slist_append(NULL, "Expect:");    /* no stall of a second before a body */
    f->headers_out = none;
    ok = none != NULL;
    for (size_t i = 0; ok && i < sizeof r->headers / sizeof r->headers[0] && r->headers[i].name; i++) {
        typed |= !strcasecmp(r->headers[i].name, "Content-Type");
        if (strcasecmp(r->headers[i].name, "Content-Length"))    /* libcurl counts for itself */
            ok = add_header(f, r->headers[i].name, r->headers[i].value ? r->headers[i].value : "");
    }
    if (ok && !typed) {
        none = curl_slist_append(f->headers_out, "Content-Type:");    /* none, instead of libcurl's guess */
        ok = none != NULL;
    }
    if (ok && call->token && r->sign == SIGN_OAUTH) {
        AUTO_STR struct str value = {0};

        str_printf(&value, "OAuth %s", call->token);
        ok = add_header(f, "Authorization", str_text(&value));
        explicit_bzero(value.data, value.bytes);
    }
    if (call->token && r->sign == SIGN_BEARER) {
        SET(CURLOPT_HTTPAUTH, (long)CURLAUTH_BEARER);
        SET(CURLOPT_XOAUTH2_BEARER, call->token);
    }
    SET(CURLOPT_HTTPHEADER, f->headers_out);
    return ok || fail(err, ERROR_INTERNAL, "out of memory");
}

static void release(struct flight *f)
{
    if (f->easy)
        curl_easy_cleanup(f->easy);
    for (struct curl_slist *line = f->headers_out; line; line = line->next)
        explicit_bzero(line->data, strlen(line->data));
    curl_slist_free_all(f->headers_out);
    if (f->fd >= 0)
        close(f->fd);
    str_finish(&f->body);
    json_decref(f->headers);
    free(f->body_out);
    free(f->url);
    free(f);
}

static struct flight *make_flight(struct curl *c, const struct transport_call *call, struct error *err)
{
    struct flight *f = answers_alloc(sizeof *f);
    bool ok;

    *f = (struct flight){.owner = c, .tag = call->tag, .fd = -1, .easy = curl_easy_init(), .headers = json_object(),
                         .url = strdup(call->request.url), .loopback_only = !strncmp(call->request.url, "http:", 5)};
    if (!f->easy || !f->headers || !f->url) {
        fail(err, ERROR_INTERNAL, "out of memory");
        release(f);
        return NULL;
    }
    ok = set_body(f, &call->request, err) && set_headers(f, call, err);
    if (ok && !(curl_easy_setopt(f->easy, CURLOPT_URL, f->url) == CURLE_OK && harden(f) && set_receiving(f) &&
                set_limits(f, &call->request)))
        ok = fail(err, ERROR_INTERNAL, "libcurl does not take an option that a safe request needs");
    if (!ok) {
        release(f);
        return NULL;
    }
    return f;
}

/* ---- the transport ---- */

static bool ask_host(struct curl *c, const struct transport_call *call, struct error *err)
{
    struct transport_answer answer = {.tag = call->tag};

    if (!c->host)
        return fail_rule(err, ERROR_CONFIG, "host.missing",
                         "%s: needs a place for public files: set [host] path and base_url", call->platform);
    host_answer(c->host, &call->request, &answer);
    answers_push(&c->answers, &answer);
    return true;
}

static bool start(struct transport *transport, const struct transport_call *call, struct error *err)
{
    struct curl *c = (struct curl *)transport;
    struct flight *f;

    if (!strncmp(call->request.url, "host:", 5))
        return ask_host(c, call, err);
    f = make_flight(c, call, err);
    if (!f)
        return false;
    if (curl_multi_add_handle(c->multi, f->easy) != CURLM_OK) {
        release(f);
        return fail(err, ERROR_INTERNAL, "libcurl does not take a request");
    }
    f->next = c->flights;
    c->flights = f;
    return true;
}

static void unlink_flight(struct curl *c, const struct flight *f)
{
    struct flight **at = &c->flights;

    while (*at && *at != f)
        at = &(*at)->next;
    if (*at)
        *at = f->next;
}

static void land(struct curl *c, struct flight *f, CURLcode rc)
{
    struct transport_answer answer;
    long status = 0;

    curl_easy_getinfo(f->easy, CURLINFO_RESPONSE_CODE, &status);
    if (rc == CURLE_OK && status >= 200 && status <= 599) {
        transport_answer_fill(&answer, f->tag, (int)status, f->headers, str_text(&f->body), f->body.bytes);
        f->headers = NULL;
    } else {
        transport_answer_lose(&answer, f->tag, !f->began,
                              f->too_much ? "the answer is larger than is read" : curl_easy_strerror(rc));
    }
    answers_push(&c->answers, &answer);
    curl_multi_remove_handle(c->multi, f->easy);
    unlink_flight(c, f);
    release(f);
}

static bool perform(struct curl *c, struct error *err)
{
    CURLMcode rc;
    CURLMsg *message;
    int running, left;

    rc = curl_multi_perform(c->multi, &running);
    if (rc != CURLM_OK)
        return fail(err, ERROR_INTERNAL, "libcurl: %s", curl_multi_strerror(rc));
    while ((message = curl_multi_info_read(c->multi, &left))) {
        CURLcode result = message->data.result;
        void *f = NULL;

        if (message->msg == CURLMSG_DONE &&
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, (char **)&f) == CURLE_OK)
            land(c, f, result);
    }
    return true;
}

static bool poll_some(struct curl *c, int timeout_ms, struct pollfd *extra, size_t nb_extra, struct error *err)
{
    struct curl_waitfd *fds = nb_extra ? answers_alloc(nb_extra * sizeof *fds) : NULL;
    CURLMcode rc;

    for (size_t i = 0; i < nb_extra; i++)
        fds[i] = (struct curl_waitfd){.fd = extra[i].fd, .events = CURL_WAIT_POLLIN};
    rc = curl_multi_poll(c->multi, fds, (unsigned)nb_extra, timeout_ms, NULL);
    free(fds);
    if (nb_extra && poll(extra, (nfds_t)nb_extra, 0) < 0)    /* poll's own words about them */
        return errno == EINTR ? true : fail(err, ERROR_INTERNAL, "poll: %s", strerror(errno));
    return rc == CURLM_OK || fail(err, ERROR_INTERNAL, "libcurl: %s", curl_multi_strerror(rc));
}

static bool wait_some(struct transport *transport, int timeout_ms, struct pollfd *extra, size_t nb_extra,
                      struct error *err)
{
    struct curl *c = (struct curl *)transport;

    if (!perform(c, err))
        return false;
    return poll_some(c, c->answers.first ? 0 : timeout_ms, extra, nb_extra, err) && perform(c, err);
}

static bool next(struct transport *transport, struct transport_answer *answer)
{
    return answers_pop(&((struct curl *)transport)->answers, answer);
}

static void cancel(struct transport *transport)
{
    struct curl *c = (struct curl *)transport;

    while (c->flights) {
        struct flight *f = c->flights;

        c->flights = f->next;
        curl_multi_remove_handle(c->multi, f->easy);
        release(f);
    }
    answers_finish(&c->answers);
}

static void destroy(struct transport *transport)
{
    struct curl *c = (struct curl *)transport;

    cancel(transport);
    curl_multi_cleanup(c->multi);
    free(c);
    curl_global_cleanup();
}

struct transport *transport_curl_create(struct host *host, struct error *err)
{
    static const struct transport_ops ops = {start, wait_some, next, cancel, destroy};
    struct curl *c;

    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        fail(err, ERROR_INTERNAL, "libcurl cannot start");
        return NULL;
    }
    c = answers_alloc(sizeof *c);
    *c = (struct curl){.base.ops = &ops, .multi = curl_multi_init(), .host = host};
    if (!c->multi) {
        free(c);
        curl_global_cleanup();
        fail(err, ERROR_INTERNAL, "libcurl cannot start");
        return NULL;
    }
    return &c->base;
}
