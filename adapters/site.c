/* The creator's own site: files on the creator's host that need no program behind them.
 *
 *     video -> cover -> its page -> catalog.json -> index, feed, sitemap -> is the catalog still the same?
 *
 * So at every moment everything that is linked is there. catalog.json is the one shared file: it is changed with
 * If-Match, so that two publishers cannot lose each other's entry. The pages are made from it; whoever changed it, or
 * made pages from an older one, makes them again until the catalog stays the same, so all publishers end with the same
 * site. */
#include <crosscut/adapter.h>

#include "site_pages.h"
#include <string.h>

#define SHEET "docs/platforms/site.md"
#define FORMAT "crosscut-catalog/1"
#define LOOKS_MAX 150      /* at the catalog, before some time must pass; five are enough when nobody disturbs */
#define LATER_MS 60000
#define CATALOG_MAX ((size_t)4 << 20)    /* bytes; a host answers a GET with no more. Some 5000 videos */
#define ETAG_MAX 200       /* it is kept in the journal; real ones are a hash or two numbers */

/* ---- delivery spec ---- */

static const struct spec_row rows[] = {
    /* MDN, "Web video codec guide" and "Media container formats": H.264 and AAC in MP4 are played everywhere */
    {SPEC_CONTAINER, SPEC_HARD, .any_of = "mp4", .source = SHEET ": what every browser plays"},
    {SPEC_VIDEO_CODEC, SPEC_HARD, .any_of = "h264", .source = SHEET ": what every browser plays"},
    {SPEC_AUDIO_CODEC, SPEC_HARD, .any_of = "aac", .source = SHEET ": what every browser plays"},
    {SPEC_CHROMA, SPEC_HARD, .any_of = "420", .source = SHEET ": what every browser plays"},
    {SPEC_BIT_DEPTH, SPEC_HARD, EXACTLY(8), .source = SHEET ": what every browser plays"},
    {SPEC_HDR, SPEC_HARD, .any_of = "sdr", .source = SHEET ": what every screen shows right"},
    {SPEC_SCAN, SPEC_HARD, .any_of = "progressive", .source = SHEET ": browsers do not deinterlace"},
    {SPEC_CHANNELS, SPEC_HARD, AT_MOST(2), .source = SHEET ": what every browser plays"},
    {SPEC_MOOV_FIRST, SPEC_HARD, EXACTLY(1), .source = SHEET ": starts before it is loaded"},
    /* a creator's site pays for its traffic: 1080p at a rate that a phone network carries */
    {SPEC_SIDE, SPEC_IDEAL, AT_MOST(1920), .source = SHEET ": traffic"},
    {SPEC_FPS, SPEC_IDEAL, AT_MOST(60000), .source = SHEET ": traffic", .setting = "max_fps"},
    {SPEC_VIDEO_BITRATE, SPEC_IDEAL, AT_MOST(8000000), .source = SHEET ": traffic"},
};

static const struct text_rule texts[] = {
    {.field = "title", .template = "{title}", .unit = TEXT_CODE_POINTS, .max_hashtags = -1, .required = true,
     .one_line = true, .source = SHEET ": a page needs a title"},
    {.field = "caption", .template = "{caption}", .unit = TEXT_CODE_POINTS, .max_hashtags = -1,
     .source = SHEET ": no limit"},
};

static const char *surface(int width_px, int height_px, int64_t duration_ms)
{
    (void)width_px, (void)height_px, (void)duration_ms;
    return "web page";
}

static const struct spec spec = {
    .platform = "site", .sheet = SHEET, .date = "2026-11-24",
    .rows = rows, .nb_rows = sizeof rows / sizeof rows[0],
    .texts = texts, .nb_texts = sizeof texts / sizeof texts[0],
    .links_work = true, .cover_image = true, .is_own_channel = true,
    .surface = surface,
};

static const struct setting settings[] = {
    {"site_title", SETTING_TEXT, NULL, "My videos", "Name of the site, on its index and in its feed"},
    {"site_description", SETTING_TEXT, NULL, NULL, "A sentence about the site"},
    {"author", SETTING_TEXT, NULL, NULL, "Who makes the videos"},
    {"language", SETTING_TEXT, NULL, "en", "Language of the site (BCP 47); a sidecar can name its own"},
    {"base_url", SETTING_TEXT, NULL, NULL, "Public address of the site; without it [host] base_url"},
    {"page_links", SETTING_CHOICE, "folder file", "folder", "Link to videos/NAME/ or to videos/NAME/index.html"},
    {"shape", SETTING_CHOICE, "shared original", "shared", "Share the platforms' rendition, or keep the master's"},
    {0},
};

/* ---- values ---- */

static const char *base_setting(const struct post *post)
{
    const char *own = post_setting(post, "base_url");

    return *own ? own : post_setting(post, "host_base_url");
}

