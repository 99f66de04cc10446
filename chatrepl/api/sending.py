"""Sends a request again where that may help, and in the shape that the server takes. Pure but for what is handed in.

A request is sent again only while nothing of the answer was shown: what was shown is never asked for twice.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Generator, Iterator, Mapping
from typing import TYPE_CHECKING

from chatrepl.api import healing, retry
from chatrepl.errors import ApiError, RateLimitedError, ServerError, TransportError
from chatrepl.exchange import Finished, ReasoningDelta, RefusalDelta, Retrying, StreamEvent, TextDelta
from chatrepl.joint import Joint

if TYPE_CHECKING:
    from chatrepl.cancellation import Cancellation
    from chatrepl.exchange import Json
    from chatrepl.memory_ports import Memory
    from chatrepl.settings import NetworkSettings

FORGOTTEN_AFTER_S = 30 * 86_400.0
"""A server that refused a field so long ago is asked again."""


def with_retries(
    attempt: Callable[[], Generator[StreamEvent]],
    *,
    network: NetworkSettings,
    random: Callable[[], float],
    is_stale: Callable[[], bool],
    cancellation: Cancellation,
) -> Generator[StreamEvent]:
    """Run attempts until one gets through, and yield what they bring.

    Args:
        attempt: Begins the next try; it raises only ``ApiError``.
        network: How often, and how long a server may ask to wait.
        random: A number from 0 to 1.
        is_stale: Whether the try that failed used a connection that was open before: a server closes those when it
            likes, so the next try comes at once and does not count.
        cancellation: Ends a wait at once.

    Raises:
        ApiError: the last failure.
    """
    tries, was_stale = 0, False
    while True:
        has_words = False
        try:
            with contextlib.closing(attempt()) as events:
                for event in events:
                    has_words = has_words or isinstance(event, (TextDelta, ReasoningDelta, RefusalDelta))
                    yield event
            return
        except ApiError as error:
            failure = error
        if cancellation.is_cancelled:
            return
        if has_words:
            raise failure
        if not was_stale and is_stale() and isinstance(failure, TransportError) and failure.code == "broken":
            was_stale = True
            continue
        wait_s = (
            retry.delay_s(tries, failure, random, network.max_retry_wait_s)
            if retry.is_retryable(failure)
            else None
        )
        if wait_s is None or tries >= network.max_retries:
            raise _last(failure, tries, is_too_long=wait_s is None)
        tries += 1
        yield Retrying(failure.message, wait_s, tries, network.max_retries)
        if cancellation.wait(wait_s):
            return


def joined(events: Iterator[StreamEvent], before: str) -> Iterator[StreamEvent]:
    """Leave out of the rest of a reply what repeats its beginning.

    Raises:
        ApiError: what the events raise, after what was held back.
    """
    joint = Joint(before)
    try:
        for event in events:
            if isinstance(event, TextDelta):
                new = joint.feed(event.text)
                if new:
                    yield TextDelta(new)
                continue
            if isinstance(event, Finished):
                yield from _rest(joint)
            yield event
    except ApiError:
        yield from _rest(joint)
        raise
    yield from _rest(joint)


def _rest(joint: Joint) -> Iterator[StreamEvent]:
    text = joint.finish()
    if text:
        yield TextDelta(text)


def _last(failure: ApiError, tries: int, *, is_too_long: bool) -> ApiError:
    """Say how often it was tried, and how long the server asks to wait."""
    if tries:
        failure.message += f" (tried {tries + 1} times)"
    if is_too_long and isinstance(failure, (RateLimitedError, ServerError)) and failure.retry_after_s:
        wait_s = failure.retry_after_s
        shown = f"{wait_s:.0f} s" if wait_s < 120 else f"{wait_s / 60:.0f} minutes"
        failure.hint = f"the server asks to wait {shown}; then /retry"
    return failure


class Healer:
    """Knows which fields a server has refused, for each of its models, and keeps that for the next run.

    Args:
        memory: Where it is kept. None: for this process only.
        base_url: The server's.
        provider: The server's name in what is said.
    """

    def __init__(self, memory: Memory | None, base_url: str, provider: str) -> None:
        self._memory = memory
        self._base_url = base_url
        self._provider = provider
        self._known: dict[str, tuple[healing.Change, ...]] = {}
        self._told: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def changes(self, model: str) -> tuple[healing.Change, ...]:
        """Return what is known of a model."""
        with self._lock:
            if model not in self._known:
                kept = self._memory.get(self._key(model)) if self._memory is not None else None
                is_fresh = kept is not None and kept.age_s < FORGOTTEN_AFTER_S
                self._known[model] = healing.from_json(kept.value) if kept is not None and is_fresh else ()
            return self._known[model]

    def learn(self, model: str, change: healing.Change) -> None:
        """Remember a change that has helped."""
        changes = (*(known for known in self.changes(model) if known.field != change.field), change)
        with self._lock:
            self._known[model] = changes
        if self._memory is not None:
            self._memory.put(self._key(model), healing.to_json(changes))

    def news(
        self, model: str, body: Mapping[str, Json], changes: tuple[healing.Change, ...]
    ) -> Iterator[str]:
        """Yield a sentence for every change to a body that was not told of in this run."""
        for change in changes:
            if healing.touches(change, body):
                yield from self.once(model, healing.describe(change, self._provider, model))

    def once(self, model: str, sentence: str) -> Iterator[str]:
        """Yield a sentence where it was not said in this run."""
        with self._lock:
            is_new = (model, sentence) not in self._told
            self._told.add((model, sentence))
        if is_new:
            yield sentence

    def _key(self, model: str) -> str:
        return f"fields {self._base_url} {model}"
