"""``chatrepl compare``: one question to several, for scripts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from chatrepl.errors import ExitStatus
from chatrepl.messages import ReplyState
from chatrepl.ports import ChatFilter
from chatrepl.store.chats import SqliteStore
from tests.cli.conftest import RunCli
from tests.support.conversations import TestClock
from tests.support.raw_server import (
    Answer,
    Pause,
    RawServer,
    RecordedRequest,
    Stall,
    chat_chunks,
    error_response,
    stream_answer,
)

USAGE = {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}


def by_model(request: RecordedRequest) -> Answer:
    if request.method != "POST":
        return error_response(404, {"error": {"message": "there is no such thing"}})
    model = request.json()["model"]
    if model == "broken":
        return error_response(400, {"error": {"message": "broken today"}})
    if model == "locked":
        return error_response(401, {"error": {"message": "wrong key"}})
    temperature = request.json().get("temperature")
    return stream_answer(chat_chunks([f"I am {model} ", f"at {temperature}."], usage=USAGE, model=model))


@pytest.fixture(autouse=True)
def models(server: RawServer) -> None:
    server.models = ["alpha", "beta", "broken", "locked"]
    server.handler = by_model


def test_the_replies_stand_under_headings_in_their_order(run_cli: RunCli) -> None:
    done = run_cli(
        "compare", "-m", "alpha", "--set", "temperature=0", "-m", "beta", "--set", "temperature=1", "Who?"
    )
    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (ExitStatus.OK, "")
    assert lines[0].startswith("## 1 alpha temperature=0 · ")
    assert lines[0].endswith(" · 3 tok · ?")
    assert lines[1:4] == ["", "I am alpha at 0.0.", ""]
    assert lines[4].startswith("## 2 beta temperature=1 · ")
    assert lines[-1] == "I am beta at 1.0."


def test_json_holds_every_reply_and_the_status_is_that_of_the_worst(run_cli: RunCli) -> None:
    done = run_cli("compare", "--json", "-m", "alpha", "-m", "broken", stdin="Who?\n")
    value = json.loads(done.stdout)
    assert done.returncode == ExitStatus.REFUSED
    assert [reply["candidate"] for reply in value["replies"]] == [1, 2]
    good, bad = value["replies"]
    assert (good["label"], good["text"], good["state"]) == ("alpha", "I am alpha at None.", "complete")
    assert good["usage"]["total_tokens"] == 12
    assert (bad["state"], bad["text"]) == ("failed", "")
    assert "broken today" in bad["error"]["message"]
    assert "2 broken: " in done.stderr


def test_stream_json_tells_whose_each_piece_is(run_cli: RunCli) -> None:
    done = run_cli("compare", "--output", "stream-json", "-m", "alpha", "-m", "beta", "Who?")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    for number, model in ((1, "alpha"), (2, "beta")):
        mine = [line for line in lines if line.get("candidate") == number]
        text = "".join(line["text"] for line in mine if line["type"] == "text")
        assert text == f"I am {model} at None."
        assert mine[-1]["type"] == "result"
    assert lines[-1]["type"] == "comparison"


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("Who?",), ExitStatus.USAGE, "nobody to compare"),
        (("-m", "alpha", "-m", "beta"), ExitStatus.USAGE, "nothing to send"),
        (("-m", "alpha", "--set", "temperature", "Who?"), ExitStatus.USAGE, "KEY=VALUE"),
        (("-m", "alpha", "-m", "alhpa", "Who?"), ExitStatus.USAGE, "neither a model nor a profile"),
        (("-m", "alpha", "-m", "profile:none", "Who?"), ExitStatus.CONFIG, "no profile `none`"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(
    run_cli: RunCli, server: RawServer, arguments: tuple[str, ...], status: ExitStatus, said: str
) -> None:
    done = run_cli("compare", *arguments)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
    assert server.posts == []


def test_profiles_are_asked_at_their_own_servers(run_cli: RunCli, tmp_path: Path) -> None:
    with RawServer() as other:
        other.handler = by_model
        config = tmp_path / "profiles.toml"
        config.write_text(
            f'[providers.other]\nbase_url = "{other.base_url}"\n'
            '[profiles.there]\nprovider = "other"\nmodel = "gamma"\nparameters = {temperature = 0.5}\n'
        )
        done = run_cli("compare", "--config", str(config), "-m", "alpha", "-m", "there", "Who?")
        assert done.returncode == ExitStatus.OK
        assert "I am gamma at 0.5." in done.stdout
        assert [post.json()["model"] for post in other.posts if "chat" in post.path] == ["gamma"]
        assert "authorization" not in other.posts[-1].headers  # the key of one server is not for another


def test_a_budget_covers_all_of_it(run_cli: RunCli, server: RawServer, tmp_path: Path) -> None:
    config = tmp_path / "budget.toml"
    price = "input_usd_per_mtok = 0\noutput_usd_per_mtok = 10\nwindow_tokens = 8000\n"
    config.write_text(
        f"[models.alpha]\n{price}[models.beta]\n{price}"
        "[window]\nreserve_tokens = 100\n[budgets.day]\nlimit_usd = 0.0015\n"
    )
    arguments = ("compare", "--config", str(config), "-m", "alpha", "-m", "beta", "Who?")
    done = run_cli(*arguments)
    assert (done.returncode, done.stdout) == (ExitStatus.BUDGET, "")
    assert done.stderr.count("the 2 requests together") == 1
    assert server.posts == []
    assert run_cli(*arguments, "--over-budget").returncode == ExitStatus.OK


def test_ctrl_c_keeps_and_shows_what_had_come(
    environment: dict[str, str], server: RawServer, tmp_path: Path
) -> None:
    server.handler = lambda _: stream_answer([*chat_chunks(["Once upon a time "])[:2], Stall()])
    argv = [
        sys.executable,
        "-m",
        "chatrepl",
        "compare",
        "--output",
        "stream-json",
        "-m",
        "alpha",
        "-m",
        "beta",
        "Tell",
    ]
    process = subprocess.Popen(
        argv,
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    first = [json.loads(process.stdout.readline()) for _ in range(2)]
    assert {line["candidate"] for line in first} == {1, 2}
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    results = [json.loads(line) for line in out.splitlines() if '"result"' in line]
    assert process.returncode == ExitStatus.INTERRUPTED
    assert "interrupted" in err
    assert [result["state"] for result in results] == ["interrupted", "interrupted"]


def test_a_kill_loses_nothing_of_any_reply_that_was_journalled(
    environment: dict[str, str], server: RawServer, tmp_path: Path
) -> None:
    words = [f"word{number} " for number in range(2000)]

    def slowly(request: RecordedRequest) -> Answer:
        if request.method != "POST":
            return by_model(request)
        model = request.json()["model"]
        steps: list[bytes | Pause] = []
        for step in chat_chunks(words, model=model):
            steps += [step, Pause(0.005)]
        return stream_answer(steps)

    server.handler = slowly
    argv = [sys.executable, "-m", "chatrepl", "compare", "--output", "stream-json"]
    argv += ["-m", "alpha", "-m", "beta", "-m", "alpha", "Tell"]
    process = subprocess.Popen(
        argv,
        env=environment,
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    path = Path(environment["XDG_DATA_HOME"]) / "chatrepl" / "chats.db"
    seen = {1: 0, 2: 0, 3: 0}
    while min(seen.values()) < 100:
        line = json.loads(process.stdout.readline())
        seen[line["candidate"]] += 1
    process.send_signal(signal.SIGKILL)
    process.communicate()

    with closing(SqliteStore.open(path, TestClock())) as store:
        assert store.library.check() == []
        (chat,) = store.library.ids(ChatFilter())
        user, *replies = store.load(chat).messages.values()
        assert user.text == "Tell"
        assert [reply.meta.state for reply in replies] == [ReplyState.INTERRUPTED] * 3
        assert {reply.parent_id for reply in replies} == {user.id}
        for reply in replies:
            assert reply.text
            assert "".join(words).startswith(reply.text)
        assert {entry.outcome for entry in store.ledger.entries()} == {"lost"}
