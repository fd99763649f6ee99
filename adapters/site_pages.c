#include "site_pages.h"

#include <ctype.h>
#include <string.h>
#include <time.h>

#define SLUG_MAX 60        /* of the readable part */
#define FEED_ITEMS 100     /* a reader polls the feed; older items stay on the index */
#define SUMMARY_BYTES 300  /* meta description: what search pages show is shorter */

static const char style[] =
    ":root{color-scheme:light dark;--ink:#1a1a1e;--soft:#5f6068;--page:#fafaf8;--card:#fff;--line:#e3e3df;--link:#0b57c9}"
    "@media(prefers-color-scheme:dark){:root{--ink:#ececf0;--soft:#a2a3ad;--page:#131316;--card:#1d1d22;--line:#303038;"
    "--link:#8ab8ff}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--page);color:var(--ink);font:1.0625rem/1.6 system-ui,sans-serif;overflow-wrap:anywhere}"
    "header,main,footer{max-width:68rem;margin:0 auto;padding:1rem 1.25rem}"
    "header{padding-top:2rem}footer{color:var(--soft);font-size:.875rem;padding-bottom:3rem}"
    "a{color:var(--link);text-underline-offset:.15em}h1{font-size:1.75rem;line-height:1.25;margin:.25rem 0}"
    "video{display:block;width:auto;height:auto;max-width:100%;max-height:82vh;margin:0 auto 1.5rem;border-radius:.75rem;"
    "background:#000}"
    ".text{max-width:42rem;margin:0 auto}.soft{color:var(--soft);font-size:.9375rem}.home{text-decoration:none;color:inherit}"
    ".cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:1.25rem;list-style:none;padding:0}"
    ".card{background:var(--card);border:1px solid var(--line);border-radius:.75rem;overflow:hidden}"
    ".card a{display:block;color:inherit;text-decoration:none;height:100%}.card a:hover h2{text-decoration:underline}"
    ".card img,.card .none{display:block;width:100%;aspect-ratio:4/5;object-fit:cover;background:#000}"
    ".card div{padding:.75rem 1rem 1rem}.card h2{font-size:1rem;line-height:1.35;margin:0 0 .25rem}"
    "a:focus-visible{outline:3px solid var(--link);outline-offset:2px}";

/* ---- values ---- */

static char *take(struct str *s, struct arena *arena)
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
    return take(&s, arena);
}

json_t *site_video_to_json(const struct site_video *video)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:O?, s:I, s:I, s:I, s:i, s:i, s:b}", "id", video->id,
                     "slug", video->slug, "title", video->title, "caption", video->caption, "link", video->link,
                     "alt_text", video->alt_text, "language", video->language, "type", video->content_type, "hashtags",
                     video->hashtags, "published_ms", (json_int_t)video->published_ms, "duration_ms",
                     (json_int_t)video->duration_ms, "bytes", (json_int_t)video->bytes, "width", video->width_px,
                     "height", video->height_px, "cover", video->cover);
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

/* RFC 822 with a four-digit year, as RSS 2.0 asks for; English names whatever the locale. */
static const char *rfc822(struct arena *arena, int64_t unix_ms)
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    time_t seconds = (time_t)(unix_ms / 1000);
    struct tm t = {0};

    gmtime_r(&seconds, &t);
    return arena_printf(arena, "%s, %02d %s %04d %02d:%02d:%02d GMT", days[t.tm_wday], t.tm_mday, months[t.tm_mon],
                        t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

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
    return take(&s, arena);
}

static const char *describe(struct arena *arena, const struct site_video *v)
{
    return summary(arena, *v->caption ? v->caption : v->title);
}

/* Only addresses of the web become links; "javascript:" and the like stay text. */
static bool link_safe(const char *url)
{
    return !strncmp(url, "https://", 8) || !strncmp(url, "http://", 7);
}

static bool has_text(const json_t *array, size_t i, const char **text)
{
    *text = json_string_value(json_array_get(array, i));
    return *text && **text;
}

/* ---- markup ---- */

static void add_element(struct str *s, const char *name, const char *text)
{
    str_printf(s, "<%s>", name);
    str_add_markup(s, text);
    str_printf(s, "</%s>\n", name);
}

static void add_attribute(struct str *s, const char *name, const char *value)
{
    str_printf(s, " %s=\"", name);
    str_add_markup(s, value);
    str_add(s, "\"");
}

