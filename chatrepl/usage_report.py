"""Adds the ledger up by day, week, month, model, provider, chat or purpose. Pure; one pass, whatever its length.

The sum of all rows is the sum of all entries, exactly: nothing is rounded before it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import Literal, get_args

from chatrepl.conversation import first_words
from chatrepl.ledger import Entry
from chatrepl.pacing import grouped
from chatrepl.pricing import format_usd

By = Literal["day", "week", "month", "model", "provider", "chat", "purpose"]
BY: tuple[By, ...] = get_args(By)

BAR_CELLS = 20
TITLE_CHARS = 40
ID_CHARS = 12
"""So much of a chat's id tells chats of different milliseconds apart."""
MOST_EMPTY_DAYS = 92
"""Days without requests are listed too, in a range of so many days at most."""


@dataclass(slots=True)
class Row:
    """What some requests took together."""

    key: str
    requests: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    total_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    """Of those whose cost is known."""
    unknown_count: int = 0
    """Requests whose cost is not known."""
    estimated_count: int = 0
    """Requests of which cost or tokens are our estimate."""
    failed_count: int = 0
    """Requests that brought no whole reply."""
    retries: int = 0
    _first_token_s: float = 0.0
    _first_token_count: int = 0
    _streamed_tokens: int = 0
    _streamed_s: float = 0.0

    def add(self, entry: Entry) -> None:
        """Take a request in."""
        usage = entry.usage
        self.requests += 1
        self.prompt_tokens += usage.prompt_tokens
        self.cached_tokens += usage.cached_tokens
        self.completion_tokens += usage.completion_tokens
        self.reasoning_tokens += usage.reasoning_tokens
        self.total_tokens += entry.tokens
        if entry.cost_usd is None:
            self.unknown_count += 1
        else:
            self.cost_usd += entry.cost_usd
        self.estimated_count += usage.is_estimated or entry.cost_kind == "estimated"
        self.failed_count += entry.outcome != "complete"
        self.retries += entry.retries
        if entry.first_token_s is not None:
            self._first_token_s += entry.first_token_s
            self._first_token_count += 1
            if entry.duration_s is not None and entry.duration_s > entry.first_token_s:
                self._streamed_tokens += usage.completion_tokens
                self._streamed_s += entry.duration_s - entry.first_token_s

    @property
    def first_token_s(self) -> float | None:
        """The mean time to the first piece of a reply, in seconds. None: none came."""
        return self._first_token_s / self._first_token_count if self._first_token_count else None

    @property
    def tokens_per_s(self) -> float | None:
        """How fast replies came, from their first piece on. None: none came."""
        return self._streamed_tokens / self._streamed_s if self._streamed_s > 0 else None

    @property
    def cost(self) -> str:
        """Say what it cost: ``$1.20``, ``~$1.20`` where some is estimated, ``$1.20 + ?`` where some is not known."""
        if self.unknown_count and self.unknown_count == self.requests:
            return "?"
        shown = format_usd(self.cost_usd, is_estimated=bool(self.estimated_count))
        return shown + (" + ?" if self.unknown_count else "")


@dataclass(frozen=True, slots=True)
class Report:
    """The rows, and all of them together."""

    by: By
    rows: tuple[Row, ...]
    total: Row


def report(
    entries: Iterable[Entry],
    by: By,
    zone: tzinfo | None,
    *,
    since: datetime | None = None,
    now: datetime | None = None,
    titles: Mapping[str, str] | None = None,
) -> Report:
    """Add entries up.

    Args:
        entries: In any order.
        by: What the rows are: times in their order, all else by what it cost, the dearest first.
        zone: Where the user is. None: as the system says.
        since: The beginning of the range, whose days without requests are rows too. None: only days with requests.
        now: Its end.
        titles: Of chats, by their ids.
    """
    key_of = _key(by, zone)
    rows: dict[str, Row] = {}
    total = Row("total")
    if by == "day" and since is not None and now is not None:
        for key in _days(since, now, zone):
            rows[key] = Row(key)
    for entry in entries:
        key = key_of(entry)
        row = rows.get(key)
        if row is None:
            row = rows[key] = Row(key)
        row.add(entry)
        total.add(entry)
    if by in {"day", "week", "month"}:
        found = sorted(rows.values(), key=lambda row: row.key)
    else:
        found = sorted(rows.values(), key=lambda row: (-row.cost_usd, -row.total_tokens, row.key))
    if by == "chat":
        for row in found:
            title = first_words((titles or {}).get(row.key, ""), TITLE_CHARS)
            id = row.key[:ID_CHARS]
            row.key = f"{title} ({id})" if title else id or "(none)"
    return Report(by, tuple(found), total)


