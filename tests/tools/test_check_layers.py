# SPDX-License-Identifier: Apache-2.0
"""Each rule of check_layers fires on a tree that breaks it, and on no other."""
import unittest

from small_tree import HEAD, PAGE, TreeCase


class CheckLayers(TreeCase):
    tool = "check_layers"

    def setUp(self):
        super().setUp()
        self.put("src/base/view.h", HEAD)

    def source(self, path, *includes):
        self.put(path, HEAD + "".join(f"#include {i}\n" for i in includes))

    def test_a_tree_that_keeps_the_rules(self):
        self.source("src/sip/message.h", '"base/view.h"')
        self.source("src/sip/part_priv.h", '"sip/message.h"')
        self.source("src/sip/message.c", '"sip/message.h"', '"sip/part_priv.h"', "<string.h>")
        self.source("src/call/call.c", '"base/view.h"', '"sip/message.h"')
        self.source("src/sys/loop.c", '"base/view.h"', "<sys/epoll.h>", "<unistd.h>")
        self.assert_accepted()

    def test_a_higher_folder(self):
        self.source("src/call/call.h")
        self.source("src/sip/message.c", '"call/call.h"')
        self.assert_refused("src/sip/message.c:5:", "may not include")

    def test_a_folder_of_the_same_level(self):
        self.source("src/dsp/mixer.h")
        self.source("src/sip/message.c", '"dsp/mixer.h"')
        self.assert_refused("src/sip/message.c:5:", "level 1")

    def test_a_lower_folder_that_the_table_does_not_grant(self):
        self.source("src/sip/message.h")
        self.source("src/sys/loop.c", '"sip/message.h"')
        self.assert_refused("the table does not let sys include")

    def test_a_folder_that_is_not_in_the_table(self):
        self.source("src/misc/bag.c")
        self.assert_refused("folder misc is not in the table")

    def test_including_a_folder_that_is_not_in_the_table(self):
        self.source("src/misc/bag.h")
        self.source("src/call/call.c", '"misc/bag.h"')
        self.assert_refused("src/call/call.c:5: folder misc")

    def test_a_private_header_of_another_folder(self):
        self.source("src/sip/part_priv.h")
        self.source("src/call/call.c", '"sip/part_priv.h"')
        self.assert_refused("is private to sip")

    def test_a_header_that_does_not_exist(self):
        self.source("src/sip/message.c", '"sip/nowhere.h"')
        self.assert_refused("does not exist")

    def test_a_header_without_its_folder(self):
        self.source("src/sip/message.h")
        self.source("src/sip/message.c", '"message.h"', '"../base/view.h"')
        self.assert_refused("message.c:5:", "message.c:6:", '"folder/file.h"')

    def test_system_headers_that_a_pure_folder_may_not_see(self):
        for name in ("sys/socket.h", "pthread.h", "unistd.h", "fcntl.h", "sys/epoll.h", "time.h", "sqlite3.h",
                     "libwebsockets.h", "threads.h", "curl/curl.h", "glib/gstdio.h", "openssl/rand.h"):
            with self.subTest(name):
                self.source("src/call/call.c", f"<{name}>")
                self.assert_refused(f"call is pure and may not include <{name}>")

    def test_addresses_as_text_are_for_base_only(self):
        self.source("src/base/net_addr.c", "<arpa/inet.h>")
        self.assert_accepted()
        self.source("src/sip/message.c", "<arpa/inet.h>")
        self.assert_refused("<arpa/inet.h> is for level 0 only")

    def test_the_poisoner_may_read_what_it_poisons(self):
        self.source("src/base/banned.h", "<time.h>")
        self.assert_accepted()

    def test_headers_that_include_each_other(self):
        self.source("src/sip/a.h", '"sip/b.h"')
        self.source("src/sip/b.h", '"sip/c.h"')
        self.source("src/sip/c.h", '"sip/a.h"')
        self.assert_refused("include each other", "src/sip/a.h -> src/sip/b.h -> src/sip/c.h -> src/sip/a.h")

    def test_an_include_inside_a_comment_is_none(self):
        self.put("src/sip/message.c", HEAD + '/*\n#include "call/call.h"\n*/\n')
        self.assert_accepted()

    def test_a_file_beside_the_folders(self):
        self.source("src/main.c")
        self.assert_refused("a source stands in a folder")

    def test_pages_without_a_good_table(self):
        for page, complaint in (("# Nothing\n", "no table"),
                                (PAGE.replace("| base | 0 |", "| base | low |"), "level is a number"),
                                (PAGE.replace("| sys | 4 | no | loop | base |", "| sys | 4 | no | loop | web |"),
                                 "sys may include"),
                                (PAGE.replace("| dsp |", "| sip |"), "stands there twice"),
                                (PAGE.replace("| dsp | 1 | yes | sound |", "| dsp | 1 | yes |"), "needs 5 cells")):
            with self.subTest(complaint):
                self.put("docs/architecture.md", page)
                self.assert_refused(complaint)


if __name__ == "__main__":
    unittest.main()
