"""What is known of models before a server is asked: windows, longest replies, encodings, prices. Pure.

Prices, and the windows of most providers, are in ``rows``, which a script writes; it is loaded when a price is first
asked for. A price belongs to a model at a provider: the same model costs something else elsewhere, and at a server that
is not known nothing is known of prices.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import NamedTuple

from chatrepl.entries import ModelSettings
from chatrepl.pricing import Price


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """What is known of one model. Every field but ``id`` is None where it is not known."""

    id: str
    window_tokens: int | None = None
    """What the model can read and write in one request."""
    max_output_tokens: int | None = None
    """The longest reply it can write."""
    encoding: str | None = None
    """How its tokens are counted, where the configuration says so. None: to be found from the name."""
    price: Price | None = None
    source: str | None = None
    """Where the price is from, as ``genai-prices 0.2.3`` or ``the configuration``."""
    as_of: date | None = None
    """The day of which the price is. None: not known, or the price is the user's own."""


# Window and longest reply in tokens. Source: OpenAI model pages, as of 2025.
_DOCUMENTED: Mapping[str, tuple[int, int]] = {
    "gpt-3.5-turbo": (16_385, 4_096),
    "gpt-3.5-turbo-16k": (16_385, 4_096),
    "gpt-4": (8_192, 8_192),
    "gpt-4-0125-preview": (128_000, 4_096),
    "gpt-4-0613": (8_192, 8_192),
    "gpt-4-1106-preview": (128_000, 4_096),
    "gpt-4-turbo": (128_000, 4_096),
    "gpt-4-turbo-preview": (128_000, 4_096),
    "gpt-4o": (128_000, 16_384),
    "gpt-4o-2024-05-13": (128_000, 4_096),
    "gpt-4o-mini": (128_000, 16_384),
    "chatgpt-4o-latest": (128_000, 16_384),
    "gpt-4.1": (1_047_576, 32_768),
    "gpt-4.1-mini": (1_047_576, 32_768),
    "gpt-4.1-nano": (1_047_576, 32_768),
    "gpt-4.5-preview": (128_000, 16_384),
    "gpt-5": (400_000, 128_000),
    "gpt-5-mini": (400_000, 128_000),
    "gpt-5-nano": (400_000, 128_000),
    "gpt-5-chat-latest": (128_000, 16_384),
    "o1": (200_000, 100_000),
    "o1-mini": (128_000, 65_536),
    "o1-preview": (128_000, 32_768),
    "o1-pro": (200_000, 100_000),
    "o3": (200_000, 100_000),
    "o3-mini": (200_000, 100_000),
    "o3-pro": (200_000, 100_000),
    "o4-mini": (200_000, 100_000),
}

_DATE = re.compile(r"-(?:\d{4}-\d{2}-\d{2}|\d{4})\Z")
_NO_SETTINGS = ModelSettings()
_TUNED = "ft:"
"""What ids of fine-tuned models begin with."""


class Row(NamedTuple):
    """What the catalogue knows of a model at a provider."""

    window_tokens: int | None
    prices: tuple[tuple[date | None, Price], ...]
    """From which day each price holds, the present one first. None: not known."""


def facts_for(
    model: str, overrides: Mapping[str, ModelSettings], provider: str = "", today: date | None = None
) -> ModelFacts:
    """Return what is known of a model; what the configuration says beats the catalogue, field by field.

    A dated id such as ``gpt-4o-2024-11-20`` takes the facts of the undated one, where it has none of its own, and so do
    ``openai/gpt-4o`` and the fine-tuned ``ft:gpt-4o:…``, which has a price of its own that is not known here.

    Args:
        model: The model's id.
        overrides: What the configuration says of models.
        provider: The provider's name in ``providers.BUILT_IN``. Empty: a server of which no prices are known.
        today: The day whose prices are wanted. None: that of the catalogue.
    """
    names = _names(model)
    documented = next((_DOCUMENTED[name] for name in names if name in _DOCUMENTED), (None, None))
    ours = next((overrides[name] for name in names if name in overrides), _NO_SETTINGS)
    row = _row_for(provider, model.lower()) if provider else None
    listed = _price_on(row, today) if row is not None else None
    price = _price(ours, listed[1] if listed else None)
    is_ours = listed is None or ours.input_usd_per_mtok is not None or ours.output_usd_per_mtok is not None
    return ModelFacts(
        id=model,
        window_tokens=ours.window_tokens or documented[0] or (row.window_tokens if row is not None else None),
        max_output_tokens=ours.max_output_tokens or documented[1],
        encoding=ours.encoding,
        price=price,
        source=None if price is None else "the configuration" if is_ours else source(),
        as_of=None if price is None or is_ours or listed is None else listed[0] or catalogue_day(),
    )


