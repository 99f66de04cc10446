"""Requests that go to a server one after the other: one that answers a single request at a time, on this machine.

So each has the machine to itself, its time is its own, and nobody waits in a queue that cannot be seen.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import closing
from typing import TYPE_CHECKING

from chatrepl.exchange import Json, Request, StreamEvent, Waiting

if TYPE_CHECKING:
    from chatrepl.cancellation import Cancellation
    from chatrepl.context.window import Plan
    from chatrepl.errors import ApiError
    from chatrepl.messages import Usage
    from chatrepl.pacer import Pacer
    from chatrepl.ports import Clock, ModelClient


class Line:
    """Those who go one after the other, known by their numbers, in the order of these."""

    def __init__(self, numbers: Iterable[int]) -> None:
        self._changed = threading.Condition()
        self._left = sorted(numbers)

    def before(self, number: int) -> int:
        """Return how many are still before one."""
        return sum(each < number for each in self._left)

    def wait(self, number: int, cancellation: Cancellation) -> None:
        """Wait until it is one's turn, or the wait is cancelled."""

        def wake() -> None:
            with self._changed:
                self._changed.notify_all()

        cancellation.on_cancel(wake)
        with self._changed:
            self._changed.wait_for(lambda: cancellation.is_cancelled or not self.before(number))

    def leave(self, number: int) -> None:
        """Let the next one go on. May be called again."""
        with self._changed:
            if number in self._left:
                self._left.remove(number)
            self._changed.notify_all()


class InTurn:
    """Sends a request when it is its turn. Stands in the place of a ``Pacer``, and asks one where there are limits too.

    Args:
        number: Which of the line it is.
        pacer: Keeps to the limits of the provider. None: there are none.
    """

    def __init__(self, line: Line, number: int, clock: Clock, pacer: Pacer | None) -> None:
        self._line = line
        self._number = number
        self._clock = clock
        self._pacer = pacer
        self._waited_s = 0.0
        self._is_waiting = False

    @property
    def queued_s(self) -> float:
        """How long the request has waited for its turn."""
        return self._waited_s + (self._pacer.queued_s if self._pacer is not None else 0.0)

    @property
    def is_queued(self) -> bool:
        """Whether the request waits for its turn, or left before it came."""
        return self._is_waiting or (self._pacer is not None and self._pacer.is_queued)

    def refusal(self, plan: Plan, parameters: Mapping[str, Json]) -> ApiError | None:
        """Return why a request can never be sent. None: it can, now or later."""
        return self._pacer.refusal(plan, parameters) if self._pacer is not None else None

    def stream(
        self,
        client: ModelClient,
        request: Request,
        plan: Plan,
        usage: Callable[[], Usage | None],
        cancellation: Cancellation,
    ) -> Generator[StreamEvent]:
        """Wait for those before, and yield what the client yields; see ``Pacer.stream``."""
        before = self._line.before(self._number)
        if before:
            noun = "1 other request" if before == 1 else f"{before} other requests"
            yield Waiting(f"{noun} first: this server answers one at a time")
            since_s, self._is_waiting = self._clock.monotonic(), True
            self._line.wait(self._number, cancellation)
            self._waited_s += self._clock.monotonic() - since_s
            if cancellation.is_cancelled:
                return
            self._is_waiting = False
            yield Waiting("asking")
        if self._pacer is None:
            yield from client.stream(request, cancellation)
            return
        with closing(self._pacer.stream(client, request, plan, usage, cancellation)) as events:
            yield from events
