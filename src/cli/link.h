/* What login, logout and accounts share: the destination named on the command line, its entry in the vault. */
#ifndef CLI_LINK_H
#define CLI_LINK_H

#include "cli/command.h"
#include "cli/config.h"
#include "publish/tokens.h"

struct link {
    const struct options *options;
    struct arena *arena;
    struct config *config;
    const struct destination *destination;     /* the first that was named */
    const struct destination *destinations;
    size_t nb_destinations;
    struct vault *vault;
    struct oauth_session session;              /* of `destination`; oauth NULL: nothing to log in to */
    char *name;                                /* of its entry */
};

/* Reads the configuration and finds the destinations named as arguments (`one`: exactly one; otherwise none is all). */
bool link_open(struct link *link, const struct options *options, const char *command, bool one, struct error *err);
void link_close(struct link *link);

#endif
