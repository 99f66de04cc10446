"""What the guard found, how it is told what to do, and the question when it holds a turn back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

from chatrepl.commands import money
from chatrepl.commands.base import (
    Arg,
    Ask,
    Command,
    Confirm,
    Context,
    Draft,
    Notice,
    Reply,
    Several,
    Table,
    when_idle,
)
from chatrepl.errors import GuardedError
from chatrepl.settings import GuardMode
from chatrepl.turn import Failed, Kind

if TYPE_CHECKING:
    from chatrepl.session import Session

MODES: Mapping[GuardMode, str] = {
    "warn": "you are asked before it is sent, once for each chat",
    "mask": "placeholders are sent in its place, and it is put back into the reply",
    "block": "what holds it is not sent",
    "off": "nothing is looked for",
}
"""What each mode does about what is found."""
FORGET = "forget"
"""Takes back what was agreed to."""


def consent_to(failure: Failed, session: Session, kind: Kind) -> Reply | None:
    """Return what follows a turn that was held back: a question, or the message back in the input line. None: nothing."""
    error = failure.error
    if not isinstance(error, GuardedError):
        return money.consent_to(failure, session, kind)

    def take_back() -> Reply:
        session.guard.decline(session.conversation.id)
        message = session.conversation.last_user_message()
        if kind is not Kind.ASK or message is None:
            return Notice("Nothing was sent.")
        session.undo()
        return Draft(session.take_back(message), "Nothing was sent; your message is in the input line.")

    def send() -> Reply:
        session.guard.agree(session.conversation.id)
        return Ask(Kind.RETRY if kind is Kind.ASK else kind)

    return take_back() if error.is_final else Confirm("Send it as it is?", send, take_back)


def _guard(context: Context, args: Mapping[str, Any]) -> Reply:
    session, mode = context.session, args["mode"]
    if mode is None:
        return _shown(session)
    if mode == FORGET:
        session.guard.withdraw(session.conversation.id)
        mode = session.settings.guard.mode
        return Notice(
            f"What you agreed to in this chat is taken back. The guard is set to {mode}: {MODES[mode]}."
        )
    if mode not in MODES:
        known = ", ".join((*MODES, FORGET))
        return Notice(f"The guard knows {known}, not '{mode}'.", "error", hint="For example: /guard mask")
    session.change_setting("guard.mode", mode)
    return Notice(
        f"guard.mode = {mode}, until you leave: {MODES[session.settings.guard.mode]}.",
        hint=f'To keep it: [guard] mode = "{mode}" in the configuration file.',
    )


def _shown(session: Session) -> Reply:
    settings = session.settings.guard
    personal = (
        "secrets and personal data"
        if settings.personal
        else "secrets (/set guard.personal true: personal data too)"
    )
    said = Notice(f"The guard is set to {settings.mode}: {MODES[settings.mode]}. It looks for {personal}.")
    if settings.mode == "off":
        return said
    seen = session.look_through()
    if not seen:
        return Several((said, Notice("Nothing was found in this chat.")))
    is_masked = settings.mode == "mask"
    rows = tuple(
        (
            each.name,
            each.placeholder if is_masked else "is sent as it is" if each.is_agreed else "is asked about",
        )
        for each in seen
    )
    if settings.mode == "block":
        rows = tuple((each.name, "is not sent") for each in seen)
    if any(each.is_agreed for each in seen):
        said = replace(said, hint="/guard forget takes back what you agreed to in this chat.")
    return Several((said, Table("Found in this chat", rows)))


def _complete_mode(_context: Context, typed: str) -> list[str]:
    return [mode for mode in (*get_args(GuardMode), FORGET) if mode.startswith(typed)]


COMMANDS = (
    Command(
        "guard",
        "Chat",
        "Show what the guard found in the chat, or say what it does.",
        _guard,
        args=(Arg("mode", optional=True, complete=_complete_mode),),
        when=when_idle,
        help="What is about to be sent is looked through for keys, tokens, private keys and passwords, and with "
        "`guard.personal` for personal data. `warn` asks once for each chat, `mask` sends placeholders and puts the values "
        "back into the reply, `block` sends nothing that holds any, `off` does not look. What you agreed to is remembered with "
        "the chat, for the server it was sent to; `/guard forget` takes it back. `/request` shows what is sent.",
        examples=("/guard", "/guard mask", "/guard off", "/guard forget"),
    ),
)
