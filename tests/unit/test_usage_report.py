"""What was used, added up: by day, model, chat and others, exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.ledger import Entry
from chatrepl.messages import Usage
from chatrepl.subcommands.usage import as_csv
from chatrepl.usage_report import BY, By, Row, bar, columns, report, since_of, values

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def entry(
    at: datetime = NOON,
    cost: str | None = "0.1",
    model: str = "m",
    chat: str = "c" * 32,
    completion: int = 20,
    kind: str = "computed",
    first: float | None = 1.0,
    duration: float | None = 3.0,
) -> Entry:
    usage = Usage(100, completion, 100 + completion, 30, 0, 5, is_estimated=kind == "estimated")
    known = None if cost is None else Decimal(cost)
    return Entry(
        "i",
        at,
        "p",
        model,
        chat,
        "turn",
        usage,
        known,
        kind if cost else None,  # type: ignore[arg-type]
        "complete",
        first,
        duration,
    )


def test_days_are_those_of_the_users_time_zone() -> None:
    late = entry(datetime(2026, 11, 22, 23, 30, tzinfo=UTC))
    assert report([late], "day", UTC).rows[0].key == "2026-11-22"
    assert report([late], "day", ZoneInfo("Europe/Berlin")).rows[0].key == "2026-11-23"


def test_days_without_requests_are_listed_in_a_range() -> None:
    found = report([entry()], "day", UTC, since=NOON - timedelta(days=3), now=NOON)
    assert [(row.key[-2:], row.requests) for row in found.rows] == [
        ("20", 0),
        ("21", 0),
        ("22", 0),
        ("23", 1),
    ]


def test_models_come_by_what_they_cost() -> None:
    found = report([entry(model="a"), entry(model="b", cost="2"), entry(model="a")], "model", UTC)
    assert [(row.key, row.requests, row.cost_usd) for row in found.rows] == [
        ("b", 1, Decimal(2)),
        ("a", 2, Decimal("0.2")),
    ]
    assert found.total.cost_usd == Decimal("2.2")


def test_chats_come_with_their_titles() -> None:
    found = report([entry()], "chat", UTC, titles={"c" * 32: "Tea"})
    assert found.rows[0].key == "Tea (cccccccccccc)"


@pytest.mark.parametrize(
    ("costs", "kind", "shown"),
    [
        (["0.5", "0.25"], "computed", "$0.75"),
        (["0.5", "0.25"], "estimated", "~$0.75"),
        (["0.5", None], "computed", "$0.50 + ?"),
        ([None, None], "computed", "?"),
        (["0"], "computed", "$0.00"),
    ],
)
def test_what_is_not_known_is_never_shown_as_nothing(costs: list[str | None], kind: str, shown: str) -> None:
    found = report([entry(cost=cost, kind=kind) for cost in costs], "model", UTC)
    assert found.rows[0].cost == shown
    if shown == "?":
        assert values(found.rows[0])["cost_usd"] is None


def test_speed_is_counted_from_the_first_piece_on() -> None:
    row = report([entry(completion=20, first=1.0, duration=3.0)], "model", UTC).rows[0]
    assert (row.first_token_s, row.tokens_per_s) == (1.0, 10.0)
    assert report([entry(first=None)], "model", UTC).rows[0].tokens_per_s is None


entries = st.builds(
    entry,
    st.datetimes(datetime(2025, 1, 1), datetime(2027, 1, 1)).map(lambda at: at.replace(tzinfo=UTC)),  # noqa: DTZ001
    st.none() | st.decimals(0, 100, places=12).map(str),
    st.sampled_from(["a", "b", "c"]),
    st.sampled_from(["x" * 32, "y" * 32]),
    st.integers(0, 10**6),
    st.sampled_from(["computed", "estimated", "reported"]),
)


@given(st.lists(entries, max_size=40), st.sampled_from(BY))
def test_the_rows_add_up_to_the_total_exactly_however_they_are_grouped(found: list[Entry], by: By) -> None:
    made = report(found, by, ZoneInfo("America/New_York"))
    for name in (
        "requests",
        "prompt_tokens",
        "completion_tokens",
        "total_tokens",
        "cost_usd",
        "unknown_count",
    ):
        assert sum((getattr(row, name) for row in made.rows), Decimal(0)) == getattr(made.total, name)
    assert made.total.requests == len(found)
    assert made.total.cost_usd == sum(
        (each.cost_usd for each in found if each.cost_usd is not None), Decimal(0)
    )


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("7d", "2026-11-17"),
        ("1d", "2026-11-23"),
        ("2w", "2026-11-10"),
        ("today", "2026-11-23"),
        ("2026-02-03", "2026-02-03"),
        ("all", "1970-01-01"),
        ("9999y", "1970-01-01"),
    ],
)
def test_a_range_begins_at_a_midnight(text: str, day: str) -> None:
    assert since_of(text, NOON, UTC) == datetime.fromisoformat(day).replace(tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "yesterday", "7", "d", "-3d", "2026-13-01"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must be like 7d"):
        since_of(text, NOON, UTC)


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    whole, half, none = Row("a", cost_usd=Decimal(4)), Row("b", cost_usd=Decimal(2)), Row("c")
    assert bar(whole, whole, is_unicode=True, cells=8) == "█" * 8
    assert bar(half, whole, is_unicode=True, cells=8) == "█" * 4
    assert bar(none, whole, is_unicode=True) == ""
    assert bar(half, whole, is_unicode=False, cells=8) == "####"
    free = Row("d", total_tokens=10)
    assert bar(free, free, is_unicode=False, cells=3) == "###"  # where nothing cost anything, tokens count


def test_the_total_stands_last_where_there_is_more_than_one_row() -> None:
    _, one = columns(report([entry()], "model", UTC), is_unicode=True)
    _, two = columns(report([entry(), entry(model="b")], "model", UTC), is_unicode=True)
    assert [row[0] for row in one] == ["m"]
    assert [row[0] for row in two][-1] == "total"


def test_no_cell_of_a_csv_is_a_formula() -> None:
    lines = as_csv(report([entry(model="=cmd()"), entry(model='a,"b')], "model", UTC)).splitlines()
    assert lines[0].startswith("model,requests,")
    assert lines[1].startswith("'=cmd(),1,")
    assert lines[2].startswith('"a,""b",1,')
