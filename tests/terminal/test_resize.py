"""The whole program in terminals that change their size all the time: nothing is lost, nothing is there twice."""

from __future__ import annotations

import random
import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from itertools import pairwise
from pathlib import Path

import pytest

from tests.support.raw_server import RawServer, Stall, Step, WaitFor, chat_chunks, stream_answer
from tests.support.terminal import Terminal, clean_environment
from tests.support.tmux import Tmux, find_tmux
from tests.terminal.conftest import KEY

QUIET_S = 0.12
"""A program that has begun to draw and then writes nothing for so long has drawn all it has."""
ERASED = b"\x1b[J"
"""What is written before all is drawn anew."""

Open = Callable[..., Terminal]


@pytest.fixture
def variables(server: RawServer, tmp_path: Path) -> dict[str, str]:
    """What chatrepl is started with."""
    known = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url, "CHATREPL_MODEL": "test-model"}
    return clean_environment(tmp_path / "home", **known)


@pytest.fixture
def open_terminal(variables: dict[str, str], tmp_path: Path) -> Iterator[Open]:
    """Return a function that starts chatrepl in a terminal that re-flows, or in one that cuts rows like xterm."""
    with ExitStack() as stack:

        def begin(*, columns: int = 100, rows: int = 30, reflows: bool = True) -> Terminal:
            env = variables if reflows else variables | {"XTERM_VERSION": "XTerm(390)"}
            argv = [sys.executable, "-m", "chatrepl"]
            terminal = stack.enter_context(
                Terminal(argv, env=env, columns=columns, rows=rows, cwd=tmp_path, reflows=reflows)
            )
            terminal.wait_for("chat 0 tok")
            return terminal

        yield begin


# What is said, and what must have become of it.


def reply(chance: random.Random, blocks: int, *, limit_words: int = 60) -> str:
    """Return Markdown of many kinds of blocks in which every word occurs once.

    Args:
        limit_words: The most words of a line.
    """
    unused = (f"w{number:04}" for number in range(10_000))

    def some(most: int) -> str:
        return " ".join(next(unused) for _ in range(chance.randint(1, min(most, limit_words))))

    def block() -> str:
        match chance.randrange(6):
            case 0:
                return f"## {some(5)}"
            case 1:
                return "\n".join(f"- {some(14)}" for _ in range(chance.randint(2, 5)))
            case 2:
                return "```text\n" + "\n".join(some(8) for _ in range(chance.randint(2, 8))) + "\n```"
            case 3:
                return f"> {some(30)}"
            case _:
                return some(60)

    return "\n\n".join(block() for _ in range(blocks)) + "\n\nThe end."


def pieces(text: str, chance: random.Random) -> list[str]:
    """Cut a text as it comes from a server."""
    cuts = [0]
    while cuts[-1] < len(text):
        cuts.append(cuts[-1] + chance.randint(1, 40))
    return [text[begin:end] for begin, end in pairwise(cuts)]


def gated(
    text: str, chance: random.Random, count: int
) -> tuple[list[Step], list[tuple[threading.Event, str]]]:
    """Return an answer that comes in parts, and what lets each of them through with the last word it brings."""
    texts = pieces(text, chance)
    chunks = chat_chunks(texts)
    gates: list[tuple[threading.Event, str]] = []
    steps: list[Step] = [chunks[0]]
    for number in range(count):
        begin, end = len(texts) * number // count, len(texts) * (number + 1) // count
        gate = threading.Event()
        gates.append((gate, re.findall(r"w\d{4}|end", "".join(texts[:end]))[-1]))
        steps += [WaitFor(gate), *chunks[begin + 1 : end + 1]]
    return stream_answer([*steps, *chunks[len(texts) + 1 :]]), gates


def assert_whole(terminal: Terminal | Tmux, text: str) -> None:
    """Check that every word of a reply stands there once, in order, and that nothing else was left behind."""
    everything = terminal.everything()
    found = re.findall(r"w\d{4}", terminal.everything(join_wrapped=True))
    expected = re.findall(r"w\d{4}", text)
    lost = sorted(set(expected) - set(found))
    twice = sorted({word for word in found if found.count(word) > 1})
    assert found == expected, f"lost: {lost}, twice: {twice}\n{everything}"
    assert_tidy(terminal)


