/* catalog.json of the creator's own site: outside data from which pages are made. */
#include "fuzz.h"

#include "../../adapters/site_pages.h"
#include "base/auto.h"
#include "base/text.h"

static void check_page(const char *text)
{
    MUST(*text && utf8_valid(text) && !strstr(text, "<script>") && !strstr(text, "javascript:\""));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct site site = {"My videos", "", "Me", "en", "https://example.org/", ""};
    AUTO_ARENA struct arena *arena = arena_create();
    json_auto_t *entries = json_loadb((const char *)data, size, JSON_REJECT_DUPLICATES, NULL);
    struct site_video video;

    if (!json_is_array(entries))
        return 0;
    check_page(site_index(&site, entries, arena));
    check_page(site_feed(&site, entries, arena));
    check_page(site_map(&site, entries, arena));
    for (size_t i = 0; i < json_array_size(entries) && i < 4; i++)
        if (site_video_from_json(json_array_get(entries, i), &video)) {
            json_auto_t *again = site_video_to_json(&video);
            struct site_video same;

            MUST(site_video_from_json(again, &same));
            check_page(site_video_page(&site, &video, arena));
        }
    return 0;
}
