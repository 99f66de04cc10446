"""Reads the chats of a database that is not the library in use: a copy of one, or another program's."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

from chatrepl.errors import StoreError
from chatrepl.imports.base import Found, Item, Problem
from chatrepl.ports import ChatFilter, Clock
from chatrepl.store.database import LOCK_TIMEOUT_S, explained, open_for_reading
from chatrepl.store.library import SqliteLibrary
from chatrepl.store.llm_logs import read_logs
from chatrepl.store.migrations import APPLICATION_ID


def read_database(path: Path, clock: Clock) -> Iterator[Item]:
    """Yield the chats of a database.

    Raises:
        TranscriptError: it is of an unknown kind.
        DiskError: it cannot be read, or was written by another version.
    """
    with explained(path):
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
        try:
            (application,) = connection.execute("PRAGMA application_id").fetchone()
        finally:
            connection.close()
    if application != APPLICATION_ID:
        yield from read_logs(path, clock.now())
        return
    database = open_for_reading(path, LOCK_TIMEOUT_S)
    try:
        library = SqliteLibrary(database, clock)
        for chat in library.ids(ChatFilter(is_archived=None)):
            try:
                whole = library.read(chat)
                yield Found(*whole[:3], (), whole.auto_title, whole.is_archived)
            except StoreError as error:
                yield Problem(f"chat {chat}", error.message)
    finally:
        database.close()
