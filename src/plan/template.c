#include "plan/template.h"

#include <crosscut/setting.h>
#include <crosscut/str.h>

#include "base/auto.h"
#include <string.h>

static const char *const place_names[] = {"title", "caption", "hashtags", "link", "alt", "part", "parts", "name"};
#define NB_NAMES (sizeof place_names / sizeof place_names[0])
_Static_assert(NB_NAMES == PLACES - 1, "a name per placeholder");

static bool unknown(const char *name, struct error *err)
{
    const char *near = nearest_name(name, place_names, NB_NAMES);

    return fail(err, ERROR_CONFIG,
                "unknown placeholder {%s}%s%s%s; known are {title} {caption} {hashtags} {hashtags:N} "
                "{link} {alt} {part} {parts} {name}, and {{ for a brace",
                name, near ? ", did you mean {" : "", near ? near : "", near ? "}?" : "");
}

/* "hashtags:5", without the braces */
static bool parse_place(char *name, struct piece *piece, struct error *err)
{
    char *colon = strchr(name, ':'), *end = NULL;
    long n = -1;

    if (colon) {
        *colon = '\0';
        n = strtol(colon + 1, &end, 10);
    }
    for (size_t i = 0; i < NB_NAMES; i++) {
        enum placeholder place = (enum placeholder)(i + 1);

        if (strcmp(name, place_names[i]) != 0)
            continue;
        if (colon && (place != PLACE_HASHTAGS || end == colon + 1 || *end || n < 0 || n > 1000))
            return fail(err, ERROR_CONFIG, "placeholder {%s:%s} is wrong; only {hashtags:N} takes a number", name,
                        colon + 1);
        *piece = (struct piece){.place = place, .max_hashtags = (int)n};
        return true;
    }
    return unknown(name, err);
}

static void add_literal(struct piece *pieces, size_t *n, struct str *literal, struct arena *arena)
{
    if (!literal->bytes)
        return;
    pieces[(*n)++] = (struct piece){.literal = arena_strdup(arena, str_text(literal)), .max_hashtags = -1};
    str_finish(literal);
}

bool template_parse(const char *text, struct arena *arena, struct template *template, struct error *err)
{
    struct piece *pieces = arena_alloc(arena, (strlen(text) + 1) * sizeof *pieces);
    AUTO_STR struct str literal = {0};
    size_t n = 0;

    for (const char *at = text; *at;) {
        bool brace = (at[0] == '{' || at[0] == '}') && at[1] == at[0];
        const char *end;

        if (*at != '{' || brace) {
            str_add_bytes(&literal, at, 1);
            at += brace ? 2 : 1;
            continue;
        }
        end = strchr(at, '}');
        if (!end)
            return fail(err, ERROR_CONFIG, "'%s' has no closing brace; write {{ for a brace", at);
        add_literal(pieces, &n, &literal, arena);
        if (!parse_place(arena_strndup(arena, at + 1, (size_t)(end - at - 1)), &pieces[n++], err))
            return false;
        at = end + 1;
    }
    add_literal(pieces, &n, &literal, arena);
    *template = (struct template){pieces, n};
    return true;
}

bool template_has(const struct template *template, enum placeholder place)
{
    for (size_t i = 0; i < template->nb_pieces; i++)
        if (template->pieces[i].place == place)
            return true;
    return false;
}

int template_max_hashtags(const struct template *template)
{
    int max = -1;

    for (size_t i = 0; i < template->nb_pieces; i++) {
        int n = template->pieces[i].max_hashtags;

        if (n >= 0 && (max < 0 || n < max))
            max = n;
    }
    return max;
}

/* What stands between two values and is worth nothing alone: blanks, line breaks, dashes, bars, dots. */
#define BLANKS " \t\n"
static size_t separator_bytes(const char *text)
{
    static const char *const marks[] = {" ", "\t", "\n", "-", "|", "/", ":", ",", "\xC2\xB7", "\xE2\x80\xA2",
                                        "\xE2\x80\x93", "\xE2\x80\x94"};    /* middle dot, bullet, en and em dash */
    size_t bytes = 0, n;

    do {
        n = 0;
        for (size_t i = 0; !n && i < sizeof marks / sizeof marks[0]; i++)
            if (!strncmp(text + bytes, marks[i], strlen(marks[i])))
                n = strlen(marks[i]);
        bytes += n;
    } while (n);
    return bytes;
}

struct composer {
    struct str out;
    struct str gap;         /* waits for what follows */
    bool vanished;          /* a value went missing since the gap began */
};

static size_t breaks(const char *text)
{
    size_t n = 0;

    for (; *text; text++)
        n += *text == '\n';
    return n;
}

/* Two gaps with nothing between them are one: the one with more line breaks, else the longer. */
static void add_gap(struct composer *c, const char *gap, size_t bytes)
{
    AUTO_STR struct str more = {0};

    str_add_bytes(&more, gap, bytes);
    if (c->gap.bytes && !c->vanished) {
        str_add_bytes(&c->gap, gap, bytes);
        return;
    }
    if (breaks(str_text(&more)) > breaks(str_text(&c->gap)) ||
        (breaks(str_text(&more)) == breaks(str_text(&c->gap)) && more.bytes > c->gap.bytes)) {
        str_finish(&c->gap);
        c->gap = more;
        more = (struct str){0};
    }
}

static void add_value(struct composer *c, const char *text, size_t bytes)
{
    if (c->out.bytes || !c->vanished)
        str_add(&c->out, str_text(&c->gap));
    str_finish(&c->gap);
    str_add_bytes(&c->out, text, bytes);
    c->vanished = false;
}

static void add_words(struct composer *c, const char *text)
{
    size_t lead = separator_bytes(text), end = strlen(text);

    if (lead)
        add_gap(c, text, lead);
    if (lead == end)
        return;
    while (end > lead && strchr(BLANKS, text[end - 1]))
        end--;
    add_value(c, text + lead, end - lead);
    if (text[end])
        add_gap(c, text + end, strlen(text + end));
}

const char *template_compose(const struct template *template, const char *const values[PLACES], struct arena *arena)
{
    struct composer c = {0};
    const char *text;
    size_t lead, end;

    for (size_t i = 0; i < template->nb_pieces; i++) {
        const struct piece *piece = &template->pieces[i];
        const char *value = piece->place == PLACE_LITERAL ? NULL : values[piece->place];

        if (piece->place == PLACE_LITERAL)
            add_words(&c, piece->literal);
        else if (value && *value)
            add_value(&c, value, strlen(value));
        else
            c.vanished = true;
    }
    if (!c.vanished)
        str_add(&c.out, str_text(&c.gap));
    text = str_text(&c.out);
    lead = strspn(text, BLANKS);
    for (end = strlen(text); end > lead && strchr(BLANKS, text[end - 1]);)
        end--;
    text = arena_strndup(arena, text + lead, end - lead);
    str_finish(&c.out);
    str_finish(&c.gap);
    return text;
}
