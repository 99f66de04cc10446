"""A terminal for tests: runs a whole program in a real pty and shows what a person would see.

    with Terminal([sys.executable, "-m", "chatrepl"], env=clean_environment(tmp_path)) as terminal:
        terminal.wait_for("> ")
        terminal.send("hello")
        terminal.send_key("enter")
        terminal.wait_for("Hi there")
        assert "hello" in terminal.everything()

Nothing here sleeps: everything waits for the pty, up to a deadline.
"""

from __future__ import annotations

import codecs
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.emulator import Emulator
from tests.support.pty_process import PATIENCE_S, PtyProcess

LIMIT_RAW_BYTES = 16 * 1024 * 1024
"""As much of what the program wrote is kept as bytes."""
LIMIT_UPDATE_BYTES = 65_536
"""So far back the beginning of an update is looked for."""
ABORT_S = 5.0
"""So long a program that is told to abort has time to say where it is."""
POLL_S = 0.02
"""How often it is asked whether a silent program has ended."""

KEYS = {
    "enter": "\r",
    "alt-enter": "\x1b\r",
    "shift-enter": "\x1b[13;2u",
    "tab": "\t",
    "shift-tab": "\x1b[Z",
    "esc": "\x1b",
    "backspace": "\x7f",
    "delete": "\x1b[3~",
    "up": "\x1b[A",
    "down": "\x1b[B",
    "right": "\x1b[C",
    "left": "\x1b[D",
    "home": "\x1b[H",
    "end": "\x1b[F",
    "page-up": "\x1b[5~",
    "page-down": "\x1b[6~",
    "paste-begin": "\x1b[200~",
    "paste-end": "\x1b[201~",
}


def key(name: str) -> str:
    """Return what a terminal sends for a key: a name of ``KEYS``, ``ctrl-`` and a letter, or ``alt-`` and any key.

    Raises:
        KeyError: for a key that is none of these.
    """
    if name in KEYS:
        return KEYS[name]
    modifier, _, rest = name.partition("-")
    if modifier == "ctrl" and len(rest) == 1:
        return chr(ord(rest.upper()) & 0x1F)
    if modifier == "alt" and rest:
        return "\x1b" + (rest if len(rest) == 1 else key(rest))
    raise KeyError(name)


