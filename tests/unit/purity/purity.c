/* SPDX-License-Identifier: Apache-2.0
 *
 * Nothing to run: that this program links with the pure folders alone is the test. Timers prove that they start.
 */
#include "base/timers.h"

int main(void)
{
    struct timers *ts = timers_new(0, 0);
    int left = (int)timers_count(ts);
    timers_free(ts);
    return left;
}
