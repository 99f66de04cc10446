"""A terminal far away, as over ssh: what is typed and what is shown arrives later, and so do answers to questions."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

from tests.support.pty_process import PATIENCE_S, PtyProcess
from tests.support.terminal import Terminal

ONE_WAY_S = 0.1
"""There and back takes 200 ms."""


class DistantLine(PtyProcess):
    """A program whose terminal is a tenth of a second away."""

    _typed: deque[tuple[float, bytes]]
    _shown: deque[tuple[float, bytes]]

    def write(
        self,
        data: bytes,
        on_output: Callable[[bytes], None],
        timeout_s: float = PATIENCE_S,
    ) -> None:
        """Send keys on their way."""
        self._queue("_typed").append((time.monotonic() + ONE_WAY_S, data))

    def read(self, timeout_s: float) -> bytes:
        """Let keys arrive that are due, and return what has arrived here."""
        typed, shown = self._queue("_typed"), self._queue("_shown")
        while typed and typed[0][0] <= time.monotonic():
            super().write(typed.popleft()[1], self._depart)
        self._depart(super().read(min(timeout_s, 0.01)))
        arrived = b""
        while shown and shown[0][0] <= time.monotonic():
            arrived += shown.popleft()[1]
        return arrived

    def _depart(self, data: bytes) -> None:
        if data:
            self._queue("_shown").append((time.monotonic() + ONE_WAY_S, data))

    def _queue(self, name: str) -> deque[tuple[float, bytes]]:
        queue: deque[tuple[float, bytes]] = self.__dict__.setdefault(name, deque())
        return queue


class DistantTerminal(Terminal):
    """A terminal 200 ms away."""

    process_type = DistantLine


class MuteTerminal(Terminal):
    """A terminal that answers no question of the program."""

    def _take(self, data: bytes) -> None:
        self._raw += data
        self._emulator.take(self._decoder.decode(data))
