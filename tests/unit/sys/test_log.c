/* SPDX-License-Identifier: Apache-2.0
 *
 * The log: what strangers send cannot fake lines (G1), nor flood it (D3).
 */
#include "tests/cmocka_all.h"

#include "sys/log.h"

#include <fcntl.h>
#include <glib.h>
#include <unistd.h>

static int saved_stderr, read_fd;

static void catch_stderr(void)
{
    int p[2];
    assert_int_equal(pipe2(p, O_NONBLOCK), 0);
    saved_stderr = dup(STDERR_FILENO);
    (void)dup2(p[1], STDERR_FILENO);
    (void)close(p[1]);
    read_fd = p[0];
}

static char *caught(void)
{
    static char text[65536];
    (void)dup2(saved_stderr, STDERR_FILENO);
    (void)close(saved_stderr);
    ssize_t n = read(read_fd, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    (void)close(read_fd);
    return text;
}

static unsigned lines_of(const char *text)
{
    unsigned n = 0;
    for (; *text; text++)
        n += *text == '\n';
    return n;
}

static void outside_text_is_escaped(void **state)
{
    (void)state;
    catch_stderr();
    log_line(LOG_ERROR, "sip", "from %s", "a\r\n\x1b[2Jb\xff caf\xc3\xa9 \xe2\x80\xae");
    const char *line = caught();
    assert_non_null(strstr(line, "error sip: from a\\x0d\\x0a\\x1b[2Jb\\xff caf\xc3\xa9 \\xe2\\x80\\xae\n"));
    assert_int_equal(lines_of(line), 1);
}

static void levels_filter(void **state)
{
    (void)state;
    enum log_level l;
    assert_true(log_level_parse("Debug", &l));
    assert_int_equal(l, LOG_DEBUG);
    assert_false(log_level_parse("loud", &l));
    log_set_level(LOG_WARNING);
    catch_stderr();
    log_line(LOG_NOTICE, "sip", "unseen");
    log_line(LOG_WARNING, "sip", "seen");
    assert_int_equal(lines_of(caught()), 1);
    log_set_level(LOG_NOTICE);
}

static void a_flood_is_cut_to_ten_lines_and_counted(void **state)
{
    (void)state;
    catch_stderr();
    for (int i = 0; i < 1000; i++)
        log_limited(LOG_WARNING, "net", "flood %d", i);
    unsigned first = lines_of(caught());
    assert_true(first >= 10 && first <= 21); /* a second may have begun in between */
    g_usleep(1100000);
    catch_stderr();
    log_limited(LOG_WARNING, "net", "later");
    log_limited(LOG_WARNING, "sip", "another area");
    const char *text = caught();
    assert_non_null(strstr(text, "more lines of this kind were not written"));
    assert_int_equal(lines_of(text), 3);
}

int main(void)
{
    (void)unsetenv("JOURNAL_STREAM");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(outside_text_is_escaped),
        cmocka_unit_test(levels_filter),
        cmocka_unit_test(a_flood_is_cut_to_ten_lines_and_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
