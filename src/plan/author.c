#include "plan/author.h"

#include "base/text.h"
#include <string.h>

#define BLANKS " \t\n"

/* The author's own words for this destination, else for this platform; NULL: nothing special. */
static const json_t *override(const struct text_source *source, const char *key)
{
    const json_t *all = source->master->sidecar.destinations;
    const json_t *own = json_object_get(json_object_get(all, source->destination->name), key);

    return own ? own : json_object_get(json_object_get(all, source->destination->adapter->name), key);
}

const char *author_said(const struct text_source *source, const char *key, const char *otherwise)
{
    const json_t *own = override(source, key);

    return json_is_string(own) ? json_string_value(own) : otherwise;
}

const char *text_trimmed(struct arena *arena, const char *text)
{
    size_t lead, end;

    if (!text)
        return NULL;
    lead = strspn(text, BLANKS);
    for (end = strlen(text); end > lead && strchr(BLANKS, text[end - 1]);)
        end--;
    return arena_strndup(arena, text + lead, end - lead);
}

struct tags {
    const char **names, **folded;    /* folded: to find doubles */
    size_t n, capacity;
};

static void add_tag(struct tags *tags, const char *text, size_t bytes, struct arena *arena)
{
    const char *name, *folded;

    while (bytes && *text == '#') {
        text++;
        bytes--;
    }
    name = bytes ? utf8_nfc(arena, arena_strndup(arena, text, bytes)) : NULL;
    folded = name ? utf8_fold(arena, name) : NULL;
    if (!folded || tags->n == tags->capacity)
        return;
    for (size_t i = 0; i < tags->n; i++)
        if (!strcmp(tags->folded[i], folded))
            return;
    tags->names[tags->n] = name;
    tags->folded[tags->n++] = folded;
}

/* Words of one text as tags: "#red #blue". */
static void add_tags(struct tags *tags, const char *text, struct arena *arena)
{
    for (const char *at = text + strspn(text, BLANKS ","); *at; at += strspn(at, BLANKS ",")) {
        size_t bytes = strcspn(at, BLANKS ",");

        add_tag(tags, at, bytes, arena);
        at += bytes;
    }
}

const char **author_hashtags(const struct text_source *source, struct arena *arena)
{
    enum { MOST = 200 };
    struct tags tags = {.names = arena_alloc(arena, (MOST + 1) * sizeof(char *)),
                        .folded = arena_alloc(arena, MOST * sizeof(char *)), .capacity = MOST};
    const json_t *own = override(source, "hashtags"), *item;
    const char *const *said_tags = source->master->sidecar.hashtags;
    size_t i;

    if (json_is_string(own))
        add_tags(&tags, json_string_value(own), arena);
    else if (json_is_array(own))
        json_array_foreach(own, i, item)
            add_tags(&tags, json_is_string(item) ? json_string_value(item) : "", arena);
    else
        for (; said_tags && *said_tags; said_tags++)
            add_tags(&tags, *said_tags, arena);
    return tags.names;
}

const char *author_file_name(struct arena *arena, const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path, *dot = strrchr(name, '.');
    char *text = arena_strndup(arena, name, dot && dot != name ? (size_t)(dot - name) : strlen(name)), *out = text;

    if (!utf8_valid(text))
        return "Video";
    for (const char *at = text; *at; at++) {
        bool blank = *at == '_' || *at == '-' || (unsigned char)*at <= ' ' || *at == 0x7F;

        if (!blank)
            *out++ = *at;
        else if (out != text && out[-1] != ' ')
            *out++ = ' ';
    }
    while (out != text && out[-1] == ' ')
        out--;
    *out = '\0';
    return *text ? utf8_nfc(arena, text) : "Video";
}

/* The caption's first line without the hashtags at its end; NULL when nothing is left. */
static const char *first_line(struct arena *arena, const char *caption)
{
    size_t end = caption ? strcspn(caption, "\n") : 0, word;

    for (;;) {
        while (end && strchr(BLANKS, caption[end - 1]))
            end--;
        for (word = end; word && !strchr(BLANKS, caption[word - 1]);)
            word--;
        if (word == end || caption[word] != '#')
            break;
        end = word;
    }
    return end ? arena_strndup(arena, caption, end) : NULL;
}

const char *author_title(struct arena *arena, const char *title, const char *caption, const char *path)
{
    const char *line;

    if (title && *title)
        return title;
    line = first_line(arena, caption);
    return line ? line : author_file_name(arena, path);
}
