# SPDX-License-Identifier: Apache-2.0
"""The folder and the process: rights of files (K4), no program started (B4), kill -9 (C1), disk full (H1), lock (H3)."""
import collections
import os
import random
import re
import shutil
import sqlite3
import stat
import subprocess
import time

from bed import ROOT, Failure, Reference, wait_for


def sign_in_all(world, users):
    phones = [world.phone(u) for u in users]
    for phone in phones:
        phone.register()
    wait_for("sign-ins", 8, lambda: all(p.registered == 200 for p in phones))
    return phones


def one_call(caller, callee, seconds=0.3):
    c = caller.call(callee.user)
    wait_for("the call", 8, lambda: c.up or c.over)
    time.sleep(seconds)
    good = c.up
    c.hang_up()
    return good


def attack_files(world):
    """K4: who may read what in the data folder; B4: hardening of the program; nothing is ever started by it."""
    trace = os.path.join(world.folder, "trace")
    world.prefix = ["strace", "-f", "-qq", "-e", "trace=execve,execveat,fork,vfork", "-o", trace]
    world.start()
    a, b = sign_in_all(world, (100, 101))
    good = one_call(a, b)
    open_files = [os.path.relpath(os.path.join(folder, name), world.folder)
                  for folder, folders, files in os.walk(world.data) for name in [".", *folders, *files]
                  if os.lstat(os.path.join(folder, name)).st_mode & 0o077]
    world.report.check("K4", "files that others may read or write", open_files or 0, "0", not open_files)
    setuid = [n for n in os.listdir(world.data) if os.lstat(os.path.join(world.data, n)).st_mode &
              (stat.S_ISUID | stat.S_ISGID)]
    world.report.check("K4", "setuid files", setuid or 0, "0", not setuid)
    child = int(re.search(r"\d+", subprocess.run(["ps", "-o", "pid=", "--ppid", str(world.daemon.child.pid)],
                                                 capture_output=True, text=True, check=False).stdout or "0").group())
    if child:
        os.kill(child, 15)  # the daemon itself, not strace
        world.daemon.wait_end(5)
    with open(trace, encoding="utf-8", errors="replace") as f:
        started = [line for line in f if re.search(r"exec|fork", line)]
    world.report.check("B4", "programs started by the daemon in its life with a call", len(started) - 1, "0",
                       good and len(started) == 1)
    done = subprocess.run([os.path.join(ROOT, "tools", "check_hardening"), world.program], capture_output=True, text=True,
                          check=False)
    world.report.check("B4", "tools/check_hardening", (done.stdout + done.stderr).strip()[:200] or "clean", "exit 0",
                       done.returncode == 0)


class Ledger:
    """What was asked for from outside, call by call: numbers that nobody has, each dialled once, and calls that ring."""

    def __init__(self):
        self.serial = 0
        self.known = {}  # number -> whether its answer was here 100 ms before the kill
        self.real = collections.Counter()  # (from, to) -> sure, maybe
        self.maybe = collections.Counter()
        self.running = []

    def begin(self, phones, chance):
        caller, callee = chance.sample(phones, 2)
        if chance.random() < 0.5:
            self.serial += 1
            number = f"77{self.serial:05d}"
            self.running.append((caller.call(number), number, None))
        else:
            c = caller.call(callee.user)
            self.running.append((c, None, (caller.user, callee.user)))

    def tidy(self, now):
        """Ends what has talked for a while."""
        for c, _, pair in self.running:
            if pair and c.up and not c.over and now - c.begun > 0.4:
                c.hang_up()

    def killed(self, at):
        for c, number, pair in self.running:
            answered = getattr(c, "first_answer", None)
            sure = answered is not None and answered < at - 0.1
            if number:
                self.known[number] = sure
            elif pair:
                self.maybe[pair] += 1
                self.real[pair] += sure
            if not c.over:
                c.end()
        self.running = []


def watch_answers(phone):
    """Notes when a call had its first answer that comes after the sign-in."""
    before = phone._call_response

    def noted(c, m, status, method, number):
        if method == "INVITE" and status > 100 and status != 401 and not hasattr(c, "first_answer"):
            c.first_answer = time.monotonic()
        before(c, m, status, method, number)

    phone._call_response = noted


def check_integrity(world):
    base = sqlite3.connect(f"file:{os.path.join(world.data, 'carillon.db')}?mode=ro", uri=True)
    verdict = base.execute("pragma integrity_check").fetchone()[0]
    base.close()
    return verdict


