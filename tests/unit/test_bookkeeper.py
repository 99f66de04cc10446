"""The books: what is set aside before a request, told while it runs, and recorded after it."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from chatrepl.bookkeeper import Asked, Bookkeeper
from chatrepl.budget import Budget
from chatrepl.errors import BudgetExceededError
from chatrepl.ledger import Entry
from chatrepl.messages import Usage
from chatrepl.pricing import Price
from chatrepl.store.ledger import MemoryLedger
from tests.support.fakes import FakeClock

PRICE = Price(Decimal(1), Decimal(10))  # a hundred tokens in and a hundred out: 0.0011
ASKED = Asked("gpt", "chat", "turn", 100, 100, PRICE)


def books(*budgets: Budget, clock: FakeClock | None = None, is_on_this_machine: bool = False) -> Bookkeeper:
    clock = clock or FakeClock()
    return Bookkeeper(
        budgets,
        MemoryLedger(clock),
        clock,
        provider="openai",
        is_on_this_machine=is_on_this_machine,
    )


def cents(amount: str, **more: object) -> Budget:
    return Budget("day", "day", Decimal(amount), **more)  # type: ignore[arg-type]


def entries(keeper: Bookkeeper) -> list[Entry]:
    return [*keeper.ledger.entries()]


def test_what_is_set_aside_counts_until_the_request_is_over() -> None:
    keeper = books(cents("0.0021"))
    first = keeper.begin(ASKED)
    with pytest.raises(BudgetExceededError, match="under way"):
        keeper.begin(ASKED)
    first.close(Usage(100, 10, 110), "complete")  # it took 0.0002 in the end
    keeper.begin(ASKED)


def test_what_was_not_sent_is_given_back() -> None:
    keeper = books(cents("0.0011"))
    keeper.begin(ASKED).withdraw()
    keeper.begin(ASKED)
    assert len(entries(keeper)) == 1


def test_with_consent_it_goes_once() -> None:
    keeper = books(cents("0.001"))
    with pytest.raises(BudgetExceededError):
        keeper.begin(ASKED)
    opened = keeper.begin(ASKED, has_consent=True)
    assert opened.allowed_reply_tokens == 100  # and is held to what was confirmed
    opened.close(Usage(100, 100, 200), "complete")
    with pytest.raises(BudgetExceededError):
        keeper.begin(ASKED)


def test_the_record_says_what_it_took_and_how_that_is_known() -> None:
    keeper = books()
    keeper.begin(ASKED).close(Usage(100, 50, 150), "complete", first_token_s=0.5, duration_s=2.0, retries=1)
    keeper.begin(ASKED).close(Usage(100, 50, 150, is_estimated=True), "interrupted")
    keeper.begin(ASKED).close(Usage(1, 1, 2, reported_cost_usd=Decimal("0.25")), "complete")
    keeper.begin(ASKED._replace(price=None)).close(Usage(1, 1, 2), "failed")
    found = [(entry.cost_usd, entry.cost_kind, entry.outcome) for entry in entries(keeper)]
    assert found == [
        (Decimal("0.0006"), "computed", "complete"),
        (Decimal("0.0006"), "estimated", "interrupted"),
        (Decimal("0.25"), "reported", "complete"),
        (None, None, "failed"),
    ]
    first = entries(keeper)[0]
    assert (first.first_token_s, first.duration_s, first.retries, first.provider) == (0.5, 2.0, 1, "openai")


def test_closing_twice_records_once() -> None:
    keeper = books()
    opened = keeper.begin(ASKED)
    opened.close(Usage(100, 50, 150), "complete")
    opened.close(Usage(9, 9, 18), "failed")
    opened.withdraw()
    assert [entry.outcome for entry in entries(keeper)] == ["complete"]


def test_a_reply_that_passes_the_limit_is_to_be_cut() -> None:
    keeper = books(cents("0.0021"))
    opened = keeper.begin(ASKED)
    assert opened.allowed_reply_tokens == 200  # (0.0021 - 0.0001) / 0.00001
    assert opened.running(200) is None
    error = opened.running(201)
    assert error is not None
    assert "`day` ($0.0021 a day)" in error.message


def test_what_runs_is_noted_every_half_second() -> None:
    clock = FakeClock()
    keeper = books(clock=clock)
    opened = keeper.begin(ASKED)
    opened.running(10)
    assert entries(keeper)[0].usage.completion_tokens == 0
    clock.seconds += 0.5
    opened.running(40)
    entry = entries(keeper)[0]
    assert (entry.usage.completion_tokens, entry.cost_usd) == (40, Decimal("0.0005"))


def test_a_model_of_unknown_price_is_held_back_by_a_budget_in_money() -> None:
    unpriced = ASKED._replace(price=None)
    with pytest.raises(BudgetExceededError, match="price of gpt"):
        books(cents("5")).begin(unpriced)
    books(Budget("day", "day", limit_tokens=1000)).begin(unpriced)


def test_on_the_users_own_machine_it_is_only_told_once() -> None:
    keeper = books(cents("5"), is_on_this_machine=True)
    unpriced = ASKED._replace(price=None)
    assert keeper.begin(unpriced).warnings == [
        "the price of gpt is not known, so budgets in money do not count it"
    ]
    assert keeper.begin(unpriced).warnings == []


def test_budgets_of_other_providers_do_not_matter() -> None:
    keeper = books(cents("0.000001", provider="groq"))
    assert keeper.begin(ASKED).allowed_reply_tokens is None


def test_the_one_that_is_most_used_is_told_first() -> None:
    keeper = books(Budget("month", "month", Decimal(10)), cents("1"))
    keeper.begin(ASKED).close(Usage(0, 10_000, 10_000), "complete")
    assert [each.budget.name for each in keeper.standings("chat")] == ["day", "month"]
    assert keeper.today().cost_usd == Decimal("0.1")
    assert keeper.periods("chat")["week"].tokens == 10_000
    assert keeper.periods("other")["chat"].tokens == 0


def test_the_books_work_where_nothing_can_be_saved(tmp_path: Path) -> None:
    from chatrepl.store.resilient import open_store

    (tmp_path / "file").write_text("")
    clock = FakeClock()
    store = open_store(tmp_path / "file" / "chats.db", clock)
    keeper = Bookkeeper([cents("0.0021")], store.ledger, clock, provider="openai")
    keeper.begin(ASKED)
    with pytest.raises(BudgetExceededError):
        keeper.begin(ASKED)
    assert not store.ledger.is_shared
    store.close()
