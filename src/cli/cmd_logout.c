#include "cli/link.h"

#include "base/auto.h"
#include "publish/secret.h"

static bool logout(struct link *link, bool *was_linked, bool *ended, struct error *not_ended, struct error *err)
{
    AUTO_CLOSE int lock = vault_lock(link->vault, link->name, err);
    AUTO_SECRET_JSON json_t *entry = NULL;
    AUTO_SECRET char *secret = NULL;

    if (lock < 0 || !vault_get(link->vault, link->name, &entry, err))
        return false;
    *was_linked = entry != NULL;
    if (!entry)
        return true;
    *not_ended = (struct error){0};
    if (token_client_secret(link->session.destination, link->session.settings, &secret, not_ended))
        oauth_revoke(&link->session, entry, secret, ended, not_ended);
    return vault_put(link->vault, link->name, NULL, err);
}

static void tell(const struct link *link, bool was_linked, bool ended, const struct error *not_ended)
{
    const char *name = link->session.destination, *title = link->session.adapter->title;

    if (not_ended->text[0])
        fprintf(stderr, "crosscut: %s; the tokens are forgotten here, end the app's access in the settings of your account too\n", not_ended->text);
    if (link->options->json) {
        json_auto_t *document = json_pack("{s:s, s:s, s:i, s:s, s:b, s:b}", "schema", "crosscut/1", "command", "logout", "exit", 0, "destination", name,
                                          "was_linked", was_linked, "revoked", ended);

        json_dumpf(document, stdout, JSON_INDENT(1));
        putchar('\n');
    } else if (!was_linked) {
        printf("%s: nothing is linked\n", name);
    } else {
        printf("%s: forgotten%s%s%s\n", name, ended ? ", and " : "; end the app's access in the settings of your ", title, ended ? " ended the grant" : " account too");
    }
}

static int run(const struct options *options)
{
    struct link link;
    struct error err, not_ended = {0};
    bool was_linked = false, ended = false;
    int status = 0;

    if (!link_open(&link, options, "logout", true, &err))
        return command_failed(options, "logout", &err);
    if (logout(&link, &was_linked, &ended, &not_ended, &err))
        tell(&link, was_linked, ended, &not_ended);
    else
        status = command_failed(options, "logout", &err);
    link_close(&link);
    return status;
}

const struct command command_logout = {
    "logout", "DESTINATION", "end a link and forget its tokens",
    "Asks the platform to end what was granted, where it can be asked, and forgets the tokens in any case.", OPT_COMMON, run,
};