/* <meta name|property="key" content="value"> */
static void add_meta(struct str *s, const char *kind, const char *key, const char *value)
{
    if (!*value)
        return;
    str_add(s, "<meta");
    add_attribute(s, kind, key);
    add_attribute(s, "content", value);
    str_add(s, ">\n");
}

static void add_link(struct str *s, const char *url, const char *text)
{
    str_add(s, "<a");
    add_attribute(s, "href", url);
    str_add(s, " rel=\"noopener\">");
    str_add_markup(s, text);
    str_add(s, "</a>");
}

/* Text with its web addresses as links. */
static void add_linked(struct str *s, const char *text, struct arena *arena)
{
    while (*text) {
        const char *http = strstr(text, "http://"), *https = strstr(text, "https://");
        const char *at = !http || (https && https < http) ? https : http;
        size_t length = at ? strcspn(at, " \t\r\n<>\"") : 0;

        while (length && strchr(".,;:!?)]'", at[length - 1]))
            length--;
        str_add_markup(s, at ? arena_strndup(arena, text, (size_t)(at - text)) : text);
        if (!at)
            return;
        if (length > 8)
            add_link(s, arena_strndup(arena, at, length), arena_strndup(arena, at, length));
        else
            str_add_markup(s, arena_strndup(arena, at, length));
        text = at + length;
    }
}

/* An empty line ends a paragraph, a single line break is a <br>. */
static void add_paragraphs(struct str *s, const char *text, struct arena *arena)
{
    bool open = false;

    while (*text) {
        size_t length = strcspn(text, "\n");
        const char *line = arena_strndup(arena, text, length);

        if (line[strspn(line, " \t\r")]) {
            str_add(s, open ? "<br>\n" : "<p dir=\"auto\">");
            add_linked(s, line, arena);
            open = true;
        } else if (open) {
            str_add(s, "</p>\n");
            open = false;
        }
        text += length + (text[length] == '\n');
    }
    if (open)
        str_add(s, "</p>\n");
}

/* JSON for a <script> element: '<' cannot end it, nor begin a comment. */
static void add_script_json(struct str *s, json_t *json, struct arena *arena)
{
    str_add(s, "<script type=\"application/ld+json\">");
    for (const char *c = arena_json(arena, json); *c; c++) {
        if (*c == '<' || *c == '>' || *c == '&')
            str_printf(s, "\\u%04x", (unsigned)*c);
        else
            str_add_bytes(s, c, 1);
    }
    str_add(s, "</script>\n");
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
    add_attribute(s, "lang", language);
    str_add(s, ">\n<head>\n<meta charset=\"utf-8\">\n");
    str_add(s, "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    add_element(s, "title", title);
    add_meta(s, "name", "description", description);
    add_meta(s, "name", "author", site->author);
    str_add(s, "<meta name=\"generator\" content=\"crosscut\">\n<link rel=\"alternate\" type=\"application/rss+xml\"");
    add_attribute(s, "title", site->title);
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
    json_t *ld = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:i, s:i}", "@context", "https://schema.org",
                           "@type", "VideoObject", "name", v->title, "description", describe(arena, v), "uploadDate",
                           arena_time(arena, v->published_ms), "duration", iso_duration(arena, v->duration_ms),
                           "contentUrl", site_video_url(site, v, "video.mp4", arena), "url",
                           site_video_url(site, v, "", arena), "width", v->width_px, "height", v->height_px);

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
    add_meta(s, "property", "og:description", describe(arena, v));
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
    add_meta(s, "name", "twitter:description", describe(arena, v));
}

static void add_player(struct str *s, const struct site_video *v)
{
    str_add(s, "<video controls playsinline preload=\"metadata\"");
    if (v->width_px && v->height_px)
        str_printf(s, " width=\"%d\" height=\"%d\"", v->width_px, v->height_px);
    if (v->cover)
        str_add(s, " poster=\"cover.jpg\"");
    add_attribute(s, "aria-label", *v->alt_text ? v->alt_text : v->title);
    str_add(s, ">\n<source src=\"video.mp4\"");
    add_attribute(s, "type", v->content_type);
    str_add(s, ">\n<a href=\"video.mp4\">video.mp4</a>\n</video>\n");
}

