"""Which theme is in use: as the settings say, or as the terminal's background is."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from chatrepl.errors import ChatreplError
from chatrepl.themes import AUTO, BUILT_IN, DARK, LIGHT, Theme, read_theme

if TYPE_CHECKING:
    from chatrepl.session import Session
    from chatrepl.ui.screen import ChatApplication

QUESTION = "\x1b]11;?\x1b\\"
"""Asks for the background's colour. Source: xterm's control sequences, OSC 11."""
_ANSWER = re.compile(
    r"\x1b\]11;rgba?:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})[^\x07\x1b]*(?:\x07|\x1b\\)"
)
_BEGUN = re.compile(r"\x1b\](?:1(?:1(?:;[^\x07\x1b]{0,40}\x1b?)?)?)?\Z")
"""The beginning of an answer that is cut off. An Esc alone is a key."""
ANSWER_WAIT_S = 2.0
"""An answer that comes later is one to another question."""
_LIGHT_FROM = 0.5


class Theming:
    """Chooses the theme, anew where the settings change.

    Args:
        say: Says what is wrong with a theme of the user's.
        variables: Those of the process.
    """

    def __init__(
        self, session: Session, say: Callable[[ChatreplError], None], variables: Mapping[str, str]
    ) -> None:
        self._session = session
        self._say = say
        self._variables = variables
        self._is_light = is_light_by_variables(variables) is True
        self._chosen = ""
        self._theme = self._drawn = DARK

    @property
    def theme(self) -> Theme:
        """The theme in use. A wrong one of the user's is told of once, and the one before stays."""
        name = self._session.settings.terminal.theme
        if name == AUTO:
            return LIGHT if self._is_light else DARK
        if name != self._chosen:
            self._chosen = name
            try:
                self._theme = find_theme(self._session, name)
            except ChatreplError as error:
                self._say(error)
        return self._theme

    def follow(self, application: ChatApplication) -> None:
        """Draw what stands around the input line in the theme in use."""
        theme = self.theme
        if theme is not self._drawn:
            from prompt_toolkit.styles import Style

            self._drawn = theme
            application.style = Style.from_dict(dict(theme.prompt))
            application.invalidate()

    def ask(self, application: ChatApplication) -> None:
        """Ask the terminal for its background, where the theme depends on it and nothing else tells."""
        parser = getattr(application.input, "vt100_parser", None)
        if not self.asks or parser is None or application.line is None:
            return

        def answered(is_light: bool) -> None:
            self._is_light = is_light
            self.follow(application)

        answers = AnswerFilter(parser, answered)
        application.output.write_raw(QUESTION)
        application.output.flush()
        asyncio.get_running_loop().call_later(ANSWER_WAIT_S, answers.remove)

    @property
    def asks(self) -> bool:
        """Whether it is worth asking the terminal for its background."""
        term = self._variables.get("TERM", "")
        is_known = is_light_by_variables(self._variables) is not None
        return (
            self._session.settings.terminal.theme == AUTO
            and not is_known
            and not term.startswith(("linux", "screen", "dumb"))
        )


def find_theme(session: Session, name: str) -> Theme:
    """Return a theme by its name.

    Raises:
        ChatreplError: there is none, or it is wrong.
    """
    from chatrepl.commands.theme import unknown_theme

    if name in BUILT_IN:
        return BUILT_IN[name]
    source = session.own_texts.themes.find(name)
    if source is None:
        raise unknown_theme(session, name)
    return read_theme(source.name, source.content, source.shown)


def is_light_by_variables(variables: Mapping[str, str]) -> bool | None:
    """Return what ``COLORFGBG`` says of the background. None: nothing. Source: rxvt's manual."""
    last = variables.get("COLORFGBG", "").rpartition(";")[2]
    return int(last) in {7, *range(9, 16)} if last.isdecimal() and int(last) < 16 else None


def is_light(red: str, green: str, blue: str) -> bool:
    """Whether a colour is light, from its parts in hexadecimal digits, by how bright they are seen."""
    parts = (int(part, 16) / (16 ** len(part) - 1) for part in (red, green, blue))
    seen: float = sum(part * weight for part, weight in zip(parts, (0.299, 0.587, 0.114), strict=True))
    return seen > _LIGHT_FROM


class AnswerFilter:
    """Takes the terminal's answer out of what is typed.

    Args:
        parser: What reads the keys; its ``feed`` is put behind this.
        on_answer: Called with whether the background is light.
    """

    def __init__(self, parser: Any, on_answer: Callable[[bool], None]) -> None:
        self._parser = parser
        self._feed = parser.feed
        self._on_answer = on_answer
        self._held = ""
        parser.feed = self.feed

    def feed(self, data: str) -> None:
        """Take what was typed or answered; the beginning of an answer is held back until its end is there."""
        data, self._held = self._held + data, ""
        match = _ANSWER.search(data)
        if match is not None:
            self._on_answer(is_light(match[1], match[2], match[3]))
            data = data[: match.start()] + data[match.end() :]
        elif (begun := _BEGUN.search(data)) is not None:
            data, self._held = data[: begun.start()], begun[0]
        if data:
            self._feed(data)

    def remove(self) -> None:
        """Let keys go their usual way again."""
        if self._parser.feed == self.feed:
            self._parser.feed = self._feed
        if self._held:
            held, self._held = self._held, ""
            self._feed(held)
