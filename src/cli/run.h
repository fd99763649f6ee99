/* A run: takes a plan, or posts of the journal, to their end. One event loop: while one master is being rendered,
 * what is ready is published. Used by post, preview and resume. */
#ifndef CLI_RUN_H
#define CLI_RUN_H

#include "cli/app.h"
#include "cli/tell.h"
#include "publish/engine.h"
#include "publish/host.h"
#include "render/render.h"

/* What becomes of a post of the plan in this run. */
enum fate {
    FATE_REFUSED,      /* the plan says why */
    FATE_DONE,         /* the journal says that it is published */
    FATE_RENDER,       /* waits for its rendition */
    FATE_RUNNING,      /* the engine has it */
    FATE_STOPPED,      /* its rendition could not be made */
    FATE_LEFT,         /* not meant by this run */
};

struct run {
    struct app *app;
    bool dry;                        /* requests are recorded, none is sent */
    struct report report;
    struct post_report *posts;       /* the report's, in the order of the plan */
    struct report_rendition *renditions;
    enum fate *fates;
    struct journal *journal;         /* the app's; in a dry run one in memory */
    struct credentials *credentials;
    struct host *host;
    struct transport *transport;
    struct vault *vault;             /* NULL in a dry run, like the transport that renews its tokens */
    struct transport *token_transport;
    struct engine *engine;
    const char **others;             /* posts that go on from the journal, without a plan */
    size_t nb_others;
    json_t *scripts;                 /* what a dry run answers */
    json_t *requests;                /* recorded by a dry run */
    struct render *render;           /* the batch that is being made, or NULL */
    size_t render_master, next_master;
    struct tell *tell;
};

bool run_open(struct run *run, struct app *app, const char *command, bool dry, struct error *err);
/* Only the posts with these ids (NULL-terminated), the others are left alone: for resume. Before run_all. */
void run_only(struct run *run, const char *const *ids);
/* Goes on with a post as the journal has it. */
bool run_go_on(struct run *run, const struct post *post, struct error *err);
/* Renders and publishes to the end, or until a signal. False: something failed that concerns all (journal, disk). */
bool run_all(struct run *run, struct error *err);
void run_close(struct run *run);

#endif
