/* SPDX-License-Identifier: Apache-2.0
 *
 * The jitter buffer: see jitter.h. Packets are kept sorted by timestamp; sequence numbers are not needed for voice.
 */
#include "dsp/jitter.h"

#include <glib.h>
#include <stdbool.h>
#include <string.h>

enum { SLOTS = 64, BUCKETS = 20, BUCKET_MS = JITTER_WINDOW_MS / BUCKETS };
enum { FRAME_MS = 20, START_MS = 40, MARGIN_MS = 10 };
enum { SHRINK_MS = 25, SHRINK_NOW_MS = 60, GROW_MS = 5 }; /* how far beside what is wanted: more than a frame apart */
enum { AHEAD_MAX_MS = 1000, LATE_RUN_MAX = 10 };          /* beyond these the stream has begun anew */

struct slot {
    int64_t ts; /* without turn-over */
    uint8_t *payload;
    uint16_t bytes;
};

/* Least and most transit of half a second. */
struct bucket {
    int64_t number, min_us, max_us;
};

struct jitter {
    uint32_t clock_hz, ssrc;
    bool begun, playing;
    int64_t newest; /* timestamp that came last, without turn-over */
    int64_t play;   /* next one to be decoded */
    unsigned n, late_run;
    struct slot slot[SLOTS];
    struct bucket bucket[BUCKETS];
    uint8_t *taken; /* payload that was handed out */
    struct jitter_stats stats;
};

struct jitter *jitter_new(uint32_t clock_hz)
{
    struct jitter *j = g_new0(struct jitter, 1);
    j->clock_hz = clock_hz;
    return j;
}

static void forget_packets(struct jitter *j)
{
    while (j->n > 0)
        g_free(j->slot[--j->n].payload);
}

void jitter_free(struct jitter *j)
{
    if (!j)
        return;
    forget_packets(j);
    g_free(j->taken);
    g_free(j);
}

struct jitter_stats jitter_stats(const struct jitter *j)
{
    return j->stats;
}

static int64_t us_of(const struct jitter *j, int64_t ticks)
{
    return ticks * 1000000 / j->clock_hz;
}

static int64_t ticks_of(const struct jitter *j, int64_t ms)
{
    return ms * j->clock_hz / 1000;
}

/* --- measuring -------------------------------------------------------------------------------------------------- */

static void measure(struct jitter *j, int64_t ts, int64_t now_us)
{
    int64_t transit = now_us - us_of(j, ts), number = now_us / (BUCKET_MS * 1000);
    struct bucket *b = &j->bucket[number % BUCKETS];
    if (b->number != number || b->max_us < b->min_us)
        *b = (struct bucket){number, transit, transit};
    b->min_us = MIN(b->min_us, transit);
    b->max_us = MAX(b->max_us, transit);
}

/* Least and most of the window; of the newest half second there was when nothing came for longer. */
static void window(const struct jitter *j, int64_t now_us, int64_t *base_us, int64_t *most_us)
{
    int64_t number = now_us / (BUCKET_MS * 1000), newest = 0;
    for (unsigned i = 0; i < BUCKETS; i++)
        newest = MAX(newest, j->bucket[i].number);
    int64_t oldest = MIN(newest, number - BUCKETS + 1);
    *base_us = INT64_MAX;
    *most_us = INT64_MIN;
    for (unsigned i = 0; i < BUCKETS; i++) {
        const struct bucket *b = &j->bucket[i];
        if (!b->number || b->number < oldest)
            continue;
        *base_us = MIN(*base_us, b->min_us);
        *most_us = MAX(*most_us, b->max_us);
    }
}

struct timing {
    int64_t delay_us, wanted_us;
};

static struct timing timing(const struct jitter *j, int64_t now_us, int64_t position)
{
    int64_t base_us, most_us;
    window(j, now_us, &base_us, &most_us);
    int64_t wanted = most_us - base_us + MARGIN_MS * 1000;
    return (struct timing){.delay_us = now_us - us_of(j, position) - base_us,
                           .wanted_us = CLAMP(wanted, JITTER_MS_MIN * 1000, JITTER_MS_MAX * 1000)};
}

/* --- in --------------------------------------------------------------------------------------------------------- */

static void begin(struct jitter *j, const struct jitter_packet *p)
{
    forget_packets(j);
    memset(j->bucket, 0, sizeof j->bucket);
    j->stats.restarts += j->begun;
    j->begun = true;
    j->playing = false;
    j->ssrc = p->ssrc;
    /* Far from 0, that an earlier one of the same stream is not below it. */
    j->newest = (INT64_C(1) << 32) + p->ts;
    j->late_run = 0;
}

