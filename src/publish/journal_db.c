#include "publish/journal_db.h"

#include "base/auto.h"
#include "base/file.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/random.h>

enum { APPLICATION_ID = 0x43524353, SCHEMA_VERSION = 1 };    /* "CRCS" */

/* States and adapter states are text, so that a person with sqlite3 can read what happened. */
static const char schema[] =
    "CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;"
    "CREATE TABLE posts ("
    " seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, intent TEXT NOT NULL UNIQUE, master_id TEXT NOT NULL, "
    "master_path TEXT NOT NULL,"
    " destination TEXT NOT NULL, platform TEXT NOT NULL, account TEXT, part INTEGER NOT NULL, occurrence INTEGER NOT "
    "NULL,"
    " document TEXT NOT NULL, state TEXT NOT NULL, adapter_state TEXT NOT NULL DEFAULT '{}',"
    " asked INTEGER NOT NULL DEFAULT 0, armed INTEGER NOT NULL DEFAULT 0, doubt INTEGER NOT NULL DEFAULT 0, "
    "armed_at_ms INTEGER NOT NULL DEFAULT 0,"
    " attempts INTEGER NOT NULL DEFAULT 0, next_at_ms INTEGER NOT NULL DEFAULT 0,"
    " error_kind TEXT, error_rule TEXT, error_text TEXT, error_retry_at_ms INTEGER NOT NULL DEFAULT 0,"
    " remote_id TEXT, permalink TEXT, visibility TEXT, surface TEXT, warnings TEXT,"
    " created_ms INTEGER NOT NULL, updated_ms INTEGER NOT NULL,"
    " CHECK (armed = 0 OR asked = 1)) STRICT;"
    "CREATE INDEX posts_state ON posts (state);"
    "CREATE TABLE events (seq INTEGER PRIMARY KEY, post TEXT NOT NULL REFERENCES posts (id), at_ms INTEGER NOT NULL,"
    " state TEXT NOT NULL, what TEXT, error TEXT) STRICT;"
    "CREATE INDEX events_post ON events (post);"
    "CREATE TABLE leases (post TEXT PRIMARY KEY, boot TEXT NOT NULL, pid INTEGER NOT NULL, started TEXT NOT NULL) "
    "STRICT;"
    "CREATE TABLE files (path TEXT PRIMARY KEY, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT "
    "NULL,"
    " inode INTEGER NOT NULL, device INTEGER NOT NULL, sha256 TEXT NOT NULL) STRICT;"
    "CREATE TABLE facts (sha256 TEXT PRIMARY KEY, facts TEXT NOT NULL) STRICT;"
    "CREATE TABLE renditions (id TEXT PRIMARY KEY, document TEXT NOT NULL) STRICT;";

bool db_fail(struct journal *journal, struct error *err)
{
    return fail(err, ERROR_INTERNAL, "journal '%s': %s", journal->path ? journal->path : "in memory",
                sqlite3_errmsg(journal->db));
}

static sqlite3_stmt *prepare(struct journal *journal, struct error *err, const char *sql, const char *types,
                             va_list args)
{
    sqlite3_stmt *statement = NULL;
    int rc = SQLITE_OK;

    if (sqlite3_prepare_v2(journal->db, sql, -1, &statement, NULL) != SQLITE_OK) {
        db_fail(journal, err);
        return NULL;
    }
    for (int i = 0; types[i] && rc == SQLITE_OK; i++) {
        if (types[i] == 'i')
            rc = sqlite3_bind_int64(statement, i + 1, va_arg(args, int64_t));
        else
            rc = sqlite3_bind_text(statement, i + 1, va_arg(args, const char *), -1, SQLITE_TRANSIENT);
    }
    if (rc != SQLITE_OK) {
        db_fail(journal, err);
        sqlite3_finalize(statement);
        return NULL;
    }
    return statement;
}

sqlite3_stmt *db_prepare(struct journal *journal, struct error *err, const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list args;

    va_start(args, types);
    statement = prepare(journal, err, sql, types, args);
    va_end(args);
    return statement;
}

bool db_run(struct journal *journal, struct error *err, const char *sql, const char *types, ...)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    va_list args;

    va_start(args, types);
    statement = prepare(journal, err, sql, types, args);
    va_end(args);
    if (!statement)
        return false;
    return sqlite3_step(statement) == SQLITE_DONE || db_fail(journal, err);
}

