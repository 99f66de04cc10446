"""Chats that chatrepl wrote: one, a list of them, or a library with one a line. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chatrepl.imports.base import Found
from chatrepl.transcript import from_document, kept_of


def read_chat(document: dict[str, Any], _place: str, _now: datetime) -> Found | None:
    """Read a chat; its ids and times stay what they are. None: it has no messages.

    Raises:
        TranscriptError: where it is none, with the first wrong place.
    """
    conversation = from_document(document)
    times = [message.created_at for message in conversation.messages.values()]
    if not times:
        return None
    kept = kept_of(document)
    created = kept.get("created_at", min(times))
    updated = max(created, kept.get("updated_at", max(times)))
    return Found(
        conversation, created, updated, (), kept.get("auto_title", ""), kept.get("is_archived", False)
    )
