# SPDX-License-Identifier: Apache-2.0
"""install_packages with stand-ins for dpkg-query, apt-get, id and sudo."""
import os
import subprocess
import unittest

from small_tree import TOOLS, TreeCase

QUERY = """#!/bin/sh
for last; do :; done
grep -qx "$last" "$INSTALLED" && { echo installed; exit 0; }
exit 1
"""
APT = """#!/bin/sh
echo "apt-get $*" >> "$LOG"
"""


class InstallPackages(TreeCase):
    def setUp(self):
        super().setUp()
        self.script("dpkg-query", QUERY)
        self.script("apt-get", APT)
        self.script("id", "#!/bin/sh\necho ${FAKE_UID:-0}\n")
        for name in ("sh", "cat", "sed", "tr", "env", "grep", "dirname"):
            os.symlink(f"/bin/{name}" if os.path.exists(f"/bin/{name}") else f"/usr/bin/{name}",
                       os.path.join(self.root, "bin", name))
        self.list = self.put("list.txt", "# what it needs\nalpha\nbeta  # of old\n\n")

    def script(self, name, text):
        os.chmod(self.put("bin/" + name, text), 0o755)

    def install(self, installed, **environment):
        log = os.path.join(self.root, "log")
        environment |= {"PATH": os.path.join(self.root, "bin"), "LOG": log,
                        "INSTALLED": self.put("installed", "\n".join(installed) + "\n")}
        done = subprocess.run([os.path.join(TOOLS, "install_packages"), self.list], env=environment, capture_output=True,
                              text=True, check=False)
        calls = []
        if os.path.exists(log):
            with open(log, encoding="utf-8") as f:
                calls = f.read().splitlines()
        return done.returncode, done.stdout + done.stderr, calls

    def test_all_there(self):
        self.assertEqual(self.install(["alpha", "beta"]), (0, "", []))

    def test_only_what_is_missing(self):
        status, output, calls = self.install(["alpha"])
        self.assertEqual(status, 0, output)
        self.assertEqual(len(calls), 2)
        self.assertTrue(calls[0].endswith("update"))
        self.assertIn("--no-install-recommends install beta", calls[1])

    def test_neither_root_nor_sudo(self):
        status, output, calls = self.install([], FAKE_UID="1000")
        self.assertEqual((status, calls), (1, []))
        self.assertIn("neither root nor sudo", output)
        self.assertIn("alpha beta", output)

    def test_by_sudo(self):
        self.script("sudo", '#!/bin/sh\necho "sudo" >> "$LOG"\nexec "$@"\n')
        status, output, calls = self.install(["alpha"], FAKE_UID="1000")
        self.assertEqual(status, 0, output)
        self.assertEqual(calls[0], "sudo")


if __name__ == "__main__":
    unittest.main()
