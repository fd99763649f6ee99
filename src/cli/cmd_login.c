#include "cli/link.h"

#include "base/auto.h"
#include "base/clock.h"
#include "cli/loopback.h"
#include "publish/secret.h"
#include <curl/curl.h>
#include <fcntl.h>
#include <spawn.h>
#include <string.h>
#include <sodium.h>

enum { LOGIN_TIMEOUT_MS = 120000, PORT_FIRST = 49152, PORTS = 16384 };

/* ---- the browser ---- */

/* The address and nothing else: the verifier of the challenge in it stays here. */
static bool open_browser(const char *url)
{
    const char *browser = getenv("BROWSER");
    char *argv[] = {(char *)(uintptr_t)(browser && browser[0] ? browser : "xdg-open"), (char *)(uintptr_t)url, NULL};
    AUTO_FREE char **environment = secret_free_environment();
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int rc;

    if (!environment)
        return false;
    posix_spawn_file_actions_init(&actions);
    for (int fd = 0; fd < 3; fd++)
        posix_spawn_file_actions_addopen(&actions, fd, "/dev/null", fd ? O_WRONLY : O_RDONLY, 0);
    rc = posix_spawnp(&pid, argv[0], &actions, NULL, argv, environment);
    posix_spawn_file_actions_destroy(&actions);
    return rc == 0;
}

/* ---- a pasted address ---- */

/* Value of a name in a query, decoded; NULL when it is not there. For secret_free. */
static char *query_value(const char *query, const char *name)
{
    size_t n = strlen(name);

    for (const char *at = query; at && *at; at = strchr(at, '&') ? strchr(at, '&') + 1 : NULL) {
        char *decoded, *copy;

        if (strncmp(at, name, n) || at[n] != '=')
            continue;
        decoded = curl_easy_unescape(NULL, at + n + 1, (int)strcspn(at + n + 1, "&#"), NULL);
        copy = decoded ? strdup(decoded) : NULL;
        if (decoded)
            explicit_bzero(decoded, strlen(decoded));
        curl_free(decoded);
        return copy;
    }
    return NULL;
}

static bool read_pasted(const json_t *attempt, char **code, struct error *err)
{
    AUTO_SECRET char *pasted = secret_ask("Paste the address that you were sent to (it is not shown)", err);
    const char *query = pasted ? strchr(pasted, '?') : NULL;
    AUTO_SECRET char *state = query ? query_value(query + 1, "state") : NULL;
    AUTO_SECRET char *word = query ? query_value(query + 1, "error") : NULL;

    if (!pasted)
        return false;
    if (!oauth_state_fits(attempt, state))
        return fail_rule(err, ERROR_CREDENTIALS, "login.state", "this is not the address of this login (its state is another one); run it again and paste "
                         "the whole address, from https to the end");
    if (word)
        return fail_rule(err, ERROR_CREDENTIALS, "login.refused", "the platform linked nothing: %.60s", word);
    *code = query_value(query + 1, "code");
    return *code ? true : fail_rule(err, ERROR_CREDENTIALS, "login.refused", "the pasted address has no code");
}

/* ---- the two ways ---- */

struct login {
    struct link link;
    char *secret;             /* of the person's app */
    json_t *attempt, *entry;
};

static bool begin(struct login *login, const char *redirect_uri, bool browser, struct error *err)
{
    const struct oauth_session *s = &login->link.session;
    const char *url;

    login->attempt = oauth_begin(s, redirect_uri, login->secret);
    url = oauth_authorize_url(s, login->attempt, login->link.arena, err);
    if (!url)
        return false;
    fprintf(stderr, "%s: agree at %s here:\n%s\n", s->destination, s->adapter->title, url);
    if (browser && !open_browser(url))
        fprintf(stderr, "%s: no browser could be started; open the address yourself\n", s->destination);
    return true;
}

static bool by_browser(struct login *login, char **code, struct error *err)
{
    struct loopback *loopback = loopback_open(login->link.session.oauth->redirect_path, err);
    bool ok = loopback && begin(login, loopback_uri(loopback), true, err) && loopback_wait(loopback, login->attempt, LOGIN_TIMEOUT_MS, code, err);

    loopback_close(loopback);
    return ok || fail_in(err, "%s", login->link.session.destination);
}

/* Where the platform wants https, or the browser is on another machine: nothing listens at the address it is sent to, and it
 * stands in the browser's address bar all the same. */
static bool by_paste(struct login *login, char **code, struct error *err)
{
    const struct oauth_session *s = &login->link.session;
    const char *https = json_string_value(json_object_get(s->settings, "redirect_uri"));
    char uri[512];

    if (https)
        snprintf(uri, sizeof uri, "%s", https);
    else
        snprintf(uri, sizeof uri, "http://127.0.0.1:%u%s", PORT_FIRST + randombytes_uniform(PORTS), s->oauth->redirect_path);
    return begin(login, uri, false, err) && (read_pasted(login->attempt, code, err) || fail_in(err, "%s", s->destination));
}

/* ---- what must be there first ---- */

static bool check_client(const struct link *link, struct error *err)
{
    const struct oauth_session *s = &link->session;
    bool pasted = s->oauth->redirect == REDIRECT_PASTED;

    if (!oauth_client_id(s->settings)[0])
        return fail_rule(err, ERROR_CREDENTIALS, "login.client", "%s: no client_id: %s %s", s->destination, s->adapter->title, s->adapter->unlock);
    if (pasted && !json_object_get(s->settings, "redirect_uri"))
        return fail_rule(err, ERROR_CREDENTIALS, "login.redirect", "%s: no redirect_uri: %s sends you to an https address that is registered with your app; "
                         "put the same address into pipeline.conf (any page of yours, nothing needs to run there)", s->destination, s->adapter->title);
    return true;
}

