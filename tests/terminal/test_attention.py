"""Title, progress and focus on a screen: asked for, and taken back on every way out."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.support.raw_server import RawServer, Stall, chat_chunks, stream_answer
from tests.terminal.conftest import Start


@pytest.mark.parametrize("way", ["quit", "terminate"])
def test_all_that_was_asked_of_the_terminal_is_taken_back(
    start: Start, server: RawServer, tmp_path: Path, way: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[terminal]\ntitle = true\nprogress = true\nnotify = "bell"\nnotify_after_s = 0\n', encoding="utf-8"
    )
    server.answer(stream_answer([*chat_chunks(["Part"], None), Stall()]))
    terminal = start("--config", str(config))
    assert b"\x1b[?1004h" in terminal.raw

    terminal.send("\x1b[O")  # the focus goes
    terminal.send_line("why so?")
    terminal.wait_for("Part")
    assert b"\x1b]9;4;3;0" in terminal.raw
    if way == "quit":
        terminal.send_key("esc")
        terminal.wait_for("interrupted")
        terminal.wait_for(lambda now: b"\x07" in now.raw)
        terminal.wait_for(lambda now: "why so?" in now.title)
        terminal.send("\x1b[I")  # and comes back: neither is typed
        terminal.send_key("ctrl-d")
        assert terminal.wait_exit() == 0
    else:
        terminal.kill(signal.SIGTERM)
        terminal.wait_exit()

    end = terminal.raw
    for begun, taken_back in ((b"1004h", b"1004l"), (b"9;4;3;0", b"9;4;0;0"), (b"22;0t", b"23;0t")):
        assert end.rfind(taken_back) > end.rfind(begun) > 0
    assert "[O" not in terminal.everything()
