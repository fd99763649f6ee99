/* Network faults in every cell: each request of each adapter meets each fault, once and three times in a row, on a
 * clock that costs nothing (RELIABILITY R3); and effects that show later than the answer is lost (R4).
 *   fault-matrix [--every N] [--tell] [NAME]    every Nth cell; tell the cells that need a person; only that subject */
#include "tests/conformance/demo.h"
#include "tests/conformance/world.h"

#include "base/auto.h"
#include "publish/settings.h"
#include <fcntl.h>
#include <ftw.h>
#include <string.h>

#define MIB (INT64_C(1) << 20)

extern const struct adapter adapter_tiktok, adapter_instagram, adapter_youtube, adapter_site;

static const struct subject subjects[] = {
    {"tiktok direct", &adapter_tiktok, &sim_tiktok, "{\"mode\":\"direct\",\"privacy\":\"SELF_ONLY\"}", "{\"processing_polls\":2}", 3 * MIB},
    {"tiktok in chunks", &adapter_tiktok, &sim_tiktok, "{\"mode\":\"direct\",\"privacy\":\"SELF_ONLY\",\"chunk_size\":5242880}", NULL, 65 * MIB},
    {"tiktok inbox", &adapter_tiktok, &sim_tiktok, "{\"mode\":\"inbox\"}", NULL, 3 * MIB},
    {"instagram", &adapter_instagram, &sim_instagram, "{}", "{\"processing_polls\":2}", 3 * MIB},
    {"instagram fetched", &adapter_instagram, &sim_instagram, "{\"upload\":\"url\",\"host_base_url\":\"https://media.example.org\"}", NULL, 3 * MIB},
    {"youtube", &adapter_youtube, &sim_youtube, "{\"privacy\":\"public\"}", NULL, 3 * MIB},
    {"youtube in chunks", &adapter_youtube, &sim_youtube, "{\"privacy\":\"public\",\"chunk_size\":1048576}", NULL, 3 * MIB},
    {"site", &adapter_site, NULL, "{}", NULL, 100000},
};
enum { NB_SUBJECTS = sizeof subjects / sizeof subjects[0] };

#define EVIL "{\"location\":\"https://evil.example/\"}"
#define NO_ID_ERROR "{\"error\":{\"code\":\"internal_error\",\"message\":\"please retry later\"}}"
static char deep[10001];    /* filled once, before anything runs */

/* What stands in for what: a stall past the time-out and a body of 64 MiB reach the engine as a lost answer, see
 * tests/faults/net.py for the same over real connections. */
static const struct cell_fault {
    const char *name;
    enum fault fault;
    int status;
    const char *body, *headers;
    bool login;               /* by its nature only a person ends it */
} faults[] = {
    {"no connection", FAULT_NOT_SENT, 0, NULL, NULL, false},
    {"reset before it was read", FAULT_DROPPED, 0, NULL, NULL, false},
    {"reset or stall, applied", FAULT_LOST, 0, NULL, NULL, false},
    {"reset in the body", FAULT_CUT, 0, NULL, NULL, false},
    {"500, not applied", FAULT_500_BEFORE, 0, NULL, NULL, false},
    {"500, applied", FAULT_500_AFTER, 0, NULL, NULL, false},
    {"503", FAULT_SAY, 503, "", "{\"retry-after\":\"2\"}", false},
    {"408, applied", FAULT_SAY_AFTER, 408, "", NULL, false},
    {"429 with seconds", FAULT_SAY, 429, "{}", "{\"retry-after\":\"7\"}", false},
    {"429 with a date", FAULT_SAY, 429, "{}", "{\"retry-after\":\"Tue, 24 Nov 2026 23:00:00 GMT\"}", false},
    {"429 with a past date", FAULT_SAY, 429, "{}", "{\"retry-after\":\"Mon, 24 Nov 1997 06:00:00 GMT\"}", false},
    {"429 with 10^9 s", FAULT_SAY, 429, "{}", "{\"retry-after\":\"1000000000\"}", false},
    {"429 with nonsense", FAULT_SAY, 429, "{}", "{\"retry-after\":\"-soon\"}", false},
    {"401", FAULT_SAY, 401, "{\"error\":{\"code\":\"access_token_invalid\",\"message\":\"expired\"}}", NULL, true},
    {"truncated JSON, not applied", FAULT_SAY, 200, "{\"data\":{\"id\":\"17", NULL, false},
    {"truncated JSON, applied", FAULT_SAY_AFTER, 200, "{\"data\":{\"id\":\"17", NULL, false},
    {"HTML page, not applied", FAULT_SAY, 200, "<html>welcome</html>", NULL, false},
    {"HTML page, applied", FAULT_GARBAGE_AFTER, 0, NULL, NULL, false},
    {"10 000 deep JSON, not applied", FAULT_SAY, 200, deep, NULL, false},
    {"10 000 deep JSON, applied", FAULT_SAY_AFTER, 200, deep, NULL, false},
    {"200 with an error, not applied", FAULT_SAY, 200, NO_ID_ERROR, NULL, false},
    {"200 with an error, applied", FAULT_SAY_AFTER, 200, NO_ID_ERROR, NULL, false},
    {"200 without id, not applied", FAULT_SAY, 200, "{}", NULL, false},
    {"200 without id, applied", FAULT_EMPTY_AFTER, 0, NULL, NULL, false},
    {"302 to another host", FAULT_SAY, 302, "", EVIL, false},
    {"302 to another host, applied", FAULT_SAY_AFTER, 302, "", EVIL, false},
    {"307 to another host", FAULT_SAY, 307, "", EVIL, false},
    {"308 to another host", FAULT_SAY, 308, "", EVIL, false},
    {"308 to another host, applied", FAULT_SAY_AFTER, 308, "", EVIL, false},
    {"409, not applied", FAULT_SAY, 409, "{\"error\":{\"message\":\"duplicate\"}}", NULL, false},
    {"409, applied", FAULT_SAY_AFTER, 409, "{\"error\":{\"message\":\"duplicate\"}}", NULL, false},
    {"422, not applied", FAULT_SAY, 422, "{\"error\":{\"message\":\"duplicate\"}}", NULL, false},
    {"422, applied", FAULT_SAY_AFTER, 422, "{\"error\":{\"message\":\"duplicate\"}}", NULL, false},
    {"addresses of another host", FAULT_EVIL, 0, NULL, NULL, false},
};
enum { NB_FAULTS = sizeof faults / sizeof faults[0] };

