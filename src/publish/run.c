#include "publish/run.h"

#include "base/auto.h"
#include "publish/retry.h"
#include <string.h>

static int64_t now_ms(const struct run *run)
{
    return run->engine->clock.now_ms(run->engine->clock.context);
}

static void tell(const struct run *run, struct engine_event event)
{
    const struct engine_options *o = &run->engine->options;

    event.post = &run->post;
    event.state = run->shows;
    event.what = event.what ? event.what : "";
    event.permalink = json_string_value(json_object_get(json_object_get(run->state, "public"), "permalink"));
    if (o->event)
        o->event(o->context, &event);
}

static void sleep_then(struct run *run, int64_t wait_ms, enum run_after after, const char *what)
{
    const struct engine_clock *clock = &run->engine->clock;

    run->activity = RUN_WAITING;
    run->after = after;
    run->wake_ms = run->engine->options.dry_run ? 0 : clock->monotonic_ms(clock->context) + wait_ms;
    if (wait_ms > 0)
        tell(run, (struct engine_event){.kind = ENGINE_WAIT, .what = what, .until_ms = now_ms(run) + wait_ms});
}

/* ---- into the journal ---- */

static bool put(struct run *run, bool arming, int64_t next_at_ms, const struct error *error, const char *what,
                struct error *err)
{
    struct journal_change change = {.state = run->shows,
                                    .adapter_state = run->state,
                                    .asked = run->asked,
                                    .armed = run->armed,
                                    .doubt = run->doubt,
                                    .arming = arming,
                                    .attempt = !run->counted,
                                    .next_at_ms = next_at_ms,
                                    .error = error,
                                    .what = what,
                                    .now_ms = now_ms(run)};

    if (!journal_put(run->engine->options.journal, run->post.id, &change, err))
        return false;
    run->counted = true;
    return true;
}

static void leave(struct run *run)
{
    if (run->leased)
        /* one that stays dies with this process */
        journal_release(run->engine->options.journal, run->post.id, NULL);
    run->leased = false;
    run->activity = RUN_ENDED;
}

/* An unknown post was looked for, and nothing was seen that decides it: it stays as it was, for the next look. */
static void stay_unknown(struct run *run, const struct error *looked, struct error *told)
{
    static const char label[] = "; looked again: ";
    char *earlier = strstr(run->unknown_because.text, label);
    size_t used;

    if (earlier)
        *earlier = '\0';
    *told = run->unknown_because;
    used = strlen(told->text);
    if (looked && looked->text[0] && strncmp(looked->text, told->text, used))
        snprintf(told->text + used, sizeof told->text - used, "%s%.300s", label, looked->text);
    json_decref(run->state);
    run->state = json_incref(run->unknown_state);
    run->asked = run->armed = false;
}

static bool end(struct run *run, enum post_state state, const struct error *error, struct error *err)
{
    struct error clean = error ? *error : (struct error){0}, kept;

    if (run->looking) {
        stay_unknown(run, error, &kept);
        clean = kept;
        error = &kept;
        state = POST_UNKNOWN;
        run->looking = false;
    }
    credentials_redact_error(run->engine->options.credentials, &clean);
    run->shows = state;
    if (!put(run, false, state == POST_DEFERRED || state == POST_SCHEDULED ? clean.retry_at_ms : 0,
             error ? &clean : NULL, NULL, err))
        return false;
    leave(run);
    tell(run, (struct engine_event){.kind = ENGINE_STATE, .error = error ? &clean : NULL});
    return true;
}

static enum post_state end_state(const struct run *run, const struct error *why)
{
    switch (why->kind) {
    case ERROR_TRANSIENT:
    case ERROR_INTERNAL:
    case ERROR_INTERRUPTED: return POST_DEFERRED;
    case ERROR_CREDENTIALS:
    case ERROR_CONFIG: return POST_HELD;
    case ERROR_UNKNOWN: return POST_UNKNOWN;
    case ERROR_USAGE:
    case ERROR_REFUSED:
    case ERROR_PERMANENT: break;
    }
    return run->doubt ? POST_UNKNOWN : POST_FAILED;
}

/* While it is in doubt whether a post is public, only what a look really showed may end it: "failed" would invite a
 * second one. */
static bool end_because(struct run *run, const struct error *why, struct error *err)
{
    enum post_state state = end_state(run, why);
    struct error told = *why;

    if (state == POST_UNKNOWN && why->kind != ERROR_UNKNOWN) {
        told.kind = ERROR_UNKNOWN;
        fail_in(&told, "%s may be public on %s, look at the account", run->post.id, run->post.adapter->title);
    }
    return end(run, state, &told, err);
}

