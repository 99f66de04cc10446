"""The terminal that tests use shows what a real one would, and loses nothing."""

from __future__ import annotations

import os
import re
import signal
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.emulator import Emulator
from tests.support.pty_process import PtyProcess
from tests.support.terminal import Terminal, clean_environment, key
from tests.support.text import escapes_in, without_escapes

Start = Callable[..., Terminal]


def python(program: str) -> list[str]:
    return [sys.executable, "-c", textwrap.dedent(program)]


def shown(emulator: Emulator) -> list[str]:
    return [row.rstrip() for row in emulator.all_rows()]


# The program at its pty.


def test_a_program_has_the_terminal_as_its_own(tmp_path: Path) -> None:
    program = """
        import os, sys
        print(sys.stdin.isatty(), os.getsid(0) == os.getpid(), os.tcgetpgrp(0) == os.getpgrp())
        print(*os.get_terminal_size(), os.getcwd(), os.environ.get("OPENAI_API_KEY"))
        open("/dev/tty", "w").write("by name")
    """
    with Terminal(
        python(program), env=clean_environment(tmp_path), columns=200, rows=17, cwd=tmp_path
    ) as terminal:
        terminal.wait_for("by name")
        assert terminal.screen()[:2] == ["True True True", f"200 17 {tmp_path} None"]
        assert terminal.wait_exit() == 0


def test_what_is_typed_arrives_and_the_status_is_told(tmp_path: Path) -> None:
    program = 'print("got", input("> ")); raise SystemExit(7)'
    with Terminal(python(program), env=clean_environment(tmp_path)) as terminal:
        terminal.wait_for("> ")
        terminal.send_line("hé")
        assert terminal.wait_exit() == 7
        assert terminal.everything() == "> hé\ngot hé"
        assert terminal.process.usage is not None


def test_every_line_that_scrolls_off_is_kept(tmp_path: Path) -> None:
    program = 'for number in range(1000): print("line", number)'
    with Terminal(python(program), env=clean_environment(tmp_path), rows=5) as terminal:
        assert terminal.wait_exit() == 0
        assert terminal.everything().split("\n") == [f"line {number}" for number in range(1000)]
        assert len(terminal.screen()) == 5


def test_more_can_be_typed_than_the_terminal_holds(tmp_path: Path) -> None:
    """The program writes it all back meanwhile; neither side waits for the other for ever."""
    program = """
        import sys, termios, tty
        tty.setraw(0)
        print("ready", end="", flush=True)
        text = ""
        while not text.endswith("!"):
            text += sys.stdin.read(1)
            print(text[-1], end="", flush=True)
        print(len(text))
    """
    with Terminal(python(program), env=clean_environment(tmp_path)) as terminal:
        terminal.wait_for("ready")
        terminal.send("x" * 20_000 + "!")
        terminal.wait_for("20001")


def test_a_new_size_reaches_the_program(tmp_path: Path) -> None:
    program = """
        import os, signal, time
        told = []
        signal.signal(signal.SIGWINCH, lambda *_: told.append(1))
        print("ready", flush=True)
        while not told:
            time.sleep(0.01)
        print("now", *os.get_terminal_size())
    """
    with Terminal(python(program), env=clean_environment(tmp_path)) as terminal:
        terminal.wait_for("ready")
        terminal.resize(44, 12)
        terminal.wait_for("now 44 12")
        assert len(terminal.screen()) == 12


def test_ctrl_c_interrupts_and_a_signal_shows_in_the_status(tmp_path: Path) -> None:
    program = 'import time; print("ready", flush=True)\nwhile True: time.sleep(0.01)'
    with Terminal(python(program), env=clean_environment(tmp_path)) as terminal:
        terminal.wait_for("ready")
        terminal.send_key("ctrl-c")
        terminal.wait_for("KeyboardInterrupt")
        assert terminal.wait_exit() == -signal.SIGINT
    with Terminal(python(program), env=clean_environment(tmp_path)) as terminal:
        terminal.wait_for("ready")
        terminal.kill(signal.SIGKILL)
        assert terminal.wait_exit() == -signal.SIGKILL


def test_a_program_that_still_runs_is_ended_with_the_test(tmp_path: Path) -> None:
    with Terminal(
        python('import time; print("ready", flush=True)\nwhile True: time.sleep(0.01)'),
        env=clean_environment(tmp_path),
    ) as terminal:
        terminal.wait_for("ready")
    with pytest.raises(ProcessLookupError):
        os.kill(terminal.pid, 0)
    assert terminal.process.status == -signal.SIGKILL


