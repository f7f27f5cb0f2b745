# SPDX-License-Identifier: Apache-2.0
"""Strangers on the wire: they get nothing and change nothing."""
import os
import select
import socket
import struct
import time

from kit.baresip import Baresip, register_all
from kit.hand import Hand
from kit.link import Udp
from kit.message import challenges, token
from kit.process import Failure, wait_for
from kit.rtp import alaw_tone
from test_calls import LEFT, RIGHT, talk
from test_hold import hands_that_talk, hear_both

STRANGE = 2000  # a stranger's voice
GROWTH_KB = 64 * 1024


def stranger(address="127.66.0.9"):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    s.bind((address, 0))
    return s


def spray(s, ports, packets):
    for packet in packets:
        for port in ports:
            s.sendto(packet, ("127.0.0.1", port))


def count(s):
    n = 0
    while select.select([s], [], [], 0)[0]:
        s.recv(2048)
        n += 1
    return n


def test_rtp_bleed(world):
    """E1, E2: a stranger sprays every sound port with RTP and RTCP, before and during a call: not one packet comes to
    him, his tone is in nobody's ear, the voices stay whole."""
    world.rtp_count = 40
    voice = alaw_tone(STRANGE) * 2
    packets = [struct.pack(">BBHII", 0x80, 8, 7000 + i, 160 * i, 0x51DE) + voice[:160] for i in range(25)]
    packets += [struct.pack(">BBHI", 0x80, 201, 1, 0x51DE), b"\x80\xc8" + os.urandom(40)]
    world.take_ports()
    ports, s = range(world.rtp, world.rtp + world.rtp_count), stranger()
    world.later(s.close)
    world.start()
    spray(s, ports, packets)
    a, b = Hand(world, "100", LEFT), Hand(world, "101", RIGHT)
    a.register()
    b.register()
    call = a.invite("101")
    ringing = b.ringing()
    spray(s, ports, packets)
    b.answer(ringing)
    a.established(call)
    hear_both(a, b)
    since = [p.rtp.now() for p in (a, b)]
    for _ in range(8):
        spray(s, ports, packets)
    a.rtp.wait_more(0.5)
    for phone, other, first in ((a, b, since[0]), (b, a, since[1])):
        phone.rtp.check_steady(other.hz, first, (STRANGE, phone.hz), worst_gap_s=0.2)
        strange = [source for _, source, _, _ in phone.rtp.packets if source[1] not in ports]
        assert not strange, strange[:3]
    call.bye()
    b.respond(b.request("BYE"), 200)
    spray(s, ports, packets)
    assert count(s) == 0, "the stranger was sent something"


def guess(thief, i):
    """The answer; strangers are rationed, so he says it again as RFC 3261 17.1.2 has it."""
    uri, me, extra = "sip:carillon", "<sip:100@carillon>", thief.credentials("REGISTER", "sip:carillon")
    for wait_s in (0.5, 1, 2):
        thief.send_request("REGISTER", uri, me + ";tag=r", me, f"guess-{i}", 2, extra=extra)
        try:
            return thief.final("REGISTER", wait_s)
        except Failure:
            pass
    raise Failure(f"guess {i} is never answered")


def test_password_guessing(world):
    """F1, SIP-4: 1,000 REGISTERs with wrong passwords never succeed, get the same 401; then even the right one does
    not, from there; the user himself, from another address, is let in."""
    world.start()
    thief = Hand(world, "100", password="wrong", local="127.0.0.9")
    answers = set()
    thief.register(expected=401)
    for i in range(1000):
        thief.password = f"guess-{i}"
        answer = guess(thief, i)
        answers.add((answer.status, tuple(sorted(name for name, _ in answer.headers))))
        thief.challenge = next(challenges(answer))
        thief.nonce_count = 0
    assert len(answers) == 1 and answers.pop()[0] == 401, answers
    thief.password = world.passwords["100"]
    thief.register(expected=401)
    Hand(world, "100", local="127.0.0.2").register()


