#include "publish/answers.h"

struct queued_answer {
    struct queued_answer *next;
    struct transport_answer answer;
};

void *answers_alloc(size_t bytes)
{
    void *p = calloc(1, bytes);

    if (!p) {
        fputs("crosscut: out of memory; run the same command again, nothing is lost\n", stderr);
        exit(1);
    }
    return p;
}

void answers_push(struct answers *answers, const struct transport_answer *answer)
{
    struct queued_answer *q = answers_alloc(sizeof *q);

    q->answer = *answer;
    if (answers->last)
        answers->last->next = q;
    else
        answers->first = q;
    answers->last = q;
}

bool answers_pop(struct answers *answers, struct transport_answer *answer)
{
    struct queued_answer *q = answers->first;

    if (!q)
        return false;
    *answer = q->answer;
    answers->first = q->next;
    if (!q->next)
        answers->last = NULL;
    free(q);
    return true;
}

void answers_finish(struct answers *answers)
{
    struct transport_answer answer;

    while (answers_pop(answers, &answer))
        transport_answer_finish(&answer);
}
