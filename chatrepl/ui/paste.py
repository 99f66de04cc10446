"""Long pastes shown folded, ``[pasted 120 lines #1]``, and sent whole. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

_MARK = re.compile(r"\[pasted (?:\d+ lines|\d+ characters) #(\d+)\]")


class Toggled(NamedTuple):
    """The input line after a paste in it was unfolded or folded."""

    text: str
    cursor: int
    is_too_long: bool = False
    """Whether nothing was changed, since the paste is too long for the line."""


class Pastes:
    """The texts that stand folded in the input line."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def fold(self, text: str) -> str:
        """Keep a text and return the mark that stands for it."""
        known = next((mark for mark, folded in self._texts.items() if folded == text), None)
        if known is not None:
            return known
        lines = text.count("\n") + 1
        size = f"{lines} lines" if lines > 1 else f"{len(text)} characters"
        mark = f"[pasted {size} #{len(self._texts) + 1}]"
        self._texts[mark] = text
        return mark

    def unfold(self, text: str) -> str:
        """Return a text with every mark replaced by what it stands for; marks that stand for nothing stay."""
        return _MARK.sub(lambda match: self._texts.get(match[0], match[0]), text) if self._texts else text

    def refold(self, text: str) -> str:
        """Return a text in which every text that was folded, and stands there unchanged, is folded again."""
        pieces = [text]
        for mark, folded in sorted(self._texts.items(), key=lambda item: -len(item[1])):
            found: list[str] = []
            for number, piece in enumerate(pieces):
                if number % 2:  # a mark, which is not looked into
                    found.append(piece)
                    continue
                parts = piece.split(folded)
                for part in parts[:-1]:
                    found += (part, mark)
                found.append(parts[-1])
            pieces = found
        return "".join(pieces)

    def mark_before(self, text: str) -> str | None:
        """Return the mark that ``text`` ends with. None: it ends with none."""
        return next((mark for mark in self._texts if text.endswith(mark)), None)

    def mark_after(self, text: str) -> str | None:
        """Return the mark that ``text`` begins with. None: it begins with none."""
        return next((mark for mark in self._texts if text.startswith(mark)), None)

    def toggle(self, text: str, cursor: int, limit_chars: int) -> Toggled | None:
        """Unfold the mark at the cursor, or fold the text that was unfolded there again. None: there is neither.

        Args:
            text: The input line.
            cursor: Where the cursor is in it.
            limit_chars: A longer text is not unfolded.
        """
        for start, mark in self._found(text, self._texts):
            if start <= cursor <= start + len(mark):
                whole = self._texts[mark]
                if len(whole) > limit_chars:
                    return Toggled(text, cursor, is_too_long=True)
                return Toggled(text[:start] + whole + text[start + len(mark) :], start + len(whole))
        by_text = {folded: mark for mark, folded in self._texts.items()}
        for start, folded in self._found(text, by_text):
            if start <= cursor <= start + len(folded):
                mark = by_text[folded]
                return Toggled(text[:start] + mark + text[start + len(folded) :], start + len(mark))
        return None

    @staticmethod
    def _found(text: str, sought: Iterable[str]) -> Iterator[tuple[int, str]]:
        """Yield where something stands in a text, for all that is sought."""
        for each in sought:
            start = text.find(each)
            while start >= 0:
                yield start, each
                start = text.find(each, start + len(each))