def assert_tidy(terminal: Terminal | Tmux, *, asked: int = 1) -> None:
    """Check that there is one prompt and one bar, and no heap of blank rows."""
    everything = terminal.everything()
    prompts = re.findall(r"^>(?! w\d{4})", everything, re.MULTILINE)
    assert len(prompts) == asked + 1, everything
    assert everything.count("test-model") == 1, everything
    assert len(re.findall(r"chat ~?\d", everything)) <= 1, everything  # it goes where the bar is narrow
    assert not re.search(r"Esc stops|queued:|tok/s", everything), everything
    assert "\n\n\n\n" not in everything, everything


def is_over(terminal: Terminal | Tmux) -> bool:
    """Whether the reply was drawn and nothing arrives any more."""
    screen = "\n".join(terminal.screen())
    return "The end." in terminal.everything() and "test-model" in screen and "Esc stops" not in screen


# How the size changes.


def wait_until_quiet(terminal: Terminal) -> None:
    """Take what the program still draws."""
    while terminal.pump(QUIET_S):
        pass


def resize(terminal: Terminal, *sizes: tuple[int, int]) -> None:
    """Give the window other sizes, one right after the other, and take what is drawn for the last of them."""
    before = len(terminal.raw)
    for columns, rows in sizes:
        terminal.resize(columns, rows)
    terminal.wait_for(lambda now: ERASED in now.raw[before:])
    wait_until_quiet(terminal)


def sizes(chance: random.Random) -> list[tuple[int, int]]:
    """Return a size, or several that come right after each other."""
    return [(chance.randint(20, 300), chance.randint(5, 60)) for _ in range(chance.choice([1, 1, 5]))]


@pytest.mark.parametrize(
    ("reflows", "limit_words", "seed"), [(True, 60, 1), (True, 60, 2), (False, 3, 4)]
)  # a terminal that does not re-flow cuts off what is longer than a row: short lines for that one
def test_nothing_is_lost_or_doubled_when_the_size_changes_again_and_again(
    open_terminal: Open, server: RawServer, *, reflows: bool, limit_words: int, seed: int
) -> None:
    chance = random.Random(seed)
    text = reply(chance, 25, limit_words=limit_words)
    answer, gates = gated(text, chance, 8)
    server.answer(answer)
    terminal = open_terminal(reflows=reflows)
    terminal.send_line("go")

    for gate, word in gates:
        gate.set()
        terminal.wait_for(word)
        wait_until_quiet(terminal)
        resize(terminal, *sizes(chance))
    resize(terminal, (101, 30))

    terminal.wait_for(is_over)
    assert_whole(terminal, text)


@pytest.mark.parametrize("seed", [5, 6])
def test_nothing_is_lost_or_doubled_when_the_size_never_rests(
    open_terminal: Open, server: RawServer, seed: int
) -> None:
    """The terminal changes its size without a look at what the program is just drawing.

    Never to fewer rows than what may be on its way has: those would be pushed out of sight before anyone knows.
    """
    chance = random.Random(seed)
    text = reply(chance, 25)
    answer, gates = gated(text, chance, 40)
    server.answer(answer)
    terminal = open_terminal()
    terminal.send_line("go")

    *first, (last, _) = gates
    for gate, _ in first:
        gate.set()
        for columns, rows in sizes(chance):
            terminal.resize(columns, max(rows, 16))
            terminal.pump(chance.random() * 0.1)
            while terminal.pump(0.01):  # a drawing that is just being taken is taken whole
                pass
    resize(terminal, (101, 30))
    last.set()

    terminal.wait_for(is_over)
    wait_until_quiet(terminal)
    assert_whole(terminal, text)


