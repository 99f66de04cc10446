# ruff: noqa: INP001 - a script that is started by its path
"""Does what a newcomer does: types a command into a terminal, asks the model something, reads the answer, leaves.

    python first_chat.py 'COMMAND'

The command runs in a shell at a pty of its own, with an empty home directory and without any key. The exit status is 0
when the model on this machine has answered and the program has ended well. Standard library only, so that nothing has to
be installed for it.
"""

from __future__ import annotations

import codecs
import os
import re
import select
import signal
import struct
import sys
import tempfile
import termios
import time
from collections.abc import Callable, Iterator
from fcntl import ioctl

QUESTION = "Name three colours of the rainbow."
LIMIT_START_S = 480.0
"""Includes the downloads."""
LIMIT_REPLY_S = 120.0
LIMIT_END_S = 30.0
STREAMING = "Esc stops"
"""Stands in the status bar while a reply arrives."""

KEPT = re.compile(
    r"PATH|TMPDIR|SSL_CERT_.*|REQUESTS_CA_BUNDLE|(?i:https?_proxy|all_proxy|no_proxy)|(?:UV|PIP)_.*"
)
"""Variables that installing needs on this machine; nothing else comes along."""
PIECE = re.compile(
    r"\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[()].|\x1b[=>78]|(?P<control>[\x00-\x1a\x7f])|(?P<text>[^\x00-\x1b\x7f]+)",
    re.DOTALL,
)


class FailureError(Exception):
    """What the newcomer expected did not happen."""


class Screen:
    """The rows that were written, without colours; as many as there are, so that nothing scrolls away."""

    def __init__(self) -> None:
        self.rows = [""]
        self.row = 0
        self._column = 0
        self._rest = ""

    def take(self, text: str) -> None:
        """Show what a program writes. Knows what prompts and progress bars use."""
        text = self._rest + text
        end = 0
        for piece in PIECE.finditer(text):
            if piece.start() != end:  # a sequence that has not arrived whole
                break
            end = piece.end()
            if piece["text"]:
                self._write(piece["text"])
            elif piece["control"]:
                self._control(piece["control"])
            elif piece["final"]:
                self._move(piece["final"], piece["parameters"])
        self._rest = text[end:]

    def _write(self, text: str) -> None:
        row = self.rows[self.row].ljust(self._column)
        self.rows[self.row] = row[: self._column] + text + row[self._column + len(text) :]
        self._column += len(text)

    def _control(self, control: str) -> None:
        if control == "\r":
            self._column = 0
        elif control == "\n":
            self._down(1)
        elif control == "\b":
            self._column = max(0, self._column - 1)

    def _down(self, count: int) -> None:
        self.row += count
        self.rows += [""] * (self.row + 1 - len(self.rows))

    def _move(self, final: str, parameters: str) -> None:
        count = int(parameters) if parameters.isdigit() else 0
        row = self.rows[self.row]
        if final == "A":
            self.row = max(0, self.row - (count or 1))
        elif final == "B":
            self._down(count or 1)
        elif final == "C":
            self._column += count or 1
        elif final == "D":
            self._column = max(0, self._column - (count or 1))
        elif final in "JK" and not count:
            self.rows[self.row] = row[: self._column]
            if final == "J":
                del self.rows[self.row + 1 :]
        elif final == "K":
            self.rows[self.row] = "" if count == 2 else " " * self._column + row[self._column :]


