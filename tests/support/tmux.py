"""A real tmux for tests: a program in a window of its own server, whose size can be changed at any time.

    with Tmux([sys.executable, "-m", "chatrepl"], env=clean_environment(tmp_path)) as tmux:
        tmux.wait_for("> ")
        tmux.resize(40, 12)
        assert tmux.everything().count("> ") == 1

The server has a socket and a configuration of its own, and ends with the test.
"""

from __future__ import annotations

import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.pty_process import PATIENCE_S

POLL_S = 0.02
HISTORY_ROWS = 20_000


def find_tmux() -> str | None:
    """Return where tmux is. None: it is not installed."""
    return shutil.which("tmux")


class Tmux:
    """A program in a window of tmux that a test can type into and read.

    Args:
        argv: The program and its arguments.
        env: All its variables, and those of tmux.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        columns: int = 100,
        rows: int = 30,
        cwd: Path | None = None,
    ) -> None:
        self._argv = list(argv)
        self._env = dict(env)
        self._size = columns, rows
        self._cwd = cwd
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        directory = self._stack.enter_context(
            tempfile.TemporaryDirectory(prefix="tmux-")
        )  # a socket's name is short
        self._socket = Path(directory, "socket")
        self._configuration = Path(directory, "configuration")
        self._stack.callback(self._run, "kill-server", must_work=False)
        columns, rows = self._size
        self._configuration.write_text(f"set-option -g history-limit {HISTORY_ROWS}\n")
        with ExitStack() as stack:  # where it does not start, nothing is left
            stack.push(self._stack.__exit__)
            self._run("new-session", "-d", "-x", str(columns), "-y", str(rows), "--", *self._argv)
            stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _run(self, *arguments: str, must_work: bool = True) -> str:
        done = subprocess.run(
            [find_tmux() or "tmux", "-u", "-S", self._socket, "-f", self._configuration, *arguments],
            env=self._env,
            cwd=self._cwd,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
        assert not must_work or done.returncode == 0, done.stderr
        return done.stdout

    def send(self, text: str) -> None:
        """Type text as it is."""
        self._run("send-keys", "-l", "--", text)

    def send_line(self, text: str) -> None:
        """Type text and Enter."""
        self.send(text)
        self._run("send-keys", "Enter")

    def resize(self, *sizes: tuple[int, int]) -> None:
        """Give the window other sizes, columns and rows, one right after the other."""
        commands: list[str] = []
        for columns, rows in sizes:
            commands += [";"] * bool(commands) + ["resize-window", "-x", str(columns), "-y", str(rows)]
        self._run(*commands)

    def screen(self) -> list[str]:
        """Return the visible rows, without the blanks at their ends."""
        return [row.rstrip() for row in self._run("capture-pane", "-p").splitlines()]

    def everything(self, *, join_wrapped: bool = False) -> str:
        """Return all rows, those that have left the screen first, without the blanks at their ends."""
        joined = ["-J"] if join_wrapped else []
        rows = self._run("capture-pane", "-p", "-S", "-", *joined).splitlines()
        return "\n".join(row.rstrip() for row in rows).rstrip("\n")

    def wait_for(self, what: str | Callable[[Tmux], object], timeout_s: float = PATIENCE_S) -> None:
        """Wait until a text is anywhere in the history or on the screen, or until something is so.

        Raises:
            AssertionError: with everything in the window, where it never is.
        """
        sought = what if callable(what) else lambda _: what in self.everything()
        deadline = time.monotonic() + timeout_s
        while not sought(self):
            assert time.monotonic() < deadline, f"{what!r} was waited for in vain:\n{self.everything()}"
            time.sleep(POLL_S)
