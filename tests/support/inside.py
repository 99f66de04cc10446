"""A session inside the test's own process, with a terminal that is emulated: what is typed, and what stands in the line.

    with Inside(tmp_path) as inside:
        inside.type("hello")
        inside.wait(lambda: inside.line == "hello")

It runs in a thread of its own. What a whole program must prove is proved with ``tests.support.terminal``.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import create_pipe_input

from chatrepl.commands.all import ALL
from chatrepl.environment import Environment
from chatrepl.line_ports import Paths, Shell
from chatrepl.settings import Settings
from chatrepl.ui.output import HeldOutput
from chatrepl.ui.repl import Repl
from tests.support.emulator import Emulator
from tests.support.fakes import ScriptedClient, make_session
from tests.support.terminal import KEYS, key

TIMEOUT_S = 20.0


class EmulatedScreen:
    """Stands for the stream that the application writes to."""

    encoding = "utf-8"

    def __init__(self, columns: int, rows: int) -> None:
        self.emulator = Emulator(columns, rows)
        self.changed = threading.Condition()

    def write(self, text: str) -> None:
        with self.changed:
            self.emulator.take(text)
            self.changed.notify_all()

    def flush(self) -> None:
        """Do nothing: all was shown."""

    def isatty(self) -> bool:
        return True


class Inside:
    """A session that a test can type into and read."""

    def __init__(
        self,
        tmp_path: Path,
        *,
        settings: Settings | None = None,
        client: ScriptedClient | None = None,
        columns: int = 80,
        rows: int = 24,
        shell: Shell | None = None,
        paths: Callable[[], Paths] | None = None,
    ) -> None:
        self._stack = ExitStack()
        self._size = Size(rows=rows, columns=columns)
        self._screen = EmulatedScreen(columns, rows)
        self.client = client or ScriptedClient()
        self.session = make_session(tmp_path, self.client, settings=settings)
        self._shell = shell
        self._paths = paths

    def __enter__(self) -> Self:
        self._keys = self._stack.enter_context(create_pipe_input())
        ready = threading.Event()

        def work() -> None:
            self.repl = Repl(
                self.session,
                lambda: ALL,
                Environment(stdout=self._screen, variables={"TERM": "xterm"}),  # type: ignore[arg-type]
                input=self._keys,
                output=HeldOutput(self._screen, lambda: self._size, term="xterm", enable_cpr=False),  # type: ignore[arg-type]
                shell=self._shell,
                paths=self._paths,
            )
            ready.set()
            self.repl.run()

        self._thread = threading.Thread(target=work, daemon=True)
        self._thread.start()
        assert ready.wait(TIMEOUT_S)
        self.wait(lambda: self.repl.has_history)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        loop = self.repl._app.loop
        if loop is not None:
            loop.call_soon_threadsafe(self.repl.leave)
        self._thread.join(TIMEOUT_S)
        self._stack.close()

    def type(self, text: str) -> None:
        """Type text as it is."""
        self._keys.send_text(text)

    def press(self, *names: str) -> None:
        """Type keys, such as ``ctrl-c`` or ``alt-enter``."""
        for name in names:
            self._keys.send_text(key(name))

    def paste(self, text: str) -> None:
        """Paste text as a terminal does."""
        self._keys.send_text(KEYS["paste-begin"] + text.replace("\n", "\r") + KEYS["paste-end"])

    def put(self, text: str) -> None:
        """Type text, and wait until it stands in the line."""
        self.type(text)
        self.wait(lambda: self.line.endswith(text))

    def enter(self, text: str) -> None:
        """Type text and Enter, and wait until the line is empty."""
        self.put(text)
        self.press("enter")
        self.wait(lambda: self.line == "")

    @property
    def line(self) -> str:
        """What stands in the input line."""
        return self.repl._buffer.text

    @property
    def mode(self) -> str:
        """What the bar says of how keys are taken."""
        return self.repl._mode.shown()

    def screen(self) -> list[str]:
        """Return the visible rows, without the blanks at their ends and without empty rows at the end."""
        with self._screen.changed:
            rows = [row.rstrip() for row in self._screen.emulator.visible()]
        while rows and not rows[-1]:
            rows.pop()
        return rows

    def everything(self) -> str:
        """Return all rows, those that have left the screen first."""
        with self._screen.changed:
            return "\n".join(row.rstrip() for row in self._screen.emulator.all_rows())

    @property
    def cursor(self) -> tuple[int, int]:
        """Where the cursor is: row and column, from 0."""
        with self._screen.changed:
            return self._screen.emulator.cursor.y, self._screen.emulator.cursor.x

    def wait(self, is_so: Callable[[], object]) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + TIMEOUT_S
        while not is_so():
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain; the line: {self.line!r}\n" + "\n".join(self.screen()))
            with self._screen.changed:
                self._screen.changed.wait(0.01)

    def wait_for(self, text: str) -> None:
        """Wait until a text stands somewhere on the screen or above it."""
        self.wait(lambda: text in self.everything())
