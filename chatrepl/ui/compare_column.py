"""One candidate of a comparison while its reply comes: its last rows, and what stands above them."""

from __future__ import annotations

import math
import textwrap
from collections import deque
from collections.abc import Callable

from chatrepl.exchange import Notice, ReasoningDelta, RefusalDelta, Retrying, TextDelta, Waiting
from chatrepl.sanitise import sanitise_line
from chatrepl.settings import ReasoningDisplay
from chatrepl.turn import Cancelled, Completed, Failed, Planned, TurnEvent
from chatrepl.ui.ascii import readable
from chatrepl.ui.comparison_words import End, heading, joined
from chatrepl.ui.endings import left_out
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.reply_view import ReplyView

Clock = Callable[[], float]
SLICE_CHARS = 2048
"""As much text is worked on between two looks at the clock."""
KEPT_ROWS = 8


class CompareColumn:
    """What has come of one candidate."""

    def __init__(
        self, number: int, label: str, renderer: BlockRenderer, display: ReasoningDisplay, clock: Clock
    ) -> None:
        self.number = number
        self.label = label
        self.notices: list[str] = []
        self.end: End | None = None
        self.is_printed = False
        self.received_chars = 0
        self.first_at_s: float | None = None
        self._clock = clock
        self._began_s = clock()
        self._renderer = renderer
        self._view = ReplyView(renderer, display, clock)
        self._is_unicode = renderer.look.is_unicode
        self._pending: deque[tuple[str, str]] = deque()
        self._rows: list[str] = []
        self._waiting = ""
        self._retry: tuple[Retrying, float] | None = None

    def take(self, event: TurnEvent) -> None:
        """Note what has come; text is drawn by ``draw_some``."""
        match event:
            case TextDelta(text):
                self._add("text", text)
            case ReasoningDelta(text):
                self._add("reasoning", text)
            case RefusalDelta(text):
                self._add("refusal", text)
            case Waiting(reason, seconds):
                self._retry = None
                self._waiting = reason + (f", {seconds:.0f} s" if seconds else "")
            case Retrying():
                self._retry = event, self._clock()
            case Notice(text):
                self.notices.append(text)
            case Planned(plan):
                said = left_out(plan)
                if said and said not in self.notices:
                    self.notices.append(said)
            case Completed() | Cancelled() | Failed():
                self.end = event
            case _:
                pass

    def _add(self, kind: str, text: str) -> None:
        self._waiting, self._retry = "", None
        self.received_chars += len(text)
        if self.first_at_s is None:
            self.first_at_s = self._clock()
        self._pending.append((kind, text))

    def to_be_printed(self) -> None:
        """Draw no more of it here: it is printed whole."""
        self.is_printed = True
        self._pending.clear()

    @property
    def has_pending(self) -> bool:
        """Whether text that has come is not drawn yet."""
        return bool(self._pending)

    def draw_some(self) -> None:
        """Draw at most a slice of what has come."""
        room = SLICE_CHARS
        while self._pending and room > 0:
            kind, text = self._pending.popleft()
            if len(text) > room:
                self._pending.appendleft((kind, text[room:]))
                text = text[:room]
            room -= len(text)
            feed = {"text": self._view.text, "reasoning": self._view.reasoning, "refusal": self._view.refusal}
            feed[kind](text)
        self._rows = [*self._rows, *self._view.take_lines()][-KEPT_ROWS:]

    def resize(self, columns: int, rows: int) -> None:
        """Draw what comes for another width."""
        self._view.resize(columns, rows)

    def last_rows(self, count: int) -> list[str]:
        """Return the last rows of the reply, or what it waits for."""
        if count <= 0:
            return []
        said = self._held_up()
        if said:
            return textwrap.wrap(said, self._renderer.columns)[:count]
        rows = [*self._rows, *self._view.tail(count)]
        while rows and not rows[0]:
            del rows[0]
        return rows[-count:]

    def _held_up(self) -> str:
        """Say what the reply waits for. Empty: it comes."""
        if isinstance(self.end, Failed):
            return self._shown(self.end.error.message)
        if self._retry is not None:
            retry, since_s = self._retry
            left_s = max(0, math.ceil(retry.seconds - (self._clock() - since_s)))
            when = f"again in {left_s} s" if left_s else "trying again"
            return self._shown(f"{retry.reason}; {when} ({retry.attempt} of {retry.limit})")
        if self._waiting:
            return self._shown(self._waiting)
        return "waiting" if self.first_at_s is None and self.end is None else ""

    def _shown(self, text: str) -> str:
        clean = sanitise_line(text)
        return clean if self._is_unicode else readable(clean, "ascii")

    def head(self, columns: int) -> str:
        """Return the line above the column; while the reply comes it changes once a second."""
        if self.end is not None:
            head = heading(self.number, self.label, self.end, is_unicode=self._is_unicode, columns=columns)
            return self._shown(head)
        facts = [f"{int(self._clock() - self._began_s)} s"]
        if self.received_chars:
            facts.append(f"~{self.received_chars // 4} tok")
        return self._shown(
            joined(self.number, self.label, facts, is_unicode=self._is_unicode, columns=columns)
        )
