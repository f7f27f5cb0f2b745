/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal when its process or its disk ends. C1: killed with SIGKILL at 20 moments, nothing that was acknowledged
 * is lost or doubled. C3: every call begun has one record with a reason, calls left open are closed within 5 s of the
 * truth. H1: on a full disk the reserve carries the records on, and nothing is damaged.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "store/journal.h"
#include "store/store_priv.h"
#include "sys/clock.h"
#include "sys/random.h"
#include "tests/unit/store/folder.h"
#include "tests/unit/store/records.h"

#include "tests/cmocka_all.h"

enum { KILLS = 20 };

/* What the child says: call `place` of its run is on disk as begun or ended. */
struct said {
    unsigned place;
    bool ended;
};

static struct journal *open_journal(const char *dir)
{
    struct journal *j = NULL;
    struct journal_options o = {.dir = dir, .gather_ms = 1};
    return journal_open(&o, &j) == 0 ? j : NULL;
}

/* Begins calls and ends two of three of the ones begun ten calls ago; says what is on disk. Until it is killed. */
_Noreturn static void child(const char *dir, const char *run, int to)
{
    static struct said said[16];
    struct journal *j = open_journal(dir);
    struct journal_port port = journal_port(j);
    struct sample s;
    size_t n = 0;
    for (unsigned i = 0; j; i++) {
        sample_make(&s, run, i, clock_wall_us() / 1000);
        port.call_started(port.arg, &s.record);
        said[n++] = (struct said){i, false};
        if (i >= 10 && i % 3 != 0) {
            sample_make(&s, run, i - 10, clock_wall_us() / 1000);
            sample_end(&s, 1, REASON_BUSY);
            port.call_ended(port.arg, &s.record);
            said[n++] = (struct said){i - 10, true};
        }
        if (n < G_N_ELEMENTS(said) - 1)
            continue;
        if (journal_flush(j, 10000) != 0 || write(to, said, n * sizeof said[0]) < 0)
            break;
        n = 0;
    }
    _exit(1);
}

static bool killed_child(const char *dir, const char *run, GArray *heard)
{
    int pipes[2];
    assert_int_equal(pipe(pipes), 0);
    pid_t pid = fork();
    if (pid == 0) {
        close(pipes[0]);
        child(dir, run, pipes[1]);
    }
    close(pipes[1]);
    g_usleep(20000 + entropy_below(random_entropy(), 150000));
    assert_int_equal(kill(pid, SIGKILL), 0);
    struct said said;
    while (read(pipes[0], &said, sizeof said) == (ssize_t)sizeof said)
        g_array_append_val(heard, said);
    close(pipes[0]);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status);
}

static void expect_calls(const json_t *calls, const char *run, const GArray *heard, int64_t killed_ms)
{
    for (unsigned i = 0; i < heard->len; i++) {
        const struct said *said = &g_array_index(heard, struct said, i);
        struct sample s;
        sample_make(&s, run, said->place, 0);
        const json_t *call = json_object_get(calls, s.record.id.text);
        if (!call)
            fail_msg("lost: %s", s.record.id.text);
        const char *reason = json_string_value(json_object_get(call, "reason"));
        if (said->ended)
            assert_string_equal(reason, "busy");
        if (strcmp(reason, "lost_in_crash") == 0)
            assert_in_range(json_integer_value(json_object_get(call, "ended_ms")), killed_ms - 5000, killed_ms + 50);
        else
            assert_int_equal(json_array_size(json_object_get(call, "segments")), 2);
    }
}

