"""A terminal's screen with its scrollback: pyte, with what real terminals do and it does not.

Rows that leave the top are kept whole. A change of width wraps rows anew (or cuts them, as xterm does). Text is wrapped
before a wide character that does not fit, zero-width characters join the cell before them, strings and sequences that
pyte takes for text are swallowed, and questions about the terminal are answered.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import pyte
from pyte import modes
from pyte.screens import Char, StaticDefaultDict
from wcwidth import wcwidth

_SEQUENCE = re.compile(
    r"\x1b\[(?P<prefix>[<-?]?)(?P<parameters>[0-9;:]*)(?P<between>[ -/]*)(?P<final>[@-~])"
    r"|\x1b(?P<string>[PX^_]).*?(?:\x1b\\|\x18|\x1a)"
    r"|\x1b\](?P<number>[0-9]*)(?P<content>[^\x07\x1b]*)(?:\x07|\x1b\\)",
    re.DOTALL,
)
_UNFINISHED = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_](?:[^\x1b\x18\x1a]|\x1b(?!\\))*)?\Z"
)


class Row(StaticDefaultDict[int, Char]):
    """The cells of a row."""

    wraps = False
    """Whether the terminal broke the text here, and it goes on in the next row."""

    def forget(self, columns: Iterable[int]) -> None:
        """Take cells that were erased out, so that they do not count as written; coloured ones stay."""
        for x in columns:
            if x in self and self[x].bg == "default" and not self[x].reverse:
                del self[x]


class Emulator(pyte.Screen):
    """A screen that keeps what scrolls off.

    Args:
        reflows: Whether a change of width wraps rows anew.
    """

    def __init__(self, columns: int, rows: int, *, reflows: bool = True) -> None:
        self.scrollback: list[Row] = []
        self._texts: list[tuple[str, bool]] = []
        self._reflows = reflows
        self._answers = ""
        self._rest = ""
        super().__init__(columns, rows)
        self.buffer = defaultdict(lambda: Row(self.default_char))
        self._stream = pyte.Stream(self)

    # What comes in.

    def take(self, text: str) -> str:
        """Show what a program wrote, and return what the terminal answers to its questions."""
        self._answers = ""
        text = self._rest + text
        unfinished = _UNFINISHED.search(text)
        self._rest = text[unfinished.start() :] if unfinished else ""
        text = text[: len(text) - len(self._rest)]
        begin = 0
        for sequence in _SEQUENCE.finditer(text):
            if self._is_known(sequence):
                continue
            self._stream.feed(text[begin : sequence.start()])
            self._answer(sequence)
            begin = sequence.end()
        self._stream.feed(text[begin:])
        return self._answers

    @staticmethod
    def _is_known(sequence: re.Match[str]) -> bool:
        """Whether pyte does with it what terminals do."""
        if sequence["string"]:
            return False
        if sequence["final"] is None:
            return sequence["number"] in {"0", "1", "2"} and sequence["content"].startswith(";")
        is_plain = not sequence["between"] and ":" not in sequence["parameters"]
        return is_plain and (
            not sequence["prefix"] or (sequence["prefix"] == "?" and sequence["final"] in "hlJK")
        )

    def _answer(self, sequence: re.Match[str]) -> None:
        asked = f"{sequence['prefix']}{sequence['parameters']}{sequence['between']}{sequence['final']}"
        if asked == "?6n":
            self._answers += f"\x1b[?{self.cursor.y + 1};{min(self.cursor.x, self.columns - 1) + 1}R"
        elif asked in {">c", ">0c"}:
            self._answers += "\x1b[>1;5000;0c"
        elif sequence["prefix"] == "?" and sequence["between"] == "$" and sequence["final"] == "p":
            self._answers += f"\x1b[?{sequence['parameters']};0$y"  # a mode it does not know

    def write_process_input(self, data: str) -> None:
        """Keep pyte's own answers: where the cursor is, and what kind of terminal this is."""
        self._answers += data

    def report_device_status(self, mode: int, **_: Any) -> None:
        """Tell where the cursor is; one that waits behind the last column stands on it."""
        if mode == 6:
            self._answers += f"\x1b[{self.cursor.y + 1};{min(self.cursor.x, self.columns - 1) + 1}R"
        else:
            super().report_device_status(mode)

    # What is drawn.

    def draw(self, data: str) -> None:
        """Put text at the cursor."""
        for char in data:
            width = wcwidth(char)
            if width == 0:
                self._join(char)
            if width <= 0:
                continue
            if self.cursor.x + width > self.columns:
                if modes.DECAWM in self.mode:
                    self._row(self.cursor.y).wraps = True
                    self.carriage_return()
                    self.index()
                else:
                    self.cursor.x = self.columns - width
            if modes.IRM in self.mode:
                self.insert_characters(width)
            row = self.buffer[self.cursor.y]
            row[self.cursor.x] = self.cursor.attrs._replace(data=char)
            if width == 2:
                row[self.cursor.x + 1] = self.cursor.attrs._replace(data="")
            self.cursor.x += width
        self.dirty.add(self.cursor.y)

    def _join(self, char: str) -> None:
        row = self.buffer[self.cursor.y]
        x = self.cursor.x - 1
        if x > 0 and not row[x].data:
            x -= 1
        if x >= 0:
            row[x] = row[x]._replace(data=row[x].data + char)

    def index(self) -> None:
        """Move the cursor down, and keep the row that leaves the top."""
        top, bottom = self.margins or (0, self.lines - 1)
        if self.cursor.y == bottom and top == 0:
            self._keep(self._row(0))
        super().index()

    def erase_in_line(self, how: int = 0, private: bool = False) -> None:
        """Erase; a cursor that waits behind the last column stands on it. What is erased to its end wraps no more."""
        is_waiting = self.cursor.x == self.columns
        if is_waiting:
            self.cursor.x -= 1
        super().erase_in_line(how, private)
        row = self._row(self.cursor.y)
        row.forget(
            {0: range(self.cursor.x, self.columns), 1: range(self.cursor.x + 1), 2: range(self.columns)}[how]
        )
        if how != 1:
            row.wraps = False
        if is_waiting:
            self.cursor.x += 1

    def erase_in_display(self, how: int = 0, *args: Any, **kwargs: Any) -> None:
        """Erase; 3 erases the scrollback and nothing else."""
        if how == 3:
            self.scrollback.clear()
            self._texts.clear()
            return
        super().erase_in_display(how, *args, **kwargs)
        for y in {0: range(self.cursor.y + 1, self.lines), 1: range(self.cursor.y), 2: range(self.lines)}[
            how
        ]:
            row = self._row(y)
            row.forget(range(self.columns))
            row.wraps = False

    # Size.

    def resize(self, lines: int | None = None, columns: int | None = None) -> None:
        """Give the screen another size. What is used of it stays at the bottom, and the cursor stays in sight."""
        lines, columns = lines or self.lines, columns or self.columns
        if (lines, columns) == (self.lines, self.columns):
            return
        used = [y for y in range(self.lines) if self._row(y)]
        last = max([self.cursor.y, *used])
        rows = [*self.scrollback, *(self._row(y) for y in range(last + 1))]
        y, x = len(self.scrollback) + self.cursor.y, self.cursor.x
        if columns != self.columns and self._reflows:
            rows, y, x = self._wrap_anew(rows, columns, y, x)
        elif columns < self.columns:
            rows = [_cut(row, columns, self.default_char) for row in rows]
        top = max(0, min(len(rows) - lines, y))
        self.scrollback, self._texts = [], []
        for row in rows[:top]:
            self._keep(row)
        self.lines, self.columns = lines, columns
        self.margins = None
        self.tabstops = set(range(8, columns, 8))
        self.buffer.clear()
        for number, row in enumerate(rows[top : top + lines]):
            self.buffer[number] = row
        self.cursor.y, self.cursor.x = min(y - top, lines - 1), min(x, columns)
        self.dirty.update(range(lines))

    def _wrap_anew(
        self, rows: Sequence[Row], columns: int, cursor_y: int, cursor_x: int
    ) -> tuple[list[Row], int, int]:
        """Return the rows at another width, and where the cursor is in them."""
        found: list[Row] = []
        y, x = cursor_y, cursor_x
        line: list[Char] = []
        cursor_at: int | None = None
        for number, row in enumerate(rows):
            if number == cursor_y:
                cursor_at = len(line) + cursor_x
            line += _cells(row)
            if row.wraps and number + 1 < len(rows):
                continue
            pieces = self._pieces(line, columns)
            if cursor_at is not None:
                while len(pieces) <= cursor_at // columns and cursor_at % columns:
                    pieces[-1].wraps = True
                    pieces.append(Row(self.default_char))
                y, x = len(found) + min(cursor_at // columns, len(pieces) - 1), cursor_at % columns
                if cursor_at and not x and cursor_at // columns >= len(pieces):
                    x = columns
            found += pieces
            line, cursor_at = [], None
        return found, y, x

    def _pieces(self, cells: Sequence[Char], columns: int) -> list[Row]:
        pieces = [Row(self.default_char)]
        x = 0
        for number, cell in enumerate(cells):
            is_wide = number + 1 < len(cells) and not cells[number + 1].data and bool(cell.data)
            if x + (2 if is_wide else 1) > columns:
                pieces[-1].wraps = True
                pieces.append(Row(self.default_char))
                x = 0
            pieces[-1][x] = cell
            x += 1
        return pieces

    # What is there.

    def visible(self) -> list[str]:
        """Return the rows of the screen, without the blanks at their ends."""
        return [_text(self._row(y)).rstrip() for y in range(self.lines)]

    def all_rows(self, *, join_wrapped: bool = False) -> list[str]:
        """Return the rows of the scrollback and of the screen, with the blanks that were written at their ends."""
        texts = [*self._texts, *((_text(row), row.wraps) for row in map(self._row, range(self.lines)))]
        if not join_wrapped:
            return [text for text, _ in texts]
        lines: list[str] = []
        goes_on = False
        for text, wraps in texts:
            if goes_on:
                lines[-1] += text
            else:
                lines.append(text)
            goes_on = wraps
        return lines

    def _keep(self, row: Row) -> None:
        self.scrollback.append(row)
        self._texts.append((_text(row), row.wraps))

    def _row(self, y: int) -> Row:
        row = self.buffer[y]
        assert isinstance(row, Row)
        return row


def _cells(row: Row) -> list[Char]:
    """Return the cells of a row, up to the last that was written."""
    return [row[x] for x in range(max(row, default=-1) + 1)]


def _cut(row: Row, columns: int, blank: Char) -> Row:
    shorter = Row(blank)
    shorter.update({x: cell for x, cell in row.items() if x < columns})
    return shorter


def _text(row: Row) -> str:
    return "".join(cell.data for cell in _cells(row))
