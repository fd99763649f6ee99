/* Markup from values: pieces of HTML and XML whose text is escaped by construction. Used by the own site, the preview
 * page and JUnit. Names of elements and attributes are ours; texts and values are anybody's. */
#ifndef CROSSCUT_MARKUP_H
#define CROSSCUT_MARKUP_H

#include <crosscut/str.h>
#include <stdbool.h>

void markup_element(struct str *s, const char *name, const char *text);      /* <name>text</name> and a line break */
void markup_attribute(struct str *s, const char *name, const char *value);   /* ' name="value"' */
/* <a href> to an address of the web; any other address ("javascript:") stays text. */
void markup_link(struct str *s, const char *url, const char *text);
/* An empty line ends a <p>, a single line break is a <br>, addresses of the web become links. */
void markup_paragraphs(struct str *s, const char *text);
/* JSON inside a <script> element: nothing in it can end the element. */
void markup_script(struct str *s, const char *type, const char *json);

#endif
