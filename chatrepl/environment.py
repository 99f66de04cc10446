"""The world around the program: streams, terminal, variables, directories, clock. Nothing else asks about them."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TextIO

APPLICATION = "chatrepl"

ENDING_SIGNALS: tuple[signal.Signals, ...] = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)
)
"""By these the system or the terminal tells a program to end; Windows has no SIGHUP."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the time of day, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Return seconds from some point in the past; never goes back."""
        return time.monotonic()


@dataclass
class Environment:
    """What the process was started with. Tests build their own."""

    stdin: TextIO = field(default_factory=lambda: sys.stdin)
    stdout: TextIO = field(default_factory=lambda: sys.stdout)
    stderr: TextIO = field(default_factory=lambda: sys.stderr)
    variables: Mapping[str, str] = field(default_factory=lambda: os.environ)
    clock: SystemClock = field(default_factory=SystemClock)

    @property
    def stdin_is_terminal(self) -> bool:
        """Whether a person can type."""
        return _is_terminal(self.stdin)

    @property
    def stdout_is_terminal(self) -> bool:
        """Whether a person reads the output."""
        return _is_terminal(self.stdout)

    @property
    def stderr_is_terminal(self) -> bool:
        """Whether a person reads the talk."""
        return _is_terminal(self.stderr)

    @property
    def is_dumb(self) -> bool:
        """Whether the terminal cannot move its cursor."""
        return self.variables.get("TERM", "") in {"", "dumb", "unknown"}

    @property
    def wants_colour(self) -> bool:
        """Whether colour may be used. Source: no-color.org (``NO_COLOR`` set and not empty means no)."""
        return not self.variables.get("NO_COLOR") and not self.is_dumb

    @property
    def is_unicode(self) -> bool:
        """Whether the terminal can show more than ASCII: its encoding can, and the locale was not set to ``C``.

        Python takes the locale ``C`` for UTF-8 and says so in ``LC_CTYPE`` (PEP 538 and 540), since programs are often
        started without any. Where a person has set it, every other program shows ASCII, and a terminal may know no more.
        """
        encoding = getattr(self.stdout, "encoding", None) or "ascii"
        return encoding.lower().replace("-", "").startswith("utf") and not self._is_c_locale

    @property
    def _is_c_locale(self) -> bool:
        known = self.variables
        if known.get("PYTHONUTF8") == "1" or known.get("PYTHONIOENCODING"):
            return False  # the encoding is what was asked for
        kind = known.get("LC_CTYPE", "")
        if kind in {"C.UTF-8", "C.utf8", "UTF-8"} and known.get("LANG") in {"C", "POSIX"}:
            kind = ""  # set by Python itself
        return (known.get("LC_ALL") or kind or known.get("LANG", "")) in {"C", "POSIX"}

    def hear_all_letters(self) -> None:
        """Read what is typed as UTF-8 where the stream was told to expect ASCII: nothing that is typed may be lost."""
        if (getattr(self.stdin, "encoding", None) or "").lower() in {"ascii", "us-ascii", "ansi_x3.4-1968"}:
            with contextlib.suppress(AttributeError, ValueError, io.UnsupportedOperation):
                self.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")  # type: ignore[attr-defined]

    def has_input(self, wait_s: float) -> bool:
        """Whether more can be read from the terminal within this time; False where that cannot be found out."""
        import select

        try:
            return self.stdin_is_terminal and bool(select.select([self.stdin.fileno()], [], [], wait_s)[0])
        except (OSError, ValueError, AttributeError):  # Windows knows this of sockets only
            return False

    @property
    def reflows(self) -> bool:
        """Whether the terminal wraps its rows anew when its width changes; xterm and the Linux console do not."""
        return "XTERM_VERSION" not in self.variables and self.variables.get("TERM") != "linux"

    @property
    def columns(self) -> int:
        """The terminal's width, 80 where it is not known."""
        return self.size()[0]

    @property
    def rows(self) -> int:
        """The terminal's height, 24 where it is not known."""
        return self.size()[1]

    def size(self) -> tuple[int, int]:
        """Return the terminal's columns and rows, 80 and 24 where they are not known."""
        try:
            columns, rows = os.get_terminal_size(self.stdout.fileno())
        except (AttributeError, OSError, ValueError):
            columns, rows = 0, 0
        return columns or 80, rows or 24

    def cell_pixels(self) -> tuple[int, int] | None:
        """Return the width and height of one letter on the terminal, in pixels. None: it does not say."""
        try:
            import fcntl
            import struct
            import termios

            told = fcntl.ioctl(self.stdout.fileno(), termios.TIOCGWINSZ, bytes(8))
        except (ImportError, AttributeError, OSError, ValueError):
            return None
        rows, columns, width, height = struct.unpack("HHHH", told)
        return (width // columns, height // rows) if 0 < columns <= width and 0 < rows <= height else None

    @cached_property
    def config_directory(self) -> Path:
        """Where the configuration file is looked for."""
        return self._directory("XDG_CONFIG_HOME", "user_config_dir")

    @cached_property
    def data_directory(self) -> Path:
        """Where chats and logs are kept."""
        return self._directory("XDG_DATA_HOME", "user_data_dir")

    @cached_property
    def cache_directory(self) -> Path:
        """Where things are kept that can be made again."""
        return self._directory("XDG_CACHE_HOME", "user_cache_dir")

    def _directory(self, variable: str, function: str) -> Path:
        base = self.variables.get(variable)
        if base and Path(base).is_absolute():  # the XDG specification: relative paths are ignored
            return Path(base) / APPLICATION
        import platformdirs

        return Path(getattr(platformdirs, function)(APPLICATION, appauthor=False))

    def expand(self, path: str) -> Path:
        """Turn what a user wrote into a path, with ``~`` as the home directory."""
        if path == "~" or path.startswith("~/"):
            home = self.variables.get("HOME")
            if home:
                return Path(home) / path[2:]
        return Path(path).expanduser()


def _is_terminal(stream: TextIO) -> bool:
    try:
        return stream.isatty()
    except (AttributeError, ValueError):  # a closed stream
        return False


class HeldKeys:
    """Keeps what is typed before the prompt is up for the prompt: not echoed, Enter still Enter. Ctrl-C works.

    Nothing happens where standard input is not a terminal.
    """

    def __init__(self, stdin: TextIO) -> None:
        self._stdin = stdin
        self._before: list[Any] | None = None

    def __enter__(self) -> Self:
        self.hold()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def hold(self) -> None:
        """Begin, or begin again after ``release``."""
        try:
            import termios
        except ImportError:  # Windows
            return
        with contextlib.suppress(OSError, ValueError, termios.error, io.UnsupportedOperation):
            before = termios.tcgetattr(self._stdin.fileno())
            held = [*before[:6], [*before[6]]]
            held[0] &= ~termios.ICRNL
            held[3] &= ~(termios.ICANON | termios.ECHO)
            termios.tcsetattr(self._stdin.fileno(), termios.TCSANOW, held)
            self._before = before

    def release(self) -> None:
        """Put the terminal back as it was."""
        before, self._before = self._before, None
        if before is not None:
            import termios

            with contextlib.suppress(OSError, ValueError, termios.error):
                termios.tcsetattr(self._stdin.fileno(), termios.TCSANOW, before)


def make_private_directory(path: Path) -> Path:
    """Create a directory so that only its owner can look inside, and those above it as the user's mask says.

    Raises:
        OSError: where it cannot be made.
    """
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    return path


def new_id(now: datetime) -> str:
    """Return 32 hexadecimal digits: milliseconds since 1970, then chance. Later ids sort after earlier ones."""
    return f"{int(now.timestamp() * 1000):012x}{os.urandom(10).hex()}"
