/* Errors: owned by the caller, passed last, never global, nothing allocated.
 * A function that can fail returns bool; on false *err is set and nothing else was written. */
#ifndef CROSSCUT_ERROR_H
#define CROSSCUT_ERROR_H

#include <stdbool.h>
#include <stdint.h>

enum error_kind {
    ERROR_INTERNAL,    /* our bug, or the machine failed us (disk full, no memory) */
    ERROR_USAGE,       /* command line */
    ERROR_CONFIG,      /* pipeline.conf, sidecar settings, environment */
    ERROR_REFUSED,     /* the master or its text cannot go there: media, limits, sidecar; nothing was sent */
    ERROR_CREDENTIALS, /* a person must link an account or renew a token */
    ERROR_TRANSIENT,   /* trying again later may help: outage, quota, network */
    ERROR_PERMANENT,   /* the platform said no for good */
    ERROR_UNKNOWN,     /* it may or may not be public: a person must look */
    ERROR_INTERRUPTED, /* a signal; state is kept */
};

struct error {
    enum error_kind kind;
    char rule[64];        /* stable name of the rule that refused, "tiktok.duration"; "" when none */
    char text[1024];      /* one line for people: what, where, value, limit, source, way out */
    int64_t retry_at_ms;  /* Unix time from which trying again makes sense; 0: not known */
};

/* All return false, so that `return fail(err, ...)` reads well. err may be NULL. */
bool fail(struct error *err, enum error_kind kind, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool fail_rule(struct error *err, enum error_kind kind, const char *rule, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
/* Puts "prefix: " in front of the text that is there. */
bool fail_in(struct error *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "refused", "credentials", ...: the word in JSON and in logs. Never NULL. */
const char *error_kind_name(enum error_kind kind);
/* The reverse; ERROR_INTERNAL for a word that is not one. */
enum error_kind error_kind_parse(const char *name);

#endif