def source() -> str:
    """Return where the prices of the catalogue are from."""
    from chatrepl.catalogue.rows import SOURCE

    return SOURCE


def catalogue_day() -> date:
    """Return the day as of which the catalogue was made."""
    from chatrepl.catalogue.rows import AS_OF

    return date.fromisoformat(AS_OF)


def _row_for(provider: str, model: str) -> Row | None:
    """Return the row of a model, or of the undated one; a fine-tuned model has none, since it costs something else."""
    if model.startswith(_TUNED):
        return None
    names = dict.fromkeys((model, _DATE.sub("", model)))
    return next((row for name in names if (row := row_of(provider, name)) is not None), None)


@lru_cache(maxsize=256)
def row_of(provider: str, model: str) -> Row | None:
    """Return what the catalogue has of a model at a provider. None: nothing."""
    from chatrepl.catalogue.rows import ROWS

    text = ROWS.get(provider, "")
    found = re.search(rf"^(?:[^;\n]* )?{re.escape(model)}(?: [^;\n]*)?;.*$", text, re.MULTILINE)
    if found is not None:
        return _row(found.group())
    for line in text.splitlines():
        pattern = line.partition(";")[2].partition(";")[0]
        if pattern and re.search(pattern, model):
            return _row(line)
    return None


def _row(line: str) -> Row:
    _, _, window, *prices = line.split(";")
    dated = [text.partition(" ") for text in prices]
    return Row(
        int(window) if window else None,
        tuple((date.fromisoformat(day) if day else None, _read_price(text)) for day, _, text in dated),
    )


def _read_price(text: str) -> Price:
    """Read what ``tools/make_catalogue.py`` has written: a price, those of long requests, those of service tiers."""
    standard, *tiers = text.split(" @")
    found: dict[str, Price] = {}
    for tier in tiers:
        name, _, numbers = tier.partition(" ")
        found[name] = _read_long(numbers)
    price = _read_long(standard)
    return Price(*_amounts(price), long=price.long, tiers=found)


def _read_long(text: str) -> Price:
    base, *long = text.split(" >")
    starts = [part.partition(" ") for part in long]
    return Price(
        *_numbers(base), long=tuple((int(start), Price(*_numbers(numbers))) for start, _, numbers in starts)
    )


def _numbers(text: str) -> tuple[Decimal, Decimal, Decimal | None, Decimal | None]:
    amounts = [Decimal(each) if each else None for each in text.split(",")]
    amounts += [None] * (4 - len(amounts))
    inputs, outputs, cached, written = amounts
    return inputs or Decimal(0), outputs or Decimal(0), cached, written


def _amounts(price: Price) -> tuple[Decimal, Decimal, Decimal | None, Decimal | None]:
    return (
        price.input_usd_per_mtok,
        price.output_usd_per_mtok,
        price.cached_input_usd_per_mtok,
        price.cache_write_usd_per_mtok,
    )


def _price_on(row: Row, today: date | None) -> tuple[date | None, Price] | None:
    """Return the price of a day, and since when it holds. None: the row has none."""
    held = [each for each in row.prices if each[0] is None or today is None or each[0] <= today]
    if today is None:
        held = held[:1]
    return held[-1] if held else row.prices[0] if row.prices else None


def _names(model: str) -> tuple[str, ...]:
    """Return the names under which facts may stand, the most specific first."""
    bare = model.removeprefix("openai/")
    if bare.startswith(_TUNED):
        bare = bare.split(":")[1]
    return tuple(dict.fromkeys((model, bare, _DATE.sub("", bare))))


def _price(settings: ModelSettings, listed: Price | None) -> Price | None:
    """Return the price: as configured, what is missing there as the catalogue has it.

    None where one half of it is missing in both: half a price would be a wrong one. A configured price is that of all
    requests, however long, and of the standard tier.
    """
    if settings.input_usd_per_mtok is None and settings.output_usd_per_mtok is None:
        if listed is None:
            return None
        if settings.cached_input_usd_per_mtok is None and settings.cache_write_usd_per_mtok is None:
            return listed
    inputs, outputs, cached, written = _amounts(listed) if listed is not None else (None, None, None, None)
    own = (
        _or(settings.input_usd_per_mtok, inputs),
        _or(settings.output_usd_per_mtok, outputs),
        _or(settings.cached_input_usd_per_mtok, cached),
        _or(settings.cache_write_usd_per_mtok, written),
    )
    if own[0] is None or own[1] is None:
        return None
    return Price(own[0], own[1], own[2], own[3])


def _or(amount: Decimal | None, otherwise: Decimal | None) -> Decimal | None:
    return otherwise if amount is None else amount
