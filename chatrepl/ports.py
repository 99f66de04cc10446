"""What a turn needs from the world, as Protocols: a client, a store, a clock. Adapters fit them; wiring joins them."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import date, datetime, tzinfo
    from decimal import Decimal
    from pathlib import Path

    from chatrepl.cancellation import Cancellation
    from chatrepl.conversation import Conversation, Mark, Rating, Summary, Verdict
    from chatrepl.exchange import ModelInfo, Moderation, RateLimits, Request, StreamEvent, WireRequest
    from chatrepl.ledger import Entry, Opening, Query, Spent
    from chatrepl.memory_ports import Agreements
    from chatrepl.mentions import Mention
    from chatrepl.messages import Attachment, ChatId, ImagePart, Message, MessageId, Role
    from chatrepl.pacing import Go, Pace, Place, Sent, Ticket
    from chatrepl.search import Query as SearchQuery


class Clock(Protocol):
    """Where time comes from."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        ...

    def monotonic(self) -> float:
        """Return seconds from some point in the past; never goes back."""
        ...


class Page(NamedTuple):
    """What a web server answered."""

    url: str
    """Where it was found in the end."""
    content_type: str
    data: bytes


class Found(NamedTuple):
    """What was found under a name, to go with a message."""

    parts: tuple[Attachment, ...]
    """Empty where only its name is known before it is sent: a page."""
    name: str
    asks: str = ""
    """What the user should know before so much is sent, such as ``docs has 43 files, 310 KB``. Empty: nothing."""


class Attacher(Protocol):
    """Reads what goes with a message. Any thread may use it."""

    def find(self, mention: Mention, *, fetches: bool = True) -> Found | None:
        """Read what a mention names. None: nothing of that name is there.

        Args:
            mention: What the user wrote.
            fetches: False: no web page is asked for, and one is found without parts.

        Raises:
            AttachmentError: it is there and cannot be sent.
            ApiError: a page cannot be reached.
        """
        ...

    def clipboard_image(self) -> ImagePart:
        """Read an image from the clipboard.

        Raises:
            AttachmentError: none is there, or nothing here can read it.
        """
        ...


class ModelClient(Protocol):
    """Talks to one server."""

    @property
    def provider(self) -> str:
        """The server's host, and its port where it is not the usual one: for display and for records."""
        ...

    def stream(self, request: Request, cancellation: Cancellation) -> Iterator[StreamEvent]:
        """Send a request and yield what comes back.

        The iterator ends after ``Finished`` and everything that followed it, or early, without ``Finished``, once
        ``cancellation`` is set; then the connection is closed, so that the server stops generating.

        Raises:
            ApiError: for every failure, also after text was yielded; what was yielded stays valid.
        """
        ...

    def models(self) -> Sequence[ModelInfo]:
        """List the models that the server offers, sorted by id.

        Raises:
            ApiError: when the server does not answer, or has no such list.
        """
        ...

    def window_tokens(self, model: str) -> int | None:
        """Ask the server for the model's window. None where it does not say. Never raises; takes at most 2 s."""
        ...

    def wire_request(self, request: Request) -> WireRequest:
        """Return what ``stream`` would send, without the key."""
        ...

    def rate_limits(self, model: str) -> RateLimits | None:
        """Return what the last answer to a request for a model said of limits, also a refusal. None: nothing."""
        ...

    def close(self) -> None:
        """Let go of all connections."""
        ...


class Moderator(Protocol):
    """Judges texts before they are sent."""

    def moderate(self, text: str, cancellation: Cancellation) -> Moderation | None:
        """Ask the provider's moderation about a text. None: it was cancelled.

        Raises:
            ApiError: the server does not answer, or has no moderation.
        """
        ...


