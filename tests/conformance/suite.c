/* One suite over every adapter: what docs/ADDING-A-PLATFORM.md promises holds for each, whatever the network does.
 *   conformance-suite [NAME]     only that subject, with every run that ended badly told request by request */
#include "tests/conformance/demo.h"
#include "tests/conformance/world.h"

#include "base/auto.h"
#include "base/clock.h"
#include "publish/retry.h"
#include "publish/settings.h"
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#define MIB (INT64_C(1) << 20)

extern const struct adapter adapter_tiktok, adapter_instagram, adapter_youtube, adapter_site;

static const struct subject subjects[] = {
    {"demo", &adapter_demo, &sim_demo, "{}", NULL, 300000},
    {"tiktok direct", &adapter_tiktok, &sim_tiktok, "{\"mode\":\"direct\",\"privacy\":\"SELF_ONLY\"}",
     "{\"processing_polls\":2}", 3 * MIB},
    {"tiktok direct, in chunks", &adapter_tiktok, &sim_tiktok,
     "{\"mode\":\"direct\",\"privacy\":\"SELF_ONLY\",\"chunk_size\":5242880}", "{\"processing_polls\":1}", 65 * MIB},
    {"tiktok inbox", &adapter_tiktok, &sim_tiktok, "{\"mode\":\"inbox\"}", NULL, 3 * MIB},
    {"instagram", &adapter_instagram, &sim_instagram, "{}", "{\"processing_polls\":2}", 3 * MIB},
    {"instagram, appearing late", &adapter_instagram, &sim_instagram, "{}", "{\"late_ms\":120000}", 3 * MIB},
    {"instagram, fetched", &adapter_instagram, &sim_instagram,
     "{\"upload\":\"url\",\"host_base_url\":\"https://media.example.org\"}", NULL, 100000},
    {"youtube", &adapter_youtube, &sim_youtube, "{\"privacy\":\"public\"}", NULL, 3 * MIB},
    {"youtube, in chunks", &adapter_youtube, &sim_youtube, "{\"privacy\":\"public\",\"chunk_size\":1048576}",
     "{\"late_ms\":60000}", 3 * MIB},
    {"site", &adapter_site, NULL, "{}", NULL, 100000},
};
enum { NB_SUBJECTS = sizeof subjects / sizeof subjects[0] };

/* ---- every step is checked: pure, and the state survives the journal ---- */

static const struct adapter *checked;    /* the adapter behind the checking one; the suite runs one at a time */
static int impure;

static bool same_text(const char *a, const char *b)
{
    return (!a && !b) || (a && b && !strcmp(a, b));
}

static bool same_request(const struct http_request *a, const struct http_request *b)
{
    for (size_t i = 0; i < 12 && (a->headers[i].name || b->headers[i].name); i++)
        if (!same_text(a->headers[i].name, b->headers[i].name) || !same_text(a->headers[i].value, b->headers[i].value))
            return false;
    return same_text(a->method, b->method) && same_text(a->url, b->url) && same_text(a->body, b->body) &&
           same_text(a->file, b->file) && a->offset == b->offset && a->length == b->length && a->repeat == b->repeat &&
           a->sign == b->sign;
}

static struct step checking_step(const struct step_in *in)
{
    AUTO_ARENA struct arena *arena = arena_create();
    AUTO_FREE char *text = json_dumps(in->state, JSON_COMPACT | JSON_SORT_KEYS);
    json_auto_t *loaded = text ? json_loads(text, 0, NULL) : NULL;
    struct step_in again = *in;
    struct step first = checked->step(in), second;

    again.state = loaded;
    again.arena = arena;
    second = checked->step(&again);
    if (first.kind != second.kind || first.wait_ms != second.wait_ms || !json_equal(first.state, second.state) ||
        strcmp(first.error.text, second.error.text) ||
        (first.kind == STEP_REQUEST && !same_request(&first.request, &second.request)))
        impure++;
    json_decref(second.state);
    return first;
}

/* ---- posts ---- */

struct bench {
    const struct subject *subject;
    struct adapter adapter;       /* as the subject's, with checking_step */
    struct world *world;          /* the journal's hook looks here */
    struct journal *journal;
    struct credentials *credentials;
    char folder[64], rendition[96];
    json_t *settings;
    int occurrence;
    int runs, published, held, failed, unknown, open, bad;
    bool verbose;
    uint64_t random;              /* the sample is the same every time */
};

