"""The statements that change chats and messages, for use inside a transaction.

All of them raise ``StoreError`` where what is asked contradicts what is stored.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from chatrepl.conversation import Conversation, Mark, Rating, Summary, Verdict, first_words
from chatrepl.errors import StoreError
from chatrepl.messages import ChatId, Message, MessageId, ReplyState
from chatrepl.store import index, totals
from chatrepl.store.records import (
    COLUMNS,
    from_microseconds,
    storable,
    to_messages,
    to_microseconds,
    to_row,
    with_pieces,
)

_INSERT = f"INSERT INTO messages (position, chat, writer, {COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608


def has_chat(connection: sqlite3.Connection, chat: ChatId) -> bool:
    """Whether there is such a chat."""
    return connection.execute("SELECT 1 FROM chats WHERE id = ?", (chat,)).fetchone() is not None


def insert_chat(connection: sqlite3.Connection, chat: Conversation, created_us: int, now_us: int) -> None:
    """Add a chat without its messages and its tip."""
    try:
        connection.execute(
            "INSERT INTO chats (id, title, system, created_us, updated_us) VALUES (?, ?, ?, ?, ?)",
            (chat.id, storable(chat.title), chat.system and storable(chat.system), created_us, now_us),
        )
    except sqlite3.IntegrityError as error:
        raise StoreError(f"Chat {chat.id} is stored already.") from error


def insert_messages(
    connection: sqlite3.Connection, chat: ChatId, messages: Iterable[Message], writer: str = ""
) -> list[tuple[int, str]]:
    """Add messages that belong together, and return what the index must be told. Replies still arriving get a writer."""
    (last,) = connection.execute("SELECT coalesce(max(position), 0) FROM messages").fetchone()
    rows: list[tuple[Any, ...]] = [
        (position, chat, writer if message.meta.state is ReplyState.STREAMING else None, *to_row(message))
        for position, message in enumerate(messages, start=last + 1)
    ]
    connection.executemany(_INSERT, rows)
    return [(row[0], row[7]) for row in rows if row[2] is None]


def insert_message(connection: sqlite3.Connection, chat: ChatId, message: Message, writer: str | None) -> int:
    """Add a message, and return its position."""
    row = to_row(message)
    try:
        cursor = connection.execute(_INSERT, (None, chat, writer, *row))
    except sqlite3.IntegrityError as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY:
            raise StoreError(
                f"Message {message.id} follows {message.parent_id}, which is not in chat {chat}."
            ) from error
        raise StoreError(f"Message {message.id} is in chat {chat} already.") from error
    assert cursor.lastrowid is not None  # noqa: S101 - an INSERT was just run
    if writer is None:
        index.add(connection, [(cursor.lastrowid, str(row[4]))])
        totals.add(connection, chat, [message])
    return cursor.lastrowid


def replace_message(
    connection: sqlite3.Connection, chat: ChatId, message: Message, writer: str | None = None
) -> int:
    """Put a reply in the place of the one that was arriving, drop its pieces, and return its position."""
    query = "SELECT position, writer, text FROM messages WHERE chat = ? AND id = ?"
    found = connection.execute(query, (chat, message.id)).fetchone()
    if found is None:
        raise StoreError(f"Message {message.id} is not in chat {chat}.")
    position, writer_before, text_before = found
    _, _, _, created_us, text, parts, meta = to_row(message)
    connection.execute("DELETE FROM journal WHERE message = ?", (position,))
    connection.execute(
        "UPDATE messages SET created_us = ?, text = ?, parts = ?, meta = ?, writer = ? WHERE position = ?",
        (created_us, text, parts, meta, writer, position),
    )
    if writer_before is None:
        index.remove(connection, [(position, text_before)])
    if writer is None:
        index.add(connection, [(position, str(text))])
        totals.add(connection, chat, [message] if writer_before is not None else [])
    return int(position)


def require_message(connection: sqlite3.Connection, chat: ChatId, message: MessageId) -> None:
    """Make sure that a message is in a chat."""
    query = "SELECT 1 FROM messages WHERE chat = ? AND id = ?"
    if connection.execute(query, (chat, message)).fetchone() is None:
        raise StoreError(f"Message {message} is not in chat {chat}.")


def touch(
    connection: sqlite3.Connection,
    chat: ChatId,
    now_us: int,
    *,
    text: str,
    tip: MessageId | None = None,
    added: int = 0,
) -> None:
    """Note that a chat changed. ``text`` names it where it has no first words yet; a tip of None stays.

    A chat in the bin that goes on somewhere comes out of it.
    """
    connection.execute(
        "UPDATE chats SET updated_us = max(updated_us, ?), message_count = message_count + ?, deleted_us = NULL,"
        " tip = coalesce(?, tip), first_words = CASE first_words WHEN '' THEN ? ELSE first_words END WHERE id = ?",
        (now_us, added, tip, storable(first_words(text)), chat),
    )


def set_field(
    connection: sqlite3.Connection, chat: ChatId, field: str, value: str | None, now_us: int
) -> None:
    """Change the tip, the system prompt or the title of a chat."""
    cursor = connection.execute(
        f"UPDATE chats SET {field} = ?, updated_us = max(updated_us, ?) WHERE id = ?",  # noqa: S608
        (None if value is None else storable(value), now_us, chat),
    )
    if not cursor.rowcount:
        raise StoreError(f"There is no chat {chat}.")


def read_messages(
    connection: sqlite3.Connection, chat: ChatId
) -> tuple[list[Message], Mapping[MessageId, str]]:
    """Return the messages of a chat as they are so far, and who receives those that are still arriving."""
    query = f"SELECT {COLUMNS} FROM messages WHERE chat = ? ORDER BY position"  # noqa: S608
    try:
        messages = to_messages(connection.execute(query, (chat,)).fetchall())
    except ValueError as error:
        raise StoreError(f"Chat {chat} cannot be read: {error}.") from error
    query = "SELECT position, id, writer FROM messages WHERE chat = ? AND writer IS NOT NULL"
    arriving: dict[MessageId, str] = {}
    for position, message, writer in connection.execute(query, (chat,)).fetchall():
        arriving[message] = writer
        at = next(at for at, found in enumerate(messages) if found.id == message)
        query = "SELECT kind, text FROM journal WHERE message = ? ORDER BY seq"
        messages[at] = with_pieces(messages[at], connection.execute(query, (position,)))
    return messages, arriving


def writer_of(connection: sqlite3.Connection, chat: ChatId, message: MessageId) -> str | None:
    """Return who receives a message, None where it has arrived or is not there."""
    query = "SELECT writer FROM messages WHERE chat = ? AND id = ?"
    found = connection.execute(query, (chat, message)).fetchone()
    return found[0] if found else None


def set_mark(connection: sqlite3.Connection, chat: ChatId, message: MessageId, mark: Mark | None) -> None:
    """Mark a message, or take its mark away."""
    if mark is None:
        connection.execute("DELETE FROM marks WHERE chat = ? AND message = ?", (chat, message))
        return
    require_message(connection, chat, message)
    connection.execute("INSERT OR REPLACE INTO marks VALUES (?, ?, ?)", (chat, message, mark.value))


def put_summary(connection: sqlite3.Connection, chat: ChatId, summary: Summary) -> None:
    """Add a summary, or put it in the place of the one with its id; one that was removed is in use again."""
    require_message(connection, chat, summary.through)
    row = (
        summary.id,
        chat,
        summary.through,
        storable(summary.text),
        storable(summary.model),
        to_microseconds(summary.created_at),
        summary.is_by_hand,
    )
    connection.execute(
        "INSERT INTO summaries (id, chat, through, text, model, created_us, is_by_hand) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (chat, id) DO UPDATE SET text = excluded.text, model = excluded.model,"
        " is_by_hand = excluded.is_by_hand, is_removed = 0",
        row,
    )


def remove_summary(connection: sqlite3.Connection, chat: ChatId, summary: str) -> None:
    """Take a summary out of use."""
    connection.execute("UPDATE summaries SET is_removed = 1 WHERE chat = ? AND id = ?", (chat, summary))


def set_rating(
    connection: sqlite3.Connection, chat: ChatId, message: MessageId, rating: Rating | None
) -> None:
    """Keep what the user thinks of a reply. None: nothing any more."""
    if rating is None:
        connection.execute("DELETE FROM ratings WHERE chat = ? AND message = ?", (chat, message))
        return
    require_message(connection, chat, message)
    row = (chat, message, rating.verdict.value, storable(rating.note), to_microseconds(rating.at))
    connection.execute("INSERT OR REPLACE INTO ratings VALUES (?, ?, ?, ?, ?)", row)


def add_tags(connection: sqlite3.Connection, chat: ChatId, tags: Iterable[str]) -> None:
    """Put tags on a chat, beside those it has."""
    connection.executemany(
        "INSERT OR IGNORE INTO tags VALUES (?, ?)", ((chat, storable(tag)) for tag in tags)
    )


def put_views(connection: sqlite3.Connection, chat: ChatId, conversation: Conversation) -> None:
    """Bring what a conversation knows beside its messages into a chat: marks, summaries, ratings, tags."""
    for message, mark in conversation.marks.items():
        set_mark(connection, chat, message, mark)
    for summary in conversation.summaries:
        put_summary(connection, chat, summary)
    for message, rating in conversation.ratings.items():
        set_rating(connection, chat, message, rating)
    add_tags(connection, chat, conversation.tags)


class Views(NamedTuple):
    """What is known of a chat beside its messages."""

    marks: dict[MessageId, Mark]
    summaries: list[Summary]
    ratings: dict[MessageId, Rating]
    tags: tuple[str, ...]

    def put_into(self, conversation: Conversation) -> None:
        """Make them those of a conversation."""
        conversation.marks, conversation.summaries = self.marks, self.summaries
        conversation.ratings, conversation.tags = self.ratings, self.tags


def read_views(connection: sqlite3.Connection, chat: ChatId) -> Views:
    """Return what is known of a chat beside its messages; what is not understood is left out."""
    known = {mark.value: mark for mark in Mark}
    query = "SELECT message, mark FROM marks WHERE chat = ?"
    rows = connection.execute(query, (chat,)).fetchall()
    marks = {message: known[mark] for message, mark in rows if mark in known}
    query = (
        "SELECT id, through, text, model, created_us, is_by_hand FROM summaries"
        " WHERE chat = ? AND NOT is_removed ORDER BY number"
    )
    summaries = [
        Summary(id, through, text, model, from_microseconds(created_us), bool(is_by_hand))
        for id, through, text, model, created_us, is_by_hand in connection.execute(query, (chat,))
    ]
    verdicts = {verdict.value: verdict for verdict in Verdict}
    query = "SELECT message, verdict, note, at_us FROM ratings WHERE chat = ?"
    ratings = {
        message: Rating(verdicts[verdict], note, from_microseconds(at_us))
        for message, verdict, note, at_us in connection.execute(query, (chat,))
        if verdict in verdicts
    }
    query = "SELECT tag FROM tags WHERE chat = ? ORDER BY tag"
    return Views(marks, summaries, ratings, tuple(tag for (tag,) in connection.execute(query, (chat,))))
