#include "site_pages.h"

#include <crosscut/markup.h>
#include <ctype.h>
#include <string.h>

#define SLUG_MAX 60        /* of the readable part */
#define SUMMARY_BYTES 300  /* meta description: what search pages show is shorter */

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1a1a1e;--soft:#5f6068;--page:#fafaf8;--card:#fff;--line:#e3e3df;"
    "--link:#0b57c9}"
    "@media(prefers-color-scheme:dark){:root{--ink:#ececf0;--soft:#a2a3ad;--page:#131316;--card:#1d1d22;--line:#303038;"
    "--link:#8ab8ff}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--page);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif;"
    "overflow-wrap:anywhere}"
    "header,main,footer{max-width:68rem;margin:0 auto;padding:1rem 1.25rem}"
    "header{padding-top:2rem}footer{color:var(--soft);font-size:.875rem;padding-bottom:3rem}"
    "a{color:var(--link);text-underline-offset:.15em}h1{font-size:1.75rem;line-height:1.25;margin:.25rem 0}"
    "video{display:block;width:auto;height:auto;max-width:100%;max-height:82vh;margin:0 auto 1.5rem;"
    "border-radius:.75rem;background:#000}"
    ".text{max-width:42rem;margin:0 auto}.soft{color:var(--soft);font-size:.9375rem}"
    ".home{text-decoration:none;color:inherit}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:1.25rem;"
    "list-style:none;padding:0}"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow:hidden}"
    ".card a{display:block;color:inherit;text-decoration:none;height:100%}.card a:hover h2{text-decoration:underline}"
    ".card img,.card .none{display:block;width:100%;height:auto;aspect-ratio:4/5;object-fit:cover;background:#000}"
    ".card div{padding:.75rem 1rem 1rem}.card h2{font-size:1rem;line-height:1.35;margin:0 0 .25rem}"
    "a:focus-visible{outline:3px solid var(--link);outline-offset:2px}";

/* ---- values ---- */

char *site_take(struct str *s, struct arena *arena)
{
    char *text = arena_strndup(arena, str_text(s), s->bytes);

    str_finish(s);
    return text;
}

const char *site_slug(struct arena *arena, const char *title, const char *id)
{
    struct str s = {0};

    for (const unsigned char *c = (const unsigned char *)title; *c && s.bytes < SLUG_MAX; c++) {
        char small = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);

        if ((small >= 'a' && small <= 'z') || (small >= '0' && small <= '9'))
            str_add_bytes(&s, &small, 1);
        else if (*c != '\'' && s.bytes && s.data[s.bytes - 1] != '-')
            str_add(&s, "-");
    }
    while (s.bytes && s.data[s.bytes - 1] == '-')
        s.data[--s.bytes] = '\0';
    if (s.bytes < 2) {
        str_finish(&s);
        return arena_strdup(arena, id);
    }
    str_printf(&s, "-%.8s", id);
    return site_take(&s, arena);
}

json_t *site_video_to_json(const struct site_video *video)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O?, s:I, s:I, s:I, s:i, s:i, s:b}",
                     "id", video->id,
                     "slug", video->slug,
                     "title", video->title,
                     "caption", video->caption,
                     "link", video->link,
                     "alt_text", video->alt_text,
                     "language", video->language,
                     "type", video->content_type,
                     "hashtags", video->hashtags,
                     "published_ms", (json_int_t)video->published_ms,
                     "duration_ms", (json_int_t)video->duration_ms,
                     "bytes", (json_int_t)video->bytes,
                     "width", video->width_px,
                     "height", video->height_px,
                     "cover", video->cover);
}

static bool slug_valid(const char *slug)
{
    return *slug && strlen(slug) <= 200 && strspn(slug, "abcdefghijklmnopqrstuvwxyz0123456789-") == strlen(slug);
}

static int64_t clamp(int64_t value, int64_t min, int64_t max)
{
    return value < min ? min : value > max ? max : value;
}

