"""Where the rows of the input line end: between words, and where every terminal agrees how wide the text is.

prompt_toolkit breaks rows inside words, and takes an emoji that is joined of several for as wide as all of them together,
which many terminals do not. So blanks are drawn before a word that would not fit whole, and the joints of emoji are left
out of what is drawn: what is sent stays as it is.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from itertools import accumulate
from typing import NamedTuple

from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout.processors import Processor, Transformation, TransformationInput
from prompt_toolkit.utils import get_cwidth

_WIDE = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60"
    "\U0001f000-\U0001faff\U00020000-\U0003fffd"
)
_PIECE = rf"\s+|[{_WIDE}][\u0300-\u036f\u200d\u20d0-\u20ff\ufe00-\ufe0f]*|[^\s{_WIDE}]+"
"""Blanks, a wide letter, which may stand at the end or beginning of a row anywhere, or a word."""
_JOINT = "\u200d(?=[\u2190-\u2bff\U0001f000-\U0001faff])|\ufe0f|[\U0001f3fb-\U0001f3ff]"
"""What makes one emoji of several, or changes its look: terminals differ in how wide it is then."""
LONGEST_CHARS = 50_000
"""A longer line is drawn as it is: only an unfolded paste is so long."""


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    """Return a pattern ready for use; made when it is first needed, since it slows a start."""
    return re.compile(pattern)


class Change(NamedTuple):
    """What is drawn otherwise than it stands in the text."""

    at: int
    """Where in the text."""
    blanks: int
    """So many are drawn before what stands there; -1: it is not drawn."""


def changes_for(text: str, columns: int) -> list[Change]:
    """Return what is drawn otherwise in rows of so many columns, in the order of the text."""
    if columns < 2 or len(text) > LONGEST_CHARS:
        return []
    dropped = [] if text.isascii() else [match.start() for match in _compiled(_JOINT).finditer(text)]
    if not dropped and len(text) * 2 <= columns:
        return []
    skipped = set(dropped)
    found = [Change(at, -1) for at in dropped]
    x = 0
    for token in _compiled(_PIECE).finditer(text):
        word = token[0]
        width = get_cwidth(word) if not skipped else _width(word, token.start(), skipped)
        if x + width <= columns:
            x += width
        elif width <= columns and not word.isspace():
            if x < columns:
                found.append(Change(token.start(), columns - x))
            x = width
        else:
            x = _lay_letters(word, token.start(), x, columns, skipped, found)
    found.sort()
    return found


def _width(word: str, start: int, skipped: set[int]) -> int:
    return sum(get_cwidth(sign) for at, sign in enumerate(word, start) if at not in skipped)


def _lay_letters(word: str, start: int, x: int, columns: int, skipped: set[int], found: list[Change]) -> int:
    """Break a word that is longer than a row wherever the row ends; returns the column after it."""
    for at, sign in enumerate(word, start):
        width = 0 if at in skipped else get_cwidth(sign)
        if x + width > columns:
            if x < columns:
                found.append(Change(at, columns - x))
            x = 0
        x += width
    return x


class Places:
    """Leads from a place in the text to where it is drawn, and back."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._at = [change.at if change.blanks > 0 else change.at + 1 for change in changes]
        self._shifts = [0, *accumulate(change.blanks for change in changes)]
        self._drawn = [at + shift for at, shift in zip(self._at, self._shifts[1:], strict=True)]

    def drawn(self, at: int) -> int:
        """Return where a letter of the text is drawn."""
        return at + self._shifts[bisect_right(self._at, at)]

    def in_text(self, drawn: int) -> int:
        """Return which letter of the text is drawn somewhere; of the blanks before a word, the word."""
        index = bisect_right(self._drawn, drawn)
        at = drawn - self._shifts[index]
        return min(at, self._at[index]) if index < len(self._at) else at


class RowBreaks(Processor):
    """Breaks the rows of the input line between words.

    Args:
        prefix_columns: The columns before the text in every row.
    """

    def __init__(self, prefix_columns: int) -> None:
        self._prefix_columns = prefix_columns

    def apply_transformation(self, transformation_input: TransformationInput) -> Transformation:
        """Put blanks before what begins a row, and leave out what terminals do not agree on."""
        text = transformation_input.document.lines[transformation_input.lineno]
        changes = changes_for(text, transformation_input.width - self._prefix_columns)
        fragments = transformation_input.fragments
        if not changes:
            return Transformation(fragments)
        places = Places(changes)
        return Transformation(apply_changes(fragments, changes), places.drawn, places.in_text)


def apply_changes(fragments: StyleAndTextTuples, changes: Sequence[Change]) -> StyleAndTextTuples:
    """Return what is drawn."""
    drawn: StyleAndTextTuples = []
    waiting = list(reversed(changes))
    start = 0
    for style, text, *_ in fragments:
        done = 0
        while waiting and waiting[-1].at < start + len(text):
            change = waiting.pop()
            at = change.at - start
            piece = text[done:at] + " " * max(0, change.blanks)
            drawn.append((style, piece))
            done = at + (1 if change.blanks < 0 else 0)
        drawn.append((style, text[done:]))
        start += len(text)
    return [fragment for fragment in drawn if fragment[1]]
