/* Consent, tokens and their renewal, as each platform documents them. A test plays the browser: it asks for the
 * authorize address and is redirected with a code at once, as if the person had agreed. */
#ifndef TESTS_OAUTH_H
#define TESTS_OAUTH_H

#include "tests/simulators/core.h"

/* The platform's addresses that need no access token; each ends with a NULL method. */
extern const struct route oauth_tiktok[], oauth_instagram[], oauth_youtube[];

/* Serves the call if it is one of these; false when it is not. */
bool oauth_serve(struct call *call, const struct route *routes);

#endif
