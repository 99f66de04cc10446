"""The store that the program uses: a file as long as the disk does its part, memory when it does not.

Disk trouble is never raised: it becomes a warning, once, and the chat goes on in memory. Saving is tried again from
time to time and at the end; once it works, everything that this process knows is brought to the file.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from chatrepl.conversation import Conversation, Mark, Rating, Summary
from chatrepl.environment import new_id
from chatrepl.messages import ChatId, Message, MessageId
from chatrepl.ports import ChatSummary, Clock
from chatrepl.store.chats import SqliteStore
from chatrepl.store.database import LOCK_TIMEOUT_S
from chatrepl.store.failures import CorruptError, DiskError, GoneError, NewerError
from chatrepl.store.finding import find
from chatrepl.store.memory import MemoryStore

if TYPE_CHECKING:
    from chatrepl.store.agreements import SharedAgreements, SqliteAgreements
    from chatrepl.store.ledger import SharedLedger, SqliteLedger
    from chatrepl.store.library import SqliteLibrary
    from chatrepl.store.pacing import SharedReservations, SqliteReservations
    from chatrepl.store.shared_library import SharedLibrary

RETRY_AFTER_S = 30.0
"""How long saving is left alone after it failed."""

RETRY_TIMEOUT_S = 0.5
"""Longest wait for another process when it is tried again: somebody is typing."""

_NOT_SAVED = "The chat goes on, but nothing is saved."

T = TypeVar("T")
U = TypeVar("U")


def open_store(path: Path, clock: Clock, *, timeout_s: float = LOCK_TIMEOUT_S) -> ResilientStore:
    """Open the chats in a file. What stands in the way becomes a warning, and chats are kept in memory."""
    return ResilientStore(path, clock, timeout_s=timeout_s)


class ResilientStore:
    """``ChatStore`` that never fails because of the disk. ``StoreError`` is left for what does not exist."""

    def __init__(self, path: Path, clock: Clock, *, timeout_s: float = LOCK_TIMEOUT_S) -> None:
        self._path = path
        self._clock = clock
        self._timeout_s = timeout_s
        self._lock = threading.RLock()
        self._memory = MemoryStore(clock)
        self._file: SqliteStore | None = None
        self._is_saving = False
        self._may_retry = True
        self._retry_at_s = 0.0
        self._warnings: list[str] = []
        self._reservations: SharedReservations | None = None
        self._ledger: SharedLedger | None = None
        self._agreements: SharedAgreements | None = None
        self._library: SharedLibrary | None = None
        try:
            self._file = SqliteStore.open(path, clock, timeout_s=timeout_s)
        except DiskError as error:
            self._degrade(error)
            self._open_for_reading(error)
        else:
            self._is_saving = True

    @property
    def is_saving(self) -> bool:
        """Whether what is given to it will be found again by the next process."""
        return self._is_saving

    def warnings(self) -> Sequence[str]:
        """Return what the user must know, such as that nothing is saved. Asking empties the list."""
        with self._lock:
            found, self._warnings = self._warnings, []
            return [*found, *(self._file.warnings() if self._file else ())]

    def close(self) -> None:
        """Save what could not be saved before, if that works by now, and let go of the file."""
        with self._lock:
            self._try_to_save(at_once=True)
            if self._file is not None:
                self._file.close()
                self._file = None
            self._is_saving = self._may_retry = False

    def create_chat(self, chat: ChatId, *, system: str | None, created_at: datetime) -> None:
        """Begin a chat without messages."""
        with self._lock:
            self._write(lambda file: file.create_chat(chat, system=system, created_at=created_at))
            self._memory.create_chat(chat, system=system, created_at=created_at)

    def append(self, chat: ChatId, message: Message) -> None:
        """Add a message and make it the chat's tip. Its parent must be known already."""
        with self._lock:
            if not self._memory.can_append(chat, message):
                self._learn(chat)
            self._write(lambda file: file.append(chat, message))
            self._memory.append(chat, message)

    def journal(self, message: MessageId, kind: str, text: str) -> None:
        """Add a piece of a reply that is still arriving. ``kind`` is ``text``, ``reasoning`` or ``refusal``."""
        with self._lock:
            self._write(lambda file: file.journal(message, kind, text))
            self._memory.journal(message, kind, text)

    def finish(self, chat: ChatId, message: Message) -> None:
        """Replace the journalled pieces of a reply by the reply itself."""
        with self._lock:
            self._know(chat)
            self._write(lambda file: file.finish(chat, message))
            self._memory.finish(chat, message)

    def set_tip(self, chat: ChatId, tip: MessageId | None) -> None:
        """Remember which message a chat stands at. None: before its first."""
        with self._lock:
            self._know(chat)
            self._write(lambda file: file.set_tip(chat, tip))
            self._memory.set_tip(chat, tip)

    def set_system(self, chat: ChatId, system: str | None) -> None:
        """Remember the chat's system prompt."""
        with self._lock:
            self._know(chat)
            self._write(lambda file: file.set_system(chat, system))
            self._memory.set_system(chat, system)

    def set_title(self, chat: ChatId, title: str) -> None:
        """Name the chat. Empty: go back to its first words."""
        with self._lock:
            self._know(chat)
            self._write(lambda file: file.set_title(chat, title))
            self._memory.set_title(chat, title)

    def set_mark(self, chat: ChatId, message: MessageId, mark: Mark | None) -> None:
        """Remember what the user decided about a message. None: nothing any more."""
        with self._lock:
            self._know(chat)
            self._write(lambda file: file.set_mark(chat, message, mark))
            self._memory.set_mark(chat, message, mark)

    def set_rating(self, chat: ChatId, message: MessageId, rating: Rating | None) -> None:
        """Keep what the user thinks of a reply. None: nothing any more."""
        with self._lock:
            self._know(chat)
            self._write(lambda file: file.set_rating(chat, message, rating))
            self._memory.set_rating(chat, message, rating)

    def add_summary(self, chat: ChatId, summary: Summary) -> None:
        """Keep a summary of a chat, or put it in the place of the one with its id."""
        with self._lock:
            self._know(chat)
            self._write(lambda file: file.add_summary(chat, summary))
            self._memory.add_summary(chat, summary)

    def remove_summary(self, chat: ChatId, summary: str) -> None:
        """Use a summary no more; it is not deleted."""
        with self._lock:
            self._know(chat)
            self._write(lambda file: file.remove_summary(chat, summary))
            self._memory.remove_summary(chat, summary)

    def import_chat(self, conversation: Conversation) -> ChatId:
        """Keep a whole chat at once, and return its id: a new one where its own is taken."""
        with self._lock:
            chat = self._write(lambda file: file.import_chat(conversation))
            if chat is None:
                is_taken = self._exists(conversation.id)
                chat = ChatId(new_id(self._clock.now())) if is_taken else conversation.id
            self._memory.adopt(_renamed(conversation, chat))
            self._memory.chats[chat].is_changed = True
            return chat

    def load(self, chat: ChatId) -> Conversation:
        """Return a chat. A reply that was cut off by a crash comes back as interrupted."""
        with self._lock:
            self._try_to_save()
            if not self._is_saving and chat in self._memory:
                return self._memory.load(chat)
            return self._learn(chat)

    def last_chat(self) -> ChatId | None:
        """Return the chat that was changed last, leaving out those without messages. None where there is none."""
        found = self.list_chats(1)
        return found[0].id if found else None

    def list_chats(self, limit: int = 50, offset: int = 0) -> Sequence[ChatSummary]:
        """List chats that have messages, the last changed first."""
        with self._lock:
            if self._is_saving:
                stored = self._read(lambda file: file.list_chats(limit, offset))
                if stored is not None:
                    return stored
            known = self._memory.summaries()
            stored = self._read(lambda file: file.list_chats(limit + offset + len(known))) or ()
            others = [chat for chat in stored if chat.id not in self._memory]
            both = sorted([*known, *others], key=lambda chat: (chat.updated_at, chat.id), reverse=True)
            return both[offset : offset + limit]

    def find_chat(self, text: str) -> ChatId:
        """Return the chat that an id, the beginning of one or of a title means.

        Raises:
            StoreError: where there is none or more than one, with the nearest.
        """
        with self._lock:
            known = [] if self._is_saving else [(chat.id, chat.title) for chat in self._memory.summaries()]
            stored = self._read(lambda file: file.titles()) or ()
            here = {chat for chat, _ in known}
            return find(text, [*known, *((chat, title) for chat, title in stored if chat not in here)])

    def input_history(self, limit: int = 1000) -> Sequence[str]:
        """Return what was typed in all chats, newest first, each text once."""
        with self._lock:
            stored = self._read(lambda file: file.input_history(limit)) or ()
            if self._is_saving:
                return stored
            return [*dict.fromkeys([*reversed(self._memory.inputs), *stored])][:limit]

    def add_input(self, text: str, at: datetime) -> None:
        """Remember a typed line, also one that was cleared without being sent."""
        with self._lock:
            self._write(lambda file: file.add_input(text, at))
            self._memory.add_input(text, at)

    def save_draft(self, text: str, chat: ChatId | None = None) -> None:
        """Remember what stands in the input line of a chat. Empty: forget it."""
        with self._lock:
            self._write(lambda file: file.save_draft(text, chat))
            self._memory.drafts[chat] = text

    def load_draft(self, chat: ChatId | None = None) -> str:
        """Return what stood in the input line of a chat; empty where nothing did."""
        with self._lock:
            if not self._is_saving and chat in self._memory.drafts:
                return self._memory.drafts[chat]
            return self._read(lambda file: file.load_draft(chat)) or ""

    @property
    def reservations(self) -> SharedReservations:
        """What was asked of providers by all running processes; by this one alone while nothing is saved."""
        with self._lock:
            if self._reservations is None:
                from chatrepl.store.pacing import SharedReservations

                def on_file(action: Callable[[SqliteReservations], U]) -> U | None:
                    with self._lock:
                        return self._write(lambda file: action(file.reservations))

                self._reservations = SharedReservations(self._clock, on_file, lambda: self._is_saving)
            return self._reservations

    @property
    def ledger(self) -> SharedLedger:
        """What every request took, of all processes; of this one alone while nothing is saved."""
        with self._lock:
            if self._ledger is None:
                from chatrepl.store.ledger import SharedLedger

                def on_file(action: Callable[[SqliteLedger], U]) -> U | None:
                    with self._lock:
                        return self._write(lambda file: action(file.ledger))

                def read_file(action: Callable[[SqliteLedger], U]) -> U | None:
                    with self._lock:
                        return self._read(lambda file: action(file.ledger))

                self._ledger = SharedLedger(self._clock, on_file, read_file, lambda: self._is_saving)
            return self._ledger

    @property
    def agreements(self) -> SharedAgreements:
        """What the user agreed to send as it is, in each chat; for this run only while nothing is saved."""
        with self._lock:
            if self._agreements is None:
                from chatrepl.store.agreements import SharedAgreements

                def on_file(action: Callable[[SqliteAgreements], U]) -> U | None:
                    return self._write(lambda file: action(file.agreements))

                def read_file(action: Callable[[SqliteAgreements], U]) -> U | None:
                    return self._read(lambda file: action(file.agreements))

                self._agreements = SharedAgreements(self._lock, on_file, read_file)
            return self._agreements

    @property
    def library(self) -> SharedLibrary:
        """The chats as a whole; while nothing is saved, what this process knows of them, to look at."""
        with self._lock:
            if self._library is None:
                from chatrepl.store.shared_library import SharedLibrary

                def on_file(action: Callable[[SqliteLibrary], U]) -> U | None:
                    with self._lock:
                        return self._write(lambda file: action(file.library))

                def read_file(action: Callable[[SqliteLibrary], U]) -> U | None:
                    with self._lock:
                        return self._read(lambda file: action(file.library))

                self._library = SharedLibrary(
                    self._clock, self._memory, on_file, read_file, lambda: self._is_saving
                )
            return self._library

    def _write(self, action: Callable[[SqliteStore], T]) -> T | None:
        """Change the file. None: it could not be, and what the memory is told next is all there is."""
        self._try_to_save()
        return self._attempt(action) if self._is_saving else None

    def _read(self, action: Callable[[SqliteStore], T]) -> T | None:
        """Ask the file. None: it cannot be asked."""
        if self._is_saving:
            return self._attempt(action)
        try:
            return None if self._file is None else action(self._file)
        except DiskError:  # that nothing is saved is known already
            return None

    def _attempt(self, action: Callable[[SqliteStore], T]) -> T | None:
        """Do something with the file; once more with a new one where it is damaged or gone."""
        for _ in range(2):
            if self._file is None:
                break
            try:
                return action(self._file)
            except DiskError as error:
                self._memory.everything_was_saved()
                is_lost = isinstance(error, (GoneError, CorruptError))
                if not (is_lost and self._replace_file(self._file, error)):
                    self._degrade(error)
                    break
        return None

    def _degrade(self, error: DiskError) -> None:
        """Go on in memory, and say so."""
        self._is_saving = False
        self._may_retry = not isinstance(error, NewerError)
        self._retry_at_s = self._clock.monotonic() + RETRY_AFTER_S
        self._warnings.append(" ".join(filter(None, [error.message, _NOT_SAVED, error.hint])))

    def _replace_file(self, file: SqliteStore, error: DiskError) -> bool:
        """Begin a new file with all that is known. False: that failed too."""
        self._file, aside = None, None
        try:
            if isinstance(error, CorruptError):
                aside = file.set_aside()
            else:
                file.close()
            self._file = SqliteStore.open(self._path, self._clock, timeout_s=self._timeout_s)
            self._bring_up_to_date(self._file)
        except DiskError:
            return False
        kept = f" It was kept as {aside}." if aside else ""
        self._warnings.append(f"{error.message}{kept} The chats of this session were saved to a new file.")
        return True

    def _try_to_save(self, *, at_once: bool = False) -> None:
        """Where saving failed before, try it again after a while."""
        if self._is_saving or not self._may_retry:
            return
        if not at_once and self._clock.monotonic() < self._retry_at_s:
            return
        self._retry_at_s = self._clock.monotonic() + RETRY_AFTER_S
        try:
            if self._file is None or not self._file.is_saving:
                self._swap_file(SqliteStore.open(self._path, self._clock, timeout_s=RETRY_TIMEOUT_S))
            self._bring_up_to_date(self._file)
        except DiskError as error:
            if isinstance(error, GoneError):
                self._swap_file(None)
            return
        self._is_saving = True
        self._warnings.append(f"Saving to {self._path} works again, and nothing is missing there.")

    def _swap_file(self, file: SqliteStore | None) -> None:
        if self._file is not None:
            self._file.close()
        self._file = file

    def _bring_up_to_date(self, file: SqliteStore | None) -> None:
        """Store what this process knows and a file does not."""
        if file is None:
            return
        for known in self._memory.chats.values():
            file.merge(known.conversation(), created_at=known.created_at, is_changed=known.is_changed)
        for text, at in self._memory.inputs.items():
            file.add_input(text, at)
        for chat, text in self._memory.drafts.items():
            file.save_draft(text, chat)
        if self._reservations is not None:
            self._reservations.bring_to(file.reservations)
        if self._ledger is not None:
            self._ledger.bring_to(file.ledger)
        if self._agreements is not None:
            self._agreements.bring_to(file.agreements)

    def _open_for_reading(self, error: DiskError) -> None:
        """Show at least the chats of a file that cannot be written."""
        if not isinstance(error, NewerError):
            with contextlib.suppress(DiskError):
                self._file = SqliteStore.open_for_reading(self._path, self._clock, timeout_s=RETRY_TIMEOUT_S)

    def _know(self, chat: ChatId) -> None:
        if chat not in self._memory:
            self._learn(chat)

    def _learn(self, chat: ChatId) -> Conversation:
        """Read a chat from the file and remember it.

        Raises:
            StoreError: where there is none, or it cannot be read.
        """
        conversation = self._read(lambda file: file.load(chat))
        if conversation is None:
            return self._memory.load(chat)
        self._memory.adopt(conversation)
        return conversation

    def _exists(self, chat: ChatId) -> bool:
        return chat in self._memory or bool(self._read(lambda file: file.has_chat(chat)))


def _renamed(conversation: Conversation, chat: ChatId) -> Conversation:
    renamed = Conversation(
        chat,
        system=conversation.system,
        title=conversation.title,
        messages=conversation.messages.values(),
        tip=conversation.tip,
    )
    renamed.copy_views(conversation)
    return renamed
