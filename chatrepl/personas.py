"""Personas: named system prompts with parameters, variables and sample questions, each a TOML file. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from chatrepl import adjust, placeholders
from chatrepl.errors import ConfigError, UsageError
from chatrepl.placeholders import Piece, Variable, nearest
from chatrepl.redact import mask_keys
from chatrepl.values import Json, shown

WORDS = ("new", "edit", "show", "try")
"""What stands behind ``/persona`` and is not the name of one."""
NO_PERSONA = ("none", "off")
LIMIT_DESCRIPTION_CHARS = 120
_KEYS = ("name", "description", "system", "parameters", "variables", "questions")
_SLOTS = ("date", "time")
"""What chatrepl fills in by itself in a system prompt."""
_QUOTE_HINT = 'Text stands in quotes, as in description = "A patient tutor"; long text between two times """.'

SKELETON = '''\
description = "What it is for, in one line"

# What the model is told before all messages. {{name}} is filled in from [variables], {{date}} by chatrepl;
# two braces that are meant as they are stand behind a backslash: \\\\{{
system = """
You are … Answer in …
"""

# What you could ask first: shown after /persona NAME; `/persona try 2` takes the second.
questions = [
    "",
]

[parameters]
# temperature = 0.7

[variables]
# language = "French"                      # a default; /persona NAME language=Welsh changes it
# level = ["beginner", "advanced"]         # what can be chosen; the first is the default
'''
"""The file that ``/persona new`` opens."""


@dataclass(frozen=True, slots=True)
class Persona:
    """A named system prompt, and what goes with it."""

    name: str
    description: str
    """One line."""
    system: tuple[Piece, ...]
    """The system prompt, with places for variables."""
    parameters: Mapping[str, Json]
    """Sent with each request while it is in use."""
    variables: Mapping[str, Variable]
    questions: tuple[tuple[Piece, ...], ...]
    """What can be asked first."""
    file: str = ""
    """Where it stands, as the user would type it. Empty: it comes with chatrepl."""

    @property
    def names(self) -> tuple[str, ...]:
        """The variables that can be given, those that it declares first."""
        used = [place.name for text in (self.system, *self.questions) for place in placeholders.places(text)]
        return tuple(dict.fromkeys((*self.variables, *(name for name in used if name not in _SLOTS))))

    def defaults(self) -> dict[str, str]:
        """Return the values that need not be given."""
        pieces = [piece for text in (self.system, *self.questions) for piece in text]
        return placeholders.with_defaults(pieces, self.variables)

    def missing(self, given: Mapping[str, str]) -> tuple[str, ...]:
        """Return the variables that have no value yet."""
        known = {**self.defaults(), **given}
        return tuple(name for name in self.names if name not in known)


class Used(NamedTuple):
    """A persona with its variables filled in."""

    persona: Persona
    values: Mapping[str, str]
    """Of its variables, defaults included."""
    system: str
    """What is sent before all messages."""
    questions: tuple[str, ...]

    @property
    def shown(self) -> str:
        """Return how it is called: its name, and what was given of its variables."""
        defaults = self.persona.defaults()
        changed = [
            f"{name}={placeholders.quoted(value)}"
            for name, value in self.values.items()
            if name in self.persona.names and value != defaults.get(name)
        ]
        return " ".join((self.persona.name, *changed))


class Choice(NamedTuple):
    """The persona that the settings ask for, and what of them it leaves alone."""

    spec: str | None
    """Its name, perhaps with values for its variables. None: none."""
    firm: frozenset[str] = frozenset()
    """Parameters that it does not change, by dotted name: they were said more expressly."""


_RANKS = {"default": 0, "file": 1, "profile": 2, "environment": 3, "flag": 4, "command": 5}


