#include "tests/simulators/server.h"

#include "tests/simulators/core.h"

#include "base/auto.h"
#include "base/clock.h"
#include "base/file.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>

enum { BODY_MAX = 4 << 20, LINGER_SECONDS = 60 };

/* One request on its way. */
struct exchange {
    struct server *server;
    char *path, *method;
    json_t *query, *headers;
    struct fault fault;
    int64_t limit;              /* bytes of body after which the connection breaks; -1: none */
    int client_port;
    bool begun, done;           /* headers seen; answered, or handed to the core */
    bool upload;                /* the body goes to `fd`, else to `body` */
    int fd;
    char file[4096];
    struct str body;
    int64_t bytes;
    struct sha256 *hash;
};

int64_t server_now_ms(const struct server *server)
{
    return clock_now_ms() + server->ahead_ms;
}

/* ---- receiving ---- */

static int port_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    struct sockaddr_in address = {0};

    if (info && info->client_addr && info->client_addr->sa_family == AF_INET)
        memcpy(&address, info->client_addr, sizeof address);
    return ntohs(address.sin_port);
}

/* Called first, with the raw address; what it returns is the exchange of all later calls. */
static void *begin(void *ctx, const char *uri, struct MHD_Connection *connection)
{
    struct exchange *x = must_calloc(sizeof *x);

    x->server = ctx;
    x->client_port = port_of(connection);
    x->fd = -1;
    x->limit = -1;
    x->hash = sha256_create();
    if (!sim_split_url(uri, &x->path, &x->query))
        x->path = NULL;
    return x;
}

static enum MHD_Result add_header(void *ctx, enum MHD_ValueKind kind, const char *name, const char *value)
{
    char lower[128];
    size_t i = 0;

    (void)kind;
    for (; name[i] && i < sizeof lower - 1; i++)
        lower[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] + 32) : name[i];
    lower[i] = '\0';
    if (json_object_set_new(ctx, lower, json_string(value ? value : "")))
        json_object_set_new(ctx, lower, json_string("(not UTF-8)"));
    return MHD_YES;
}

/* Texts are kept in memory, everything else is an upload. */
static bool is_upload(const json_t *headers)
{
    const char *type = text_of(headers, "content-type");

    return strncasecmp(type, "application/json", 16) && strncasecmp(type, "application/x-www-form-urlencoded", 33) &&
           strncasecmp(type, "multipart/", 10) && strncasecmp(type, "text/", 5);
}

static bool is_control(const struct exchange *x)
{
    return !strncmp(x->path, "/_sim/", 6);
}

static void headers_known(struct exchange *x, struct MHD_Connection *connection, const char *method)
{
    struct server *server = x->server;

    x->begun = true;
    x->method = strdup(method);
    x->headers = json_object();
    MHD_get_connection_values(connection, MHD_HEADER_KIND, add_header, x->headers);
    if (is_control(x))
        return;
    x->upload = is_upload(x->headers);
    pthread_mutex_lock(&server->lock);
    x->fault = faults_next(server->faults, method, x->path);
    x->limit = fault_break_bytes(&x->fault);
    if (x->upload)
        snprintf(x->file, sizeof x->file, "%s/%s-body-%06d", server->dir, server->simulator->name, ++server->bodies);
    pthread_mutex_unlock(&server->lock);
}

static bool write_all(int fd, const char *bytes, size_t nb_bytes)
{
    while (nb_bytes) {
        ssize_t put = write(fd, bytes, nb_bytes);

        if (put < 0 && errno != EINTR)
            return false;
        bytes += put > 0 ? put : 0;
        nb_bytes -= put > 0 ? (size_t)put : 0;
    }
    return true;
}

