/* Bounded queue between two nodes of the graph; items are pointers (frames and packets by reference).
 * It closes from both ends: finish says "no more" and travels down, abandon says "enough" and travels up. */
#ifndef MEDIA_QUEUE_H
#define MEDIA_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

struct queue;

/* `release` frees an item that nobody will receive. Several senders may share it: it ends when all have finished. */
struct queue *queue_create(size_t capacity, size_t senders, void (*release)(void *item));
void queue_destroy(struct queue *queue);         /* accepts NULL; when no thread uses it any more */
/* Blocks while it is full. Takes the item on success; false: the receiver is gone. */
bool queue_send(struct queue *queue, void *item);
/* Blocks while it is empty. The caller owns the item; NULL: all senders have finished. */
void *queue_receive(struct queue *queue);
void queue_finish(struct queue *queue);          /* by each sender, once */
void queue_abandon(struct queue *queue);         /* by the receiver; releases what is in it */

#endif
