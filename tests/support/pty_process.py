"""A program at its pty, without a screen: for the terminal of the tests, and for measurements."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

PATIENCE_S = 45.0
"""How long something is waited for that comes at once on an idle machine: a busy one must not fail a test."""


class PtyProcess:
    """A program that runs with a pty as its controlling terminal, its input and its output.

    Args:
        argv: The program and its arguments; looked up in ``PATH`` of ``env``.
        env: All its variables.
        is_echoing: Whether the terminal itself shows what is typed until the program takes that over, as terminals do.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        columns: int = 100,
        rows: int = 30,
        cwd: Path | None = None,
        is_echoing: bool = True,
    ) -> None:
        self._master, slave = os.openpty()
        try:
            self._set_size(columns, rows)
            if not is_echoing:
                mode = termios.tcgetattr(slave)
                mode[3] &= ~termios.ECHO
                termios.tcsetattr(slave, termios.TCSANOW, mode)
            os.set_blocking(self._master, False)
            self.started_at = time.monotonic()
            """When the program was started, on the monotonic clock."""
            self.pid = _spawn(list(argv), os.ttyname(slave), env, cwd)
        except BaseException:
            os.close(self._master)
            raise
        finally:
            os.close(slave)
        self.received_bytes = 0
        """How much the program has written in all."""
        self.status: int | None = None
        """How it ended, a signal as a negative number. None: it runs."""
        self.usage: resource.struct_rusage | None = None
        """What it used. None: it runs."""
        self.has_hung_up = False
        """Whether nothing holds the terminal open any more."""
        self._is_closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End the program, if it still runs, and everything it started in its process group."""
        if self._is_closed:
            return
        self._is_closed = True
        if self.status is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            _, status, self.usage = os.wait4(self.pid, 0)
            self.status = os.waitstatus_to_exitcode(status)
        os.close(self._master)

    def read(self, timeout_s: float) -> bytes:
        """Return what the program has written; waits for something, and returns nothing at the end or in vain."""
        if not select.select([self._master], [], [], max(0.0, timeout_s))[0]:
            return b""
        return self._read_now()

    def _read_now(self) -> bytes:
        try:
            data = os.read(self._master, 65536)
        except BlockingIOError:
            return b""
        except OSError as error:
            if error.errno != errno.EIO:  # on Linux, nobody holds the other end any more
                raise
            data = b""
        if not data:
            self.has_hung_up = True
        self.received_bytes += len(data)
        return data

    def write(self, data: bytes, on_output: Callable[[bytes], None], timeout_s: float = PATIENCE_S) -> None:
        """Type, while what the program writes in the meantime is handed to ``on_output``.

        Raises:
            AssertionError: where the program does not take it in time.
        """
        deadline = time.monotonic() + timeout_s
        view = memoryview(data)
        while view:
            wait_s = deadline - time.monotonic()
            readable, writable, _ = select.select([self._master], [self._master], [], max(0.0, wait_s))
            if writable:
                with contextlib.suppress(BlockingIOError):
                    view = view[os.write(self._master, view[:4096]) :]
            if readable and (output := self._read_now()):
                on_output(output)
            assert wait_s > 0, f"the program did not take what was typed: {len(view)} bytes are left"

    def resize(self, columns: int, rows: int) -> None:
        """Give the terminal another size; the program gets SIGWINCH from the kernel."""
        self._set_size(columns, rows)

    def _set_size(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def kill(self, number: int) -> None:
        """Send a signal to the program (and not to what it started)."""
        if self.status is None:
            os.kill(self.pid, number)

    def poll(self) -> int | None:
        """Return how the program ended. None: it runs."""
        if self.status is None:
            pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if pid:
                self.status, self.usage = os.waitstatus_to_exitcode(status), usage
        return self.status


def _spawn(argv: list[str], tty: str, env: Mapping[str, str], cwd: Path | None) -> int:
    """Start a program in a session of its own. The first terminal that such a process opens becomes its terminal.

    ``pty.fork`` would do the same, but forking a process with threads is deprecated from Python 3.12 on.
    """
    if cwd is not None:
        argv = ["/bin/sh", "-c", 'cd -- "$0" && exec "$@"', str(cwd), *argv]
    return os.posix_spawnp(
        argv[0],
        argv,
        env,
        file_actions=[
            (os.POSIX_SPAWN_OPEN, 0, tty, os.O_RDWR, 0),
            (os.POSIX_SPAWN_DUP2, 0, 1),
            (os.POSIX_SPAWN_DUP2, 0, 2),
        ],
        setsid=True,
        setsigmask=[],
        setsigdef=[
            signal.SIGPIPE,
            signal.SIGINT,
            signal.SIGQUIT,
            signal.SIGHUP,
            signal.SIGTERM,
            signal.SIGXFSZ,
        ],
    )