static bool end_with(struct run *run, enum error_kind kind, const char *text, struct error *err)
{
    struct error why = {.kind = kind};

    snprintf(why.text, sizeof why.text, "%s", text);
    return end_because(run, &why, err);
}

/* ---- acting ---- */

static bool token_of(struct run *run, const char **token, struct error *why)
{
    char variable[256];

    *token = NULL;
    if (run->post.adapter->auth != AUTH_OAUTH2 || run->engine->options.dry_run)
        return true;
    if (!credentials_find(run->engine->options.credentials, run->post.destination, run->post.settings, token, why))
        return false;
    if (*token)
        return true;
    credentials_variable(run->post.destination, variable, sizeof variable);
    return fail_rule(why, ERROR_CREDENTIALS, "credentials.missing",
                     "%s: no access token; set %s, or crosscut login %s. %s", run->post.destination, variable,
                     run->post.destination, run->post.adapter->unlock ? run->post.adapter->unlock : "");
}

/* A file that changed since it was planned would publish something nobody looked at. */
static bool check_rendition(struct run *run, struct error *why)
{
    const struct post *p = &run->post;
    struct stat st;
    char hex[65];

    if (run->rendition_checked || run->engine->options.dry_run || !p->rendition ||
        strcmp(run->request.file, p->rendition))
        return true;
    if (stat(p->rendition, &st) < 0 || st.st_size != p->rendition_bytes)
        return fail_rule(why, ERROR_CONFIG, "rendition.changed",
                         "rendition '%s' is gone or has another size than the %lld bytes that were planned; "
                         "crosscut post '%s' makes it again",
                         p->rendition, (long long)p->rendition_bytes, p->master_path);
    if (p->rendition_sha256 && !journal_file_sha256(run->engine->options.journal, p->rendition, hex, why))
        return false;
    if (p->rendition_sha256 && strcmp(hex, p->rendition_sha256))
        return fail_rule(why, ERROR_CONFIG, "rendition.changed",
                         "rendition '%s' was changed after it was planned (SHA-256 %.12s, not %.12s); "
                         "crosscut post '%s' makes it again",
                         p->rendition, hex, p->rendition_sha256, p->master_path);
    run->rendition_checked = true;
    return true;
}

/* The request is in the journal: now it may leave. */
static bool send_request(struct run *run, struct error *err)
{
    struct transport_call call = {.request = run->request,
                                  .hosts = run->post.adapter->hosts,
                                  .api_base = post_setting(&run->post, "api_base"),
                                  .platform = run->post.platform,
                                  .post_id = run->post.id,
                                  .now_ms = now_ms(run),
                                  .tag = run};
    struct error why = {0};

    if (!token_of(run, &call.token, &why))
        return end_because(run, &why, err);
    run->activity = RUN_ASKING;
    tell(run, (struct engine_event){.kind = ENGINE_REQUEST, .what = run->request.what});
    if (transport_start(run->engine->options.transport, &call, &why))
        return true;
    run->asked = run->armed = false;    /* nothing was sent */
    run->doubt = run->doubt_before;
    return end_because(run, &why, err);
}

static bool ask(struct run *run, const struct step *step, struct error *err)
{
    bool arming = step->request.repeat == REPEAT_NEVER;
    struct error why = {0};

    run->request = step->request;
    run->tries = 0;
    run->renewed = false;
    /* RELIABILITY G8: only a person may have it published again; an upload that begins is the first step to that */
    if (run->looking && (arming || run->request.file || step->shows == POST_UPLOADING))
        return end_with(run, ERROR_UNKNOWN, "it is not to be seen", err);
    if (run->looking)
        return send_request(run, err);
    if (run->request.file && !check_rendition(run, &why))
        return end_because(run, &why, err);
    run->asked = true;
    run->armed = arming;
    run->doubt_before = run->doubt;
    run->doubt |= arming;
    if (!put(run, arming, 0, NULL, step->request.what, err))
        return false;
    return send_request(run, err);
}

static bool pause_step(struct run *run, const struct step *step, struct error *err)
{
    if (!run->looking && !put(run, false, now_ms(run) + step->wait_ms, NULL, NULL, err))
        return false;
    sleep_then(run, step->wait_ms, AFTER_STEP, run->post.adapter->title);
    return true;
}

/* No endless loop whatever a platform answers: more steps than any upload in parts of a mebibyte needs. */
static int steps_max(const struct run *run)
{
    return 2000 + (int)(run->post.rendition_bytes >> 20);
}

