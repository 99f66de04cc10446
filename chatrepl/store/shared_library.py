"""The library as the program uses it: that of the file; what this process knows of it while nothing can be saved."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from chatrepl.errors import StoreError
from chatrepl.ports import (
    ChatFilter,
    ChatSummary,
    Clock,
    Hit,
    Hits,
    Imported,
    LibraryStats,
    PreparedChat,
    Tail,
    WholeChat,
)
from chatrepl.search import fold, is_hit, score

if TYPE_CHECKING:
    from chatrepl.messages import ChatId, Message
    from chatrepl.search import Query
    from chatrepl.store.library import SqliteLibrary
    from chatrepl.store.memory import MemoryStore

T = TypeVar("T")
REST_S = 0.005
"""Between two steps of work on the index: messages that wait to be stored go first."""


class OnFile(Protocol):
    """Does something with the library of the file. None: it cannot be done now."""

    def __call__(self, action: Callable[[SqliteLibrary], T]) -> T | None:
        """Do it."""
        ...


class SharedLibrary:
    """``Library`` that can be looked at whatever the disk does; changing it needs the file."""

    def __init__(
        self,
        clock: Clock,
        memory: MemoryStore,
        on_file: OnFile,
        read_file: OnFile,
        is_saving: Callable[[], bool],
    ) -> None:
        self._clock = clock
        self._memory = memory
        self._on_file = on_file
        self._read_file = read_file
        self._is_saving = is_saving

    def _look(self, action: Callable[[SqliteLibrary], T], otherwise: Callable[[], T]) -> T:
        found = self._read_file(action)
        return otherwise() if found is None else found

    def _change(self, action: Callable[[SqliteLibrary], T]) -> T:
        done: list[T] = []  # an action may return None itself

        def run(library: SqliteLibrary) -> bool:
            done.append(action(library))
            return True

        if self._on_file(run) is None:
            raise StoreError(
                "The library cannot be changed now: nothing can be saved.",
                hint="chatrepl doctor says what is wrong with the file.",
            )
        return done[-1]

    def list(self, which: ChatFilter, limit: int = 50, offset: int = 0) -> Sequence[ChatSummary]:
        """List chats that have messages, the last changed first."""
        return self._look(
            lambda library: library.list(which, limit, offset),
            lambda: self._memory.summaries()[offset : offset + limit],
        )

    def last_draft(self, since: datetime) -> ChatSummary | None:
        """Return the chat in which something was typed last and not sent."""
        return self._read_file(lambda library: library.last_draft(since))

    def describe(self, chat: ChatId) -> ChatSummary:
        """Return a chat as a list shows it."""
        return self._look(lambda library: library.describe(chat), lambda: self._known(chat))

    def _known(self, chat: ChatId) -> ChatSummary:
        found = next((known for known in self._memory.summaries() if known.id == chat), None)
        if found is None:
            raise StoreError(f"There is no chat {chat}.")
        return found

    def ids(self, which: ChatFilter) -> Sequence[ChatId]:
        """Return the ids of chats, the oldest first."""
        return self._look(
            lambda library: library.ids(which),
            lambda: [known.id for known in reversed(self._memory.summaries())],
        )

    def search(
        self, query: Query, limit: int = 20, *, chat: ChatId | None = None, is_per_chat: bool = False
    ) -> Hits:
        """Find messages by their words."""
        return self._look(
            lambda library: library.search(query, limit, chat=chat, is_per_chat=is_per_chat),
            lambda: self._search_memory(query, limit, chat, is_per_chat=is_per_chat),
        )

    def _search_memory(self, query: Query, limit: int, chat: ChatId | None, *, is_per_chat: bool) -> Hits:
        now = self._clock.now()
        found: list[Hit] = []
        for known in self._memory.summaries():
            if chat is not None and known.id != chat:
                continue
            here = [
                self._hit(known, message, query, now)
                for message in self._memory.load(known.id).messages.values()
                if _fits(message, query) and is_hit(query, fold(message.text))
            ]
            here.sort(key=lambda hit: -hit.score)
            found += here[:1] if is_per_chat else here
        found.sort(key=lambda hit: -hit.score)
        return Hits(found[:limit], len(found))

    @staticmethod
    def _hit(chat: ChatSummary, message: Message, query: Query, now: datetime) -> Hit:
        age_days = (now - message.created_at).total_seconds() / 86_400
        worth = score(query, fold(message.text), title=fold(chat.title), age_days=age_days)
        return Hit(
            chat, message.id, message.role, message.meta.model or "", message.created_at, message.text, worth
        )

    def tail(self, chat: ChatId, count: int) -> Tail:
        """Read the end of a chat."""
        return self._look(lambda library: library.tail(chat, count), lambda: self._tail_of(chat, count))

    def _tail_of(self, chat: ChatId, count: int) -> Tail:
        path = self._memory.load(chat).path()
        return Tail(self._known(chat).title, path[-count:], len(path) > count)

    def read(self, chat: ChatId) -> WholeChat:
        """Read a chat to hand it out."""
        return self._look(lambda library: library.read(chat), lambda: self._whole(chat))

    def _whole(self, chat: ChatId) -> WholeChat:
        known = self._known(chat)
        return WholeChat(self._memory.load(chat), known.created_at, known.updated_at)

    def tag(self, chat: ChatId, add: Sequence[str] = (), remove: Sequence[str] = ()) -> tuple[str, ...]:
        """Put tags on a chat and take some off; returns what it has now."""
        return self._change(lambda library: library.tag(chat, add, remove))

    def tags(self) -> Sequence[tuple[str, int]]:
        """Return every tag and how many chats have it."""
        return self._look(lambda library: library.tags(), list)

    def set_archived(self, chat: ChatId, *, is_archived: bool) -> None:
        """Keep a chat out of lists, or bring it back."""
        self._change(lambda library: library.set_archived(chat, is_archived=is_archived))

    def delete(self, chat: ChatId) -> None:
        """Put a chat into the bin."""
        self._change(lambda library: library.delete(chat))

    def restore(self, chat: ChatId) -> None:
        """Bring a chat back from the bin."""
        self._change(lambda library: library.restore(chat))

    def tend(self, before: datetime, *, is_needed: bool = False) -> int:
        """Remove for good what was put into the bin before a time, and see to the index."""
        removed = self._on_file(lambda library: library.tend(before, is_needed=is_needed)) or 0
        while self._on_file(lambda library: library.merge_some()):
            time.sleep(REST_S)
        return removed

    def set_auto_title(self, chat: ChatId, title: str) -> None:
        """Keep the title that a model made."""
        self._change(lambda library: library.set_auto_title(chat, title))

    def prepare(self, chat: WholeChat) -> PreparedChat:
        """Work out what bringing a chat in takes."""
        from chatrepl.store.bringing import prepare

        return prepare(chat)

    def import_chats(
        self,
        chats: Sequence[PreparedChat],
        *,
        is_dry: bool = False,
        on_stored: Callable[[], None] = lambda: None,
    ) -> Sequence[Imported]:
        """Bring chats in, all or none of them."""
        return self._change(lambda library: library.import_chats(chats, is_dry=is_dry, on_stored=on_stored))

    def stats(self, zone: tzinfo | None) -> LibraryStats:
        """Count what there is."""
        return self._change(lambda library: library.stats(zone))

    def backup(self, path: Path) -> None:
        """Copy the library to a file."""
        self._change(lambda library: library.backup(path))

    def check(self) -> Sequence[str]:
        """Return what is wrong with the library."""
        return self._change(lambda library: library.check())

    def vacuum(self) -> tuple[int, int]:
        """Make the file as small as it can be."""
        return self._change(lambda library: library.vacuum())


def _fits(message: Message, query: Query) -> bool:
    return (
        (query.role is None or message.role is query.role)
        and (not query.model or query.model in fold(message.meta.model or ""))
        and (query.since is None or message.created_at >= query.since)
        and (query.before is None or message.created_at < query.before)
        and query.tag is None
        and query.rated is None
    )