class Reservations(Protocol):
    """Keeps what is asked of providers, for all running processes together. Never raises; any thread may use it."""

    def ask(self, ticket: Ticket) -> Go | Place:
        """Queue up, or keep one's place by asking again within a few seconds. After ``Go`` the request is counted."""
        ...

    def withdraw(self, ticket: Ticket) -> None:
        """Leave the queue."""
        ...

    def again(self, ticket: Ticket, wait_us: int) -> None:
        """Count a request once more, since it is sent again after a wait; its tokens move there."""
        ...

    def settle(self, ticket: Ticket, sent_at_us: int, requests: int, tokens: int) -> None:
        """Put what a request really took in the place of what was expected. 0 and 0: it was never sent."""
        ...

    def sent(self, pace: Pace) -> tuple[int, Sequence[Sent]]:
        """Return the time in microseconds, and what was sent within the longest window of a provider's limits."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other processes see it. False: the store is in memory only, and so is this."""
        ...


class UsageLedger(Protocol):
    """Keeps what every request took, for all running processes together. Never raises; any thread may use it."""

    def open(
        self, opening: Opening, queries: Sequence[Query], may: Callable[[Sequence[Spent]], bool]
    ) -> Sequence[Spent] | None:
        """Set aside what a request may take, if ``may`` says so of what the queries found. None: it did not.

        Looking and setting aside are one step that no other process comes between. ``may`` must be quick and pure; it
        may be called more than once. Returns what it was shown.
        """
        ...

    def progress(self, opening: Opening, completion_tokens: int, cost_usd: Decimal | None) -> None:
        """Note what a request that is under way has used so far, by estimate, in case this process is killed."""
        ...

    def close(self, entry: Entry) -> None:
        """Put what a request really took in the place of what was set aside. Its time stays that of ``open``."""
        ...

    def withdraw(self, opening: Opening) -> None:
        """Give back what was set aside for a request that never reached the server."""
        ...

    def spent(self, queries: Sequence[Query]) -> Sequence[Spent]:
        """Add up what was taken, all queries at one moment."""
        ...

    def entries(self, since: datetime | None = None) -> Iterator[Entry]:
        """Yield the requests in the order in which they were sent, in bounded memory."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other processes see it. False: the store is in memory only, and so is this."""
        ...


class ChatSummary(NamedTuple):
    """A chat as a list shows it."""

    id: ChatId
    title: str
    """Given by the user, else made by a model, else the first words; empty for a chat without messages."""
    created_at: datetime
    updated_at: datetime
    message_count: int
    model: str = ""
    """The model of its last reply. Empty: it has none, or it is not known."""
    total_tokens: int = 0
    """What all its replies took, requests included."""
    cost_usd: Decimal | None = None
    """What is known of its cost. None: nothing is."""
    tags: tuple[str, ...] = ()
    is_archived: bool = False
    deleted_at: datetime | None = None
    """When it was put into the bin. None: it is not there."""


class ChatFilter(NamedTuple):
    """Which chats are meant; everything that is said must hold."""

    words: tuple[str, ...] = ()
    """Each must occur in the title, letter case aside."""
    model: str | None = None
    """A part of the name of its last model."""
    tag: str | None = None
    rated: Verdict | None = None
    """One of its replies has this rating."""
    since: datetime | None = None
    """Changed at this time or later."""
    before: datetime | None = None
    is_archived: bool | None = False
    """None: those in the archive and those not."""
    is_deleted: bool = False
    """Whether those in the bin are meant, instead of the others."""


class Hit(NamedTuple):
    """A message that answers a search."""

    chat: ChatSummary
    message: MessageId
    role: Role
    model: str
    created_at: datetime
    text: str
    score: float


class Hits(NamedTuple):
    """What a search found, the best first."""

    hits: Sequence[Hit]
    total: int
    """How many there are, of which ``hits`` are the first."""
    is_capped: bool = False
    """Whether there are more, older ones that were not looked at."""
    is_inside_words: bool = False
    """Whether nothing begins with what was asked for, and these have it inside of words."""


class Tail(NamedTuple):
    """The end of a chat, for a first look at it."""

    title: str
    messages: Sequence[Message]
    has_more: bool


class WholeChat(NamedTuple):
    """A chat with all that is kept of it: on its way in or out."""

    conversation: Conversation
    created_at: datetime
    updated_at: datetime
    auto_title: str = ""
    """Made by a model. Empty: none was."""
    is_archived: bool = False


class PreparedChat(NamedTuple):
    """A chat that is about to be brought in."""

    whole: WholeChat
    rows: object
    """What the library makes of it: nobody else's business."""

    @property
    def id(self) -> ChatId:
        """The chat's id."""
        return self.whole.conversation.id


