"""The one application of a session: a live tail, the input line and the status bar, below the terminal's own scrollback.

``print_above`` writes finished lines where the application stood and draws it again under them, in one write, so that
nothing flickers; what was written is never touched again. The terminal is never asked where its cursor is: the
application stands right below what was printed last, which is known without asking.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from prompt_toolkit.application import Application, application
from prompt_toolkit.data_structures import Size
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
from prompt_toolkit.output.color_depth import ColorDepth
from prompt_toolkit.output.vt100 import Vt100_Output
from prompt_toolkit.renderer import Renderer
from prompt_toolkit.utils import get_cwidth

from chatrepl.environment import Environment

SYNCHRONISED_BEGIN = "\x1b[?2026h"
SYNCHRONISED_END = "\x1b[?2026l"
"""Terminals that know these show everything between them at once; the others ignore them."""


class HeldOutput(Vt100_Output):
    """An output that can gather several drawings into one write."""

    _held = 0

    @classmethod
    def on(cls, environment: Environment) -> HeldOutput:
        """Build the output for a terminal that is not asked for its cursor."""

        def size() -> Size:
            columns, rows = environment.size()
            return Size(rows=rows, columns=columns)

        return cls(
            environment.stdout,
            size,
            term=environment.variables.get("TERM"),
            default_color_depth=None if environment.wants_colour else ColorDepth.DEPTH_1_BIT,
            enable_bell=True,
            enable_cpr=False,
        )

    def flush(self) -> None:
        """Write what was gathered, unless it is held back."""
        if not self._held:
            super().flush()

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Gather all that is drawn inside into one write."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self.flush()


class InlineRenderer(Renderer):
    """A renderer that gives rows back when the application needs fewer than before."""

    def render(self, app: Application[Any], layout: Any, is_done: bool = False) -> None:
        """Draw the application; where it shrank, from a clean start, so that no row is left behind."""
        last = self._last_screen
        if last is not None and not is_done:
            size = self.output.get_size()
            if self._last_size == size and self._wanted_rows(layout, size) < last.height:
                self.erase(leave_alternate_screen=False)
        super().render(app, layout, is_done)

    @staticmethod
    def _wanted_rows(layout: Any, size: Size) -> int:
        return min(int(layout.container.preferred_height(size.columns, size.rows).preferred), size.rows)

    def rows_above_cursor(self, columns: int, *, reflows: bool) -> int:
        """Return how far above the cursor the application begins, once the terminal is ``columns`` wide.

        A terminal that re-flows cuts every row that is now too long into several.
        """
        screen = self._last_screen
        if screen is None or not reflows:
            return self._cursor_pos.y
        rows = self._cursor_pos.x // columns
        for y in range(self._cursor_pos.y):
            rows += max(1, -(-_row_width(screen.data_buffer[y]) // columns))
        return rows

    def forget_size(self, rows_above: int, column: int) -> None:
        """Take over where the cursor stands after the terminal changed its size."""
        self._cursor_pos = self._cursor_pos._replace(x=column, y=rows_above)


def _row_width(row: Any) -> int:
    """Return the columns that a drawn row takes up, without the blanks at its end."""
    used = [x + max(1, get_cwidth(cell.char)) for x, cell in row.items() if cell.char.strip()]
    return max(used, default=0)


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
    """The application, with a renderer and a way to resize that suit a screen it does not own."""

    def __init__(self, *, reflows: bool, **options: Any) -> None:
        with _emacs_keys_only():
            super().__init__(**options)
        self._reflows = reflows
        self.inline = InlineRenderer(self._merged_style, self.output)
        self.renderer = self.inline

    def _on_resize(self) -> None:
        """Erase what was drawn at the old width and draw again; the scrollback is the terminal's."""
        columns = self.output.get_size().columns
        with self.held():
            above = self.inline.rows_above_cursor(columns, reflows=self._reflows)
            self.inline.forget_size(min(above, self.output.get_size().rows - 1), columns)
            self.inline.erase(leave_alternate_screen=False)
            self._redraw()

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
        if not self.is_running:
            self.output.write_raw("".join(f"{line}\r\n" for line in lines))
            self.output.flush()
            return
        with self.held():
            self.inline.erase(leave_alternate_screen=False)
            self.output.write_raw("".join(f"{line}\r\n" for line in lines))
            self._redraw()

    def clear_screen(self) -> None:
        """Empty what is visible and draw at its top."""
        with self.held():
            self.inline.erase(leave_alternate_screen=False)
            self.output.erase_screen()
            self.output.cursor_goto(0, 0)
            self._redraw()
