"""What was typed, and what stands in the input line: rows that belong to no chat."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from hashlib import blake2b

from chatrepl.store.records import storable


def add(connection: sqlite3.Connection, text: str, at_us: int) -> None:
    """Remember a text, or that it was typed again."""
    text = storable(text)
    digest = blake2b(text.encode(), digest_size=16).digest()  # an index of whole pastes would hold them twice
    connection.execute(
        "INSERT INTO inputs (digest, text, at_us) VALUES (?, ?, ?)"
        " ON CONFLICT (digest) DO UPDATE SET at_us = max(at_us, excluded.at_us)",
        (digest, text, at_us),
    )


def history(connection: sqlite3.Connection, limit: int) -> Sequence[str]:
    """Return the texts, newest first, each once."""
    query = "SELECT text FROM inputs ORDER BY at_us DESC, rowid DESC LIMIT ?"
    return [text for (text,) in connection.execute(query, (limit,))]


def save_draft(connection: sqlite3.Connection, text: str) -> None:
    """Remember what stands in the input line. Empty: forget it."""
    if text:
        connection.execute("INSERT OR REPLACE INTO draft VALUES (1, ?)", (storable(text),))
    else:
        connection.execute("DELETE FROM draft")


def load_draft(connection: sqlite3.Connection) -> str:
    """Return what stood in the input line; empty where nothing did."""
    found = connection.execute("SELECT text FROM draft").fetchone()
    return str(found[0]) if found else ""
