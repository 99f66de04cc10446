"""Messages of several lines at a terminal that hands over single lines."""

from __future__ import annotations

import pytest

from chatrepl.ui.lines import read_message

WAIT = None
"""A pause of the person at the keyboard, in a script of what is typed."""


class Keyboard:
    """Lines that arrive together, and pauses between them."""

    def __init__(self, *script: str | None) -> None:
        self.script = [*script]
        self.said: list[str] = []
        self.prompts: list[bool] = []

    def has_input(self, _wait_s: float) -> bool:
        return bool(self.script) and self.script[0] is not WAIT

    def read_line(self) -> str:
        while self.script and self.script[0] is WAIT:
            self.script.pop(0)
        if not self.script:
            raise EOFError
        line = self.script.pop(0)
        assert line is not None
        return line

    def read(self) -> str:
        return read_message(self.read_line, self.prompts.append, self.has_input, self.said.append)


def test_a_line_is_a_message() -> None:
    keyboard = Keyboard(WAIT, "one", WAIT, "two")

    assert (keyboard.read(), keyboard.read()) == ("one", "two")
    assert keyboard.said == []


def test_a_backslash_goes_on_in_the_next_line() -> None:
    assert Keyboard(WAIT, "one\\", WAIT, "two\\", WAIT, "three").read() == "one\ntwo\nthree"


def test_between_quotation_marks_everything_is_one_message() -> None:
    assert Keyboard(WAIT, '"""', WAIT, "one", WAIT, "", WAIT, "/two\\", WAIT, '"""').read() == "one\n\n/two\\"
    assert Keyboard(WAIT, '"""one', "  two", 'three"""', "next").read() == "one\n  two\nthree"
    assert Keyboard(WAIT, '"""one"""').read() == "one"


def test_lines_that_arrive_together_are_one_message_that_an_empty_line_sends() -> None:
    keyboard = Keyboard(WAIT, "def f():", "", "    return 1", WAIT, "", WAIT, "next")

    assert keyboard.read() == "def f():\n\n    return 1"
    assert keyboard.said == ["3 lines pasted; an empty line sends them, Ctrl-C drops them"]
    assert keyboard.read() == "next"


def test_the_last_line_of_a_paste_may_wait_for_its_enter() -> None:
    keyboard = Keyboard(WAIT, "one", "two", WAIT, "three", WAIT, "")

    assert keyboard.read() == "one\ntwo\nthree"
    assert len(keyboard.said) == 2


def test_what_was_typed_ahead_stays_line_by_line() -> None:
    keyboard = Keyboard("first", "second", "/quit")

    assert [keyboard.read() for _ in range(3)] == ["first", "second", "/quit"]
    assert keyboard.said == []


def test_the_end_of_input_ends_a_message_that_is_not_finished() -> None:
    with pytest.raises(EOFError):
        Keyboard(WAIT, '"""', "one").read()
