#include <crosscut/markup.h>

#include "base/text.h"
#include <string.h>

static bool xml_takes(int32_t c)
{
    return (c >= 0x20 && c != 0xFFFE && c != 0xFFFF) || c == '\t' || c == '\n' || c == '\r';
}

void str_add_markup(struct str *s, const char *text)
{
    size_t bytes;

    for (const char *at = text ? text : ""; *at; at += bytes) {
        int32_t c = utf8_code_point(at, &bytes);

        switch (c) {
        case '&': str_add(s, "&amp;"); break;
        case '<': str_add(s, "&lt;"); break;
        case '>': str_add(s, "&gt;"); break;
        case '"': str_add(s, "&quot;"); break;
        case '\'': str_add(s, "&#39;"); break;
        case 0xFFFD: str_add(s, "\xEF\xBF\xBD"); break;    /* itself, or a byte that is not UTF-8 */
        default:
            if (xml_takes(c))
                str_add_bytes(s, at, bytes);
        }
    }
}

static void add_part(struct str *s, const char *text, size_t bytes)
{
    struct str part = {0};

    str_add_bytes(&part, text, bytes);
    str_add_markup(s, str_text(&part));
    str_finish(&part);
}

void markup_element(struct str *s, const char *name, const char *text)
{
    str_printf(s, "<%s>", name);
    str_add_markup(s, text);
    str_printf(s, "</%s>\n", name);
}

void markup_attribute(struct str *s, const char *name, const char *value)
{
    str_printf(s, " %s=\"", name);
    str_add_markup(s, value);
    str_add(s, "\"");
}

static bool is_web(const char *url)
{
    return !strncmp(url, "https://", 8) || !strncmp(url, "http://", 7);
}

void markup_link(struct str *s, const char *url, const char *text)
{
    if (!is_web(url)) {
        str_add_markup(s, text);
        return;
    }
    str_add(s, "<a");
    markup_attribute(s, "href", url);
    str_add(s, " rel=\"noopener\">");
    str_add_markup(s, text);
    str_add(s, "</a>");
}

/* Bytes of the address that begins here, without the punctuation of the sentence around it; 0: none begins. */
static size_t address_bytes(const char *text, size_t bytes)
{
    size_t length = 0;

    if (bytes < 9 || !is_web(text))
        return 0;
    while (length < bytes && !strchr(" \t\r\n<>\"", text[length]))
        length++;
    while (length && strchr(".,;:!?)]'", text[length - 1]))
        length--;
    return length > 8 ? length : 0;
}

static void add_address(struct str *s, const char *text, size_t bytes)
{
    struct str url = {0};

    str_add_bytes(&url, text, bytes);
    markup_link(s, str_text(&url), str_text(&url));
    str_finish(&url);
}

static void add_line(struct str *s, const char *line, size_t bytes)
{
    size_t from = 0, at = 0;

    while (at < bytes) {
        size_t length = address_bytes(line + at, bytes - at);

        if (length) {
            add_part(s, line + from, at - from);
            add_address(s, line + at, length);
            from = at + length;
        }
        at += length ? length : 1;
    }
    add_part(s, line + from, bytes - from);
}

void markup_paragraphs(struct str *s, const char *text)
{
    bool open = false;

    while (*text) {
        size_t bytes = strcspn(text, "\n");

        if (strspn(text, " \t\r") < bytes) {
            str_add(s, open ? "<br>\n" : "<p dir=\"auto\">");
            add_line(s, text, bytes);
            open = true;
        } else if (open) {
            str_add(s, "</p>\n");
            open = false;
        }
        text += bytes + (text[bytes] == '\n');
    }
    if (open)
        str_add(s, "</p>\n");
}

void markup_script(struct str *s, const char *type, const char *json)
{
    str_add(s, "<script");
    markup_attribute(s, "type", type);
    str_add(s, ">");
    for (const char *c = json; *c; c++) {
        if (*c == '<' || *c == '>' || *c == '&')    /* only inside of JSON strings */
            str_printf(s, "\\u%04x", (unsigned)*c);
        else
            str_add_bytes(s, c, 1);
    }
    str_add(s, "</script>\n");
}
