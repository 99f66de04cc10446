"""Single values of a transcript, checked: each one is what it must be, or a ``TranscriptError`` names its place. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, NoReturn, TypeVar

from chatrepl.errors import TranscriptError

SURROGATE = re.compile("[\ud800-\udfff]")
_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")

T = TypeVar("T")


def fail(place: str, problem: str, *value: Any) -> NoReturn:
    """Refuse a file because of one place in it, and show the value there if one is given."""
    shown = f", not {show(value[0])}" if value else ""
    raise TranscriptError(f"{place}: {problem}{shown}")


def show(value: Any) -> str:
    """Return a value as it may stand in an error: short, on one line, in ASCII."""
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return "a list"
    try:
        shown = json.dumps(value[:40] if isinstance(value, str) else value)
    except ValueError:  # more digits than Python writes
        return "a long number"
    return shown if len(shown) <= 60 else f"{shown[:60]}…"


def check_keys(place: str, item: Any, required: Sequence[str], optional: Sequence[str]) -> None:
    """Make sure that a place holds an object with these keys and no others."""
    if not isinstance(item, dict):
        fail(place, "must be an object", item)
    prefix = f"{place}, " if place else ""
    for key in required:
        if key not in item:
            fail(f"{prefix}{key}", "is missing")
    if len(item) > len(required):
        for key in item:
            if key not in required and key not in optional:
                fail(f"{prefix}{show(key)}", f"is not known; known are {', '.join((*required, *optional))}")


def optional(read: Callable[[str, Any], T], place: str, value: Any) -> T | None:
    """Read a value that may be null."""
    return None if value is None else read(place, value)


def check_text(place: str, value: Any) -> str:
    """Make sure that a value is text that can be stored and sent."""
    if not isinstance(value, str):
        fail(place, "must be text", value)
    if not value.isascii() and (found := SURROGATE.search(value)):
        fail(place, f"character {found.start() + 1} is half of a surrogate pair (\\u{ord(found[0]):04x})")
    return value


def check_identifier(place: str, value: Any) -> str:
    """Make sure that a value can be an id."""
    if not isinstance(value, str) or not _ID.fullmatch(value):
        fail(place, "must be 1 to 64 letters, digits, - or _", value)
    return value


def check_choice(place: str, value: Any, allowed: Sequence[str]) -> str:
    """Make sure that a value is one of some words."""
    if not isinstance(value, str) or value not in allowed:
        fail(place, f"must be one of {', '.join(allowed)}", value)
    return value


def check_time(place: str, value: Any) -> datetime:
    """Read a time in UTC."""
    expected = "must be a time such as 2026-08-01T12:00:00Z"
    if not isinstance(value, str):
        fail(place, expected, value)
    try:
        time = datetime.fromisoformat(value)
        if time.tzinfo is None:
            fail(place, f"{expected}, with its time zone", value)
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        fail(place, expected, value)


def time_text(time: datetime) -> str:
    """Return a time as files have it: ISO 8601, in UTC, with a Z; ``check_time`` reads it."""
    return time.astimezone(UTC).isoformat().replace("+00:00", "Z")


def check_amount(place: str, value: Any) -> Decimal:
    """Read an amount of money."""
    expected = 'must be an amount as text, such as "0.0012"'
    if not isinstance(value, str):
        fail(place, expected, value)
    try:
        amount = Decimal(value)
    except InvalidOperation:
        fail(place, expected, value)
    if not amount.is_finite() or (amount and abs(amount.adjusted()) > 30):
        fail(place, expected, value)
    return amount


def check_seconds(place: str, value: Any) -> float:
    """Read a number of seconds."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < 1e300:
        fail(place, "must be a number of seconds", value)
    return float(value)
