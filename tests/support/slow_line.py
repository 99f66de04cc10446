"""A terminal at the end of a slow line."""

from __future__ import annotations

import os
import time

from tests.support.pty_process import PtyProcess
from tests.support.terminal import Terminal

SLICE_S = 0.02
"""How often a slow line brings something."""


class SlowLine(PtyProcess):
    """A program whose terminal takes what it writes at a limited rate.

    What the system itself holds for a terminal, up to 20 KB, comes on top, as it does there.
    """

    bytes_per_s = 10_000
    _allowed_at = 0.0

    def _read_now(self) -> bytes:
        now = time.monotonic()
        if self.bytes_per_s == 0:
            return super()._read_now()
        if now < self._allowed_at:
            return b""
        self._allowed_at = max(self._allowed_at, now - SLICE_S) + SLICE_S
        try:
            data = os.read(self._master, max(1, int(self.bytes_per_s * SLICE_S)))
        except OSError:
            return super()._read_now()  # which knows whether that is the end
        self.received_bytes += len(data)
        return data

    def read(self, timeout_s: float) -> bytes:
        """Return what has come over the line."""
        wait_s = self._allowed_at - time.monotonic() if self.bytes_per_s else 0.0
        if wait_s > 0:
            time.sleep(min(wait_s, max(0.0, timeout_s)))
        return super().read(max(0.0, timeout_s - max(0.0, wait_s)))


class SlowTerminal(Terminal):
    """A terminal that takes 10 KB a second."""

    process_type = SlowLine

    def speed_up(self) -> None:
        """Take everything at once from now on."""
        assert isinstance(self.process, SlowLine)
        self.process.bytes_per_s = 0
