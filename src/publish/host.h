/* Host: where files become public under the creator's own address. Answers like HTTP, so that the site adapter is
 * an adapter like any other: GET (up to 4 MiB), HEAD, PUT and DELETE of host:/path; statuses 200, 201, 204, 400, 404,
 * 405, 412, 413, 500 and 507; "etag" header. An ETag is strong: the SHA-256 of the content in double quotes. If-Match
 * and If-None-Match: * are honoured. PUT is atomic: temporary name, fsync, rename, fsync of the folder. */
#ifndef PUBLISH_HOST_H
#define PUBLISH_HOST_H

#include "publish/transport.h"

struct host;

/* Rows of the [host] section: type, path, base_url. */
extern const struct setting host_settings[];

/* `folder` is made when something is first put there. */
struct host *host_open(const char *folder, struct error *err);
void host_close(struct host *host);      /* accepts NULL */
/* Does what the request asks, now. A failure is an answer of status 500 with the reason as body. */
void host_answer(struct host *host, const struct http_request *request, struct transport_answer *answer);

#endif
