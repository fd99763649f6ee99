#include "report/text.h"

#include "base/auto.h"
#include <string.h>

static enum tint tint_of(const struct post_report *post)
{
    if (post->state == POST_PUBLISHED || post->state == POST_RETRACTED)
        return TINT_GOOD;
    if (post->state == POST_FAILED || post->state == POST_UNKNOWN)
        return TINT_BAD;
    return post_report_done(post) ? TINT_SOFT : TINT_WARN;
}

static void add_tinted(struct str *s, const struct terminal *t, enum tint tint, const char *text)
{
    str_add(s, terminal_tint(t, tint));
    terminal_add(s, text);
    str_add(s, terminal_tint(t, TINT_NONE));
}

/* Blanks up to a column. */
static void pad(struct str *s, int used, int width)
{
    str_printf(s, "%*s", used < width ? width - used : 1, "");
}

static const char *name_of(const struct post *post, struct arena *arena)
{
    if (post->parts > 1)
        return arena_printf(arena, "%s %d/%d", post->destination, post->part, post->parts);
    return post->destination;
}

/* "2026-11-24 15:00 UTC" */
static const char *when(int64_t unix_ms, struct arena *arena)
{
    const char *time = arena_time(arena, unix_ms);

    return arena_printf(arena, "%.10s %.5s UTC", time, strlen(time) > 11 ? time + 11 : "");
}

/* What stands behind the state: where it is, or until when it waits. */
static const char *rest_of(const struct post_report *post, struct arena *arena)
{
    if (post->permalink && *post->permalink)
        return post->permalink;
    if ((post->state == POST_SCHEDULED || post->state == POST_DEFERRED) && post->due_ms)
        return arena_printf(arena, "until %s", when(post->due_ms, arena));
    if (post->remote_id && *post->remote_id)
        return arena_printf(arena, "id %s", post->remote_id);
    return "";
}

static int widest_name(const struct report *report, struct arena *arena)
{
    int widest = 8;

    for (size_t i = 0; i < report->nb_posts; i++) {
        int columns = terminal_columns(name_of(report->posts[i].post, arena));

        widest = columns > widest && columns <= 32 ? columns : widest;
    }
    return widest;
}

static void add_note(struct str *s, const struct terminal *t, enum tint tint, const char *label, const char *text)
{
    str_add(s, "    ");
    add_tinted(s, t, tint, label);
    terminal_add(s, text);
    str_add(s, "\n");
}

static void add_list(struct str *s, const struct terminal *t, const char *label, const char *const *list)
{
    for (; list && *list; list++)
        add_note(s, t, TINT_SOFT, label, *list);
}

static void add_texts(struct str *s, const struct terminal *t, const struct post_report *post, struct arena *arena)
{
    const struct fitted_text *texts;
    size_t nb = post_report_texts(post, arena, &texts);

    for (size_t i = 0; i < nb; i++) {
        const char *limit = texts[i].limit ? arena_printf(arena, " of %d", texts[i].limit) : "";

        add_note(s, t, TINT_SOFT,
                 arena_printf(arena, "%s (%lld%s %s): ", texts[i].field, (long long)texts[i].count, limit,
                              text_unit_name(texts[i].unit)), texts[i].text);
    }
}

static void add_post(struct str *s, const struct terminal *t, const struct post_report *post, int width, bool details,
                     struct arena *arena)
{
    const char *name = name_of(post->post, arena), *rest = rest_of(post, arena), *word = post_report_word(post);

    str_add(s, "  ");
    terminal_add(s, name);
    pad(s, terminal_columns(name), width + 2);
    add_tinted(s, t, tint_of(post), word);
    if (*rest || post->surface || post->visibility)
        pad(s, (int)strlen(word), 12);
    if (*rest) {
        terminal_add(s, rest);
        str_add(s, post->surface ? "  " : "");
    }
    if (post->surface && *post->surface)
        add_tinted(s, t, TINT_SOFT,
                   post->visibility ? arena_printf(arena, "%s, %s", post->surface, post->visibility) : post->surface);
    if (post->before)
        add_tinted(s, t, TINT_SOFT, "  (before; nothing to do)");
    str_add(s, "\n");
    if (post->before && !details)
        return;
    if (post->error.text[0])
        add_note(s, t, post_report_done(post) ? TINT_SOFT : TINT_BAD, "", post->error.text);
    add_list(s, t, "note: ", post->warnings);
    if (details) {
        add_list(s, t, "", post->reasons);
        add_texts(s, t, post, arena);
    }
}

