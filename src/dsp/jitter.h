/* SPDX-License-Identifier: Apache-2.0
 *
 * A jitter buffer: voice packets in as the network brings them, out in order at a steady pace (SIP-27). Its delay
 * follows the jitter of the last seconds between JITTER_MS_MIN and JITTER_MS_MAX; whoever plays it is told when a frame
 * should be left out or put in, and does so where it is not heard. Pure; an object belongs to one thread.
 *
 *     transit = arrival - timestamp          base = least, spread = most - least, of the last JITTER_WINDOW_MS
 *     delay = (now - play position) - base   wanted: spread + margin
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { JITTER_MS_MIN = 20, JITTER_MS_MAX = 200, JITTER_WINDOW_MS = 10000, JITTER_BYTES_MAX = 1280 };

struct jitter_packet {
    const uint8_t *payload;
    uint16_t bytes;
    uint32_t ssrc, ts;
};

struct jitter;
struct jitter *jitter_new(uint32_t clock_hz);
void jitter_free(struct jitter *j);

/* The payload is copied. Late, double and oversized ones are dropped. */
void jitter_put(struct jitter *j, const struct jitter_packet *p, int64_t now_us);

enum jitter_step {
    JITTER_NOTHING, /* nothing came yet, or not for long enough */
    JITTER_PACKET,  /* in *p, to be decoded: then jitter_advance; the payload lasts until that */
    JITTER_LOST,    /* cover up *ticks, then jitter_advance; p->payload: the packet right behind them, or NULL */
    JITTER_WAIT,    /* it runs dry: cover up without advancing, what is late may still come */
};
enum jitter_step jitter_next(struct jitter *j, int64_t now_us, struct jitter_packet *p, uint32_t *ticks);
void jitter_advance(struct jitter *j, uint32_t ticks);

/* Ticks of sound that were taken but not played yet count as not advanced. */
enum jitter_lean {
    JITTER_STEADY,
    JITTER_SHRINK,     /* leave out a frame when it is quiet */
    JITTER_SHRINK_NOW, /* in any case */
    JITTER_GROW,       /* put in a frame when it is quiet */
};
enum jitter_lean jitter_lean(const struct jitter *j, int64_t now_us, uint32_t held_ticks);

struct jitter_stats {
    uint32_t played, lost, late, doubles, restarts;
    int32_t delay_ms, wanted_ms; /* at the last jitter_next */
};
struct jitter_stats jitter_stats(const struct jitter *j);