bool site_video_from_json(const json_t *json, struct site_video *video)
{
    const int64_t latest_ms = INT64_C(253402300799000);    /* the end of year 9999: what the date formats can say */
    struct site_video v = {
        .id = json_text_at(json, "id"),
        .slug = json_text_at(json, "slug"),
        .title = json_text_at(json, "title"),
        .caption = json_text_at(json, "caption"),
        .link = json_text_at(json, "link"),
        .alt_text = json_text_at(json, "alt_text"),
        .language = json_text_at(json, "language"),
        .content_type = json_text_at(json, "type"),
        .hashtags = json_at(json, "hashtags"),
        .published_ms = clamp(json_int_at(json, "published_ms", 0), 0, latest_ms),
        .duration_ms = clamp(json_int_at(json, "duration_ms", 0), 0, INT32_MAX),
        .bytes = clamp(json_int_at(json, "bytes", 0), 0, INT64_MAX),
        .width_px = (int)clamp(json_int_at(json, "width", 0), 0, 65535),
        .height_px = (int)clamp(json_int_at(json, "height", 0), 0, 65535),
        .cover = json_is_true(json_at(json, "cover")),
    };

    if (!*v.id || !slug_valid(v.slug) || !*v.title)
        return false;
    if (!*v.content_type)
        v.content_type = "video/mp4";
    *video = v;
    return true;
}

const char *site_video_url(const struct site *site, const struct site_video *video, const char *file,
                           struct arena *arena)
{
    return arena_printf(arena, "%svideos/%s/%s", site->base_url, video->slug, *file ? file : site->leaf);
}

/* ---- small pieces of text ---- */

static const char *iso_duration(struct arena *arena, int64_t ms)
{
    int64_t s = (ms + 500) / 1000;

    return arena_printf(arena, "PT%dH%dM%dS", (int)(s / 3600), (int)(s / 60 % 60), (int)(s % 60));
}

static const char *clock_duration(struct arena *arena, int64_t ms)
{
    int s = (int)((ms + 500) / 1000);

    return s >= 3600 ? arena_printf(arena, "%d:%02d:%02d", s / 3600, s / 60 % 60, s % 60)
                     : arena_printf(arena, "%d:%02d", s / 60, s % 60);
}

/* One line, blanks joined, cut between characters and, when there is one, at a blank. */
static const char *summary(struct arena *arena, const char *text)
{
    struct str s = {0};
    bool gap = false;

    for (const char *c = text; *c && s.bytes < SUMMARY_BYTES; c++) {
        if (isspace((unsigned char)*c)) {
            gap = s.bytes > 0;
            continue;
        }
        if (gap)
            str_add(&s, " ");
        gap = false;
        str_add_bytes(&s, c, 1);
    }
    if (s.bytes >= SUMMARY_BYTES) {
        char *blank = memrchr(s.data, ' ', s.bytes);

        while (s.bytes && ((unsigned char)s.data[s.bytes - 1] & 0xC0) == 0x80)
            s.bytes--;
        s.bytes = blank && blank > s.data + SUMMARY_BYTES / 2 ? (size_t)(blank - s.data) : s.bytes ? s.bytes - 1 : 0;
        s.data[s.bytes] = '\0';
        str_add(&s, "\xE2\x80\xA6");    /* ellipsis */
    }
    return site_take(&s, arena);
}

const char *site_describe(struct arena *arena, const struct site_video *v)
{
    return summary(arena, *v->caption ? v->caption : v->title);
}

const char *site_hashtag(const struct site_video *v, size_t i)
{
    const char *tag = json_string_value(json_array_get(v->hashtags, i));

    return tag && *tag ? tag : NULL;
}

/* ---- markup ---- */

/* <meta name|property="key" content="value"> */
static void add_meta(struct str *s, const char *kind, const char *key, const char *value)
{
    if (!*value)
        return;
    str_add(s, "<meta");
    markup_attribute(s, kind, key);
    markup_attribute(s, "content", value);
    str_add(s, ">\n");
}

static void add_time(struct str *s, int64_t unix_ms, struct arena *arena)
{
    const char *when = arena_time(arena, unix_ms);

    str_printf(s, "<time datetime=\"%s\">%.10s</time>", when, when);
}

