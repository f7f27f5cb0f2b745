# SPDX-License-Identifier: Apache-2.0
"""check_spdx knows what a source is, and what its head must say."""
import unittest

from small_tree import HEAD, TreeCase


class CheckSpdx(TreeCase):
    tool = "check_spdx"

    def test_good_heads(self):
        self.put("src/a/a.c", HEAD)
        self.put("src/a/b.h", "/* SPDX-License-Identifier: Apache-2.0 */\n/* What it is. */\n")
        self.put("tools/x", "#!/bin/sh\n# SPDX-License-Identifier: Apache-2.0\n")
        self.put("docs/page.md", "no head needed\n")
        self.put("tests/data.bin", "none here either\n")
        self.put("build/made.c", "int made;\n")
        self.assert_accepted()

    def test_missing(self):
        for path in ("src/a/a.c", "src/a/a.h", "tests/t.py", "web/a.ts", "meson.build", "Makefile", "x.sh"):
            with self.subTest(path):
                self.put(path, "something\n")
                self.assert_refused(f"{path}:1: no 'SPDX")

    def test_a_script_is_known_by_its_first_line(self):
        self.put("tools/x", "#!/bin/sh\necho\n")
        self.assert_refused("tools/x:1: no 'SPDX")

    def test_too_far_down(self):
        self.put("src/a/a.c", "\n\n\n" + HEAD)
        self.assert_refused("src/a/a.c:1:")

    def test_a_head_that_says_nothing(self):
        self.put("src/a/a.c", "/* SPDX-License-Identifier: Apache-2.0 */\nint a;\n")
        self.assert_refused("does not say what the file is")


if __name__ == "__main__":
    unittest.main()
