# SPDX-License-Identifier: Apache-2.0
"""run_tidy skips a file only while it, its headers and the rules are what they were."""
import importlib.machinery
import importlib.util
import os
import unittest

from small_tree import TOOLS, TreeCase


class RunTidy(TreeCase):
    def setUp(self):
        super().setUp()
        loader = importlib.machinery.SourceFileLoader("run_tidy", os.path.join(TOOLS, "run_tidy"))
        self.module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_tidy", loader))
        loader.exec_module(self.module)
        self.module.ROOT = self.root
        self.put("src/a/a.c", '#include "a/a.h"\n')
        self.put("src/a/a.h", '#include "a/b.h"\n')
        self.put("src/a/b.h", "int b;\n")

    def digest(self, rules=b"x"):
        return self.module.digest("src/a/a.c", rules)

    def test_the_same_is_the_same(self):
        self.assertEqual(self.digest(), self.digest())

    def test_what_changes_it(self):
        before = self.digest()
        self.assertNotEqual(before, self.digest(b"y"))
        self.put("src/a/b.h", "int c;\n")
        changed = self.digest()
        self.assertNotEqual(before, changed)
        self.put("src/a/a.c", '#include "a/a.h"\nint a;\n')
        self.assertNotEqual(changed, self.digest())


if __name__ == "__main__":
    unittest.main()
