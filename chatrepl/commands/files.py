"""Commands that write a chat to a file and read one back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from chatrepl import files, transcript
from chatrepl.commands.base import Arg, Command, Confirm, Context, Notice, Reply, Several, when_idle
from chatrepl.commands.model import failed
from chatrepl.commands.reply import last_turns
from chatrepl.conversation import first_words
from chatrepl.environment import new_id
from chatrepl.errors import ChatreplError

WRITERS = {".json": transcript.to_json, ".md": transcript.to_markdown, ".txt": transcript.to_text}
LIMIT_BYTES = 512 * 1024 * 1024


def _save(context: Context, args: Mapping[str, Any]) -> Reply:
    chat = context.session.conversation
    if not len(chat):
        return Notice("There is nothing to save: the chat is empty.", "warning")
    path = context.expand(args["file"] or _suggested_name(context))
    if path.is_dir():
        path /= _suggested_name(context)
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        return Notice(
            f"'{path.name}' does not end in .json, .md or .txt; nothing was written.",
            "error",
            hint=f".json keeps everything and can be loaded again: /save {path.name}.json",
        )
    return write_file(path, [writer(chat)], f"Saved {len(chat.path())} messages to {path}.")


def write_file(path: Path, pieces: Sequence[str], said: str, *, overwrite: bool = False) -> Reply:
    """Write a file, asking before one is replaced. ``said``: what is answered when it is done."""
    try:
        files.write_atomically(path, pieces, overwrite=overwrite)
    except files.FileExists:
        return Confirm(
            f"{path} exists. Write over it?", lambda: write_file(path, pieces, said, overwrite=True)
        )
    except ChatreplError as error:
        return failed(error)
    return Notice(said)


def _export(context: Context, args: Mapping[str, Any]) -> Reply:
    from chatrepl.exports import FORMS, Outgoing, form_for

    chat = context.session.conversation
    if not len(chat):
        return Notice("There is nothing to export: the chat is empty.", "warning")
    first, _, rest = (args["file"] or "html").partition(" ")
    name = first if first in FORMS else None
    file = rest.strip() if name else args["file"]
    path = (
        context.expand(file)
        if file
        else context.expand(_suggested_name(context)).with_suffix(FORMS[name or "html"].ending)
    )
    if path.is_dir():
        path = (path / _suggested_name(context)).with_suffix(FORMS[name or "html"].ending)
    form = form_for(name, path.suffix.lower() or ".", is_one=True)
    if form is None:
        return Notice(
            f"'{path.name}' does not say in which form: nothing was written.",
            "error",
            hint="Endings: .html .md .txt .json .jsonl; or a form before the file: " + ", ".join(FORMS),
        )
    whole = context.session.library.read(chat.id) if context.session.is_saving else None
    outgoing = Outgoing(chat) if whole is None else Outgoing(*whole)._replace(conversation=chat)

    pieces = [*form.write([outgoing], _title(context), context.session.clock.now())]
    if not any(pieces):
        return Notice(f"There is nothing in this chat for the form {form.name}: {form.summary}.", "warning")
    return write_file(path, pieces, f"Exported to {path}: {form.summary}.")


def _title(context: Context) -> str:
    chat = context.session.conversation
    return first_words(chat.title or next((message.text for message in chat.path()), "chat"), 80)


def _complete_export(context: Context, typed: str) -> list[str]:
    from chatrepl.exports import FORMS

    head, space, rest = typed.partition(" ")
    if space and head in FORMS:
        return [f"{head} {name}" for name in complete_path(context, rest)]
    return [name for name in FORMS if name.startswith(typed)] + complete_path(context, typed)


def _suggested_name(context: Context) -> str:
    chat = context.session.conversation
    words = first_words(chat.title or next((m.text for m in chat.path()), "chat"), 40)
    name = "".join(sign if sign.isalnum() else "-" for sign in words.lower())
    return ("-".join(filter(None, name.split("-"))) or "chat") + ".json"


def _load(context: Context, args: Mapping[str, Any]) -> Reply:
    path = context.expand(args["file"])
    session = context.session
    try:
        text = files.read_text(path, LIMIT_BYTES)
        now = session.clock.now()
        chat = transcript.load(text, new_id=lambda: new_id(session.clock.now()), now=now)
    except ChatreplError as error:
        return failed(type(error)(f"{path.name}: {error.message}", hint=error.hint or "Nothing was changed."))
    session.adopt(chat)
    count = len(session.conversation.path())
    shown = last_turns(context, 2)
    session.seen_from = shown.messages[0].id if shown.messages else None
    return Several((shown, Notice(f"Loaded {count} messages from {path}.")))


def complete_path(context: Context, typed: str) -> list[str]:
    """Return the paths that begin with what was typed."""
    directory, _, begun = typed.rpartition("/")
    try:
        base = context.expand(f"{directory}/") if directory or typed.startswith("/") else Path()
        found = sorted(base.iterdir())[:2000]
    except OSError:
        return []
    names = [f"{item.name}/" if item.is_dir() else item.name for item in found]
    prefix = typed[: len(typed) - len(begun)]
    return [prefix + name for name in names if name.startswith(begun) and (begun or not name.startswith("."))]


COMMANDS = (
    Command(
        "save",
        "Files",
        "Write the chat to a .json, .md or .txt file.",
        _save,
        args=(Arg("file", "path", optional=True, complete=complete_path),),
        help="`.json` holds everything, all branches included, and `/load` gives back the same chat; "
        "`.md` and `.txt` are for reading. An existing file is asked about.",
        examples=("/save talk.json", "/save notes.md"),
    ),
    Command(
        "export",
        "Files",
        "Write the chat as a page, Markdown, text, JSON or training data.",
        _export,
        args=(Arg("file", "rest", optional=True, complete=_complete_export),),
        help="The ending of the file says how: `.html`, `.md`, `.txt`, `.json`, `.jsonl`; or a form stands before it: `openai`, "
        "`sft`, `preference`. Without a file it is a page in this directory. `chatrepl export` writes many chats at once.",
        examples=("/export talk.html", "/export openai talk.jsonl", "/export"),
    ),
    Command(
        "load",
        "Files",
        "Open a chat from a .json file.",
        _load,
        args=(Arg("file", "path", complete=complete_path),),
        when=when_idle,
        help="Reads what `/save` wrote, and a list of messages as the OpenAI API takes it. "
        "A file that is wrong changes nothing.",
        examples=("/load talk.json",),
    ),
)
