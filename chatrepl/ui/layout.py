"""Breaks styled text into rows as it comes, by the columns that it takes up on a terminal."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from rich.cells import cell_len

from chatrepl.ui.inline import BREAK, Span, Styles

Paint = Callable[[str, Styles], str]
"""Gives a text its styles as escape sequences."""

LIMIT_WORD_CELLS = 4096
LIMIT_WORD_CHARS = 4 * LIMIT_WORD_CELLS
"""A longer word is cut: until its end, nothing of it could be printed. Marks that take no room count as well."""

SLICE_CHARS = 4096
"""So much is cut into words at a time."""

_IDEOGRAPHS = (
    "\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3038-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff10-\uff19\uff21-\uff3a\uff41-\uff5a\uff66-\uff9f\U00020000-\U0003fffd"
)
_OPENING = "\u3008\u300a\u300c\u300e\u3010\u3014\u3016\u3018\uff08\uff3b\uff5b"
_CLOSING = (
    "\u3001\u3002\u3009\u300b\u300d\u300f\u3011\u3015\u3017\u3019\u30fb\u30fc\uff01\uff09\uff0c\uff0e\uff1a\uff1b"
    "\uff1f\uff3d\uff5d.,!?;:)\\]}"
)
_WORDS = re.compile(
    rf" +|[{_OPENING}]*[{_IDEOGRAPHS}][\u0300-\u036f\u3099\u309a\ufe00-\ufe0f\U000e0100-\U000e01ef]*[{_CLOSING}]*"
    rf"|[^ {_IDEOGRAPHS}{_OPENING}]+|[{_OPENING}]+"
)
_ASCII_WORDS = re.compile(" +|[^ ]+")
_IDEOGRAPH = re.compile(rf"[{_OPENING}]*[{_IDEOGRAPHS}]")


def count_cells(text: str) -> int:
    """Return how many columns a text takes up."""
    return len(text) if text.isascii() else cell_len(text)


class Wrapper:
    """Lays out one text, a span at a time.

    A word that is wider than a row begins one and is left to the terminal to wrap, so that it can be copied whole, or
    is cut where ``folds``.

    Args:
        emit: Takes each finished row and its width in cells.
        width: The cells of a row.
        columns: The cells of the terminal's row, of which ``width`` are left of margins.
    """

    def __init__(
        self, emit: Callable[[str, int], None], paint: Paint, width: int, columns: int, *, folds: bool = False
    ) -> None:
        self._emit = emit
        self._paint = paint
        self._width = width
        self._columns = columns
        self._folds = folds
        self._row: list[Span] = []
        self._row_cells = 0
        self._blanks: list[Span] = []
        self._blank_cells = 0
        self._word: list[Span] = []
        self._word_cells = 0
        self._word_chars = 0

    def fork(self, emit: Callable[[str, int], None]) -> Wrapper:
        """Return another one that goes on from here and emits elsewhere."""
        other = Wrapper(emit, self._paint, self._width, self._columns, folds=self._folds)
        other._row, other._row_cells = list(self._row), self._row_cells
        other._blanks, other._blank_cells = list(self._blanks), self._blank_cells
        other._word, other._word_cells = list(self._word), self._word_cells
        other._word_chars = self._word_chars
        return other

    def resize(self, width: int, columns: int) -> None:
        """Lay out what comes at another width."""
        self._width, self._columns = width, columns

    def feed(self, text: str, styles: Styles) -> None:
        """Take the next piece of the text."""
        if len(text) > SLICE_CHARS:
            for start in range(0, len(text), SLICE_CHARS):
                self.feed(text[start : start + SLICE_CHARS], styles)
            return
        is_ascii = text.isascii()
        for token in (_ASCII_WORDS if is_ascii else _WORDS).findall(text):
            if token[0] == " ":
                self._end_word()
                if self._blank_cells <= self._width:  # more would end the row as well
                    self._blanks.append((token, styles))
                    self._blank_cells += len(token)
            elif not is_ascii and _IDEOGRAPH.match(token):
                self._end_word()
                self._add(token, styles, cell_len(token))
                self._end_word()
            else:
                self._add(token, styles, len(token) if is_ascii else cell_len(token))

    def feed_spans(self, spans: Iterable[Span]) -> None:
        """Take spans; one that is ``BREAK`` ends the row."""
        for span in spans:
            if span is BREAK:
                self.break_row()
            else:
                self.feed(*span)

    def break_row(self) -> None:
        """End the row, even if it is empty."""
        self._end_word()
        self._end_row()

    def finish(self) -> None:
        """The text is over."""
        self._end_word()
        if self._row:
            self._end_row()

    def _add(self, text: str, styles: Styles, cells: int) -> None:
        if self._word_cells + cells > LIMIT_WORD_CELLS or self._word_chars + len(text) > LIMIT_WORD_CHARS:
            for start in range(0, len(text), 256):
                part = text[start : start + 256]
                if self._word_cells > LIMIT_WORD_CELLS - 512 or self._word_chars > LIMIT_WORD_CHARS - 512:
                    self._end_word()
                    self._end_row()
                self._take_part(part, styles, count_cells(part))
        else:
            self._take_part(text, styles, cells)

    def _take_part(self, text: str, styles: Styles, cells: int) -> None:
        self._word.append((text, styles))
        self._word_cells += cells
        self._word_chars += len(text)

    def _end_word(self) -> None:
        if not self._word:
            return
        word, cells = self._word, self._word_cells
        self._word, self._word_cells, self._word_chars = [], 0, 0
        blanks, blank_cells = self._blanks, self._blank_cells
        self._blanks, self._blank_cells = [], 0
        if self._row and self._row_cells + blank_cells + cells > self._width:
            self._end_row()
        elif self._row:
            self._row += blanks
            self._row_cells += blank_cells
        if cells <= self._width:
            self._row += word
            self._row_cells += cells
        elif self._folds:
            self._fold(word)
        else:
            margin = self._columns - self._width
            self._row += word
            self._row_cells = (margin + cells - 1) % self._columns + 1 - margin

    def _fold(self, word: list[Span]) -> None:
        """Cut a word that is wider than a row."""
        for text, styles in word:
            start, cells = 0, self._row_cells
            for position, char in enumerate(text):
                wide = count_cells(char)
                if cells + wide > self._width and (self._row or position > start):
                    if position > start:
                        self._row.append((text[start:position], styles))
                    self._row_cells = cells
                    self._end_row()
                    start, cells = position, 0
                cells += wide
            self._row.append((text[start:], styles))
            self._row_cells = cells

    def _end_row(self) -> None:
        row, cells = self._row, self._row_cells
        self._row, self._row_cells = [], 0
        self._blanks, self._blank_cells = [], 0
        self._emit(paint_spans(row, self._paint), cells)


def paint_spans(row: Iterable[Span], paint: Paint) -> str:
    """Give a row its styles, neighbours of the same style together."""
    painted: list[str] = []
    same: list[str] = []
    styles: Styles = ()
    for text, own in row:
        if own != styles and same:
            painted.append(paint("".join(same), styles))
            same = []
        styles = own
        same.append(text)
    if same:
        painted.append(paint("".join(same), styles))
    return "".join(painted)
