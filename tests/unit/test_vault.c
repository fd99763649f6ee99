#include "base/auto.h"
#include "publish/private_file.h"
#include "publish/secret.h"
#include "publish/vault.h"
#include "publish/vault_key.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#define CANARY "canary-6c1f0d2a97b84e3f5a0c-refresh-token"

struct place { char folder[64], vault[96], key[96]; };

static void make_place(struct place *p)
{
    snprintf(p->folder, sizeof p->folder, "/tmp/crosscut-vault-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->vault, sizeof p->vault, "%s/vault", p->folder);
    snprintf(p->key, sizeof p->key, "%s/vault.key", p->folder);
}

static void drop_place(struct place *p)
{
    char command[128];
    pid_t pid = fork();

    if (!pid) {
        snprintf(command, sizeof command, "%s", p->folder);
        execlp("rm", "rm", "-rf", command, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

static bool put(const char *path, const char *name, const char *token, struct error *err)
{
    struct vault *v = vault_open(path, false, err);
    json_auto_t *entry = token ? json_pack("{s:s}", "access_token", token) : NULL;
    bool ok = vault_put(v, name, entry, err);

    vault_close(v);
    return ok;
}

static bool get(const char *path, const char *name, char token[128], struct error *err)
{
    struct vault *v = vault_open(path, false, err);
    json_t *entry = NULL;
    bool ok = vault_get(v, name, &entry, err);

    snprintf(token, 128, "%s", entry ? json_string_value(json_object_get(entry, "access_token")) : "");
    secret_json_free(entry);
    vault_close(v);
    return ok;
}

static void keeps_and_forgets(void **state)
{
    struct error err = {0};
    struct place p;
    char token[128];
    struct vault *v;
    json_t *all;

    (void)state;
    make_place(&p);
    assert_true(get(p.vault, "a", token, &err));
    assert_string_equal(token, "");
    assert_true(access(p.vault, F_OK) < 0 && access(p.key, F_OK) < 0);    /* looking makes nothing */
    assert_true(put(p.vault, "a", CANARY, &err));
    assert_true(put(p.vault, "b", "other", &err));
    assert_true(get(p.vault, "a", token, &err));
    assert_string_equal(token, CANARY);
    v = vault_open(p.vault, false, &err);
    assert_true(vault_list(v, &all, &err));
    assert_int_equal(json_object_size(all), 2);
    secret_json_free(all);
    vault_close(v);
    assert_true(put(p.vault, "a", NULL, &err));
    assert_true(get(p.vault, "a", token, &err));
    assert_string_equal(token, "");
    assert_true(get(p.vault, "b", token, &err));
    assert_string_equal(token, "other");
    drop_place(&p);
}

static void nothing_readable_on_the_disk(void **state)
{
    struct error err = {0};
    struct place p;
    char *bytes;
    size_t nb;

    (void)state;
    make_place(&p);
    assert_true(put(p.vault, "tiktok|destination tiktok|", CANARY, &err));
    assert_true(private_file_read(p.vault, 1 << 20, &bytes, &nb, &err));
    assert_false(secret_leaks(bytes, nb, CANARY));
    assert_false(secret_leaks(bytes, nb, "destination tiktok"));
    free(bytes);
    drop_place(&p);
}

/* ---- RELIABILITY S2 ---- */

enum what { MODE, OWNER, LINK, FIFO, FOLDER, PARENT };
struct unsafe { const char *name; enum what what; mode_t mode; const char *way_out; };

static const struct unsafe unsafes[] = {
    {"group reads", MODE, 0640, "chmod 600"}, {"all read", MODE, 0644, "chmod 600"}, {"others read", MODE, 0604, "chmod 600"},
    {"group writes", MODE, 0620, "chmod 600"}, {"all write", MODE, 0666, "chmod 600"}, {"others execute", MODE, 0601, "chmod 600"},
    {"another owner", OWNER, 0, "chown"}, {"a link", LINK, 0, "link"}, {"a FIFO", FIFO, 0, "move it away"}, {"a folder", FOLDER, 0, "move it away"},
    {"parent of all", PARENT, 0777, "chmod go-w"}, {"parent of the group", PARENT, 0770, "chmod go-w"}, {"parent of all, sticky", PARENT, 01777, "chmod go-w"},
};

static bool spoil(const struct place *p, const char *file, const struct unsafe *u)
{
    char aside[128];

    snprintf(aside, sizeof aside, "%s.aside", file);
    switch (u->what) {
    case MODE: return chmod(file, u->mode) == 0;
    case OWNER: return chown(file, 12345, (gid_t)-1) == 0;    /* only as root */
    case LINK: return rename(file, aside) == 0 && symlink(aside, file) == 0;
    case FIFO: return unlink(file) == 0 && mkfifo(file, 0600) == 0;
    case FOLDER: return unlink(file) == 0 && mkdir(file, 0700) == 0;
    case PARENT: return chmod(p->folder, u->mode) == 0;
    }
    return false;
}

static void unsafe_files_are_refused(void **state)
{
    int tried = 0;

    (void)state;
    for (size_t i = 0; i < 2 * sizeof unsafes / sizeof unsafes[0]; i++) {
        const struct unsafe *u = &unsafes[i / 2];
        struct error err = {0};
        struct place p;
        char token[128];

        make_place(&p);
        assert_true(put(p.vault, "a", CANARY, &err));
        if (spoil(&p, i % 2 ? p.key : p.vault, u)) {
            tried++;
            if (get(p.vault, "a", token, &err) || err.kind != ERROR_CREDENTIALS || !strstr(err.text, u->way_out) || !strstr(err.text, p.folder))
                fail_msg("%s of the %s: %s", u->name, i % 2 ? "key" : "vault", err.text);
            if (put(p.vault, "a", "new", &err))
                fail_msg("%s of the %s: was written all the same", u->name, i % 2 ? "key" : "vault");
            assert_string_equal(token, "");
        }
        chmod(p.folder, 0700);
        drop_place(&p);
    }
    assert_true(tried >= 24);
}

static void new_files_are_private(void **state)
{
    static const mode_t umasks[] = {0, 022, 077, 0777};

    (void)state;
    for (size_t i = 0; i < sizeof umasks / sizeof umasks[0]; i++) {
        struct error err = {0};
        struct place p;
        struct stat st;
        mode_t before;
        bool ok;

        make_place(&p);
        before = umask(umasks[i]);
        ok = put(p.vault, "a", CANARY, &err) && put(p.vault, "a", CANARY, &err);
        umask(before);
        assert_true(ok);
        assert_true(!stat(p.vault, &st) && (st.st_mode & 07777) == 0600);
        assert_true(!stat(p.key, &st) && (st.st_mode & 07777) == 0600);
        drop_place(&p);
    }
}

static void missing_folder_is_made(void **state)
{
    struct error err = {0};
    struct place p;
    struct stat st;
    char path[128], folder[96];

    (void)state;
    make_place(&p);
    snprintf(folder, sizeof folder, "%s/config", p.folder);
    snprintf(path, sizeof path, "%s/vault", folder);
    assert_true(put(path, "a", CANARY, &err));
    assert_true(!stat(folder, &st) && (st.st_mode & 07777) == 0700);
    drop_place(&p);
}

/* ---- damage ---- */

static void write_raw(const char *path, const char *bytes, size_t nb)
{
    int fd = open(path, O_WRONLY | O_TRUNC | O_CREAT, 0600);

    assert_true(fd >= 0 && write(fd, bytes, nb) == (ssize_t)nb);
    close(fd);
}

static void damage_is_one_clear_error(void **state)
{
    struct error err = {0};
    struct place p;
    char *bytes, token[128];
    size_t nb;

    (void)state;
    make_place(&p);
    assert_true(put(p.vault, "a", CANARY, &err));
    assert_true(private_file_read(p.vault, 1 << 20, &bytes, &nb, &err));
    for (size_t i = 0; i < 2 * nb; i++) {    /* each byte turned, each length cut */
        bytes[i % nb] ^= i < nb ? 0x41 : 0;
        write_raw(p.vault, bytes, i < nb ? nb : i - nb);
        err = (struct error){0};
        if (get(p.vault, "a", token, &err) || err.kind != ERROR_CREDENTIALS || token[0])
            fail_msg("damage %zu: '%s'", i, err.text);
        if (!strstr(err.text, "vault"))
            fail_msg("damage %zu is not clear: '%s'", i, err.text);
        bytes[i % nb] ^= i < nb ? 0x41 : 0;
    }
    assert_false(put(p.vault, "a", "new", &err));    /* a damaged one is not written over */
    write_raw(p.vault, bytes, nb);
    assert_true(get(p.vault, "a", token, &err));
    assert_string_equal(token, CANARY);
    free(bytes);
    assert_int_equal(truncate(p.vault, 2 << 20), 0);
    assert_false(get(p.vault, "a", token, &err));
    assert_string_equal(err.rule, "vault.damaged");
    drop_place(&p);
}

static void a_header_cannot_ask_for_the_machine(void **state)
{
    struct vault_header h = {.magic = "crosscut vault", .version = 1, .kind = 'p', .passes = 1, .memory_log2 = 62}, read;

    (void)state;
    h.magic[14] = '\n';
    assert_false(vault_header_read((const char *)&h, &read));
    h.memory_log2 = 26;
    assert_true(vault_header_read((const char *)&h, &read));
    h.passes = 255;
    assert_false(vault_header_read((const char *)&h, &read));
}

static void key_that_is_gone(void **state)
{
    struct error err = {0};
    struct place p;
    char token[128];

    (void)state;
    make_place(&p);
    assert_true(put(p.vault, "a", CANARY, &err));
    unlink(p.key);
    assert_false(get(p.vault, "a", token, &err));
    assert_non_null(strstr(err.text, p.key));
    assert_true(access(p.key, F_OK) < 0);
    drop_place(&p);
}

static void passphrase_from_a_command(void **state)
{
    struct error err = {0};
    struct place p;
    char token[128];

    (void)state;
    make_place(&p);
    setenv("CROSSCUT_PASSPHRASE_COMMAND", "echo a long passphrase", 1);
    assert_true(put(p.vault, "a", CANARY, &err));
    assert_true(access(p.key, F_OK) < 0);
    assert_true(get(p.vault, "a", token, &err));
    assert_string_equal(token, CANARY);
    setenv("CROSSCUT_PASSPHRASE_COMMAND", "echo another passphrase", 1);
    assert_false(get(p.vault, "a", token, &err));
    assert_string_equal(err.rule, "vault.damaged");
    unsetenv("CROSSCUT_PASSPHRASE_COMMAND");
    if (!isatty(STDIN_FILENO)) {
        assert_false(get(p.vault, "a", token, &err));
        assert_string_equal(err.rule, "vault.locked");
    }
    drop_place(&p);
}

static void key_as_a_systemd_credential(void **state)
{
    struct error err = {0};
    struct place p;
    char token[128], path[128];

    (void)state;
    make_place(&p);
    snprintf(path, sizeof path, "%s/crosscut.key", p.folder);
    write_raw(path, "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", 64);
    setenv("CREDENTIALS_DIRECTORY", p.folder, 1);
    assert_true(put(p.vault, "a", CANARY, &err));
    assert_true(access(p.key, F_OK) < 0);
    assert_true(get(p.vault, "a", token, &err));
    assert_string_equal(token, CANARY);
    unsetenv("CREDENTIALS_DIRECTORY");
    assert_false(get(p.vault, "a", token, &err));
    assert_string_equal(err.rule, "vault.key");
    drop_place(&p);
}

/* ---- several processes ---- */

static void nobody_loses_an_entry(void **state)
{
    enum { PROCESSES = 8, ROUNDS = 10 };
    struct error err = {0};
    struct place p;
    struct vault *v;
    json_t *all;
    int status;

    (void)state;
    make_place(&p);
    for (int i = 0; i < PROCESSES; i++) {
        if (fork())
            continue;
        for (int n = 0; n < ROUNDS; n++) {
            char name[32];

            snprintf(name, sizeof name, "%d-%d", i, n);
            if (!put(p.vault, name, CANARY, &err))
                _exit(1);
        }
        _exit(0);
    }
    for (int i = 0; i < PROCESSES; i++) {
        assert_true(wait(&status) > 0);
        assert_int_equal(status, 0);
    }
    v = vault_open(p.vault, false, &err);
    assert_true(vault_list(v, &all, &err));
    assert_int_equal(json_object_size(all), PROCESSES * ROUNDS);
    secret_json_free(all);
    vault_close(v);
    drop_place(&p);
}

static void killed_at_any_time_it_stays_whole(void **state)
{
    struct error err = {0};
    struct place p;
    char token[128];

    (void)state;
    make_place(&p);
    assert_true(put(p.vault, "a", CANARY, &err));
    for (int i = 0; i < 40; i++) {
        pid_t pid = fork();

        if (!pid)
            for (;;)
                put(p.vault, "a", CANARY, &err);
        nanosleep(&(struct timespec){.tv_nsec = 1000000 + 370000 * i}, NULL);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        if (!get(p.vault, "a", token, &err))
            fail_msg("round %d: %s", i, err.text);
        assert_string_equal(token, CANARY);
    }
    drop_place(&p);
}

static void leaks_are_seen(void **state)
{
    (void)state;
    assert_true(secret_leaks("x0123456789abx", 14, "zz0123456789abzz"));
    assert_false(secret_leaks("x0123456789ax", 13, "zz0123456789abzz"));
    assert_true(secret_leaks("short", 5, "hor"));
    assert_false(secret_leaks("anything", 8, ""));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_and_forgets), cmocka_unit_test(nothing_readable_on_the_disk), cmocka_unit_test(unsafe_files_are_refused),
        cmocka_unit_test(new_files_are_private), cmocka_unit_test(missing_folder_is_made), cmocka_unit_test(damage_is_one_clear_error),
        cmocka_unit_test(a_header_cannot_ask_for_the_machine), cmocka_unit_test(key_that_is_gone), cmocka_unit_test(passphrase_from_a_command),
        cmocka_unit_test(key_as_a_systemd_credential), cmocka_unit_test(nobody_loses_an_entry), cmocka_unit_test(killed_at_any_time_it_stays_whole),
        cmocka_unit_test(leaks_are_seen),
    };

    return cmocka_run_group_tests_name("vault", tests, NULL, NULL);
}
