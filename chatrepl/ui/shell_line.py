"""Runs what stands after ``!``, shows what it writes as it comes, and keeps that for the message it may go into.

Nothing that a model wrote or that was pasted is run by itself: whoever submits the line decides that, see ``ui.repl``.
"""

from __future__ import annotations

import asyncio
import codecs
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Literal, NamedTuple

from chatrepl.cancellation import Cancellation
from chatrepl.sanitise import sanitise, sanitise_line

if TYPE_CHECKING:
    from chatrepl.line_ports import Shell, ShellEnd

LIMIT_SHOWN_LINES = 200
"""More lines are not printed, but kept."""
LIMIT_KEPT_CHARS = 200_000
"""More is not kept: the beginning and the end are."""
SHOW_EVERY_S = 0.1
MARK = "!"
Tone = Literal["info", "warning", "error"]


class ShellOutput(NamedTuple):
    """What a command wrote."""

    command: str
    text: str
    end: str
    """How it ended, in words."""

    def as_message(self) -> str:
        """Return it as it goes into a message: keys are masked, and a fence of code that its text cannot close."""
        from chatrepl.redact import mask_keys

        text = mask_keys(sanitise(self.text)).rstrip("\n")
        fence = "```"
        while fence in text:
            fence += "`"
        return f"{fence}console\n$ {mask_keys(sanitise(self.command))}\n{text}\n{fence}\n({self.end})\n"


def command_of(text: str) -> str | None:
    """Return the shell command that a line is. None: it is a message, as where a blank stands before the sign."""
    if not text.startswith(MARK) or not text[1:].strip():
        return None
    return text[1:].strip()


def escaped(text: str) -> str:
    """Return a text so that it is a message, and no shell command."""
    return f"\\{text}" if text.lstrip("\\").startswith(MARK) else text


def literal_of(text: str) -> str:
    """Return a message that begins with a backslash and the sign as it is meant."""
    is_escaped = text.startswith("\\") and text.lstrip("\\").startswith(MARK)
    return text[1:] if is_escaped else text


class KeptOutput:
    """What was written so far: the beginning and the end of what is too long."""

    def __init__(self, limit_chars: int = LIMIT_KEPT_CHARS) -> None:
        self._limit = limit_chars
        self._head = ""
        self._tail = ""
        self.dropped_chars = 0

    def add(self, text: str) -> None:
        """Take more."""
        room = self._limit // 2 - len(self._head)
        if room > 0:
            self._head += text[:room]
            text = text[room:]
        self._tail += text
        excess = len(self._tail) - self._limit // 2
        if excess > self._limit // 2:  # seldom, so that the cost for each letter stays the same
            self._trim(excess)

    def _trim(self, excess: int) -> None:
        self._tail = self._tail[excess:]
        self.dropped_chars += excess

    @property
    def text(self) -> str:
        """What is kept, with a word about what is not."""
        excess = len(self._tail) - self._limit // 2
        if excess > 0:
            self._trim(excess)
        if not self.dropped_chars:
            return self._head + self._tail
        return f"{self._head}\n[… {self.dropped_chars} characters left out …]\n{self._tail}"


class ShellRun:
    """A command while it runs, in a thread of its own.

    Args:
        show: Prints finished lines, in the loop.
        on_end: Called in the loop when it has ended, with what it wrote, how it ended, and how that is said.
    """

    def __init__(
        self,
        shell: Shell,
        command: str,
        timeout_s: float,
        show: Callable[[list[str]], None],
        on_end: Callable[[ShellOutput, str, Tone], None],
    ) -> None:
        self._command = command
        self._show = show
        self._on_end = on_end
        self._began_at = time.monotonic()
        self._cancellation = Cancellation()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._lock = threading.Lock()
        self._arrived: list[str] = []
        self._kept = KeptOutput()
        self._line = ""
        self._line_count = 0
        self._loop = asyncio.get_running_loop()
        self._showing: asyncio.TimerHandle | None = None

        def work() -> None:
            end = shell.run(command, timeout_s, self._take, self._cancellation)
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._ended, end)

        threading.Thread(target=work, name="chatrepl-shell", daemon=True).start()

    def stop(self) -> None:
        """Stop it; it is over when ``on_end`` is called."""
        self._cancellation.cancel()

    def _take(self, data: bytes) -> None:
        text = self._decoder.decode(data)
        with self._lock:
            self._arrived.append(text)
            is_first = len(self._arrived) == 1
        if is_first:
            with suppress(RuntimeError):
                self._loop.call_soon_threadsafe(self._show_soon)

    def _show_soon(self) -> None:
        if self._showing is None:
            self._showing = self._loop.call_later(SHOW_EVERY_S, self._show_arrived)

    def _show_arrived(self, *, is_over: bool = False) -> None:
        self._showing = None
        with self._lock:
            text, self._arrived = "".join(self._arrived), []
        self._kept.add(text)
        *lines, self._line = (self._line + text.replace("\r\n", "\n")).split("\n")
        if is_over and self._line:
            lines.append(self._line)
        room = max(0, LIMIT_SHOWN_LINES - self._line_count)
        self._line_count += len(lines)
        if lines[:room]:
            # a line that is written over, as of a progress bar, is shown as it stood last
            self._show([sanitise_line(line.rstrip("\r").rpartition("\r")[2]) for line in lines[:room]])
        self._line = self._line[-LIMIT_KEPT_CHARS:]

    def _ended(self, end: ShellEnd) -> None:
        if self._showing is not None:
            self._showing.cancel()
        self._show_arrived(is_over=True)
        took = f"{time.monotonic() - self._began_at:.1f} s"
        hidden = self._line_count - LIMIT_SHOWN_LINES
        more = f"; {hidden} lines more were not printed" if hidden > 0 else ""
        if end.status is None:
            said = f"{end.said}, after {took}" if end.said == "stopped" else end.said
        else:
            said = f"exit status {end.status}, {took}"
        output = ShellOutput(self._command, self._kept.text, said)
        self._on_end(output, f"{said[0].upper()}{said[1:]}{more}.", "info" if end.status == 0 else "warning")


class ShellLine:
    """The shell command that runs, or none, and what the last one wrote.

    Args:
        shell: Runs commands. None: nothing does.
        show: Prints finished lines.
        say: Says how a command ended.
        changed: Called with a command when it begins, and with None when it is over.
        timeout_s: Returns how long a command may take.
    """

    def __init__(
        self,
        shell: Shell | None,
        show: Callable[[list[str]], None],
        say: Callable[[str, Tone], None],
        changed: Callable[[str | None], None],
        timeout_s: Callable[[], float],
    ) -> None:
        self._shell = shell
        self._show = show
        self._say = say
        self._changed = changed
        self._timeout_s = timeout_s
        self._run: ShellRun | None = None
        self.last: ShellOutput | None = None
        """What the last command wrote. None: there was none, or it wrote nothing."""

    @property
    def is_running(self) -> bool:
        """Whether a command runs."""
        return self._run is not None

    def start(self, command: str) -> None:
        """Run a command; none may be running."""
        self.last = None
        if self._shell is None:
            self._say("No shell can be used here.", "warning")
            return
        self._run = ShellRun(self._shell, command, self._timeout_s(), self._show, self._ended)
        self._changed(command)

    def stop(self) -> bool:
        """Stop the command. False: none runs."""
        if self._run is None:
            return False
        self._run.stop()
        return True

    def _ended(self, output: ShellOutput, said: str, tone: Tone) -> None:
        self._run = None
        self.last = output if output.text.strip() else None
        self._say(said, tone)
        self._changed(None)
