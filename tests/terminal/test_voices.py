"""The whole program where the terminal, the eyes or the locale can do less; and what a model thinks."""

from __future__ import annotations

import re
import threading

import pytest

from tests.support.raw_server import RawServer, Stall, WaitFor, chat_chunks, stream_answer
from tests.support.terminal import Terminal, is_idle
from tests.terminal.conftest import Start

COLOURS = re.compile(rb"\x1b\[(?:[\d;]*;)?(?:3[0-8]|4[0-8]|9[0-7]|10[0-7])(?:;[\d;]*)?m")
REPLY = "# Na\u00efve \u201ctitle\u201d\n\nA *word* \u2014 and:\n\n```python\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
POOR = {"TERM": "dumb"}


def visible(terminal: Terminal) -> list[str]:
    """Return the rows of what was printed, without blank ones."""
    return [line for line in terminal.everything().splitlines() if line.strip()]


def test_a_thought_is_seen_while_it_lasts_and_folds_when_the_answer_begins(
    start: Start, server: RawServer
) -> None:
    answer, end = threading.Event(), threading.Event()
    chunks = chat_chunks(["It is ", "four."], reasoning=["Two and two", " make four."])
    server.answer(stream_answer([*chunks[:3], WaitFor(answer), *chunks[3:4], WaitFor(end), *chunks[4:]]))
    terminal = start()
    terminal.send_line("2+2?")

    terminal.wait_for("Two and two make four.")
    assert b"\x1b[0;2" in terminal.raw or b"\x1b[2" in terminal.raw
    answer.set()
    terminal.wait_for("It is")
    assert "Two and two" not in terminal.everything()
    end.set()
    terminal.wait_for("It is four.")
    terminal.wait_for(is_idle)
    terminal.send_line("/reasoning")

    terminal.wait_for("Two and two make four.")
    rows = visible(terminal)
    assert rows[0] == "> 2+2?"
    assert re.fullmatch(r"thought for .* s, ~\d+ tokens", rows[1])
    assert rows[2:5] == ["It is four.", "> /reasoning", "Two and two make four."]


@pytest.mark.parametrize(("display", "thoughts", "folded"), [("show", 1, 1), ("fold", 0, 1), ("hide", 0, 0)])
def test_the_setting_of_thoughts_changes_while_chatrepl_runs(
    start: Start, server: RawServer, display: str, thoughts: int, folded: int
) -> None:
    server.answer(stream_answer(chat_chunks(["Four."], reasoning=["Two and two make four."])))
    terminal = start()
    terminal.send_line(f"/set terminal.reasoning {display}")
    terminal.wait_for(f"terminal.reasoning = {display}")

    terminal.send_line("2+2?")
    terminal.wait_for("Four.")
    terminal.wait_for(is_idle)

    everything = terminal.everything()
    assert everything.count("Two and two make four.") == thoughts
    assert everything.count("thought for") == folded
    terminal.send_line("/redraw")
    terminal.wait_for("Four.", times=2)
    assert terminal.everything().count("Two and two make four.") == 2 * thoughts


def test_a_stop_in_mid_thought_keeps_it_also_for_the_next_run(start: Start, server: RawServer) -> None:
    server.answer(stream_answer([*chat_chunks(["No."], reasoning=["Two and", " two"])[:3], Stall()]))
    first = start()
    first.send_line("2+2?")
    first.wait_for("Two and two")
    first.send_key("esc")
    first.wait_for("interrupted; /retry asks again")
    assert "thought for" in first.everything()
    first.send_key("ctrl-d")
    first.wait_exit()

    second = start("-c", ready="interrupted")
    second.send_line("/reasoning")

    second.wait_for("Two and two")


def test_raw_is_the_source_and_redraw_the_reply_at_the_new_width(start: Start, server: RawServer) -> None:
    text = "A *long* paragraph of some words that needs more than one row.\n\n```py\nx = 1\n```\n"
    server.answer(stream_answer(chat_chunks([text])))
    terminal = start(columns=80)
    terminal.send_line("go")
    terminal.wait_for("x = 1")
    terminal.wait_for(is_idle)

    terminal.send_line("/raw 1")
    terminal.wait_for("```py")
    assert text.rstrip("\n") in terminal.everything()
    terminal.resize(32, 30)
    terminal.send_line("/redraw")

    terminal.wait_for("py [1]", times=2)
    terminal.wait_for("A long paragraph of some words\nthat needs more than one row.")


def test_a_dumb_terminal_gets_words_and_not_one_escape_sequence(start: Start, server: RawServer) -> None:
    go_on = threading.Event()
    chunks = chat_chunks(["# Ti", "tle\n\nSome wo", "rds.\n\n```py\nx = 1\n```\n"], reasoning=["hm"])
    server.answer(stream_answer([*chunks[:4], WaitFor(go_on), *chunks[4:]]))
    terminal = start(ready="> ", **POOR)

    terminal.send_line("go")
    terminal.wait_for("# Title\n\nSome ")
    assert "wo" not in terminal.screen()[-1]
    go_on.set()
    terminal.wait_for("[end of code]\n> ")

    assert b"\x1b" not in terminal.raw
    assert visible(terminal)[1:] == [
        *("(thought for less than 1 s, ~1 token)", "# Title", "Some words."),
        *("[code 1: py]", "x = 1", "[end of code]", ">"),
    ]


