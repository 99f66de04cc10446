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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from prompt_toolkit.application import Application, application
from prompt_toolkit.data_structures import Size
from prompt_toolkit.enums import EditingMode
from prompt_toolkit.filters import buffer_has_focus
from prompt_toolkit.key_binding.bindings.basic import load_basic_bindings
from prompt_toolkit.key_binding.bindings.emacs import (
    load_emacs_bindings,
    load_emacs_search_bindings,
    load_emacs_shift_selection_bindings,
)
from prompt_toolkit.key_binding.key_bindings import (
    ConditionalKeyBindings,
    DynamicKeyBindings,
    KeyBindingsBase,
    merge_key_bindings,
)
from prompt_toolkit.layout.screen import Screen

from chatrepl.settings import KeyStyle
from chatrepl.ui.inline_renderer import InlineRenderer
from chatrepl.ui.line import TerminalLine
from chatrepl.ui.output import SYNCHRONISED_BEGIN, SYNCHRONISED_END, HeldOutput
from chatrepl.ui.tail import SameBelow, Tail

SETTLE_S = 0.05
"""Nothing is drawn until the terminal has kept its size for so long."""
LIMIT_FRAME_CHARS = 16_384
"""Also a line that seems quick gets no more at once: what it has cannot be taken back when the user stops the reply."""


@contextmanager
def _own_keys(keys: Callable[[], KeyBindingsBase]) -> Iterator[None]:
    """Build an application with these keys, and without those of vi and of the mouse: they take a fifth of its start."""
    module: Any = application
    before = module.load_key_bindings
    module.load_key_bindings = lambda: ConditionalKeyBindings(DynamicKeyBindings(keys), buffer_has_focus)
    try:
        yield
    finally:
        module.load_key_bindings = before


def _emacs_keys() -> KeyBindingsBase:
    return merge_key_bindings(
        [
            load_basic_bindings(),
            load_emacs_bindings(),
            load_emacs_search_bindings(),
            load_emacs_shift_selection_bindings(),
        ]
    )


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
        self._keys = _emacs_keys()
        self._has_vi_keys = False
        with _own_keys(lambda: self._keys):
            super().__init__(**options)
        self._tail = tail
        self._drawn: tuple[Screen, Size] | None = None
        self.inline = InlineRenderer(self._merged_style, self.output)
        self.inline.reflows = reflows
        self.renderer = self.inline

    def use_keys(self, style: KeyStyle) -> None:
        """Edit as in emacs, or as in vi; the keys of vi are loaded when they are first asked for."""
        wanted = EditingMode.VI if style == "vi" else EditingMode.EMACS
        if wanted is self.editing_mode:
            return
        if style == "vi" and not self._has_vi_keys:
            from prompt_toolkit.key_binding.bindings.vi import load_vi_bindings, load_vi_search_bindings

            self._keys = merge_key_bindings([self._keys, load_vi_bindings(), load_vi_search_bindings()])
            self._has_vi_keys = True
        self.editing_mode = wanted
        self.vi_state.reset()

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
