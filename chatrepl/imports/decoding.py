"""Turns the bytes of a file into text as they come: UTF-8, or UTF-16 and UTF-32 with their mark. Pure.

A byte that is no UTF-8 does not end the reading: it becomes half of a surrogate pair, which whoever takes a text out
replaces, and it is remembered.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),  # before the shorter mark that it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MARK_BYTES = 4
_ESCAPED = re.compile("[\udc80-\udcff]")


class Decoding:
    """The text of a file, in pieces, and which of its bytes were none."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self.bad_count = 0
        """How many bytes could not be decoded so far."""
        self.first_bad = 0
        """Where the first of them is, from 0."""
        self._chunks = chunks

    def __iter__(self) -> Iterator[str]:
        chunks = iter(self._chunks)
        start = b""
        for chunk in chunks:
            start += chunk
            if len(start) >= _MARK_BYTES:
                break
        name = next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
        is_utf8 = name.startswith("utf-8")
        decoder = codecs.getincrementaldecoder(name)("surrogateescape" if is_utf8 else "replace")
        done = 0
        for chunk in _chain(start, chunks):
            pending = len(decoder.getstate()[0])
            text = decoder.decode(chunk)
            if is_utf8 and not text.isascii():
                self._look(text, done - pending)
            done += len(chunk)
            if text:
                yield text
        if rest := decoder.decode(b"", final=True):
            yield rest

    def _look(self, text: str, start: int) -> None:
        bad = _ESCAPED.findall(text)
        if bad and not self.bad_count:
            before = text[: text.index(bad[0])]
            self.first_bad = start + len(before.encode("utf-8", "surrogateescape"))
        self.bad_count += len(bad)


def _chain(start: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield start
    yield from chunks
