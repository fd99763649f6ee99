/* Gets a file the way a platform gets a public address, but only from this machine. */
#include "tests/simulators/server.h"

#include "tests/simulators/core.h"

#include "base/auto.h"
#include <curl/curl.h>
#include <string.h>

struct sink { FILE *file; struct sha256 *hash; int64_t bytes; };

static size_t take(char *data, size_t size, size_t n, void *ctx)
{
    struct sink *sink = ctx;

    sha256_add(sink->hash, data, size * n);
    sink->bytes += (int64_t)(size * n);
    return fwrite(data, 1, size * n, sink->file);
}

/* Redirects are not followed: a hosted file that redirects cannot be fetched, say the sheets. */
static bool get(const char *url, struct sink *sink)
{
    CURL *curl = curl_easy_init();
    long status = 0;
    bool ok;

    if (!curl)
        return false;
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, 3L);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "facebookexternalhit/1.1");
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, sink);
    ok = curl_easy_perform(curl) == CURLE_OK;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_cleanup(curl);
    return ok && status == 200 && sink->bytes > 0;
}

bool fetch_url(void *ctx, const char *url, int64_t *bytes, char sha256[65], char *file, size_t file_bytes)
{
    struct server *server = ctx;
    AUTO(auto_fclose) FILE *to = NULL;
    struct sink sink = {0};
    bool ok;

    if (strncmp(url, "http://127.0.0.1", 16) && strncmp(url, "http://localhost", 16))
        return false;       /* nothing leaves this machine */
    snprintf(file, file_bytes, "%s/%s-fetched-%06d", server->dir, server->simulator->name, ++server->bodies);
    to = fopen(file, "wb");
    if (!to)
        return false;
    sink.file = to;
    sink.hash = sha256_create();
    ok = get(url, &sink) && !fflush(to);
    sha256_hex(sink.hash, sha256);
    sha256_destroy(sink.hash);
    *bytes = sink.bytes;
    if (!ok)
        remove(file);
    return ok;
}
