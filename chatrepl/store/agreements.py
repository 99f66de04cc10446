"""What the user agreed to send as it is, by chat and server: digests only, in a SQLite file as long as there is one."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from chatrepl.messages import ChatId
from chatrepl.store import tables
from chatrepl.store.records import storable

if TYPE_CHECKING:
    from chatrepl.store.database import Database

T = TypeVar("T")


class SqliteAgreements:
    """The agreements of a file. Every method raises ``DiskError`` when the disk fails it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, chat: ChatId, provider: str) -> frozenset[bytes]:
        """Return what may be sent to a server as it is."""
        query = "SELECT digest FROM agreements WHERE chat = ? AND provider = ?"
        with self._database.read() as connection:
            return frozenset(found for (found,) in connection.execute(query, (chat, storable(provider))))

    def add(self, chat: ChatId, provider: str, digests: frozenset[bytes]) -> bool:
        """Keep what was agreed to. False: there is no such chat to keep it with."""
        query = "INSERT OR IGNORE INTO agreements (chat, provider, digest) VALUES (?, ?, ?)"
        with self._database.write(durable=False) as connection:  # after a power cut it is asked again
            if not tables.has_chat(connection, chat):
                return False
            connection.executemany(query, ((chat, storable(provider), digest) for digest in digests))
            return True

    def withdraw(self, chat: ChatId) -> bool:
        """Forget all that was agreed to in a chat. False: nothing was."""
        with self._database.write() as connection:
            return connection.execute("DELETE FROM agreements WHERE chat = ?", (chat,)).rowcount > 0


class OnFile(Protocol):
    """Does something with the agreements of the file. None: there is no file to do it with."""

    def __call__(self, action: Callable[[SqliteAgreements], T], /) -> T | None:
        """Do it."""
        ...


class SharedAgreements:
    """``memory_ports.Agreements``: those of the file, and what could not be brought there yet.

    What the file was last seen to hold is kept in memory too, so that nobody is asked again when the disk fails.

    Args:
        lock: Is held while the file is used, here and by whoever calls ``bring_to``.
        on_file: Changes the file.
        read_file: Reads it.
    """

    def __init__(self, lock: threading.RLock, on_file: OnFile, read_file: OnFile) -> None:
        self._lock = lock
        self._on_file = on_file
        self._read_file = read_file
        self._seen: dict[tuple[ChatId, str], frozenset[bytes]] = {}
        """What the file held when it was last looked at."""
        self._unsaved: dict[tuple[ChatId, str], frozenset[bytes]] = {}
        self._withdrawn: set[ChatId] = set()
        """Chats of which the file may hold what counts no more."""

    def of(self, chat: ChatId, provider: str) -> frozenset[bytes]:
        """Return what may be sent to a server as it is."""
        key = (chat, provider)
        with self._lock:
            found = None if chat in self._withdrawn else self._read_file(lambda file: file.of(chat, provider))
            if found is not None:
                self._seen[key] = found
            return self._seen.get(key, frozenset()) | self._unsaved.get(key, frozenset())

    def add(self, chat: ChatId, provider: str, digests: frozenset[bytes]) -> None:
        """Keep what was agreed to."""
        key = (chat, provider)
        with self._lock:
            is_saved = self._on_file(lambda file: file.add(chat, provider, digests))
            known = self._seen if is_saved else self._unsaved
            known[key] = known.get(key, frozenset()) | digests

    def withdraw(self, chat: ChatId) -> None:
        """Forget all that was agreed to in a chat, at every server."""
        with self._lock:
            for known in (self._seen, self._unsaved):
                for key in [key for key in known if key[0] == chat]:
                    del known[key]
            self._withdrawn.add(chat)  # first: a new file, which may be made now, must not be given it
            if self._on_file(lambda file: file.withdraw(chat)) is not None:
                self._withdrawn.discard(chat)

    def bring_to(self, file: SqliteAgreements) -> None:
        """Write what this process knows into a file that does not know it."""
        for chat in self._withdrawn:
            file.withdraw(chat)
        for key in {**self._seen, **self._unsaved}:
            digests = self._seen.get(key, frozenset()) | self._unsaved.get(key, frozenset())
            if file.add(*key, digests):
                self._unsaved.pop(key, None)
                self._seen[key] = digests
        self._withdrawn.clear()
