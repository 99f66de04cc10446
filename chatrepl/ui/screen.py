"""The one application of a session: a live tail, the input line and the status bar, below the terminal's own scrollback.

``print_above`` writes finished lines where the application stood and draws it again under them, in one write, so that
nothing flickers; what was written is never touched again. The terminal is never asked where its cursor is: the
application stands right below what was printed last, which is known without asking.

Nothing is drawn while the terminal is behind: what is to be printed waits here, and only the newest state is drawn when it
has caught up, so that the echo of a key never stands behind frames that nobody needs any more.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from typing import Any

from prompt_toolkit.application import Application, application
from prompt_toolkit.data_structures import Point, Size
from prompt_toolkit.filters import buffer_has_focus
from prompt_toolkit.key_binding.bindings.basic import load_basic_bindings
from prompt_toolkit.key_binding.bindings.emacs import (
    load_emacs_bindings,
    load_emacs_search_bindings,
    load_emacs_shift_selection_bindings,
)
from prompt_toolkit.key_binding.key_bindings import (
    ConditionalKeyBindings,
    KeyBindingsBase,
    merge_key_bindings,
)
from prompt_toolkit.layout.screen import Char, Screen
from prompt_toolkit.renderer import Renderer
from prompt_toolkit.utils import get_cwidth

from chatrepl.ui.line import TerminalLine
from chatrepl.ui.output import SYNCHRONISED_BEGIN, SYNCHRONISED_END, HeldOutput
from chatrepl.ui.tail import SameBelow, Tail

SETTLE_S = 0.05
"""Nothing is drawn until the terminal has kept its size for so long."""
LIMIT_FRAME_CHARS = 16_384
"""Also a line that seems quick gets no more at once: what it has cannot be taken back when the user stops the reply."""


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
            super().render(app, _WithDrawnCursor(layout), is_done)
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


@contextmanager
def _emacs_keys_only() -> Iterator[None]:
    """Build an application without the vi keys, which nobody can switch on yet: they take a fifth of its start."""
    module: Any = application
    before = module.load_key_bindings

    def load() -> KeyBindingsBase:
        typing = merge_key_bindings(
            [
                load_basic_bindings(),
                load_emacs_bindings(),
                load_emacs_search_bindings(),
                load_emacs_shift_selection_bindings(),
            ]
        )
        return ConditionalKeyBindings(typing, buffer_has_focus)

    module.load_key_bindings = load
    try:
        yield
    finally:
        module.load_key_bindings = before


class ChatApplication(Application[Any]):
    """The application, with a renderer and a way to resize that suit a screen it does not own.

    Args:
        tail: What stands at its top.
    """

    def __init__(self, *, reflows: bool, tail: Tail, **options: Any) -> None:
        self._waiting: deque[str] = deque()
        self._on_free: list[Callable[[], None]] = []
        self._is_called_when_free = False
        self._has_changed = True
        self._is_due = False
        self._settling: asyncio.TimerHandle | None = None
        self._settled_size: Size | None = None
        with _emacs_keys_only():
            super().__init__(**options)
        self._tail = tail
        self._drawn: tuple[Screen, Size] | None = None
        self.inline = InlineRenderer(self._merged_style, self.output)
        self.inline.reflows = reflows
        self.renderer = self.inline

    @property
    def line(self) -> TerminalLine | None:
        """The way to the terminal. None: there is none that could be slow."""
        return self.output.line if isinstance(self.output, HeldOutput) else None

    @property
    def is_behind(self) -> bool:
        """Whether what is drawn now would have to wait: for a slow line, or for an editor that has the terminal."""
        return bool(self._waiting) or self._is_held_up

    @property
    def _is_held_up(self) -> bool:
        line = self.line
        is_late = line is not None and line.is_behind
        return is_late or self._running_in_terminal or self._settling is not None

    @property
    def frame_chars(self) -> int:
        """How much text may be printed at once, so that keys are still echoed soon."""
        line = self.line
        return (line.frame_bytes if line is not None else None) or LIMIT_FRAME_CHARS

    @property
    def is_slow(self) -> bool:
        """Whether the line to the terminal was found to be slow."""
        return self.line is not None and self.line.frame_bytes is not None

    def park_cursor(self, is_parked: bool) -> None:
        """Leave the cursor above the tail while a reply arrives, so that no change of size can lead a drawing astray."""
        self.inline.is_parked = is_parked
        self.invalidate()

    def call_when_free(self, callback: Callable[[], None]) -> None:
        """Call something once, when nothing waits any more."""
        self._on_free.append(callback)
        self._go_on_when_free()

    def invalidate(self) -> None:
        """Ask for a drawing; safe to call from other threads."""
        self._has_changed = True
        super().invalidate()

    def _on_resize(self) -> None:
        """Draw again as soon as the terminal has kept its size for a while.

        What is on its way while the size changes goes astray: the terminal moves the rows under it.
        """
        size = self.output.get_size()
        if self._settling is not None:
            if size == self._settled_size:
                return
            self._settling.cancel()
        self._settled_size = size
        self._settling = asyncio.get_running_loop().call_later(SETTLE_S, self._settled)

    def _settled(self) -> None:
        self._settling = None
        self._has_changed = True
        self._go_on()

    @property
    def _is_moved(self) -> bool:
        """Whether the terminal has a new size, and no signal told of it yet."""
        size, drawn_for = self.output.get_size(), self.inline.drawn_for
        return drawn_for is not None and size not in (drawn_for, self._settled_size)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Gather all that is drawn inside into one write."""
        if isinstance(self.output, HeldOutput):
            with self.output.hold():
                self.output.write_raw(SYNCHRONISED_BEGIN)
                yield
                self.output.write_raw(SYNCHRONISED_END)
        else:
            yield

    def print_above(self, lines: Sequence[str]) -> None:
        """Write finished lines, with their escape sequences, above the application."""
        self._has_changed = True
        self.show(lines)

    def show(self, lines: Sequence[str]) -> None:
        """Write finished lines above the application, where nothing in it but the tail has changed."""
        if self.is_running:
            self._waiting.extend(lines)
            self._go_on()
        else:
            self._write_lines(lines)
            self.output.flush()

    def forget_waiting(self) -> int:
        """Drop the lines that still wait to be printed, and return how many."""
        count = len(self._waiting)
        self._waiting.clear()
        return count

    def clear_screen(self) -> None:
        """Empty what is visible and draw at its top."""
        with self.held():
            self.inline.erase(leave_alternate_screen=False)
            self.output.erase_screen()
            self.output.cursor_goto(0, 0)
            self._draw_all()

    # Drawing, now or when the terminal has caught up.

    def _redraw(self, render_as_done: bool = False) -> None:
        if render_as_done:
            self._end()
        elif self._has_changed or self.inline.last_rendered_screen is None:
            self._has_changed = True
            self._go_on()

    def _go_on(self) -> None:
        """Print what waits, as much as the line takes soon, and draw the newest state under it."""
        self._is_due = True
        if self._is_moved:
            self._on_resize()
        if not self._is_held_up:
            if self._waiting:
                with self.held():
                    self.inline.erase(leave_alternate_screen=False)
                    self._write_lines(self._next_lines())
                    self._draw()
            else:
                self._draw()
        self._go_on_when_free()

    def _go_on_when_free(self) -> None:
        """See to it that the rest is done, and that those are called who wait for that."""
        if self._is_called_when_free or not (self._waiting or self._on_free or self._is_due):
            return
        loop, line = self.loop, self.line
        if loop is None or self._running_in_terminal or self._settling is not None:  # a drawing follows
            return
        self._is_called_when_free = True

        def freed() -> None:
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(self._freed)

        if line is None or not line.call_when_free(freed):
            loop.call_soon(self._freed)

    def _freed(self) -> None:
        self._is_called_when_free = False
        if self._waiting or self._is_due:
            self._go_on()
        if self.is_behind:
            self._go_on_when_free()
            return
        callbacks, self._on_free = self._on_free, []
        for callback in callbacks:
            callback()

    def _next_lines(self) -> list[str]:
        room = self.frame_chars
        lines: list[str] = []
        while self._waiting and (room > 0 or not lines):
            lines.append(self._waiting.popleft())
            room -= len(lines[-1])
        return lines

    def _write_lines(self, lines: Sequence[str]) -> None:
        self.output.write_raw("".join(f"{line}\r\n" for line in lines))

    def _draw(self) -> None:
        """Draw the application; where nothing but its tail has changed, only that."""
        size = self.output.get_size()
        if self._has_changed or self._drawn is None or self._drawn[1] != size or self.context is None:
            self._draw_all()
            return
        same: Any = SameBelow(self._drawn[0], self._tail)
        if same.preferred_height(size.columns, size.rows).preferred > size.rows:
            self._draw_all()
            return
        self.context.copy().run(self.inline.render, self, same)
        self._remember()

    def _draw_all(self) -> None:
        self._has_changed = False
        self._tail.drawn_rows = 0
        super()._redraw()
        self._remember()

    def _remember(self) -> None:
        self._is_due = False
        screen = self.inline.last_rendered_screen
        if screen is not None:
            self._drawn = screen, self.output.get_size()

    def _end(self) -> None:
        """Take the application from the screen, and see to it that all is written before the terminal is given back."""
        if self._waiting and not self._running_in_terminal:
            self.inline.erase(leave_alternate_screen=False)
            self._write_lines(self._waiting)
            self._waiting.clear()
        super()._redraw(render_as_done=True)
        self.inline.reset()
        if self.line is not None:
            self.line.finish()
