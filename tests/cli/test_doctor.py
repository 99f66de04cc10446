"""The doctor: what works, what does not, and what to do; nothing in it that must stay secret."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from chatrepl.errors import ExitStatus
from tests.cli.conftest import KEY, RunCli
from tests.support.raw_server import RawServer, chat_chunks, error_response, stream_answer
from tests.support.terminal import Terminal

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def test_where_all_is_well_the_report_says_so_step_by_step(run_cli: RunCli, server: RawServer) -> None:
    server.answer(stream_answer(chat_chunks(["Hi!"], usage=USAGE)))
    done = run_cli("doctor", "--yes")
    assert done.returncode == ExitStatus.OK
    lines = done.stdout.splitlines()
    checks = [line[9:].partition(":")[0] for line in lines[:-1]]
    assert checks[:9] == [
        "chatrepl", "configuration", "provider", "key", "proxy", "name", "connection", "models", "model",
    ]  # fmt: skip
    assert "request: test-model answered 'Hi!'; first word after" in done.stdout
    assert "9 tokens in, 3 out" in done.stdout
    assert lines[-1] == "Everything that was tried works."
    assert server.posts[-1].json()["max_tokens"] == 16


def test_no_key_and_no_home_stand_in_the_report(run_cli: RunCli, tmp_path: Path) -> None:
    done = run_cli("doctor")
    assert KEY not in done.stdout + done.stderr
    assert "from OPENAI_API_KEY (…6789)" in done.stdout
    assert str(tmp_path / "home") not in done.stdout


def test_a_request_is_not_sent_unasked(run_cli: RunCli, server: RawServer) -> None:
    done = run_cli("--diagnose")
    assert "not tried; --yes sends a tiny one" in done.stdout
    assert not [post for post in server.posts if post.path.endswith("/chat/completions")]


def test_at_a_terminal_it_is_asked_for_with_its_cost(
    environment: dict[str, str], server: RawServer, tmp_path: Path
) -> None:
    server.answer(stream_answer(chat_chunks(["Hi!"])))
    prices = {
        "CHATREPL_CONFIG": str(tmp_path / "c.toml"),
    }
    (tmp_path / "c.toml").write_text(
        '[models."test-model"]\ninput_usd_per_mtok = 2.5\noutput_usd_per_mtok = 10\n'
    )
    argv = [sys.executable, "-m", "chatrepl", "doctor"]
    with Terminal(argv, env=environment | prices, cwd=tmp_path) as terminal:
        terminal.wait_for("it costs about $0.000190? [y/N] ")
        assert not server.posts
        terminal.send_line("y")
        terminal.wait_for("answered 'Hi!'")
        assert terminal.wait_exit() == ExitStatus.OK


def test_a_wrong_key_is_found_before_a_request(run_cli: RunCli, server: RawServer) -> None:
    server.route("/v1/models", error_response(401, {"error": {"message": "Incorrect API key provided"}}))
    done = run_cli("doctor", "--yes")
    assert done.returncode == ExitStatus.CONFIG
    assert "PROBLEM  models:" in done.stdout
    assert "does not accept the key …6789 from OPENAI_API_KEY" in done.stdout
    assert "1 problem found." in done.stdout


def test_a_server_that_is_not_there_ends_the_way_and_not_the_report(run_cli: RunCli) -> None:
    done = run_cli("doctor", OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    assert done.returncode == ExitStatus.NETWORK
    assert "PROBLEM  connection: nothing answers at 127.0.0.1:9" in done.stdout
    assert "library:" in done.stdout


def test_a_host_that_nobody_knows_is_named(run_cli: RunCli) -> None:
    done = run_cli("doctor", OPENAI_BASE_URL="http://no-such-host.invalid/v1")
    assert done.returncode == ExitStatus.NETWORK
    assert "PROBLEM  name:" in done.stdout
    assert "no-such-host.invalid" in done.stdout


def test_a_broken_configuration_is_reported_and_the_rest_is_tried(run_cli: RunCli, tmp_path: Path) -> None:
    (tmp_path / "c.toml").write_text("modle = 5\n")
    done = run_cli("doctor", "--config", str(tmp_path / "c.toml"))
    assert done.returncode == ExitStatus.CONFIG
    assert "PROBLEM  configuration:" in done.stdout
    assert "modle" in done.stdout
    assert "library:" in done.stdout


def test_without_any_provider_the_ways_to_one_are_told(run_cli: RunCli) -> None:
    done = run_cli("doctor", OPENAI_API_KEY="", OPENAI_BASE_URL="")
    assert "There is no model to talk to" in done.stdout
    assert "chatrepl --local" in done.stdout


def test_a_damaged_library_is_found(run_cli: RunCli, environment: dict[str, str]) -> None:
    library = Path(environment["XDG_DATA_HOME"]) / "chatrepl" / "chats.db"
    library.parent.mkdir(parents=True)
    library.write_bytes(b"not a database, by far" * 100)
    library.chmod(0o600)
    done = run_cli("doctor")
    assert done.returncode == ExitStatus.ERROR
    assert "PROBLEM  library:" in done.stdout
    assert library.read_bytes().startswith(b"not a database")


def test_the_report_can_be_read_by_a_program(run_cli: RunCli) -> None:
    done = run_cli("doctor", "--json")
    findings = json.loads(done.stdout)
    assert {"check", "result", "text", "hint"} == set(findings[0])
    assert {finding["result"] for finding in findings} <= {"ok", "warning", "problem"}


def test_a_proxy_that_is_not_there_is_what_the_hint_is_about(run_cli: RunCli) -> None:
    done = run_cli("doctor", OPENAI_BASE_URL="http://far.example/v1", HTTP_PROXY="http://127.0.0.1:9")
    assert done.returncode == ExitStatus.NETWORK
    assert "the proxy http://127.0.0.1:9 (HTTP_PROXY) is used" in done.stdout
    assert "this is the proxy: check network.proxy" in done.stdout
