"""Lays out a table that arrives row by row.

Rows are held until the table is whole, so that its columns fit. One that outgrows half the screen is printed with the
columns that it has by then, and its rows as they come. Where the columns do not fit side by side, each row is
a list of its cells under the names of the columns.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatrepl.ui.cuts import pieces
from chatrepl.ui.inline import BREAK, Span, Styles, spans
from chatrepl.ui.layout import Paint, Wrapper, count_cells, paint_spans

BETWEEN = "  "
LEAST_COLUMN_CELLS = 5
_LINE_BREAK = re.compile(r"<br[ \t]*/?>", re.IGNORECASE)
_HEAD: Styles = ("markdown.table.header",)


@dataclass(slots=True)
class _Cell:
    spans: list[Span]
    cells: int
    """Its width where nothing in it is wrapped."""


class TableLayout:
    """One table.

    Args:
        emit: Takes the rows.
        width: The cells of a row.
        limit_rows: How many rows are held at most.
        line: The sign under the head.
        has_links: Whether words can be links by themselves.
        has_formulas: Whether formulas are shown in signs that can be read.
    """

    def __init__(
        self,
        head: Sequence[str],
        alignments: Sequence[str],
        *,
        emit: Callable[[str], None],
        paint: Paint,
        references: Mapping[str, Any],
        width: int,
        limit_rows: int,
        line: str,
        has_links: bool = False,
        has_formulas: bool = False,
    ) -> None:
        self._inline = {"has_links": has_links, "has_formulas": has_formulas}
        self._emit = emit
        self._paint = paint
        self._references = references
        self._width = width
        self._limit_rows = limit_rows
        self._line = line
        self._alignments = alignments
        self._head = [self._cell(text, _HEAD) for text in head]
        self._naturals = [cell.cells for cell in self._head]
        self._held: list[list[_Cell]] = []
        self._held_rows = 0
        self._widths: list[int] | None = None
        """None: not decided yet. Empty: the columns do not fit side by side."""
        self._has_record = False

    def fork(self, emit: Callable[[str], None]) -> TableLayout:
        """Return another one that goes on from here and emits elsewhere."""
        other = object.__new__(TableLayout)
        other.__dict__.update(self.__dict__)
        other._emit = emit
        other._naturals = list(self._naturals)
        other._held = list(self._held)
        return other

    def resize(self, width: int) -> None:
        """Lay out what comes at another width."""
        self._width = width
        if self._widths is not None:
            self._widths = self._fit()

    def row(self, texts: Sequence[str]) -> None:
        """Take a row."""
        cells = [self._cell(text, ()) for text in texts]
        if self._widths is not None:
            self._draw(cells)
            return
        for index, cell in enumerate(cells):
            self._naturals[index] = max(self._naturals[index], cell.cells)
        self._held.append(cells)
        self._held_rows += max(1, -(-sum(cell.cells for cell in cells) // self._width))
        if self._held_rows > self._limit_rows:
            self._begin(is_open=True)

    def finish(self, last_rows: int | None = None) -> None:
        """The table is whole: print what is held. ``last_rows``: of which only the last are wanted."""
        if self._widths is None:
            if last_rows is not None:
                self._held = self._held[-last_rows:]
            self._begin(is_open=False)

    def _begin(self, *, is_open: bool) -> None:
        """Decide on the columns and print what is held. ``is_open``: wider cells may come."""
        self._widths = self._fit()
        if is_open and self._widths:
            left = self._width - sum(self._widths) - len(BETWEEN) * (len(self._widths) - 1)
            for index, natural in enumerate(self._naturals):
                more = min(max(4, natural // 2), left // (len(self._widths) - index))
                self._widths[index] += max(0, more)
                left -= max(0, more)
        if self._widths:
            self._draw(self._head)
            self._emit(
                self._paint(
                    BETWEEN.join(self._line * width for width in self._widths), ("markdown.table.border",)
                )
            )
        for cells in self._held or ([] if self._widths else [[]]):
            self._draw(cells)
        self._held = []

    def _fit(self) -> list[int]:
        """Return the widths of the columns. Empty: they cannot stand side by side."""
        count = len(self._naturals)
        left = self._width - len(BETWEEN) * (count - 1)
        if sum(self._naturals) > left and left < LEAST_COLUMN_CELLS * count:
            return []
        widths = [0] * count
        for rank, index in enumerate(sorted(range(count), key=self._naturals.__getitem__)):
            widths[index] = max(1, min(self._naturals[index], left // (count - rank)))
            left -= widths[index]
        return widths

    def _draw(self, cells: Sequence[_Cell]) -> None:
        if not self._widths:
            self._draw_record(cells)
            return
        columns = [self._lines(cell, width) for cell, width in zip(cells, self._widths, strict=False)]
        for number in range(max(map(len, columns), default=1)):
            row = [
                _aligned(*(lines[number] if number < len(lines) else ("", 0)), width, alignment)
                for lines, width, alignment in zip(columns, self._widths, self._alignments, strict=False)
            ]
            self._emit(BETWEEN.join(row).rstrip(" "))

    def _lines(self, cell: _Cell, width: int) -> list[tuple[str, int]]:
        """Wrap a cell and return its rows with their widths."""
        if cell.cells <= width and BREAK not in cell.spans:
            return [(paint_spans(cell.spans, self._paint), cell.cells)]
        rows: list[tuple[str, int]] = []
        wrapper = Wrapper(
            lambda text, cells: rows.append((text, cells)), self._paint, width, width, folds=True
        )
        wrapper.feed_spans(cell.spans)
        wrapper.finish()
        return rows

    def _draw_record(self, cells: Sequence[_Cell]) -> None:
        """Print a row as a list: the name of a column and what stands in it. The first has all the names."""
        if self._has_record:
            self._emit("")
        wrapper = Wrapper(lambda text, _: self._emit(text), self._paint, self._width, self._width)
        is_first, self._has_record = not self._has_record, True
        for index, name in enumerate(self._head if is_first else self._head[: len(cells)]):
            inside = cells[index].spans if index < len(cells) else []
            if inside or is_first:
                wrapper.feed_spans((" ", _HEAD) if span == BREAK else span for span in name.spans)
                wrapper.feed(": " if inside else ":", _HEAD)
                wrapper.feed_spans(inside)
                wrapper.finish()

    def _cell(self, text: str, styles: Styles) -> _Cell:
        found: list[Span] = []
        widest = cells = 0
        for piece in pieces(text):
            for words, own in spans(piece, self._references, **self._inline):
                for number, part in enumerate(_split_lines(words, own)):
                    if number:
                        found.append(BREAK)
                        cells = 0
                    if part:
                        found.append((part, (*styles, *own)))
                        cells += count_cells(part)
                        widest = max(widest, cells)
        return _Cell(found, widest)


def _split_lines(words: str, styles: Styles) -> list[str]:
    """Cut text where it has the sign for a line's end in HTML: nothing else can say it in a cell."""
    return [words] if "markdown.code" in styles or "<" not in words else _LINE_BREAK.split(words)


def _aligned(text: str, cells: int, width: int, alignment: str) -> str:
    blanks = max(0, width - cells)
    if alignment == "right":
        return " " * blanks + text
    before = blanks // 2 if alignment == "center" else 0
    return " " * before + text + " " * (blanks - before)
