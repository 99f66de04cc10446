"""What commands say of messages and chats: their numbers, their ages, what they are called."""

from __future__ import annotations

from datetime import datetime

from chatrepl.commands.base import Context, Notice
from chatrepl.conversation import Conversation
from chatrepl.messages import Message, MessageId
from chatrepl.ports import ChatSummary
from chatrepl.pricing import format_usd

SHOWN_ID_CHARS = 12


def message_at(context: Context, number: int) -> Message | Notice:
    """Return message N of the chat, as /context numbers them; negative numbers count from the end."""
    path = context.session.conversation.path()
    index = number - 1 if number > 0 else len(path) + number
    if number and 0 <= index < len(path):
        return path[index]
    if not path:
        return Notice("There is no message in this chat yet.", "warning")
    return Notice(
        f"There is no message {number}: this chat has {len(path)}.", "error", hint="/context numbers them."
    )


def number_of(chat: Conversation, message: MessageId) -> int:
    """Return the number of a message on the path, from 1."""
    return next(number for number, found in enumerate(chat.path(), start=1) if found.id == message)


def age(then: datetime, now: datetime) -> str:
    """Say how long ago something was, shortly: ``12 s``, ``5 min``, ``3 h``, ``14 d``."""
    seconds = max(0, int((now - then).total_seconds()))
    for unit, size in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def when(then: datetime, now: datetime) -> str:
    """Say when something was: an age for what is young, else the day."""
    if (now - then).days < 7 and then <= now:
        return age(then, now)
    return f"{then.astimezone():%Y-%m-%d}"


def cost_of(chat: ChatSummary) -> str:
    """Say what a chat cost; empty where nothing is known of it."""
    return format_usd(chat.cost_usd) if chat.cost_usd is not None else ""
