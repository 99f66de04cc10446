"""Commands for replies: ask again, go on, copy, look at the source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatrepl.branches import versions
from chatrepl.commands.base import (
    Arg,
    Ask,
    Clipboard,
    Command,
    Context,
    Messages,
    Notice,
    Reasoning,
    Reply,
    Text,
    when_idle,
)
from chatrepl.conversation import Rating, Verdict
from chatrepl.markup import code_blocks
from chatrepl.turn import Kind, can_continue, can_retry

REDRAWN_TURNS = 3


def _retry(context: Context, _args: Mapping[str, Any]) -> Reply:
    if not can_retry(context.session.conversation):
        return Notice("There is no message to answer again.", "warning")
    return Ask(Kind.RETRY)


def _continue(context: Context, _args: Mapping[str, Any]) -> Reply:
    if not can_continue(context.session.conversation):
        return Notice("There is no reply to go on with.", "warning", hint="/retry asks again.")
    return Ask(Kind.CONTINUE)


def _copy(context: Context, args: Mapping[str, Any]) -> Reply:
    reply = context.session.reply(None)
    if reply is None or not reply.text:
        return Notice("There is no reply to copy yet.", "warning")
    number = args["block"]
    if number is None:
        return Clipboard(reply.text, "the last reply")
    blocks = code_blocks(reply.text)
    if not 1 <= number <= len(blocks):
        counted = f"has {len(blocks)} code blocks" if len(blocks) != 1 else "has one code block"
        return Notice(f"There is no code block {number}: the last reply {counted}.", "error")
    return Clipboard(blocks[number - 1].code.removesuffix("\n"), f"code block {number}")


def _raw(context: Context, args: Mapping[str, Any]) -> Reply:
    reply = context.session.reply(args["reply"])
    if reply is None:
        return _no_reply(context, "raw")
    return Text(reply.text) if reply.text else Notice("That reply is empty.")


def _reasoning(context: Context, args: Mapping[str, Any]) -> Reply:
    reply = context.session.reply(args["reply"])
    if reply is None:
        return _no_reply(context, "reasoning")
    if not reply.reasoning.strip():
        which = "The last reply" if args["reply"] is None else f"Reply {args['reply']}"
        return Notice(f"{which} came without reasoning, or its server does not show it.")
    return Reasoning(reply.reasoning)


def _no_reply(context: Context, command: str) -> Notice:
    count = len(context.session.conversation.replies())
    if not count:
        return Notice("There is no reply in this chat yet.", "warning")
    return Notice(
        f"There is no such reply: this chat has {count}.",
        "error",
        hint=f"/{command} 1 is the first, /{command} -1 the last.",
    )


def _rate(context: Context, args: Mapping[str, Any]) -> Reply:
    words = (args["opinion"] or "").split(maxsplit=1)
    number: int | None = None
    if words and words[0].lstrip("-").isdecimal() and len(words[0]) < 9:
        number = int(words[0])
        words = words[1].split(maxsplit=1) if len(words) > 1 else []
    reply = context.session.reply(number)
    if reply is None:
        return _no_reply(context, "rate")
    which = "The last reply" if number is None else f"Reply {number}"
    known = context.session.conversation.ratings.get(reply.id)
    if not words:
        if known is None:
            return Notice(f"{which} is not rated.", hint="/rate up, /rate down WHY")
        return Notice(f"{which} is rated {known.verdict}" + (f": {known.note}" if known.note else "."))
    opinion = words[0].lower()
    note = words[1] if len(words) > 1 else ""
    if opinion in {"none", "off"}:
        context.session.rate(reply.id, None)
        return Notice(f"{which} is not rated any more.")
    signs = {"+": "up", "+1": "up", "good": "up", "-": "down", "-1": "down", "bad": "down"}
    verdict = next((each for each in Verdict if each.value == signs.get(opinion, opinion)), None)
    if verdict is None:
        return Notice(f"/rate takes up, down or none, not '{words[0]}'.", "error", hint="/rate down too long")
    context.session.rate(reply.id, Rating(verdict, note, context.session.clock.now()))
    return Notice(f"{which} is rated {verdict}" + (f": {note}" if note else "."))


def _complete_opinion(_context: Context, typed: str) -> list[str]:
    return [word for word in ("up", "down", "none") if word.startswith(typed)]


def _redraw(context: Context, args: Mapping[str, Any]) -> Reply:
    path = context.session.conversation.path()
    if not path:
        return Notice("There is nothing to draw: the chat is empty.", "warning")
    wanted = args["turns"] if args["turns"] is not None else REDRAWN_TURNS
    if wanted < 1:
        return Notice(f"turns is a whole number from 1, not {wanted}.", "error")
    return last_turns(context, wanted)


def last_turns(context: Context, turns: int) -> Messages:
    """Return the last turns of the open chat, to be drawn."""
    path = context.session.conversation.path()
    start = len(path)
    for _ in range(turns):
        start = next((index for index in range(start - 1, -1, -1) if path[index].role == "user"), 0)
    plan = context.session.plan_next() if path else None
    return Messages(
        path[start:],
        start,
        versions=versions(context.session.conversation, path[start:]),
        reasoning=context.session.settings.terminal.reasoning,
        begins_at=plan.begins_at if plan else None,
    )


COMMANDS = (
    Command(
        "retry",
        "Reply",
        "Ask for another reply to your last message.",
        _retry,
        aliases=("regenerate",),
        when=when_idle,
        help="The reply before stays in the chat, beside the new one.",
    ),
    Command(
        "continue",
        "Reply",
        "Ask for the rest of a reply that was cut off.",
        _continue,
        aliases=("cont",),
        when=when_idle,
        help="The new reply holds both parts; the unfinished one stays beside it.",
    ),
    Command(
        "copy",
        "Reply",
        "Copy the last reply, or one of its code blocks.",
        _copy,
        args=(Arg("block", "number", optional=True),),
        help="Goes through the terminal (OSC 52), so it works over ssh where the terminal allows it.",
        examples=("/copy", "/copy 2"),
    ),
    Command(
        "raw",
        "Reply",
        "Show the Markdown of the last reply, or of reply N.",
        _raw,
        args=(Arg("reply", "number", optional=True),),
        help="Exactly as it was received, apart from what could drive the terminal; nothing is wrapped. "
        "Replies are numbered from 1; `-1` is the last.",
        examples=("/raw", "/raw 1"),
    ),
    Command(
        "reasoning",
        "Reply",
        "Show what the model thought before the last reply, or reply N.",
        _reasoning,
        aliases=("thoughts",),
        args=(Arg("reply", "number", optional=True),),
        help="It is kept with the chat and never sent back. `/set terminal.reasoning show` shows it while it comes, "
        "`fold` leaves one line of it, `hide` nothing.",
        examples=("/reasoning", "/reasoning -2"),
    ),
    Command(
        "rate",
        "Reply",
        "Rate the last reply, or reply N: up, down or none, and why.",
        _rate,
        args=(Arg("opinion", "rest", optional=True, complete=_complete_opinion),),
        help="Ratings stay with the chat, are shown in what is exported, and make training data: `chatrepl export "
        "--format sft` writes the replies that were rated up, `--format preference` better and worse versions. Replies are "
        "numbered from 1; `-1` is the last.",
        examples=("/rate up", "/rate down too long", "/rate 2 up", "/rate none"),
    ),
    Command(
        "redraw",
        "Screen",
        "Draw the last turns again, at the present width.",
        _redraw,
        args=(Arg("turns", "number", optional=True),),
        help="Three turns, if no number is given.",
        examples=("/redraw", "/redraw 10"),
    ),
)
