"""The command for personas: named system prompts with parameters, variables and sample questions."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from chatrepl import personas, placeholders
from chatrepl.commands import own_files
from chatrepl.commands.base import (
    Arg,
    Command,
    Context,
    Draft,
    Notice,
    Reply,
    Several,
    Table,
    Text,
    when_idle,
)
from chatrepl.errors import ChatreplError, UsageError
from chatrepl.personas import NO_PERSONA, Persona, Used
from chatrepl.session import Session


def _persona(context: Context, args: Mapping[str, Any]) -> Reply:
    session, (word, rest) = context.session, _split(args["what"] or "")
    if not word:
        return _list(session)
    if word.lower() in NO_PERSONA and not rest:
        return _leave(session)
    if word == "show":
        return _show(session, rest)
    if word == "try":
        return _try(session, rest)
    if word == "new":
        if not rest:
            raise UsageError("A persona has a name.", hint="/persona new NAME")
        return own_files.new(
            session.own_texts.personas, rest, personas.SKELETON, lambda name: _checked(session, name)
        )
    if word == "edit":
        return _edit(session, rest)
    return _use(session, args["what"])


def _split(text: str) -> tuple[str, str]:
    word, _, rest = text.strip().partition(" ")
    return word, rest.strip()


def _list(session: Session) -> Reply:
    used = session.persona
    rows = []
    for name, persona in session.personas.listed():
        mark = "* " if used is not None and used.persona.name == name else "  "
        rows.append((mark + name, _summary(persona)))
    now = f"In use: {used.shown}. " if used is not None else ""
    hint = Notice(
        f"{now}/persona NAME goes on with one, /persona none with none; "
        "/persona show NAME says more, /persona new NAME makes one."
    )
    return Several((Table("Personas", tuple(rows)), hint))


def _summary(persona: Persona | ChatreplError) -> str:
    if isinstance(persona, ChatreplError):
        return f"cannot be used: {persona.message.splitlines()[0].rstrip(':')}"
    takes = f" ({', '.join(persona.names)})" if persona.names else ""
    return persona.description + takes + (" - yours" if persona.file else "")


def _leave(session: Session) -> Reply:
    used = session.persona
    if used is None:
        return Notice("No persona is in use.")
    session.use_persona(None)
    after = "; the system prompt of the settings counts again" if session.settings.system else ""
    return Notice(f"The persona {used.persona.name} is gone, from the next message on{after}.")


def _use(session: Session, spec: str) -> Reply:
    name, given = personas.parse_spec(spec)
    persona = session.personas.find(name)
    placeholders.check_given(given, persona.names, f"The persona {persona.name}")
    missing = persona.missing(given)
    if missing:
        values = [f"{key}={placeholders.quoted(value)}" for key, value in given.items()]
        line = " ".join(("/persona", persona.name, *values, f"{missing[0]}="))
        return Draft(line, f"The persona {persona.name} needs {', '.join(missing)}.")
    session.use_persona(spec)
    used = session.persona
    assert used is not None  # noqa: S101 - it was just put in use
    parameters = ", ".join(f"{key}={value}" for key, value in persona.parameters.items())
    when = "from the next message on" + (f", with {parameters}" if parameters else "")
    said = Notice(f"Persona {used.shown}, {when}. {persona.description}.")
    if not used.questions:
        return said
    rows = tuple((str(number), question) for number, question in enumerate(used.questions, start=1))
    hint = Notice("/persona try 1 puts the first into the input line; /persona none goes on without.")
    return Several((said, Table("To begin with", rows), hint))


def _named(session: Session, spec: str) -> tuple[Persona, Used | None]:
    """Return the persona of a command, by default the one in use, and what it is with its values, where there are all."""
    if not spec:
        if session.persona is None:
            raise UsageError("No persona is in use.", hint="/persona lists them.")
        return session.persona.persona, session.persona
    name, given = personas.parse_spec(spec)
    persona = session.personas.find(name)
    if not given and persona.missing(given):
        return persona, None
    return persona, session.personas.fill(spec)


def _show(session: Session, spec: str) -> Reply:
    persona, used = _named(session, spec)
    rows = [
        ("what for", persona.description),
        *((f"variable {name}", _values(persona, name, used)) for name in persona.names),
        *((name, str(value)) for name, value in persona.parameters.items()),
        ("file", persona.file or "comes with chatrepl; /persona edit makes a copy that is yours"),
    ]
    system = used.system if used is not None else _raw(persona.system)
    questions = used.questions if used is not None else tuple(map(_raw, persona.questions))
    replies: list[Reply] = [Table(f"Persona {persona.name}", tuple(rows)), Text(system)]
    if questions:
        numbered = tuple((str(number), text) for number, text in enumerate(questions, start=1))
        replies.append(Table("To begin with", numbered))
    return Several(tuple(replies))


def _values(persona: Persona, name: str, used: Used | None) -> str:
    value = used.values.get(name, "") if used is not None else persona.defaults().get(name, "to be given")
    others = (
        [each for each in persona.variables[name].values if each != value]
        if name in persona.variables
        else []
    )
    return value + (f" (or {', '.join(others)}, or any other)" if others else "")


def _raw(pieces: tuple[placeholders.Piece, ...]) -> str:
    return "".join(piece if isinstance(piece, str) else f"{{{{{piece.key}}}}}" for piece in pieces)


def _try(session: Session, word: str) -> Reply:
    used = session.persona
    if used is None or not used.questions:
        return Notice("There are no sample questions: no persona is in use that has some.", "warning")
    if not word:
        rows = tuple((str(number), question) for number, question in enumerate(used.questions, start=1))
        return Table("To begin with", rows)
    if not word.isdecimal() or not 1 <= int(word) <= len(used.questions):
        return Notice(f"There is no question {word}: {used.persona.name} has {len(used.questions)}.", "error")
    return Draft(used.questions[int(word) - 1], "Change it as you like; Enter sends it.")


def _edit(session: Session, name: str) -> Reply:
    if not name and session.persona is None:
        raise UsageError("Which persona?", hint="/persona edit NAME")
    name = name or (session.persona.persona.name if session.persona is not None else "")
    shelf = session.own_texts.personas
    return own_files.edit(
        shelf, name, lambda: personas.unknown(name, shelf.names()), lambda name: _checked(session, name)
    )


def _checked(session: Session, name: str) -> str:
    persona = session.personas.find(name)
    where = (
        f"{persona.name} is kept in {persona.file}"
        if persona.file
        else f"{persona.name} is as it comes with chatrepl"
    )
    return f"{where}. /persona {persona.name} uses it."


def _complete(context: Context, typed: str) -> list[str]:
    with contextlib.suppress(ChatreplError):
        return _completed(context.session, typed)
    return []


def _completed(session: Session, typed: str) -> list[str]:
    word, blank, rest = typed.partition(" ")
    names = list(session.own_texts.personas.names())
    if not blank:
        more = [*personas.WORDS, "none"] if session.persona is not None else ["show", "new", "edit"]
        return [name for name in (*names, *more) if name.startswith(word)]
    if word in {"show", "edit"}:
        return [f"{word} {name}" for name in names if name.startswith(rest)]
    if word == "try" and session.persona is not None:
        numbers = map(str, range(1, len(session.persona.questions) + 1))
        return [f"try {number}" for number in numbers if number.startswith(rest)]
    if word not in names:
        return []
    persona = session.personas.find(word)
    found = own_files.complete_values(rest, persona.names, persona.variables, persona.defaults())
    return [f"{word} {value}" for value in found]


COMMANDS = (
    Command(
        "persona",
        "Chat",
        "List the personas, or go on with another one.",
        _persona,
        args=(Arg("what", "rest", optional=True, complete=_complete),),
        when=when_idle,
        help="A persona is a system prompt with a name, parameters, variables and questions to begin with. It holds for this "
        "chat and new ones until another is chosen, or `none`. Values for its variables stand behind the name, those with "
        "blanks in quotes. `/persona show NAME` says all about one, `/persona try 2` puts its second question into the input "
        "line, `/persona new NAME` and `/persona edit NAME` open its file in your editor. Those that come with chatrepl are "
        "copied before you edit them.",
        examples=(
            "/persona",
            "/persona translator language=Welsh",
            "/persona show tutor",
            "/persona try 2",
            "/persona edit tutor",
            "/persona none",
        ),
    ),
)