def test_a_tail_for_which_the_window_becomes_too_small_is_printed_once(
    open_terminal: Open, server: RawServer
) -> None:
    words = " ".join(f"w{number:04}" for number in range(100))
    go_on = threading.Event()
    chunks = chat_chunks([words, "\n\nThe end."])
    server.answer(stream_answer([*chunks[:2], WaitFor(go_on), *chunks[2:]]))
    terminal = open_terminal(columns=200, rows=40)
    terminal.send_line("go")
    terminal.wait_for("w0099")
    wait_until_quiet(terminal)

    resize(terminal, (20, 5))
    resize(terminal, (100, 30))
    go_on.set()

    terminal.wait_for(is_over)
    assert_whole(terminal, words)


def test_many_signals_within_a_frame_lead_to_one_drawing(open_terminal: Open) -> None:
    terminal = open_terminal()
    chance = random.Random(6)
    before = len(terminal.raw)

    resize(terminal, *(size for _ in range(50) for size in sizes(chance)), (60, 20))

    assert terminal.raw[before:].count(b"test-model") == 1
    assert_tidy(terminal, asked=0)


@pytest.mark.parametrize("text", ["word " * 60, "漢字を書く。" * 20, "one\\two " * 30 + " " * 7])
def test_a_draft_over_several_rows_stays_one_and_is_sent_whole(
    open_terminal: Open, server: RawServer, text: str
) -> None:
    server.answer(stream_answer(chat_chunks(["The end."])))
    terminal = open_terminal(columns=120, rows=40)
    terminal.send(text)
    terminal.wait_for("draft ~")
    wait_until_quiet(terminal)

    for columns in (119, 100, 61, 60, 50, 41, 62, 124, 80, 33, 90, 300, 120):
        resize(terminal, (columns, 40))
        assert_tidy(terminal, asked=0)
    terminal.send_key("enter")
    terminal.wait_for(is_over)

    assert server.posts[-1].json()["messages"][0]["content"] == text


def test_a_draft_that_grows_and_shrinks_between_sizes_leaves_nothing_behind(open_terminal: Open) -> None:
    terminal = open_terminal(columns=100, rows=40)
    for text in ("a long line " * 30, "short"):
        terminal.send(text)
        terminal.wait_for("draft ~")
        wait_until_quiet(terminal)
        for columns in (70, 45, 95):
            resize(terminal, (columns, 40))
        terminal.send_key("ctrl-a", "ctrl-k")
        terminal.wait_for(lambda now: "draft ~" not in now.everything())
        wait_until_quiet(terminal)

    assert "long" not in terminal.everything()
    assert_tidy(terminal, asked=0)


def test_the_menu_of_completions_leaves_nothing_behind(open_terminal: Open) -> None:
    terminal = open_terminal(rows=20)
    terminal.send("/")
    terminal.wait_for("/help")
    wait_until_quiet(terminal)

    for size in ((40, 20), (20, 12), (25, 5), (90, 8), (300, 30), (60, 20)):
        resize(terminal, size)
    terminal.send_key("backspace")
    terminal.wait_for(lambda now: "/help" not in now.everything() and "test-model" in now.everything())
    wait_until_quiet(terminal)

    assert_tidy(terminal, asked=0)


def test_queued_messages_leave_nothing_behind(open_terminal: Open, server: RawServer) -> None:
    go_on = threading.Event()
    chunks = chat_chunks(["w0001 w0002 ", "w0003\n\nThe end."])
    server.answer(
        stream_answer([*chunks[:2], WaitFor(go_on), *chunks[2:]]), stream_answer(chat_chunks(["Two"]))
    )
    terminal = open_terminal()
    terminal.send_line("go")
    terminal.wait_for("w0002")
    for number in range(3):
        terminal.send_line(f"another question that is somewhat longer than the others {number}")
        terminal.wait_for("queued: another", times=number + 1)
    wait_until_quiet(terminal)

    for size in ((60, 30), (44, 20), (80, 12), (50, 30), (100, 40)):
        resize(terminal, size)
    go_on.set()

    terminal.wait_for(lambda now: now.everything().count("Two") == 3 and is_over(now))
    assert_tidy(terminal, asked=4)
    assert terminal.everything().count("w0001") == 1


