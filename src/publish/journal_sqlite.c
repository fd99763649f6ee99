#include "publish/journal.h"

#include "base/auto.h"
#include "base/file.h"
#include "publish/journal_db.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statfs.h>
#include <time.h>

/* ---- statements ---- */

static const char insert_sql[] =
    "INSERT INTO posts (id, intent, master_id, master_path, destination, platform, account, part, occurrence,"
    " document, state, created_ms, updated_ms)"
    " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?12) ON CONFLICT DO NOTHING";

static const char replace_sql[] =
    "UPDATE posts SET document = ?2, master_path = ?3, updated_ms = ?5,"
    " state = CASE WHEN state IN ('planned', 'rendered') THEN ?4 ELSE state END"
    " WHERE id = ?1 AND asked = 0 AND adapter_state = '{}'"
    " AND state NOT IN ('published', 'failed', 'unknown', 'retracted')";

static const char put_sql[] =
    "UPDATE posts SET state = ?2, adapter_state = ?3, asked = ?4, armed = ?5, updated_ms = ?6,"
    " armed_at_ms = CASE WHEN ?18 THEN ?6 ELSE armed_at_ms END, attempts = attempts + ?7, next_at_ms = ?8,"
    " error_kind = ?9, error_rule = ?10, error_text = ?11, error_retry_at_ms = ?12, remote_id = ?13,"
    " permalink = ?14, visibility = ?15, surface = ?16, warnings = ?17, doubt = ?19 WHERE id = ?1";

/* A step that changes nothing is no news. */
static const char event_sql[] =
    "INSERT INTO events (post, at_ms, state, what, error) SELECT ?1, ?2, ?3, ?4, ?5 WHERE ?5 IS NOT NULL OR ?6"
    " OR NOT EXISTS (SELECT 1 FROM events WHERE post = ?1)"
    " OR (SELECT state FROM events WHERE post = ?1 ORDER BY seq DESC LIMIT 1) <> ?3";

static const char count_sql[] =
    "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE name = 'counter' RETURNING value";

static const char restart_sql[] =
    "UPDATE posts SET document = ?2, state = ?3, updated_ms = ?4, adapter_state = '{}', asked = 0, next_at_ms = 0,"
    " error_kind = NULL, error_rule = NULL, error_text = NULL, error_retry_at_ms = 0, remote_id = NULL,"
    " permalink = NULL WHERE id = ?1 AND state = 'failed' AND armed = 0 AND doubt = 0";

static const char resolve_sql[] =
    "UPDATE posts SET state = CASE WHEN ?2 THEN 'published' ELSE 'rendered' END, updated_ms = ?4,"
    " adapter_state = CASE WHEN ?2 THEN adapter_state ELSE '{}' END, asked = 0, armed = 0, doubt = 0, next_at_ms = 0,"
    " error_kind = NULL, error_rule = NULL, error_text = NULL, error_retry_at_ms = 0,"
    " permalink = CASE WHEN ?2 THEN coalesce(?3, permalink) END, remote_id = CASE WHEN ?2 THEN remote_id END"
    " WHERE id = ?1 AND (state = 'unknown' OR armed = 1 OR doubt = 1)";

static const char resolved_sql[] =
    "INSERT INTO events (post, at_ms, state, what) VALUES (?1, ?2, ?3, 'a person looked')";

#define COLUMNS                                                                                                        \
    "document, state, adapter_state, asked, armed, armed_at_ms, attempts, next_at_ms, error_kind, error_rule,"         \
    " error_text, error_retry_at_ms, remote_id, permalink, visibility, surface, warnings, created_ms, updated_ms,"     \
    " doubt"

static const char find_by_id_sql[] = "SELECT " COLUMNS " FROM posts WHERE id = ?1";
static const char find_by_word_sql[] =
    "SELECT " COLUMNS " FROM posts WHERE ?1 IS NULL OR destination = ?1 OR platform = ?1 OR master_path = ?1"
    " OR master_id = ?1 OR (length(?1) >= 4 AND substr(id, 1, length(?1)) = ?1) ORDER BY seq";

