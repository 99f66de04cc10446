r"""Texts with places to fill in: ``{{name}}``, ``{{name=default}}``, ``{{file:PATH}}``. Pure.

A text is taken apart once and put together once: a value is never looked at for places of its own, so nothing that a value
says can bring in a file. ``\{{`` stands for two braces, and ``\\{{`` for a backslash before a place.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from chatrepl.errors import UsageError
from chatrepl.values import shown

FILE = "file"
BUILT_IN = ("input", "stdin", "clipboard", "date", "time")
"""Names that chatrepl fills in by itself."""
MAY_BE_ABSENT = ("input", "stdin")
"""Those of them that may have a default, for where there is nothing."""

NAME = re.compile(r"[^\W\d][\w-]*")
_PLACE = re.compile(r"(\\*)\{\{(.*?)\}\}", re.DOTALL)
_BRACES = re.compile(r"(\\+)\{\{|(\{\{)")
_VALUE = re.compile(r"([^\W\d][\w-]*)=((?:\"(?:\\.|[^\"\\])*\"|'[^']*'|[^\s\"'])*)(?=\s|$)", re.DOTALL)
_QUOTED = re.compile(r"\"((?:\\.|[^\"\\])*)\"|'([^']*)'", re.DOTALL)


class Place(NamedTuple):
    """A place in a text that is filled in."""

    name: str
    """Of the variable; ``file`` for the text of one."""
    default: str | None = None
    """What stands there where nothing is given. None: something must be."""
    path: str = ""
    """Of the file, as it is written."""
    line: int = 1

    @property
    def key(self) -> str:
        """Return by what name its value is given: ``language``, ``file:notes.md``."""
        return f"{FILE}:{self.path}" if self.path else self.name


Piece = str | Place


class Problem(NamedTuple):
    """What is wrong in a text, and where."""

    line: int
    message: str
    hint: str | None = None


class Variable(NamedTuple):
    """A variable that a file declares."""

    values: tuple[str, ...]
    """What it can be, to choose from; the first is its default. Others may be given too."""


class Given(NamedTuple):
    """What was typed behind a name."""

    values: Mapping[str, str]
    rest: str
    """The text after the values, as it was typed."""


def take_apart(text: str, first_line: int = 1) -> tuple[tuple[Piece, ...], list[Problem]]:
    """Return the pieces of a text, and all that is wrong with its places."""
    pieces: list[Piece] = []
    problems: list[Problem] = []
    at = after = 0
    while found := _PLACE.search(text, after):
        slashes = len(found[1])
        if slashes % 2:  # the braces are meant as they are
            after = found.start(2)
            continue
        line = first_line + text.count("\n", 0, found.start(2))
        before = _plain(text, at, found.start(), first_line, problems)
        place = _place(found[2], line)
        at = after = found.end()
        pieces.append(before + "\\" * (slashes // 2))
        if isinstance(place, Problem):
            problems.append(place)
        else:
            pieces.append(place)
    pieces.append(_plain(text, at, len(text), first_line, problems))
    return tuple(piece for piece in pieces if piece), problems


def _plain(text: str, start: int, end: int, first_line: int, problems: list[Problem]) -> str:
    """Return a part without places as it is meant; two braces in it that nothing closes are a problem."""

    def meant(found: re.Match[str]) -> str:
        slashes = len(found[1] or "")
        if slashes % 2:
            return "\\" * (slashes // 2) + "{{"
        line = first_line + text.count("\n", 0, start + found.start())
        problems.append(Problem(line, "`{{` is not closed by `}}`.", _BRACES_HINT))
        return "{{"

    return _BRACES.sub(meant, text[start:end])


_BRACES_HINT = r"Two braces that are meant as they are stand behind a backslash: \{{"


def _place(inside: str, line: int) -> Place | Problem:
    word = inside.strip()
    if word.startswith(f"{FILE}:"):
        path = word.removeprefix(f"{FILE}:").strip()
        return Place(FILE, path=path, line=line) if path else Problem(line, "`{{file:}}` names no file.")
    name, equals, default = (part.strip() for part in inside.partition("="))
    if not NAME.fullmatch(name):
        return Problem(line, f"`{{{{{shown(word)[1:-1]}}}}}` is not a variable.", _BRACES_HINT)
    if name == FILE:
        return Problem(line, "`{{file}}` names no file.", "As in {{file:notes.md}}.")
    if equals and name in BUILT_IN and name not in MAY_BE_ABSENT:
        return Problem(line, f"`{{{{{name}}}}}` is always there: a default would never be used.")
    return Place(name, default if equals else None, line=line)


def places(pieces: Iterable[Piece]) -> list[Place]:
    """Return the places of a text, in their order."""
    return [piece for piece in pieces if isinstance(piece, Place)]


def fill(pieces: Iterable[Piece], values: Mapping[str, str]) -> str:
    """Put a text together.

    Args:
        pieces: The text.
        values: A value for each place by its key, word for word. A default stands in for one that is absent.

    Raises:
        KeyError: a place has neither.
    """
    return "".join(piece if isinstance(piece, str) else _value(piece, values) for piece in pieces)


def _value(place: Place, values: Mapping[str, str]) -> str:
    value = values.get(place.key, place.default)
    if value is None:
        raise KeyError(place.key)
    return value


def recognise(pieces: Sequence[Piece], text: str) -> Mapping[str, str] | None:
    """Return the values with which a text was filled. None: it was not made of these pieces."""
    values: dict[str, str] = {}
    at, waiting = 0, None
    for piece in (*pieces, None):
        if isinstance(piece, Place):
            if waiting is not None:
                return None  # nothing stands between two places, so nobody can say where one ends
            waiting = piece
            continue
        if piece is None:
            found = len(text) if waiting is not None else at
        else:
            found = text.find(piece, at) if waiting is not None else at
            if found < 0 or not text.startswith(piece, found):
                return None
        if waiting is not None:
            value = text[at:found]
            if values.setdefault(waiting.key, value) != value:
                return None
            waiting = None
        at = found + len(piece or "")
    return values if at == len(text) else None


# What a file declares of its variables.


def read_variables(table: Any, add: Any) -> dict[str, Variable]:
    """Read a table of variables: a text is a default, a list has what can be chosen, the default first.

    Args:
        table: As TOML gives it.
        add: Called with the name of a variable, or an empty text, and what is wrong with it.
    """
    if not isinstance(table, Mapping):
        add("", "`variables` must be a table, as in [variables].")
        return {}
    found = {}
    for name, value in table.items():
        items = [value] if isinstance(value, str) else value
        if not NAME.fullmatch(name) or name in (*BUILT_IN, FILE):
            why = "chatrepl fills it in itself" if name in (*BUILT_IN, FILE) else "it must be one word"
            add(name, f"`{shown(name)[1:-1]}` cannot be the name of a variable: {why}.")
        elif not isinstance(items, list) or not items or not all(isinstance(item, str) for item in items):
            add(
                name,
                f"`variables.{name}` must be text, or a list of texts of which the first is the default.",
            )
        else:
            found[name] = Variable(tuple(items))
    return found


def check_variables(pieces: Iterable[Piece], variables: Mapping[str, Variable], unused: Any) -> list[Problem]:
    """Return what is wrong between the places of a text and the variables that its file declares.

    Args:
        pieces: The text.
        variables: What the file declares.
        unused: Called with the name of a variable that no place has, and what to say of it.
    """
    problems = []
    defaults = {name: variable.values[0] for name, variable in variables.items()}
    used = set()
    for place in places(pieces):
        used.add(place.name)
        if place.default is None:
            continue
        if defaults.setdefault(place.name, place.default) != place.default:
            problems.append(
                Problem(place.line, f"`{place.name}` has two defaults.", "Give it one, in one place.")
            )
    for name in variables:
        if name not in used:
            near = nearest(name, [each for each in sorted(used) if each not in variables])
            unused(
                name, f"The variable `{name}` is not used.", near or f"Write {{{{{name}}}}} where it belongs."
            )
    return problems


def with_defaults(pieces: Iterable[Piece], variables: Mapping[str, Variable]) -> dict[str, str]:
    """Return the defaults of all places by their keys, wherever they are said."""
    found = {place.key: place.default for place in places(pieces) if place.default is not None}
    return found | {name: variable.values[0] for name, variable in variables.items()}


# What is typed.


def take_values(text: str) -> Given:
    """Take ``name=value`` words off the beginning of what was typed; a value with blanks stands in quotes."""
    values: dict[str, str] = {}
    rest = text.lstrip()
    while found := _VALUE.match(rest):
        values[found[1]] = _unquoted(found[2])
        rest = rest[found.end() :].lstrip()
    return Given(values, rest)


def given_words(words: Sequence[str]) -> Given:
    """Take ``name=value`` off the beginning of words that a shell has read already; the others are the text."""
    values: dict[str, str] = {}
    at = 0
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not NAME.fullmatch(name):
            break
        values[name] = value
        at += 1
    return Given(values, " ".join(words[at:]))


def _unquoted(value: str) -> str:
    return _QUOTED.sub(
        lambda found: (
            re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL) if found[1] is not None else found[2]
        ),
        value,
    )


def quoted(value: str) -> str:
    """Return a value as it is typed behind ``name=``."""
    if value and not re.search(r"[\s\"']", value):
        return value
    return "'" + value + "'" if "'" not in value else '"' + re.sub(r'(["\\])', r"\\\1", value) + '"'


def check_given(given: Mapping[str, str], known: Sequence[str], what: str) -> None:
    """Refuse values for variables that are not there.

    Args:
        given: What was typed.
        known: The names that can be given.
        what: Whose they are, as in ``The persona translator``.

    Raises:
        UsageError: with the nearest name, or all of them.
    """
    for name in given:
        if name not in known:
            listed = f"It has {', '.join(known)}." if known else "It has none."
            raise UsageError(
                f"{what} has no variable `{name}`.",
                hint=f"{nearest(name, known) or listed} For text that begins so: input='{name}=…'."
                if "input" in known
                else nearest(name, known) or listed,
            )


def nearest(name: str, names: Sequence[str]) -> str | None:
    """Return a question with the names most like one. None: none is."""
    from difflib import get_close_matches

    near = get_close_matches(name, names, 2, 0.6)
    return f"Did you mean {' or '.join(f'`{item}`' for item in near)}?" if near else None