def choose(spec: str | None, kinds: Mapping[str, str]) -> Choice:
    """Decide between the persona of the settings and the rest of them.

    Args:
        spec: What the setting ``persona`` says.
        kinds: For each setting that is no default, by what kind of source it was set; see ``layers.Origin``.
    """
    rank = _RANKS[kinds.get("persona", "default")]
    if spec is None or spec.strip().lower() in NO_PERSONA or _RANKS[kinds.get("system", "default")] > rank:
        return Choice(None)
    firm = {
        key for key, kind in kinds.items() if key.startswith("parameters.") and _RANKS[kind] >= max(rank, 2)
    }
    return Choice(spec, frozenset(firm))


def fill(persona: Persona, given: Mapping[str, str], now: Mapping[str, str]) -> Used:
    """Fill in the variables of a persona.

    Args:
        persona: Which one.
        given: Values for its variables; its defaults stand for the others.
        now: Values of ``date`` and ``time``.

    Raises:
        UsageError: a value is missing, or is for a variable that is not there.
    """
    placeholders.check_given(given, persona.names, f"The persona {persona.name}")
    missing = persona.missing(given)
    if missing:
        raise UsageError(
            f"The persona {persona.name} needs {', '.join(missing)}.",
            hint=f"/persona {persona.name} " + " ".join(f"{name}=…" for name in missing),
        )
    values = {**persona.defaults(), **given}
    known = {**now, **values}
    return Used(
        persona,
        {name: values[name] for name in persona.names},
        placeholders.fill(persona.system, known),
        tuple(placeholders.fill(question, known) for question in persona.questions),
    )


def recognise(persona: Persona, system: str) -> Mapping[str, str] | None:
    """Return the variables with which a persona gives this system prompt. None: it does not."""
    found = placeholders.recognise(persona.system, system)
    return None if found is None else {name: text for name, text in found.items() if name in persona.names}


def parse_spec(spec: str) -> tuple[str, Mapping[str, str]]:
    """Take ``NAME key=value …`` apart.

    Raises:
        UsageError: something else stands there.
    """
    name, _, rest = spec.strip().partition(" ")
    given = placeholders.take_values(rest)
    if given.rest:
        raise UsageError(
            f"Behind the persona's name stand values such as key=value, not '{given.rest}'.",
            hint="A value with blanks stands in quotes: topic='the Roman army'.",
        )
    return name, given.values


def unknown(name: str, names: Sequence[str]) -> UsageError:
    """Return the error that says that there is no such persona, and which are near."""
    return UsageError(
        f"There is no persona '{name}'.",
        hint=nearest(name, names) or f"There are {', '.join(names)}.",
    )


# The file.


def read(name: str, content: bytes, file: str, *, is_own: bool) -> Persona:
    """Read a persona.

    Args:
        name: What it is called: its file's name without the ending.
        content: What stands in the file.
        file: The file's name, for what is said about it.
        is_own: Whether it is the user's, and not one that comes with chatrepl.

    Raises:
        ConfigError: naming every problem, with line and key.
    """
    from chatrepl.toml_text import combined, decode, parse

    try:
        text = decode(content, file)
        document = parse(text, file, hint=_QUOTE_HINT)
    except ConfigError as error:
        raise combined([error], "", "") from None
    reader = _Reader(name, text, file, document)
    persona = reader.read(file if is_own else "")
    if reader.problems:
        problems = sorted(reader.problems, key=lambda problem: problem.line or 0)
        raise combined(problems, f"The persona {name}", f"Correct them with /persona edit {name}.")
    return persona


