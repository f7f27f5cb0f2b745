#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the real daemon against the budgets of docs/architecture.md and prints one table (see docs/performance.md)."""
import argparse
import os
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import builds
from bed import Bed

PROGRAMS = ["src/app/carillon", "tests/bench/bench_load", "tests/bench/bench_echo", "tests/bench/bench_relay"]
CALL_PAIRS, REGISTER_PAIRS = 7, 2  # messages that the server sends for one call, for one registration
HOLD_MS = 500


class Table:
    def __init__(self):
        self.rows, self.capacity = [], 0

    def add(self, figure, measured, unit, floor=None, budget=None, goal=None):
        """Larger is worse, but for rates ("/s")."""
        self.rows.append((figure, measured, unit, floor, budget, goal))
        print(self.line(self.rows[-1]), flush=True)

    @staticmethod
    def head():
        return f"{'figure':<58} {'measured':>10} {'unit':<5} {'floor':>8} {'x floor':>8} {'budget':>8} {'goal':>8}  verdict"

    @staticmethod
    def line(row):
        figure, measured, unit, floor, budget, goal = row
        better = (lambda a, b: a >= b) if unit == "/s" else (lambda a, b: a <= b)
        verdict = "" if budget is None else "goal" if better(measured, goal) else "budget" if better(
            measured, budget) else "OVER"
        ratio = f"{measured / floor:.1f}" if floor else ""
        return (f"{figure:<58} {number(measured):>10} {unit:<5} {number(floor):>8} {ratio:>8} {number(budget):>8} "
                f"{number(goal):>8}  {verdict}").rstrip()

    def print(self):
        print("\n" + self.head() + "\n" + "\n".join(map(self.line, self.rows)))


def number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 1 else f"{value:.3g}"


def is_clean(said):
    return said["done"] == said["started"] and not (said["failed"] or said["refused"] or said["repeated"])


def measure_calls(bed, table, quick):
    seconds = 4 if quick else 10
    for rate, budget, goal in ((50, 600, 400), (800, 300, 200)):
        floor = bed.per_unit("echo", f"floor {rate} {seconds} {CALL_PAIRS}")
        for who, name in (("peer", "from a peer"), ("reuse", "from a phone, credentials used again"),
                          ("fresh", "from a phone, a 401 first")):
            cost = bed.per_unit("daemon", f"calls {rate} {seconds} {HOLD_MS} {who}")
            table.add(f"one call at {rate}/s, {name}", cost, "us", floor, *((budget, goal) if who == "peer" else ()))


def highest_rate(bed, command, rates, seconds):
    """The last of the rates that ran without one failure, refusal or repetition, and its cost."""
    best = None
    for rate in rates:
        cost = bed.per_unit("daemon", command.format(rate=rate, seconds=seconds))
        wanted = bed.said["started"] / rate
        if not is_clean(bed.said) or bed.said["seconds"] > 1.05 * wanted + 0.1:
            break
        best = rate, cost
        bed.rest()
    return best or (0, 0.0)


def measure_highest(bed, table, quick):
    rates = (1200, 1600, 2000, 2500, 3000, 3500, 4000)
    rate, cost = highest_rate(bed, "calls {rate} {seconds} 500 peer", rates, 3 if quick else 6)
    table.add("highest clean rate of calls (generator on the same cores)", rate, "/s", None, 2000, 3000)
    if rate:
        table.add(f"one call at {rate}/s", cost, "us")
    table.capacity = rate


def measure_registers(bed, table, quick):
    floor = bed.per_unit("echo", f"floor 100 {3 if quick else 6} {REGISTER_PAIRS}")
    cost = bed.per_unit("daemon", f"register 100 {4 if quick else 10} fresh")
    table.add("one REGISTER (401, then 200) at 100/s", cost, "us", floor, 100, 60)
    cost = bed.per_unit("daemon", f"register 100 {4 if quick else 10} reuse")
    table.add("one REGISTER (credentials used again) at 100/s", cost, "us", floor / 2)
    rates = (1000, 2000, 4000, 6000, 8000, 10000, 12000, 16000)
    rate, cost = highest_rate(bed, "register {rate} {seconds} fresh", rates, 2 if quick else 4)
    floor = bed.per_unit("echo", f"floor {max(rate, 100)} 2 {REGISTER_PAIRS}")
    table.add(f"one REGISTER at the highest clean rate, {rate}/s", cost, "us", floor, 40, 25)


