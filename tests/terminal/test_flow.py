"""The whole program while more comes than the terminal takes: it stays live, and nothing is lost or there twice."""

from __future__ import annotations

import os
import socket
import sqlite3
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.raw_server import (
    RawServer,
    RecordedRequest,
    Stall,
    Step,
    WaitFor,
    chat_chunks,
    error_response,
    stream_answer,
)
from tests.support.slow_line import SlowTerminal
from tests.support.terminal import Terminal, clean_environment, is_idle
from tests.terminal.conftest import KEY, Start

STOPPED_S = 5.0
"""Far more than stopping takes, far less than what was stopped would."""

StartSlow = Callable[..., SlowTerminal]


@pytest.fixture
def start_slow(server: RawServer, tmp_path: Path) -> Iterator[StartSlow]:
    """Return a function that starts chatrepl from a shell at the end of a slow line.

    The shell says how it ended. It stays: the system drops what is still on the line when the terminal's first process ends.
    """
    with ExitStack() as stack:

        def begin(**variables: str) -> SlowTerminal:
            environment = clean_environment(
                tmp_path / "home",
                OPENAI_API_KEY=KEY,
                OPENAI_BASE_URL=server.base_url,
                CHATREPL_MODEL="test-model",
                **variables,
            )
            argv = ["/bin/sh", "-c", f'{sys.executable} -m chatrepl; echo "left with $?"; read _']
            terminal = stack.enter_context(SlowTerminal(argv, env=environment, cwd=tmp_path))
            terminal.wait_for("chat 0 tok")
            return terminal

        yield begin


def paragraphs(count: int) -> list[str]:
    """Return a reply in which every paragraph occurs once."""
    return [f"Paragraph {number:05} of them.\n\n" for number in range(count)]


def flood(count: int, *after: Step) -> list[Step]:
    """Return an answer that comes at full speed; without more steps it ends in order."""
    chunks = chat_chunks(paragraphs(count))
    return stream_answer([*chunks[:-2], *after] if after else chunks)


def shown_paragraphs(terminal: Terminal) -> list[int]:
    """Return the numbers of the paragraphs on the screen and above it."""
    rows = terminal.everything().splitlines()
    return [int(row.split()[1]) for row in rows if row.startswith("Paragraph ") and row.endswith("of them.")]


def asked(server: RawServer) -> list[RecordedRequest]:
    """Return the requests for a reply."""
    return [request for request in server.posts if request.path.endswith("/chat/completions")]


def stored_replies(tmp_path: Path) -> list[str]:
    """Return the texts of the replies on disk."""
    (path,) = (tmp_path / "home" / "data").rglob("*.db")
    with sqlite3.connect(path) as database:
        rows = database.execute("SELECT text FROM messages WHERE role = 'assistant'")
        return [text for (text,) in rows]


def test_over_a_slow_line_a_flood_is_shown_whole_and_once_while_keys_are_heard(
    start_slow: StartSlow, server: RawServer
) -> None:
    server.answer(flood(2000), stream_answer(chat_chunks(["The second answer."])))
    terminal = start_slow()
    terminal.send_line("first")
    terminal.wait_for("Paragraph 00010")

    terminal.send_line("second")

    terminal.wait_for("queued: second")
    assert len(shown_paragraphs(terminal)) < 2000
    terminal.speed_up()
    terminal.wait_for("The second answer.")
    assert shown_paragraphs(terminal) == list(range(2000))
    assert terminal.everything().count("> second") == 1
    assert asked(server)[1].json()["messages"][-1] == {"role": "user", "content": "second"}


def test_over_a_slow_line_esc_stops_the_reply_and_what_is_not_shown_is_kept(
    start_slow: StartSlow, server: RawServer, tmp_path: Path
) -> None:
    server.answer(flood(20_000, Stall()))
    terminal = start_slow()
    terminal.send_line("go")
    terminal.wait_for("Paragraph 00010")

    terminal.send_key("esc")

    assert server.client_closed.wait(STOPPED_S)
    terminal.wait_for("interrupted; /continue")
    terminal.wait_for("characters more came and are kept")
    shown = shown_paragraphs(terminal)
    assert shown == list(range(len(shown)))
    assert 10 < len(shown) < 5000
    terminal.send_line("/status")
    terminal.wait_for("test-model")
    assert stored_replies(tmp_path)[0].startswith("".join(paragraphs(len(shown))))


@pytest.mark.parametrize("key", ["esc", "ctrl-c"])
def test_stopping_ends_a_flood_on_the_screen_too(
    start: Start, server: RawServer, tmp_path: Path, key: str
) -> None:
    server.answer(flood(40_000, Stall()), stream_answer(chat_chunks(["After it."])))
    terminal = start()
    terminal.send_line("go")
    terminal.wait_for("Paragraph 00100")

    terminal.send_key(key)
    terminal.wait_for("interrupted; /continue")

    assert server.client_closed.wait(STOPPED_S)
    shown = shown_paragraphs(terminal)
    assert shown == list(range(len(shown)))
    stored = stored_replies(tmp_path)[0]
    assert stored.startswith("".join(paragraphs(len(shown))))
    is_whole = len(stored) < len("".join(paragraphs(len(shown) + 1)))
    assert ("characters more came and are kept: /redraw" in terminal.everything()) != is_whole
    terminal.send_line("more")
    terminal.wait_for("After it.")


