/* The pages of the creator's own site, as texts made from values: a page per video, the index, the RSS feed, the
 * sitemap. Same input, same bytes. Everything a page says passes str_add_markup, or is JSON with '<' escaped. */
#ifndef ADAPTERS_SITE_PAGES_H
#define ADAPTERS_SITE_PAGES_H

#include <crosscut/adapter.h>

struct site {
    const char *title, *description, *author;   /* description and author may be "" */
    const char *language;                       /* BCP 47 */
    const char *base_url;                       /* ends with '/' */
    const char *leaf;                           /* what follows a folder in links: "" or "index.html" */
};

/* An entry of the catalog. Texts are borrowed from the post or from the catalog's JSON. */
struct site_video {
    const char *id, *slug, *title;              /* never empty */
    const char *caption, *link, *alt_text, *language, *content_type;   /* "" when there is none */
    const json_t *hashtags;                     /* array of texts without '#', or NULL */
    int64_t published_ms, duration_ms, bytes;
    int width_px, height_px;
    bool cover;                                 /* cover.jpg is there */
};

/* A folder name that is stable and unique: [a-z0-9-] of the title and 8 digits of the post's id; the id alone when
 * the title has fewer than two such characters. */
const char *site_slug(struct arena *arena, const char *title, const char *id);

json_t *site_video_to_json(const struct site_video *video);     /* owned by the caller */
/* False when the entry cannot be shown: outside data, made by another version or by hand. */
bool site_video_from_json(const json_t *json, struct site_video *video);

/* ---- pieces that the pages share ---- */

/* The text moves into the arena, s is empty again. */
char *site_take(struct str *s, struct arena *arena);
const char *site_describe(struct arena *arena, const struct site_video *video);   /* one line, never empty */
const char *site_hashtag(const struct site_video *video, size_t i);               /* NULL: not a text */
/* Address of a file of the video ("" is its page). */
const char *site_video_url(const struct site *site, const struct site_video *video, const char *file,
                           struct arena *arena);

/* ---- the pages ---- */

const char *site_video_page(const struct site *site, const struct site_video *video, struct arena *arena);
/* From the catalog's array of entries, newest first; entries that cannot be shown are left out. */
const char *site_index(const struct site *site, const json_t *entries, struct arena *arena);
const char *site_feed(const struct site *site, const json_t *entries, struct arena *arena);
const char *site_map(const struct site *site, const json_t *entries, struct arena *arena);

#endif
