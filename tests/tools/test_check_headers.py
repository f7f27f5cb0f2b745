# SPDX-License-Identifier: Apache-2.0
"""check_headers compiles: a header that leans on its includer is refused."""
import unittest

from small_tree import HEAD, TreeCase


class CheckHeaders(TreeCase):
    tool = "check_headers"

    def test_alone(self):
        self.put("src/base/a.h", HEAD + "#pragma once\n#include <stddef.h>\nsize_t a(void);\n")
        self.put("src/base/b.h", HEAD + '#pragma once\n#include "base/a.h"\n')
        self.assert_accepted()

    def test_leaning(self):
        self.put("src/base/a.h", HEAD + "#pragma once\nsize_t a(void);\n")
        self.assert_refused("src/base/a.h:1: does not compile alone", "size_t")

    def test_unguarded(self):
        self.put("src/base/a.h", HEAD + "int a(void);\n")
        self.assert_refused("src/base/a.h:1: no #pragma once")


if __name__ == "__main__":
    unittest.main()
