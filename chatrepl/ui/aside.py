"""Tells of a model's thoughts in words, where they do not stand in a reply's own view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from chatrepl.sanitise import Sanitiser
from chatrepl.settings import ReasoningDisplay
from chatrepl.ui.thought import ThoughtMeter
from chatrepl.ui.words import Words

Say = Callable[[str], None]
"""Says a sentence that is not the reply's."""

LONG_THOUGHT_S = 3.0
"""A thought that takes longer is announced to those who see nothing of it."""
DIM, PLAIN = "\x1b[2m", "\x1b[0m"


class Cutter(Protocol):
    """Takes a text in pieces and gives back what can be written of it."""

    def feed(self, text: str) -> str:
        """Take the next piece and return what can be written."""
        ...

    def finish(self) -> str:
        """Return what is left, with the end of its line."""
        ...


class Aside:
    """Tells of thoughts in words, beside the reply.

    Args:
        write: Takes what is shown of the thoughts themselves.
        say: Takes the line that stands for a thought. None: nobody reads it.
        is_dim: Whether the thoughts may be told from the rest by their look, and need not be announced.
        cutter: Makes what cuts a thought into what is written at once.
    """

    def __init__(
        self,
        display: ReasoningDisplay,
        monotonic: Callable[[], float],
        write: Callable[[str], None],
        say: Say | None,
        *,
        is_dim: bool = False,
        cutter: Callable[[], Cutter] = Words,
    ) -> None:
        self._display = display
        self._meter = ThoughtMeter(monotonic)
        self._write_plain = write
        self._say = say
        self._is_dim = is_dim
        self._has_announced = False
        self._new_cutter = cutter
        self._cutter = cutter()
        self._sanitiser = Sanitiser()

    @property
    def is_open(self) -> bool:
        """Whether a thought goes on."""
        return self._meter.is_open

    def take(self, text: str) -> None:
        """Take a piece of a thought."""
        if self._display == "hide":
            return
        clean = self._sanitiser.feed(text)
        begins = not self._meter.is_open
        if not self._meter.take(clean):
            return
        if begins:
            self._has_announced = False
        if self._display == "show":
            if begins:
                self._cutter, clean = self._new_cutter(), clean.lstrip()
            self._announce(is_due=not self._is_dim)
            self._write(self._cutter.feed(clean))
        else:
            self._announce(is_due=self._meter.seconds >= LONG_THOUGHT_S)

    def _announce(self, *, is_due: bool) -> None:
        if is_due and not self._has_announced and self._say:
            self._has_announced = True
            self._say("thinking")

    def _write(self, text: str) -> None:
        if self._is_dim:
            text = "\n".join(f"{DIM}{line}{PLAIN}" if line else "" for line in text.split("\n"))
        self._write_plain(text)

    def end(self) -> None:
        """The thought is over, if there was one."""
        if not self._meter.is_open:
            return
        if self._display == "show":
            self._write(self._cutter.finish())
        said = self._meter.end()
        if self._say:
            self._say(said)
