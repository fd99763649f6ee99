/* Journal: the durable record of posts, their states and attempts (SQLite).
 * A step is on the disk before anything is done about it; a request that makes something public is armed first. */
#ifndef PUBLISH_JOURNAL_H
#define PUBLISH_JOURNAL_H

#include <crosscut/adapter.h>
#include <crosscut/arena.h>
#include <crosscut/error.h>
#include <crosscut/post.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

struct journal;

struct journal_options {
    const char *path;      /* folders are made, private to the user; NULL: in memory (dry run, tests) */
    /* For tests: called right before (after == false) and right after each write of a post's state. False makes the
     * call fail there: the write did not happen, or it did and nobody was told; what a process that is stopped there
     * leaves. */
    bool (*stop)(void *context, bool after);
    void *context;
};

struct journal *journal_open(const struct journal_options *options, struct error *err);
void journal_close(struct journal *journal);      /* accepts NULL; gives back all leases */

/* ---- posts ---- */

/* Where a post is. Strings and JSON belong to the list it came in; post.adapter is for the caller to find. */
struct journal_row {
    struct post post;
    enum post_state state;
    const json_t *adapter_state;   /* {} when nothing was asked yet */
    bool asked;                    /* a request went out, or was about to, and its answer is not recorded */
    bool armed;                    /* ... and it was one that makes something public */
    bool doubt;                    /* such a request was sent and nobody knows yet whether it took effect */
    int64_t armed_at_ms;
    int attempts;                  /* runs so far */
    int64_t next_at_ms;            /* Unix time before which trying is pointless; 0: any time */
    struct error error;            /* text[0] != 0: why it is held, deferred, failed or unknown */
    const char *remote_id, *permalink, *visibility, *surface;    /* or NULL */
    const json_t *warnings;        /* array */
    int64_t created_ms, updated_ms;
};

struct journal_list {
    struct arena *arena;
    struct journal_row *rows;
    size_t nb_rows;
    json_t *keep;
};

#define STATES(state) (1u << (state))
#define STATES_OPEN (~(STATES(POST_PUBLISHED) | STATES(POST_FAILED) | STATES(POST_RETRACTED)))

struct journal_filter {
    unsigned states;               /* STATES(...) | ...; 0: all */
    const char *word; /* id or its beginning, destination, platform, or the master's path or id; NULL: all */
    const char *id;                /* exactly this one, whatever the word; NULL: all */
};

/* In the order they were made. The caller finishes the list. */
bool journal_find(struct journal *journal, const struct journal_filter *filter, struct journal_list *list,
                  struct error *err);
void journal_list_finish(struct journal_list *list);

/* Makes the post known. When its intent (platform, account or destination, master, part, occurrence) is known already,
 * the stored document is replaced only as long as nothing was ever asked for it; *added says whether it is new. */
bool journal_add(struct journal *journal, const struct post *post, int64_t now_ms, bool *added, struct error *err);

/* What one step changes. */
struct journal_change {
    enum post_state state;
    const json_t *adapter_state;   /* its "public" fills remote_id, permalink, visibility, surface and warnings */
    bool asked, armed, doubt;
    bool arming;                   /* this is the commit before a request that makes something public */
    bool attempt;                  /* counts one more run */
    int64_t next_at_ms;
    const struct error *error;     /* NULL: none */
    const char *what;              /* for the history: "open an upload session" */
    int64_t now_ms;
};
/* Durable when it returns true. Arming is refused while the journal is older than its mirror (journal_restored). */
bool journal_put(struct journal *journal, const char *post_id, const struct journal_change *change, struct error *err);

/* A failed post starts over, from the new document. Refused unless it failed and nothing of it can be public. */
bool journal_restart(struct journal *journal, const struct post *post, int64_t now_ms, struct error *err);
/* A person looked: it is public there (permalink may be NULL), or it is not and may be tried again from the start.
 * Only for unknown posts and such that are armed or in doubt. */
bool journal_resolve(struct journal *journal, const char *post_id, bool live, const char *permalink, int64_t now_ms,
                     struct error *err);
/* What happened to a post: array of {"at_ms", "state", "what", "error"}, oldest first. Owned by the caller. */
json_t *journal_history(struct journal *journal, const char *post_id, struct error *err);

/* True: the database is older than the counter beside it (a backup was put back). Nothing is armed until it is adopted.
 */
bool journal_restored(const struct journal *journal);
/* Takes a restored journal for the true one: whatever it does not know to be finished becomes unknown, so that it is looked
 * for and never just published. */
bool journal_adopt(struct journal *journal, struct error *err);
/* Reads all of the database; false when it is damaged. */
bool journal_check(struct journal *journal, struct error *err);

/* ---- leases: one process works on a post ---- */

/* *taken is false when another living process has it (its pid in *holder). One's own lease is taken again. */
bool journal_lease(struct journal *journal, const char *post_id, bool *taken, int64_t *holder_pid, struct error *err);
bool journal_release(struct journal *journal, const char *post_id, struct error *err);

/* ---- caches ---- */

/* SHA-256 of a file; computed only when size, times or place differ from what is remembered. */
bool journal_file_sha256(struct journal *journal, const char *path, char hex[static 65], struct error *err);
/* Facts by content; NULL when not known. Owned by the caller. */
json_t *journal_facts_find(struct journal *journal, const char *sha256);
bool journal_facts_put(struct journal *journal, const char *sha256, const json_t *facts, struct error *err);
/* Renditions by id: any JSON object ({"bytes", "sha256", "facts", ...}); NULL when not known. Owned by the caller. */
json_t *journal_rendition_find(struct journal *journal, const char *rendition_id);
bool journal_rendition_put(struct journal *journal, const char *rendition_id, const json_t *rendition,
                           struct error *err);

#endif
