"""Money as the file holds it: whole trillionths of a dollar, so that sums are exact. Pure."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

TRILLIONTH = Decimal(1).scaleb(-12)
_LARGEST_USD = Decimal(1_000_000)
"""No request is taken to cost more: sums stay within what the file can hold."""


def to_trillionths(amount: Decimal | None, *, rounding: str = ROUND_HALF_EVEN) -> int | None:
    """Return an amount in trillionths of a dollar, as the file holds it; None stays None."""
    if amount is None:
        return None
    bounded = max(Decimal(0), min(amount, _LARGEST_USD))
    return int(bounded.quantize(TRILLIONTH, rounding).scaleb(12))


def from_trillionths(amount: int | None) -> Decimal | None:
    """Return an amount in dollars; None stays None."""
    return None if amount is None else Decimal(amount).scaleb(-12)
