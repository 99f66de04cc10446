"""Prompt files: texts that are sent again and again, with places to fill in. Pure.

A file is the text itself. TOML between two lines ``+++`` may stand before it, with a description and variables.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chatrepl import placeholders
from chatrepl.errors import ConfigError
from chatrepl.placeholders import BUILT_IN, FILE, Piece, Place, Variable, nearest
from chatrepl.redact import mask_keys
from chatrepl.values import shown

WORDS = ("new", "edit", "show")
"""What stands behind ``/p`` and is not the name of a file."""
ENDINGS = (".md", ".txt")
_FENCE = "+++"
_KEYS = ("description", "variables")
_YAML = re.compile(r"---\n(?:[\w-]+:.*\n|\s*#.*\n|\s*-.*\n)+---\n")

SKELETON = """\
+++
description = "What it is for, in one line"

[variables]
# tone = "friendly"                        # a default; /p NAME tone=dry changes it
# length = ["short", "long"]               # what can be chosen; the first is the default
+++
Answer this:

{{input}}
"""
"""The file that ``/p new`` opens."""


@dataclass(frozen=True, slots=True)
class PromptFile:
    """A text with places to fill in."""

    name: str
    description: str
    pieces: tuple[Piece, ...]
    variables: Mapping[str, Variable]
    text: str
    """As it stands in the file, without what stands before it."""
    file: str
    """Its name, as the user would type it."""

    @property
    def places(self) -> list[Place]:
        """What is filled in, in order."""
        return placeholders.places(self.pieces)

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that can be given, those that it declares first; ``input`` always is one."""
        used = (place.name for place in self.places if place.name not in (*BUILT_IN, FILE))
        return (*dict.fromkeys((*self.variables, *used)), "input")

    @property
    def keys(self) -> tuple[str, ...]:
        """What a value is needed for: variables, what chatrepl fills in, files."""
        return tuple(dict.fromkeys(place.key for place in self.places))

    def defaults(self) -> dict[str, str]:
        """Return the values that need not be given."""
        return placeholders.with_defaults(self.pieces, self.variables)


class Missing(NamedTuple):
    """What has to be given yet."""

    variables: tuple[str, ...]
    needs_input: bool

    def __bool__(self) -> bool:
        return bool(self.variables) or self.needs_input

    @property
    def shown(self) -> str:
        """Return it in words: ``language, tone and the text behind them``."""
        parts = [*self.variables, *(["a text"] if self.needs_input else [])]
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def missing(prompt: PromptFile, values: Mapping[str, str]) -> Missing:
    """Return which variables have no value yet; what chatrepl fills in by itself is not among them."""
    known = {**prompt.defaults(), **values}
    absent = tuple(name for name in prompt.names if name != "input" and name not in known)
    return Missing(absent, "input" in prompt.keys and "input" not in known)


def fill(prompt: PromptFile, values: Mapping[str, str]) -> str:
    """Put the text together; a text for which it has no place stands below it.

    Args:
        prompt: The file.
        values: By key, as ``placeholders.fill`` takes them; ``input`` and ``stdin`` may be there without a place.
    """
    filled = placeholders.fill(prompt.pieces, {**prompt.defaults(), **values})
    left_over = [values.get(name, "") for name in placeholders.MAY_BE_ABSENT if name not in prompt.keys]
    return "\n\n".join([filled, *(text for text in left_over if text.strip())])


# The file.


def read(name: str, content: bytes, file: str) -> PromptFile:
    """Read a prompt file; ``file`` is its name for what is said about it.

    Raises:
        ConfigError: naming every problem, with its line.
    """
    from chatrepl.toml_text import combined, decode

    if b"\0" in content[:8192]:
        raise ConfigError(f"{file} is not text: there are NUL bytes in it.", file=file)
    try:
        text = decode(content, file).replace("\r\n", "\n").replace("\0", "")
    except ConfigError as error:
        raise combined([error], "", "") from None
    reader = _Reader(file)
    prompt = reader.read(name, text)
    if reader.problems:
        problems = sorted(reader.problems, key=lambda problem: problem.line or 0)
        raise combined(problems, f"The prompt file {name}", f"Correct them with /p edit {name}.")
    return prompt


class _Reader:
    """Reads a file and gathers all that is wrong."""

    def __init__(self, file: str) -> None:
        self.problems: list[ConfigError] = []
        self._file = file
        self._head = ""
        self._document: Mapping[str, Any] = {}

    def read(self, name: str, text: str) -> PromptFile:
        body, body_line = self._split(text)
        description = self._document.get("description", "")
        if not isinstance(description, str) or "\n" in description.strip():
            self._add(("description",), "`description` must be one line of text.")
            description = ""
        for key in self._document:
            if key not in _KEYS:
                hint = nearest(key, _KEYS) or "The keys are description and variables."
                self._add((key,), f"There is no key `{shown(key)[1:-1]}`.", hint)
        variables = placeholders.read_variables(
            self._document.get("variables", {}),
            lambda variable, message: self._add(("variables", *([variable] if variable else [])), message),
        )
        pieces, problems = placeholders.take_apart(body, body_line)
        problems += placeholders.check_variables(
            pieces,
            variables,
            lambda variable, message, hint: self._add(("variables", variable), message, hint),
        )
        for problem in problems:
            self._add((), problem.message, problem.hint, problem.line)
        if not body.strip():
            self._add(
                (), "There is no text to send.", "The text stands below the second line +++.", body_line
            )
        return PromptFile(name, description.strip(), pieces, variables, body, self._file)

    def _split(self, text: str) -> tuple[str, int]:
        """Return the text to send and the line of the file in which it begins; what stands before it is read."""
        from chatrepl.toml_text import parse

        lines = text.split("\n")
        if _YAML.match(text):
            self._add(
                (), "What stands between --- is not read.", "Write it as TOML between two lines +++.", 1
            )
        if lines[0].rstrip() != _FENCE:
            return text.strip("\n"), 1 + len(text) - len(text.lstrip("\n"))
        end = next((number for number, line in enumerate(lines[1:], 1) if line.rstrip() == _FENCE), None)
        if end is None:
            self._add(
                (), "The first line is +++, and there is no second one.", "It stands below the TOML.", 1
            )
            return text, 1
        self._head = "\n".join(lines[1:end])
        try:
            self._document = parse(
                self._head, self._file, first_line=2, hint='Text stands in quotes, as in tone = "friendly".'
            )
        except ConfigError as error:
            self.problems.append(error)
        body = "\n".join(lines[end + 1 :])
        return body.strip("\n"), end + 2 + len(body) - len(body.lstrip("\n"))

    def _add(
        self, path: tuple[str, ...], message: str, hint: str | None = None, line: int | None = None
    ) -> None:
        if line is None and path:
            from chatrepl.toml_lines import find_lines

            found = find_lines(self._head, self._document).get(path)
            line = found + 1 if found else None
        self.problems.append(
            ConfigError(mask_keys(message), hint=hint, file=self._file, key=".".join(path) or None, line=line)
        )


def unknown(name: str, names: Sequence[str]) -> str:
    """Return what to do where there is no prompt file of a name."""
    listed = f"There are {', '.join(names)}." if names else "There are none yet."
    return nearest(name, names) or f"{listed} /p new {name} makes one."