def measure_memory(bed, table, quick):
    """A daemon of its own: nothing has called before."""
    table.add("whole system before any call (PSS)", bed.memory("Pss") / 1000, "MB", None, 40, 25)
    table.add("whole system before any call (RSS)", bed.memory("Rss") / 1000, "MB", None, 40, 25)
    bed.ask("register 1000 1 fresh")
    for name, budget, goal in (("first 500", 24, 12), ("again", 8, 4)):
        before = bed.memory("Pss")
        bed.ask("open 500 100 peer")
        time.sleep(1)
        table.add(f"memory per established call, {name} (PSS)", (bed.memory("Pss") - before) / 500, "kB", None, budget,
                  goal)
        if name == "again":
            seconds = 5 if quick else 12
            time.sleep(1)
            table.add("CPU while 500 calls stand idle", bed.busy_percent(seconds), "%", None, 0.2, 0.1)
        bed.ask("close")
        time.sleep(2)
    table.add("memory kept when all calls have ended (PSS)", bed.memory("Pss") / 1000, "MB")
    table.add("CPU without any call", bed.busy_percent(5), "%")


def measure_relay(bed, table, quick):
    calls, seconds = 400, 6 if quick else 12
    floors = bed.relay_floors(calls, 3 if quick else 5)
    bed.ask("register 1000 1 fresh")
    bed.ask(f"sound {2 * calls}")
    bed.ask(f"open {calls} 100 peer")
    bed.ask("play 1")
    cost = bed.per_unit("daemon", f"play {seconds}", "heard")
    said = bed.said
    bed.ask("close")
    table.add(f"one relayed RTP packet, {calls} calls", cost, "us", floors["recv + send"], 6.5, 5.0)
    table.add("  the same beside the batched echo", cost, "us", floors["batched"])
    table.add("added delay p50 (generator's own included)", said["p50_us"] / 1000, "ms", floors["p50_ms"])
    table.add("added delay p99 (generator's own included)", said["p99_us"] / 1000, "ms", floors["p99_ms"], 0.4, 0.25)
    table.add("packets lost", 100 * (1 - said["heard"] / max(said["sent"], 1)), "%")


def measure_overload(bed, table, quick):
    """D1: beyond its capacity it goes on serving, and says no quickly."""
    seconds = 5 if quick else 12
    capacity = table.capacity or 1200
    for times in (2, 5):
        bed.ask(f"calls {capacity * times} {seconds} {HOLD_MS} peer")
        said = bed.said
        table.add(f"overload {times} x {capacity}/s: calls completed", said["done"] / said["seconds"], "/s")
        table.add("  refused with 503 and Retry-After within 50 ms", 100 * said["refused_early"] / max(said["refused"], 1),
                  "%")
        table.add("  calls lost (no answer at all)", 100 * said["failed"] / said["started"], "%")
        bed.rest()


PARTS = {"memory": measure_memory, "relay": measure_relay, "calls": measure_calls, "registers": measure_registers,
         "highest": measure_highest, "overload": measure_overload}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"some of: {', '.join(PARTS)}; default: all")
    parser.add_argument("--quick", action="store_true", help="shorter: figures are less sure")
    parser.add_argument("--build", default=None, help="measure what is in this build folder instead of build/bench")
    args = parser.parse_args()
    if set(args.parts) - set(PARTS):
        parser.error(f"parts are: {', '.join(PARTS)}")
    folder = args.build or builds.build("bench", *PROGRAMS)
    folder = os.path.join(builds.ROOT, folder)
    table = Table()
    print(Table.head())
    with tempfile.TemporaryDirectory(prefix="carillon-bench-") as scratch:
        for name, part in PARTS.items():
            if not args.parts or name in args.parts:
                with Bed(folder, os.path.join(scratch, name)) as bed:
                    part(bed, table, args.quick)
    table.print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
