"""A program at a pty that is typed at and timed, without a screen: what is written is searched as bytes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.pty_process import PtyProcess
from tests.support.text import without_escapes

CURSOR_QUESTION = b"\x1b[6n"
CURSOR_ANSWER = b"\x1b[1;1R"
COLUMNS, ROWS = 120, 40
TIMEOUT_S = 60.0
LINE_SLICE_S = 0.02
"""How often a slow line brings something."""


class SlowLine(PtyProcess):
    """A program whose terminal takes what it writes at a limited rate, as one at the end of a slow line does.

    What the terminal itself buffers, a few KB, comes on top, as it does there.
    """

    bytes_per_s = 0
    """0: without a limit."""
    _allowed_at = 0.0

    def read(self, timeout_s: float) -> bytes:
        """Return what has come over the line."""
        if self.bytes_per_s and (wait_s := self._allowed_at - time.monotonic()) > 0:
            time.sleep(min(wait_s, timeout_s))
            if wait_s > timeout_s:
                return b""
        return super().read(timeout_s)

    def _read_now(self) -> bytes:
        if not self.bytes_per_s:
            return super()._read_now()
        now = time.monotonic()
        if now < self._allowed_at:
            return b""
        self._allowed_at = max(self._allowed_at, now - LINE_SLICE_S) + LINE_SLICE_S
        try:
            data = os.read(self._master, max(1, int(self.bytes_per_s * LINE_SLICE_S)))
        except OSError:
            data = b""
        if not data:
            return super()._read_now()  # which knows whether that is the end
        self.received_bytes += len(data)
        return data


class Driver:
    """Drives one program.

    Args:
        argv: The program and its arguments.
        env: All its variables.
        typed_ahead: Typed as soon as the program has been started; the terminal itself does not show what is typed.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], typed_ahead: str = "") -> None:
        self.process = SlowLine(argv, env=env, columns=COLUMNS, rows=ROWS, is_echoing=False)
        self.on_output: Callable[[bytes], None] = lambda _: None
        """Is handed all that the program writes, as it comes."""
        self._new = bytearray()
        if typed_ahead:
            self.process.write(typed_ahead.encode(), self._take)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.close()

    def type(self, text: str) -> float:
        """Type, and return when that began. What was written before is forgotten."""
        self._new.clear()
        return self.press(text)

    def press(self, text: str) -> float:
        """Type, and return when that began. What was written before is kept, to be searched."""
        began = time.monotonic()
        self.process.write(text.encode(), self._take)
        return began

    def wait_for_bytes(self, sought: bytes, timeout_s: float = TIMEOUT_S) -> float:
        """Return when something was written, counted from what was typed last.

        Raises:
            SystemExit: where it does not come.
        """
        deadline = time.monotonic() + timeout_s
        begin = 0
        while self._new.find(sought, max(0, begin)) < 0:
            begin = len(self._new) - len(sought)
            self._read(deadline, sought.decode())
        return time.monotonic()

    def wait_for_text(self, sought: str) -> float:
        """Return when a text was on the screen, whatever its style. For little output only."""
        deadline = time.monotonic() + TIMEOUT_S
        while sought not in without_escapes(bytes(self._new)):
            self._read(deadline, sought)
        return time.monotonic()

    def has_written(self, sought: bytes) -> bool:
        """Whether something was written since what was typed last with ``type``."""
        return sought in self._new

    def read_for(self, seconds: float) -> bytes:
        """Return what the program writes; waits for something at most so long."""
        data = self.process.read(seconds)
        self._take(data)
        return data

    def read_until(self, deadline: float) -> None:
        """Take what the program writes until a time on the monotonic clock."""
        while (left_s := deadline - time.monotonic()) > 0:
            self.read_for(left_s)

    def settle(self, quiet_s: float, timeout_s: float = TIMEOUT_S) -> None:
        """Wait until the program has neither written nor worked for a while."""
        deadline = time.monotonic() + timeout_s
        worked_s = -1.0
        while time.monotonic() < deadline:
            data = self.read_for(quiet_s)
            before, worked_s = worked_s, self.cpu_s()
            if not data and worked_s - before < 0.02 * quiet_s:
                return

    def cpu_s(self) -> float:
        """Return the seconds of processor, user and system, that the program has used in all its threads."""
        return time.clock_gettime((~self.process.pid << 3) | 2)  # Linux: the CPU clock of another process

    def memory_mib(self) -> float:
        """Return what the program has in RAM."""
        return self._status_mib("VmRSS:")

    def peak_mib(self) -> float:
        """Return the most that the program has had in RAM."""
        return self._status_mib("VmHWM:")

    def _status_mib(self, field: str) -> float:
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(field):
                return int(line.split()[1]) / 1024
        return float("nan")

    def leave(self) -> None:
        """End the program as a user does, with Ctrl-D on an empty line."""
        self.type("\x04")
        deadline = time.monotonic() + TIMEOUT_S
        while self.process.poll() is None:
            self.read_for(0.05)
            if time.monotonic() > deadline:
                raise SystemExit("the program did not leave at Ctrl-D")

    def _read(self, deadline: float, sought: str) -> None:
        data = self.read_for(0.25)
        if time.monotonic() > deadline or (not data and self.process.poll() is not None):
            written = without_escapes(bytes(self._new))[-2000:]
            raise SystemExit(
                f"{sought!r} did not come. The program's status: {self.process.status}.\n{written}"
            )

    def _take(self, data: bytes) -> None:
        self._new += data
        self.on_output(data)
        for _ in range(data.count(CURSOR_QUESTION)):
            self.process.write(CURSOR_ANSWER, self._take)
