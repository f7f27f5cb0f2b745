# SPDX-License-Identifier: Apache-2.0
"""Floods by UDP: of requests without sign-in (D2), of damaged messages (D3), and what is answered to them (D7)."""
import os
import re
import time

from bed import ROOT, Reference, request, free_socket, result

PAIRS = 5


def shape(world):
    return (world.quick and 4 or 12), PAIRS


def flood_with(world, goal, kind, sources, seconds=None):
    pairs = PAIRS
    seconds = shape(world)[0] if world.quick or not seconds else seconds
    world.start()
    ref = Reference(world, pairs)
    for _ in range(2):
        ref.try_call()
    idle = max(s if s is not None else 9 for s in ref.setups)
    rss, cpu = world.rss_mb(), world.cpu_s()
    ref.restart()
    got = ref.through(world.flood(kind, sources, seconds), 0.3)
    spent = world.cpu_s() - cpu
    world.report.tell(goal, "thrown away by the kernel", world.socket_drops())
    world.report.tell(goal, "sent", f"{got['sent'] / seconds:.0f}/s from {sources}, answered {got['received']}; daemon "
                      f"{100 * spent / (seconds + 0.5):.0f} % of a core, {1e6 * spent / max(got['sent'], 1):.1f} us each; "
                      f"idle ringing {idle * 1000:.0f} ms")
    ref.judge(goal, 2 * pairs)
    grown = world.rss_mb() - rss
    world.report.check(goal, "memory grown", f"{grown:.1f} MB", "<= 64 MB", grown <= 64)
    for c in ref.calls:
        c.hang_up()
    time.sleep(1)
    return ref, got


def attack_flood_mix_many(world):
    """D2: REGISTER, INVITE, OPTIONS and noise with random Call-IDs from 250 addresses, as fast as the machine goes."""
    flood_with(world, "D2", "mix", 250, 30)


def attack_flood_register_one(world):
    """D2: REGISTER from one address."""
    flood_with(world, "D2", "register", 1)


def attack_flood_invite_many(world):
    """D2: INVITE from 1,000 addresses."""
    flood_with(world, "D2", "invite", 1000)


def attack_flood_options_one(world):
    """D2: OPTIONS, which need no sign-in, from one address; no transaction stays."""
    flood_with(world, "D2", "options", 1)


def attack_flood_options_many(world):
    """D2: OPTIONS from 1,000 addresses; no transaction stays."""
    flood_with(world, "D2", "options", 1000)


for each in (attack_flood_mix_many,):
    each.quick = True


CORPUS = ("sip_message", "sip_endpoint", "sip_session")


def corpus(world):
    """A folder with all messages that once hurt, and those of RFC 4475."""
    folder, tests = os.path.join(world.folder, "corpus"), os.path.join(ROOT, "tests")
    os.mkdir(folder)
    sources = [os.path.join(tests, "fuzz", "corpus", name) for name in CORPUS]
    for source in [*sources, os.path.join(tests, "data", "rfc4475")]:
        for name in os.listdir(source) if os.path.isdir(source) else ():
            if name.endswith((".tsv", ".md")):
                continue
            with open(os.path.join(source, name), "rb") as f, \
                    open(os.path.join(folder, os.path.basename(source) + name), "wb") as out:
                out.write(f.read(8000))
    return folder


def attack_flood_malformed(world):
    """D3: the fuzz corpus and RFC 4475, damaged further, at 10,000/s from 20 addresses and then as fast as it goes."""
    seconds, pairs = shape(world)
    world.level = "info"  # the line of counts each second is not the attacker's
    world.start()
    ref = Reference(world, pairs)
    folder = corpus(world)
    rss = world.rss_mb()
    for rate in (10000, 0):
        ref.restart()
        lines, began = world.daemon.log().count("\n"), time.monotonic()
        got = ref.through(world.flood(folder + "/", 20, seconds, rate), 0.3)
        per_s = (world.daemon.log().count("\n") - lines) / (time.monotonic() - began)
        world.report.tell("D3", "sent", f"{got['sent'] / seconds:.0f}/s, answered {got['received']}")
        world.report.check("D3", "lines in the log", f"{per_s:.1f}/s", "<= 10/s", per_s <= 10)
        ref.judge("D3", 2 * pairs)
    grown = world.rss_mb() - rss
    world.report.check("D3", "memory grown", f"{grown:.1f} MB", "<= 64 MB", grown <= 64)
    for c in ref.calls:
        c.hang_up()
    time.sleep(0.5)


