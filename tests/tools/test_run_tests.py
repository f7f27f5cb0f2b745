# SPDX-License-Identifier: Apache-2.0
"""What run_tests counts is what ran."""
import importlib.machinery
import importlib.util
import json
import os
import unittest

from small_tree import TOOLS, TreeCase


def load():
    loader = importlib.machinery.SourceFileLoader("run_tests", os.path.join(TOOLS, "run_tests"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_tests", loader))
    loader.exec_module(module)
    return module


class RunTests(TreeCase):
    def setUp(self):
        super().setUp()
        self.module = load()

    def count(self, *tests):
        self.put("build/x/meson-logs/log.json", "".join(json.dumps(t) + "\n" for t in tests))
        return self.module.count_meson(os.path.join(self.root, "build/x"), "log")

    def test_cases_of_cmocka_are_counted(self):
        good = {"result": "OK", "stdout": "", "stderr": "[==========] 6 test(s) run.\n[  PASSED  ] 6 test(s).\n"}
        bad = {"result": "FAIL", "stdout": "[  PASSED  ] 2 test(s).\n[  FAILED  ] 1 test(s), listed below:\n"}
        self.assertEqual(self.count(good, bad), (8, 1))

    def test_a_program_that_does_not_count_is_one(self):
        self.assertEqual(self.count({"result": "OK", "stdout": ""}, {"result": "TIMEOUT", "stdout": ""},
                                    {"result": "SKIP", "stdout": ""}), (1, 1))

    def test_a_crash_after_the_last_case_is_a_failure(self):
        self.assertEqual(self.count({"result": "FAIL", "stdout": "[  PASSED  ] 4 test(s).\n"}), (4, 1))

    def test_reports_of_unittest_and_e2e_are_read(self):
        self.assertEqual(self.module.UNITTEST.search("x\nRan 5 tests in 1.0s\n\nFAILED (failures=1, errors=2)\n").groups(),
                         ("5", "failures=1, errors=2"))
        self.assertEqual(self.module.UNITTEST.search("Ran 5 tests in 1.0s\n\nOK\n").groups(), ("5", None))
        self.assertEqual(self.module.PASS_LINE.findall("a\n12 passed, 3 failed\n"), [("12", "3")])


if __name__ == "__main__":
    unittest.main()
