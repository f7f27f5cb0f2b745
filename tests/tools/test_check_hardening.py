# SPDX-License-Identifier: Apache-2.0
"""check_hardening on programs built with one protection missing (goal B4)."""
import os
import subprocess
import unittest

from small_tree import TOOLS, TreeCase

CODE = """#include <stdio.h>
#include <string.h>
int main(int argc, char **argv)
{
    char text[40];
    snprintf(text, sizeof text, "%s", argv[0]);
    memcpy(text, argv[0], (unsigned)argc);
    puts(text);
    return 0;
}
"""
GOOD = ["-O2", "-U_FORTIFY_SOURCE", "-D_FORTIFY_SOURCE=3", "-fstack-protector-strong", "-fPIE", "-pie",
        "-Wl,-z,relro,-z,now,-z,noexecstack"]


class CheckHardening(TreeCase):
    def judge(self, flags):
        source, program = self.put("x.c", CODE), os.path.join(self.root, "x")
        subprocess.run(["gcc", "-w", *flags, source, "-o", program], check=True)
        done = subprocess.run([os.path.join(TOOLS, "check_hardening"), program], capture_output=True, text=True,
                              check=False)
        return done.returncode, done.stdout

    def test_hard(self):
        status, output = self.judge(GOOD)
        self.assertEqual(status, 0, output)

    def test_each_weakness_is_seen(self):
        for flags, complaint in ((["-no-pie", "-fno-pie"], "position independent"),
                                 (["-Wl,-z,norelro"], "read-only relocations"),
                                 (["-Wl,-z,lazy"], "bound at start"),
                                 (["-Wl,-z,execstack"], "stack is executable"),
                                 (["-fno-stack-protector"], "canaries"),
                                 (["-U_FORTIFY_SOURCE"], "checked string functions"),
                                 (["-Wl,-rpath,/tmp"], "RPATH")):
            with self.subTest(complaint):
                status, output = self.judge(GOOD + flags)
                self.assertEqual(status, 1)
                self.assertIn(complaint, output)

    def test_no_program(self):
        done = subprocess.run([os.path.join(TOOLS, "check_hardening"), os.path.join(self.root, "none")],
                              capture_output=True, text=True, check=False)
        self.assertEqual(done.returncode, 1)


if __name__ == "__main__":
    unittest.main()
