"""Breaks what a model thinks into rows as it comes, between words; what was broken once is not looked at again."""

from __future__ import annotations

from collections import deque

from rich.cells import chop_cells

from chatrepl.ui.inline import Styles
from chatrepl.ui.layout import Wrapper, count_cells

KEPT_ROWS = 40
"""As many of the last rows can be shown again."""
TAB = "    "


class ThoughtRows:
    """The rows of one thought, without styles. Lines keep their indent; several blank ones become one."""

    def __init__(self, columns: int) -> None:
        self._columns = max(1, columns)
        self._rows: list[str] = []
        self._last: deque[str] = deque(maxlen=KEPT_ROWS)
        self._wrapper = Wrapper(self._emit, _unpainted, self._columns, self._columns)
        self._indent = 0
        self._has_begun_line = False
        self._has_gap = False

    def feed(self, text: str) -> None:
        """Take more of the thought, sanitised."""
        first, *others = text.replace("\t", TAB).split("\n")
        self._go_on(first)
        for line in others:
            self._end_line()
            self._go_on(line)

    def take(self) -> list[str]:
        """Return the rows that are finished since the last call."""
        rows, self._rows = self._rows, []
        return rows

    def finish(self) -> list[str]:
        """Return all rows that are left."""
        self._wrapper.finish()
        return self.take()

    def last(self, limit_rows: int, *, is_open: bool = False) -> list[str]:
        """Return the last rows as they look now, none wider than the terminal.

        Args:
            limit_rows: At most so many.
            is_open: Only those that are not finished.
        """
        rows = [] if is_open else [*self._last]
        indent = " " * self._indent
        still: list[str] = []
        self._wrapper.fork(lambda row, _cells: still.append(indent + row)).finish()
        if still and self._has_gap and self._last:
            rows.append("")
        rows += still
        cut = [part for row in rows[-limit_rows:] for part in self._cut(row)]
        return cut[-limit_rows:]

    def resize(self, columns: int) -> None:
        """Break what comes at another width."""
        self._columns = max(1, columns)
        self._wrapper.resize(self._columns - self._indent, self._columns)

    def _go_on(self, line: str) -> None:
        if not self._has_begun_line:
            rest = line.lstrip(" ")
            self._indent = min(self._indent + len(line) - len(rest), self._columns // 2)
            if not rest:
                return
            self._has_begun_line = True
            self._wrapper.resize(self._columns - self._indent, self._columns)
            line = rest
        self._wrapper.feed(line, ())

    def _end_line(self) -> None:
        if self._has_begun_line:
            self._wrapper.break_row()
        else:
            self._has_gap = True
        self._has_begun_line = False
        self._indent = 0

    def _emit(self, row: str, _cells: int) -> None:
        new = [""] if self._has_gap and self._last else []
        self._has_gap = False
        new.append(" " * self._indent + row)
        self._rows += new
        self._last += new

    def _cut(self, row: str) -> list[str]:
        """Cut a row that holds a word too long for it."""
        if count_cells(row) <= self._columns:
            return [row]
        return chop_cells(row[-KEPT_ROWS * self._columns :], self._columns)


class RowCutter:
    """Gives back a thought as rows that fit the terminal, each with its end."""

    def __init__(self, columns: int) -> None:
        self._rows = ThoughtRows(columns)

    def feed(self, text: str) -> str:
        """Take the next piece and return the rows that are finished by it."""
        self._rows.feed(text)
        return "".join(f"{row}\n" for row in self._rows.take())

    def finish(self) -> str:
        """Return the rows that are left."""
        return "".join(f"{row}\n" for row in self._rows.finish())


def _unpainted(text: str, _styles: Styles) -> str:
    return text
