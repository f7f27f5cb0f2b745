# SPDX-License-Identifier: Apache-2.0
"""TCP, TLS and WebSocket: floods, idle and slow connections (D4), sudden ends (D5)."""
import errno
import os
import random
import resource
import socket
import ssl
import struct
import time

from bed import Failure, Reference, request, wait_for
from phones import status_of

PER_ADDRESS = 200


def unverified():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def connect(host, port):
    """Begins to connect and does not wait."""
    s = socket.socket()
    s.setblocking(False)
    s.bind((host, 0))
    if s.connect_ex(("127.0.0.1", port)) not in (0, errno.EINPROGRESS):
        s.close()
        return None
    return s


def alive(s):
    try:
        return s.recv(4096) != b""
    except (BlockingIOError, ssl.SSLWantReadError):
        return True
    except OSError:
        return False


def legit_ms(world):
    """A new TLS connection and the answer to a REGISTER on it."""
    began = time.monotonic()
    s = unverified().wrap_socket(socket.create_connection(("127.0.0.1", world.sips), 3))
    s.sendall(request("REGISTER", ("127.0.0.1", world.sip), s.getsockname(), transport="TLS"))
    answer = s.recv(65536)
    spent = (time.monotonic() - began) * 1000
    s.close()
    return spent if status_of(answer) == 401 else 9999


def attack_connections(world):
    """D4: idle TCP, TLS and WSS connections and slow senders from many addresses; who is new still comes in."""
    wanted = 1000 if world.quick else min(9000, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 500)
    world.start()
    many_connections(world, wanted)
    if not world.quick:  # once more: what is only kept for later does not grow
        many_connections(world, wanted)


def many_connections(world, wanted):
    files, rss = world.files(), world.rss_mb()
    idle = sorted(legit_ms(world) for _ in range(5))[2]
    held, ports, slow = [], (world.sip, world.sips, world.https), []
    began = time.monotonic()
    for i in range(wanted):
        s = connect(f"127.80.{i // PER_ADDRESS}.1", ports[i % 3])
        if s:
            held.append(s)
            if i % 6 == 0:
                slow.append(s)
        if i % 100 == 99:
            time.sleep(0.01)
    spent = time.monotonic() - began
    try:  # those that the queue of the socket had no place for come when the kernel tries again
        wait_for("all connections", 8, lambda: world.counts()["connections"] >= len(held))
    except Failure:
        pass
    message = request("INVITE", ("127.0.0.1", world.sip), ("127.80.0.1", 5060), transport="TCP")
    taken, at = [], 0
    while at < 7:  # a byte each half second
        for s in slow:
            try:
                s.send(message[at:at + 1])
            except OSError:
                pass
        taken.append(legit_ms(world))
        at += 1
        time.sleep(0.5)
    last_byte = time.monotonic()
    open_now = world.counts()["connections"]
    world.report.tell("D4", "opened", f"{len(held)} in {spent:.1f} s from {wanted // PER_ADDRESS} addresses, {open_now} "
                      f"held by the daemon, {len(slow)} send a byte each half second; {world.rss_mb() - rss:.0f} MB")
    taken.sort()
    most = 100 * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))  # of a machine that others use as well
    world.report.check("D4", "a new TLS connection answered", f"{taken[3]:.0f} ms in the middle, {taken[-1]:.0f} ms at worst "
                       f"(idle: {idle:.0f} ms)", f"<= {most:.0f} ms in the middle", taken[3] <= most)
    more = [connect("127.80.0.1", world.sip) for _ in range(100)]
    time.sleep(0.5)
    kept = sum(alive(s) for s in more if s) + sum(alive(s) for s in held[:PER_ADDRESS])
    world.report.check("D4", "connections of one address", kept, f"<= {PER_ADDRESS}", kept <= PER_ADDRESS)
    end = last_byte + 10.5
    while time.monotonic() < end and any(alive(s) for s in slow):
        time.sleep(0.25)
    left = sum(alive(s) for s in slow)
    world.report.check("D4", "slow senders left 10.5 s after their last byte", left, "0", left == 0)
    for s in [*held, *more]:
        if s:
            s.close()
    wait_for("the files to be given back", 5, lambda: world.files() <= files + 3)
    world.report.check("D4", "files open afterwards", f"{world.files()} (before: {files})", "as before",
                       world.files() <= files + 3)
    time.sleep(1.5)
    grown = world.rss_mb() - rss
    world.report.check("D4", "memory grown afterwards", f"{grown:.1f} MB", "<= 8 MB", grown <= 8)


def reset(s):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    s.close()


