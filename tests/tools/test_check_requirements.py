# SPDX-License-Identifier: Apache-2.0
"""check_requirements finds ids in tests and holds claims against them."""
import unittest

from small_tree import HEAD, TreeCase


class CheckRequirements(TreeCase):
    tool = "check_requirements"

    def setUp(self):
        super().setUp()
        self.put("tests/unit/t.c", HEAD + "/* SIP-11, goal A6 */\nint B3; /* not a goal: it is no comment */\nvoid crossing_ring_2_and_more(void);\n")
        self.put("tests/e2e/t.py", '"""CALL-4 and F2"""\n')
        self.put("tests/tools/t.py", "QUEUE-1\n")

    def test_listed(self):
        output = self.assert_accepted("--list")
        found = [line.split()[0] for line in output.splitlines()[:-1]]
        self.assertEqual(found, ["A6", "CALL-4", "F2", "RING-2", "SIP-11"])

    def test_claims_that_hold(self):
        self.put("tests/requirements.txt", "# this release\nSIP-11 A6\nCALL-4\n")
        self.assertIn("3 claimed", self.assert_accepted())

    def test_a_claim_without_a_test(self):
        self.put("tests/requirements.txt", "SIP-11\nSIP-1\nQUEUE-1\n")
        output = self.assert_refused("requirements.txt:2: SIP-1 is claimed", "QUEUE-1 is claimed")
        self.assertNotIn("SIP-11 is", output)


if __name__ == "__main__":
    unittest.main()
