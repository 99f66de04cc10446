"""Budgets: what they allow, when they begin anew, and what is said of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.budget import (
    Budget,
    Period,
    Standing,
    applies,
    begins_at,
    budgets_of,
    ends_at,
    judge,
    most_reply_tokens,
    query,
    standing,
    stopped,
    warnings,
)
from chatrepl.entries import BudgetSettings
from chatrepl.ledger import Opening, Query, Spent

NOW = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
FIRST, LAST = datetime(2020, 1, 1), datetime(2035, 1, 1)  # noqa: DTZ001 - the time zone comes later
BERLIN, NEW_YORK, AUCKLAND = (
    ZoneInfo("Europe/Berlin"),
    ZoneInfo("America/New_York"),
    ZoneInfo("Pacific/Auckland"),
)
DAY = Budget("day", "day", Decimal(5))


def opening(cost: str | None, prompt: int = 100, reply: int = 100, prompt_cost: str | None = None) -> Opening:
    return Opening(
        "id",
        "openai",
        "gpt",
        "chat",
        "turn",
        prompt,
        reply,
        None if cost is None else Decimal(cost),
        None if prompt_cost is None else Decimal(prompt_cost),
    )


def stands(budget: Budget, cost: str = "0", tokens: int = 0, unknown: int = 0) -> Standing:
    return standing(budget, Spent(Decimal(cost), tokens, unknown), NOW, UTC)


@pytest.mark.parametrize(
    ("per", "zone", "begins", "ends"),
    [
        ("day", UTC, "2026-11-23T00:00", "2026-11-24T00:00"),
        ("day", BERLIN, "2026-11-22T23:00", "2026-11-23T23:00"),
        ("day", AUCKLAND, "2026-11-23T11:00", "2026-11-24T11:00"),
        ("week", UTC, "2026-11-23T00:00", "2026-11-30T00:00"),
        ("month", UTC, "2026-11-01T00:00", "2026-12-01T00:00"),
        ("month", BERLIN, "2026-10-31T23:00", "2026-11-30T23:00"),
        ("chat", UTC, None, None),
    ],
)
def test_days_weeks_and_months_are_those_of_the_user(
    per: Period, zone: tzinfo, begins: str | None, ends: str | None
) -> None:
    assert begins_at(per, NOW, zone) == (begins and datetime.fromisoformat(begins).replace(tzinfo=UTC))
    assert ends_at(per, NOW, zone) == (ends and datetime.fromisoformat(ends).replace(tzinfo=UTC))


def test_days_have_23_or_25_hours_where_the_clock_changes() -> None:
    spring, autumn = datetime(2026, 3, 29, 12, tzinfo=UTC), datetime(2026, 10, 25, 12, tzinfo=UTC)
    for day, hours in ((spring, 23), (autumn, 25)):
        begins, ends = begins_at("day", day, BERLIN), ends_at("day", day, BERLIN)
        assert begins is not None
        assert ends is not None
        assert ends - begins == timedelta(hours=hours)


@pytest.mark.parametrize("per", ["day", "week", "month"])
@given(
    st.datetimes(FIRST, LAST),
    st.sampled_from([UTC, BERLIN, NEW_YORK, AUCKLAND]),
)
def test_every_moment_lies_in_exactly_one_period(per: Period, at: datetime, zone: tzinfo) -> None:
    now = at.replace(tzinfo=UTC)
    begins, ends = begins_at(per, now, zone), ends_at(per, now, zone)
    assert begins is not None
    assert ends is not None
    assert begins <= now < ends
    assert begins_at(per, ends, zone) == ends
    assert ends_at(per, ends - timedelta(microseconds=1), zone) == ends


def test_a_request_that_fits_may_go_and_one_that_does_not_may_not() -> None:
    left = stands(DAY, "4.90")
    assert judge([left], opening("0.10"), is_price_needed=True).may_go
    verdict = judge([left], opening("0.1000001"), is_price_needed=True)
    assert verdict.stops == (left,)


def test_tokens_are_held_to_their_limit_too() -> None:
    budget = Budget("day", "day", Decimal(5), 1000)
    assert judge([stands(budget, "0", 800)], opening("0"), is_price_needed=True).may_go
    assert not judge([stands(budget, "0", 801)], opening("0"), is_price_needed=True).may_go


def test_a_budget_that_only_warns_stops_nothing() -> None:
    budget = Budget("day", "day", Decimal(5), stops=False)
    assert judge([stands(budget, "100")], opening("100"), is_price_needed=True).may_go


def test_without_a_price_a_budget_in_money_stops_but_on_the_users_own_machine() -> None:
    assert not judge([stands(DAY)], opening(None), is_price_needed=True).may_go
    assert judge([stands(DAY)], opening(None), is_price_needed=False).may_go
    tokens_only = Budget("day", "day", limit_tokens=1000)
    assert judge([stands(tokens_only)], opening(None), is_price_needed=True).may_go


@given(
    st.lists(st.tuples(st.decimals(0, 10, places=6), st.decimals("0.01", 10, places=6)), max_size=4),
    st.decimals(0, 10, places=6),
)
def test_what_may_go_never_passes_any_limit(amounts: list[tuple[Decimal, Decimal]], cost: Decimal) -> None:
    standings = [
        stands(Budget(f"b{n}", "day", limit), str(spent)) for n, (spent, limit) in enumerate(amounts)
    ]
    verdict = judge(standings, opening(str(cost)), is_price_needed=True)
    over = [each for each in standings if each.spent.cost_usd + cost > (each.budget.limit_usd or 0)]
    assert verdict.may_go is (not over)


def test_the_tightest_budget_bounds_the_reply() -> None:
    asked = opening("1", prompt=100, prompt_cost="0.1")
    standings = [stands(DAY, "4.50"), stands(Budget("chat", "chat", limit_tokens=2000), tokens=500)]
    assert most_reply_tokens(standings, asked, Decimal("0.001")) == 400  # (0.50 - 0.10) / 0.001
    assert most_reply_tokens(standings[1:], asked, Decimal("0.001")) == 1400
    assert most_reply_tokens([], asked, Decimal("0.001")) is None
    assert most_reply_tokens([stands(DAY, "9")], asked, Decimal("0.001")) == 0


def test_each_share_is_told_once_in_each_period() -> None:
    told: set[tuple[str, datetime | None, float]] = set()
    assert warnings([stands(DAY, "2.49")], told) == []
    assert warnings([stands(DAY, "2.50")], told) == [
        "50% of the budget `day` ($5.00 a day) is used; $2.50 is left"
    ]
    assert warnings([stands(DAY, "3.50")], told) == []
    assert len(warnings([stands(DAY, "4.10")], told)) == 1
    assert len(warnings([stands(DAY, "5.10", unknown=2)], told)) == 1
    assert warnings([stands(DAY, "6.00")], told) == []
    tomorrow = standing(DAY, Spent(Decimal("2.6"), 0), NOW + timedelta(days=1), UTC)
    assert len(warnings([tomorrow], told)) == 1


def test_requests_of_unknown_cost_are_mentioned() -> None:
    assert "and 1 request of unknown cost" in warnings([stands(DAY, "3", unknown=1)], set())[0]


def test_a_stop_says_the_numbers_and_the_ways_out() -> None:
    verdict = judge([stands(DAY, "4.99")], opening("0.031", 1000, 500), is_price_needed=True)
    message, hint = stopped(verdict, opening("0.031", 1000, 500))
    assert message == (
        "Not sent: it could take up to $0.031 and 1 500 tokens, and of the budget `day` ($5.00 a day) $0.01 is left."
    )
    assert "/set max_tokens" in hint
    assert "budgets.day.limit_usd" in hint


def test_a_price_that_is_not_known_is_explained() -> None:
    verdict = judge([stands(DAY)], opening(None), is_price_needed=True)
    message, hint = stopped(verdict, opening(None))
    assert "the price of gpt at openai is not known" in message
    assert '[models."gpt"]' in hint


def test_budgets_are_for_one_provider_or_for_all() -> None:
    assert applies(DAY, "openai")
    mine = Budget("x", "day", Decimal(1), provider="groq")
    assert applies(mine, "groq")
    assert not applies(mine, "openai")
    assert query(mine, "c", NOW, UTC) == Query(datetime(2026, 11, 23, tzinfo=UTC), "groq")
    assert query(Budget("c", "chat", Decimal(1)), "c", NOW, UTC) == Query(chat="c")


def test_the_name_says_what_time_a_budget_is_for_unless_it_says_so_itself() -> None:
    found = budgets_of(
        {
            "week": BudgetSettings(limit_usd=Decimal(3)),
            "mine": BudgetSettings(per="month", limit_tokens=5, at_limit="warn"),
            "without a time": BudgetSettings(limit_usd=Decimal(1)),
            "day": BudgetSettings(),
        }
    )
    assert [(budget.name, budget.per, budget.stops) for budget in found] == [
        ("week", "week", True),
        ("mine", "month", False),
    ]
