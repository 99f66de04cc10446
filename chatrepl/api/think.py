"""Tells the reasoning that some servers leave in the text, between ``<think>`` and ``</think>``, from the answer. Pure."""

from __future__ import annotations

from typing import Literal

from chatrepl.exchange import ReasoningDelta, TextDelta

_OPEN, _CLOSE = "<think>", "</think>"
_MAX_BLANKS = 64
"""How many blanks may stand before the tag."""


class ThinkSplitter:
    """Splits a reply that begins with ``<think>``; any other reply passes unchanged.

    What comes out, put together, does not depend on how the text was cut.
    """

    def __init__(self) -> None:
        self._state: Literal["start", "opened", "reasoning", "closed", "text"] = "start"
        self._held = ""
        """Text that may be the beginning of a tag."""

    @property
    def is_over(self) -> bool:
        """Whether all that follows is the answer."""
        return self._state == "text"

    def feed(self, text: str) -> list[TextDelta | ReasoningDelta]:
        """Take the next piece of text and return what it says."""
        if self._state == "text":
            return [TextDelta(text)] if text else []
        if self._state == "start":
            return self._find_start(text)
        return self._split(text)

    def flush(self) -> list[TextDelta | ReasoningDelta]:
        """End the reply: return what was held back."""
        held, self._held = self._held, ""
        if not held:
            return []
        return [ReasoningDelta(held) if self._state == "reasoning" else TextDelta(held)]

    def _find_start(self, text: str) -> list[TextDelta | ReasoningDelta]:
        held, self._held = self._held + text, ""
        begun = held.lstrip()
        if len(held) - len(begun) <= _MAX_BLANKS:
            if begun.startswith(_OPEN):
                self._state = "opened"
                return self._split(begun.removeprefix(_OPEN))
            if _OPEN.startswith(begun):
                self._held = held
                return []
        self._state = "text"
        return [TextDelta(held)]

    def _split(self, text: str) -> list[TextDelta | ReasoningDelta]:
        found: list[TextDelta | ReasoningDelta] = []
        text, self._held = self._held + text, ""
        if self._state == "opened":
            text = text.lstrip()
            if text:
                self._state = "reasoning"
        if self._state == "reasoning":
            reasoning, tag, text = text.partition(_CLOSE)
            if not tag:
                kept = _partial_tag(reasoning)
                reasoning, self._held = reasoning[: len(reasoning) - kept], reasoning[len(reasoning) - kept :]
            else:
                self._state = "closed"
            if reasoning:
                found.append(ReasoningDelta(reasoning))
        if self._state == "closed":
            text = text.lstrip("\r\n")
            if text:
                self._state = "text"
                found.append(TextDelta(text))
        return found


def _partial_tag(text: str) -> int:
    """Return how many characters at the end of a text may be the beginning of the closing tag."""
    return next((size for size in range(len(_CLOSE) - 1, 0, -1) if text.endswith(_CLOSE[:size])), 0)
