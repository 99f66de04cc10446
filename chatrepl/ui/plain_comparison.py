"""Shows a comparison line by line: each reply whole under its heading, in the order of the candidates, as they end."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from chatrepl.exchange import Notice
from chatrepl.sanitise import sanitise, sanitise_line
from chatrepl.turn import Cancelled, Completed, Failed
from chatrepl.ui.comparison_words import heading, held_back, is_held_back, said_below
from chatrepl.ui.words import spell

if TYPE_CHECKING:
    from chatrepl.comparison import Came, Comparison
    from chatrepl.ui.ascii import Output
    from chatrepl.ui.aside import Say
    from chatrepl.ui.comparison_words import End


def show(comparison: Comparison, output: Output, say: Say) -> Failed | None:
    """Run a comparison and show it; Ctrl-C stops all of it. Returns how a budget refused all of them. None: it did not."""
    shown = _Shown(comparison, output, say)
    say(f"asking {len(comparison.candidates)} at once; Ctrl-C stops all of them")
    try:
        with closing(comparison.events()) as events:
            for came in events:
                shown.take(came)
    except KeyboardInterrupt:  # all were stopped by it, and what had come is stored
        if not output.is_new_line:
            output.write("\n")
        for came in comparison.take():
            shown.take(came)
    return held_back(shown.ends.values())


class _Shown:
    def __init__(self, comparison: Comparison, output: Output, say: Say) -> None:
        self._comparison = comparison
        self._output = output
        self._say = say
        self.ends: dict[int, End] = {}
        self._next = 0

    def take(self, came: Came) -> None:
        index, event = came
        if isinstance(event, Notice):
            self._say(f"{index + 1} {self._comparison.candidates[index].label}: {event.text}")
        if not isinstance(event, (Completed, Cancelled, Failed)):
            return
        self.ends[index] = event
        if is_held_back(event) and len(self.ends) < len(self._comparison.candidates):
            return  # what is said of all is said once
        while (end := self.ends.get(self._next)) is not None:
            self._next += 1
            self._show(self._next, end)

    def _show(self, number: int, end: End) -> None:
        if is_held_back(end) and held_back(self.ends.values()) is not None:
            return
        label = self._comparison.candidates[number - 1].label
        self._output.write(f"\n{sanitise_line(heading(number, label, end))}\n")
        if end.message is not None:
            self._output.write(spell(sanitise(end.message.text)))
        said, hint = said_below(end)
        for text in (said, hint):
            if text:
                self._say(text)
