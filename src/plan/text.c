#include "plan/text.h"

#include "base/auto.h"
#include "base/text.h"
#include "plan/author.h"
#include "plan/template.h"
#include "plan/text_cut.h"
#include <string.h>
#include <strings.h>

/* Everything fitting one field needs. */
struct field {
    const struct text_source *source;
    const struct text_rule *rule;
    struct arena *arena;
    struct notes *warnings;
    struct template template;
    const char *own_text;        /* the author's whole text for this field, instead of a template; or NULL */
    const char *values[PLACES];
    enum placeholder body;       /* what is cut first; PLACE_LITERAL: nothing alone */
    const char **tags;           /* those the field may carry, in order */
    size_t nb_tags;
};

static const struct piece only_caption = {.place = PLACE_CAPTION, .max_hashtags = -1};
static const struct piece only_title = {.place = PLACE_TITLE, .max_hashtags = -1};

static const char *place_title(const struct field *f)
{
    return f->source->destination->adapter->title;
}

/* ---- what the platform takes ---- */

/* NFC, one kind of line break, no control characters, no forbidden ones; NULL: not UTF-8. */
static const char *cleaned(const struct field *f, const char *text, int *nb_replaced)
{
    const char *nfc = text ? utf8_nfc(f->arena, text) : NULL, *forbidden = f->rule->forbidden;
    AUTO_STR struct str out = {0};
    size_t n;

    for (const char *at = nfc; at && *at; at += n) {
        int32_t code = utf8_code_point(at, &n);

        if (code == '\r' && at[1] == '\n')
            continue;
        if (code == '\r' || code == 0x2028 || code == 0x2029)
            code = '\n';
        if (code == '\n' || code == '\t') {
            if (!f->rule->one_line)
                str_add(&out, code == '\n' ? "\n" : "\t");
            else if (out.bytes && out.data[out.bytes - 1] != ' ')
                str_add(&out, " ");
        } else if (code < 0x80 && forbidden && strchr(forbidden, (int)code)) {
            str_add(&out, code == '<' ? "\xE2\x80\xB9" : code == '>' ? "\xE2\x80\xBA" : "");    /* U+2039, U+203A */
            ++*nb_replaced;
        } else if (code >= 0x20 && (code < 0x7F || code > 0x9F)) {
            str_add_bytes(&out, at, n);
        }
    }
    return nfc ? text_trimmed(f->arena, str_text(&out)) : NULL;
}

/* The template: the author's whole text for this very field, the destination's setting, the platform's default. */
static bool read_template(struct field *f, struct error *err)
{
    static const char *const values[] = {"title", "caption", "alt_text", "link", "hashtags"};
    const char *setting = json_string_value(json_object_get(f->source->destination->settings, f->rule->field));
    const char *text;
    bool is_value = false;

    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        is_value = is_value || !strcmp(values[i], f->rule->field);
    f->own_text = is_value ? NULL : author_said(f->source, f->rule->field, NULL);
    if (f->own_text) {
        f->template = (struct template){&only_caption, 1};
        return true;
    }
    text = cleaned(f, setting ? setting : f->rule->template, &(int){0});
    if (!text)
        return fail(err, ERROR_CONFIG, "destination '%s', setting %s: not UTF-8", f->source->destination->name,
                    f->rule->field);
    if (!template_parse(text, f->arena, &f->template, err))
        return fail_in(err, "destination '%s', setting %s", f->source->destination->name, f->rule->field);
    return true;
}

/* The author's words for each placeholder, as this platform takes them. */
static bool read_values(struct field *f, struct error *err)
{
    const struct sidecar *s = &f->source->master->sidecar;
    const char *title = author_said(f->source, "title", s->title),
               *caption = author_said(f->source, "caption", s->caption);
    const char *path = f->source->master->path;
    const char *own[PLACES] = {
        /* where a text must be, the words that come next to a title are better than none */
        [PLACE_TITLE] = f->rule->required ? author_title(f->arena, text_trimmed(f->arena, title),
                                                         text_trimmed(f->arena, caption), path)
                                          : title,
        [PLACE_CAPTION] = f->own_text ? f->own_text : caption,
        [PLACE_LINK] = author_said(f->source, "link", s->link),
        [PLACE_ALT] = author_said(f->source, "alt_text", s->alt_text),
        [PLACE_PART] = arena_printf(f->arena, "%d", f->source->part),
        [PLACE_PARTS] = arena_printf(f->arena, "%d", f->source->parts),
        [PLACE_NAME] = author_file_name(f->arena, path),
    };
    int replaced = 0, unused = 0;

    for (int p = 0; p < PLACES; p++) {
        if (!own[p])
            continue;
        f->values[p] = cleaned(f, own[p], template_has(&f->template, (enum placeholder)p) ? &replaced : &unused);
        if (!f->values[p])
            return fail_rule(err, ERROR_REFUSED, "text.utf8", "'%s': its %s is not UTF-8; save the sidecar as UTF-8",
                             path, f->rule->field);
    }
    if (replaced)
        notes_add(f->warnings, "%s: %d character%s that %s does not take (%s) replaced or left out (%s)",
                  f->rule->field, replaced, replaced == 1 ? "" : "s", place_title(f), f->rule->forbidden,
                  f->rule->source);
    return true;
}