def flood(world, seconds, rate):
    """Unauthenticated messages of every kind, each with its own Call-ID, from many addresses."""
    sockets = [stranger(f"127.77.{i}.1") for i in range(50)]
    sent, begun = 0, time.monotonic()
    while time.monotonic() - begun < seconds:
        for s in sockets:
            n = token(4)
            method = ("REGISTER", "INVITE", "OPTIONS", "SUBSCRIBE", "MESSAGE", "BYE")[sent % 6]
            text = (f"{method} sip:101@carillon SIP/2.0\r\nVia: SIP/2.0/UDP 127.77.0.1:{s.getsockname()[1]};rport;"
                    f"branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\nFrom: <sip:{n}@carillon>;tag={n}\r\n"
                    f"To: <sip:101@carillon>\r\nCall-ID: {n}\r\nCSeq: 1 {method}\r\nContact: <sip:{n}@127.0.0.1>\r\n"
                    "Content-Length: 0\r\n\r\n").encode()
            s.sendto(os.urandom(200) if sent % 10 == 9 else text, ("127.0.0.1", world.sip))
            sent += 1
        ahead = sent / rate - (time.monotonic() - begun)
        if ahead > 0:
            time.sleep(ahead)
    for s in sockets:
        s.close()
    return sent


def test_flood(world):
    """D2 (short): 20,000 messages of strangers in some 5 s: memory grows by no more than 64 MB, a call goes on with
    whole sound, another is set up meanwhile."""
    a, b, call, _ = hands_that_talk(world)
    c, d = Baresip(world, "102", 720), Baresip(world, "103", 860)
    register_all(c, d)
    before = world.daemon.resident_kb()
    since = [p.rtp.now() for p in (a, b)]
    sent = flood(world, 2.5, 4000)
    c.dial("103")
    sent += flood(world, 2.5, 4000)
    c.wait("CALL_ESTABLISHED", 1.0)
    assert sent >= 15000, sent
    for phone, other, first in ((a, b, since[0]), (b, a, since[1])):
        phone.rtp.check_steady(other.hz, first, (phone.hz,), worst_gap_s=0.2)
    grown = world.daemon.resident_kb() - before
    assert grown <= GROWTH_KB, f"{grown} kB"
    call.bye()
    b.request("BYE")


def test_slow_connections(world):
    """D4 (short), SIP-1: 300 connections of strangers that say nothing or half a message: a phone elsewhere connects,
    registers and is answered at once; memory stays."""
    world.start()
    held, half = [], b"REGISTER sip:carillon SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bK1\r\n"
    world.later(lambda: [s.close() for s in held])
    before = world.daemon.resident_kb()
    for i in range(300):
        s = socket.socket()
        s.settimeout(1)
        s.bind((f"127.78.{i % 6}.1", 0))
        held.append(s)
        try:
            s.connect(("127.0.0.1", (world.sip, world.sips, world.https)[i % 3]))
            if i % 2:
                s.sendall(half if i % 3 == 0 else b"\x16\x03\x01")
        except OSError:
            pass  # refused is fine too
    for transport in ("tcp", "tls", "wss"):
        begun = time.monotonic()
        Hand(world, "100", transport=transport).register()
        assert time.monotonic() - begun < 0.5, transport
    grown = world.daemon.resident_kb() - before
    assert grown <= GROWTH_KB, f"{grown} kB"


def test_strangers_get_nothing(world):
    """F2, F3, SIP-4: every method without login: 401 or less; an existing and a missing user differ in nothing."""
    world.start()
    link = Udp(("127.0.0.1", world.sip))
    world.later(link.close)

    def ask(method, user):
        n = token(4)
        link.send((f"{method} sip:{user}@carillon SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{link.local[1]};rport;"
                   f"branch=z9hG4bK{n}\r\nMax-Forwards: 70\r\nFrom: <sip:{user}@carillon>;tag=t\r\n"
                   f"To: <sip:{user}@carillon>\r\nCall-ID: {n}\r\nCSeq: 1 {method}\r\n"
                   f"Contact: <sip:x@127.0.0.1>\r\nContent-Length: 0\r\n\r\n").encode())
        return link.receive(2)

    for method in ("REGISTER", "INVITE", "SUBSCRIBE", "MESSAGE", "REFER", "PUBLISH", "NOTIFY", "INFO", "UPDATE", "PRACK"):
        there, missing = ask(method, "101"), ask(method, "499")
        status = int(there.split(b" ")[1])
        assert status in (401, 405, 481, 501), (method, there)
        assert len(there) == len(missing) and status == int(missing.split(b" ")[1]), (method, there, missing)
    wait_for("OPTIONS", 2, lambda: b" 200 " in ask("OPTIONS", "101"))