static bool keep(struct exchange *x, const char *bytes, size_t nb_bytes)
{
    if (x->limit >= 0 && x->bytes + (int64_t)nb_bytes > x->limit)
        nb_bytes = (size_t)(x->limit - x->bytes);
    sha256_add(x->hash, bytes, nb_bytes);
    x->bytes += (int64_t)nb_bytes;
    if (!x->upload) {
        if (x->bytes <= BODY_MAX)
            str_add_bytes(&x->body, bytes, nb_bytes);
        return true;
    }
    if (x->fd < 0)
        x->fd = open(x->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    return x->fd >= 0 && write_all(x->fd, bytes, nb_bytes);
}

/* ---- answering ---- */

static void log_request(struct exchange *x, const struct sim_response *out, bool complete, bool lost)
{
    json_array_append_new(x->server->requests,
                          json_pack("{s:s, s:s, s:i, s:I, s:b, s:I, s:s}", "method", x->method, "path", x->path,
                                    "status", lost ? 0 : out->status, "bytes", (json_int_t)x->bytes, "complete",
                                    complete, "ms", (json_int_t)server_now_ms(x->server), "fault",
                                    text_of(x->fault.order, "fault")));
}

/* Never ourselves: in a test the client may be this very process. */
static void kill_client(const struct exchange *x, int pid)
{
    if (!pid)
        pid = peer_pid(x->client_port, x->server->port);
    if (pid > 1 && pid != getpid())
        kill(pid, SIGKILL);
}

/* Hands the request to the core, whole or broken. */
static struct fault_effect run(struct exchange *x, bool complete, struct sim_response *out)
{
    struct server *server = x->server;
    char hex[SHA256_HEX_BYTES];
    struct sim_request in = {.method = x->method,
                             .path = x->path,
                             .query = x->query,
                             .headers = x->headers,
                             .body_bytes = x->bytes,
                             .body = !x->upload && x->bytes && x->bytes <= BODY_MAX ? str_text(&x->body) : NULL,
                             .body_complete = complete,
                             .body_sha256 = hex,
                             .body_file = x->fd >= 0 ? x->file : NULL};
    struct fault_effect effect;

    sha256_hex(x->hash, hex);
    x->done = true;
    pthread_mutex_lock(&server->lock);
    in.now_ms = server_now_ms(server);
    effect = fault_handle(&x->fault, server->simulator, server->sim, &in, out);
    log_request(x, out, complete, effect.lost || !complete);
    if (effect.kills)
        kill_client(x, effect.kill_pid);
    pthread_mutex_unlock(&server->lock);
    return effect;
}

struct cut_body { char *text; size_t bytes, stop; };

static ssize_t read_cut(void *ctx, uint64_t at, char *buffer, size_t room)
{
    struct cut_body *cut = ctx;
    size_t left = at < cut->stop ? cut->stop - (size_t)at : 0, n = left < room ? left : room;

    if (!n)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    memcpy(buffer, cut->text + at, n);
    return (ssize_t)n;
}

static void free_cut(void *ctx)
{
    struct cut_body *cut = ctx;

    free(cut->text);
    free(cut);
}

static struct MHD_Response *body_response(const struct sim_response *out, size_t cut_bytes)
{
    size_t bytes = out->body ? strlen(out->body) : 0;
    struct cut_body *cut;

    if (!cut_bytes)
        return MHD_create_response_from_buffer(bytes, out->body ? out->body : (char[]){""}, MHD_RESPMEM_MUST_COPY);
    cut = must_calloc(sizeof *cut);
    *cut = (struct cut_body){strdup(out->body), bytes, cut_bytes};
    return MHD_create_response_from_callback(bytes, 4096, read_cut, cut, free_cut);
}

static enum MHD_Result send_response(struct MHD_Connection *connection, struct sim_response *out, size_t cut_bytes)
{
    struct MHD_Response *response = body_response(out, cut_bytes);
    const char *name;
    json_t *value;
    enum MHD_Result result;

    json_object_foreach(out->headers, name, value)
        MHD_add_response_header(response, name, json_string_value(value) ? json_string_value(value) : "");
    result = MHD_queue_response(connection, out->status ? (unsigned)out->status : 500, response);
    MHD_destroy_response(response);
    return result;
}

static void response_finish(struct sim_response *out)
{
    json_decref(out->headers);
    free(out->body);
}

static enum MHD_Result answer(struct exchange *x, struct MHD_Connection *connection)
{
    struct sim_response out = {0};
    struct fault_effect effect = run(x, true, &out);
    enum MHD_Result result = MHD_NO;    /* closes the connection without a word */

    if (effect.stall_ms > 0)
        nanosleep(&(struct timespec){effect.stall_ms / 1000, effect.stall_ms % 1000 * 1000000}, NULL);
    if (!effect.lost)
        result = send_response(connection, &out, effect.cut_bytes);
    response_finish(&out);
    return result;
}

/* "bytes=A-B", "bytes=A-", "bytes=-N" within `size`. */
static bool range_read(const char *text, int64_t size, int64_t *first, int64_t *last)
{
    char a[24] = "", b[24] = "";

    if (!text || strncmp(text, "bytes=", 6) || strchr(text, ','))
        return false;
    snprintf(a, sizeof a, "%.*s", (int)strcspn(text + 6, "-"), text + 6);
    snprintf(b, sizeof b, "%s", strchr(text, '-') ? strchr(text, '-') + 1 : "");
    *last = size - 1;
    if (!*a)
        return digits_read(b, first) && *first && (*first = *first < size ? size - *first : 0, true);
    if (!digits_read(a, first) || (*b && !digits_read(b, last)))
        return false;
    *last = *last < size ? *last : size - 1;
    return *first <= *last;
}

static enum MHD_Result send_file(struct exchange *x, struct MHD_Connection *connection, const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    struct stat st;
    int64_t first = 0, last;
    bool part;
    char range[80];
    struct MHD_Response *response;
    enum MHD_Result result;

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        if (fd >= 0)
            close(fd);
        return send_response(connection, &(struct sim_response){.status = 404}, 0);
    }
    last = st.st_size - 1;
    part = range_read(json_string_value(json_object_get(x->headers, "range")), st.st_size, &first, &last);
    response = MHD_create_response_from_fd_at_offset64((uint64_t)(last - first + 1), fd, (uint64_t)first);
    snprintf(range, sizeof range, "bytes %lld-%lld/%lld", (long long)first, (long long)last, (long long)st.st_size);
    if (part)
        MHD_add_response_header(response, "Content-Range", range);
    MHD_add_response_header(response, "Accept-Ranges", "bytes");
    MHD_add_response_header(response, "Content-Type", "video/mp4");
    result = MHD_queue_response(connection, part ? 206 : 200, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result control(struct exchange *x, struct MHD_Connection *connection)
{
    struct sim_response out = {0};
    char file[4096] = "";
    enum MHD_Result result;

    x->done = true;
    pthread_mutex_lock(&x->server->lock);
    control_handle(x->server, x->method, x->path, x->bytes && x->bytes <= BODY_MAX ? str_text(&x->body) : "", &out,
                   file);
    pthread_mutex_unlock(&x->server->lock);
    result = *file ? send_file(x, connection, file) : send_response(connection, &out, 0);
    response_finish(&out);
    return result;
}

static enum MHD_Result serve(void *ctx, struct MHD_Connection *connection, const char *url, const char *method,
                             const char *version, const char *data, size_t *data_bytes, void **exchange)
{
    struct exchange *x = *exchange;
    struct sim_response out;

    (void)ctx, (void)url, (void)version;
    if (!x->path)
        return send_response(connection, &(struct sim_response){.status = 400}, 0);
    if (!x->begun) {
        headers_known(x, connection, method);
        return MHD_YES;
    }
    if (!*data_bytes)
        return is_control(x) ? control(x, connection) : answer(x, connection);
    if (!keep(x, data, *data_bytes))
        return MHD_NO;
    *data_bytes = 0;
    if (x->limit < 0 || x->bytes < x->limit)
        return MHD_YES;
    run(x, false, &out);
    response_finish(&out);
    return MHD_NO;
}

/* The client went away before its request was whole: what came of it still counts. */
static void ended(void *ctx, struct MHD_Connection *connection, void **exchange, enum MHD_RequestTerminationCode code)
{
    struct exchange *x = *exchange;
    struct sim_response out = {0};

    (void)ctx, (void)connection, (void)code;
    if (!x)
        return;
    if (x->begun && !x->done && !is_control(x)) {
        run(x, false, &out);
        response_finish(&out);
    }
    if (x->fd >= 0)
        close(x->fd);
    free(x->path);
    free(x->method);
    json_decref(x->query);
    json_decref(x->headers);
    fault_finish(&x->fault);
    str_finish(&x->body);
    sha256_destroy(x->hash);
    free(x);
    *exchange = NULL;
}

/* ---- start and stop ---- */

static int listen_on_loopback(int port, int *bound)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t bytes = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), yes = 1;

    if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) < 0 ||
        bind(fd, (struct sockaddr *)&address, sizeof address) < 0 || listen(fd, 64) < 0 ||
        getsockname(fd, (struct sockaddr *)&address, &bytes) < 0) {
        if (fd >= 0)
            close(fd);
        return -1;
    }
    *bound = ntohs(address.sin_port);
    return fd;
}

