"""Chats in a SQLite file. Whatever a method stored is there for the next process when it returns."""

from __future__ import annotations

import contextlib
import gc
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from chatrepl.conversation import Conversation, Mark, Rating, Summary, first_words
from chatrepl.environment import new_id
from chatrepl.errors import StoreError
from chatrepl.messages import ChatId, Message, MessageId, ReplyState
from chatrepl.ports import ChatFilter, ChatSummary, Clock
from chatrepl.store import index, inputs, tables, totals
from chatrepl.store.database import (
    LOCK_TIMEOUT_S,
    Database,
    open_database,
    open_for_reading,
    opening_lock,
    set_aside,
)
from chatrepl.store.failures import CorruptError, DiskError
from chatrepl.store.finding import find
from chatrepl.store.library import TITLE, SqliteLibrary
from chatrepl.store.records import check_kind, interrupted, storable, to_microseconds
from chatrepl.store.writers import Writer

if TYPE_CHECKING:
    from chatrepl.store.agreements import SqliteAgreements
    from chatrepl.store.ledger import SqliteLedger
    from chatrepl.store.pacing import SqliteReservations

NOBODY = "-"
"""The writer of a reply that was still arriving when it was copied: nobody receives the copy."""


class SqliteStore:
    """The chats of one file, as ``ChatStore`` says. Every method raises ``DiskError`` when the disk fails it."""

    def __init__(self, database: Database, clock: Clock, warnings: Sequence[str] = ()) -> None:
        self._database = database
        self._clock = clock
        self._warnings = list(warnings)
        self._writer = Writer(database.path.with_name(f"{database.path.name}-writers"))
        self._pieces: dict[MessageId, tuple[int, int]] = {}
        """Of each reply that arrives here: its position, and the number of its next piece."""

    @cached_property
    def reservations(self) -> SqliteReservations:
        """What is asked of providers with limits."""
        from chatrepl.store.pacing import SqliteReservations

        return SqliteReservations(self._database, self._clock, self._writer)

    @cached_property
    def ledger(self) -> SqliteLedger:
        """What every request took."""
        from chatrepl.store.ledger import SqliteLedger

        return SqliteLedger(self._database, self._clock, self._writer)

    @cached_property
    def agreements(self) -> SqliteAgreements:
        """What the user agreed to send as it is."""
        from chatrepl.store.agreements import SqliteAgreements

        return SqliteAgreements(self._database)

    @cached_property
    def library(self) -> SqliteLibrary:
        """The chats as a whole."""
        return SqliteLibrary(self._database, self._clock, self._writer.is_alive)

    @classmethod
    def open(cls, path: Path, clock: Clock, *, timeout_s: float = LOCK_TIMEOUT_S) -> Self:
        """Open the chats in a file, and make it where it is missing. A damaged one is set aside first.

        Raises:
            NewerError: where a newer chatrepl wrote the file; it is left as it is.
            DiskError: where it cannot be opened for writing.
        """
        path, warnings = _real(path), []
        with opening_lock(path, timeout_s):
            try:
                database = open_database(path, clock.now, timeout_s)
            except CorruptError as error:
                aside = set_aside(path, clock.now())
                warnings.append(f"{error} It was kept as {aside}; the chats in it are not shown.")
                database = open_database(path, clock.now, timeout_s)
        return cls(database, clock, warnings)

    @classmethod
    def open_for_reading(cls, path: Path, clock: Clock, *, timeout_s: float = LOCK_TIMEOUT_S) -> Self:
        """Open the chats in a file that cannot be written.

        Raises:
            DiskError: where that is not possible either.
        """
        return cls(open_for_reading(_real(path), timeout_s), clock)

    @property
    def path(self) -> Path:
        """The file."""
        return self._database.path

    @property
    def is_saving(self) -> bool:
        """Whether what is given to it will be found again by the next process."""
        return not self._database.is_read_only

    def warnings(self) -> Sequence[str]:
        """Return what the user must know, such as that a damaged file was set aside. Asking empties the list."""
        found, self._warnings = self._warnings, []
        return found

    def close(self) -> None:
        """Let go of the file. Replies that are still arriving count as interrupted from now on."""
        self._database.close()
        self._writer.release()

    def set_aside(self) -> Path | None:
        """Let go of a file that turned out to be damaged, and rename it. None: somebody has done so already.

        Raises:
            DiskError: where it cannot be renamed.
        """
        with opening_lock(self.path, LOCK_TIMEOUT_S):
            is_there = self._database.is_in_place
            self.close()
            return set_aside(self.path, self._clock.now()) if is_there else None

    def create_chat(self, chat: ChatId, *, system: str | None, created_at: datetime) -> None:
        """Begin a chat without messages."""
        with self._database.write() as connection:
            tables.insert_chat(
                connection, Conversation(chat, system=system), to_microseconds(created_at), self._now_us()
            )

    def append(self, chat: ChatId, message: Message) -> None:
        """Add a message and make it the chat's tip. Its parent must be stored already."""
        is_arriving = message.meta.state is ReplyState.STREAMING
        with self._database.write(durable=not is_arriving) as connection:
            writer = self._writer.mark() if is_arriving else None
            position = tables.insert_message(connection, chat, message, writer)
            tables.touch(connection, chat, self._now_us(), tip=message.id, added=1, text=message.text)
            if is_arriving:
                self._pieces[message.id] = (position, 0)

    def journal(self, message: MessageId, kind: str, text: str) -> None:
        """Add a piece of a reply that is arriving here. ``kind`` is ``text``, ``reasoning`` or ``refusal``."""
        check_kind(kind)
        with self._database.write(durable=False) as connection:
            if message not in self._pieces:
                raise StoreError(f"Message {message} is not a reply that is still arriving.")
            position, number = self._pieces[message]
            row = (position, number, kind, storable(text))
            connection.execute("INSERT INTO journal VALUES (?, ?, ?, ?)", row)
            self._pieces[message] = (position, number + 1)

    def finish(self, chat: ChatId, message: Message) -> None:
        """Replace the journalled pieces of a reply by the reply itself."""
        with self._database.write() as connection:
            tables.replace_message(connection, chat, message)
            tables.touch(connection, chat, self._now_us(), text=message.text)
        self._pieces.pop(message.id, None)

    def set_tip(self, chat: ChatId, tip: MessageId | None) -> None:
        """Remember which message a chat stands at. None: before its first."""
        with self._database.write() as connection:
            if tip is not None:
                tables.require_message(connection, chat, tip)
            tables.set_field(connection, chat, "tip", tip, self._now_us())

    def set_system(self, chat: ChatId, system: str | None) -> None:
        """Remember the chat's system prompt."""
        with self._database.write() as connection:
            tables.set_field(connection, chat, "system", system, self._now_us())

    def set_title(self, chat: ChatId, title: str) -> None:
        """Name the chat. Empty: go back to its first words."""
        with self._database.write() as connection:
            tables.set_field(connection, chat, "title", title, self._now_us())

    def set_mark(self, chat: ChatId, message: MessageId, mark: Mark | None) -> None:
        """Remember what the user decided about a message. None: nothing any more."""
        with self._database.write() as connection:
            tables.set_mark(connection, chat, message, mark)

    def set_rating(self, chat: ChatId, message: MessageId, rating: Rating | None) -> None:
        """Keep what the user thinks of a reply. None: nothing any more."""
        with self._database.write() as connection:
            tables.set_rating(connection, chat, message, rating)

    def add_summary(self, chat: ChatId, summary: Summary) -> None:
        """Keep a summary of a chat, or put it in the place of the one with its id."""
        with self._database.write() as connection:
            tables.put_summary(connection, chat, summary)

    def remove_summary(self, chat: ChatId, summary: str) -> None:
        """Use a summary no more; it is not deleted."""
        with self._database.write() as connection:
            tables.remove_summary(connection, chat, summary)

    def import_chat(self, conversation: Conversation, *, created_at: datetime | None = None) -> ChatId:
        """Store a whole chat at once, and return its id: a new one where its own is taken.

        Without ``created_at`` it was begun with its first message.
        """
        first = next(iter(conversation.messages.values()), None)
        begun = created_at or (first.created_at if first else self._clock.now())
        with self._database.write() as connection:
            chat = conversation.id
            if tables.has_chat(connection, chat):
                chat = ChatId(new_id(self._clock.now()))
            self._insert(connection, chat, conversation, begun)
        return chat

    def merge(self, conversation: Conversation, *, created_at: datetime, is_changed: bool) -> None:
        """Bring a chat up to what this process knows of it, where the file missed some of that.

        Messages that only the file has stay; a reply that arrives here goes on being journalled. With ``is_changed``
        False the file may know better which message it stands at, its system prompt and its title.
        """
        arriving: dict[MessageId, tuple[int, int]] = {}
        with self._database.write() as connection:
            is_new = not tables.has_chat(connection, conversation.id)
            if is_new:
                tables.insert_chat(connection, conversation, to_microseconds(created_at), self._now_us())
            for message in conversation.messages.values():
                self._merge_message(connection, conversation.id, message, arriving)
            for field in ("tip", "system", "title") if is_new or is_changed else ():
                value = getattr(conversation, field)
                tables.set_field(connection, conversation.id, field, value, self._now_us())
            if is_new or is_changed:
                tables.put_views(connection, conversation.id, conversation)
        self._pieces |= arriving

    def has_chat(self, chat: ChatId) -> bool:
        """Whether there is such a chat."""
        with self._database.read() as connection:
            return tables.has_chat(connection, chat)

    def load(self, chat: ChatId) -> Conversation:
        """Read a chat. A reply that was cut off by a crash comes back as interrupted, with what was journalled.

        A reply that another living process receives comes back as it is so far, and is left to that process.
        """
        with _collector_paused():
            title, system, tip, messages, arriving, views = self._read(chat)
            gone = {
                message: writer for message, writer in arriving.items() if not self._writer.is_alive(writer)
            }
            for index, message in enumerate(messages) if gone else ():
                if message.id in gone:
                    messages[index] = interrupted(message)
            conversation = Conversation(chat, system=system, title=title, messages=messages, tip=tip)
            views.put_into(conversation)
        if gone and not self._end(conversation, gone):
            return self.load(chat)
        return conversation

    def last_chat(self) -> ChatId | None:
        """Return the chat that was changed last, leaving out those without messages. None where there is none."""
        found = self.list_chats(1)
        return found[0].id if found else None

    def list_chats(self, limit: int = 50, offset: int = 0) -> Sequence[ChatSummary]:
        """List chats that have messages, the last changed first; not those in the archive or the bin."""
        return self.library.list(ChatFilter(), limit, offset)

    def titles(self) -> Sequence[tuple[ChatId, str]]:
        """Return every chat that has messages and the title it goes by, the last changed first; not those in the bin."""
        with self._database.read() as connection:
            return connection.execute(
                f"SELECT id, {TITLE} FROM chats"  # noqa: S608
                " WHERE message_count > 0 AND deleted_us IS NULL ORDER BY updated_us DESC, id DESC"
            ).fetchall()

    def find_chat(self, text: str) -> ChatId:
        """Return the chat that an id, the beginning of one or of a title means.

        Raises:
            StoreError: where there is none or more than one, with the nearest.
        """
        return find(text, self.titles())

    def input_history(self, limit: int = 1000) -> Sequence[str]:
        """Return what was typed in all chats, newest first, each text once."""
        with self._database.read() as connection:
            return inputs.history(connection, limit)

    def add_input(self, text: str, at: datetime) -> None:
        """Remember a typed line, also one that was cleared without being sent. Blank ones are left out."""
        if text.strip():
            with self._database.write(durable=False) as connection:
                inputs.add(connection, text, to_microseconds(at))

    def save_draft(self, text: str, chat: ChatId | None = None) -> None:
        """Remember what stands in the input line of a chat. Empty: forget it."""
        with self._database.write(durable=False) as connection:
            inputs.save_draft(connection, chat or "", text, self._now_us())

    def load_draft(self, chat: ChatId | None = None) -> str:
        """Return what stood in the input line of a chat; empty where nothing did."""
        with self._database.read() as connection:
            return inputs.load_draft(connection, chat or "")

    def _now_us(self) -> int:
        return to_microseconds(self._clock.now())

    def _insert(
        self, connection: sqlite3.Connection, chat: ChatId, conversation: Conversation, begun: datetime
    ) -> None:
        copy = Conversation(chat, system=conversation.system, title=conversation.title)
        tables.insert_chat(connection, copy, to_microseconds(begun), self._now_us())
        told = tables.insert_messages(connection, chat, conversation.messages.values(), NOBODY)
        index.add(connection, told)
        words = (first_words(message.text) for message in conversation.messages.values())
        text = next((line for line in words if line), "")
        tables.touch(
            connection, chat, self._now_us(), added=len(conversation), text=text, tip=conversation.tip
        )
        totals.add(connection, chat, conversation.messages.values())
        tables.put_views(connection, chat, conversation)

    def _merge_message(
        self,
        connection: sqlite3.Connection,
        chat: ChatId,
        message: Message,
        arriving: dict[MessageId, tuple[int, int]],
    ) -> None:
        writer = self._writer.mark() if message.meta.state is ReplyState.STREAMING else None
        query = "SELECT position, writer FROM messages WHERE chat = ? AND id = ?"
        found = connection.execute(query, (chat, message.id)).fetchone()
        if found is None:
            position = tables.insert_message(connection, chat, message, writer)
            tables.touch(connection, chat, self._now_us(), added=1, text=message.text)
        elif found[1] is not None:
            position = tables.replace_message(connection, chat, message, writer)
        else:
            return
        if writer is not None:
            arriving[message.id] = (position, 0)

    def _read(
        self, chat: ChatId
    ) -> tuple[str, str | None, MessageId | None, list[Message], Mapping[MessageId, str], tables.Views]:
        with self._database.read() as connection:
            query = "SELECT title, system, tip FROM chats WHERE id = ?"
            found = connection.execute(query, (chat,)).fetchone()
            if found is None:
                raise StoreError(f"There is no chat {chat}.")
            return (*found, *tables.read_messages(connection, chat), tables.read_views(connection, chat))

    def _end(self, conversation: Conversation, gone: Mapping[MessageId, str]) -> bool:
        """Store replies whose writers are gone as they were read. False: one of them was settled in the meantime.

        Where the disk does not allow it, it is done at the next load.
        """
        with contextlib.suppress(DiskError), self._database.write() as connection:
            for message, writer in gone.items():
                if tables.writer_of(connection, conversation.id, message) != writer:
                    return False
                tables.replace_message(connection, conversation.id, conversation[message])
        return True


def _real(path: Path) -> Path:
    """Follow links, as SQLite does when it names its side files."""
    return Path(os.path.realpath(path))  # unlike Path.resolve, it does not raise for a circle of links


@contextlib.contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from walking over what is being built: a third of the time of a long chat."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
