"""``/usage``: what was used and what it cost, from the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chatrepl.commands.base import Arg, Command, Context, Notice, Reply, Several, Table
from chatrepl.commands.money import shown_spent
from chatrepl.pacing import grouped
from chatrepl.usage_report import BY, By, columns, report, since_of

DEFAULT_SINCE = "14d"


def _usage(context: Context, args: Mapping[str, Any]) -> Reply:
    if args["by"] is None:
        return _overview(context)
    by: By | None = next((known for known in BY if known.startswith(args["by"])), None)
    if by is None:
        return Notice(f"/usage takes {', '.join(BY)}, not '{args['by']}'.", "error")
    session = context.session
    now = session.clock.now()
    try:
        since = since_of(args["since"] or DEFAULT_SINCE, now, None)
    except ValueError as error:
        return Notice(f"since {error}.", "error")
    titles = {str(chat.id): chat.title for chat in session.store.list_chats(10_000)} if by == "chat" else {}
    found = report(session.store.ledger.entries(since), by, None, since=since, now=now, titles=titles)
    if not found.total.requests:
        return Notice(f"Nothing was asked since {since.astimezone():%Y-%m-%d}.")
    header, rows = columns(found, is_unicode=True)
    return Table(f"Used since {since.astimezone():%Y-%m-%d}, by {by}", rows, header)


def _overview(context: Context) -> Reply:
    session = context.session
    periods = session.bookkeeper().periods(session.conversation.id)
    names = {"chat": "this chat", "day": "today", "week": "this week", "month": "this month"}
    rows = tuple(
        (names[name], shown_spent(spent), f"{grouped(spent.tokens)} tokens")
        for name, spent in periods.items()
    )
    return Several((Table("Used", rows), Notice("/usage day, /usage model 3m and others say more.")))


def _complete_by(_context: Context, typed: str) -> list[str]:
    return [name for name in BY if name.startswith(typed)]


COMMANDS = (
    Command(
        "usage",
        "Money",
        "Show what was used and what it cost, over all chats.",
        _usage,
        args=(Arg("by", optional=True, complete=_complete_by), Arg("since", optional=True)),
        help="By `day`, `week`, `month`, `model`, `provider`, `chat` or `purpose`, since `7d`, `2w`, `3m`, `today`, `all` or "
        "a date; the last 14 days if nothing is said. `chatrepl usage` does the same outside the chat, also as CSV and JSON.",
        examples=("/usage", "/usage day 7d", "/usage model 3m"),
    ),
)
