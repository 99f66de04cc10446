"""The tree of a chat as it is drawn: runs of messages between forks, and how they hang together. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from chatrepl.conversation import Conversation
from chatrepl.messages import Message, MessageId


@dataclass(frozen=True, slots=True)
class Run:
    """Messages that follow each other without a fork between them."""

    first: Message
    last: Message
    begins_at: int
    """The number of its first message, counted from 1 along its branch."""
    ends_at: int
    guides: tuple[bool, ...]
    """One for each level above: whether another branch of that level still follows further down."""
    is_last: bool
    """Whether it is the last of its siblings."""
    branch: int | None
    """The number of the branch that ends with it. None: it ends in a fork."""
    is_here: bool
    """Whether the chat stands at its last message or inside of it."""


def runs(chat: Conversation) -> list[Run]:
    """Return all runs of a chat in the order in which they are drawn: each before those that follow it."""
    found: list[Run] = []
    roots = chat.children(None)
    waiting: list[tuple[MessageId, int, tuple[bool, ...], bool]] = [
        (root, 1, (), index == len(roots) - 1) for index, root in reversed([*enumerate(roots)])
    ]
    branch = 0
    while waiting:
        start, number, guides, is_last = waiting.pop()
        end, ends_at, is_here = start, number, start == chat.tip
        below = chat.children(end)
        while len(below) == 1:
            end, ends_at = below[0], ends_at + 1
            is_here = is_here or end == chat.tip
            below = chat.children(end)
        if not below:
            branch += 1
        found.append(
            Run(
                chat[start],
                chat[end],
                number,
                ends_at,
                guides,
                is_last,
                None if below else branch,
                is_here,
            )
        )
        deeper = (*guides, not is_last)
        waiting += [
            (child, ends_at + 1, deeper, index == len(below) - 1)
            for index, child in reversed([*enumerate(below)])
        ]
    return found


def place_among_siblings(chat: Conversation, message: MessageId) -> tuple[int, int]:
    """Return which of how many versions a message is, counted from 1."""
    siblings = chat.siblings(message)
    return siblings.index(message) + 1, len(siblings)


def versions(chat: Conversation, messages: tuple[Message, ...]) -> dict[MessageId, str]:
    """Say of messages that have siblings which they are: ``2/3``."""
    forks = chat.forks()
    found: dict[MessageId, str] = {}
    for message in messages:
        if message.parent_id in forks:
            place, count = place_among_siblings(chat, message.id)
            found[message.id] = f"{place}/{count}"
    return found
