/* What the three cores share: a platform's base state, a call being answered, strict readers for what comes in.
 * Each core's own struct begins with a struct sim. */
#ifndef TESTS_CORE_H
#define TESTS_CORE_H

#include "tests/simulators/sim.h"

#include "base/hash.h"

#define DAY_MS INT64_C(86400000)
#define HOUR_MS INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)
enum { ID_BYTES = 65, WHY_BYTES = 320 };

struct sim {
    char *base_url;
    json_t *options;
    json_t *refusals;        /* array of {"request", "why"} */
    json_t *posts;           /* array; "visible_ms" says from when on each is there */
    int64_t now_ms;
    int made;                /* counts up, for ids */
    int failed;              /* jobs that got "fail_reason" */
    json_t *tokens;          /* access token -> Unix time at which it ends, 0: never */
    json_t *grant;           /* of the last consent: "code", "redirect_uri", "challenge" */
    int refreshes;           /* refresh tokens given out */
    sim_fetch *fetch;
    void *fetch_ctx;
};

/* `token` is the access token that is good from the start, unless an option says another. */
void sim_init(struct sim *sim, const char *base_url, const json_t *options, const char *token);
void sim_finish(struct sim *sim);
json_t *sim_public_posts(const struct sim *sim);
json_t *sim_refusals(const struct sim *sim);

int64_t option_int(const struct sim *sim, const char *name, int64_t fallback);
bool option_bool(const struct sim *sim, const char *name, bool fallback);
/* Borrowed from the options; a number given for a text is kept as text by sim_init. */
const char *option_text(const struct sim *sim, const char *name, const char *fallback);

/* ---- a call being answered ---- */

struct call {
    struct sim *sim;
    const struct sim_request *in;
    struct sim_response *out;
    json_t *body;            /* owned by whoever runs the call; NULL until call_json or the like */
    char id[ID_BYTES];       /* what the '*' of the route's path stood for */
};

struct route {
    const char *method;
    const char *path;        /* one '*' stands for a whole segment */
    void (*serve)(struct call *call);
};

/* The route of this call (NULL: none), and its '*' in call->id. *known_path: some route has the path, with another
 * method. */
const struct route *route_find(struct call *call, const struct route *routes, const char *path, bool *known_path);

const char *call_header(const struct call *call, const char *name);   /* NULL when absent */
const char *call_query(const struct call *call, const char *name);    /* NULL when absent */
/* Only these query names (separated by blanks) are there. */
bool call_query_only(const struct call *call, const char *names, char why[WHY_BYTES]);
/* The body as a JSON object into call->body. An empty body is one only when `may_be_empty`, and gives {}. */
bool call_json(struct call *call, bool may_be_empty, char why[WHY_BYTES]);
/* The body as a form ("a=b&c=d") into call->body, all strings. */
bool call_form(struct call *call, char why[WHY_BYTES]);
/* Authorization is exactly "SCHEME TOKEN" with a token that is good. *absent: the header is missing or has another
 * scheme. */
bool call_authorized(const struct call *call, const char *scheme, bool *absent);
bool token_live(struct sim *sim, const char *token);
/* Notes that this call was wrong. */
void call_wrong(struct call *call, const char *why);
void answer_json(struct call *call, int status, json_t *taken);
void answer_header(struct call *call, const char *name, const char *value);

/* ---- strict readers ---- */

enum field_type { FIELD_TEXT, FIELD_BOOL, FIELD_INT, FIELD_OBJECT, FIELD_TEXTS, FIELD_OBJECTS, FIELD_ANY_OBJECT };

struct field {
    const char *name;            /* NULL ends a table */
    enum field_type type;
    bool required;
    const char *any_of;          /* words separated by blanks, for texts */
    const struct field *fields;  /* of FIELD_OBJECT and of each of FIELD_OBJECTS */
};

/* True when `object` has exactly such members: types, enums, nothing missing, nothing unknown. */
bool object_fits(const json_t *object, const struct field *fields, const char *where, char why[WHY_BYTES]);
/* Turns texts of a form or query into what the table asks for ("true" -> true, "12" -> 12, "[...]" -> array) where they
 * read so. */
void object_from_texts(json_t *object, const struct field *fields);
/* Replaces json_object_get: "" and 0 and false for what is not there. */
const char *text_of(const json_t *object, const char *name);
int64_t int_of(const json_t *object, const char *name);
bool bool_of(const json_t *object, const char *name);

bool word_in(const char *words, const char *word);
bool digits_read(const char *text, int64_t *value);      /* only digits, not NULL, fits */
int text_utf16(const char *text);                        /* UTF-16 code units */
int text_marks(const char *text, char mark);             /* words that begin with '#' or '@' */
bool text_truncate_utf8(char *text, int max_code_points);
bool time_read(const char *rfc3339, int64_t *unix_ms);
/* "2026-11-24T15:00:00" + zone. */
void time_write(int64_t unix_ms, const char *zone, char out[40]);

struct content_range { int64_t first, last, total; bool probe, total_unknown; };
/* "bytes 0-9/20", "bytes 0-9/" "*", "bytes " "*" "/20" */
bool content_range_read(const char *text, struct content_range *range);

/* ---- uploads, processing, rates ---- */

struct upload {
    int64_t bytes;           /* kept so far */
    json_t *parts;           /* [{"file", "bytes"}]: the first `bytes` of each file, in order */
    struct sha256 *hash;
    bool unseen;             /* some bytes were not handed to the core: the hash is not known from here */
    char sha256[SHA256_HEX_BYTES];   /* "" when not known */
};

void upload_keep(struct upload *upload, const struct sim_request *in, int64_t bytes);
/* Gets `url` through the simulator's hook; without one it counts as got, with no bytes. */
bool upload_fetch(struct sim *sim, struct upload *upload, const char *url);
void upload_finish(struct upload *upload);

struct processing { int64_t begun_ms; int polls; };
/* Counts one status poll; true when the platform is through ("processing_polls", "processing_ms"). */
bool processing_over(const struct sim *sim, struct processing *processing);

/* How the job that starts now will end: "" well, else "fail_reason" (for the first "fail_times" jobs; all when not
 * given). Borrowed from the options. */
const char *failure_next(struct sim *sim);

struct rate { int64_t at_ms[512]; size_t nb; };
/* Calls in the last span_ms. */
int rate_used(const struct rate *rate, int64_t now_ms, int64_t span_ms);
void rate_count(struct rate *rate, int64_t now_ms);

/* Adds what the public sees; returns it borrowed, for more members. Takes effect `late_ms` later. */
json_t *post_add(struct sim *sim, const char *id, const char *caption, const char *visibility,
                 const struct upload *upload);
json_t *post_find(const struct sim *sim, const char *id);      /* borrowed; NULL when there is none */
void post_remove(struct sim *sim, const char *id);
bool post_visible(const struct sim *sim, const json_t *post);

/* calloc that does not return NULL. */
void *must_calloc(size_t bytes);

#endif
