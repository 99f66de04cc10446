"""What can be typed on the command line, read from the arguments as argparse has them. For completion and the man page."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Literal, NamedTuple

Kind = Literal[
    "none", "text", "choice", "file", "profiles", "providers", "models", "chats", "settings", "assignments"
]
"""What a value can be. The last six are found out while it is typed: see ``subcommands.complete``."""

_KINDS: Mapping[str, Kind] = {
    "profile": "profiles",
    "provider": "providers",
    "model": "models",
    "models": "models",
    "resume": "chats",
    "chats": "chats",
    "chat": "chats",
    "set": "assignments",
    "name": "settings",
}
"""By the name under which argparse keeps a value."""
_FILES = frozenset({"FILE", "GGUF", "PATH", "DIRECTORY"})


class Option(NamedTuple):
    """One option, or a place for words where it has no names."""

    names: tuple[str, ...]
    help: str
    kind: Kind
    metavar: str = ""
    choices: tuple[str, ...] = ()
    is_repeated: bool = False
    is_optional: bool = False
    """Whether its value may be left out."""


class Program(NamedTuple):
    """The program or a sub-command of it, at any depth."""

    words: tuple[str, ...]
    """What leads to it: ``("config", "key")``."""
    summary: str
    description: str
    epilog: str
    options: tuple[Option, ...]
    arguments: tuple[Option, ...]
    subcommands: tuple[Program, ...] = ()

    def walk(self) -> Iterator[Program]:
        """Yield it and all below it."""
        yield self
        for program in self.subcommands:
            yield from program.walk()


def read_program(
    parser: argparse.ArgumentParser,
    subcommands: Mapping[str, str],
    load: Callable[[str], argparse.ArgumentParser],
) -> Program:
    """Read a parser and those of its sub-commands: name to summary, and how to get the parser of one."""
    top = _read(parser, (), "")
    below = tuple(_read(load(name), (name,), summary) for name, summary in subcommands.items())
    return top._replace(subcommands=(*top.subcommands, *below))


def load_parser(module: str) -> argparse.ArgumentParser:
    """Return the parser of a module of ``subcommands``."""
    parser: argparse.ArgumentParser = vars(import_module(f"chatrepl.subcommands.{module}"))["_parser"]()
    return parser


def _read(parser: argparse.ArgumentParser, words: tuple[str, ...], summary: str) -> Program:
    options: list[Option] = []
    arguments: list[Option] = []
    below: list[Program] = []
    for action in parser._actions:  # noqa: SLF001 - argparse offers no other way
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - the same
            summaries = {choice.dest: choice.help or "" for choice in action._choices_actions}  # noqa: SLF001
            below += [
                _read(inner, (*words, name), summaries.get(name, ""))
                for name, inner in action.choices.items()
            ]
        elif action.help != argparse.SUPPRESS:
            (options if action.option_strings else arguments).append(_option(action))
    return Program(
        words,
        summary,
        parser.description or "",
        parser.epilog or "",
        tuple(options),
        tuple(arguments),
        tuple(below),
    )


def _option(action: argparse.Action) -> Option:
    choices = tuple(map(str, action.choices)) if action.choices is not None else ()
    metavar = action.metavar if isinstance(action.metavar, str) else ""
    if action.nargs == 0:
        kind: Kind = "none"
    elif choices:
        kind = "choice"
    elif metavar in _FILES or action.dest in {"file", "files", "output"}:
        kind = "file"
    else:
        kind = _KINDS.get(action.dest, "text")
    names = sorted(action.option_strings, key=len)
    return Option(
        tuple(names),
        (action.help or "").replace("%(default)s", str(action.default)).replace("%%", "%"),
        kind,
        metavar or ("" if kind == "none" else action.dest.upper().replace("_", "-")),
        choices,
        is_repeated=isinstance(action, argparse._AppendAction) or action.nargs in {"*", "+"},  # noqa: SLF001
        is_optional=action.nargs in {"?", "*"},
    )
