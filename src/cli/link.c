#include "cli/link.h"

#include "base/auto.h"
#include "cli/app.h"
#include <string.h>

static bool open_session(struct link *link, struct error *err)
{
    const struct destination *d = link->destination = link->destinations;

    link->session = (struct oauth_session){.adapter = d->adapter, .oauth = oauth_of(d->adapter, d->settings), .destination = d->name, .settings = d->settings};
    link->name = token_name(d->name, d->settings);
    if (!link->session.oauth)
        return fail(err, ERROR_USAGE, "%s: %s needs no login", d->name, d->adapter->title);
    link->session.transport = transport_curl_create(NULL, err);
    return link->session.transport != NULL;
}

bool link_open(struct link *link, const struct options *options, const char *command, bool one, struct error *err)
{
    struct config_source source = {.file = options->config, .sets = options->sets};
    AUTO_STR struct str list = {0};
    bool ok;

    *link = (struct link){.options = options, .arena = arena_create()};
    for (size_t i = 0; i < options->nb_args; i++)
        str_printf(&list, "%s ", options->args[i]);
    ok = !one || options->nb_args == 1 || fail(err, ERROR_USAGE, "name one destination: crosscut %s DESTINATION", command);
    ok = ok && (link->config = config_open(&source, err));
    ok = ok && config_destinations(link->config, options->nb_args ? str_text(&list) : NULL, NULL, link->arena, &link->destinations,
                                   &link->nb_destinations, err);
    ok = ok && (link->vault = vault_open(app_vault_path(options, link->arena), options->passphrase, err));
    if (ok && (!one || open_session(link, err)))
        return true;
    link_close(link);
    return false;
}

void link_close(struct link *link)
{
    transport_destroy(link->session.transport);
    vault_close(link->vault);
    config_destroy(link->config);
    free(link->name);
    arena_destroy(link->arena);
    *link = (struct link){0};
}