static void add_rendition(struct str *s, const struct terminal *t, const struct report_rendition *r)
{
    str_add(s, "  rendition ");
    str_printf(s, "%.8s", r->id);
    str_add(s, r->made ? " " : "");
    terminal_add(s, r->made);
    for (const char *const *d = r->destinations; d && *d; d++) {
        str_add(s, d == r->destinations ? " for " : ", ");
        terminal_add(s, *d);
    }
    str_add(s, "\n");
    if (r->path)
        add_note(s, t, TINT_SOFT, "", r->path);
    add_list(s, t, "", r->reasons);
}

static bool same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

static void add_master(struct str *s, const struct terminal *t, const struct report *report,
                       const struct report_master *m, int width, bool details, struct arena *arena)
{
    add_tinted(s, t, TINT_BOLD, m->path);
    str_add(s, "\n");
    if (m->error.text[0]) {    /* the reason is on stderr, once, not once for every destination */
        str_add(s, "  ");
        add_tinted(s, t, TINT_BAD, "refused");
        str_add(s, "\n");
        return;
    }
    for (size_t i = 0; details && i < report->nb_renditions; i++)
        if (same(report->renditions[i].master, m->path))
            add_rendition(s, t, &report->renditions[i]);
    for (size_t i = 0; i < report->nb_posts; i++)
        if (same(report->posts[i].post->master_path, m->path))
            add_post(s, t, &report->posts[i], width, details, arena);
}

static bool is_listed(const struct report *report, const struct post *post)
{
    for (size_t i = 0; i < report->nb_masters; i++)
        if (same(report->masters[i].path, post->master_path))
            return true;
    return false;
}

/* "3 published, 1 held" */
static void add_sum(struct str *s, const struct report *report)
{
    static const char *const words[] = {"published",  "draft", "planned",  "rendered", "scheduled", "uploading",
                                        "processing", "held",  "deferred", "refused",  "failed",    "unknown",
                                        "retracted"};
    const char *gap = "";
    size_t before = 0;

    for (size_t i = 0; i < report->nb_posts; i++)
        before += report->posts[i].before;
    for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
        int nb = 0;

        for (size_t i = 0; i < report->nb_posts; i++)
            nb += !strcmp(post_report_word(&report->posts[i]), words[w]);
        if (nb) {
            str_printf(s, "%s%d %s", gap, nb, words[w]);
            gap = ", ";
        }
    }
    if (*gap)
        str_add(s, report->dry_run ? " (dry run: nothing was sent)\n"
                   : before == report->nb_posts ? " before; nothing was left to do\n" : "\n");
}

static void add_summary(struct str *s, const struct report *report, const struct terminal *t, bool details,
                        struct arena *arena)
{
    int width = widest_name(report, arena);

    for (size_t i = 0; i < report->nb_masters; i++)
        add_master(s, t, report, &report->masters[i], width, details, arena);
    for (size_t i = 0; i < report->nb_posts; i++)
        if (!is_listed(report, report->posts[i].post))
            add_post(s, t, &report->posts[i], width, details, arena);
    for (size_t i = 0; i < report->nb_skipped; i++) {
        add_tinted(s, t, TINT_SOFT, "skipped ");
        terminal_add(s, report->skipped[i].path);
        str_add(s, ": ");
        terminal_add(s, report->skipped[i].why);
        str_add(s, "\n");
    }
    add_sum(s, report);
}

static const char *base_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;

    return slash ? slash + 1 : path ? path : "";
}

/* POST  STATE  DESTINATION  MASTER  and where it is */
static void add_table(struct str *s, const struct report *report, const struct terminal *t, struct arena *arena)
{
    int width = widest_name(report, arena);

    if (!report->nb_posts) {
        str_add(s, "no posts yet\n");
        return;
    }
    for (size_t i = 0; i < report->nb_posts; i++) {
        const struct post_report *post = &report->posts[i];
        const char *name = name_of(post->post, arena), *word = post_report_word(post);

        str_printf(s, "%.16s  ", post->post->id);
        add_tinted(s, t, tint_of(post), word);
        pad(s, (int)strlen(word), 12);
        terminal_add(s, name);
        pad(s, terminal_columns(name), width + 2);
        pad(s, terminal_add_cut(s, base_name(post->post->master_path), 28), 30);
        terminal_add(s, rest_of(post, arena));
        while (s->data[s->bytes - 1] == ' ')
            s->data[--s->bytes] = '\0';
        str_add(s, "\n");
        if (post->error.text[0])
            add_note(s, t, TINT_SOFT, "", post->error.text);
        add_list(s, t, "", post->reasons);
    }
    add_sum(s, report);
}

void text_print(const struct report *report, const struct terminal *terminal, bool details, FILE *out)
{
    AUTO_ARENA struct arena *arena = arena_create();
    AUTO_STR struct str s = {0};

    if (report->shows_only)
        add_table(&s, report, terminal, arena);
    else
        add_summary(&s, report, terminal, details, arena);
    fputs(str_text(&s), out);
    fflush(out);
}
