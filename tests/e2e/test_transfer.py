# SPDX-License-Identifier: Apache-2.0
"""Transfers by phones: whoever is left hears the other."""
from kit.baresip import Baresip, register_all
from test_calls import LEFT, RIGHT, THIRD, hang_up, hear_each_other, talk
from test_hold import hold

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
