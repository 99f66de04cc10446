"""The whole program in places where people really sit: small windows, multiplexers, far away, behind deaf terminals."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.distant_line import DistantTerminal, MuteTerminal
from tests.support.raw_server import RawServer, chat_chunks, stream_answer
from tests.support.terminal import Terminal, clean_environment, is_idle
from tests.support.tmux import Tmux, find_tmux
from tests.terminal.conftest import KEY

TRICKS = {
    "the alternate screen": rb"\x1b\[\?(?:47|1047|1049)h",
    "clearing the scrollback": rb"\x1b\[3J",
    "a reset": rb"\x1bc",
    "a region that scrolls": rb"\x1b\[\d*;\d*r",
    "the mouse": rb"\x1b\[\?100[0-6]h",
}
"""What mosh, screen or a person who selects text would lose something by."""
REPLY = "A first paragraph that is a little longer than the window.\n\n```python\nx = 1\n```\n\nThe end."

Begin = Callable[..., Terminal]


@pytest.fixture
def variables(server: RawServer, tmp_path: Path) -> dict[str, str]:
    server.answer(stream_answer(chat_chunks([REPLY[at : at + 7] for at in range(0, len(REPLY), 7)])))
    known = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.base_url, "CHATREPL_MODEL": "test-model"}
    return clean_environment(tmp_path / "home", **known)


@pytest.fixture
def begin(variables: dict[str, str], tmp_path: Path) -> Iterator[Begin]:
    """Return a function that starts chatrepl: ``begin(kind, columns, rows, **variables)``."""
    with ExitStack() as stack:

        def start(kind: type[Terminal], columns: int = 80, rows: int = 24, **more: str) -> Terminal:
            argv = [sys.executable, "-m", "chatrepl"]
            env = variables | more
            return stack.enter_context(kind(argv, env=env, columns=columns, rows=rows, cwd=tmp_path))

        yield start


@pytest.mark.parametrize("term", ["screen", "tmux-256color", "linux", "vt100"])
def test_forty_columns_and_twelve_rows_hold_a_chat_without_tricks(begin: Begin, term: str) -> None:
    terminal = begin(Terminal, 40, 12, TERM=term)
    terminal.wait_for("test-model")

    terminal.send_line("hello")
    terminal.wait_for("The end.")
    terminal.wait_for(is_idle)
    terminal.send_line("/help")
    terminal.wait_for("/help save")
    terminal.send("typed")
    terminal.wait_for("> typed")

    shown = terminal.everything()
    assert shown.count("x = 1") == 1
    assert shown.count("The end.") == 1
    assert terminal.screen()[-1].startswith("test-model"), "the bar takes one row"
    for name, sequence in TRICKS.items():
        assert re.search(sequence, terminal.raw) is None, name


@pytest.mark.parametrize("kind", [MuteTerminal, DistantTerminal], ids=["mute", "distant"])
def test_no_answer_of_the_terminal_is_waited_for_and_none_lands_in_the_line(
    begin: Begin, server: RawServer, kind: type[Terminal]
) -> None:
    terminal = begin(kind)
    terminal.wait_for("chat 0 tok")

    terminal.send("far away")
    terminal.wait_for("> far away")
    terminal.send_key("up", "home")
    terminal.send("so ")
    terminal.send_key("enter")
    terminal.wait_for("The end.")
    terminal.wait_for(is_idle)

    asked = next(request for request in server.posts if request.path.endswith("/chat/completions"))
    assert asked.json()["messages"][-1]["content"] == "so far away"
    assert terminal.everything().count("The end.") == 1


@pytest.mark.skipif(find_tmux() is None, reason="tmux is not installed")
def test_a_small_window_of_tmux_holds_a_chat(variables: dict[str, str], tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "chatrepl"]
    with Tmux(argv, env=variables | {"TERM": "screen"}, cwd=tmp_path, columns=40, rows=12) as tmux:
        tmux.wait_for("test-model")
        tmux.send_line("hello")
        tmux.wait_for("The end.")
        tmux.wait_for(lambda now: "Esc stops" not in "\n".join(now.screen()))

        rows = tmux.everything().splitlines()
        assert rows.count("x = 1") == 1
        assert max(map(len, rows)) <= 40
