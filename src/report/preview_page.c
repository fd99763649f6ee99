/* The preview page: a card per post, shaped like the phone it will be seen on. */
#include "report/preview.h"

#include "base/auto.h"
#include <crosscut/markup.h>
#include <string.h>
#include <strings.h>

/* Nothing comes from anywhere but beside the page. "file:" because 'self' matches nothing there in some browsers
 * (w3c/webappsec-csp issue 459, 2021-01): a page opened from a folder would show no video. */
#define POLICY                                                                                                         \
    "default-src 'none'; media-src 'self' file:; img-src 'self' file:; style-src 'unsafe-inline'; base-uri 'none'; "   \
    "form-action 'none'"

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1b1b1f;--soft:#62636c;--page:#f3f3ef;--card:#fff;--line:#dfdfd9;"
    "--good:#1a7f37;--warn:#9a6700;--bad:#c62828;--meter:#0b57c9}"
    "@media(prefers-color-scheme:dark){:root{--ink:#ececf0;--soft:#a4a5b0;--page:#121215;--card:#1d1d22;--line:#33333b;"
    "--good:#57c878;--warn:#e0b045;--bad:#ff7b72;--meter:#8ab8ff}}"
    "*{box-sizing:border-box}body{margin:0;background:var(--page);color:var(--ink);font:1rem/1.5 system-ui,sans-serif;"
    "overflow-wrap:anywhere}header,main,footer{max-width:100rem;margin:0 auto;padding:1rem 1.5rem}"
    "h1{font-size:1.5rem;margin:.5rem 0}h2{font-size:1.125rem;margin:2rem 0 .25rem}h3{font-size:1rem;margin:0}"
    ".soft{color:var(--soft);font-size:.875rem;margin:.25rem 0}.bad{color:var(--bad)}.warn{color:var(--warn)}"
    ".good{color:var(--good)}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(19rem,1fr));gap:1.5rem;align-items:start;"
    "margin-top:1rem}"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:1.75rem;padding:.75rem;"
    "box-shadow:0 1px 3px #0002}"
    ".card>div{padding:.5rem .5rem 0}"
    ".bar{display:flex;justify-content:space-between;gap:.5rem;padding:.25rem .5rem .75rem}"
    "video,.none{display:block;width:100%;border-radius:1.125rem;background:#000;object-fit:contain}"
    "video{max-height:34rem}.none{display:grid;place-items:center;aspect-ratio:9/16;max-height:34rem;"
    "color:#a4a5b0}"
    ".text{white-space:pre-wrap;margin:.25rem 0 .5rem}del{color:var(--bad)}"
    "meter{width:100%;height:.5rem}ul{margin:.25rem 0;padding-left:1.125rem}summary{cursor:pointer}"
    "details{margin:.5rem 0;font-size:.875rem}pre{white-space:pre-wrap;background:var(--page);border-radius:.5rem;"
    "padding:.5rem;font-size:.75rem;max-height:24rem;overflow:auto}";

/* ---- lookups ---- */

const char *preview_media_name(const struct report_rendition *rendition, bool cover, struct arena *arena)
{
    const char *dot = rendition->path ? strrchr(rendition->path, '.') : NULL;
    bool known = dot && (!strcasecmp(dot, ".mov") || !strcasecmp(dot, ".webm") || !strcasecmp(dot, ".mkv"));

    return arena_printf(arena, "media/%s%s", rendition->id, cover ? ".jpg" : known ? dot : ".mp4");
}

static bool same(const char *a, const char *b)
{
    return a && b && !strcmp(a, b);
}

static const struct report_rendition *rendition_of(const struct report *report, const struct post *post)
{
    for (size_t i = 0; i < report->nb_renditions; i++)
        if (same(report->renditions[i].id, post->rendition_id))
            return &report->renditions[i];
    return NULL;
}

/* ---- pieces ---- */