static void add_hashtags(struct str *s, const struct site_video *v)
{
    const char *tag;

    if (!json_array_size(v->hashtags))
        return;
    str_add(s, "<p class=\"soft\" dir=\"auto\">");
    for (size_t i = 0; i < json_array_size(v->hashtags); i++) {
        if (!has_text(v->hashtags, i, &tag))
            continue;
        str_add(s, i ? " #" : "#");
        str_add_markup(s, tag);
    }
    str_add(s, "</p>\n");
}

const char *site_video_page(const struct site *site, const struct site_video *v, struct arena *arena)
{
    struct str s = {0};

    add_head(&s, site, *v->language ? v->language : site->language, v->title, describe(arena, v), "../../");
    str_add(&s, "<link rel=\"canonical\"");
    add_attribute(&s, "href", site_video_url(site, v, "", arena));
    str_add(&s, ">\n");
    add_open_graph(&s, site, v, arena);
    add_script_json(&s, video_object(site, v, arena), arena);
    str_printf(&s, "<style>%s</style>\n</head>\n<body>\n<header>\n<p><a class=\"home\" href=\"../../%s\">", style, site->leaf);
    str_add_markup(&s, site->title);
    str_add(&s, "</a></p>\n</header>\n<main>\n");
    add_player(&s, v);
    str_add(&s, "<div class=\"text\">\n<h1 dir=\"auto\">");
    str_add_markup(&s, v->title);
    str_add(&s, "</h1>\n<p class=\"soft\">");
    add_time(&s, v->published_ms, arena);
    str_printf(&s, " \xC2\xB7 %s</p>\n", clock_duration(arena, v->duration_ms));
    add_paragraphs(&s, v->caption, arena);
    add_hashtags(&s, v);
    if (link_safe(v->link)) {
        str_add(&s, "<p>");
        add_link(&s, v->link, v->link);
        str_add(&s, "</p>\n");
    }
    str_add(&s, "</div>\n</main>\n");
    add_foot(&s, site, "../../");
    return take(&s, arena);
}

/* ---- the index ---- */

