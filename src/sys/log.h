/* SPDX-License-Identifier: Apache-2.0
 *
 * The log: lines to standard error (the service manager keeps them), one write each, any thread. Adapters log; the pure
 * folders never do. Text from outside is escaped. Never give it a secret.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level l); /* atomic; changeable at run time */
enum log_level log_level(void);
bool log_level_parse(const char *name, enum log_level *ret);
/* area: "sip", "media" …; the text without line end. At most 10 lines a second per area at WARNING and above come from
 * strangers' doing: use log_limited for those; it counts and reports what it swallowed. */
[[gnu::format(printf, 3, 4)]] void log_line(enum log_level l, const char *area, const char *format, ...);
[[gnu::format(printf, 3, 4)]] void log_limited(enum log_level l, const char *area, const char *format, ...);
