"""What requests cost, from counts and prices alone. Decimal throughout; an unknown price is None and never zero."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

from chatrepl.messages import Usage

_MILLION = Decimal(1_000_000)
_SMALLEST_SHOWN = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in US dollars for a million tokens."""

    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_input_usd_per_mtok: Decimal | None = None
    """For input read from the provider's cache. None: the same as other input."""


def cost(usage: Usage, price: Price | None, *, service_tier: str | None = None) -> Decimal | None:  # noqa: ARG001
    """Return what a request cost, in US dollars. None where neither the provider nor the price says it.

    What the provider reports beats what can be computed.
    """
    if usage.reported_cost_usd is not None:
        return usage.reported_cost_usd
    if price is None:
        return None
    cached_price = price.cached_input_usd_per_mtok
    cached = min(max(usage.cached_tokens, 0), usage.prompt_tokens)
    if cached_price is None:
        cached_price = price.input_usd_per_mtok
    return (
        (usage.prompt_tokens - cached) * price.input_usd_per_mtok
        + cached * cached_price
        + _output_tokens(usage) * price.output_usd_per_mtok
    ) / _MILLION


def worst_cost(
    prompt_tokens: int, reply_tokens: int, price: Price | None, *, service_tier: str | None = None
) -> Decimal | None:
    """Return the most that a request can cost, in US dollars. None: the price is not known."""
    usage = Usage(prompt_tokens, reply_tokens, prompt_tokens + reply_tokens)
    return cost(usage, price, service_tier=service_tier)


def _output_tokens(usage: Usage) -> int:
    """Return the tokens billed as output: some servers report reasoning beside the reply, in the total only."""
    if usage.reasoning_tokens:
        return max(usage.completion_tokens, usage.total_tokens - usage.prompt_tokens)
    return usage.completion_tokens


def format_usd(cost: Decimal | None, *, is_estimated: bool = False) -> str:
    """Return an amount for display: cents from ten cents up, two significant digits below, ``?`` where it is unknown."""
    if cost is None:
        return "?"
    if not cost:
        return "$0.00"
    size, sign = abs(cost), "-" if cost < 0 else ""
    if size < _SMALLEST_SHOWN:
        return f"{sign}<$0.0001"
    exponent = min(-2, size.adjusted() - 1)
    shown = f"{size.quantize(Decimal(1).scaleb(exponent), ROUND_HALF_EVEN):,f}"
    whole, _, fraction = shown.partition(".")
    return f"{'~' if is_estimated else ''}{sign}${whole}.{fraction.rstrip('0').ljust(2, '0')}"
