"""Commands for the chat as a whole: begin, step back, steer, leave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatrepl.commands.base import (
    Arg,
    ClearScreen,
    Command,
    Context,
    Messages,
    Notice,
    Quit,
    Reply,
    Several,
    Text,
    when_idle,
)
from chatrepl.keymap import Keymap

GROUPS = ("Chat", "Reply", "Branches", "Library", "Model", "Window", "Money", "Files", "Screen", "Program")

PLAIN_KEYS = (
    ("Enter", "send"),
    ("\\ Enter", "new line"),
    ("Ctrl-C", "stop the reply, or a command"),
    ("Ctrl-D", "leave, on an empty line"),
)
"""The keys of a chat line by line."""


def _help(context: Context, args: Mapping[str, Any]) -> Reply:
    from chatrepl.commands.help import answer

    keys = PLAIN_KEYS if context.is_plain else tuple(Keymap(context.session.settings.keys).shown())
    return answer(context, args["topic"], keys)


def _complete_help(context: Context, typed: str) -> list[str]:
    from chatrepl.commands.help import complete

    return complete(context, typed)


def _new(context: Context, _args: Mapping[str, Any]) -> Reply:
    had = len(context.session.conversation)
    context.session.new_chat()
    return Notice("New chat." + (" The one before is kept; chatrepl -c opens the last chat." if had else ""))


def _clear(context: Context, _args: Mapping[str, Any]) -> Reply:
    context.session.new_chat()
    return Several((ClearScreen(), Notice("New chat.")))


def _system(context: Context, args: Mapping[str, Any]) -> Reply:
    text = args["text"]
    if text is None:
        system = context.session.conversation.system
        return Text(system) if system else Notice("No system prompt is set.", hint="/system TEXT sets one.")
    if text.strip() in {"none", "off", '""'}:
        context.session.set_system(None)
        return Notice("The system prompt is gone, from the next message on.")
    context.session.set_system(text)
    return Notice("System prompt set, from the next message on.", hint="/system none takes it away.")


def _undo(context: Context, args: Mapping[str, Any]) -> Reply:
    wanted = args["turns"] if args["turns"] is not None else 1
    if wanted < 1:
        return Notice(f"turns is a whole number from 1, not {wanted}.", "error")
    done = context.session.undo(wanted)
    if not done:
        return Notice("There is nothing to undo: the chat stands before its first message.", "warning")
    path = context.session.conversation.path()
    left = f"{len(path)} messages are left" if path else "the chat stands before its first message"
    return Several(
        (
            Messages(path[-1:], max(0, len(path) - 1)),
            Notice(f"Stepped back {done} {'turn' if done == 1 else 'turns'}; {left}. Nothing was deleted."),
        )
    )


def _quit(_context: Context, _args: Mapping[str, Any]) -> Reply:
    return Quit()


COMMANDS = (
    Command(
        "help",
        "Program",
        "Explain a topic or a command, with examples.",
        _help,
        aliases=("?",),
        args=(Arg("topic", "rest", optional=True, complete=_complete_help),),
        help="Alone it lists the topics. `/help all` lists every command.",
        examples=("/help", "/help window", "/help save", "/help keys"),
    ),
    Command("new", "Chat", "Begin a new chat; this one is kept.", _new, when=when_idle),
    Command(
        "clear",
        "Chat",
        "Begin a new chat on an empty screen; this one is kept.",
        _clear,
        when=when_idle,
        help="The terminal's scrollback stays as it is.",
    ),
    Command(
        "system",
        "Chat",
        "Show or set the system prompt of this chat.",
        _system,
        aliases=("sys",),
        args=(Arg("text", "rest", optional=True),),
        when=when_idle,
        help="It is sent before all messages, from the next one on. `/system none` takes it away.",
        examples=("/system Answer in one sentence.", "/system none"),
    ),
    Command(
        "undo",
        "Chat",
        "Step back before your last message; nothing is deleted.",
        _undo,
        aliases=("rewind",),
        args=(Arg("turns", "number", optional=True),),
        when=when_idle,
        examples=("/undo", "/undo 3"),
    ),
    Command("quit", "Program", "Leave; the chat is saved already.", _quit, aliases=("exit", "q")),
)
