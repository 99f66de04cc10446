"""Runs turns beside the event loop and draws what they bring: at most twenty frames a second, the first letter at once.

What has come is worked on in steps; between two of them the loop looks after the keys. Nothing is worked on while the
terminal is behind: what is not yet drawn can still be left out when the user stops the reply.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from chatrepl.cancellation import Cancellation
    from chatrepl.commands.base import Ask, Compare
    from chatrepl.session import Session
    from chatrepl.turn import Failed, Kind, TurnEvent
    from chatrepl.ui.compare_view import CompareView
    from chatrepl.ui.markdown import BlockRenderer
    from chatrepl.ui.prompt import View
    from chatrepl.ui.screen import ChatApplication
    from chatrepl.ui.status import StatusSource
    from chatrepl.ui.turn_view import TurnView

SLOW_FRAME_SHARE = 3
"""After a frame that took long, the next one is drawn this many times as long after it."""
TICK_S = 0.2
"""How often a countdown is looked at."""
STEP_S = 0.005
"""How long the keys wait at most while there is much to work on; the drawing of a frame comes on top."""
TAIL_ROWS = 8
STOP_TIMEOUT_S = 2.0
CUT_CHARS = 4096
"""As much of what has come is still shown after the user stopped the reply."""


class TurnRunner:
    """The turn that runs, or none.

    Args:
        renderer: Makes a renderer for the present width.
        on_end: Called when a turn is over and drawn, with what it asked for, the defect that ended it, if one did, and
            how it failed.
        on_compared: Called when a comparison is over and drawn.
    """

    def __init__(
        self,
        session: Session,
        application: ChatApplication,
        view: View,
        status: StatusSource,
        renderer: Callable[[], BlockRenderer],
        on_end: Callable[[Kind, BaseException | None, Failed | None], None],
        on_compared: Callable[[Compare, CompareView], None],
    ) -> None:
        self._session = session
        self._app = application
        self._view = view
        self._status = status
        self._renderer = renderer
        self._on_end = on_end
        self._on_compared = on_compared
        self._turn: TurnView | CompareView | None = None
        self._kind: Kind
        self._compare: Compare | None = None
        """What is compared. None: it is a single turn."""
        self._lines: list[str] = []
        """What is finished and not yet printed."""
        self._size = (0, 0)
        self._bar: list[tuple[str, str]] = []
        self._handle: asyncio.Handle | None = None
        self._drawn_at = 0.0
        self._frame_s = 0.0
        self._tick: asyncio.Handle | None = None
        self._is_woken = False
        self._is_held_up = False

    on_begin: Callable[[], None] = staticmethod(lambda: None)
    """Called when something begins to arrive."""

    @property
    def is_running(self) -> bool:
        """Whether a reply is on its way."""
        return self._turn is not None

    def start(self, ask: Ask) -> None:
        """Begin a turn; there must be none."""
        from chatrepl.turn import Kind
        from chatrepl.ui.turn_view import TurnView
        from chatrepl.worker import TurnWorker

        self._kind, self._compare = ask.kind, None

        def run(cancellation: Cancellation) -> Iterator[TurnEvent]:
            return self._session.turn(
                ask.kind,
                ask.text,
                cancellation,
                has_consent=ask.has_consent,
                attachments=ask.attachments,
            )

        worker = TurnWorker(run, self._waker())
        reasoning = self._session.settings.terminal.reasoning
        unfinished = self._session.reply(None) if ask.kind is Kind.CONTINUE else None
        before = unfinished.text if unfinished is not None else ""
        monotonic = self._session.clock.monotonic
        self._begin(TurnView(worker, self._renderer(), reasoning, monotonic, before))

    def start_comparison(self, compare: Compare) -> None:
        """Begin a comparison; nothing else may be running."""
        from chatrepl.ui.compare_view import CompareView

        session = self._session
        self._compare = compare
        comparison = session.compare(
            compare.candidates,
            compare.text,
            self._waker(),
            has_consent=compare.has_consent,
            attachments=compare.attachments,
        )
        reasoning = session.settings.terminal.reasoning
        self._begin(CompareView(comparison, self._renderer, reasoning, session.clock.monotonic))

    def _waker(self) -> Callable[[], None]:
        """Return what tells the loop that something has come, from any thread."""
        loop = asyncio.get_running_loop()

        def wake() -> None:
            if not self._is_woken:
                self._is_woken = True
                with contextlib.suppress(RuntimeError):  # the loop has ended: the store has everything
                    loop.call_soon_threadsafe(self._woken)

        return wake

    def _begin(self, turn: TurnView | CompareView) -> None:
        self._turn = turn
        self._size = self._present_size()
        self._view.has_gap = True
        self._status.begin_turn()
        self.on_begin()
        self._app.park_cursor(True)
        turn.worker.start()

    def stop_one(self, number: int) -> bool:
        """Stop one candidate of a comparison, by its number from 1. False: there is none that could be stopped."""
        compare = self._compare
        if self._turn is None or compare is None or not 1 <= number <= len(compare.candidates):
            return False
        comparison = self._session.compared
        if comparison is not None:
            comparison.stop_one(number - 1)
        return comparison is not None

    def cancel(self) -> None:
        """Stop the reply, also on the screen; what came of it is stored as soon as the worker has noticed."""
        if self._turn is not None:
            self._turn.cut(self._cut_chars)
            self._turn.worker.cancellation.cancel()
            self._is_woken = True
            self._schedule(0)

    @property
    def _cut_chars(self) -> int:
        return min(CUT_CHARS, self._app.frame_chars // 2)

    def stop(self) -> None:
        """Stop the reply and wait until it is stored; what is left of it to be shown is handed over at once."""
        turn = self._turn
        if turn is not None:
            turn.cut(self._cut_chars)
            turn.worker.stop(STOP_TIMEOUT_S)
            self._lines += turn.take(sys.maxsize, lambda: False)
            self._draw(turn)

    def abandon(self) -> None:
        """Stop the reply and wait until it is stored, where there is no screen any more."""
        if self._turn is not None:
            self._turn.worker.stop(STOP_TIMEOUT_S)

    def _woken(self) -> None:
        """Work on what has come now, or as soon as the frame before is old enough."""
        turn = self._turn
        if turn is None:
            self._is_woken = False
        elif self._handle is None and not self._is_held_up:
            is_urgent = turn.is_cut or not turn.has_begun
            self._schedule(0 if is_urgent else self._drawn_at + self._frame_s - time.monotonic())

    def _schedule(self, wait_s: float) -> None:
        if self._is_held_up:
            return
        if self._handle is not None:
            self._handle.cancel()
        # as a timer also where it is due now: keys that have come go first
        self._handle = asyncio.get_running_loop().call_later(max(0.0, wait_s), self._step)

    def _freed(self) -> None:
        self._is_held_up = False
        self._step()

    def _step(self) -> None:
        """Work on some of what has come, and draw it if it is time; the rest is for the next step."""
        self._handle = None
        turn = self._turn
        if turn is None:
            return
        if self._app.is_behind:
            self._is_held_up = True
            self._app.call_when_free(self._freed)
            return
        self._is_woken = False
        self._follow_size(turn)
        began = time.monotonic()
        room_chars = self._app.frame_chars - sum(map(len, self._lines))
        self._lines += turn.take(room_chars, lambda: time.monotonic() - began > STEP_S)
        if not turn.has_more or self._is_time_to_draw():
            self._draw(turn)
            self._drawn_at = time.monotonic()
            self._frame_s = max(turn.frame_s, SLOW_FRAME_SHARE * (self._drawn_at - began))
        if turn.has_more:
            self._schedule(0)
        elif turn.is_counting_down and self._tick is None:
            self._tick = asyncio.get_running_loop().call_later(TICK_S, self._ticked)

    def _ticked(self) -> None:
        self._tick = None
        if self._turn is not None and self._handle is None:
            self._schedule(0)

    def _is_time_to_draw(self) -> bool:
        return (
            time.monotonic() - self._drawn_at >= self._frame_s
            or sum(map(len, self._lines)) >= self._app.frame_chars
        )

    def _present_size(self) -> tuple[int, int]:
        size = self._app.output.get_size()
        return size.columns, size.rows

    def _follow_size(self, turn: TurnView | CompareView) -> None:
        size = self._present_size()
        if size != self._size:
            self._size = size
            turn.resize(*size)

    def _draw(self, turn: TurnView | CompareView) -> None:
        lines, self._lines = self._lines, []
        self._status.turn_changed(turn)
        if turn.is_over:
            self._end(turn, lines)
            return
        columns, rows = self._size
        is_hurried = turn.has_more and self._app.is_slow  # the line is for what stays
        tail = [] if is_hurried else turn.tail(max(1, min(TAIL_ROWS, rows // 3)))
        bar = self._view.bar(columns)
        has_new_bar, has_new_tail = bar != self._bar, tail != self._view.tail
        self._bar, self._view.tail = bar, tail
        if has_new_bar:
            self._app.print_above(lines)
        elif lines or has_new_tail:
            self._app.show(lines)

    def _end(self, turn: TurnView | CompareView, lines: list[str]) -> None:
        self._turn = None
        self._view.tail = []
        self._view.has_gap = False
        self._status.end_turn()
        self._app.park_cursor(False)
        self._app.print_above([*lines, ""])
        if self._compare is not None:
            self._on_compared(self._compare, cast("CompareView", turn))
        else:
            self._on_end(self._kind, turn.worker.defect, turn.failure)