def test_waiting_in_vain_shows_the_screen(tmp_path: Path) -> None:
    program = 'import time; print("what is there", flush=True)\nwhile True: time.sleep(0.01)'
    with Terminal(python(program), env=clean_environment(tmp_path)) as terminal:
        terminal.wait_for("there")
        with pytest.raises(AssertionError, match=r"(?s)'absent' was waited for in vain.*what is there"):
            terminal.wait_for("absent", timeout_s=0.05)
    with Terminal(python(program), env=clean_environment(tmp_path)) as terminal:
        terminal.wait_for("there")
        with pytest.raises(AssertionError, match="the end of the program"):
            terminal.wait_exit(timeout_s=0.05)


def test_waiting_ends_when_the_program_does(tmp_path: Path) -> None:
    with (
        Terminal(python("raise SystemExit(3)"), env=clean_environment(tmp_path)) as terminal,
        pytest.raises(AssertionError, match="the program ended with status 3"),
    ):
        terminal.wait_for("absent")


def test_a_text_can_be_waited_for_as_often_as_it_comes(tmp_path: Path) -> None:
    program = 'for _ in range(3): print("again", flush=True)'
    with Terminal(python(program), env=clean_environment(tmp_path)) as terminal:
        terminal.wait_for("again", times=3)
        assert terminal.everything().count("again") == 3


def test_the_cursor_is_told_to_who_asks(tmp_path: Path) -> None:
    program = """
        import sys, tty
        tty.setraw(0)
        print("abc\\x1b[6n", end="", flush=True)
        answer = ""
        while not answer.endswith("R"):
            answer += sys.stdin.read(1)
        print(repr(answer))
    """
    with Terminal(python(program), env=clean_environment(tmp_path)) as terminal:
        terminal.wait_for(r"'\x1b[1;4R'")


def test_a_prompt_with_a_bar_can_be_used(tmp_path: Path) -> None:
    program = """
        from prompt_toolkit import PromptSession
        session = PromptSession(bottom_toolbar="the bar")
        while True:
            try:
                print("got", session.prompt("> "))
            except EOFError:
                break
    """
    with Terminal(python(program), env=clean_environment(tmp_path), rows=12) as terminal:
        terminal.wait_for("the bar")
        terminal.send_line("one")
        terminal.wait_for("got one")
        terminal.send("twx")
        terminal.send_key("backspace")
        terminal.send("o")
        terminal.wait_for("> two")
        terminal.send_key("enter")
        terminal.wait_for("got two")
        terminal.send_key("up", "up")
        terminal.wait_for(lambda screen: "> one" in screen.screen()[4])
        terminal.send_key("ctrl-u", "ctrl-d")
        assert terminal.wait_exit() == 0
        assert terminal.everything().split("\n")[:4] == ["> one", "got one", "> two", "got two"]
        assert b"\x1b[6n" in terminal.raw


def test_typing_without_an_echo_of_the_terminal_shows_only_what_the_program_writes(tmp_path: Path) -> None:
    program = 'print("asked", flush=True); print("got", input())'
    for is_echoing, count in ((True, 2), (False, 1)):
        with PtyProcess(python(program), env=clean_environment(tmp_path), is_echoing=is_echoing) as process:
            output = b""
            while b"asked" not in output:
                output += process.read(10)
            process.write(b"word\r", lambda _: None)
            while not process.has_hung_up:
                output += process.read(10)
            assert output.count(b"word") <= count
            assert b"got word" in output


# Keys.


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("ctrl-c", "\x03"),
        ("ctrl-d", "\x04"),
        ("enter", "\r"),
        ("esc", "\x1b"),
        ("alt-enter", "\x1b\r"),
        ("up", "\x1b[A"),
        ("alt-b", "\x1bb"),
    ],
)
def test_keys_send_what_terminals_send(name: str, sent: str) -> None:
    assert key(name) == sent


def test_an_unknown_key_is_a_mistake_of_the_test() -> None:
    with pytest.raises(KeyError):
        key("nosuch")


# The screen.


def test_rows_that_the_terminal_wrapped_can_be_read_as_one() -> None:
    emulator = Emulator(10, 3)
    emulator.take("0123456789abcde\r\nnext\r\nlast\r\n")
    assert shown(emulator) == ["0123456789", "abcde", "next", "last", ""]
    assert emulator.all_rows(join_wrapped=True) == ["0123456789abcde", "next", "last", ""]


