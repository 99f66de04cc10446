"""The ledger: what is kept of every request, by the file, in memory, and when the disk fails in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.ledger import Entry, Opening, Query, Spent
from chatrepl.messages import Usage
from chatrepl.ports import UsageLedger
from chatrepl.store import migrations
from chatrepl.store.amounts import from_trillionths, to_trillionths
from chatrepl.store.chats import SqliteStore
from chatrepl.store.ledger import MemoryLedger
from chatrepl.store.resilient import open_store
from tests.support.conversations import TestClock

ALL = [Query()]


def opening(name: str, cost: str | None = "1", *, chat: str = "c", provider: str = "p") -> Opening:
    known = None if cost is None else Decimal(cost)
    return Opening(name, provider, "m", chat, "turn", 100, 50, known, known and known / 2)


def entry(opened: Opening, cost: str | None = "0.25", tokens: int = 120) -> Entry:
    usage = Usage(100, tokens - 100, tokens, 40, 10, 5)
    return Entry(
        opened.id,
        datetime(2026, 1, 1, tzinfo=UTC),
        opened.provider,
        opened.model,
        opened.chat,
        opened.purpose,
        usage,
        None if cost is None else Decimal(cost),
        None if cost is None else "computed",
        "complete",
        0.5,
        2.0,
        1,
    )


def yes(_: object) -> bool:
    return True


@pytest.fixture(params=["file", "memory", "shared"])
def ledger(request: pytest.FixtureRequest, path: Path, clock: TestClock) -> Iterator[UsageLedger]:
    if request.param == "memory":
        yield MemoryLedger(clock)
        return
    store = SqliteStore.open(path, clock) if request.param == "file" else open_store(path, clock)
    yield store.ledger
    store.close()


def test_a_request_under_way_counts_with_its_worst_case(ledger: UsageLedger) -> None:
    ledger.open(opening("a"), ALL, yes)
    assert ledger.spent(ALL) == [Spent(Decimal(1), 150, 0, Decimal(1))]


def test_a_request_that_is_over_counts_with_what_it_took(ledger: UsageLedger) -> None:
    opened = opening("a")
    ledger.open(opened, ALL, yes)
    ledger.close(entry(opened))
    assert ledger.spent(ALL) == [Spent(Decimal("0.25"), 120)]
    (found,) = ledger.entries()
    assert found.usage == entry(opened).usage
    assert (found.cost_usd, found.outcome, found.first_token_s, found.retries) == (
        Decimal("0.25"),
        "complete",
        0.5,
        1,
    )


def test_a_request_that_may_not_go_leaves_nothing(ledger: UsageLedger) -> None:
    assert ledger.open(opening("a"), ALL, lambda spent: spent[0].tokens > 0) is None
    assert [*ledger.entries()] == []


def test_what_is_shown_to_the_one_who_decides_is_what_was_spent_before(ledger: UsageLedger) -> None:
    ledger.open(opening("a"), ALL, yes)
    assert ledger.open(opening("b"), ALL, yes) == [Spent(Decimal(1), 150, 0, Decimal(1))]


def test_a_request_that_was_withdrawn_never_was(ledger: UsageLedger) -> None:
    ledger.open(opening("a"), ALL, yes)
    ledger.withdraw(opening("a"))
    assert ledger.spent(ALL) == [Spent(Decimal(0), 0)]
    ledger.open(opening("b"), ALL, yes)
    ledger.close(entry(opening("b")))
    ledger.withdraw(opening("b"))  # too late
    assert len([*ledger.entries()]) == 1


def test_progress_is_seen_in_the_entry_and_its_worst_case_still_counts(ledger: UsageLedger) -> None:
    ledger.open(opening("a"), ALL, yes)
    ledger.progress(opening("a"), 20, Decimal("0.6"))
    (found,) = ledger.entries()
    assert (found.usage.completion_tokens, found.cost_usd, found.outcome) == (20, Decimal("0.6"), None)
    assert ledger.spent(ALL)[0].cost_usd == 1
    ledger.progress(opening("a"), 500, Decimal("1.5"))  # more than was expected
    assert ledger.spent(ALL)[0].cost_usd == Decimal("1.5")
    assert ledger.spent(ALL)[0].tokens == 600


def test_an_unknown_cost_is_counted_and_not_taken_for_nothing(ledger: UsageLedger) -> None:
    ledger.open(opening("a", None), ALL, yes)
    ledger.close(entry(opening("a", None), None))
    assert ledger.spent(ALL) == [Spent(Decimal(0), 120, 1)]
    assert next(iter(ledger.entries())).cost_usd is None


def test_queries_look_at_time_provider_chat_and_purpose(ledger: UsageLedger, clock: TestClock) -> None:
    ledger.open(opening("a", chat="one", provider="x"), ALL, yes)
    later = clock.now() + timedelta(hours=1)
    clock.time = later
    ledger.open(opening("b", chat="two", provider="y"), ALL, yes)
    found = ledger.spent(
        [Query(), Query(chat="one"), Query(provider="y"), Query(since=later), Query(purpose="summary")]
    )
    assert [spent.cost_usd for spent in found] == [2, 1, 1, 1, 0]


@pytest.mark.parametrize("back", [timedelta(hours=1), timedelta(hours=23)])
def test_a_clock_that_is_set_back_changes_no_days_total(
    ledger: UsageLedger, clock: TestClock, back: timedelta
) -> None:
    clock.time = datetime(2026, 5, 2, 0, 30, tzinfo=UTC)
    today = Query(since=datetime(2026, 5, 2, tzinfo=UTC))
    ledger.open(opening("a"), ALL, yes)
    clock.time -= back
    ledger.open(opening("b"), ALL, yes)
    assert ledger.spent([today])[0].cost_usd == 2
    days = [found.at.date().isoformat() for found in ledger.entries()]
    assert days == ["2026-05-02", "2026-05-02"]


def test_a_clock_that_is_set_back_by_a_year_hides_nothing(ledger: UsageLedger, clock: TestClock) -> None:
    clock.time = datetime(2026, 5, 2, 12, tzinfo=UTC)
    ledger.open(opening("a"), ALL, yes)
    clock.time = datetime(2025, 5, 2, 12, tzinfo=UTC)
    ledger.open(opening("b"), ALL, yes)
    assert ledger.spent([Query(since=datetime(2025, 5, 2, tzinfo=UTC))])[0].cost_usd == 2
    assert [found.at.year for found in ledger.entries()] == [2026, 2025]


Step = tuple[str, int, Decimal | None, int]
steps = st.lists(
    st.tuples(
        st.sampled_from(["open", "close", "withdraw", "progress"]),
        st.integers(0, 5),
        st.none() | st.decimals(0, 1000, places=15),
        st.integers(0, 10**6),
    ),
    max_size=30,
)


@given(steps)
def test_totals_are_the_sum_of_the_entries_whatever_happens(
    tmp_path_factory: pytest.TempPathFactory, done: list[Step]
) -> None:
    clock = TestClock()
    store = SqliteStore.open(tmp_path_factory.mktemp("ledger") / "chats.db", clock)
    ledgers: list[UsageLedger] = [store.ledger, MemoryLedger(clock)]
    opened: set[str] = set()
    for action, number, cost, tokens in done:
        name = f"r{number}"
        asked = opening(name, "1")
        for ledger in ledgers:
            if action == "open" and name not in opened:
                ledger.open(asked, ALL, yes)
            elif action == "close" and name in opened:
                ledger.close(entry(asked, None if cost is None else str(cost), 100 + tokens))
            elif action == "withdraw":
                ledger.withdraw(asked)
            elif action == "progress":
                ledger.progress(asked, tokens, cost)
        if action == "open":
            opened.add(name)
    for ledger in ledgers:
        for found in [*ledger.entries()]:
            if found.outcome is None:
                ledger.close(entry(opening(found.id), "0.5"))
        found_all = [*ledger.entries()]
        (total,) = ledger.spent(ALL)
        assert total.cost_usd == sum(
            (each.cost_usd for each in found_all if each.cost_usd is not None), Decimal(0)
        )
        assert total.tokens == sum(each.tokens for each in found_all)
        assert total.unknown_count == sum(each.cost_usd is None for each in found_all)
    assert [each.cost_usd for each in ledgers[0].entries()] == [
        each.cost_usd for each in ledgers[1].entries()
    ]
    store.close()


@given(st.decimals(0, 10**6, places=12))
def test_money_is_kept_to_the_trillionth(amount: Decimal) -> None:
    assert from_trillionths(to_trillionths(amount)) == amount


def test_amounts_beyond_all_reason_do_not_break_the_file(path: Path, clock: TestClock) -> None:
    store = SqliteStore.open(path, clock)
    store.ledger.open(opening("a", "1e30"), ALL, yes)
    assert store.ledger.spent(ALL)[0].cost_usd == 10**6
    store.close()


def test_what_was_sent_while_nothing_could_be_saved_is_brought_to_the_file(
    path: Path, clock: TestClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.parent.mkdir()
    path.parent.chmod(0o700)
    path.mkdir()  # a directory where the file should be
    store = open_store(path, clock)
    opened = opening("a")
    store.ledger.open(opened, ALL, yes)
    store.ledger.close(entry(opened))
    store.ledger.open(opening("b"), ALL, yes)
    assert not store.ledger.is_shared
    path.rmdir()
    store.close()

    again = open_store(path, clock)
    found = [*again.ledger.entries()]
    assert [each.id for each in found] == ["a", "b"]
    assert [each.outcome for each in found] == ["complete", "lost"]
    again.close()


def test_a_file_that_cannot_be_written_is_read_for_reports(path: Path, clock: TestClock) -> None:
    store = open_store(path, clock)
    store.ledger.open(opening("a"), ALL, yes)
    store.ledger.close(entry(opening("a")))
    store.close()
    connection = sqlite3.connect(path)
    connection.execute("BEGIN EXCLUSIVE")
    reader = SqliteStore.open_for_reading(path, clock)
    connection.rollback()
    assert [each.id for each in reader.ledger.entries()] == ["a"]
    assert reader.ledger.spent(ALL)[0].cost_usd == Decimal("0.25")
    reader.close()
    connection.close()


@pytest.mark.parametrize("steps", [1, 2])
def test_a_file_of_an_older_chatrepl_gets_a_ledger(
    path: Path, clock: TestClock, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:steps])
        SqliteStore.open(path, clock).close()
    store = SqliteStore.open(path, clock)
    store.ledger.open(opening("a"), ALL, yes)
    assert len([*store.ledger.entries()]) == 1
    store.close()


def test_sums_over_a_day_or_a_chat_look_at_an_index(path: Path, clock: TestClock) -> None:
    SqliteStore.open(path, clock).close()
    connection = sqlite3.connect(path)
    for where in ("at_us >= 5", "chat = 'c'"):
        plan = connection.execute(
            f"EXPLAIN QUERY PLAN SELECT sum(cost_pusd) FROM ledger WHERE {where}"
        ).fetchall()
        assert "USING INDEX" in plan[0][3], plan
    connection.close()
