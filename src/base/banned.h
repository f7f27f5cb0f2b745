/* SPDX-License-Identifier: Apache-2.0
 *
 * Functions that this tree does not use, made into compile errors. Force-included into every C file by the build, after
 * the system headers that declare them have been read.
 */
#pragma once

#include <glib.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Unbounded or truncating copies: use views, buf and g_strlcpy. */
#pragma GCC poison strcpy strcat strncpy strncat stpcpy
#pragma GCC poison sprintf vsprintf gets
/* Hidden state or no error report: use view_cut and view_to_u32. */
#pragma GCC poison strtok strtok_r atoi atol atoll
/* The process-wide zone and static buffers: use GDateTime with an explicit zone. */
#pragma GCC poison gmtime localtime ctime asctime mktime
/* Not random: use the entropy port. (`rand` and `random` too, but those words are names in headers of libraries:
 * tools/check_banned refuses the calls.) */
#pragma GCC poison srand drand48
/* A shell; a race. (alloca is refused by -Walloca, arrays of run-time length by -Wvla.) */
#pragma GCC poison system popen tmpnam mktemp
