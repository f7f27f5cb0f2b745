# SPDX-License-Identifier: Apache-2.0
"""What phones do besides talking: keys, several devices, second calls, refusals, repetitions; by hand."""
import struct

from kit.hand import Hand
from kit.process import wait_for
from test_calls import LEFT, RIGHT, THIRD
from test_hold import change, hands_that_talk, hear_both

KEYS = "0123456789*#ABCD"


def cancel(hand, call):
    hand.send_request("CANCEL", call.target, call.local, call.remote, call.call_id, call.cseq,
                      branch=hand.invite_branch)


def cancelled(hand, request):
    """Takes the CANCEL and ends the INVITE; the CANCEL."""
    said = hand.request("CANCEL", 2)
    hand.respond(said, 200)
    hand.respond(request, 487)
    return said


def test_keys_rfc4733(world):
    """SIP-21, CALL-7: all sixteen keys as telephone events, 10 a second, arrive once each, both ways."""
    a, b, call, _ = hands_that_talk(world)
    a.rtp.press(KEYS, frames=3)
    wait_for("all keys", 6, lambda: len(b.rtp.pressed()) >= len(KEYS) and not a.rtp.events)
    b.rtp.press("42#")
    wait_for("three keys", 3, lambda: len(a.rtp.pressed()) >= 3 and not b.rtp.events)
    assert (b.rtp.pressed(), a.rtp.pressed()) == (KEYS, "42#"), (b.rtp.pressed(), a.rtp.pressed())
    hear_both(a, b)
    call.bye()


def test_keys_info(world):
    """SIP-21: keys by INFO (both forms) are taken and come out as telephone events, once each."""
    a, b, call, _ = hands_that_talk(world)
    for i, key in enumerate("5#"):
        kind, body = (("application/dtmf-relay", f"Signal={key}\r\nDuration=160\r\n"), ("application/dtmf", key))[i]
        call.request("INFO", body, kind=kind)
        answer = a.final("INFO")
        assert answer.status == 200, answer
    wait_for("two keys", 3, lambda: len(b.rtp.pressed()) >= 2)
    hear_both(a, b)
    assert b.rtp.pressed() == "5#", b.rtp.pressed()
    call.bye()


def test_codec_change(world):
    """SIP-19, SIP-20: a re-INVITE with another codec reaches the other side; afterwards both send it."""
    a, b, call, _ = hands_that_talk(world)
    call.request("INVITE", a.sdp(version=2, formats=(0, 101)))
    offer = b.request("INVITE")
    assert 0 in offer.sdp().formats, offer.body
    b.respond(offer, 200, b.sdp(version=2, formats=(0, 101)))
    b.request("ACK")
    answer = a.final("INVITE")
    call.request("ACK", cseq=call.cseq)
    assert answer.status == 200 and answer.sdp().formats[0] == 0, answer.body
    got = len(b.rtp.packets)
    a.rtp.socket.sendto(struct.pack(">BBHII", 0x80, 0, 1, 0, 9) + b"\xff" * 160, a.rtp.to)
    wait_for("PCMU", 2, lambda: any(kind == 0 for _, _, kind, _ in b.rtp.packets[got:]))
    call.bye()


def test_update_in_a_call(world):
    """SIP-10: UPDATE without an offer refreshes the session (RFC 3311, RFC 4028)."""
    a, b, call, _ = hands_that_talk(world)
    call.request("UPDATE")
    assert a.final("UPDATE").status == 200
    hear_both(a, b)
    call.bye()


def devices(world, n=2):
    """A caller and somebody with several devices, all ringing."""
    world.start()
    a = Hand(world, "100", LEFT)
    many = [Hand(world, "101", RIGHT) for _ in range(n)]
    for phone in (a, *many):
        phone.register()
    call = a.invite("101")
    return a, call, [(phone, phone.ringing()) for phone in many]


def test_answered_elsewhere(world):
    """SIP-14: one of two devices answers: the other is told so in the Reason of its CANCEL."""
    a, call, [(b, request), (c, other)] = devices(world)
    b.answer(request)
    reason = cancelled(c, other).get("reason")
    assert "SIP" in reason and "cause=200" in reason and "Call completed elsewhere" in reason, reason
    a.established(call)
    hear_both(a, b)
    call.bye()


def test_refused_on_one_device(world):
    """SIP-14, CALL-4: 603 on one device ends the ringing of the others with cause 603; the caller hears busy."""
    a, _, [(b, request), (c, other)] = devices(world)
    b.respond(request, 603)
    reason = cancelled(c, other).get("reason")
    assert "cause=603" in reason, reason
    assert a.final("INVITE").status in (486, 603)


