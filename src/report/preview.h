/* `preview`: a folder with every output as it will look and read. It needs nothing else: index.html and media/. */
#ifndef REPORT_PREVIEW_H
#define REPORT_PREVIEW_H

#include "report/report.h"
#include <crosscut/str.h>

/* Writes DIR completely under another name beside it, then puts it in place; an earlier preview there is replaced,
 * any other folder that is not empty is refused (ERROR_USAGE). Renditions are linked where the file system can, or
 * copied. */
bool preview_write(const struct report *report, const char *dir, struct error *err);

/* The page alone; media is expected as preview_media_name says. */
void preview_page(struct str *s, const struct report *report);
/* "media/ID.mp4", or "media/ID.jpg" for its cover. */
const char *preview_media_name(const struct report_rendition *rendition, bool cover, struct arena *arena);

#endif
