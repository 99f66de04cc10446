"""What is asked of a model and what streams back, the same for every dialect. Values only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, NamedTuple

from chatrepl.messages import Message, Usage
from chatrepl.values import Json as Json  # noqa: PLC0414 - part of what is said here too


@dataclass(frozen=True, slots=True)
class Request:
    """One request to a model, before a dialect gives it the shape of the wire."""

    model: str
    """The id as the server lists it. Empty: leave the choice to the server."""
    messages: tuple[Message, ...]
    """What is sent of the chat, oldest first, without the system prompt."""
    system: str | None = None
    """The system prompt. None: none is sent."""
    parameters: Mapping[str, Json] = field(default_factory=dict)
    """Only what the user set, by the names of ``settings.PARAMETERS``; a dialect may rename them."""
    stream: bool = True
    chat_id: str = ""
    """A name for the chat that says nothing of it, so that a provider can find what it keeps of it for a while."""
    reserve_tokens: int | None = None
    """Tokens that are kept free for the reply, for dialects that must name its length. None: not known."""
    continues: bool = False
    """True where the last message is an unfinished reply that the model is asked to go on with."""


@dataclass(frozen=True, slots=True)
class Started:
    """The server has accepted the request and begun to answer."""

    response_id: str | None
    model: str | None
    """The model that answers, as the server names it."""


@dataclass(frozen=True, slots=True)
class TextDelta:
    """The next piece of the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """The next piece of what the model thinks before it answers."""

    text: str


@dataclass(frozen=True, slots=True)
class RefusalDelta:
    """The next piece of a refusal."""

    text: str


@dataclass(frozen=True, slots=True)
class ReplyItem:
    """Something that belongs to the reply, is shown to nobody, and goes back to the same server with the chat."""

    text: str
    """A JSON object in one line."""


@dataclass(frozen=True, slots=True)
class UsageReported:
    """The tokens of this request, as the server counted them. The last one counts."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class Finished:
    """The reply ended in an orderly way."""

    reason: str
    """The server's word: ``stop``, ``length``, ``content_filter``, ``tool_calls`` …"""


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something other than the model holds the turn up: a keep-alive, a retry, a rate limit."""

    reason: str
    seconds: float | None = None
    """How long, where it is known."""


@dataclass(frozen=True, slots=True)
class Retrying:
    """The request did not get through, and is sent again after a wait."""

    reason: str
    """What went wrong, in one sentence."""
    seconds: float
    """How long it waits."""
    attempt: int
    """Which retry this is, from 1."""
    limit: int
    """How many there are at most."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user should know about this exchange, in one sentence."""

    text: str


StreamEvent = (
    Started
    | TextDelta
    | ReasoningDelta
    | RefusalDelta
    | ReplyItem
    | UsageReported
    | Finished
    | Waiting
    | Retrying
    | Notice
)
"""What a client yields for one request. Failures are raised as ``ApiError``."""


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """A model as a server lists it."""

    id: str
    window_tokens: int | None = None
    """What the model can read and write in one request. None where the server does not say."""
    max_output_tokens: int | None = None
    owned_by: str | None = None
    shutdown_date: str | None = None
    """``YYYY-MM-DD`` on which the provider switches it off. None where nothing is announced."""
    input_usd_per_mtok: Decimal | None = None
    """Price of a million input tokens in US dollars. None where the server does not say."""
    output_usd_per_mtok: Decimal | None = None
    abilities: tuple[str, ...] = ()
    """What it can do beside text, as far as the server says: ``vision``, ``tools``, ``reasoning`` …"""


class Allowance(NamedTuple):
    """What a server still lets one do of one thing, as it said with an answer."""

    limit: int | None = None
    """How much of it there is when nothing is used. None: the server did not say."""
    remaining: int | None = None
    """How much is left. None: the server did not say."""
    full_in_s: float | None = None
    """Seconds until nothing is used any more, which is later than when the next request may go. None: not said."""
    per: Literal["minute", "day"] | None = None
    """The time that ``limit`` is for. None: the server did not say."""


class RateLimits(NamedTuple):
    """What a server said of its limits in the head of an answer."""

    requests: Allowance | None
    """None: it said nothing of requests."""
    tokens: Allowance | None
    """None: it said nothing of tokens."""
    seen_s: float
    """When, by the monotonic clock of the client."""
    request_id: str | None = None
    """What the provider's support asks for. None: the server sent none."""


class Moderation(NamedTuple):
    """What a provider's moderation says of a text."""

    is_flagged: bool
    categories: tuple[str, ...] = ()
    """What for, as the provider names it."""


@dataclass(frozen=True, slots=True)
class WireRequest:
    """A request in the shape of the wire, for showing and for sending."""

    method: str
    url: str
    body: Mapping[str, Json]
    headers: Mapping[str, str] = field(default_factory=dict)
    """Without the one that carries the key."""


FINISH_EXPLANATIONS: Mapping[str, str] = {
    "length": "cut off at the token limit; /continue asks for the rest",
    "max_output_tokens": "cut off at the token limit; /continue asks for the rest",
    "model_length": "cut off at the end of the model's window",
    "content_filter": "stopped by the provider's content filter; what came is kept: /edit says it differently, /model asks"
    " another model",
    "tool_calls": "the model asked for a tool, and chatrepl offers none",
    "function_call": "the model asked for a tool, and chatrepl offers none",
    "insufficient_system_resource": "the server ran out of resources; /retry asks again",
}
"""What the user is told for a finish reason. Nothing for ``stop``; anything else is shown as it is."""


FILTER_REASONS = frozenset(
    {
        "content_filter",
        "refusal",
        "safety",
        "recitation",
        "prohibited_content",
        "blocklist",
        "spii",
        "guardrail_intervened",
    }
)
"""Words for a reply that was held back for what it is about, in small letters. Source: openai-openapi; Anthropic, "Handling
stop reasons"; Gemini API, ``FinishReason``; Amazon Bedrock, ``StopReason`` (2026)."""
REFUSED = "the model declined to answer; /edit says it differently, /model asks another model"


def is_filtered(reason: str | None) -> bool:
    """Whether a reply ended since it, or what it answers, was not to be said."""
    return (reason or "").partition(":")[0].strip().lower() in FILTER_REASONS


def explain_finish(reason: str | None) -> str | None:
    """Say why a reply ended. None where there is nothing to say."""
    if reason in {None, "stop", "completed", "end_turn"}:
        return None
    if (reason or "").lower() == "refusal":
        return REFUSED
    if is_filtered(reason):
        return FINISH_EXPLANATIONS["content_filter"]
    return FINISH_EXPLANATIONS.get(reason or "", f"ended with '{reason}'")