def clean_environment(home: Path, **more: str) -> dict[str, str]:
    """Return variables for a program that is to find an empty home, no keys, and a capable UTF-8 terminal.

    Those by which coverage.py measures programs that tests start come along.
    """
    return {
        **{name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")},
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "PYTHONFAULTHANDLER": "1",
        **more,
    }


class Terminal:
    """A program in a terminal that a test can type into and read.

    Args:
        argv: The program and its arguments.
        env: All its variables; see ``clean_environment``.
        reflows: Whether rows are wrapped anew when the width changes, as in most terminals; xterm does not, and a
            program knows it by the variable ``XTERM_VERSION``.
    """

    process_type: type[PtyProcess] = PtyProcess

    def __init__(
        self,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        columns: int = 100,
        rows: int = 30,
        cwd: Path | None = None,
        reflows: bool = True,
    ) -> None:
        self._raw = bytearray()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._emulator = Emulator(columns, rows, reflows=reflows)
        self.process = self.process_type(argv, env=env, columns=columns, rows=rows, cwd=cwd)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.close()

    @property
    def pid(self) -> int:
        """The program's process."""
        return self.process.pid

    @property
    def raw(self) -> bytes:
        """What the program wrote, the last 16 MiB of it."""
        return bytes(self._raw)

    @property
    def title(self) -> str:
        """What the program made the window's title. Empty: nothing."""
        return self._emulator.title

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the cursor is: row and column, from 0."""
        return self._emulator.cursor.y, self._emulator.cursor.x

    @property
    def emulator(self) -> Emulator:
        """The screen with its colours, for what the methods here do not tell."""
        return self._emulator

    # Typing.

    def send(self, text: str) -> None:
        """Type text as it is."""
        self.process.write(text.encode("utf-8", "surrogateescape"), self._take)

    def send_key(self, *names: str) -> None:
        """Type keys, such as ``ctrl-c``, ``alt-enter`` or ``up``."""
        for name in names:
            self.send(key(name))

    def send_line(self, text: str) -> None:
        """Type text and Enter."""
        self.send(text)
        self.send_key("enter")

    def paste(self, text: str) -> None:
        """Paste text as a terminal does where the program asked to be told (bracketed paste)."""
        self.send(KEYS["paste-begin"] + text.replace("\n", "\r") + KEYS["paste-end"])

    def resize(self, columns: int, rows: int) -> None:
        """Give the window another size."""
        self._emulator.resize(rows, columns)
        self.process.resize(columns, rows)

    def kill(self, number: int) -> None:
        """Send a signal to the program."""
        self.process.kill(number)

    # Reading.

    def screen(self) -> list[str]:
        """Return the visible rows, without the blanks at their ends."""
        return self._emulator.visible()

    def everything(self, *, join_wrapped: bool = False) -> str:
        """Return all rows, those that have left the screen first, without the blanks at their ends.

        Args:
            join_wrapped: Make one line of rows that the terminal itself wrapped, as copying with the mouse does.
        """
        rows = self._emulator.all_rows(join_wrapped=join_wrapped)
        return "\n".join(row.rstrip() for row in rows).rstrip("\n")

    def pump(self, timeout_s: float = 0.0) -> bool:
        """Take what the program has written; returns whether there was something."""
        data = self.process.read(timeout_s)
        if data:
            self._take(data)
        return bool(data)

    def wait_for(
        self, what: str | Callable[[Terminal], object], timeout_s: float = PATIENCE_S, *, times: int = 1
    ) -> None:
        """Read on until a text is anywhere in the scrollback or on the screen, or until something is so.

        Args:
            what: The text, also with blanks at its end such as a prompt's, or a function of this terminal.
            timeout_s: How long to wait.
            times: How often the text must be there.

        Raises:
            AssertionError: with everything on the screen, where it never is.
        """
        sought = what if callable(what) else lambda _: self._count(what) >= times
        deadline = time.monotonic() + timeout_s
        while self.is_amid_update or not sought(self):
            wait_s = deadline - time.monotonic()
            if wait_s <= 0:
                self._fail(what, f"for {timeout_s:g} s")
            if self.pump(min(wait_s, POLL_S)):
                continue
            if self.process.poll() is not None and not self.pump():
                if sought(self):
                    return
                self._fail(what, f"and the program ended with status {self.process.status}")

    @property
    def is_amid_update(self) -> bool:
        """Whether the program has begun a synchronised update and not ended it: what is there is no picture yet."""
        latest = self._raw[-LIMIT_UPDATE_BYTES:]
        return latest.rfind(b"\x1b[?2026h") > latest.rfind(b"\x1b[?2026l")

    def _count(self, text: str) -> int:
        rows = self._emulator.all_rows()
        row, column = self.cursor
        at = len(rows) - len(self.screen()) + row
        rows[at] = rows[at].ljust(column)  # a cursor that was moved on stands behind blanks
        return max(
            "\n".join(rows).count(text),
            "\n".join(self._emulator.all_rows(join_wrapped=True)).count(text),
        )

    def wait_exit(self, timeout_s: float = PATIENCE_S) -> int:
        """Read on until the program ends, and return its status, a signal as a negative number.

        Raises:
            AssertionError: with everything on the screen, where it does not end.
        """
        deadline = time.monotonic() + timeout_s
        while (status := self.process.poll()) is None:
            if time.monotonic() > deadline:
                self._fail("the end of the program", f"for {timeout_s:g} s")
            self.pump(POLL_S)
        while self.pump():
            pass
        return status

    def _take(self, data: bytes) -> None:
        self._raw += data
        if len(self._raw) > LIMIT_RAW_BYTES:
            del self._raw[: len(self._raw) - LIMIT_RAW_BYTES]
        answers = self._emulator.take(self._decoder.decode(data))
        if answers:
            with contextlib.suppress(OSError):  # the program has ended
                self.process.write(answers.encode(), self._take)

    def _fail(self, what: object, how: str) -> None:
        sought = f"{what!r} was" if isinstance(what, str) else "what was"
        picture = self.picture()
        raise AssertionError(
            f"{sought} waited for in vain {how}. The screen:\n{picture}\n{self._where_it_stands()}"
        )

    def _where_it_stands(self) -> str:
        """Return where every thread of the program is, which then ends. Empty: it has ended."""
        if self.process.poll() is not None:
            return ""
        before = len(self._raw)
        self.kill(signal.SIGABRT)  # PYTHONFAULTHANDLER has it say so
        deadline = time.monotonic() + ABORT_S
        while (self.pump(POLL_S) or self.process.poll() is None) and time.monotonic() < deadline:
            pass
        return self._raw[before:].decode("utf-8", "replace")

    def picture(self) -> str:
        """Return everything in a frame, for the message of a test that fails."""
        rows, _ = self.cursor
        above = len(self._emulator.all_rows()) - len(self.screen())
        lines = [
            f"{'>' if number - above == rows else ' '}|{line.rstrip()}"
            for number, line in enumerate(self._emulator.all_rows())
        ]
        lines.insert(above, "-- the visible screen; > is the cursor's row --")
        return "\n".join(lines)


def is_idle(terminal: Terminal) -> bool:
    """Whether no reply of chatrepl's is arriving: its bar is there and does not say so."""
    screen = "\n".join(terminal.screen())
    return "test-model" in screen and "Esc stops" not in screen
