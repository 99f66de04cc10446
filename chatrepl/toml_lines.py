"""In which line of a TOML file each key stands, which ``tomllib`` does not tell. Pure."""

from __future__ import annotations

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping
from typing import Any

Path = tuple[str, ...]
"""The names that lead to a key, outermost first."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(r"""[ \t]*([A-Za-z0-9_-]+|"(?:[^"\\\n]|\\.)*"|'[^'\n]*')[ \t]*""")
_STRING = re.compile(
    r'''"""(?:[^"\\]|\\.|"{1,2}(?!"))*"{3,5}'''
    r"""|'{3}(?:[^']|'{1,2}(?!'))*'{3,5}"""
    r"""|"(?:[^"\\\n]|\\.)*"|'[^'\n]*'""",
    re.DOTALL,
)
_BARE_VALUE = re.compile(r"[^,\]}#\n]+")


def find_lines(text: str, document: Mapping[str, Any]) -> dict[Path, int]:
    """Return the line, from 1, at which each key and table of a file first stands.

    Args:
        text: The file, which ``tomllib`` has read without an error.
        document: What ``tomllib`` made of it. Where the two disagree, nothing is returned: no line is better than a
            wrong one.
    """
    scanner = _Scanner(text)
    try:
        scanner.scan()
    except (_LostError, RecursionError):
        return {}
    return scanner.lines if all(_exists(document, path) for path in scanner.lines) else {}


class _LostError(Exception):
    """The text does not look as expected."""


class _Scanner:
    def __init__(self, text: str) -> None:
        self.lines: dict[Path, int] = {}
        self._text = text
        self._at = 0
        self._line_starts = [0] + [match.end() for match in re.finditer("\n", text)]

    def scan(self) -> None:
        table: Path = ()
        self._skip_blanks()
        while self._at < len(self._text):
            start = self._at
            if self._peek() == "[":
                brackets = "[[" if self._text.startswith("[[", self._at) else "["
                self._at += len(brackets)
                table = self._key()
                self._expect("]" * len(brackets))
                self._record((), table, start)
            else:
                self._pair(table)
            self._skip_blanks()

    def _pair(self, table: Path) -> None:
        start = self._at
        key = self._key()
        self._expect("=")
        self._record(table, key, start)
        self._skip_blanks()
        self._value(table + key)

    def _value(self, path: Path) -> None:
        first = self._peek()
        if first in {'"', "'"}:
            self._match(_STRING)
        elif first == "[":
            self._items("]", path)
        elif first == "{":
            self._items("}", path)
        else:
            self._match(_BARE_VALUE)

    def _items(self, closing: str, path: Path) -> None:
        self._at += 1
        self._skip_blanks()
        while self._peek() != closing:
            if closing == "}":
                self._pair(path)
            else:
                self._value(path)
            self._skip_blanks()
            if self._peek() == ",":
                self._at += 1
                self._skip_blanks()
        self._at += 1

    def _key(self) -> Path:
        parts: list[str] = []
        while True:
            raw = self._match(_KEY_PART)[1]
            parts.append(tomllib.loads(f"x = {raw}")["x"] if raw[0] in "\"'" else raw)
            if self._peek() != ".":
                return tuple(parts)
            self._at += 1

    def _record(self, table: Path, key: Path, start: int) -> None:
        line = bisect_right(self._line_starts, start)
        for length in range(1, len(key) + 1):
            self.lines.setdefault(table + key[:length], line)

    def _peek(self) -> str:
        return self._text[self._at : self._at + 1]

    def _skip_blanks(self) -> None:
        self._match(_BLANK)

    def _match(self, pattern: re.Pattern[str]) -> re.Match[str]:
        match = pattern.match(self._text, self._at)
        if match is None:
            raise _LostError
        self._at = match.end()
        return match

    def _expect(self, token: str) -> None:
        if not self._text.startswith(token, self._at):
            raise _LostError
        self._at += len(token)


def _exists(document: Any, path: Path) -> bool:
    """Whether a path leads somewhere; in a list of tables it does where one of them has it."""
    if not path:
        return True
    if isinstance(document, list):
        return any(_exists(item, path) for item in document)
    return isinstance(document, Mapping) and path[0] in document and _exists(document[path[0]], path[1:])
