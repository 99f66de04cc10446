"""What a chat has used, and what its next request will cost. Values from values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from chatrepl.conversation import Conversation
from chatrepl.pricing import Price, worst_cost
from chatrepl.values import Json

if TYPE_CHECKING:
    from chatrepl.context.window import Plan

LOOKED_AT_MESSAGES = 20
"""How far back is looked to see how long replies are."""


class Totals(NamedTuple):
    """What a chat has used so far, all branches together."""

    requests: int
    prompt_tokens: int
    completion_tokens: int
    cost_usd: Decimal | None
    """None where the price of any request is not known."""
    is_estimated: bool
    """Whether any of the counts is ours."""


LATE_REPLIES = 5
TYPICAL_REPLY_TOKENS = 400
"""How long a reply is taken to be before there is any."""
LIKELY_REPLY_TOKENS = 4096
"""As long a reply is expected at most, where nothing bounds it."""


class NextCost(NamedTuple):
    """What the next request costs, in US dollars. None: the price is not known."""

    prompt_usd: Decimal | None
    """The request itself, if nothing of it is in the provider's cache."""
    likely_usd: Decimal | None
    """With a reply as long as the last ones."""
    most_usd: Decimal | None
    """With the longest reply that is expected."""


def next_cost(
    plan: Plan, chat: Conversation, parameters: Mapping[str, Json], price: Price | None
) -> NextCost:
    """Estimate what a request costs: itself, with a reply as they are in the chat, and at worst."""
    tier, longest = parameters.get("service_tier"), parameters.get("max_tokens")
    most = longest if isinstance(longest, int) else plan.reserve_tokens or LIKELY_REPLY_TOKENS
    name = tier if isinstance(tier, str) else None

    def price_of(reply_tokens: int) -> Decimal | None:
        return worst_cost(plan.prompt.tokens, reply_tokens, price, service_tier=name)

    return NextCost(price_of(0), price_of(min(most, _likely_reply_tokens(chat))), price_of(most))


def _likely_reply_tokens(chat: Conversation) -> int:
    """Return how long replies of a chat have been lately, in tokens."""
    late = (message.meta.usage for message in islice(chat.ancestors(chat.tip), LOOKED_AT_MESSAGES))
    found = [usage.completion_tokens for usage in late if usage is not None and usage.completion_tokens]
    found = found[:LATE_REPLIES]
    return sum(found) // len(found) if found else TYPICAL_REPLY_TOKENS


def totals(chat: Conversation, *, is_priced: bool) -> Totals:
    """Add up what a chat has used, all branches together.

    Args:
        chat: The chat.
        is_priced: Whether the price of the model in use is known: a chat without requests then costs nothing.
    """
    usages = [
        (message.meta.usage, message.meta.cost_usd)
        for message in list(chat.messages.values())
        if message.meta.usage is not None
    ]
    costs = [cost for _, cost in usages]
    is_known = all(cost is not None for cost in costs) and (bool(costs) or is_priced)
    return Totals(
        requests=len(usages),
        prompt_tokens=sum(usage.prompt_tokens for usage, _ in usages),
        completion_tokens=sum(usage.completion_tokens for usage, _ in usages),
        cost_usd=sum((cost for cost in costs if cost is not None), Decimal(0)) if is_known else None,
        is_estimated=any(usage.is_estimated for usage, _ in usages),
    )
