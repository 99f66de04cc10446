"""Cuts a long paragraph into pieces that can be read one by one, while it is still arriving."""

from __future__ import annotations

import re
import unicodedata

LEAST_CHARS = 200
LIMIT_CHARS = 1200
"""What stays open longer than this is text."""

_SIGN = re.compile(r"\\.|`+|\*+|_+|~+|[\[\]()]", re.DOTALL)
_WIDE_STOPS = "\u3001\u3002\uff0c\uff01\uff1f\uff1b\uff1a"
"""The full-width comma, full stop and their like: scripts that use them have no blanks."""
_PLACE = re.compile(rf"[ \t\n{_WIDE_STOPS}]")
_PLACES = (" ", "\t", "\n", *_WIDE_STOPS)


class SafeCuts:
    """Finds where no emphasis, code or link is open, so that what stands before can be read by itself.

    Where something stays open for ``LIMIT_CHARS``, the text is cut all the same. The cuts depend on the text only, and
    not on the pieces it came in.
    """

    def __init__(self) -> None:
        self._text = ""
        self._start = 0
        self._scanned = 0
        self._open: list[str] = []
        """Signs that wait for their partner: runs of ``*``, ``_`` and ``~``, brackets, a run of backticks."""

    @property
    def rest(self) -> str:
        """What was not cut off yet."""
        return self._text

    def fork(self) -> SafeCuts:
        """Return another one that stands where this one does."""
        other = SafeCuts()
        other._text, other._scanned, other._open = self._text, self._scanned, list(self._open)
        return other

    def feed(self, text: str) -> list[str]:
        """Take more of the paragraph and return the pieces that are whole."""
        self._text += text
        pieces: list[str] = []
        while (end := self._next_cut()) is not None:
            pieces.append(self._text[self._start : end])
            self._start = self._scanned = end
            self._open.clear()
        self._text = self._text[self._start :]
        self._scanned -= self._start
        self._start = 0
        return pieces

    def _next_cut(self) -> int | None:
        """Return the end of the next piece. None: it has not come."""
        text, limit = self._text, self._start + LIMIT_CHARS
        if len(text) - self._start <= LEAST_CHARS:
            return None
        end = 1 + max(text.rfind(place, self._scanned, limit) for place in _PLACES)
        for match in _SIGN.finditer(text, self._scanned, end):
            cut = self._first_place(match.start())
            if cut is not None:
                return cut
            self._take(match[0], match.start())
            self._scanned = match.end()
        if end > self._scanned:
            cut = self._first_place(end)
            if cut is not None:
                return cut
            self._scanned = end
        if len(text) <= limit:
            return None
        return self._scanned if self._scanned > self._start + LEAST_CHARS else limit

    def _first_place(self, end: int) -> int | None:
        """Return the first place for a cut before ``end``. Nothing opens or closes between here and there."""
        begin = max(self._scanned, self._start + LEAST_CHARS)
        if self._open or begin >= end:
            return None
        match = _PLACE.search(self._text, begin, end)
        return match.end() if match else None

    def _take(self, sign: str, position: int) -> None:
        top = self._open[-1] if self._open else ""
        if top.startswith("`"):
            if sign == top:
                self._open.pop()
        elif top == "](":
            self._open[-1] = "("
        elif top == "(":
            if sign == "(":
                self._open.append(sign)
            elif sign == ")":
                self._open.pop()
        elif sign[0] == "`" or sign == "[":
            self._open.append(sign)
        elif sign == "]":
            self._close_bracket(position)
        elif sign[0] in "*_" or (sign[0] == "~" and len(sign) > 1):
            self._take_run(sign, position)

    def _close_bracket(self, position: int) -> None:
        if "[" not in self._open:
            return
        while self._open.pop() != "[":
            pass
        if self._text[position + 1 : position + 2] == "(":  # a link's target begins
            self._open.append("](")

    def _take_run(self, run: str, position: int) -> None:
        can_open, can_close = self._flanks(run, position)
        left = len(run)
        while can_close and left and (index := self._opener(run[0])) is not None:
            used = min(left, len(self._open[index]))
            remainder = self._open[index][used:]
            del self._open[index:]
            if remainder:
                self._open.append(remainder)
            left -= used
        if can_open and left:
            self._open.append(run[:left])

    def _opener(self, sign: str) -> int | None:
        """Return which of the open runs, inside the innermost bracket, consists of this sign."""
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index] == "[":
                return None
            if self._open[index][0] == sign:
                return index
        return None

    def _flanks(self, run: str, position: int) -> tuple[bool, bool]:
        """Return whether a run of signs can open and can close. Source: CommonMark 0.31, "left-flanking"."""
        before = self._text[position - 1] if position > self._start else " "
        after = self._text[position + len(run)]
        left = not after.isspace() and (not _is_sign(after) or before.isspace() or _is_sign(before))
        right = not before.isspace() and (not _is_sign(before) or after.isspace() or _is_sign(after))
        if run[0] == "_":
            return left and (not right or _is_sign(before)), right and (not left or _is_sign(after))
        return left, right


def _is_sign(char: str) -> bool:
    return unicodedata.category(char)[0] in "PS"


def pieces(text: str) -> list[str]:
    """Cut a text that is whole. One that is not too long stays in one piece."""
    if len(text) <= LIMIT_CHARS:
        return [text]
    cuts = SafeCuts()
    return [*cuts.feed(text), cuts.rest]
