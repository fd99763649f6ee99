#include "base/auto.h"
#include "publish/journal.h"
#include "publish/journal_db.h"
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

static char folder[64], path[96];

static int remove_one(const char *name, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    return remove(name);
}

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "/tmp/crosscut-journal-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/state/journal.db", folder);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    return nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

static struct journal *open_it(void)
{
    struct error err = {0};
    struct journal *journal = journal_open(&(struct journal_options){.path = path}, &err);

    if (!journal)
        fail_msg("%s", err.text);
    return journal;
}

static struct post make_post(const char *id, const char *destination, int part)
{
    return (struct post){.id = id,
                         .master_id = "sha256:ab",
                         .master_path = "clips/a.mp4",
                         .destination = destination,
                         .platform = "demo",
                         .part = part,
                         .parts = 2,
                         .rendition = "/r/a.mp4",
                         .cover_ms = -1,
                         .title = "A"};
}

static void add(struct journal *journal, const struct post *post, bool expect_new)
{
    struct error err = {0};
    bool added;

    if (!journal_add(journal, post, 1000, &added, &err))
        fail_msg("%s", err.text);
    assert_int_equal(added, expect_new);
}

static void put(struct journal *journal, const char *id, struct journal_change change)
{
    json_auto_t *empty = json_object();
    struct error err = {0};

    if (!change.adapter_state)
        change.adapter_state = empty;
    change.now_ms = 2000;
    if (!journal_put(journal, id, &change, &err))
        fail_msg("%s", err.text);
}

static struct journal_list find(struct journal *journal, const char *id)
{
    struct journal_list list;
    struct error err = {0};

    if (!journal_find(journal, &(struct journal_filter){.id = id}, &list, &err))
        fail_msg("%s", err.text);
    return list;
}

static void test_private_and_durable(void **state)
{
    struct journal *journal = open_it();
    struct stat st;

    (void)state;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    snprintf(path, sizeof path, "%s/state", folder);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    AUTO_STATEMENT sqlite3_stmt *s =
        db_prepare(journal, NULL, "SELECT * FROM pragma_synchronous, pragma_journal_mode, pragma_foreign_keys", "");
    assert_int_equal(sqlite3_step(s), SQLITE_ROW);
    assert_int_equal(sqlite3_column_int(s, 0), 2);    /* FULL */
    assert_string_equal((const char *)sqlite3_column_text(s, 1), "wal");
    assert_int_equal(sqlite3_column_int(s, 2), 1);
    sqlite3_finalize(TAKE(s));
    journal_close(journal);
}

static void test_a_post_lives_in_it(void **state)
{
    json_auto_t *adapter_state = json_pack("{s:s, s:{s:s, s:s, s:[s]}}", "phase", "sending", "public", "remote_id",
                                           "77", "permalink", "https://x/77", "warnings", "cut");
    struct error why = {.kind = ERROR_TRANSIENT, .rule = "demo.quota", .text = "later", .retry_at_ms = 99};
    struct journal *journal = open_it();
    struct post post = make_post("00000000000000a1", "here", 1);
    struct journal_list list;

    (void)state;
    add(journal, &post, true);
    put(journal, post.id,
        (struct journal_change){
            .state = POST_DEFERRED, .adapter_state = adapter_state, .attempt = true, .next_at_ms = 99, .error = &why});
    journal_close(journal);

    journal = open_it();
    list = find(journal, post.id);
    assert_int_equal(list.nb_rows, 1);
    assert_string_equal(list.rows[0].post.rendition, "/r/a.mp4");
    assert_int_equal(list.rows[0].state, POST_DEFERRED);
    assert_int_equal(list.rows[0].attempts, 1);
    assert_int_equal(list.rows[0].next_at_ms, 99);
    assert_int_equal(list.rows[0].error.kind, ERROR_TRANSIENT);
    assert_string_equal(list.rows[0].error.rule, "demo.quota");
    assert_string_equal(list.rows[0].remote_id, "77");
    assert_string_equal(list.rows[0].permalink, "https://x/77");
    assert_int_equal(json_array_size(list.rows[0].warnings), 1);
    assert_true(json_equal(list.rows[0].adapter_state, adapter_state));
    journal_list_finish(&list);
    journal_close(journal);
}

static void test_an_intent_is_there_once(void **state)
{
    struct journal *journal = open_it();
    struct post post = make_post("00000000000000a1", "here", 1), other = make_post("00000000000000a2", "here", 1);
    struct journal_list list;
    struct error err = {0};
    bool added;

    (void)state;
    add(journal, &post, true);
    post.title = "B";
    add(journal, &post, false);    /* nothing was asked: the better text counts */
    list = find(journal, post.id);
    assert_string_equal(list.rows[0].post.title, "B");
    journal_list_finish(&list);

    put(journal, post.id, (struct journal_change){.state = POST_UPLOADING, .asked = true});
    post.title = "C";
    add(journal, &post, false);    /* something was: what was planned stays */
    list = find(journal, post.id);
    assert_string_equal(list.rows[0].post.title, "B");
    journal_list_finish(&list);
    assert_false(journal_add(journal, &other, 1000, &added, &err));    /* the same intent under another name */
    journal_close(journal);
}

