"""Draws the application inline, and knows where its rows are after the terminal changed its size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import zip_longest
from typing import Any

from prompt_toolkit.application import Application
from prompt_toolkit.data_structures import Point, Size
from prompt_toolkit.layout.screen import Char, Screen
from prompt_toolkit.renderer import Renderer
from prompt_toolkit.utils import get_cwidth


class InlineRenderer(Renderer):
    """A renderer that gives rows back, and that knows where its rows are after the terminal changed its size.

    The size is looked at before every drawing, not only when a signal tells of it: in between the terminal has moved
    what was drawn at the old size. Where terminals differ, the fewest rows are taken for the application's own: too few
    leave a row of it behind, too many would erase the conversation.
    """

    reflows = True
    """Whether the terminal cuts rows that have become too long into several, as most do."""
    is_parked = False
    """Whether the cursor is left where the application begins, and only drawn where it is typed.

    Then nothing has to be known of where the terminal has moved the application: what is below the cursor is its own.
    """
    _reached: Sequence[int] = ()
    """How many columns of every row were written to since all of it was erased."""

    def render(self, app: Application[Any], layout: Any, is_done: bool = False) -> None:
        """Draw the application; where it shrank, from a clean start, so that no row is left behind."""
        last = self._last_screen
        size = self.output.get_size()
        if last is not None and (
            size != self._last_size or (not is_done and self._wanted_rows(layout, size) < last.height)
        ):
            self.erase(leave_alternate_screen=False)
        if self.is_parked and not is_done:
            drawn: Any = _WithDrawnCursor(layout)
            super().render(app, drawn, is_done)
            self._park()
            return
        super().render(app, layout, is_done)
        if is_done:
            return
        widths = [self._width(y) for y in range(self._height())]
        above = self._cursor_pos.y
        if any(now < then for now, then in zip(widths[:above], self._reached, strict=False)):
            # tmux counts what was erased at the end of a row as a part of it, unless all of the row was erased
            self.erase(leave_alternate_screen=False)
            super().render(app, layout, is_done)
        self._reached = [max(pair) for pair in zip_longest(widths, self._reached, fillvalue=0)]

    def _park(self) -> None:
        """Put the cursor, which is not shown, where the application begins."""
        self.output.write_raw("\r")
        self.output.cursor_up(self._cursor_pos.y)
        self.output.flush()
        self._cursor_pos = Point(0, 0)

    def erase(self, leave_alternate_screen: bool = True) -> None:
        """Erase the application wherever the terminal has moved it; the cursor is where it began.

        Not from the first column on: from the top left corner, tmux would move all of it into its history.
        """
        output, size = self.output, self.output.get_size()
        is_moved = self._last_screen is not None and self._last_size != size
        output.write_raw("\r")
        output.cursor_up(self._rows_above(size) if is_moved else self._cursor_pos.y)
        output.cursor_forward(1)
        output.erase_down()
        output.write_raw("\r\x1b[2K")
        output.reset_attributes()
        output.enable_autowrap()
        output.flush()
        self.reset(leave_alternate_screen=leave_alternate_screen)
        self._reached = ()

    @property
    def drawn_for(self) -> Size | None:
        """The size of the terminal for which the application was drawn. None: it is not drawn."""
        return self._last_size

    @staticmethod
    def _wanted_rows(layout: Any, size: Size) -> int:
        return min(int(layout.container.preferred_height(size.columns, size.rows).preferred), size.rows)

    def _rows_above(self, size: Size) -> int:
        """Return how far above the cursor the application begins in a terminal that now has this size."""
        screen, (x, y) = self._last_screen, self._cursor_pos
        if screen is None or not self.reflows:
            return min(y, size.rows - 1)
        rows = count_pieces(screen.data_buffer[y], min(x + 1, self._width(y)), size.columns) - 1
        for above in range(y):
            rows += count_pieces(screen.data_buffer[above], self._width(above), size.columns)
        return min(rows, size.rows - 1)

    def _height(self) -> int:
        if self._last_screen is None or self._last_size is None:
            return 0
        return min(self._last_screen.height, self._last_size.rows)

    def _width(self, y: int) -> int:
        """Return the columns of a row that were written: those without the plain blanks at its end."""
        if self._last_screen is None or self._last_size is None:
            return 0
        has_style: Any = self._style_string_has_style
        row = self._last_screen.data_buffer[y]
        for x in range(self._last_size.columns - 1, -1, -1):
            cell = row.get(x)
            if cell is not None and (cell.char != " " or has_style[cell.style]):
                return x + max(1, get_cwidth(cell.char))
        return 0


class _WithDrawnCursor:
    """A layout that shows where the cursor is by a cell in reverse."""

    def __init__(self, layout: Any) -> None:
        self._layout = layout
        self.container = self

    def preferred_height(self, width: int, max_available_height: int) -> Any:
        """Return the height of the layout."""
        return self._layout.container.preferred_height(width, max_available_height)

    def write_to_screen(self, screen: Screen, *where: Any, **how: Any) -> None:
        """Draw the layout and the cursor."""
        self._layout.container.write_to_screen(screen, *where, **how)
        if screen.show_cursor:
            point = next(iter(screen.cursor_positions.values()), Point(0, 0))
            row = screen.data_buffer[point.y]
            cell = row[point.x]
            row[point.x] = Char(cell.char, f"{cell.style} reverse")
            screen.show_cursor = False


def count_pieces(row: Mapping[int, Any], width: int, columns: int) -> int:
    """Return into how many rows a terminal of ``columns`` cuts the first ``width`` columns of a row; at least 1."""
    pieces, used, x = 1, 0, 0
    while x < width:
        cells = max(1, get_cwidth(row[x].char))
        if used + cells > columns:
            pieces, used = pieces + 1, 0
        used += cells
        x += cells
    return pieces
