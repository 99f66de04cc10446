"""Reads a file of JSON value by value, however long it is: an array, one value, or one after the other. Pure.

Memory holds the longest value and no more; time is linear in the length of the file, also for one that is broken on
purpose. The parser is asked again with at least twice the text when a value did not end in what was there.

What is broken in an array ends the reading, since nobody knows where the next value begins. Between values that stand
one after the other, the reading goes on with the next line that holds a whole one and is not indented.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple, NoReturn

LARGEST_CHARS = 512 * 2**20
"""Longer values are left out."""
PIECE_CHARS = 2**20

_BLANKS = re.compile(r"[ \t\r\n]*")
_LONGEST_TOKEN = 16
"""An error farther from the end of the text than this is not for want of more text."""
_NUMBER_WITHOUT_END = re.compile(r"-|\.|[eE][-+]?")
"""What the parser leaves of a number that is cut: it takes the whole number before it for all there is."""
_WORDS = ("true", "false", "null", "NaN", "-Infinity", "Infinity")


class Value(NamedTuple):
    """A value of the file."""

    content: Any
    number: int
    """Among those of its array, or of the file, from 1; those that could not be read count too."""
    line: int
    array: int
    """The number of the array it is in. 0: it stands in none."""


class Broken(NamedTuple):
    """Something that could not be read."""

    place: str
    said: str
    array: int = 0
    """The number of the array it is in. 0: it stands in none."""
    is_cut: bool = False
    """Whether the file ends too early."""


class JsonStream:
    """The values of a file.

    Args:
        pieces: The text, in any pieces.
        largest: How many characters a value may have.
    """

    def __init__(self, pieces: Iterator[str], largest: int = LARGEST_CHARS) -> None:
        self._pieces = pieces
        self._largest = largest
        self._text = ""
        self._at = 0
        self._line = 1
        self._line_start = 0
        """Where the current line begins in the text; negative when that is gone."""
        self._array = 0
        self._arrays = 0
        self._number = 0

    def __iter__(self) -> Iterator[Value | Broken]:
        try:
            while char := self._next_char():
                if char == "[":
                    yield from self._read_array()
                else:
                    yield self._take_value()
        except _CannotReadError as error:
            if error.broken.array:
                yield error.broken
            else:
                yield from self._read_lines(error.broken)

    def head(self, count: int) -> str:
        """Return the first characters that are not blank, without going on."""
        self._next_char()
        while len(self._text) - self._at < count and self._fill():
            pass
        return self._text[self._at : self._at + count]

    def rest(self) -> str | None:
        """Return all that is left, in one piece. None: that is more than a value may have."""
        try:
            while self._fill():
                pass
        except _TooLongError:
            return None
        return self._text[self._at :]

    # Values ---------------------------------------------------------------------------------------------------------

    def _read_array(self) -> Iterator[Value | Broken]:
        self._advance(self._at + 1)
        self._arrays += 1
        self._array, outer, self._number = self._arrays, self._number, 0
        char = self._next_char()
        while char and char != "]":
            yield self._take_value()
            char = self._next_char()
            if char == ",":
                self._advance(self._at + 1)
                char = self._next_char()
            elif char not in {"]", ""}:
                self._stop("There is no comma after it, and from here on nothing was read.")
        if not char:
            self._stop("The file ends before the list does.", is_cut=True)
        self._advance(self._at + 1)
        self._array, self._number = 0, outer + 1

    def _take_value(self) -> Value | Broken:
        """Return the value that begins here, and go on to what is after it.

        Raises:
            _CannotReadError: where nobody knows where that is.
        """
        self._number += 1
        content, end, is_whole = self._parse()
        if is_whole:
            taken: Value | Broken = Value(content, self._number, self._line, self._array)
        else:
            taken = self._broken("A number in it is too long, and it was left out.")
        self._advance(end)
        return taken

    def _parse(self) -> tuple[Any, int, bool]:
        """Parse one value, and return where it ends and whether all of its numbers could be read."""
        scan, is_whole = _SCAN, True
        while True:
            try:
                content, end = scan(self._text, self._at)
                if isinstance(content, (dict, list, str)) or end < len(self._text) - _LONGEST_TOKEN:
                    return content, end, is_whole
                if not self._fill_or_stop():  # what looks like the end of a number may be its middle
                    return content, end, is_whole
            except json.JSONDecodeError as error:
                is_near = len(self._text) - error.pos < _LONGEST_TOKEN or not self._text[error.pos :].strip()
                is_near = is_near or error.msg.startswith("Unterminated")
                if not (is_near and self._fill_or_stop()):
                    self._refuse(error)
            except RecursionError:
                self._stop("Its values are nested too deeply, and it was left out.")
            except ValueError:  # more digits than Python reads
                scan, is_whole = _SCAN_LONG_NUMBERS, False

    def _refuse(self, error: json.JSONDecodeError) -> NoReturn:
        rest = self._text[error.pos : error.pos + _LONGEST_TOKEN].strip()
        if (
            error.msg.startswith("Unterminated")
            or any(word.startswith(rest) for word in _WORDS)  # also where nothing is left
            or _NUMBER_WITHOUT_END.fullmatch(rest)
            or (error.msg.startswith("Invalid \\u") and len(self._text) - error.pos < _LONGEST_TOKEN / 2)
        ):
            self._stop("The file ends in the middle of it, and it was left out.", is_cut=True)
        line = self._line + self._text.count("\n", self._at, error.pos)
        start = self._text.rfind("\n", self._at, error.pos) + 1 or self._line_start
        where = f"line {line}, column {error.pos - start + 1}"
        self._stop(f"It is not JSON ({error.msg} at {where}), and was left out.")

    # Lines ----------------------------------------------------------------------------------------------------------

    def _read_lines(self, broken: Broken) -> Iterator[Value | Broken]:
        """Go on after the line that broke; lines that cannot be read and stand together are told of once."""
        bad: Broken | None = broken
        begin = end = self._line
        self._take_line()
        number = self._line
        while (line := self._take_line()) is not None:
            content = _parse_line(line)
            if content is not None:
                if bad is not None:
                    yield bad._replace(place=_lines(begin, end))
                    bad = None
                self._number += 1
                yield Value(content, self._number, number, 0)
            elif bad is not None:
                end = number if line.strip() else end
            elif line.strip():
                bad, begin, end = Broken("", "It is not JSON, and was left out."), number, number
            number = self._line
        if bad is not None:
            yield bad._replace(place=_lines(begin, end))

    def _take_line(self) -> str | None:
        """Return the rest of the line without its end, and go on to the next. None: there is none.

        Of one that is longer than a value may be, only the beginning of a value is returned.
        """
        searched = self._at
        is_too_long = False
        while (end := self._text.find("\n", searched)) < 0:
            searched = len(self._text) - self._at
            try:
                has_more = self._fill()
            except _TooLongError:
                is_too_long = True
                self._advance(len(self._text))
                searched, has_more = 0, self._fill()
            if not has_more:
                end = len(self._text)
                break
        line = self._text[self._at : end]
        is_end = end == len(self._text)
        self._advance(end if is_end else end + 1)
        if is_too_long:
            return "{"
        return None if is_end and not line else line

    # Text -----------------------------------------------------------------------------------------------------------

    def _next_char(self) -> str:
        """Go on to the next character that is not blank, and return it. Empty: the file ends."""
        while True:
            match = _BLANKS.match(self._text, self._at)
            self._advance(match.end() if match else self._at)
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._fill():
                return ""

    def _advance(self, to: int) -> None:
        lines = self._text.count("\n", self._at, to)
        if lines:
            self._line += lines
            self._line_start = self._text.rfind("\n", self._at, to) + 1
        self._at = to

    def _fill(self) -> bool:
        """Read on, so that what is left at least doubles, and forget what is done. False: the file ends.

        Raises:
            _TooLongError: where there is more left already than a value may have.
        """
        left = len(self._text) - self._at
        if left > self._largest:
            raise _TooLongError
        pieces, count = [], 0
        for piece in self._pieces:
            pieces.append(piece)
            count += len(piece)
            if count >= max(left, PIECE_CHARS):
                break
        if not count:
            return False
        self._text = "".join((self._text[self._at :], *pieces))
        self._line_start -= self._at
        self._at = 0
        return True

    def _fill_or_stop(self) -> bool:
        try:
            return self._fill()
        except _TooLongError:
            self._stop(f"It is longer than {self._largest >> 20} MiB, and was left out.")

    def _stop(self, said: str, *, is_cut: bool = False) -> NoReturn:
        raise _CannotReadError(self._broken(said, is_cut=is_cut)) from None

    def _broken(self, said: str, *, is_cut: bool = False) -> Broken:
        place = f"item {self._number}, line {self._line}" if self._array else f"line {self._line}"
        return Broken(place, said, self._array, is_cut)


class _TooLongError(Exception):
    """What is left to read without a pause is longer than a value may be."""


class _CannotReadError(Exception):
    """Carries what is broken to where reading goes on."""

    def __init__(self, broken: Broken) -> None:
        super().__init__(broken.said)
        self.broken = broken


def _short_int(digits: str) -> int | None:
    try:
        return int(digits)
    except ValueError:
        return None


# Control characters in a text are no JSON, but some programs write them. NaN is read too: one bad date is no reason to
# leave a chat out.
_SCAN = json.JSONDecoder(strict=False).raw_decode
_SCAN_LONG_NUMBERS = json.JSONDecoder(strict=False, parse_int=_short_int).raw_decode


def _parse_line(line: str) -> Any:
    """Return the object or array that a line is. None: it is neither, or a part of something on more lines."""
    if not line.startswith(("{", "[")):
        return None
    try:
        content, end = _SCAN(line)
    except (ValueError, RecursionError):
        return None
    return content if not line[end:].strip() else None


def _lines(begin: int, end: int) -> str:
    return f"line {begin}" if begin == end else f"lines {begin} to {end}"