static void test_words_find_posts(void **state)
{
    struct journal *journal = open_it();
    struct post a = make_post("00000000000000a1", "here", 1), b = make_post("ff000000000000a2", "there", 1);
    const struct { const char *word; unsigned states; size_t expect;
    } cases[] = {
        {NULL, 0, 2},           {"here", 0, 1},
        {"demo", 0, 2},         {"clips/a.mp4", 0, 2},
        {"ff00", 0, 1},         {"ff0", 0, 0},
        {"nowhere", 0, 0},      {NULL, STATES(POST_PUBLISHED), 1},
        {NULL, STATES_OPEN, 1}, {"there", STATES_OPEN, 0},
        {"' OR 1=1 --", 0, 0},  {"%", 0, 0},
    };

    (void)state;
    add(journal, &a, true);
    add(journal, &b, true);
    put(journal, b.id, (struct journal_change){.state = POST_PUBLISHED});
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct journal_list list;
        struct error err;

        assert_true(journal_find(journal, &(struct journal_filter){.word = cases[i].word, .states = cases[i].states},
                                 &list, &err));
        assert_int_equal(list.nb_rows, cases[i].expect);
        journal_list_finish(&list);
    }
    journal_close(journal);
}

static void copy_file(const char *from, const char *to)
{
    char buffer[65536];
    int in = open(from, O_RDONLY | O_CLOEXEC), out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t got;

    while ((got = read(in, buffer, sizeof buffer)) > 0)
        assert_int_equal(write(out, buffer, (size_t)got), got);
    close(in);
    close(out);
}

/* A backup that is put back does not know what was published since: it must not publish that again. */
static void test_a_restored_journal_arms_nothing(void **state)
{
    struct journal *journal = open_it();
    struct post post = make_post("00000000000000a1", "here", 1);
    json_auto_t *empty = json_object();
    struct journal_change arming = {
        .state = POST_PROCESSING, .adapter_state = empty, .asked = true, .armed = true, .arming = true};
    struct error err = {0};
    char backup[128];

    (void)state;
    snprintf(backup, sizeof backup, "%s/backup.db", folder);
    add(journal, &post, true);
    put(journal, post.id, arming);
    journal_close(journal);
    copy_file(path, backup);
    journal = open_it();
    put(journal, post.id, arming);
    assert_false(journal_restored(journal));
    journal_close(journal);

    copy_file(backup, path);
    journal = open_it();
    assert_true(journal_restored(journal));
    assert_false(journal_put(journal, post.id, &arming, &err));
    assert_string_equal(err.rule, "journal.restored");
    put(journal, post.id,
        (struct journal_change){.state = POST_HELD, .asked = true, .armed = true}); /* anything else is fine */
    assert_true(journal_adopt(journal, &err));
    put(journal, post.id, arming);
    journal_close(journal);
    journal = open_it();
    assert_false(journal_restored(journal));
    journal_close(journal);
}

static void test_a_person_resolves_a_doubt(void **state)
{
    struct journal *journal = open_it();
    struct post post = make_post("00000000000000a1", "here", 1);
    struct journal_list list;
    struct error err = {0};

    (void)state;
    add(journal, &post, true);
    assert_false(journal_resolve(journal, post.id, true, NULL, 3000, &err));    /* not in doubt */
    put(journal, post.id, (struct journal_change){.state = POST_UNKNOWN, .doubt = true});
    assert_false(journal_restart(journal, &post, 3000, &err));
    assert_true(journal_resolve(journal, post.id, true, "https://x/1", 3000, &err));
    list = find(journal, post.id);
    assert_int_equal(list.rows[0].state, POST_PUBLISHED);
    assert_string_equal(list.rows[0].permalink, "https://x/1");
    journal_list_finish(&list);

    put(journal, post.id,
        (struct journal_change){.state = POST_PROCESSING, .asked = true, .armed = true, .doubt = true});
    assert_true(journal_resolve(journal, post.id, false, NULL, 3000, &err));
    list = find(journal, post.id);
    assert_int_equal(list.rows[0].state, POST_RENDERED);
    assert_false(list.rows[0].armed || list.rows[0].asked || list.rows[0].doubt);
    journal_list_finish(&list);
    journal_close(journal);
}

static void test_only_a_failed_post_starts_over(void **state)
{
    struct journal *journal = open_it();
    struct post post = make_post("00000000000000a1", "here", 1);
    struct error err = {0};

    (void)state;
    add(journal, &post, true);
    put(journal, post.id, (struct journal_change){.state = POST_PUBLISHED});
    assert_false(journal_restart(journal, &post, 3000, &err));
    put(journal, post.id, (struct journal_change){.state = POST_FAILED});
    assert_true(journal_restart(journal, &post, 3000, &err));
    journal_close(journal);
}

