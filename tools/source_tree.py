# SPDX-License-Identifier: Apache-2.0
"""What the checks share: finding the sources of a tree, and reading C without its comments and strings.

Python's own library only, so that a bare machine can run every check.
"""
import argparse
import os
import re

TOP_SKIPPED = {"build", "data", ".git"}
SKIPPED = {"__pycache__", "node_modules", "dist"}


def parser(description):
    """The arguments that every check takes."""
    result = argparse.ArgumentParser(description=description)
    result.add_argument("--root", default=os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                        help="the tree to check (default: the one this tool stands in)")
    return result


def files(root, under=""):
    """Paths relative to root of all files below `under`, sorted; build output and data directories left out."""
    found = []
    for folder, subfolders, names in os.walk(os.path.join(root, under)):
        at_top = os.path.samefile(folder, root)
        subfolders[:] = sorted(s for s in subfolders if s not in SKIPPED and not (at_top and s in TOP_SKIPPED))
        found += [os.path.relpath(os.path.join(folder, name), root) for name in names]
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


_TOKEN = re.compile(r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def _blank(match):
    return re.sub(r"[^\n]", " ", match.group())


def without_comments(text):
    """The same text, each comment turned into blanks, so that positions and lines stay."""
    return _TOKEN.sub(lambda m: m.group() if m.group()[0] in "\"'" else _blank(m), text)


def comments(text):
    """All comments of a C text, joined."""
    return "\n".join(m.group() for m in _TOKEN.finditer(text) if m.group()[0] == "/")


def bare(text):
    """The same text with comments, strings and preprocessor lines turned into blanks."""
    text = _TOKEN.sub(_blank, text)
    return re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", _blank, text, flags=re.M)


def line_of(text, position):
    return text.count("\n", 0, position) + 1


def finish(tool, offences, checked):
    """Prints the offences and gives the exit status."""
    for offence in offences:
        print(offence)
    if offences:
        print(f"{tool}: {len(offences)} offences in {checked}")
        return 1
    print(f"{tool}: {checked}, all well")
    return 0
