"""What every request took, shared by all processes through the database; in memory while that cannot be written.

Looking at what was spent and setting aside the worst case of a request is one write transaction, so that processes that
race never spend the same money. Money in the file is whole trillionths of a dollar: sums are exact.

A request whose process ended without a word counts with what was noted of it last, as ``lost``. Where the clock is set
back by less than a day, a request is stamped no earlier than the one before it, so that days follow each other; farther
back, the clock is believed.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, Decimal
from typing import Any, Protocol, TypeVar

from chatrepl.ledger import CostKind, Entry, Opening, Query, Spent
from chatrepl.messages import Usage
from chatrepl.pacing import DAY_US
from chatrepl.ports import Clock
from chatrepl.store.amounts import from_trillionths, to_trillionths
from chatrepl.store.database import Database
from chatrepl.store.failures import DiskError
from chatrepl.store.records import from_microseconds, storable, to_microseconds
from chatrepl.store.writers import Writer

PAGE_ROWS = 1000
"""As many entries are read at once."""

T = TypeVar("T")

_COLUMNS = (
    "number, id, at_us, provider, model, chat, purpose, outcome, prompt_tokens, cached_tokens, cache_write_tokens,"
    " completion_tokens, reasoning_tokens, total_tokens, is_estimated, cost_pusd, cost_kind, first_token_s, duration_s,"
    " retries"
)
_CLOSE = (
    "INSERT INTO ledger (id, at_us, provider, model, chat, purpose, outcome, prompt_tokens, cached_tokens,"
    " cache_write_tokens, completion_tokens, reasoning_tokens, total_tokens, is_estimated, cost_pusd, cost_kind,"
    " first_token_s, duration_s, retries) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
    " ON CONFLICT (id) DO UPDATE SET writer = NULL, most_tokens = 0, most_cost_pusd = NULL, outcome = excluded.outcome,"
    " model = excluded.model, prompt_tokens = excluded.prompt_tokens, cached_tokens = excluded.cached_tokens,"
    " cache_write_tokens = excluded.cache_write_tokens, completion_tokens = excluded.completion_tokens,"
    " reasoning_tokens = excluded.reasoning_tokens, total_tokens = excluded.total_tokens,"
    " is_estimated = excluded.is_estimated, cost_pusd = excluded.cost_pusd, cost_kind = excluded.cost_kind,"
    " first_token_s = excluded.first_token_s, duration_s = excluded.duration_s, retries = excluded.retries"
)
_SUM = (
    "SELECT coalesce(sum(max(coalesce(cost_pusd, 0), coalesce(most_cost_pusd, 0))), 0),"
    " coalesce(sum(max(total_tokens, prompt_tokens + completion_tokens, most_tokens)), 0),"
    " coalesce(sum(cost_pusd IS NULL AND most_cost_pusd IS NULL), 0),"
    " coalesce(sum(CASE WHEN outcome IS NULL THEN most_cost_pusd END), 0) FROM ledger"
)


def rounded(entry: Entry) -> Entry:
    """Return an entry as the file gives it back."""
    return replace(entry, cost_usd=from_trillionths(to_trillionths(entry.cost_usd)))


class SqliteLedger:
    """The table ``ledger``. Every method raises ``DiskError`` when the disk fails it."""

    def __init__(self, database: Database, clock: Clock, writer: Writer) -> None:
        self._database = database
        self._clock = clock
        self._writer = writer

    @property
    def is_shared(self) -> bool:
        """Whether other processes see what is written here."""
        return not self._database.is_read_only

    def open(
        self, opening: Opening, queries: Sequence[Query], may: Callable[[Sequence[Spent]], bool]
    ) -> Sequence[Spent] | None:
        """Set aside what a request may take; see ``ports.UsageLedger``."""
        with self._database.write(durable=False) as connection:
            self._end_lost(connection)
            spent = [_sum(connection, query) for query in queries]
            if not may(spent):
                return None
            (latest_us,) = connection.execute("SELECT max(at_us) FROM ledger").fetchone()
            _insert_opening(connection, opening, self._stamp(latest_us), self._writer.mark())
            return spent

    def take_over(self, opening: Opening, at: datetime) -> None:
        """Know a request of this process that is under way, where the file does not yet."""
        with self._database.write(durable=False) as connection:
            query = "SELECT 1 FROM ledger WHERE id = ?"
            if connection.execute(query, (opening.id,)).fetchone() is None:
                _insert_opening(connection, opening, to_microseconds(at), self._writer.mark())

    def _stamp(self, latest_us: int | None) -> int:
        return stamp(to_microseconds(self._clock.now()), latest_us)

    def progress(self, opening: Opening, completion_tokens: int, cost_usd: Decimal | None) -> None:
        """Note what a request that is under way has used so far."""
        with self._database.write(durable=False) as connection:
            connection.execute(
                "UPDATE ledger SET completion_tokens = ?, total_tokens = prompt_tokens + ?, cost_pusd = ?,"
                " cost_kind = CASE WHEN ? IS NULL THEN NULL ELSE 'estimated' END WHERE id = ? AND outcome IS NULL",
                (
                    completion_tokens,
                    completion_tokens,
                    to_trillionths(cost_usd),
                    to_trillionths(cost_usd),
                    opening.id,
                ),
            )

    def close(self, entry: Entry) -> None:
        """Put what a request really took in the place of what was set aside."""
        with self._database.write(durable=False) as connection:
            connection.execute(_CLOSE, _row(entry))

    def withdraw(self, opening: Opening) -> None:
        """Give back what was set aside."""
        with self._database.write(durable=False) as connection:
            connection.execute("DELETE FROM ledger WHERE id = ? AND outcome IS NULL", (opening.id,))

    def spent(self, queries: Sequence[Query]) -> Sequence[Spent]:
        """Add up what was taken."""
        if not self._database.is_read_only and self._has_lost():
            with self._database.write(durable=False) as connection:
                self._end_lost(connection)
        with self._database.read() as connection:
            return [_sum(connection, query) for query in queries]

    def entries(self, since: datetime | None = None) -> Iterator[Entry]:
        """Yield the requests in the order in which they were sent."""
        since_us = to_microseconds(since) if since is not None else -(2**62)
        number = 0
        gone = self._gone()
        while True:
            with self._database.read() as connection:
                query = f"SELECT {_COLUMNS}, writer FROM ledger WHERE number > ? AND at_us >= ? ORDER BY number LIMIT ?"  # noqa: S608
                rows = connection.execute(query, (number, since_us, PAGE_ROWS)).fetchall()
            for row in rows:
                entry = _entry(row)
                yield replace(entry, outcome="lost") if row[-1] in gone else entry
            if len(rows) < PAGE_ROWS:
                return
            number = rows[-1][0]

    def _gone(self) -> set[str]:
        """Return the writers of requests under way that have ended."""
        with self._database.read() as connection:
            query = "SELECT DISTINCT writer FROM ledger WHERE writer IS NOT NULL"
            writers = [writer for (writer,) in connection.execute(query)]
        return {writer for writer in writers if not self._writer.is_alive(writer)}

    def _has_lost(self) -> bool:
        return bool(self._gone())

    def _end_lost(self, connection: sqlite3.Connection) -> None:
        """Settle the requests of processes that ended without a word."""
        query = "SELECT DISTINCT writer FROM ledger WHERE writer IS NOT NULL"
        writers = connection.execute(query).fetchall()
        gone = [row for row in writers if not self._writer.is_alive(row[0])]
        connection.executemany(
            "UPDATE ledger SET outcome = 'lost', writer = NULL, most_tokens = 0, most_cost_pusd = NULL,"
            " is_estimated = 1 WHERE writer = ?",
            gone,
        )


def stamp(now_us: int, latest_us: int | None) -> int:
    """Return the time of a new entry: never before the latest one, unless the clock was set back by a day or more."""
    if latest_us is not None and now_us < latest_us < now_us + DAY_US:
        return latest_us
    return now_us


def _insert_opening(connection: sqlite3.Connection, opening: Opening, at_us: int, writer: str) -> None:
    connection.execute(
        "INSERT INTO ledger (id, at_us, provider, model, chat, purpose, writer, most_tokens, most_cost_pusd,"
        " prompt_tokens, total_tokens, cost_pusd, cost_kind) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            opening.id,
            at_us,
            storable(opening.provider),
            storable(opening.model),
            opening.chat,
            opening.purpose,
            writer,
            opening.prompt_tokens + opening.reply_tokens,
            to_trillionths(opening.cost_usd, rounding=ROUND_CEILING),
            opening.prompt_tokens,
            opening.prompt_tokens,
            to_trillionths(opening.prompt_cost_usd),
            None if opening.prompt_cost_usd is None else "estimated",
        ),
    )


def _row(entry: Entry) -> tuple[Any, ...]:
    usage = entry.usage
    return (
        entry.id,
        to_microseconds(entry.at),
        storable(entry.provider),
        storable(entry.model),
        entry.chat,
        entry.purpose,
        entry.outcome,
        usage.prompt_tokens,
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.completion_tokens,
        usage.reasoning_tokens,
        usage.total_tokens,
        usage.is_estimated,
        to_trillionths(entry.cost_usd),
        entry.cost_kind,
        entry.first_token_s,
        entry.duration_s,
        entry.retries,
    )


def _entry(row: Sequence[Any]) -> Entry:
    cost = from_trillionths(row[15])
    usage = Usage(
        prompt_tokens=row[8],
        completion_tokens=row[11],
        total_tokens=row[13],
        cached_tokens=row[9],
        cache_write_tokens=row[10],
        reasoning_tokens=row[12],
        reported_cost_usd=cost if row[16] == "reported" else None,
        is_estimated=bool(row[14]),
    )
    return Entry(
        id=row[1],
        at=from_microseconds(row[2]),
        provider=row[3],
        model=row[4],
        chat=row[5],
        purpose=row[6],
        usage=usage,
        cost_usd=cost,
        cost_kind=row[16],
        outcome=row[7],
        first_token_s=row[17],
        duration_s=row[18],
        retries=row[19],
    )


def _sum(connection: sqlite3.Connection, query: Query) -> Spent:
    conditions: list[str] = []
    values: list[Any] = []
    if query.since is not None:
        conditions.append("at_us >= ?")
        values.append(to_microseconds(query.since))
    for column in ("provider", "chat", "purpose"):
        value = getattr(query, column)
        if value is not None:
            conditions.append(f"{column} = ?")
            values.append(value)
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    cost, tokens, unknown, under_way = connection.execute(_SUM + where, values).fetchone()
    return Spent(Decimal(cost).scaleb(-12), tokens, unknown, Decimal(under_way).scaleb(-12))


@dataclass(slots=True)
class _Known:
    """A request of this process."""

    opening: Opening | None
    """None: it is over."""
    entry: Entry


class MemoryLedger:
    """What this process has asked, for when there is no file. Keeps time as the file does."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._known: dict[str, _Known] = {}
        """By id, in the order in which they were sent."""

    @property
    def is_shared(self) -> bool:
        """Never: no other process sees it."""
        return False

    def open(
        self, opening: Opening, queries: Sequence[Query], may: Callable[[Sequence[Spent]], bool]
    ) -> Sequence[Spent] | None:
        """Set aside what a request may take; see ``ports.UsageLedger``."""
        with self._lock:
            spent = [self._sum(query) for query in queries]
            if not may(spent):
                return None
            self._note(opening)
            return spent

    def note(self, opening: Opening) -> None:
        """Know a request that the file has agreed to."""
        with self._lock:
            self._note(opening)

    def _note(self, opening: Opening) -> None:
        latest_us = max((to_microseconds(known.entry.at) for known in self._known.values()), default=None)
        at = from_microseconds(stamp(to_microseconds(self._clock.now()), latest_us))
        usage = Usage(opening.prompt_tokens, 0, opening.prompt_tokens, is_estimated=True)
        cost = opening.prompt_cost_usd
        entry = Entry(
            opening.id,
            at,
            opening.provider,
            opening.model,
            opening.chat,
            opening.purpose,
            usage,
            cost,
            None if cost is None else "estimated",
            None,
        )
        self._known[opening.id] = _Known(opening, rounded(entry))

    def progress(self, opening: Opening, completion_tokens: int, cost_usd: Decimal | None) -> None:
        """Note what a request that is under way has used so far."""
        with self._lock:
            known = self._known.get(opening.id)
            if known is not None and known.opening is not None:
                prompt = opening.prompt_tokens
                usage = Usage(prompt, completion_tokens, prompt + completion_tokens, is_estimated=True)
                kind: CostKind | None = None if cost_usd is None else "estimated"
                entry = replace(known.entry, usage=usage, cost_usd=cost_usd, cost_kind=kind)
                known.entry = rounded(entry)

    def close(self, entry: Entry) -> None:
        """Put what a request really took in the place of what was set aside."""
        with self._lock:
            known = self._known.get(entry.id)
            at = known.entry.at if known is not None else entry.at
            self._known[entry.id] = _Known(None, rounded(replace(entry, at=at)))

    def withdraw(self, opening: Opening) -> None:
        """Give back what was set aside."""
        with self._lock:
            known = self._known.get(opening.id)
            if known is not None and known.opening is not None:
                del self._known[opening.id]

    def spent(self, queries: Sequence[Query]) -> Sequence[Spent]:
        """Add up what was taken."""
        with self._lock:
            return [self._sum(query) for query in queries]

    def entries(self, since: datetime | None = None) -> Iterator[Entry]:
        """Yield the requests in the order in which they were sent."""
        with self._lock:
            known = [known.entry for known in self._known.values()]
        yield from (entry for entry in known if since is None or entry.at >= since)

    def openings(self) -> Sequence[Opening]:
        """Return the requests that are under way."""
        with self._lock:
            return [known.opening for known in self._known.values() if known.opening is not None]

    def _sum(self, query: Query) -> Spent:
        total = Spent(Decimal(0), 0)
        for known in self._known.values():
            entry = known.entry
            is_asked = (
                (query.since is None or entry.at >= query.since)
                and query.provider in {None, entry.provider}
                and query.chat in {None, entry.chat}
                and query.purpose in {None, entry.purpose}
            )
            if is_asked:
                total = _added(total, known)
        return total