/* Eight at once: exactly one gets it, each time, and nobody sees a locked database. */
static void test_one_of_eight_gets_the_lease(void **state)
{
    struct journal *journal = open_it();
    struct post post = make_post("00000000000000a1", "here", 1);
    struct error err = {0};
    int64_t holder;
    bool taken;

    (void)state;
    add(journal, &post, true);
    journal_close(journal);
    for (int round = 0; round < 5; round++) {
        int ready[2], result[2], winners = 0, losers = 0;
        pid_t children[8];
        char word;

        assert_int_equal(pipe(ready) + pipe(result), 0);
        for (int i = 0; i < 8; i++) {
            children[i] = fork();
            if (!children[i]) {
                struct journal *own = journal_open(&(struct journal_options){.path = path}, &err);
                bool ok = own && journal_lease(own, post.id, &taken, &holder, &err);

                close(ready[1]);
                (void)!write(result[1], ok ? taken ? "w" : "l" : "e", 1);
                (void)!read(ready[0], &word, 1);    /* holds it until all have tried */
                _exit(0);
            }
        }
        for (int i = 0; i < 8; i++) {
            assert_int_equal(read(result[0], &word, 1), 1);
            winners += word == 'w';
            losers += word == 'l';
        }
        assert_int_equal(winners, 1);
        assert_int_equal(losers, 7);
        journal = open_it();
        assert_true(journal_lease(journal, post.id, &taken, &holder, &err));
        assert_false(taken);
        close(ready[1]);
        close(ready[0]);
        for (int i = 0; i < 8; i++) {
            kill(children[i], SIGKILL);
            waitpid(children[i], NULL, 0);
        }
        assert_true(journal_lease(journal, post.id, &taken, &holder, &err));    /* of a dead process */
        assert_true(taken);
        journal_close(journal);
        close(result[0]);
        close(result[1]);
    }
}

static void test_a_changed_file_has_another_hash(void **state)
{
    struct journal *journal = open_it();
    char file[96], first[65], second[65];
    struct error err = {0};
    int fd;

    (void)state;
    snprintf(file, sizeof file, "%s/a.mp4", folder);
    fd = open(file, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "abc", 3), 3);
    assert_true(journal_file_sha256(journal, file, first, &err));
    assert_string_equal(first, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(journal_file_sha256(journal, file, second, &err));
    assert_string_equal(first, second);
    usleep(20000);    /* a tick of the file system's clock */
    assert_int_equal(pwrite(fd, "X", 1, 1), 1);
    close(fd);
    assert_true(journal_file_sha256(journal, file, second, &err));
    assert_string_not_equal(first, second);
    assert_false(journal_file_sha256(journal, folder, second, &err));
    journal_close(journal);
}

static void test_other_databases_are_refused(void **state)
{
    struct error err = {0};
    struct journal *journal = open_it();

    (void)state;
    assert_int_equal(sqlite3_exec(journal->db, "PRAGMA user_version = 99", NULL, NULL, NULL), SQLITE_OK);
    journal_close(journal);
    assert_null(journal_open(&(struct journal_options){.path = path}, &err));
    assert_non_null(strstr(err.text, "newer crosscut"));
}

static void test_history_tells_what_happened(void **state)
{
    struct journal *journal = open_it();
    struct post post = make_post("00000000000000a1", "here", 1);
    struct error why = {.kind = ERROR_TRANSIENT, .text = "down"}, err;

    (void)state;
    add(journal, &post, true);
    put(journal, post.id, (struct journal_change){.state = POST_UPLOADING, .what = "send"});
    put(journal, post.id, (struct journal_change){.state = POST_UPLOADING});
    put(journal, post.id, (struct journal_change){.state = POST_DEFERRED, .error = &why});
    json_auto_t *history = journal_history(journal, post.id, &err);
    assert_int_equal(json_array_size(history), 2);    /* a step that changes nothing is no news */
    assert_string_equal(json_string_value(json_object_get(json_array_get(history, 1), "error")), "down");
    journal_close(journal);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_private_and_durable),
        TEST(test_a_post_lives_in_it),
        TEST(test_an_intent_is_there_once),
        TEST(test_words_find_posts),
        TEST(test_a_restored_journal_arms_nothing),
        TEST(test_a_person_resolves_a_doubt),
        TEST(test_only_a_failed_post_starts_over),
        TEST(test_one_of_eight_gets_the_lease),
        TEST(test_a_changed_file_has_another_hash),
        TEST(test_other_databases_are_refused),
        TEST(test_history_tells_what_happened),
    };

    return cmocka_run_group_tests_name("journal", tests, NULL, NULL);
}
