"""Secrets in a pipe: nothing is sent that nobody has agreed to, and a flag says what becomes of them."""

from __future__ import annotations

import json

import pytest

from chatrepl.errors import ExitStatus
from tests.cli.conftest import RunCli
from tests.support.raw_server import RawServer, chat_chunks, error_response, json_response, stream_answer

ASKED = "use password=hunter2\n"


def answer(server: RawServer, *texts: str, **options: object) -> None:
    server.answer(stream_answer(chat_chunks([*texts], **options)))  # type: ignore[arg-type]


def test_a_secret_in_a_pipe_is_not_sent_unless_a_flag_says_so(run_cli: RunCli, server: RawServer) -> None:
    done = run_cli("do it", stdin=ASKED)

    assert (done.returncode, done.stdout) == (ExitStatus.GUARD, "")
    assert "holds a password in line 3 of your message" in done.stderr
    assert "--guard mask" in done.stderr
    assert "hunter2" not in done.stderr
    assert [post.path for post in server.posts if "completions" in post.path] == []


def test_a_masked_secret_comes_back_into_the_output(run_cli: RunCli, server: RawServer) -> None:
    answer(server, "It is [PASS", "WORD_1].")

    done = run_cli("--guard", "mask", "-p", ASKED)

    assert (done.returncode, done.stdout) == (ExitStatus.OK, "It is hunter2.\n")
    assert done.stderr == "chatrepl: sent as a placeholder: a password in your message\n"
    assert all(b"hunter2" not in post.body for post in server.posts)
    assert b"password=[PASSWORD_1]" in server.posts[-1].body


def test_a_masked_secret_comes_back_into_json(run_cli: RunCli, server: RawServer) -> None:
    answer(server, "It is [PASS", "WORD_1].")

    done = run_cli("--guard", "mask", "-p", ASKED, "--output", "json")

    assert json.loads(done.stdout)["text"] == "It is hunter2."


@pytest.mark.parametrize(("mode", "says"), [("warn", True), ("off", False)])
def test_a_flag_sends_it_as_it_is(run_cli: RunCli, server: RawServer, mode: str, *, says: bool) -> None:
    answer(server, "Ok.")

    done = run_cli("--guard", mode, "-p", ASKED)

    assert (done.returncode, done.stdout) == (ExitStatus.OK, "Ok.\n")
    assert ("holds a password" in done.stderr) == says
    assert b"hunter2" in server.posts[-1].body


def test_what_a_flag_sent_was_not_agreed_to(run_cli: RunCli, server: RawServer) -> None:
    answer(server, "Ok.")

    assert run_cli("--guard", "warn", "-p", ASKED).returncode == ExitStatus.OK
    done = run_cli("-c", "-p", "and now?")

    assert done.returncode == ExitStatus.GUARD
    assert "holds a password in an earlier message of yours" in done.stderr


def test_block_holds_it_back_whatever_is_asked(run_cli: RunCli, server: RawServer) -> None:
    done = run_cli("--guard", "block", "-p", ASKED)

    assert done.returncode == ExitStatus.GUARD
    assert all(b"hunter2" not in post.body for post in server.posts)


def test_a_mode_in_the_configuration_holds_without_a_flag(run_cli: RunCli, server: RawServer) -> None:
    answer(server, "[EMAIL_1]!")

    done = run_cli("-p", "I am bob@example.com", CHATREPL_GUARD_MODE="mask", CHATREPL_GUARD_PERSONAL="true")

    assert done.stdout == "bob@example.com!\n"
    assert b"bob@" not in server.posts[-1].body


def test_a_wrong_pattern_is_told_of_with_its_place(run_cli: RunCli) -> None:
    done = run_cli("-p", "hello", "--set", "guard.allow=(")

    assert done.returncode == ExitStatus.CONFIG
    assert "regular expressions" in done.stderr


def test_a_flagged_message_is_not_sent(run_cli: RunCli, server: RawServer) -> None:
    flagged = {"results": [{"flagged": True, "categories": {"violence": True, "hate": False}}]}
    server.route("/v1/moderations", json_response(flagged))

    done = run_cli("-p", "hello", "--set", "guard.moderation=true")

    assert done.returncode == ExitStatus.GUARD
    assert "flags your message for violence" in done.stderr
    assert "guard.moderation=false" in done.stderr
    (asked,) = [post for post in server.posts if post.path.endswith("/moderations")]
    assert asked.json() == {"input": ["hello"]}


def test_a_server_without_moderation_does_not_stop_the_turn(run_cli: RunCli, server: RawServer) -> None:
    server.route("/v1/moderations", error_response(404, {"detail": "Not Found"}))
    answer(server, "Ok.")

    done = run_cli("-p", "hello", "--set", "guard.moderation=true")

    assert (done.returncode, done.stdout) == (ExitStatus.OK, "Ok.\n")
    assert "no moderation by" in done.stderr


def test_a_content_filter_is_explained(run_cli: RunCli, server: RawServer) -> None:
    server.answer(
        error_response(400, {"error": {"code": "content_policy_violation", "message": "Not allowed."}})
    )

    done = run_cli("-p", "hello")

    assert done.returncode == ExitStatus.REFUSED
    assert "refused the request by its content filter: Not allowed." in done.stderr
    assert "/model" in done.stderr
