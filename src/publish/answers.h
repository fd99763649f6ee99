/* Finished answers in line, for transports. {0} is an empty line. */
#ifndef PUBLISH_ANSWERS_H
#define PUBLISH_ANSWERS_H

#include "publish/transport.h"

struct queued_answer;

struct answers {
    struct queued_answer *first, *last;
};

void answers_push(struct answers *answers, const struct transport_answer *answer);   /* takes what the answer owns */
bool answers_pop(struct answers *answers, struct transport_answer *answer);
void answers_finish(struct answers *answers);
/* Zeroed memory; ends the program with a message when there is none. */
void *answers_alloc(size_t bytes);

#endif
