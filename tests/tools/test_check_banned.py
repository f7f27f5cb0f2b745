# SPDX-License-Identifier: Apache-2.0
"""check_banned knows calls from names, and code from comments."""
import unittest

from small_tree import HEAD, TreeCase


class CheckBanned(TreeCase):
    tool = "check_banned"

    def test_names_and_comments_are_free(self):
        self.put("src/a/a.c", HEAD + "/* rand() */\nint f(struct s *x, int rand) { return x->random(rand) + my_rand(2); }\n")
        self.put("src/store/a.c", HEAD + "void f(void) { g_usleep(5); }\n")
        self.put("tests/a.c", HEAD + "int f(void) { return rand(); }\n")
        self.assert_accepted()

    def test_each_call_and_habit(self):
        for code, why in (("int r = rand();", "not random"), ("usleep (5);", "nobody sleeps"),
                          ("execve(a, b, c);", "no program"), ("setenv(a, b, 1);", "environment"),
                          ("err |= f();", "error codes"), ("\n#if 0\nx\n#endif", "parked code")):
            with self.subTest(code):
                self.put("src/a/a.c", HEAD + "void f(void)\n{\n" + code + "\n}\n")
                self.assert_refused("src/a/a.c:", why)


if __name__ == "__main__":
    unittest.main()
