"""Looks a library of chats over, without changing it."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import NamedTuple


class Report(NamedTuple):
    """What there is."""

    exists: bool
    size_bytes: int = 0
    chats: int = 0
    messages: int = 0
    problem: str | None = None
    """What is wrong with the file. None: nothing was found."""


def look_over(path: Path) -> Report:
    """Count what is in a library, and check that its file is sound. Never raises."""
    if not path.exists():
        return Report(exists=False)
    try:
        size = path.stat().st_size
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=2.0)
        try:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (chats,) = connection.execute("SELECT count(*) FROM chats").fetchone()
            (messages,) = connection.execute("SELECT count(*) FROM messages").fetchone()
        finally:
            connection.close()
    except (sqlite3.Error, OSError) as error:
        return Report(exists=True, problem=str(error))
    problem = None if verdict == "ok" else str(verdict)
    return Report(True, size, chats, messages, problem)
