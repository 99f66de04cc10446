"""Requests that go out together: their worst cases are set aside together, so that all of them are sent or none is.

Each begins in a thread of its own and waits here until all have said what they may take. They go on in their order, so
that their replies stand in the chat in the order in which they were asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from chatrepl import budget as rules
from chatrepl.budget import Standing
from chatrepl.errors import BudgetExceededError

if TYPE_CHECKING:
    from chatrepl.bookkeeper import Asked, Bookkeeper, Opened
    from chatrepl.ledger import Opening


class Member:
    """What one of the requests has in the place of a bookkeeper."""

    def __init__(self, together: Together, index: int, bookkeeper: Bookkeeper) -> None:
        self._together = together
        self._index = index
        self._bookkeeper = bookkeeper

    def begin(self, asked: Asked, *, has_consent: bool = False) -> Opened:
        """Set the worst case of a request aside, with those of the others; see ``Bookkeeper.begin``.

        Raises:
            BudgetExceededError: a budget does not allow all of them together.
        """
        return self._together.begin(self._index, _Wish(self._bookkeeper, asked, has_consent))


class _Wish(NamedTuple):
    bookkeeper: Bookkeeper
    asked: Asked
    has_consent: bool


class Together:
    """Several requests, known by their numbers from 0.

    Args:
        count: How many there are.
    """

    def __init__(self, count: int) -> None:
        self._changed = threading.Condition()
        self._awaited = set(range(count))
        """Those that have neither said what they may take nor left."""
        self._before = set(range(count))
        """Those that have not passed: nobody after them goes on."""
        self._wishes: dict[int, _Wish] = {}
        self._opened: dict[int, Opened] = {}
        self._refusal: BudgetExceededError | None = None

    def begin(self, index: int, wish: _Wish) -> Opened:
        """Wait until all is set aside, and for those with lower numbers to pass."""
        with self._changed:
            self._wishes[index] = wish
            self._awaited.discard(index)
            self._decide_if_due()
            self._changed.wait_for(lambda: not self._awaited)
            self._changed.wait_for(lambda: self._refusal is not None or min(self._before) == index)
            if self._refusal is not None:
                raise self._refusal
            return self._opened[index]

    def passed(self, index: int) -> None:
        """Let the next one go on."""
        with self._changed:
            self._before.discard(index)
            self._changed.notify_all()

    def leave(self, index: int) -> None:
        """Be waited for no more; what was set aside and not used is given back. May be called again."""
        with self._changed:
            self._before.discard(index)
            if index in self._awaited:
                self._awaited.discard(index)
                self._decide_if_due()
            opened = self._opened.get(index)
            self._changed.notify_all()
        if opened is not None:
            opened.withdraw()

    def _decide_if_due(self) -> None:
        if self._awaited or not self._wishes:
            return
        try:
            for index, wish in sorted(self._wishes.items()):
                self._opened[index] = wish.bookkeeper.begin(wish.asked, has_consent=wish.has_consent)
        except BudgetExceededError as error:
            for opened in self._opened.values():
                opened.withdraw()
            self._opened.clear()
            self._refusal = self._of_all(error)
        else:
            self._share()
        self._changed.notify_all()

    def _of_all(self, error: BudgetExceededError) -> BudgetExceededError:
        """Say why nothing is sent by what all may take together; as it was said where one alone is too much for it."""
        wishes = [*self._wishes.values()]
        openings = [wish.bookkeeper.opening(wish.asked) for wish in wishes]
        for standing in wishes[0].bookkeeper.standings(wishes[0].asked.chat):
            concerned = _concerned(standing, openings)
            if not standing.budget.stops or len(concerned) < 2:
                continue
            whole = _sum(concerned)
            if standing.share_with(whole) > 1:
                message, hint = rules.stopped(
                    rules.Verdict((standing,), ()), whole, f"the {len(concerned)} requests together"
                )
                return BudgetExceededError(message, hint=hint)
        return error

    def _share(self) -> None:
        """Bound each reply so that all of them together keep to the budgets, and say every warning once."""
        said: set[str] = set()
        openings = [opened.opening for opened in self._opened.values()]
        for index, opened in self._opened.items():
            opened.warnings = [text for text in opened.warnings if text not in said]
            said.update(opened.warnings)
            wish = self._wishes[index]
            if len(openings) > 1 and wish.bookkeeper.budgets:
                standings = wish.bookkeeper.standings(wish.asked.chat)
                opened.hold_to(
                    [
                        _for_one(each, opened.opening, openings)
                        for each in standings
                        if rules.applies(each.budget, opened.opening.provider)
                    ]
                )


def _concerned(standing: Standing, openings: Sequence[Opening]) -> list[Opening]:
    return [each for each in openings if rules.applies(standing.budget, each.provider)]


def _sum(openings: Sequence[Opening]) -> Opening:
    """Return one request that takes what all of them take at worst."""
    from dataclasses import replace

    costs = [each.cost_usd for each in openings if each.cost_usd is not None]
    return replace(
        openings[0],
        prompt_tokens=sum(each.prompt_tokens for each in openings),
        reply_tokens=sum(each.reply_tokens for each in openings),
        cost_usd=sum(costs, Decimal(0)) if costs else None,
    )


def _for_one(standing: Standing, opening: Opening, openings: Sequence[Opening]) -> Standing:
    """Return how a budget stands for one request: what the others may take is gone, and what is over is shared.

    Args:
        standing: With the worst cases of all of them.
        opening: The one.
        openings: All of them.
    """
    count = len(_concerned(standing, openings))
    over_usd, over_tokens = standing.left_usd or Decimal(0), standing.left_tokens or 0
    spent = standing.spent
    return standing._replace(
        spent=spent._replace(
            cost_usd=spent.cost_usd - (opening.cost_usd or 0) + over_usd * (count - 1) / count,
            tokens=spent.tokens
            - opening.prompt_tokens
            - opening.reply_tokens
            + over_tokens * (count - 1) // count,
        )
    )
