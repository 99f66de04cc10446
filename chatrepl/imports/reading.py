"""Makes chats of the values of a JSON file, whatever program wrote it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Any, NoReturn

from chatrepl.errors import TranscriptError
from chatrepl.imports import chatgpt, claude, openai, own
from chatrepl.imports.base import Found, Item, Problem
from chatrepl.imports.json_stream import Broken, Value
from chatrepl.imports.report import Report

_MOST_UNKNOWN = 1000
"""After so many values of no known kind, and none of a known one, a file is given up."""
_FIELDS: Mapping[str, Callable[[dict[str, Any], str, datetime], Found | None]] = {
    "mapping": chatgpt.read_chat,
    "chat_messages": claude.read_chat,
    "messages": openai.read_chat,
}
"""What tells the kinds apart."""


class Reading:
    """The chats of a file so far.

    Messages that are values themselves are gathered until their array, or the file, ends: they are one chat.
    """

    def __init__(self, name: str, now: datetime) -> None:
        self._name = name
        self._now = now
        self._is_known = False
        self._is_cut = False
        self._early: list[Problem] = []
        self._loose: list[Any] = []
        self._loose_array = 0
        self._loose_problems: list[Problem] = []

    def take(self, value: Value | Broken) -> Iterator[Item]:
        """Take what comes next in the file, and yield what is done.

        Raises:
            TranscriptError: where so far nothing of a known kind was found, and it is not worth while to go on.
        """
        if isinstance(value, Broken):
            yield from self._take_broken(value)
        elif openai.is_message(value.content):
            if self._loose and self._loose_array != value.array:
                yield from self._take_loose()
            self._loose.append(value.content)
            self._loose_array = value.array
            if not self._is_known:
                yield from self._know()
        else:
            yield from self._take_chat(value)

    def finish(self) -> Iterator[Item]:
        """Yield what is left.

        Raises:
            TranscriptError: where nothing of a known kind was found.
        """
        yield from self._take_loose()
        if not self._is_known and not self._is_cut:
            self._give_up()
        yield from self._early

    def _know(self) -> Iterator[Problem]:
        """Yield what was found before the file was known to be one of chats."""
        self._is_known = True
        yield from self._early
        self._early.clear()

    def _tell(self, problem: Problem) -> Iterator[Problem]:
        if self._is_known:
            yield problem
        elif len(self._early) < _MOST_UNKNOWN:
            self._early.append(problem)
        else:
            self._give_up()

    def _give_up(self) -> NoReturn:
        if self._early:
            place, said = self._early[0]
            raise TranscriptError(f"The file holds no chat of a known kind; {place}: {said}")
        raise TranscriptError("The file holds no chat.")

    def _take_broken(self, broken: Broken) -> Iterator[Problem]:
        self._is_cut = self._is_cut or broken.is_cut
        problem = Problem(broken.place, broken.said)
        if self._loose and self._loose_array == broken.array:
            if not broken.array:
                self._loose_problems.append(problem)
                return
            self._loose.clear()
            problem = Problem(broken.place, f"{broken.said} So the chat could not be read.")
        yield from self._tell(problem)

    def _take_chat(self, value: Value) -> Iterator[Item]:
        place = f"conversation {value.number}" if value.array else f"line {value.line}"
        read = _reader_of(value)
        if read is not None:
            yield from self._know()
            yield from _guarded(place, lambda: read(place, self._now))
        elif self._loose and self._loose_array == value.array:
            self._loose.append(value.content)  # it is told as a message that is none, with its number
        else:
            yield from self._tell(Problem(place, "It is no chat of a known kind, and was left out."))

    def _take_loose(self) -> Iterator[Item]:
        items, problems = self._loose, self._loose_problems
        self._loose, self._loose_problems = [], []
        if not items:
            return
        place = f"conversation {max(self._loose_array, 1)}"

        def read() -> Found | None:
            if self._loose_array:
                return openai.read_array(items, self._name, place, self._now, Report())
            return openai.read_lines(items, place, self._now, Report())

        for item in _guarded(place, read):
            yield item._replace(problems=(*item.problems, *problems)) if isinstance(item, Found) else item


def _guarded(place: str, read: Callable[[], Found | None]) -> Iterator[Item]:
    try:
        found = read()
    except TranscriptError as error:
        yield Problem(place, f"{error.message.rstrip('.')}. It was left out.")
    except RecursionError:
        yield Problem(place, "Its values are nested too deeply, and it was left out.")
    else:
        if found is not None:
            yield found


def _reader_of(value: Value) -> Callable[[str, datetime], Found | None] | None:
    """Return what reads a value as a chat. None: it is none of a known kind."""
    content = value.content
    if isinstance(content, list) and any(map(openai.is_message, content)):
        content = {"messages": content}
    if not isinstance(content, dict):
        return None
    kind = content.get("format")
    if isinstance(kind, str) and kind.startswith("chatrepl/"):
        return partial(own.read_chat, content)
    for field, read in _FIELDS.items():
        if field in content:
            return partial(read, content)
    return None
