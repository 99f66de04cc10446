"""The ledger and budgets between real processes, also when one of them is killed."""

from __future__ import annotations

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from chatrepl.environment import SystemClock
from chatrepl.ledger import Query
from chatrepl.store.resilient import open_store

BOOKS = """
import sys
from decimal import Decimal
from pathlib import Path
from chatrepl.bookkeeper import Asked, Bookkeeper
from chatrepl.budget import Budget
from chatrepl.environment import SystemClock
from chatrepl.errors import BudgetExceededError
from chatrepl.messages import Usage
from chatrepl.pricing import Price
from chatrepl.store.resilient import open_store

clock = SystemClock()
store = open_store(Path(sys.argv[1]), clock)
limit = Decimal(sys.argv[2])
books = Bookkeeper([Budget("day", "day", limit)], store.ledger, clock, provider="openai")
asked = Asked("gpt", "chat", "turn", 100, 100, Price(Decimal(1), Decimal(10)))  # at worst 0.0011, in fact 0.0006
print("ready", flush=True)
sys.stdin.readline()
"""

RACE = (
    BOOKS
    + """
for number in range(6):
    try:
        opened = books.begin(asked, has_consent=sys.argv[3] == "yes" and number == 0)
    except BudgetExceededError:
        print("stopped", flush=True)
        continue
    print("sent", flush=True)
    opened.close(Usage(100, 50, 150), "complete")
print(store.warnings(), flush=True)
store.close()
"""
)

STREAM = (
    BOOKS
    + """
import time
while True:
    opened = books.begin(asked)
    print("began", opened._opening.id, flush=True)
    for tokens in range(0, 100, 10):
        opened._noted_at_s = float("-inf")
        opened.running(tokens)
    opened.close(Usage(100, 50, 150), "complete")
    print("closed", opened._opening.id, flush=True)
"""
)

HANG = (
    BOOKS
    + """
opened = books.begin(asked)
opened._noted_at_s = float("-inf")
opened.running(40)
print("noted", flush=True)
sys.stdin.readline()
"""
)

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", code, str(path), *arguments]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def go(*processes: subprocess.Popen[str]) -> None:
    """Let processes that are ready begin at the same moment."""
    for process in processes:
        assert line_of(process) == "ready"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()


@pytest.mark.parametrize("consents", [0, 1], ids=["nobody confirms", "one of them confirms once"])
def test_processes_that_race_for_the_last_cents_never_pass_the_limit(
    start: Start, path: Path, consents: int
) -> None:
    limit, worst = Decimal("0.0066"), Decimal("0.0011")
    racing = [start(RACE, str(limit), "yes" if number < consents else "no") for number in range(10)]
    go(*racing)
    lines = [line for process in racing for line in process.communicate(timeout=60)[0].split("\n")]

    assert lines.count("()") + lines.count("[]") == 10, lines  # nobody had anything to warn of
    store = open_store(path, SystemClock())
    spent = store.ledger.spent([Query()])[0]
    entries = [*store.ledger.entries()]
    store.close()
    assert spent.cost_usd <= limit + consents * worst
    assert spent.cost_usd > limit - worst  # and all that could be spent was
    assert len(entries) == lines.count("sent")
    assert spent.cost_usd == sum((entry.cost_usd or Decimal(0) for entry in entries), Decimal(0))
    assert lines.count("stopped") == 60 - lines.count("sent")


def test_what_a_killed_process_had_under_way_counts_as_far_as_it_was_noted(start: Start, path: Path) -> None:
    process = start(HANG, "5")
    go(process)
    assert line_of(process) == "noted"
    store = open_store(path, SystemClock())
    assert store.ledger.spent([Query()])[0].cost_usd == Decimal("0.0011")  # the worst case, while it lives

    process.send_signal(signal.SIGKILL)
    process.wait()

    assert store.ledger.spent([Query()])[0].cost_usd == Decimal("0.0005")  # 100 in and the 40 that were noted
    (entry,) = store.ledger.entries()
    assert (entry.outcome, entry.usage.is_estimated, entry.cost_kind) == ("lost", True, "estimated")
    store.close()


def test_nothing_that_was_acknowledged_is_lost_however_processes_are_killed(start: Start, path: Path) -> None:
    chance = random.Random(4711)
    closed: set[str] = set()
    began: set[str] = set()
    for _ in range(12):
        process = start(STREAM, "1000")
        go(process)
        time.sleep(chance.uniform(0.0, 0.15))  # a moment that nobody chose
        process.send_signal(signal.SIGKILL)
        told = [line.split() for line in process.communicate()[0].splitlines() if line.count(" ") == 1]
        closed |= {id for word, id in told if word == "closed" and len(id) == 32}
        began |= {id for word, id in told if word == "began" and len(id) == 32}

    store = open_store(path, SystemClock())
    spent = store.ledger.spent([Query()])[0]
    entries = {entry.id: entry for entry in store.ledger.entries()}
    store.close()
    assert not store.warnings()
    assert began <= set(entries)
    assert all(entries[id].outcome == "complete" for id in closed)
    assert {entry.outcome for entry in entries.values()} <= {"complete", "lost"}
    assert spent.cost_usd == sum((entry.cost_usd or Decimal(0) for entry in entries.values()), Decimal(0))
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


def test_several_processes_write_at_once_and_nothing_is_lost(start: Start, path: Path) -> None:
    writers = [start(RACE, "1000", "no") for _ in range(4)]
    go(*writers)
    lines = [line for process in writers for line in process.communicate(timeout=60)[0].split("\n")]
    store = open_store(path, SystemClock())
    assert len([*store.ledger.entries()]) == lines.count("sent") == 24
    assert store.ledger.spent([Query()])[0].cost_usd == 24 * Decimal("0.0006")
    store.close()
