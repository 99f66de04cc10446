"""Sends requests no faster than the limits of a provider allow: waits in the queue, and settles what was really used.

A turn asks ``Pacer`` in the place of the client where there are limits; without any, this module is never loaded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING

from chatrepl.cancellation import Cancellation
from chatrepl.environment import new_id
from chatrepl.errors import ApiError, AuthError, RateLimitedError, TransportError
from chatrepl.exchange import Json, Request, Retrying, StreamEvent, Waiting
from chatrepl.pacing import Go, Limit, Pace, Place, Ticket, grouped, needed_tokens, never_fits, used

if TYPE_CHECKING:
    from chatrepl.context.window import Plan
    from chatrepl.messages import Usage
    from chatrepl.ports import Clock, ModelClient, Reservations

LOOK_EVERY_S = 1.0
"""A place in the queue is looked after so often at least."""
LEAST_WAIT_S = 0.05
_NEVER_SENT = frozenset({"url", "header", "proxy", "dns", "tls", "connect_timeout", "refused", "connect"})
"""Codes of transport errors that come before the server has seen anything of the request."""


class Pacer:
    """The limits of one provider, as a turn meets them.

    Args:
        pace: The limits.
        reservations: What all processes have sent.
        clock: For ids and for the time between two tries; the limits go by the clock of ``reservations``.
        wait: Waits so many seconds at most, and returns whether it was cancelled.
    """

    def __init__(
        self,
        pace: Pace,
        reservations: Reservations,
        clock: Clock,
        wait: Callable[[Cancellation, float], bool] = Cancellation.wait,
    ) -> None:
        self._pace = pace
        self._reservations = reservations
        self._clock = clock
        self._wait = wait
        self.queued_s = 0.0
        """How long requests have waited for their turn."""
        self.is_queued = False
        """Whether a request waits for its turn, or left before it came."""

    @property
    def pace(self) -> Pace:
        """The limits."""
        return self._pace

    @property
    def is_shared(self) -> bool:
        """Whether the limits hold for all running processes together. False: for this one alone."""
        return self._reservations.is_shared

    def used(self) -> tuple[tuple[Limit, int], ...]:
        """Return every limit, and how much of it is taken now."""
        now_us, sent = self._reservations.sent(self._pace)
        return tuple((limit, used(sent, limit, now_us)) for limit in self._pace.limits)

    def refusal(self, plan: Plan, parameters: Mapping[str, Json]) -> ApiError | None:
        """Return why a request can never be sent. None: it can, now or later."""
        tokens = self._tokens(plan, parameters)
        limit = never_fits(self._pace.limits, tokens)
        if limit is None:
            return None
        about = "about " if plan.prompt.quality == "estimated" else ""
        asked = parameters.get("max_tokens")
        reply = f", {grouped(asked)} of them for the reply (max_tokens)" if isinstance(asked, int) else ""
        place = f"[tiers.{self._pace.tier}] or " if self._pace.tier else ""
        return RateLimitedError(
            f"the request needs {about}{grouped(tokens)} tokens{reply}, and the limit at {self._pace.name} is {limit}: "
            "it can never be sent",
            hint=f"send less (/new begins another chat), or raise {limit.setting} under "
            f"{place}[providers.{self._pace.name}]",
            code="own_limit",
        )

    def stream(
        self,
        client: ModelClient,
        request: Request,
        plan: Plan,
        usage: Callable[[], Usage | None],
        cancellation: Cancellation,
    ) -> Generator[StreamEvent]:
        """Wait until the request may be sent, and yield what the client yields; ends early where it was cancelled.

        ``usage`` tells at the end what was used, as far as it is known by then; None: nothing was received.

        Raises:
            ApiError: what the client raises.
        """
        ticket = Ticket(new_id(self._clock.now()), self._pace, self._tokens(plan, request.parameters))
        waited: list[Waiting] = []
        sent_at_us = yield from self._queue(ticket, waited, cancellation)
        if sent_at_us is None:
            return
        way = _Way(self._clock)
        try:
            if waited:
                yield Waiting(f"asking {self._pace.name}")
            if not cancellation.is_cancelled:
                way.is_sent = True
                for event in client.stream(request, cancellation):
                    way.take(event)
                    if isinstance(event, Retrying):
                        self._reservations.again(ticket, int(event.seconds * 1e6))
                    yield event
        except ApiError as error:
            way.failure = error
            raise
        finally:
            requests, tokens = way.taken(usage(), plan.prompt.tokens)
            self._reservations.settle(ticket, sent_at_us, requests, tokens)

    def _tokens(self, plan: Plan, parameters: Mapping[str, Json]) -> int:
        asked = parameters.get("max_tokens")
        longest = asked if isinstance(asked, int) else None
        return needed_tokens(self._pace.limits, plan.prompt.tokens, plan.reserve_tokens, longest)

    def _queue(
        self, ticket: Ticket, waited: list[Waiting], cancellation: Cancellation
    ) -> Generator[Waiting, None, int | None]:
        """Wait for one's turn; returns when the request counts as sent. None: cancelled, and out of the queue."""
        sent_at_us: int | None = None
        since_s = self._clock.monotonic()
        self.is_queued = True
        try:
            while not cancellation.is_cancelled:
                answer = self._reservations.ask(ticket)
                if isinstance(answer, Go):
                    sent_at_us = answer.at_us
                    self.is_queued = False
                    break
                waiting = self._waiting(answer)
                if waiting not in waited[-1:]:
                    waited.append(waiting)
                    yield waiting
                self._wait(cancellation, min(max(answer.wait_us / 1e6, LEAST_WAIT_S), LOOK_EVERY_S))
        finally:
            self.queued_s += self._clock.monotonic() - since_s
            if sent_at_us is None:
                self._reservations.withdraw(ticket)
        return sent_at_us

    def _waiting(self, place: Place) -> Waiting:
        reason = f"rate limit: place {place.number}, {place.limit} at {self._pace.name}"
        return Waiting(reason, float(max(1, math.ceil(place.wait_us / 1e6))))


class _Way:
    """How far a request has come."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._again_at_s: float | None = None
        """When it is sent again. None: nothing speaks of that."""
        self._has_answer = False
        self.is_sent = False
        self.failure: ApiError | None = None

    def take(self, event: StreamEvent) -> None:
        """Note what comes back."""
        is_again = isinstance(event, Retrying)
        self._again_at_s = self._clock.monotonic() + event.seconds if isinstance(event, Retrying) else None
        self._has_answer = self._has_answer or not (is_again or isinstance(event, Waiting))

    def taken(self, usage: Usage | None, prompt_tokens: int) -> tuple[int, int]:
        """Return the requests and tokens that the provider will have counted, former tries left aside.

        What never reached it counts for nothing, and of what it refused only the request. Where it is not known what
        became of a request, its own tokens count.
        """
        if usage is not None:
            return 1, max(usage.total_tokens, usage.prompt_tokens + usage.completion_tokens)
        failure = self.failure
        if not self.is_sent or (failure is None and self._is_before_next_try):
            return 0, 0
        if isinstance(failure, TransportError) and failure.code in _NEVER_SENT and not self._has_answer:
            return 0, 0
        if isinstance(failure, AuthError) and failure.status is None:
            return 0, 0
        if failure is not None and failure.status is not None and 400 <= failure.status < 500:
            return 1, 0
        return 1, prompt_tokens

    @property
    def _is_before_next_try(self) -> bool:
        return self._again_at_s is not None and self._clock.monotonic() < self._again_at_s
