"""Models as rows of a table, for ``/model`` and ``chatrepl models``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from chatrepl.catalogue import ModelFacts, facts_for
from chatrepl.entries import ModelSettings
from chatrepl.exchange import ModelInfo
from chatrepl.model_list import Listed, shutdown_day
from chatrepl.pricing import Price

_HEADER = ("model", "window", "reply", "$ in", "$ out", "can", "")


class Facts(NamedTuple):
    """What is known of a model: what the configuration says, else the server, else the built-in table."""

    window_tokens: int | None
    max_output_tokens: int | None
    input_usd_per_mtok: Decimal | None
    output_usd_per_mtok: Decimal | None


def with_listed_price(facts: ModelFacts, listed: Listed | None) -> ModelFacts:
    """Return facts with the price that the server's own list says, where it says one."""
    found = (
        next((each for each in listed.models if each.id == facts.id), None) if listed is not None else None
    )
    if found is None or found.input_usd_per_mtok is None or found.output_usd_per_mtok is None:
        return facts
    price = Price(found.input_usd_per_mtok, found.output_usd_per_mtok)
    return replace(facts, price=price, source="the server's list of models")


def known_facts(model: ModelInfo, overrides: Mapping[str, ModelSettings], provider: str = "") -> Facts:
    """Put together what is known of a model."""
    ours = facts_for(model.id, overrides, provider)
    mine = overrides.get(model.id)
    return Facts(
        (mine.window_tokens if mine else None) or model.window_tokens or ours.window_tokens,
        (mine.max_output_tokens if mine else None) or model.max_output_tokens or ours.max_output_tokens,
        ours.price.input_usd_per_mtok if ours.price else model.input_usd_per_mtok,
        ours.price.output_usd_per_mtok if ours.price else model.output_usd_per_mtok,
    )


def columns(
    models: Sequence[ModelInfo],
    current: str,
    overrides: Mapping[str, ModelSettings],
    today: date,
    provider: str = "",
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return a header and a row for each model, without columns of which nothing is known; the model in use is marked."""
    rows = [_row(model, current, known_facts(model, overrides, provider), today) for model in models]
    kept = [number for number in range(len(_HEADER)) if number == 0 or any(row[number] for row in rows)]
    return tuple(_HEADER[number] for number in kept), tuple(
        tuple(row[number] for number in kept) for row in rows
    )


def _row(model: ModelInfo, current: str, facts: Facts, today: date) -> tuple[str, ...]:
    return (
        ("* " if model.id == current else "  ") + model.id,
        _count(facts.window_tokens),
        _count(facts.max_output_tokens),
        _price(facts.input_usd_per_mtok),
        _price(facts.output_usd_per_mtok),
        ", ".join(model.abilities),
        _ends(model, today),
    )


def _count(tokens: int | None) -> str:
    return "" if tokens is None else f"{tokens:,}".replace(",", " ")


def _price(usd_per_mtok: Decimal | None) -> str:
    if usd_per_mtok is None:
        return ""
    return "free" if usd_per_mtok == 0 else f"{usd_per_mtok.normalize():f}"


def _ends(model: ModelInfo, today: date) -> str:
    day = shutdown_day(model)
    if day is None:
        return ""
    left = (day - today).days
    return f"ended {day}" if left < 0 else f"ends {day}, in {left} day{'' if left == 1 else 's'}"
