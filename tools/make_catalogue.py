"""Writes ``chatrepl/catalogue/rows.py``: what models cost and how much they read, for the providers that are built in.

Prices and most windows come from the package genai-prices, which is needed only here; what the providers document
themselves (``DOCUMENTED`` in ``chatrepl/catalogue``) is added when a model is looked up. Run it after an update of that
package:

    python tools/make_catalogue.py

A price that changes with the hour of the day is written down as its dearest, so that no budget is passed by surprise.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time
from decimal import Decimal
from importlib.metadata import version
from pathlib import Path
from typing import Any

from genai_prices import types
from genai_prices.data import providers

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "chatrepl" / "catalogue" / "rows.py"

PROVIDERS: Mapping[str, str] = {
    "openai": "openai",
    "azure": "azure",
    "openrouter": "openrouter",
    "groq": "groq",
    "mistral": "mistral",
    "deepseek": "deepseek",
    "xai": "x-ai",
    "anthropic": "anthropic",
    "gemini": "google",
}
"""Our names of providers, and those of the package."""

KEYS = ("input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok")
TIERS = ("flex", "priority", "fast")
_NOT_CHAT = re.compile(
    r"tts|whisper|embed|transcribe|moderation|image|audio|realtime|ocr|-live|\.ft-|davinci-edit|rerank|voxtral|sora|veo"
)


def main() -> int:
    """Write the file; the argument ``--check DATE`` only compares it with what would be written as of that day."""
    if sys.argv[1:2] == ["--check"]:
        return int(TARGET.read_text() != text(date.fromisoformat(sys.argv[2])))
    TARGET.write_text(text(datetime.now(UTC).date()))
    return 0


def text(day: date) -> str:
    """Return the file as it is made on a day."""
    lines = [
        '"""What models cost and how much they read. Written by ``tools/make_catalogue.py``; do not edit it here.',
        "",
        "A line holds, between semicolons: ids; a pattern for further ids; the window in tokens; prices, from the present one on.",
        "A price is the day from which it holds, then dollars for a million tokens of input, output, input read from the",
        "cache and input written to it; after ``>N`` those for requests of more than N tokens, after ``@tier`` those of a",
        "service tier.",
        '"""',
        "",
        "from __future__ import annotations",
        "",
        f'SOURCE = "genai-prices {version("genai-prices")}"',
        f'AS_OF = "{day.isoformat()}"',
        "",
        "ROWS = {",
    ]
    for ours, theirs in PROVIDERS.items():
        lines += [f'    "{ours}": r"""', *rows(theirs, day), '""",']
    return "\n".join([*lines, "}", ""])


def rows(provider: str, day: date) -> Iterator[str]:
    """Yield a line for each model of a provider that can chat."""
    found = next(each for each in providers if each.id == provider)
    for model in found.models:
        if _NOT_CHAT.search(model.id.lower()):
            continue
        prices = list(dated_prices(model, day))
        if not prices:
            continue
        ids, pattern = matching(model.match)
        if not ids and not pattern:
            ids = [model.id.lower()]
        yield ";".join([" ".join(ids), pattern, str(model.context_window or ""), *prices])


def dated_prices(model: types.ModelInfo, day: date) -> Iterator[str]:
    """Yield the price of a day and those that follow it."""
    conditional = (
        model.prices if isinstance(model.prices, list) else [types.ConditionalPrice(prices=model.prices)]
    )
    days = {
        each.constraint.start_date
        for each in conditional
        if isinstance(each.constraint, types.StartDateConstraint) and each.constraint.start_date > day
    }
    begun = [
        each.constraint.start_date
        for each in conditional
        if isinstance(each.constraint, types.StartDateConstraint) and each.constraint.start_date <= day
    ]
    for first in (day, *sorted(days)):
        shown = price_on(model, first)
        if shown:
            since = (
                max(begun).isoformat()
                if first == day and begun
                else ""
                if first == day
                else first.isoformat()
            )
            yield f"{since} {shown}"


def price_on(model: types.ModelInfo, day: date) -> str:
    """Return the price of a day, by tiers; empty where it is not one for tokens."""
    standard = dearest(model, day, None)
    if standard.get("input_mtok") is None or standard.get("output_mtok") is None:
        return ""
    parts = [numbers(standard)]
    for tier in TIERS:
        other = dearest(model, day, {"service_tier": tier})
        if numbers(other) != numbers(standard):
            parts.append(f"@{tier} {numbers(other)}")
    return " ".join(parts)


def dearest(model: types.ModelInfo, day: date, context: Any) -> dict[str, Any]:
    """Return the prices of a day at the hour when the model costs most."""
    hours = [datetime.combine(day, time(hour, 45), UTC) for hour in range(24)]
    found = [vars(model.get_prices(hour, context)) for hour in hours]
    return max(found, key=lambda prices: base(prices.get("input_mtok")) or Decimal(0))


def base(price: Any) -> Decimal | None:
    """Return a price without its tiers."""
    return price.base if isinstance(price, types.TieredPrices) else price


def numbers(prices: Mapping[str, Any]) -> str:
    """Return the prices for tokens, those for long requests after them."""
    parts = [joined(base(prices.get(key)) for key in KEYS)]
    starts = sorted(
        {
            tier.start
            for key in KEYS
            if isinstance(prices.get(key), types.TieredPrices)
            for tier in prices[key].tiers
        }
    )
    parts += [f">{start} {joined(above(prices.get(key), start) for key in KEYS)}" for start in starts]
    return " ".join(parts)


def above(price: Any, start: int) -> Decimal | None:
    """Return a price for requests longer than ``start`` tokens."""
    if not isinstance(price, types.TieredPrices):
        return base(price)
    return next((tier.price for tier in reversed(price.tiers) if tier.start <= start), price.base)


def joined(amounts: Iterator[Decimal | None]) -> str:
    """Return amounts with commas between them, without those that are not known at the end."""
    shown = ["" if amount is None else f"{amount.normalize():f}" for amount in amounts]
    return ",".join(shown).rstrip(",")


def matching(match: Any) -> tuple[list[str], str]:
    """Return which ids a rule means, and a regular expression for the others."""
    parts = match.or_ if isinstance(match, types.ClauseOr) else [match]
    ids = [part.equals.lower() for part in parts if isinstance(part, types.ClauseEquals)]
    ids = [each for each in ids if " " not in each and ";" not in each]
    others = [pattern(part) for part in parts if not isinstance(part, types.ClauseEquals)]
    return ids, "|".join(others).replace(";", ".")


def pattern(match: Any) -> str:
    """Return a rule as a regular expression; several that must all hold stand behind each other as looks ahead."""
    match match:
        case types.ClauseStartsWith(starts_with):
            return f"^{re.escape(starts_with.lower())}"
        case types.ClauseEndsWith(ends_with):
            return f"{re.escape(ends_with.lower())}$"
        case types.ClauseContains(contains):
            return re.escape(contains.lower())
        case types.ClauseRegex(regex):
            return str(regex)
        case types.ClauseEquals(equals):
            return f"^{re.escape(equals.lower())}$"
        case types.ClauseAnd(and_):
            return "^" + "".join(_ahead(pattern(part)) for part in and_)
        case types.ClauseOr(or_):
            return "(?:" + "|".join(pattern(part) for part in or_) + ")"
    raise ValueError(f"a rule of an unknown kind: {match}")


def _ahead(expression: str) -> str:
    """Return an expression as one that looks ahead from the beginning."""
    return f"(?={expression[1:]})" if expression.startswith("^") else f"(?=.*{expression})"


if __name__ == "__main__":
    sys.exit(main())
