"""Runs turns beside the event loop and draws what they bring: at most twenty frames a second, the first one at once."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chatrepl.cancellation import Cancellation
    from chatrepl.commands.base import Ask
    from chatrepl.session import Session
    from chatrepl.turn import TurnEvent
    from chatrepl.ui.markdown import BlockRenderer
    from chatrepl.ui.prompt import View
    from chatrepl.ui.screen import ChatApplication
    from chatrepl.ui.status import StatusSource
    from chatrepl.ui.turn_view import TurnView

FRAME_S = 0.05
"""Shortest time between two drawings of a reply that arrives."""
SLOW_FRAME_SHARE = 3
"""A frame that took long is followed by a pause of this many times as long."""
TAIL_ROWS = 8
STOP_TIMEOUT_S = 2.0


class TurnRunner:
    """The turn that runs, or none.

    Args:
        renderer: Makes a renderer for the present width.
        on_end: Called when a turn is over and drawn, with the defect that ended it, if one did.
    """

    def __init__(
        self,
        session: Session,
        application: ChatApplication,
        view: View,
        status: StatusSource,
        renderer: Callable[[], BlockRenderer],
        on_end: Callable[[BaseException | None], None],
    ) -> None:
        self._session = session
        self._app = application
        self._view = view
        self._status = status
        self._renderer = renderer
        self._on_end = on_end
        self._turn: TurnView | None = None
        self._handle: asyncio.TimerHandle | None = None
        self._drawn_at = 0.0
        self._frame_s = FRAME_S
        self._is_woken = False

    @property
    def is_running(self) -> bool:
        """Whether a reply is on its way."""
        return self._turn is not None

    def start(self, ask: Ask) -> None:
        """Begin a turn; there must be none."""
        from chatrepl.ui.turn_view import TurnView
        from chatrepl.worker import TurnWorker

        loop = asyncio.get_running_loop()

        def wake() -> None:
            if not self._is_woken:
                self._is_woken = True
                with contextlib.suppress(RuntimeError):  # the loop has ended: the store has everything
                    loop.call_soon_threadsafe(self._woken)

        def run(cancellation: Cancellation) -> Iterator[TurnEvent]:
            return self._session.turn(ask.kind, ask.text, cancellation)

        worker = TurnWorker(run, wake)
        reasoning = self._session.settings.terminal.reasoning
        self._turn = TurnView(worker, self._renderer(), reasoning, self._session.clock.monotonic)
        self._view.has_gap = True
        self._status.begin_turn()
        worker.start()

    def cancel(self) -> None:
        """Stop the reply; what came of it is stored and drawn as soon as the worker has noticed."""
        if self._turn is not None:
            self._turn.worker.cancellation.cancel()

    def stop(self) -> None:
        """Stop the reply and wait until it is stored and drawn."""
        if self._turn is not None:
            self._turn.worker.stop(STOP_TIMEOUT_S)
            self._draw()

    def _woken(self) -> None:
        """Draw now, or as soon as the frame before is old enough."""
        wait_s = self._drawn_at + self._frame_s - time.monotonic()
        if wait_s <= 0:
            self._frame()
        elif self._handle is None:
            self._handle = asyncio.get_running_loop().call_later(wait_s, self._frame)

    def _frame(self) -> None:
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._is_woken = False
        began = time.monotonic()
        self._draw()
        self._drawn_at = time.monotonic()
        self._frame_s = max(FRAME_S, SLOW_FRAME_SHARE * (self._drawn_at - began))

    def _draw(self) -> None:
        turn = self._turn
        if turn is None:
            return
        lines = turn.take()
        self._status.turn_changed(turn)
        if turn.is_over:
            self._turn = None
            self._view.tail = []
            self._view.has_gap = False
            self._status.end_turn()
            self._app.print_above([*lines, ""])
            self._on_end(turn.worker.defect)
            return
        self._view.tail = turn.tail(max(1, min(TAIL_ROWS, self._app.output.get_size().rows // 3)))
        if lines:
            self._app.print_above(lines)
        else:
            self._app.invalidate()