bool db_begin(struct journal *journal, struct error *err)
{
    return db_run(journal, err, "BEGIN IMMEDIATE", "");
}

bool db_end(struct journal *journal, bool ok, struct error *err)
{
    if (ok && db_run(journal, err, "COMMIT", ""))
        return true;
    if (!sqlite3_get_autocommit(journal->db))
        sqlite3_exec(journal->db, "ROLLBACK", NULL, NULL, NULL);
    return false;
}

const char *db_text(sqlite3_stmt *statement, int column, struct arena *arena)
{
    return arena_strdup(arena, (const char *)sqlite3_column_text(statement, column));
}

static bool read_number(struct journal *journal, const char *pragma, int64_t *value, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = db_prepare(journal, err, pragma, "");

    if (!statement)
        return false;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return db_fail(journal, err);
    *value = sqlite3_column_int64(statement, 0);
    return true;
}

static bool create_tables(struct journal *journal, struct error *err)
{
    unsigned char random[16];
    char hex[33], pragmas[96];

    if (getrandom(random, sizeof random, 0) != sizeof random)
        return fail(err, ERROR_INTERNAL, "journal: no random numbers: %s", strerror(errno));
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(hex + 2 * i, 3, "%02x", random[i]);
    snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
             SCHEMA_VERSION);
    if (sqlite3_exec(journal->db, schema, NULL, NULL, NULL) != SQLITE_OK ||
        sqlite3_exec(journal->db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return db_fail(journal, err);
    return db_run(journal, err, "INSERT INTO meta VALUES ('instance', ?), ('counter', '0')", "t", hex);
}

static bool check_version(struct journal *journal, bool *fresh, struct error *err)
{
    int64_t version = 0, application = 0, tables = 0;

    if (!read_number(journal, "PRAGMA user_version", &version, err) ||
        !read_number(journal, "PRAGMA application_id", &application, err) ||
        !read_number(journal, "SELECT count(*) FROM sqlite_schema", &tables, err))
        return false;
    *fresh = !tables && !version;
    if (!*fresh && application != APPLICATION_ID)
        return fail(err, ERROR_CONFIG, "journal '%s' is a database of another program", journal->path);
    if (!*fresh && version != SCHEMA_VERSION)
        return fail(err, ERROR_CONFIG,
                    "journal '%s' has version %lld, this crosscut knows %d; use the newer crosscut that made it",
                    journal->path, (long long)version, SCHEMA_VERSION);
    return true;
}

/* "INSTANCE COUNTER". No mirror: nothing was ever armed, or somebody deleted it; nothing can be told from that. */
static bool older_than_mirror(const struct journal *journal)
{
    AUTO_FREE char *text = NULL;
    char *end;

    if (!journal->mirror || !file_read(journal->mirror, 128, &text, NULL, NULL) || strlen(text) < 34)
        return false;
    return strncmp(text, journal->instance, 32) || strtoll(text + 33, &end, 10) > journal->counter;
}

static bool read_meta(struct journal *journal, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = db_prepare(journal, err,
        "SELECT (SELECT value FROM meta WHERE name = 'instance'), (SELECT value FROM meta WHERE name = 'counter')", "");

    if (!statement)
        return false;
    if (sqlite3_step(statement) != SQLITE_ROW || !sqlite3_column_text(statement, 0))
        return fail(err, ERROR_INTERNAL, "journal '%s' is damaged: it has no instance", journal->path);
    snprintf(journal->instance, sizeof journal->instance, "%s", (const char *)sqlite3_column_text(statement, 0));
    journal->counter = sqlite3_column_int64(statement, 1);
    journal->restored = older_than_mirror(journal);
    return true;
}

bool db_schema(struct journal *journal, struct error *err)
{
    bool fresh, ok;

    if (!db_begin(journal, err))
        return false;
    ok = check_version(journal, &fresh, err) && (!fresh || create_tables(journal, err));
    return db_end(journal, ok, err) && read_meta(journal, err);
}

bool db_mirror(struct journal *journal, struct error *err)
{
    char text[64];
    int n = snprintf(text, sizeof text, "%s %lld\n", journal->instance, (long long)journal->counter);

    return !journal->mirror || file_replace(journal->mirror, text, (size_t)n, 0600, err);
}
