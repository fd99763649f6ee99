/* The first scenarios of every adapter, embedded: what a dry run answers its requests with. */
#ifndef PUBLISH_SCENARIOS_H
#define PUBLISH_SCENARIOS_H

#include <jansson.h>

/* {platform: [{"source": "...", "script": [{"request": {...}, "response": {...}}, ...]}, ...]}; owned by the caller. */
json_t *scenarios_load(void);

#endif
