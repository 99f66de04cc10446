"""A message that waits for a limit: its place stands in the status bar, and Esc takes it back out of the queue."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.raw_server import RawServer, chat_chunks, stream_answer
from tests.terminal.conftest import Start

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


@pytest.mark.parametrize("columns", [100, 40])
def test_a_message_beyond_a_limit_shows_its_place_and_can_be_taken_back(
    start: Start, server: RawServer, tmp_path: Path, columns: int
) -> None:
    file = tmp_path / "limits.toml"
    file.write_text(f'[providers.here]\nbase_url = "{server.base_url}"\nrequests_per_minute = 1\n')
    server.answer(stream_answer(chat_chunks(["Hi there."], usage=USAGE)))
    terminal = start(CHATREPL_CONFIG=str(file), columns=columns, ready="test-model")
    terminal.send_line("hello")
    terminal.wait_for("Hi there.")

    terminal.send_line("again")
    terminal.wait_for("rate limit: place 1, 1 request a minute"[: columns - 2])
    if columns == 100:
        terminal.wait_for(" s, Esc stops")
    terminal.send("\x1b")

    terminal.wait_for("interrupted; /retry asks again")
    terminal.send_line("/status")
    terminal.wait_for("used 1 of")
    assert len([post for post in server.posts if post.path.endswith("/chat/completions")]) == 1