def _added(total: Spent, known: _Known) -> Spent:
    opening, entry = known.opening, known.entry
    most_tokens = opening.prompt_tokens + opening.reply_tokens if opening is not None else 0
    most = to_trillionths(opening.cost_usd, rounding=ROUND_CEILING) if opening is not None else None
    most_usd = from_trillionths(most)
    is_unknown = entry.cost_usd is None and most_usd is None
    cost = max(entry.cost_usd or Decimal(0), most_usd or Decimal(0))
    return Spent(
        total.cost_usd + cost,
        total.tokens + max(entry.tokens, most_tokens),
        total.unknown_count + is_unknown,
        total.under_way_usd + (most_usd or Decimal(0)),
    )


def added(one: Spent, other: Spent) -> Spent:
    """Return the sum of two."""
    return Spent(
        one.cost_usd + other.cost_usd,
        one.tokens + other.tokens,
        one.unknown_count + other.unknown_count,
        one.under_way_usd + other.under_way_usd,
    )


class OnFile(Protocol):
    """Does something with the ledger of the file. None: there is no file to do it with."""

    def __call__(self, action: Callable[[SqliteLedger], T], /) -> T | None:
        """Do it."""
        ...


class SharedLedger:
    """``ports.UsageLedger``: that of the file while there is one, else that of this process alone.

    What this process sends is kept in memory too, so that it still counts when the disk fails or the file is a new one.
    """

    def __init__(
        self, clock: Clock, on_file: OnFile, read_file: OnFile, is_shared: Callable[[], bool]
    ) -> None:
        self._memory = MemoryLedger(clock)
        self._on_file = on_file
        self._read_file = read_file
        self._is_shared = is_shared

    @property
    def is_shared(self) -> bool:
        """Whether other processes see it."""
        return self._is_shared()

    def open(
        self, opening: Opening, queries: Sequence[Query], may: Callable[[Sequence[Spent]], bool]
    ) -> Sequence[Spent] | None:
        """Set aside what a request may take, if ``may`` says so of what the queries found."""
        answer = self._on_file(lambda file: (file.open(opening, queries, may),))
        if answer is None:
            return self._memory.open(opening, queries, may)
        if answer[0] is not None:
            self._memory.note(opening)
        return answer[0]

    def progress(self, opening: Opening, completion_tokens: int, cost_usd: Decimal | None) -> None:
        """Note what a request that is under way has used so far."""
        self._memory.progress(opening, completion_tokens, cost_usd)
        self._on_file(lambda file: file.progress(opening, completion_tokens, cost_usd))

    def close(self, entry: Entry) -> None:
        """Put what a request really took in the place of what was set aside."""
        self._memory.close(entry)
        self._on_file(lambda file: file.close(entry))

    def withdraw(self, opening: Opening) -> None:
        """Give back what was set aside."""
        self._memory.withdraw(opening)
        self._on_file(lambda file: file.withdraw(opening))

    def spent(self, queries: Sequence[Query]) -> Sequence[Spent]:
        """Add up what was taken."""
        if self._is_shared():
            found = self._on_file(lambda file: file.spent(queries))
            if found is not None:
                return found
        before = self._read_file(lambda file: file.spent(queries))
        here = self._memory.spent(queries)
        return here if before is None else [added(*pair) for pair in zip(before, here, strict=True)]

    def entries(self, since: datetime | None = None) -> Iterator[Entry]:
        """Yield the requests in the order in which they were sent."""
        seen: set[str] = set()
        pages = self._read_file(lambda file: file.entries(since))
        if pages is not None:
            with suppress(DiskError):
                for entry in pages:
                    seen.add(entry.id)
                    yield entry
        if not self._is_shared():
            yield from (entry for entry in self._memory.entries(since) if entry.id not in seen)

    def bring_to(self, file: SqliteLedger) -> None:
        """Write what this process has sent into a file that does not know it."""
        under_way = {opening.id: opening for opening in self._memory.openings()}
        for entry in self._memory.entries():
            opening = under_way.get(entry.id)
            if opening is None:
                file.close(entry)
            else:
                file.take_over(opening, entry.at)
