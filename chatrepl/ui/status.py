"""Keeps what the status bar shows up to date; counting happens where it disturbs nobody."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from chatrepl.sanitise import sanitise_line
from chatrepl.ui.statusbar import BarState, Fragment, fragments

SCARCE_SHARE = 0.5
"""What the server's limits leave is said below this share."""
SPEED_EVERY_S = 0.5
"""The speed of a reply is renewed so often: numbers that run are not read, and each costs a drawing."""

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatrepl.attachments import Chip
    from chatrepl.messages import Attachment
    from chatrepl.session import Session
    from chatrepl.spending import NextCost
    from chatrepl.ui.compare_view import CompareView
    from chatrepl.ui.turn_view import TurnView


class StatusSource:
    """The state of the bar. ``measure_…`` may take long and run in another thread; everything else is quick."""

    def __init__(self, session: Session, *, is_unicode: bool) -> None:
        self._session = session
        self._is_unicode = is_unicode
        self._state = BarState(model=session.model)
        self._lock = threading.Lock()
        self._flash = ""
        self._speed_at_s = float("-inf")
        self._draft = ""
        """What is being typed, as it was last counted."""
        self._typed = ""
        """Of that, the words in which names of files count."""
        self._chips: list[Chip] = []
        """What goes with the message, as it was last looked at."""
        self.queued_count = 0
        self.mode: Callable[[], str] = lambda: ""
        """Returns how keys are taken, where that is not as usual."""
        self.show_instead: Callable[[], str] | None = None
        """Returns what stands in the place of the bar. None: the bar does."""

    def fragments(self, columns: int) -> list[Fragment]:
        """Draw the bar."""
        if self.show_instead is not None:
            return [("class:status", self.show_instead()[: max(0, columns - 1)])]
        unsaved = "" if self._session.is_saving else "NOT SAVED"
        persona = self._session.persona
        state = self._state._replace(
            persona=sanitise_line(persona.shown) if persona is not None else "",
            model=sanitise_line(self._session.model) or "model?",
            queued_count=self.queued_count,
            mode=self.mode(),
            profile=sanitise_line(self._session.settings.profile or ""),
            warning=self._flash or unsaved,
        )
        return fragments(
            state, self._session.settings.terminal.status_bar, columns, is_unicode=self._is_unicode
        )

    def chips(self, columns: int) -> list[str]:
        """Draw what goes with the message in one line; what has no room is counted."""
        if not self._chips:
            return []
        from chatrepl.ui.chips import chip_line

        return [chip_line(self._chips, columns - 1, is_unicode=self._is_unicode)]

    def flash(self, text: str) -> None:
        """Show something first for a while. Empty: no more."""
        self._flash = text

    def show_activity(self, text: str) -> None:
        """Say what is going on. Empty: nothing."""
        self._change(activity=text)

    def begin_turn(self) -> None:
        """A turn has begun."""
        self._draft = self._typed = ""
        self._chips = []
        self._change(activity="waiting, Esc stops", draft_tokens=None)

    def turn_changed(self, turn: TurnView | CompareView) -> None:
        """Take over how a turn stands."""
        speed = self._speed(turn)
        waiting = f"{sanitise_line(turn.waiting_for)}, Esc stops" if turn.waiting_for else ""
        activity = waiting or (
            "" if speed is not None else "Esc stops" if turn.has_begun else self._state.activity
        )
        self._change(tokens_per_s=speed, activity=activity)

    def _speed(self, turn: TurnView | CompareView) -> float | None:
        now_s = self._session.clock.monotonic()
        if self._state.tokens_per_s is not None and now_s - self._speed_at_s < SPEED_EVERY_S:
            return self._state.tokens_per_s
        self._speed_at_s = now_s
        return turn.tokens_per_s

    def end_turn(self) -> None:
        """The turn is over."""
        self._change(tokens_per_s=None, activity="")

    def measure_chat(self) -> None:
        """Count the next request and what the chat has used."""
        from chatrepl.pricing import format_usd

        totals = self._session.totals()
        self._change(
            **self._measured(self._draft),
            chat_cost=format_usd(totals.cost_usd, is_estimated=totals.is_estimated),
            chat_tokens=totals.prompt_tokens + totals.completion_tokens,
            today=self._today(),
            limits=self._limits(),
        )

    def _change(self, **items: Any) -> None:
        """Change items of the bar, each measured by now: others that another thread has changed meanwhile stay."""
        with self._lock:
            self._state = self._state._replace(**items)

    def measure_draft(self, text: str, typed: str) -> None:
        """Count what is being typed, and what sending it would take and cost.

        Args:
            text: All of it.
            typed: Its words in which names of files count.
        """
        self._draft = text if text.strip() and not text.startswith("/") else ""
        self._typed = typed if self._draft else ""
        tokens = self._session.planner.count_draft(text).tokens if self._draft else None
        measured = self._measured(self._draft)
        if tokens is not None:
            tokens += sum(chip.tokens or 0 for chip in self._chips)
        self._change(draft_tokens=tokens, **measured)

    def _measured(self, draft: str) -> dict[str, Any]:
        """Return the items of the bar that depend on the next request; looks at what goes with it, too."""
        attachments: tuple[Attachment, ...] = ()
        if self._session.attached or "@" in self._typed or self._chips:
            from chatrepl.gathering import chips

            self._chips, attachments = chips(self._session, self._typed)
        plan = self._session.plan_next(draft, attachments)
        cost = self._session.next_cost(plan)
        return {
            "used_tokens": plan.prompt.tokens,
            "is_exact": plan.prompt.quality != "estimated",
            "window_tokens": plan.window_tokens,
            "omitted_count": len(plan.omitted),
            "folded_count": len(plan.folded),
            "too_long_by": plan.too_long_by,
            "next_cost": self._shown_next(cost),
        }

    def _shown_next(self, cost: NextCost) -> str:
        from chatrepl.pricing import format_usd

        if cost.likely_usd is None:
            return ""  # that the price is not known stands with the cost of the chat
        return f"{'≈' if self._is_unicode else '~'}{format_usd(cost.likely_usd)}" if cost.likely_usd else ""

    def _today(self) -> str:
        """Say what was spent today; where a budget is used more than the one of the day, how much of it."""
        from chatrepl.commands.money import shown_spent
        from chatrepl.pricing import format_usd

        books = self._session.bookkeeper()
        spent = books.today()
        said = shown_spent(spent) if spent.cost_usd or (spent.tokens and books.budgets) else ""
        standings = books.standings(self._session.conversation.id) if books.budgets else []
        if not standings:
            return said
        most = standings[0]
        if most.budget.per == "day" and most.budget.limit_usd is not None and most.budget.provider is None:
            return f"{shown_spent(spent)}/{format_usd(most.budget.limit_usd)}"
        return (
            f"{said or format_usd(spent.cost_usd)}, {sanitise_line(most.budget.name)} budget {most.share:.0%}"
        )

    def _limits(self) -> str:
        """Say how much of its limits the server leaves, where that is less than half."""
        said = self._session.client.rate_limits(self._session.model)
        shares = [
            allowance.remaining / allowance.limit
            for allowance in ((said.requests, said.tokens) if said is not None else ())
            if allowance is not None and allowance.limit and allowance.remaining is not None
        ]
        least = min(shares, default=1.0)
        return f"rate limit {least:.0%} left" if least < SCARCE_SHARE else ""
