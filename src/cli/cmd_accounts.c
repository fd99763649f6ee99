#include "cli/link.h"

#include "base/auto.h"
#include "base/clock.h"
#include "publish/credentials.h"
#include "publish/secret.h"
#include <string.h>

enum { DAY_MS = 86400000, WARN_DAYS = 7, EXIT_CREDENTIALS = 4 };

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text ? text : "";
}

/* {"destination", "platform", "source", "state", "account", "name", "scopes", "days_left", "renews", "text"} */
static json_t *row_of(const struct destination *d, const char *source, const char *state, const char *text)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:n, s:b, s:s}", "destination", d->name, "platform", d->adapter->name, "source", source, "state",
                     state, "account", d->account ? d->account : "", "name", "", "scopes", "", "days_left", "renews", false, "text", text);
}

static const char *given(const struct destination *d)
{
    char variable[256];

    credentials_variable(d->name, variable, sizeof variable);
    if (getenv(variable) && getenv(variable)[0])
        return "environment";
    return text_of(d->settings, "token_command")[0] ? "command" : NULL;
}

static json_t *linked_row(const struct destination *d, const json_t *entry)
{
    const struct oauth *oauth = oauth_of(d->adapter, d->settings);
    int64_t ends_ms = token_ends_ms(oauth, entry), left_ms = ends_ms - clock_now_ms();
    bool over = ends_ms && left_ms <= 0, needs = text_of(entry, "needs_login")[0] || over, soon = ends_ms && left_ms <= (int64_t)WARN_DAYS * DAY_MS;
    AUTO_STR struct str text = {0};
    json_t *row;

    if (needs)
        str_printf(&text, "%s", over ? "it is over; " : "");
    if (needs || soon)
        str_printf(&text, "crosscut login %s", d->name);
    row = row_of(d, "vault", needs ? "login needed" : soon ? "ends soon" : "linked", str_text(&text));
    if (text_of(entry, "account")[0])
        json_object_set_new(row, "account", json_string(text_of(entry, "account")));
    json_object_set_new(row, "name", json_string(text_of(entry, "account_name")));
    json_object_set_new(row, "scopes", json_string(text_of(entry, "scopes")));
    json_object_set_new(row, "renews", json_boolean(!needs && token_due_ms(oauth, entry)));
    if (ends_ms)
        json_object_set_new(row, "days_left", json_integer(over ? 0 : left_ms / DAY_MS));
    return row;
}

static json_t *missing_row(const struct destination *d)
{
    char text[600];

    snprintf(text, sizeof text, "crosscut login %s%s%s", d->name, oauth_client_id(d->settings)[0] || !d->adapter->unlock ? "" : "; ",
             oauth_client_id(d->settings)[0] || !d->adapter->unlock ? "" : d->adapter->unlock);
    return row_of(d, "none", "not linked", text);
}

static json_t *rows_of(const struct link *link, const json_t *entries)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < link->nb_destinations; i++) {
        const struct destination *d = &link->destinations[i];
        AUTO_FREE char *name = token_name(d->name, d->settings);
        const json_t *entry = json_object_get(entries, name);

        if (d->adapter->auth != AUTH_OAUTH2)
            continue;
        json_array_append_new(rows, given(d) ? row_of(d, given(d), "given", "") : entry ? linked_row(d, entry) : missing_row(d));
    }
    return rows;
}

static void print_row(const json_t *row)
{
    const json_t *days = json_object_get(row, "days_left");
    const char *account = text_of(row, "account"), *name = text_of(row, "name"), *scopes = text_of(row, "scopes"), *text = text_of(row, "text");

    printf("%-12s %-12s", text_of(row, "destination"), text_of(row, "state"));
    if (name[0] || account[0])
        printf("  %s%s%s", name, name[0] && account[0] ? " " : "", account);
    if (!strcmp(text_of(row, "state"), "given"))
        printf("  by %s", text_of(row, "source"));
    if (json_is_integer(days))
        printf("  %lld days left", (long long)json_integer_value(days));
    if (json_is_true(json_object_get(row, "renews")))
        printf("  renews itself");
    if (scopes[0])
        printf("  [%s]", scopes);
    printf("%s%s\n", text[0] ? "  -> " : "", text);
}

static bool needs_person(const json_t *row)
{
    return !strcmp(text_of(row, "state"), "not linked") || !strcmp(text_of(row, "state"), "login needed");
}

static int print(const struct options *options, const json_t *rows)
{
    int status = 0;
    json_t *row;
    size_t i;

    json_array_foreach((json_t *)rows, i, row) {
        status = needs_person(row) ? EXIT_CREDENTIALS : status;
        if (!options->json)
            print_row(row);
    }
    if (options->json) {
        json_auto_t *document = json_pack("{s:s, s:s, s:i, s:O}", "schema", "crosscut/1", "command", "accounts", "exit", status, "accounts", rows);

        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
    }
    return status;
}

static int run(const struct options *options)
{
    AUTO_SECRET_JSON json_t *entries = NULL;
    json_auto_t *rows = NULL;
    struct link link;
    struct error err;
    int status;

    if (!link_open(&link, options, "accounts", false, &err))
        return command_failed(options, "accounts", &err);
    if (vault_list(link.vault, &entries, &err)) {
        rows = rows_of(&link, entries);
        status = print(options, rows);
    } else {
        status = command_failed(options, "accounts", &err);
    }
    link_close(&link);
    return status;
}

const struct command command_accounts = {
    "accounts", "[DESTINATION...]", "what is linked, and for how long",
    "Who is linked, with which rights, and how many days are left before you must log in again; from a week ahead it says so. Exit 4\n"
    "when something needs you. Asks no platform.", OPT_COMMON, run,
};