@pytest.mark.parametrize(("arguments", "variables"), [((), POOR), (("--plain",), {})], ids=["dumb", "plain"])
def test_ctrl_c_stops_the_reply_and_keeps_the_prompt_of_a_poor_terminal(
    start: Start, server: RawServer, arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    server.answer(stream_answer([*chat_chunks(["Once upon ", "a time"])[:3], Stall()]))
    terminal = start(*arguments, ready="> ", **variables)
    terminal.send_line("tell")
    terminal.wait_for("Once upon a ")

    terminal.send_key("ctrl-c")

    terminal.wait_for("(interrupted; /continue asks for the rest, /retry asks again)\n> ")
    assert "Once upon a ^Ctime" in terminal.everything()
    assert server.client_closed.wait(5)
    terminal.send_line("/raw")
    terminal.wait_for("Once upon a time")
    terminal.send_line("/quit")
    assert terminal.wait_exit() == 0
    assert b"\x1b" not in terminal.raw


def test_no_color_means_no_colour_anywhere_and_bold_stays(start: Start, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks([REPLY], reasoning=["hm"])))
    terminal = start(NO_COLOR="1", COLORTERM="truecolor")
    terminal.send_line("go")
    terminal.wait_for("x = 1")
    terminal.wait_for(is_idle)
    for line, answer in (
        ("/help", "/help COMMAND says more"),
        ("/nope", "error:"),
        ("/undo 9", "Stepped back"),
    ):
        terminal.send_line(line)
        terminal.wait_for(answer)
    terminal.send("/re")
    terminal.wait_for("/redraw")

    assert COLOURS.findall(terminal.raw) == []
    assert b"\x1b[1m" in terminal.raw or b"\x1b[0;1m" in terminal.raw


def test_colour_is_there_where_it_is_wanted(start: Start, server: RawServer) -> None:
    """The counterpart of the test above, which would pass if it looked for the wrong thing."""
    server.answer(stream_answer(chat_chunks([REPLY])))
    terminal = start()
    terminal.send_line("go")
    terminal.wait_for("x = 1")

    assert COLOURS.findall(terminal.raw)


@pytest.mark.parametrize("arguments", [(), ("--plain",)], ids=["full", "plain"])
@pytest.mark.parametrize(
    "variables", [{"LANG": "C"}, {"PYTHONIOENCODING": "ascii"}], ids=["locale", "encoding"]
)
def test_an_ascii_terminal_gets_ascii_only(
    start: Start, server: RawServer, arguments: tuple[str, ...], variables: dict[str, str]
) -> None:
    server.answer(stream_answer(chat_chunks([REPLY], reasoning=["hm \u2026"])))
    terminal = start(*arguments, ready="> ", **variables)

    terminal.send_line("go")
    terminal.wait_for('"title"')
    terminal.wait_for("x = 1")
    terminal.wait_for("\n> " if arguments else is_idle)
    for line, answer in (
        ("/redraw", "x = 1"),
        ("/tokens", "cost so far"),
        ("/help", "/help COMMAND says more"),
    ):
        terminal.send_line(line)
        terminal.wait_for(answer, times=1 + (line == "/redraw"))

    assert terminal.raw.isascii()
    assert '# Naive "title"' in terminal.everything()


def test_twenty_columns_are_enough(start: Start, server: RawServer) -> None:
    server.answer(
        stream_answer(chat_chunks(["Some words that need rows.\n\n```py\nx = 1\n```\n"], reasoning=["hm"]))
    )
    terminal = start(columns=20, rows=24, ready="test-model")
    terminal.send_line("go")
    terminal.wait_for("x = 1")
    terminal.wait_for(is_idle)
    terminal.send_line("/help all")
    terminal.wait_for("/status")
    terminal.wait_for(lambda now: now.everything().splitlines()[-1].startswith("test-model"))

    rows = terminal.everything().splitlines()
    assert "Some words that need" in rows
    assert "  Show what the" in rows


def test_a_paste_into_the_plain_chat_is_one_message_and_waits_for_its_enter(
    start: Start, server: RawServer
) -> None:
    server.answer(stream_answer(chat_chunks(["Understood."])))
    terminal = start("--plain", ready="> ")
    terminal.send("def f():\n\n    return 1\n")
    terminal.wait_for("3 lines pasted")
    assert server.posts == []

    terminal.send("\n")

    terminal.wait_for("Understood.")
    assert server.posts[-1].json()["messages"][-1]["content"] == "def f():\n\n    return 1"


@pytest.mark.parametrize("arguments", [(), ("--plain",)], ids=["full", "plain"])
def test_letters_that_the_terminal_cannot_show_are_sent_all_the_same(
    start: Start, server: RawServer, arguments: tuple[str, ...]
) -> None:
    server.answer(stream_answer(chat_chunks(["Ok."])))
    terminal = start(*arguments, ready="> ", PYTHONIOENCODING="ascii")

    terminal.send_line("caf\u00e9 \u6f22")
    terminal.wait_for("Ok.")

    assert server.posts[-1].json()["messages"][-1]["content"] == "caf\u00e9 \u6f22"
