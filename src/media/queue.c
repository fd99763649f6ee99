#include "media/queue.h"

#include "base/auto.h"
#include <assert.h>
#include <pthread.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void (*release)(void *item);
    size_t capacity, first, used, senders;
    bool abandoned;
    void *items[];
};

struct queue *queue_create(size_t capacity, size_t senders, void (*release)(void *item))
{
    struct queue *q = calloc(1, sizeof *q + capacity * sizeof q->items[0]);

    if (!q) {
        fputs("crosscut-media: out of memory\n", stderr);
        exit(1);
    }
    assert(capacity && senders);
    q->capacity = capacity;
    q->senders = senders;
    q->release = release;
    pthread_mutex_init(&q->lock, NULL);
    pthread_cond_init(&q->changed, NULL);
    return q;
}

static void *take_first(struct queue *q)
{
    void *item = q->items[q->first];

    q->first = (q->first + 1) % q->capacity;
    q->used--;
    return item;
}

void queue_destroy(struct queue *queue)
{
    if (!queue)
        return;
    while (queue->used)
        queue->release(take_first(queue));
    pthread_cond_destroy(&queue->changed);
    pthread_mutex_destroy(&queue->lock);
    free(queue);
}

bool queue_send(struct queue *queue, void *item)
{
    bool taken;

    pthread_mutex_lock(&queue->lock);
    while (queue->used == queue->capacity && !queue->abandoned)
        pthread_cond_wait(&queue->changed, &queue->lock);
    taken = !queue->abandoned;
    if (taken)
        queue->items[(queue->first + queue->used++) % queue->capacity] = item;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
    return taken;
}

void *queue_receive(struct queue *queue)
{
    void *item = NULL;

    pthread_mutex_lock(&queue->lock);
    while (!queue->used && queue->senders)
        pthread_cond_wait(&queue->changed, &queue->lock);
    if (queue->used)
        item = take_first(queue);
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
    return item;
}

void queue_finish(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    assert(queue->senders);
    queue->senders--;
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}

void queue_abandon(struct queue *queue)
{
    pthread_mutex_lock(&queue->lock);
    queue->abandoned = true;
    while (queue->used)
        queue->release(take_first(queue));
    pthread_cond_broadcast(&queue->changed);
    pthread_mutex_unlock(&queue->lock);
}
