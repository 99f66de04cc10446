"""Brings the events of one turn to the screen: what was asked, the reply as it comes, how it ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from chatrepl.commands.base import Notice as Said
from chatrepl.exchange import Notice, ReasoningDelta, RefusalDelta, TextDelta, UsageReported, Waiting
from chatrepl.turn import Cancelled, Completed, Failed, Planned, Stored, TurnEvent
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.replies import notice_lines
from chatrepl.ui.reply_view import ReplyView, ending, user_lines
from chatrepl.worker import TurnWorker


class TurnView:
    """A turn that runs in a worker, as lines to print and a tail."""

    def __init__(
        self,
        worker: TurnWorker,
        renderer: BlockRenderer,
        reasoning: Literal["show", "fold", "hide"],
        monotonic: Callable[[], float],
    ) -> None:
        self.worker = worker
        self._renderer = renderer
        self._view = ReplyView(renderer, reasoning, monotonic)
        self._monotonic = monotonic
        self._has_answer = False
        self._ended = False
        self._first_at: float | None = None
        self._received_chars = 0
        self._omitted = 0
        self.waiting_for = ""
        """What holds the turn up. Empty: nothing does."""

    @property
    def is_over(self) -> bool:
        """Whether all of the turn was taken."""
        return self.worker.is_done

    @property
    def has_begun(self) -> bool:
        """Whether anything of the reply has come."""
        return self._first_at is not None

    @property
    def tokens_per_s(self) -> float | None:
        """How fast the reply arrives, estimated. None before its first letter and during its first half second."""
        if self._first_at is None:
            return None
        elapsed_s = self._monotonic() - self._first_at
        return self._received_chars / 4 / elapsed_s if elapsed_s > 0.5 else None

    def take(self) -> list[str]:
        """Return the lines that are finished since the last call."""
        lines: list[str] = []
        for event in self.worker.take():
            lines += self._show(event)
        if not self._ended:
            lines += self._view.take_lines(has_answer=self._has_answer)
        return lines

    def tail(self, limit_rows: int) -> list[str]:
        """Return what is still open."""
        return [] if self._ended else self._view.tail(limit_rows)

    def _show(self, event: TurnEvent) -> list[str]:
        match event:
            case TextDelta(text) | RefusalDelta(text):
                self._arrived(text)
                if not self._has_answer:
                    self._has_answer = True
                    prefix = ["(refused)"] if isinstance(event, RefusalDelta) else []
                    self._view.text(text)
                    return prefix
                self._view.text(text)
            case ReasoningDelta(text):
                self._arrived(text)
                self._view.reasoning(text)
            case Stored(message):
                return [*user_lines(self._renderer, message.text), ""]
            case Planned(plan):
                return self._say_omitted(len(plan.omitted))
            case Waiting(reason, seconds):
                self.waiting_for = reason + (f", {seconds:.0f} s" if seconds else "")
            case Notice(text):
                return [*notice_lines(Said(text, "warning"), self._renderer), ""]
            case UsageReported():
                pass
            case Completed(message) | Cancelled(message):
                self._ended = True
                said = ending(message)
                rest = self._view.finish()
                return rest + (["", self._renderer.styled(said, "chat.warning")] if said else [])
            case Failed(error, message):
                self._ended = True
                rest = self._view.finish()
                hint = error.hint or "/retry sends it again."
                if message is not None and message.text and "/continue" not in hint:
                    hint += " What came is kept: /continue asks for the rest."
                if message is not None and message.text:
                    rest.append("")
                return rest + notice_lines(Said(error.message, "error", hint=hint), self._renderer)
        return []

    def _arrived(self, text: str) -> None:
        self.waiting_for = ""
        self._received_chars += len(text)
        if self._first_at is None:
            self._first_at = self._monotonic()

    def _say_omitted(self, count: int) -> list[str]:
        if count == self._omitted:
            return []
        self._omitted = count
        noun = "message is" if count == 1 else "messages are"
        return [
            self._renderer.styled(f"the oldest {count} {noun} left out: the window is full", "chat.info"),
            "",
        ]
