"""How messages that were found are shown."""

from __future__ import annotations

from datetime import datetime

from chatrepl.commands.base import Found, FoundMessage, Notice, Reply, Several
from chatrepl.commands.numbers import when
from chatrepl.conversation import first_words
from chatrepl.ports import Hits
from chatrepl.search import Query, excerpt


def found_messages(query: Query, hits: Hits, now: datetime) -> Reply:
    """Return the messages that were found, with the words around what was asked for."""
    shown = tuple(
        FoundMessage(
            first_words(hit.chat.title, 60) or "(no title)",
            str(hit.role) + (f" {hit.model}" if hit.model else ""),
            when(hit.created_at, now),
            excerpt(query.terms, hit.text),
        )
        for hit in hits.hits
    )
    return Several((Found(shown), Notice(_said(hits))))


def _said(hits: Hits) -> str:
    count = f"{hits.total:,}" + (" or more" if hits.is_capped else "")
    noun = "message" if hits.total == 1 and not hits.is_capped else "messages"
    said = f"{count} {noun}"
    if hits.total > len(hits.hits) or hits.is_capped:
        said += f", the best {len(hits.hits)} are shown; more words find fewer"
    if hits.is_inside_words:
        said += "; no word begins so, these have it inside of words"
    return f"{said}. /open N opens one."