static void add_head(struct str *s, const struct site *site, const char *language, const char *title,
                     const char *description, const char *up)
{
    str_add(s, "<!DOCTYPE html>\n<html");
    markup_attribute(s, "lang", language);
    str_add(s, ">\n<head>\n<meta charset=\"utf-8\">\n");
    str_add(s, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    markup_element(s, "title", title);
    add_meta(s, "name", "description", description);
    add_meta(s, "name", "author", site->author);
    str_add(s, "<meta name=\"generator\" content=\"crosscut\">\n<link rel=\"alternate\" type=\"application/rss+xml\"");
    markup_attribute(s, "title", site->title);
    str_printf(s, " href=\"%sfeed.xml\">\n", up);
}

static void add_foot(struct str *s, const struct site *site, const char *up)
{
    str_add(s, "<footer>\n<p>");
    if (*site->author) {
        str_add_markup(s, site->author);
        str_add(s, " \xC2\xB7 ");
    }
    str_printf(s, "<a href=\"%sfeed.xml\">RSS</a></p>\n</footer>\n</body>\n</html>\n", up);
}

/* ---- the page of a video ---- */

static json_t *video_object(const struct site *site, const struct site_video *v, struct arena *arena)
{
    json_t *ld = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i}",
                           "@context", "https://schema.org",
                           "@type", "VideoObject",
                           "name", v->title,
                           "description", site_describe(arena, v),
                           "uploadDate", arena_time(arena, v->published_ms),
                           "duration", iso_duration(arena, v->duration_ms),
                           "contentUrl", site_video_url(site, v, "video.mp4", arena),
                           "url", site_video_url(site, v, "", arena),
                           "width", v->width_px,
                           "height", v->height_px);

    if (v->cover)
        json_object_set_new(ld, "thumbnailUrl", json_string(site_video_url(site, v, "cover.jpg", arena)));
    if (*v->language)
        json_object_set_new(ld, "inLanguage", json_string(v->language));
    if (*site->author)
        json_object_set_new(ld, "author", json_pack("{s:s, s:s}", "@type", "Person", "name", site->author));
    if (json_array_size(v->hashtags))
        json_object_set(ld, "keywords", (json_t *)v->hashtags);
    return ld;
}

static void add_open_graph(struct str *s, const struct site *site, const struct site_video *v, struct arena *arena)
{
    const char *file = site_video_url(site, v, "video.mp4", arena);

    add_meta(s, "property", "og:type", "video.other");
    add_meta(s, "property", "og:site_name", site->title);
    add_meta(s, "property", "og:title", v->title);
    add_meta(s, "property", "og:description", site_describe(arena, v));
    add_meta(s, "property", "og:url", site_video_url(site, v, "", arena));
    if (v->cover) {
        const char *cover = site_video_url(site, v, "cover.jpg", arena);

        add_meta(s, "property", "og:image", cover);
        add_meta(s, "property", "og:image:type", "image/jpeg");
        add_meta(s, "property", "og:image:alt", v->alt_text);
        add_meta(s, "name", "twitter:image", cover);
    }
    add_meta(s, "property", "og:video", file);
    if (!strncmp(file, "https://", 8))
        add_meta(s, "property", "og:video:secure_url", file);
    add_meta(s, "property", "og:video:type", v->content_type);
    add_meta(s, "property", "og:video:width", arena_printf(arena, "%d", v->width_px));
    add_meta(s, "property", "og:video:height", arena_printf(arena, "%d", v->height_px));
    add_meta(s, "name", "twitter:card", v->cover ? "summary_large_image" : "summary");
    add_meta(s, "name", "twitter:title", v->title);
    add_meta(s, "name", "twitter:description", site_describe(arena, v));
}

static void add_player(struct str *s, const struct site_video *v)
{
    str_add(s, "<video controls playsinline preload=\"metadata\"");
    if (v->width_px && v->height_px)
        str_printf(s, " width=\"%d\" height=\"%d\"", v->width_px, v->height_px);
    if (v->cover)
        str_add(s, " poster=\"cover.jpg\"");
    markup_attribute(s, "aria-label", *v->alt_text ? v->alt_text : v->title);
    str_add(s, ">\n<source src=\"video.mp4\"");
    markup_attribute(s, "type", v->content_type);
    str_add(s, ">\n<a href=\"video.mp4\">video.mp4</a>\n</video>\n");
}

