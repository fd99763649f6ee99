#include <crosscut/sidecar.h>

#include "base/auto.h"
#include "base/file.h"
#include "base/text.h"
#include "ingest/sidecar_json.h"
#include <string.h>
#include <unistd.h>

#define MAX_TEXT ((size_t)256 << 10)

static const char *const no_tags[] = {NULL};

/* Where a master's sidecars lie: everything but its extension. */
struct place {
    const char *master;
    const char *folder;     /* with its slash, or "" */
    const char *stem;
    struct arena *arena;
};

static struct place place_of(const char *master, struct arena *arena)
{
    const char *slash = strrchr(master, '/'), *name = slash ? slash + 1 : master, *dot = strrchr(name, '.');
    size_t length = dot && dot != name ? (size_t)(dot - master) : strlen(master);

    return (struct place){
        .master = master, .arena = arena, .folder = arena_strndup(arena, master, (size_t)(name - master)),
        .stem = arena_strndup(arena, master, length),
    };
}

/* The file beside the master with that extension, in small or in capital letters; NULL when there is none. */
static const char *beside(const struct place *p, const char *extension)
{
    char *path = arena_printf(p->arena, "%s.%s", p->stem, extension), *letter = path + strlen(p->stem);

    if (strcmp(path, p->master) != 0 && access(path, F_OK) == 0)
        return path;
    for (; *letter; letter++)
        if (*letter >= 'a' && *letter <= 'z')
            *letter = (char)(*letter - 'a' + 'A');
    return strcmp(path, p->master) != 0 && access(path, F_OK) == 0 ? path : NULL;
}

static const char *first_file(const struct place *p, const char *const *extensions)
{
    for (; *extensions; extensions++) {
        const char *path = beside(p, *extensions);

        if (path && sidecar_is_file(path))
            return path;
    }
    return NULL;
}

/* A first line "# Title" of a Markdown text is the title; what follows is the caption. */
static void split_title(char *text, struct arena *arena, struct sidecar *s)
{
    size_t line = strcspn(text, "\n");

    if (text[0] != '#' || text[1] != ' ')
        return;
    if (!s->title)
        s->title = arena_strndup(arena, text + 2, line - 2);
    memmove(text, text + line, strlen(text + line) + 1);
    while (*text == '\n')
        memmove(text, text + 1, strlen(text));
}

static bool read_caption(const char *path, bool markdown, struct arena *arena, struct sidecar *s, struct error *err)
{
    const char *name = utf8_printable(arena, path);
    AUTO_FREE char *raw = NULL;
    size_t nb_bytes;
    char *text;

    if (!file_read(path, MAX_TEXT, &raw, &nb_bytes, err)) {
        if (err)
            err->kind = ERROR_REFUSED;
        return false;
    }
    if (memchr(raw, '\0', nb_bytes) || !utf8_valid(raw))
        return fail_rule(err, ERROR_REFUSED, "sidecar", "%s: not UTF-8 text; save it as UTF-8", name);
    text = sidecar_text(arena, raw + (strncmp(raw, "\xEF\xBB\xBF", 3) ? 0 : 3));
    if (!text)
        return fail_rule(err, ERROR_REFUSED, "sidecar", "%s: holds a control character", name);
    if (markdown)
        split_title(text, arena, s);
    if (*text && !s->caption)
        s->caption = text;
    return true;
}

static bool read_captions(const struct place *p, struct sidecar *s, struct error *err)
{
    const char *text = beside(p, "txt"), *markdown = beside(p, "md");

    if (text && markdown)
        return fail_rule(err, ERROR_REFUSED, "sidecar", "%s and %s: two captions; keep one",
                         utf8_printable(p->arena, text), utf8_printable(p->arena, markdown));
    if (!text && !markdown)
        return true;
    if (!s->path)
        s->path = text ? text : markdown;
    return read_caption(text ? text : markdown, !text, p->arena, s, err);
}

static bool read_all(const struct place *p, struct sidecar *s, struct error *err)
{
    static const char *const covers[] = {"jpg", "jpeg", "png", NULL}, *const subtitles[] = {"srt", "vtt", "ass", NULL};

    s->path = beside(p, "json");
    if ((s->path && !sidecar_json_read(s->path, p->folder, p->arena, s, err)) || !read_captions(p, s, err))
        return false;
    if (!s->cover_path && s->cover_ms < 0)
        s->cover_path = first_file(p, covers);
    if (!s->subtitles_path)
        s->subtitles_path = first_file(p, subtitles);
    return true;
}

bool sidecar_read(const char *master, struct arena *arena, struct sidecar *sidecar, struct error *err)
{
    struct place place = place_of(master, arena);
    struct sidecar found = {.hashtags = no_tags, .cover_ms = -1};

    if (!read_all(&place, &found, err)) {
        sidecar_finish(&found);
        return false;
    }
    *sidecar = found;
    return true;
}

void sidecar_finish(struct sidecar *sidecar)
{
    json_decref(sidecar->document);
    *sidecar = (struct sidecar){0};
}
