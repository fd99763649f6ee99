/* --json: one document on stdout, "crosscut/1". Keys are only ever added. */
#ifndef REPORT_JSON_H
#define REPORT_JSON_H

#include "report/report.h"
#include <stdio.h>

json_t *report_to_json(const struct report *report);        /* owned by the caller */
json_t *post_report_to_json(const struct post_report *post);    /* an entry of "posts"; owned by the caller */
/* {"kind", "rule", "text", "retry_at"}, or null when there is none. Owned by the caller. */
json_t *error_to_json(const struct error *error);
/* Prints the document with a line break; false when the output could not be written. */
bool json_print(const struct report *report, FILE *out);

#endif
