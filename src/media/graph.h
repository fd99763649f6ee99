/* The graph of a render: nodes with one thread each, joined by queues. Nodes know their queues, never each other.
 * Threads start and end in graph_run, nowhere else. */
#ifndef MEDIA_GRAPH_H
#define MEDIA_GRAPH_H

#include <crosscut/error.h>
#include <stdbool.h>
#include <stddef.h>

#define NODE_MAX_OUTPUTS 64

struct graph;
struct node;

/* The work of a node: receive, work, send, until node_receive gives NULL. Returning early is fine: the graph
 * closes the node's queues, so that nodes before it stop and nodes behind it see the end. */
typedef bool node_run(struct node *node, void *work, struct error *err);

/* What travels on an edge: how many may wait, and how one is freed. */
struct edge { size_t capacity; void (*release)(void *item); };

struct graph *graph_create(void);
void graph_destroy(struct graph *graph);     /* accepts NULL */
/* Names and works are borrowed and must outlive graph_run. */
struct node *graph_source(struct graph *graph, const char *name, node_run *run, void *work);
/* A new node that receives what `from` sends. */
struct node *graph_then(struct node *from, const char *name, node_run *run, void *work, struct edge edge);
/* One more sender for a node that graph_then made. */
void graph_feed(struct node *from, struct node *to);
/* Runs every node to its end. `tick` is called a few times a second from the calling thread, may be NULL.
 * False with the first error when a node failed. */
bool graph_run(struct graph *graph, void (*tick)(void *context), void *context, struct error *err);

/* For the work of a node. */
void *node_receive(struct node *node);       /* owned by the node; NULL: the end */
size_t node_outputs(const struct node *node);
/* Outputs count in the order of graph_then and graph_feed. Takes the item on success; false: nobody wants more there. */
bool node_send(struct node *node, size_t output, void *item);

#endif