/* The platform was asked and said that the post failed: that ends the doubt. "Try later" does not. */
static bool showed_failure(const struct error *why, const struct http_response *last)
{
    return last && last->status >= 200 && last->status < 300 &&
           (why->kind == ERROR_PERMANENT || why->kind == ERROR_REFUSED);
}

static bool act(struct run *run, const struct step *step, const struct http_response *last, struct error *err)
{
    struct error why = step->error;

    run->asked = run->armed = false;
    switch (step->kind) {
    case STEP_REQUEST: return ask(run, step, err);
    case STEP_WAIT: return pause_step(run, step, err);
    case STEP_DONE:
        run->doubt = run->looking = false;
        return end(run, POST_PUBLISHED, NULL, err);
    case STEP_HELD:
        run->looking = false;
        return end(run, POST_HELD, &why, err);
    case STEP_UNKNOWN: return end(run, POST_UNKNOWN, &why, err);
    case STEP_FAILED: break;
    }
    if (showed_failure(&why, last))
        run->doubt = run->looking = false;
    return end_because(run, &why, err);
}

static bool step(struct run *run, const struct http_response *last, struct error *err)
{
    struct step_in in = {
        .post = &run->post, .state = run->state, .last = last, .now_ms = now_ms(run), .arena = run->step_arena};
    enum post_state before = run->shows;
    struct step s;

    arena_reset(run->step_arena);
    if (++run->steps > steps_max(run))
        return end_with(run, ERROR_TRANSIENT,
                        "the conversation with the platform does not come to an end; crosscut resume goes on", err);
    s = run->post.adapter->step(&in);
    json_decref(run->state);
    run->state = s.state ? s.state : json_object();
    if (s.kind == STEP_REQUEST || s.kind == STEP_WAIT)
        run->shows = s.shows == POST_UPLOADING ? POST_UPLOADING : POST_PROCESSING;
    if (run->shows != before)
        tell(run, (struct engine_event){.kind = ENGINE_STATE});
    return act(run, &s, last, err);
}

static bool step_without(struct run *run, bool not_sent, struct error *err)
{
    const struct http_response nothing = {.not_sent = not_sent, .body = ""};

    return step(run, &nothing, err);
}

/* ---- answers ---- */

static bool defer(struct run *run, int64_t at_ms, const char *why_lost, struct error *err)
{
    struct error why = {.kind = ERROR_TRANSIENT, .retry_at_ms = at_ms};

    snprintf(why.text, sizeof why.text, "%s: %s does not answer (%s): %s; crosscut resume tries again",
             run->post.destination, run->post.adapter->title, run->request.what ? run->request.what : "request",
             why_lost[0] ? why_lost : "it cannot take it now");
    return end(run, POST_DEFERRED, &why, err);
}

static int64_t wait_for(struct run *run, const struct http_response *response)
{
    return retry_wait_ms(run->tries, post_setting_int(&run->post, "retry_base", 1000),
                         retry_random(&run->engine->random), response, now_ms(run));
}

static int retry_max(const struct run *run)
{
    return (int)post_setting_int(&run->post, "retry_max", 5);
}

/* An upload that broke off: the adapter asks how much arrived before it goes on. */
static bool upload_broke(struct run *run, const struct transport_answer *answer, struct error *err)
{
    int64_t wait_ms;

    run->lost_uploads = run->request.offset > run->lost_offset ? 1 : run->lost_uploads + 1;
    run->lost_offset = run->request.offset;
    run->tries = run->lost_uploads;
    wait_ms = wait_for(run, &answer->response);
    if (wait_ms > RETRY_DEFER_MS)
        return defer(run, now_ms(run) + wait_ms, answer->reason, err);
    if (run->lost_uploads >= retry_max(run))
        return answer->response.status ? step(run, &answer->response, err) : defer(run, 0, answer->reason, err);
    sleep_then(run, wait_ms, AFTER_LOST, "the upload broke off");
    return true;
}

static bool harmless_failed(struct run *run, const struct transport_answer *answer, struct error *err)
{
    int64_t wait_ms;

    if (run->request.file)
        return upload_broke(run, answer, err);
    run->tries++;
    wait_ms = wait_for(run, &answer->response);
    if (run->tries >= retry_max(run) && answer->response.status)
        return step(run, &answer->response, err);    /* it is for the adapter to say what this means */
    if (run->tries >= retry_max(run) || wait_ms > RETRY_DEFER_MS) {
        run->asked = false;
        return defer(run, wait_ms > RETRY_DEFER_MS ? now_ms(run) + wait_ms : 0, answer->reason, err);
    }
    sleep_then(run, wait_ms, AFTER_RESEND,
               answer->response.status == 429 ? "the platform asks for patience" : "no answer");
    return true;
}

