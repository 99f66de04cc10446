"""The open end of a reply, drawn at little cost: twenty times a second while nothing else on the screen changes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

from prompt_toolkit.data_structures import Point
from prompt_toolkit.formatted_text import ANSI, to_formatted_text
from prompt_toolkit.layout.containers import Container
from prompt_toolkit.layout.dimension import Dimension
from prompt_toolkit.layout.screen import Char, Screen, WritePosition
from prompt_toolkit.utils import get_cwidth

if TYPE_CHECKING:
    from prompt_toolkit.layout.mouse_handlers import MouseHandlers

Row = defaultdict[int, Char]
"""The cells of a row by their columns."""

_BLANK = Char(" ", "[transparent]")
_COVERED = Char("\0", "")
"""Stands in the second column of a wide character: differs from everything, so that it is drawn over."""


_char = lru_cache(maxsize=1024)(Char)
"""Makes a cell, or gives one that was made before: text has few letters and styles."""


def _blank() -> Char:
    return _BLANK


@lru_cache(maxsize=64)
def cells(line: str, columns: int) -> Row:
    """Return the cells of a line with escape sequences. They are shared: nobody may change them."""
    row: Row = defaultdict(_blank)
    x = 0
    for style, text, *_ in to_formatted_text(ANSI(line)):
        for letter in text:
            width = get_cwidth(letter)
            if width == 0 and x:
                _add_mark(row, x, letter)
                continue
            if x + width > columns:
                return row
            row[x] = _char(letter, style)
            for covered in range(x + 1, x + width):
                row[covered] = _COVERED
            x += max(1, width)
    return row


def _add_mark(row: Row, x: int, mark: str) -> None:
    """Put a mark that takes no room onto the character before it."""
    while x > 0:
        x -= 1
        if row[x] is not _COVERED:
            row[x] = Char(row[x].char + mark, row[x].style)
            return


class Tail(Container):
    """Shows lines that fit the width."""

    def __init__(self, lines: Callable[[], Sequence[str]]) -> None:
        self._lines = lines
        self.drawn_rows = 0
        """How many rows were drawn last."""

    def reset(self) -> None:
        """Do nothing: there is no state."""

    def preferred_width(self, max_available_width: int) -> Dimension:
        """Take the whole width."""
        return Dimension(preferred=max_available_width)

    def preferred_height(self, width: int, max_available_height: int) -> Dimension:  # noqa: ARG002
        """Take a row a line, or less where there is no room."""
        rows = min(len(self._lines()), max_available_height)
        return Dimension(min=0, preferred=rows, max=rows)

    def write_to_screen(
        self,
        screen: Screen,
        mouse_handlers: MouseHandlers,  # noqa: ARG002
        write_position: WritePosition,
        parent_style: str,  # noqa: ARG002
        erase_bg: bool,  # noqa: ARG002
        z_index: int | None,  # noqa: ARG002
    ) -> None:
        """Draw the lines."""
        lines = self._lines()[-write_position.height :] if write_position.height else ()
        self.drawn_rows = len(lines)
        for number, line in enumerate(lines):
            screen.data_buffer[write_position.ypos + number] = cells(line, write_position.width)
        screen.width = max(screen.width, write_position.xpos + write_position.width)
        screen.height = max(screen.height, write_position.ypos + write_position.height)

    def get_children(self) -> list[Container]:
        """Return nothing."""
        return []


class SameBelow:
    """Stands in for a layout: draws what was drawn last, under another tail.

    Args:
        before: What was drawn last, with ``tail`` as it stood then.
        tail: What stands there now.
    """

    def __init__(self, before: Screen, tail: Tail) -> None:
        self._before = before
        self._tail = tail
        self._tail_rows = tail.drawn_rows
        self.container = self

    def preferred_height(self, width: int, max_available_height: int) -> Dimension:
        """Return the height of both."""
        tail = self._tail.preferred_height(width, max_available_height).preferred
        return Dimension.exact(tail + self._before.height - self._tail_rows)

    def write_to_screen(
        self,
        screen: Screen,
        mouse_handlers: MouseHandlers,
        write_position: WritePosition,
        parent_style: str,
        erase_bg: bool,
        z_index: int | None,
    ) -> None:
        """Draw both."""
        before = self._before
        position = write_position
        above_rows = position.height - (before.height - self._tail_rows)
        above = WritePosition(position.xpos, position.ypos, position.width, above_rows)
        self._tail.write_to_screen(screen, mouse_handlers, above, parent_style, erase_bg, z_index)
        down = self._tail.drawn_rows - self._tail_rows
        for y in range(self._tail_rows, before.height):
            screen.data_buffer[y + down] = before.data_buffer[y]
        screen.height = before.height + down
        screen.width = before.width
        screen.show_cursor = before.show_cursor
        screen.visible_windows_to_write_positions = before.visible_windows_to_write_positions
        screen.menu_positions = before.menu_positions
        screen.cursor_positions = {
            window: Point(point.x, point.y + down) for window, point in before.cursor_positions.items()
        }
