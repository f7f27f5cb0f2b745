# SPDX-License-Identifier: Apache-2.0
"""A small tree in a temporary folder, to see a check refuse or accept it."""
import os
import subprocess
import sys
import tempfile
import unittest

TOOLS = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "tools")
sys.path.insert(0, TOOLS)

HEAD = "/* SPDX-License-Identifier: Apache-2.0\n *\n * What it is.\n */\n"
PAGE = """# Architecture

| folder | level | pure | what | may include |
| --- | --- | --- | --- | --- |
| base | 0 | yes | ground | nothing |
| sip | 1 | yes | messages | any lower |
| dsp | 1 | yes | sound | any lower |
| call | 2 | yes | calls | any lower |
| sys | 4 | no | loop | base |

Text after the table.
"""


class TreeCase(unittest.TestCase):
    """Each test has an empty tree of its own, with the page of layers in it."""

    tool = ""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = folder.name
        self.put("docs/architecture.md", PAGE)

    def put(self, path, text):
        path = os.path.join(self.root, path)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def run_tool(self, *arguments):
        """(exit status, output)"""
        done = subprocess.run([sys.executable, "-B", os.path.join(TOOLS, self.tool), "--root", self.root, *arguments],
                              capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def assert_accepted(self, *arguments):
        status, output = self.run_tool(*arguments)
        self.assertEqual(status, 0, output)
        return output

    def assert_refused(self, *wanted, arguments=()):
        """Refused, and each wanted piece of text is in what it says."""
        status, output = self.run_tool(*arguments)
        self.assertEqual(status, 1, output)
        for text in wanted:
            self.assertIn(text, output)
        return output
