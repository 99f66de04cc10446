"""The words that may stand first: models, config and its keys."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from chatrepl.errors import ExitStatus
from tests.cli.conftest import KEY, RunCli
from tests.support.raw_server import RawServer, chat_chunks, error_response, json_response, stream_answer
from tests.support.terminal import Terminal

MODELS = {
    "object": "list",
    "data": [
        {"id": "beta", "context_length": 8192, "pricing": {"prompt": "0.000002", "completion": "0.00001"}},
        {"id": "alpha", "shutdown_date": "2020-01-01", "capabilities": ["vision"]},
    ],
}


@pytest.fixture
def lister(server: RawServer) -> RawServer:
    server.route("/v1/models", json_response(MODELS))
    return server


def test_models_are_rows_for_a_program(run_cli: RunCli, lister: RawServer) -> None:
    done = run_cli("models")
    assert done.returncode == ExitStatus.OK
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert [row[0] for row in rows] == ["alpha", "beta"]
    assert rows[1][1] == "8 192"
    assert "ended 2020-01-01" in rows[0]
    assert done.stderr == ""


def test_models_are_found_by_words_and_told_as_json(run_cli: RunCli, lister: RawServer) -> None:
    done = run_cli("models", "vision", "--json")
    (model,) = json.loads(done.stdout)
    assert (model["id"], model["abilities"]) == ("alpha", ["vision"])
    none = run_cli("models", "zzz", "--json")
    assert (none.returncode, json.loads(none.stdout)) == (ExitStatus.ERROR, [])


def test_the_list_of_models_is_there_without_a_network(run_cli: RunCli, lister: RawServer) -> None:
    run_cli("models")
    lister.route("/v1/models", error_response(500, {"error": {"message": "down"}}))
    done = run_cli("models", "--refresh")
    assert done.returncode == ExitStatus.OK
    assert "beta" in done.stdout
    assert "this list is an old one" in done.stderr
    assert KEY not in done.stdout + done.stderr


def test_without_a_list_the_error_is_told(run_cli: RunCli, server: RawServer) -> None:
    server.route("/v1/models", error_response(401, {"error": {"message": "bad key"}}))
    done = run_cli("models")
    assert done.returncode == ExitStatus.CONFIG
    assert "OPENAI_API_KEY" in done.stderr
    assert KEY not in done.stderr


def test_a_message_may_begin_like_a_sub_command(run_cli: RunCli, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["ok"])))
    assert run_cli("models of the world").stdout == "ok\n"
    assert run_cli("--", "models").stdout == "ok\n"
    assert run_cli("-p", "models").stdout == "ok\n"
    asked = [post.json()["messages"][-1]["content"] for post in server.posts if "chat" in post.path]
    assert asked == ["models of the world", "models", "models"]


def test_what_is_set_is_shown_with_where_it_came_from(run_cli: RunCli, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("model = 'm'\n[parameters]\ntemperature = 0.5\n")
    done = run_cli("config", "--config", str(file), "show", CHATREPL_MODEL="", CHATREPL_PARAMETERS_SEED="3")
    rows = dict(line.split("\t", 1) for line in done.stdout.splitlines())
    assert rows["model"].startswith('"m"\t')
    assert rows["model"].endswith("c.toml line 1")
    assert rows["parameters.seed"] == "3\tCHATREPL_PARAMETERS_SEED"
    one = run_cli("config", "--config", str(file), "show", "temperature", "--json")
    assert json.loads(one.stdout)["parameters.temperature"]["value"] == 0.5


def test_all_problems_of_a_file_are_reported(run_cli: RunCli, tmp_path: Path) -> None:
    file = tmp_path / "c.toml"
    file.write_text("modle = 'm'\n[profiles.x]\nprovider = 'opnai'\n")
    done = run_cli("config", "check", str(file))
    assert done.returncode == ExitStatus.CONFIG
    assert "modle" in done.stderr
    assert "opnai" in done.stderr
    file.write_text("model = 'm'\n")
    done = run_cli("config", "check", str(file))
    assert done.returncode == ExitStatus.OK
    assert "no problems; 1 setting." in done.stdout


def test_a_key_is_kept_shown_masked_used_and_removed(run_cli: RunCli, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["ok"])))
    kept = run_cli("config", "key", "set", stdin="sk-kept-0123456789\n")
    assert kept.returncode == ExitStatus.OK
    path = Path(kept.stdout.split(" is kept in ")[1].split(",")[0])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    shown = run_cli("config", "key", "show", OPENAI_API_KEY="")
    assert "…6789" in shown.stdout
    assert run_cli("-p", "hi", OPENAI_API_KEY="").stdout == "ok\n"
    assert server.posts[-1].headers["authorization"] == "Bearer sk-kept-0123456789"
    removed = run_cli("config", "key", "remove")
    assert removed.returncode == ExitStatus.OK
    assert not path.exists()
    assert "sk-kept" not in kept.stdout + shown.stdout + removed.stdout
    assert run_cli("config", "key", "remove").returncode == ExitStatus.ERROR


@pytest.mark.parametrize("key", ["", "two words", "Bearer abc"])
def test_what_is_no_key_is_not_kept(run_cli: RunCli, key: str) -> None:
    done = run_cli("config", "key", "set", stdin=f"{key}\n")
    assert done.returncode == ExitStatus.CONFIG
    assert "What was pasted" in done.stderr


def test_an_unknown_provider_is_named_with_the_known_ones(run_cli: RunCli) -> None:
    done = run_cli("config", "key", "set", "--provider", "opnai", stdin="x\n")
    assert done.returncode == ExitStatus.USAGE
    assert "openrouter" in done.stderr


def test_a_key_that_is_typed_is_not_shown(environment: dict[str, str], tmp_path: Path) -> None:
    import sys

    argv = [sys.executable, "-m", "chatrepl", "config", "key", "set", "--provider", "groq"]
    with Terminal(argv, env=environment, cwd=tmp_path) as terminal:
        terminal.wait_for("Key for https://api.groq.com/openai/v1")
        terminal.send("gsk-secret-0123456789")
        terminal.send_key("enter")
        terminal.wait_for("is kept in")
        assert terminal.wait_exit() == ExitStatus.OK
        assert "secret" not in terminal.everything()


def test_setup_asks_nobody_where_there_is_no_terminal(run_cli: RunCli, environment: dict[str, str]) -> None:
    done = run_cli("setup")

    assert done.returncode == 2
    assert "setup asks questions, which needs a terminal." in done.stderr
    assert not Path(environment["XDG_CONFIG_HOME"]).exists()
