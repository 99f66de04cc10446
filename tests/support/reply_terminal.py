"""A reply on an emulated terminal, as the program brings it there: lines above, and under them a tail drawn anew."""

from __future__ import annotations

import codecs
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from pyte.screens import Char
from rich.color import ColorSystem

from chatrepl.sanitise import Sanitiser
from chatrepl.ui.markdown import BlockRenderer, Look
from chatrepl.ui.stream import MarkdownStream
from tests.support.emulator import Emulator, Row
from tests.support.texts import PLAIN, WORD, Styles, Word

COLOURED = Look(color_system=ColorSystem.STANDARD)
BARE = Look(color_system=None, has_styles=False)
_NO_WRAP, _WRAP = "\x1b[?7l", "\x1b[?7h"
LIMIT_TAIL_ROWS = 8


@dataclass
class ReplyTerminal:
    """A terminal that one reply streams to.

    Args:
        reply: What was fed so far was fed to it.
    """

    reply: MarkdownStream
    screen: Emulator

    def __post_init__(self) -> None:
        self.lines: list[str] = []
        """What was printed."""
        self.tail: list[str] = []

    @property
    def _limit_rows(self) -> int:
        return min(LIMIT_TAIL_ROWS, self.screen.lines // 3)

    def tick(self, *, final: bool = False) -> None:
        """Print what is finished above the tail, and draw the tail as it is now."""
        lines = self.reply.take_lines(final=final)
        tail = [] if final else self.reply.tail_lines(self._limit_rows)
        assert len(tail) <= self._limit_rows
        self.lines += lines
        if lines or tail != self.tail:
            self.screen.take(self._erasing() + "".join(f"{line}\r\n" for line in lines) + self._drawing(tail))
            self.tail = tail

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the tail is drawn at the next tick."""
        self.screen.take(self._erasing())
        self.tail = []
        self.screen.resize(rows, columns)
        self.reply.resize(columns, rows)

    def _erasing(self) -> str:
        if not self.tail:
            return ""
        up = len(self.tail) - 1
        return "\r" + (f"\x1b[{up}A" if up else "") + "\x1b[J"

    @staticmethod
    def _drawing(tail: Sequence[str]) -> str:
        return _NO_WRAP + "\r\n".join(tail) + _WRAP if tail else ""


def stream(
    pieces: Iterable[str], ticks: Iterator[bool], columns: int, rows: int, look: Look = COLOURED
) -> ReplyTerminal:
    """Bring a reply that arrives in pieces to a terminal.

    Args:
        pieces: What comes from the network, decoded.
        ticks: Whether something is drawn after each of them.
    """
    reply = MarkdownStream(BlockRenderer(look, columns, rows))
    terminal = ReplyTerminal(reply, Emulator(columns, rows))
    sanitiser = Sanitiser()
    for piece in pieces:
        reply.feed(sanitiser.feed(piece))
        if next(ticks):
            terminal.tick()
    reply.feed(sanitiser.flush())
    terminal.tick(final=True)
    return terminal


def at_once(text: str, columns: int, rows: int, look: Look = COLOURED) -> ReplyTerminal:
    """Bring a reply that is whole to a terminal."""
    sanitiser = Sanitiser()
    reply = MarkdownStream(BlockRenderer(look, columns, rows))
    reply.feed(sanitiser.feed(text) + sanitiser.flush())
    terminal = ReplyTerminal(reply, Emulator(columns, rows))
    terminal.tick(final=True)
    return terminal


def chop(data: bytes, random: Random, most_bytes: int) -> Iterator[str]:
    """Yield a text in pieces that were cut anywhere, also inside of characters, as a client decodes them."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    start = 0
    while start < len(data):
        end = start + random.randint(1, most_bytes)
        yield decoder.decode(data[start:end])
        start = end
    yield decoder.decode(b"", final=True)


Cells = list[tuple[bool, dict[int, Char]]]
"""Rows: whether each is broken by the terminal, and its cells by their columns."""


def seen(screen: Emulator) -> Cells:
    """Return all that a terminal shows, with what has scrolled off it, up to the last row that is not empty."""
    rows = [(row.wraps, _written(row)) for row in all_rows(screen)]
    while rows and not rows[-1][1]:
        rows.pop()
    return rows


def all_rows(screen: Emulator) -> list[Row]:
    """Return the rows of the scrollback and those of the screen."""
    found = [*screen.scrollback]
    for number in range(screen.lines):
        row = screen.buffer[number]
        assert isinstance(row, Row)
        found.append(row)
    return found


def _written(row: Row) -> dict[int, Char]:
    last = max((x for x, cell in row.items() if cell.data.strip(" ")), default=-1)
    return {x: cell for x, cell in row.items() if x <= last}


def words_on(screen: Emulator) -> list[Word]:
    """Return the words that count, in the order in which they stand there, with the style of their first letter."""
    found: list[Word] = []
    text = ""
    cells: list[Char] = []
    for row in all_rows(screen):
        for x in range(max(row, default=-1) + 1):
            cell = row[x]
            if cell.data:
                text += cell.data[0]
                cells.append(cell)
        if not row.wraps:
            found += [
                Word(match[0], _styles(cells[match.start() : match.end()])) for match in WORD.finditer(text)
            ]
            text, cells = "", []
    return found


def _styles(cells: Sequence[Char]) -> Styles:
    """Return the styles that all these cells have."""
    names = [
        name
        for name in ("bold", "italics", "underscore", "strikethrough")
        if all(getattr(cell, name) for cell in cells)
    ]
    colours = {cell.fg for cell in cells} - {"default"}
    return PLAIN.union(names, (f"fg={colour}" for colour in colours))
