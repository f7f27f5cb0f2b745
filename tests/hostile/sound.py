# SPDX-License-Identifier: Apache-2.0
"""Strangers at the media ports (E1, E2), broken packets in live calls (E5), and offers that make no sense (A3)."""
import os
import random
import time

from bed import Reference, result, wait_for

RATE = 20000
STRANGER = "127.66.0.1"


def sprayed(world, most, host="127.0.0.1", each=False):
    """Calls begin, run and end under a spray of all media ports from that host."""
    seconds = 6 if world.quick else 12
    child = world.spray(world.rtp, world.rtp + world.rtp_count - 1, host, "good", seconds, RATE)
    time.sleep(0.5)  # before the calls
    ref = Reference(world, 3)
    time.sleep(0.5)
    ref.restart()
    legs = len(ref.legs())
    while child.poll() is None and len(ref.setups) < seconds - 3:
        ref.try_call()
        time.sleep(1)
    ref.judge("E2", 6)
    marks = sum(c.sound.marks for p in ref.phones for c in p.calls.values())
    for c in ref.calls:
        c.hang_up()
    got = result(child)  # and after them
    calls = legs // 2 + len(ref.setups)
    most *= calls if each else 1  # before the phone has spoken, in the profile that learns
    world.report.check("E1", f"packets of sound sent to the stranger ({host}, {got['sent']} sent, {calls} calls)",
                       got["received"], f"<= {most}", got["received"] <= most)
    world.report.check("E2", "packets of the stranger that a phone heard", marks, f"<= {most}", marks <= most)


def attack_spray_strict(world):
    """E1, E2: strict profile, a stranger on the phones' own host sprays all ports before, in and after calls."""
    world.strict = True
    world.start()
    sprayed(world, 0)


def attack_spray_nat(world):
    """E1, E2: the profile that learns from NAT, a stranger elsewhere."""
    world.start()
    sprayed(world, 0, STRANGER)


def silent_phone(world):
    """What the attack gets where nothing can tell the stranger from the phone: it shows that the attack is one."""
    a, b = world.phone(120), world.phone(121)
    for phone in (a, b):
        phone.register()
    wait_for("sign-ins", 5, lambda: a.registered == b.registered == 200)
    invited = b._invited

    def silent(m, call_id, c):
        invited(m, call_id, c)
        b.calls[call_id].sound.keep_sending = False

    b._invited = silent
    child = world.spray(world.rtp, world.rtp + world.rtp_count - 1, "127.0.0.1", "good", 3, RATE)
    c = a.call("121")
    got = result(child)
    marks = c.sound.marks
    c.hang_up()
    return f"{got['received']} packets of sound to the stranger, {marks} of his heard"


def attack_spray_nat_same_host(world):
    """E1, E2: the profile that learns from NAT, a stranger behind the same address as the phones."""
    world.start()
    sprayed(world, 5, each=True)
    world.report.tell("E1", "control: a phone that never says a packet, the stranger at its address", silent_phone(world))


