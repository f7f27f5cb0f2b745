#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Attacks on the real daemon (docs/security.md): one line a figure, with the goal it belongs to; the last line counts."""
import argparse
import fnmatch
import importlib
import inspect
import os
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from bed import Failure, HostileWorld, Report, ROOT  # noqa: E402
from kit import ports  # noqa: E402

ATTACK_S = 150


def collect():
    found = {}
    for name in ("floods", "streams", "strangers", "sound", "disk"):
        path = os.path.join(HERE, name + ".py")
        if os.path.exists(path):
            module = importlib.import_module(name)
            found.update({key[7:]: value for key, value in inspect.getmembers(module, inspect.isfunction)
                          if key.startswith("attack_")})
    return found


def out_of_time(_number, _frame):
    raise Failure(f"more than {ATTACK_S} s")


def run_one(name, attack, args, report):
    print(f"-- {name}: {' '.join((attack.__doc__ or '').split())}", flush=True)
    world, began, failed = HostileWorld(os.path.abspath(args.daemon), name, args.quick), time.monotonic(), None
    world.report, world.senders = report, os.path.abspath(args.senders)
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(ATTACK_S)
    before = sum(not row[4] for row in report.rows)
    try:
        attack(world)
    except Exception as e:  # the others go on
        where = traceback.extract_tb(e.__traceback__)
        place = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(where[-4:]))
        failed = f"{e if isinstance(e, Failure) else repr(e)} ({place})"
        report.check("-", name, failed, "it runs to its end", False)
    signal.alarm(0)
    bad = failed is not None or sum(not row[4] for row in report.rows) > before
    try:
        problem, tails = world.close(bad)
    except OSError as e:  # its folder is gone
        problem, tails = None, str(e)
    if problem:
        report.check("-", f"{name}: clean end", problem, "within 3 s, exit 0", False)
    if bad or problem:
        print(tails)
    print(f"   {time.monotonic() - began:.1f} s", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; * and ? as in a shell")
    parser.add_argument("--daemon", default=os.path.join(ROOT, "build", "release", "src", "app", "carillon"))
    parser.add_argument("--senders", default=os.path.join(ROOT, "build", "bench", "tests", "hostile"), metavar="FOLDER")
    parser.add_argument("--quick", action="store_true", help="short floods, fewer tries: less than a minute")
    parser.add_argument("--list", action="store_true", help="print the names with what they prove")
    args = parser.parse_args()
    attacks = collect()
    names = [n for n in attacks if (not args.names and (not args.quick or getattr(attacks[n], "quick", False))) or
             any(fnmatch.fnmatch(n, wanted) for wanted in args.names)]
    if args.list:
        for name in names:
            print(f"{name}: {' '.join((attacks[name].__doc__ or '').split())}")
        return 0
    if not names:
        parser.error("no such attack; see --list")
    for path in (args.daemon, os.path.join(args.senders, "hostile_flood")):
        if not os.path.exists(path):
            parser.error(f"{path} is not there: `make hostile` builds it")
    ports.use_range(1)
    report = Report()
    for name in names:
        run_one(name, attacks[name], args, report)
    failed = sum(not row[4] for row in report.rows)
    print(f"   load of the machine: {os.getloadavg()[0]:.1f}")
    print(f"{len(report.rows) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
