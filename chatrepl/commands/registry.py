"""Looks commands up and reads their arguments. Pure."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chatrepl.commands.base import Arg, Command
from chatrepl.errors import UsageError


@dataclass(frozen=True, slots=True)
class Line:
    """A typed line that is a command: its name as typed, without the slash, and what follows."""

    name: str
    rest: str


def split_line(text: str) -> Line | str:
    """Tell a command from a message.

    A command is a slash and a name, then a space or the end. A name never holds a second slash, so that
    ``/etc/hosts is odd`` is a message; two slashes at the start send one.
    """
    if not text.startswith("/"):
        return text
    if text.startswith("//"):
        return text[1:]
    head = text.split(maxsplit=1)
    name, rest = head[0][1:], head[1] if len(head) > 1 else ""
    if "/" in name or (name and not (name[0].isalpha() or name == "?")):
        return text
    return Line(name, rest.strip())


class Registry:
    """All commands of one front end."""

    def __init__(self, commands: Sequence[Command]) -> None:
        self.commands = tuple(commands)
        self._by_name: dict[str, Command] = {}
        for command in self.commands:
            for name in (command.name, *command.aliases):
                if name in self._by_name:
                    raise ValueError(f"two commands are called /{name}")
                self._by_name[name] = command

    def named(self, name: str) -> Command | None:
        """Return the command with exactly this name or alias. None: there is none."""
        return self._by_name.get(name)

    def by_name(self) -> Iterator[tuple[str, Command]]:
        """Yield every name and alias with its command."""
        yield from self._by_name.items()

    def names(self) -> list[str]:
        """Return every name and alias, sorted."""
        return sorted(self._by_name)

    def find(self, name: str) -> Command:
        """Return the command with this name or alias, or the only one whose name begins so.

        Raises:
            UsageError: with the nearest names.
        """
        name = name.lower()
        if name in self._by_name:
            return self._by_name[name]
        begun = {
            command.name: command
            for known, command in self._by_name.items()
            if name and known.startswith(name)
        }
        if len(begun) == 1:
            return next(iter(begun.values()))
        if begun:
            options = ", ".join(f"/{known}" for known in sorted(begun))
            raise UsageError(f"/{name} could be {options}.", hint="Type one more letter, or Tab.")
        if not name:
            raise UsageError(
                "A command has a name after the slash.", hint="/help lists them; // sends a slash."
            )
        near = difflib.get_close_matches(name, self._by_name, n=3, cutoff=0.5)
        offered = "Did you mean " + " or ".join(f"/{known}" for known in near) + "? " if near else ""
        raise UsageError(
            f"There is no command /{name}.",
            hint=f"{offered}/help lists all; a message that begins with / needs //.",
        )


def parse_arguments(command: Command, rest: str) -> Mapping[str, Any]:
    """Read what follows a command's name into its arguments; absent optional ones are None.

    Raises:
        UsageError: where one is missing, too many are given, or a number is none.
    """
    values: dict[str, Any] = {}
    for arg in command.args:
        if not rest:
            if not arg.optional:
                raise UsageError(
                    f"/{command.name} needs {_article(arg.name)}.", hint=f"Usage: {command.usage}"
                )
            values[arg.name] = None
            continue
        values[arg.name], rest = _take(command, arg, rest)
    if rest:
        raise UsageError(
            f"/{command.name} takes nothing after that, but got '{rest}'.", hint=f"Usage: {command.usage}"
        )
    return values


def _take(command: Command, arg: Arg, rest: str) -> tuple[Any, str]:
    if arg.kind == "rest":
        return rest, ""
    if arg.kind == "path":
        return _unquote(rest), ""
    word, _, rest = rest.partition(" ")
    if arg.kind == "number":
        if not word.lstrip("-").isdecimal() or len(word) > 9:
            raise UsageError(
                f"/{command.name}: {arg.name} is a whole number, not '{word}'.",
                hint=f"Usage: {command.usage}",
            )
        return int(word), rest.strip()
    return word, rest.strip()


def _unquote(text: str) -> str:
    """Return a path as typed, without quotes or backslashes where it was quoted as a shell would."""
    try:
        words = shlex.split(text)
    except ValueError:  # an unfinished quote is part of the name
        return text
    return words[0] if len(words) == 1 else text


def _article(name: str) -> str:
    if name.endswith("s"):
        return name
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
