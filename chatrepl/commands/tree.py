"""Commands for the branches of a chat: change a message, compare versions, go from one to another and back."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from chatrepl.branches import Run, place_among_siblings, runs, versions
from chatrepl.commands.base import (
    Arg,
    Command,
    Context,
    Draft,
    Messages,
    Notice,
    Reply,
    Several,
    Text,
    when_idle,
)
from chatrepl.commands.numbers import message_at, number_of
from chatrepl.conversation import Conversation, first_words
from chatrepl.errors import StoreError
from chatrepl.messages import Message, MessageId, Role

SHOWN_RUNS = 200
WORDS_CHARS = 50
SHOWN_MESSAGES = 4
MOST_DIFF_WORDS = 4000
"""Longer texts are compared line by line only: comparing words costs the square of their number."""


def _edit(context: Context, args: Mapping[str, Any]) -> Reply:
    session = context.session
    if args["message"] is None:
        message = session.conversation.last_user_message()
        if message is None:
            return Notice("There is no message of yours to change yet.", "warning")
    else:
        found = message_at(context, args["message"])
        if isinstance(found, Notice):
            return found
        message = found
    number = number_of(session.conversation, message.id)
    if message.role is not Role.USER:
        return Notice(
            f"Message {number} is not yours; only your own can be changed.",
            "error",
            hint="/retry asks for another reply; /branch N goes on from any message.",
        )
    session.go_to(message.parent_id)
    said = (
        f"Message {number} is in the input line: Enter sends it as another branch, Ctrl-G opens it in your editor,"
        " /back leaves all as it was."
    )
    return Draft(session.take_back(message), said)


def _branch(context: Context, args: Mapping[str, Any]) -> Reply:
    found = message_at(context, args["message"])
    if isinstance(found, Notice):
        return found
    context.session.go_to(found.id)
    number = args["message"] if args["message"] > 0 else number_of(context.session.conversation, found.id)
    said = (
        f"The next message follows message {number}, as another branch. Nothing was deleted; /back goes back."
    )
    return Several((end_of_chat(context, 1), Notice(said)))


def end_of_chat(context: Context, count: int = SHOWN_MESSAGES, *, since: MessageId | None = None) -> Messages:
    """Return the last messages of the open chat, to be drawn; from one of them on where that is more."""
    chat = context.session.conversation
    path = chat.path()
    start = max(0, len(path) - count)
    if since is not None:
        at = next((index for index, message in enumerate(path) if message.id == since), start)
        start = max(at, len(path) - SHOWN_MESSAGES) if at < start else at
    shown = path[start:]
    return Messages(
        shown,
        start,
        reasoning=context.session.settings.terminal.reasoning,
        versions=versions(chat, shown),
    )


def _last_fork(chat: Conversation) -> Message | None:
    """Return the last message on the path that has siblings. None: there is none."""
    forks = chat.forks()
    return next((message for message in chat.ancestors(chat.tip) if message.parent_id in forks), None)


def _sibling(context: Context, args: Mapping[str, Any]) -> Reply:
    chat = context.session.conversation
    message = _forked(context, args["message"])
    if isinstance(message, Notice):
        return message
    siblings = chat.siblings(message.id)
    wanted = _which(args["which"] or "next", siblings.index(message.id), len(siblings))
    if isinstance(wanted, Notice):
        return wanted
    chosen = siblings[wanted]
    context.session.go_to(chat.newest_below(chosen))
    number = number_of(chat, chosen)
    said = f"This is version {wanted + 1} of {len(siblings)} of message {number}; /sibling shows the next, /back goes back."
    return Several((end_of_chat(context, since=chosen), Notice(said)))


def _forked(context: Context, number: int | None) -> Message | Notice:
    """Return the message whose versions are meant: message N, or the last one that has any."""
    chat = context.session.conversation
    if number is None:
        message = _last_fork(chat)
        if message is None:
            return Notice(
                "Nothing in this branch has another version.",
                "warning",
                hint="/retry and /edit make one; /tree shows all branches.",
            )
        return message
    found = message_at(context, number)
    if isinstance(found, Notice):
        return found
    if len(chat.siblings(found.id)) < 2:
        return Notice(f"Message {number} has no other version.", "warning", hint="/tree shows all branches.")
    return found


def _which(text: str, index: int, count: int) -> int | Notice:
    word = text.lower()
    if word.isdecimal() and len(word) < 9:
        if 1 <= int(word) <= count:
            return int(word) - 1
        return Notice(f"There is no version {word}: there are {count}.", "error")
    if word and "next".startswith(word):
        return (index + 1) % count
    if word and "previous".startswith(word):
        return (index - 1) % count
    return Notice(f"/sibling takes next, previous or a number from 1 to {count}, not '{text}'.", "error")


def _tree(context: Context, args: Mapping[str, Any]) -> Reply:
    chat = context.session.conversation
    if not len(chat):
        return Notice("There is nothing to draw: the chat is empty.", "warning")
    with suppress(StoreError):  # what is known here is drawn all the same
        context.session.catch_up()
    found = runs(chat)
    if args["branch"] is not None:
        return _switch(context, found, args["branch"])
    branches = sum(run.branch is not None for run in found)
    here = next((index for index, run in enumerate(found) if run.is_here), 0)
    start = max(0, min(here - SHOWN_RUNS // 2, len(found) - SHOWN_RUNS))
    lines = [_line(run) for run in found[start : start + SHOWN_RUNS]]
    if start:
        lines.insert(0, f"… {start} more above")
    if start + SHOWN_RUNS < len(found):
        lines.append(f"… {len(found) - start - SHOWN_RUNS} more below")
    said = Notice("One branch." if branches == 1 else f"{branches} branches; /tree N goes to branch N.")
    return Several((Text("\n".join(lines)), said))


def _line(run: Run) -> str:
    """Draw a run: guides, numbers of its messages, its first words, the number of its branch."""
    guides = "".join("│ " if goes_on else "  " for goes_on in run.guides[1:])
    corner = ("└─" if run.is_last else "├─") if run.guides else ""
    numbers = str(run.begins_at) if run.begins_at == run.ends_at else f"{run.begins_at}-{run.ends_at}"
    who = "you" if run.first.role is Role.USER else run.first.meta.model or str(run.first.role)
    words = first_words(run.first.text, WORDS_CHARS) or "(empty)"
    branch = f"  [{run.branch}]" if run.branch is not None else ""
    here = "  ← here" if run.is_here else ""
    return f"{guides}{corner}{numbers} {first_words(who, 30)}: {words}{branch}{here}"


def _switch(context: Context, found: list[Run], number: int) -> Reply:
    run = next((run for run in found if run.branch == number), None)
    if run is None:
        branches = sum(run.branch is not None for run in found)
        return Notice(
            f"There is no branch {number}: this chat has {branches}.", "error", hint="/tree draws them."
        )
    context.session.go_to(run.last.id)
    return Several(
        (
            end_of_chat(context, since=run.first.id),
            Notice(f"This is branch {number}; /back goes back."),
        )
    )


def _step(context: Context, *, back: bool) -> Reply:
    before = context.session.conversation.id
    if not context.session.step(back=back):
        where = "back: this is where you began" if back else "forward: /back was not used"
        return Notice(f"There is nothing to go {where}.", "warning")
    chat = context.session.conversation
    if not chat.path():
        return Notice("The chat stands before its first message.")
    title = chat.title or first_words(chat.path()[0].text)
    said = f"Back in the chat “{first_words(title)}”." if chat.id != before else "Here you were."
    return Several((end_of_chat(context, 2), Notice(said)))


def _back(context: Context, _args: Mapping[str, Any]) -> Reply:
    return _step(context, back=True)


def _forward(context: Context, _args: Mapping[str, Any]) -> Reply:
    return _step(context, back=False)


def _diff(context: Context, args: Mapping[str, Any]) -> Reply:
    chat = context.session.conversation
    message = _forked(context, args["message"])
    if isinstance(message, Notice):
        return message
    place, count = place_among_siblings(chat, message.id)
    index = _which(args["which"] or "previous", place - 1, count)
    if isinstance(index, Notice):
        return index
    if index == place - 1:
        return Notice(f"That is version {place} itself; there are {count}.", "error")
    other = chat[chat.siblings(message.id)[index]]
    lines = [*difference(other.text, message.text)]
    if not lines:
        return Notice(f"Versions {index + 1} and {place} say the same.")
    lead = f"--- version {index + 1} of {count}{_model(other)}\n+++ version {place} of {count}{_model(message)}\n"
    return Text(lead + "\n".join(lines))


def _model(message: Message) -> str:
    return f" ({message.meta.model})" if message.meta.model else ""


def difference(before: str, after: str) -> Iterator[str]:
    """Yield the lines of a comparison: what is gone after ``-``, what is new after ``+``, three lines around them.

    A line that was changed in a few words shows them: ``[-gone-]`` and ``{+new+}``.
    """
    old, new = before.split("\n"), after.split("\n")
    matcher = difflib.SequenceMatcher(None, old, new)
    is_short = len(before.split()) + len(after.split()) <= MOST_DIFF_WORDS
    for group in matcher.get_grouped_opcodes(3):
        first, last = group[0], group[-1]
        yield f"@@ lines {first[1] + 1}-{last[2]}, now {first[3] + 1}-{last[4]} @@"
        for tag, a, b, c, d in group:
            if tag == "equal":
                yield from (f"  {line}" for line in old[a:b])
            elif tag == "replace" and is_short and b - a == d - c:
                for left, right in zip(old[a:b], new[c:d], strict=True):
                    yield from _words(left, right)
            else:
                yield from (f"- {line}" for line in old[a:b])
                yield from (f"+ {line}" for line in new[c:d])


def _words(left: str, right: str) -> Iterator[str]:
    """Compare two lines word by word, where enough of them stayed; else line by line."""
    old, new = re.findall(r"\s+|\S+", left), re.findall(r"\s+|\S+", right)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < 0.5:
        yield f"- {left}"
        yield f"+ {right}"
        return
    pieces: list[str] = []
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            pieces += old[a:b]
            continue
        if a < b:
            pieces.append(f"[-{''.join(old[a:b])}-]")
        if c < d:
            pieces.append(f"{{+{''.join(new[c:d])}+}}")
    yield "~ " + "".join(pieces)


def _complete_which(_context: Context, typed: str) -> list[str]:
    return [word for word in ("next", "previous") if word.startswith(typed)]


COMMANDS = (
    Command(
        "edit",
        "Branches",
        "Change a message of yours and send it as another branch.",
        _edit,
        args=(Arg("message", "number", optional=True),),
        when=when_idle,
        help="By its number in `/context`; without one it is your last message. It comes into the input line, from where "
        "Ctrl-G opens it in your editor. The version before, and all that followed it, stays: `/sibling` goes between them.",
        examples=("/edit", "/edit 3"),
    ),
    Command(
        "branch",
        "Branches",
        "Go on from message N, as another branch.",
        _branch,
        aliases=("fork",),
        args=(Arg("message", "number"),),
        when=when_idle,
        help="By its number in `/context`. What followed it stays, as a branch of its own.",
        examples=("/branch 4",),
    ),
    Command(
        "sibling",
        "Branches",
        "Go to another version of a reply or message: next, previous or N.",
        _sibling,
        aliases=("version",),
        args=(
            Arg("which", optional=True, complete=_complete_which),
            Arg("message", "number", optional=True),
        ),
        when=when_idle,
        help="`/retry` and `/edit` make versions, which are shown as `2/3` in angle quotes. Without a message's number it is the last one "
        "that has any; a branch is entered where it was begun last.",
        examples=("/sibling", "/sibling 2", "/sibling previous 3"),
    ),
    Command(
        "tree",
        "Branches",
        "Draw the branches of this chat, or go to branch N.",
        _tree,
        args=(Arg("branch", "number", optional=True),),
        when=when_idle,
        help="A line stands for messages that follow each other without a fork; their numbers count along the branch. What "
        "was said in this chat in another terminal is there too.",
        examples=("/tree", "/tree 2"),
    ),
    Command(
        "diff",
        "Branches",
        "Compare a reply or message with another version of it.",
        _diff,
        args=(
            Arg("which", optional=True, complete=_complete_which),
            Arg("message", "number", optional=True),
        ),
        help="With the version before it, if nothing else is said; the last message that has versions, if no number is given.",
        examples=("/diff", "/diff 1", "/diff 1 4"),
    ),
    Command(
        "back",
        "Branches",
        "Go back to where you were before the last step.",
        _back,
        when=when_idle,
        help="Steps are `/undo`, `/edit`, `/branch`, `/sibling`, `/tree N`, and opening another chat. `/forward` takes it "
        "back.",
    ),
    Command("forward", "Branches", "Take `/back` back.", _forward, when=when_idle),
)
