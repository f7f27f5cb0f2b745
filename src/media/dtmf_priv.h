/* SPDX-License-Identifier: Apache-2.0
 *
 * Telephone events in RTP (RFC 4733): heard once each whatever is lost, and sent so that they are. Pure; belong to the
 * session's worker.
 */
#pragma once

#include "media/rtp_priv.h"

enum {
    DTMF_EVENT_BYTES = 4,
    DTMF_SILENCE_MS = 200, /* without packets an event is over: its end was lost */
    DTMF_HELD_MS = 5000,   /* told even though the key is still down */
    DTMF_QUEUE = 32,
    DTMF_STEP_MS = 20,
};

struct dtmf_event {
    uint8_t event, volume;
    bool end;
    uint16_t duration; /* in clock ticks */
};
/* False: too short. */
[[gnu::warn_unused_result]] bool dtmf_parse(const uint8_t *payload, size_t bytes, struct dtmf_event *ret);
void dtmf_write(uint8_t payload[DTMF_EVENT_BYTES], const struct dtmf_event *e);
/* 0 to 15 <-> "0123456789*#ABCD"; 0 and 0xff for others (flash, tones). */
char dtmf_digit(uint8_t event);
uint8_t dtmf_code(char digit);

struct dtmf_key {
    char digit;
    uint16_t ms;
};

/* --- hearing ---------------------------------------------------------------------------------------------------- */

enum dtmf_in_state { DTMF_IN_NONE, DTMF_IN_DOWN, DTMF_IN_TOLD /* of this timestamp all is said */ };
struct dtmf_in {
    uint32_t ts, ssrc;
    uint32_t before; /* ticks of earlier segments of a long event (RFC 4733 2.5.1.3) */
    uint32_t clock_hz;
    uint16_t duration; /* longest seen in this segment */
    uint8_t event;
    uint8_t state; /* enum dtmf_in_state */
};
/* Takes an event packet; returns how many keys (0 to 2) it completes: one whose end was lost, and its own. */
unsigned dtmf_in_add(struct dtmf_in *d, const struct rtp *p, uint32_t clock_hz, struct dtmf_key ret[2]);
/* DTMF_SILENCE_MS went by without a packet: whether a key is completed by that. */
[[gnu::warn_unused_result]] bool dtmf_in_silence(struct dtmf_in *d, struct dtmf_key *ret);

/* --- sending ---------------------------------------------------------------------------------------------------- */

enum { DTMF_MS_DEFAULT = 100, DTMF_MS_MIN = 40, DTMF_MS_MAX = 5000 };
struct dtmf_out {
    struct dtmf_key queue[DTMF_QUEUE];
    uint32_t ts;
    uint16_t sent_ms; /* of the present key */
    uint8_t first, n; /* of the queue */
    uint8_t ends;     /* end packets sent */
    uint8_t pause;    /* steps of silence left */
};
/* False: the queue is full, or that is no key. */
[[gnu::warn_unused_result]] bool dtmf_out_push(struct dtmf_out *d, char digit, uint16_t ms);
/* One step of DTMF_STEP_MS. DTMF_START: *e is the first packet of a key (marker; the caller sets d->ts before sending),
 * DTMF_GO: a later one, DTMF_PAUSE: silence between keys, DTMF_IDLE: nothing is left. */
enum dtmf_step { DTMF_IDLE, DTMF_PAUSE, DTMF_START, DTMF_GO };
enum dtmf_step dtmf_out_step(struct dtmf_out *d, uint32_t clock_hz, struct dtmf_event *e);
