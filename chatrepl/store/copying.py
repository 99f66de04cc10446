"""A copy of the library while it is in use, and whether it is sound."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from chatrepl.store import index
from chatrepl.store.database import Database, explained

MOST_PROBLEMS = 20


def copy_database(database: Database, path: Path) -> None:
    """Copy a database as it is at one moment into a file that is its owner's alone.

    Raises:
        DiskError: where that fails; then what was at ``path`` is still there.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    with explained(path):
        os.close(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        try:
            target = sqlite3.connect(beside)
            try:
                with database.alone() as connection:
                    connection.backup(
                        target
                    )  # in one step: others may write meanwhile, and it is not begun again
                target.execute("PRAGMA journal_mode = DELETE")
            finally:
                target.close()
            with beside.open("rb") as file:
                os.fsync(file.fileno())
            beside.replace(path)
        except BaseException:
            beside.unlink(missing_ok=True)
            raise


def problems(connection: sqlite3.Connection) -> list[str]:
    """Return what is wrong with a database, in sentences. Empty: it is sound."""
    found = [
        f"The file is damaged: {said}."
        for (said,) in connection.execute(f"PRAGMA integrity_check({MOST_PROBLEMS})")
        if said != "ok"
    ]
    if found:
        return found
    for table, row, parent, _ in connection.execute("PRAGMA foreign_key_check").fetchmany(MOST_PROBLEMS):
        found.append(f"Row {row} of {table} belongs to something in {parent} that is not there.")
    (wrong,) = connection.execute(
        "SELECT count(*) FROM chats AS c WHERE message_count <>"
        " (SELECT count(*) FROM messages AS m WHERE m.chat = c.id)"
    ).fetchone()
    if wrong:
        found.append(f"{wrong} chats have another number of messages than their list says.")
    if not index.is_current(connection):
        found.append("The index of words was made by another version; `chatrepl chats vacuum` makes it anew.")
    return found
