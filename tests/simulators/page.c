/* The page for a person: every post as a card, playing the bytes that arrived. */
#include "tests/simulators/server.h"

#include "tests/simulators/core.h"

#include <crosscut/str.h>

static const char head[] =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<style>\n"
    ":root{color-scheme:light dark;--line:#8884;--soft:#8881}\n"
    "body{font:16px/1.45 system-ui,sans-serif;max-width:72rem;margin:2rem auto;padding:0 1rem}\n"
    "h1{font-size:1.5rem;margin:0}header p{margin:.3rem 0 1.5rem;opacity:.75}\n"
    "main{display:grid;grid-template-columns:repeat(auto-fill,minmax(15rem,1fr));gap:1.2rem}\n"
    "article{border:1px solid var(--line);border-radius:.8rem;overflow:hidden;display:flex;flex-direction:column}\n"
    "video{width:100%;aspect-ratio:9/16;background:#000;object-fit:contain}\n"
    "article div{padding:.8rem 1rem 1rem}h2{font-size:1rem;margin:0 0 .3rem}\n"
    "p.text{white-space:pre-wrap;overflow-wrap:anywhere;margin:0 0 .6rem}\n"
    "small{display:block;opacity:.75;overflow-wrap:anywhere}\n"
    "b.tag{display:inline-block;background:var(--soft);border:1px solid var(--line);border-radius:1rem;padding:0 "
    ".6rem;font-size:.8rem}\n"
    "p.none{padding:3rem;text-align:center;border:1px dashed var(--line);border-radius:.8rem}\n</style>\n";

static void add_card(struct str *page, const json_t *post)
{
    char time[40];

    time_write(int_of(post, "created_ms"), " UTC", time);
    time[10] = ' ';
    str_add(page, "<article><video controls playsinline preload=\"metadata\" src=\"/_sim/media/");
    str_add_markup(page, text_of(post, "id"));
    str_add(page, "\"></video><div>");
    if (*text_of(post, "title")) {
        str_add(page, "<h2>");
        str_add_markup(page, text_of(post, "title"));
        str_add(page, "</h2>");
    }
    str_add(page, "<p class=\"text\">");
    str_add_markup(page, text_of(post, "caption"));
    str_add(page, "</p><b class=\"tag\">");
    str_add_markup(page, text_of(post, "visibility"));
    str_printf(page, "</b><small>%s</small><small>%.2f MB, id ", time, (double)int_of(post, "bytes") / 1e6);
    str_add_markup(page, text_of(post, "id"));
    str_add(page, "</small></div></article>\n");
}

char *page_write(const struct server *server, const json_t *posts)
{
    struct str page = {0};
    size_t n = json_array_size(posts);

    str_add(&page, head);
    str_printf(&page, "<title>%s simulator</title>\n</head>\n<body>\n<header><h1>%s simulator</h1>\n",
               server->simulator->name, server->simulator->name);
    str_printf(&page, "<p>%zu post%s, %zu refused call%s. Nothing here has left this machine.</p></header>\n<main>\n",
               n, n == 1 ? "" : "s", json_array_size(server->sim->refusals),
               json_array_size(server->sim->refusals) == 1 ? "" : "s");
    for (size_t i = n; i-- > 0;)
        add_card(&page, json_array_get(posts, i));
    str_add(&page, "</main>\n");
    if (!n)
        str_add(&page, "<p class=\"none\">Nothing has been posted yet.</p>\n");
    str_add(&page, "</body>\n</html>\n");
    return str_take(&page);
}
