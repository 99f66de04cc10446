"""Keeps to the budgets and writes the ledger: asked before every request, told while it runs and when it is over.

Every request goes through here, those of the chat as well as summaries. What is set aside for one before it is sent is
its worst case, in one step with the look at what was spent, so that processes that race never spend the same money.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from chatrepl import budget as rules
from chatrepl.budget import Budget, Standing, begins_at
from chatrepl.environment import new_id
from chatrepl.errors import BudgetExceededError
from chatrepl.ledger import CostKind, Entry, Opening, Outcome, Purpose, Query, Spent
from chatrepl.messages import Usage
from chatrepl.pricing import cost, worst_cost

if TYPE_CHECKING:
    from chatrepl.ports import Clock, UsageLedger
    from chatrepl.pricing import Price

NOTE_EVERY_S = 0.5
"""What a request has used so far is noted so often, in case this process is killed."""


class Asked(NamedTuple):
    """A request as the books see it."""

    model: str
    chat: str
    purpose: Purpose
    prompt_tokens: int
    reply_tokens: int
    """The longest reply that is expected."""
    price: Price | None
    service_tier: str | None = None


class Bookkeeper:
    """The books of one run.

    Args:
        budgets: Those that hold.
        ledger: What all processes have spent.
        clock: For ids, for the beginnings of days, and for how long a request takes.
        provider: The name of the provider that is asked, in budgets and in the ledger.
        is_on_this_machine: Whether the server is the user's own: then an unknown price holds nothing back.
        zone: Where the user is. None: as the system says.
    """

    def __init__(
        self,
        budgets: Sequence[Budget],
        ledger: UsageLedger,
        clock: Clock,
        *,
        provider: str,
        is_on_this_machine: bool = False,
        zone: tzinfo | None = None,
    ) -> None:
        self.budgets = tuple(budgets)
        self.ledger = ledger
        self._clock = clock
        self._provider = provider
        self._is_price_needed = not is_on_this_machine
        self._zone = zone
        self._told: set[tuple[str, datetime | None, float]] = set()
        self._told_unpriced: set[str] = set()

    def begin(self, asked: Asked, *, has_consent: bool = False) -> Opened:
        """Set the worst case of a request aside; what is said of budgets stands in ``Opened.warnings``.

        Args:
            asked: The request.
            has_consent: Whether the user has confirmed that it is sent all the same.

        Raises:
            BudgetExceededError: a budget does not allow it, or cannot be kept, and the user has not confirmed it.
        """
        now = self._clock.now()
        opening = self.opening(asked)
        budgets = [each for each in self.budgets if rules.applies(each, self._provider)]
        queries = [rules.query(each, asked.chat, now, self._zone) for each in budgets]

        def standings(spents: Sequence[Spent]) -> list[Standing]:
            return [
                rules.standing(each, spent, now, self._zone)
                for each, spent in zip(budgets, spents, strict=True)
            ]

        def may(spents: Sequence[Spent]) -> bool:
            found[:] = spents
            verdict = rules.judge(standings(spents), opening, is_price_needed=self._is_price_needed)
            return has_consent or verdict.may_go

        found: list[Spent] = []
        if self.ledger.open(opening, queries, may) is None:
            verdict = rules.judge(standings(found), opening, is_price_needed=self._is_price_needed)
            message, hint = rules.stopped(verdict, opening)
            raise BudgetExceededError(message, hint=hint)
        before = standings(found)
        opened = Opened(self.ledger, self._clock, asked, opening, before, has_consent=has_consent)
        opened.warnings += rules.warnings(before, self._told)
        opened.warnings += self._unpriced(before, opening)
        return opened

    def opening(self, asked: Asked) -> Opening:
        """Return a request as the ledger keeps it while it is under way."""
        return Opening(
            id=new_id(self._clock.now()),
            provider=self._provider,
            model=asked.model,
            chat=asked.chat,
            purpose=asked.purpose,
            prompt_tokens=asked.prompt_tokens,
            reply_tokens=asked.reply_tokens,
            cost_usd=worst_cost(
                asked.prompt_tokens, asked.reply_tokens, asked.price, service_tier=asked.service_tier
            ),
            prompt_cost_usd=worst_cost(asked.prompt_tokens, 0, asked.price, service_tier=asked.service_tier),
        )

    def _unpriced(self, standings: Sequence[Standing], opening: Opening) -> list[str]:
        """Say once of each model that the budgets in money know nothing of it."""
        has_money = any(each.budget.limit_usd is not None for each in standings)
        if opening.cost_usd is not None or not has_money or opening.model in self._told_unpriced:
            return []
        self._told_unpriced.add(opening.model)
        return [f"the price of {opening.model} is not known, so budgets in money do not count it"]

    def standings(self, chat: str) -> list[Standing]:
        """Return how the budgets stand, the one that is most used first."""
        now = self._clock.now()
        spents = self.ledger.spent([rules.query(each, chat, now, self._zone) for each in self.budgets])
        found = [
            rules.standing(each, spent, now, self._zone)
            for each, spent in zip(self.budgets, spents, strict=True)
        ]
        return sorted(found, key=lambda each: -each.share)

    def today(self) -> Spent:
        """Return what was spent today, at all providers."""
        return self.ledger.spent([Query(since=begins_at("day", self._clock.now(), self._zone))])[0]

    def periods(self, chat: str) -> Mapping[str, Spent]:
        """Return what was spent in this chat, today, this week and this month."""
        now = self._clock.now()
        queries = [Query(chat=chat)]
        queries += [Query(since=begins_at(per, now, self._zone)) for per in ("day", "week", "month")]
        return dict(zip(("chat", "day", "week", "month"), self.ledger.spent(queries), strict=True))


class Opened:
    """A request for which its worst case is set aside, until it is closed or withdrawn."""

    def __init__(
        self,
        ledger: UsageLedger,
        clock: Clock,
        asked: Asked,
        opening: Opening,
        standings: Sequence[Standing],
        *,
        has_consent: bool,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._asked = asked
        self._opening = opening
        self._has_consent = has_consent
        self._is_closed = False
        self._noted_at_s = clock.monotonic()
        self._sent_at = clock.now()
        self._usd_per_token = _usd_per_token(asked)
        self.hold_to(standings)
        self.warnings: list[str] = []
        """What the user should be told now, in sentences."""

    @property
    def opening(self) -> Opening:
        """The request as the ledger keeps it while it is under way."""
        return self._opening

    def hold_to(self, standings: Sequence[Standing]) -> None:
        """Bound the reply by how the budgets stand without this request."""
        self._standings = standings
        bound = rules.most_reply_tokens(standings, self._opening, self._usd_per_token)
        if bound is not None and self._has_consent:
            bound = max(bound, self._asked.reply_tokens)
        self.allowed_reply_tokens = bound
        """The longest reply that the budgets allow. None: no bound."""

    def running(self, completion_tokens: int) -> BudgetExceededError | None:
        """Say whether a reply that has come so far must be cut. None: it may go on. Quick."""
        now_s = self._clock.monotonic()
        if now_s - self._noted_at_s >= NOTE_EVERY_S:
            self._noted_at_s = now_s
            self._ledger.progress(self._opening, completion_tokens, self._cost_of(completion_tokens))
        allowed = self.allowed_reply_tokens
        if allowed is None or completion_tokens <= allowed:
            return None
        return BudgetExceededError(
            rules.cut_off(self._standings, completion_tokens),
            hint="/continue asks for the rest, once you confirm it; /budget shows what is left.",
        )

    def _cost_of(self, completion_tokens: int) -> Decimal | None:
        if self._usd_per_token is None or self._opening.prompt_cost_usd is None:
            return None
        return self._opening.prompt_cost_usd + completion_tokens * self._usd_per_token

    def close(
        self,
        usage: Usage,
        outcome: Outcome,
        *,
        cost_usd: Decimal | None = None,
        first_token_s: float | None = None,
        duration_s: float | None = None,
        retries: int = 0,
    ) -> None:
        """Record what the request really took. ``cost_usd`` None: it is computed. A second call does nothing."""
        if self._is_closed:
            return
        self._is_closed = True
        if cost_usd is None:
            cost_usd = cost(usage, self._asked.price, service_tier=self._asked.service_tier)
        self._ledger.close(
            Entry(
                id=self._opening.id,
                at=self._sent_at,
                provider=self._opening.provider,
                model=self._opening.model,
                chat=self._opening.chat,
                purpose=self._opening.purpose,
                usage=usage,
                cost_usd=cost_usd,
                cost_kind=_kind(usage, cost_usd),
                outcome=outcome,
                first_token_s=first_token_s,
                duration_s=duration_s,
                retries=retries,
            )
        )

    def withdraw(self) -> None:
        """Give back what was set aside: nothing was sent. Does nothing after ``close``."""
        if not self._is_closed:
            self._is_closed = True
            self._ledger.withdraw(self._opening)


def _kind(usage: Usage, cost_usd: Decimal | None) -> CostKind | None:
    if cost_usd is None:
        return None
    if usage.reported_cost_usd is not None:
        return "reported"
    return "estimated" if usage.is_estimated else "computed"


def _usd_per_token(asked: Asked) -> Decimal | None:
    """Return what one more token of the reply costs. None: the price is not known."""
    many = 1_000_000
    most = worst_cost(asked.prompt_tokens, many, asked.price, service_tier=asked.service_tier)
    none = worst_cost(asked.prompt_tokens, 0, asked.price, service_tier=asked.service_tier)
    return None if most is None or none is None else (most - none) / many
