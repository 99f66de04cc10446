"""The chat that is open: which one it is, where in its tree it stands, and what the user does with it as a whole.

Knows no server; ``Session`` adds that.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from chatrepl.environment import new_id
from chatrepl.trail import Place, Trail

if TYPE_CHECKING:  # a start loads no messages
    from chatrepl.conversation import Conversation, Mark, Rating
    from chatrepl.messages import Attachment, ChatId, Message, MessageId
    from chatrepl.ports import ChatStore, Clock, Library, Tail

TAIL_MESSAGES = 6
"""So much of a chat is seen at once when it is opened."""


class Listed(NamedTuple):
    """A row of a list that was shown."""

    chat: ChatId
    message: MessageId | None
    """The message that was found in it. None: the chat as a whole."""


class OpenChat(ABC):
    """The open chat of a session, which may not be read or begun yet."""

    clock: Clock

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._conversation: Conversation | None = None
        self._opening: ChatId | None = None
        """A chat that is open, but not read yet."""
        self._trail = Trail()
        self.listed: tuple[Listed, ...] = ()
        """The rows of the last list, which commands name by their numbers."""
        self.attached: list[Attachment] = []
        """What goes with the next message, beside what that names itself."""
        self.deleted: list[ChatId] = []
        """What was put into the bin in this run, the last one at the end."""
        self.seen_from: MessageId | None = None
        """The first message of the open chat that was shown. None: all were, or none."""
        self.has_begun_here = True
        """Whether the open chat was begun in this run, so that all of it was shown."""

    @property
    @abstractmethod
    def store(self) -> ChatStore:
        """Where chats are kept."""

    @property
    @abstractmethod
    def _first_system(self) -> str | None:
        """The system prompt that a new chat begins with. None: none."""

    @abstractmethod
    def _opened(self, chat: Conversation) -> None:
        """Take note that a chat of the library is open now."""

    @property
    def conversation(self) -> Conversation:
        """The open chat; read when it is first asked for, so that a long one is seen before it is read."""
        known = self._conversation
        if known is not None and self._opening is None:  # the keys never wait for what a turn gets ready
            return known
        with self._lock:
            if self._opening is not None:
                chat, self._opening = self._opening, None
                self._conversation = self.store.load(chat)
                self._opened(self._conversation)
            if self._conversation is None:
                self._conversation = self._empty_chat()
            return self._conversation

    @property
    def library(self) -> Library:
        """All chats together."""
        return self.store.library

    @property
    def open_chat_id(self) -> ChatId:
        """The id of the open chat; does not read it."""
        return self._opening or self.conversation.id

    @property
    def draft_chat(self) -> ChatId | None:
        """The chat that a draft belongs to. None: the open one has not begun."""
        if self._opening is not None:
            return self._opening
        return self.conversation.id if len(self.conversation) else None

    def _empty_chat(self) -> Conversation:
        from chatrepl.conversation import Conversation
        from chatrepl.messages import ChatId

        return Conversation(ChatId(new_id(self.clock.now())), system=self._first_system)

    def new_chat(self) -> None:
        """Begin another chat; the one before stays in the library."""
        with self._lock:
            self._leave_place()
            self._opening = None
            self._conversation = self._empty_chat()
            self.seen_from, self.has_begun_here = None, True

    def open_chat(self, chat: Conversation) -> None:
        """Go on with a chat that is in the library."""
        with self._lock:
            self._leave_place()
            self._opening = None
            self._conversation = chat
            self.seen_from, self.has_begun_here = None, False
            self._opened(chat)

    def open_later(self, chat: ChatId) -> Tail:
        """Go on with a chat of the library, and return its end; the rest is read when it is needed.

        Raises:
            StoreError: where there is none.
        """
        tail = self.library.tail(chat, TAIL_MESSAGES)
        with self._lock:
            self._leave_place()
            self._conversation, self._opening = None, chat
            self.seen_from, self.has_begun_here = tail.messages[0].id if tail.messages else None, False
        return tail

    def catch_up(self) -> int:
        """Take in what was said in this chat in other processes, as branches of their own; returns how many messages.

        Raises:
            StoreError: the chat cannot be read.
        """
        here = self.conversation
        if self.draft_chat is None:
            return 0
        stored, tip, added = self.store.load(here.id), here.tip, 0
        for message in stored.messages.values():
            if message.id not in here:
                here.append(message)
                added += 1
            elif here[message.id].meta.state == "streaming" != message.meta.state:
                here.finish(message)
        here.move_tip(tip)
        return added

    # Where in the tree the chat stands.

    def _place(self) -> Place:
        return Place(self.conversation.id, self.conversation.tip)

    def _leave_place(self) -> None:
        """Remember where the user was, if there is anything to come back to."""
        if self._opening is not None:
            self._trail.leave(Place(self._opening, None))
        elif self._conversation is not None and len(self._conversation):
            self._trail.leave(self._place())

    def go_to(self, tip: MessageId | None) -> None:
        """Stand at another message of the open chat. None: before its first."""
        if tip == self.conversation.tip:
            return
        self._leave_place()
        self._stand_at(tip)

    def _stand_at(self, tip: MessageId | None) -> None:
        self.store.set_tip(self.conversation.id, tip)
        self.conversation.move_tip(tip)

    def step(self, *, back: bool) -> bool:
        """Go back to where the user was before the last step, or forward again. False: there is nowhere to go.

        Raises:
            StoreError: the chat that it leads to is not there any more.
        """
        here = self._place()
        place = self._trail.back(here) if back else self._trail.forward(here)
        if place is None:
            return False
        if place.chat != here.chat:
            with self._lock:
                self._opening = None
                self._conversation = self.store.load(place.chat)
                self.seen_from, self.has_begun_here = None, False
                self._opened(self._conversation)
        if place.tip is not None and place.tip != self.conversation.tip:
            self._stand_at(place.tip)
        elif place.tip is None and place.chat == here.chat:
            self._stand_at(None)
        return True

    def rename(self, title: str) -> None:
        """Name the open chat. Empty: it goes by what a model or its first words say."""
        self.conversation.title = title
        if len(self.conversation):
            self.store.set_title(self.conversation.id, title)

    def rate(self, message: MessageId, rating: Rating | None) -> None:
        """Keep what the user thinks of a reply. None: nothing any more."""
        self.store.set_rating(self.conversation.id, message, rating)
        if rating is None:
            self.conversation.ratings.pop(message, None)
        else:
            self.conversation.ratings[message] = rating

    def tag(self, add: Sequence[str], remove: Sequence[str]) -> tuple[str, ...]:
        """Put tags on the open chat, which must have messages, and take some off; returns what it has now."""
        self.conversation.tags = self.library.tag(self.conversation.id, add, remove)
        return self.conversation.tags

    def adopt(self, chat: Conversation) -> None:
        """Put a chat that came from a file into the library as a new one, and go on with it."""
        from chatrepl.conversation import Conversation
        from chatrepl.messages import ChatId, MessageId

        taken = Conversation(ChatId(new_id(self.clock.now())), system=chat.system, title=chat.title)
        ids: dict[MessageId, MessageId] = {}
        for message in chat.messages.values():
            ids[message.id] = MessageId(new_id(self.clock.now()))
            parent = ids[message.parent_id] if message.parent_id is not None else None
            taken.append(replace(message, id=ids[message.id], parent_id=parent))
        taken.marks = {ids[message]: mark for message, mark in chat.marks.items()}
        taken.ratings = {ids[message]: rating for message, rating in chat.ratings.items()}
        taken.tags = chat.tags
        taken.summaries = [
            replace(summary, id=new_id(self.clock.now()), through=ids[summary.through])
            for summary in chat.summaries
        ]
        taken.move_tip(ids[chat.tip] if chat.tip is not None else None)
        self.store.import_chat(taken)
        self.open_chat(taken)

    def set_system(self, system: str | None) -> None:
        """Change the system prompt of the open chat, from its next request on. None: send none."""
        self.conversation.system = system
        if len(self.conversation):
            self.store.set_system(self.conversation.id, system)

    def take_back(self, message: Message) -> str:
        """Return the words of a message that is to be typed anew; what went with it goes with it again."""
        self.attached[:] = message.attachments
        return message.text

    def undo(self, turns: int = 1) -> int:
        """Step back before the last messages of the user; nothing is deleted. Returns how many steps were made."""
        asked = [message for message in reversed(self.conversation.path()) if message.role == "user"][:turns]
        if asked:
            self.go_to(asked[-1].parent_id)
        return len(asked)

    def mark(self, message: MessageId, mark: Mark | None) -> None:
        """Pin a message or leave it out, with its turn. None: neither."""
        self.store.set_mark(self.conversation.id, message, mark)
        if mark is None:
            self.conversation.marks.pop(message, None)
        else:
            self.conversation.marks[message] = mark

    def reply(self, number: int | None) -> Message | None:
        """Return reply ``number`` of the chat, from 1; negative numbers count from the end; None: the last one."""
        replies = self.conversation.replies()
        index = len(replies) - 1 if number is None else number - 1 if number > 0 else len(replies) + number
        return replies[index] if 0 <= index < len(replies) else None
