/* Secrets on their way: from the environment, from a command, from a person; wiped when they are let go. */
#ifndef PUBLISH_SECRET_H
#define PUBLISH_SECRET_H

#include <crosscut/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#define SECRET_MAX_BYTES ((size_t)8192)

void secret_free(char *text);          /* wiped; accepts NULL */
/* Wipes every text inside and gives the reference back. For a value that nobody else shares. Accepts NULL. */
void secret_json_free(json_t *json);

static inline void auto_secret(char **text)
{
    secret_free(*text);
}
static inline void auto_secret_json(json_t **json)
{
    secret_json_free(*json);
}
#define AUTO_SECRET __attribute__((cleanup(auto_secret)))
#define AUTO_SECRET_JSON __attribute__((cleanup(auto_secret_json)))

/* Copies the variable, wipes it where it stands, so that children and /proc do not show it, and unsets it. NULL when it is
 * not set or empty. Owned by the caller. */
char *secret_take_variable(const char *name);
/* What the command prints, without blanks at its end. `what` names the setting in errors. Owned by the caller; NULL: *err. */
char *secret_from_command(const char *command, const char *what, struct error *err);
/* Asks at the terminal (stdin and stderr), without echo. NULL with ERROR_CREDENTIALS where stdin is no terminal. */
char *secret_ask(const char *question, struct error *err);
/* The environment for children: everything but CROSSCUT_*_TOKEN and CROSSCUT_*_CLIENT_SECRET. The array is the caller's. */
char **secret_free_environment(void);
/* Does the text show 12 or more consecutive bytes of the secret (RELIABILITY S1), or all of a shorter one? */
bool secret_leaks(const char *text, size_t nb_bytes, const char *secret);

#endif
