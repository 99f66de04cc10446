"""What the guard knows of one chat: what was found in it, what may be sent, and the placeholders for the rest. Pure."""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any, NamedTuple

from chatrepl.exchange import Request
from chatrepl.guard.find import find
from chatrepl.guard.kinds import Finding, Kind
from chatrepl.guard.masking import LEAST_KNOWN_CHARS, Masking, Unmasker
from chatrepl.messages import ImagePart, ItemPart, Message, MessageId, Part, Role
from chatrepl.sanitise import sanitise_line

SEALED_FIELDS = frozenset({"encrypted_content", "signature", "data", "id"})
"""Fields of a server's items that only it can read, and that must go back as they came."""
MOST_LISTED = 5
MOST_NAME_CHARS = 60


class Found(NamedTuple):
    """A value that was found in what is about to be sent, and where it stands first."""

    value: str
    kind: Kind
    place: str
    """``line 3 of your message``."""


class _Text:
    """A text, and what it holds."""

    def __init__(self, text: str, findings: tuple[Finding, ...]) -> None:
        self.text = text
        self.findings = findings
        self._held: list[str] = []
        """Known values that stand in it."""
        self._checked_count = 0
        """So many of the known values were looked for; more may be known by now."""

    def places(self, masking: Masking, passed: Container[str] = ()) -> tuple[Finding, ...]:
        """Return where it holds what was found in it or elsewhere, but for values that may pass."""
        for value in islice(masking.order, self._checked_count, None):
            if len(value) >= LEAST_KNOWN_CHARS and value in self.text:
                self._held.append(value)
        self._checked_count = len(masking.order)
        if not self.findings and not self._held:
            return ()
        found = [each for each in self.findings if self.text[each.start : each.end] not in passed]
        return masking.places(self.text, found, [value for value in self._held if value not in passed])


class _Screened(NamedTuple):
    """A message that was looked through."""

    parts: tuple[Part, ...]
    texts: tuple[_Text, ...]
    """One for each part."""


