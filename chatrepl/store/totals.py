"""What a chat has used, kept beside it so that lists need not read its messages. Derived: it can be counted again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from chatrepl.messages import ChatId, Message
from chatrepl.store.amounts import to_trillionths
from chatrepl.store.records import storable, to_messages

_ADD = (
    "UPDATE chats SET model = CASE ? WHEN '' THEN model ELSE ? END, total_tokens = total_tokens + ?,"
    " cost_pusd = CASE WHEN ? IS NULL THEN cost_pusd ELSE coalesce(cost_pusd, 0) + ? END WHERE id = ?"
)


class Used(NamedTuple):
    """What replies have used."""

    model: str
    """Of the last one. Empty: none is known."""
    tokens: int
    cost_pusd: int | None
    """In trillionths of a dollar. None: no cost is known."""


def of(messages: Iterable[Message]) -> Used:
    """Count replies that have arrived."""
    model, tokens = "", 0
    cost: Decimal | None = None
    for message in messages:
        if not message.is_reply:
            continue
        meta = message.meta
        model = meta.model or model
        tokens += meta.usage.total_tokens if meta.usage is not None else 0
        if meta.cost_usd is not None:
            cost = (cost or Decimal(0)) + meta.cost_usd
    return Used(storable(model), min(tokens, 2**53), to_trillionths(cost))


def add(connection: sqlite3.Connection, chat: ChatId, messages: Iterable[Message]) -> None:
    """Count replies that have arrived for their chat; the last one's model is the chat's."""
    model, tokens, cost = of(messages)
    if model or tokens or cost is not None:
        connection.execute(_ADD, (model, model, tokens, cost, cost, chat))


def recount(connection: sqlite3.Connection) -> None:
    """Count every chat again, from its messages."""
    connection.execute("UPDATE chats SET model = '', total_tokens = 0, cost_pusd = NULL")
    for (chat,) in connection.execute("SELECT id FROM chats").fetchall():
        rows = connection.execute(
            "SELECT id, parent, role, created_us, '', NULL, meta FROM messages"
            " WHERE chat = ? AND role = 'assistant' AND writer IS NULL ORDER BY position",
            (chat,),
        ).fetchall()
        try:
            add(connection, chat, to_messages(rows))
        except ValueError:  # a row that cannot be read is told of when its chat is opened
            continue
