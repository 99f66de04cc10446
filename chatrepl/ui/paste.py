"""Long pastes shown folded, ``[pasted 120 lines #1]``, and sent whole. Pure."""

from __future__ import annotations

import re

_MARK = re.compile(r"\[pasted (?:\d+ lines|\d+ characters) #(\d+)\]")


class Pastes:
    """The texts that stand folded in the input line."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def fold(self, text: str) -> str:
        """Keep a text and return the mark that stands for it."""
        lines = text.count("\n") + 1
        size = f"{lines} lines" if lines > 1 else f"{len(text)} characters"
        mark = f"[pasted {size} #{len(self._texts) + 1}]"
        self._texts[mark] = text
        return mark

    def unfold(self, text: str) -> str:
        """Return a text with every mark replaced by what it stands for; marks that stand for nothing stay."""
        return _MARK.sub(lambda match: self._texts.get(match[0], match[0]), text) if self._texts else text

    def mark_before(self, text: str) -> str | None:
        """Return the mark that ``text`` ends with. None: it ends with none."""
        return next((mark for mark in self._texts if text.endswith(mark)), None)

    def clear(self) -> None:
        """Forget all texts."""
        self._texts.clear()
