"""Commands that ask several models at once and choose among what they say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chatrepl.candidates import MOST, PROFILE, profile_names, read_words, resolve
from chatrepl.commands.base import (
    Arg,
    Choice,
    Command,
    Compare,
    Confirm,
    Context,
    Draft,
    Notice,
    Reply,
    Several,
    Stop,
    when_idle,
)
from chatrepl.commands.tree import end_of_chat
from chatrepl.errors import BudgetExceededError, ChatreplError, GuardedError
from chatrepl.gathering import gather
from chatrepl.settings import PARAMETERS
from chatrepl.turn import can_retry

if TYPE_CHECKING:
    from chatrepl.session import Session
    from chatrepl.turn import Failed

_BEFORE_TEXT = re.compile(r"(?:^|\s)--(?=\s|$)")
"""What parts the candidates from the message."""


def _compare(context: Context, args: Mapping[str, Any]) -> Reply:
    session, rest = context.session, args["candidates"] or ""
    named, has_text, text = _parted(rest)
    try:
        words = shlex.split(named)
    except ValueError:
        return Notice(
            "A quotation mark is not closed.", "error", hint='/compare alpha system="Be brief." beta'
        )
    try:
        wanted = read_words(words)
        if not wanted:
            return Notice(
                "/compare needs the names of models or profiles.",
                "error",
                hint="/compare alpha beta -- Say hello.   /model lists models, /profile profiles.",
            )
        candidates = resolve(session, wanted)
    except ChatreplError as error:
        return Notice(error.message, "error", hint=error.hint)
    if not text.strip():
        if has_text or not can_retry(session.conversation):
            return Draft(
                f"/compare {named.strip()} -- ", "What is to be asked? Type it after the two dashes."
            )
        return Compare(candidates, None, f"/compare {rest}")
    return _with_attachments(session, Compare(candidates, text, f"/compare {rest}"), text)


def _with_attachments(session: Session, compare: Compare, text: str) -> Reply:
    """Read what goes with the message, asking first where that is much."""
    gathered = gather(session, text)

    def go() -> Reply:
        session.attached.clear()
        return replace(compare, attachments=gathered.attachments)

    if not gathered.asks:
        return go()
    back = Draft(compare.line, "Nothing was sent; the command is in the input line.")
    return Confirm(f"{'; '.join(gathered.asks)}. Send it?", go, lambda: back)


def _parted(rest: str) -> tuple[str, bool, str]:
    """Return the candidates, whether a message follows, and the message."""
    found = _BEFORE_TEXT.search(rest)
    if found is None:
        return rest, False, ""
    return rest[: found.start()], True, rest[found.end() :].strip()


def after_comparison(
    session: Session, compare: Compare, failure: Failed | None, *, may_ask: bool
) -> Reply | None:
    """Return what is said or asked when a comparison is over. None: nothing.

    Args:
        session: Whose comparison it was.
        compare: What was compared.
        failure: Why nothing was sent, where the user's own settings held it back. None: something was.
        may_ask: Whether the user is free to be asked which reply to go on with.
    """
    if failure is not None:
        if isinstance(failure.error, BudgetExceededError):
            return _ask_for_consent(session, compare)
        if isinstance(failure.error, GuardedError) and not failure.error.is_final:
            return _ask_the_user(session, compare)
        return _taken_back(session, compare)
    compared = session.compared
    if compared is None:
        return None
    _forget_wrong_keys(session)
    chat = session.conversation
    there = [
        number
        for number, reply in enumerate(compared.replies, start=1)
        if reply is not None and (chat[reply].parts or chat[reply].meta.state == "complete")
    ]
    if len(there) < 2:
        return None
    kept = next((number for number in there if compared.replies[number - 1] == chat.tip), 1)
    if not may_ask:
        return Notice(f"The chat goes on from reply {kept}; /pick N chooses another.")
    numbers = f"{', '.join(map(str, there[:-1]))} or {there[-1]}"
    return Choice(
        f"Go on from {numbers}? (any other key keeps {kept})",
        len(compared.replies),
        lambda number: picked(session, number),
    )


def _ask_the_user(session: Session, compare: Compare) -> Confirm:
    def again() -> Reply:
        session.guard.agree(session.conversation.id)
        return replace(compare, text=None)

    return Confirm("Send it to all of them as it is?", again, lambda: _taken_back(session, compare))


def _ask_for_consent(session: Session, compare: Compare) -> Confirm:
    def again() -> Reply:
        return replace(compare, text=None, has_consent=True)

    return Confirm("Send all of them once all the same?", again, lambda: _taken_back(session, compare))


def _taken_back(session: Session, compare: Compare) -> Reply:
    session.guard.decline(session.conversation.id)
    message = session.conversation.last_user_message()
    if compare.text is not None and message is not None:
        session.take_back(message)
        session.undo()
    return Draft(compare.line, "Nothing was sent; the command is in the input line.")


def _forget_wrong_keys(session: Session) -> None:
    """Look for the keys of profiles again that a server has refused: the user may put them right."""
    compared = session.compared
    for candidate, reply in zip(compared.candidates, compared.replies, strict=True) if compared else ():
        if candidate.profile and reply and session.conversation[reply].meta.state == "failed":
            session.forget_profile(candidate.profile)


def picked(session: Session, number: int) -> Reply:
    """Go on from one of the replies of the last comparison, by the number of its candidate."""
    compared = session.compared
    if compared is None or not any(reply in session.conversation for reply in compared.replies if reply):
        return Notice(
            "Nothing was compared in this chat since chatrepl was started.",
            "warning",
            hint="/sibling goes from one version of a reply to another, /tree shows all.",
        )
    if not 1 <= number <= len(compared.replies):
        return Notice(f"There is no reply {number}: there are {len(compared.replies)}.", "error")
    reply, candidate = compared.replies[number - 1], compared.candidates[number - 1]
    if reply is None:
        return Notice(f"Nothing was sent to {candidate.label}, so there is no reply {number}.", "error")
    chat = session.conversation
    session.go_to(chat.newest_below(reply))
    return Notice(
        f"Going on from reply {number}, by {candidate.label}.", hint=_how_to_change(session, number)
    )


def _how_to_change(session: Session, number: int) -> str | None:
    """Say how to talk to a candidate from now on. None: it is talked to already."""
    assert session.compared is not None  # noqa: S101 - the caller has looked
    candidate = session.compared.candidates[number - 1]
    model = candidate.parts.model
    if candidate.profile is not None:
        way = f"/profile {candidate.profile}"
    elif model is not None and model != session.model:
        way = f"/model {model}"
    else:
        return None
    return f"The next message goes to {session.model}, as before; {way} changes that."


def _pick(context: Context, args: Mapping[str, Any]) -> Reply:
    session, number = context.session, args["reply"]
    was_just_shown = session.compared is not None and session.conversation.tip in session.compared.replies
    answer = picked(session, number)
    if was_just_shown or (isinstance(answer, Notice) and answer.tone != "info"):
        return answer
    reply = session.compared.replies[number - 1] if session.compared is not None else None
    return Several((end_of_chat(context, since=reply, count=1), answer))


def _stop(_context: Context, args: Mapping[str, Any]) -> Reply:
    return Stop(args["reply"])


def complete_candidates(context: Context, typed: str) -> list[str]:
    """Complete the last word: a model, a profile or a parameter; nothing once the message has begun."""
    if _BEFORE_TEXT.search(typed):
        return []
    before, _, word = typed.rpartition(" ")
    lead = f"{before} " if before else ""
    profiles = [name for name in profile_names(context.session.settings) if name.startswith(word)]
    if word.startswith(PROFILE):
        name = word.removeprefix(PROFILE)
        found = [
            f"{PROFILE}{each}" for each in profile_names(context.session.settings) if each.startswith(name)
        ]
    else:
        own = context.session.settings.profiles
        models = [model.id for model in context.session.known_models() if model.id.startswith(word)]
        settings = [f"{name}=" for name in PARAMETERS if name.startswith(word)] if lead and word else []
        found = [*(name for name in profiles if name in own), *models]
        found += [name for name in profiles if name not in own and word] + settings
    return [f"{lead}{each}" for each in dict.fromkeys(found)]


COMMANDS = (
    Command(
        "compare",
        "Reply",
        "Send a message to several models, profiles or settings at once.",
        _compare,
        args=(Arg("candidates", "rest", optional=True, complete=complete_candidates),),
        when=when_idle,
        help=f"Two to {MOST} candidates, each a model of the server, a profile or a provider (`{PROFILE}NAME` where a model has "
        "that name too). Settings such as `temperature=0` or `model=NAME` belong to the name before them; before the first name "
        "they hold for all. One candidate is compared with the model in use. The message stands after ` -- `; without it, your "
        "last message is sent again.\n\nAll replies stay in the chat beside each other: a number key or `/pick N` chooses the one "
        "to go on from. Esc stops all of them, `/stop N` one. The budgets are asked once, for all of them together.",
        examples=(
            "/compare alpha beta -- Why is the sky blue?",
            "/compare alpha temperature=0 alpha temperature=1",
            "/compare groq model=llama-3.3-70b-versatile local",
        ),
    ),
    Command(
        "pick",
        "Reply",
        "Go on from another reply of the last comparison.",
        _pick,
        args=(Arg("reply", "number"),),
        when=when_idle,
        help="By the number above it. The others stay beside it: `/sibling` and `/diff` show them.",
        examples=("/pick 2",),
    ),
    Command(
        "stop",
        "Reply",
        "Stop the reply, or one candidate of a comparison.",
        _stop,
        args=(Arg("reply", "number", optional=True),),
        help="Esc stops all that is arriving; `/stop 2` stops the second candidate, and the others go on.",
        examples=("/stop", "/stop 2"),
    ),
)
