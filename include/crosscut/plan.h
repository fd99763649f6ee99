/* Plan: facts + sidecar + settings + specs -> the renditions to make and the posts to publish.
 * A value: making it reads no file, no clock and no network, and the same input gives the same plan. */
#ifndef CROSSCUT_PLAN_H
#define CROSSCUT_PLAN_H

#include <crosscut/adapter.h>
#include <crosscut/facts.h>
#include <crosscut/recipe.h>
#include <crosscut/sidecar.h>

#define RENDITION_ID_BYTES 33      /* 32 hex digits and NUL */
#define PLAN_NO_RENDITION SIZE_MAX

struct master {
    const char *path;
    const char *id;                /* "sha256:..."; NULL when it could not be read */
    struct facts facts;
    struct sidecar sidecar;
    struct error error;            /* text[0] != 0: this master is refused, for this reason */
};

struct destination {
    const char *name;
    const struct adapter *adapter;
    const char *account;           /* or NULL */
    const json_t *settings;        /* typed, defaults filled in */
};

struct render_settings {
    const char *reframe;           /* auto track crop blur pad */
    const char *quality;           /* fast balanced small */
    bool loudness;                 /* normalise to target */
    double target_lufs, target_dbtp;
};

struct plan_input {
    const struct master *masters;            size_t nb_masters;
    const struct destination *destinations;  size_t nb_destinations;
    struct render_settings render;
    int64_t now_ms;
    int occurrence;                          /* --again */
    const char *version;                     /* part of every rendition id: a new encoder is a new file */
};

struct plan_rendition {
    char id[RENDITION_ID_BYTES];
    size_t master;                 /* index */
    struct recipe recipe;
    int64_t cover_ms;              /* frame to keep as JPEG beside it: time in the rendition, not in the master */
    const char *cover_path;        /* the author's own cover image instead, or NULL */
    const char **reasons;          /* why it is made, NULL-terminated: "tiktok, reels, shorts: 1920x1080 h264 -> 1080x1920 (crop)..." */
};

/* How a field was fitted, for the JSON and for people. */
struct fitted_text {
    const char *field;
    const char *text;
    int64_t count;
    int limit;                     /* 0: none */
    enum text_unit unit;
    const char *cut;               /* what was cut off the end, or NULL */
    const char **dropped_hashtags; /* NULL-terminated; never NULL */
};

struct plan_post {
    struct post post;              /* rendition path and bytes are filled in after rendering */
    size_t master, destination;    /* indexes */
    size_t rendition;              /* index; PLAN_NO_RENDITION when error.text[0] */
    const struct fitted_text *texts;   size_t nb_texts;
    const char *surface;           /* predicted: "Short", "Reel" */
    const char **reasons;          /* every decision with its reason, NULL-terminated */
    const char **warnings;         /* NULL-terminated */
    struct error error;            /* text[0] != 0: refused or held before anything is made */
};

struct plan {
    struct arena *arena;           /* owns everything below */
    struct plan_rendition *renditions;   size_t nb_renditions;
    struct plan_post *posts;             size_t nb_posts;
    json_t *keep;                  /* keeps the JSON values alive that posts borrow from */
};

/* On success the caller finishes the plan. A master or a text that a platform refuses is not a failure:
 * the post carries the error. A wrong template in the settings is (ERROR_CONFIG). `input` must outlive the plan. */
bool plan_make(const struct plan_input *input, struct plan *plan, struct error *err);
void plan_finish(struct plan *plan);
/* {"renditions": [...], "posts": [...]}; owned by the caller. "made" is what it will be: original, remuxed or encoded
 * (cached is known only when it is looked for). "text" holds the fields, the count of the main one, and in "fields" how
 * each was fitted. Bytes of a path that are not UTF-8 become U+FFFD. */
json_t *plan_to_json(const struct plan_input *input, const struct plan *plan);

/* Does this platform take a file with these facts as it is? Rows in the order of the spec. */
enum verdict { VERDICT_PASS, VERDICT_WARN, VERDICT_FAIL, VERDICT_UNKNOWN };
struct check_row {
    const struct spec_row *limit;
    enum verdict verdict;
    const char *value;             /* "29.97 fps" */
    const char *wanted;            /* "23 to 60 fps" */
    const char *way_out;           /* "crosscut post re-times it to 30 fps"; "" when it passes */
};
/* Allocates rows in the arena. `settings` may tighten limits (max_duration ...), NULL: none. */
size_t spec_check(const struct spec *spec, const json_t *settings, const struct facts *facts,
                  struct arena *arena, const struct check_row **rows);
const char *verdict_name(enum verdict verdict);     /* "pass" */

/* How long a text is, counted the platform's way. */
int64_t text_count(const char *text, enum text_unit unit);

#endif
