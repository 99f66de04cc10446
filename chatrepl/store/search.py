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
    ranked = max(RANKED, limit)

    def weigh(expression: str | None) -> tuple[list[_Found], bool]:
        candidates = _Candidates(connection, query, chat, expression, is_whole=limit > RANKED)
        return _weigh(candidates, query, ranked, now, is_per_chat=is_per_chat)

    found: list[_Found] = []
    is_capped = is_inside = False
    if expression or not query.terms:
        found, is_capped = weigh(expression)
        if len(found) < FEW and len(query.terms) > 1:
            found, is_capped = weigh(index.expression(query.terms))
    if not found and query.terms:
        found, is_capped = weigh(None)
        is_inside = bool(found) and bool(expression)
    if query.terms:
        found.sort(key=lambda each: (-each.score, -each.row.position))
    return Hits(_hits(connection, found[:limit]), len(found), is_capped, is_inside)


def _weigh(
    candidates: _Candidates, query: Query, most: int, now: datetime, *, is_per_chat: bool
) -> tuple[list[_Found], bool]:
    """Return the newest hits with what they are worth, and whether there may be more of them.

    With ``is_per_chat`` only the best of each chat are kept, so that their texts do not fill the memory.
    """
    found: dict[str | int, _Found] = {}
    for count, (row, folded) in enumerate(candidates.hits()):
        if count == most:
            return [*found.values()], True
        age_days = (now - from_microseconds(row.created_us)).total_seconds() / 86_400
        worth = score(query, folded, title=fold(row.title), age_days=age_days)
        key = row.chat if is_per_chat else row.position
        if key not in found or worth > found[key].score:
            found[key] = _Found(worth, row)
    return [*found.values()], candidates.has_more


class _Candidates:
    """Messages that may be hits, the newest first.

    Args:
        connection: In a transaction.
        query: Its filters hold for all of them.
        chat: The only chat that counts. None: all do.
        expression: What the index is asked; empty: all messages, None: the newest are read through.
        is_whole: Whether all of them are wanted, however long that takes.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        query: Query,
        chat: ChatId | None,
        expression: str | None,
        *,
        is_whole: bool,
    ) -> None:
        self._connection = connection
        self._query = query
        self._expression = expression
        self._is_whole = is_whole
        self._condition, self._values = _condition(query, chat)
        self._first, self._last = self._range(query, chat)
        self.has_more = False
        """After the last one: whether older ones were not looked at."""

    def _range(self, query: Query, chat: ChatId | None) -> tuple[int, int]:
        """Return between which positions they stand, where the filters say so."""
        which, value = "", ""
        if chat is not None:
            which, value = "chat = ?", chat
        elif query.tag is not None:
            which, value = "chat IN (SELECT chat FROM tags WHERE tag = ?)", query.tag
        if not which:
            (last,) = self._connection.execute("SELECT coalesce(max(position), 0) FROM messages").fetchone()
            return 0, last
        found = self._connection.execute(
            f"SELECT coalesce(min(position), 1), coalesce(max(position), 0) FROM messages WHERE {which}",  # noqa: S608
            (value,),
        ).fetchone()
        return found[0], found[1]

    def hits(self) -> Iterator[tuple[_Row, str]]:
        """Yield those that are hits, with their texts folded."""
        for row in self:
            folded = fold(row.text)
            if is_hit(self._query, folded):
                yield row, folded

    def __iter__(self) -> Iterator[_Row]:
        """Yield all of them."""
        if self._expression:
            yield from self._proposed(self._expression)
            return
        if self._expression is None and not self._is_whole and self._last - self._first >= SCANNED:
            self._first, self.has_more = self._last - SCANNED + 1, True
        yield from self._read("m.position BETWEEN ? AND ?", self._first, self._last)

    def _proposed(self, expression: str) -> Iterator[_Row]:
        most = -1 if self._is_whole else PROPOSED
        positions = self._connection.execute(
            "SELECT rowid FROM words WHERE words MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?",
            (expression, self._first, self._last, most),
        )
        count = 0
        while batch := positions.fetchmany(_BATCH):
            count += len(batch)
            listed = json.dumps([position for (position,) in batch])
            yield from [*self._read("m.position IN (SELECT value FROM json_each(?))", listed)]
        self.has_more = count == most

    def _read(self, which: str, *values: object) -> Iterator[_Row]:
        rows = self._connection.execute(
            f"SELECT {_COLUMNS} FROM messages AS m JOIN chats AS c ON c.id = m.chat"  # noqa: S608
            f" WHERE {which} AND {self._condition} ORDER BY m.position DESC",
            (*values, *self._values),
        )
        return map(_Row._make, rows)


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