class Memory:
    """A client's TLS handshake by hand, to stop it anywhere."""

    def __init__(self):
        self.into, self.out = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = unverified().wrap_bio(self.into, self.out)

    def step(self):
        try:
            self.tls.do_handshake()
            return True
        except ssl.SSLWantReadError:
            return False


def abort_handshake(world, host, step, chance):
    """Goes so many flights into the handshake, then ends; the last flight is cut at a random byte."""
    s = socket.create_connection(("127.0.0.1", world.sips), 2, (host, 0))
    m = Memory()
    for i in range(step + 1):
        done = m.step()
        data = m.out.read()
        if i == step and data:
            data = data[:chance.randrange(len(data) + 1)]
        s.sendall(data)
        if i == step or done:
            break
        try:
            m.into.write(s.recv(16384))
        except OSError:
            break
    reset(s) if chance.random() < 0.5 else s.close()


def burst_and_go(world, host, chance, tls):
    """A few INVITEs, the last of them cut anywhere, and gone."""
    s = socket.create_connection(("127.0.0.1", world.sips if tls else world.sip), 2, (host, 0))
    if tls:
        s = unverified().wrap_socket(s)
    name = "TLS" if tls else "TCP"
    data = b"".join(request("INVITE", ("127.0.0.1", world.sip), (host, 5060), transport=name)
                    for _ in range(chance.randrange(1, 12)))
    try:
        s.sendall(data[:chance.randrange(len(data) + 1)])
    except OSError:
        pass
    reset(s) if chance.random() < 0.5 else s.close()


def attack_sudden_ends(world):
    """D5: bursts of INVITEs and a close or reset at a random byte, by TCP and TLS; handshakes ended at each step."""
    rounds, chance = 300 if world.quick else 2000, random.Random(1)
    world.start()
    for _ in range(40):
        burst_and_go(world, "127.90.9.9", chance, True)
    time.sleep(0.3)
    files, rss = world.files(), world.rss_mb()
    for i in range(rounds):
        host = f"127.90.{i // 250}.{1 + i % 250}"
        if i % 4 == 0:
            abort_handshake(world, host, i // 4 % 3, chance)
        else:
            burst_and_go(world, host, chance, i % 4 == 1)
    wait_for("the files to be given back", 5, lambda: world.files() <= files + 2)
    counts = world.counts()
    left = {k: counts[k] for k in ("transactions", "sessions", "legs", "connections")}
    world.report.check("D5", f"left after {rounds} sudden ends", left, "nothing", not any(left.values()))
    world.report.check("D5", "files open afterwards", f"{world.files()} (before: {files})", "as before",
                       world.files() <= files + 2)
    grown = world.rss_mb() - rss
    world.report.check("D5", "memory grown", f"{grown:.1f} MB", "<= 8 MB", grown <= 8)


def attack_flood_tcp(world):
    """D2: REGISTERs by 40 TCP connections as fast as they are taken, nothing read; calls go on."""
    seconds = 4 if world.quick else 10
    world.start()
    ref = Reference(world, 5)
    rss = world.rss_mb()
    pid = os.fork()
    if pid == 0:
        os.nice(15)
        links, sent, end = [], 0, time.monotonic() + seconds
        for i in range(40):
            links.append(socket.create_connection(("127.0.0.1", world.sip), 2, (f"127.91.0.{1 + i}", 0)))
            links[-1].setblocking(False)
        data = b"".join(request("REGISTER", ("127.0.0.1", world.sip), ("127.91.0.1", 5060), transport="TCP")
                        for _ in range(200))
        at = [0] * len(links)
        while time.monotonic() < end:
            moved = 0
            for i, s in enumerate(links):
                try:
                    n = s.send(data[at[i]:])
                    at[i] = (at[i] + n) % len(data)
                    moved += n
                except OSError:
                    continue
            sent += moved
            if not moved:
                time.sleep(0.001)
        os._exit(min(255, int(sent / seconds / 1e6)))
    ref.restart()
    code = None
    while code is None:
        done, status = os.waitpid(pid, os.WNOHANG)
        code = os.waitstatus_to_exitcode(status) if done else None
        ref.try_call()
        time.sleep(0.3)
    world.report.tell("D2", "taken by TCP", f"about {code} MB/s into its sockets")
    ref.judge("D2", 10)
    grown = world.rss_mb() - rss
    world.report.check("D2", "memory grown", f"{grown:.1f} MB", "<= 64 MB", grown <= 64)
    for c in ref.calls:
        c.hang_up()
    time.sleep(0.5)


for each in (attack_connections, attack_sudden_ends):
    each.quick = True
