"""Reads what a server says of its limits in the head of an answer. Nothing that a server can send makes it fail.

Source: OpenAI's rate-limit guide and Groq's; OpenRouter's ``limits.mdx`` (August 2026); Azure as its users report it.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from chatrepl.api.retry import parse_duration_s
from chatrepl.exchange import Allowance, RateLimits

if TYPE_CHECKING:
    from chatrepl.ports import Clock

_LEAST_EPOCH_S = 1e8
"""A number of seconds from here on is a time of day, not a wait: no wait is three years."""
_LEAST_EPOCH_MS = 1e11
_LONGEST_S = 400 * 86_400.0
"""A longer wait than this is a mistake."""

_LONGEST_ID = 200


class LastLimits:
    """What the last answer for each model said. May be used from several threads."""

    def __init__(self, clock: Clock, requests_per: Literal["minute", "day"] | None = None) -> None:
        self._clock = clock
        self._requests_per = requests_per
        self._lock = threading.Lock()
        self._found: dict[str, RateLimits | None] = {}

    def note(self, model: str, headers: Mapping[str, str]) -> None:
        """Take the head of an answer, also of a refusal."""
        clock = self._clock
        found = rate_limits(
            headers, seen_s=clock.monotonic(), now=clock.now(), requests_per=self._requests_per
        )
        with self._lock:
            self._found[model] = found

    def of(self, model: str) -> RateLimits | None:
        """Return what was said for a model. None: nothing."""
        with self._lock:
            return self._found.get(model)


def rate_limits(
    headers: Mapping[str, str],
    *,
    seen_s: float,
    now: datetime,
    requests_per: Literal["minute", "day"] | None = None,
) -> RateLimits | None:
    """Return what an answer says of limits, and its id. None: it says neither.

    Args:
        headers: The case of their names does not matter.
        seen_s: When the answer came, by a monotonic clock.
        now: The time of day, for servers that name the time instead of the wait.
        requests_per: The time that the provider counts requests in. None: not known.
    """
    headers = {name.lower(): value.strip() for name, value in headers.items()}
    requests = _allowance(headers, "-requests", now, requests_per)
    if requests is None:  # OpenRouter, on its own refusals
        requests = _allowance(headers, "", now, None)
    tokens = _allowance(headers, "-tokens", now, None)
    found = RateLimits(requests, tokens, seen_s, request_id(headers))
    return None if found[:2] == (None, None) and found.request_id is None else found


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return what the provider's support asks for. None where there is none. The names are in small letters."""
    names = ("x-request-id", "request-id", "x-generation-id")
    return next((headers[name][:_LONGEST_ID] for name in names if headers.get(name)), None)


def _allowance(
    headers: Mapping[str, str], ending: str, now: datetime, per: Literal["minute", "day"] | None
) -> Allowance | None:
    limit, remaining = (_count(headers.get(f"x-ratelimit-{what}{ending}")) for what in ("limit", "remaining"))
    if limit is not None and limit <= 0:  # Azure's way to say that it does not know
        limit = remaining = None
    if remaining is not None and remaining < 0:
        remaining = None
    if limit is None and remaining is None:
        return None
    return Allowance(limit, remaining, _wait_s(headers.get(f"x-ratelimit-reset{ending}", ""), now), per)


def _count(text: str | None) -> int | None:
    """Read a whole number. Some servers write ``20.0``."""
    return (
        int(text.partition(".")[0]) if text and re.fullmatch(r"-?\d{1,15}(\.0*)?", text, re.ASCII) else None
    )


def _wait_s(text: str, now: datetime) -> float | None:
    """Read a duration such as ``6m0s`` or ``12``, or a time as seconds or milliseconds since 1970."""
    if re.fullmatch(r"\d{9,15}(\.\d*)?", text, re.ASCII):
        number = float(text)
        if number >= _LEAST_EPOCH_S:
            number /= 1000 if number >= _LEAST_EPOCH_MS else 1
            wait_s = max(0.0, number - now.timestamp())
            return wait_s if wait_s <= _LONGEST_S else None
    seconds = parse_duration_s(text)
    return seconds if seconds is not None and seconds <= _LONGEST_S else None
