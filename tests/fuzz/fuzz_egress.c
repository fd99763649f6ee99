/* Where a request may go: URL, newline, api_base. What is let through has the host it is allowed to have. */
#include "fuzz.h"

#include "base/auto.h"
#include "publish/transport.h"
#include <curl/curl.h>
#include <strings.h>

static const char *const hosts[] = {"api.example.com", "*.up.example.com", "host:/", NULL};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);

    return n > m && !strcasecmp(text + n - m, end);
}

/* Read again by the library that connects. */
static void check_allowed(const char *url)
{
    CURLU *u = curl_url();
    char *scheme = NULL, *host = NULL, *port = NULL, *user = NULL;

    MUST(!curl_url_set(u, CURLUPART_URL, url, 0));
    MUST(!curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) && !strcmp(scheme, "https"));
    MUST(!curl_url_get(u, CURLUPART_HOST, &host, 0));
    MUST(!strcasecmp(host, "api.example.com") || ends_with(host, ".up.example.com"));
    MUST(!curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) && !strcmp(port, "443"));
    MUST(curl_url_get(u, CURLUPART_USER, &user, 0));
    for (const char *c = url; *c; c++)
        MUST((unsigned char)*c > 0x20 && (unsigned char)*c < 0x7f);
    curl_free(scheme);
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(u);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO_FREE char *text = fuzz_text(data, size);
    AUTO_ARENA struct arena *arena = arena_create();
    char *base = strchr(text, '\n');
    struct error err = {0};
    const char *url;

    if (base)
        *base++ = '\0';
    url = egress_resolve(text, hosts, NULL, arena, &err);
    MUST(url || err.text[0]);
    if (url && strncmp(url, "host:/", 6))
        check_allowed(url);
    egress_resolve(text, hosts, base, arena, &err);
    return 0;
}
