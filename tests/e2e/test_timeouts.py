# SPDX-License-Identifier: Apache-2.0
"""Peers that vanish: told apart from those that only keep silent."""
import struct
import threading
import time

from kit.hand import Hand
from test_calls import LEFT, RIGHT
from test_hold import hands_that_talk, hear_both

RTP_TIMEOUT_S, SPREAD_S = 30, 2


def rtcp_now_and_then(phone, runs):
    """A receiver report with a name each second (RFC 3550 6.4.2, 6.5)."""
    name = b"\x01\x01m\x00"
    packet = struct.pack(">BBHI", 0x80, 201, 1, 7) + struct.pack(">BBHI", 0x81, 202, 2, 7) + name
    while runs.is_set():
        phone.rtp.socket.sendto(packet, (phone.rtp.to_was[0], phone.rtp.to_was[1] + 1))
        time.sleep(1)


def test_rtp_timeout(world):
    """SIP-26: a call without RTP and RTCP ends after 30 s with BYE to both, reason media_timeout; one that is muted and
    sends RTCP lives."""
    a, b, _, _ = hands_that_talk(world)
    c, d = Hand(world, "102", LEFT), Hand(world, "103", RIGHT)
    for phone in (c, d):
        phone.register()
    muted = c.invite("103")
    d.answer(d.ringing())
    c.established(muted)
    hear_both(c, d)
    runs = threading.Event()
    runs.set()
    world.later(runs.clear)
    for phone in (a, b, c, d):
        phone.rtp.to_was, phone.rtp.to = phone.rtp.to, None
    for phone in (c, d):
        threading.Thread(target=rtcp_now_and_then, args=(phone, runs), daemon=True).start()
    silent = time.monotonic()
    a.respond(a.request("BYE", RTP_TIMEOUT_S + SPREAD_S + 1), 200)
    lasted = time.monotonic() - silent
    assert abs(lasted - RTP_TIMEOUT_S) <= SPREAD_S, lasted
    b.respond(b.request("BYE", 1), 200)
    ended = world.wait_calls("the record", lambda calls: [x for x in calls if x["ended_ms"]])
    assert [x["reason"] for x in ended if x["ended_ms"]] == ["media_timeout"], ended
    time.sleep(max(0, silent + RTP_TIMEOUT_S + SPREAD_S - time.monotonic()))
    assert muted.bye().status == 200, "the muted call has ended too"
    runs.clear()


test_rtp_timeout.weight = 39
