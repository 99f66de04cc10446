"""Joins the rest of a reply to its beginning, where a model that was asked to go on repeats some of what it had said. Pure."""

from __future__ import annotations

LEAST_CHARS = 12
"""So much must be the same to count as repeated: less may be chance."""
LEAST_WORDS_CHARS = 8
"""Enough where it is three words."""
LIMIT_CHARS = 2000
"""No more of what comes is held back to look for a repetition."""


class Joint:
    """Takes the rest of a reply in pieces and leaves out what its beginning ends with, or begins with.

    Args:
        before: The beginning, as it was received.
    """

    def __init__(self, before: str) -> None:
        self._before = before.rstrip()
        self._blanks = before[len(self._before) :]
        self._held: str | None = "" if self._before else None
        """What has come and may be a repetition. None: the joint is made."""

    def feed(self, text: str) -> str:
        """Take the next piece and return what of it is new."""
        if self._held is None:
            return text
        self._held += text
        return self._join() if self._is_decided(self._held) else ""

    def finish(self) -> str:
        """End the reply: return what was held back and is new."""
        return "" if self._held is None else self._join()

    def _is_decided(self, held: str) -> bool:
        """Whether nothing that may still come can change what is repeated."""
        come = held.lstrip()
        if not come:
            return len(held) > LIMIT_CHARS
        if len(come) > LIMIT_CHARS:
            return True
        if self._before.startswith(come):  # it begins all over again, as far as can be told
            return False
        return not _may_grow(self._before, come)

    def _join(self) -> str:
        held, self._held = self._held or "", None
        come = held.lstrip()
        if len(self._before) >= LEAST_CHARS and come.startswith(self._before):
            return self._after(come[len(self._before) :])
        size = _overlap(self._before, come)
        if size >= LEAST_CHARS or (size >= LEAST_WORDS_CHARS and come[:size].count(" ") > 1):
            return self._after(come[size:])
        return held

    def _after(self, rest: str) -> str:
        """Return what follows a repetition, without the blanks that the beginning ends with already."""
        return rest.removeprefix(self._blanks) if self._blanks else rest


def _overlap(before: str, come: str) -> int:
    """Return the length of the longest end of one text that the other begins with."""
    for size in range(min(len(before), len(come), LIMIT_CHARS), 0, -1):
        if before.endswith(come[:size]):
            return size
    return 0


def _may_grow(before: str, come: str) -> bool:
    """Whether all that has come stands somewhere in the last part of the text, so that it may reach its end."""
    return come in before[-LIMIT_CHARS:]