class _Reader:
    """Goes through the keys of a file and gathers all that is wrong."""

    def __init__(self, name: str, text: str, file: str, document: Mapping[str, Any]) -> None:
        self.problems: list[ConfigError] = []
        self._name = name
        self._text = text
        self._file = file
        self._document = document
        self._lines: Mapping[tuple[str, ...], int] | None = None

    def read(self, file: str) -> Persona:
        self._keys()
        description = self._words("description", is_needed=True)
        if "\n" in description or len(description) > LIMIT_DESCRIPTION_CHARS:
            self._add(
                ("description",),
                f"`description` must be one line of at most {LIMIT_DESCRIPTION_CHARS} characters.",
            )
        system = self._pieces(("system",), self._words("system", is_needed=True))
        questions = self._questions()
        variables = placeholders.read_variables(
            self._document.get("variables", {}),
            lambda name, message: self._add(("variables", name) if name else ("variables",), message),
        )
        pieces = [*system, *(piece for question in questions for piece in question)]
        problems = placeholders.check_variables(
            pieces, variables, lambda name, message, hint: self._add(("variables", name), message, hint)
        )
        for problem in problems:
            self._add(("system",), problem.message, problem.hint)
        return Persona(self._name, description, system, self._parameters(), variables, questions, file)

    def _keys(self) -> None:
        for key in self._document:
            if key not in _KEYS:
                parameter = f"parameters.{key}" in adjust.setting_infos()
                hint = "It belongs under [parameters]." if parameter else nearest(key, _KEYS)
                self._add(
                    (key,),
                    f"There is no key `{shown(key)[1:-1]}`.",
                    hint or f"The keys are {', '.join(_KEYS)}.",
                )
        name = self._document.get("name", self._name)
        if name != self._name:
            self._add(
                ("name",),
                f"`name` must be as the file is called, {self._name}, not {shown(name)}.",
                "Leave it out.",
            )

    def _words(self, key: str, *, is_needed: bool = False) -> str:
        value = self._document.get(key, "")
        if not isinstance(value, str):
            self._add((key,), f"`{key}` must be text, not {shown(value)}.", _QUOTE_HINT)
            return ""
        if is_needed and not value.strip():
            what = "is missing" if key not in self._document else "is empty"
            self._add((key,), f"`{key}` {what}.", f'{key} = "…"')
        return value.replace("\0", "").strip()

    def _questions(self) -> tuple[tuple[Piece, ...], ...]:
        items = self._document.get("questions", [])
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            self._add(("questions",), f"`questions` must be a list of texts, not {shown(items)}.")
            return ()
        return tuple(self._pieces(("questions",), item.strip()) for item in items if item.strip())

    def _pieces(self, path: tuple[str, ...], text: str) -> tuple[Piece, ...]:
        pieces, problems = placeholders.take_apart(text)
        for place in placeholders.places(pieces):
            if place.path or (place.name in placeholders.BUILT_IN and place.name not in _SLOTS):
                message = f"`{{{{{place.key}}}}}` is for prompt files: a persona has no such text."
                problems.append(placeholders.Problem(place.line, message, "Give the variable another name."))
        for problem in problems:
            self._add(path, problem.message, problem.hint)
        return pieces

    def _parameters(self) -> dict[str, Json]:
        table = self._document.get("parameters", {})
        if not isinstance(table, Mapping):
            self._add(("parameters",), "`parameters` must be a table, as in [parameters].")
            return {}
        found: dict[str, Json] = {}
        for name, value in table.items():
            info = adjust.setting_infos().get(f"parameters.{name}")
            if info is None:
                self._add(
                    ("parameters", name),
                    f"There is no parameter `{shown(name)[1:-1]}`.",
                    _near_parameter(name),
                )
                continue
            try:
                found[name] = adjust.check_setting(info, value)
            except ValueError as error:
                wrong = adjust.value_error(info.key, error)
                self._add(("parameters", name), wrong.message, wrong.hint)
        return found

    def _add(self, path: tuple[str, ...], message: str, hint: str | None = None) -> None:
        if self._lines is None:
            from chatrepl.toml_lines import find_lines

            self._lines = find_lines(self._text, self._document)
        self.problems.append(
            ConfigError(
                mask_keys(message), hint=hint, file=self._file, key=".".join(path), line=self._lines.get(path)
            )
        )


def _near_parameter(name: str) -> str:
    from chatrepl.settings import PARAMETERS

    return nearest(name, list(PARAMETERS)) or f"They are {', '.join(PARAMETERS)}."
