/* The protocol table and the steps: how an answer finds the function that reads it. */
#include <crosscut/adapter.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Lost answers in a row to one question before the post is left for a later resume. The engine repeats harmless
 * requests by itself with back-off before it tells us, so that this many means the network or the platform is down. */
#define LOSSES_MAX 3

static struct step make(enum step_kind kind, json_t *state)
{
    return (struct step){.kind = kind, .state = state};
}

static void explain(struct step *s, enum error_kind kind, const char *rule, const char *fmt, va_list args)
    __attribute__((format(printf, 4, 0)));
static void explain(struct step *s, enum error_kind kind, const char *rule, const char *fmt, va_list args)
{
    s->error.kind = kind;
    snprintf(s->error.rule, sizeof s->error.rule, "%s", rule ? rule : "");
    vsnprintf(s->error.text, sizeof s->error.text, fmt, args);
}

struct step step_request(json_t *state, enum post_state shows, struct http_request request)
{
    struct step s = make(STEP_REQUEST, state);

    if (request.repeat == REPEAT_NEVER)
        json_object_set_new(state, "guarded", json_true());
    s.shows = shows;
    s.request = request;
    return s;
}

struct step step_wait(json_t *state, enum post_state shows, int64_t wait_ms)
{
    struct step s = make(STEP_WAIT, state);

    s.shows = shows;
    s.wait_ms = wait_ms > 0 ? wait_ms : 0;
    return s;
}

struct step step_done(json_t *state)
{
    return make(STEP_DONE, state);
}

struct step step_held(json_t *state, const char *fmt, ...)
{
    struct step s = make(STEP_HELD, state);
    va_list args;

    va_start(args, fmt);
    explain(&s, ERROR_CREDENTIALS, "", fmt, args);
    va_end(args);
    return s;
}

struct step step_failed(json_t *state, enum error_kind kind, const char *rule, const char *fmt, ...)
{
    struct step s = make(STEP_FAILED, state);
    va_list args;

    va_start(args, fmt);
    explain(&s, kind, rule, fmt, args);
    va_end(args);
    return s;
}

struct step step_unknown(json_t *state, const char *fmt, ...)
{
    struct step s = make(STEP_UNKNOWN, state);
    va_list args;

    va_start(args, fmt);
    explain(&s, ERROR_UNKNOWN, "", fmt, args);
    va_end(args);
    return s;
}

struct step step_deferred(json_t *state, int64_t retry_at_ms, const char *rule, const char *fmt, ...)
{
    struct step s = make(STEP_FAILED, state);
    va_list args;

    va_start(args, fmt);
    explain(&s, ERROR_TRANSIENT, rule, fmt, args);
    va_end(args);
    s.error.retry_at_ms = retry_at_ms;
    return s;
}

/* ---- waiting for a platform ---- */

struct step step_poll(const struct step_in *in, json_t *state, const char *what)
{
    int64_t interval_ms = post_setting_int(in->post, "poll_interval", 5000);
    int64_t timeout_ms = post_setting_int(in->post, "poll_timeout", 1800000);
    int64_t since_ms = state_int(state, "poll_since_ms", in->now_ms);

    if (since_ms > in->now_ms)    /* the clock was set back */
        since_ms = in->now_ms;
    if (in->now_ms - since_ms >= timeout_ms) {
        json_object_del(state, "poll_since_ms");
        return step_deferred(state, 0, "", "%s after %lld s; crosscut resume asks again", what,
                             (long long)((in->now_ms - since_ms) / 1000));
    }
    json_object_set_new(state, "poll_since_ms", json_integer(since_ms));
    return step_wait(state, POST_PROCESSING, interval_ms > 0 ? interval_ms : 1);
}

int64_t settle_left_ms(const struct step_in *in, json_t *state)
{
    static const int64_t looks_s[] = {5, 15, 45, 120, 300};    /* and one at once; RELIABILITY 4.1, G3 */
    int64_t settle_ms = post_setting_int(in->post, "settle", 300000);
    int64_t armed_ms = state_int(state, "armed_at_ms", in->now_ms);

    if (armed_ms > in->now_ms)    /* the clock was set back: wait the whole window again */
        armed_ms = in->now_ms;
    json_object_set_new(state, "armed_at_ms", json_integer(armed_ms));
    for (size_t i = 0; i < sizeof looks_s / sizeof looks_s[0]; i++) {
        int64_t at_ms = armed_ms + settle_ms / 300 * looks_s[i] + settle_ms % 300 * looks_s[i] / 300;

        if (in->now_ms < at_ms)
            return at_ms - in->now_ms;
    }
    return 0;
}

/* ---- the table ---- */

static const struct phase *find(const struct phase *phases, const char *name)
{
    for (const struct phase *p = phases; p->name; p++)
        if (!strcmp(p->name, name))
            return p;
    return NULL;
}

