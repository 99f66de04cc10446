"""Limits that hold between connections, in memory, and across a disk that fails; and clocks that are set back."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chatrepl.pacing import DAY_US, MINUTE_US, Go, Limit, Pace, Place, Sent, Ticket
from chatrepl.ports import Reservations
from chatrepl.store import migrations
from chatrepl.store.chats import SqliteStore
from chatrepl.store.pacing import STALE_AFTER_US, MemoryReservations
from chatrepl.store.resilient import RETRY_AFTER_S, ResilientStore, open_store
from tests.support.conversations import CHAT, NOON

TWO = Pace("openai", (Limit("requests", 2), Limit("tokens", 1_000)))
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
SECOND_US = 1_000_000


class Clock:
    """Time that stands still unless it is moved."""

    def __init__(self) -> None:
        self.us = 0

    def now(self) -> datetime:
        return BEGIN + timedelta(microseconds=self.us)

    def monotonic(self) -> float:
        return self.us / 1e6


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Desk:
    """A store of its own, as another process would have, and its tickets."""

    def __init__(self, path: Path, clock: Clock, name: str) -> None:
        self.store = open_store(path, clock)
        self.reservations: Reservations = self.store.reservations
        self._name = name

    def ticket(self, number: int = 1, tokens: int = 10, pace: Pace = TWO) -> Ticket:
        return Ticket(f"{self._name}{number}", pace, tokens)

    def ask(self, number: int = 1, tokens: int = 10, pace: Pace = TWO) -> Go | Place:
        return self.reservations.ask(self.ticket(number, tokens, pace))

    def goes(self, number: int = 1, tokens: int = 10, pace: Pace = TWO) -> int:
        answer = self.ask(number, tokens, pace)
        assert isinstance(answer, Go)
        return answer.at_us

    def waits(self, number: int = 1, tokens: int = 10, pace: Pace = TWO) -> tuple[int, float]:
        """Return the place, and the wait in seconds."""
        answer = self.ask(number, tokens, pace)
        assert isinstance(answer, Place)
        return answer.number, answer.wait_us / 1e6


@pytest.fixture
def desks(path: Path, clock: Clock) -> Iterator[Sequence[Desk]]:
    desks = [Desk(path, clock, name) for name in "abc"]
    yield desks
    for desk in desks:
        desk.store.close()


def use_up(desk: Desk, count: int = 2) -> None:
    for number in range(count):
        desk.goes(100 + number)


def test_what_one_process_sends_counts_for_all(desks: Sequence[Desk], clock: Clock) -> None:
    a, b, c = desks
    a.goes()
    clock.us = 10 * SECOND_US
    b.goes()

    assert c.waits() == (1, 50.0)
    clock.us = MINUTE_US - 1
    assert c.waits() == (1, 1e-6)
    clock.us = MINUTE_US
    assert c.goes() == int(BEGIN.timestamp() * 1e6) + MINUTE_US


def test_each_provider_has_limits_of_its_own(desks: Sequence[Desk]) -> None:
    a, b, _ = desks
    use_up(a)

    assert b.waits()[0] == 1
    b.goes(2, pace=TWO._replace(name="groq"))


def test_tokens_are_held_free_for_what_is_under_way_and_given_back_by_what_was_used(
    desks: Sequence[Desk],
) -> None:
    a, b, _ = desks
    at_us = a.goes(tokens=900)
    assert b.waits(tokens=200)[0] == 1

    a.reservations.settle(a.ticket(), at_us, 1, 300)

    b.goes(tokens=200)


def test_what_was_never_sent_gives_its_room_back(desks: Sequence[Desk]) -> None:
    a, b, _ = desks
    use_up(a, 1)
    at_us = a.goes()
    assert b.waits()[0] == 1

    a.reservations.settle(a.ticket(), at_us, 0, 0)

    b.goes()


def test_a_request_that_is_sent_again_counts_twice_and_its_tokens_later(
    desks: Sequence[Desk], clock: Clock
) -> None:
    a, b, _ = desks
    at_us = a.goes(tokens=700)
    clock.us = 5 * SECOND_US
    a.reservations.again(a.ticket(), 10 * SECOND_US)

    assert b.waits(1, tokens=1) == (1, 55.0), "two requests count"
    b.reservations.withdraw(b.ticket(1))
    clock.us = MINUTE_US
    assert b.waits(2, tokens=400) == (1, 15.0), "the tokens count from the second try on"
    a.reservations.settle(a.ticket(), at_us, 1, 500)
    assert [*b.reservations.sent(TWO)[1]] == [Sent(at_us + 15 * SECOND_US, 1, 500)]


def test_the_queue_is_in_the_order_of_arrival_whoever_asks_more_often(
    desks: Sequence[Desk], clock: Clock
) -> None:
    a, b, c = desks
    use_up(a)
    waiting = [(b, 1), (c, 1), (a, 1), (c, 2), (b, 2)]
    assert [desk.waits(number)[0] for desk, number in waiting] == [1, 2, 3, 4, 5]
    went: list[tuple[Desk, int]] = []

    for second in range(1, 200):
        clock.us = second * SECOND_US
        for desk, number in [*reversed(waiting), *waiting[::2]]:
            if (desk, number) not in went and isinstance(desk.ask(number), Go):
                went.append((desk, number))

    assert went == waiting
    whole_day = TWO._replace(limits=(Limit("requests", 1, DAY_US),))
    times = sorted(sent.at_us for sent in a.reservations.sent(whole_day)[1])
    assert all(third - first >= MINUTE_US for first, third in zip(times, times[2:], strict=False))
    assert times[-1] - times[0] <= 3 * MINUTE_US + 5 * SECOND_US


def test_who_leaves_the_queue_makes_room_for_those_behind(desks: Sequence[Desk]) -> None:
    a, b, c = desks
    use_up(a)
    b.waits()
    assert c.waits()[0] == 2

    b.reservations.withdraw(b.ticket())

    assert c.waits()[0] == 1


def test_withdrawing_what_was_sent_takes_nothing_back(desks: Sequence[Desk]) -> None:
    a, b, _ = desks
    use_up(a)
    a.reservations.withdraw(a.ticket(100))

    assert b.waits()[0] == 1


def test_a_large_request_is_not_overtaken_by_small_ones(desks: Sequence[Desk]) -> None:
    a, b, c = desks
    a.goes(tokens=500)
    assert b.waits(tokens=600) == (1, 60.0)

    assert c.waits(tokens=10) == (2, 60.0)


def test_a_process_that_ends_leaves_the_queue(desks: Sequence[Desk]) -> None:
    a, b, c = desks
    use_up(a)
    b.waits()
    assert c.waits()[0] == 2

    b.store.close()

    assert c.waits()[0] == 1


def test_a_process_that_sleeps_is_passed_over_and_finds_its_place_again(
    desks: Sequence[Desk], clock: Clock
) -> None:
    a, b, c = desks
    use_up(a)
    b.waits()
    assert c.waits()[0] == 2
    clock.us = STALE_AFTER_US + 1

    assert c.waits()[0] == 1
    assert b.waits()[0] == 1
    assert c.waits()[0] == 2


@pytest.mark.parametrize("back_us", [1, 30 * SECOND_US, MINUTE_US, 3 * MINUTE_US, 40 * DAY_US])
def test_a_clock_that_is_set_back_holds_nobody_up_for_long(
    desks: Sequence[Desk], clock: Clock, back_us: int
) -> None:
    a, b, _ = desks
    use_up(a)
    clock.us -= back_us

    _, wait_s = b.waits()
    assert wait_s * 1e6 <= 2 * MINUTE_US, "a jump of less than a minute is not told from a request sent later"
    clock.us += round(wait_s * 1e6)
    b.goes()


def test_a_clock_that_is_set_back_keeps_the_queue_in_order(desks: Sequence[Desk], clock: Clock) -> None:
    a, b, c = desks
    use_up(a)
    b.waits()
    c.waits()
    clock.us -= DAY_US

    c.ask()
    b.ask()

    assert (b.waits()[0], c.waits()[0]) == (1, 2)


def test_what_is_older_than_a_day_is_removed(desks: Sequence[Desk], clock: Clock, path: Path) -> None:
    daily = Pace("openai", (Limit("requests", 2, DAY_US),))
    a, b, _ = desks
    use_up(a)
    clock.us = DAY_US - 1
    assert b.waits(pace=daily) == (1, 1e-6)
    clock.us = DAY_US

    b.goes(pace=daily)

    connection = sqlite3.connect(path)
    assert connection.execute("SELECT count(*) FROM reservations").fetchone() == (1,)
    connection.close()


def test_no_more_than_counts_is_kept_of_a_request(desks: Sequence[Desk], path: Path) -> None:
    """A provider's name and numbers: no model, no text, no key."""
    desks[0].goes()
    connection = sqlite3.connect(path)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(reservations)")]
    assert columns == ["number", "id", "provider", "writer", "seen_us", "at_us", "requests", "tokens"]
    connection.close()