static const char history_sql[] = "SELECT at_ms, state, what, error FROM events WHERE post = ? ORDER BY seq";

/* ---- open and close ---- */

/* Write-ahead logging needs shared memory, which network file systems do not have (numbers: statfs(2)). */
static bool local_disk(const char *folder, struct error *err)
{
    static const unsigned long remote[] = {0x6969 /* NFS */, 0x517B /* SMB */, 0xFF534D42 /* CIFS */,
                                           0xFE534D42 /* SMB2 */, 0x00C36400 /* CEPH */};
    struct statfs fs;

    if (statfs(folder, &fs) < 0)
        return fail(err, ERROR_CONFIG, "'%s': %s", folder, strerror(errno));
    for (size_t i = 0; i < sizeof remote / sizeof remote[0]; i++)
        if ((unsigned long)fs.f_type == remote[i])
            return fail(
                err, ERROR_CONFIG,
                "'%s' is on a network file system, where a journal can be damaged; use --state with a local folder",
                folder);
    return true;
}

static bool make_place(struct journal *journal, struct error *err)
{
    char *slash = strrchr(journal->path, '/');
    AUTO_FREE char *folder =
        slash ? strndup(journal->path, slash == journal->path ? 1 : (size_t)(slash - journal->path)) : strdup(".");

    if (!folder || asprintf(&journal->mirror, "%s.counter", journal->path) < 0)
        return fail(err, ERROR_INTERNAL, "out of memory");
    return folder_make(folder, true, err) && local_disk(folder, err);
}

