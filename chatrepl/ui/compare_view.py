"""Brings a comparison to the screen: the last lines of all replies while they come, then each of them whole, once.

Where there is room, the last lines stand in columns, and the replies are printed when all are there, in the order of the
candidates. In a narrow terminal they stand below each other, and each reply is printed as soon as it is there.
Fits the same runner as the view of a single turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from typing import Literal

from chatrepl.commands.base import Notice as Said
from chatrepl.comparison import Came, Comparison
from chatrepl.settings import ReasoningDisplay
from chatrepl.turn import Failed
from chatrepl.ui.ascii import readable
from chatrepl.ui.compare_column import Clock, CompareColumn
from chatrepl.ui.comparison_words import heading, held_back, is_held_back, said_below
from chatrepl.ui.markdown import BlockRenderer
from chatrepl.ui.replies import notice_lines
from chatrepl.ui.reply_view import reply_slices
from chatrepl.ui.side_by_side import beside, fit

SIDE_BY_SIDE_COLUMNS = 100
LEAST_COLUMNS = 26
"""Columns narrower than this are not read: then the replies stand below each other."""


class CompareView:
    """A comparison that runs, as lines to print and a tail.

    Args:
        worker: The comparison.
        renderer: Makes a renderer for the present width.
        reasoning: Whether reasoning is shown, folded to one line, or hidden.
        monotonic: Seconds from some point in the past.
    """

    frame_s = 0.16
    """Shortest time between two drawings: nobody reads several replies at once, and each drawing is of all of them."""

    def __init__(
        self,
        worker: Comparison,
        renderer: Callable[[], BlockRenderer],
        reasoning: ReasoningDisplay,
        monotonic: Clock,
    ) -> None:
        self.worker = worker
        self._make_renderer = renderer
        self._reasoning: ReasoningDisplay = reasoning
        self._monotonic = monotonic
        self._renderer = renderer()
        width = self._width
        self._columns = [
            CompareColumn(
                number,
                candidate.label,
                BlockRenderer(self._renderer.look, width, self._renderer.rows),
                reasoning,
                monotonic,
            )
            for number, candidate in enumerate(worker.candidates, start=1)
        ]
        self._to_print: deque[CompareColumn] = deque()
        self._printing: Iterator[list[str]] | None = None
        self._told: set[str] = set()
        """The reasons for which several were held back, and that were printed."""
        self._is_stopped = False
        self._room_chars: int | None = None
        """How much may still be printed after the user stopped even that. None: all of it."""
        self.is_over = False

    @property
    def failure(self) -> Failed | None:
        """Why nothing at all was sent, where the user's own settings held it back. None: something was."""
        return held_back(column.end for column in self._columns)

    # Where things stand.

    @property
    def _is_side_by_side(self) -> bool:
        count = len(self.worker.candidates)
        columns = self._renderer.columns
        return columns >= SIDE_BY_SIDE_COLUMNS and (columns - 1 - 3 * (count - 1)) // count >= LEAST_COLUMNS

    @property
    def _width(self) -> int:
        """How wide a column is."""
        count, columns = len(self.worker.candidates), self._renderer.columns
        return (columns - 1 - 3 * (count - 1)) // count if self._is_side_by_side else columns

    @property
    def has_more(self) -> bool:
        """Whether something that has come was left by the last ``take``."""
        return (
            bool(self._to_print)
            or self._printing is not None
            or any(column.has_pending for column in self._columns)
        )

    @property
    def is_counting_down(self) -> bool:
        """Whether what is shown changes with time."""
        return any(column.end is None for column in self._columns)

    @property
    def waiting_for(self) -> str:
        """What holds all of it up. Empty: nothing does."""
        return ""

    @property
    def has_begun(self) -> bool:
        """Whether anything of a reply has come."""
        return any(column.first_at_s is not None for column in self._columns)

    @property
    def is_cut(self) -> bool:
        """Whether the user has stopped it."""
        return self._is_stopped

    @property
    def tokens_per_s(self) -> float | None:
        """How fast all replies together arrive, estimated. None: not known yet."""
        begun = [
            column.first_at_s
            for column in self._columns
            if column.first_at_s is not None and column.end is None
        ]
        if not begun:
            return None
        elapsed_s = self._monotonic() - min(begun)
        arriving = sum(column.received_chars for column in self._columns if column.end is None)
        return arriving / 4 / elapsed_s if elapsed_s > 0.5 else None

    # What the runner does with it.

    def take(self, limit_chars: int, is_late: Callable[[], bool]) -> list[str]:
        """Work on what has come, and return the lines that are finished by that; see ``TurnView.take``."""
        has_ended = self.worker.has_ended
        self._note(self.worker.take())
        if has_ended:
            self._note(self.worker.take())
            for column in self._columns:
                if column.end is None:  # a defect ended it
                    column.to_be_printed()
        self._queue_what_is_due()
        for column in self._columns:
            while column.has_pending:
                column.draw_some()
                if is_late():
                    return []
        lines: list[str] = []
        printed_chars = 0
        while printed_chars < limit_chars:
            new = self._print_some()
            if new is None:
                break
            lines += new
            printed_chars += sum(map(len, new))
            if is_late():
                break
        self.is_over = has_ended and not self.has_more
        if self.is_over:
            while lines and not lines[-1]:
                del lines[-1]
        return lines

    def cut(self, limit_chars: int) -> None:
        """Show only so much more of what is being printed, where all have ended already."""
        if self._is_stopped or not self.is_counting_down:
            self._room_chars = limit_chars
        self._is_stopped = True

    def resize(self, columns: int, rows: int) -> None:
        """Draw what comes for another size of the terminal."""
        self._renderer.columns, self._renderer.rows = columns, rows
        for column in self._columns:
            column.resize(self._width, rows)

    def tail(self, limit_rows: int) -> list[str]:
        """Return the last lines of what still comes."""
        shown = [column for column in self._columns if not column.is_printed]
        if not shown:
            return []
        return self._beside(shown, limit_rows) if self._is_side_by_side else self._below(shown, limit_rows)

    def _beside(self, shown: list[CompareColumn], limit_rows: int) -> list[str]:
        width = self._width
        gap = " \u2502 " if self._renderer.look.is_unicode else " | "
        blocks = [
            [self._styled(column.head(width), width), *column.last_rows(limit_rows - 1)] for column in shown
        ]
        return beside(blocks, width, gap)[:limit_rows]

    def _below(self, shown: list[CompareColumn], limit_rows: int) -> list[str]:
        arriving = [column for column in shown if column.end is None]
        shown = (arriving or shown)[:limit_rows]
        each, over = divmod(limit_rows - len(shown), len(shown))
        columns = max(1, self._renderer.columns - 1)
        rows: list[str] = []
        for at, column in enumerate(shown):
            rows.append(self._styled(column.head(columns), columns))
            rows += [fit(row, columns).rstrip() for row in column.last_rows(each + (at < over))]
        return rows

    def _styled(self, text: str, columns: int) -> str:
        return self._renderer.styled(fit(text, columns), "chat.user")

    def _note(self, came: list[Came]) -> None:
        for index, event in came:
            self._columns[index].take(event)

    # What is printed.

    def _queue_what_is_due(self) -> None:
        ended = [column for column in self._columns if column.end is not None or column.is_printed]
        if self._is_side_by_side and len(ended) < len(self._columns):
            return
        for column in ended:
            is_early = is_held_back(column.end) and len(ended) < len(self._columns)
            if not column.is_printed and not is_early:
                column.to_be_printed()
                self._to_print.append(column)

    def _print_some(self) -> list[str] | None:
        """Return the next lines to print. None: there are none now."""
        if self._printing is None:
            if not self._to_print:
                return None
            self._printing = self._whole(self._to_print.popleft())
        new = next(self._printing, None)
        if new is None:
            self._printing = None
            return []
        if self._room_chars is not None:
            if self._room_chars <= 0:
                self._to_print.clear()
                self._printing = None
                said = "the rest is not printed; /sibling shows each reply whole"
                return ["", *self._renderer.wrapped(said, "chat.info")]
            self._room_chars -= sum(map(len, new))
        return new

    def _whole(self, column: CompareColumn) -> Iterator[list[str]]:
        """Yield the lines of a reply in slices: its heading, what is to be told of it, itself, and how it ended."""
        end = column.end
        if end is None:
            return
        if self.failure is not None and isinstance(end, Failed) and is_held_back(end):
            if end.error.message not in self._told:
                self._told.add(end.error.message)
                yield [*notice_lines(Said(end.error.message, "error", end.error.hint), self._renderer), ""]
            return
        look = self._renderer.look
        title = heading(column.number, column.label, end, is_unicode=look.is_unicode)
        yield self._renderer.wrapped(self._readable(title), "chat.user")
        for notice in column.notices:
            yield notice_lines(Said(notice, "warning"), self._renderer)
        if end.message is not None:
            yield from reply_slices(self._make_renderer(), end.message, self._reasoning)
        said, hint = said_below(end)
        if said:
            tone: Literal["error", "info"] = "error" if isinstance(end, Failed) else "info"
            gap = [""] if end.message is not None and end.message.parts else []
            yield [*gap, *notice_lines(Said(said, tone, hint), self._renderer)]
        yield [""]

    def _readable(self, text: str) -> str:
        return text if self._renderer.look.is_unicode else readable(text, "ascii")
