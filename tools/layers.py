# SPDX-License-Identifier: Apache-2.0
"""Reads the table of folders out of docs/architecture.md: the page is the rule that the checks enforce."""
import re
from dataclasses import dataclass

import source_tree

PAGE = "docs/architecture.md"
HEADER = ["folder", "level", "pure", "what", "may include"]


class BadTable(Exception):
    """The page has no table that can be read; the message says what is wrong with it."""


@dataclass(frozen=True)
class Layer:
    folder: str
    level: int
    pure: bool
    may_include: frozenset


def _cells(line):
    return [cell.strip().replace("`", "").replace("*", "") for cell in line.strip().strip("|").split("|")]


def _rows(text):
    lines = iter(text.splitlines())
    for line in lines:
        if line.lstrip().startswith("|") and [c.lower() for c in _cells(line)] == HEADER:
            break
    else:
        raise BadTable(f"{PAGE}: no table with the columns {' | '.join(HEADER)}")
    for line in lines:
        if not line.lstrip().startswith("|"):
            return
        cells = _cells(line)
        if set("".join(cells)) <= set("-: "):
            continue
        if len(cells) != len(HEADER):
            raise BadTable(f"{PAGE}: a row needs {len(HEADER)} cells: {line.strip()}")
        yield cells


def _included(cell, folder, levels):
    lower = {other for other, level in levels.items() if level < levels[folder]}
    if cell.lower() in ("any lower", "all lower"):
        return frozenset(lower)
    named = {name.rstrip("/") for name in re.split(r"[,\s]+", cell) if name}
    if cell.lower() in ("nothing", "-", "–", ""):
        named = set()
    if not named <= lower:
        raise BadTable(f"{PAGE}: {folder} may include 'any lower', 'nothing' or folders of a lower level, not '{cell}'")
    return frozenset(named)


def read_table(root):
    """Folder name -> Layer."""
    try:
        rows = list(_rows(source_tree.read(root, PAGE)))
    except FileNotFoundError:
        raise BadTable(f"{PAGE}: there is no such page") from None
    levels = {}
    for folder, level, pure, _, _ in rows:
        folder = folder.rstrip("/")
        if not level.isdigit() or pure.lower() not in ("yes", "no", ""):
            raise BadTable(f"{PAGE}: {folder}: level is a number, pure is yes or no")
        if folder in levels:
            raise BadTable(f"{PAGE}: {folder} stands there twice")
        levels[folder] = int(level)
    return {row[0].rstrip("/"): Layer(row[0].rstrip("/"), int(row[1]), row[2].lower() == "yes",
                                      _included(row[4], row[0].rstrip("/"), levels)) for row in rows}
