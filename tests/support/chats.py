"""Builds messages for tests without ceremony."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from chatrepl.messages import Message, MessageId, Meta, Part, ReplyState, Role, TextPart

WHEN = datetime(2026, 1, 1, tzinfo=UTC)


def message(number: int, role: Role, *parts: Part | str, state: ReplyState | None = None) -> Message:
    """Return message ``number`` of a straight chat; texts become text parts."""
    made = tuple(TextPart(part) if isinstance(part, str) else part for part in parts)
    parent = MessageId(f"{number - 1:032x}") if number else None
    return Message(MessageId(f"{number:032x}"), parent, role, made, WHEN, Meta(state))


def chat(*texts: str) -> list[Message]:
    """Return a chat in which the user and the model take turns, the user first."""
    return [message(n, Role.ASSISTANT if n % 2 else Role.USER, text) for n, text in enumerate(texts)]


def chat_of(roles: Iterable[Role]) -> list[Message]:
    """Return a chat with these speakers, each of whom says the message's number."""
    return [message(n, role, f"message {n}") for n, role in enumerate(roles)]
