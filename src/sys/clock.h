/* SPDX-License-Identifier: Apache-2.0
 *
 * The real clocks, for the loop and for adapters. Any thread.
 */
#pragma once

#include <stdint.h>

int64_t clock_monotonic_us(void);
int64_t clock_wall_us(void); /* UTC since 1970 */
