/* Inside of the journal: the database handle and one way to run a statement. */
#ifndef PUBLISH_JOURNAL_DB_H
#define PUBLISH_JOURNAL_DB_H

#include "publish/journal.h"
#include <sqlite3.h>

struct journal {
    sqlite3 *db;
    char *path, *mirror;     /* NULL in memory */
    bool (*stop)(void *context, bool after);
    void *context;
    bool restored;
    char instance[33];
    int64_t counter;         /* of armed requests; the mirror beside the database has the same or an older one */
};

static inline void auto_statement(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}
#define AUTO_STATEMENT __attribute__((cleanup(auto_statement)))

/* Prepares and binds: `types` has a letter per argument, t: const char * (or NULL), i: int64_t. */
sqlite3_stmt *db_prepare(struct journal *journal, struct error *err, const char *sql, const char *types, ...);
/* Runs a statement that gives no rows. */
bool db_run(struct journal *journal, struct error *err, const char *sql, const char *types, ...);
bool db_fail(struct journal *journal, struct error *err);
/* BEGIN IMMEDIATE ... COMMIT; db_end rolls back unless `ok`, and gives whether all of it is on the disk. */
bool db_begin(struct journal *journal, struct error *err);
bool db_end(struct journal *journal, bool ok, struct error *err);
/* Makes or checks the tables; sets instance, counter and restored. */
bool db_schema(struct journal *journal, struct error *err);
/* Writes the counter beside the database. */
bool db_mirror(struct journal *journal, struct error *err);
/* Text of a column in the arena, or NULL. */
const char *db_text(sqlite3_stmt *statement, int column, struct arena *arena);

#endif
