"""A chat as a tree of messages that only grows, and the tip it stands at.

Undoing, editing, retrying and branching move the tip and append; no message is ever changed or removed, except that a
reply which is still arriving is replaced, once, by the finished one. What is pinned, left out or summarised are marks
beside the messages, which change what is sent and nothing else. Pure: no file, clock or print.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chatrepl.messages import ChatId, Message, MessageId, ReplyState, Role


class Mark(StrEnum):
    """What the user decided about a message, and with it about its turn."""

    PINNED = "pinned"
    """It is always sent."""
    OMITTED = "omitted"
    """It is never sent."""


class Verdict(StrEnum):
    """What the user thinks of a reply."""

    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Rating:
    """The user's opinion of a reply."""

    verdict: Verdict
    note: str
    """Why, in the user's words. Empty: not said."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Summary:
    """What stands for the older part of a chat in a request."""

    id: str
    through: MessageId
    """The last message that it stands for: it and all before it on the path."""
    text: str
    model: str
    """The model that wrote it. Empty: the user did."""
    created_at: datetime
    is_by_hand: bool = False
    """Whether the user asked for it: then it is used even while the messages themselves would fit."""


class Conversation:
    """The messages of one chat.

    Invariants: every parent is in the tree and was added before its children, so that there is no cycle; the tip is
    None or in the tree. Reading the path costs nothing where neither the tip nor its ancestors changed since.
    """

    def __init__(
        self,
        chat: ChatId,
        *,
        system: str | None = None,
        title: str = "",
        messages: Iterable[Message] = (),
        tip: MessageId | None = None,
    ) -> None:
        self.id = chat
        self.system = system
        """The system prompt. None: none is sent."""
        self.title = title
        """As the user named it. Empty: it goes by its first words."""
        self.marks: dict[MessageId, Mark] = {}
        self.summaries: list[Summary] = []
        """Those in use, the oldest first: the last one that is on the path counts."""
        self.ratings: dict[MessageId, Rating] = {}
        self.tags: tuple[str, ...] = ()
        """Sorted, each once."""
        self._messages: dict[MessageId, Message] = {}
        self._children: dict[MessageId | None, list[MessageId]] = {}
        self._tip: MessageId | None = None
        self._path: list[Message] | None = []
        for message in messages:
            self.append(message)
        if self._messages:
            self.move_tip(tip)

    def __len__(self) -> int:
        return len(self._messages)

    def __contains__(self, message: MessageId) -> bool:
        return message in self._messages

    def __getitem__(self, message: MessageId) -> Message:
        return self._messages[message]

    @property
    def messages(self) -> Mapping[MessageId, Message]:
        """Every message of every branch, in the order they were added."""
        return self._messages

    @property
    def tip(self) -> MessageId | None:
        """The message that the next one follows. None: the chat stands before its first."""
        return self._tip

    def append(self, message: Message) -> None:
        """Add a message and make it the tip.

        Raises:
            ValueError: where its id is taken or its parent is not in the tree.
        """
        if message.id in self._messages:
            raise ValueError(f"message {message.id} is in the chat already")
        if message.parent_id is not None and message.parent_id not in self._messages:
            raise ValueError(f"message {message.id} follows {message.parent_id}, which is not in the chat")
        self._messages[message.id] = message
        self._children.setdefault(message.parent_id, []).append(message.id)
        if self._path is not None and message.parent_id == self._tip:
            self._path.append(message)
        else:
            self._path = None
        self._tip = message.id

    def finish(self, message: Message) -> None:
        """Put the finished reply in the place of the one that was arriving.

        Raises:
            ValueError: where there is no such reply, it is not arriving, or its place in the tree differs.
        """
        before = self._messages.get(message.id)
        if (
            before is None
            or before.meta.state is not ReplyState.STREAMING
            or before.parent_id != message.parent_id
        ):
            raise ValueError(f"message {message.id} is not a reply that is still arriving")
        self._messages[message.id] = message
        if self._path and self._path[-1].id == message.id:
            self._path[-1] = message
        else:
            self._path = None

    def move_tip(self, tip: MessageId | None) -> None:
        """Stand at another message. None: before the first.

        Raises:
            ValueError: where it is not in the tree.
        """
        if tip is not None and tip not in self._messages:
            raise ValueError(f"message {tip} is not in the chat")
        if tip != self._tip:
            self._tip = tip
            self._path = None

    def path(self) -> tuple[Message, ...]:
        """Return the messages from the first one to the tip."""
        path = self._path
        if path is None:
            path = self._path = [*self.ancestors(self._tip)][::-1]
        return tuple(path)

    def ancestors(self, message: MessageId | None) -> Iterator[Message]:
        """Yield a message and all those before it, the newest first."""
        while message is not None:
            current = self._messages[message]
            yield current
            message = current.parent_id

    def children(self, message: MessageId | None) -> tuple[MessageId, ...]:
        """Return what follows a message, in the order it was added; with None, the first messages."""
        return tuple(self._children.get(message, ()))

    def siblings(self, message: MessageId) -> tuple[MessageId, ...]:
        """Return a message and those that stand in the same place, in the order they were added."""
        return self.children(self._messages[message].parent_id)

    def newest_below(self, message: MessageId) -> MessageId:
        """Return the end of the branch that was begun last below a message; itself where nothing follows it."""
        while below := self._children.get(message):
            message = below[-1]
        return message

    def forks(self) -> frozenset[MessageId | None]:
        """Return what is followed by more than one message; None stands for the beginning."""
        return frozenset(parent for parent, below in self._children.items() if len(below) > 1)

    def last_reply(self) -> Message | None:
        """Return the last reply on the path. None where there is none."""
        return next((message for message in self.ancestors(self._tip) if message.is_reply), None)

    def last_user_message(self) -> Message | None:
        """Return the last message of the user on the path. None where there is none."""
        return next((message for message in self.ancestors(self._tip) if message.role is Role.USER), None)

    def marked(self, mark: Mark) -> frozenset[MessageId]:
        """Return the messages with a mark, of all branches."""
        return frozenset(message for message, found in self.marks.items() if found is mark)

    def summary(self) -> Summary | None:
        """Return the last summary that stands for messages of the path. None where there is none."""
        if not self.summaries:
            return None
        here = {message.id for message in self.path()}
        return next((summary for summary in reversed(self.summaries) if summary.through in here), None)

    def put_summary(self, summary: Summary) -> None:
        """Add a summary, or put it in the place of the one with its id."""
        for index, known in enumerate(self.summaries):
            if known.id == summary.id:
                self.summaries[index] = summary
                return
        self.summaries.append(summary)

    def copy_views(self, other: Conversation) -> None:
        """Take over what another knows beside its messages: marks, summaries, ratings, tags."""
        self.marks, self.summaries = dict(other.marks), list(other.summaries)
        self.ratings, self.tags = dict(other.ratings), other.tags

    def replies(self) -> tuple[Message, ...]:
        """Return the replies on the path, oldest first: reply N of the chat is at index N - 1."""
        return tuple(message for message in self.path() if message.is_reply)


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of the user and what came of it: a slice of a path that is never split."""

    messages: tuple[Message, ...]


def turns(path: Iterable[Message]) -> list[Turn]:
    """Cut a path into turns. What stands before the first message of the user is a turn of its own."""
    found: list[list[Message]] = []
    for message in path:
        if message.role is Role.USER or not found:
            found.append([])
        found[-1].append(message)
    return [Turn(tuple(messages)) for messages in found]


def first_words(text: str, limit_chars: int = 60) -> str:
    """Return the beginning of a text as one line, for a title."""
    line = " ".join(text[: limit_chars * 4].split())
    return line if len(line) <= limit_chars else line[: limit_chars - 1].rstrip() + "…"
