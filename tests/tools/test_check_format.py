# SPDX-License-Identifier: Apache-2.0
"""check_format names a file once, with its first line that is out of form."""
import os
import shutil
import unittest

from small_tree import TOOLS, TreeCase


class CheckFormat(TreeCase):
    tool = "check_format"

    def setUp(self):
        super().setUp()
        shutil.copy(os.path.join(os.path.dirname(TOOLS), ".clang-format"), self.root)

    def test_in_form(self):
        self.put("src/a/a.c", "int a(void)\n{\n    return 1;\n}\n")
        self.assert_accepted()

    def test_out_of_form(self):
        self.put("src/a/a.c", "int a(void)\n{\n   return 1;\n}\nint b(void) {\n  return 1; }\n")
        output = self.assert_refused("src/a/a.c:2: not in the house's form")
        self.assertEqual(output.count("a.c"), 1)


if __name__ == "__main__":
    unittest.main()
