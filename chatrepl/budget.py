"""Budgets: how much may be spent in a chat, a day, a week or a month, and what that says of the next request. Pure.

The worst case of a request is held against what is left before it is sent, so that no bill grows past a limit. A day
begins at midnight where the user is, a week on Monday, a month on its first day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, NamedTuple, get_args

from chatrepl.ledger import Opening, Query, Spent
from chatrepl.pacing import grouped
from chatrepl.pricing import format_usd

if TYPE_CHECKING:
    from chatrepl.entries import BudgetSettings

Period = Literal["chat", "day", "week", "month"]
PERIODS: tuple[Period, ...] = get_args(Period)
_PER = {"chat": "a chat", "day": "a day", "week": "a week", "month": "a month"}


@dataclass(frozen=True, slots=True)
class Budget:
    """One limit on money, tokens, or both."""

    name: str
    per: Period
    limit_usd: Decimal | None = None
    """None: no limit on money."""
    limit_tokens: int | None = None
    """None: no limit on tokens."""
    provider: str | None = None
    """The provider that it is for. None: all together."""
    warn_at: tuple[float, ...] = (0.5, 0.8)
    stops: bool = True
    """Whether nothing more is sent at the limit unless the user confirms it."""

    def __str__(self) -> str:
        limits = [
            format_usd(self.limit_usd) if self.limit_usd is not None else "",
            f"{grouped(self.limit_tokens)} tokens" if self.limit_tokens is not None else "",
        ]
        at = f" at {self.provider}" if self.provider else ""
        return f"`{self.name}` ({' and '.join(filter(None, limits))} {_PER[self.per]}{at})"


class Standing(NamedTuple):
    """How a budget stands."""

    budget: Budget
    spent: Spent
    begins_at: datetime | None
    """When its present time began, in UTC. None: with the chat."""
    ends_at: datetime | None
    """When it begins anew, in UTC. None: with the next chat."""

    @property
    def share(self) -> float:
        """How much of it is used, from 0; of money or tokens, whichever is nearer its limit."""
        return self._share(self.spent.cost_usd, self.spent.tokens)

    def share_with(self, opening: Opening) -> float:
        """How much of it would be used with the worst case of a request."""
        cost = self.spent.cost_usd + (opening.cost_usd or 0)
        return self._share(cost, self.spent.tokens + opening.prompt_tokens + opening.reply_tokens)

    def _share(self, cost_usd: Decimal, tokens: int) -> float:
        shares = [0.0]
        if self.budget.limit_usd:
            shares.append(float(cost_usd / self.budget.limit_usd))
        if self.budget.limit_tokens:
            shares.append(tokens / self.budget.limit_tokens)
        return max(shares)

    @property
    def left_usd(self) -> Decimal | None:
        """What is left of the money, never less than nothing. None: there is no limit on it."""
        limit = self.budget.limit_usd
        return None if limit is None else max(limit - self.spent.cost_usd, Decimal(0))

    @property
    def left_tokens(self) -> int | None:
        """What is left of the tokens, never less than nothing. None: there is no limit on them."""
        limit = self.budget.limit_tokens
        return None if limit is None else max(limit - self.spent.tokens, 0)

    @property
    def left(self) -> str:
        """Say what is left."""
        usd, tokens = self.left_usd, self.left_tokens
        said = [
            format_usd(usd) if usd is not None else "",
            f"{grouped(tokens)} tokens" if tokens is not None else "",
        ]
        return " and ".join(filter(None, said))


class Verdict(NamedTuple):
    """What the budgets say of a request."""

    stops: tuple[Standing, ...]
    """The budgets that do not allow it."""
    unpriced: tuple[Standing, ...]
    """The budgets in money that cannot be kept, since the price is not known."""

    @property
    def may_go(self) -> bool:
        """Whether nothing speaks against it."""
        return not (self.stops or self.unpriced)


def budgets_of(settings: Mapping[str, BudgetSettings]) -> tuple[Budget, ...]:
    """Return the budgets that the settings name; one without a limit or a time is none."""
    found: list[Budget] = []
    for name, entry in settings.items():
        per = period_of(name, entry)
        if per is None or (entry.limit_usd is None and entry.limit_tokens is None):
            continue
        stops = entry.at_limit == "stop"
        found.append(
            Budget(name, per, entry.limit_usd, entry.limit_tokens, entry.provider, entry.warn_at, stops)
        )
    return tuple(found)


def period_of(name: str, entry: BudgetSettings) -> Period | None:
    """Return the time that a budget is for: as it says, or as it is called. None: neither says it."""
    if entry.per is not None:
        return entry.per
    return next((period for period in PERIODS if period == name), None)


def begins_at(per: Period, now: datetime, zone: tzinfo | None) -> datetime | None:
    """Return when the present day, week or month began, in UTC. None for a chat.

    Args:
        per: Which of them.
        now: The time, with any time zone.
        zone: Where the user is. None: as the system says.
    """
    day = _day(now, zone)
    match per:
        case "chat":
            return None
        case "day":
            pass
        case "week":
            day -= timedelta(days=day.weekday())
        case "month":
            day = day.replace(day=1)
    return _midnight(day, zone)


def ends_at(per: Period, now: datetime, zone: tzinfo | None) -> datetime | None:
    """Return when the next day, week or month begins, in UTC. None for a chat."""
    day = _day(now, zone)
    match per:
        case "chat":
            return None
        case "day":
            day += timedelta(days=1)
        case "week":
            day += timedelta(days=7 - day.weekday())
        case "month":
            day = (day.replace(day=28) + timedelta(days=4)).replace(day=1)
    return _midnight(day, zone)


def _day(now: datetime, zone: tzinfo | None) -> date:
    return now.astimezone(zone).date()


def _midnight(day: date, zone: tzinfo | None) -> datetime:
    """Return the beginning of a day in UTC; with daylight saving, days have 23 to 25 hours."""
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)  # without a zone: the system's


def query(budget: Budget, chat: str, now: datetime, zone: tzinfo | None) -> Query:
    """Return what to ask the ledger for a budget."""
    if budget.per == "chat":
        return Query(provider=budget.provider, chat=chat)
    return Query(since=begins_at(budget.per, now, zone), provider=budget.provider)


def standing(budget: Budget, spent: Spent, now: datetime, zone: tzinfo | None) -> Standing:
    """Return how a budget stands with what the ledger says."""
    return Standing(budget, spent, begins_at(budget.per, now, zone), ends_at(budget.per, now, zone))


def applies(budget: Budget, provider: str) -> bool:
    """Whether a budget is for requests to a provider."""
    return budget.provider is None or budget.provider == provider


def judge(standings: Sequence[Standing], opening: Opening, *, is_price_needed: bool) -> Verdict:
    """Hold the worst case of a request against the budgets that stop.

    Args:
        standings: Of the budgets that apply to it.
        opening: The request.
        is_price_needed: Whether a request without a known price is held back by a budget in money.
    """
    stopping = [each for each in standings if each.budget.stops]
    over = tuple(each for each in stopping if each.share_with(opening) > 1)
    unpriced: tuple[Standing, ...] = ()
    if is_price_needed and opening.cost_usd is None:
        unpriced = tuple(each for each in stopping if each.budget.limit_usd is not None)
    return Verdict(over, unpriced)


def most_reply_tokens(
    standings: Sequence[Standing], opening: Opening, output_usd_per_token: Decimal | None
) -> int | None:
    """Return how long the reply may be until a budget that stops is used up. None: no bound."""
    bounds: list[int] = []
    for each in standings:
        if not each.budget.stops:
            continue
        left_usd, left_tokens = each.left_usd, each.left_tokens
        if left_tokens is not None:
            bounds.append(left_tokens - opening.prompt_tokens)
        if left_usd is not None and output_usd_per_token and opening.prompt_cost_usd is not None:
            bounds.append(int((left_usd - opening.prompt_cost_usd) / output_usd_per_token))
    return max(0, min(bounds)) if bounds else None


def warnings(standings: Sequence[Standing], told: set[tuple[str, datetime | None, float]]) -> list[str]:
    """Say which shares of their limits budgets have passed, each once.

    Args:
        standings: Before the request.
        told: What was said before, as name, beginning and share; is added to.
    """
    said: list[str] = []
    for each in standings:
        passed = [share for share in sorted({*each.budget.warn_at, 1.0}) if each.share >= share]
        if not passed:
            continue
        mark = (each.budget.name, each.begins_at, passed[-1])
        if mark in told:
            continue
        told.add(mark)
        unknown = each.spent.unknown_count
        more = f", and {_requests(unknown)} of unknown cost" if unknown and each.budget.limit_usd else ""
        said.append(f"{each.share:.0%} of the budget {each.budget} is used{more}; {each.left} is left")
    return said


def _requests(count: int) -> str:
    return "1 request" if count == 1 else f"{count} requests"


def stopped(verdict: Verdict, opening: Opening, subject: str = "it") -> tuple[str, str]:
    """Say why a request is not sent, and what can be done. ``subject`` stands for what could take so much."""
    if verdict.stops:
        worst = max(verdict.stops, key=lambda each: each.share_with(opening))
        name = worst.budget.name
        could = [f"{grouped(opening.prompt_tokens + opening.reply_tokens)} tokens"]
        if opening.cost_usd is not None:
            could.insert(0, format_usd(opening.cost_usd))
        key = "limit_tokens" if worst.budget.limit_usd is None else "limit_usd"
        under_way = worst.spent.under_way_usd
        kept = f", {format_usd(under_way)} being set aside for requests under way" if under_way else ""
        message = (
            f"Not sent: {subject} could take up to {' and '.join(could)}, and of the budget {worst.budget}"
            f" {worst.left} is left{kept}."
        )
        hint = (
            "Expect a shorter reply (/set max_tokens 200), take a cheaper model (/model), or raise"
            f" budgets.{name}.{key} (/budget {name} LIMIT)."
        )
        return message, hint
    budget = verdict.unpriced[0].budget
    return (
        f"Not sent: the price of {opening.model} at {opening.provider} is not known, so the budget {budget} cannot be kept.",
        f'Set input_usd_per_mtok and output_usd_per_mtok under [models."{opening.model}"]; 0 means free.',
    )


def cut_off(standings: Sequence[Standing], tokens: int) -> str:
    """Say why a reply was stopped after so many tokens."""
    stopping = [each for each in standings if each.budget.stops]
    worst = max(stopping, key=lambda each: each.share, default=None)
    which = f"the budget {worst.budget} is" if worst is not None else "a budget is"
    return f"stopped after about {grouped(tokens)} tokens: {which} used up; what came is kept"
