#include "publish/credentials.h"

#include "base/auto.h"
#include "publish/secret.h"
#include "publish/tokens.h"
#include <string.h>

struct secret {
    struct secret *next;
    char *destination, *token, *escaped;    /* destination "": no token, only to be redacted */
    bool from_vault;
};

struct credentials {
    struct secret *secrets;                 /* the newest first; older ones stay known, so that they are still redacted */
    struct token_source source;
};

static void *must(void *p)
{
    if (!p) {
        fputs("crosscut: out of memory; run the same command again, nothing is lost\n", stderr);
        exit(1);
    }
    return p;
}

struct credentials *credentials_create(void)
{
    return must(calloc(1, sizeof(struct credentials)));
}

void credentials_destroy(struct credentials *credentials)
{
    while (credentials && credentials->secrets) {
        struct secret *s = credentials->secrets;

        credentials->secrets = s->next;
        secret_free(s->token);
        secret_free(s->escaped);
        free(s->destination);
        free(s);
    }
    free(credentials);
}

void credentials_variable(const char *destination, char *name, size_t nb_bytes)
{
    snprintf(name, nb_bytes, "CROSSCUT_%s_TOKEN", destination);
    for (char *c = name; *c; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 32);
        else if (!(*c >= 'A' && *c <= 'Z') && !(*c >= '0' && *c <= '9'))
            *c = '_';
    }
}

static bool usable(const char *token)
{
    size_t n = 0;

    for (const unsigned char *c = (const unsigned char *)token; *c; c++, n++)
        if (*c <= 0x20 || *c >= 0x7f || n >= SECRET_MAX_BYTES)
            return false;
    return n > 0;
}

static char *escape(const char *token)
{
    struct arena *arena = arena_create();
    char *in_arena = arena_escape_url(arena, token), *text = must(strdup(in_arena));

    explicit_bzero(in_arena, strlen(in_arena));
    arena_destroy(arena);
    return text;
}

static void add(struct credentials *credentials, const char *destination, const char *token)
{
    struct secret *s = must(calloc(1, sizeof *s));

    *s = (struct secret){.next = credentials->secrets, .destination = must(strdup(destination)), .token = must(strdup(token)), .escaped = escape(token)};
    credentials->secrets = s;
}

bool credentials_set(struct credentials *credentials, const char *destination, const char *token, struct error *err)
{
    if (!usable(token))
        return fail(err, ERROR_CREDENTIALS, "%s: the access token is empty, too long, or has characters that cannot stand in a header", destination);
    add(credentials, destination, token);
    return true;
}

static bool take_variable(struct credentials *credentials, const char *destination, bool *found, struct error *err)
{
    AUTO_SECRET char *value = NULL;
    char name[256];

    credentials_variable(destination, name, sizeof name);
    value = secret_take_variable(name);
    *found = value != NULL;
    return !value || credentials_set(credentials, destination, value, err);
}

static bool run_command(struct credentials *credentials, const char *destination, const char *command,
                        struct error *err)
{
    AUTO_SECRET char *text = NULL;
    char what[320];

    snprintf(what, sizeof what, "%s: token_command", destination);
    text = secret_from_command(command, what, err);
    return text && credentials_set(credentials, destination, text, err);
}

static const struct secret *find(const struct credentials *credentials, const char *destination)
{
    for (const struct secret *s = credentials->secrets; s; s = s->next)
        if (!strcmp(s->destination, destination))
            return s;
    return NULL;
}

static bool knows(const struct credentials *credentials, const char *text)
{
    for (const struct secret *s = credentials->secrets; s; s = s->next)
        if (!strcmp(s->token, text))
            return true;
    return false;
}

void credentials_learn(struct credentials *credentials, const char *secret)
{
    if (secret && secret[0] && !knows(credentials, secret))
        add(credentials, "", secret);
}

/* ---- the vault ---- */

void credentials_use_vault(struct credentials *credentials, struct vault *vault, struct transport *transport)
{
    credentials->source = (struct token_source){vault, transport};
}

