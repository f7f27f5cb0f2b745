# SPDX-License-Identifier: Apache-2.0
"""check_purity reads symbols of real libraries made here."""
import os
import subprocess
import unittest

from small_tree import TreeCase


class CheckPurity(TreeCase):
    tool = "check_purity"

    def library(self, folder, code):
        source = self.put(f"src/{folder}/x.c", code)
        out = os.path.join(self.root, "build/src", folder)
        os.makedirs(out, exist_ok=True)
        subprocess.run(["gcc", "-w", "-c", source, "-o", os.path.join(out, "x.o")], check=True)
        subprocess.run(["ar", "rcs", os.path.join(out, f"lib{folder}.a"), os.path.join(out, "x.o")], check=True)

    def build(self):
        return (os.path.join(self.root, "build"),)

    def test_pure(self):
        self.library("base", "unsigned long strlen(const char *); int twice(const char *s) { return 2 * strlen(s); }")
        self.library("call", "int twice(const char *); int four(void) { return 2 * twice(\"a\"); }")
        self.assert_accepted(*self.build())

    def test_forbidden(self):
        for call, why in (("socket", "a socket"), ("sendmmsg", "a socket"), ("epoll_wait", "waiting"),
                          ("pthread_create", "a thread"), ("g_mutex_lock", "a thread"), ("clock_gettime", "a clock"),
                          ("time", "a clock"), ("g_get_real_time", "a clock"), ("getrandom", "randomness"),
                          ("g_random_int", "randomness"), ("fopen", "a file"), ("read", "a file"),
                          ("printf", "output"), ("getenv", "the process"), ("sqlite3_open", "a database")):
            with self.subTest(call):
                self.library("sip", f"int {call}(); int f(void) {{ return {call}(0); }}")
                self.assert_refused(f"{call} touches {why}", arguments=self.build())

    def test_on_no_list(self):
        self.library("sip", "int novelty(void); int f(void) { return novelty(); }")
        self.assert_refused("novelty is on no list", arguments=self.build())

    def test_a_static_function_hides_nothing(self):
        self.library("base", "static int socket(void) { return 1; } int f(void) { int (*volatile s)(void) = socket; return s(); }")
        self.library("sip", "int socket(void); int g(void) { return socket(); }")
        self.assert_refused("socket touches a socket", arguments=self.build())

    def test_folders_that_are_not_pure_are_left_alone(self):
        self.library("base", "int f(void) { return 0; }")
        self.library("sys", "int socket(void); int g(void) { return socket(); }")
        self.assert_accepted(*self.build())

    def test_nothing_built(self):
        self.assert_refused("no library", arguments=self.build())


if __name__ == "__main__":
    unittest.main()
