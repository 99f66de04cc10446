"""Keeps what the status bar shows up to date; counting happens where it disturbs nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatrepl.sanitise import sanitise_line
from chatrepl.ui.statusbar import BarState, Fragment, fragments

SPEED_EVERY_S = 0.5
"""The speed of a reply is renewed so often: numbers that run are not read, and each costs a drawing."""

if TYPE_CHECKING:
    from chatrepl.session import Session
    from chatrepl.ui.turn_view import TurnView


class StatusSource:
    """The state of the bar. ``measure_…`` may take long and run in another thread; everything else is quick."""

    def __init__(self, session: Session, *, is_unicode: bool) -> None:
        self._session = session
        self._is_unicode = is_unicode
        self._state = BarState(model=session.model)
        self._flash = ""
        self._speed_at_s = float("-inf")
        self.queued_count = 0

    def fragments(self, columns: int) -> list[Fragment]:
        """Draw the bar."""
        unsaved = "" if self._session.is_saving else "NOT SAVED"
        state = self._state._replace(
            model=sanitise_line(self._session.model) or "model?",
            queued_count=self.queued_count,
            profile=sanitise_line(self._session.settings.profile or ""),
            warning=self._flash or unsaved,
        )
        return fragments(
            state, self._session.settings.terminal.status_bar, columns, is_unicode=self._is_unicode
        )

    def flash(self, text: str) -> None:
        """Show something first for a while. Empty: no more."""
        self._flash = text

    def begin_turn(self) -> None:
        """A turn has begun."""
        self._state = self._state._replace(activity="waiting, Esc stops", draft_tokens=None)

    def turn_changed(self, turn: TurnView) -> None:
        """Take over how a turn stands."""
        speed = self._speed(turn)
        waiting = f"{sanitise_line(turn.waiting_for)}, Esc stops" if turn.waiting_for else ""
        activity = waiting or (
            "" if speed is not None else "Esc stops" if turn.has_begun else self._state.activity
        )
        self._state = self._state._replace(tokens_per_s=speed, activity=activity)

    def _speed(self, turn: TurnView) -> float | None:
        now_s = self._session.clock.monotonic()
        if self._state.tokens_per_s is not None and now_s - self._speed_at_s < SPEED_EVERY_S:
            return self._state.tokens_per_s
        self._speed_at_s = now_s
        return turn.tokens_per_s

    def end_turn(self) -> None:
        """The turn is over."""
        self._state = self._state._replace(tokens_per_s=None, activity="")

    def measure_chat(self) -> None:
        """Count the next request and what the chat has used."""
        from chatrepl.pricing import format_usd

        plan, totals = self._session.plan_next(), self._session.totals()
        self._state = self._state._replace(
            used_tokens=plan.prompt.tokens,
            is_exact=plan.prompt.quality != "estimated",
            window_tokens=plan.window_tokens,
            omitted_count=len(plan.omitted),
            chat_cost=format_usd(totals.cost_usd, is_estimated=totals.is_estimated),
            chat_tokens=totals.prompt_tokens + totals.completion_tokens,
        )

    def measure_draft(self, text: str) -> None:
        """Count what is being typed."""
        tokens = (
            self._session.planner.count_draft(text).tokens
            if text.strip() and not text.startswith("/")
            else None
        )
        self._state = self._state._replace(draft_tokens=tokens)
