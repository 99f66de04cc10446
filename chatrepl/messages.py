"""What a chat is made of: roles, parts, messages and what is known of a reply. Frozen values, no I/O."""

from __future__ import annotations

import json
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


@dataclass(frozen=True, slots=True)
class FilePart:
    """The text of a file, a page or a directory that goes with a message, as it was when the message was sent."""

    name: str
    """As the user named it, with the lines if it is a part: ``notes.md:3-9``. One line."""
    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """An image that goes with a message, as it was when the message was sent."""

    name: str
    """As the user named it. One line."""
    media_type: str
    """``image/png``, ``image/jpeg``, ``image/webp`` or ``image/gif``."""
    width_pixels: int
    height_pixels: int
    data: str = field(repr=False)
    """The file, in base64."""


WordsPart = TextPart | ReasoningPart | RefusalPart | ItemPart
Attachment = FilePart | ImagePart
Part = WordsPart | Attachment


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
    def attachments(self) -> tuple[Attachment, ...]:
        """The files and images that go with it."""
        return tuple(part for part in self.parts if isinstance(part, (FilePart, ImagePart)))

    @property
    def sent_text(self) -> str:
        """All that a model reads of it as text: the files that go with it, each between tags, then ``text``."""
        if len(self.parts) < 2:
            return self.text if not self.parts or isinstance(self.parts[0], TextPart) else self._sent_text
        return self._sent_text

    @property
    def _sent_text(self) -> str:
        files = [in_tags(part) for part in self.parts if isinstance(part, FilePart)]
        return "\n\n".join(filter(None, (*files, self.text)))

    @property
    def images(self) -> tuple[ImagePart, ...]:
        """The images that go with it."""
        return tuple(part for part in self.parts if isinstance(part, ImagePart))

    @property
    def reasoning(self) -> str:
        """The reasoning, empty where there is none; what was thought at another time is another paragraph."""
        return "\n\n".join(part.text for part in self.parts if isinstance(part, ReasoningPart))

    @property
    def is_reply(self) -> bool:
        """Whether a model wrote it."""
        return self.role is Role.ASSISTANT


PART_KINDS: Mapping[str, type[WordsPart]] = {
    "text": TextPart,
    "reasoning": ReasoningPart,
    "refusal": RefusalPart,
    "item": ItemPart,
}
"""The kinds of parts that replies are made of, by the names under which they are kept."""
_KINDS = {part: kind for kind, part in PART_KINDS.items()}


def in_tags(file: FilePart) -> str:
    """Return a file as a model is given it: between tags that do not occur in it."""
    tag = "file"
    while f"</{tag}>" in file.text:
        tag += "_"
    name = file.name.replace("&", "&amp;").replace('"', "&quot;")
    end = "" if file.text.endswith("\n") else "\n"
    return f'<{tag} name="{name}">\n{file.text}{end}</{tag}>'


def parts_in_order(pieces: Iterable[tuple[str, str]]) -> tuple[WordsPart, ...]:
    """Build the parts of a reply from pieces, as kind and text, in the order in which they came."""
    return tuple(
        PART_KINDS[kind](text)
        for kind, group in groupby(pieces, key=itemgetter(0))
        if (text := "".join(text for _, text in group))
    )


def pieces_of(message: Message) -> Iterator[tuple[str, str]]:
    """Yield the parts of a message as kind and text; ``part_of`` gives each back."""
    return map(piece_of, message.parts)


def piece_of(part: Part) -> tuple[str, str]:
    """Return a part as its kind and a text."""
    match part:
        case FilePart(name, text):
            return "file", f"{_encoded(name)}\n{text}"
        case ImagePart(name, media_type, width, height, data):
            return "image", f"{_encoded([name, media_type, width, height])}\n{data}"
    return _KINDS[type(part)], part.text


def part_of(kind: str, text: str) -> Part:
    """Return the part of which ``piece_of`` made a kind and a text.

    Raises:
        KeyError: there is no such kind.
        ValueError: the text is not what ``piece_of`` made.
    """
    if kind in PART_KINDS:
        return PART_KINDS[kind](text)
    if kind not in {"file", "image"}:
        raise KeyError(kind)
    head, _, rest = text.partition("\n")
    if kind == "file":
        return FilePart(json.loads(head), rest)
    name, media_type, width, height = json.loads(head)
    return ImagePart(name, media_type, width, height, rest)


def _encoded(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def text_parts(text: str, *, reasoning: str = "", refusal: str = "") -> tuple[WordsPart, ...]:
    """Build the parts of a message, leaving out the empty ones; reasoning stands first."""
    parts: list[WordsPart] = []
    if reasoning:
        parts.append(ReasoningPart(reasoning))
    if text:
        parts.append(TextPart(text))
    if refusal:
        parts.append(RefusalPart(refusal))
    return tuple(parts)
