# SPDX-License-Identifier: Apache-2.0
"""Encrypted sound (SRTP by SDES) between baresips: with both, with one, refused, required, and never by UDP."""
import base64
import re

from kit.baresip import Baresip
from kit.hand import Hand
from kit.linphone import Linphone
from test_calls import LEFT, RIGHT, hang_up, hear_each_other, talk
from test_hold import hold, resume

SRTP = ";mediaenc=srtp"
SAVP = ";mediaenc=srtp-mand"
ENABLED = r"SRTP is Enabled \(cryptosuite=(\w+)"


def tls(world, user, hz, more="", **options):
    return Baresip(world, user, hz, transport="tls", more=more, **options)


def register_all(*phones):
    for phone in phones:
        phone.register() if isinstance(phone, Hand) else phone.registered()


def with_policy(world, number, policy):
    for user in world.answers["users"]:
        if user["number"] == number:
            user["devices"] = [{"srtp": policy}]


def test_srtp_both(world):
    """SIP-22, E7: two phones on TLS, each with keys of its own; tones both ways, and after hold."""
    world.start()
    a, b = tls(world, "100", LEFT, SRTP), tls(world, "101", RIGHT, SRTP)
    register_all(a, b)
    talk(a, b, "101")
    suites = [phone.wait_log(ENABLED).group(1) for phone in (a, b)]
    assert all("AES" in s for s in suites), suites
    hold(a, b)
    resume(a, b)
    hang_up(a, b)


def test_srtp_mandatory(world):
    """SIP-22: a phone that offers RTP/SAVP alone, called by one that does, in G.722."""
    world.start()
    a = tls(world, "100", LEFT, SAVP, codecs="g722/16000/1")
    b = tls(world, "101", RIGHT, SAVP, codecs="g722/16000/1")
    register_all(a, b)
    talk(b, a, "100")
    for phone in (a, b):
        phone.wait_log(ENABLED)
    hang_up(b, a)


def test_srtp_to_plain(world):
    """SIP-22: encrypted to one side, plain to the other, called both ways; the plain one is by UDP (E7)."""
    world.start()
    a, b = tls(world, "100", LEFT, SAVP), Baresip(world, "101", RIGHT)
    register_all(a, b)
    talk(a, b, "101")
    a.wait_log(ENABLED)
    hang_up(a, b)
    talk(b, a, "100")
    hang_up(b, a)


def test_srtp_preferred_falls_back(world):
    """SIP-22: a phone on TLS that has no SRTP is called all the same."""
    world.start()
    a, b = tls(world, "100", LEFT), tls(world, "101", RIGHT)
    register_all(a, b)
    talk(a, b, "101")
    assert "SRTP is Enabled" not in a.log() + b.log()
    hang_up(a, b)


def test_srtp_required(world):
    """SIP-22, SEC-15: who must have SRTP is refused without (488), and talks with it."""
    with_policy(world, "101", "required")
    with_policy(world, "102", "required")
    world.start()
    a, b, c = Baresip(world, "100", LEFT), tls(world, "101", RIGHT), tls(world, "102", RIGHT, SRTP)
    register_all(a, b, c)
    b.dial("100")
    b.wait("CALL_CLOSED", param="488")
    c.dial("100")
    c.wait("CALL_ESTABLISHED")
    a.wait("CALL_ESTABLISHED")
    hear_each_other(c, a)
    c.wait_log(ENABLED)
    hang_up(c, a)


def crypto(message):
    """(protocol of the audio line, {tag: (suite, key)}) of a description."""
    text = message.body.decode()
    lines = re.findall(r"^a=crypto:(\d+) (\S+) inline:(\S+)\r$", text, re.M)
    return re.search(r"^m=audio \d+ (\S+)", text, re.M).group(1), {tag: (suite, key) for tag, suite, key in lines}


def offer(phone, key, proto="RTP/SAVP", version=1, suite="AES_CM_128_HMAC_SHA1_80", tag=1):
    line = f"a=crypto:{tag} {suite} inline:{base64.b64encode(bytes([key]) * 30).decode()}\r\n"
    return phone.sdp(version=version).replace("RTP/AVP", proto) + line


