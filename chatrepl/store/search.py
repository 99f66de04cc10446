"""Searching the messages: the index proposes, newest first, and the texts decide."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

from chatrepl.messages import ChatId, MessageId, Role
from chatrepl.ports import Hit, Hits
from chatrepl.search import Query, fold, is_hit, score
from chatrepl.store import index
from chatrepl.store.library import SUMMARY, summaries
from chatrepl.store.records import from_microseconds, to_microseconds

RANKED = 600
"""So many hits are weighed against each other: the newest, where there are more."""
PROPOSED = 20_000
"""So many proposals are looked at, where most of them turn out to be none."""
SCANNED = 200_000
"""So many messages are read, the newest, where the index knows no such word."""
_BATCH = 300
FEW = 20
"""Where so few begin as the last word does, the others may go on in the text as well."""
_COLUMNS = "m.position, m.chat, m.id, m.role, json_extract(m.meta, '$.model'), m.created_us, m.text, c.title || c.auto_title"


class _Row(NamedTuple):
    position: int
    chat: str
    id: str
    role: str
    model: str | None
    created_us: int
    text: str
    title: str


class _Found(NamedTuple):
    score: float
    row: _Row


def search(
    connection: sqlite3.Connection,
    query: Query,
    limit: int,
    *,
    chat: ChatId | None,
    is_per_chat: bool,
    now: datetime,
) -> Hits:
    """Find messages; see ``ports.Library``."""
    expression = index.expression(query.terms, is_last_open=True)
    found: list[_Found] = []
    is_capped = is_inside = False
    if expression or not query.terms:
        found, is_capped = _weigh(connection, query, chat, expression, now)
        if len(found) < FEW and len(query.terms) > 1:
            found, is_capped = _weigh(connection, query, chat, index.expression(query.terms), now)
    if not found and query.terms:
        found, is_capped = _weigh(connection, query, chat, None, now)
        is_inside = bool(found) and bool(expression)
    if query.terms:
        found.sort(key=lambda each: (-each.score, -each.row.position))
    if is_per_chat:
        best: dict[str, _Found] = {}
        for each in found:
            best.setdefault(each.row.chat, each)
        found = list(best.values())
    return Hits(_hits(connection, found[:limit]), len(found), is_capped, is_inside)


def _weigh(
    connection: sqlite3.Connection, query: Query, chat: ChatId | None, expression: str | None, now: datetime
) -> tuple[list[_Found], bool]:
    """Return the newest hits with what they are worth, and whether there may be more of them."""
    found: list[_Found] = []
    for row in _rows(connection, query, chat, expression):
        folded = fold(row.text)
        if not is_hit(query, folded):
            continue
        if len(found) == RANKED:
            return found, True
        age_days = (now - from_microseconds(row.created_us)).total_seconds() / 86_400
        found.append(_Found(score(query, folded, title=fold(row.title), age_days=age_days), row))
    return found, False


def _rows(
    connection: sqlite3.Connection, query: Query, chat: ChatId | None, expression: str | None
) -> Iterator[_Row]:
    """Yield messages that may be hits, the newest first.

    ``expression`` is what the index is asked; empty: all messages, None: as many of the newest as may be read through.
    """
    condition, values = _condition(query, chat)
    if expression:
        cursor = connection.execute(
            "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?", (expression, PROPOSED)
        )
        while batch := cursor.fetchmany(_BATCH):
            positions = json.dumps([position for (position,) in batch])
            yield from map(
                _Row._make,
                connection.execute(
                    f"SELECT {_COLUMNS} FROM messages AS m JOIN chats AS c ON c.id = m.chat"  # noqa: S608
                    f" WHERE m.position IN (SELECT value FROM json_each(?)) AND {condition} ORDER BY m.position DESC",
                    (positions, *values),
                ).fetchall(),
            )
        return
    limit = SCANNED if expression is None else -1
    oldest = 0
    if expression is None:
        (last,) = connection.execute("SELECT coalesce(max(position), 0) FROM messages").fetchone()
        oldest = max(0, last - limit)
    rows = connection.execute(
        f"SELECT {_COLUMNS} FROM messages AS m JOIN chats AS c ON c.id = m.chat"  # noqa: S608
        f" WHERE m.position > ? AND {condition} ORDER BY m.position DESC",
        (oldest, *values),
    )
    yield from map(_Row._make, rows)


def _condition(query: Query, chat: ChatId | None) -> tuple[str, list[object]]:
    parts, values = ["c.deleted_us IS NULL", "m.writer IS NULL"], list[object]()
    if chat is not None:
        parts.append("m.chat = ?")
        values.append(chat)
    if query.role is not None:
        parts.append("m.role = ?")
        values.append(query.role.value)
    if query.model:
        parts.append("instr(lower(json_extract(m.meta, '$.model')), ?)")
        values.append(query.model)
    if query.tag:
        parts.append("m.chat IN (SELECT chat FROM tags WHERE tag = ?)")
        values.append(query.tag)
    if query.rated is not None:
        parts.append("(m.chat, m.id) IN (SELECT chat, message FROM ratings WHERE verdict = ?)")
        values.append(query.rated.value)
    if query.since is not None:
        parts.append("m.created_us >= ?")
        values.append(to_microseconds(query.since))
    if query.before is not None:
        parts.append("m.created_us < ?")
        values.append(to_microseconds(query.before))
    return " AND ".join(parts), values


def _hits(connection: sqlite3.Connection, found: list[_Found]) -> list[Hit]:
    ids = json.dumps(sorted({each.row.chat for each in found}))
    rows = connection.execute(
        f"SELECT {SUMMARY} FROM chats WHERE id IN (SELECT value FROM json_each(?))",  # noqa: S608
        (ids,),
    ).fetchall()
    chats = {chat.id: chat for chat in summaries(connection, rows)}
    return [
        Hit(
            chats[ChatId(row.chat)],
            MessageId(row.id),
            Role(row.role),
            row.model or "",
            from_microseconds(row.created_us),
            row.text,
            worth,
        )
        for worth, row in found
    ]
