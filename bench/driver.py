"""A program at a pty that is typed at and timed, without a screen: what is written is searched as bytes."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Self

from tests.support.pty_process import PtyProcess
from tests.support.text import without_escapes

CURSOR_QUESTION = b"\x1b[6n"
CURSOR_ANSWER = b"\x1b[1;1R"
TIMEOUT_S = 60.0


class Driver:
    """Drives one program.

    Args:
        argv: The program and its arguments.
        env: All its variables.
        typed_ahead: Typed as soon as the program has been started; the terminal itself does not show what is typed.
    """

    def __init__(self, argv: Sequence[str], env: Mapping[str, str], typed_ahead: str = "") -> None:
        self.process = PtyProcess(argv, env=env, columns=120, rows=40, is_echoing=False)
        self._new = b""
        if typed_ahead:
            self.process.write(typed_ahead.encode(), self._take)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.close()

    def type(self, text: str) -> float:
        """Type, and return when that began. What was written before is forgotten."""
        self._new = b""
        began = time.monotonic()
        self.process.write(text.encode(), self._take)
        return began

    def wait_for_bytes(self, sought: bytes) -> float:
        """Return when something was written, counted from what was typed last.

        Raises:
            SystemExit: where it does not come.
        """
        deadline = time.monotonic() + TIMEOUT_S
        begin = 0
        while self._new.find(sought, max(0, begin)) < 0:
            begin = len(self._new) - len(sought)
            self._read(deadline, sought.decode())
        return time.monotonic()

    def wait_for_text(self, sought: str) -> float:
        """Return when a text was on the screen, whatever its style. For little output only."""
        deadline = time.monotonic() + TIMEOUT_S
        while sought not in without_escapes(self._new):
            self._read(deadline, sought)
        return time.monotonic()

    def settle(self, quiet_s: float) -> None:
        """Wait until the program has neither written nor worked for a while."""
        deadline = time.monotonic() + TIMEOUT_S
        worked_s = -1.0
        while time.monotonic() < deadline:
            data = self.process.read(quiet_s)
            self._take(data)
            before, worked_s = worked_s, self.cpu_s()
            if not data and worked_s - before < 0.02 * quiet_s:
                return

    def cpu_s(self) -> float:
        """Return the seconds of processor, user and system, that the program has used in all its threads."""
        return time.clock_gettime((~self.process.pid << 3) | 2)  # Linux: the CPU clock of another process

    def peak_mib(self) -> float:
        """Return the most memory that the program has had in RAM."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return float("nan")

    def leave(self) -> None:
        """End the program as a user does, with Ctrl-D on an empty line."""
        self.type("\x04")
        deadline = time.monotonic() + TIMEOUT_S
        while self.process.poll() is None:
            self._take(self.process.read(0.05))
            if time.monotonic() > deadline:
                raise SystemExit("the program did not leave at Ctrl-D")

    def _read(self, deadline: float, sought: str) -> None:
        data = self.process.read(0.25)
        self._take(data)
        if not data and (time.monotonic() > deadline or self.process.poll() is not None):
            written = without_escapes(self._new)[-2000:]
            raise SystemExit(
                f"{sought!r} did not come. The program's status: {self.process.status}.\n{written}"
            )

    def _take(self, data: bytes) -> None:
        self._new += data
        for _ in range(data.count(CURSOR_QUESTION)):
            self.process.write(CURSOR_ANSWER, self._take)
