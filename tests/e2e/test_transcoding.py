# SPDX-License-Identifier: Apache-2.0
"""Phones that share no codec: the server transcodes, and says so in the record (SIP-20)."""
from kit.baresip import Baresip, register_all
from test_calls import LEFT, RIGHT, hang_up, hear_each_other, talk
from test_hold import hold, resume

NAMES = {"pcma/8000/1": "PCMA", "pcmu/8000/1": "PCMU", "g722/16000/1": "G722", "opus/48000/2": "opus"}


def talk_across(world, left, right):
    world.start()
    a, b = Baresip(world, "100", LEFT, codecs=left), Baresip(world, "101", RIGHT, codecs=right)
    register_all(a, b)
    talk(a, b, "101")
    return a, b


def end(world, a, b, left, right):
    hang_up(a, b)
    (call,) = world.wait_calls("a record", lambda calls: len(calls) == 1 and calls[0]["ended_ms"])
    facts = [step["facts"] for step in call["trace"] if step["outcome"] == "transcoded"]
    assert facts == [f"from={NAMES[left]} to={NAMES[right]}"], call["trace"]


def across(world, left, right):
    a, b = talk_across(world, left, right)
    end(world, a, b, left, right)


def test_pcmu_to_opus(world):
    """SIP-20, SIP-40: PCMU calls Opus, heard both ways; the record says that it was transcoded."""
    across(world, "pcmu/8000/1", "opus/48000/2")


def test_opus_to_g722(world):
    """SIP-20, SIP-40: Opus calls G.722."""
    across(world, "opus/48000/2", "g722/16000/1")


def test_g722_to_pcma(world):
    """SIP-20, SIP-40: G.722 calls PCMA."""
    across(world, "g722/16000/1", "pcma/8000/1")


def test_pcma_to_pcmu(world):
    """SIP-20, SIP-40: PCMA calls PCMU."""
    across(world, "pcma/8000/1", "pcmu/8000/1")


def test_pcma_to_opus(world):
    """SIP-20, SIP-40: PCMA calls Opus."""
    across(world, "pcma/8000/1", "opus/48000/2")


def test_opus_to_pcmu(world):
    """SIP-20, SIP-40: Opus calls PCMU."""
    across(world, "opus/48000/2", "pcmu/8000/1")


def test_hold_across_codecs(world):
    """SIP-20, CALL-8: on hold the other codec hears music; resumed, each hears the other again."""
    left, right = "g722/16000/1", "opus/48000/2"
    a, b = talk_across(world, left, right)
    for _ in range(2):
        hold(a, b)
        resume(a, b)
    end(world, a, b, left, right)


def test_shared_codec_wins(world):
    """SIP-20: where one codec is shared, the last on each list even, nothing is transcoded."""
    world.start()
    a = Baresip(world, "100", LEFT, codecs="opus/48000/2,pcmu/8000/1")
    b = Baresip(world, "101", RIGHT, codecs="g722/16000/1,pcmu/8000/1")
    register_all(a, b)
    talk(a, b, "101")
    hear_each_other(a, b)
    hang_up(a, b)
    (call,) = world.wait_calls("a record", lambda calls: len(calls) == 1 and calls[0]["ended_ms"])
    assert not [step for step in call["trace"] if step["outcome"] == "transcoded"], call["trace"]
