"""The chats of one file as a whole: lists, the bin, tags, what is brought in, copies of the file."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from chatrepl.conversation import Conversation
from chatrepl.errors import StoreError
from chatrepl.messages import ChatId, Message, ReplyState
from chatrepl.ports import (
    ChatFilter,
    ChatSummary,
    Clock,
    Day,
    Hits,
    Imported,
    LibraryStats,
    ModelCount,
    PreparedChat,
    Tail,
    WholeChat,
)
from chatrepl.store import index, tables, totals
from chatrepl.store.amounts import from_trillionths
from chatrepl.store.database import Database
from chatrepl.store.failures import DiskError
from chatrepl.store.records import (
    COLUMNS,
    from_microseconds,
    interrupted,
    storable,
    to_messages,
    to_microseconds,
    with_pieces,
)

if TYPE_CHECKING:
    from chatrepl.search import Query

TITLE = "CASE WHEN title <> '' THEN title WHEN auto_title <> '' THEN auto_title ELSE first_words END"
SUMMARY = f"id, {TITLE}, created_us, updated_us, message_count, model, total_tokens, cost_pusd, is_archived, deleted_us"
_COLUMNS = ", ".join(f"m.{name.strip()}" for name in COLUMNS.split(","))
_TAIL = (
    "WITH RECURSIVE path (depth, position, parent) AS ("  # noqa: S608
    " SELECT 0, position, parent FROM messages WHERE chat = ?1 AND id = ?2"
    " UNION ALL SELECT depth + 1, m.position, m.parent FROM path JOIN messages AS m"
    " ON m.chat = ?1 AND m.id = path.parent WHERE depth < ?3)"
    " SELECT " + _COLUMNS + " FROM path JOIN messages AS m ON m.position = path.position ORDER BY depth DESC"
)
"""The last messages of a branch, found from its end upwards."""
LONGEST = 5
BULK_MESSAGES = 2000
"""From here on an import is given more memory, and its log more room."""
BULK_CACHE_KIB = 65_536
BULK_CHECKPOINT_PAGES = 16_384
_TABLES_OF_A_CHAT = ("marks", "summaries", "ratings", "tags", "drafts", "agreements")


class _DryRun(Exception):  # noqa: N818 - it undoes a transaction
    """Nothing is to be stored."""


class SqliteLibrary:
    """``Library`` on a database. Every method raises ``DiskError`` when the disk fails it."""

    def __init__(
        self, database: Database, clock: Clock, is_alive: Callable[[str], bool] = lambda _: False
    ) -> None:
        self._database = database
        self._clock = clock
        self._is_alive = is_alive
        """Whether the writer of a reply that still arrives goes on."""

    def list(self, which: ChatFilter, limit: int = 50, offset: int = 0) -> Sequence[ChatSummary]:
        """List chats that have messages; see ``ports.Library``."""
        condition, values = _condition(which)
        with self._database.read() as connection:
            rows = connection.execute(
                f"SELECT {SUMMARY} FROM chats WHERE {condition}"  # noqa: S608
                " ORDER BY updated_us DESC, id DESC LIMIT ? OFFSET ?",
                (*values, limit, offset),
            ).fetchall()
            return summaries(connection, rows)

    def last_draft(self, since: datetime) -> ChatSummary | None:
        """Return the chat in which something was typed last and not sent."""
        query = (
            f"SELECT {SUMMARY} FROM chats JOIN drafts ON drafts.chat = chats.id"  # noqa: S608
            " WHERE deleted_us IS NULL AND at_us >= ? ORDER BY at_us DESC LIMIT 1"
        )
        with self._database.read() as connection:
            rows = connection.execute(query, (to_microseconds(since),)).fetchall()
            return next(iter(summaries(connection, rows)), None)

    def describe(self, chat: ChatId) -> ChatSummary:
        """Return a chat as a list shows it."""
        with self._database.read() as connection:
            rows = connection.execute(f"SELECT {SUMMARY} FROM chats WHERE id = ?", (chat,)).fetchall()  # noqa: S608
            if not rows:
                raise StoreError(f"There is no chat {chat}.")
            return summaries(connection, rows)[0]

    def ids(self, which: ChatFilter) -> Sequence[ChatId]:
        """Return the ids of chats, the oldest first."""
        condition, values = _condition(which)
        with self._database.read() as connection:
            query = f"SELECT id FROM chats WHERE {condition} ORDER BY created_us, id"  # noqa: S608
            return [id for (id,) in connection.execute(query, values)]

    def search(
        self, query: Query, limit: int = 20, *, chat: ChatId | None = None, is_per_chat: bool = False
    ) -> Hits:
        """Find messages by their words; see ``ports.Library``."""
        from chatrepl.store.search import search

        with self._database.read() as connection:
            now = self._clock.now()
            return search(connection, query, limit, chat=chat, is_per_chat=is_per_chat, now=now)

    def tail(self, chat: ChatId, count: int) -> Tail:
        """Read the end of a chat; a reply that broke off with its process is settled later."""
        with self._database.read() as connection:
            query = f"SELECT {TITLE}, tip FROM chats WHERE id = ?"  # noqa: S608
            found = connection.execute(query, (chat,)).fetchone()
            if found is None:
                raise StoreError(f"There is no chat {chat}.")
            rows = connection.execute(
                _TAIL,
                (chat, found[1], count),
            ).fetchall()
            try:
                messages = to_messages(rows)
            except ValueError as error:
                raise StoreError(f"Chat {chat} cannot be read: {error}.") from error
            shown = [self._so_far(connection, chat, message) for message in messages[-count:]]
        return Tail(found[0], shown, len(messages) > count)

    def _so_far(self, connection: sqlite3.Connection, chat: ChatId, message: Message) -> Message:
        """Return a message with what has come of it; one whose writer is gone as broken off."""
        if message.meta.state is not ReplyState.STREAMING:
            return message
        query = "SELECT position, writer FROM messages WHERE chat = ? AND id = ?"
        position, writer = connection.execute(query, (chat, message.id)).fetchone()
        query = "SELECT kind, text FROM journal WHERE message = ? ORDER BY seq"
        message = with_pieces(message, connection.execute(query, (position,)).fetchall())
        return message if writer is not None and self._is_alive(writer) else interrupted(message)

    def read(self, chat: ChatId) -> WholeChat:
        """Read a chat to hand it out; what still arrives counts as interrupted."""
        query = "SELECT title, system, tip, created_us, updated_us, auto_title, is_archived FROM chats WHERE id = ?"
        with self._database.read() as connection:
            found = connection.execute(query, (chat,)).fetchone()
            if found is None:
                raise StoreError(f"There is no chat {chat}.")
            title, system, tip, created_us, updated_us, auto_title, is_archived = found
            messages, arriving = tables.read_messages(connection, chat)
            views = tables.read_views(connection, chat)
        if arriving:
            messages = [interrupted(each) if each.id in arriving else each for each in messages]
        conversation = Conversation(chat, system=system, title=title, messages=messages, tip=tip)
        views.put_into(conversation)
        return WholeChat(
            conversation,
            from_microseconds(created_us),
            from_microseconds(updated_us),
            auto_title,
            bool(is_archived),
        )

    def tag(self, chat: ChatId, add: Sequence[str] = (), remove: Sequence[str] = ()) -> tuple[str, ...]:
        """Put tags on a chat and take some off; returns what it has now."""
        with self._database.write() as connection:
            self._require(connection, chat)
            tables.add_tags(connection, chat, add)
            query = "DELETE FROM tags WHERE chat = ? AND tag = ?"
            connection.executemany(query, ((chat, tag) for tag in remove))
            query = "SELECT tag FROM tags WHERE chat = ? ORDER BY tag"
            return tuple(tag for (tag,) in connection.execute(query, (chat,)))

    def tags(self) -> Sequence[tuple[str, int]]:
        """Return every tag and how many chats have it, the most used first."""
        with self._database.read() as connection:
            return connection.execute(
                "SELECT tag, count(*) FROM tags JOIN chats ON id = chat WHERE deleted_us IS NULL"
                " GROUP BY tag ORDER BY 2 DESC, 1"
            ).fetchall()

    def set_archived(self, chat: ChatId, *, is_archived: bool) -> None:
        """Keep a chat out of lists, or bring it back."""
        self._set(chat, "is_archived", int(is_archived))

    def delete(self, chat: ChatId) -> None:
        """Put a chat into the bin."""
        self._set(chat, "deleted_us", to_microseconds(self._clock.now()))

    def restore(self, chat: ChatId) -> None:
        """Bring a chat back from the bin."""
        self._set(chat, "deleted_us", None)

    def set_auto_title(self, chat: ChatId, title: str) -> None:
        """Keep the title that a model made."""
        self._set(chat, "auto_title", storable(title))

    def _set(self, chat: ChatId, column: str, value: str | int | None) -> None:
        with self._database.write() as connection:
            self._require(connection, chat)
            connection.execute(f"UPDATE chats SET {column} = ? WHERE id = ?", (value, chat))  # noqa: S608

    @staticmethod
    def _require(connection: sqlite3.Connection, chat: ChatId) -> None:
        if not tables.has_chat(connection, chat):
            raise StoreError(f"There is no chat {chat}.")

    def tend(self, before: datetime, *, is_needed: bool = False) -> int:
        """Remove for good what is long in the bin, overwriting it, and bring the index up to date; see ``ports``."""
        try:
            return self._tend(before)
        except DiskError:  # such as that an import has the file: there will be another time
            if is_needed:
                raise
            return 0

    def merge_some(self) -> bool:
        """Merge parts of the index for a moment where it has too many; returns whether there may be more to do."""
        try:
            with self._database.read() as connection:
                if not index.has_many_parts(connection):
                    return False
            with self._database.write(durable=False) as connection:
                return index.merge_some(connection)
        except DiskError:  # as in tend
            return False

    def _tend(self, before: datetime) -> int:
        with self._database.read() as connection:
            is_current = index.is_current(connection)
        if not is_current:
            with self._database.write() as connection:
                index.rebuild(connection)
        query = "SELECT id FROM chats WHERE deleted_us < ?"
        limit_us = to_microseconds(before)
        with self._database.read() as connection:
            if connection.execute(f"{query} LIMIT 1", (limit_us,)).fetchone() is None:
                return 0
        with self._database.write() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            chats = [chat for (chat,) in connection.execute(query, (limit_us,))]
            for chat in chats:
                _remove(connection, chat)
            index.forget_removed(connection)
        with self._database.alone() as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # what was overwritten is in there too
        return len(chats)

    def prepare(self, chat: WholeChat) -> PreparedChat:
        """Work out what bringing a chat in takes; see ``ports.Library``."""
        from chatrepl.store.bringing import prepare

        return prepare(chat)

    def import_chats(
        self,
        chats: Sequence[PreparedChat],
        *,
        is_dry: bool = False,
        on_stored: Callable[[], None] = lambda: None,
    ) -> Sequence[Imported]:
        """Bring chats in, all or none of them; see ``ports.Library``."""
        from chatrepl.store.bringing import bring

        done: list[Imported] = []
        if sum(len(chat.whole.conversation) for chat in chats) >= BULK_MESSAGES:
            with self._database.alone() as connection:
                connection.execute(f"PRAGMA cache_size = -{BULK_CACHE_KIB}")
                connection.execute(f"PRAGMA wal_autocheckpoint = {BULK_CHECKPOINT_PAGES}")
        with contextlib.suppress(_DryRun), self._database.write() as connection:
            done += bring(connection, chats, on_stored)
            if is_dry:
                raise _DryRun
        return done

    def stats(self, zone: tzinfo | None) -> LibraryStats:
        """Count what there is, the bin left out."""
        here = " FROM messages JOIN chats ON chats.id = messages.chat WHERE deleted_us IS NULL"
        hour_us = 3_600_000_000
        with self._database.read() as connection:
            chats, archived = connection.execute(
                "SELECT count(*), coalesce(sum(is_archived), 0) FROM chats WHERE message_count > 0 AND deleted_us IS NULL"
            ).fetchone()
            count, size = connection.execute(
                f"SELECT count(*), coalesce(sum(length(CAST(text AS BLOB))), 0){here}"
            ).fetchone()
            hours = connection.execute(
                f"SELECT messages.created_us / {hour_us}, count(*){here} GROUP BY 1"
            ).fetchall()
            models = connection.execute(
                "SELECT json_extract(meta, '$.model') AS name, count(*)"
                f"{here} AND role = 'assistant' AND meta IS NOT NULL AND json_valid(meta)"
                " GROUP BY name HAVING name IS NOT NULL ORDER BY 2 DESC, 1"
            ).fetchall()
            rows = connection.execute(
                f"SELECT {SUMMARY} FROM chats WHERE deleted_us IS NULL AND message_count > 0"  # noqa: S608
                " ORDER BY message_count DESC, id LIMIT ?",
                (LONGEST,),
            ).fetchall()
            longest = summaries(connection, rows)
        by_day: Counter[date] = Counter()
        for hour, number in hours:
            with contextlib.suppress(OverflowError, ValueError, OSError):
                by_day[from_microseconds(hour * hour_us).astimezone(zone).date()] += number
        return LibraryStats(
            chats,
            archived,
            count,
            size,
            self._file_bytes(),
            [Day(day, number) for day, number in sorted(by_day.items())],
            [ModelCount(name, number) for name, number in models],
            longest,
        )

    def _file_bytes(self) -> int:
        path = self._database.path
        sizes = 0
        for ending in ("", "-wal"):
            with contextlib.suppress(OSError):
                sizes += path.with_name(path.name + ending).stat().st_size
        return sizes

    def backup(self, path: Path) -> None:
        """Copy the library to a file while it is in use; what has that name stays until all is copied."""
        from chatrepl.store.copying import copy_database

        copy_database(self._database, path)

    def check(self) -> Sequence[str]:
        """Return what is wrong with the library: with the file, with what belongs together, with the index."""
        from chatrepl.store.copying import problems

        with self._database.read() as connection:
            return problems(connection)

    def vacuum(self) -> tuple[int, int]:
        """Make the file as small as it can be, with a new index and new totals."""
        before = self._file_bytes()
        with self._database.write() as connection:
            totals.recount(connection)
            index.rebuild(connection)
        with self._database.alone() as connection:
            connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return before, self._file_bytes()


def summaries(connection: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> list[ChatSummary]:
    """Return chats as lists show them, of rows of the columns ``SUMMARY``."""
    tags: dict[object, list[str]] = {}
    ids = json.dumps([row[0] for row in rows])
    query = "SELECT chat, tag FROM tags WHERE chat IN (SELECT value FROM json_each(?)) ORDER BY tag"
    for chat, tag in connection.execute(query, (ids,)) if rows else ():
        tags.setdefault(chat, []).append(tag)
    return [_summary(row, tuple(tags.get(row[0], ()))) for row in rows]


def _summary(row: Sequence[object], tags: tuple[str, ...]) -> ChatSummary:
    id, title, created, updated, count, model, tokens, cost, is_archived, deleted = row
    return ChatSummary(
        ChatId(str(id)),
        str(title),
        _time(created),
        _time(updated),
        int(count),  # type: ignore[call-overload] # SQLite's own integers, here and below
        str(model),
        int(tokens),  # type: ignore[call-overload]
        from_trillionths(cost),  # type: ignore[arg-type]
        tags,
        bool(is_archived),
        None if deleted is None else _time(deleted),
    )


def _time(microseconds: object) -> datetime:
    return from_microseconds(int(microseconds))  # type: ignore[call-overload]


def _condition(which: ChatFilter) -> tuple[str, list[object]]:
    """Return which chats are meant as SQL, and its values."""
    parts = ["message_count > 0", "deleted_us IS NOT NULL" if which.is_deleted else "deleted_us IS NULL"]
    values: list[object] = []
    if which.is_archived is not None and not which.is_deleted:
        parts.append("is_archived = ?")
        values.append(int(which.is_archived))
    for word in which.words:
        parts.append(f"instr(lower({TITLE}), ?)")
        values.append(word.lower())
    if which.model:
        parts.append("instr(lower(model), ?)")
        values.append(which.model.lower())
    if which.tag:
        parts.append("id IN (SELECT chat FROM tags WHERE tag = ?)")
        values.append(which.tag)
    if which.rated is not None:
        parts.append("id IN (SELECT chat FROM ratings WHERE verdict = ?)")
        values.append(which.rated.value)
    if which.since is not None:
        parts.append("updated_us >= ?")
        values.append(to_microseconds(which.since))
    if which.before is not None:
        parts.append("updated_us < ?")
        values.append(to_microseconds(which.before))
    return " AND ".join(parts), values


def _remove(connection: sqlite3.Connection, chat: ChatId) -> None:
    """Take a chat and all that belongs to it out of the file; what was paid for it stays in the ledger."""
    connection.execute("UPDATE chats SET tip = NULL WHERE id = ?", (chat,))
    for table in _TABLES_OF_A_CHAT:
        connection.execute(f"DELETE FROM {table} WHERE chat = ?", (chat,))  # noqa: S608
    query = "SELECT position, text FROM messages WHERE chat = ? AND writer IS NULL"
    index.remove(connection, connection.execute(query, (chat,)).fetchall())
    query = "DELETE FROM journal WHERE message IN (SELECT position FROM messages WHERE chat = ?)"
    connection.execute(query, (chat,))
    connection.execute("DELETE FROM messages WHERE chat = ?", (chat,))
    connection.execute("DELETE FROM chats WHERE id = ?", (chat,))
