/* JUnit XML for continuous integration: a test case per post, its class the master. */
#ifndef REPORT_JUNIT_H
#define REPORT_JUNIT_H

#include "report/report.h"
#include <crosscut/str.h>

/* Refused and failed posts are failures, unknown ones errors, held, deferred, scheduled and unfinished ones skipped.
 * A refused master is one failed case of its own. */
void junit_add(struct str *s, const struct report *report);
/* Replaces the file. */
bool junit_write(const struct report *report, const char *path, struct error *err);

#endif