@pytest.mark.parametrize("reflows", [True, False])
def test_a_tail_at_its_tallest_is_drawn_anew_and_printed_once(
    open_terminal: Open, server: RawServer, *, reflows: bool
) -> None:
    words = " ".join(f"w{number:04}" for number in range(100))
    go_on = threading.Event()
    chunks = chat_chunks([words, "\n\nThe end."])
    server.answer(stream_answer([*chunks[:2], WaitFor(go_on), *chunks[2:]]))
    terminal = open_terminal(columns=90, rows=40, reflows=reflows)
    terminal.send_line("go")
    terminal.wait_for("w0099")
    wait_until_quiet(terminal)

    for size in ((80, 40), (45, 40), (100, 30), (99, 20), (60, 24), (200, 10), (90, 40)):
        resize(terminal, size)
    go_on.set()

    terminal.wait_for(is_over)
    assert_whole(terminal, words)


def test_the_input_line_and_the_bar_are_in_sight_in_the_smallest_window(
    open_terminal: Open, server: RawServer
) -> None:
    server.answer(stream_answer([*chat_chunks(["word " * 100])[:2], Stall()]))
    terminal = open_terminal()
    terminal.send_line("go")
    terminal.wait_for("word word")

    resize(terminal, (20, 5))
    terminal.send("typed")
    terminal.wait_for("> typed")
    wait_until_quiet(terminal)

    screen = terminal.screen()
    row = screen.index("> typed")
    assert terminal.emulator.buffer[row][len("> typed")].reverse  # while a reply arrives, its cursor is drawn
    assert row < 4
    assert screen[row + 1]
    assert "word" in screen[0]


@pytest.mark.skipif(find_tmux() is None, reason="tmux is not installed")
@pytest.mark.parametrize("seed", [11, 12])
def test_nothing_is_lost_or_doubled_in_tmux(
    server: RawServer, variables: dict[str, str], tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    text = reply(chance, 25)
    answer, gates = gated(text, chance, 8)
    server.answer(answer)
    with Tmux([sys.executable, "-m", "chatrepl"], env=variables, cwd=tmp_path) as tmux:
        tmux.wait_for("chat 0 tok")
        tmux.send_line("go")
        tmux.wait_for("> go")

        for gate, word in gates:
            gate.set()
            tmux.wait_for(word)
            settle(tmux)
            tmux.resize(*sizes(chance))
            settle(tmux)
        tmux.resize((101, 30))

        tmux.wait_for(is_over)
        settle(tmux)
        assert_whole(tmux, text)


@pytest.mark.skipif(find_tmux() is None, reason="tmux is not installed")
def test_rows_that_became_shorter_leave_nothing_behind_in_tmux(
    server: RawServer, variables: dict[str, str], tmp_path: Path
) -> None:
    """It takes what was erased at the end of a row for a part of it."""
    server.answer(stream_answer(chat_chunks(["One.\n\nTwo.\n\nThe end."])))
    with Tmux([sys.executable, "-m", "chatrepl"], env=variables, columns=120, cwd=tmp_path) as tmux:
        tmux.wait_for("chat 0 tok")
        tmux.send_line("go")
        tmux.wait_for(is_over)
        tmux.send("first " * 15 + "\x0a" + "second " * 10)
        tmux.wait_for("draft ~")
        tmux.send("\x10\x01\x0bshort\x0e\x05")  # the line above, all of it, and back
        tmux.wait_for("> short")
        settle(tmux)

        tmux.resize((60, 30))
        settle(tmux)
        assert_tidy(tmux)
        assert tmux.everything().count("short") == 1
        assert tmux.everything().startswith("> go\n\nOne.\n\nTwo.\n\nThe end.\n\n> short\n")


def settle(tmux: Tmux) -> None:
    """Wait until what stands in the window has not changed for as long as the program waits for a size to rest."""
    seen: list[str] = []

    def rests(now: Tmux) -> bool:
        seen.append(now.everything())
        return len(seen) > 8 and len(set(seen[-8:])) == 1

    tmux.wait_for(rests)
