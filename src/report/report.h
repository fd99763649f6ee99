/* Report: what a command did, as one value. The command line fills it, every reporter prints it: text.h for people,
 * json.h, junit.h and preview.h for programs and editors. Everything in it is borrowed and must outlive the calls. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include <crosscut/error.h>
#include <crosscut/plan.h>
#include <crosscut/post.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct report_master {
    const char *path;
    const char *id;                    /* "sha256:..."; NULL when it could not be read */
    const json_t *facts;               /* or NULL */
    struct error error;                /* text[0] != 0: refused, for this reason */
};

struct report_rendition {
    const char *id;
    const char *master;                /* path of the master */
    const char *path;                  /* NULL: only planned */
    const char *cover;                 /* JPEG beside it, or NULL */
    const json_t *recipe, *facts;      /* or NULL */
    const char *const *destinations;   /* names, NULL-terminated: who shares it; NULL: nobody */
    const char *made;                  /* "encoded", "remuxed", "original", "cached"; NULL: only planned */
    const char *const *reasons;        /* NULL-terminated, or NULL */
};

struct post_report {
    const struct post *post;
    enum post_state state;
    const char *remote_id, *permalink, *surface, *visibility;   /* or NULL */
    const char *const *warnings, *const *reasons;               /* NULL-terminated, or NULL */
    const struct fitted_text *texts;   /* NULL: counted from post->text and the platform's rules */
    size_t nb_texts;
    const json_t *requests;            /* dry run: [{"method", "url", "headers", "body", "what"}], masked; or NULL */
    bool before;                       /* was at its end before this command: nothing was left to do */
    int64_t due_ms;                    /* Unix time it waits for when scheduled or deferred, 0: none */
    struct error error;                /* text[0] != 0: refused, held, deferred, failed or unknown, for this reason */
};

struct report_skipped { const char *path, *why; };

struct report {
    const char *command;               /* "post" */
    bool shows_only;                   /* status, limits ...: a failed post in the list is no failure of the command */
    bool dry_run;
    bool interrupted;                  /* a signal came */
    struct error error;                /* text[0] != 0: the command as a whole failed */
    const struct report_master *masters;         size_t nb_masters;
    const struct report_rendition *renditions;   size_t nb_renditions;
    const struct post_report *posts;             size_t nb_posts;
    const struct report_skipped *skipped;        size_t nb_skipped;
};

enum exit_status {
    EXIT_DONE = 0,
    EXIT_INTERNAL = 1,
    EXIT_USAGE = 2,
    EXIT_REFUSED = 3,
    EXIT_CREDENTIALS = 4,
    EXIT_TRY_AGAIN = 5,
    EXIT_FAILED = 6,
    EXIT_PARTLY = 7,
    EXIT_LOOK = 8,
    EXIT_INTERRUPTED = 130,
};

/* The one place that decides the exit status. In this order:
 *   report.error                                     its kind
 *   shows_only                                       0
 *   any post unknown                                 8
 *   interrupted, and something is not done           130
 *   nothing there, or everything done                0
 *   something done and something not                 7
 *   nothing done, all for the same reason            1 2 3 4 5 6 by the kind of the error
 *   nothing done, for several reasons                the first of: 1 internal, 5 trying again may help, 4 a person
 *                                                    must act, 2 configuration, 6 for good, 3 refused
 * Done is: published, retracted, scheduled, planned or rendered without an error (unless interrupted), and a draft that the platform holds
 * for its owner (held with surface "inbox draft"). A refused master counts like a refused post. A post that is held for
 * another reason counts as 4 unless its error says more; deferred, and a post still on its way, as 5; failed without
 * a kind as 6. Skipped files do not count. */
int report_exit(const struct report *report);
/* Exit status for one error. */
int error_exit(enum error_kind kind);

/* True when nothing more is to be done for it in this command, see above. */
bool post_report_done(const struct post_report *post);
/* "draft" for a draft in the owner's inbox, else the state's name. */
const char *post_report_word(const struct post_report *post);

/* The texts of a post with their counts: the planner's when given, else counted anew in `arena`. */
size_t post_report_texts(const struct post_report *post, struct arena *arena, const struct fitted_text **texts);

#endif
