"""Messages as rows of the database and back. Pure."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import chain, repeat
from typing import Any, Self, TypeVar

from chatrepl.messages import (
    NO_META,
    PART_KINDS,
    Message,
    Meta,
    Part,
    ReplyState,
    Role,
    TextPart,
    Usage,
    part_of,
    parts_in_order,
    pieces_of,
)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EXACT_US = 2**33 * 1_000_000
"""Up to here, neighbouring floats are less than half a microsecond apart once they stand for seconds."""
_SURROGATE = re.compile("[\ud800-\udfff]")

_ROLES = {role.value: role for role in Role}
_STATES: dict[str | None, ReplyState | None] = {None: None, **{state.value: state for state in ReplyState}}

COLUMNS = "id, parent, role, created_us, text, parts, meta"
"""The columns of a message that ``to_row`` fills and ``to_messages`` reads, in this order."""

CRASH_ERROR = "chatrepl ended while this reply arrived"
"""What stands as the error of a reply that was cut off with its process."""

Row = Sequence[Any]

T = TypeVar("T")


def to_microseconds(time_of_day: datetime) -> int:
    """Return microseconds since 1970, exactly."""
    return (time_of_day - EPOCH) // _MICROSECOND


def from_microseconds(microseconds: int) -> datetime:
    """Return the time in UTC."""
    return EPOCH + timedelta(microseconds=microseconds)


def storable(text: str) -> str:
    """Return text as UTF-8 can hold it: halves of surrogate pairs become U+FFFD."""
    return text if text.isascii() else _SURROGATE.sub("\ufffd", text)


def to_row(message: Message) -> tuple[str | int | None, ...]:
    """Return the columns of a message."""
    parts, meta = message.parts, message.meta
    is_plain = not parts or (len(parts) == 1 and isinstance(parts[0], TextPart) and bool(parts[0].text))
    return (
        message.id,
        message.parent_id,
        message.role.value,
        to_microseconds(message.created_at),
        storable(parts[0].text if parts and isinstance(parts[0], TextPart) and is_plain else message.text),
        None if is_plain else _dump([*pieces_of(message)]),
        None if meta is NO_META or meta == NO_META else _encoded(meta),
    )


def to_messages(rows: Sequence[Row]) -> list[Message]:
    """Return the messages of rows.

    Raises:
        ValueError: where a row is not what ``to_row`` made.
    """
    if not rows:
        return []
    ids, parents, roles, created, texts, parts, metas = zip(*rows, strict=True)
    try:
        columns: dict[str, Iterable[Any]] = {
            "id": ids,
            "parent_id": parents,
            "role": map(_ROLES.__getitem__, roles),
            "parts": zip(_build(TextPart, len(rows), {"text": texts}), strict=True),
            "created_at": _to_times(created),
            "meta": [NO_META if meta is None else _StoredMeta.of(meta) for meta in metas],
        }
        messages = _build(Message, len(rows), columns)
        if any(parts) or not all(texts):
            for index, (text, encoded) in enumerate(zip(texts, parts, strict=True)):
                if encoded is not None:
                    messages[index] = _replace(messages[index], parts=_to_parts(encoded))
                elif not text:
                    messages[index] = _replace(messages[index], parts=())
    except (KeyError, TypeError, ArithmeticError, AttributeError) as error:
        raise ValueError(f"a message in it is not what was stored ({error!r})") from error
    return messages


def _to_times(microseconds: Sequence[int]) -> Iterable[datetime]:
    """Return the times in UTC. Seconds as a float are quicker, and exact to the microsecond for two centuries."""
    if max(microseconds) < _EXACT_US:
        return map(datetime.fromtimestamp, [number / 1_000_000 for number in microseconds], repeat(UTC))
    return map(from_microseconds, microseconds)


def _build(kind: type[T], count: int, columns: Mapping[str, Iterable[Any]]) -> list[T]:
    """Make many frozen values, field by field: a long chat opens twice as fast as by calling the class."""
    made = [*map(object.__new__, repeat(kind, count))]
    for name in kind.__slots__:  # type: ignore[attr-defined] # our values are dataclasses with slots
        deque(map(getattr(kind, name).__set__, made, columns[name]), maxlen=0)
    return made


class _StoredMeta(Meta):
    """What is known of a message, read when it is first asked for: few of a long chat's replies are."""

    __slots__ = ("_json",)

    @classmethod
    def of(cls, encoded: str) -> Self:
        meta = cls.__new__(cls)
        object.__setattr__(meta, "_json", encoded)
        return meta

    def __getattr__(self, name: str) -> Any:  # called for fields that are not set yet
        if name not in Meta.__slots__:
            raise AttributeError(name)
        try:
            meta = _to_meta(json.loads(self._json))
        except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError):
            meta = Meta(error="what was stored about this message cannot be read")
        for field in Meta.__slots__:
            object.__setattr__(self, field, getattr(meta, field))
        return getattr(meta, name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Meta) and all(
            getattr(self, name) == getattr(other, name) for name in Meta.__slots__
        )

    __hash__ = Meta.__hash__