def test_srtp_refused_then_plain(world):
    """SIP-22: a phone answers RTP/SAVP with 488 and is called once more, at once, without; the caller notices nothing."""
    world.start()
    a, b = Baresip(world, "100", LEFT), Hand(world, "101", RIGHT, "tls")
    register_all(a, b)
    a.dial("101")
    first = b.request("INVITE")
    proto, keys = crypto(first)
    assert proto == "RTP/SAVP" and [s for s, _ in keys.values()] == [
        "AEAD_AES_256_GCM", "AEAD_AES_128_GCM", "AES_CM_128_HMAC_SHA1_80", "AES_CM_128_HMAC_SHA1_32"], keys
    assert len({key for _, key in keys.values()}) == 4
    b.respond(first, 488)
    b.request("ACK")
    again = b.request("INVITE")
    assert crypto(again) == ("RTP/AVP", {}) and again.get("call-id") != first.get("call-id")
    call = b.answer(again)
    a.wait("CALL_ESTABLISHED")
    b.rtp.wait_tone(LEFT, (RIGHT,))
    a.ears().wait_tone(RIGHT, (LEFT,))
    assert call.bye().status == 200
    a.wait("CALL_CLOSED")


def test_srtp_keys_change(world):
    """SIP-22: our key stays while the phone's does, and changes with it; a broken key is refused and harms nothing."""
    world.start()
    a, b = Hand(world, "100", LEFT, "tls"), Baresip(world, "101", RIGHT)
    register_all(a, b)
    call = a.invite("101", body=offer(a, 1, tag=7))
    proto, first = crypto(a.established(call))
    assert proto == "RTP/SAVP" and list(first) == ["7"] and first["7"][0] == "AES_CM_128_HMAC_SHA1_80", first
    assert crypto(call.reinvite(offer(a, 1, version=2, tag=7)))[1] == first
    changed = crypto(call.reinvite(offer(a, 2, version=3, tag=7)))[1]
    assert changed["7"][0] == first["7"][0] and changed["7"][1] != first["7"][1]
    for bad in ("", "AAAA", "A" * 41, "!" * 40, "A" * 4000):
        text = re.sub("inline:\\S+", "inline:" + bad, offer(a, 3, version=4))
        assert call.reinvite(text).status == 488, bad[:50]
    other = offer(a, 4, version=5, suite="AES_CM_128_HMAC_SHA1_32")
    assert crypto(call.reinvite(other))[1]["1"][0] == "AES_CM_128_HMAC_SHA1_32"
    assert call.bye().status == 200
    b.wait("CALL_CLOSED")


def test_srtp_never_by_udp(world):
    """E7: where others can read along no key is offered, answered or taken; who must have SRTP is refused there."""
    with_policy(world, "103", "required")
    world.start()
    a, b, c = Hand(world, "100", LEFT), Hand(world, "101", RIGHT), Hand(world, "103", RIGHT)
    register_all(a, b, c)
    call = a.invite("101", body=offer(a, 1, "RTP/AVP"))
    request = b.ringing()
    assert crypto(request) == ("RTP/AVP", {})
    called = b.answer(request)
    assert crypto(a.established(call)) == ("RTP/AVP", {})
    b.rtp.wait_tone(LEFT, (RIGHT,))
    assert call.reinvite(offer(a, 1, version=2)).status == 488
    assert call.bye().status == 200
    called.phone.respond(called.phone.request("BYE"), 200)
    a.invite("101", body=offer(a, 1))
    assert a.final("INVITE").status == 488
    for body in (c.sdp(), offer(c, 1), ""):
        c.invite("101", body=body)
        assert c.final("INVITE").status == 488


def test_srtp_of_baresip_by_udp(world):
    """E7: baresip offers keys by UDP and is answered without; the call is plain."""
    world.start()
    a, b = Baresip(world, "100", LEFT, more=SRTP), Baresip(world, "101", RIGHT, more=SRTP)
    register_all(a, b)
    talk(a, b, "101")
    assert "SRTP is Enabled" not in a.log() + b.log()
    hang_up(a, b)


def called_and_calling(world, encryption, proof):
    world.start()
    a, b = Linphone(world, "100", LEFT, transport="tls", encryption=encryption), Baresip(world, "101", RIGHT)
    register_all(a, b)
    a.dial("101")
    b.wait("CALL_ESTABLISHED")
    hear_each_other(a, b)
    a.wait(proof)
    b.say("hangup")
    b.wait("CALL_CLOSED")
    a.mark()
    b.dial("100")
    b.wait("CALL_ESTABLISHED")
    a.wait(proof)
    b.ears().wait_tone(LEFT, (RIGHT,))
    b.say("hangup")


def test_srtp_linphone(world):
    """SIP-22, SIP-40: linphonec by TLS, with SRTP, calls a plain phone and is called."""
    called_and_calling(world, "srtp", "Negotiated media encryption is LinphoneMediaEncryptionSRTP")


def test_srtp_linphone_without(world):
    """SIP-22, SIP-40: the same with its SRTP off: it is not kept from calls by what we offer."""
    called_and_calling(world, "none", "Negotiated media encryption is")
