"""Cuts a reply that arrives in pieces between its words, and says in words where code begins and ends."""

from __future__ import annotations

import re

from chatrepl.markup.blocks import BlockParser
from chatrepl.markup.sink import BlockSink

HELD_CHARS = 60
"""A longer word is not waited for; some scripts have no blanks between words."""
LINE_CHARS = 4000
"""So much of a line decides what it is."""
_MAY_BE_FENCE = re.compile(r"[ \t>*+\-\d.)]{0,40}(?:`{1,2}|~{1,2}|(?:`{3,}|~{3,})[^`\n]{0,200})?\Z")
_IS_FENCE = re.compile(r"[ \t>*+\-\d.)]{0,40}(?:`{3,}|~{3,})")


class Words:
    """Takes pieces of a text and gives back what is whole of it.

    Args:
        says_code: Whether the marks around a block of code become words. The code itself stays as it is.
    """

    def __init__(self, *, says_code: bool = False) -> None:
        self._says_code = says_code
        self._held = ""
        self._line = ""
        """The beginning of the line, as far as it was written."""
        self.is_new_line = True
        """Whether what was written ends with its line, or nothing was."""
        self._codes = _Codes()
        self._parser = BlockParser(self._codes)

    def feed(self, text: str) -> str:
        """Take the next piece, sanitised, and return what can be written."""
        *lines, rest = (self._held + text).split("\n")
        self._held = ""
        written = [self._end_line(line) for line in lines]
        if rest:
            written.append(self._go_on(rest))
        return self._written("".join(written))

    def pause(self) -> str:
        """Return what is held, and the end of the line if one is due: something else comes between."""
        held, self._held = self._held, ""
        self._line = (self._line + held)[:LINE_CHARS]
        return self._written(held + ("" if self.is_new_line and not held else "\n"))

    def finish(self) -> str:
        """Return what is left, with the end of its line."""
        last = self._end_line(self._held) if self._held or self._line else ""
        self._held = ""
        was_code = self._codes.is_open
        self._parser.finish()
        if self._says_code and was_code:
            last += END_OF_CODE
        if last == "\n" and self.is_new_line:
            last = ""
        return self._written(last)

    def _written(self, text: str) -> str:
        if text:
            self.is_new_line = text.endswith("\n")
        return text

    def _go_on(self, text: str) -> str:
        """Return the whole words of a line that is not complete."""
        if self._says_code and not self._line and _MAY_BE_FENCE.match(text):
            self._held = text
            return ""
        end = max(text.rfind(" "), text.rfind("\t")) + 1
        if len(text) - end > HELD_CHARS:
            end = len(text)
        self._held = text[end:]
        if len(self._line) < LINE_CHARS:
            self._line += text[: min(end, LINE_CHARS)]
        return text[:end]

    def _end_line(self, rest: str) -> str:
        whole, self._line = self._line + rest, ""
        if not self._says_code:
            return f"{rest}\n"
        was_open, count = self._codes.is_open, self._codes.count
        self._parser.line(whole[:LINE_CHARS])
        is_fence = whole == rest and _IS_FENCE.match(whole) is not None
        if is_fence and self._codes.count > count:
            language = f": {self._codes.language}" if self._codes.language else ""
            return f"[code {self._codes.count}{language}]\n"
        if is_fence and was_open and not self._codes.is_open:
            return END_OF_CODE
        return f"{rest}\n"


END_OF_CODE = "[end of code]\n"


class _Codes(BlockSink):
    """Counts blocks of code as they are numbered on screen."""

    def __init__(self) -> None:
        self.count = 0
        self.language = ""
        self.is_open = False

    def open_code(self, language: str) -> None:
        self.count += 1
        self.language = language
        self.is_open = True

    def close_code(self) -> None:
        self.is_open = False


def spell(text: str) -> str:
    """Return a whole text, sanitised, with its code said in words and the end of its last line."""
    words = Words(says_code=True)
    return words.feed(text.strip("\n")) + words.finish()
