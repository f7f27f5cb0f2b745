# SPDX-License-Identifier: Apache-2.0
"""What the attacks are written with: a daemon with a company, calls that must not suffer, floods, and a report."""
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]

from kit.process import Failure, Process, wait_for  # noqa: E402
from kit.system import World  # noqa: E402
from phones import Lab, Phone, Sound, token  # noqa: E402

USERS = 30
COUNTS = re.compile(r"debug app: counts: (.*)")


class Report:
    """One line for each figure: the goal that it belongs to, what was measured, what is allowed."""

    def __init__(self):
        self.rows = []

    def check(self, goal, what, value, allowed, good):
        self.rows.append((goal, what, value, allowed, bool(good)))
        print(f"{'ok    ' if good else 'FAILED'} {goal:3} {what}: {value} (allowed: {allowed})", flush=True)

    def tell(self, goal, what, value):
        print(f"       {goal:3} {what}: {value}", flush=True)


class HostileWorld(World):
    """A daemon on 127.0.0.1 that logs its counts each second."""

    def __init__(self, program, name, quick):
        super().__init__(program, name)
        self.quick = quick
        self.senders = ""
        self.listen = ["127.0.0.1"]
        self.rtp_count = 400
        self.level = "debug"
        self.strict = False

        self.lab = None
        self.report = None

    def profile(self, value):
        for user in [self.answers["owner"], *self.answers["users"]]:
            user["devices"] = [{"rtp_profile": value}]

    def start(self):
        if not hasattr(self, "sip"):
            self.take_ports()
        if not self.passwords:
            self.answers["users"] = [{"number": str(n), "last_name": f"User {n}"} for n in range(101, 100 + USERS)]
            if self.strict:
                self.profile("strict")
            self.setup()
        self.serve()
        if not self.lab:
            self.lab = Lab()
            self.later(self.lab.close)
        return self.daemon

    def serve(self):
        """Starts the daemon; how long until it is ready."""
        began = time.monotonic()
        ready = self.daemon.log().count("notice app: ready") if self.daemon else 0
        self.daemon = self.add(Process("carillon", [
            *self.prefix, self.program, "serve", "--data", self.data, "--listen", ",".join(self.listen), "--sip-port",
            str(self.sip), "--sips-port", str(self.sips), "--https-port", str(self.https), "--rtp-ports",
            f"{self.rtp}-{self.rtp + self.rtp_count - 1}", "--log-level", self.level], self.folder))
        wait_for("the daemon", 6, lambda: self.daemon.log().count("notice app: ready") > ready or not self.daemon.runs())
        if not self.daemon.runs():
            raise Failure("the daemon has ended")
        self.daemon.end = self.end
        return time.monotonic() - began

    def end(self):
        self.daemon.signal(signal.SIGTERM)
        code = self.daemon.wait_end(3)
        if code:
            raise Failure(f"the daemon ended with {code}")

    # --- looking at the daemon from outside

    def rss_mb(self):
        return self.daemon.resident_kb() / 1024

    def files(self):
        return len(os.listdir(f"/proc/{self.daemon.child.pid}/fd"))

    def cpu_s(self):
        with open(f"/proc/{self.daemon.child.pid}/stat", encoding="ascii") as f:
            fields = f.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def counts(self, wait=True):
        """The daemon's own counts, from a line written after now."""
        before = len(COUNTS.findall(self.daemon.log()))
        if wait:
            wait_for("the counts in the log", 4, lambda: len(COUNTS.findall(self.daemon.log())) > before, every=0.1)
        return {k: int(v) for k, v in (pair.split("=") for pair in COUNTS.findall(self.daemon.log())[-1].split())}

    def socket_drops(self):
        """Datagrams that the kernel threw away because the daemon did not fetch them in time."""
        with open("/proc/net/udp", encoding="ascii") as f:
            for line in f:
                fields = line.split()
                if fields[1] == f"0100007F:{self.sip:04X}":
                    return int(fields[-1])
        return 0

    def phone(self, user, host="127.0.0.1", voice=0x11, password=None):
        return Phone(self.lab, str(user), password or self.passwords[str(user)], ("127.0.0.1", self.sip), host, voice)

    def tool(self, name):
        return os.path.join(self.senders, name)

    def flood(self, kind, sources, seconds, rate=0):
        """Starts a flood from 127.100.0.1 and on; give it to `flooded`. The attacker's CPU is not the daemon's: nice."""
        return subprocess.Popen(["nice", "-n", "15", self.tool("hostile_flood"), "127.0.0.1", str(self.sip), kind,
                                 str(sources), str(seconds), str(rate)], stdout=subprocess.PIPE, text=True)

    def spray(self, first, last, host, kind, seconds, rate, port=0):
        return subprocess.Popen(["nice", "-n", "15", self.tool("hostile_spray"), "127.0.0.1", str(first), str(last),
                                 host, str(port), kind, str(seconds), str(rate)], stdout=subprocess.PIPE, text=True)


