# SPDX-License-Identifier: Apache-2.0
"""check_pages finds dead links and paths, and leaves stand-ins and code blocks alone."""
import unittest

from small_tree import HEAD, TreeCase


class CheckPages(TreeCase):
    tool = "check_pages"

    def test_what_exists(self):
        self.put("src/sip/stream.c", HEAD)
        self.put("tests/unit/test_a.c", HEAD)
        self.put("README.md", "[page](docs/architecture.md#part) [site](https://example.com)\n`sip/stream.c` `sip/*.c` "
                              "`unit/test_a.c` `src/sip` `tests/unit/NAME/x.c` `I/O` `GET/PUT`\n"
                              "```\n`src/none.c`\n```\n")
        self.assert_accepted()

    def test_what_does_not(self):
        self.put("docs/a.md", "[page](b.md)\n\n`sip/stream.c` and `tools/none`\n")
        self.assert_refused("docs/a.md:1: the link b.md", "docs/a.md:3: there is no sip/stream.c", "no tools/none")


if __name__ == "__main__":
    unittest.main()