static const char *or_else(const char *text, const char *fallback)
{
    return text && *text ? text : fallback;
}

static struct site site_of(const struct step_in *in)
{
    const struct post *post = in->post;
    const char *base = base_setting(post);
    bool address = *base, folder = strcmp(post_setting(post, "page_links"), "file") != 0;

    /* without an address the site is read from a folder, where no server turns videos/NAME/ into a page */
    base = or_else(base, "http://localhost/");
    return (struct site){
        .title = or_else(post_setting(post, "site_title"), "My videos"),
        .description = post_setting(post, "site_description"),
        .author = post_setting(post, "author"),
        .language = or_else(post_setting(post, "language"), "en"),
        .base_url = arena_printf(in->arena, "%s%s", base, base[strlen(base) - 1] == '/' ? "" : "/"),
        .leaf = address && folder ? "" : "index.html",
    };
}

static struct site_video video_of(const struct step_in *in)
{
    const struct post *post = in->post;
    const char *title = or_else(post_text(post, "title"), or_else(post->title, post->id));

    return (struct site_video){
        .id = post->id,
        .slug = site_slug(in->arena, title, post->id),
        .title = title,
        .caption = post_text(post, "caption"),
        .link = or_else(post->link, ""),
        .alt_text = or_else(post->alt_text, ""),
        .language = or_else(post->language, ""),
        .content_type = or_else(post->content_type, "video/mp4"),
        .hashtags = post->hashtags,
        .published_ms = post->created_ms,
        .duration_ms = post->duration_ms,
        .bytes = post->rendition_bytes,
        .width_px = post->width_px,
        .height_px = post->height_px,
        .cover = post->cover != NULL,
    };
}

static bool check(const struct post *post, struct error *err)
{
    const char *base = base_setting(post);
    const char *host = !strncmp(base, "https://", 8) ? base + 8 : !strncmp(base, "http://", 7) ? base + 7 : "";

    if (*base && (!*host || *host == '/' || strpbrk(base, "?# \t\"<>")))
        return fail_rule(err, ERROR_CONFIG, "site.base_url",
                         "destination '%s': base_url '%s' is not the address of a site; write it like "
                         "https://example.org/", post->destination, base);
    return true;
}

/* ---- requests ---- */

static const struct phase phases[9];

static const char *host_url(const struct step_in *in, const char *file)
{
    return arena_printf(in->arena, "host:/videos/%s/%s", video_of(in).slug, file);
}

static struct step put_text(json_t *state, const char *url, const char *type, const char *text, const char *what)
{
    return step_request(state, POST_PROCESSING, (struct http_request){
        .method = "PUT", .url = url, .headers = {{"Content-Type", type}},
        .body = text, .body_bytes = strlen(text), .repeat = REPEAT_SAFE, .what = what,
    });
}

/* The last request of this phase put something, instead of reading the catalog for it. */
static bool has_put(const json_t *state)
{
    return json_is_true(json_object_get(state, "put"));
}

static struct step put_video(const struct step_in *in, json_t *state)
{
    return step_request(state, POST_UPLOADING, (struct http_request){
        .method = "PUT", .url = host_url(in, "video.mp4"),
        .headers = {{"Content-Type", or_else(in->post->content_type, "video/mp4")}},
        .file = in->post->rendition, .length = in->post->rendition_bytes, .repeat = REPEAT_SAFE,
        .what = "put the video on the host",
    });
}

static struct step put_page(const struct step_in *in, json_t *state)
{
    struct site site = site_of(in);
    struct site_video video = video_of(in);

    return put_text(state, host_url(in, "index.html"), "text/html; charset=utf-8",
                    site_video_page(&site, &video, in->arena), "put the page of the video on the host");
}

static struct step put_cover(const struct step_in *in, json_t *state)
{
    if (!in->post->cover)
        return phase_go(phases, "page", in, state);
    return step_request(state, POST_UPLOADING, (struct http_request){
        .method = "PUT", .url = host_url(in, "cover.jpg"), .headers = {{"Content-Type", "image/jpeg"}},
        .file = in->post->cover, .repeat = REPEAT_SAFE, .what = "put the cover on the host",
    });
}

/* Every way round begins here, so counting here bounds all of them: others who publish, answers that get lost. */
static struct step get_catalog(const struct step_in *in, json_t *state)
{
    int64_t looks = state_int(state, "looks", 0) + 1;

    json_object_del(state, "put");
    json_object_set_new(state, "looks", json_integer(looks % LOOKS_MAX));
    if (looks >= LOOKS_MAX)
        return step_deferred(state, in->now_ms + LATER_MS, "site.busy",
                             "the catalog of the site did not come to rest in %d looks: others change it, or answers "
                             "get lost; crosscut resume goes on", LOOKS_MAX);
    return step_request(state, POST_PROCESSING, (struct http_request){
        .method = "GET", .url = "host:/catalog.json", .repeat = REPEAT_SAFE, .what = "read the catalog of the site",
    });
}

