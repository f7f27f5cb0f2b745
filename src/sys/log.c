/* SPDX-License-Identifier: Apache-2.0
 *
 * The log: see log.h. A line is put together on the stack and leaves by one write(2), so lines of several threads never
 * mix. Under systemd it starts with the level as sd-daemon(3) says; elsewhere with time and level.
 */
#include "sys/log.h"

#include "base/buf.h"
#include "sys/clock.h"

#include <errno.h>
#include <glib.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

enum { TEXT_BYTES = 2048, LINE_BYTES = 8300, AREAS_MAX = 32, LIMITED_PER_SECOND = 10 };

static atomic_int level = LOG_NOTICE;
static const char *const level_name[] = {"error", "warning", "notice", "info", "debug"};
static const int level_syslog[] = {3, 4, 5, 6, 7};

/* What log_limited counts, for each area. */
struct area {
    char name[16];
    int64_t second;
    unsigned lines, swallowed;
};
static pthread_mutex_t areas_lock = PTHREAD_MUTEX_INITIALIZER;
static struct area areas[AREAS_MAX]; /* under areas_lock; the last one is shared by those that found no place */

void log_set_level(enum log_level l)
{
    atomic_store_explicit(&level, (int)l, memory_order_relaxed);
}

enum log_level log_level(void)
{
    return (enum log_level)atomic_load_explicit(&level, memory_order_relaxed);
}

bool log_level_parse(const char *name, enum log_level *ret)
{
    for (int i = LOG_ERROR; i <= LOG_DEBUG; i++) {
        if (g_ascii_strcasecmp(name, level_name[i]) == 0) {
            *ret = (enum log_level)i;
            return true;
        }
    }
    return false;
}

/* Control characters, C1 controls and those that turn the writing direction could fake what a reader sees. */
static bool is_harmless(gunichar c)
{
    return c >= 0x20 && c != 0x7f && !(c >= 0x80 && c < 0xa0) && !(c >= 0x200e && c <= 0x200f) &&
           !(c >= 0x2028 && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069);
}

static void add_escaped(struct buf *b, const char *text)
{
    while (*text) {
        gunichar c = g_utf8_get_char_validated(text, -1);
        bool valid = c < 0x110000;
        size_t n = valid ? (size_t)(g_utf8_next_char(text) - text) : 1;
        if (valid && is_harmless(c)) {
            buf_add(b, (struct view){text, n});
        } else {
            for (size_t i = 0; i < n; i++)
                buf_addf(b, "\\x%02x", (unsigned char)text[i]);
        }
        text += n;
    }
}

static void add_head(struct buf *b, enum log_level l)
{
    if (getenv("JOURNAL_STREAM")) {
        buf_addf(b, "<%d>", level_syslog[l]);
        return;
    }
    int64_t now = clock_wall_us();
    time_t s = (time_t)(now / 1000000);
    struct tm tm;
    char text[32] = "";
    if (gmtime_r(&s, &tm))
        (void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
    buf_addf(b, "%s.%03dZ %s ", text, (int)(now / 1000 % 1000), level_name[l]);
}

static void write_line(enum log_level l, const char *area, const char *text)
{
    char line[LINE_BYTES];
    struct buf b = buf_on(line, sizeof line - 1);
    add_head(&b, l);
    buf_add_text(&b, area);
    buf_add(&b, VIEW(": "));
    add_escaped(&b, text);
    line[b.n++] = '\n';
    ssize_t n;
    do {
        n = write(STDERR_FILENO, line, b.n);
    } while (n < 0 && errno == EINTR); /* else it is lost: nobody is there to be told */
}

[[gnu::format(printf, 3, 0)]] static void write_formatted(enum log_level l, const char *area, const char *format,
                                                          va_list ap)
{
    char text[TEXT_BYTES];
    (void)vsnprintf(text, sizeof text, format, ap);
    write_line(l, area, text);
}

void log_line(enum log_level l, const char *area, const char *format, ...)
{
    if (l > log_level())
        return;
    va_list ap;
    va_start(ap, format);
    write_formatted(l, area, format, ap);
    va_end(ap);
}

static struct area *area_of(const char *name)
{
    for (int i = 0; i < AREAS_MAX - 1; i++) {
        if (areas[i].name[0] == '\0')
            (void)g_strlcpy(areas[i].name, name, sizeof areas[i].name);
        if (strncmp(areas[i].name, name, sizeof areas[i].name - 1) == 0)
            return &areas[i];
    }
    return &areas[AREAS_MAX - 1];
}

/* May a line be written now? *ret_swallowed: how many could not since the last that was. */
static bool area_admits(const char *name, unsigned *ret_swallowed)
{
    int64_t second = clock_monotonic_us() / 1000000;
    *ret_swallowed = 0;
    (void)pthread_mutex_lock(&areas_lock);
    struct area *a = area_of(name);
    if (a->second != second) {
        *ret_swallowed = a->swallowed;
        a->second = second;
        a->lines = a->swallowed = 0;
    }
    bool admits = a->lines < LIMITED_PER_SECOND;
    if (admits)
        a->lines++;
    else
        a->swallowed++;
    (void)pthread_mutex_unlock(&areas_lock);
    return admits;
}

void log_limited(enum log_level l, const char *area, const char *format, ...)
{
    unsigned swallowed;
    if (l > log_level() || !area_admits(area, &swallowed))
        return;
    if (swallowed)
        log_line(l, area, "%u more lines of this kind were not written", swallowed);
    va_list ap;
    va_start(ap, format);
    write_formatted(l, area, format, ap);
    va_end(ap);
}