static void add_number(struct str *s, size_t number, const char *noun)
{
    str_printf(s, "%zu %s%s", number, noun, number == 1 ? "" : "s");
}

static void add_line(struct str *s, const char *class, const char *text)
{
    str_printf(s, "<p class=\"%s\">", class);
    str_add_markup(s, text);
    str_add(s, "</p>\n");
}

static void add_list(struct str *s, const char *class, const char *const *list)
{
    if (!list || !*list)
        return;
    str_printf(s, "<ul class=\"%s\">\n", class);
    for (; *list; list++)
        markup_element(s, "li", *list);
    str_add(s, "</ul>\n");
}

static const char *clock_of(int64_t ms, struct arena *arena)
{
    return arena_printf(arena, "%d:%02d.%d", (int)(ms / 60000), (int)(ms / 1000 % 60), (int)(ms / 100 % 10));
}

/* "1080x1920  h264  30 fps  0:21.3  4.2 MB": what the file measured, or else what the post expects. */
static const char *media_line(const struct report_rendition *r, const struct post *post, struct arena *arena)
{
    const json_t *facts = r ? r->facts : NULL;
    int width = (int)json_int_at(facts, "video.width_px", post->width_px);
    int height = (int)json_int_at(facts, "video.height_px", post->height_px);
    int64_t ms = json_int_at(facts, "duration_ms", post->duration_ms);
    int64_t bytes = json_int_at(facts, "size_bytes", post->rendition_bytes);
    int64_t num = json_int_at(facts, "video.fps_num", 0), den = json_int_at(facts, "video.fps_den", 0);
    struct str s = {0};
    const char *line;

    if (width && height)
        str_printf(&s, "%d\xC3\x97%d", width, height);
    if (*json_text_at(facts, "video.codec"))
        str_printf(&s, " \xC2\xB7 %s", json_text_at(facts, "video.codec"));
    if (num > 0 && den > 0)
        str_printf(&s, " \xC2\xB7 %.4g fps", (double)num / (double)den);
    if (ms)
        str_printf(&s, " \xC2\xB7 %s", clock_of(ms, arena));
    if (bytes)
        str_printf(&s, " \xC2\xB7 %.1f MB", (double)bytes / 1e6);
    line = arena_strdup(arena, str_text(&s));
    str_finish(&s);
    return line;
}

static void add_video(struct str *s, const struct report_rendition *r, const struct post *post, struct arena *arena)
{
    if (!r || !r->path) {
        str_add(s, "<div class=\"none\">not rendered</div>\n");
        return;
    }
    str_add(s, "<video controls playsinline preload=\"metadata\"");
    markup_attribute(s, "src", preview_media_name(r, false, arena));
    if (r->cover)
        markup_attribute(s, "poster", preview_media_name(r, true, arena));
    if (post->width_px > 0 && post->height_px > 0)
        str_printf(s, " width=\"%d\" height=\"%d\"", post->width_px, post->height_px);
    markup_attribute(s, "aria-label", post->title);
    str_add(s, "></video>\n");
}

/* In words of people; text_unit_name is for programs. */
static const char *unit_words(enum text_unit unit)
{
    switch (unit) {
    case TEXT_UTF16: return "UTF-16 units";
    case TEXT_UTF8_BYTES: return "bytes";
    case TEXT_GRAPHEMES: return "characters";
    case TEXT_CODE_POINTS: return "code points";
    }
    return "";
}

