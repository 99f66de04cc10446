"""Files that go with messages, on a screen."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from tests.support.raw_server import RawServer, chat_chunks, stream_answer
from tests.support.terminal import is_idle
from tests.terminal.conftest import Start


@pytest.mark.parametrize(
    ("columns", "chips"),
    [
        (120, "[1 notes.md 3 lines ~16 tok] [2 src/ 2 files ~31 tok]"),
        (40, "[1 notes.md 3 lines ~16 tok] +1 more"),
    ],
)
def test_chips_show_what_goes_with_a_message_which_is_kept_as_it_was(
    start: Start, server: RawServer, tmp_path: Path, columns: int, chips: str
) -> None:
    (tmp_path / "notes.md").write_text("one\ntwo\nthree\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src/a.py").write_text("a = 1\n")
    server.answer(stream_answer(chat_chunks(["All ", "read."])))
    terminal = start(columns=columns, rows=16)

    terminal.send("see @notes.md @src ")
    terminal.wait_for(chips)
    terminal.send_key("enter")
    terminal.wait_for("All read.")

    everything = terminal.everything()
    assert "  + notes.md, 3 lines\n  + src/, 1 line\n  + src/a.py, 1 line\n" in everything
    assert "[1 notes.md" not in "\n".join(terminal.screen())
    sent = server.posts[-1].json()["messages"][-1]["content"]
    assert sent.startswith('<file name="notes.md">\none\ntwo\nthree\n</file>\n\n<file name="src/">')
    assert sent.endswith("</file>\n\nsee @notes.md @src ")


def test_an_image_is_shown_in_rows_of_its_own_where_the_terminal_shows_images(
    start: Start, server: RawServer, tmp_path: Path
) -> None:
    Image.new("RGB", (200, 100), "red").save(tmp_path / "a.png")
    server.answer(stream_answer(chat_chunks(["All red."])))
    for arguments, ready in ([], "chat 0 tok"), (["-c"], "All red."):
        terminal = start(*arguments, columns=60, rows=14, ready=ready, TERM_PROGRAM="WezTerm")
        if not arguments:
            terminal.send_line("look @a.png ")
            terminal.wait_for("All red.")
        terminal.wait_for(is_idle)

        assert terminal.raw.count(b"\x1b]1337;File=inline=1;width=20;height=5;") == 1
        shown = terminal.everything()
        rows = "\n" * 5
        assert f"> look @a.png\n  + a.png, 200x100\n{rows}\nAll red.\n" in shown
        assert shown.count("test-model") == 1, "the status bar"


def test_what_cannot_be_sent_is_said_while_one_types_and_the_message_comes_back(
    start: Start, server: RawServer, tmp_path: Path
) -> None:
    (tmp_path / "x.bin").write_bytes(b"\0\1\2")
    terminal = start(columns=80, rows=16)

    terminal.send("see @x.bin")
    terminal.wait_for("[1 x.bin cannot be sent: x.bin is not text but 3 bytes of something else.]")
    terminal.send_key("enter")
    terminal.wait_for("Nothing was sent; your message is in the input line.")
    terminal.wait_for("> see @x.bin")
    assert not server.posts
