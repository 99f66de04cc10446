"""Makes a conversation of the nodes that a file holds, whatever state their links are in. Pure.

Nothing here recurses, and every step takes time linear in the number of nodes: chains of 100 000 messages are read as
a matter of course, and a file made to be slow is not.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from chatrepl.conversation import Conversation, first_words
from chatrepl.imports.base import Found
from chatrepl.imports.report import Report
from chatrepl.messages import NO_META, ChatId, Message, MessageId, Meta, ReplyState, Role, WordsPart


class Node(NamedTuple):
    """A place in the tree of a file, and the message there if it is kept."""

    key: str
    """The id that its message gets."""
    parent: str | None
    """The key of the node before it. None: it is a first one."""
    role: Role | None
    """None: what is here is not kept, and what follows it follows the node before it."""
    parts: tuple[WordsPart, ...] = ()
    """Without any, it is not kept either."""
    at: datetime | None = None
    model: str | None = None
    is_prelude: bool = False
    """Whether it is reasoning that belongs to the reply after it; where none follows, it is a message of its own."""


class Head(NamedTuple):
    """What a file says of a chat as a whole."""

    place: str
    """Where in the file, such as ``conversation 12``."""
    id: str
    title: str = ""
    system: str | None = None
    tip: str | None = None
    """The key of the node at which it stands. None or unknown: the end of the branch with the newest message."""
    created_at: datetime | None = None
    updated_at: datetime | None = None

    @property
    def place_and_title(self) -> str:
        """Return the place in words that help to find it."""
        return f'{self.place} ("{first_words(self.title)}")' if self.title else self.place


def build(head: Head, nodes: Sequence[Node], now: datetime, report: Report) -> Found | None:
    """Make a chat of its nodes, given in the order in which siblings shall stand. None: it has no message.

    What is wrong with the links between nodes is mended, and noted in the report.
    """
    nodes, parents = _link(nodes, report)
    first = head.created_at or min((node.at for node in nodes if node.at is not None), default=now)
    conversation = Conversation(ChatId(head.id), system=head.system, title=head.title)
    places = _append(conversation, nodes, parents, first)
    if not len(conversation):
        return None
    messages = [*conversation.messages.values()]
    tip = None if head.tip is None else places.get(head.tip)
    if tip is None:
        newest = max(reversed(messages), key=lambda message: message.created_at)
        tip = conversation.newest_below(newest.id)
    conversation.move_tip(tip)
    created = head.created_at or min(message.created_at for message in messages)
    updated = head.updated_at or max(message.created_at for message in messages)
    return Found(conversation, created, max(created, updated), report.problems(head.place_and_title))


def _append(
    conversation: Conversation, nodes: Sequence[Node], parents: Mapping[str, str | None], first: datetime
) -> dict[str | None, MessageId | None]:
    """Append what is kept, and return after which message each node's followers stand."""
    joined = _joined(nodes, parents) if any(node.is_prelude for node in nodes) else frozenset()
    places: dict[str | None, MessageId | None] = {None: None}
    times: dict[str | None, datetime] = {None: first}
    waiting: dict[str | None, tuple[WordsPart, ...]] = {}
    for key, _, role, parts, at, model, _ in nodes:
        parent = parents[key]
        times[key] = time = at or times[parent]
        before = waiting.get(parent, ()) if joined else ()
        if role is None or not parts or key in joined:
            places[key] = places[parent]
            if joined:
                waiting[key] = before + parts if key in joined else before
            continue
        meta = _reply_meta(model) if role is Role.ASSISTANT else NO_META
        places[key] = message = MessageId(key)
        conversation.append(Message(message, places[parent], role, before + parts, time, meta))
    return places


@lru_cache(maxsize=256)
def _reply_meta(model: str | None) -> Meta:
    return Meta(state=ReplyState.COMPLETE, model=model)


def _joined(nodes: Sequence[Node], parents: Mapping[str, str | None]) -> frozenset[str]:
    """Return the preludes that are followed by replies only, and so can become parts of them."""
    found = set()
    only_replies: dict[str | None, bool] = {}
    for node in reversed(nodes):
        verdict = only_replies.get(node.key)
        if node.is_prelude and node.parts:
            if verdict:
                found.add(node.key)
            verdict = True
        elif node.role is not None and node.parts:
            verdict = node.role is Role.ASSISTANT
        if verdict is not None:
            parent = parents[node.key]
            only_replies[parent] = verdict and only_replies.get(parent, True)
    return frozenset(found)


def _link(nodes: Sequence[Node], report: Report) -> tuple[Sequence[Node], Mapping[str, str | None]]:
    """Return each node once and parents first, and the parent of each, all of which are there."""
    parents: dict[str, str | None] = {}
    is_in_order = True
    for key, parent, *_ in nodes:
        if key in parents:
            break
        parents[key] = parent
        if parent is not None and is_in_order:
            is_in_order = parent in parents and parent != key
    if is_in_order and len(parents) == len(nodes):
        return nodes, parents
    kept: dict[str, Node] = {}
    numbers: dict[str, int] = {}
    for number, node in enumerate(nodes, start=1):
        if node.key in kept:
            report.add("Its id is that of an earlier message; it was left out.", number)
        else:
            kept[node.key], numbers[node.key] = node, number
    parents = {key: node.parent for key, node in kept.items()}
    _find_missing(parents, numbers, report)
    _cut_cycles(parents, numbers, report)
    return _parents_first(kept, parents), parents


def _find_missing(parents: dict[str, str | None], numbers: Mapping[str, int], report: Report) -> None:
    previous: str | None = None
    for key, parent in parents.items():
        if parent is not None and parent not in parents:
            report.add(
                "The message it answers is not in the file; it was put after the one before it.", numbers[key]
            )
            parents[key] = previous
        previous = key


def _cut_cycles(parents: dict[str, str | None], numbers: Mapping[str, int], report: Report) -> None:
    done: set[str] = set()
    for start in parents:
        trail: dict[str, None] = {}
        key: str | None = start
        while key is not None and key not in done:
            if key in trail:
                followed = list(trail)
                first = min(followed[followed.index(key) :], key=numbers.__getitem__)
                report.add("It would come before itself; it was put at the beginning.", numbers[first])
                parents[first] = None
                break
            trail[key] = None
            key = parents[key]
        done.update(trail)


def _parents_first(kept: Mapping[str, Node], parents: Mapping[str, str | None]) -> list[Node]:
    children: dict[str | None, list[str]] = {}
    for key, parent in parents.items():
        children.setdefault(parent, []).append(key)
    order = []
    waiting = children.get(None, [])[::-1]
    while waiting:
        key = waiting.pop()
        order.append(kept[key])
        waiting += reversed(children.get(key, ()))
    return order