def _key(by: By, zone: tzinfo | None) -> Callable[[Entry], str]:
    def day(entry: Entry) -> date:
        return entry.at.astimezone(zone).date()

    def week(entry: Entry) -> str:
        year, number, _ = day(entry).isocalendar()
        return f"{year}-W{number:02}"

    keys: Mapping[By, Callable[[Entry], str]] = {
        "day": lambda entry: day(entry).isoformat(),
        "week": week,
        "month": lambda entry: f"{day(entry):%Y-%m}",
        "model": lambda entry: entry.model or "(none)",
        "provider": lambda entry: entry.provider,
        "chat": lambda entry: entry.chat,
        "purpose": lambda entry: entry.purpose,
    }
    return keys[by]


def _days(since: datetime, now: datetime, zone: tzinfo | None) -> list[str]:
    first, last = since.astimezone(zone).date(), now.astimezone(zone).date()
    count = (last - first).days + 1
    if not 0 < count <= MOST_EMPTY_DAYS:
        return []
    return [(first + timedelta(days=number)).isoformat() for number in range(count)]


def bar(row: Row, largest: Row, *, is_unicode: bool, cells: int = BAR_CELLS) -> str:
    """Draw how much of the largest row a row is: of its cost, or of its tokens where nothing cost anything."""
    of = largest.cost_usd or Decimal(largest.total_tokens)
    size = row.cost_usd if largest.cost_usd else Decimal(row.total_tokens)
    if not of or not size:
        return ""
    eighths = max(1, round(size / of * cells * 8))
    if not is_unicode:
        return "#" * max(1, round(eighths / 8))
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (" ▏▎▍▌▋▊▉"[rest] if rest else "")


def columns(found: Report, *, is_unicode: bool) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """Return a header and rows for a person, the total last."""
    largest = max(found.rows, key=lambda row: (row.cost_usd, row.total_tokens), default=found.total)
    header = (found.by, "requests", "in", "cached", "out", "cost", "first", "tok/s", "")
    rows = [(*_cells(row), bar(row, largest, is_unicode=is_unicode)) for row in found.rows]
    if len(found.rows) != 1:
        rows.append((*_cells(found.total), ""))
    return header, tuple(rows)


def _cells(row: Row) -> tuple[str, ...]:
    first, speed = row.first_token_s, row.tokens_per_s
    return (
        row.key,
        grouped(row.requests) if row.requests else "",
        grouped(row.prompt_tokens) if row.requests else "",
        grouped(row.cached_tokens) if row.cached_tokens else "",
        grouped(row.completion_tokens) if row.requests else "",
        row.cost if row.requests else "",
        f"{first:.1f} s" if first is not None else "",
        f"{speed:.0f}" if speed is not None else "",
    )


FIELDS = (
    "requests",
    "prompt_tokens",
    "cached_tokens",
    "completion_tokens",
    "reasoning_tokens",
    "total_tokens",
    "cost_usd",
    "unknown_count",
    "estimated_count",
    "failed_count",
    "retries",
    "first_token_s",
    "tokens_per_s",
)
"""What a row says to a program, by these names; costs are exact."""


def values(row: Row) -> dict[str, object]:
    """Return a row for a program. The cost is None where none of it is known, and never 0 in its place."""
    found: dict[str, object] = {name: getattr(row, name) for name in FIELDS}
    is_unknown = row.unknown_count and row.unknown_count == row.requests
    found["cost_usd"] = None if is_unknown else f"{row.cost_usd.normalize():f}" if row.cost_usd else "0"
    for name in ("first_token_s", "tokens_per_s"):
        value = getattr(row, name)
        found[name] = None if value is None else round(value, 3)
    return found


def since_of(text: str, now: datetime, zone: tzinfo | None) -> datetime:
    """Return the beginning of a range, in UTC: ``7d``, ``2w``, ``3m``, ``1y``, ``today``, ``all``, or a date such as ``2026-11-01``.

    ``7d`` is today and the six days before it.

    Raises:
        ValueError: it is none of these.
    """
    today = now.astimezone(zone).date()
    word = text.strip().lower()
    units = {"d": 1, "w": 7, "m": 30, "y": 365}
    if word == "all":
        return datetime(1970, 1, 1, tzinfo=UTC)
    if word == "today":
        day = today
    elif word and word[-1] in units and word[:-1].isdecimal() and len(word) <= 6:
        back = int(word[:-1]) * units[word[-1]]
        try:
            day = today - timedelta(days=max(0, back - 1))
        except OverflowError:
            return datetime(1970, 1, 1, tzinfo=UTC)
    else:
        try:
            day = date.fromisoformat(word)
        except ValueError:
            raise ValueError(f"must be like 7d, 2w, 3m, today, all or 2026-11-01, not '{text}'") from None
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
