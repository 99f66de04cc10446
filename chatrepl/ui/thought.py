"""What a model thinks before it answers, or between two parts of its answer: how much it is, and its rows."""

from __future__ import annotations

from collections.abc import Callable

from chatrepl.context.tokens import estimate_tokens

COUNTED_CHARS = 2000
"""As much is counted at once: the pieces that come are smaller than words, and each would count as one."""


class ThoughtMeter:
    """Measures one thought after the other.

    Args:
        monotonic: Seconds from some point in the past. None: the thoughts are old, and how long they took is not known.
        tokens: What the server counted, where it did. None: it is estimated.
    """

    def __init__(self, monotonic: Callable[[], float] | None, tokens: int | None = None) -> None:
        self._monotonic = monotonic
        self._reported_tokens = tokens
        self._since = 0.0
        self._tokens = 0
        self._uncounted: list[str] = []
        self._uncounted_chars = 0
        self.is_open = False
        """Whether a thought goes on."""

    @property
    def seconds(self) -> float:
        """How long the open thought has taken."""
        return self._monotonic() - self._since if self._monotonic and self.is_open else 0.0

    def take(self, text: str) -> bool:
        """Take more of a thought. Returns whether there is one: blanks alone do not begin it."""
        if not self.is_open:
            if not text.strip():
                return False
            self.is_open = True
            self._since = self._monotonic() if self._monotonic else 0.0
            self._tokens = 0
        self._uncounted.append(text)
        self._uncounted_chars += len(text)
        if self._uncounted_chars >= COUNTED_CHARS:
            self._count()
        return True

    def end(self) -> str:
        """End the thought, and return the line that stands for it."""
        self._count()
        took = f" for {spell_seconds(self.seconds)}" if self._monotonic else ""
        self.is_open = False
        if self._reported_tokens is None:
            return f"thought{took}, ~{_count_of(self._tokens)}"
        return f"thought{took}, {_count_of(self._reported_tokens)}"

    def _count(self) -> None:
        self._tokens += estimate_tokens("".join(self._uncounted))
        self._uncounted, self._uncounted_chars = [], 0


def spell_seconds(seconds: float) -> str:
    """Return a time as one says it: ``12 s``, ``2 min 5 s``."""
    if seconds < 1:
        return "less than 1 s"
    whole = int(seconds + 0.5)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min {whole % 60} s"


def _count_of(tokens: int) -> str:
    return f"{tokens} token" if tokens == 1 else f"{tokens} tokens"
