"""Tells whoever looks elsewhere: the window's title, progress on its tab, and a sign when a long reply is there.

All of it is off unless it was asked for, and is taken back on every way out. Whether the user looks elsewhere is known from
the terminal, which is asked to tell when it gets and loses the focus.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from chatrepl.sanitise import sanitise_line

if TYPE_CHECKING:
    from chatrepl.session import Session

PUSH_TITLE, POP_TITLE = "\x1b[22;0t", "\x1b[23;0t"
"""Keep the title, and put it back. Source: xterm's control sequences, ``CSI Ps t``."""
TELL_FOCUS, TELL_NO_FOCUS = "\x1b[?1004h", "\x1b[?1004l"
BUSY, IDLE = "\x1b]9;4;3;0\x1b\\", "\x1b]9;4;0;0\x1b\\"
"""Progress without an end, and none. Source: ConEmu's documentation, which Windows Terminal and Ghostty follow."""
TITLE_CHARS = 60


def notification(text: str, variables: Mapping[str, str]) -> str:
    """Return what shows a desktop notification in the terminal at hand, with a bell for those that know none.

    Source: the manuals of kitty (OSC 99), foot and rxvt-unicode (OSC 777), iTerm2, WezTerm and Ghostty (OSC 9), 2026.
    """
    term = variables.get("TERM", "")
    if variables.get("KITTY_WINDOW_ID"):
        shown = f"\x1b]99;;{text}\x1b\\"
    elif term.startswith(("foot", "rxvt")):
        shown = f"\x1b]777;notify;chatrepl;{text}\x1b\\"
    else:
        shown = f"\x1b]9;{text}\x1b\\"
    return enveloped(shown, variables) + "\x07"


def enveloped(sequence: str, variables: Mapping[str, str]) -> str:
    """Return a sequence as tmux hands it on to its terminal; elsewhere as it is."""
    if not variables.get("TMUX"):
        return sequence
    inner = sequence.replace("\x1b", "\x1b\x1b")
    return f"\x1bPtmux;{inner}\x1b\\"


class Attention:
    """What the terminal is told beside what it shows.

    Args:
        write: Hands a sequence to the terminal.
        variables: Those of the process, which say which terminal it is.
    """

    def __init__(self, session: Session, write: Callable[[str], None], variables: Mapping[str, str]) -> None:
        self._session = session
        self._write = write
        self._variables = variables
        self._has_title = False
        self._title = ""
        self._is_busy = False
        self._is_told = False
        self._has_focus = True
        self._began_at_s = 0.0

    def begin(self) -> None:
        """The prompt is up."""
        self.resume()
        self.show_title()

    def resume(self) -> None:
        """The terminal is ours, or ours again after an editor."""
        if self._session.settings.terminal.notify != "off" and not self._is_told:
            self._is_told = True
            self._write(TELL_FOCUS)

    def suspend(self) -> None:
        """The terminal is given to somebody else for a while, who would take what it tells for keys."""
        if self._is_told:
            self._is_told = False
            self._has_focus = True
            self._write(TELL_NO_FOCUS)

    def end(self) -> None:
        """Take back all that was said."""
        self.suspend()
        self._show_progress(is_busy=False)
        if self._has_title:
            self._has_title = False
            self._write(POP_TITLE)

    def focus_changed(self, *, has_focus: bool) -> None:
        """The terminal told that the user looks here, or elsewhere."""
        self._has_focus = has_focus

    def show_title(self) -> None:
        """Show the title of the open chat, where the settings want it."""
        if not self._session.settings.terminal.title:
            return
        chat = self._session.conversation
        words = chat.title or next((message.text for message in chat.path() if message.text), "")
        title = sanitise_line(words)[:TITLE_CHARS]
        text = f"{title} - chatrepl" if title else "chatrepl"
        if not self._has_title:
            self._write(PUSH_TITLE)
        elif text == self._title:
            return
        self._has_title, self._title = True, text
        self._write(f"\x1b]2;{text}\x1b\\")

    def turn_began(self) -> None:
        """A reply is on its way."""
        self._began_at_s = self._session.clock.monotonic()
        self._show_progress(is_busy=self._session.settings.terminal.progress)

    def turn_ended(self) -> None:
        """It is there, or over."""
        self._show_progress(is_busy=False)
        self.show_title()
        settings = self._session.settings.terminal
        took_s = self._session.clock.monotonic() - self._began_at_s
        if self._has_focus or not self._is_told or took_s < settings.notify_after_s:
            return
        if settings.notify == "bell":
            self._write("\x07")
        else:
            self._write(notification(f"The reply is there, after {took_s:.0f} s.", self._variables))

    def _show_progress(self, *, is_busy: bool) -> None:
        if is_busy != self._is_busy:
            self._is_busy = is_busy
            self._write(enveloped(BUSY if is_busy else IDLE, self._variables))