static void add_card(struct str *s, const struct site *site, const struct site_video *v, struct arena *arena)
{
    str_printf(s, "<li class=\"card\"><a href=\"videos/%s/%s\">\n", v->slug, site->leaf);
    if (v->cover) {
        str_printf(s, "<img src=\"videos/%s/cover.jpg\" loading=\"lazy\"", v->slug);
        add_attribute(s, "alt", v->alt_text);
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
    add_attribute(&s, "href", arena_printf(arena, "%s%s", site->base_url, site->leaf));
    str_add(&s, ">\n");
    add_meta(&s, "property", "og:type", "website");
    add_meta(&s, "property", "og:title", site->title);
    add_meta(&s, "property", "og:description", summary(arena, site->description));
    add_meta(&s, "property", "og:url", arena_printf(arena, "%s%s", site->base_url, site->leaf));
    str_printf(&s, "<style>%s</style>\n</head>\n<body>\n<header>\n<h1 dir=\"auto\">", style);
    str_add_markup(&s, site->title);
    str_add(&s, "</h1>\n");
    add_paragraphs(&s, site->description, arena);
    str_add(&s, "</header>\n<main>\n<ul class=\"cards\">\n");
    for (size_t i = 0; i < json_array_size(entries); i++)
        if (site_video_from_json(json_array_get(entries, i), &v))
            add_card(&s, site, &v, arena);
    str_add(&s, "</ul>\n</main>\n");
    add_foot(&s, site, "");
    return take(&s, arena);
}

/* ---- the feed: RSS 2.0 with Media RSS 1.5.1 ---- */

static void add_item(struct str *s, const struct site *site, const struct site_video *v, struct arena *arena)
{
    const char *page = site_video_url(site, v, "", arena), *file = site_video_url(site, v, "video.mp4", arena);
    const char *tag;
    struct str html = {0};

    str_add(s, "<item>\n");
    add_element(s, "title", v->title);
    add_element(s, "link", page);
    str_add(s, "<guid isPermaLink=\"true\">");
    str_add_markup(s, page);
    str_add(s, "</guid>\n");
    add_element(s, "pubDate", rfc822(arena, v->published_ms));
    if (*site->author)
        add_element(s, "dc:creator", site->author);
    add_paragraphs(&html, v->caption, arena);
    add_element(s, "description", html.bytes ? str_text(&html) : v->title);
    str_finish(&html);
    for (size_t i = 0; i < json_array_size(v->hashtags); i++)
        if (has_text(v->hashtags, i, &tag))
            add_element(s, "category", tag);
    str_add(s, "<enclosure");
    add_attribute(s, "url", file);
    str_printf(s, " length=\"%lld\"", (long long)v->bytes);
    add_attribute(s, "type", v->content_type);
    str_add(s, "/>\n<media:content");
    add_attribute(s, "url", file);
    str_printf(s, " fileSize=\"%lld\"", (long long)v->bytes);
    add_attribute(s, "type", v->content_type);
    str_printf(s, " medium=\"video\" duration=\"%d\" width=\"%d\" height=\"%d\">\n", (int)((v->duration_ms + 500) / 1000),
               v->width_px, v->height_px);
    str_add(s, "<media:title type=\"plain\">");
    str_add_markup(s, v->title);
    str_add(s, "</media:title>\n");
    if (v->cover) {
        str_add(s, "<media:thumbnail");
        add_attribute(s, "url", site_video_url(site, v, "cover.jpg", arena));
        str_add(s, "/>\n");
    }
    str_add(s, "</media:content>\n</item>\n");
}

const char *site_feed(const struct site *site, const json_t *entries, struct arena *arena)
{
    struct site_video v;
    struct str s = {0}, items = {0};
    int64_t newest_ms = 0;
    int nb_items = 0;

    for (size_t i = 0; i < json_array_size(entries) && nb_items < FEED_ITEMS; i++) {
        if (!site_video_from_json(json_array_get(entries, i), &v))
            continue;
        add_item(&items, site, &v, arena);
        newest_ms = v.published_ms > newest_ms ? v.published_ms : newest_ms;
        nb_items++;
    }
    str_add(&s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\""
                " xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\">\n<channel>\n");
    add_element(&s, "title", site->title);
    add_element(&s, "link", arena_printf(arena, "%s%s", site->base_url, site->leaf));
    add_element(&s, "description", *site->description ? site->description : site->title);
    add_element(&s, "language", site->language);
    if (nb_items)
        add_element(&s, "lastBuildDate", rfc822(arena, newest_ms));
    add_element(&s, "generator", "crosscut");
    str_add(&s, "<atom:link rel=\"self\" type=\"application/rss+xml\"");
    add_attribute(&s, "href", arena_printf(arena, "%sfeed.xml", site->base_url));
    str_add(&s, "/>\n");
    str_add_bytes(&s, str_text(&items), items.bytes);
    str_finish(&items);
    str_add(&s, "</channel>\n</rss>\n");
    return take(&s, arena);
}

/* ---- the sitemap, with Google's video extension ---- */

static void add_place(struct str *s, const struct site *site, const struct site_video *v, struct arena *arena)
{
    str_add(s, "<url>\n");
    add_element(s, "loc", site_video_url(site, v, "", arena));
    add_element(s, "lastmod", arena_time(arena, v->published_ms));
    if (v->cover) {    /* the extension requires a thumbnail */
        str_add(s, "<video:video>\n");
        add_element(s, "video:thumbnail_loc", site_video_url(site, v, "cover.jpg", arena));
        add_element(s, "video:title", v->title);
        add_element(s, "video:description", describe(arena, v));
        add_element(s, "video:content_loc", site_video_url(site, v, "video.mp4", arena));
        if (v->duration_ms >= 1000)
            str_printf(s, "<video:duration>%d</video:duration>\n", (int)((v->duration_ms + 500) / 1000));
        add_element(s, "video:publication_date", arena_time(arena, v->published_ms));
        str_add(s, "</video:video>\n");
    }
    str_add(s, "</url>\n");
}

const char *site_map(const struct site *site, const json_t *entries, struct arena *arena)
{
    struct site_video v;
    struct str s = {0};

    str_add(&s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\""
                " xmlns:video=\"http://www.google.com/schemas/sitemap-video/1.1\">\n<url>\n");
    add_element(&s, "loc", arena_printf(arena, "%s%s", site->base_url, site->leaf));
    str_add(&s, "</url>\n");
    for (size_t i = 0; i < json_array_size(entries); i++)
        if (site_video_from_json(json_array_get(entries, i), &v))
            add_place(&s, site, &v, arena);
    str_add(&s, "</urlset>\n");
    return take(&s, arena);
}