def attack_kill(world):
    """C1: kill -9 at random moments under calls; records are compared with what the phones know."""
    rounds, chance, ledger, slowest = (3 if world.quick else 10), random.Random(4), Ledger(), 0.0
    for user in world.answers["users"]:
        user["max_calls"] = 20
    world.start()
    for r in range(rounds):
        phones = sign_in_all(world, range(100, 108))
        for phone in phones:
            watch_answers(phone)
        end = time.monotonic() + 0.5 + chance.random() * 2
        while time.monotonic() < end:
            ledger.begin(phones, chance)
            ledger.tidy(time.monotonic())
            time.sleep(0.03)
        world.daemon.kill()
        ledger.killed(time.monotonic())
        for phone in phones:
            phone.pending.clear()
        slowest = max(slowest, world.serve())
    calls = wait_for("the list", 5, lambda: world.calls("--limit", "100000"))
    numbers = collections.Counter(c["to_dialled"] for c in calls)
    pairs = collections.Counter((c["from_number"], c["to_dialled"]) for c in calls)
    lost = [n for n, sure in ledger.known.items() if sure and not numbers[n]]
    doubled = [n for n in ledger.known if numbers[n] > 1]
    short = {p: (ledger.real[p], pairs[p]) for p in ledger.maybe if pairs[p] < ledger.real[p]}
    much = {p: (ledger.maybe[p], pairs[p]) for p in ledger.maybe if pairs[p] > ledger.maybe[p]}
    asked = len(ledger.known) + sum(ledger.maybe.values())
    sure = sum(ledger.known.values()) + sum(ledger.real.values())
    world.report.check("C1", f"of {asked} calls over {rounds} kills, {sure} surely begun: records", len(calls),
                       f"{sure} to {asked}", sure <= len(calls) <= asked)
    world.report.check("C1", "lost", f"{lost[:5]} {short}", "none", not lost and not short)
    world.report.check("C1", "doubled", f"{doubled[:5]} {much}", "none", not doubled and not much)
    running = [c for c in calls if not c["ended_ms"]]
    world.report.check("C3", "records without an end", len(running), "0", not running)
    world.report.check("C1", "integrity_check", check_integrity(world), "ok", check_integrity(world) == "ok")
    world.report.check("C1", "slowest start afterwards", f"{slowest:.2f} s", "<= 2 s", slowest <= 2)


def calls_meanwhile(world, ref, seconds):
    """New calls while something is wrong; how many there were."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        ref.try_call()
        time.sleep(0.3)
    return len(ref.setups)


def wait_records(world, wanted, seconds=10):
    began = time.monotonic()
    try:
        wait_for(f"{wanted} records", seconds, lambda: len(ended(world)) >= wanted, every=0.2)
    except Failure:
        pass
    return len(ended(world)), time.monotonic() - began


def ended(world):
    return [c for c in world.calls("--limit", "100000") if c["ended_ms"]]


def attack_locked_database(world):
    """H3: the database's file is locked by another; calls go on and all records are there afterwards."""
    seconds = 4 if world.quick else 20
    world.start()
    ref = Reference(world, 3)
    ref.restart()
    base = sqlite3.connect(os.path.join(world.data, "carillon.db"), isolation_level=None, timeout=5)
    base.execute("begin exclusive")
    calls_meanwhile(world, ref, seconds)
    ref.judge("H3", 6)
    base.execute("rollback")
    base.close()
    for c in ref.calls:
        c.hang_up()
    wanted = len(ref.setups) + 3
    got, waited = wait_records(world, wanted)
    world.report.check("H3", f"records after a lock of {seconds} s", f"{got} of {wanted}, after {waited:.1f} s", "all",
                       got == wanted)


def attack_full_disk(world):
    """H1: the data folder's disk is full while calls run; they go on, and nothing is lost when there is room again."""
    os.mkdir(world.data, 0o700)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m,mode=0700", "tmpfs", world.data], check=False).returncode:
        world.report.tell("H1", "not tried", "this machine does not permit a tmpfs")
        return
    world.later(lambda: subprocess.run(["umount", "-l", world.data], check=False))
    world.start()
    ref = Reference(world, 3)
    ref.restart()
    filler = os.path.join(world.data, "filler")
    with open(filler, "wb", buffering=0) as f:
        try:
            while True:
                f.write(b"x" * 4096)
        except OSError:
            pass
    free = shutil.disk_usage(world.data).free
    calls_meanwhile(world, ref, 4 if world.quick else 10)
    ref.judge("H1", 6)
    os.unlink(filler)
    for c in ref.calls:
        c.hang_up()
    wanted = len(ref.setups) + 3
    got, waited = wait_records(world, wanted)
    world.report.check("H1", f"records after a full disk ({free} bytes free)", f"{got} of {wanted}, after {waited:.1f} s",
                       "all within 10 s", got == wanted)
    world.report.check("H1", "integrity_check", check_integrity(world), "ok", check_integrity(world) == "ok")


for each in (attack_files, attack_kill):
    each.quick = True