/* Never a question, and no wait for a person, where there is none. */
static bool check_person(const struct link *link, bool paste, struct error *err)
{
    const char *browser = getenv("BROWSER"), *name = link->session.destination;

    if (isatty(STDIN_FILENO) || (!paste && browser && browser[0]))
        return true;
    return fail_rule(err, ERROR_CREDENTIALS, "login.person", "%s: a login needs a person, and stdin is no terminal; run crosscut login %s at one%s", name, name,
                     paste ? "" : " (or set BROWSER)");
}

static bool find_secret(struct login *login, struct error *err)
{
    const struct oauth_session *s = &login->link.session;
    char question[160];

    if (!token_client_secret(s->destination, s->settings, &login->secret, err))
        return false;
    if (login->secret || !oauth_needs_secret(s->oauth))
        return true;
    snprintf(question, sizeof question, "Secret of your own %s app (it is not shown)", s->adapter->title);
    login->secret = secret_ask(question, err);
    return login->secret || fail_in(err, "%s: set CROSSCUT_<DESTINATION>_CLIENT_SECRET or client_secret_command", s->destination);
}

/* ---- the end ---- */

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

static bool has_word(const char *list, const char *word, size_t length)
{
    for (const char *at = list; *at; at += strspn(at, " ,")) {
        size_t n = strcspn(at, " ,");

        if (n == length && !strncmp(at, word, n))
            return true;
        at += n;
    }
    return false;
}

/* What was asked for and not granted; a person may have unticked it. */
static void missing_scopes(const char *wanted, const char *granted, struct str *missing)
{
    for (const char *at = wanted; *at; at += strspn(at, " ,")) {
        size_t n = strcspn(at, " ,");

        if (!has_word(granted, at, n)) {
            str_add(missing, missing->bytes ? " " : "");
            str_add_bytes(missing, at, n);
        }
        at += n;
    }
}

static json_t *warnings_of(const struct login *login)
{
    const char *granted = text_of(login->entry, "scopes"), *wanted_account = text_of(login->link.session.settings, "account");
    const char *account = text_of(login->entry, "account");
    AUTO_STR struct str missing = {0};
    json_t *warnings = json_array();

    if (granted[0])
        missing_scopes(text_of(login->attempt, "scopes"), granted, &missing);
    if (missing.bytes)
        json_array_append_new(warnings, json_sprintf("not granted: %s; what needs it will be refused", str_text(&missing)));
    if (wanted_account[0] && account[0] && strcmp(wanted_account, account))
        json_array_append_new(warnings, json_sprintf("pipeline.conf says account = %s, and you agreed as %s", wanted_account, account));
    return warnings;
}

static void tell(const struct login *login)
{
    const struct oauth_session *s = &login->link.session;
    const char *account = text_of(login->entry, "account"), *name = text_of(login->entry, "account_name");
    json_auto_t *warnings = warnings_of(login), *document = NULL;
    json_t *warning;
    size_t i;

    json_array_foreach(warnings, i, warning)
        fprintf(stderr, "%s: warning: %s\n", s->destination, json_string_value(warning));
    if (!login->link.options->json) {
        printf("%s: linked to %s%s%s%s%s\n", s->destination, s->adapter->title, name[0] || account[0] ? " as " : "", name[0] ? name : account,
               name[0] && account[0] ? ", " : "", name[0] ? account : "");
        return;
    }
    document = json_pack("{s:s, s:s, s:i, s:s, s:s, s:s, s:s, s:s, s:O}", "schema", "crosscut/1", "command", "login", "exit", 0, "destination", s->destination,
                         "platform", s->adapter->name, "account", account, "name", name, "scopes", text_of(login->entry, "scopes"), "warnings", warnings);
    json_dumpf(document, stdout, JSON_INDENT(1));
    putchar('\n');
}

/* Under the entry's lock: a process that renews the old tokens right now must not put them back. */
static bool keep(struct login *login, struct error *err)
{
    AUTO_CLOSE int lock = vault_lock(login->link.vault, login->link.name, err);

    return lock >= 0 && vault_put(login->link.vault, login->link.name, login->entry, err);
}

/* A vault that cannot be used is found out before somebody agrees to something. */
static bool login_all(struct login *login, struct error *err)
{
    struct link *link = &login->link;
    bool paste = link->options->paste || link->session.oauth->redirect == REDIRECT_PASTED;
    AUTO_SECRET char *code = NULL;

    if (!check_client(link, err) || !check_person(link, paste, err) || !vault_prepare(link->vault, err) || !find_secret(login, err))
        return false;
    if (paste ? !by_paste(login, &code, err) : !by_browser(login, &code, err))
        return false;
    return oauth_exchange(&link->session, login->attempt, code, &login->entry, err) && keep(login, err);
}

static int run(const struct options *options)
{
    struct login login = {0};
    struct error err;
    int status = 0;

    if (!link_open(&login.link, options, "login", true, &err))
        return command_failed(options, "login", &err);
    if (login_all(&login, &err))
        tell(&login);
    else
        status = command_failed(options, "login", &err);
    secret_free(login.secret);
    secret_json_free(login.attempt);
    secret_json_free(login.entry);
    link_close(&login.link);
    return status;
}

const struct command command_login = {
    "login", "DESTINATION", "link an account in the browser",
    "Opens the browser, waits 120 s for you to agree at the platform, and keeps the tokens in an encrypted file. Needs an app of your\n"
    "own at the platform: its client_id in pipeline.conf, its secret in CROSSCUT_<DESTINATION>_CLIENT_SECRET, client_secret_command, or\n"
    "asked for. --paste: the browser is on another machine, or the platform wants an https address. docs/login.md",
    OPT_COMMON | OPT_LOGIN, run,
};
