# SPDX-License-Identifier: Apache-2.0
"""Two phones and the daemon between them: whoever speaks is heard at the right ear."""
from kit.baresip import Baresip, register_all

LEFT, RIGHT, THIRD = 480, 1020, 720  # the voices: between the notes of the music


def talk(caller, callee, number):
    """Calls, and listens to both for a second."""
    caller.dial(number)
    caller.wait("CALL_ESTABLISHED")
    callee.wait("CALL_ESTABLISHED")
    hear_each_other(caller, callee)


def hear_each_other(a, b, seconds=1.0):
    first = []
    for phone, other in ((a, b), (b, a)):
        phone.ears().wait_tone(other.hz, (phone.hz,))
        first.append(phone.ears().now())
    a.ears().wait_more(seconds)
    for phone, other, since in ((a, b, first[0]), (b, a, first[1])):
        if phone.settles:
            phone.ears().wait_steady(other.hz, (phone.hz,), seconds)
        else:
            phone.ears().check_steady(other.hz, since, (phone.hz,))


def hang_up(phone, other):
    phone.say("hangup")
    other.wait("CALL_CLOSED", 1.5)


def codec_of(call):
    return [step["facts"] for step in call["trace"] if step["kind"] == "answered"][0]


def call_with(world, codec):
    world.start()
    a, b = (Baresip(world, user, hz, codecs=codec) for user, hz in (("100", LEFT), ("101", RIGHT)))
    register_all(a, b)
    talk(a, b, "101")
    hang_up(a, b)
    (call,) = world.wait_calls("a record", lambda calls: len(calls) == 1 and calls[0]["ended_ms"])
    assert call["reason"] == "answered" and call["ended_by"] == "caller" and call["talk_ms"] > 900, call
    assert codec_of(call).lower() == "codec=" + codec.split("/")[0], call


def test_call_pcma(world):
    """SIP-40, SIP-20, CALL-3: a call in PCMA, heard both ways; its record."""
    call_with(world, "pcma/8000/1")


def test_call_pcmu(world):
    """SIP-40, SIP-20, CALL-3: the same in PCMU."""
    call_with(world, "pcmu/8000/1")


def test_call_g722(world):
    """SIP-40, SIP-20, CALL-3: the same in G.722."""
    call_with(world, "g722/16000/1")


def test_call_opus(world):
    """SIP-40, SIP-20, CALL-3: the same in Opus."""
    call_with(world, "opus/48000/2")
