/* The report for people: a line per post, errors with their way out, a table for status. */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "report/report.h"
#include "report/terminal.h"
#include <stdio.h>

/* `details` also prints renditions, reasons and texts, as `plan` and -v do. shows_only gives a table. */
void text_print(const struct report *report, const struct terminal *terminal, bool details, FILE *out);

#endif
