"""Runs turns in a thread and hands their events to the event loop, without ever waiting for the screen."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterator

from chatrepl.cancellation import Cancellation
from chatrepl.turn import TurnEvent

HEARING_S = 0.1
"""A signal that comes just before a wait is heard at its end."""
STOP_TIMEOUT_S = 5.0
NAP_EVERY = 32
NAP_S = 0.0005
"""A reply that comes faster than it is drawn leaves the interpreter to the keys for a moment, every so many events."""


class TurnWorker:
    """One turn in a thread of its own.

    Args:
        run: Starts the turn; called in the thread.
        wake: Called from the thread when there is something to take; must be quick and safe to call from there.
    """

    def __init__(
        self, run: Callable[[Cancellation], Iterator[TurnEvent]], wake: Callable[[], None] = lambda: None
    ) -> None:
        self.cancellation = Cancellation()
        self._run = run
        self._wake = wake
        self._events: deque[TurnEvent] = deque()
        self._has_news = threading.Event()
        self._defect: BaseException | None = None
        self._is_done = threading.Event()
        self._thread = threading.Thread(target=self._work, name="chatrepl-turn", daemon=True)

    def start(self) -> None:
        """Begin the turn."""
        self._thread.start()

    def _work(self) -> None:
        try:
            for count, event in enumerate(self._run(self.cancellation)):
                self._events.append(event)
                self._tell()
                if not count % NAP_EVERY and len(self._events) > NAP_EVERY:
                    time.sleep(NAP_S)
        except BaseException as defect:  # noqa: BLE001 - handed to the thread that draws, which reports it
            self._defect = defect
        finally:
            self._is_done.set()
            self._tell()

    def take(self) -> list[TurnEvent]:
        """Return what has come since the last call."""
        events: list[TurnEvent] = []
        while self._events:
            events.append(self._events.popleft())
        return events

    def events(self) -> Generator[TurnEvent, None, None]:
        """Run the turn and yield its events as they come, for a front end without a loop of its own.

        The thread that waits here is never inside the network, so that a signal is always heard. Where it is raised
        here, or the generator is closed, the turn is cancelled and what had come is stored.

        Raises:
            BaseException: whatever ended the turn that should not have.
        """
        self.start()
        try:
            while not self.is_done:
                self._has_news.wait(HEARING_S)
                self._has_news.clear()
                yield from self.take()
        finally:
            self.stop(STOP_TIMEOUT_S)
        if self._defect is not None:
            raise self._defect

    def _tell(self) -> None:
        self._has_news.set()
        self._wake()

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come; something may be left to take."""
        return self._is_done.is_set()

    @property
    def is_done(self) -> bool:
        """Whether the turn is over and everything was taken."""
        return self._is_done.is_set() and not self._events

    @property
    def defect(self) -> BaseException | None:
        """What ended the turn that should not have. None: nothing did."""
        return self._defect

    def stop(self, timeout_s: float) -> None:
        """Cancel the turn and wait until what came of it is stored."""
        self.cancellation.cancel()
        self._thread.join(timeout_s)
