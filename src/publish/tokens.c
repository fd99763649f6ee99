#include "publish/tokens.h"

#include "base/auto.h"
#include "base/clock.h"
#include "publish/secret.h"
#include <string.h>

enum { MARGIN_MS = 300000 };

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static int64_t time_of(const json_t *entry, const char *name)
{
    return (int64_t)json_integer_value(json_object_get(entry, name));
}

char *token_name(const char *destination, const json_t *settings)
{
    const char *account = text_of(settings, "account"), *base = text_of(settings, "api_base");
    struct str name = {0};

    str_printf(&name, "%s|%s%s|%s", text_of(settings, "platform"), account[0] ? "account " : "destination ", account[0] ? account : destination,
               base[0] ? base : "the platform");
    return str_take(&name);
}

bool token_client_secret(const char *destination, const json_t *settings, char **secret, struct error *err)
{
    const char *command = text_of(settings, "client_secret_command");
    char name[256], what[320];

    snprintf(name, sizeof name, "CROSSCUT_%s_CLIENT_SECRET", destination);
    for (char *c = name; *c; c++)
        *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ? *c : '_');
    *secret = secret_take_variable(name);
    if (*secret || !command[0])
        return true;
    snprintf(what, sizeof what, "%s: client_secret_command", destination);
    *secret = secret_from_command(command, what, err);
    return *secret != NULL;
}

/* ---- times ---- */

static bool by_refresh_token(const struct oauth *oauth)
{
    return oauth->refresh.params && strstr(oauth->refresh.params, "{refresh_token}");
}

static bool renewable(const struct oauth *oauth, const json_t *entry)
{
    return oauth && oauth->refresh.url && (!by_refresh_token(oauth) || text_of(entry, "refresh_token")[0]);
}

int64_t token_due_ms(const struct oauth *oauth, const json_t *entry)
{
    int64_t from_ms = time_of(entry, "obtained_ms"), to_ms = time_of(entry, "expires_ms"), due_ms;

    if (!to_ms || !renewable(oauth, entry))
        return 0;
    due_ms = from_ms + (to_ms - from_ms) / 5 * 4;
    if (to_ms - MARGIN_MS < due_ms)
        due_ms = to_ms - MARGIN_MS;
    if (due_ms < from_ms + (to_ms - from_ms) / 2)    /* a token of a few minutes is not renewed at every request */
        due_ms = from_ms + (to_ms - from_ms) / 2;
    return due_ms > from_ms + oauth->refresh_after_ms ? due_ms : from_ms + oauth->refresh_after_ms;
}

int64_t token_ends_ms(const struct oauth *oauth, const json_t *entry)
{
    if (renewable(oauth, entry) && by_refresh_token(oauth))
        return time_of(entry, "refresh_expires_ms");
    return time_of(entry, "expires_ms");
}

static bool over(const json_t *entry, int64_t now_ms)
{
    int64_t ends_ms = time_of(entry, "expires_ms");

    return ends_ms && ends_ms <= now_ms;
}

/* ---- is there something to do? ---- */

enum verdict { USE, RENEW, LOGIN };

static enum verdict judge(const struct oauth *oauth, const json_t *entry, const char *refused)
{
    int64_t now_ms = clock_now_ms(), due_ms = token_due_ms(oauth, entry), ends_ms = token_ends_ms(oauth, entry);
    bool no_good = over(entry, now_ms) || (refused && !strcmp(refused, text_of(entry, "access_token")));

    if (text_of(entry, "needs_login")[0] || (ends_ms && ends_ms <= now_ms))
        return no_good ? LOGIN : USE;
    if (no_good) {    /* a token that renews itself must be alive, and not too young */
        bool can = renewable(oauth, entry) && (by_refresh_token(oauth) || (!over(entry, now_ms) && time_of(entry, "obtained_ms") + oauth->refresh_after_ms <= now_ms));

        return can ? RENEW : LOGIN;
    }
    return due_ms && due_ms <= now_ms ? RENEW : USE;
}

static bool ask_login(const char *destination, const struct adapter *adapter, const json_t *entry, struct error *err)
{
    const char *why = text_of(entry, "needs_login");

    if (why[0])
        return fail_rule(err, ERROR_CREDENTIALS, "credentials.expired", "%s", why);
    return fail_rule(err, ERROR_CREDENTIALS, "credentials.expired", "%s: the link to %s is over and cannot be renewed without you; crosscut login %s",
                     destination, adapter->title, destination);
}

/* ---- renewing, under the lock of the entry ---- */

struct renewal {
    const struct token_source *source;
    struct oauth_session session;
    const char *name, *refused;
};

/* So that nobody asks the platform in vain again. The tokens stay: one that is not over yet may still be good. */
static void remember_end(const struct renewal *r, json_t *entry, const struct error *why)
{
    json_object_set_new(entry, "needs_login", json_string(why->text));
    vault_put(r->source->vault, r->name, entry, NULL);
}

static bool renew(const struct renewal *r, json_t **entry, struct error *err)
{
    AUTO_SECRET char *secret = NULL;
    json_t *renewed = NULL;
    struct error why = {0};

    /* a vault that cannot be written would lose the successor of a refresh token that works once: found out before it is used */
    if (!vault_put(r->source->vault, r->name, *entry, err) || !token_client_secret(r->session.destination, r->session.settings, &secret, err))
        return false;
    if (oauth_refresh(&r->session, *entry, secret, &renewed, &why)) {
        if (!vault_put(r->source->vault, r->name, renewed, err)) {
            secret_json_free(renewed);
            return false;
        }
        secret_json_free(*entry);
        *entry = renewed;
        return true;
    }
    if (!strcmp(why.rule, "credentials.expired"))
        remember_end(r, *entry, &why);
    if (!r->refused && !over(*entry, clock_now_ms()))
        return true;    /* what is there is still good; the next request tries again */
    if (err)
        *err = why;
    return false;
}

/* Another process may have renewed it while this one waited for the lock. */
static bool renew_once(const struct renewal *r, json_t **entry, struct error *err)
{
    AUTO_CLOSE int lock = vault_lock(r->source->vault, r->name, err);
    json_t *now = NULL;

    if (lock < 0 || !vault_get(r->source->vault, r->name, &now, err))
        return false;
    secret_json_free(*entry);
    *entry = now;
    if (!now)
        return true;    /* logged out meanwhile */
    switch (judge(r->session.oauth, now, r->refused)) {
    case USE: return true;
    case RENEW: return renew(r, entry, err);
    case LOGIN: return ask_login(r->session.destination, r->session.adapter, now, err);
    }
    return true;
}

bool token_find(const struct token_source *source, const char *destination, const json_t *settings, const char *refused, json_t **entry,
                struct error *err)
{
    const struct adapter *adapter = adapter_find(text_of(settings, "platform"));
    AUTO_FREE char *name = token_name(destination, settings);
    AUTO_SECRET_JSON json_t *found = NULL;
    struct renewal renewal = {.source = source, .name = name, .refused = refused,
                              .session = {adapter, oauth_of(adapter, settings), destination, settings, source->transport}};
    enum verdict verdict;

    *entry = NULL;
    if (!renewal.session.oauth)
        return true;
    if (!vault_get(source->vault, name, &found, err))
        return false;
    verdict = found ? judge(renewal.session.oauth, found, refused) : USE;
    if (verdict == LOGIN)
        return ask_login(destination, adapter, found, err);
    if (verdict == RENEW && !renew_once(&renewal, &found, err))
        return false;
    *entry = TAKE(found);
    return true;
}
