"""Brings the events of one turn to the screen: what was asked, the reply as it comes, how it ended.

A reply can come faster than it can be drawn. What has come waits here, and is worked on in slices, so that the loop is
never away from the keys for long.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from typing import Literal

from chatrepl.commands.base import Notice as Said
from chatrepl.exchange import (
    Notice,
    ReasoningDelta,
    RefusalDelta,
    Retrying,
    TextDelta,
    UsageReported,
    Waiting,
)
from chatrepl.turn import Cancelled, Completed, Failed, Planned, Stored, TurnEvent
from chatrepl.ui.endings import left_out
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.replies import boundary_line, notice_lines
from chatrepl.ui.reply_view import ReplyView, ending, message_lines
from chatrepl.worker import TurnWorker

SLICE_CHARS = 2048
"""As much text is worked on between two looks at the clock."""

Delta = TextDelta | RefusalDelta | ReasoningDelta


class TurnView:
    """A turn that runs in a worker, as lines to print and a tail.

    Args:
        renderer: Draws at the width of the terminal; see ``resize``.
        reasoning: Whether reasoning is shown, folded to one line, or hidden.
        monotonic: Seconds from some point in the past.
        before: What an unfinished reply holds already, where this turn asks for its rest.
    """

    def __init__(
        self,
        worker: TurnWorker,
        renderer: BlockRenderer,
        reasoning: Literal["show", "fold", "hide"],
        monotonic: Callable[[], float],
        before: str = "",
    ) -> None:
        self.worker = worker
        self._before = before
        self._before_used_chars = 0
        self._renderer = renderer
        self._shows_reasoning = reasoning == "show"
        self._view = ReplyView(renderer, reasoning, monotonic)
        self._monotonic = monotonic
        self._backlog: deque[TurnEvent] = deque()
        self._used_chars = 0
        """How much of the first text in the backlog was worked on."""
        self._room_chars: int | None = None
        """How much may still be shown of a reply that was stopped. None: all of it, it was not stopped."""
        self._hidden_chars = 0
        self._ended = False
        self._first_at: float | None = None
        self._received_chars = 0
        self._tail: tuple[int, list[str]] | None = None
        self.is_over = False
        """Whether the turn has ended and all of it was taken."""
        self.failure: Failed | None = None
        """How the turn failed. None: it did not, or goes on."""
        self._waiting_for = ""
        self._retry: tuple[Retrying, float] | None = None
        """What is waited for, and when the wait began."""

    @property
    def has_more(self) -> bool:
        """Whether something that has come was left by the last ``take``."""
        return bool(self._backlog) or self._before_used_chars < len(self._before)

    @property
    def is_counting_down(self) -> bool:
        """Whether what is said of the wait changes with every second."""
        return self._retry is not None

    @property
    def waiting_for(self) -> str:
        """What holds the turn up. Empty: nothing does."""
        if self._retry is None:
            return self._waiting_for
        retry, since = self._retry
        left_s = max(0, math.ceil(retry.seconds - (self._monotonic() - since)))
        when = f"again in {left_s} s" if left_s else "trying again"
        return f"{when} ({retry.attempt} of {retry.limit})"

    @property
    def has_begun(self) -> bool:
        """Whether anything of the reply was taken."""
        return self._first_at is not None

    @property
    def is_cut(self) -> bool:
        """Whether the user has stopped the reply."""
        return self._room_chars is not None

    @property
    def tokens_per_s(self) -> float | None:
        """How fast the reply arrives, estimated. None before its first letter and during its first half second."""
        if self._first_at is None:
            return None
        elapsed_s = self._monotonic() - self._first_at
        return self._received_chars / 4 / elapsed_s if elapsed_s > 0.5 else None

    def take(self, limit_chars: int, is_late: Callable[[], bool]) -> list[str]:
        """Work on what has come, and return the lines that are finished by that.

        Args:
            limit_chars: Stop after the slice in which so much is to be printed.
            is_late: Asked after every slice whether to stop there.
        """
        has_ended = self.worker.has_ended
        self._backlog.extend(self.worker.take())
        lines: list[str] = []
        printed_chars = 0
        while self.has_more:
            new = self._next()
            lines += new
            printed_chars += sum(map(len, new))
            if printed_chars >= limit_chars or is_late():
                break
        if self.has_more:
            return lines
        if has_ended and not self._ended:  # a defect ended it
            lines += self._finish()
        self.is_over = has_ended
        return lines

    def cut(self, limit_chars: int) -> None:
        """Show only so much more of what has come: the user has stopped the reply."""
        if self._room_chars is None:
            self._room_chars = limit_chars

    def resize(self, columns: int, rows: int) -> None:
        """Draw what comes for another size of the terminal."""
        self._view.resize(columns, rows)
        self._tail = None

    def tail(self, limit_rows: int) -> list[str]:
        """Return what is still open."""
        if self._ended:
            return []
        if self._tail is None or self._tail[0] != limit_rows:
            self._tail = limit_rows, self._view.tail(limit_rows)
        return self._tail[1]

    def _next(self) -> list[str]:
        """Work on a slice of text, or on one event that is something else."""
        self._tail = None
        begin = self._before_used_chars
        if begin < len(self._before):
            self._before_used_chars += SLICE_CHARS
            self._view.go_on_from(self._before[begin : self._before_used_chars])
            return []
        event = self._backlog[0]
        if not isinstance(event, (TextDelta, RefusalDelta, ReasoningDelta)):
            self._backlog.popleft()
            return self._show(event)
        text = self._next_text(type(event))
        if self._room_chars is not None:
            text = self._within_room(text, is_answer=not isinstance(event, ReasoningDelta))
        return self._show_text(event, text) if text else []

    def _next_text(self, kind: type[Delta]) -> str:
        """Take at most a slice of the texts of one kind that come next."""
        pieces: list[str] = []
        room = SLICE_CHARS
        while room and self._backlog and isinstance(event := self._backlog[0], kind):
            piece = event.text[self._used_chars : self._used_chars + room]
            pieces.append(piece)
            room -= len(piece)
            self._used_chars += len(piece)
            if self._used_chars == len(event.text):
                self._backlog.popleft()
                self._used_chars = 0
        return "".join(pieces)

    def _within_room(self, text: str, *, is_answer: bool) -> str:
        """Return what may still be shown of a text, and count what may not."""
        room = self._room_chars or 0
        shown = text[:room]
        self._room_chars = room - len(shown)
        if is_answer or self._shows_reasoning:
            self._hidden_chars += len(text) - len(shown)
        return shown

    def _show_text(self, event: Delta, text: str) -> list[str]:
        self._arrived(text)
        if isinstance(event, ReasoningDelta):
            self._view.reasoning(text)
        elif isinstance(event, RefusalDelta):
            self._view.refusal(text)
        else:
            self._view.text(text)
        return self._view.take_lines()

    def _show(self, event: TurnEvent) -> list[str]:
        match event:
            case Stored(message):
                return [*message_lines(self._renderer, message), ""]
            case Planned(plan, has_moved=True):
                said = left_out(plan)
                return [boundary_line(self._renderer, said), ""] if said else []
            case Waiting(reason, seconds):
                self._retry = None
                self._waiting_for = reason + (f", {seconds:.0f} s" if seconds else "")
            case Retrying(reason, seconds, attempt, limit):
                self._retry = event, self._monotonic()
                retrying = f"{reason}; trying again in {max(1, math.ceil(seconds))} s ({attempt} of {limit})"
                return [*notice_lines(Said(retrying, "warning"), self._renderer), ""]
            case Notice(text):
                return [*notice_lines(Said(text, "warning"), self._renderer), ""]
            case UsageReported():
                pass
            case Completed(message) | Cancelled(message):
                said = ending(message)
                return self._finish() + (["", *self._renderer.wrapped(said, "chat.warning")] if said else [])
            case Failed(error, message):
                self.failure = event
                rest = self._finish()
                hint = error.hint or "/retry sends it again."
                if message is not None and message.text and "/continue" not in hint:
                    hint += " What came is kept: /continue asks for the rest."
                if message is not None and message.text:
                    rest.append("")
                return rest + notice_lines(Said(error.message, "error", hint=hint), self._renderer)
        return []

    def _finish(self) -> list[str]:
        """Return what is left of the reply, and say what of it is not shown."""
        self._ended = True
        lines = self._view.finish()
        if self._hidden_chars:
            said = (
                f"{self._hidden_chars:,} characters more came and are kept: "
                "/redraw prints the reply whole, /raw its source"
            )
            lines += ["", *self._renderer.wrapped(said, "chat.info")]
        return lines

    def _arrived(self, text: str) -> None:
        self._waiting_for, self._retry = "", None
        self._received_chars += len(text)
        if self._first_at is None:
            self._first_at = self._monotonic()
