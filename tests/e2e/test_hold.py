# SPDX-License-Identifier: Apache-2.0
"""On hold: the held hears music and nobody's voice; afterwards both hear each other at once. baresip 1.0 no longer
writes what it hears after it has held a call itself: there the other side is listened to; phones by hand hear both."""
import time

from kit.baresip import Baresip, register_all
from kit.hand import Hand
from kit.process import wait_for
from kit.sound import WINDOW_S
from test_calls import LEFT, RIGHT, hang_up, talk

MUSIC_S = 1.0  # until the held hears it (CALL-8)
RESUMED_S = 0.5  # until both hear each other (CALL-8)
MARGIN_S = WINDOW_S + 0.1  # until a window holds nothing older


def is_music(ears, voices):
    ears.wait_music(voices, MUSIC_S + MARGIN_S)
    first = ears.wait_more(0.6)
    ears.wait_music(voices, 0.5)
    assert ears.now() > first


def hold(holder, held):
    holder.say("hold")
    is_music(held.ears(), (holder.hz, held.hz))


def resume(holder, held):
    holder.say("resume")
    held.ears().wait_tone(holder.hz, (held.hz,), RESUMED_S + MARGIN_S)


def test_hold_by_caller(world):
    """SIP-40, CALL-8: the caller's baresip holds and resumes, twice."""
    world.start()
    a, b = Baresip(world, "100", LEFT), Baresip(world, "101", RIGHT)
    register_all(a, b)
    talk(a, b, "101")
    for _ in range(2):
        hold(a, b)
        resume(a, b)
    hang_up(b, a)


def test_hold_by_callee(world):
    """SIP-40, CALL-8: the callee's baresip holds and resumes, in Opus."""
    world.start()
    a, b = (Baresip(world, user, hz, codecs="opus/48000/2") for user, hz in (("100", LEFT), ("101", RIGHT)))
    register_all(a, b)
    talk(a, b, "101")
    hold(b, a)
    resume(b, a)
    hang_up(a, b)


def hands_that_talk(world):
    world.start()
    a, b = Hand(world, "100", LEFT), Hand(world, "101", RIGHT)
    a.register()
    b.register()
    call = a.invite("101")
    other = b.answer(b.ringing())
    a.established(call)
    hear_both(a, b)
    return a, b, call, other


def hear_both(a, b, within=3.0):
    wait_for("both voices", within, lambda: a.rtp.hears(b.hz, (a.hz,)) and b.rtp.hears(a.hz, (b.hz,)), 0.01)


def change(call, body):
    """The other side may be offered something meanwhile: it takes it."""
    answer = call.reinvite(body)
    assert answer.status == 200, answer
    return answer.sdp()


def hold_by_hand(world, **how):
    """Holds in the way told; the held hears music, the holder nothing; then both each other, twice."""
    a, b, call, _ = hands_that_talk(world)
    for version in (2, 4):
        answer = change(call, a.sdp(version=version, **how))
        voice, a.rtp.to = a.rtp.to, None
        assert answer.direction in ("recvonly", "inactive"), answer.text
        is_music(b.rtp, (LEFT, RIGHT))
        silent = a.rtp.now()
        b.rtp.wait_more(0.3)
        assert a.rtp.now() == silent, "the holder hears something"
        a.rtp.to = voice
        began = time.monotonic()
        assert change(call, a.sdp(version=version + 1)).direction == "sendrecv"
        hear_both(a, b, RESUMED_S + MARGIN_S - (time.monotonic() - began))
    assert call.bye().status == 200
    b.request("BYE")


def test_hold_sendonly(world):
    """CALL-8, SIP-19: sendonly."""
    hold_by_hand(world, direction="sendonly")


def test_hold_inactive(world):
    """CALL-8, SIP-19: inactive."""
    hold_by_hand(world, direction="inactive")


def test_hold_address_0(world):
    """CALL-8, SIP-19: connection address 0.0.0.0, as before RFC 3264."""
    hold_by_hand(world, direction="sendrecv", connection="0.0.0.0")


def test_hold_by_both(world):
    """CALL-8: both hold: nobody hears anything; one resumes and hears music; the other resumes and both talk."""
    a, b, call, other = hands_that_talk(world)
    change(call, a.sdp("sendonly", 2))
    is_music(b.rtp, (LEFT, RIGHT))
    change(other, b.sdp("sendonly", 2))
    voices, a.rtp.to, b.rtp.to = (a.rtp.to, b.rtp.to), None, None
    quiet = [len(p.rtp.samples) for p in (a, b)]
    time.sleep(0.3)
    assert [len(p.rtp.samples) - was for p, was in zip((a, b), quiet)] < [400, 400], "music for nobody"
    change(call, a.sdp(version=3))
    a.rtp.to = voices[0]
    is_music(a.rtp, (LEFT, RIGHT))
    change(other, b.sdp(version=3))
    b.rtp.to = voices[1]
    hear_both(a, b, RESUMED_S + MARGIN_S)