static void add_defaults(json_t *settings, const struct setting *rows)
{
    struct error err;

    for (; rows && rows->name; rows++)
        if (rows->value)
            json_object_set_new(settings, rows->name, setting_parse(rows, rows->value, &err));
}

static void bench_open(struct bench *b, const struct subject *subject, bool verbose)
{
    json_auto_t *own = json_loads(subject->settings, 0, NULL);
    struct error err = {0};
    int fd;

    *b = (struct bench){.subject = subject,
                        .adapter = *subject->adapter,
                        .settings = json_object(),
                        .credentials = credentials_create(),
                        .verbose = verbose,
                        .random = 20261124};
    checked = subject->adapter;
    impure = 0;
    b->adapter.step = checking_step;
    /* in memory where there is such a place: the host syncs every file */
    snprintf(b->folder, sizeof b->folder, "%s/crosscut-conformance-XXXXXX",
             access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    assert_non_null(mkdtemp(b->folder));
    snprintf(b->rendition, sizeof b->rendition, "%s/rendition.mp4", b->folder);
    fd = open(b->rendition, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(fd >= 0 && ftruncate(fd, subject->bytes) == 0);
    close(fd);
    add_defaults(b->settings, common_settings);
    add_defaults(b->settings, subject->adapter->settings);
    json_object_update(b->settings, own);
    json_object_set_new(b->settings, "api_base", json_string(WORLD_BASE));
    b->journal = journal_open(&(struct journal_options){.stop = world_stop, .context = &b->world}, &err);
    assert_non_null(b->journal);
    assert_true(credentials_set(b->credentials, "place", WORLD_TOKEN, &err));
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void remove_folder(const char *folder)
{
    nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static void bench_close(struct bench *b)
{
    remove_folder(b->folder);
    journal_close(b->journal);
    credentials_destroy(b->credentials);
    json_decref(b->settings);
}

static struct post make_post(struct bench *b, char id[17], json_t **text, json_t **hashtags)
{
    snprintf(id, 17, "%016x", ++b->occurrence);
    *text = json_pack("{s:s, s:s, s:s}", "caption", "A short walk", "title", "A short walk", "description",
                      "Along the river");
    *hashtags = json_pack("[s]", "walk");
    return (struct post){.id = id,
                         .master_id = "sha256:0123",
                         .master_path = "walk.mp4",
                         .destination = "place",
                         .platform = b->adapter.name,
                         .account = WORLD_ACCOUNT,
                         .part = 1,
                         .parts = 1,
                         .occurrence = b->occurrence,
                         .rendition_id = "0123456789abcdef0123456789abcdef",
                         .rendition = b->rendition,
                         .rendition_bytes = b->subject->bytes,
                         .content_type = "video/mp4",
                         .width_px = 1080,
                         .height_px = 1920,
                         .duration_ms = 20000,
                         .cover_ms = 1000,
                         .text = *text,
                         .hashtags = *hashtags,
                         .title = "A short walk",
                         .created_ms = WORLD_EPOCH_MS,
                         .made_for_kids_said = true,
                         .settings = b->settings,
                         .adapter = &b->adapter};
}

/* ---- one run with troubles ---- */

static void tell_trouble(const struct trouble *t, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (t[i].is_write)
            printf(" stop %s write %d;", t[i].after ? "after" : "before", t[i].at);
        else
            printf(" %s at request %d;", fault_name(t[i].fault), t[i].at);
    }
}

/* What may never be: two posts, a published one that is not there, a failed one that is, no end. */
static const char *broken_promise(const struct world *w, const struct outcome *o, bool lied_to)
{
    if (o->nb_public > 1)
        return "TWO POSTS";
    if (o->endless)
        return "endless";
    if (!o->ended && !lied_to)    /* after an invented answer it may honestly stay deferred */
        return "no end";
    if (o->state == POST_PUBLISHED && o->nb_public != 1)
        return "published, but there is no post";
    if (o->state == POST_FAILED && o->nb_public)
        return "failed, but there is a post";
    if (w->escaped)
        return "a request to another host";
    return NULL;
}

static void count(struct bench *b, const struct outcome *o)
{
    b->runs++;
    b->published += o->state == POST_PUBLISHED;
    b->held += o->state == POST_HELD;
    b->failed += o->state == POST_FAILED;
    b->unknown += o->state == POST_UNKNOWN;
    b->open += o->state == POST_DEFERRED;
}

static struct outcome run(struct bench *b, const struct trouble *troubles, size_t n, int say_status,
                          const char *say_body, struct world *kept, bool trace)
{
    struct world w = {.journal = b->journal, .credentials = b->credentials, .troubles = troubles, .nb_troubles = n,
                      .say_status = say_status, .say_body = say_body, .trace = trace};
    char id[17], public[96];
    json_t *text, *hashtags;
    struct post post = make_post(b, id, &text, &hashtags);
    struct outcome o;

    snprintf(public, sizeof public, "%s/public", b->folder);
    world_init(&w, b->subject, public);
    b->world = &w;
    o = world_run(&w, &post);
    if (kept) {
        *kept = w;
        kept->sim = NULL;
        if (w.sim && trace) {
            json_auto_t *refused = b->subject->simulator->refusals(w.sim);
            AUTO_FREE char *dumped = json_dumps(refused, JSON_COMPACT);

            printf("      refusals: %s\n", dumped);
        }
    }
    world_finish(&w);
    remove_folder(public);
    json_decref(text);
    json_decref(hashtags);
    return o;
}

static void judge(struct bench *b, const struct trouble *troubles, size_t n, int say_status, const char *say_body)
{
    struct world w;
    struct outcome o = run(b, troubles, n, say_status, say_body, &w, false);
    const char *broken = broken_promise(&w, &o, say_body != NULL);

    count(b, &o);
    if (!broken && b->verbose && n == 1 && o.state == POST_UNKNOWN) {
        printf("    %s: unknown (%d public):", b->subject->name, o.nb_public);
        tell_trouble(troubles, n);
        printf(" said %d '%.40s': %s\n", say_status, say_body ? say_body : "", o.error.text);
    }
    if (!broken)
        return;
    b->bad++;
    if (b->bad > 10 && !b->verbose)
        return;
    printf("    %s: %s (%s, %d public):", b->subject->name, broken, post_state_name(o.state), o.nb_public);
    tell_trouble(troubles, n);
    if (say_body)
        printf(" said %d '%.40s'", say_status, say_body);
    printf(" %s\n", o.error.text);
    if (b->verbose)
        run(b, troubles, n, say_status, say_body, &w, true);
}

/* ---- the tests ---- */

static void untroubled(struct bench *b, struct world *w)
{
    struct outcome o = run(b, NULL, 0, 0, NULL, w, b->verbose);

    if (o.state != POST_PUBLISHED && o.state != POST_HELD) {
        printf("    %s, untroubled: %s: %s\n", b->subject->name, post_state_name(o.state), o.error.text);
        run(b, NULL, 0, 0, NULL, w, true);
        b->bad++;
    }
    if (o.state == POST_PUBLISHED && o.nb_public != 1) {
        printf("    %s, untroubled: published, %d public\n", b->subject->name, o.nb_public);
        b->bad++;
    }
}

enum { SAMPLE = 450 };    /* of each kind of trouble that has more cases; CONFORMANCE_FULL=1 runs them all */

static bool sampled(struct bench *b, size_t all)
{
    uint64_t of = all > SAMPLE && !getenv("CONFORMANCE_FULL") ? all / SAMPLE + 1 : 1;

    return retry_random(&b->random) % of == 0;
}

/* Any status with any body at any request, before or after the platform acted. A platform that acts and then says a
 * clear no is a liar nobody can see through: that is left out. */
static void say_anything(struct bench *b, int nb_requests)
{
    static const int statuses[] = {0,   200, 201, 204, 206, 302, 308, 400, 401,
                                   403, 404, 409, 412, 416, 422, 429, 500, 503};
    static const char *const bodies[] = {"",
                                         "garbage",
                                         "{}",
                                         "[]",
                                         "{\"a\":{\"a\":{\"a\":{\"a\":[[[[[[1]]]]]]}}}}",
                                         "{\"error\":{\"code\":1,\"message\":\"no\"}}",
                                         "{\"error\":\"no\",\"data\":[],\"id\":7,\"status\":null}"};
    enum { STATUSES = sizeof statuses / sizeof statuses[0], BODIES = sizeof bodies / sizeof bodies[0] };
    size_t all = (size_t)nb_requests * STATUSES * BODIES * 2;

    for (size_t i = 0; i < all; i++) {
        int status = statuses[i / 2 / BODIES % STATUSES];
        struct trouble t = {.at = (int)(i / 2 / BODIES / STATUSES), .fault = i % 2 ? FAULT_SAY_AFTER : FAULT_SAY};

        if ((t.fault == FAULT_SAY || status < 400 || status >= 500) && sampled(b, all))
            judge(b, &t, 1, status, bodies[i / 2 % BODIES]);
    }
}

static size_t all_troubles(struct trouble *list, int nb_requests, int nb_writes)
{
    size_t n = 0;

    for (int at = 0; at < nb_requests; at++)
        for (enum fault f = FAULT_NOT_SENT; f <= FAULT_EVIL; f++)
            list[n++] = (struct trouble){.at = at, .fault = f};
    for (int at = 0; at < nb_writes; at++)
        for (int after = 0; after < 2; after++)
            list[n++] = (struct trouble){.is_write = true, .at = at, .after = after};
    return n;
}

static void singles(struct bench *b, const struct trouble *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        judge(b, &list[i], 1, 0, NULL);
}

static void pairs(struct bench *b, const struct trouble *list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = i + 1; j < n; j++) {
            struct trouble two[2] = {list[i], list[j]};

            if (sampled(b, n * (n - 1) / 2))
                judge(b, two, 2, 0, NULL);
        }
}

/* The same request fails again and again: the platform is down, then comes back. */
static void outages(struct bench *b, int nb_requests)
{
    for (int at = 0; at < nb_requests; at++)
        for (enum fault f = FAULT_NOT_SENT; f <= FAULT_429_BEFORE; f++)
            for (size_t length = 2; length <= 13; length += 11) {
                struct trouble many[13];

                if (!sampled(b, (size_t)nb_requests * FAULTS * 2))
                    continue;
                for (size_t i = 0; i < length; i++)
                    many[i] = (struct trouble){.at = at + (int)i, .fault = f};
                judge(b, many, length, 0, NULL);
            }
}

static int suite(const struct subject *subject, bool verbose)
{
    static struct trouble list[4096];
    int64_t start_ms = clock_monotonic_ms();
    struct bench b;
    struct world w = {0};
    size_t n;
    int bad;

    bench_open(&b, subject, verbose);
    untroubled(&b, &w);
    if (!b.bad) {
        int more = w.requests + 3;    /* looking after a fault makes further requests: those can fail too */

        n = all_troubles(list, more, w.writes + 3);
        singles(&b, list, n);
        outages(&b, w.requests);
        say_anything(&b, more);
        pairs(&b, list, n);
    }
    if (impure)
        printf("    %s: %d steps gave another result for the same input\n", subject->name, impure);
    bad = b.bad + impure;
    printf("  %-28s %2d requests %2d writes: %6d runs, %6d published %5d held %5d failed %5d unknown %4d deferred, %d "
           "bad, %.1f s\n",
           subject->name, w.requests, w.writes, b.runs, b.published, b.held, b.failed, b.unknown, b.open, bad,
           (double)(clock_monotonic_ms() - start_ms) / 1000);
    fflush(stdout);
    bench_close(&b);
    return bad;
}

static void test_subject(void **state)
{
    assert_int_equal(suite(*state, false), 0);
}

/* The harness is tested too: wrong adapters must be found out. */
static void test_teeth(void **state)
{
    static const struct subject wrong[] = {
        {"a careless adapter", &adapter_careless, &sim_demo, "{}", NULL, 1000},
        {"a hasty adapter", &adapter_hasty, &sim_demo, "{}", NULL, 1000},
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct trouble lost = {.at = 2, .fault = FAULT_LOST};
        struct bench b;
        struct world w;
        struct outcome o;

        bench_open(&b, &wrong[i], false);
        o = run(&b, &lost, 1, 0, NULL, &w, false);
        assert_string_equal(broken_promise(&w, &o, false), "TWO POSTS");
        bench_close(&b);
    }
}

int main(int argc, char **argv)
{
    struct CMUnitTest tests[NB_SUBJECTS + 1] = {[NB_SUBJECTS] = cmocka_unit_test(test_teeth)};

    if (argc > 1) {
        int bad = 0;

        for (size_t i = 0; i < NB_SUBJECTS; i++)
            if (!strcmp(subjects[i].name, argv[1]))
                bad += suite(&subjects[i], true);
        return bad != 0;
    }
    for (size_t i = 0; i < NB_SUBJECTS; i++)
        tests[i] = (struct CMUnitTest){
            .name = subjects[i].name, .test_func = test_subject, .initial_state = (void *)(uintptr_t)&subjects[i]};
    return cmocka_run_group_tests_name("conformance", tests, NULL, NULL);
}
