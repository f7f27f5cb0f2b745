# SPDX-License-Identifier: Apache-2.0
"""The daemon as a process: begins again, is killed, is told to end."""
import signal
import time

from kit.baresip import Baresip, register_all
from kit.hand import Hand
from kit.process import Failure
from test_calls import LEFT, RIGHT, hang_up, hear_each_other, talk
from test_hold import hands_that_talk


def two(world):
    world.start()
    a, b = Baresip(world, "100", LEFT), Baresip(world, "101", RIGHT)
    register_all(a, b)
    return a, b


def test_restart_keeps_contacts(world):
    """SIP-40, SIP-2: after a restart a call right away rings: no phone has registered again."""
    a, b = two(world)
    world.daemon.end()
    registrations = b.log().count("200 OK (")
    world.start()
    talk(a, b, "101")
    hang_up(a, b)
    assert b.log().count("200 OK (") == registrations, "the phone registered meanwhile: nothing is proven"


def test_kill_keeps_contacts_and_records(world):
    """C3, SIP-40: killed in a call: its record says so once the system runs again, and the phones can be called."""
    a, b = two(world)
    talk(a, b, "101")
    world.daemon.kill()
    killed = time.time() * 1000
    world.start()
    (lost,) = world.wait_calls("the record", lambda calls: len(calls) == 1 and calls[0]["ended_ms"])
    assert lost["reason"] == "lost_in_crash", lost
    assert abs(lost["ended_ms"] - killed) <= 5000, (lost, killed)
    for phone in (a, b):
        phone.say("hangup")
        phone.wait("CALL_CLOSED")
    talk(b, a, "100")
    hang_up(b, a)
    world.wait_calls("two records", lambda calls: sorted(c["reason"] for c in calls) == ["answered", "lost_in_crash"])


def test_sigterm_in_a_call(world):
    """SIP-40: SIGTERM with calls up, ringing and held: everybody gets BYE or CANCEL, the end is clean within
    2 s, the records are there."""
    a, b, call, _ = hands_that_talk(world)
    c, d = Baresip(world, "102", LEFT), Baresip(world, "103", RIGHT, answer="manual")
    register_all(c, d)
    c.dial("103")
    d.wait("CALL_INCOMING")
    world.daemon.signal(signal.SIGTERM)
    for phone in (a, b):
        phone.respond(phone.request("BYE", 1.5), 200)
    code = world.daemon.wait_end(2.0)
    if code:
        raise Failure(f"the daemon ended with {code}")
    for phone in (c, d):
        phone.wait("CALL_CLOSED", 1.0)
    calls = world.calls()
    assert len(calls) == 2 and all(x["ended_ms"] for x in calls), calls


def test_demo_company(world):
    """SIP-40: two softphones set up exactly as `make run` prints it (the demo company) call each other."""
    world.setup_demo()
    assert sorted(world.passwords) == ["100", "101", "102", "103", "104"]
    shown = world.command("accounts", "--data", world.data)
    assert all(password in shown for password in world.passwords.values())
    a, b = two(world)
    talk(a, b, "101")
    hang_up(a, b)
    talk(b, a, "100")
    hear_each_other(a, b, 0.5)
    hang_up(b, a)
