/* SPDX-License-Identifier: Apache-2.0
 *
 * Reports both ways and the watch for dead peers (SIP-26, SIP-27). Owner: the session's worker.
 */
#include "media/rtp_session_priv.h"
#include "media/udp_priv.h"
#include "media/worker_priv.h"

#include <stdalign.h>

/* Five seconds while packets flow. RFC 3550 6.2 makes that a minimum; a leg where nothing flows is told less often. */
static const int64_t REPORT_US = 5000000, REPORT_QUIET_US = 15000000;
static const int64_t ROUND_TRIP_MAX_US = 60000000;

void rtp_session_take_rtcp(struct rtp_session *s, const uint8_t *packet, size_t bytes, int64_t now_us)
{
    struct rtcp_heard heard;
    if (!rtcp_parse(packet, bytes, s->out.ssrc, &heard)) {
        s->dropped++;
        return;
    }
    s->heard_us = now_us;
    if (heard.sender) {
        s->told.sr_ntp = heard.sender_ntp;
        s->told.sr_us = now_us;
    }
    if (!heard.block)
        return;
    s->told.lost = heard.lost & 0x800000 ? 0 : heard.lost; /* signed 24 bits: doubles can outnumber losses */
    uint32_t clock_hz = s->out.clock_hz;
    s->told.jitter_us = (uint32_t)((uint64_t)heard.jitter * 1000000 / clock_hz);
    if (!heard.last_sr)
        return;
    uint32_t trip = rtcp_ntp_middle(timers_wall_us(rtp_session_worker(s)->timers)) - heard.last_sr - heard.since_sr;
    int64_t trip_us = (int64_t)trip * 1000000 / 65536;
    if (trip_us <= ROUND_TRIP_MAX_US) /* more is a lie or a clock that was set */
        s->told.round_trip_us = (uint32_t)trip_us;
}

static void report(struct rtp_session *s, int64_t now_us, int64_t wall_us)
{
    struct rtp_session_socket *k = s->mux ? &s->rtp : &s->rtcp;
    const struct net_addr *to = k->connected ? NULL : latch_target(&k->latch);
    if (!k->connected && !to)
        return;
    struct rtcp_report r = {.ssrc = s->out.ssrc,
                            .sends = s->out.packets > 0,
                            .wall_us = wall_us,
                            .ts = out_stream_ts(&s->out, now_us),
                            .packets = s->out.packets,
                            .octets = s->out.octets};
    memcpy(r.cname, s->cname, sizeof r.cname);
    r.hears = rx_stats_report(&s->rx, &r.rx);
    if (s->told.sr_us) {
        r.last_sr = s->told.sr_ntp;
        r.since_sr = (uint32_t)((uint64_t)(now_us - s->told.sr_us) * 65536 / 1000000);
    }
    alignas(4) uint8_t packet[RTCP_REPORT_BYTES + SRTP_TRAILER_BYTES];
    size_t bytes = rtcp_write(packet, &r);
    if (!s->srtp || srtp_session_seal_rtcp(s->srtp, packet, &bytes, now_us))
        (void)media_udp_send(k->watch.fd, packet, bytes, to);
}

void rtp_session_look_after(struct rtp_session *s, int64_t now_us, int64_t wall_us)
{
    if (s->timeout_us && now_us - s->heard_us >= s->timeout_us) {
        s->timeout_us = 0; /* told once */
        worker_tell(rtp_session_worker(s), s->id, &(struct media_event){.kind = MEDIA_TIMEOUT});
    }
    if (!s->report.due_us || now_us < s->report.due_us)
        return;
    uint32_t packets = s->rx.packets + s->out.packets;
    if (packets == s->report.packets && now_us < s->report.due_us + REPORT_QUIET_US - REPORT_US)
        return;
    s->report.packets = packets;
    s->report.due_us = now_us + REPORT_US;
    report(s, now_us, wall_us);
}
