"""What is asked of providers with limits, and the queue before them, shared by all processes through the database.

Every question to the queue is one short write transaction, so that two processes never take the same room. The order of
arrival is the order of the rows, not of anybody's clock.

A process that waits keeps its place by asking again every second. It loses it when it ends, however it ends, since its
lock tells so (see ``writers``); while it is stopped or asleep it is passed over, and has its place again when it goes on.
What a process that was killed had sent stays counted as it was expected, since the server counts it too. On a file system
that knows no locks all others seem to have ended: the limits hold, but nobody keeps a place.

Where the clock is set back, what was sent lies ahead of it. It then counts as sent now, so nobody waits longer than one
window.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from chatrepl.pacing import DAY_US, MINUTE_US, Go, Pace, Place, Sent, Ticket, place
from chatrepl.ports import Clock
from chatrepl.store.database import Database
from chatrepl.store.records import to_microseconds
from chatrepl.store.writers import Writer

STALE_AFTER_US = 10_000_000
"""A process that waits and was not heard of for so long is passed over."""
AHEAD_US = MINUTE_US
"""No request is noted down for a later time than this: what lies further ahead was written by another clock."""

T = TypeVar("T")


class SqliteReservations:
    """The table ``reservations``. Every method raises ``DiskError`` when the disk fails it."""

    def __init__(self, database: Database, clock: Clock, writer: Writer) -> None:
        self._database = database
        self._clock = clock
        self._writer = writer

    @property
    def is_shared(self) -> bool:
        """Whether other processes see what is written here."""
        return not self._database.is_read_only

    def ask(self, ticket: Ticket) -> Go | Place:
        """Queue up, or ask again; see ``ports.Reservations``."""
        with self._database.write(durable=False) as connection:
            now_us = to_microseconds(
                self._clock.now()
            )  # here, so that times follow each other as the rows do
            self._tidy(connection, ticket.pace.name, now_us)
            self._queue(connection, ticket, now_us)
            ahead = self._ahead(connection, ticket, now_us)
            sent = _read(connection, ticket.pace, now_us)
            answer = place(sent, ahead, ticket.pace.limits, now_us, ticket.tokens)
            if isinstance(answer, Go):
                connection.execute(
                    "UPDATE reservations SET at_us = ?, writer = NULL WHERE id = ?", (now_us, ticket.id)
                )
            return answer

    def withdraw(self, ticket: Ticket) -> None:
        """Leave the queue."""
        with self._database.write(durable=False) as connection:
            connection.execute("DELETE FROM reservations WHERE id = ? AND at_us IS NULL", (ticket.id,))

    def again(self, ticket: Ticket, wait_us: int) -> None:
        """Count a request once more; see ``ports.Reservations``."""
        with self._database.write(durable=False) as connection:
            at_us = to_microseconds(self._clock.now()) + min(wait_us, AHEAD_US)
            connection.execute(
                "INSERT INTO reservations (id, provider, seen_us, at_us, requests, tokens)"
                " SELECT id || '/' || hex(randomblob(6)), provider, seen_us, at_us, requests, 0"
                " FROM reservations WHERE id = ?",
                (ticket.id,),
            )
            connection.execute(
                "UPDATE reservations SET at_us = ?, requests = 1 WHERE id = ?", (at_us, ticket.id)
            )

    def settle(self, ticket: Ticket, sent_at_us: int, requests: int, tokens: int) -> None:
        """Put what a request really took in the place of what was expected; also where the file is a new one."""
        with self._database.write(durable=False) as connection:
            if requests or tokens:
                connection.execute(
                    "INSERT INTO reservations (id, provider, seen_us, at_us, requests, tokens)"
                    " VALUES (?, ?, ?, ?, ?, ?)"
                    " ON CONFLICT (id) DO UPDATE SET requests = excluded.requests, tokens = excluded.tokens",
                    (ticket.id, ticket.pace.name, sent_at_us, sent_at_us, requests, tokens),
                )
            else:
                connection.execute("DELETE FROM reservations WHERE id = ?", (ticket.id,))

    def sent(self, pace: Pace) -> tuple[int, Sequence[Sent]]:
        """Return the time, and what was sent within the longest window of a provider's limits."""
        with self._database.read() as connection:
            now_us = to_microseconds(self._clock.now())
            return now_us, _read(connection, pace, now_us)

    def _tidy(self, connection: sqlite3.Connection, provider: str, now_us: int) -> None:
        """Drop what counts no more and who has gone, and undo what a clock that was ahead has written."""
        connection.execute(
            "DELETE FROM reservations WHERE at_us <= ? OR (at_us IS NULL AND abs(seen_us - ?) > ?)",
            (now_us - DAY_US, now_us, 2 * DAY_US),
        )
        connection.execute("UPDATE reservations SET at_us = ? WHERE at_us > ?", (now_us, now_us + AHEAD_US))
        waiting = connection.execute(
            "SELECT DISTINCT writer FROM reservations WHERE provider = ? AND at_us IS NULL", (provider,)
        ).fetchall()
        gone = [row for row in waiting if not self._writer.is_alive(row[0])]
        connection.executemany("DELETE FROM reservations WHERE writer = ? AND at_us IS NULL", gone)

    def _queue(self, connection: sqlite3.Connection, ticket: Ticket, now_us: int) -> None:
        connection.execute(
            "INSERT INTO reservations (id, provider, writer, seen_us, requests, tokens) VALUES (?, ?, ?, ?, 1, ?)"
            " ON CONFLICT (id) DO UPDATE SET seen_us = excluded.seen_us",
            (ticket.id, ticket.pace.name, self._writer.mark(), now_us, ticket.tokens),
        )

    def _ahead(self, connection: sqlite3.Connection, ticket: Ticket, now_us: int) -> Sequence[int]:
        """Return the tokens of those that came before a ticket and still wait, the first first."""
        rows = connection.execute(
            "SELECT tokens FROM reservations WHERE provider = ? AND at_us IS NULL AND abs(seen_us - ?) <= ?"
            " AND number < (SELECT number FROM reservations WHERE id = ?) ORDER BY number",
            (ticket.pace.name, now_us, STALE_AFTER_US, ticket.id),
        )
        return [tokens for (tokens,) in rows]