def nonsense(chance):
    """RTP and RTCP with lies in them."""
    data = bytearray(chance.randbytes(chance.choice((1, 4, 8, 11, 12, 13, 20, 60, 172, 1400))))
    data[0] = 0x80 | chance.randrange(64) if chance.random() < 0.8 else data[0]
    if len(data) > 3 and chance.random() < 0.8:
        data[1] = chance.choice((8, 101, 101, 200, 201, 202, 203, 205, 207, 96, 127))
        data[2:4] = (chance.choice((0, len(data) // 4 - 1, 0xffff, 1)) & 0xffff).to_bytes(2, "big")
    return bytes(data)


def attack_broken_packets(world):
    """E5: broken RTP and RTCP into live calls, from a stranger and from the phones' own sockets."""
    n, chance = (3000 if world.quick else 20000), random.Random(2)
    world.start()
    ref = Reference(world, 3)
    ref.restart()
    child = world.spray(world.rtp, world.rtp + world.rtp_count - 1, STRANGER, "broken", 4, RATE)
    time.sleep(3)
    ref.judge("E5", 6)
    result(child)
    legs = ref.legs()
    for i in range(n):
        sound = legs[i % len(legs)].sound
        address = sound.remote if i % 3 else (sound.remote[0], sound.remote[1] + 1)
        sound.socket.sendto(nonsense(chance), address)
        if i % 50 == 49:
            time.sleep(0.005)
    time.sleep(1)
    ref.restart()
    time.sleep(2)
    ref.try_call()
    world.report.tell("E5", "broken packets of the phones' own", n)
    ref.judge("E5", 6)
    for c in ref.calls:
        c.hang_up()
    time.sleep(0.3)


NUMBERS = ("0", "-1", "65536", "4294967296", "99999999999999999999", "8 8 8", "", "\t", "255", "128")


def damaged_sdp(chance, sdp):
    lines = sdp.split("\r\n")[:-1]
    for _ in range(chance.randrange(1, 5)):
        i = chance.randrange(len(lines))
        how = chance.randrange(7)
        if how == 0:
            del lines[i]
            lines = lines or ["v=0"]
        elif how == 1:
            lines.insert(i, chance.choice(lines))
        elif how == 2:
            words = lines[i].split(" ")
            words[chance.randrange(len(words))] = chance.choice(NUMBERS)
            lines[i] = " ".join(words)
        elif how == 3:
            at = chance.randrange(len(lines[i]) + 1)
            lines[i] = lines[i][:at] + chr(chance.randrange(32, 127)) + lines[i][at + 1:]
        elif how == 4:
            lines.append(chance.choice(("a=fmtp:8", "a=rtpmap:8", "a=rtpmap:101 telephone-event/0", "a=inactive", "a=sendonly",
                                        "m=video 4000 RTP/AVP 96", "m=audio 0 RTP/AVP 8", "a=ptime:0", "c=IN IP4 0.0.0.0",
                                        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:", "a=rtcp:99999", "c=IN IP6 ::1",
                                        "m=audio 1 RTP/SAVP 8", "a=candidate:" + "x" * 300)))
        elif how == 5:
            lines[i] = lines[i] * chance.randrange(2, 60)
        else:
            chance.shuffle(lines)
    return "\r\n".join(lines) + "\r\n"


INSIDE = (
    ("UPDATE", "Session-Expires: 1\r\n"), ("UPDATE", "Session-Expires: 99999999999;refresher=uas\r\n"),
    ("INFO", "Content-Type: application/dtmf-relay\r\n"), ("OPTIONS", ""), ("MESSAGE", "Content-Type: text/plain\r\n"),
    ("NOTIFY", "Event: refer\r\nSubscription-State: active\r\n"), ("NOTIFY", ""), ("SUBSCRIBE", "Event: dialog\r\n"),
    ("PRACK", "RAck: 1 1 INVITE\r\n"), ("PRACK", ""), ("REFER", ""), ("REFER", "Refer-To: <sip:>\r\n"),
    ("REFER", "Refer-To: <sip:199@127.0.0.1?Replaces=x%3Bto-tag%3D1%3Bfrom-tag%3D2>\r\n"),
    ("REFER", "Refer-To: <tel:+1>\r\nRefer-To: <tel:+2>\r\n"), ("FOO", ""), ("INVITE", "Require: nonsense\r\n"),
    ("UPDATE", "Require: timer, 100rel\r\n"), ("REGISTER", ""), ("CANCEL", ""), ("INVITE", ""),
)


def torment(c, chance, n):
    """So many requests in a live call; how many had no answer at all in time."""
    for i in range(n):
        with c.phone.lab.lock:
            if c.over:
                break
            if chance.random() < 0.5:
                number, method = c.inside("INVITE", "Content-Type: application/sdp\r\n", damaged_sdp(chance, c.sdp()),
                                          False), "INVITE"
            else:
                method, more = chance.choice(INSIDE)
                number = c.inside(method, more, "x" * chance.randrange(3) if more.startswith("Content-Type") else "", False)
        if chance.random() < 0.8:
            end = time.monotonic() + 0.5
            while time.monotonic() < end and (method, number) not in c.in_dialog and not c.over:
                time.sleep(0.002)
    return i + 1


def left(world):
    counts = world.counts()
    return {k: counts[k] for k in ("sessions", "legs")}


def attack_nonsense_in_calls(world):
    """A3: damaged SDP offers and random requests within live calls; nothing stays behind."""
    calls, each = (4, 40) if world.quick else (12, 150)
    chance = random.Random(int(os.environ.get("SEED", "3")))
    world.start()
    phones = [world.phone(100 + i) for i in range(2)]
    for phone in phones:
        phone.register()
    wait_for("sign-ins", 5, lambda: all(p.registered == 200 for p in phones))
    warm = phones[0].call(phones[1].user)
    wait_for("the first call", 6, lambda: warm.up)
    warm.hang_up()
    wait_for("its end, 64 x T1 after", 40, lambda: not any(left(world).values()), every=0.5)
    files, sent, answered = world.files(), 0, 0
    for _ in range(calls):
        c = phones[0].call(phones[1].user)
        wait_for("the call", 6, lambda c=c: c.up)
        sent += torment(c, chance, each)
        answered += len(c.in_dialog)
        c.hang_up()
        time.sleep(0.2)
    world.report.tell("A3", "requests in calls", f"{sent}, {answered} answered")
    world.report.check("A3", "a request afterwards", "answered", "yes", world.phone(102).register() and wait_for(
        "a sign-in", 5, lambda: world.lab.phones[-1].registered == 200))

    end = time.monotonic() + 40
    while any(left(world).values()) and time.monotonic() < end:
        time.sleep(1)
    world.report.check("A3", "left of them", left(world), "nothing within 64 x T1", not any(left(world).values()))
    world.report.check("A3", "files and ports open", f"{world.files()} (before: {files})", "as before",
                       world.files() <= files + 1)


for each in (attack_spray_strict,):
    each.quick = True
