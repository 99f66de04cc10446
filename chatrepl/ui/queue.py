"""What was entered and waits its turn, and which of it is being changed. Pure."""

from __future__ import annotations

from collections.abc import Iterator


class Queue:
    """Texts in the order in which they are sent. One that is taken out to be changed goes back to its place."""

    def __init__(self) -> None:
        self._texts: list[str] = []
        self._taken: tuple[int, str] | None = None
        """The place and the words of the text that was taken out last. None: none, or it has gone back."""

    def __len__(self) -> int:
        return len(self._texts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def add(self, text: str) -> None:
        """Put a text at its end, or at the place that another was taken out of."""
        place = len(self._texts) if self._taken is None else min(self._taken[0], len(self._texts))
        self._texts.insert(place, text)
        self._taken = None

    def next(self) -> str:
        """Return the first text, which then waits no more."""
        if self._taken is not None:
            self._taken = (max(0, self._taken[0] - 1), self._taken[1])
        return self._texts.pop(0)

    def take(self, place: int = -1) -> str:
        """Return a text to be changed, by its place from 0, or the last one; it then waits no more."""
        place %= len(self._texts)
        text = self._texts.pop(place)
        self._taken = (place, text)
        return text

    def drop(self, place: int) -> None:
        """Forget a text, by its place from 0."""
        del self._texts[place]

    def clear(self) -> None:
        """Forget all."""
        self._texts.clear()

    def forget_place(self) -> None:
        """Let what was taken out not come back to its place."""
        self._taken = None

    def walk(self, by: int, line: str) -> str | None:
        """Return the text before (-1) or after (1) the one in the input line, which goes back unless it was changed.

        Args:
            by: -1 or 1.
            line: What stands in the input line.

        Returns:
            What is to stand there; empty after the last one. None: the key is not about the queue.
        """
        if self._taken is None:
            return self.take() if by < 0 and not line and self._texts else None
        place, before = self._taken
        if line != before:
            return None
        self.add(before)
        if place + by >= len(self._texts):
            return ""
        return self.take(max(0, place + by))
