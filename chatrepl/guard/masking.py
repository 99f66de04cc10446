"""Puts placeholders in the place of what should not be sent, and back again, also in a reply that comes in pieces.

The same value has the same placeholder for a whole chat. A placeholder that stands in the chat already, since somebody
wrote it, is never given to a value. Only exact placeholders are put back: what a model makes of one stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from chatrepl.guard.find import joined
from chatrepl.guard.kinds import Finding, Kind

PLACEHOLDER = re.compile(r"\[[A-Z][A-Z_]{0,30}_[0-9]{1,9}\]")
LEAST_KNOWN_CHARS = 6
"""A shorter value is only replaced where it was found: elsewhere it may be a common word."""


class Masking:
    """The values of one chat, and the placeholders that stand for them. Not for several threads at once."""

    def __init__(self) -> None:
        self._placeholders: dict[str, str] = {}
        self._kinds: dict[str, Kind] = {}
        self._counts: dict[str, int] = {}
        self._given: set[str] = set()
        self._written: set[str] = set()
        """Placeholders that somebody wrote."""
        self.order: list[str] = []
        """The values, in the order in which they were found."""

    def kind(self, value: str) -> Kind:
        """Return what a known value is."""
        return self._kinds[value]

    def learn(self, text: str, findings: Sequence[Finding]) -> None:
        """Take in what a text holds: values, and placeholders that somebody wrote."""
        if "_" in text and "[" in text:
            self._written.update(found for found in PLACEHOLDER.findall(text) if found not in self._given)
        for finding in findings:
            self._add(text[finding.start : finding.end], finding.kind)

    def _add(self, value: str, kind: Kind) -> None:
        if value not in self._kinds:
            self._kinds[value] = kind
            self.order.append(value)

    def placeholder(self, value: str) -> str:
        """Return what stands for a known value."""
        known = self._placeholders.get(value)
        if known is not None:
            return known
        stem = self._kinds[value].stem
        while True:
            self._counts[stem] = self._counts.get(stem, 0) + 1
            made = f"[{stem}_{self._counts[stem]}]"
            if made not in self._written:
                self._placeholders[value] = made
                self._given.add(made)
                return made

    def places(self, text: str, findings: Iterable[Finding], values: Iterable[str]) -> tuple[Finding, ...]:
        """Return where a text holds what was found in it, or one of some known values, which may stand there bare."""
        found = list(findings)
        for value in values:
            at = text.find(value)
            while at >= 0:
                found.append(Finding(at, at + len(value), self._kinds[value]))
                at = text.find(value, at + len(value))
        return joined(found) if len(found) > 1 else tuple(found)

    def masked(self, text: str, places: Iterable[Finding]) -> str:
        """Return a text with placeholders in some places of it."""
        pieces: list[str] = []
        end = 0
        for place in places:
            value = text[place.start : place.end]
            self._add(value, place.kind)  # what overlaps is one, which may be new
            pieces += text[end : place.start], self.placeholder(value)
            end = place.end
        return "".join((*pieces, text[end:])) if pieces else text

    def unmasker(self) -> Unmasker:
        """Return what puts back the values of all placeholders given by now."""
        return Unmasker({placeholder: value for value, placeholder in self._placeholders.items()})


class Unmasker:
    """Puts values in the place of their placeholders, in a text that comes in pieces.

    Holds back at most the beginning of a placeholder, until it is known whether it becomes one.
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self._beginnings = {placeholder[:end] for placeholder in values for end in range(1, len(placeholder))}
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take the next piece, and return what is known of the text by now."""
        if not self._values:
            return piece
        text = self._held + piece
        at = text.find("[")
        if at < 0:
            self._held = ""
            return text
        out: list[str] = []
        end = 0
        self._held = ""
        while at >= 0:
            match = PLACEHOLDER.match(text, at)
            if match is not None:
                out += text[end:at], self._values.get(match[0], match[0])
                end = match.end()
            elif text[at:] in self._beginnings:
                self._held = text[at:]
                return "".join((*out, text[end:at]))
            at = text.find("[", max(end, at + 1))
        return "".join((*out, text[end:]))

    def flush(self) -> str:
        """Return what is held back: the text has ended there."""
        held, self._held = self._held, ""
        return held
