# SPDX-License-Identifier: Apache-2.0
"""Peers by address: SIPp plays carriers of all kinds; its sound is an echo. SIPp 3.6 reads only the first challenge of
a 401 and only MD5: it cannot be a phone here."""
from kit.hand import Hand
from kit.process import wait_for
from kit.sipp import Sipp, peer
from test_calls import LEFT


def with_peer(world):
    port = peer(world)
    world.start()
    a = Hand(world, "101", LEFT)
    a.register()
    return a, port


def listening(sipp):
    """A UAS is there once its port is taken."""
    port = sipp.child.args[sipp.child.args.index("-p") + 1]

    def bound():
        with open("/proc/net/udp", encoding="ascii") as f:
            return f":{int(port):04X} " in f.read()

    wait_for("SIPp", 3, bound)
    return sipp


def hears_itself(phone, seconds=0.5):
    phone.rtp.wait_tone(LEFT)
    phone.rtp.check_steady(LEFT, phone.rtp.wait_more(seconds))


def test_out_to_peer(world):
    """SIP-40, SIP-9: out by prefix; the peer hears and is heard; hang-up reaches it."""
    a, port = with_peer(world)
    sipp = listening(Sipp(world, "uas_answer", port))
    call = a.call("9123456")
    hears_itself(a)
    assert call.bye().status == 200
    sipp.done()


def test_peer_busy(world):
    """SIP-35: a busy peer is busy for the caller; the record says so."""
    a, port = with_peer(world)
    sipp = listening(Sipp(world, "uas_busy", port))
    call = a.invite("9123456")
    assert a.final("INVITE").status == 486
    a.send_request("ACK", call.target, call.local, call.remote, call.call_id, call.cseq, branch=a.invite_branch)
    sipp.done()
    world.wait_calls("busy", lambda calls: [c["reason"] for c in calls] == ["busy"])


def test_cancel_to_peer(world):
    """SIP-11: CANCEL while it rings reaches the peer; the caller gets 487."""
    a, port = with_peer(world)
    sipp = listening(Sipp(world, "uas_rings", port))
    call = a.invite("9123456")
    a.expect("180", lambda m: m.status == 180)
    a.send_request("CANCEL", call.target, call.local, call.remote, call.call_id, call.cseq, branch=a.invite_branch)
    assert a.final("CANCEL").status == 200 and a.final("INVITE").status == 487
    sipp.done()


def test_early_media(world):
    """SIP-13: sound before the answer (183) is heard by the caller, and goes on with the answer."""
    a, port = with_peer(world)
    sipp = listening(Sipp(world, "uas_early", port))
    call = a.invite("9123456")
    progress = a.expect("183", lambda m: m.status == 183)
    a.speak_to(progress.sdp())
    hears_itself(a)
    a.established(call)
    hears_itself(a)
    call.bye()
    sipp.done()


def test_prack(world):
    """SIP-13: a peer that requires reliable provisional answers gets PRACK."""
    a, port = with_peer(world)
    sipp = listening(Sipp(world, "uas_prack", port))
    call = a.call("9123456")
    hears_itself(a)
    call.bye()
    sipp.done()


def called(world, scenario, **options):
    """A peer calls in; the phone takes it."""
    a, port = with_peer(world)
    sipp = Sipp(world, scenario, port, **options)
    call = a.answer(a.ringing())
    return a, sipp, call


def test_in_from_peer(world):
    """SIP-40, SIP-33, SIP-19: in from a peer; tones; its re-INVITE changes the codec, the phone is offered the same,
    sound goes on; its BYE arrives."""
    a, sipp, call = called(world, "uac_call")
    assert "0612345678" in call.invite.get("from"), call.invite.get("from")
    hears_itself(a)
    change = a.request("INVITE", 4)
    assert 0 in change.sdp().formats, change.body
    a.respond(change, 200, a.sdp(version=2, formats=(0, 101)))
    a.request("ACK")
    a.respond(a.request("BYE", 4), 200)
    sipp.done()


def test_late_offer(world):
    """SIP-19: a call without an offer gets one in the 200 and answers in the ACK."""
    a, sipp, _ = called(world, "uac_late")
    hears_itself(a)
    a.respond(a.request("BYE", 4), 200)
    sipp.done()


def test_session_timer_too_small(world):
    """SIP-12: 422 with Min-SE, then the timer is agreed."""
    a, sipp, _ = called(world, "uac_small_timer")
    a.respond(a.request("BYE", 4), 200)
    sipp.done()


def test_no_hop_left(world):
    """SIP-10: Max-Forwards 0 of an INVITE: 483."""
    _, port = with_peer(world)
    Sipp(world, "uac_hops", port).done()


def test_peer_may_not_transfer(world):
    """CALL-27: REFER from outside: 403; the call goes on."""
    a, sipp, _ = called(world, "uac_refer")
    hears_itself(a, 0.2)
    a.respond(a.request("BYE", 4), 200)
    sipp.done()


def test_no_transit(world):
    """F6: from one peer to another: 403."""
    other = peer(world, "Other", "8")
    port = peer(world)
    world.start()
    assert other != port
    Sipp(world, "uac_transit", port, number="8123").done()