def with_pieces(message: Message, pieces: Iterable[tuple[str, str]]) -> Message:
    """Return a reply with the journalled pieces, as kind and text, added to what it has."""
    return _replace(message, parts=parts_in_order(chain(pieces_of(message), pieces)))


def interrupted(message: Message) -> Message:
    """Return a reply as cut off by the end of its process."""
    fields = {name: getattr(message.meta, name) for name in Meta.__slots__}
    fields |= {"state": ReplyState.INTERRUPTED, "error": CRASH_ERROR}
    return _replace(message, meta=Meta(**fields))


def check_kind(kind: str) -> None:
    """Make sure that a journalled piece is of a known kind.

    Raises:
        ValueError: where it is not.
    """
    if kind not in PART_KINDS:
        raise ValueError(f"a piece of a reply is one of {', '.join(PART_KINDS)}, not {kind!r}")


def _replace(message: Message, *, parts: tuple[Part, ...] | None = None, meta: Meta | None = None) -> Message:
    return Message(
        message.id,
        message.parent_id,
        message.role,
        message.parts if parts is None else parts,
        message.created_at,
        message.meta if meta is None else meta,
    )


def _encoded(meta: Meta) -> str:
    """Return what is known as it is stored."""
    has_numbers = (meta.usage, meta.cost_usd, meta.first_token_s, meta.duration_s) != (None, None, None, None)
    return _dump(_meta_fields(meta)) if has_numbers else _encoded_words(meta)


@lru_cache(maxsize=64)
def _encoded_words(meta: Meta) -> str:
    """Of all replies in a file of another program much the same is known, and no numbers: equal ones can differ there."""
    return _dump(_meta_fields(meta))


_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def _dump(value: Any) -> str:
    return storable(_ENCODER.encode(value))


def _meta_fields(meta: Meta) -> dict[str, Any]:
    """Return what is known, without the rest."""
    fields = {name: getattr(meta, name) for name in Meta.__slots__}
    if meta.usage is not None:
        usage = {name: getattr(meta.usage, name) for name in Usage.__slots__}
        usage["reported_cost_usd"] = _amount(meta.usage.reported_cost_usd)
        fields["usage"] = {name: value for name, value in usage.items() if value or name in _COUNTS}
    fields["cost_usd"] = _amount(meta.cost_usd)
    return {name: value for name, value in fields.items() if value is not None}


_COUNTS = ("prompt_tokens", "completion_tokens", "total_tokens")


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else str(value)


def _to_parts(parts: str) -> tuple[Part, ...]:
    return tuple([part_of(kind, text) for kind, text in json.loads(parts)])


def _to_meta(fields: dict[str, Any]) -> Meta:
    if "state" in fields:
        fields["state"] = _STATES[fields["state"]]
    if "usage" in fields:
        usage = fields["usage"]
        if "reported_cost_usd" in usage:
            usage["reported_cost_usd"] = Decimal(usage["reported_cost_usd"])
        fields["usage"] = Usage(**usage)
    if "cost_usd" in fields:
        fields["cost_usd"] = Decimal(fields["cost_usd"])
    return Meta(**fields)
