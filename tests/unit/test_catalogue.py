from __future__ import annotations

from decimal import Decimal

import pytest

from chatrepl.catalogue import ModelFacts, facts_for
from chatrepl.entries import ModelSettings
from chatrepl.pricing import Price


@pytest.mark.parametrize(
    ("model", "window", "longest"),
    [
        ("gpt-4o", 128_000, 16_384),
        ("gpt-4o-mini", 128_000, 16_384),
        ("gpt-4o-2024-11-20", 128_000, 16_384),
        ("gpt-4o-2024-05-13", 128_000, 4_096),
        ("gpt-4.1-nano-2025-04-14", 1_047_576, 32_768),
        ("gpt-4-turbo", 128_000, 4_096),
        ("gpt-4-0613", 8_192, 8_192),
        ("gpt-3.5-turbo-0125", 16_385, 4_096),
        ("o3-mini", 200_000, 100_000),
        ("gpt-5", 400_000, 128_000),
        ("openai/gpt-5-mini", 400_000, 128_000),
        ("ft:gpt-4o-mini-2024-07-18:acme::abc123", 128_000, 16_384),
    ],
)
def test_documented_models_are_known_by_all_their_names(model: str, window: int, longest: int) -> None:
    assert facts_for(model, {}) == ModelFacts(model, window, longest)


@pytest.mark.parametrize(
    "model", ["", "llama3:8b", "gpt-4o-mini-tuned", "my-gpt-4o", "ft:", "anthropic/claude"]
)
def test_nothing_is_claimed_of_a_model_that_is_not_known(model: str) -> None:
    assert facts_for(model, {}) == ModelFacts(model)


def test_the_configuration_beats_the_table_field_by_field() -> None:
    facts = facts_for("gpt-4o", {"gpt-4o": ModelSettings(window_tokens=1000, encoding="cl100k_base")})
    assert facts == ModelFacts("gpt-4o", 1000, 16_384, "cl100k_base")


def test_the_configuration_of_the_undated_name_serves_a_dated_one() -> None:
    overrides = {
        "gpt-4o": ModelSettings(window_tokens=1),
        "gpt-4o-2024-08-06": ModelSettings(window_tokens=2),
    }
    assert facts_for("gpt-4o-2024-08-06", overrides).window_tokens == 2
    assert facts_for("gpt-4o-2024-11-20", overrides).window_tokens == 1


def test_the_price_comes_from_the_configuration() -> None:
    settings = ModelSettings(input_usd_per_mtok=Decimal(1), output_usd_per_mtok=Decimal(0))
    assert facts_for("m", {"m": settings}).price == Price(Decimal(1), Decimal(0))


def test_half_a_price_is_no_price() -> None:
    assert facts_for("m", {"m": ModelSettings(input_usd_per_mtok=Decimal(1))}).price is None


def test_no_price_is_built_in() -> None:
    assert facts_for("gpt-4o", {}).price is None
