"""Single values of other programs' files, taken as they may come: of the wrong type, absurd, or not there. Pure."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from chatrepl.conversation import first_words

TITLE_CHARS = 200
AHEAD = timedelta(days=2)
"""How far the clock that wrote a file may be ahead of this machine's."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
"""No chat is older: a number of milliseconds that says so is one of seconds, in the future."""
_MOST_S = 2 * 10**11
"""Beyond what a time can hold soon."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_HEX = "0123456789abcdef"
_ESCAPE = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[0-~])")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")


def as_text(value: Any) -> str:
    """Return a text, empty where the value is something else."""
    return value if isinstance(value, str) else ""


def as_list(value: Any) -> list[Any]:
    """Return a list, empty where the value is something else."""
    return value if isinstance(value, list) else []


def as_object(value: Any) -> dict[str, Any]:
    """Return an object, empty where the value is something else."""
    return value if isinstance(value, dict) else {}


def clean(text: str) -> str:
    """Return a text without NUL, and with U+FFFD for each half of a surrogate pair: what can be stored and sent."""
    if "\0" in text:
        text = text.replace("\0", "")
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def clean_title(value: Any) -> str:
    """Return a title as one line without control characters, of 200 characters at most."""
    text = as_text(value)[: TITLE_CHARS * 20]
    line = " ".join(_ESCAPE.sub("", clean(text)).split())
    return first_words(_CONTROL.sub("", line), TITLE_CHARS)


def digest(*values: str) -> str:
    """Return 32 hexadecimal digits that stand for these texts, in this order. Only the last may hold NUL."""
    return sha256("\0".join(values).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def to_id(value: str, *kind: str) -> str:
    """Return an id of ours for one of theirs: the digits of a UUID, or else a digest of it and what it belongs to."""
    digits = value.replace("-", "").lower()
    return digits if len(digits) == 32 and not digits.strip(_HEX) else digest(*kind, value)


def read_time(value: Any, now: datetime) -> tuple[datetime | None, bool]:
    """Return a time in UTC, or None; and whether something is there that cannot be one.

    Numbers are seconds since 1970, or milli-, micro- or nanoseconds where seconds would be in the future. A text
    without a time zone is taken as UTC.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        for unit in (1, 10**3, 10**6, 10**9):
            if 0 < value < _MOST_S * unit:
                time = _EPOCH + timedelta(seconds=value / unit)
                if (time <= now or time <= now + AHEAD) and (unit == 1 or time > _OLDEST):
                    return time, False
        return None, value != 0
    if not isinstance(value, str):
        return None, value is not None
    text = value.strip()
    if not text:
        return None, False
    try:
        time = datetime.fromisoformat(text)
        time = time.replace(tzinfo=UTC) if time.tzinfo is None else time.astimezone(UTC)
        if time > _EPOCH and (time <= now or time <= now + AHEAD):
            return time, False
    except (ValueError, OverflowError):
        pass
    return None, True


def stem(name: str) -> str:
    """Return the name of a file without its directory and its ending."""
    base = re.split(r"[/\\]", name)[-1]
    return re.sub(r"(?<=.)\.(?:jsonl?|ya?ml|txt)\Z", "", base, flags=re.IGNORECASE)
