/* Settings as rows: one row gives pipeline.conf, the command line, the environment, --help and the docs. */
#ifndef CROSSCUT_SETTING_H
#define CROSSCUT_SETTING_H

#include <crosscut/error.h>
#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum setting_type {
    SETTING_TEXT,
    SETTING_BOOL,       /* yes no true false on off 1 0 */
    SETTING_INTEGER,
    SETTING_DURATION,   /* 500ms 5s 30m 2h 1d; stored in ms */
    SETTING_SIZE,       /* 300M 4G (decimal) 4GiB (binary); stored in bytes */
    SETTING_CHOICE,     /* one of `choices` */
};

struct setting {
    const char *name;
    enum setting_type type;
    const char *choices;        /* separated by blanks, for SETTING_CHOICE */
    const char *value;          /* default as written in pipeline.conf; NULL: unset */
    const char *help;           /* one line */
};

/* Reads `text` as the row says and gives a JSON value (owned by the caller); NULL with *err set (ERROR_CONFIG). */
json_t *setting_parse(const struct setting *row, const char *text, struct error *err);
/* Row by name in a table that ends with a NULL name; NULL when there is none. */
const struct setting *setting_find(const struct setting *rows, const char *name);
/* Nearest known word by edit distance, NULL when nothing is near. For "did you mean". */
const char *nearest_name(const char *name, const char *const *names, size_t nb_names);

#endif
