"""Costs that were worked out by hand, of models as the catalogue has them. The sum stands behind every case.

Source of the prices: genai-prices 0.2.3, which names the providers' own price pages; each is written out in dollars for
a million tokens. A price that the catalogue changes later has to be worked out anew here.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import NamedTuple

import pytest

from chatrepl.catalogue import facts_for
from chatrepl.entries import ModelSettings
from chatrepl.messages import Usage
from chatrepl.pricing import cost, worst_cost


class Case(NamedTuple):
    name: str
    provider: str
    model: str
    usage: Usage
    expected: str | None
    tier: str | None = None
    day: date | None = None


def used(
    prompt: int,
    completion: int,
    *,
    cached_tokens: int = 0,
    cache_write_tokens: int = 0,
    reasoning_tokens: int = 0,
) -> Usage:
    total = prompt + completion
    return Usage(prompt, completion, total, cached_tokens, cache_write_tokens, reasoning_tokens)


M = 1_000_000
CASES = [
    # gpt-4o-mini: 0.15 in, 0.075 cached, 0.6 out
    Case("input only", "openai", "gpt-4o-mini", used(M, 0), "0.15"),
    Case("output only", "openai", "gpt-4o-mini", used(0, M), "0.6"),
    # 1200 * 0.15 + 340 * 0.6 = 180 + 204 = 384 millionths
    Case("a small chat", "openai", "gpt-4o-mini", used(1200, 340), "0.000384"),
    # 200 * 0.15 + 1000 * 0.075 + 100 * 0.6 = 30 + 75 + 60 = 165
    Case("most of it cached", "openai", "gpt-4o-mini", used(1200, 100, cached_tokens=1000), "0.000165"),
    Case("all of it cached", "openai", "gpt-4o-mini", used(2000, 0, cached_tokens=2000), "0.00015"),
    # more cached than there is counts as all of it: 100 * 0.075
    Case("nonsense in the cache", "openai", "gpt-4o-mini", used(100, 0, cached_tokens=5000), "0.0000075"),
    Case("negative nonsense", "openai", "gpt-4o-mini", used(100, 0, cached_tokens=-5), "0.000015"),
    # gpt-4o: 2.5 in, 1.25 cached, 10 out
    # 10 000 * 2.5 + 500 * 10 = 25 000 + 5 000
    Case("a dated id", "openai", "gpt-4o-2024-11-20", used(10_000, 500), "0.03"),
    Case("an id dated otherwise", "openai", "gpt-4o-2031-01-01", used(10_000, 500), "0.03"),
    # priority: 4.25 in, 2.125 cached, 17 out: 6 000 * 4.25 + 4 000 * 2.125 + 500 * 17 = 25 500 + 8 500 + 8 500
    Case("priority", "openai", "gpt-4o", used(10_000, 500, cached_tokens=4000), "0.0425", "priority"),
    Case("the tier that is called default", "openai", "gpt-4o", used(10_000, 500), "0.03", "default"),
    Case("the tier that is called auto", "openai", "gpt-4o", used(10_000, 500), "0.03", "auto"),
    Case("a tier without a price", "openai", "gpt-4o", used(10_000, 500), None, "flex"),
    Case("a fine-tuned model has a price of its own", "openai", "ft:gpt-4o:me::1", used(1, 1), None),
    # gpt-5: 1.25 in, 0.125 cached, 10 out; flex half of it
    # reasoning is a part of the 900: 2 000 * 1.25 + 900 * 10 = 2 500 + 9 000
    Case("reasoning inside", "openai", "gpt-5", used(2000, 900, reasoning_tokens=700), "0.0115"),
    # flex: 2 000 * 0.625 + 900 * 5 = 1 250 + 4 500
    Case("flex", "openai", "gpt-5", used(2000, 900, reasoning_tokens=700), "0.00575", "flex"),
    # o1: 15 in, 7.5 cached, 60 out: 500 * 15 + 500 * 7.5 + 1 000 * 60 = 7 500 + 3 750 + 60 000
    Case("o1", "openai", "o1", used(1000, 1000, cached_tokens=500), "0.07125"),
    # gpt-5.4: 2.5 in, 0.25 cached, 15 out; above 272 000 tokens 5, 0.5 and 22.5 for all of it
    # 272 000 * 2.5 + 1 000 * 15 = 680 000 + 15 000
    Case("at the edge of long", "openai", "gpt-5.4", used(272_000, 1000), "0.695"),
    # 271 999 * 2.5 + 1 000 * 15 = 679 997.5 + 15 000
    Case("one below it", "openai", "gpt-5.4", used(271_999, 1000), "0.6949975"),
    # 272 001 * 5 + 1 000 * 22.5 = 1 360 005 + 22 500
    Case("one above it", "openai", "gpt-5.4", used(272_001, 1000), "1.382505"),
    # 100 001 * 5 + 200 000 * 0.5 + 1 000 * 22.5 = 500 005 + 100 000 + 22 500
    Case("long and cached", "openai", "gpt-5.4", used(300_001, 1000, cached_tokens=200_000), "0.622505"),
    # flex, long: 300 000 * 2.5 + 1 000 * 11.25 = 750 000 + 11 250
    Case("long and flex", "openai", "gpt-5.4", used(300_000, 1000), "0.76125", "flex"),
    # o3-mini at Azure: 1.1 in, 0.55 cached, 4.4 out: 500 * 1.1 + 500 * 0.55 + 1 000 * 4.4 = 550 + 275 + 4 400
    Case("Azure", "azure", "o3-mini", used(1000, 1000, cached_tokens=500), "0.005225"),
    # claude-sonnet-4-5: 3 in, 0.3 read from the cache, 3.75 written to it, 15 out; above 200 000: 6, 0.6, 7.5, 22.5
    # 1 000 * 3 + 3 000 * 0.3 + 6 000 * 3.75 + 100 * 15 = 3 000 + 900 + 22 500 + 1 500
    Case(
        "read from and written to the cache",
        "anthropic",
        "claude-sonnet-4-5-20250929",
        used(10_000, 100, cached_tokens=3000, cache_write_tokens=6000),
        "0.0279",
    ),
    # 150 001 * 6 + 50 000 * 0.6 + 50 000 * 7.5 + 1 000 * 22.5 = 900 006 + 30 000 + 375 000 + 22 500
    Case(
        "the same, long",
        "anthropic",
        "claude-sonnet-4-5",
        used(250_001, 1000, cached_tokens=50_000, cache_write_tokens=50_000),
        "1.327506",
    ),
    # claude-opus-4-1: 15 in, 75 out
    Case("Anthropic, plain", "anthropic", "claude-opus-4-1-20250805", used(1000, 1000), "0.09"),
    # grok-3: 3 in, 0.75 cached, 15 out: 100 * 3 + 900 * 0.75 + 10 * 15 = 300 + 675 + 150
    Case("xAI", "xai", "grok-3", used(1000, 10, cached_tokens=900), "0.001125"),
    # reasoning reported beside the 10: the total says 110 out: 1 000 * 3 + 110 * 15 = 3 000 + 1 650
    Case(
        "reasoning beside the reply", "xai", "grok-3", Usage(1000, 10, 1110, reasoning_tokens=100), "0.00465"
    ),
    # grok-4.3: 1.25 in, 2.5 out; above 199 999: 2.5 and 5
    # 200 000 * 2.5 + 1 000 * 5 = 500 000 + 5 000
    Case("another edge", "xai", "grok-4.3", used(200_000, 1000), "0.505"),
    # 199 999 * 1.25 + 1 000 * 2.5 = 249 998.75 + 2 500
    Case("below it", "xai", "grok-4.3", used(199_999, 1000), "0.25249875"),
    # llama-3.3-70b-versatile at Groq: 0.59 in, 0.79 out
    Case("Groq", "groq", "llama-3.3-70b-versatile", used(10_000, 1000), "0.00669"),
    # gpt-oss-120b at Groq: 0.15 in, 0.075 cached, 0.6 out: 5 000 * 0.15 + 5 000 * 0.075 + 1 000 * 0.6
    Case("Groq, cached", "groq", "openai/gpt-oss-120b", used(10_000, 1000, cached_tokens=5000), "0.001725"),
    # mistral-large-latest: 2 in, 6 out
    Case("Mistral", "mistral", "mistral-large-latest", used(3000, 500), "0.009"),
    # gpt-4o at OpenRouter: 2.5 in, 10 out
    Case("OpenRouter", "openrouter", "openai/gpt-4o", used(1000, 100), "0.0035"),
    # gemini-3.6-flash: 0.75 in, 3.75 out; from 2027-01-01 1.5 and 7.5
    Case(
        "before a price changes",
        "gemini",
        "gemini-3.6-flash",
        used(10_000, 1000),
        "0.01125",
        None,
        date(2026, 12, 31),
    ),
    Case(
        "when it has changed",
        "gemini",
        "gemini-3.6-flash",
        used(10_000, 1000),
        "0.0225",
        None,
        date(2027, 1, 1),
    ),
    Case("a server that is not known", "", "gpt-4o", used(1000, 100), None),
    Case("a model that is not known", "openai", "gpt-99-imaginary", used(1000, 100), None),
]


def test_there_are_at_least_thirty_cases() -> None:
    assert len(CASES) >= 30
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_a_cost_is_what_was_worked_out_by_hand(case: Case) -> None:
    price = facts_for(case.model, {}, case.provider, case.day).price
    found = cost(case.usage, price, service_tier=case.tier)
    assert found == (None if case.expected is None else Decimal(case.expected))


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_no_request_costs_more_than_its_worst_case(case: Case) -> None:
    price = facts_for(case.model, {}, case.provider, case.day).price
    found = cost(case.usage, price, service_tier=case.tier)
    reply = max(case.usage.completion_tokens, case.usage.total_tokens - case.usage.prompt_tokens)
    worst = worst_cost(case.usage.prompt_tokens, reply, price, service_tier=case.tier)
    assert (found is None) == (worst is None)
    if found is not None and worst is not None:
        assert found <= worst


def test_what_the_provider_reports_beats_all_of_this() -> None:
    usage = Usage(1000, 100, 1100, reported_cost_usd=Decimal("0.00012345678901"))
    assert cost(usage, facts_for("openai/gpt-4o", {}, "openrouter").price) == Decimal("0.00012345678901")


def test_a_configured_price_is_worked_with_where_the_provider_is_not_known() -> None:
    mine = ModelSettings(
        input_usd_per_mtok=Decimal(4),
        output_usd_per_mtok=Decimal(8),
        cached_input_usd_per_mtok=Decimal(1),
        cache_write_usd_per_mtok=Decimal(5),
    )
    price = facts_for("mine", {"mine": mine}).price
    # 100 * 4 + 200 * 1 + 300 * 5 + 10 * 8 = 400 + 200 + 1 500 + 80
    usage = used(600, 10, cached_tokens=200, cache_write_tokens=300)
    assert cost(usage, price) == Decimal("0.00218")
