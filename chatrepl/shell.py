"""Runs a command of the user in their own shell. Fits ``line_ports.Shell``.

The command gets no terminal: what it writes is taken as it comes, and it reads nothing. It runs in a session of its own, so that
all that it started can be stopped together.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from chatrepl.cancellation import Cancellation
from chatrepl.line_ports import ShellEnd

READ_BYTES = 65_536
GRACE_S = 1.0
"""So long a command that is told to stop has time for it."""
AFTER_END_S = 0.2
"""So long what a command left running in the background may still write after its end."""
POLL_S = 0.05
NO_TERMINAL: Mapping[str, str] = {
    "TERM": "dumb",
    "PAGER": "cat",
    "GIT_PAGER": "cat",
    "MANPAGER": "cat",
    "SYSTEMD_PAGER": "cat",
    "GIT_TERMINAL_PROMPT": "0",
    "CHATREPL_SHELL": "1",
}
"""Keeps programs from waiting for keys that cannot come."""


class UserShell:
    """The shell that ``SHELL`` names, else ``/bin/sh``."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables

    def run(
        self,
        command: str,
        timeout_s: float,
        on_output: Callable[[bytes], None],
        cancellation: Cancellation,
    ) -> ShellEnd:
        """Run a command; see ``line_ports.Shell``."""
        shell = self._variables.get("SHELL") or "/bin/sh"
        if not Path(shell).is_file():
            shell = "/bin/sh"
        try:
            process = subprocess.Popen(
                [shell, "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                env={**self._variables, **NO_TERMINAL},
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it holds the character NUL"
            return ShellEnd(None, f"{shell} could not be started: {reason}")
        with process:
            return _follow(process, timeout_s, on_output, cancellation)


def _follow(
    process: subprocess.Popen[bytes],
    timeout_s: float,
    on_output: Callable[[bytes], None],
    cancellation: Cancellation,
) -> ShellEnd:
    assert process.stdout is not None  # noqa: S101 - it was asked for
    output = process.stdout.fileno()
    os.set_blocking(output, False)
    deadline = time.monotonic() + timeout_s
    said = ""
    ended_at: float | None = None
    while True:
        readable, _, _ = select.select([output], [], [], POLL_S)
        if readable:
            data = _read(output)
            if data == b"":
                break
            if data:
                on_output(data)
        now = time.monotonic()
        if process.poll() is not None:
            ended_at = ended_at or now
            if now - ended_at > AFTER_END_S:
                break
        elif not said and cancellation.is_cancelled:
            said = "stopped"
        elif not said and now > deadline:
            said = f"stopped after {timeout_s:g} s"
        if said:
            _stop(process)
            break
    if not said:
        said = _wait(process, deadline, cancellation)
    status = process.returncode
    if said or status is None:
        return ShellEnd(None, said)
    return ShellEnd(status if status >= 0 else 128 - status)


def _read(output: int) -> bytes | None:
    """Return what can be read; empty at the end."""
    try:
        return os.read(output, READ_BYTES)
    except BlockingIOError:
        return None


def _wait(process: subprocess.Popen[bytes], deadline: float, cancellation: Cancellation) -> str:
    """Wait for a command that has closed its output. Returns why it was stopped, or nothing."""
    while process.poll() is None:
        if cancellation.wait(POLL_S):
            _stop(process)
            return "stopped"
        if time.monotonic() > deadline:
            _stop(process)
            return "stopped after its time"
    return ""


def _stop(process: subprocess.Popen[bytes]) -> None:
    """End a command and all that it started: asked first, then not."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(OSError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(GRACE_S / 2)
            break
    with contextlib.suppress(OSError):  # what was left running in the background
        os.killpg(process.pid, signal.SIGKILL)