class Imported(NamedTuple):
    """What became of a chat that was brought in."""

    chat: ChatId
    added_count: int
    """New messages. 0: all of it was there."""
    is_new: bool


class Day(NamedTuple):
    """A day of the library."""

    day: date
    """Of this machine's time zone."""
    message_count: int


class ModelCount(NamedTuple):
    """How many replies a model wrote."""

    model: str
    reply_count: int


class LibraryStats(NamedTuple):
    """What there is in the library, the bin left out."""

    chat_count: int
    archived_count: int
    message_count: int
    text_bytes: int
    file_bytes: int
    days: Sequence[Day]
    """Those with messages, the oldest first."""
    models: Sequence[ModelCount]
    """The most used first."""
    longest: Sequence[ChatSummary]
    """Those with the most messages first."""


class Library(Protocol):
    """All chats of this machine together.

    Every method may be called from any thread and raises ``StoreError`` where the disk does not do its part, or where
    there is no such chat.
    """

    def list(self, which: ChatFilter, limit: int = 50, offset: int = 0) -> Sequence[ChatSummary]:
        """List chats that have messages, the last changed first."""
        ...

    def last_draft(self, since: datetime) -> ChatSummary | None:
        """Return the chat in which something was typed last and not sent, since a time. None: there is none."""
        ...

    def describe(self, chat: ChatId) -> ChatSummary:
        """Return a chat as a list shows it."""
        ...

    def search(
        self, query: SearchQuery, limit: int = 20, *, chat: ChatId | None = None, is_per_chat: bool = False
    ) -> Hits:
        """Find messages by their words, in all chats but those in the bin, or in one.

        Args:
            query: What is asked for.
            limit: How many are returned at most.
            chat: The only one that is searched. None: all.
            is_per_chat: Whether each chat is represented by its best message only.
        """
        ...

    def tail(self, chat: ChatId, count: int) -> Tail:
        """Read the end of a chat without reading the rest."""
        ...

    def read(self, chat: ChatId) -> WholeChat:
        """Read a chat to hand it out; nothing of it is kept in memory."""
        ...

    def tag(self, chat: ChatId, add: Sequence[str] = (), remove: Sequence[str] = ()) -> tuple[str, ...]:
        """Put tags on a chat and take some off; returns what it has now."""
        ...

    def tags(self) -> Sequence[tuple[str, int]]:
        """Return every tag and how many chats have it, the most used first."""
        ...

    def set_archived(self, chat: ChatId, *, is_archived: bool) -> None:
        """Keep a chat out of lists, or bring it back. It is searched all the same."""
        ...

    def delete(self, chat: ChatId) -> None:
        """Put a chat into the bin."""
        ...

    def restore(self, chat: ChatId) -> None:
        """Bring a chat back from the bin."""
        ...

    def tend(self, before: datetime, *, is_needed: bool = False) -> int:
        """Remove for good what was put into the bin before a time, and see to the index; returns how many chats went.

        Unless it ``is_needed``, it is left for another time where another process has the file.
        """
        ...

    def set_auto_title(self, chat: ChatId, title: str) -> None:
        """Keep the title that a model made; the user's own counts before it."""
        ...

    def prepare(self, chat: WholeChat) -> PreparedChat:
        """Work out what bringing a chat in takes. Any thread may do that, while others are brought in."""
        ...

    def import_chats(
        self,
        chats: Sequence[PreparedChat],
        *,
        is_dry: bool = False,
        on_stored: Callable[[], None] = lambda: None,
    ) -> Sequence[Imported]:
        """Bring chats in, all or none of them. What is there already stays as it is; what is new is added.

        Args:
            chats: With ids of their own.
            is_dry: Whether it is only found out what would become of them.
            on_stored: Called when only what other threads need not wait for is left to do.
        """
        ...

    def ids(self, which: ChatFilter) -> Sequence[ChatId]:
        """Return the ids of chats, the oldest first."""
        ...

    def stats(self, zone: tzinfo | None) -> LibraryStats:
        """Count what there is."""
        ...

    def backup(self, path: Path) -> None:
        """Copy the library, as it is at this moment, to a file; others go on using it."""
        ...

    def check(self) -> Sequence[str]:
        """Return what is wrong with the library. Empty: it is sound."""
        ...

    def vacuum(self) -> tuple[int, int]:
        """Make the file as small as it can be, with a new index; returns its bytes before and after."""
        ...