static struct step ask(const struct phase *phase, const struct step_in *in, json_t *state)
{
    struct step_in fresh = *in;

    json_object_set_new(state, "phase", json_string(phase->name));
    fresh.last = NULL;
    return phase->request(&fresh, state);
}

struct step phase_go(const struct phase *phases, const char *name, const struct step_in *in, json_t *state)
{
    const struct phase *phase = find(phases, name);

    if (!phase)
        return step_failed(state, ERROR_INTERNAL, "", "adapter %s has no phase '%s'", in->post->platform, name);
    if (strcmp(state_text(state, "phase"), name) != 0) {
        json_object_del(state, "poll_since_ms");
        json_object_del(state, "losses");
    }
    return ask(phase, in, state);
}

/* Asks again, unless that went wrong too often. */
static struct step ask_again(const struct phase *phase, const struct step_in *in, json_t *state)
{
    int64_t losses = state_int(state, "losses", 0) + 1;

    if (losses >= LOSSES_MAX) {
        json_object_del(state, "losses");
        return step_deferred(state, 0, "", "%s does not answer (%s)", in->post->platform, phase->name);
    }
    json_object_set_new(state, "losses", json_integer(losses));
    return ask(phase, in, state);
}

static struct step no_answer(const struct phase *phase, const struct step_in *in, json_t *state, bool guarded)
{
    if (in->last->not_sent || (!guarded && !phase->lost))
        return ask_again(phase, in, state);
    if (phase->lost)
        return phase->lost(in, state);
    return step_unknown(state, "%s: the answer was lost (%s): it may be public, look at the account", in->post->platform,
                        phase->name);
}

/* After a request that makes something public these do not say that it failed: it may have been done before the gateway
 * gave up, and "there is one already" may mean ours (RELIABILITY 0.2). */
static bool status_ambiguous(int status)
{
    return status == 408 || status == 409 || status == 422 || status >= 500;
}

struct step phase_step(const struct phase *phases, const struct step_in *in)
{
    static const struct http_response nothing = {.body = ""};
    json_t *state = json_is_object(in->state) ? json_deep_copy(in->state) : json_object();
    const char *name = state_text(state, "phase");
    const struct phase *phase = *name ? find(phases, name) : phases;
    bool guarded = json_is_true(json_object_get(state, "guarded"));
    struct step_in now = *in;
    int status;

    if (!phase)
        return step_failed(state, ERROR_INTERNAL, "", "%s: the journal names an unknown phase '%s' (a newer version?)",
                           in->post->platform, name);
    json_object_del(state, "guarded");
    if (!in->last && guarded)    /* asked, and nobody remembers an answer */
        now.last = &nothing;
    if (!now.last)
        return ask(phase, &now, state);

    status = now.last->status;
    if (!status || (guarded && (status_ambiguous(status) || (status >= 300 && status < 400 && !phase->refused))))
        return no_answer(phase, &now, state, guarded);
    json_object_del(state, "losses");
    if (status >= 200 && status < 300)
        return phase->answer(&now, state);
    return phase->refused ? phase->refused(&now, state) : phase_refused(&now, state);
}

/* ---- answers nobody expected ---- */

/* What the platform said, on one line. */
static const char *message(const struct step_in *in)
{
    static const char *const paths[] = {"error.message", "message", "error_description", "error_message", "detail",
                                        "error"};
    const char *said = "";
    char *line;

    for (size_t i = 0; !*said && i < sizeof paths / sizeof paths[0]; i++)
        said = json_text_at(in->last->json, paths[i]);
    if (!*said)
        said = in->last->body ? in->last->body : "";
    line = arena_strndup(in->arena, said, 300);
    for (char *c = line; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7f)
            *c = ' ';
    return *line ? line : "no explanation";
}

struct step phase_refused(const struct step_in *in, json_t *state)
{
    int status = in->last->status;
    const char *platform = in->post->platform, *said = message(in);

    if (status == 401 || status == 403)
        return step_failed(state, ERROR_CREDENTIALS, "", "%s refused the account of '%s' (HTTP %d: %s); crosscut login %s",
                           platform, in->post->destination, status, said, in->post->destination);
    if (status < 400 || status == 408 || status == 425 || status == 429 || status >= 500) {    /* 3xx: a portal in between */
        int64_t wait_ms = retry_after_ms(in->last, in->now_ms, 86400000, 0);

        return step_deferred(state, wait_ms ? in->now_ms + wait_ms : 0, "", "%s cannot take it now (HTTP %d: %s)", platform,
                             status, said);
    }
    return step_failed(state, ERROR_PERMANENT, "", "%s refused it (HTTP %d: %s)", platform, status, said);
}