class Session:
    """A command in a shell at a pty."""

    def __init__(self, command: str, variables: dict[str, str]) -> None:
        self._master, slave = os.openpty()
        ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 120, 0, 0))
        self.screen = Screen()
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self.status: int | None = None
        opened = (os.POSIX_SPAWN_OPEN, 0, os.ttyname(slave), os.O_RDWR, 0)
        copied = [(os.POSIX_SPAWN_DUP2, 0, number) for number in (1, 2)]
        self._pid = os.posix_spawn(
            "/bin/sh", ["sh", "-c", command], variables, file_actions=[opened, *copied], setsid=True
        )
        os.close(slave)

    def type(self, line: str) -> None:
        """Type a line and Enter."""
        os.write(self._master, line.encode() + b"\r")

    def wait_until(self, what: str, condition: Callable[[], object], limit_s: float) -> None:
        """Read until something is so."""
        deadline = time.monotonic() + limit_s
        while not condition():
            if self.status is not None:
                raise FailureError(f"{what}: the command ended first, with status {self.status}")
            if time.monotonic() > deadline:
                raise FailureError(f"{what}: not within {limit_s:g} s")
            self._read()

    def _read(self) -> None:
        if select.select([self._master], [], [], 0.1)[0]:
            try:
                text = self._decoder.decode(os.read(self._master, 65536))
            except OSError:  # nobody holds the other end any more
                text = ""
            os.write(self._master, b"\x1b[1;1R" * text.count("\x1b[6n"))
            self.screen.take(text)
            if text:
                return
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if pid:
            self.status = os.waitstatus_to_exitcode(status)

    def close(self) -> None:
        """End what still runs."""
        if self.status is None:
            os.killpg(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)
        os.close(self._master)

    def is_ready(self) -> bool:
        """Whether there is an empty input line that takes keys, the bar stands below it, and nothing streams."""
        rows = self.screen.rows[self.screen.row :]
        takes_keys = not termios.tcgetattr(self._master)[3] & termios.ICANON
        is_idle = " tok" in "".join(rows[1:]) and not self.is_streaming()
        return takes_keys and rows[0].rstrip() == ">" and is_idle

    def is_streaming(self) -> bool:
        """Whether a reply arrives, as the bar says."""
        return any(STREAMING in row for row in self.screen.rows)

    def reply(self) -> str:
        """Return what stands between the question and the input line."""
        rows = self.screen.rows[: self.screen.row]
        asked = [number for number, row in enumerate(rows) if row.rstrip() == f"> {QUESTION}"]
        return " ".join(" ".join(rows[asked[-1] + 1 :]).split()) if asked else ""


def chat(session: Session) -> None:
    """Hold the newcomer's first chat."""
    began = time.monotonic()
    session.wait_until("the prompt", session.is_ready, LIMIT_START_S)
    tell(f"the prompt is there after {time.monotonic() - began:.1f} s")
    session.type(QUESTION)
    session.wait_until("the reply begins to stream", session.is_streaming, LIMIT_REPLY_S)
    session.wait_until("the reply ends", session.is_ready, LIMIT_REPLY_S)
    reply = session.reply()
    if len(reply.split()) < 2:
        raise FailureError(f"the reply is {reply!r}")
    tell(f"the model answered: {reply}")
    session.type("/quit")
    session.wait_until("the end", lambda: session.status is not None, LIMIT_END_S)
    if session.status != 0:
        raise FailureError(f"the command ended with status {session.status}")


def variables(home: str) -> dict[str, str]:
    """Return the variables of a newcomer: an empty home and nothing set, but what installing needs here."""
    found = {name: value for name, value in os.environ.items() if KEPT.fullmatch(name)}
    directories = {
        f"XDG_{name}_HOME": f"{home}/{name.lower()}" for name in ("CONFIG", "DATA", "STATE", "CACHE")
    }
    return {**found, **directories, "HOME": home, "TERM": "xterm-256color", "LANG": "C.UTF-8"}


def tell(text: str) -> None:
    """Say how far it is."""
    sys.stdout.write(f"first chat: {text}\n")
    sys.stdout.flush()


def last_rows(screen: Screen) -> Iterator[str]:
    """Return the end of what is on the screen, for who looks for the reason."""
    for row in screen.rows[-60:]:
        yield f"  |{row.rstrip()}\n"


def main() -> int:
    """Run the command given."""
    command = " ".join(sys.argv[1:])
    tell(command)
    with tempfile.TemporaryDirectory(prefix="first-chat-") as home:
        session = Session(command, variables(home))
        try:
            chat(session)
        except FailureError as failure:
            sys.stderr.write(f"first chat: {failure}. The screen:\n")
            sys.stderr.writelines(last_rows(session.screen))
            return 1
        finally:
            session.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
