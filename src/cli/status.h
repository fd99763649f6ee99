/* Posts out of the journal, for `status`, `resume` and `resolve`. */
#ifndef CLI_STATUS_H
#define CLI_STATUS_H

#include "cli/app.h"

/* Posts in these states (0: all) that match the command's arguments. A word that matches nothing is ERROR_USAGE. */
bool status_find(struct app *app, unsigned states, struct journal_list *list, struct error *err);
/* The report's posts, allocated in the app's arena, borrowing from the list. */
void status_fill(struct app *app, const struct journal_list *list, struct report *report);
/* One post's report from its journal row. */
struct post_report status_report(struct app *app, const struct journal_row *row);

#endif
