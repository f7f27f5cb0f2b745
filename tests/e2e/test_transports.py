# SPDX-License-Identifier: Apache-2.0
"""Every way in has the same functions: one account registers and calls by each of the eight (SIP-1)."""
from kit.baresip import Baresip, register_all
from kit.hand import Hand
from test_calls import LEFT, RIGHT, hang_up, talk
from test_hold import hear_both


def by_hand(world, transport, host):
    """Registers, calls and is called by the way; tones both ways."""
    world.start()
    a = Hand(world, "100", LEFT, transport, host)
    b = Hand(world, "101", RIGHT)
    a.register()
    b.register(algorithm="SHA-256")
    for caller, callee in ((a, b), (b, a)):
        call = caller.invite(callee.user)
        callee.answer(callee.ringing())
        caller.established(call)
        for phone, other in ((a, b), (b, a)):
            phone.rtp.wait_tone(other.hz, (phone.hz,))
        first = [(p, p.rtp.now()) for p in (a, b)]
        a.rtp.wait_more(0.6)
        for phone, since in first:
            phone.rtp.check_steady(LEFT + RIGHT - phone.hz, since, (phone.hz,))
        assert call.bye().status == 200
        callee.respond(callee.request("BYE"), 200)


def test_way_udp_ip6(world):
    """SIP-1, SIP-3: UDP over IPv6; the other phone has IPv4."""
    by_hand(world, "udp", "::1")


def test_way_tcp(world):
    """SIP-1, SIP-3: TCP over IPv4."""
    by_hand(world, "tcp", "127.0.0.1")


def test_way_tcp_ip6(world):
    """SIP-1, SIP-3: TCP over IPv6."""
    by_hand(world, "tcp", "::1")


def test_way_tls(world):
    """SIP-1, SIP-3: TLS over IPv4."""
    by_hand(world, "tls", "127.0.0.1")


def test_way_tls_ip6(world):
    """SIP-1, SIP-3: TLS over IPv6."""
    by_hand(world, "tls", "::1")


def test_way_wss(world):
    """SIP-1, SIP-3: WebSocket over TLS and IPv4."""
    by_hand(world, "wss", "127.0.0.1")


def test_way_wss_ip6(world):
    """SIP-1, SIP-3: WebSocket over TLS and IPv6."""
    by_hand(world, "wss", "::1")


def baresip_by(world, transport):
    world.start()
    a, b = Baresip(world, "100", LEFT, transport=transport), Baresip(world, "101", RIGHT)
    register_all(a, b)
    talk(a, b, "101")
    hang_up(b, a)
    talk(b, a, "100")
    hang_up(b, a)


def test_baresip_tcp(world):
    """SIP-40, SIP-1: baresip by TCP calls and is called by one on UDP."""
    baresip_by(world, "tcp")


def test_baresip_tls(world):
    """SIP-40, SIP-1: baresip by TLS, which knows the authority of the data folder, calls and is called by one on UDP."""
    baresip_by(world, "tls")


def moves(world, transport):
    """In a call the phone's socket changes: it registers from the new one, and the BYE comes there."""
    world.start()
    a, b = Hand(world, "100", LEFT, transport), Hand(world, "101", RIGHT)
    a.register()
    b.register()
    call = a.invite("101")
    other = b.answer(b.ringing())
    a.established(call)
    hear_both(a, b)
    a.move()
    a.register()
    hear_both(a, b)
    other.request("BYE")
    a.respond(a.request("BYE"), 200)
    assert b.final("BYE").status == 200
    b.invite("100")  # and the next call rings there once
    a.ringing()


def test_socket_changes_udp(world):
    """SIP-5: the phone has another port in a call, by UDP."""
    moves(world, "udp")


def test_socket_changes_tcp(world):
    """SIP-5: the phone has another connection in a call, by TCP."""
    moves(world, "tcp")


def test_socket_changes_tls(world):
    """SIP-5: the same by TLS."""
    moves(world, "tls")


def test_socket_changes_wss(world):
    """SIP-5, CALL-11: the same by WebSocket, as after the reload of a page."""
    moves(world, "wss")


def test_baresip_ip6(world):
    """SIP-40, SIP-1: baresip on IPv6 calls and is called by one on IPv4."""
    world.start()
    a = Baresip(world, "100", LEFT, address="::1", server=f"[::1]:{world.sip}")
    b = Baresip(world, "101", RIGHT)
    register_all(a, b)
    talk(a, b, "101")
    hang_up(a, b)
    talk(b, a, "100")
    hang_up(b, a)
