# SPDX-License-Identifier: Apache-2.0
"""The Makefile tells what it can do, tools/run starts what is built, and each tool answers --help."""
import glob
import os
import re
import subprocess
import sys
import unittest

from small_tree import TOOLS, TreeCase

ROOT = os.path.dirname(TOOLS)
DAEMON = """#!/bin/sh
echo "$*" >> log
[ "$1" = demo ] && mkdir -p "$3" && : > "$3/made"
exit 0
"""


class Make(unittest.TestCase):
    def test_alone_it_lists_every_target_that_people_call(self):
        done = subprocess.run(["make", "-s", "-C", ROOT], capture_output=True, text=True, check=True)
        listed = re.findall(r"^make (\w+)", done.stdout, re.M)
        with open(os.path.join(ROOT, "Makefile"), encoding="utf-8") as f:
            phony = re.search(r"^\.PHONY: (.*)$", f.read(), re.M).group(1).split()
        self.assertEqual(sorted(listed), sorted(p for p in phony if not p.startswith("packages")))

    def test_each_python_tool_answers_help(self):
        for tool in sorted(glob.glob(os.path.join(TOOLS, "*_*"))):
            if not os.path.basename(tool).startswith(("check_", "run_")):
                continue  # a step of the build, which no person calls
            with open(tool, "rb") as f:
                if not f.readline().rstrip().endswith(b"python3"):
                    continue
            with self.subTest(tool):
                done = subprocess.run([sys.executable, "-B", tool, "--help"], capture_output=True, text=True, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("usage", done.stdout)

    def test_package_lists_are_sorted_and_without_doubles(self):
        seen = set()
        for name in ("packages.txt", "packages-test.txt"):
            with open(os.path.join(TOOLS, name), encoding="utf-8") as f:
                lines = [line.split("#")[0].strip() for line in f]
            lines = [line for line in lines if line]
            self.assertEqual(lines, sorted(set(lines)), name)
            self.assertFalse(seen & set(lines), f"in both lists: {seen & set(lines)}")
            seen |= set(lines)


class Run(TreeCase):
    def setUp(self):
        super().setUp()
        with open(os.path.join(TOOLS, "run"), encoding="utf-8") as f:
            self.script = self.put("tools/run", f.read())
        os.chmod(self.script, 0o755)

    def run_it(self):
        return subprocess.run([self.script, "./data"], capture_output=True, text=True, check=False)

    def test_not_built(self):
        done = self.run_it()
        self.assertEqual(done.returncode, 1)
        self.assertIn("make build", done.stderr)

    def test_a_demo_only_into_an_empty_folder(self):
        os.chmod(self.put("build/release/src/app/carillon", DAEMON), 0o755)
        self.assertEqual(self.run_it().returncode, 0)
        self.assertEqual(self.run_it().returncode, 0)
        with open(os.path.join(self.root, "log"), encoding="utf-8") as f:
            start = ["accounts --data ./data", "serve --data ./data"]
            self.assertEqual(f.read().splitlines(), ["demo --data ./data", *start, *start])


if __name__ == "__main__":
    unittest.main()
