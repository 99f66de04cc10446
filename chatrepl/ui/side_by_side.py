"""Puts lines with escape sequences into columns beside each other."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size

_SEQUENCE = re.compile(r"(\x1b\[[0-9;:]*m|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\))")
"""A style, or a link, which is left out: it could not be cut."""
_RESET = "\x1b[0m"


def fit(line: str, columns: int) -> str:
    """Return a line cut or filled to a width, its styles ended."""
    pieces: list[str] = []
    room, has_style = columns, False
    for number, piece in enumerate(_SEQUENCE.split(line)):
        if number % 2:
            if piece.startswith("\x1b["):
                pieces.append(piece)
                has_style = True
            continue
        width = cell_len(piece)
        if width > room:
            piece, width = set_cell_size(piece, room), room  # noqa: PLW2901 - the rest is cut off
        pieces.append(piece)
        room -= width
    return "".join((*pieces, _RESET if has_style else "", " " * room))


def beside(blocks: Sequence[Sequence[str]], columns: int, gap: str) -> list[str]:
    """Return blocks of lines beside each other, each ``columns`` wide, without blanks at the ends."""
    height = max(map(len, blocks), default=0)
    rows = []
    for at in range(height):
        cells = [fit(block[at] if at < len(block) else "", columns) for block in blocks]
        rows.append(gap.join(cells).rstrip())
    return rows
