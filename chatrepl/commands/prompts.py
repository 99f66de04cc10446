"""The command for prompt files: texts with places to fill in, sent by their names."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from chatrepl import files, placeholders, prompt_files
from chatrepl.commands import own_files
from chatrepl.commands.base import (
    Arg,
    Ask,
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
from chatrepl.environment import Environment
from chatrepl.errors import ChatreplError, StoreError, UsageError
from chatrepl.placeholders import Given
from chatrepl.prompt_files import PromptFile
from chatrepl.shelves import OwnTexts, Shelf
from chatrepl.turn import Kind

LIMIT_FILE_BYTES = 256 * 1024
"""The largest file that ``{{file:…}}`` brings in."""
EDIT = "-e"


def _p(context: Context, args: Mapping[str, Any]) -> Reply:
    shelf = context.session.own_texts.prompts
    word, rest = _split(args["what"] or "")
    if not word:
        return _list(shelf)
    if word == "new":
        if not rest:
            raise UsageError("A prompt file has a name.", hint="/p new NAME")
        return own_files.new(shelf, rest, prompt_files.SKELETON, lambda name: _checked(shelf, name))
    if word == "edit":
        return own_files.edit(shelf, rest, lambda: _unknown(shelf, rest), lambda name: _checked(shelf, name))
    if word == "show":
        return _show(find(shelf, rest))
    is_edited = word == EDIT
    if is_edited:
        word, rest = _split(rest)
        if not word:
            raise UsageError("/p -e needs the name of a prompt file.", hint="/p lists them.")
    return _run(context, word, rest, is_edited=is_edited)


def _split(text: str) -> tuple[str, str]:
    word, *rest = text.split(maxsplit=1)[:2] or [""]
    return word, rest[0] if rest else ""


def _run(context: Context, name: str, rest: str, *, is_edited: bool) -> Reply:
    texts = context.session.own_texts
    prompt = find(texts.prompts, name)
    given = placeholders.take_values(rest)
    values = _given(prompt, given)
    missing = prompt_files.missing(prompt, values)
    if missing:
        said = dict(given.values)
        if given.rest and missing.variables:
            said["input"] = given.rest  # so that what is missing stands last, where the cursor is
        words = [f"{key}={placeholders.quoted(value)} " for key, value in said.items()]
        flag = f"{EDIT} " if is_edited else ""
        line = f"/p {flag}{prompt.name} " + "".join(words)
        line += f"{missing.variables[0]}=" if missing.variables else ""
        return Draft(line, f"{prompt.name} needs {missing.shown}.")
    now = context.session.clock.now()
    values |= _fetched(prompt, values, texts.read_clipboard, context.expand, now, piped=None)
    text = prompt_files.fill(prompt, values)
    if not text.strip():
        raise UsageError(f"{prompt.name} comes out empty, so nothing was sent.")
    if is_edited:
        return Draft(f"/{text}" if text.startswith("/") else text, "Change it as you like; Enter sends it.")
    return Ask(Kind.ASK, text)


def fill_for_command_line(
    texts: OwnTexts, name: str, words: Sequence[str], piped: str | None, environment: Environment
) -> str:
    """Return a prompt file, filled in from the words of a command line and what was piped in.

    Args:
        texts: Where it is found.
        name: Which one.
        words: ``key=value`` first, then the text for ``{{input}}``.
        piped: What was piped in, for ``{{stdin}}``, else for ``{{input}}``. None: the chat is held at a terminal.
        environment: Where paths and the time come from.

    Raises:
        ChatreplError: there is no such file, it is wrong, or something for it is missing.
    """
    prompt = find(texts.prompts, name)
    values = _given(prompt, placeholders.given_words([clean(word) for word in words]))
    piped = clean(piped).strip("\n") if piped is not None else ""
    if piped and "stdin" not in prompt.keys and "input" not in values:
        values["input"], piped = piped, ""
    missing = prompt_files.missing(prompt, values)
    if missing:
        example = " ".join(
            [*(f"{key}=…" for key in missing.variables), *(["TEXT"] if missing.needs_input else [])]
        )
        raise UsageError(
            f"The prompt {prompt.name} needs {missing.shown}.",
            hint=f"chatrepl --prompt {prompt.name} {example}",
        )
    now = environment.clock.now()
    values |= _fetched(prompt, values, texts.read_clipboard, environment.expand, now, piped=piped)
    text = prompt_files.fill(prompt, values)
    if not text.strip():
        raise UsageError(f"The prompt {prompt.name} comes out empty, so nothing was sent.")
    return text


def find(shelf: Shelf, name: str) -> PromptFile:
    """Return a prompt file.

    Raises:
        ChatreplError: there is none of that name, or it is wrong.
    """
    source = shelf.find(name)
    if source is None:
        raise _unknown(shelf, name)
    return prompt_files.read(source.name, source.content, source.shown)


def _unknown(shelf: Shelf, name: str) -> UsageError:
    return UsageError(f"There is no prompt file '{name}'.", hint=prompt_files.unknown(name, shelf.names()))


def clean(text: str) -> str:
    """Return a text as if it had been typed: without NUL, valid Unicode, lines ended as here."""
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _given(prompt: PromptFile, given: Given) -> dict[str, str]:
    """Return the values that were typed, the text behind them as ``input``."""
    placeholders.check_given(given.values, prompt.names, f"The prompt {prompt.name}")
    values = {name: clean(value) for name, value in given.values.items()}
    if given.rest:
        if "input" in values:
            raise UsageError(
                "The text is given twice: as input= and behind the values.", hint="Leave one out."
            )
        values["input"] = clean(given.rest)
    return values


def _fetched(
    prompt: PromptFile,
    values: Mapping[str, str],
    read_clipboard: Callable[[], str],
    expand: Callable[[str], Path],
    now: datetime,
    *,
    piped: str | None,
) -> dict[str, str]:
    """Return what chatrepl fills in by itself. ``piped`` None: nothing can be piped in here.

    Raises:
        StoreError: naming everything that cannot be had.
    """
    here = now.astimezone()
    fetched = {"date": f"{here:%Y-%m-%d}", "time": f"{here:%H:%M}"}
    if piped:
        fetched["stdin"] = piped
    problems: list[ChatreplError] = []
    for place in prompt.places:
        try:
            if place.path:
                fetched[place.key] = _file(place.path, expand)
            elif place.name == "clipboard" and "clipboard" not in fetched:
                fetched["clipboard"] = clean(read_clipboard()).rstrip("\n")
            elif place.name == "stdin" and "stdin" not in {*fetched, *values, *prompt.defaults()}:
                raise UsageError(
                    "{{stdin}} is what is piped in, and nothing is.",
                    hint=f"cat FILE | chatrepl -p --prompt {prompt.name}",
                )
        except ChatreplError as error:
            if error.message not in {each.message for each in problems}:
                problems.append(error)
    if len(problems) == 1:
        raise problems[0]
    if problems:
        raise StoreError("\n".join(error.message for error in problems), hint="Nothing was sent.")
    return fetched


def _file(name: str, expand: Callable[[str], Path]) -> str:
    content = files.read_text(expand(name), LIMIT_FILE_BYTES)
    if "\0" in content:
        raise StoreError(f"{name} is not text: there are NUL bytes in it.", hint="Name a file of text.")
    return clean(content).rstrip("\n")


def _list(shelf: Shelf) -> Reply:
    rows = []
    for name in shelf.names():
        try:
            prompt = find(shelf, name)
        except ChatreplError as error:
            rows.append((name, f"cannot be used: {error.message.splitlines()[0].rstrip(':')}"))
            continue
        takes = [each for each in prompt.names if each != "input" or "input" in prompt.keys]
        rows.append((name, prompt.description + (f" ({', '.join(takes)})" if takes else "")))
    if not rows:
        return Notice(
            "There are no prompt files yet.", hint="/p new NAME makes one and opens it in your editor."
        )
    return Several(
        (
            Table("Prompt files", tuple(rows)),
            Notice("/p NAME key=value TEXT sends one; with -e you see it first."),
        )
    )


def _show(prompt: PromptFile) -> Reply:
    rows = [("file", prompt.file)]
    if prompt.description:
        rows.insert(0, ("what for", prompt.description))
    defaults = prompt.defaults()
    for name in prompt.names:
        if name != "input":
            values = (
                prompt.variables[name].values
                if name in prompt.variables
                else (defaults.get(name, "to be given"),)
            )
            rows.append((f"variable {name}", ", ".join(values)))
    return Several((Table(f"Prompt {prompt.name}", tuple(rows)), Text(prompt.text)))


def _checked(shelf: Shelf, name: str) -> str:
    prompt = find(shelf, name)
    return f"{prompt.name} is kept in {prompt.file}. /p {prompt.name} sends it."


def _complete(context: Context, typed: str) -> list[str]:
    with contextlib.suppress(ChatreplError):
        return _completed(context.session.own_texts.prompts, typed)
    return []


def _completed(shelf: Shelf, typed: str) -> list[str]:
    word, blank, rest = typed.partition(" ")
    names = list(shelf.names())
    if not blank:
        return [name for name in (*names, *prompt_files.WORDS, EDIT) if name.startswith(word)]
    if word in {"show", "edit"}:
        return [f"{word} {name}" for name in names if name.startswith(rest)]
    if word == EDIT:
        return [
            f"{EDIT} {found}"
            for found in _completed(shelf, rest)
            if not found.startswith((EDIT, *prompt_files.WORDS))
        ]
    if word not in names:
        return []
    prompt = find(shelf, word)
    given = [name for name in prompt.names if name != "input"]
    found = own_files.complete_values(rest, given, prompt.variables, prompt.defaults())
    return [f"{word} {value}" for value in found]


COMMANDS = (
    Command(
        "p",
        "Chat",
        "List the prompt files, or send one filled in.",
        _p,
        aliases=("prompt",),
        args=(Arg("what", "rest", optional=True, complete=_complete),),
        when=when_idle,
        help="A prompt file is a text of your own, `prompts/NAME.md` beside config.toml, with places to fill in: `{{name}}`, "
        "`{{name=default}}`, `{{input}}` for what stands behind the values, `{{file:PATH}}`, `{{clipboard}}`, `{{stdin}}`, "
        "`{{date}}` and `{{time}}`. It is sent at once; `/p -e NAME` puts it into the input line first. `/p new NAME` and "
        "`/p edit NAME` open the file in your editor, `/p show NAME` prints it.",
        examples=(
            "/p",
            "/p summarise length=short The text that I mean ...",
            "/p -e letter to='Mrs Jones'",
            "/p new summarise",
        ),
    ),
)