SCANNER = ("OPTIONS sip:100@{server} SIP/2.0\r\nVia: SIP/2.0/UDP {host}:{port};branch=z9hG4bK-3137393434;rport\r\n"
           "Max-Forwards: 70\r\nFrom: \"probe\" <sip:100@1.1.1.1>;tag=6336\r\nTo: \"probe\" <sip:100@1.1.1.1>\r\n"
           "Call-ID: 94528\r\nCSeq: 1 OPTIONS\r\nContact: <sip:100@{host}:{port}>\r\nAccept: application/sdp\r\n"
           "User-Agent: probe\r\nContent-Length: 0\r\n\r\n")


def ratio_of(world, host, messages):
    """(bytes that came back, bytes sent) of an unknown source."""
    s = free_socket(host)
    s.settimeout(0.3)
    sent = back = 0
    for make in messages:
        data = make(s.getsockname())
        s.sendto(data, ("127.0.0.1", world.sip))
        sent += len(data)
        try:
            while True:
                back += len(s.recv(65536))
                s.settimeout(0.02)
        except OSError:
            s.settimeout(0.3)
    s.close()
    return back, sent


def attack_amplification(world):
    """D7: what is answered to unauthenticated requests by UDP is at most 1.5 times as long on average."""
    world.start()
    server = ("127.0.0.1", world.sip)
    sdp = "v=0\r\no=- 1 1 IN IP4 127.0.0.9\r\ns=-\r\nc=IN IP4 127.0.0.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n"
    kinds = {m: [lambda a, m=m: request(m, server, a, body=sdp if m == "INVITE" else "")] * 5
             for m in ("REGISTER", "INVITE", "OPTIONS", "SUBSCRIBE", "MESSAGE", "REFER", "BYE", "PUBLISH", "FOO")}
    kinds["scanner's OPTIONS"] = [lambda a: SCANNER.format(server="127.0.0.1", host=a[0], port=a[1]).encode()] * 5
    kinds["INVITE without SDP"] = [lambda a: request("INVITE", server, a)] * 5
    kinds["STUN"] = [lambda a: bytes.fromhex("000100002112a442") + os.urandom(12)] * 5
    kinds["noise"] = [lambda a: b"\xff" * 200] * 3 + [lambda a: b"GET / HTTP/1.1\r\n\r\n"] * 3
    kinds["broken REGISTER"] = [lambda a: request("REGISTER", server, a).replace(b"CSeq: 1", b"CSeq: x")] * 3
    total_back = total_sent = 0
    figures = []
    for i, (name, messages) in enumerate(kinds.items()):
        back, sent = ratio_of(world, f"127.101.0.{i + 1}", messages)
        figures.append(f"{name} {back / sent:.2f}")
        if name != "STUN":
            total_back, total_sent = total_back + back, total_sent + sent
    world.report.tell("D7", "answer to request, by kind", ", ".join(figures))
    world.report.check("D7", "answer to request, on average", f"{total_back / total_sent:.2f}", "<= 1.5",
                       total_back <= 1.5 * total_sent)
    for kind, most in (("stun", 50), ("register", 1000), ("options", 1000)):
        seconds = 1 if world.quick else 3
        got = result(world.flood(kind, 1, seconds, 5000))
        per_s = got["received"] / (seconds + 1)  # three seconds touch four
        world.report.check("D7", f"answers to a flood of {kind} from one address", f"{per_s:.0f}/s", f"<= {most}/s",
                           per_s <= most * 1.05)


attack_amplification.quick = True