static void expect_sound_database(const char *dir)
{
    struct store *s = NULL;
    int64_t running = 1, damaged = 1;
    assert_int_equal(store_open(dir, STORE_EXISTING, &s, NULL), 0);
    assert_int_equal(db_query_int(s->db, "SELECT count(*) FROM \"call\" WHERE \"ended_ms\" = 0", 1, &running), 0);
    assert_int_equal(
        db_query_int(s->db, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'", 1, &damaged),
        0);
    assert_int_equal(running, 0);
    assert_int_equal(damaged, 0);
    store_close(s);
}

static void nothing_acknowledged_is_lost_or_doubled(void **state) /* C1, C3 */
{
    sample_company(*state);
    unsigned total = 0;
    for (unsigned k = 0; k < KILLS; k++) {
        char run[16];
        (void)g_snprintf(run, sizeof run, "%04u-000", k);
        GArray *heard = g_array_new(FALSE, FALSE, sizeof(struct said));
        assert_true(killed_child(*state, run, heard));
        int64_t killed_ms = clock_wall_us() / 1000;
        struct journal *j = open_journal(*state);
        assert_non_null(j);
        json_t *calls = sample_calls(*state); /* fails when one is there twice */
        expect_calls(calls, run, heard, killed_ms);
        expect_sound_database(*state);
        total += heard->len;
        json_decref(calls);
        journal_close(j);
        g_array_free(heard, TRUE);
    }
    print_message("%u acknowledged facts over %d kills\n", total, KILLS);
    assert_true(total > KILLS);
}

/* Fills what is left of a file system, down to the last byte. */
static void fill(const char *dir)
{
    char *path = g_build_filename(dir, "filler", NULL);
    FILE *f = fopen(path, "we");
    static const char zeros[4096];
    while (f && fwrite(zeros, 1, sizeof zeros, f) == sizeof zeros)
        ;
    for (int i = 0; f && i < 4096 && fputc(0, f) != EOF; i++)
        ;
    if (f)
        (void)fclose(f);
    g_free(path);
}

/* In a process of its own, on a file system of its own. Exit status: 0 good, 77 not allowed here, else the line. */
#define MUST(c)                                                \
    do {                                                       \
        if (!(c))                                              \
            _exit(__LINE__ % 255 == 77 ? 78 : __LINE__ % 255); \
    } while (0)
_Noreturn static void full_disk_child(const char *dir)
{
    if (unshare(CLONE_NEWNS) != 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", dir, "tmpfs", 0, "size=12m") != 0)
        _exit(77);
    sample_company(dir);
    struct journal *j = open_journal(dir);
    struct journal_port port = journal_port(j);
    struct sample s;
    char *reserve = g_build_filename(dir, "reserve", NULL), *filler = g_build_filename(dir, "filler", NULL);
    MUST(access(reserve, F_OK) == 0);
    fill(dir);
    enum { CALLS = 100 }; /* 230 kB of lines; the reserve of so small a disk is 600 kB */
    for (unsigned i = 0; i < CALLS; i++) {
        sample_make(&s, "full-000", i, clock_wall_us() / 1000);
        sample_end(&s, 10, REASON_ANSWERED);
        port.call_ended(port.arg, &s.record);
        if (i % 50 == 49)
            MUST(journal_flush(j, 5000) == 0); /* the reserve carries on */
    }
    MUST(access(reserve, F_OK) != 0);
    MUST(journal_alarms(j) & JOURNAL_DISK_FULL);
    MUST(!(journal_alarms(j) & JOURNAL_FACTS_LOST));
    /* Now not even the reserve is left: facts wait in memory. What was applied to the database meanwhile gives space
     * back, so it is filled until nothing more can be written. */
    unsigned n = CALLS;
    bool waits = false;
    for (int tries = 0; tries < 20 && !waits; tries++) {
        fill(dir);
        for (unsigned more = n + 50; n < more; n++) {
            sample_make(&s, "full-000", n, clock_wall_us() / 1000);
            sample_end(&s, 10, REASON_ANSWERED);
            port.call_ended(port.arg, &s.record);
        }
        waits = journal_flush(j, 300) == ETIMEDOUT;
    }
    MUST(waits);
    MUST(unlink(filler) == 0);
    MUST(journal_settle(j, 5000) == 0); /* space returns: all is normal within 10 s */
    MUST(!(journal_alarms(j) & JOURNAL_FACTS_LOST));
    journal_close(j);
    json_t *calls = sample_calls(dir);
    MUST(json_object_size(calls) == n);
    expect_sound_database(dir);
    _exit(0);
}

static void a_full_disk_costs_no_record(void **state) /* H1 */
{
    pid_t pid = fork();
    if (pid == 0)
        full_disk_child(*state);
    int status = 0;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFEXITED(status));
    if (WEXITSTATUS(status) == 77)
        skip(); /* mounting needs root */
    assert_int_equal(WEXITSTATUS(status), 0);
}

#define IN_FOLDER(f) cmocka_unit_test_setup_teardown(f, folder_setup, folder_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(nothing_acknowledged_is_lost_or_doubled),
        IN_FOLDER(a_full_disk_costs_no_record),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
