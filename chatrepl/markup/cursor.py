"""A place in a line that is being read, in characters and in columns: tabs go to every fourth column."""

from __future__ import annotations

BLANKS = " \t"


class Cursor:
    """Where a parser is in one line."""

    __slots__ = ("_column", "_is_in_tab", "offset", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.offset = 0
        self._column = 0
        self._is_in_tab = False

    def next_nonspace(self) -> tuple[int, int]:
        """Return where the next character that is no blank stands, and how many columns of blanks are before it."""
        text, position, column = self.text, self.offset, self._column
        length = len(text)
        while position < length:
            if text[position] == " ":
                column += 1
            elif text[position] == "\t":
                column += 4 - column % 4
            else:
                break
            position += 1
        return position, column - self._column

    def skip_blanks(self) -> None:
        """Go on to the next character that is no blank."""
        position, indent = self.next_nonspace()
        self.offset, self._is_in_tab = position, False
        self._column += indent

    def advance(self, count_columns: int) -> None:
        """Go on by columns; a tab may be left with a part of it unused."""
        length = len(self.text)
        while count_columns > 0 and self.offset < length:
            if self.text[self.offset] == "\t":
                to_stop = 4 - self._column % 4
                step = min(count_columns, to_stop)
                self._is_in_tab = to_stop > count_columns
                self.offset += not self._is_in_tab
            else:
                step, self._is_in_tab = 1, False
                self.offset += 1
            self._column += step
            count_columns -= step

    def skip_quote_mark(self) -> None:
        """Skip the sign of a quotation and the blank behind it."""
        self.skip_blanks()
        self.advance(1)
        if self._is_at_blank():
            self.advance(1)

    def skip_item_mark(self, width: int) -> int:
        """Skip the mark of an item and the blanks behind it, and return the columns of both."""
        self.skip_blanks()
        self.advance(width)
        before = (self.offset, self._column, self._is_in_tab)
        while self._column - before[1] < 5 and self._is_at_blank():
            self.advance(1)
        blanks = self._column - before[1]
        if 1 <= blanks < 5 and self.offset < len(self.text):
            return width + blanks
        self.offset, self._column, self._is_in_tab = before
        if self._is_at_blank():
            self.advance(1)
        return width + 1

    def rest(self) -> str:
        """Return the rest of the line; of a tab that was used in part, the rest as blanks."""
        if self._is_in_tab:
            return " " * (4 - self._column % 4) + self.text[self.offset + 1 :]
        return self.text[self.offset :]

    def _is_at_blank(self) -> bool:
        return self.offset < len(self.text) and self.text[self.offset] in BLANKS
