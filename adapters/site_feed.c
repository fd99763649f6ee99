/* What programs read of the site: feed and sitemap. */
#include "site_pages.h"

#include <crosscut/markup.h>
#include <time.h>

#define FEED_ITEMS 100     /* a reader polls the feed; older items stay on the index */

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

/* ---- the feed: RSS 2.0 with Media RSS 1.5.1 ---- */

static void add_item(struct str *s, const struct site *site, const struct site_video *v, struct arena *arena)
{
    const char *page = site_video_url(site, v, "", arena), *file = site_video_url(site, v, "video.mp4", arena);
    const char *tag;
    struct str html = {0};

    str_add(s, "<item>\n");
    markup_element(s, "title", v->title);
    markup_element(s, "link", page);
    str_add(s, "<guid isPermaLink=\"true\">");
    str_add_markup(s, page);
    str_add(s, "</guid>\n");
    markup_element(s, "pubDate", rfc822(arena, v->published_ms));
    if (*site->author)
        markup_element(s, "dc:creator", site->author);
    markup_paragraphs(&html, v->caption);
    markup_element(s, "description", html.bytes ? str_text(&html) : v->title);
    str_finish(&html);
    for (size_t i = 0; i < json_array_size(v->hashtags); i++)
        if ((tag = site_hashtag(v, i)))
            markup_element(s, "category", tag);
    str_add(s, "<enclosure");
    markup_attribute(s, "url", file);
    str_printf(s, " length=\"%lld\"", (long long)v->bytes);
    markup_attribute(s, "type", v->content_type);
    str_add(s, "/>\n<media:content");
    markup_attribute(s, "url", file);
    str_printf(s, " fileSize=\"%lld\"", (long long)v->bytes);
    markup_attribute(s, "type", v->content_type);
    str_printf(s, " medium=\"video\" duration=\"%d\"", (int)((v->duration_ms + 500) / 1000));
    str_printf(s, " width=\"%d\" height=\"%d\">\n", v->width_px, v->height_px);
    str_add(s, "<media:title type=\"plain\">");
    str_add_markup(s, v->title);
    str_add(s, "</media:title>\n");
    if (v->cover) {
        str_add(s, "<media:thumbnail");
        markup_attribute(s, "url", site_video_url(site, v, "cover.jpg", arena));
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
    str_add(&s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<rss version=\"2.0\" xmlns:atom=\"http://www.w3.org/2005/Atom\""
                " xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:media=\"http://search.yahoo.com/mrss/\">\n"
                "<channel>\n");
    markup_element(&s, "title", site->title);
    markup_element(&s, "link", arena_printf(arena, "%s%s", site->base_url, site->leaf));
    markup_element(&s, "description", *site->description ? site->description : site->title);
    markup_element(&s, "language", site->language);
    if (nb_items)
        markup_element(&s, "lastBuildDate", rfc822(arena, newest_ms));
    markup_element(&s, "generator", "crosscut");
    str_add(&s, "<atom:link rel=\"self\" type=\"application/rss+xml\"");
    markup_attribute(&s, "href", arena_printf(arena, "%sfeed.xml", site->base_url));
    str_add(&s, "/>\n");
    str_add_bytes(&s, str_text(&items), items.bytes);
    str_finish(&items);
    str_add(&s, "</channel>\n</rss>\n");
    return site_take(&s, arena);
}

/* ---- the sitemap, with Google's video extension ---- */

static void add_place(struct str *s, const struct site *site, const struct site_video *v, struct arena *arena)
{
    str_add(s, "<url>\n");
    markup_element(s, "loc", site_video_url(site, v, "", arena));
    markup_element(s, "lastmod", arena_time(arena, v->published_ms));
    if (v->cover) {    /* the extension requires a thumbnail */
        str_add(s, "<video:video>\n");
        markup_element(s, "video:thumbnail_loc", site_video_url(site, v, "cover.jpg", arena));
        markup_element(s, "video:title", v->title);
        markup_element(s, "video:description", site_describe(arena, v));
        markup_element(s, "video:content_loc", site_video_url(site, v, "video.mp4", arena));
        if (v->duration_ms >= 1000)
            str_printf(s, "<video:duration>%d</video:duration>\n", (int)((v->duration_ms + 500) / 1000));
        markup_element(s, "video:publication_date", arena_time(arena, v->published_ms));
        str_add(s, "</video:video>\n");
    }
    str_add(s, "</url>\n");
}

const char *site_map(const struct site *site, const json_t *entries, struct arena *arena)
{
    struct site_video v;
    struct str s = {0};

    str_add(&s, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\""
                " xmlns:video=\"http://www.google.com/schemas/sitemap-video/1.1\">\n<url>\n");
    markup_element(&s, "loc", arena_printf(arena, "%s%s", site->base_url, site->leaf));
    str_add(&s, "</url>\n");
    for (size_t i = 0; i < json_array_size(entries); i++)
        if (site_video_from_json(json_array_get(entries, i), &v))
            add_place(&s, site, &v, arena);
    str_add(&s, "</urlset>\n");
    return site_take(&s, arena);
}
