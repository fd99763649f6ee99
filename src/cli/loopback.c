#include "cli/loopback.h"

#include "base/clock.h"
#include "publish/oauth.h"
#include "publish/secret.h"
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <string.h>

enum { CODE_MAX_BYTES = 4096, CONNECTIONS_MAX = 8, CONNECTION_TIMEOUT_S = 10, FAREWELL_MS = 2000, TURN_MS = 200 };

struct loopback {
    struct MHD_Daemon *daemon;
    char path[64], host[32], uri[128];
    const json_t *attempt;    /* NULL: nothing is waited for */
    char *code;
    char refused[128];        /* the platform's word when the person said no */
    bool answered, told;      /* the answer is here; the browser got its page */
};

/* Nothing of the request is repeated on the page. */
static enum MHD_Result page(struct MHD_Connection *connection, unsigned status, const char *words)
{
    static const char *const headers[][2] = {
        {"Content-Type", "text/html; charset=utf-8"}, {"Cache-Control", "no-store"}, {"Referrer-Policy", "no-referrer"},
        {"Content-Security-Policy", "default-src 'none'"}, {"X-Content-Type-Options", "nosniff"}, {"Connection", "close"},
    };
    char text[512];
    int n = snprintf(text, sizeof text, "<!doctype html><meta charset=\"utf-8\"><title>crosscut</title><p>%s\n", words);
    struct MHD_Response *response = MHD_create_response_from_buffer((size_t)n, text, MHD_RESPMEM_MUST_COPY);
    enum MHD_Result result;

    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++)
        MHD_add_response_header(response, headers[i][0], headers[i][1]);
    result = MHD_queue_response(connection, status, response);
    MHD_destroy_response(response);
    return result;
}

static const char *argument(struct MHD_Connection *connection, const char *name)
{
    const char *text = MHD_lookup_connection_value(connection, MHD_GET_ARGUMENT_KIND, name);

    return text && strlen(text) <= CODE_MAX_BYTES ? text : "";
}

/* A name of another site that was made to point here is not us. */
static bool for_us(const struct loopback *l, struct MHD_Connection *connection, const char *path, const char *method)
{
    const char *host = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, "Host");

    return host && !strcmp(host, l->host) && !strcmp(path, l->path) && !strcmp(method, "GET");
}

static enum MHD_Result serve(void *context, struct MHD_Connection *connection, const char *path, const char *method, const char *version,
                             const char *data, size_t *nb_data, void **mine)
{
    struct loopback *l = context;
    const char *code = argument(connection, "code"), *word = argument(connection, "error");

    (void)version;
    (void)data;
    if (!*mine) {    /* headers first; the call comes again */
        *mine = l;
        return MHD_YES;
    }
    *nb_data = 0;
    if (!for_us(l, connection, path, method))
        return page(connection, MHD_HTTP_NOT_FOUND, "There is nothing here.");
    if (!l->attempt || l->answered)
        return page(connection, MHD_HTTP_GONE, "This address was for one answer, and it has come. Run crosscut login again for another.");
    if (!oauth_state_fits(l->attempt, argument(connection, "state")) || (!code[0] && !word[0]))
        return page(connection, MHD_HTTP_BAD_REQUEST, "This is not the answer to the login that waits here.");
    l->answered = true;
    if (code[0] && !word[0])
        l->code = strdup(code);
    snprintf(l->refused, sizeof l->refused, "%.60s", word);
    return page(connection, MHD_HTTP_OK, l->code ? "Thank you. Go on in the terminal; this page can be closed." : "Nothing was linked. This page can be closed.");
}

static void completed(void *context, struct MHD_Connection *connection, void **mine, enum MHD_RequestTerminationCode how)
{
    struct loopback *l = context;

    (void)connection;
    (void)mine;
    (void)how;
    l->told = l->answered;
}

struct loopback *loopback_open(const char *path, struct error *err)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    struct loopback *l = calloc(1, sizeof *l);
    const union MHD_DaemonInfo *info;

    if (l)
        l->daemon = MHD_start_daemon(MHD_NO_FLAG, 0, NULL, NULL, serve, l, MHD_OPTION_SOCK_ADDR, &address, MHD_OPTION_NOTIFY_COMPLETED,
                                     completed, l, MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS_MAX, MHD_OPTION_CONNECTION_TIMEOUT,
                                     (unsigned)CONNECTION_TIMEOUT_S, MHD_OPTION_END);
    info = l && l->daemon ? MHD_get_daemon_info(l->daemon, MHD_DAEMON_INFO_BIND_PORT) : NULL;
    if (!info) {
        fail(err, ERROR_INTERNAL, "no port of 127.0.0.1 can be listened to; crosscut login --paste needs none");
        loopback_close(l);
        return NULL;
    }
    snprintf(l->path, sizeof l->path, "%s", path);
    snprintf(l->host, sizeof l->host, "127.0.0.1:%u", info->port);
    snprintf(l->uri, sizeof l->uri, "http://%s%s", l->host, l->path);
    return l;
}

void loopback_close(struct loopback *loopback)
{
    if (!loopback)
        return;
    if (loopback->daemon)
        MHD_stop_daemon(loopback->daemon);
    secret_free(loopback->code);
    free(loopback);
}

const char *loopback_uri(const struct loopback *loopback)
{
    return loopback->uri;
}

bool loopback_wait(struct loopback *l, const json_t *attempt, int timeout_ms, char **code, struct error *err)
{
    int64_t end_ms = clock_monotonic_ms() + timeout_ms;

    l->attempt = attempt;
    while (!l->answered && clock_monotonic_ms() < end_ms)
        MHD_run_wait(l->daemon, TURN_MS);
    end_ms = clock_monotonic_ms() + FAREWELL_MS;
    while (l->answered && !l->told && clock_monotonic_ms() < end_ms)
        MHD_run_wait(l->daemon, TURN_MS);
    l->attempt = NULL;
    *code = l->code;
    l->code = NULL;
    if (*code)
        return true;
    if (l->answered)
        return fail_rule(err, ERROR_CREDENTIALS, "login.refused", "the platform linked nothing: %s", l->refused[0] ? l->refused : "no code came");
    return fail_rule(err, ERROR_CREDENTIALS, "login.timeout", "nobody agreed within %d s; run it again, or with --paste when the browser is on another "
                     "machine", timeout_ms / 1000);
}
