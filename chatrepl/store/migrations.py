"""The tables, as a list of steps that only grows. What once was released here is never edited; add a step instead."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

from chatrepl.store.failures import NewerError

APPLICATION_ID = 0x63686174
"""``chat`` in ASCII, in the file's header: tells our files from those of other programs."""


def _run(connection: sqlite3.Connection, *statements: str) -> None:
    for statement in statements:
        connection.execute(statement)


def _begin(connection: sqlite3.Connection) -> None:
    """Chats, messages, the pieces of replies that are still arriving, what was typed, the draft."""
    _run(
        connection,
        f"PRAGMA application_id = {APPLICATION_ID}",
        # first_words and message_count repeat what is in messages, so that lists need not read those.
        """
        CREATE TABLE chats (
            id TEXT NOT NULL PRIMARY KEY,
            title TEXT NOT NULL,
            system TEXT,
            tip TEXT,
            first_words TEXT NOT NULL DEFAULT '',
            message_count INTEGER NOT NULL DEFAULT 0,
            created_us INTEGER NOT NULL,
            updated_us INTEGER NOT NULL,
            FOREIGN KEY (id, tip) REFERENCES messages (chat, id)
        )
        """,
        "CREATE INDEX chats_by_change ON chats (updated_us, id) WHERE message_count > 0",
        # An id is unique within its chat only, so that a copy of a chat can keep its messages' ids.
        # parts is NULL where they are nothing but the text; writer is NULL unless the reply is still arriving.
        """
        CREATE TABLE messages (
            position INTEGER PRIMARY KEY,
            chat TEXT NOT NULL REFERENCES chats (id),
            id TEXT NOT NULL,
            parent TEXT,
            role TEXT NOT NULL,
            created_us INTEGER NOT NULL,
            text TEXT NOT NULL,
            parts TEXT,
            meta TEXT,
            writer TEXT,
            UNIQUE (chat, id),
            FOREIGN KEY (chat, parent) REFERENCES messages (chat, id)
        )
        """,
        "CREATE INDEX messages_by_chat ON messages (chat, position)",
        "CREATE INDEX messages_arriving ON messages (chat) WHERE writer IS NOT NULL",
        """
        CREATE TABLE journal (
            message INTEGER NOT NULL REFERENCES messages (position),
            seq INTEGER NOT NULL,
            kind TEXT NOT NULL,
            text TEXT NOT NULL,
            PRIMARY KEY (message, seq)
        ) WITHOUT ROWID
        """,
        "CREATE TABLE inputs (digest BLOB NOT NULL PRIMARY KEY, text TEXT NOT NULL, at_us INTEGER NOT NULL)",
        "CREATE INDEX inputs_by_time ON inputs (at_us)",
        "CREATE TABLE draft (id INTEGER PRIMARY KEY CHECK (id = 1), text TEXT NOT NULL)",
    )


def _reservations(connection: sqlite3.Connection) -> None:
    """What is asked of providers with limits, and what waits to be."""
    _run(
        connection,
        # number is the order of arrival. at_us is NULL while a request waits, and only then are writer and seen_us
        # of use: who waits, and when it was last heard of.
        """
        CREATE TABLE reservations (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            provider TEXT NOT NULL,
            writer TEXT,
            seen_us INTEGER NOT NULL,
            at_us INTEGER,
            requests INTEGER NOT NULL,
            tokens INTEGER NOT NULL
        )
        """,
        "CREATE INDEX reservations_by_time ON reservations (at_us)",
        "CREATE INDEX reservations_by_provider ON reservations (provider, at_us)",
    )


def _ledger(connection: sqlite3.Connection) -> None:
    """What every request took."""
    _run(
        connection,
        # number is the order in which requests were sent. outcome is NULL while one is under way, and only then are
        # writer and the most that it may take of use. Money is whole trillionths of a dollar, so that sums are exact.
        """
        CREATE TABLE ledger (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            at_us INTEGER NOT NULL,
            provider TEXT NOT NULL,
            model TEXT NOT NULL,
            chat TEXT NOT NULL,
            purpose TEXT NOT NULL,
            outcome TEXT,
            writer TEXT,
            most_tokens INTEGER NOT NULL DEFAULT 0,
            most_cost_pusd INTEGER,
            prompt_tokens INTEGER NOT NULL DEFAULT 0,
            cached_tokens INTEGER NOT NULL DEFAULT 0,
            cache_write_tokens INTEGER NOT NULL DEFAULT 0,
            completion_tokens INTEGER NOT NULL DEFAULT 0,
            reasoning_tokens INTEGER NOT NULL DEFAULT 0,
            total_tokens INTEGER NOT NULL DEFAULT 0,
            is_estimated INTEGER NOT NULL DEFAULT 1,
            cost_pusd INTEGER,
            cost_kind TEXT,
            first_token_s REAL,
            duration_s REAL,
            retries INTEGER NOT NULL DEFAULT 0
        )
        """,
        "CREATE INDEX ledger_by_time ON ledger (at_us)",
        "CREATE INDEX ledger_by_chat ON ledger (chat, at_us)",
        "CREATE INDEX ledger_under_way ON ledger (writer) WHERE writer IS NOT NULL",
    )


