# SPDX-License-Identifier: Apache-2.0
"""Each bound of check_sizes at its last good figure and one above."""
import unittest

from small_tree import HEAD, TreeCase


def function(name, lines):
    """A definition of exactly so many lines, signature and braces included."""
    return f"int {name}(void)\n{{\n" + "    step();\n" * (lines - 3) + "}\n"


class CheckSizes(TreeCase):
    tool = "check_sizes"

    def test_file(self):
        self.put("src/a/a.c", "\n" * 600)
        self.put("tests/a.c", "\n" * 900)
        self.assert_accepted()
        self.put("src/a/a.c", "\n" * 601)
        self.put("tests/a.c", "\n" * 901)
        self.assert_refused("src/a/a.c:1: lines in the file: 601, limit 600", "tests/a.c:1:", "limit 900")

    def test_function(self):
        self.put("src/a/a.c", HEAD + function("good", 80))
        self.put("tests/a.c", HEAD + function("good", 120))
        self.assert_accepted()
        self.put("src/a/a.c", HEAD + function("good", 80) + function("bad", 81))
        self.put("tests/a.c", HEAD + function("long_test", 121))
        output = self.assert_refused("src/a/a.c:85: lines of bad: 81, limit 80", "lines of long_test: 121")
        self.assertNotIn("good", output)

    def test_braces_in_strings_and_comments_do_not_count(self):
        body = "static int f(void)\n{\n    g(\"{{{\", '{', '\\''); /* { */ // {\n}\n"
        self.put("src/a/a.c", HEAD + body + function("bad", 81))
        self.assert_refused("lines of bad: 81")

    def test_macros_are_no_functions(self):
        self.put("src/a/a.c", HEAD + "#define SEVEN(a, b, c, d, e, f, g) \\\n    ((a) + (b))\n" + function("f", 5))
        self.assert_accepted()

    def test_parameters_of_a_definition(self):
        self.put("src/a/a.c", "int f(int a, int b, int c, int d, int e, int (*g)(int, int))\n{\n    return 0;\n}\n")
        self.assert_accepted()
        self.put("src/a/a.c", "int f(int a, int b, int c, int d, int e, int g, int h)\n{\n    return 0;\n}\n")
        self.assert_refused("src/a/a.c:1: parameters of f: 7, limit 6")

    def test_parameters_of_a_declaration(self):
        self.put("src/a/a.h", "[[gnu::warn_unused_result]] int f(int a, int b, int c, int d,\n    int e, int g, int h);\n")
        self.assert_refused("parameters of f: 7")

    def test_parameters_of_a_function_pointer(self):
        self.put("src/a/a.h", "struct ops {\n    void (*go)(int, int, int, int, int, int, int);\n};\n")
        self.assert_refused("src/a/a.h:2: parameters of go: 7")

    def test_a_declaration_with_an_attribute_behind(self):
        self.put("src/a/a.h", "void say(const char *f, ...) G_GNUC_PRINTF(1, 2);\nint g(int, int, int, int, int, int, int);\n")
        self.assert_refused("a.h:2: parameters of g: 7")

    def test_fields(self):
        self.put("src/a/a.h", "struct s {\n" + "    int a, b;\n" * 20 + "};\n")
        self.assert_accepted()
        self.put("src/a/a.h", "struct s {\n" + "    int a, b;\n" * 20 + "    int c;\n};\n")
        self.assert_refused("src/a/a.h:1: fields of s: 41, limit 40")

    def test_columns(self):
        self.put("src/a/a.c", "/* " + "x" * 117 + "\n*/\n")
        self.assert_accepted()
        self.put("src/a/a.c", "/* " + "x" * 118 + "\n*/\n")
        self.assert_refused("src/a/a.c:1: columns: 121, limit 120")


if __name__ == "__main__":
    unittest.main()
