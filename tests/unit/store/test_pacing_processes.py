"""Limits that hold between real processes, also when one of them is killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chatrepl.environment import SystemClock
from chatrepl.pacing import DAY_US, Go, Limit, Pace, Place, Ticket
from chatrepl.store.resilient import open_store

WINDOW_US = 150_000
FIVE = Pace("openai", (Limit("requests", 5, WINDOW_US),))
"""Short, so that the test takes no longer."""
ONE = Pace("openai", (Limit("requests", 1),))

RACE = """
import sys
from pathlib import Path
from chatrepl.cancellation import Cancellation
from chatrepl.context.tokens import TokenCount
from chatrepl.context.window import Limits, Plan
from chatrepl.environment import SystemClock
from chatrepl.exchange import Finished, Request
from chatrepl.pacer import Pacer
from chatrepl.pacing import Limit, Pace
from chatrepl.store.resilient import open_store

clock = SystemClock()
store = open_store(Path(sys.argv[1]), clock)
pacer = Pacer(Pace("openai", (Limit("requests", 5, int(sys.argv[2])),)), store.reservations, clock)
plan = Plan((), (), TokenCount(10, "exact"), Limits(None))

class Client:
    def stream(self, request, cancellation):
        yield Finished("stop")

print("ready", flush=True)
sys.stdin.readline()
for _ in range(4):
    list(pacer.stream(Client(), Request("m", ()), plan, lambda: None, Cancellation()))
print(store.warnings(), flush=True)
store.close()
"""

WAIT = """
import sys
from pathlib import Path
from chatrepl.environment import SystemClock
from chatrepl.pacing import Limit, Pace, Ticket
from chatrepl.store.resilient import open_store

store = open_store(Path(sys.argv[1]), SystemClock())
answer = store.reservations.ask(Ticket("other", Pace("openai", (Limit("requests", 1),)), 10))
print(type(answer).__name__, flush=True)
sys.stdin.readline()
"""

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


def line(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_processes_that_race_for_a_limit_never_exceed_it(start: Start, path: Path) -> None:
    processes = [start(RACE, str(WINDOW_US)) for _ in range(6)]
    for process in processes:
        assert line(process) == "ready"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        assert process.communicate(timeout=60)[0].strip() == "[]"
        assert process.returncode == 0

    store = open_store(path, SystemClock())
    _, sent = store.reservations.sent(FIVE._replace(limits=(Limit("requests", 1, DAY_US),)))
    store.close()
    times = sorted(each.at_us for each in sent)
    assert len(times) == 24
    assert all(sixth - first >= WINDOW_US for first, sixth in zip(times, times[5:], strict=False))


def test_a_process_that_is_killed_while_it_waits_frees_its_place(start: Start, path: Path) -> None:
    store = open_store(path, SystemClock())
    assert isinstance(store.reservations.ask(Ticket("first", ONE, 10)), Go)
    process = start(WAIT)
    assert line(process) == "Place"
    behind = store.reservations.ask(Ticket("mine", ONE, 10))
    assert isinstance(behind, Place)
    assert behind.number == 2

    process.kill()
    process.wait()

    next_one = store.reservations.ask(Ticket("mine", ONE, 10))
    assert isinstance(next_one, Place)
    assert next_one.number == 1
    store.close()


def test_what_a_killed_process_has_sent_still_counts(start: Start, path: Path) -> None:
    """The server counts it too, and nobody can tell any more what it used."""
    process = start(WAIT)
    assert line(process) == "Go"
    process.kill()
    process.wait()
    store = open_store(path, SystemClock())

    assert isinstance(store.reservations.ask(Ticket("mine", ONE, 10)), Place)

    store.close()
