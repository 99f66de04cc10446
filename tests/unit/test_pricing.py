from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.messages import Usage
from chatrepl.pricing import Price, cost, format_usd, worst_cost

PRICE = Price(Decimal("2.50"), Decimal("10.00"), Decimal("1.25"))


def test_input_and_output_are_billed_at_their_own_prices() -> None:
    assert cost(Usage(1_000_000, 100_000, 1_100_000), PRICE) == Decimal("3.50")


def test_cached_tokens_are_billed_once_at_the_cached_price() -> None:
    assert cost(Usage(1_000_000, 0, 1_000_000, cached_tokens=600_000), PRICE) == Decimal("1.75")


def test_cached_tokens_cost_as_much_as_others_where_no_cached_price_is_known() -> None:
    usage = Usage(1000, 0, 1000, cached_tokens=900)
    assert cost(usage, Price(Decimal(1), Decimal(1))) == cost(
        Usage(1000, 0, 1000), Price(Decimal(1), Decimal(1))
    )


def test_a_cached_price_of_zero_is_a_price() -> None:
    usage = Usage(1000, 0, 1000, cached_tokens=1000)
    assert cost(usage, Price(Decimal(1), Decimal(1), Decimal(0))) == 0


def test_more_cached_tokens_than_prompt_never_make_the_prompt_negative() -> None:
    assert cost(Usage(100, 0, 100, cached_tokens=500), PRICE) == Decimal("0.000125")


def test_reasoning_inside_the_completion_is_not_billed_twice() -> None:
    assert cost(Usage(0, 1000, 1000, reasoning_tokens=800), PRICE) == Decimal("0.01")


def test_reasoning_reported_beside_the_completion_is_billed() -> None:
    assert cost(Usage(100, 200, 1100, reasoning_tokens=800), Price(Decimal(0), Decimal(1000))) == 1


def test_the_reported_cost_beats_the_computed_one() -> None:
    assert cost(Usage(1000, 1000, 2000, reported_cost_usd=Decimal("0.5")), PRICE) == Decimal("0.5")
    assert cost(Usage(1000, 1000, 2000, reported_cost_usd=Decimal(0)), PRICE) == 0


def test_an_unknown_price_gives_an_unknown_cost_and_not_zero() -> None:
    assert cost(Usage(1000, 1000, 2000), None) is None


@given(st.integers(0, 10**7), st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_cheaper_cache_never_makes_a_request_dearer(prompt: int, completion: int, cached: int) -> None:
    usage = Usage(prompt, completion, prompt + completion, cached_tokens=cached)
    full = cost(usage, Price(Decimal("2.5"), Decimal(10)))
    less = cost(usage, PRICE)
    assert less is not None
    assert full is not None
    assert 0 <= less <= full


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "?"),
        ("0", "$0.00"),
        ("0.00", "$0.00"),
        ("0.00001", "<$0.0001"),
        ("0.0001", "$0.0001"),
        ("0.00314", "$0.0031"),
        ("0.0142", "$0.014"),
        ("0.05", "$0.05"),
        ("0.0999", "$0.10"),
        ("0.42", "$0.42"),
        ("0.999", "$1.00"),
        ("12.3", "$12.30"),
        ("1234.5", "$1,234.50"),
        ("-0.42", "-$0.42"),
        ("1E+2", "$100.00"),
    ],
)
def test_amounts_are_shown_with_as_many_digits_as_matter(amount: str | None, shown: str) -> None:
    assert format_usd(None if amount is None else Decimal(amount)) == shown


def test_an_estimated_amount_says_so() -> None:
    assert format_usd(Decimal("0.42"), is_estimated=True) == "~$0.42"
    assert format_usd(None, is_estimated=True) == "?"


@given(st.decimals(Decimal("0.0001"), Decimal(10**6), places=9))
def test_what_is_shown_is_within_five_per_cent_of_the_amount(amount: Decimal) -> None:
    shown = Decimal(format_usd(amount).removeprefix("$").replace(",", ""))
    assert abs(shown - amount) <= amount * Decimal("0.5")
    if amount >= Decimal("0.001"):
        assert abs(shown - amount) <= amount * Decimal("0.05")


amounts = st.decimals(0, 1000, places=4, allow_nan=False)
prices = st.builds(
    Price,
    amounts,
    amounts,
    st.none() | amounts,
    st.none() | amounts,
    st.lists(st.tuples(st.integers(0, 10**6), st.builds(Price, amounts, amounts)), max_size=2).map(
        lambda long: tuple(sorted(long, key=lambda pair: pair[0]))
    ),
)
counts = st.integers(-10, 10**7)


@given(prices, counts, counts, counts, counts, counts)
def test_no_counts_make_a_cost_negative(
    price: Price, prompt: int, completion: int, cached: int, written: int, reasoning: int
) -> None:
    usage = Usage(
        prompt,
        completion,
        prompt + completion,
        cached_tokens=cached,
        cache_write_tokens=written,
        reasoning_tokens=reasoning,
    )
    found = cost(usage, price)
    assert found is not None
    assert found >= 0


@given(prices, st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**6))
def test_no_split_of_a_prompt_costs_more_than_the_worst_case(
    price: Price, prompt: int, completion: int, cached: int, written: int
) -> None:
    usage = Usage(prompt, completion, prompt + completion, cached_tokens=cached, cache_write_tokens=written)
    found, worst = cost(usage, price), worst_cost(prompt, completion, price)
    assert found is not None
    assert worst is not None
    assert found <= worst


def test_a_service_tier_without_a_price_has_none() -> None:
    assert cost(Usage(1, 1, 2), PRICE, service_tier="flex") is None
    assert worst_cost(1, 1, PRICE, service_tier="flex") is None