/* ---- the catalog: outside data ---- */

/* Once the catalog may name this video it may be public, and only its pages are missing: that is never "failed". */
static bool is_listed(const json_t *state)
{
    return json_is_true(json_object_get(state, "listed"));
}

static struct step not_for_good(const json_t *state, struct step step)
{
    if (is_listed(state) && step.kind == STEP_FAILED && step.error.kind == ERROR_PERMANENT)
        step.error.kind = ERROR_TRANSIENT;
    return step;
}

static struct step refuse_catalog(json_t *state, const char *why)
{
    const char *then = is_listed(state) ? "crosscut resume" : "post again";
    struct step step = step_failed(state, ERROR_PERMANENT, "site.catalog",
                                   "catalog.json on the host %s, so it was left as it is; repair it, or move it away and "
                                   "a new one is begun, then %s", why, then);

    return not_for_good(state, step);
}

/* NULL when it is good. */
static const char *catalog_fault(const struct http_response *answer)
{
    const char *format = json_text_at(answer->json, "format"), *etag = http_header(answer, "etag");

    if (!answer->json)
        return "is not JSON";
    if (strcmp(format, FORMAT) != 0)
        return "is not a catalog of this program (\"format\" is not \"" FORMAT "\")";
    if (!json_is_array(json_object_get(answer->json, "videos")))
        return "has no list of videos";
    if (!etag || *etag != '"' || strlen(etag) > ETAG_MAX)    /* a weak one (W/"...") cannot be matched */
        return "came without a usable ETag, so that two publishers could overwrite each other";
    return NULL;
}

/* Newest first, then by id: the order does not depend on who came first. */
static bool comes_before(const json_t *a, const json_t *b)
{
    int64_t a_ms = json_int_at(a, "published_ms", 0), b_ms = json_int_at(b, "published_ms", 0);

    return a_ms != b_ms ? a_ms > b_ms : strcmp(json_text_at(a, "id"), json_text_at(b, "id")) > 0;
}

/* The catalog with `entry` in it (borrowed); NULL when it is there already, unchanged. `old` may be NULL. */
static json_t *with_entry(const json_t *old, json_t *entry)
{
    json_t *catalog = old ? json_deep_copy(old) : json_pack("{s:s, s:[]}", "format", FORMAT, "videos");
    json_t *videos = json_object_get(catalog, "videos");
    size_t at = 0;

    for (size_t i = json_array_size(videos); i-- > 0;) {
        const json_t *other = json_array_get(videos, i);

        if (strcmp(json_text_at(other, "id"), json_text_at(entry, "id")) != 0)
            continue;
        if (json_equal(other, entry)) {
            json_decref(catalog);
            return NULL;
        }
        json_array_remove(videos, i);
    }
    while (at < json_array_size(videos) && comes_before(json_array_get(videos, at), entry))
        at++;
    json_array_insert(videos, at, entry);
    return catalog;
}

static struct step put_catalog(const struct step_in *in, json_t *state, const json_t *old, const char *etag)
{
    struct site_video video = video_of(in);
    json_t *entry = site_video_to_json(&video), *catalog;
    const char *text;
    struct step step;

    if (!entry)
        return step_failed(state, ERROR_REFUSED, "site.text", "the title or the caption is not UTF-8");
    catalog = with_entry(old, entry);
    json_decref(entry);
    json_object_set_new(state, "before", json_string(catalog && etag ? etag : ""));
    if (!catalog) {
        json_object_set_new(state, "listed", json_true());
        return phase_go(phases, "index", in, state);
    }
    text = arena_json(in->arena, catalog);
    if (strlen(text) > CATALOG_MAX)
        return step_failed(state, ERROR_PERMANENT, "site.catalog_size",
                           "catalog.json would have %zu bytes with this video, limit %zu; begin another site with its "
                           "own [host] path", strlen(text), CATALOG_MAX);
    json_object_set_new(state, "put", json_true());
    json_object_set_new(state, "listed", json_true());
    step = put_text(state, "host:/catalog.json", "application/json", text, "put the video into the catalog");
    step.request.headers[1].name = etag ? "If-Match" : "If-None-Match";
    step.request.headers[1].value = etag ? arena_strdup(in->arena, etag) : "*";    /* the answer does not last */
    return step;
}

/* Two answers come here: the catalog as it is, and the one to putting our change. */
static struct step catalog_answered(const struct step_in *in, json_t *state)
{
    const char *fault;

