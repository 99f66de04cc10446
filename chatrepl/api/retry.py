"""Whether and when to try again: policy from values alone, with the numbers of OpenAI's own SDK. Pure.

Source: openai-python 3.54 ``_base_client.py`` and ``_constants.py``; no retry once text was shown is our own rule.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from chatrepl.errors import ApiError, QuotaError, RateLimitedError, ServerError, TransportError

MAX_RETRIES = 2
MAX_RETRY_AFTER_S = 120.0
"""A server that asks for a longer wait is not asked again."""
_FIRST_DELAY_S, _MAX_DELAY_S = 0.5, 8.0
_LASTING_TROUBLE = frozenset({"url", "tls", "header", "idle_timeout"})
"""Codes of transport errors that the next try would meet again."""

_UNITS_S = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|us|µs|ns|h|m|s)")
_TRY_AGAIN_IN = re.compile(r"(?i)(?:try again|retry) (?:in|after) ((?:\d+(?:\.\d+)?(?:ms|h|m|s))+)")


def is_retryable(error: ApiError) -> bool:
    """Whether the same request may succeed when it is sent again.

    What the server says in ``x-should-retry`` overrules the status, but for a quota that is used up.
    """
    if isinstance(error, QuotaError):
        return False
    if error.should_retry is not None:
        return error.should_retry
    if isinstance(error, TransportError):
        return error.code not in _LASTING_TROUBLE
    return isinstance(error, (RateLimitedError, ServerError))


def delay_s(
    attempt: int, error: ApiError, random: Callable[[], float], max_wait_s: float = MAX_RETRY_AFTER_S
) -> float | None:
    """Return how long to wait before the next try. None: the server asks for more patience than we have.

    ``attempt`` is 0 before the first retry; ``random`` gives a number from 0 to 1, to keep many clients from coming
    back at once; ``max_wait_s`` is the longest wait that a server may ask for.
    """
    asked = error.retry_after_s if isinstance(error, (RateLimitedError, ServerError)) else None
    if asked is not None and asked > 0:
        return asked if asked <= max_wait_s else None
    return min(_FIRST_DELAY_S * 2.0 ** min(attempt, 10), _MAX_DELAY_S) * (0.75 + 0.25 * random())


def should_retry(headers: Mapping[str, str]) -> bool | None:
    """Read ``x-should-retry``. None where the server did not send it. Header names are in small letters."""
    return {"true": True, "false": False}.get(headers.get("x-should-retry", "").strip().lower())


def retry_after_s(headers: Mapping[str, str], message: str = "", now: datetime | None = None) -> float | None:
    """Return the wait that a server asks for, from 0 up. None where it does not say.

    Args:
        headers: With names in small letters.
        message: The error's text, where Groq writes the wait.
        now: The time a date is compared with where the answer carries no ``Date``.
    """
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "").strip()
    seconds = _number(value)
    if seconds is not None:
        return seconds
    until = http_date(value)
    since = http_date(headers.get("date", "")) or now
    if until is not None and since is not None:
        return max(0.0, (until - since).total_seconds())
    found = _TRY_AGAIN_IN.search(message)
    return parse_duration_s(found[1]) if found else None


def parse_duration_s(text: str) -> float | None:
    """Read a duration such as ``6m0s``, ``20ms`` or ``1.5``, which means seconds. None where it is none."""
    text = text.strip()
    seconds = _number(text)
    if seconds is not None:
        return seconds
    parts = _DURATION_PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _UNITS_S[unit] for number, unit in parts)


def http_date(text: str) -> datetime | None:
    """Read a date as HTTP writes it. None where it is none."""
    from email.utils import parsedate_to_datetime

    try:
        date = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _number(text: str | None) -> float | None:
    return float(text) if text and re.fullmatch(r"\s*\d{1,12}(\.\d*)?\s*", text, re.ASCII) else None
