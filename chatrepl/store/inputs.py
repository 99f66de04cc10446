"""What was typed, in whatever chat, and what stands in the input line of each."""

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


def save_draft(connection: sqlite3.Connection, chat: str, text: str, at_us: int) -> None:
    """Remember what stands in the input line of a chat. Empty: forget it."""
    if text:
        row = (chat, storable(text), at_us)
        connection.execute("INSERT OR REPLACE INTO drafts VALUES (?, ?, ?)", row)
    else:
        connection.execute("DELETE FROM drafts WHERE chat = ?", (chat,))


def load_draft(connection: sqlite3.Connection, chat: str) -> str:
    """Return what stood in the input line of a chat; empty where nothing did."""
    found = connection.execute("SELECT text FROM drafts WHERE chat = ?", (chat,)).fetchone()
    return str(found[0]) if found else ""
