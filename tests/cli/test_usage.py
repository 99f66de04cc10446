"""``chatrepl usage`` and budgets from the command line."""

from __future__ import annotations

import csv
import io
import json
from decimal import Decimal
from pathlib import Path

import pytest

from chatrepl.errors import ExitStatus
from tests.cli.conftest import RunCli
from tests.support.raw_server import RawServer, chat_chunks, stream_answer

USAGE = {"prompt_tokens": 1000, "completion_tokens": 100, "total_tokens": 1100}
PRICED = "[models.test-model]\ninput_usd_per_mtok = 2\noutput_usd_per_mtok = 10\nwindow_tokens = 9000\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "money.toml"
    file.write_text(PRICED)
    return file


def ask(run_cli: RunCli, config: Path, *words: str) -> None:
    done = run_cli("--config", str(config), "-p", *words)
    assert done.returncode == ExitStatus.OK, done.stderr


def test_what_was_asked_is_reported_with_its_cost(run_cli: RunCli, server: RawServer, config: Path) -> None:
    server.answer(stream_answer(chat_chunks(["Hi."], usage=USAGE)))
    ask(run_cli, config, "one")
    ask(run_cli, config, "two")

    done = run_cli("usage", "--by", "model", "--json")

    found = json.loads(done.stdout)
    (row,) = found["rows"]
    assert (row["model"], row["requests"], row["cost_usd"]) == ("test-model", 2, "0.006")
    assert found["total"]["cost_usd"] == "0.006"  # twice 1000 * 2 + 100 * 10 millionths


@pytest.mark.parametrize("by", ["day", "chat", "purpose"])
def test_csv_and_json_say_the_same(run_cli: RunCli, server: RawServer, config: Path, by: str) -> None:
    server.answer(stream_answer(chat_chunks(["Hi."], usage=USAGE)))
    ask(run_cli, config, "one")
    rows = list(csv.DictReader(io.StringIO(run_cli("usage", "--by", by, "--since", "today", "--csv").stdout)))
    found = json.loads(run_cli("usage", "--by", by, "--since", "today", "--json").stdout)
    assert [row[by] for row in rows] == [row[by] for row in found["rows"]]
    assert sum(Decimal(row["cost_usd"]) for row in rows) == Decimal(found["total"]["cost_usd"])


def test_a_library_that_is_not_there_is_not_made(run_cli: RunCli, tmp_path: Path) -> None:
    done = run_cli("usage", "--json")
    assert (done.returncode, json.loads(done.stdout)["rows"]) == (ExitStatus.OK, [])
    assert not list(tmp_path.rglob("chats.db"))


def test_a_range_that_is_none_is_refused(run_cli: RunCli) -> None:
    done = run_cli("usage", "--since", "yesterday")
    assert done.returncode == ExitStatus.USAGE
    assert "must be like 7d" in done.stderr


def test_a_budget_stops_a_single_answer_with_a_status_of_its_own(
    run_cli: RunCli, server: RawServer, config: Path
) -> None:
    config.write_text(PRICED + "[budgets.day]\nlimit_usd = 0.000001\n")
    server.answer(stream_answer(chat_chunks(["Hi."], usage=USAGE)))

    done = run_cli("--config", str(config), "-p", "hello")

    assert done.returncode == ExitStatus.BUDGET
    assert "Not sent: it could take up to" in done.stderr
    assert "--over-budget" in done.stderr
    assert server.posts == []
    over = run_cli("--config", str(config), "--over-budget", "-p", "hello")
    assert (over.returncode, over.stdout) == (ExitStatus.OK, "Hi.\n")
    as_json = run_cli("--config", str(config), "--output", "json", "hello")
    assert "Not sent" in json.loads(as_json.stdout)["error"]["message"]


def test_a_reply_that_passes_the_budget_is_cut_and_kept(
    run_cli: RunCli, server: RawServer, config: Path
) -> None:
    config.write_text(PRICED + "[window]\nreserve_tokens = 16\n[budgets.chat]\nlimit_tokens = 60\n")
    server.answer(stream_answer(chat_chunks(["many words here "] * 200)))

    done = run_cli("--config", str(config), "-p", "hi")

    assert done.returncode == ExitStatus.BUDGET
    assert "stopped after about" in done.stderr
    assert 20 < len(done.stdout) / 4 < 200
    assert server.posts[0].json()["max_tokens"] < 60
    entry = json.loads(run_cli("usage", "--by", "model", "--json").stdout)["rows"][0]
    assert (entry["failed_count"], entry["estimated_count"]) == (1, 1)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[budgets.day]\nlimit_usd = 0\n", "must be a number from 0.000001"),
        ("[budgets.day]\nlimit_usd = -3\n", "must be a number from 0.000001"),
        ("[budgets.mine]\nlimit_usd = 3\n", "does not say what time it is for"),
        ("[budgets.day]\n", None),
        ("[budgets.day]\nper = 'week'\n", "has no limit"),
        ("[budgets.day]\nlimit_usd = 3\nwarn_at = [0.5, 2]\n", "shares of the limit"),
        ("[budgets.day]\nlimit_usd = 3\nprovider = 'opneai'\n", "Did you mean `openai`"),
        ("[models.x]\ninput_usd_per_mtok = -1\n", "0 says that the model is free"),
    ],
)
def test_budgets_and_prices_that_make_no_sense_are_explained(
    run_cli: RunCli, config: Path, text: str, problem: str | None
) -> None:
    config.write_text(text)
    done = run_cli("config", "check", str(config))
    assert done.returncode == (ExitStatus.OK if problem is None else ExitStatus.CONFIG)
    assert problem is None or problem in done.stderr
