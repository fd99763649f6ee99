#include "ingest/where.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

static const char *blanks(const char *at)
{
    return at + strspn(at, " \t\r\n");
}

/* Behind the string that starts at `at`. */
static const char *behind_string(const char *at)
{
    for (at++; *at && *at != '"'; at++)
        if (*at == '\\' && at[1])
            at++;
    return *at ? at + 1 : at;
}

static const char *behind_value(const char *at)
{
    int depth = 0;

    while (*at && !(depth == 0 && strchr(",}]", *at))) {
        if (*at == '"') {
            at = behind_string(at);
            continue;
        }
        if (*at == '{' || *at == '[')
            depth++;
        if (*at == '}' || *at == ']')
            depth--;
        at++;
    }
    return at;
}

/* The key's own string in the object at `at`, or NULL; *value is what it stands for. */
static const char *find(const char *at, const char *key, const char **value)
{
    if (*at != '{')
        return NULL;
    at = blanks(at + 1);
    while (*at == '"') {
        const char *name = at;
        size_t length;

        at = behind_string(at);
        length = (size_t)(at - name) - 2;
        at = blanks(at);
        *value = blanks(*at == ':' ? at + 1 : at);
        if (length == strlen(key) && !strncmp(name + 1, key, length))
            return name;
        at = blanks(behind_value(*value));
        at = blanks(*at == ',' ? at + 1 : at);
    }
    return NULL;
}

struct where json_where(const char *text, const char *key, const char *inner)
{
    const char *value = NULL, *found = find(blanks(text), key, &value);
    struct where where = {1, 1};

    if (found && inner) {
        const char *deeper = find(value, inner, &value);

        found = deeper ? deeper : found;
    }
    for (const char *c = text; found && c < found; c++) {
        if (*c == '\n') {
            where.line++;
            where.column = 1;
        } else if (((unsigned char)*c & 0xC0) != 0x80) {
            where.column++;
        }
    }
    return where;
}
