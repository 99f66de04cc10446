"""The first run, as a newcomer at a terminal meets it."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support.raw_server import (
    Answer,
    RawServer,
    RecordedRequest,
    chat_chunks,
    error_response,
    json_response,
    stream_answer,
)
from tests.support.snapshots import check_snapshot
from tests.support.terminal import Terminal, clean_environment

NEWCOMER = Path(__file__).parents[1] / "support" / "newcomer.py"
ROOT = Path(__file__).parents[2]
RIGHT_KEY = "sk-first-run-0123456789"
MODELS = {"object": "list", "data": [{"id": "test-model"}, {"id": "other-model"}]}
FIRST = "Answers [1]: "

Begin = Callable[..., Terminal]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    """Return a function that starts chatrepl for a newcomer: ``begin(*arguments, columns=…, **variables)``."""
    with ExitStack() as stack:

        def start(*arguments: str, columns: int = 80, rows: int = 30, **variables: str) -> Terminal:
            environment = clean_environment(tmp_path / "home", PYTHONPATH=str(ROOT), **variables)
            argv = [sys.executable, str(NEWCOMER), *arguments]
            return stack.enter_context(
                Terminal(argv, env=environment, columns=columns, rows=rows, cwd=tmp_path)
            )

        yield start


@pytest.fixture
def server(server: RawServer) -> RawServer:
    """Let the server tell its models only to who has the key."""

    def models(request: RecordedRequest) -> Answer:
        if request.headers.get("authorization") == f"Bearer {RIGHT_KEY}":
            return json_response(MODELS)
        return error_response(401, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}})

    server.route("/v1/models", models)
    return server


def written(home: Path) -> list[str]:
    """Return the names of the files that chatrepl made."""
    return sorted(str(path.relative_to(home)) for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize(("columns", "way_out"), [(40, "esc"), (80, "ctrl-c"), (120, "ctrl-d")])
def test_the_first_question_can_be_left_and_nothing_is_written(
    begin: Begin, tmp_path: Path, columns: int, way_out: str
) -> None:
    terminal = begin(columns=columns)
    terminal.wait_for(FIRST)
    check_snapshot(f"first-run-{columns}", terminal.everything().splitlines())

    terminal.send_key(way_out)

    assert terminal.wait_exit() == 3
    assert "Nothing was changed." in terminal.everything()
    assert written(tmp_path / "home") == []


@pytest.mark.parametrize("way_out", ["esc", "ctrl-c", "ctrl-d"])
def test_the_key_and_the_model_can_be_left_too(
    begin: Begin, server: RawServer, tmp_path: Path, way_out: str
) -> None:
    terminal = begin(rows=40)
    terminal.wait_for(FIRST)
    terminal.send_line(server.base_url)
    terminal.wait_for("Kept in an owner-only file")
    if way_out != "esc":  # a question further
        terminal.send_line(RIGHT_KEY)
        terminal.wait_for("[other-model]: ")

    terminal.send_key(way_out)

    assert terminal.wait_exit() == 3
    assert "Nothing was changed." in terminal.everything()
    assert written(tmp_path / "home") == []


def test_three_answers_lead_to_a_chat_and_are_not_asked_again(
    begin: Begin, server: RawServer, tmp_path: Path
) -> None:
    server.answer(stream_answer(chat_chunks(["Welcome here."])))
    terminal = begin()
    terminal.wait_for(FIRST)
    terminal.send_line(server.base_url)
    terminal.wait_for("Kept in an owner-only file")
    terminal.send_line("sk-wrong-9876543210")
    terminal.wait_for("does not accept")
    terminal.send_line(RIGHT_KEY)  # before it is asked for
    terminal.wait_for("[other-model]: ")
    terminal.send_line("2")
    terminal.wait_for("chat 0 tok")
    terminal.send_line("hello")
    terminal.wait_for("Welcome here.")
    terminal.send_key("ctrl-d")
    assert terminal.wait_exit() == 0

    assert RIGHT_KEY not in terminal.everything()
    assert "sk-wrong-9876543210" not in terminal.everything()
    (asked,) = (request for request in server.posts if request.path.endswith("/chat/completions"))
    assert asked.json()["model"] == "test-model"
    config = tmp_path / "home" / "config" / "chatrepl"
    text = (config / "config.toml").read_text()
    assert f'base_url = "{server.base_url}"\nmodel = "test-model"\n' in text
    assert RIGHT_KEY not in text
    for path in config.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    again = begin()
    again.wait_for("chat 0 tok")
    assert "Who shall answer" not in again.everything()


def test_a_server_on_this_machine_is_proposed_first(begin: Begin, server: RawServer, tmp_path: Path) -> None:
    server.route("/v1/models", json_response(MODELS))
    terminal = begin(NEWCOMER_SERVER=server.base_url)
    terminal.wait_for(FIRST)
    assert "1  Ollama on this machine" in terminal.everything()

    terminal.send_key("enter")
    terminal.wait_for("[other-model]: ")
    terminal.send_key("enter")

    terminal.wait_for("chat 0 tok")
    assert "other-model" in terminal.screen()[-1]


def test_the_key_turns_into_the_name_of_a_variable_without_being_shown(
    begin: Begin, server: RawServer, tmp_path: Path
) -> None:
    terminal = begin(MY_KEY=RIGHT_KEY)
    terminal.wait_for(FIRST)
    terminal.send_line(server.base_url)
    terminal.wait_for("Kept in an owner-only file")
    terminal.send("sk-typed-by-mistake")
    terminal.wait_for("*******")
    terminal.send_key("tab")
    if "keyring" in terminal.everything():
        terminal.send_key("tab")
    terminal.wait_for("Kept in a variable")
    terminal.send_line("MY_KEY")
    terminal.wait_for("[other-model]: ")
    terminal.send_key("enter")
    terminal.wait_for("chat 0 tok")

    assert "sk-typed-by-mistake" not in terminal.everything()
    assert 'api_key_env = "MY_KEY"' in (tmp_path / "home/config/chatrepl/config.toml").read_text()


def test_a_poor_terminal_is_asked_line_by_line(begin: Begin, server: RawServer, tmp_path: Path) -> None:
    terminal = begin(TERM="dumb")
    terminal.wait_for(FIRST)
    terminal.send_line(server.base_url)
    terminal.wait_for("Key: ")
    terminal.send_line("$NOT_SET_YET")
    terminal.wait_for("the server's own choice]: ")
    terminal.send_line("my-model")

    assert terminal.wait_exit() == 3
    assert "Set NOT_SET_YET, then type chatrepl." in terminal.everything()
    assert b"\x1b" not in terminal.raw
    assert 'model = "my-model"' in (tmp_path / "home/config/chatrepl/config.toml").read_text()


def test_nothing_is_asked_where_a_file_says_something_already(begin: Begin, tmp_path: Path) -> None:
    config = tmp_path / "home" / "config" / "chatrepl" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("[terminal]\nreasoning = 'hide'\n")

    terminal = begin()

    assert terminal.wait_exit() == 3
    assert "chatrepl setup" in terminal.everything(join_wrapped=True)


def test_setup_changes_what_is_set_up_and_keeps_the_rest(
    begin: Begin, server: RawServer, tmp_path: Path
) -> None:
    config = tmp_path / "home" / "config" / "chatrepl" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text('provider = "groq"  # so far\n\n[terminal]\nreasoning = "hide"\n')
    config.chmod(0o640)
    terminal = begin("setup", OPENAI_API_KEY="sk-other-0123456789")
    terminal.wait_for(FIRST)
    assert "1  openai, with a key" in terminal.everything(), "its key is at hand"
    terminal.send_line(server.base_url)
    terminal.wait_for("Kept in an owner-only file")
    terminal.send_line(RIGHT_KEY)
    terminal.wait_for("[other-model]: ")
    terminal.send_key("enter")

    assert terminal.wait_exit() == 0
    assert config.read_text() == (
        f'# provider = "groq"  # so far\nbase_url = "{server.base_url}"\nmodel = "other-model"\n\n'
        '[terminal]\nreasoning = "hide"\n'
    )
