"""Commands in the user's shell, and what becomes of their output."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatrepl.cancellation import Cancellation
from chatrepl.line_ports import ShellEnd
from chatrepl.shell import UserShell
from chatrepl.ui.shell_line import KeptOutput, ShellOutput, command_of, escaped, literal_of

VARIABLES = {"PATH": os.environ.get("PATH", os.defpath), "SHELL": "/bin/sh", "WORD": "given"}


def run(
    command: str, timeout_s: float = 20.0, cancellation: Cancellation | None = None
) -> tuple[ShellEnd, str]:
    written: list[bytes] = []
    end = UserShell(VARIABLES).run(command, timeout_s, written.append, cancellation or Cancellation())
    return end, b"".join(written).decode()


def test_what_a_command_writes_comes_in_order_from_both_streams() -> None:
    end, text = run("echo out; echo err >&2; echo $WORD; exit 3")

    assert (end, text) == (ShellEnd(3), "out\nerr\ngiven\n")


def test_a_command_cannot_read_keys_and_is_told_that_there_is_no_terminal() -> None:
    end, text = run('cat; test -t 0 || echo "no terminal"; echo $TERM $PAGER')

    assert (end.status, text) == (0, "no terminal\ndumb cat\n")


def test_a_signal_is_told_as_shells_do() -> None:
    assert run("kill -TERM $$")[0] == ShellEnd(143)


def test_a_command_that_takes_too_long_is_stopped_with_all_that_it_started(tmp_path: Path) -> None:
    end, _ = run(f"sleep 60 & echo $! > {tmp_path}/pid; wait", timeout_s=0.3)

    assert end == ShellEnd(None, "stopped after 0.3 s")
    pid = int((tmp_path / "pid").read_text())
    deadline = time.monotonic() + 20
    while not is_gone(pid):  # the system ends it a moment after the signal
        assert time.monotonic() < deadline


def is_gone(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state == "Z"


def test_a_command_that_is_stopped_ends_at_once_even_where_it_does_not_want_to() -> None:
    cancellation = Cancellation()
    begun = threading.Event()
    ends: list[ShellEnd] = []

    def work() -> None:
        command = "trap '' INT TERM; echo begun; sleep 60"
        ends.append(UserShell(VARIABLES).run(command, 60, lambda _: begun.set(), cancellation))

    thread = threading.Thread(target=work)
    thread.start()
    assert begun.wait(20)
    cancellation.cancel()
    thread.join(20)

    assert ends == [ShellEnd(None, "stopped")]


def test_what_is_left_running_in_the_background_does_not_hold_up_the_end() -> None:
    end, text = run("echo done; sleep 60 &")

    assert (end.status, text) == (0, "done\n")


@pytest.mark.parametrize("command", ["exec >&- 2>&-; sleep 0.1; exit 4"])
def test_a_command_that_closes_its_output_is_waited_for(command: str) -> None:
    assert run(command)[0] == ShellEnd(4)


def test_a_command_with_a_nul_is_refused_in_words() -> None:
    end, _ = run("echo \0")

    assert end.status is None
    assert "NUL" in end.said


# The line -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "command"),
    [
        ("!ls -l", "ls -l"),
        ("! ls", "ls"),
        ("!", None),
        ("! ", None),
        (" !ls", None),
        ("\\!ls", None),
        ("ls!", None),
    ],
)
def test_a_sign_at_the_very_beginning_makes_a_command(typed: str, command: str | None) -> None:
    assert command_of(typed) == command


@given(st.text("!\\ a", max_size=6))
def test_an_escaped_text_is_a_message_and_comes_out_as_it_was(text: str) -> None:
    assert command_of(escaped(text)) is None
    assert literal_of(escaped(text)) == text


@given(st.lists(st.text(max_size=30), max_size=20), st.integers(2, 40))
def test_of_long_output_the_beginning_and_the_end_are_kept(texts: list[str], limit: int) -> None:
    kept = KeptOutput(limit)
    for text in texts:
        kept.add(text)
    whole = "".join(texts)

    if len(whole) <= limit // 2 * 2:
        assert kept.text == whole
    else:
        head, left_out, tail = kept.text.partition(f"\n[… {kept.dropped_chars} characters left out …]\n")
        if left_out:
            assert whole.startswith(head)
            assert whole.endswith(tail)
            assert len(head) + len(tail) + kept.dropped_chars == len(whole)
        else:
            assert kept.text == whole


def test_output_goes_into_a_message_with_keys_masked_and_in_a_fence_that_holds() -> None:
    output = ShellOutput("env", "KEY=sk-abcdefghijklmnop1234\n```\n\x1b[31mred\n", "exit status 0, 0.1 s")

    message = output.as_message()

    assert message.startswith("````console\n$ env\n")
    assert message.endswith("red\n````\n(exit status 0, 0.1 s)\n")
    assert "abcdefghijklmnop" not in message
    assert "\x1b" not in message