def test_busy_on_one_device(world):
    """CALL-4: 486 stops that device only; the other goes on ringing and is answered."""
    a, call, [(b, request), (c, other)] = devices(world)
    b.respond(request, 486)
    b.request("ACK")
    c.answer(other)
    a.established(call)
    hear_both(a, c)
    call.bye()


def test_caller_gives_up(world):
    """SIP-14, SIP-11: the caller's CANCEL stops all devices without a Reason; 200 and 487 for the caller; the record."""
    a, call, ringing = devices(world)
    cancel(a, call)
    assert a.final("CANCEL").status == 200
    assert a.final("INVITE").status == 487
    for phone, request in ringing:
        assert not cancelled(phone, request).get("reason")
    (record,) = world.wait_calls("the record", lambda calls: len(calls) == 1 and calls[0]["ended_ms"])
    assert record["reason"] == "cancelled", record["reason"]


def test_nobody_answers(world):
    """SIP-35, CALL-6: after ring_s the phone is stopped and the caller gets 480."""
    world.answers["users"][0]["ring_s"] = 5
    a, _, [(b, request)] = devices(world, 1)
    wait_for("the caller's 180", 2, lambda: a.expect("180", lambda m: m.status == 180))
    said = b.request("CANCEL", 7)
    b.respond(said, 200)
    b.respond(request, 487)
    assert a.final("INVITE").status in (480, 408), "no answer"
    world.wait_calls("no_answer", lambda calls: [c["reason"] for c in calls] == ["no_answer"])


def test_second_call(world):
    """CALL-15: in a call a second one rings too; refused with 486 the first is untouched; answered, the first held:
    both live."""
    a, b, call, held = hands_that_talk(world)
    c = Hand(world, "102", THIRD)
    c.register()
    c.invite("101")
    b.respond(b.ringing(), 486)
    assert c.final("INVITE").status == 486
    hear_both(a, b)
    second = c.invite("101")
    change(held, b.sdp("sendonly", 2))
    b.answer(b.ringing())
    c.established(second)
    wait_for("the second's voice", 3, lambda: c.rtp.hears(RIGHT, (THIRD,)) and b.rtp.hears(THIRD, (LEFT,)))
    second.bye()
    call.bye()


def test_repeated_invite(world):
    """SIP-11: an INVITE sent twice rings once and is answered alike; a BYE twice likewise."""
    world.start()
    a, b = Hand(world, "100", LEFT), Hand(world, "101", RIGHT)
    a.register()
    b.register()
    send, kept = a.link.send, []
    a.link.send = lambda data: (kept.append(data), send(data))
    call = a.invite("101")
    for data in [d for d in kept if d.startswith(b"INVITE")][-1:] * 2:
        send(data)
    b.answer(b.ringing())
    a.established(call)
    hear_both(a, b)
    assert not [m for m in b.seen if m.method == "INVITE"], b.seen
    kept.clear()
    call.bye()
    send([d for d in kept if d.startswith(b"BYE")][0])
    assert a.final("BYE").status == 200
    b.request("BYE")
    world.wait_calls("one record", lambda calls: len(calls) == 1 and calls[0]["ended_ms"])


def test_wrong_password(world):
    """SIP-3, SIP-4: MD5 and SHA-256 are let in with the right password, with a wrong one nobody."""
    world.start()
    for algorithm in ("MD5", "SHA-256"):
        Hand(world, "100").register(algorithm=algorithm)
        Hand(world, "100", password="x" * 26).register(algorithm=algorithm, expected=401)


def test_wrong_number(world):
    """CALL-6: a number that is nobody's, and one whose phone is off."""
    world.start()
    a = Hand(world, "100", LEFT)
    a.register()
    for number, statuses in (("777", (404,)), ("104", (480,))):
        a.invite(number)
        assert a.final("INVITE").status in statuses, number


def test_mute_phone_is_unreachable(world):
    """SIP-6: a device that says nothing counts as unreachable: the caller knows after 2.2 s."""
    world.start()
    a, b = Hand(world, "100", LEFT), Hand(world, "101", RIGHT)
    a.register()
    b.register()
    a.invite("101")
    b.request("INVITE")
    answer = a.final("INVITE", 2.6)
    assert answer.status == 480, answer


def test_no_common_codec(world):
    """SIP-20: an offer of codecs nobody has: 488."""
    world.start()
    a, b = Hand(world, "100", LEFT), Hand(world, "101", RIGHT)
    a.register()
    b.register()
    body = a.sdp().replace(" 8 101", " 18").replace("a=rtpmap:8 PCMA/8000", "a=rtpmap:18 G729/8000")
    a.invite("101", body=body)
    assert a.final("INVITE").status == 488
