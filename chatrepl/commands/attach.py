"""Commands for what goes with a message, and the sending of a message with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chatrepl.attachments import described
from chatrepl.commands.base import Arg, Ask, Command, Confirm, Context, Draft, Notice, Reply, Several, Table
from chatrepl.commands.files import complete_path
from chatrepl.errors import AttachmentError, ChatreplError
from chatrepl.gathering import CLIPBOARD, attach, gather, keep
from chatrepl.mentions import split_names
from chatrepl.messages import Attachment
from chatrepl.turn import Kind

_BACK = "Nothing was sent; your message is in the input line."


def needs_gathering(context: Context, typed: str) -> bool:
    """Whether something may go with a message, so that it takes a moment to send."""
    return "@" in typed or bool(context.session.attached)


def send(context: Context, text: str, typed: str | None = None) -> Reply:
    """Send a message with what it names, asking first where that is much.

    Args:
        context: Where it is sent.
        text: The message.
        typed: Its words in which names count. None: all of them.
    """
    typed = text if typed is None else typed
    if not needs_gathering(context, typed):
        return Ask(Kind.ASK, text)
    session = context.session
    try:
        gathered = gather(session, typed)
    except ChatreplError as error:
        return Several((Notice(error.message, "error", hint=error.hint), Draft(text, _BACK)))

    def go() -> Reply:
        session.attached.clear()
        ask = Ask(Kind.ASK, text, attachments=gathered.attachments)
        if not gathered.missing:
            return ask
        names = ", ".join(gathered.missing)
        return Several((Notice(f"There is no {names} here: the name was sent as text.", "warning"), ask))

    if not gathered.asks:
        return go()
    return Confirm(f"{'; '.join(gathered.asks)}. Send it?", go, lambda: Draft(text, _BACK))


def _attach(context: Context, args: Mapping[str, Any]) -> Reply:
    session = context.session
    if args["path"] is None:
        return _listed(context)
    found, asks, _ = attach(session, split_names(args["path"]))

    def put() -> Reply:
        keep(session, found)
        return Notice(f"Goes with the next message: {_names(found)}.")

    return Confirm(f"{'; '.join(asks)}. Attach it?", put) if asks else put()


def _names(parts: Sequence[Attachment]) -> str:
    if len(parts) > 3:
        return f"{described(parts[0])} and {len(parts) - 1} more"
    return "; ".join(map(described, parts))


def _listed(context: Context) -> Reply:
    session = context.session
    if not session.attached:
        return Notice(
            "Nothing is attached.", hint="/attach FILE does, and so does @FILE anywhere in a message."
        )
    rows = tuple(
        (str(number), described(part), f"~{session.planner.count_attachment(part).tokens} tok")
        for number, part in enumerate(session.attached, start=1)
    )
    return Table("Goes with the next message", rows)


def _detach(context: Context, args: Mapping[str, Any]) -> Reply:
    attached = context.session.attached
    if not attached:
        return Notice("Nothing is attached.", "warning")
    which = args["which"].strip()
    if which == "all":
        count = len(attached)
        attached.clear()
        return Notice(f"{count} {'goes' if count == 1 else 'go'} with the next message no more.")
    place = int(which) - 1 if which.isdecimal() else -1
    if not which.isdecimal():
        place = next((index for index, part in enumerate(attached) if part.name == which), -1)
    if not 0 <= place < len(attached):
        raise AttachmentError(
            f"Nothing that is attached is called {which}.", hint="/attach lists them; /detach all"
        )
    return Notice(f"{attached.pop(place).name} goes with the next message no more.")


def _complete_attach(context: Context, typed: str) -> list[str]:
    return [*([CLIPBOARD] if typed and CLIPBOARD.startswith(typed) else []), *complete_path(context, typed)]


def _complete_detach(context: Context, typed: str) -> list[str]:
    names = [*(part.name for part in context.session.attached), "all"]
    return [name for name in names if name.startswith(typed)]


COMMANDS = (
    Command(
        "attach",
        "Files",
        "Send files, pages or images with the next message, or list them.",
        _attach,
        args=(Arg("path", "rest", optional=True, complete=_complete_attach),),
        help="The same as `@FILE` in a message: a file, some of its lines (`notes.md:3-9`), a directory, a glob, or an "
        "address of the web; `clipboard` is the image on the clipboard. What is read now is what is sent, and stays with "
        "the chat. Names with blanks stand in quotation marks.",
        examples=(
            "/attach notes.md",
            "/attach src/**/*.py",
            "/attach https://example.org/",
            "/attach clipboard",
        ),
    ),
    Command(
        "detach",
        "Files",
        "Take something away from the next message: by number, name, or all.",
        _detach,
        args=(Arg("which", "rest", complete=_complete_detach),),
        examples=("/detach 1", "/detach all"),
    ),
)