static void add_hashtags(struct str *s, const struct site_video *v)
{
    const char *tag;

    if (!json_array_size(v->hashtags))
        return;
    str_add(s, "<p class=\"soft\" dir=\"auto\">");
    for (size_t i = 0; i < json_array_size(v->hashtags); i++) {
        tag = site_hashtag(v, i);
        if (!tag)
            continue;
        str_add(s, i ? " #" : "#");
        str_add_markup(s, tag);
    }
    str_add(s, "</p>\n");
}

const char *site_video_page(const struct site *site, const struct site_video *v, struct arena *arena)
{
    struct str s = {0};

    add_head(&s, site, *v->language ? v->language : site->language, v->title, site_describe(arena, v), "../../");
    str_add(&s, "<link rel=\"canonical\"");
    markup_attribute(&s, "href", site_video_url(site, v, "", arena));
    str_add(&s, ">\n");
    add_open_graph(&s, site, v, arena);
    markup_script(&s, "application/ld+json", arena_json(arena, video_object(site, v, arena)));
    str_printf(&s, "<style>%s</style>\n</head>\n<body>\n<header>\n", style);
    str_printf(&s, "<p><a class=\"home\" href=\"../../%s\">", site->leaf);
    str_add_markup(&s, site->title);
    str_add(&s, "</a></p>\n</header>\n<main>\n");
    add_player(&s, v);
    str_add(&s, "<div class=\"text\">\n<h1 dir=\"auto\">");
    str_add_markup(&s, v->title);
    str_add(&s, "</h1>\n<p class=\"soft\">");
    add_time(&s, v->published_ms, arena);
    str_printf(&s, " \xC2\xB7 %s</p>\n", clock_duration(arena, v->duration_ms));
    markup_paragraphs(&s, v->caption);
    add_hashtags(&s, v);
    markup_paragraphs(&s, v->link);
    str_add(&s, "</div>\n</main>\n");
    add_foot(&s, site, "../../");
    return site_take(&s, arena);
}

/* ---- the index ---- */

static void add_card(struct str *s, const struct site *site, const struct site_video *v, struct arena *arena)
{
    str_printf(s, "<li class=\"card\"><a href=\"videos/%s/%s\">\n", v->slug, site->leaf);
    if (v->cover) {
        str_printf(s, "<img src=\"videos/%s/cover.jpg\" loading=\"lazy\"", v->slug);
        markup_attribute(s, "alt", v->alt_text);
        if (v->width_px && v->height_px)
            str_printf(s, " width=\"%d\" height=\"%d\"", v->width_px, v->height_px);
        str_add(s, ">\n");
    } else {
        str_add(s, "<span class=\"none\"></span>\n");
    }
    str_add(s, "<div>\n<h2 dir=\"auto\">");
    str_add_markup(s, v->title);
    str_add(s, "</h2>\n<span class=\"soft\">");
    add_time(s, v->published_ms, arena);
    str_printf(s, " \xC2\xB7 %s</span>\n</div>\n</a></li>\n", clock_duration(arena, v->duration_ms));
}

const char *site_index(const struct site *site, const json_t *entries, struct arena *arena)
{
    struct site_video v;
    struct str s = {0};

    add_head(&s, site, site->language, site->title, summary(arena, site->description), "");
    str_add(&s, "<link rel=\"canonical\"");
    markup_attribute(&s, "href", arena_printf(arena, "%s%s", site->base_url, site->leaf));
    str_add(&s, ">\n");
    add_meta(&s, "property", "og:type", "website");
    add_meta(&s, "property", "og:title", site->title);
    add_meta(&s, "property", "og:description", summary(arena, site->description));
    add_meta(&s, "property", "og:url", arena_printf(arena, "%s%s", site->base_url, site->leaf));
    str_printf(&s, "<style>%s</style>\n</head>\n<body>\n<header>\n<h1 dir=\"auto\">", style);
    str_add_markup(&s, site->title);
    str_add(&s, "</h1>\n");
    markup_paragraphs(&s, site->description);
    str_add(&s, "</header>\n<main>\n<ul class=\"cards\">\n");
    for (size_t i = 0; i < json_array_size(entries); i++)
        if (site_video_from_json(json_array_get(entries, i), &v))
            add_card(&s, site, &v, arena);
    str_add(&s, "</ul>\n</main>\n");
    add_foot(&s, site, "");
    return site_take(&s, arena);
}
