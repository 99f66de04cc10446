"""Turns the chats of other programs, and chatrepl's own, into conversations. Pure: it is handed bytes and a time.

A file is told by what it holds, not by its name. It may be long: it is read value by value, and what was read is
yielded before the rest is looked at. What is broken is left out or mended, and told; the same file read again gives the
same ids, and one that has grown since gives the same ids for what was there before.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime

from chatrepl.errors import TranscriptError
from chatrepl.imports import aichat
from chatrepl.imports.base import Found, Item, Problem
from chatrepl.imports.decoding import Decoding
from chatrepl.imports.fields import clean
from chatrepl.imports.json_stream import JsonStream
from chatrepl.imports.reading import Reading

__all__ = ["KINDS", "Found", "Item", "Problem", "read_chats"]

KINDS: tuple[str, ...] = ("chatrepl", "chatgpt", "claude", "openai", "gptme", "shell_gpt", "aichat")
"""The programs whose files can be read, for the help. ``openai`` is any list of messages as its API takes it."""

_HINT = (
    f"Known are the files of {', '.join(KINDS[:-1])} and {KINDS[-1]}; a ZIP archive must be unpacked first."
)
_MESSAGES = re.compile(r"^(?:compressed_)?messages:", re.MULTILINE)


def read_chats(chunks: Iterable[bytes], name: str, now: datetime) -> Iterator[Item]:
    """Yield the chats of a file, in its order, and what could not be read.

    Args:
        chunks: The bytes of the file, in any pieces.
        name: The file's name, for kinds that have neither titles nor ids.
        now: Taken for times that are not in the file.

    Raises:
        TranscriptError: where the file is of none of the known kinds.
    """
    decoding = Decoding(chunks)
    try:
        yield from _read(decoding, name, now)
    except TranscriptError as error:
        raise TranscriptError(error.message, hint=_HINT) from None
    if decoding.bad_count:
        more = f" and {decoding.bad_count - 1} more" if decoding.bad_count > 1 else ""
        yield Problem(f"byte {decoding.first_bad + 1}{more}", "It is not UTF-8; U+FFFD was put in its place.")


def _read(decoding: Decoding, name: str, now: datetime) -> Iterator[Item]:
    stream = JsonStream(iter(decoding))
    head = stream.head(aichat.HEAD_CHARS)
    if head.startswith(("{", "[")):
        reading = Reading(name, now)
        for value in stream:
            yield from reading.take(value)
        yield from reading.finish()
    elif aichat.may_be_session(head):
        yield from _read_session(stream.rest(), name, now)
    elif decoding.bad_count:
        raise TranscriptError(f"The file is not text: byte {decoding.first_bad + 1} is not UTF-8.")
    else:
        raise TranscriptError(f"The file is {'neither JSON nor a session of aichat' if head else 'empty'}.")


def _read_session(text: str | None, name: str, now: datetime) -> Iterator[Item]:
    if text is None:
        raise TranscriptError("The file is too long to be a session of aichat.")
    try:
        found = aichat.read_session(clean(text), name, now)
    except TranscriptError as error:
        if not _MESSAGES.search(text):
            raise
        yield Problem("conversation 1", f"{error.message} It was left out.")
    else:
        if found is not None:
            yield found