def _read(connection: sqlite3.Connection, pace: Pace, now_us: int) -> Sequence[Sent]:
    query = "SELECT at_us, requests, tokens FROM reservations WHERE provider = ? AND at_us > ?"
    since_us = now_us - _longest_us(pace)
    return [Sent(*row) for row in connection.execute(query, (pace.name, since_us))]


def _longest_us(pace: Pace) -> int:
    return max(limit.window_us for limit in pace.limits)


@dataclass(slots=True)
class _Known:
    """A request of this process."""

    ticket: Ticket
    seen_us: int
    sent: Sent | None = None
    """None: it waits."""


class MemoryReservations:
    """What this process has asked, for when there is no file. Keeps time as the file does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        """By id, in the order of arrival."""

    def ask(self, ticket: Ticket) -> Go | Place:
        """Queue up, or ask again; see ``ports.Reservations``."""
        with self._lock:
            now_us = self._tidy()
            mine = self._known.setdefault(ticket.id, _Known(ticket, now_us))
            mine.seen_us = now_us
            ahead: list[int] = []
            for known in self._known.values():
                if known is mine:
                    break
                is_heard_of = abs(now_us - known.seen_us) <= STALE_AFTER_US
                if known.sent is None and is_heard_of and known.ticket.pace.name == ticket.pace.name:
                    ahead.append(known.ticket.tokens)
            sent = self._sent(ticket.pace, now_us)
            answer = place(sent, ahead, ticket.pace.limits, now_us, ticket.tokens)
            if isinstance(answer, Go):
                mine.sent = Sent(now_us, 1, ticket.tokens)
            return answer

    def went(self, ticket: Ticket, at_us: int) -> None:
        """Note that a request was sent, as the file says."""
        with self._lock:
            self._tidy()
            self._known[ticket.id] = _Known(ticket, at_us, Sent(at_us, 1, ticket.tokens))

    def withdraw(self, ticket: Ticket) -> None:
        """Leave the queue."""
        with self._lock:
            known = self._known.get(ticket.id)
            if known is not None and known.sent is None:
                del self._known[ticket.id]

    def again(self, ticket: Ticket, wait_us: int) -> None:
        """Count a request once more; see ``ports.Reservations``."""
        with self._lock:
            known = self._known.get(ticket.id)
            if known is None or known.sent is None:
                return
            before = f"{ticket.id}/{len(self._known)}/{known.sent.at_us}"
            self._known[before] = _Known(ticket, known.seen_us, known.sent._replace(tokens=0))
            at_us = to_microseconds(self._clock.now()) + min(wait_us, AHEAD_US)
            known.sent = Sent(at_us, 1, known.sent.tokens)

    def settle(self, ticket: Ticket, sent_at_us: int, requests: int, tokens: int) -> None:
        """Put what a request really took in the place of what was expected."""
        with self._lock:
            known = self._known.pop(ticket.id, None)
            at_us = known.sent.at_us if known is not None and known.sent is not None else sent_at_us
            if requests or tokens:
                self._known[ticket.id] = _Known(ticket, at_us, Sent(at_us, requests, tokens))

    def sent(self, pace: Pace) -> tuple[int, Sequence[Sent]]:
        """Return the time, and what was sent within the longest window of a provider's limits."""
        with self._lock:
            now_us = self._tidy()
            return now_us, self._sent(pace, now_us)

    def all_sent(self) -> Sequence[tuple[Ticket, Sent]]:
        """Return all that counts, each under an id of its own."""
        with self._lock:
            self._tidy()
            return [
                (known.ticket._replace(id=name), known.sent)
                for name, known in self._known.items()
                if known.sent is not None
            ]

    def _sent(self, pace: Pace, now_us: int) -> Sequence[Sent]:
        since_us = now_us - _longest_us(pace)
        return [
            known.sent
            for known in self._known.values()
            if known.sent is not None and known.ticket.pace.name == pace.name and known.sent.at_us > since_us
        ]

    def _tidy(self) -> int:
        """Do what ``SqliteReservations`` does, and return the time."""
        now_us = to_microseconds(self._clock.now())
        for name, known in list(self._known.items()):
            if known.sent is None:
                continue
            if known.sent.at_us <= now_us - DAY_US:
                del self._known[name]
            elif known.sent.at_us > now_us + AHEAD_US:
                known.sent = known.sent._replace(at_us=now_us)
        return now_us


