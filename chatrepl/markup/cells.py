"""Cuts the lines of a table into cells."""

from __future__ import annotations

import re

_PIPE = re.compile(r"(?<!\\)\|")
_DELIMITERS = re.compile(r"(?:\|[-:| \t]|:-|-[-:|])[-:| \t]*$")
_DELIMITER = re.compile(r":?-+:?$")
_SIDES = {(True, True): "center", (False, True): "right", (True, False): "left", (False, False): ""}


def split_cells(line: str, limit: int | None = None) -> list[str]:
    """Cut a row at its pipes, and unescape those behind a backslash. ``limit``: more cells than that are left out."""
    cells = _PIPE.split(line.strip(), maxsplit=0 if limit is None else limit + 1)
    if cells and not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    return [cell.replace("\\|", "|").strip() for cell in cells[:limit]]


def alignments(line: str) -> list[str] | None:
    """Return how the columns are aligned, as the line under a table's head says. None: it is no such line."""
    if not _DELIMITERS.match(line):
        return None
    cells = [cell.strip() for cell in line.split("|")]
    if not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    if not all(map(_DELIMITER.match, cells)):
        return None
    return [_SIDES[cell.startswith(":"), cell.endswith(":")] for cell in cells]