def test_esc_while_the_rest_of_a_complete_reply_is_drawn_leaves_it_complete(
    start_slow: StartSlow, server: RawServer, tmp_path: Path
) -> None:
    server.answer(flood(12_000))
    terminal = start_slow()
    terminal.send_line("go")
    terminal.wait_for("Paragraph 00010")
    server.wait_until(lambda: stored_replies(tmp_path) == ["".join(paragraphs(12_000))])

    terminal.send_key("esc")

    terminal.wait_for("characters more came and are kept")
    terminal.wait_for(is_idle)
    assert "interrupted" not in terminal.everything()
    assert len(shown_paragraphs(terminal)) < 11_000


def test_esc_stops_what_a_command_prints_over_a_slow_line(start_slow: StartSlow) -> None:
    terminal = start_slow(CHATREPL_SYSTEM="\n".join(f"Line {number:05}" for number in range(9000)))
    terminal.send_line("/system")
    terminal.wait_for("Line 00010")

    terminal.send_key("esc")

    terminal.wait_for("lines more were not printed.")
    terminal.send("still here")
    terminal.wait_for("> still here")


def test_leaving_in_a_flood_over_a_slow_line_restores_the_terminal_and_keeps_the_reply(
    start_slow: StartSlow, server: RawServer, tmp_path: Path
) -> None:
    server.answer(flood(20_000, Stall()))
    terminal = start_slow()
    terminal.send_line("go")
    terminal.wait_for("Paragraph 00300")

    terminal.send_key("ctrl-d")

    terminal.wait_for("left with 0")
    assert b"\x1b[?2004h" not in terminal.raw.rpartition(b"\x1b[?2004l")[2]
    assert "characters more came and are kept" in terminal.everything()
    terminal.send("echoed again")
    terminal.wait_for("left with 0\nechoed again")
    assert "test-model ·" not in "\n".join(terminal.screen())
    assert stored_replies(tmp_path)[0].startswith("".join(paragraphs(100)))


def test_waiting_until_the_server_can_be_asked_again_can_be_stopped(start: Start, server: RawServer) -> None:
    server.answer([error_response(503, {"error": {"code": 503, "message": "Loading model"}})])
    terminal = start()
    terminal.send_line("go")
    terminal.wait_for("loading the model, Esc stops")

    terminal.send_key("esc")

    terminal.wait_for("interrupted; /retry")


def test_a_connection_that_is_not_made_can_be_stopped(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/v1"
        terminal = start(OPENAI_BASE_URL=url)
        terminal.send_line("go")
        terminal.wait_for("waiting, Esc stops")

        terminal.send_key("ctrl-c")

        terminal.wait_for("interrupted; /retry")


def test_esc_gives_the_prompt_back_while_a_command_waits_for_the_server(
    start: Start, server: RawServer
) -> None:
    server.answer(stream_answer(chat_chunks(["Here I am."])))
    terminal = start()
    server.route("/v1/models", [Stall()])
    terminal.send_line("/model")
    server.wait_until(lambda: any(request.path.endswith("/models") for request in server.requests))
    terminal.send_line("hello")
    terminal.wait_for("queued: hello")
    terminal.send("x")

    terminal.send_key("esc")

    terminal.wait_for("Not waiting for /model any more")
    terminal.wait_for("Here I am.")


def test_leaving_does_not_wait_for_a_command_that_waits_for_the_server(
    start: Start, server: RawServer
) -> None:
    terminal = start()
    server.route("/v1/models", [Stall()])
    terminal.send_line("/model")
    server.wait_until(lambda: any(request.path.endswith("/models") for request in server.requests))

    terminal.send_key("ctrl-d")

    assert terminal.wait_exit(STOPPED_S) == 0


def test_a_reply_that_goes_on_does_not_draw_into_an_editor(
    start: Start, server: RawServer, tmp_path: Path
) -> None:
    editor, done = tmp_path / "editor.sh", tmp_path / "done"
    os.mkfifo(done)
    editor.write_text(f'#!/bin/sh\necho EDITOR IS UP\ncat {done}\necho edited > "$1"\n')
    editor.chmod(editor.stat().st_mode | stat.S_IXUSR)
    go_on = threading.Event()
    chunks = chat_chunks(["First of all.\n\n", *paragraphs(50)])
    server.answer(stream_answer([*chunks[:2], WaitFor(go_on), *chunks[2:]]))
    terminal = start(VISUAL=str(editor))
    terminal.send_line("go")
    terminal.wait_for("First of all.")
    terminal.send_key("ctrl-g")
    terminal.wait_for("EDITOR IS UP")

    go_on.set()
    server.wait_until(lambda: len(server.requests) > 0)
    terminal.pump(0.3)
    assert shown_paragraphs(terminal) == []
    done.write_text("")

    terminal.wait_for("> edited")
    terminal.wait_for("Paragraph 00049")
    terminal.wait_for(is_idle)
    assert shown_paragraphs(terminal) == list(range(50))
