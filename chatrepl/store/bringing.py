"""Brings many chats in within one transaction, with few statements.

What is made of a chat beforehand (``prepare``) needs no file, so that it can be done while the batch before is stored. A
statement gives up the lock of Python's interpreter while it runs and has to wait for it afterwards; with a statement for
each message another thread that is at work could hold that up for minutes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Sequence
from itertools import chain, count
from typing import NamedTuple

from chatrepl.conversation import Conversation, first_words
from chatrepl.messages import ChatId, Message, ReplyState
from chatrepl.ports import Imported, PreparedChat, WholeChat
from chatrepl.search import indexed
from chatrepl.store import index, tables, totals
from chatrepl.store.many import chunks, insert, places
from chatrepl.store.records import COLUMNS, Row, interrupted, storable, to_microseconds, to_row

_CHATS = (
    "INSERT INTO chats (id, title, system, created_us, updated_us, auto_title, is_archived, first_words, message_count,"
    " model, total_tokens, cost_pusd) VALUES "
)
_MESSAGES = f"INSERT INTO messages (position, chat, {COLUMNS}) VALUES "  # noqa: S608 - names only
_TIPS = (
    "WITH new (id, tip) AS (VALUES {})"
    " UPDATE chats SET tip = (SELECT tip FROM new WHERE new.id = chats.id) WHERE id IN (SELECT id FROM new)"
)


class _Rows(NamedTuple):
    """What a chat becomes in the file, if it is new there."""

    chat: Row
    messages: Sequence[Row]
    words: Sequence[str]
    """What the index is told of each message."""


def prepare(chat: WholeChat) -> PreparedChat:
    """Work out what a chat becomes in the file; any thread may do that."""
    conversation = chat.conversation
    messages = [_settled(message) for message in conversation.messages.values()]
    rows = [to_row(message) for message in messages]
    texts = [str(row[4]) for row in rows]
    used = totals.of(messages)
    row = (
        conversation.id,
        storable(conversation.title),
        conversation.system and storable(conversation.system),
        to_microseconds(chat.created_at),
        to_microseconds(chat.updated_at),
        storable(chat.auto_title),
        chat.is_archived,
        storable(_first_words(texts)),
        len(rows),
        storable(used.model),
        used.tokens,
        used.cost_pusd,
    )
    return PreparedChat(chat, _Rows(row, rows, [indexed(text) for text in texts]))


def bring(
    connection: sqlite3.Connection, chats: Sequence[PreparedChat], on_stored: Callable[[], None]
) -> list[Imported]:
    """Bring chats in; see ``ports.Library.import_chats``."""
    stored = _stored(connection, [chat.id for chat in chats])
    new: list[PreparedChat] = []
    known: list[PreparedChat] = []
    for chat in chats:
        (known if chat.id in stored else new).append(chat)
        stored.add(chat.id)
    viewed = [chat.whole.conversation for chat in new if _has_views(chat.whole.conversation)]
    is_waited_for = bool(known or viewed)
    if not is_waited_for:
        on_stored()
    told: list[tuple[int, str]] = []
    """What the index must be told, once all else is stored: it writes what it has before any other statement."""
    _insert_chats(connection, new, told)
    for conversation in viewed:
        tables.put_views(connection, conversation.id, conversation)
    extended = iter([_extend(connection, chat, told) for chat in known])
    if is_waited_for:
        on_stored()
    index.add_words(connection, told)
    are_new = {id(chat) for chat in new}
    return [
        Imported(chat.id, len(chat.whole.conversation), is_new=True)
        if id(chat) in are_new
        else next(extended)
        for chat in chats
    ]


def _stored(connection: sqlite3.Connection, chats: Sequence[ChatId]) -> set[ChatId]:
    """Return which of these chats are there."""
    found: set[ChatId] = set()
    for some in chunks(connection, [(chat,) for chat in chats]):
        query = f"SELECT id FROM chats WHERE id IN (VALUES {places(some)})"  # noqa: S608 - places only
        found.update(id for (id,) in connection.execute(query, [*chain.from_iterable(some)]))
    return found


def _insert_chats(
    connection: sqlite3.Connection, chats: Sequence[PreparedChat], told: list[tuple[int, str]]
) -> None:
    """Add chats that are not there. ``told`` takes up what the index must be told."""
    rows = [_rows(chat) for chat in chats]
    insert(connection, _CHATS, [each.chat for each in rows])
    (last,) = connection.execute("SELECT coalesce(max(position), 0) FROM messages").fetchone()
    positions = count(last + 1)
    messages: list[Row] = []
    for each in rows:
        for row, text in zip(each.messages, each.words, strict=True):
            position = next(positions)
            messages.append((position, each.chat[0], *row))
            told.append((position, text))
    insert(connection, _MESSAGES, messages)
    for some in chunks(connection, [(chat.id, chat.whole.conversation.tip) for chat in chats]):
        connection.execute(_TIPS.format(places(some)), [*chain.from_iterable(some)])


def _extend(connection: sqlite3.Connection, chat: PreparedChat, told: list[tuple[int, str]]) -> Imported:
    """Add what a chat that is there does not have."""
    conversation = chat.whole.conversation
    query = "SELECT id FROM messages WHERE chat = ?"
    there = {id for (id,) in connection.execute(query, (chat.id,))}
    added = [_settled(message) for message in conversation.messages.values() if message.id not in there]
    if not added:
        return Imported(chat.id, 0, is_new=False)
    told += (
        (position, indexed(text)) for position, text in tables.insert_messages(connection, chat.id, added)
    )
    (tip,) = connection.execute("SELECT tip FROM chats WHERE id = ?", (chat.id,)).fetchone()
    tables.touch(
        connection,
        chat.id,
        to_microseconds(chat.whole.updated_at),
        added=len(added),
        text=_first_words(message.text for message in added),
        tip=conversation.tip if tip in conversation else None,
    )
    totals.add(connection, chat.id, added)
    tables.put_views(connection, chat.id, conversation)
    return Imported(chat.id, len(added), is_new=False)


def _rows(chat: PreparedChat) -> _Rows:
    assert isinstance(chat.rows, _Rows)  # noqa: S101 - it was made by prepare
    return chat.rows


def _has_views(conversation: Conversation) -> bool:
    return bool(conversation.marks or conversation.summaries or conversation.ratings or conversation.tags)


def _first_words(texts: Iterable[str]) -> str:
    return next(filter(None, map(first_words, texts)), "")


def _settled(message: Message) -> Message:
    """Return a message that nobody is receiving."""
    return interrupted(message) if message.meta.state is ReplyState.STREAMING else message