/* Everything in the entry is known from now on, so that it is redacted. Handed out is a text that stays where it is. */
static bool take_entry(struct credentials *credentials, const char *destination, const json_t *entry, const char **token, struct error *err)
{
    const char *text = json_string_value(json_object_get(entry, "access_token"));
    const struct secret *s = find(credentials, destination);

    credentials_learn(credentials, json_string_value(json_object_get(entry, "refresh_token")));
    credentials_learn(credentials, json_string_value(json_object_get(entry, "client_secret")));
    if (!text)
        return fail_rule(err, ERROR_CREDENTIALS, "vault.damaged", "%s: the vault has no token for it; crosscut login %s", destination, destination);
    if (!s || strcmp(s->token, text)) {
        if (!credentials_set(credentials, destination, text, err))
            return false;
        credentials->secrets->from_vault = true;
    }
    *token = find(credentials, destination)->token;
    return true;
}

static bool find_in_vault(struct credentials *credentials, const char *destination, const json_t *settings, const char *refused, const char **token,
                          struct error *err)
{
    AUTO_SECRET_JSON json_t *entry = NULL;

    *token = NULL;
    if (!credentials->source.vault)
        return true;
    if (!token_find(&credentials->source, destination, settings, refused, &entry, err)) {
        if (err)
            credentials_redact_error(credentials, err);
        return false;
    }
    return !entry || take_entry(credentials, destination, entry, token, err);
}

/* ---- finding ---- */

/* Given from outside: by the environment, a command, or credentials_set. */
static bool find_given(struct credentials *credentials, const char *destination, const json_t *settings, const char **token, struct error *err)
{
    const char *command = json_string_value(json_object_get(settings, "token_command"));
    bool in_environment;

    *token = NULL;
    if (find(credentials, destination) && !find(credentials, destination)->from_vault)
        *token = find(credentials, destination)->token;
    if (*token)
        return true;
    if (!take_variable(credentials, destination, &in_environment, err))
        return false;
    if (!in_environment && command && command[0] && !run_command(credentials, destination, command, err))
        return false;
    if (in_environment || (command && command[0]))
        *token = find(credentials, destination)->token;
    return true;
}

bool credentials_find(struct credentials *credentials, const char *destination, const json_t *settings, const char **token, struct error *err)
{
    if (!find_given(credentials, destination, settings, token, err))
        return false;
    return *token || find_in_vault(credentials, destination, settings, NULL, token, err);
}

bool credentials_renew(struct credentials *credentials, const char *destination, const json_t *settings, const char **token, struct error *err)
{
    const char *command = json_string_value(json_object_get(settings, "token_command"));
    const struct secret *refused = find(credentials, destination);

    *token = NULL;
    if (!refused)
        return true;
    if (refused->from_vault)
        return find_in_vault(credentials, destination, settings, refused->token, token, err);
    if (!command || !command[0])
        return true;
    if (!run_command(credentials, destination, command, err))
        return false;
    /* the command may know a newer one */
    *token = strcmp(find(credentials, destination)->token, refused->token) ? find(credentials, destination)->token : NULL;
    return true;
}

/* Shorter ones would make a text unreadable and are no secret anybody uses. */
enum { REDACT_MIN_BYTES = 6 };

static size_t secret_at(const struct credentials *credentials, const char *at)
{
    size_t longest = 0;

    for (const struct secret *s = credentials ? credentials->secrets : NULL; s; s = s->next) {
        const char *const forms[] = {s->token, s->escaped};

        for (size_t i = 0; i < 2; i++) {
            size_t n = strlen(forms[i]);

            if (n >= REDACT_MIN_BYTES && n > longest && !strncmp(at, forms[i], n))
                longest = n;
        }
    }
    return longest;
}

void credentials_redact(const struct credentials *credentials, const char *text, struct str *out)
{
    while (*text) {
        size_t n = secret_at(credentials, text);

        if (n)
            str_add(out, "[redacted]");
        else
            str_add_bytes(out, text, 1);
        text += n ? n : 1;
    }
}

void credentials_redact_error(const struct credentials *credentials, struct error *err)
{
    AUTO_STR struct str clean = {0};

    credentials_redact(credentials, err->text, &clean);
    snprintf(err->text, sizeof err->text, "%s", str_text(&clean));
}