def test_a_database_of_the_version_before_is_brought_up_to_date_with_its_chats(
    path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(migrations, "MIGRATIONS", migrations.MIGRATIONS[:1])
        before = SqliteStore.open(path, clock)
        before.create_chat(CHAT, system="Be brief.", created_at=NOON)
        before.close()
    desk = Desk(path, clock, "a")

    desk.goes()

    assert desk.store.load(CHAT).system == "Be brief."
    assert desk.store.warnings() == []
    desk.store.close()


# Without a file -------------------------------------------------------------------------------------------------------


@pytest.fixture
def unsaved(tmp_path: Path, clock: Clock) -> Iterator[ResilientStore]:
    (tmp_path / "file").write_text("not a directory")
    store = open_store(tmp_path / "file" / "chats.db", clock)
    yield store
    store.close()


def test_without_a_file_the_limits_hold_in_this_process(unsaved: ResilientStore, clock: Clock) -> None:
    reservations = unsaved.reservations
    assert not reservations.is_shared
    tickets = [Ticket(name, TWO, 10) for name in "abcd"]
    first = [reservations.ask(ticket) for ticket in tickets[:2]]
    assert all(isinstance(answer, Go) for answer in first)

    assert reservations.ask(tickets[2]) == Place(1, MINUTE_US, TWO.limits[0])
    assert reservations.ask(tickets[3]) == Place(2, MINUTE_US, TWO.limits[0])
    reservations.withdraw(tickets[2])
    assert reservations.ask(tickets[3]) == Place(1, MINUTE_US, TWO.limits[0])
    assert isinstance(first[0], Go)
    reservations.settle(tickets[0], first[0].at_us, 0, 0)
    assert isinstance(reservations.ask(tickets[3]), Go)


def test_memory_counts_as_the_file_does(path: Path, clock: Clock) -> None:
    store = SqliteStore.open(path, clock)
    file, memory = store.reservations, MemoryReservations(clock)
    number = 0
    for step in range(90):
        clock.us += 7 * SECOND_US if step % 11 else -2 * MINUTE_US
        ticket = Ticket(f"{number}", TWO, (500, 300, 1)[number % 3])
        answer = file.ask(ticket)
        assert memory.ask(ticket) == answer
        number += isinstance(answer, Go) or step % 4 == 2
        for each in (file, memory):
            match step % 4:
                case 0 if isinstance(answer, Go):
                    each.again(ticket, 3 * SECOND_US)
                case 1 if isinstance(answer, Go):
                    each.settle(ticket, answer.at_us, 1, 77)
                case 2:
                    each.withdraw(ticket)
        now_us, sent = file.sent(TWO)
        assert (memory.sent(TWO)[0], sorted(memory.sent(TWO)[1])) == (now_us, sorted(sent))
    store.close()


def test_what_was_sent_while_nothing_was_saved_counts_for_others_once_saving_works_again(
    tmp_path: Path, clock: Clock
) -> None:
    path = tmp_path / "place" / "chats.db"
    (tmp_path / "place").write_text("in the way")
    desk = Desk(path, clock, "a")
    use_up(desk)
    shared = [desk.reservations.is_shared]
    (tmp_path / "place").unlink()
    clock.us += round(RETRY_AFTER_S * 1e6)

    assert desk.waits(1) == (1, 60 - RETRY_AFTER_S)

    assert [*shared, desk.reservations.is_shared] == [False, True]
    other = Desk(path, clock, "b")
    assert other.waits(1) == (2, 60 - RETRY_AFTER_S)
    other.store.close()
    desk.store.close()


def test_what_was_sent_still_counts_when_the_file_is_gone_and_a_new_one_is_begun(
    path: Path, clock: Clock
) -> None:
    desk = Desk(path, clock, "a")
    use_up(desk, 1)
    at_us = desk.goes()
    for file in path.parent.glob("chats.db*"):
        if file.is_file():
            file.unlink()

    assert desk.waits(2)[0] == 1

    desk.reservations.settle(desk.ticket(), at_us, 1, 55)
    assert sorted(sent.tokens for sent in desk.reservations.sent(TWO)[1]) == [10, 55]
    desk.store.close()