/* ---- hashtags ---- */

/* How many hashtags the field may hold in all; -1: as many as one likes. */
static int max_hashtags(const struct field *f)
{
    const json_t *setting = json_object_get(f->source->destination->settings, "hashtags");
    int max = f->rule->max_hashtags;

    if (max && json_is_integer(setting) && json_integer_value(setting) >= 0 && json_integer_value(setting) < 1000)
        max = (int)json_integer_value(setting);
    return max;
}

static const char *with_tags(const struct field *f, size_t nb_tags, const char *body)
{
    const char *values[PLACES];
    AUTO_STR struct str tags = {0};
    const char *text, *nfc;

    memcpy(values, f->values, sizeof values);
    for (size_t i = 0; i < nb_tags; i++)
        str_printf(&tags, "%s#%s", i ? " " : "", f->tags[i]);
    values[PLACE_HASHTAGS] = arena_strdup(f->arena, str_text(&tags));
    if (f->body != PLACE_LITERAL)
        values[f->body] = body;
    text = template_compose(&f->template, values, f->arena);
    nfc = utf8_nfc(f->arena, text);
    return nfc ? nfc : text;
}

static const char *body_of(const struct field *f)
{
    return f->body != PLACE_LITERAL && f->values[f->body] ? f->values[f->body] : "";
}

/* Tags the field would like to carry: not said in its words already. Gives how many of them it may. */
static size_t choose_tags(struct field *f, const char *const *all)
{
    const char *words = with_tags(f, 0, body_of(f));
    int max = max_hashtags(f), said_already = hashtag_count(words), own = template_max_hashtags(&f->template);
    size_t wanted = 0, allowed;

    for (; *all; all++)
        wanted++;
    f->tags = arena_alloc(f->arena, (wanted + 1) * sizeof *f->tags);
    all -= wanted;
    for (; *all && template_has(&f->template, PLACE_HASHTAGS); all++)
        if (!hashtag_in(words, *all, f->arena))
            f->tags[f->nb_tags++] = *all;
    if (max >= 0 && said_already > max)
        notes_add(f->warnings, "%s: the text itself has %d hashtags, %s takes %d (%s); it is sent as written",
                  f->rule->field, said_already, place_title(f), max, f->rule->source);
    allowed = f->nb_tags;
    if (max >= 0)
        allowed = max > said_already ? (size_t)(max - said_already) : 0;
    if (own >= 0 && (size_t)own < allowed)
        allowed = (size_t)own;
    return allowed < f->nb_tags ? allowed : f->nb_tags;
}

/* ---- fitting ---- */

struct fitting {
    const char *text, *cut;      /* cut: what was taken off, or NULL */
    size_t nb_tags;
};

/* Off the end of `text` until `room` units are left. */
static const char *shortened(const struct field *f, const char *text, int64_t room, const char **cut)
{
    size_t kept = text_cut(text, room, f->rule->unit);

    *cut = text_trimmed(f->arena, text + kept);
    return kept ? arena_printf(f->arena, "%.*s" ELLIPSIS, (int)kept, text) : "";
}

/* Cuts the body so that the whole fits. Normalising at the seams may still add a unit: then once more, tighter. */
static bool cut_body(const struct field *f, size_t nb_tags, int64_t room, struct fitting *fitting)
{
    for (int64_t over = 0; room > 0; room -= over) {
        const char *body = shortened(f, body_of(f), room, &fitting->cut);

        fitting->text = with_tags(f, nb_tags, body);
        over = text_count(fitting->text, f->rule->unit) - f->rule->limit;
        if (over <= 0)
            return *fitting->text != '\0';
    }
    return false;
}

/* Hashtags stay while the words keep at least half of the limit; below that the last ones go first. */
static struct fitting fit(const struct field *f, size_t allowed)
{
    const char *body = body_of(f);
    int64_t limit = f->rule->limit, whole = text_count(body, f->rule->unit);
    struct fitting fitting = {.nb_tags = allowed};

    for (size_t n = allowed + 1; n-- > 0;) {
        int64_t over, room;

        fitting = (struct fitting){.text = with_tags(f, n, body), .nb_tags = n};
        over = text_count(fitting.text, f->rule->unit) - limit;
        if (!limit || over <= 0)
            return fitting;
        room = whole - over;
        if ((room >= limit / 2 || !n) && cut_body(f, n, room, &fitting))
            return fitting;
    }
    fitting.text = shortened(f, with_tags(f, 0, body), limit, &fitting.cut);
    return fitting;
}

