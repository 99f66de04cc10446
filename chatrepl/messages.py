"""What a chat is made of: roles, parts, messages and what is known of a reply. Frozen values, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import groupby
from operator import itemgetter
from typing import NewType

MessageId = NewType("MessageId", str)
"""Identifies a message in all chats: 32 hexadecimal digits, sortable by the time it was made."""

ChatId = NewType("ChatId", str)
"""Identifies a chat on this machine: 32 hexadecimal digits, sortable by the time it was made."""


class Role(StrEnum):
    """Who speaks. ``TOOL`` is read from files and kept, but chatrepl offers no tools yet."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class ReplyState(StrEnum):
    """How a reply stands. ``STREAMING`` is found only while it arrives, or after a crash."""

    STREAMING = "streaming"
    COMPLETE = "complete"
    INTERRUPTED = "interrupted"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TextPart:
    """Text as it was typed or received: Markdown, not sanitised."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningPart:
    """What the model thought before it answered. Shown, kept, and not sent back."""

    text: str


@dataclass(frozen=True, slots=True)
class RefusalPart:
    """The words with which the model refused to answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ItemPart:
    """What a server wants back with the reply as it came: JSON objects, one a line. Never shown, sent to nobody else."""

    text: str


Part = TextPart | ReasoningPart | RefusalPart | ItemPart


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one request, as reported by the server or estimated."""

    prompt_tokens: int
    """All tokens of the request, cached ones included."""
    completion_tokens: int
    """All tokens of the reply, reasoning included."""
    total_tokens: int
    """As reported; some servers count reasoning beside the completion, so it can exceed the sum."""
    cached_tokens: int = 0
    """Part of prompt_tokens that was read from the provider's cache."""
    cache_write_tokens: int = 0
    """Part of prompt_tokens that was written to the provider's cache."""
    reasoning_tokens: int = 0
    """Part of completion_tokens that was spent on reasoning."""
    reported_cost_usd: Decimal | None = None
    """What the provider says it charged. None where it does not say."""
    is_estimated: bool = False
    """True where the counts are ours because the server reported none."""


@dataclass(frozen=True, slots=True)
class Meta:
    """What is known of a message beside its words. All of it is None for what the user typed."""

    state: ReplyState | None = None
    """How the reply ended. None for messages that are not replies."""
    model: str | None = None
    """The model that wrote it, as the server named it."""
    provider: str | None = None
    """Host of the server that was asked, such as ``api.openai.com``."""
    finish_reason: str | None = None
    """The server's word for why the reply ended, such as ``stop`` or ``length``."""
    usage: Usage | None = None
    """Tokens of the request that brought this reply."""
    cost_usd: Decimal | None = None
    """What the request cost. None where the price is not known: never zero in its place."""
    first_token_s: float | None = None
    """Seconds from sending to the first visible or reasoning text."""
    duration_s: float | None = None
    """Seconds from sending to the end."""
    error: str | None = None
    """Why the reply failed or broke off, in one sentence."""


NO_META = Meta()


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a chat, and its place in the tree."""

    id: MessageId
    parent_id: MessageId | None
    """The message before it. None for the first."""
    role: Role
    parts: tuple[Part, ...]
    created_at: datetime
    """When it was made; always with a time zone, and that is UTC."""
    meta: Meta = field(default=NO_META)

    @property
    def text(self) -> str:
        """The words that count as the message: text and refusal, without reasoning."""
        return "".join(part.text for part in self.parts if isinstance(part, (TextPart, RefusalPart)))

    @property
    def reasoning(self) -> str:
        """The reasoning, empty where there is none; what was thought at another time is another paragraph."""
        return "\n\n".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def is_reply(self) -> bool:
        """Whether a model wrote it."""
        return self.role is Role.ASSISTANT


PART_KINDS: Mapping[str, type[Part]] = {
    "text": TextPart,
    "reasoning": ReasoningPart,
    "refusal": RefusalPart,
    "item": ItemPart,
}
"""The kinds of parts by the names under which they are kept."""


def parts_in_order(pieces: Iterable[tuple[str, str]]) -> tuple[Part, ...]:
    """Build the parts of a reply from pieces, as kind and text, in the order in which they came."""
    return tuple(
        PART_KINDS[kind](text)
        for kind, group in groupby(pieces, key=itemgetter(0))
        if (text := "".join(text for _, text in group))
    )


def pieces_of(message: Message) -> Iterator[tuple[str, str]]:
    """Yield the parts of a message as kind and text."""
    kinds = {part: kind for kind, part in PART_KINDS.items()}
    for part in message.parts:
        yield kinds[type(part)], part.text


def text_parts(text: str, *, reasoning: str = "", refusal: str = "") -> tuple[Part, ...]:
    """Build the parts of a message, leaving out the empty ones; reasoning stands first."""
    parts: list[Part] = []
    if reasoning:
        parts.append(ReasoningPart(reasoning))
    if text:
        parts.append(TextPart(text))
    if refusal:
        parts.append(RefusalPart(refusal))
    return tuple(parts)
