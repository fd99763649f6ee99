#include <crosscut/error.h>

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const kind_names[] = {
    [ERROR_INTERNAL] = "internal",       [ERROR_USAGE] = "usage",         [ERROR_CONFIG] = "config",
    [ERROR_REFUSED] = "refused",         [ERROR_CREDENTIALS] = "credentials", [ERROR_TRANSIENT] = "transient",
    [ERROR_PERMANENT] = "permanent",     [ERROR_UNKNOWN] = "unknown",     [ERROR_INTERRUPTED] = "interrupted",
};

/* A text that did not fit ends before the character that was cut through: JSON takes whole ones only. */
static void cut_between(char *text, size_t room, int wanted)
{
    size_t at = room - 1;

    if (wanted < (int)room)
        return;
    while (at && ((unsigned char)text[at - 1] & 0xC0) == 0x80)
        at--;
    if (at && (unsigned char)text[at - 1] >= 0xC0)
        text[at - 1] = '\0';
}

__attribute__((format(printf, 4, 0))) static void set(struct error *err, enum error_kind kind, const char *rule,
                                                      const char *fmt, va_list args)
{
    char text[sizeof err->text];

    if (!err)
        return;
    cut_between(text, sizeof text, vsnprintf(text, sizeof text, fmt, args));    /* the arguments may point into *err */
    *err = (struct error){.kind = kind};
    snprintf(err->rule, sizeof err->rule, "%s", rule);
    memcpy(err->text, text, sizeof text);
}

bool fail(struct error *err, enum error_kind kind, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    set(err, kind, "", fmt, args);
    va_end(args);
    return false;
}

bool fail_rule(struct error *err, enum error_kind kind, const char *rule, const char *fmt, ...)
{
    char kept[sizeof err->rule];
    va_list args;

    snprintf(kept, sizeof kept, "%s", rule);
    va_start(args, fmt);
    set(err, kind, kept, fmt, args);
    va_end(args);
    return false;
}

bool fail_in(struct error *err, const char *fmt, ...)
{
    char prefix[sizeof err->text / 2], text[sizeof err->text];
    va_list args;
    size_t used;

    if (!err)
        return false;
    va_start(args, fmt);
    cut_between(prefix, sizeof prefix, vsnprintf(prefix, sizeof prefix, fmt, args));
    va_end(args);
    memcpy(text, err->text, sizeof text);
    used = (size_t)snprintf(err->text, sizeof err->text, "%s: ", prefix);
    cut_between(err->text + used, sizeof err->text - used, snprintf(err->text + used, sizeof err->text - used, "%s", text));
    return false;
}

const char *error_kind_name(enum error_kind kind)
{
    size_t n = sizeof kind_names / sizeof kind_names[0];

    return (size_t)kind < n && kind_names[kind] ? kind_names[kind] : "internal";
}

enum error_kind error_kind_parse(const char *name)
{
    for (size_t i = 0; i < sizeof kind_names / sizeof kind_names[0]; i++)
        if (name && !strcmp(kind_names[i], name))
            return (enum error_kind)i;
    return ERROR_INTERNAL;
}
