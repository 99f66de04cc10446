"""Limits between runs of the program: a script that starts several at once stays within them."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatrepl.errors import ExitStatus
from tests.cli.conftest import RunCli
from tests.support.raw_server import Answer, RawServer, RecordedRequest, WaitFor, chat_chunks, stream_answer

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def config(environment: dict[str, str], server: RawServer, tmp_path: Path) -> Callable[[str], None]:
    """Return a function that sets the limits of the server."""

    def write(limits: str) -> None:
        file = tmp_path / "limits.toml"
        file.write_text(f'[providers.here]\nbase_url = "{server.base_url}"\n{limits}\n')
        environment["CHATREPL_CONFIG"] = str(file)

    return write


@pytest.fixture
def start(environment: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(text: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "chatrepl", "-p", text],
            env=environment, cwd=tmp_path, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def asked(server: RawServer) -> list[RecordedRequest]:
    """Return what was asked of the model, but not about it."""
    return [post for post in server.posts if post.path.endswith("/chat/completions")]


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline().strip()


def test_of_two_runs_the_second_waits_until_the_first_has_told_what_it_used(
    config: Callable[[str], None], start: Start, server: RawServer
) -> None:
    has_come, go_on = threading.Event(), threading.Event()

    def slow(_: RecordedRequest) -> Answer:
        has_come.set()
        return [WaitFor(go_on), *stream_answer(chat_chunks(["one"], usage=USAGE))]

    server.answer(slow, stream_answer(chat_chunks(["two"], usage=USAGE)))
    config("tokens_per_minute = 1500")
    first = start("hello")
    assert has_come.wait(20)

    second = start("hello")

    assert first_line(second).startswith("chatrepl: rate limit: place 1, 1 500 tokens a minute at here, ")
    assert len(asked(server)) == 1
    go_on.set()
    assert [process.communicate(timeout=30)[0] for process in (first, second)] == ["one\n", "two\n"]
    assert (first.returncode, second.returncode) == (0, 0)


def test_a_run_that_waits_ends_at_once_with_ctrl_c_and_sends_nothing(
    config: Callable[[str], None], run_cli: RunCli, start: Start, server: RawServer
) -> None:
    server.answer(stream_answer(chat_chunks(["one"], usage=USAGE)))
    config("requests_per_minute = 1")
    assert run_cli("-p", "hello").returncode == 0
    second = start("hello")
    assert first_line(second).startswith("chatrepl: rate limit: place 1, 1 request a minute at here, ")

    second.send_signal(signal.SIGINT)
    _, stderr = second.communicate(timeout=20)

    assert second.returncode == ExitStatus.INTERRUPTED
    assert "Traceback" not in stderr
    assert len(asked(server)) == 1


def test_a_request_that_can_never_be_sent_is_refused_with_the_numbers(
    config: Callable[[str], None], run_cli: RunCli, server: RawServer
) -> None:
    config('tier = "small"\n[tiers.small]\ntokens_per_minute = 100')

    done = run_cli("-p", "word " * 400)

    assert done.returncode == ExitStatus.REFUSED
    assert "the limit at here is 100 tokens a minute: it can never be sent" in done.stderr
    assert "raise tokens_per_minute under [tiers.small] or [providers.here]" in done.stderr
    assert asked(server) == []


def test_a_tier_that_nobody_knows_is_a_mistake_of_the_configuration(
    config: Callable[[str], None], run_cli: RunCli
) -> None:
    config('tier = "classic-fre"')

    done = run_cli("-p", "hello")

    assert done.returncode == ExitStatus.CONFIG
    assert "There is no tier `classic-fre`" in done.stderr
    assert "Did you mean `classic-free`" in done.stderr
