#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""End-to-end tests: the real daemon with independent phones. One line a test; the last line counts."""
import argparse
import concurrent.futures
import fnmatch
import importlib
import inspect
import multiprocessing
import os
import signal
import sys
import time
import traceback

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, HERE)

from kit import ports  # noqa: E402
from kit.process import Failure  # noqa: E402
from kit.skip import Skip  # noqa: E402
from kit.system import World  # noqa: E402

TEST_S = 75
AT_ONCE = 2


def collect():
    """name -> (module, function), the longest first as they say themselves (`test.weight`)."""
    found = {}
    for name in sorted(os.listdir(HERE)):
        if name.startswith("test_") and name.endswith(".py"):
            module = importlib.import_module(name[:-3])
            for key, value in inspect.getmembers(module, inspect.isfunction):
                if key.startswith("test_") and value.__module__ == module.__name__:
                    found[key[5:]] = value
    return dict(sorted(found.items(), key=lambda item: (-getattr(item[1], "weight", 1), item[0])))


def out_of_time(_number, _frame):
    raise Failure(f"the test took more than {TEST_S} s")


def run_one(name, program):
    """(verdict, seconds, what to print)."""
    test, began, world, verdict, text = collect()[name], time.monotonic(), None, "ok", ""
    signal.signal(signal.SIGALRM, out_of_time)
    signal.alarm(TEST_S)
    try:
        world = World(program, name)
        test(world)
    except Skip as e:
        verdict, text = "SKIP", str(e)
    except Exception as e:  # whatever it is, the test has failed and the others go on
        verdict = "FAILED"
        where = traceback.extract_tb(e.__traceback__)
        place = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno}" for f in reversed(where[-4:]))
        text = f"{str(e if isinstance(e, Failure) else repr(e))[:900]} ({place})"
    signal.alarm(0)
    if world:
        problem, tails = world.close(verdict == "FAILED")
        if problem and verdict != "FAILED":
            verdict, text = "FAILED", str(problem)
        text += "\n" + tails if tails else ""
    return verdict, time.monotonic() - began, text


def take_range(queue):
    ports.use_range(queue.get())


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="only these; * and ? as in a shell")
    parser.add_argument("--daemon", default=os.path.join(ROOT, "build", "release", "src", "app", "carillon"))
    parser.add_argument("--list", action="store_true", help="print the names with what they prove")
    parser.add_argument("--at-once", type=int, default=AT_ONCE, metavar="N", help="tests at the same time (1 or 2)")
    args = parser.parse_args()
    tests = collect()
    names = [n for n in tests if not args.names or any(fnmatch.fnmatch(n, wanted) for wanted in args.names)]
    if args.list:
        for name in names:
            print(f"{name}: {' '.join((tests[name].__doc__ or '').split())}")
        return 0
    if not names:
        parser.error("no such test; see --list")
    if not os.path.exists(args.daemon):
        parser.error(f"{args.daemon} is not there: build it with 'make build' or say --daemon PATH")
    passed = failed = 0
    slots = multiprocessing.SimpleQueue()
    for slot in range(2):
        slots.put(slot)
    with concurrent.futures.ProcessPoolExecutor(min(max(args.at_once, 1), 2), initializer=take_range,
                                                initargs=(slots,)) as pool:
        running = {pool.submit(run_one, name, os.path.abspath(args.daemon)): name for name in names}
        for done in concurrent.futures.as_completed(running):
            verdict, seconds, text = done.result()
            passed, failed = passed + (verdict == "ok"), failed + (verdict == "FAILED")
            print(f"{verdict:6} {seconds:5.1f} s  {running[done]}{': ' + text if text else ''}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