    if (has_put(state))
        return phase_go(phases, "index", in, state);
    fault = catalog_fault(in->last);
    return fault ? refuse_catalog(state, fault)
                 : put_catalog(in, state, in->last->json, http_header(in->last, "etag"));
}

static struct step catalog_refused(const struct step_in *in, json_t *state)
{
    if (!has_put(state) && in->last->status == 404)
        return put_catalog(in, state, NULL, NULL);
    if (has_put(state) && in->last->status == 412)
        return phase_go(phases, "catalog", in, state);
    return not_for_good(state, phase_refused(in, state));
}

/* ---- the pages that are made from the catalog ---- */

struct page {
    const char *phase, *url, *type;
    const char *(*make)(const struct site *site, const json_t *entries, struct arena *arena);
    const char *next, *what;
};

static const struct page pages[] = {
    {"index", "host:/index.html", "text/html; charset=utf-8", site_index, "feed", "put the index of the site"},
    {"feed", "host:/feed.xml", "application/rss+xml", site_feed, "sitemap", "put the feed of the site"},
    {"sitemap", "host:/sitemap.xml", "application/xml", site_map, "check", "put the sitemap of the site"},
};

static const struct page *page_of(const json_t *state)
{
    for (size_t i = 1; i < sizeof pages / sizeof pages[0]; i++)
        if (!strcmp(pages[i].phase, state_text(state, "phase")))
            return &pages[i];
    return &pages[0];
}

/* Two answers come here: the catalog, and the one to putting the page. The index begins a round; the pages after it
 * must come from the same catalog. */
static struct step page_answered(const struct step_in *in, json_t *state)
{
    const struct page *page = page_of(state);
    struct site site = site_of(in);
    const char *fault;

    if (has_put(state))
        return phase_go(phases, page->next, in, state);
    fault = catalog_fault(in->last);
    if (fault)
        return refuse_catalog(state, fault);
    if (!strcmp(state_text(state, "before"), http_header(in->last, "etag")))    /* the host said yes and did nothing */
        return phase_go(phases, "catalog", in, state);
    if (page == &pages[0])
        json_object_set_new(state, "etag", json_string(http_header(in->last, "etag")));
    else if (strcmp(state_text(state, "etag"), http_header(in->last, "etag")) != 0)
        return phase_go(phases, "index", in, state);
    json_object_set_new(state, "put", json_true());
    return put_text(state, page->url, page->type, page->make(&site, json_at(in->last->json, "videos"), in->arena),
                    page->what);
}

/* The catalog went away between two looks: begin it again, with this video. */
static struct step page_refused(const struct step_in *in, json_t *state)
{
    if (!has_put(state) && in->last->status == 404)
        return phase_go(phases, "catalog", in, state);
    return not_for_good(state, phase_refused(in, state));
}

static struct step checked(const struct step_in *in, json_t *state)
{
    const char *fault = catalog_fault(in->last);
    struct site site = site_of(in);
    struct site_video video = video_of(in);

    if (fault)
        return refuse_catalog(state, fault);
    if (strcmp(state_text(state, "etag"), http_header(in->last, "etag")) != 0)
        return phase_go(phases, "index", in, state);
    public_set(state, "remote_id", video.slug);
    public_set(state, "permalink", site_video_url(&site, &video, "", in->arena));
    public_set(state, "surface", "web page");
    public_set(state, "visibility", "public");
    if (!*base_setting(in->post))
        public_warn(state, "no base_url is set: the feed and the pages give http://localhost/ as their address");
    return step_done(state);
}

static struct step video_there(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "cover", in, state);
}

static struct step cover_there(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "page", in, state);
}

static struct step page_there(const struct step_in *in, json_t *state)
{
    return phase_go(phases, "catalog", in, state);
}

static const struct phase phases[9] = {
    /* name       request      2xx answer        lost: ask again   another answer */
    {"video",   put_video,   video_there,      NULL, NULL},
    {"cover",   put_cover,   cover_there,      NULL, NULL},
    {"page",    put_page,    page_there,       NULL, NULL},
    {"catalog", get_catalog, catalog_answered, NULL, catalog_refused},
    {"index",   get_catalog, page_answered,    NULL, page_refused},
    {"feed",    get_catalog, page_answered,    NULL, page_refused},
    {"sitemap", get_catalog, page_answered,    NULL, page_refused},
    {"check",   get_catalog, checked,          NULL, page_refused},
    {0},
};

static struct step site_step(const struct step_in *in)
{
    return phase_step(phases, in);
}

const struct adapter adapter_site = {
    .name = "site",
    .title = "Own site",
    .auth = AUTH_HOST,
    .hosts = (const char *const[]){"host:/", NULL},
    .spec = &spec,
    .settings = settings,
    .unlock = "set [host] path to the folder that your web server shows, and base_url to its address",
    .check = check,
    .step = site_step,
};