/* Certainly no byte left: the journal is disarmed, and asking again is no second request. */
static bool guarded_not_sent(struct run *run, const struct transport_answer *answer, struct error *err)
{
    run->asked = run->armed = false;
    run->doubt = run->doubt_before;
    if (++run->lost_uploads >= retry_max(run))
        return defer(run, 0, answer->reason, err);
    if (!put(run, false, 0, NULL, "not sent", err))
        return false;
    run->tries = run->lost_uploads;
    sleep_then(run, wait_for(run, &answer->response), AFTER_NOT_SENT, "no connection");
    return true;
}

/* A body that should be JSON and is not says nothing about what was done. */
static bool unreadable(const struct http_response *r)
{
    return r->status >= 200 && r->status < 300 && r->body_bytes && !r->json;
}

static bool guarded_answered(struct run *run, const struct transport_answer *answer, struct error *err)
{
    const struct http_response *r = &answer->response;

    if (!r->status && r->not_sent)
        return guarded_not_sent(run, answer, err);
    if (!r->status || unreadable(r))
        return step_without(run, false, err);
    /* refused before acting; everything else stays in doubt until the adapter has seen for itself */
    if (r->status >= 400 && r->status < 500 && r->status != 408 && r->status != 409 && r->status != 422)
        run->doubt = false;
    return step(run, r, err);
}

static bool token_refused(struct run *run, const struct transport_answer *answer, struct error *err)
{
    const char *said = json_text_at(answer->response.json, "error.message");
    struct error why = {.kind = ERROR_CREDENTIALS};

    snprintf(why.rule, sizeof why.rule, "credentials.refused");
    snprintf(why.text, sizeof why.text,
             "%s: %s does not accept the access token (HTTP 401%s%.200s); crosscut login %s. %s", run->post.destination,
             run->post.adapter->title, said[0] ? ": " : "", said, run->post.destination,
             run->post.adapter->unlock ? run->post.adapter->unlock : "");
    return end(run, POST_HELD, &why, err);    /* asked and armed stay: after the login it looks first */
}

/* A 401 was said before anything was done: the same request goes once more with a renewed token, as armed as it was. */
static bool renew_token(struct run *run, const struct transport_answer *answer, struct error *err)
{
    struct error why = {0};
    const char *token = NULL;

    if (run->renewed)
        return token_refused(run, answer, err);
    run->renewed = true;
    if (!credentials_renew(run->engine->options.credentials, run->post.destination, run->post.settings, &token, &why))
        return why.kind == ERROR_CREDENTIALS ? end(run, POST_HELD, &why, err) : end(run, end_state(run, &why), &why, err);
    return token ? send_request(run, err) : token_refused(run, answer, err);
}

/* A redirect is never followed, and never the platform's word about what was asked: most likely the network's login
 * page. (308 without an address is "go on" in Google's resumable uploads.) */
static bool is_redirect(const struct http_response *r)
{
    return r->status >= 300 && r->status < 400 && (r->status != 308 || http_header(r, "location"));
}

bool run_answered(struct run *run, const struct transport_answer *answer, struct error *err)
{
    static const struct transport_answer elsewhere = {
        .response = {.body = ""}, .reason = "a redirect to another address (a login page of the network?)"};
    const struct http_response *r;

    if (is_redirect(&answer->response))
        answer = &elsewhere;
    r = &answer->response;

    if (run->engine->options.dry_run && !r->status)
        return end_with(run, ERROR_TRANSIENT, "dry run: the script of answers ends here", err);
    if (r->status == 401 && run->request.sign != SIGN_NONE)
        return renew_token(run, answer, err);
    if (run->request.repeat == REPEAT_NEVER)
        return guarded_answered(run, answer, err);
    if (retry_helps(r))
        return harmless_failed(run, answer, err);
    if (run->request.file)
        run->lost_uploads = 0;
    return step(run, r, err);
}

/* ---- beginning ---- */

bool run_wake(struct run *run, struct error *err)
{
    switch (run->after) {
    case AFTER_STEP: return step(run, NULL, err);
    case AFTER_LOST: return step_without(run, false, err);
    case AFTER_NOT_SENT: return step_without(run, true, err);
    case AFTER_RESEND: return send_request(run, err);
    }
    return true;
}