def test_a_row_that_just_fits_does_not_go_on_in_the_next() -> None:
    emulator = Emulator(10, 3)
    emulator.take("0123456789\r\nnext")
    assert emulator.all_rows(join_wrapped=True)[:2] == ["0123456789", "next"]


def test_wide_and_joining_characters_keep_their_cells() -> None:
    emulator = Emulator(5, 3)
    emulator.take("abcd日e\u0301👩\u200d!")
    assert shown(emulator) == ["abcd", "日e\u0301👩\u200d", "!"]


def test_erasing_behind_the_last_column_takes_the_last_character_as_terminals_do() -> None:
    emulator = Emulator(5, 2)
    emulator.take("abcde\x1b[K")
    assert shown(emulator) == ["abcd", ""]


def test_a_narrower_window_wraps_everything_anew_and_a_wider_one_joins_it_again() -> None:
    emulator = Emulator(20, 4)
    text = "".join(f"{number} is a line of text\r\n" for number in range(6))
    emulator.take(text + "> draft")
    before = shown(emulator)
    emulator.resize(4, 9)
    assert "2 is a li" in shown(emulator)
    assert emulator.all_rows(join_wrapped=True) == ["".join(row) for row in text.split("\r\n")[:-1]] + [
        "> draft"
    ]
    assert (emulator.cursor.y, emulator.cursor.x) == (3, 7)
    emulator.resize(4, 20)
    assert shown(emulator) == before


def test_where_the_terminal_does_not_wrap_anew_rows_are_cut() -> None:
    emulator = Emulator(20, 4, reflows=False)
    emulator.take("0123456789abcdef\r\n> draft")
    emulator.resize(4, 10)
    assert shown(emulator)[:2] == ["0123456789", "> draft"]
    assert (emulator.cursor.y, emulator.cursor.x) == (1, 7)


def test_a_lower_window_pushes_rows_into_the_scrollback_and_keeps_the_cursor_in_sight() -> None:
    emulator = Emulator(20, 6)
    emulator.take("\r\n".join("abcdef"))
    emulator.resize(3, 20)
    assert emulator.visible() == ["d", "e", "f"]
    assert shown(emulator) == list("abcdef")
    assert emulator.cursor.y == 2
    emulator.resize(6, 20)
    assert emulator.visible() == list("abcdef")


def test_erasing_the_scrollback_shows() -> None:
    emulator = Emulator(10, 2)
    emulator.take("a\r\nb\r\nc\x1b[3J")
    assert shown(emulator) == ["b", "c"]


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1bPq payload \x1b\\",
        "\x1b_Gpayload\x1b\\",
        "\x1b]52;c;cGF5bG9hZA==\x07",
        "\x1b]8;;https://example.org\x1b\\",
        "\x1b[>4;1m",
        "\x1b[>1u",
        "\x1b[<u",
        "\x1b[4:3m",
        "\x1b[!p",
        "\x1b[2 q",
        "\x1b[?2026h",
    ],
    ids=repr,
)
def test_sequences_are_not_taken_for_text_wherever_they_are_cut(sequence: str) -> None:
    for cut in range(len(sequence) + 1):
        emulator = Emulator(30, 2)
        emulator.take("a" + sequence[:cut])
        emulator.take(sequence[cut:] + "b")
        assert emulator.visible() == ["ab", ""], cut
        assert not emulator.buffer[0][1].underscore


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("\x1b[6n", r"\x1b\[1;3R"),
        ("\x1b[?6n", r"\x1b\[\?1;3R"),
        ("\x1b[5n", r"\x1b\[0n"),
        ("\x1b[c", r"\x1b\[\?\d+c"),
        ("\x1b[>c", r"\x1b\[>[\d;]+c"),
        ("\x1b[?2026$p", r"\x1b\[\?2026;0\$y"),
    ],
)
def test_questions_are_answered(question: str, answer: str) -> None:
    assert re.fullmatch(answer, Emulator(30, 2).take("ab" + question))


def test_the_title_is_known() -> None:
    emulator = Emulator(30, 2)
    emulator.take("\x1b]2;a title\x07\x1b]22;pointer\x07")
    assert emulator.title == "a title"


# Bytes without a screen.


def test_text_is_told_from_escape_sequences() -> None:
    data = "a\x1b[1;31mb\x1b]0;title\x07c\x1b]8;;x\x1b\\d\x1bPq\x1b\\e\x1b(Bf\x1b[12"
    assert without_escapes(data) == "abcdef"
    assert escapes_in(data.encode())[:2] == ["\x1b[1;31m", "\x1b]0;title\x07"]