def _marks(connection: sqlite3.Connection) -> None:
    """What the user pinned and left out, and summaries of what is older: views of a chat, which itself stays as it is."""
    _run(
        connection,
        """
        CREATE TABLE marks (
            chat TEXT NOT NULL,
            message TEXT NOT NULL,
            mark TEXT NOT NULL,
            PRIMARY KEY (chat, message),
            FOREIGN KEY (chat, message) REFERENCES messages (chat, id)
        ) WITHOUT ROWID
        """,
        # is_removed is 1 after /compact undo: nothing is deleted.
        """
        CREATE TABLE summaries (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL,
            chat TEXT NOT NULL,
            through TEXT NOT NULL,
            text TEXT NOT NULL,
            model TEXT NOT NULL,
            created_us INTEGER NOT NULL,
            is_by_hand INTEGER NOT NULL DEFAULT 0,
            is_removed INTEGER NOT NULL DEFAULT 0,
            UNIQUE (chat, id),
            FOREIGN KEY (chat, through) REFERENCES messages (chat, id)
        )
        """,
    )


def _library(connection: sqlite3.Connection) -> None:
    """What makes many chats a library: titles that the model made, tags, the bin, ratings, drafts, the index of words."""
    _run(
        connection,
        # title stays the user's own; auto_title stands in for it. deleted_us is when a chat was put into the bin.
        "ALTER TABLE chats ADD COLUMN auto_title TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE chats ADD COLUMN is_archived INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE chats ADD COLUMN deleted_us INTEGER",
        # These repeat what is in messages, as first_words does. cost_pusd is NULL where no cost is known.
        "ALTER TABLE chats ADD COLUMN model TEXT NOT NULL DEFAULT ''",
        "ALTER TABLE chats ADD COLUMN total_tokens INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE chats ADD COLUMN cost_pusd INTEGER",
        """
        CREATE TABLE tags (
            chat TEXT NOT NULL REFERENCES chats (id),
            tag TEXT NOT NULL,
            PRIMARY KEY (chat, tag)
        ) WITHOUT ROWID
        """,
        "CREATE INDEX tags_by_name ON tags (tag, chat)",
        """
        CREATE TABLE ratings (
            chat TEXT NOT NULL,
            message TEXT NOT NULL,
            verdict TEXT NOT NULL,
            note TEXT NOT NULL,
            at_us INTEGER NOT NULL,
            PRIMARY KEY (chat, message),
            FOREIGN KEY (chat, message) REFERENCES messages (chat, id)
        ) WITHOUT ROWID
        """,
        # chat is empty for what was typed where no chat had begun.
        "CREATE TABLE drafts (chat TEXT NOT NULL PRIMARY KEY, text TEXT NOT NULL, at_us INTEGER NOT NULL)",
        "INSERT INTO drafts SELECT '', text, 0 FROM draft",
        "DROP TABLE draft",
        "CREATE TABLE facts (name TEXT NOT NULL PRIMARY KEY, value) WITHOUT ROWID",
    )
    from chatrepl.store import index, totals

    totals.recount(connection)
    index.rebuild(connection)


def _agreements(connection: sqlite3.Connection) -> None:
    """What the user agreed to send as it is, in each chat and to each server: digests, never a value."""
    _run(
        connection,
        """
        CREATE TABLE agreements (
            chat TEXT NOT NULL REFERENCES chats (id),
            provider TEXT NOT NULL,
            digest BLOB NOT NULL,
            PRIMARY KEY (chat, provider, digest)
        ) WITHOUT ROWID
        """,
    )


MIGRATIONS: tuple[Callable[[sqlite3.Connection], None], ...] = (
    _begin,
    _reservations,
    _ledger,
    _marks,
    _library,
    _agreements,
)
"""Step N brings a database from version N - 1 to version N."""


def version(connection: sqlite3.Connection, path: Path) -> int:
    """Return how many steps a database has behind it, 0 for an empty one.

    Raises:
        NewerError: where it is another program's, or has steps behind it that are not known here.
    """
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables:
        return 0
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise NewerError(
            f"{path} is a database of another program.", hint="Move it away, or keep the chats elsewhere."
        )
    (found,) = connection.execute("SELECT max(version) FROM migrations").fetchone()
    if found > len(MIGRATIONS):
        raise NewerError(
            f"{path} was written by a newer chatrepl"
            f" (version {found} of its tables; this one knows {len(MIGRATIONS)}).",
            hint="Update chatrepl.",
        )
    return int(found)


def migrate(connection: sqlite3.Connection, path: Path, now_us: int) -> None:
    """Bring a database up to date. Nothing is written where it is, and all or nothing where it is not.

    Raises:
        NewerError: as ``version`` does, before anything is written.
        sqlite3.Error: where the database cannot be read or written.
    """
    if version(connection, path) == len(MIGRATIONS):
        return
    connection.execute("BEGIN EXCLUSIVE")
    try:
        done = version(connection, path)  # again: another process may have been faster
        connection.execute(
            "CREATE TABLE IF NOT EXISTS migrations"
            " (version INTEGER PRIMARY KEY, name TEXT NOT NULL, at_us INTEGER NOT NULL)"
        )
        for number, step in enumerate(MIGRATIONS[done:], start=done + 1):
            step(connection)
            connection.execute("INSERT INTO migrations VALUES (?, ?, ?)", (number, step.__name__, now_us))
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