static bool configure(struct journal *journal, struct error *err)
{
    static const char pragmas[] = "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON;"
                                  "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON";

    sqlite3_busy_timeout(journal->db, 5000);
    sqlite3_db_config(journal->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(journal->db, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(journal->db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    /* the change to WAL does not wait for another process that is just making it */
    for (int i = 0; sqlite3_exec(journal->db, pragmas, NULL, NULL, NULL) != SQLITE_OK; i++) {
        if (sqlite3_errcode(journal->db) != SQLITE_BUSY || i == 100)
            return db_fail(journal, err);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    return true;
}

struct journal *journal_open(const struct journal_options *options, struct error *err)
{
    struct journal *journal = calloc(1, sizeof *journal);
    mode_t mask = umask(077);
    bool ok;

    if (!journal || (options->path && !(journal->path = strdup(options->path)))) {
        umask(mask);
        free(journal);
        fail(err, ERROR_INTERNAL, "out of memory");
        return NULL;
    }
    ok = !journal->path || make_place(journal, err);
    if (ok && sqlite3_open(journal->path ? journal->path : ":memory:", &journal->db) != SQLITE_OK)
        ok = journal->db ? db_fail(journal, err) : fail(err, ERROR_INTERNAL, "journal: out of memory");
    ok = ok && configure(journal, err) && db_schema(journal, err);
    umask(mask);
    if (!ok) {
        journal_close(journal);
        return NULL;
    }
    journal->stop = options->stop;
    journal->context = options->context;
    return journal;
}

/* ---- posts ---- */

static const char *intent(const struct post *post, struct arena *arena)
{
    return arena_printf(arena, "%s/%s/%s/%d/%d", post->platform,
                        post->account && post->account[0] ? post->account : post->destination, post->master_id,
                        post->part, post->occurrence);
}

static char *dump(const json_t *json, struct error *err)
{
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS | JSON_ENCODE_ANY);

    if (!text)
        fail(err, ERROR_INTERNAL, "journal: a document cannot be written");
    return text;
}

static char *dump_post(const struct post *post, struct error *err)
{
    json_auto_t *json = post_to_json(post);

    return dump(json, err);
}

static bool pass(struct journal *journal, bool after, struct error *err)
{
    return !journal->stop || journal->stop(journal->context, after) ||
           fail(err, ERROR_INTERNAL, "journal: stopped here");
}

static const char *first_state(const struct post *post)
{
    return post_state_name(post->rendition ? POST_RENDERED : POST_PLANNED);
}

static bool insert(struct journal *journal, const struct post *post, const char *document, int64_t now_ms, bool *added,
                   struct error *err)
{
    AUTO_ARENA struct arena *arena = arena_create();
    bool ok = db_run(journal, err, insert_sql, "tttttttiitti", post->id, intent(post, arena), post->master_id,
                     post->master_path, post->destination, post->platform, post->account, (int64_t)post->part,
                     (int64_t)post->occurrence, document, first_state(post), now_ms);

    *added = ok && sqlite3_changes(journal->db) == 1;
    return ok;
}

/* As long as nothing was asked, a better text or a new rendition simply takes the place of the old. */
static bool replace(struct journal *journal, const struct post *post, const char *document, int64_t now_ms,
                    struct error *err)
{
    return db_run(journal, err, replace_sql, "tttti", post->id, document, post->master_path, first_state(post), now_ms);
}

static bool known(struct journal *journal, const struct post *post, struct error *err)
{
    AUTO_ARENA struct arena *arena = arena_create();
    AUTO_STATEMENT sqlite3_stmt *statement =
        db_prepare(journal, err, "SELECT id FROM posts WHERE intent = ?", "t", intent(post, arena));

    if (!statement)
        return false;
    if (sqlite3_step(statement) != SQLITE_ROW || strcmp((const char *)sqlite3_column_text(statement, 0), post->id))
        return fail(err, ERROR_INTERNAL, "journal: post %s and another one have the same name or the same intent",
                    post->id);
    return true;
}

bool journal_add(struct journal *journal, const struct post *post, int64_t now_ms, bool *added, struct error *err)
{
    AUTO_FREE char *document = dump_post(post, err);
    bool is_new = false, ok;

    if (!document || !pass(journal, false, err) || !db_begin(journal, err))
        return false;
    ok = insert(journal, post, document, now_ms, &is_new, err) &&
         (is_new || (known(journal, post, err) && replace(journal, post, document, now_ms, err)));
    if (!db_end(journal, ok, err))
        return false;
    *added = is_new;
    return pass(journal, true, err);
}

static bool put_event(struct journal *journal, const char *post_id, const struct journal_change *c, struct error *err)
{
    return db_run(journal, err, event_sql, "tittti", post_id, c->now_ms, post_state_name(c->state), c->what,
                  c->error && c->error->text[0] ? c->error->text : NULL, (int64_t)c->arming);
}

static const char *public_text(const struct journal_change *c, const char *key)
{
    const char *text = json_string_value(json_object_get(json_object_get(c->adapter_state, "public"), key));

    return text && text[0] ? text : NULL;
}

static bool put_row(struct journal *journal, const char *post_id, const struct journal_change *c, struct error *err)
{
    const struct error *e = c->error && c->error->text[0] ? c->error : NULL;
    const json_t *warnings = json_object_get(json_object_get(c->adapter_state, "public"), "warnings");
    AUTO_FREE char *state = dump(c->adapter_state, err), *warned = warnings ? dump(warnings, err) : NULL;

    if (!state || (warnings && !warned))
        return false;
    if (!db_run(journal, err, put_sql, "tttiiiiitttitttttii", post_id, post_state_name(c->state), state,
                (int64_t)(c->asked || c->armed), (int64_t)c->armed, c->now_ms, (int64_t)c->attempt, c->next_at_ms,
                e ? error_kind_name(e->kind) : NULL, e ? e->rule : NULL, e ? e->text : NULL,
                e ? e->retry_at_ms : (int64_t)0, public_text(c, "remote_id"), public_text(c, "permalink"),
                public_text(c, "visibility"), public_text(c, "surface"), warned, (int64_t)c->arming,
                (int64_t)c->doubt))
        return false;
    return sqlite3_changes(journal->db) == 1 || fail(err, ERROR_INTERNAL, "journal: there is no post '%s'", post_id);
}

static bool count_arming(struct journal *journal, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;

    if (journal->restored)
        return fail_rule(err, ERROR_REFUSED, "journal.restored",
                         "journal '%s' is older than what was published with it (a backup was put back?); "
                         "nothing is published until `crosscut doctor --adopt`",
                         journal->path);
    statement = db_prepare(journal, err, count_sql, "");
    if (!statement)
        return false;
    if (sqlite3_step(statement) != SQLITE_ROW)
        return db_fail(journal, err);
    journal->counter = sqlite3_column_int64(statement, 0);
    return sqlite3_step(statement) == SQLITE_DONE || db_fail(journal, err);
}

bool journal_put(struct journal *journal, const char *post_id, const struct journal_change *change, struct error *err)
{
    bool ok;

    if (!pass(journal, false, err) || !db_begin(journal, err))
        return false;
    ok = (!change->arming || count_arming(journal, err)) && put_row(journal, post_id, change, err) &&
         put_event(journal, post_id, change, err);
    /* the mirror follows the commit and comes before the request: it can be older than the database, never newer */
    return db_end(journal, ok, err) && (!change->arming || db_mirror(journal, err)) && pass(journal, true, err);
}

bool journal_restart(struct journal *journal, const struct post *post, int64_t now_ms, struct error *err)
{
    AUTO_FREE char *document = dump_post(post, err);

    if (!document || !db_run(journal, err, restart_sql, "ttti", post->id, document, first_state(post), now_ms))
        return false;
    return sqlite3_changes(journal->db) == 1 ||
           fail(err, ERROR_USAGE, "post %s did not fail, so it cannot start over", post->id);
}

bool journal_resolve(struct journal *journal, const char *post_id, bool live, const char *permalink, int64_t now_ms,
                     struct error *err)
{
    const char *state = post_state_name(live ? POST_PUBLISHED : POST_RENDERED);
    bool ok, found;

    if (!db_begin(journal, err))
        return false;
    ok = db_run(journal, err, resolve_sql, "titi", post_id, (int64_t)live, permalink, now_ms);
    found = ok && sqlite3_changes(journal->db) == 1;
    if (ok && !found)
        ok = fail(err, ERROR_USAGE, "post %s is not in doubt: nothing to resolve", post_id);
    return db_end(journal, ok && db_run(journal, err, resolved_sql, "tit", post_id, now_ms, state), err);
}

/* ---- reading ---- */

static json_t *load(struct journal_list *list, sqlite3_stmt *s, int column)
{
    const char *text = (const char *)sqlite3_column_text(s, column);
    json_t *json = text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

    if (json)
        json_array_append_new(list->keep, json);
    return json;
}

static bool read_row(struct journal_list *list, sqlite3_stmt *s, struct journal_row *row, struct error *err)
{
    const json_t *document = load(list, s, 0);
    const char *error_text = db_text(s, 10, list->arena);
    enum post_state state;

    if (!document || !post_from_json(document, &row->post, err) ||
        !post_state_parse((const char *)sqlite3_column_text(s, 1), &state))
        return fail_in(err, "journal: a post cannot be read");
    row->state = state;
    row->adapter_state = load(list, s, 2);
    row->asked = sqlite3_column_int(s, 3);
    row->armed = sqlite3_column_int(s, 4);
    row->armed_at_ms = sqlite3_column_int64(s, 5);
    row->attempts = sqlite3_column_int(s, 6);
    row->next_at_ms = sqlite3_column_int64(s, 7);
    row->error = (struct error){.kind = error_kind_parse((const char *)sqlite3_column_text(s, 8)),
                                .retry_at_ms = sqlite3_column_int64(s, 11)};
    snprintf(row->error.text, sizeof row->error.text, "%s", error_text ? error_text : "");
    snprintf(row->error.rule, sizeof row->error.rule, "%s", error_text ? db_text(s, 9, list->arena) : "");
    row->remote_id = db_text(s, 12, list->arena);
    row->permalink = db_text(s, 13, list->arena);
    row->visibility = db_text(s, 14, list->arena);
    row->surface = db_text(s, 15, list->arena);
    row->warnings = load(list, s, 16);
    row->created_ms = sqlite3_column_int64(s, 17);
    row->updated_ms = sqlite3_column_int64(s, 18);
    row->doubt = sqlite3_column_int(s, 19);
    return row->adapter_state ||
           fail(err, ERROR_INTERNAL, "journal: the state of post %s cannot be read", row->post.id);
}

static bool state_wanted(unsigned states, const char *name)
{
    enum post_state state;

    return !states || (post_state_parse(name, &state) && (states & STATES(state)));
}

static bool read_rows(struct journal_list *list, sqlite3_stmt *s, unsigned states, struct error *err)
{
    size_t capacity = 0;
    int rc;

    while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
        if (!state_wanted(states, (const char *)sqlite3_column_text(s, 1)))
            continue;
        if (list->nb_rows == capacity) {
            struct journal_row *rows =
                arena_alloc(list->arena, (capacity = capacity ? capacity * 2 : 16) * sizeof *rows);

            if (list->nb_rows)
                memcpy(rows, list->rows, list->nb_rows * sizeof *rows);
            list->rows = rows;
        }
        if (!read_row(list, s, &list->rows[list->nb_rows], err))
            return false;
        list->nb_rows++;
    }
    return rc == SQLITE_DONE || fail(err, ERROR_INTERNAL, "journal: %s", sqlite3_errstr(rc));
}

bool journal_find(struct journal *journal, const struct journal_filter *filter, struct journal_list *list,
                  struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *s =
        filter->id ? db_prepare(journal, err, find_by_id_sql, "t", filter->id)
                   : db_prepare(journal, err, find_by_word_sql, "t", filter->word);
    struct journal_list found = {.arena = arena_create(), .keep = json_array()};

    if (!s || !read_rows(&found, s, filter->states, err)) {
        journal_list_finish(&found);
        return false;
    }
    *list = found;
    return true;
}

void journal_list_finish(struct journal_list *list)
{
    arena_destroy(list->arena);
    json_decref(list->keep);
    *list = (struct journal_list){0};
}

json_t *journal_history(struct journal *journal, const char *post_id, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *s = db_prepare(journal, err, history_sql, "t", post_id);
    json_t *history = s ? json_array() : NULL;

    while (s && sqlite3_step(s) == SQLITE_ROW)
        json_array_append_new(history,
                              json_pack("{s:I, s:s, s:s*, s:s*}", "at_ms", (json_int_t)sqlite3_column_int64(s, 0),
                                        "state", sqlite3_column_text(s, 1), "what", sqlite3_column_text(s, 2), "error",
                                        sqlite3_column_text(s, 3)));
    return history;
}

bool journal_restored(const struct journal *journal)
{
    return journal->restored;
}

/* What was not finished when the backup was made may have been published since: only a look, or a person, decides. */
static const char doubt_all_sql[] =
    "UPDATE posts SET state = 'unknown', asked = 0, armed = 0, doubt = 1, next_at_ms = 0, error_kind = 'unknown',"
    " error_rule = 'journal.restored', error_retry_at_ms = 0,"
    " error_text = 'the journal was put back from a backup: this may have been published since, look at the account'"
    " WHERE state NOT IN ('published', 'unknown', 'retracted')";

bool journal_adopt(struct journal *journal, struct error *err)
{
    bool ok;

    if (journal->restored) {
        if (!db_begin(journal, err))
            return false;
        ok = db_run(journal, err, doubt_all_sql, "");
        if (!db_end(journal, ok, err))
            return false;
    }
    if (!db_mirror(journal, err))
        return false;
    journal->restored = false;
    return true;
}

bool journal_check(struct journal *journal, struct error *err)
{
    AUTO_STATEMENT sqlite3_stmt *s = db_prepare(journal, err, "PRAGMA integrity_check(1)", "");
    const char *said;

    if (!s)
        return false;
    if (sqlite3_step(s) != SQLITE_ROW)
        return db_fail(journal, err);
    said = (const char *)sqlite3_column_text(s, 0);
    return (said && !strcmp(said, "ok")) ||
           fail(err, ERROR_INTERNAL, "journal '%s' is damaged: %s", journal->path ? journal->path : "in memory", said ? said : "");
}
