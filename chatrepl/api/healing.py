"""Finds the field that a server refused, and changes the request so that it is taken. Pure.

Only what was sent can be changed, and never what makes the request: the model, the messages, the stream.
Source: error bodies of OpenAI, vLLM, Groq, Mistral, Gemini and FastAPI applications (August 2026).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from chatrepl.errors import ApiError, BadRequestError
from chatrepl.exchange import Json

MAX_CHANGES = 4
"""A request that is refused for more fields than this has another problem."""

_ESSENTIAL = frozenset({"model", "messages", "input", "prompt", "instructions", "stream"})
_SWAPPED = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_CODES = frozenset(
    {"unsupported_parameter", "unsupported_value", "unknown_parameter", "extra_forbidden", "unknown_field"}
)
_REFUSED = re.compile(
    r"(?i)unsupported|not supported|n[o']t support|unknown|unrecogni[sz]ed|unexpected|extra (inputs?|fields?)|not permitted"
    r"|not allowed|cannot find field|no such (field|parameter)|n[o']t (accept|take|allow|recogni[sz]e)|incompatible"
    r"|deprecated|additional propert"
)
_VALUE = re.compile(r"(?i)unsupported_value|unsupported value|does not support .{1,40} with")
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")


class Change(NamedTuple):
    """One change to a body."""

    field: str
    """The field's name; nested ones with dots, as ``reasoning.effort``."""
    to: str | None = None
    """The name under which it goes out instead; for ``role`` the role. None: it is left out."""
    value: Json = None
    """The value that was refused. None: every value is."""


def find_change(error: ApiError, body: Mapping[str, Json]) -> Change | None:
    """Return what would make a server take a body that it refused. None: nothing we know."""
    if not isinstance(error, BadRequestError) or error.status not in {400, 422}:
        return None
    if _refuses_developer(error, body):
        return Change("role", "system")
    for name in _candidates(error, body):
        top = name.partition(".")[0]
        if top in _ESSENTIAL or _at(body, name) is None:
            continue
        if _SWAPPED.get(name) and _SWAPPED[name] not in body:
            return Change(name, _SWAPPED[name])
        is_value = error.code == "unsupported_value" or _VALUE.search(error.message) is not None
        return Change(name, None, _at(body, name) if is_value else None)
    return None


def apply(changes: Sequence[Change], body: Mapping[str, Json]) -> dict[str, Json]:
    """Return a body with changes made to it, as far as they touch it."""
    changed = dict(body)
    for change in changes:
        if change.field == "role":
            changed = _with_role(changed, change.to or "system")
        elif not touches(change, changed):
            continue
        elif change.to is not None:
            changed = {
                (change.to if name == change.field else name): value for name, value in changed.items()
            }
        else:
            changed = _without(changed, change.field)
    return changed


def touches(change: Change, body: Mapping[str, Json]) -> bool:
    """Whether a change makes a difference to a body."""
    if change.field == "role":
        return any(_role(message) == "developer" for message in _messages(body))
    value = _at(body, change.field)
    return value is not None and change.value in (None, value)


def describe(change: Change, provider: str, model: str) -> str:
    """Say in one sentence what was changed."""
    of_model = f" with {model}" if model else ""
    if change.field == "role":
        return f"{provider} does not know the role developer{of_model}: the system prompt is sent as system."
    if change.to is not None:
        return f"{provider} knows {change.field} as {change.to}{of_model}: it is sent under that name."
    if change.value is not None:
        return f"{provider} does not take {change.field} = {_shown(change.value)}{of_model}: it was left out."
    return f"{provider} does not take {change.field}{of_model}: it was left out."


def to_json(changes: Sequence[Change]) -> list[Json]:
    """Return changes as they are kept."""
    return [[change.field, change.to, change.value] for change in changes]


def from_json(value: Any) -> tuple[Change, ...]:
    """Read changes that were kept; what is not one is left out."""
    entries = value if isinstance(value, list) else []
    return tuple(
        Change(entry[0], entry[1], entry[2])
        for entry in entries
        if isinstance(entry, list)
        and len(entry) == 3
        and isinstance(entry[0], str)
        and (entry[1] is None or isinstance(entry[1], str))
        and entry[0]
        and entry[0] not in _ESSENTIAL
    )


def _refuses_developer(error: ApiError, body: Mapping[str, Json]) -> bool:
    is_used = any(_role(message) == "developer" for message in _messages(body))
    return is_used and ("developer" in error.message or "role" in error.message.lower())


def _candidates(error: BadRequestError, body: Mapping[str, Json]) -> Iterator[str]:
    """Yield the fields that an error may mean, the likeliest first."""
    is_refusal = error.code in _CODES or _REFUSED.search(error.message) is not None
    if error.param and (is_refusal or error.status == 422):
        yield from _spellings(error.param, body)
    if is_refusal:
        for word in _WORD.findall(error.message):
            yield from _spellings(word, body)


def _spellings(name: str, body: Mapping[str, Json]) -> Iterator[str]:
    """Yield the fields of a body that a name may stand for: the whole name, its end, or a field below it."""
    name = name.strip(". ")
    for found in (name, name.rpartition(".")[2], name.partition(".")[0]):
        if found and _at(body, found) is not None:
            yield found
    leaf = name.rpartition(".")[2]
    for field, value in body.items():
        if isinstance(value, Mapping) and leaf in value and field not in _ESSENTIAL:
            yield f"{field}.{leaf}"


def _at(body: Mapping[str, Json], name: str) -> Json:
    value: Any = body
    for step in name.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    result: Json = value
    return result


def _without(body: Mapping[str, Json], name: str) -> dict[str, Json]:
    first, _, rest = name.partition(".")
    changed = dict(body)
    inner = changed.get(first)
    if rest and isinstance(inner, dict):
        smaller = _without(inner, rest)
        if smaller:
            changed[first] = smaller
            return changed
    changed.pop(first, None)
    return changed


def _messages(body: Mapping[str, Json]) -> list[Any]:
    found: list[Any] = []
    for name in ("messages", "input"):
        value = body.get(name)
        found += value if isinstance(value, list) else []
    return found


def _role(message: Any) -> Any:
    return message.get("role") if isinstance(message, Mapping) else None


def _with_role(body: dict[str, Json], role: str) -> dict[str, Json]:
    changed = dict(body)
    for name in ("messages", "input"):
        value = changed.get(name)
        if isinstance(value, list):
            changed[name] = [
                {**message, "role": role}
                if isinstance(message, dict) and _role(message) == "developer"
                else message
                for message in value
            ]
    return changed


def _shown(value: Json) -> str:
    text = str(value)
    return text if len(text) <= 40 else f"{text[:40]}…"