class OnFile(Protocol):
    """Does something with the reservations of the file. None: there is no file to do it with."""

    def __call__(self, action: Callable[[SqliteReservations], T], /) -> T | None:
        """Do it."""
        ...


class SharedReservations:
    """``ports.Reservations``: those of the file while there is one, else those of this process alone.

    What this process sends is kept in memory too, so that it still counts when the disk fails or the file is a new one.
    """

    def __init__(self, clock: Clock, on_file: OnFile, is_shared: Callable[[], bool]) -> None:
        self._memory = MemoryReservations(clock)
        self._on_file = on_file
        self._is_shared = is_shared

    @property
    def is_shared(self) -> bool:
        """Whether other processes see it."""
        return self._is_shared()

    def ask(self, ticket: Ticket) -> Go | Place:
        """Queue up, or keep one's place by asking again."""
        answer = self._on_file(lambda file: file.ask(ticket))
        if answer is None:
            return self._memory.ask(ticket)
        if isinstance(answer, Go):
            self._memory.went(ticket, answer.at_us)
        else:
            self._memory.withdraw(ticket)
        return answer

    def withdraw(self, ticket: Ticket) -> None:
        """Leave the queue."""
        self._memory.withdraw(ticket)
        self._on_file(lambda file: file.withdraw(ticket))

    def again(self, ticket: Ticket, wait_us: int) -> None:
        """Count a request once more, since it is sent again after a wait."""
        self._memory.again(ticket, wait_us)
        self._on_file(lambda file: file.again(ticket, wait_us))

    def settle(self, ticket: Ticket, sent_at_us: int, requests: int, tokens: int) -> None:
        """Put what a request really took in the place of what was expected."""
        self._memory.settle(ticket, sent_at_us, requests, tokens)
        self._on_file(lambda file: file.settle(ticket, sent_at_us, requests, tokens))

    def sent(self, pace: Pace) -> tuple[int, Sequence[Sent]]:
        """Return the time, and what was sent within the longest window of a provider's limits."""
        found = self._on_file(lambda file: file.sent(pace))
        return self._memory.sent(pace) if found is None else found

    def bring_to(self, file: SqliteReservations) -> None:
        """Write what this process has sent into a file that does not know it."""
        for ticket, sent in self._memory.all_sent():
            file.settle(ticket, *sent)
