/* Where a request may go: decided before a byte or a token leaves. */
#include "publish/transport.h"

#include "base/auto.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <string.h>
#include <strings.h>

enum { URL_MAX_BYTES = 8192 };

struct address {
    char *scheme, *host, *port;    /* of curl_url_get */
};

static void release_url(CURLU **url)
{
    curl_url_cleanup(*url);
}
static void release_address(struct address *a)
{
    curl_free(a->scheme);
    curl_free(a->host);
    curl_free(a->port);
}

#define AUTO_URL AUTO(release_url)
#define AUTO_ADDRESS AUTO(release_address)

/* The text goes no further than this when it has what no URL may have (blanks, controls, backslashes, raw UTF-8), or
 * slashes that readers of URLs disagree about. */
static bool plain(const char *url)
{
    size_t scheme = strcspn(url, ":"), n = 0;

    if (strncmp(url + scheme, "://", 3) != 0 || url[scheme + 3] == '/')
        return false;

    for (const unsigned char *c = (const unsigned char *)url; *c; c++, n++)
        if (*c <= 0x20 || *c >= 0x7f || strchr("\\\"<>^`{|}", *c) || n >= URL_MAX_BYTES)
            return false;
    return n > 0;
}

static bool parse(const char *text, CURLU *url, struct address *a)
{
    return url && plain(text) && !curl_url_set(url, CURLUPART_URL, text, CURLU_DISALLOW_USER) &&
           !curl_url_get(url, CURLUPART_SCHEME, &a->scheme, 0) && !curl_url_get(url, CURLUPART_HOST, &a->host, 0) &&
           !curl_url_get(url, CURLUPART_PORT, &a->port, CURLU_DEFAULT_PORT);
}

static bool loopback(const char *host)
{
    struct in_addr v4;

    if (!strcasecmp(host, "localhost") || !strcmp(host, "[::1]"))
        return true;
    return inet_pton(AF_INET, host, &v4) == 1 && ntohl(v4.s_addr) >> 24 == 127;
}

static bool secure_enough(const struct address *a)
{
    return !strcmp(a->scheme, "https") || (!strcmp(a->scheme, "http") && loopback(a->host));
}

static bool host_matches(const char *host, const char *pattern)
{
    size_t nh = strlen(host), np = strlen(pattern);

    if (strncmp(pattern, "*.", 2))
        return !strcasecmp(host, pattern);
    return nh > np - 1 && host[0] != '.' &&
           !strcasecmp(host + nh - (np - 1), pattern + 1); /* ".example.com" and a label */
}

static bool on_list(const char *host, const char *const *hosts)
{
    for (; hosts && *hosts; hosts++)
        if (host_matches(host, *hosts))
            return true;
    return false;
}

static bool same_origin(const struct address *a, const struct address *b)
{
    return !strcmp(a->scheme, b->scheme) && !strcmp(a->port, b->port) &&
           (!strcasecmp(a->host, b->host) || (loopback(a->host) && loopback(b->host)));
}

static bool parse_base(const char *text, CURLU *url, struct address *a, struct error *err)
{
    char *path = NULL, *query = NULL;
    bool bare;

    if (!parse(text, url, a))
        return fail(err, ERROR_CONFIG, "api_base = '%s' is not a URL such as https://proxy.example.org", text);
    if (!secure_enough(a))
        return fail(err, ERROR_CONFIG,
                    "api_base = '%s': plain http is allowed to this machine only (127.0.0.1, localhost)", text);
    bare = (curl_url_get(url, CURLUPART_PATH, &path, 0) || !strcmp(path, "/")) &&
           curl_url_get(url, CURLUPART_QUERY, &query, 0);
    curl_free(path);
    curl_free(query);
    return bare || fail(err, ERROR_CONFIG, "api_base = '%s' has a path; it replaces scheme, host and port only", text);
}

/* Path and query stay as the adapter or the platform wrote them; a fragment never travels. */
static const char *write_url(CURLU *url, const struct address *to, struct arena *arena, struct error *err)
{
    char *text = NULL;
    const char *kept = NULL;
    bool ok = !curl_url_set(url, CURLUPART_SCHEME, to->scheme, 0) && !curl_url_set(url, CURLUPART_HOST, to->host, 0) &&
              !curl_url_set(url, CURLUPART_PORT, to->port, 0) && !curl_url_set(url, CURLUPART_FRAGMENT, NULL, 0) &&
              !curl_url_get(url, CURLUPART_URL, &text, CURLU_NO_DEFAULT_PORT);

    if (ok)
        kept = arena_strdup(arena, text);
    else
        fail_rule(err, ERROR_INTERNAL, "egress", "an address could not be written");
    curl_free(text);
    return kept;
}

static bool check(const struct address *to, const char *const *hosts, struct error *err)
{
    if (!on_list(to->host, hosts))
        return fail_rule(err, ERROR_REFUSED, "egress", "'%s:%s' is not on the platform's host list; nothing was sent. "
                         "If the platform has moved, a newer crosscut knows where", to->host, to->port);
    if (strcmp(to->scheme, "https") || strcmp(to->port, "443"))
        return fail_rule(err, ERROR_REFUSED, "egress", "'%s://%s:%s' is not https on port 443; nothing was sent",
                         to->scheme, to->host, to->port);
    return true;
}

const char *egress_resolve(const char *url, const char *const *hosts, const char *api_base, struct arena *arena,
                           struct error *err)
{
    AUTO_URL CURLU *u = curl_url(), *b = curl_url();
    AUTO_ADDRESS struct address to = {0}, base = {0};
    bool has_base = api_base && api_base[0];

    if (url && !strncmp(url, "host:/", 6) && on_list("host:/", hosts))
        return arena_strdup(arena, url);
    if (has_base && !parse_base(api_base, b, &base, err))
        return NULL;
    if (!url || !parse(url, u, &to)) {
        fail_rule(err, ERROR_REFUSED, "egress", "an address is not a plain URL without user name; nothing was sent");
        return NULL;
    }
    if (has_base && same_origin(&to, &base))
        return write_url(u, &to, arena, err);
    return check(&to, hosts, err) ? write_url(u, has_base ? &base : &to, arena, err) : NULL;
}
