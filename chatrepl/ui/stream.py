"""Turns a reply that is still arriving into lines to print once, and a small tail that is still open.

What was decided by the lines that are complete is printed and never touched again; the rest of a line can still change
what it is. Work depends on what is new, and not on the reply or the open block. Everything that comes in must have been
sanitised. Printing all lines of a reply gives the same as rendering it at once.
"""

from __future__ import annotations

import sys
from typing import Any

from chatrepl.markup.blocks import LONG_CHARS, BlockParser
from chatrepl.ui.drawing import ReplyDrawer
from chatrepl.ui.markdown import BlockRenderer

_LIMIT_TRY_CHARS = 4 * LONG_CHARS
"""A line that is no paragraph by then is held to its end."""
_TAIL_LINE_CHARS = 2000
"""A longer line whose kind is not known yet is shown as text."""


class MarkdownStream:
    """One reply on its way to the screen."""

    def __init__(self, renderer: BlockRenderer) -> None:
        self._renderer = renderer
        self._references: dict[str, Any] = {}
        self._drawer = ReplyDrawer(renderer, self._references)
        self._parser = BlockParser(self._drawer)
        self._new: list[str] = []
        self._line: list[str] = []
        """The pieces of the line that is not complete."""
        self._line_chars = 0
        self._try_at_chars = LONG_CHARS + 1
        """How long the line must be before it is looked at again."""
        self._has_begun_line = False
        """Whether the parser has the beginning of the line."""

    def feed(self, text: str) -> None:
        """Take the next piece of the reply, sanitised."""
        if text:
            self._new.append(text)

    def take_lines(self, *, final: bool = False) -> list[str]:
        """Return the lines that are finished since the last call. ``final``: the reply is over, so all of them."""
        text = "".join(self._new)
        self._new.clear()
        start = 0
        while (end := text.find("\n", start)) >= 0:
            self._end_line(text[start:end])
            start = end + 1
        if start < len(text):
            self._go_on(text[start:] if start else text)
        if final:
            if self._line_chars or self._has_begun_line:
                self._end_line("")
            self._parser.finish()
        return self._drawer.take()

    def tail_lines(self, limit_rows: int) -> list[str]:
        """Return the last lines of what is still open, as they look now; to be called after ``take_lines``.

        The blank row before them is among them if one is due.
        """
        if limit_rows <= 0:
            return []
        drawer = self._drawer.fork()
        parser = self._parser.fork(drawer)
        line = "".join(self._line)
        if len(line) > _TAIL_LINE_CHARS:
            shown = limit_rows * self._renderer.columns
            line = line[-min(shown, _TAIL_LINE_CHARS) :]
        if line:
            parser.line(line)
        parser.finish()
        lines = drawer.take()
        return lines[-limit_rows:]

    def resize(self, columns: int, rows: int) -> None:
        """Draw what comes for another size of the terminal."""
        self._renderer.columns, self._renderer.rows = columns, rows
        self._drawer.resize()

    def _end_line(self, rest: str) -> None:
        if self._has_begun_line:
            if rest:
                self._parser.more(rest)
        elif self._line:
            line = "".join((*self._line, rest))
            self._line = []
            self._parser.line(line)
        else:
            self._parser.line(rest)
        self._line_chars, self._try_at_chars, self._has_begun_line = 0, LONG_CHARS + 1, False

    def _go_on(self, text: str) -> None:
        """Take more of a line that is not complete; one that is long is printed before its end, if it can be."""
        if self._has_begun_line:
            self._parser.more(text)
            return
        self._line.append(text)
        self._line_chars += len(text)
        if self._line_chars < self._try_at_chars:
            return
        line = "".join(self._line)
        self._line = [line]
        if self._parser.begin(line):
            self._has_begun_line = True
            self._line, self._line_chars = [], 0
        elif self._line_chars < _LIMIT_TRY_CHARS:
            self._try_at_chars = 2 * self._line_chars
        else:
            self._try_at_chars = sys.maxsize