struct bench {
    const struct subject *subject;
    struct world *world;          /* the journal's hook looks here */
    struct journal *journal;
    struct credentials *credentials;
    char folder[64], rendition[96];
    json_t *settings;
    int occurrence;
    bool tell, trace;
};

struct score { int cells, alone, login, person, doubles, lost, lies, endless, escaped, wordless; };

/* ---- the bench ---- */

static void add_defaults(json_t *settings, const struct setting *rows)
{
    struct error err;

    for (; rows && rows->name; rows++)
        if (rows->value)
            json_object_set_new(settings, rows->name, setting_parse(rows, rows->value, &err));
}

static bool open_bench(struct bench *b, const struct subject *subject, bool tell)
{
    json_auto_t *own = json_loads(subject->settings, 0, NULL);
    struct error err = {0};
    int fd;

    *b = (struct bench){.subject = subject, .settings = json_object(), .credentials = credentials_create(), .tell = tell};
    snprintf(b->folder, sizeof b->folder, "%s/crosscut-faults-XXXXXX", access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm");
    if (!mkdtemp(b->folder))
        return false;
    snprintf(b->rendition, sizeof b->rendition, "%s/rendition.mp4", b->folder);
    fd = open(b->rendition, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ftruncate(fd, subject->bytes) < 0)
        return false;
    close(fd);
    add_defaults(b->settings, common_settings);
    add_defaults(b->settings, subject->adapter->settings);
    json_object_update(b->settings, own);
    json_object_set_new(b->settings, "api_base", json_string(WORLD_BASE));
    b->journal = journal_open(&(struct journal_options){.stop = world_stop, .context = &b->world}, &err);
    return b->journal && credentials_set(b->credentials, "place", WORLD_TOKEN, &err);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(path);
}

static void close_bench(struct bench *b)
{
    nftw(b->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    journal_close(b->journal);
    credentials_destroy(b->credentials);
    json_decref(b->settings);
}

static struct post make_post(struct bench *b, char id[17], const json_t *text, const json_t *hashtags)
{
    snprintf(id, 17, "%016x", ++b->occurrence);
    return (struct post){
        .id = id, .master_id = "sha256:0123", .master_path = "walk.mp4", .destination = "place", .platform = b->subject->adapter->name,
        .account = WORLD_ACCOUNT, .part = 1, .parts = 1, .occurrence = b->occurrence, .rendition_id = "0123456789abcdef0123456789abcdef",
        .rendition = b->rendition, .rendition_bytes = b->subject->bytes, .content_type = "video/mp4", .width_px = 1080, .height_px = 1920,
        .duration_ms = 20000, .cover_ms = 1000, .text = text, .hashtags = hashtags, .title = "A short walk", .created_ms = WORLD_EPOCH_MS,
        .made_for_kids_said = true, .settings = b->settings, .adapter = b->subject->adapter};
}

/* ---- one cell ---- */

static bool at_end(const struct outcome *o)
{
    return post_state_final(o->state) || (o->state == POST_HELD && !o->error.rule[0]);    /* a draft for its owner is an end */
}

/* Runs, and resumes as a timer would, until nothing changes any more. *alone: no person was needed. */
static struct outcome take(struct world *w, const struct post *post, bool *alone)
{
    struct outcome o = world_run(w, post);
    int looks = 0;

    *alone = true;
    for (int i = 0; i < 12 && !at_end(&o) && !o.endless && looks < 2; i++) {
        *alone = *alone && o.state == POST_DEFERRED;
        looks += o.state == POST_UNKNOWN;
        w->now_ms += 3600000;
        o = world_run(w, post);
    }
    *alone = *alone && at_end(&o);
    return o;
}

static struct outcome run_cell(struct bench *b, const struct cell_fault *f, const struct trouble *troubles, size_t n, struct world *w, bool *alone)
{
    json_auto_t *text = json_pack("{s:s, s:s, s:s}", "caption", "A short walk", "title", "A short walk", "description", "Along the river");
    json_auto_t *hashtags = json_pack("[s]", "walk");
    char id[17], public[96];
    struct post post = make_post(b, id, text, hashtags);
    struct outcome o;

    *w = (struct world){.journal = b->journal, .credentials = b->credentials, .troubles = troubles, .nb_troubles = n, .trace = b->trace};
    if (f) {
        w->say_status = f->status;
        w->say_body = f->body;
        w->say_headers = f->headers;
    }
    snprintf(public, sizeof public, "%s/public", b->folder);
    world_init(w, b->subject, public);
    b->world = w;
    o = take(w, &post, alone);
    world_finish(w);
    w->sim = NULL;
    return o;
}

static const char *judge(const struct outcome *o, const struct world *w, bool alone, bool login, struct score *s)
{
    s->cells++;
    if (o->nb_public > 1)
        return s->doubles++, "TWO POSTS";
    if (o->endless)
        return s->endless++, "one run does not end";
    if (w->escaped)
        return s->escaped++, "a request to another host";
    if (o->state == POST_PUBLISHED && o->nb_public != 1)
        return s->lies++, "published, but there is no post";
    if (o->state == POST_FAILED && o->nb_public)
        return s->lost++, "failed, but there is a post";
    if (o->state != POST_PUBLISHED && (!o->error.text[0] || strchr(o->error.text, '\n')))
        return s->wordless++, "no line that says what to do";
    if (alone)
        s->alone++;
    else if (login)
        s->login++;
    else
        s->person++;
    return NULL;
}

static void cell(struct bench *b, const struct cell_fault *f, int at, int times, struct score *score)
{
    struct trouble troubles[3];
    struct world w;
    bool alone;
    struct outcome o;
    const char *bad;

    for (int i = 0; i < times; i++)
        troubles[i] = (struct trouble){.at = at + i, .fault = f->fault};
    o = run_cell(b, f, troubles, (size_t)times, &w, &alone);
    bad = judge(&o, &w, alone, f->login, score);
    if (b->tell && !alone && !f->login && !b->trace) {    /* once more, request by request */
        b->trace = true;
        run_cell(b, f, troubles, (size_t)times, &w, &alone);
        b->trace = alone = false;
    }
    if (bad || (b->tell && !alone && !f->login))
        printf("    %s, request %d, %s x%d: %s (%s, %d public, %d lives): %s\n", b->subject->name, at, f->name, times,
               bad ? bad : "needs a person", post_state_name(o.state), o.nb_public, w.lives, o.error.text);
}

/* Stopped right before and right after a write of the journal, as by a kill. */
static void stops(struct bench *b, int at, struct score *score)
{
    for (int after = 0; after < 2; after++) {
        struct trouble stop = {.is_write = true, .at = at, .after = after};
        struct world w;
        bool alone;
        struct outcome o = run_cell(b, NULL, &stop, 1, &w, &alone);
        const char *bad = judge(&o, &w, alone, false, score);

        if (bad)
            printf("    %s, stopped %s write %d: %s (%s, %d public): %s\n", b->subject->name, after ? "after" : "before", at, bad,
                   post_state_name(o.state), o.nb_public, o.error.text);
    }
}

static int bad_of(const struct score *s)
{
    return s->doubles + s->lost + s->lies + s->endless + s->escaped + s->wordless;
}

static void add(struct score *sum, const struct score *s)
{
    sum->cells += s->cells, sum->alone += s->alone, sum->login += s->login, sum->person += s->person, sum->doubles += s->doubles;
    sum->lost += s->lost, sum->lies += s->lies, sum->endless += s->endless, sum->escaped += s->escaped, sum->wordless += s->wordless;
}

static void tell(const char *name, const struct score *s)
{
    printf("  %-20s %6d %8d %7d %8d %6d %5d %5d\n", name, s->cells, s->alone, s->login, s->person, s->lost, s->lies, s->doubles);
    if (s->endless + s->escaped + s->wordless)
        printf("    and %d without end, %d to another host, %d without a word\n", s->endless, s->escaped, s->wordless);
}

/* Requests, and writes of the journal, of a run that nobody disturbs; -1: it does not even work then. */
static int nb_requests(struct bench *b, int *writes)
{
    struct world w;
    bool alone;
    struct outcome o = run_cell(b, NULL, NULL, 0, &w, &alone);

    if (!alone || (o.nb_public != 1 && o.state == POST_PUBLISHED)) {
        printf("    %s, undisturbed: %s: %s\n", b->subject->name, post_state_name(o.state), o.error.text);
        return -1;
    }
    *writes = w.writes;
    return w.requests;
}

/* Between the engine and a folder there is nobody who could answer 200 and do nothing. */
static bool possible(const struct subject *subject, const struct cell_fault *f)
{
    return subject->simulator || f->fault != FAULT_SAY || f->status != 200;
}

static bool matrix(const struct subject *subject, int every, bool tell_all, struct score *sum)
{
    struct score score = {0};
    struct bench b;
    int requests = 0, writes = 0, n = 0;
    bool ok = open_bench(&b, subject, tell_all) && (requests = nb_requests(&b, &writes)) > 0;

    for (int at = 0; ok && at < requests; at++)
        for (size_t f = 0; f < NB_FAULTS; f++)
            for (int times = 1; times <= 3; times += 2)
                if (possible(subject, &faults[f]) && n++ % every == 0)
                    cell(&b, &faults[f], at, times, &score);
    for (int at = 0; ok && at < writes; at++)
        stops(&b, at, &score);
    close_bench(&b);
    tell(subject->name, &score);
    add(sum, &score);
    return ok && !bad_of(&score);
}

/* ---- effects that show late ---- */

static bool late(const struct subject *subject, int delay_s, struct score *sum)
{
    struct cell_fault lost = {"answer lost", FAULT_LOST, 0, NULL, NULL, false};
    char options[64];
    struct subject slow = *subject;
    struct score score = {0};
    struct bench b;
    int requests = 0, writes = 0;
    bool ok;

    snprintf(options, sizeof options, "{\"late_ms\":%d}", delay_s * 1000);
    slow.options = options;
    ok = open_bench(&b, &slow, false) && (requests = nb_requests(&b, &writes)) > 0;
    for (int at = 0; ok && at < requests; at++) {
        lost.fault = FAULT_LOST;
        cell(&b, &lost, at, 1, &score);
        lost.fault = FAULT_500_AFTER;
        cell(&b, &lost, at, 1, &score);
    }
    close_bench(&b);
    add(sum, &score);
    return ok && !bad_of(&score);
}

static bool all_late(const char *only)
{
    static const int delays_s[] = {0, 1, 10, 60, 120, 240};
    bool ok = true;

    printf("%-22s %6s %8s %7s %8s %6s %5s %5s\n", "effect shows late", "cells", "alone", "login", "person", "lost", "false", "double");
    for (size_t d = 0; d < sizeof delays_s / sizeof delays_s[0]; d++) {
        struct score sum = {0};
        char name[32];

        for (size_t i = 0; i < NB_SUBJECTS; i++)
            if (subjects[i].simulator && (!only || !strcmp(only, subjects[i].name)))
                ok &= late(&subjects[i], delays_s[d], &sum);
        snprintf(name, sizeof name, "%d s (window 300 s)", delays_s[d]);
        tell(name, &sum);
    }
    return ok;
}

int main(int argc, char **argv)
{
    struct score sum = {0};
    const char *only = NULL;
    bool ok = true, tell_all = false;
    int every = 1, most;

    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--tell"))
            tell_all = true;
        else if (!strcmp(argv[i], "--every") && i + 1 < argc)
            every = (int)strtol(argv[++i], NULL, 10);
        else
            only = argv[i];
    }
    memset(deep, '[', sizeof deep - 1);
    printf("%-22s %6s %8s %7s %8s %6s %5s %5s\n", "network faults", "cells", "alone", "login", "person", "lost", "false", "double");
    for (size_t i = 0; i < NB_SUBJECTS; i++)
        if (!only || !strcmp(only, subjects[i].name))
            ok &= matrix(&subjects[i], every > 0 ? every : 1, tell_all, &sum);
    tell("all", &sum);
    most = (sum.cells - sum.login) * 95 / 100;
    if (sum.alone < most) {
        printf("  only %d of %d cells end by themselves, wanted are %d\n", sum.alone, sum.cells - sum.login, most);
        ok = false;
    }
    return all_late(only) && ok ? 0 : 1;
}
