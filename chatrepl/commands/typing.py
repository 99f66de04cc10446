"""Commands for the input line: how keys are taken, what waits to be sent, the output of a shell command."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatrepl.commands.base import Arg, Command, Context, Notice, QueueChange, Reply, Table, TakeOutput
from chatrepl.conversation import first_words

LIMIT_SHOWN_CHARS = 100
_CHANGES = ("edit", "drop", "clear")
_NOT_PLAIN = Notice("The plain chat takes lines as the terminal gives them; nothing was changed.", "warning")


def _vim(context: Context, _args: Mapping[str, Any]) -> Reply:
    if context.is_plain:
        return _NOT_PLAIN
    is_vi = context.session.settings.terminal.keys == "vi"
    context.session.change_setting("terminal.keys", "emacs" if is_vi else "vi")
    if is_vi:
        return Notice("Keys are as in emacs and most shells again.")
    return Notice(
        "Keys are as in vi: Esc leads to its normal mode, where Esc stops a reply; the bar shows the mode.",
        hint='terminal.keys = "vi" in the configuration file begins so; /vim goes back.',
    )


def _multiline(context: Context, _args: Mapping[str, Any]) -> Reply:
    if context.is_plain:
        return _NOT_PLAIN
    is_on = context.session.settings.terminal.multiline
    context.session.change_setting("terminal.multiline", "false" if is_on else "true")
    if is_on:
        return Notice("Enter sends again.")
    return Notice(
        "Enter begins a new line, Alt-Enter sends; a command in a line of its own is run by Enter.",
        hint="/multiline goes back; terminal.multiline = true in the configuration file begins so.",
    )


def _queue(context: Context, args: Mapping[str, Any]) -> Reply:
    if not context.queued:
        return Notice("Nothing waits: what you enter while a reply arrives is queued, and sent afterwards.")
    change, number = args["change"], args["number"]
    if change is None:
        rows = tuple(
            (str(place), first_words(text, LIMIT_SHOWN_CHARS))
            for place, text in enumerate(context.queued, start=1)
        )
        return Table("Waiting to be sent", rows)
    if change not in _CHANGES:
        return Notice(f"/queue takes {', '.join(_CHANGES)}, not '{change}'.", "error")
    if change == "clear":
        return QueueChange("clear")
    number = number if number is not None else len(context.queued)
    if not 1 <= number <= len(context.queued):
        return Notice(f"There is no message {number} in the queue: it has {len(context.queued)}.", "error")
    return QueueChange(change, number, context.queued[number - 1])


def _complete_change(_context: Context, typed: str) -> list[str]:
    return [name for name in _CHANGES if name.startswith(typed)]


def _output(context: Context, _args: Mapping[str, Any]) -> Reply:
    if context.is_plain:
        return _NOT_PLAIN
    return TakeOutput()


COMMANDS = (
    Command(
        "queue",
        "Chat",
        "List the messages that wait to be sent, change or drop one.",
        _queue,
        args=(
            Arg("change", optional=True, complete=_complete_change),
            Arg("number", "number", optional=True),
        ),
        help="What you enter while a reply arrives waits its turn. `/queue edit 2` takes the second message back into the line; "
        "entered again, it goes back to its place. `/queue drop 2` forgets it, `/queue clear` all of them. On an empty "
        "line Up and Down do the same.",
        examples=("/queue", "/queue edit 2", "/queue drop 1"),
    ),
    Command(
        "output",
        "Chat",
        "Put the output of the last shell command into your message.",
        _output,
        help="A line that begins with `!` is run in your shell and shown; nothing of it is sent before it stands in your "
        "message and you press Enter. Keys in it are masked.",
    ),
    Command(
        "vim",
        "Screen",
        "Take keys as in vi, or as in emacs again.",
        _vim,
        help="The same as `/set terminal.keys vi`. The status bar shows the mode.",
    ),
    Command(
        "multiline",
        "Screen",
        "Let Enter begin a new line and Alt-Enter send, or back.",
        _multiline,
        help="For messages of many lines. A command in a line of its own is still run by Enter.",
    ),
)