/* Whether the stream goes on; else it has begun anew. */
static bool goes_on(struct jitter *j, const struct jitter_packet *p, int64_t ts)
{
    if (!j->begun || p->ssrc != j->ssrc || j->late_run > LATE_RUN_MAX)
        return false;
    int64_t ahead_max = ticks_of(j, AHEAD_MAX_MS), from = j->playing ? j->play : j->newest;
    return ts - from < ahead_max && from - ts < ahead_max * 60;
}

static void insert(struct jitter *j, int64_t ts, const struct jitter_packet *p)
{
    unsigned at = j->n;
    while (at > 0 && j->slot[at - 1].ts > ts)
        at--;
    if (at > 0 && j->slot[at - 1].ts == ts) {
        j->stats.doubles++;
        return;
    }
    memmove(&j->slot[at + 1], &j->slot[at], (j->n - at) * sizeof j->slot[0]);
    j->slot[at] = (struct slot){ts, g_memdup2(p->payload, p->bytes), p->bytes};
    j->n++;
}

void jitter_put(struct jitter *j, const struct jitter_packet *p, int64_t now_us)
{
    if (p->bytes == 0 || p->bytes > JITTER_BYTES_MAX)
        return;
    int64_t ts = j->newest + (int32_t)(p->ts - (uint32_t)j->newest);
    if (!goes_on(j, p, ts)) {
        begin(j, p);
        ts = j->newest;
    }
    j->newest = MAX(j->newest, ts);
    measure(j, ts, now_us);
    if (j->playing && ts < j->play) {
        j->stats.late++;
        j->late_run++;
        return;
    }
    j->late_run = 0;
    if (j->n == SLOTS) { /* nobody takes them */
        begin(j, p);
        ts = j->newest;
        measure(j, ts, now_us);
    }
    insert(j, ts, p);
}

/* --- out -------------------------------------------------------------------------------------------------------- */

static enum jitter_step take(struct jitter *j, struct jitter_packet *p)
{
    g_free(j->taken);
    j->taken = j->slot[0].payload;
    *p = (struct jitter_packet){j->taken, j->slot[0].bytes, j->ssrc, (uint32_t)j->slot[0].ts};
    j->n--;
    memmove(&j->slot[0], &j->slot[1], j->n * sizeof j->slot[0]);
    j->stats.played++;
    return JITTER_PACKET;
}

static bool start(struct jitter *j, int64_t now_us)
{
    if (!j->n || timing(j, now_us, j->slot[0].ts).delay_us < START_MS * 1000)
        return false;
    j->playing = true;
    j->play = j->slot[0].ts;
    return true;
}

enum jitter_step jitter_next(struct jitter *j, int64_t now_us, struct jitter_packet *p, uint32_t *ticks)
{
    *p = (struct jitter_packet){0};
    *ticks = (uint32_t)ticks_of(j, FRAME_MS);
    if (!j->playing && !start(j, now_us))
        return JITTER_NOTHING;
    while (j->n && j->slot[0].ts < j->play) { /* overtaken by one that said more than a frame */
        g_free(j->slot[0].payload);
        memmove(&j->slot[0], &j->slot[1], --j->n * sizeof j->slot[0]);
    }
    struct timing t = timing(j, now_us, j->play);
    j->stats.delay_ms = (int32_t)(t.delay_us / 1000);
    j->stats.wanted_ms = (int32_t)(t.wanted_us / 1000);
    if (!j->n) {
        if (t.delay_us < t.wanted_us)
            return JITTER_WAIT;
        j->stats.lost++;
        return JITTER_LOST;
    }
    int64_t gap = j->slot[0].ts - j->play;
    if (gap > 0 && t.delay_us > t.wanted_us + SHRINK_MS * 1000) {
        j->play += MIN(gap, ticks_of(j, t.delay_us / 1000 - t.wanted_us / 1000));
        gap = j->slot[0].ts - j->play;
    }
    if (gap == 0)
        return take(j, p);
    j->stats.lost++;
    if (gap <= *ticks) {
        *ticks = (uint32_t)gap;
        *p = (struct jitter_packet){j->slot[0].payload, j->slot[0].bytes, j->ssrc, (uint32_t)j->slot[0].ts};
    }
    return JITTER_LOST;
}

void jitter_advance(struct jitter *j, uint32_t ticks)
{
    j->play += ticks;
}

enum jitter_lean jitter_lean(const struct jitter *j, int64_t now_us, uint32_t held_ticks)
{
    if (!j->playing)
        return JITTER_STEADY;
    struct timing t = timing(j, now_us, j->play - held_ticks);
    int64_t over_us = t.delay_us - t.wanted_us;
    if (over_us > SHRINK_NOW_MS * 1000)
        return JITTER_SHRINK_NOW;
    if (over_us > SHRINK_MS * 1000)
        return JITTER_SHRINK;
    return over_us < -GROW_MS * 1000 ? JITTER_GROW : JITTER_STEADY;
}