class Screening:
    """Looks through the messages of one chat. Each is looked through once; any thread may ask.

    Args:
        is_personal: Whether personal data is looked for too.
        allowed: Values that one of these matches whole are fine.
    """

    def __init__(self, *, is_personal: bool = False, allowed: Sequence[re.Pattern[str]] = ()) -> None:
        self._is_personal = is_personal
        self._allowed = allowed
        self._masking = Masking()
        self._lock = threading.RLock()
        self._messages: dict[MessageId, _Screened] = {}
        self._systems: dict[str, _Text] = {}

    def found(self, system: str | None, messages: Sequence[Message]) -> tuple[Found, ...]:
        """Return every value in what is to be sent, each once; also known ones that stand there without their names."""
        with self._lock:
            self._learn(system, messages)
            result: dict[str, Found] = {}
            for one, place in self._texts(system, messages):
                for each in one.places(self._masking):
                    value = one.text[each.start : each.end]
                    if value not in result:
                        line = one.text.count("\n", 0, each.start) + 1
                        where = f"line {line} of {place}" if "\n" in one.text else place
                        result[value] = Found(value, each.kind, where)
            return tuple(result.values())

    def masked(self, request: Request, passed: Container[str] = ()) -> Request:
        """Return a request in which placeholders stand for all values but those that may pass."""
        with self._lock:
            self._learn(request.system, request.messages)
            hidden = [value for value in self._masking.order if value not in passed]
            if not hidden:
                return request
            for value in hidden:
                self._masking.placeholder(value)  # numbered in the order of the chat
            messages = tuple(self._masked_message(message, passed) for message in request.messages)
            system = request.system
            if system is not None:
                system = self._masking.masked(system, self._systems[system].places(self._masking, passed))
            return replace(request, system=system, messages=messages)

    def masked_messages(self, messages: Sequence[Message], passed: Container[str] = ()) -> list[Message]:
        """Return messages as ``masked`` would send them, to be cut or put together."""
        return [*self.masked(Request("", tuple(messages)), passed).messages]

    def within(self, value: str) -> set[str]:
        """Return a value, and the known ones that it holds."""
        with self._lock:
            return {value, *(known for known in self._masking.order if known in value)}

    def unmasker(self) -> Unmasker:
        """Return what puts the values back into a reply."""
        with self._lock:
            return self._masking.unmasker()

    def listed(self) -> tuple[tuple[str, Kind, str], ...]:
        """Return all that was found in the chat by now: value, kind, placeholder."""
        with self._lock:
            masking = self._masking
            return tuple((value, masking.kind(value), masking.placeholder(value)) for value in masking.order)

    def _learn(self, system: str | None, messages: Iterable[Message]) -> None:
        if system is not None and system not in self._systems:
            self._systems[system] = self._looked_through(system)
        for message in messages:
            known = self._messages.get(message.id)
            if known is None or known.parts is not message.parts:
                texts = tuple(
                    _Text(part.text, ())
                    if isinstance(part, ItemPart)
                    else self._looked_through(text_of(part))
                    for part in message.parts
                )
                self._messages[message.id] = _Screened(message.parts, texts)

    def _looked_through(self, text: str) -> _Text:
        findings = find(text, is_personal=self._is_personal, allowed=self._allowed)
        self._masking.learn(text, findings)
        return _Text(text, findings)

    def _texts(self, system: str | None, messages: Sequence[Message]) -> Iterator[tuple[_Text, str]]:
        """Yield each text and how its place is called, the last message first; but for a server's items."""
        for message in reversed(messages):
            for part, one in zip(message.parts, self._messages[message.id].texts, strict=True):
                if not isinstance(part, ItemPart):
                    yield one, _place(part, message, is_last=message is messages[-1])
        if system is not None:
            yield self._systems[system], "the system prompt"

    def _masked_message(self, message: Message, passed: Container[str]) -> Message:
        texts = self._messages[message.id].texts
        parts: list[Part] = []
        for part, one in zip(message.parts, texts, strict=True):
            if isinstance(part, ItemPart):
                masked = self._masked_items(part.text, passed)
            else:
                masked = self._masking.masked(one.text, one.places(self._masking, passed))
            if masked == one.text or isinstance(part, ImagePart):
                parts.append(part)
            else:
                parts.append(replace(part, text=masked))
        is_same = all(one is other for one, other in zip(parts, message.parts, strict=True))
        return message if is_same else replace(message, parts=tuple(parts))

    def _masked_items(self, text: str, passed: Container[str]) -> str:
        """Mask known values in a server's items, one a line, but for what is sealed."""

        def walk(value: Any, name: str = "") -> Any:
            if isinstance(value, str):
                places = () if name in SEALED_FIELDS else _Text(value, ()).places(self._masking, passed)
                return self._masking.masked(value, places)
            if isinstance(value, list):
                return [walk(item, name) for item in value]
            if isinstance(value, dict):
                return {key: walk(item, key) for key, item in value.items()}
            return value

        lines: list[str] = []
        for line in text.splitlines(keepends=True):
            with contextlib.suppress(ValueError, RecursionError):
                item = json.loads(line)
                masked = walk(item)
                if masked != item:
                    line = json.dumps(masked, ensure_ascii=False) + line[len(line.rstrip()) :]  # noqa: PLW2901
            lines.append(line)
        return "".join(lines)


def text_of(part: Part) -> str:
    """Return the words of a part; a part without words, such as a picture, has none."""
    text = getattr(part, "text", "")
    return text if isinstance(text, str) else ""


def _place(part: Part, message: Message, *, is_last: bool) -> str:
    name = getattr(part, "name", None)
    if isinstance(name, str) and name:
        return sanitise_line(name)[:MOST_NAME_CHARS]
    if message.role is Role.USER:
        return "your message" if is_last else "an earlier message of yours"
    return "an earlier reply" if message.is_reply else "an earlier message"


def described(found: Sequence[Found]) -> str:
    """Say what was found and where, without showing it."""
    said = [f"{each.kind.shown(each.value)} in {each.place}" for each in found[:MOST_LISTED]]
    if len(found) > MOST_LISTED:
        said.append(f"{len(found) - MOST_LISTED} more")
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
