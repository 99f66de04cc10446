"""What requests cost, from counts and prices alone. Decimal throughout; an unknown price is None and never zero."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal

from chatrepl.messages import Usage

_MILLION = Decimal(1_000_000)
_SMALLEST_SHOWN = Decimal("0.0001")
STANDARD_TIERS = frozenset({None, "auto", "default", "standard"})
"""Service tiers that cost what the model costs."""


@dataclass(frozen=True, slots=True)
class Price:
    """What a model costs, in US dollars for a million tokens."""

    input_usd_per_mtok: Decimal
    output_usd_per_mtok: Decimal
    cached_input_usd_per_mtok: Decimal | None = None
    """For input read from the provider's cache. None: the same as other input."""
    cache_write_usd_per_mtok: Decimal | None = None
    """For input written to the provider's cache. None: the same as other input."""
    long: tuple[tuple[int, Price], ...] = ()
    """Prices of long requests: with more tokens than the number, all of a request and its reply costs this much."""
    tiers: Mapping[str, Price] = field(default_factory=dict)
    """Prices of service tiers, by their names. Of a tier that is not here the price is not known."""

    def of(self, prompt_tokens: int, service_tier: str | None) -> Price | None:
        """Return the price of a request of some length in a service tier. None: it is not known."""
        price = self if service_tier in STANDARD_TIERS else self.tiers.get(service_tier or "")
        if price is None:
            return None
        above = [long for start, long in price.long if prompt_tokens > start]
        return above[-1] if above else price


def cost(usage: Usage, price: Price | None, *, service_tier: str | None = None) -> Decimal | None:
    """Return what a request cost, in US dollars. None where neither the provider nor the price says it.

    What the provider reports beats what can be computed. Tokens read from a cache or written to one are a part of the
    prompt and billed once; counts that make no sense never make a cost negative.
    """
    if usage.reported_cost_usd is not None:
        return usage.reported_cost_usd
    prompt = max(usage.prompt_tokens, 0)
    price = price.of(prompt, service_tier) if price is not None else None
    if price is None:
        return None
    cached = min(max(usage.cached_tokens, 0), prompt)
    written = min(max(usage.cache_write_tokens, 0), prompt - cached)
    return (
        (prompt - cached - written) * price.input_usd_per_mtok
        + cached * _or(price.cached_input_usd_per_mtok, price.input_usd_per_mtok)
        + written * _or(price.cache_write_usd_per_mtok, price.input_usd_per_mtok)
        + max(_output_tokens(usage), 0) * price.output_usd_per_mtok
    ) / _MILLION


def worst_cost(
    prompt_tokens: int, reply_tokens: int, price: Price | None, *, service_tier: str | None = None
) -> Decimal | None:
    """Return the most that a request can cost, in US dollars. None: the price is not known.

    Nothing is taken to be in the provider's cache, and all of it to be written to one where that costs more.
    """
    price = price.of(prompt_tokens, service_tier) if price is not None else None
    if price is None:
        return None
    dearest = max(
        price.input_usd_per_mtok,
        _or(price.cache_write_usd_per_mtok, price.input_usd_per_mtok),
        _or(price.cached_input_usd_per_mtok, price.input_usd_per_mtok),
    )
    return (prompt_tokens * dearest + reply_tokens * price.output_usd_per_mtok) / _MILLION


def _or(amount: Decimal | None, otherwise: Decimal) -> Decimal:
    return otherwise if amount is None else amount


def _output_tokens(usage: Usage) -> int:
    """Return the tokens billed as output: some servers report reasoning beside the reply, in the total only."""
    if usage.reasoning_tokens:
        return max(usage.completion_tokens, usage.total_tokens - usage.prompt_tokens)
    return usage.completion_tokens


def format_usd(cost: Decimal | None, *, is_estimated: bool = False) -> str:
    """Return an amount for display: cents from ten cents up, two significant digits below, ``?`` where it is unknown.

    Always US dollars with a point and commas, whatever the locale says.
    """
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
