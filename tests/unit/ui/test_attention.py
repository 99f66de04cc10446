"""What the terminal is told beside what it shows: title, progress, a sign when a long reply is there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatrepl.cancellation import Cancellation
from chatrepl.settings import Settings, TerminalSettings
from chatrepl.turn import Kind
from chatrepl.ui.attention import (
    BUSY,
    IDLE,
    POP_TITLE,
    PUSH_TITLE,
    TELL_FOCUS,
    TELL_NO_FOCUS,
    Attention,
    notification,
)
from tests.support.fakes import FakeClock, ScriptedClient, make_session, says


class Told:
    """An attention, and what it told the terminal."""

    def __init__(self, tmp_path: Path, variables: dict[str, str] | None = None, **settings: Any) -> None:
        self.clock = FakeClock()
        self.session = make_session(
            tmp_path,
            ScriptedClient(says("Hi.")),
            settings=Settings(terminal=TerminalSettings(**settings)),
            clock=self.clock,
        )
        self.said: list[str] = []
        self.attention = Attention(self.session, self.said.append, variables or {})

    def turn(self, seconds: float) -> list[str]:
        """Run a turn that takes so long, and return what was said of it."""
        before = len(self.said)
        self.attention.turn_began()
        self.clock.seconds += seconds
        self.attention.turn_ended()
        return self.said[before:]


def test_nothing_is_said_that_was_not_asked_for(tmp_path: Path) -> None:
    told = Told(tmp_path)
    told.attention.begin()
    told.attention.focus_changed(has_focus=False)
    told.turn(100)
    told.attention.suspend()
    told.attention.resume()
    told.attention.end()
    assert told.said == []


def test_the_title_is_that_of_the_chat_and_is_put_back(tmp_path: Path) -> None:
    told = Told(tmp_path, title=True)
    told.attention.begin()
    [*told.session.turn(Kind.ASK, "Why\x1b]0;x\x07 is it?\nReally", Cancellation())]
    told.attention.turn_ended()
    told.attention.turn_ended()
    told.attention.end()
    told.attention.end()
    assert told.said == [
        PUSH_TITLE,
        "\x1b]2;chatrepl\x1b\\",
        "\x1b]2;Why is it? Really - chatrepl\x1b\\",
        POP_TITLE,
    ]


def test_progress_is_shown_while_a_reply_arrives_and_taken_back_on_every_way_out(tmp_path: Path) -> None:
    told = Told(tmp_path, progress=True)
    assert told.turn(1) == [BUSY, IDLE]
    told.attention.turn_began()
    told.attention.end()
    assert told.said[-2:] == [BUSY, IDLE]


@pytest.mark.parametrize(
    ("seconds", "has_focus", "rings"), [(30, False, True), (30, True, False), (5, False, False)]
)
def test_the_bell_rings_for_a_long_reply_while_one_looks_elsewhere(
    tmp_path: Path, seconds: float, *, has_focus: bool, rings: bool
) -> None:
    told = Told(tmp_path, notify="bell")
    told.attention.begin()
    assert told.said == [TELL_FOCUS]
    told.attention.focus_changed(has_focus=has_focus)
    assert told.turn(seconds) == (["\x07"] if rings else [])
    told.attention.end()
    assert told.said[-1] == TELL_NO_FOCUS


def test_a_notification_says_how_long_it_took(tmp_path: Path) -> None:
    told = Told(tmp_path, notify="desktop", notify_after_s=2)
    told.attention.begin()
    told.attention.focus_changed(has_focus=False)
    assert told.turn(12) == ["\x1b]9;The reply is there, after 12 s.\x1b\\\x07"]


def test_the_terminal_is_not_asked_for_its_focus_while_an_editor_has_it(tmp_path: Path) -> None:
    told = Told(tmp_path, notify="bell")
    told.attention.begin()
    told.attention.suspend()
    told.attention.resume()
    assert told.said == [TELL_FOCUS, TELL_NO_FOCUS, TELL_FOCUS]


@pytest.mark.parametrize(
    ("variables", "begins"),
    [
        ({"KITTY_WINDOW_ID": "1"}, "\x1b]99;;x"),
        ({"TERM": "foot-extra"}, "\x1b]777;notify;chatrepl;x"),
        ({"TERM": "xterm-256color"}, "\x1b]9;x"),
        ({"TMUX": "/t"}, "\x1bPtmux;\x1b\x1b]9;x\x1b\x1b\\\x1b\\"),
    ],
)
def test_a_notification_has_the_form_that_the_terminal_knows(variables: dict[str, str], begins: str) -> None:
    assert notification("x", variables).startswith(begins)