static void add_text(struct str *s, const struct fitted_text *text)
{
    const char *unit = unit_words(text->unit);

    str_add(s, "<h3>");
    str_add_markup(s, text->field);
    str_add(s, "</h3>\n<div class=\"text\" dir=\"auto\">");
    str_add_markup(s, text->text);
    if (text->cut && *text->cut) {
        str_add(s, "<del title=\"cut off\">");
        str_add_markup(s, text->cut);
        str_add(s, "</del>");
    }
    str_add(s, "</div>\n");
    if (text->limit) {
        str_printf(s, "<meter min=\"0\" max=\"%d\" value=\"%lld\"></meter>\n", text->limit, (long long)text->count);
        str_printf(s, "<p class=\"soft\">%lld of %d %s</p>\n", (long long)text->count, text->limit, unit);
    } else {
        str_printf(s, "<p class=\"soft\">%lld %s, no limit</p>\n", (long long)text->count, unit);
    }
    if (text->dropped_hashtags && *text->dropped_hashtags) {
        str_add(s, "<p class=\"soft warn\">hashtags left out:");
        for (const char **tag = text->dropped_hashtags; *tag; tag++) {
            str_add(s, " #");
            str_add_markup(s, *tag);
        }
        str_add(s, "</p>\n");
    }
}

/* ---- what would be sent ---- */

static bool is_secret(const char *name)
{
    static const char *const names[] = {"authorization", "cookie", "x-goog-upload-url", "proxy-authorization"};

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!strcasecmp(names[i], name))
            return true;
    return strcasestr(name, "token") || strcasestr(name, "secret") || strcasestr(name, "api-key");
}

/* The requests come masked; a header that carries a secret is masked here again, so that no caller can forget to. */
static void add_request(struct str *s, const json_t *request)
{
    const json_t *headers = json_object_get(request, "headers"), *body = json_object_get(request, "body");
    const char *name;
    json_t *value;

    str_add_markup(s, json_text_at(request, "method"));
    str_add(s, " ");
    str_add_markup(s, json_text_at(request, "url"));
    str_add(s, "\n");
    json_object_foreach((json_t *)headers, name, value) {
        str_add_markup(s, name);
        str_add(s, ": ");
        str_add_markup(s, is_secret(name) ? "***" : json_string_value(value));
        str_add(s, "\n");
    }
    if (json_is_string(body) && json_string_length(body)) {
        str_add(s, "\n");
        str_add_markup(s, json_string_value(body));
        str_add(s, "\n");
    } else if (body && !json_is_string(body) && !json_is_null(body)) {
        AUTO_FREE char *text = json_dumps(body, JSON_INDENT(1) | JSON_ENCODE_ANY);

        str_add(s, "\n");
        str_add_markup(s, text);
        str_add(s, "\n");
    }
}

static void add_requests(struct str *s, const json_t *requests)
{
    size_t i, nb = json_array_size(requests);
    json_t *request;

    if (!nb)
        return;
    str_add(s, "<details>\n<summary>");
    add_number(s, nb, "request");
    str_add(s, " that would be sent</summary>\n");
    json_array_foreach((json_t *)requests, i, request) {
        add_line(s, "soft", json_text_at(request, "what"));
        str_add(s, "<pre>");
        add_request(s, request);
        str_add(s, "</pre>\n");
    }
    str_add(s, "</details>\n");
}

/* ---- a card ---- */

static void add_sharers(struct str *s, const struct report_rendition *r, const struct post *post)
{
    const char *gap = "<p class=\"soft\">the same file goes to ";
    bool any = false;

    for (const char *const *d = r ? r->destinations : NULL; d && *d; d++) {
        if (same(*d, post->destination))
            continue;
        str_add(s, gap);
        str_add_markup(s, *d);
        gap = ", ";
        any = true;
    }
    if (any)
        str_add(s, "</p>\n");
}

static void add_card_head(struct str *s, const struct post_report *report)
{
    const struct post *post = report->post;
    bool bad = report->error.text[0] != '\0';

    str_add(s, "<div class=\"bar\"><h3>");
    str_add_markup(s, post->destination);
    if (post->parts > 1)
        str_printf(s, " %d/%d", post->part, post->parts);
    str_add(s, "</h3><span class=\"soft\">");
    str_add_markup(s, post->adapter ? post->adapter->title : post->platform);
    if (report->surface && !bad) {
        str_add(s, " \xC2\xB7 ");
        str_add_markup(s, report->surface);
    }
    str_add(s, "</span></div>\n");
}

