from __future__ import annotations

import re
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from chatrepl.catalogue import ModelFacts, facts_for, row_of
from chatrepl.catalogue.rows import AS_OF, ROWS, SOURCE
from chatrepl.entries import ModelSettings
from chatrepl.pricing import Price
from chatrepl.providers import BUILT_IN

ROOT = Path(__file__).parent.parent.parent


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


def test_the_file_is_what_its_script_writes() -> None:
    program = ROOT / "tools" / "make_catalogue.py"
    done = subprocess.run([sys.executable, str(program), "--check", AS_OF], check=False)
    assert done.returncode == 0, "run tools/make_catalogue.py"


def test_every_row_can_be_read_and_has_a_price() -> None:
    for provider, text in ROWS.items():
        for line in filter(None, text.splitlines()):
            ids, pattern, _ = line.split(";")[:3]
            found = row_of(provider, ids.split(" ")[0]) if ids else None
            assert found is not None or pattern
            if found is not None:
                assert found.prices
                assert all(price.input_usd_per_mtok >= 0 for _, price in found.prices)
            re.compile(pattern)


def test_every_provider_of_the_table_that_is_paid_has_rows() -> None:
    hosted = {provider.name for provider in BUILT_IN.values() if provider.needs_key}
    assert hosted - set(ROWS) <= {"ollama-cloud"}


def test_a_price_says_where_it_is_from_and_of_when() -> None:
    facts = facts_for("gpt-4o", {}, "openai")
    assert facts.source == SOURCE
    assert facts.as_of == date.fromisoformat(AS_OF)
    mine = {"gpt-4o": ModelSettings(input_usd_per_mtok=Decimal(9))}
    assert facts_for("gpt-4o", mine, "openai").source == "the configuration"
    assert facts_for("gpt-4o", {}).source is None


def test_half_a_configured_price_takes_the_other_half_from_the_catalogue() -> None:
    mine = {"gpt-4o": ModelSettings(input_usd_per_mtok=Decimal(9))}
    price = facts_for("gpt-4o", mine, "openai").price
    assert price == Price(Decimal(9), Decimal(10), Decimal("1.25"))


def test_documented_windows_win_and_others_come_with_the_prices() -> None:
    assert facts_for("gpt-4.1", {}, "openai").window_tokens == 1_047_576
    assert facts_for("claude-sonnet-4-5", {}, "anthropic").window_tokens == 200_000
    assert facts_for("claude-sonnet-4-5", {}).window_tokens is None


def test_a_name_that_looks_like_a_pattern_matches_nothing() -> None:
    assert facts_for(".*", {}, "openai").price is None
    assert facts_for("gpt-4o;", {}, "openai").price is None