static const char *hashed(struct arena *arena, const char *const *tags)
{
    AUTO_STR struct str list = {0};

    for (; *tags; tags++)
        str_printf(&list, "%s#%s", list.bytes ? " " : "", *tags);
    return arena_strdup(arena, str_text(&list));
}

static bool has_link(const char *text)
{
    return strcasestr(text, "http://") || strcasestr(text, "https://") || strcasestr(text, "www.");
}

static void warn(const struct field *f, const struct fitted_text *fitted)
{
    const struct text_rule *rule = f->rule;

    if (fitted->cut)
        notes_add(f->warnings, "%s: cut to %lld of at most %d %s (%s)", rule->field, (long long)fitted->count,
                  rule->limit, text_unit_name(rule->unit), rule->source);
    if (*fitted->dropped_hashtags)
        notes_add(f->warnings, "%s: hashtags left out: %s (%s)", rule->field,
                  hashed(f->arena, fitted->dropped_hashtags), rule->source);
    if (!f->source->destination->adapter->spec->links_work && has_link(fitted->text))
        notes_add(f->warnings, "%s: a link cannot be tapped on %s; put it in the profile as well", rule->field,
                  place_title(f));
}

static bool fit_field(struct field *f, const char *const *all_tags, struct fitted_text *fitted, struct error *err)
{
    struct fitting fitting;
    size_t allowed;

    if (!read_template(f, err) || !read_values(f, err))
        return false;
    f->body = template_has(&f->template, PLACE_CAPTION) ? PLACE_CAPTION
              : template_has(&f->template, PLACE_TITLE) ? PLACE_TITLE : PLACE_LITERAL;
    allowed = choose_tags(f, all_tags);
    fitting = fit(f, allowed);
    if (!*fitting.text && f->rule->required) {
        f->template = (struct template){&only_title, 1};
        f->body = PLACE_TITLE;
        fitting = fit(f, 0);
    }
    if (!*fitting.text && f->rule->required)
        return fail_rule(err, ERROR_REFUSED,
                         arena_printf(f->arena, "%s.%s", f->source->destination->adapter->name, f->rule->field),
                         "'%s': %s wants a %s (%s); write one in the sidecar", f->source->master->path, place_title(f),
                         f->rule->field, f->rule->source);
    *fitted = (struct fitted_text){
        .field = f->rule->field, .text = fitting.text, .count = text_count(fitting.text, f->rule->unit),
        .limit = f->rule->limit, .unit = f->rule->unit, .cut = fitting.cut && *fitting.cut ? fitting.cut : NULL,
        .dropped_hashtags = f->tags + fitting.nb_tags,
    };
    warn(f, fitted);
    return true;
}

/* A tag is kept when a text shows it. Where no text has a place for tags (a page lists them itself) all are kept. */
static const char **kept_tags(const char *const *all, const struct post_texts *texts, bool has_place,
                              struct arena *arena)
{
    const char **kept;
    size_t n = 0;

    while (all[n])
        n++;
    kept = arena_alloc(arena, (n + 1) * sizeof *kept);
    n = 0;
    for (; *all; all++) {
        bool shown = !has_place;

        for (size_t i = 0; !shown && i < texts->nb_texts; i++)
            shown = hashtag_in(texts->texts[i].text, *all, arena) ||
                    strstr(texts->texts[i].text, arena_printf(arena, "#%s", *all));
        if (shown)
            kept[n++] = *all;
    }
    return kept;
}

bool texts_fit(const struct text_source *source, struct arena *arena, struct post_texts *texts, struct notes *warnings,
               struct error *err)
{
    const struct sidecar *s = &source->master->sidecar;
    const struct spec *spec = source->destination->adapter->spec;
    struct post_texts made = {.nb_texts = spec->nb_texts, .link = author_said(source, "link", s->link),
                              .alt_text = author_said(source, "alt_text", s->alt_text)};
    const char **tags = author_hashtags(source, arena);
    bool has_place = false;

    made.texts = arena_alloc(arena, (spec->nb_texts + 1) * sizeof *made.texts);
    for (size_t i = 0; i < spec->nb_texts; i++) {
        struct field field = {.source = source, .rule = &spec->texts[i], .arena = arena, .warnings = warnings};

        if (!fit_field(&field, tags, &made.texts[i], err))
            return false;
        has_place = has_place || template_has(&field.template, PLACE_HASHTAGS);
    }
    made.title = author_title(arena, text_trimmed(arena, author_said(source, "title", s->title)),
                               text_trimmed(arena, author_said(source, "caption", s->caption)), source->master->path);
    made.hashtags = kept_tags(tags, &made, has_place, arena);
    *texts = made;
    return true;
}
