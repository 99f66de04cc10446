"""The window and the money on the screen: what the bar says while one types, the question at a limit, the thin line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.raw_server import RawServer, chat_chunks, stream_answer
from tests.terminal.conftest import Start

USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
PRICED = "[models.test-model]\ninput_usd_per_mtok = 3\noutput_usd_per_mtok = 15\nwindow_tokens = 8000\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "money.toml"
    file.write_text(PRICED)
    return file


def asked(server: RawServer) -> int:
    return len([post for post in server.posts if post.path.endswith("/chat/completions")])


def test_the_bar_says_what_sending_would_cost_while_one_types(
    start: Start, server: RawServer, config: Path
) -> None:
    server.answer(stream_answer(chat_chunks(["Hi there."], usage=USAGE)))
    terminal = start(CHATREPL_CONFIG=str(config), columns=120)
    terminal.wait_for("next ≈$0.0")
    terminal.send("word " * 400)
    terminal.wait_for("draft ~")
    terminal.send("\r")
    terminal.wait_for("chat 1.1k tok $0.0045")  # 1000 * 3 + 100 * 15 millionths
    terminal.wait_for("today $0.0045")


def test_at_a_limit_one_is_asked_and_yes_sends_it_once(start: Start, server: RawServer, config: Path) -> None:
    config.write_text(PRICED + "[budgets.day]\nlimit_usd = 0.001\n")
    server.answer(stream_answer(chat_chunks(["Hi there."], usage=USAGE)))
    terminal = start(CHATREPL_CONFIG=str(config), columns=100)

    terminal.send_line("hello budget")
    terminal.wait_for("Send it once all the same? (y/n)")
    assert asked(server) == 0
    terminal.send("n")
    terminal.wait_for("your message is in the input line")
    terminal.wait_for("> hello budget")
    terminal.send("\r")
    terminal.wait_for("Send it once all the same? (y/n)")
    terminal.send("y")

    terminal.wait_for("Hi there.")
    assert asked(server) == 1
    terminal.wait_for("today $0.0045/$0.001")


@pytest.mark.parametrize("columns", [120, 40])
def test_the_window_is_drawn_at_any_width(
    start: Start, server: RawServer, config: Path, columns: int
) -> None:
    server.answer(stream_answer(chat_chunks(["Hi there."], usage=USAGE)))
    terminal = start(CHATREPL_CONFIG=str(config), columns=columns, ready="test-model")
    terminal.send_line("hello window")
    terminal.wait_for("Hi there.")
    terminal.send_line("/context")
    terminal.wait_for("Messages")
    everything = terminal.everything()
    assert "of 8 000 tokens" in " ".join(everything.split())
    assert "░ reply 2k" in " ".join(everything.split())
    assert "hello window" in everything
    assert all(len(line) <= columns for line in everything.splitlines())


def test_a_thin_line_says_where_the_sent_part_begins_only_when_it_moves(
    start: Start, server: RawServer
) -> None:
    server.answer(stream_answer(chat_chunks(["word " * 80])))
    terminal = start("--set", "window.limit_tokens=400", "--set", "window.reserve_tokens=50")
    for number in range(7):
        terminal.send_line(f"question {number}")
        server.wait_until(lambda: asked(server) == number + 1)  # noqa: B023 - called at once
        terminal.wait_for(lambda shown: "Esc stops" not in "\n".join(shown.screen()))
    everything = terminal.everything()
    lines = [line for line in everything.splitlines() if "the model reads on from" in line]
    assert 1 <= len(lines) < 5
    assert lines[0].startswith("── ")
    assert lines == list(dict.fromkeys(lines))
