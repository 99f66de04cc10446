"""What this process knows of the chats it has to do with, so that a disk that fails takes nothing away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from chatrepl.conversation import Conversation, Mark, Rating, Summary, first_words
from chatrepl.errors import StoreError
from chatrepl.messages import ChatId, Message, MessageId, ReplyState
from chatrepl.ports import ChatSummary, Clock
from chatrepl.store.records import check_kind, with_pieces


@dataclass(slots=True)
class KnownChat:
    """One chat as this process knows it."""

    id: ChatId
    system: str | None
    title: str
    tip: MessageId | None
    messages: dict[MessageId, Message]
    created_at: datetime
    updated_at: datetime
    is_changed: bool = False
    """Whether it was changed since everything was last saved."""
    pieces: dict[MessageId, list[tuple[str, str]]] = field(default_factory=dict)
    """Of each reply that is still arriving: kind and text of what came so far."""

    marks: dict[MessageId, Mark] = field(default_factory=dict)
    summaries: list[Summary] = field(default_factory=list)
    ratings: dict[MessageId, Rating] = field(default_factory=dict)
    tags: tuple[str, ...] = ()

    def fold_pieces(self) -> None:
        """Make what came so far of replies a part of their messages."""
        for message, pieces in self.pieces.items():
            self.messages[message] = with_pieces(self.messages[message], pieces)
            pieces.clear()

    def conversation(self) -> Conversation:
        """Return it as a value of its own, with replies as far as they have arrived."""
        self.fold_pieces()
        messages = self.messages.values()
        made = Conversation(self.id, system=self.system, title=self.title, messages=messages, tip=self.tip)
        made.marks, made.summaries = dict(self.marks), list(self.summaries)
        made.ratings, made.tags = dict(self.ratings), self.tags
        return made

    def summary(self) -> ChatSummary:
        """Return it as a list shows it."""
        words = (first_words(message.text) for message in self.messages.values())
        title = self.title or next((line for line in words if line), "")
        return ChatSummary(self.id, title, self.created_at, self.updated_at, len(self.messages))


class MemoryStore:
    """Chats in memory only. Copying a chat in costs next to nothing: messages are shared, being frozen."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.chats: dict[ChatId, KnownChat] = {}
        self.inputs: dict[str, datetime] = {}
        """What was typed, and when it was last; the oldest first."""
        self.drafts: dict[ChatId | None, str] = {}
        """What stands in the input line of each chat, as far as this process has said."""

    def __contains__(self, chat: ChatId) -> bool:
        return chat in self.chats

    def adopt(self, conversation: Conversation, *, created_at: datetime | None = None) -> None:
        """Know a chat as it was read, instead of how it was known before."""
        before, messages = self.chats.get(conversation.id), dict(conversation.messages)
        now = self._clock.now()
        self.chats[conversation.id] = KnownChat(
            conversation.id,
            conversation.system,
            conversation.title,
            conversation.tip,
            messages,
            created_at or next((message.created_at for message in messages.values()), now),
            now,
            # What came of them so far is in the messages now.
            pieces={message: [] for message in (before.pieces if before else ()) if message in messages},
            marks=dict(conversation.marks),
            summaries=list(conversation.summaries),
            ratings=dict(conversation.ratings),
            tags=conversation.tags,
        )

    def everything_was_saved(self) -> None:
        """Take what is known so far as stored in the file as well."""
        for known in self.chats.values():
            known.is_changed = False

    def create_chat(self, chat: ChatId, *, system: str | None, created_at: datetime) -> None:
        """Begin a chat without messages."""
        if chat in self.chats:
            raise StoreError(f"Chat {chat} is stored already.")
        now = self._clock.now()
        self.chats[chat] = KnownChat(chat, system, "", None, {}, created_at, now, is_changed=True)

    def can_append(self, chat: ChatId, message: Message) -> bool:
        """Whether the chat and the parent of a message are known."""
        known = self.chats.get(chat)
        return known is not None and (message.parent_id is None or message.parent_id in known.messages)

    def append(self, chat: ChatId, message: Message) -> None:
        """Add a message and make it the chat's tip."""
        known = self._changing(chat)
        if message.id in known.messages:
            raise StoreError(f"Message {message.id} is in chat {chat} already.")
        if not self.can_append(chat, message):
            raise StoreError(
                f"Message {message.id} follows {message.parent_id}, which is not in chat {chat}."
            )
        known.messages[message.id] = message
        known.tip = message.id
        if message.meta.state is ReplyState.STREAMING:
            known.pieces[message.id] = []

    def journal(self, message: MessageId, kind: str, text: str) -> None:
        """Add a piece of a reply that is still arriving."""
        check_kind(kind)
        for known in self.chats.values():
            if message in known.pieces:
                known.pieces[message].append((kind, text))
                return
        raise StoreError(f"Message {message} is not a reply that is still arriving.")

    def finish(self, chat: ChatId, message: Message) -> None:
        """Replace the pieces of a reply by the reply itself."""
        known = self._changing(chat)
        if message.id not in known.messages:
            raise StoreError(f"Message {message.id} is not in chat {chat}.")
        known.messages[message.id] = message
        known.pieces.pop(message.id, None)

    def set_tip(self, chat: ChatId, tip: MessageId | None) -> None:
        """Remember which message a chat stands at. None: before its first."""
        known = self._changing(chat)
        if tip is not None and tip not in known.messages:
            raise StoreError(f"Message {tip} is not in chat {chat}.")
        known.tip = tip

    def set_system(self, chat: ChatId, system: str | None) -> None:
        """Remember the chat's system prompt."""
        self._changing(chat).system = system

    def set_title(self, chat: ChatId, title: str) -> None:
        """Name the chat."""
        self._changing(chat).title = title

    def set_mark(self, chat: ChatId, message: MessageId, mark: Mark | None) -> None:
        """Remember what the user decided about a message."""
        known = self._changing(chat)
        if mark is None:
            known.marks.pop(message, None)
        else:
            known.marks[message] = mark

    def set_rating(self, chat: ChatId, message: MessageId, rating: Rating | None) -> None:
        """Keep what the user thinks of a reply."""
        known = self._changing(chat)
        if rating is None:
            known.ratings.pop(message, None)
        else:
            known.ratings[message] = rating

    def add_summary(self, chat: ChatId, summary: Summary) -> None:
        """Keep a summary, in the place of the one with its id."""
        known = self._changing(chat)
        ids = [kept.id for kept in known.summaries]
        if summary.id in ids:
            known.summaries[ids.index(summary.id)] = summary
        else:
            known.summaries.append(summary)

    def remove_summary(self, chat: ChatId, summary: str) -> None:
        """Use a summary no more."""
        known = self._changing(chat)
        known.summaries = [kept for kept in known.summaries if kept.id != summary]

    def load(self, chat: ChatId) -> Conversation:
        """Return a chat as it is known."""
        if chat not in self.chats:
            raise StoreError(f"There is no chat {chat}.")
        return self.chats[chat].conversation()

    def summaries(self) -> Sequence[ChatSummary]:
        """List the chats that have messages, the last changed first."""
        found = [known.summary() for known in self.chats.values() if known.messages]
        return sorted(found, key=lambda chat: (chat.updated_at, chat.id), reverse=True)

    def add_input(self, text: str, at: datetime) -> None:
        """Remember a typed line."""
        if text.strip():
            self.inputs.pop(text, None)
            self.inputs[text] = at

    def _changing(self, chat: ChatId) -> KnownChat:
        known = self.chats.get(chat)
        if known is None:
            raise StoreError(f"There is no chat {chat}.")
        known.is_changed, known.updated_at = True, self._clock.now()
        return known
