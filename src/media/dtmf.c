/* SPDX-License-Identifier: Apache-2.0
 *
 * Telephone events: see dtmf_priv.h.
 *
 *     hearing   NONE --packet--> DOWN --end bit | 5 s | 200 ms silence | new timestamp--> TOLD --new timestamp--> DOWN
 *     sending   20, 40 .. ms updates every 20 ms, then the end three times, then 40 ms of silence, then the next key
 */
#include "media/dtmf_priv.h"

#include "media/bytes_priv.h"

#include <string.h>

static const char KEYS[] = "0123456789*#ABCD";
enum { KEY_COUNT = 16, END_PACKETS = 3, PAUSE_STEPS = 2, VOLUME = 10 /* -10 dBm0 */ };

bool dtmf_parse(const uint8_t *payload, size_t bytes, struct dtmf_event *ret)
{
    if (bytes < DTMF_EVENT_BYTES)
        return false;
    *ret = (struct dtmf_event){
        .event = payload[0], .volume = payload[1] & 0x3f, .end = payload[1] >> 7, .duration = bytes_get16(payload + 2)};
    return true;
}

void dtmf_write(uint8_t payload[DTMF_EVENT_BYTES], const struct dtmf_event *e)
{
    payload[0] = e->event;
    payload[1] = (uint8_t)((e->end ? 0x80 : 0) | (e->volume & 0x3f));
    bytes_put16(payload + 2, e->duration);
}

char dtmf_digit(uint8_t event)
{
    return event < KEY_COUNT ? KEYS[event] : 0;
}

uint8_t dtmf_code(char digit)
{
    const char *at = digit ? strchr(KEYS, digit >= 'a' && digit <= 'd' ? digit - 'a' + 'A' : digit) : NULL;
    return at ? (uint8_t)(at - KEYS) : 0xff;
}

/* --- hearing ---------------------------------------------------------------------------------------------------- */

static uint32_t held_ms(const struct dtmf_in *d)
{
    uint64_t ms = d->clock_hz ? ((uint64_t)d->before + d->duration) * 1000 / d->clock_hz : 0;
    return ms > DTMF_HELD_MS ? DTMF_HELD_MS : (uint32_t)ms;
}

static unsigned tell(struct dtmf_in *d, struct dtmf_key *ret)
{
    d->state = DTMF_IN_TOLD;
    *ret = (struct dtmf_key){dtmf_digit(d->event), (uint16_t)held_ms(d)};
    return ret->digit ? 1 : 0;
}

/* The next segment of the same long event begins where the last one ended. */
static bool goes_on(const struct dtmf_in *d, const struct rtp *p, const struct dtmf_event *e)
{
    return d->state != DTMF_IN_NONE && e->event == d->event && p->ssrc == d->ssrc && d->duration >= 0xff00 &&
           (uint32_t)(p->ts - d->ts) <= 0x10000;
}

unsigned dtmf_in_add(struct dtmf_in *d, const struct rtp *p, uint32_t clock_hz, struct dtmf_key ret[2])
{
    struct dtmf_event e;
    if (!dtmf_parse(p->payload, p->payload_bytes, &e))
        return 0;
    unsigned n = 0;
    bool same = d->state != DTMF_IN_NONE && p->ts == d->ts && p->ssrc == d->ssrc;
    if (!same && d->state != DTMF_IN_NONE && p->ssrc == d->ssrc && (int32_t)(p->ts - d->ts) < 0)
        return 0; /* a late packet of an earlier key */
    if (!same && goes_on(d, p, &e)) {
        d->before += p->ts - d->ts;
        d->ts = p->ts;
        d->duration = e.duration;
    } else if (!same) {
        if (d->state == DTMF_IN_DOWN)
            n += tell(d, &ret[0]);
        *d = (struct dtmf_in){.ts = p->ts,
                              .ssrc = p->ssrc,
                              .clock_hz = clock_hz,
                              .event = e.event,
                              .duration = e.duration,
                              .state = DTMF_IN_DOWN};
    } else if (e.duration > d->duration) {
        d->duration = e.duration;
    }
    if (d->state == DTMF_IN_DOWN && (e.end || held_ms(d) >= DTMF_HELD_MS))
        n += tell(d, &ret[n]);
    return n;
}

bool dtmf_in_silence(struct dtmf_in *d, struct dtmf_key *ret)
{
    return d->state == DTMF_IN_DOWN && tell(d, ret);
}

/* --- sending ---------------------------------------------------------------------------------------------------- */

bool dtmf_out_push(struct dtmf_out *d, char digit, uint16_t ms)
{
    if (d->n == DTMF_QUEUE || dtmf_code(digit) == 0xff)
        return false;
    if (ms == 0)
        ms = DTMF_MS_DEFAULT;
    ms = ms < DTMF_MS_MIN ? DTMF_MS_MIN : ms > DTMF_MS_MAX ? DTMF_MS_MAX : ms;
    d->queue[(d->first + d->n) % DTMF_QUEUE] = (struct dtmf_key){digit, ms};
    d->n++;
    return true;
}

enum dtmf_step dtmf_out_step(struct dtmf_out *d, uint32_t clock_hz, struct dtmf_event *e)
{
    if (d->pause) {
        d->pause--;
        return DTMF_PAUSE;
    }
    if (!d->n)
        return DTMF_IDLE;
    const struct dtmf_key *key = &d->queue[d->first];
    bool start = d->sent_ms == 0;
    if (d->sent_ms < key->ms)
        d->sent_ms = (uint16_t)(d->sent_ms + DTMF_STEP_MS);
    bool end = d->sent_ms >= key->ms;
    uint64_t ticks = (uint64_t)d->sent_ms * clock_hz / 1000;
    *e = (struct dtmf_event){.event = dtmf_code(key->digit),
                             .volume = VOLUME,
                             .end = end,
                             .duration = (uint16_t)(ticks > 0xffff ? 0xffff : ticks)};
    if (end && ++d->ends == END_PACKETS) {
        d->first = (uint8_t)((d->first + 1) % DTMF_QUEUE);
        d->n--;
        d->sent_ms = 0;
        d->ends = 0;
        d->pause = PAUSE_STEPS;
    }
    return start ? DTMF_START : DTMF_GO;
}
