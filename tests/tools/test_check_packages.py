# SPDX-License-Identifier: Apache-2.0
"""check_packages holds what the build asks for against the lists."""
import unittest

from small_tree import TreeCase


class CheckPackages(TreeCase):
    tool = "check_packages"

    def setUp(self):
        super().setUp()
        self.put("src/base/meson.build", "glib_dep = dependency('glib-2.0', version: '>=2.74')\n"
                                         "threads_dep = dependency('threads')\n")
        self.put("tests/meson.build", "cmocka_dep = dependency('cmocka')\n")
        self.put("tools/packages.txt", "libglib2.0-dev # the ground\n")
        self.put("tools/packages-test.txt", "libcmocka-dev\n")

    def test_listed(self):
        self.assert_accepted()

    def test_a_library_to_run_is_not_among_those_to_test(self):
        self.put("tools/packages.txt", "")
        self.put("tools/packages-test.txt", "libcmocka-dev\nlibglib2.0-dev\n")
        self.assert_refused("glib-2.0 needs libglib2.0-dev, which is not in tools/packages.txt")

    def test_a_library_to_test(self):
        self.put("tools/packages-test.txt", "")
        self.assert_refused("tests/meson.build: cmocka needs libcmocka-dev")

    def test_unknown(self):
        self.put("src/base/meson.build", "dependency('no-such-library')\n")
        self.assert_refused("no-such-library is not installed here")


if __name__ == "__main__":
    unittest.main()
