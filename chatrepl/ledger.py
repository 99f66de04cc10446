"""What the ledger keeps of every request, and what is asked of it. Values only, no I/O."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple

from chatrepl.messages import Usage

Purpose = Literal["turn", "summary", "title"]
"""What a request was for: a reply in the chat, a summary of its older turns, or a title."""

Outcome = Literal["complete", "interrupted", "failed", "lost"]
"""How a request ended. ``lost``: its process ended without a word, and what it used is estimated."""

CostKind = Literal["reported", "computed", "estimated"]
"""How a cost is known: the provider said it; from reported tokens and the price; from estimated tokens and the price."""


@dataclass(frozen=True, slots=True)
class Opening:
    """A request that is about to be sent, with the most that it may take."""

    id: str
    provider: str
    """The provider's name, such as ``openai``; the server's host where it has none, ``local`` for the embedded model."""
    model: str
    chat: str
    """The chat it belongs to. Empty: none."""
    purpose: Purpose
    prompt_tokens: int
    reply_tokens: int
    """The longest reply that is expected."""
    cost_usd: Decimal | None
    """What it costs at worst. None: the price is not known."""
    prompt_cost_usd: Decimal | None = None
    """The part of it that the request itself costs, without any reply. None: the price is not known."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One request as the ledger keeps it."""

    id: str
    at: datetime
    """When it was sent, in UTC."""
    provider: str
    model: str
    chat: str
    purpose: Purpose
    usage: Usage
    cost_usd: Decimal | None
    """None: not known, which is not the same as zero. To the trillionth of a dollar."""
    cost_kind: CostKind | None
    """None: the cost is not known."""
    outcome: Outcome | None
    """None: it is under way in a process that lives; then what it has used so far is counted."""
    first_token_s: float | None = None
    """Seconds to the first piece of the reply. None: none came."""
    duration_s: float | None = None
    retries: int = 0

    @property
    def tokens(self) -> int:
        """All tokens of the request and its reply."""
        return max(self.usage.total_tokens, self.usage.prompt_tokens + self.usage.completion_tokens)


class Query(NamedTuple):
    """Which requests are added up. What is None does not matter."""

    since: datetime | None = None
    """Sent at this time or later. Nothing has an upper end: a clock that was set back hides nothing."""
    provider: str | None = None
    chat: str | None = None
    purpose: Purpose | None = None


class Spent(NamedTuple):
    """What the requests of a query have taken."""

    cost_usd: Decimal
    """Of all whose cost is known; for those under way the most that they may cost."""
    tokens: int
    """For those under way the most that they may take."""
    unknown_count: int = 0
    """Requests whose cost is not known."""
    under_way_usd: Decimal = Decimal(0)
    """The part of the cost that is set aside for requests under way, in any process."""