bool server_start(struct server *server, const struct simulator *simulator, int port, const char *dir,
                  const json_t *options, struct error *err)
{
    int fd = listen_on_loopback(port, &port);

    if (fd < 0)
        return fail(err, ERROR_INTERNAL, "listen on 127.0.0.1:%d: %s", port, strerror(errno));
    *server = (struct server){.simulator = simulator, .faults = faults_create(), .options = json_deep_copy(options),
                              .requests = json_array(), .media = json_object()};
    pthread_mutex_init(&server->lock, NULL);
    server->port = port;
    snprintf(server->base_url, sizeof server->base_url, "http://127.0.0.1:%d", port);
    snprintf(server->dir, sizeof server->dir, "%s", dir);
    server->sim = simulator->create(server->base_url, options);
    sim_set_fetch(server->sim, fetch_url, server);
    server->daemon = MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_POLL, 0,
                                      NULL, NULL, serve, server, MHD_OPTION_LISTEN_SOCKET, fd,
                                      MHD_OPTION_URI_LOG_CALLBACK, begin, server, MHD_OPTION_NOTIFY_COMPLETED, ended,
                                      server, MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)LINGER_SECONDS, MHD_OPTION_END);
    if (!server->daemon) {
        close(fd);
        server_stop(server);
        return fail(err, ERROR_INTERNAL, "the HTTP server does not start on %s", server->base_url);
    }
    return true;
}

void server_stop(struct server *server)
{
    if (server->daemon)
        MHD_stop_daemon(server->daemon);
    server->simulator->destroy(server->sim);
    faults_destroy(server->faults);
    json_decref(server->options);
    json_decref(server->requests);
    json_decref(server->media);
    pthread_mutex_destroy(&server->lock);
}
