"""Asks a person questions before there is a prompt: with completion and Esc where the terminal can, else line by line."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from textwrap import wrap
from typing import TYPE_CHECKING, NamedTuple, Protocol

from chatrepl.environment import Environment, HeldKeys
from chatrepl.sanitise import sanitise
from chatrepl.ui.ascii import output_for

if TYPE_CHECKING:
    from prompt_toolkit.filters import FilterOrBool
    from prompt_toolkit.key_binding import KeyBindings
    from prompt_toolkit.key_binding.key_processor import KeyPressEvent
    from prompt_toolkit.shortcuts import PromptSession


class LeftError(Exception):
    """The person wants to leave: Esc, Ctrl-C, Ctrl-D, or the end of what can be read."""


class Place(NamedTuple):
    """Where a key can be kept."""

    name: str
    """As it stands in ``Chosen``."""
    text: str
    """As in ``kept in TEXT``."""
    is_secret: bool = True
    """Whether what is typed is the key itself. False: it is the name of a variable."""


class Asker(Protocol):
    """Says something, and asks something."""

    def say(self, text: str) -> None:
        """Write a paragraph, or lines."""
        ...

    def alone(self) -> AbstractContextManager[object]:
        """Return a context in which nothing but a question shows what is typed: a key may be pasted early."""
        ...

    def ask(self, question: str, words: Sequence[str] = ()) -> str:
        """Return what was typed, without blanks around it. ``words`` complete.

        Raises:
            LeftError: nothing was, and nothing will be.
        """
        ...

    def ask_key(self, question: str, places: Sequence[Place]) -> tuple[str, Place]:
        """Return what was typed without showing it, and where it shall be kept.

        Raises:
            LeftError: nothing was, and nothing will be.
        """
        ...


class _Speaker:
    """What both askers have in common."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._output = output_for(environment, environment.stderr)

    def say(self, text: str) -> None:
        """Write lines, broken between words; what is indented stays so."""
        width = max(20, self._environment.columns - 1)
        for line in sanitise(text).split("\n"):
            indent = line[: len(line) - len(line.lstrip())]
            hang = indent + "   " * bool(indent)
            rows = wrap(
                line, width, subsequent_indent=hang, break_long_words=False, break_on_hyphens=False
            ) or [""]
            self._output.write("".join(f"{row}\n" for row in rows))


class LineAsker(_Speaker):
    """Reads lines as the terminal gives them: for screen readers and poor terminals."""

    def alone(self) -> AbstractContextManager[object]:
        """Change nothing: the terminal itself shows the lines that are typed."""
        return nullcontext()

    def ask(self, question: str, words: Sequence[str] = ()) -> str:  # noqa: ARG002 - nothing completes here
        """Read a line."""
        self._output.write(sanitise(question))
        try:
            line = self._environment.stdin.readline()
        except KeyboardInterrupt:
            line = ""
        if not line or "\x1b" in line:
            self._output.write("\n")
            raise LeftError
        return line.strip()

    def ask_key(self, question: str, places: Sequence[Place]) -> tuple[str, Place]:
        """Read a line that is not shown. A $ before it makes it the name of a variable."""
        from getpass import getpass

        named = next((place for place in places if not place.is_secret), None)
        if named is not None:
            self.say(f"It will be kept in {places[0].text}. $NAME names a variable that holds it.")
        try:
            typed = getpass(sanitise(question)).strip()
        except (KeyboardInterrupt, EOFError):
            self._output.write("\n")
            raise LeftError from None
        if "\x1b" in typed:
            raise LeftError
        return (typed[1:], named) if named is not None and typed.startswith("$") else (typed, places[0])


class PromptAsker(_Speaker):
    """Reads keys: Esc leaves at once, Tab completes, or changes where a key is kept."""

    def alone(self) -> AbstractContextManager[object]:
        """Keep what is typed between two questions for the next one, unseen."""
        return HeldKeys(self._environment.stdin)

    def ask(self, question: str, words: Sequence[str] = ()) -> str:
        """Read a line with completion."""
        from prompt_toolkit.completion import WordCompleter

        completer = WordCompleter([*words], sentence=True, match_middle=True) if words else None
        session = self._session(_leaving_bindings())
        return self._run(lambda: session.prompt(sanitise(question), completer=completer))

    def ask_key(self, question: str, places: Sequence[Place]) -> tuple[str, Place]:
        """Read a key, shown as stars, or the name of a variable."""
        from prompt_toolkit.filters import Condition

        chosen = 0
        bindings = _leaving_bindings()

        @bindings.add("tab")
        def _(event: KeyPressEvent) -> None:
            nonlocal chosen
            before, chosen = places[chosen], (chosen + 1) % len(places)
            if before.is_secret and not places[chosen].is_secret:
                event.current_buffer.reset()  # what was typed as a key is not shown

        def message() -> str:
            place = places[chosen]
            said = f"Kept in {place.text}. Tab: elsewhere." if len(places) > 1 else f"Kept in {place.text}."
            return "\n".join([*wrap(said, max(20, self._environment.columns - 1)), sanitise(question)])

        session = self._session(bindings, Condition(lambda: places[chosen].is_secret))
        typed = self._run(lambda: session.prompt(message))
        return typed, places[chosen]

    def _session(self, bindings: KeyBindings, is_secret: FilterOrBool = False) -> PromptSession[str]:
        from prompt_toolkit.input import create_input
        from prompt_toolkit.shortcuts import PromptSession

        from chatrepl.ui.output import HeldOutput

        output = HeldOutput.on(self._environment)
        output.line = None
        session: PromptSession[str] = PromptSession(
            input=create_input(self._environment.stdin),
            output=output,
            key_bindings=bindings,
            is_password=is_secret,
            reserve_space_for_menu=4,
        )
        session.app.ttimeoutlen = ESC_WAIT_S
        return session

    def _run(self, prompt: Callable[[], str]) -> str:
        try:
            return prompt().strip()
        except (KeyboardInterrupt, EOFError):
            raise LeftError from None


ESC_WAIT_S = 0.05
"""So long after Esc it is known that no other key of a sequence follows."""


def _leaving_bindings() -> KeyBindings:
    """Return bindings in which Esc leaves."""
    from prompt_toolkit.key_binding import KeyBindings

    bindings = KeyBindings()

    @bindings.add("escape", eager=True)
    def _(event: KeyPressEvent) -> None:
        event.app.exit(exception=EOFError)

    return bindings


def asker_for(environment: Environment, *, is_plain: bool) -> Asker:
    """Return who asks at this terminal."""
    return LineAsker(environment) if is_plain or environment.is_dumb else PromptAsker(environment)