def result(child):
    out, _ = child.communicate(timeout=90)
    if child.returncode:
        raise Failure(f"the sender ended with {child.returncode}")
    return json.loads(out)


class Reference:
    """Calls with sound both ways that run through an attack, and new calls set up meanwhile."""

    def __init__(self, world, pairs, first=100):
        self.world = world
        self.phones = [world.phone(first + i, voice=0x11 + i) for i in range(2 * pairs + 2)]
        for phone in self.phones:
            phone.register()
        wait_for("the phones' sign-in", 6, lambda: all(p.registered == 200 for p in self.phones))
        self.calls = [self.phones[2 * i].call(self.phones[2 * i + 1].user) for i in range(pairs)]
        wait_for("the calls", 6, lambda: all(c.up for c in self.legs()) and len(self.legs()) == 2 * pairs)
        self.setups = []

    def legs(self):
        return [c for p in self.phones[:-2] for c in p.calls.values() if not c.over]

    def restart(self):
        with self.world.lab.lock:
            self.world.lab.late = 0.0
            for c in self.legs():
                c.sound.restart()
            self.setups = []

    def try_call(self, seconds=6):
        """A new call, ended again; its ringing time, or None."""
        caller, callee = self.phones[-2:]
        c = caller.call(callee.user)
        end = time.monotonic() + seconds
        while not (c.up or c.over) and time.monotonic() < end:
            time.sleep(0.005)
        good = c.up
        c.hang_up()
        time.sleep(0.05)
        self.setups.append(c.ringing_s if good else None)
        return self.setups[-1]

    def through(self, child, every=1.0):
        """New calls until the attacker ends; his figures."""
        while child.poll() is None:
            self.try_call()
            time.sleep(every)
        return result(child)

    def loss_permille(self):
        lost = sum(c.sound.lost for c in self.legs())
        heard = sum(c.sound.received for c in self.legs())
        return 1000.0 * lost / max(lost + heard, 1)

    def judge(self, goal, expected_legs):
        setup_ms = 1000 if self.world.quick else 200  # quick: on a machine that is busy with other tests
        report, good = self.world.report, [s for s in self.setups if s is not None]
        legs = self.legs()
        report.check(goal, "calls that run on", f"{len(legs)} of {expected_legs}", "all", len(legs) == expected_legs)
        gap = max([c.sound.longest_gap for c in legs] or [9])
        report.check(goal, "sound lost", f"{self.loss_permille():.2f} per mille, longest gap {gap * 1000:.0f} ms, "
                     f"own clock late by {self.world.lab.late * 1000:.0f} ms", "<= 1 per mille",
                     self.loss_permille() <= 1 and all(c.sound.received for c in legs))
        if self.setups:
            good = sorted(good) or [9]
            most, worst = good[int(len(good) * 0.9)] * 1000, good[-1] * 1000
            report.check(goal, "new calls", f"{len(good)} of {len(self.setups)}, nine of ten ring within {most:.0f} ms, "
                         f"all within {worst:.0f} ms", f"all, nine of ten <= {setup_ms} ms",
                         len(good) == len(self.setups) and most <= setup_ms)


def free_socket(host):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((host, 0))
    return s


def request(method, server, local, uri=None, who="100", more="", transport="UDP", body="", branch=None):
    """A plain request of a stranger."""
    return (f"{method} {uri or f'sip:{who}@{server[0]}'} SIP/2.0\r\nVia: SIP/2.0/{transport} {local[0]}:{local[1]};rport;"
            f"branch={branch or 'z9hG4bK' + token()}\r\nMax-Forwards: 70\r\nFrom: <sip:{who}@{server[0]}>;tag={token(4)}\r\n"
            f"To: <sip:{who}@{server[0]}>\r\nCall-ID: {token()}\r\nCSeq: 1 {method}\r\n"
            f"Contact: <sip:{who}@{local[0]}:{local[1]}>\r\n{more}Content-Length: {len(body)}\r\n\r\n{body}").encode()


__all__ = ["Failure", "HostileWorld", "Lab", "Phone", "Process", "Reference", "Report", "ROOT", "Sound", "World",
           "free_socket", "request", "result", "token", "wait_for"]