class ChatStore(Protocol):
    """Keeps chats. Every method may be called from any thread; each is durable when it returns.

    All of them raise ``StoreError`` when the disk does not do its part.
    """

    def create_chat(self, chat: ChatId, *, system: str | None, created_at: datetime) -> None:
        """Begin a chat without messages."""
        ...

    def append(self, chat: ChatId, message: Message) -> None:
        """Add a message and make it the chat's tip. Its parent must be stored already."""
        ...

    def import_chat(self, conversation: Conversation) -> ChatId:
        """Store a whole chat at once, and return its id: a new one where its own is taken."""
        ...

    def journal(self, message: MessageId, kind: str, text: str) -> None:
        """Add a piece of a reply that is still arriving. ``kind`` is ``text``, ``reasoning`` or ``refusal``."""
        ...

    def finish(self, chat: ChatId, message: Message) -> None:
        """Replace the journalled pieces of a reply by the reply itself."""
        ...

    def set_tip(self, chat: ChatId, tip: MessageId | None) -> None:
        """Remember which message a chat stands at. None: before its first."""
        ...

    def set_system(self, chat: ChatId, system: str | None) -> None:
        """Remember the chat's system prompt."""
        ...

    def set_title(self, chat: ChatId, title: str) -> None:
        """Name the chat. Empty: go back to its first words."""
        ...

    def set_mark(self, chat: ChatId, message: MessageId, mark: Mark | None) -> None:
        """Remember what the user decided about a message. None: nothing any more."""
        ...

    def set_rating(self, chat: ChatId, message: MessageId, rating: Rating | None) -> None:
        """Keep what the user thinks of a reply. None: nothing any more."""
        ...

    def add_summary(self, chat: ChatId, summary: Summary) -> None:
        """Keep a summary of a chat, in use from now on; in the place of one with the same id."""
        ...

    def remove_summary(self, chat: ChatId, summary: str) -> None:
        """Use a summary no more. It is not deleted."""
        ...

    def load(self, chat: ChatId) -> Conversation:
        """Read a chat. A reply that was cut off by a crash comes back as interrupted, with what was journalled.

        Raises:
            StoreError: also where there is no such chat.
        """
        ...

    def last_chat(self) -> ChatId | None:
        """Return the chat that was changed last, leaving out those without messages. None where there is none."""
        ...

    def find_chat(self, text: str) -> ChatId:
        """Return the chat with this id, or the only one whose id or title begins so.

        Raises:
            StoreError: where there is none or more than one; the nearest are named.
        """
        ...

    def list_chats(self, limit: int = 50, offset: int = 0) -> Sequence[ChatSummary]:
        """List chats that have messages, the last changed first."""
        ...

    def input_history(self, limit: int = 1000) -> Sequence[str]:
        """Return what was typed in all chats, newest first."""
        ...

    def add_input(self, text: str, at: datetime) -> None:
        """Remember a typed line, also one that was cleared without being sent."""
        ...

    def save_draft(self, text: str, chat: ChatId | None = None) -> None:
        """Remember what stands in the input line of a chat. None: where no chat has begun. Empty: forget it."""
        ...

    def load_draft(self, chat: ChatId | None = None) -> str:
        """Return what stood in the input line of a chat; empty where nothing did."""
        ...

    def warnings(self) -> Sequence[str]:
        """Return what the user must know about the store, such as that nothing is saved. Asking empties the list."""
        ...

    @property
    def is_saving(self) -> bool:
        """Whether what is given to it will be found again by the next process."""
        ...

    @property
    def reservations(self) -> Reservations:
        """What was asked of providers by all running processes."""
        ...

    @property
    def ledger(self) -> UsageLedger:
        """What every request took, of all processes."""
        ...

    @property
    def agreements(self) -> Agreements:
        """What the user agreed to send as it is."""
        ...

    @property
    def library(self) -> Library:
        """The chats as a whole."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...
