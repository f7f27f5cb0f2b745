# SPDX-License-Identifier: Apache-2.0
"""Transfers by phones: whoever is left hears the other."""
from urllib.parse import quote

from kit.baresip import Baresip, register_all
from kit.hand import Hand
from kit.linphone import Linphone
from kit.process import wait_for
from test_calls import LEFT, RIGHT, THIRD, hang_up, hear_each_other, talk
from test_hold import MARGIN_S, RESUMED_S, change, hands_that_talk, hear_both, hold, is_music

VOICES = {"100": LEFT, "101": RIGHT, "102": THIRD}


def three_phones(world):
    world.start()
    phones = [Baresip(world, user, hz) for user, hz in VOICES.items()]
    register_all(*phones)
    return phones


def check_chain(world, segments):
    """One record with every segment (CALL-26)."""
    calls = world.wait_calls("the record", lambda found: found and all(c["ended_ms"] for c in found))
    assert len(calls) == 1, calls
    assert [s["target"] for s in calls[0]["segments"]] == segments, calls[0]["segments"]


def test_blind_transfer_by_callee(world):
    """SIP-40, SIP-16, CALL-21, CALL-26: the callee sends the caller on to a third."""
    a, b, c = three_phones(world)
    talk(a, b, "101")
    b.say("transfer", "102")
    c.wait("CALL_ESTABLISHED")
    b.wait("CALL_CLOSED")
    hear_each_other(a, c)
    hang_up(a, c)
    check_chain(world, ["101", "102"])


def test_blind_transfer_by_caller(world):
    """SIP-40, SIP-16, CALL-21: the caller sends the callee on; before, he held him."""
    a, b, c = three_phones(world)
    talk(a, b, "101")
    hold(a, b)
    a.say("transfer", "102")
    c.wait("CALL_ESTABLISHED")
    a.wait("CALL_CLOSED")
    hear_each_other(b, c)
    hang_up(c, b)


def linphone_and_two(world):
    world.start()
    a = Linphone(world, "100", LEFT)
    b, c = Baresip(world, "101", RIGHT), Baresip(world, "102", THIRD)
    register_all(a, b, c)
    a.dial("101")
    b.wait("CALL_ESTABLISHED")
    hear_each_other(a, b, 0.5)
    return a, b, c


def test_linphone_hold(world):
    """SIP-40, CALL-8: linphonec calls baresip, holds and resumes."""
    a, b, _ = linphone_and_two(world)
    a.say("pause")
    is_music(b.ears(), (LEFT, RIGHT))
    a.say("resume")
    b.ears().wait_tone(LEFT, (RIGHT,), RESUMED_S + MARGIN_S)
    hear_each_other(a, b, 0.5)
    a.say("terminate")
    b.wait("CALL_CLOSED")


def test_linphone_blind_transfer(world):
    """SIP-40, SIP-16, CALL-21: linphonec sends the called on."""
    a, b, c = linphone_and_two(world)
    a.say(f"transfer sip:102@127.0.0.1:{world.sip}")
    c.wait("CALL_ESTABLISHED")
    a.wait("to LinphoneCallEnd")
    hear_each_other(b, c)
    hang_up(b, c)
    check_chain(world, ["101", "102"])


def test_linphone_attended_transfer(world):
    """SIP-40, SIP-16, CALL-23: linphonec holds, asks a third, joins the two."""
    a, b, c = linphone_and_two(world)
    a.say("pause")
    is_music(b.ears(), (LEFT, RIGHT))
    a.dial("102")
    c.wait("CALL_ESTABLISHED")
    hear_each_other(a, c, 0.5)
    is_music(b.ears(), (LEFT, RIGHT, THIRD))
    a.say("transfer 1 --to-call 2")
    for _ in range(2):
        a.wait("to LinphoneCallEnd")
    hear_each_other(b, c)
    hang_up(c, b)


def consultation(world):
    """A talks to B, holds, asks C."""
    world.start()
    a, a2, b, c = (Hand(world, user, hz) for user, hz in (("100", LEFT), ("100", LEFT), ("101", RIGHT), ("102", THIRD)))
    for phone in (a, b, c):
        phone.register()
    first = a.invite("101")
    b_call = b.answer(b.ringing())
    a.established(first)
    change(first, a.sdp("sendonly", 2))
    second = a2.invite("102")
    c_call = c.answer(c.ringing())
    a2.established(second)
    c.rtp.wait_tone(LEFT, (THIRD,))
    return a, a2, b, c, first, second, b_call, c_call


def replaces(call):
    value = f"{call.call_id};to-tag={call.remote.partition(';tag=')[2]};from-tag={call.local.partition(';tag=')[2]}"
    return quote(value, safe="")


def is_told_of(hand, number):
    """The display changes to whom one talks with now (CALL-25)."""
    change = hand.expect(f"who {number} is", lambda m: m.method in ("UPDATE", "INVITE") and m.status is None and
                         f":{number}@" in m.get("p-asserted-identity"), 1.0)
    hand.respond(change, 200, hand.sdp(version=9) if change.body else "")


def test_attended_transfer_by_refer(world):
    """SIP-16, CALL-23, CALL-25: REFER with Replaces: 202, sipfrag until 200; the two remaining talk and are told of each
    other within a second."""
    a, a2, b, c, first, second, _, _ = consultation(world)
    first.request("REFER", extra=f"Refer-To: <sip:102@carillon?Replaces={replaces(second)}>\r\n"
                                 "Referred-By: <sip:100@carillon>\r\n")
    assert a.final("REFER").status == 202
    status, said = None, []
    while status != 200:
        notify = a.request("NOTIFY")
        a.respond(notify, 200)
        assert notify.get("content-type").startswith("message/sipfrag"), notify.headers
        said.append(notify.body.decode().split("\r\n")[0])
        status = int(said[-1].split(" ")[1])
        assert status <= 200, said
    assert "terminated" in notify.get("subscription-state"), notify.headers
    a2.request("BYE")
    is_told_of(b, "102")
    is_told_of(c, "101")
    wait_for("both voices", 2, lambda: b.rtp.hears(THIRD, (RIGHT, LEFT)) and c.rtp.hears(RIGHT, (THIRD, LEFT)), 0.01)


def test_foreign_replaces(world):
    """SIP-16: Replaces for the dialog of somebody else is refused 403, of none 481; the call goes on."""
    a, b, call, other = hands_that_talk(world)
    d = Hand(world, "103", THIRD)
    d.register()
    tags = f"to-tag={call.remote.partition(';tag=')[2]};from-tag={call.local.partition(';tag=')[2]}"
    for call_id, status in ((call.call_id, 403), ("none-such", 481)):
        d.invite("101", extra=f"Replaces: {call_id};{tags}\r\n")
        answer = d.final("INVITE")
        assert answer.status == status, answer
    hear_both(a, b)
    assert call.bye().status == 200