static bool just_report(struct run *run, const struct journal_row *row)
{
    run->shows = row->state;
    leave(run);
    tell(run, (struct engine_event){.kind = ENGINE_STATE, .error = row->error.text[0] ? &row->error : NULL});
    return true;
}

static bool untouched(const struct journal_row *row)
{
    return !row->asked && json_object_size(row->adapter_state) == 0;
}

static bool begin_new(struct run *run, struct error *err)
{
    struct error why = {0};
    const char *token;

    if (run->post.adapter->check && !run->post.adapter->check(&run->post, &why))
        return end_because(run, &why, err);
    if (!token_of(run, &token, &why))
        return end_because(run, &why, err);
    if (run->post.schedule_ms > now_ms(run) && !run->engine->options.dry_run) {
        run->shows = POST_SCHEDULED;
        if (!put(run, false, run->post.schedule_ms, NULL, NULL, err))
            return false;
        leave(run);
        tell(run, (struct engine_event){.kind = ENGINE_STATE, .until_ms = run->post.schedule_ms});
        return true;
    }
    return step(run, NULL, err);
}

/* Looks again, as after a lost answer. */
static bool begin_looking(struct run *run, const struct journal_row *row, struct error *err)
{
    struct error why = {0};
    const char *token;

    run->looking = true;
    run->unknown_state = json_incref(run->state);
    run->unknown_because = row->error;
    if (!token_of(run, &token, &why))
        return end_because(run, &why, err);
    run->shows = POST_PROCESSING;
    return step_without(run, false, err);
}

static bool begin_from(struct run *run, const struct journal_row *row, struct error *err)
{
    struct error why = {0};
    const char *token;

    run->shows = row->state;
    run->asked = row->asked;
    run->armed = row->armed;
    run->doubt = row->doubt;
    json_decref(run->state);
    run->state = json_deep_copy(row->adapter_state);
    if (row->state == POST_UNKNOWN && !run->engine->options.dry_run)
        return begin_looking(run, row, err);
    if (post_state_final(row->state) || (row->state == POST_DEFERRED && row->next_at_ms > now_ms(run)))
        return just_report(run, row);
    if (untouched(row))
        return begin_new(run, err);
    if (!token_of(run, &token, &why))
        return end_because(run, &why, err);
    if (row->asked)
        return step_without(run, false, err);
    if (row->next_at_ms > now_ms(run)) {    /* it was waiting when it was stopped */
        sleep_then(run, row->next_at_ms - now_ms(run), AFTER_STEP, run->post.adapter->title);
        return true;
    }
    return step(run, NULL, err);
}

/* The stored document counts, not the caller's: what was planned is what goes out. */
static bool adopt_document(struct run *run, const struct journal_row *row, struct error *err)
{
    const struct adapter *adapter = run->post.adapter;
    json_t *document = post_to_json(&row->post);
    struct post post;

    if (!post_from_json(document, &post, err)) {
        json_decref(document);
        return false;
    }
    json_decref(run->document);
    run->document = document;
    run->post = post;
    run->post.adapter = adapter;
    return true;
}

static bool take_lease(struct run *run, bool *taken, struct error *err)
{
    int64_t holder_pid;

    if (!journal_lease(run->engine->options.journal, run->post.id, taken, &holder_pid, err))
        return false;
    run->leased = *taken;
    if (!*taken) {
        leave(run);
        tell(run, (struct engine_event){.kind = ENGINE_BUSY, .holder_pid = holder_pid});
    }
    return true;
}

bool run_begin(struct run *run, struct error *err)
{
    struct journal_list list;
    bool taken, ok;

    if (!take_lease(run, &taken, err))
        return false;
    if (!taken)
        return true;
    /* read under the lease: another process may have finished it a moment ago */
    if (!journal_find(run->engine->options.journal, &(struct journal_filter){.id = run->post.id}, &list, err))
        return false;
    ok = list.nb_rows == 1 || fail(err, ERROR_INTERNAL, "journal: post '%s' is not there", run->post.id);
    ok = ok && adopt_document(run, &list.rows[0], err) && begin_from(run, &list.rows[0], err);
    journal_list_finish(&list);
    return ok;
}

void run_destroy(struct run *run)
{
    if (!run)
        return;
    if (run->leased)
        journal_release(run->engine->options.journal, run->post.id, NULL);
    json_decref(run->state);
    json_decref(run->unknown_state);
    json_decref(run->document);
    arena_destroy(run->step_arena);
    free(run);
}