static void add_card(struct str *s, const struct report *report, const struct post_report *card, struct arena *arena)
{
    const struct post *post = card->post;
    const struct report_rendition *r = rendition_of(report, post);
    const struct fitted_text *texts;
    size_t nb_texts = post_report_texts(card, arena, &texts);

    str_add(s, "<article class=\"card\">\n");
    add_card_head(s, card);
    add_video(s, r, post, arena);
    str_add(s, "<div>\n");
    if (card->error.text[0])
        add_line(s, "bad", card->error.text);
    add_line(s, "soft", media_line(r, post, arena));
    for (size_t i = 0; i < nb_texts; i++)
        add_text(s, &texts[i]);
    add_list(s, "warn", card->warnings);
    if (post->schedule_ms)
        add_line(s, "soft", arena_printf(arena, "scheduled for %s", arena_time(arena, post->schedule_ms)));
    add_sharers(s, r, post);
    if ((card->reasons && *card->reasons) || (r && r->reasons && *r->reasons)) {
        str_add(s, "<details>\n<summary>why it is so</summary>\n");
        add_list(s, "soft", r ? r->reasons : NULL);
        add_list(s, "soft", card->reasons);
        str_add(s, "</details>\n");
    }
    add_requests(s, card->requests);
    str_add(s, "</div>\n</article>\n");
}

/* ---- the page ---- */

static void add_master(struct str *s, const struct report *report, const struct report_master *m, struct arena *arena)
{
    str_add(s, "<section>\n");
    markup_element(s, "h2", m->path);
    if (m->error.text[0])
        add_line(s, "bad", m->error.text);
    else if (m->facts)
        add_line(s, "soft", media_line(&(struct report_rendition){.facts = m->facts}, &(struct post){0}, arena));
    str_add(s, "<div class=\"cards\">\n");
    for (size_t i = 0; i < report->nb_posts; i++)
        if (same(report->posts[i].post->master_path, m->path))
            add_card(s, report, &report->posts[i], arena);
    str_add(s, "</div>\n</section>\n");
}

static void add_skipped(struct str *s, const struct report *report)
{
    if (!report->nb_skipped)
        return;
    str_add(s, "<section>\n<h2>skipped</h2>\n<ul class=\"soft\">\n");
    for (size_t i = 0; i < report->nb_skipped; i++) {
        str_add(s, "<li>");
        str_add_markup(s, report->skipped[i].path);
        str_add(s, ": ");
        str_add_markup(s, report->skipped[i].why);
        str_add(s, "</li>\n");
    }
    str_add(s, "</ul>\n</section>\n");
}

void preview_page(struct str *s, const struct report *report)
{
    AUTO_ARENA struct arena *arena = arena_create();

    str_add(s, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
               "<meta http-equiv=\"Content-Security-Policy\" content=\"" POLICY "\">\n"
               "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
               "<meta name=\"generator\" content=\"crosscut preview\">\n"
               "<meta name=\"referrer\" content=\"no-referrer\">\n"
               "<title>crosscut preview</title>\n");
    str_printf(s, "<style>%s</style>\n</head>\n<body>\n<header>\n<h1>Preview</h1>\n", style);
    str_add(s, "<p class=\"soft\">");
    add_number(s, report->nb_posts, "post");
    str_add(s, " from ");
    add_number(s, report->nb_masters, "master");
    str_add(s, ", ");
    add_number(s, report->nb_renditions, "rendition");
    str_add(s, ". Nothing was sent.</p>\n</header>\n<main>\n");
    for (size_t i = 0; i < report->nb_masters; i++)
        add_master(s, report, &report->masters[i], arena);
    add_skipped(s, report);
    str_add(s, "</main>\n</body>\n</html>\n");
}
