"""Measures how live the program stays while a reply arrives: what it takes of a core, keys, stopping, slow lines."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from itertools import islice

from bench.base import LIVE, PLAIN, Bench
from bench.corpus import SLOWER
from bench.driver import Driver
from bench.keys import time_echoes
from bench.result import Finding, Goal
from bench.server import MODEL
from bench.starting import BARE

RATE = 100
CALM_S = 2.0
"""From the first slow token until what came before it is drawn."""
SLICE_S = 3.0
LONG_TOKENS = 40_000
KEY_RATE = 200
COMPARED = 4
SLOW_LINE_BYTES_PER_S = 10_000
STOP_RATE = 3000
"""Tokens a second that are more than a slow line takes, and never stop by themselves."""
STOP_KEYS = 30
CLOSED_S = 10.0


def steady(bench: Bench) -> list[Finding]:
    """Take the share of a core at 100 tokens a second, of a reply that begins and of one that is long."""
    few, many = (1, 1) if bench.is_quick else (2, 9)
    tokens = int(RATE * (many * SLICE_S + 10))
    begins, is_long = f"rate-{RATE}-{tokens}", f"grow-{LONG_TOKENS}-{RATE}-{tokens}"
    programs = bench.programs
    beginning = _shares(bench, programs.chatrepl, begins, few)
    beside = {
        PLAIN: _shares(bench, programs.plain_client, begins, few),
        LIVE: _shares(bench, programs.rich_client, begins, few),
    }
    long = _shares(bench, programs.chatrepl, is_long, many)
    compared = {"when it begins": beginning}
    return [
        Finding("share of a core, when a reply begins", "%", beginning, beside, Goal(6)),
        Finding("share of a core, after 40 000 tokens", "%", long, compared, Goal(6)),
    ]


def _shares(bench: Bench, argv: tuple[str, ...], said: str, slices: int) -> list[float]:
    """Return the share of a core, in percent, for each slice of time after the first slow token."""
    with bench.started(argv) as driver:
        _ask(driver, said)
        if said.startswith("grow"):
            driver.wait_for_bytes(SLOWER.encode())
        driver.read_until(time.monotonic() + CALM_S)
        shares = []
        for _ in range(slices):
            cpu_s, began = driver.cpu_s(), time.monotonic()
            driver.read_until(began + SLICE_S)
            shares.append(100 * (driver.cpu_s() - cpu_s) / (time.monotonic() - began))
        return shares


def comparing(bench: Bench) -> list[Finding]:
    """Take the share of a core while four replies arrive at once, each at 200 tokens a second, in columns."""
    slices = 1 if bench.is_quick else 4
    said = f"rate-{KEY_RATE}-{int(KEY_RATE * (slices * SLICE_S + 10))}"
    chatrepl = bench.programs.chatrepl
    four = _shares(bench, chatrepl, f"/compare {' '.join([MODEL] * COMPARED)} -- {said}", slices)
    beside = {"one of them alone": _shares(bench, chatrepl, said, slices)}
    return [Finding("share of a core, four replies at once", "%", four, beside, Goal(15))]


def _ask(driver: Driver, said: str) -> float:
    """Ask for a reply, and return when Enter was pressed."""
    driver.type(said)
    driver.settle(0.4)
    return driver.type("\r")


def key_echo(bench: Bench) -> list[Finding]:
    """Type at random moments while a reply arrives at 200 tokens a second, and where nothing happens."""
    keys = 25 if bench.is_quick else 90
    chatrepl, bare = bench.programs.chatrepl, bench.programs.bare_prompt
    busy: list[float] = []
    idle: list[float] = []
    without: list[float] = []
    for number in range(bench.times(2)):
        with bench.started(chatrepl) as driver:
            idle += time_echoes(driver, islice(random_gaps(number), keys // 2), lambda: False)
            driver.settle(0.5)
            _ask(driver, f"rate-{KEY_RATE}-{int(KEY_RATE * keys * 0.2)}")
            driver.read_until(time.monotonic() + 1.0)
            busy += time_echoes(driver, islice(random_gaps(number), keys), lambda: False)
        with bench.started(bare) as driver:
            without += time_echoes(driver, islice(random_gaps(number), keys // 2), lambda: False)
    beside = {"nothing arrives": idle, BARE: without}
    return [
        Finding("95 in a hundred keys are shown within", "ms", busy, beside, Goal(20), statistic="p95"),
        Finding("half of the keys are shown within", "ms", busy, beside),
    ]


def random_gaps(seed: int) -> Iterator[float]:
    """Return random times between keys, of 0.11 s in the mean."""
    chance = random.Random(seed)
    while True:
        yield chance.uniform(0.02, 0.2)


def stopping(bench: Bench) -> list[Finding]:
    """Stop a reply that arrives faster than a slow line takes it, at a fast line and at a slow one."""
    found = []
    for words, bytes_per_s in (("fast line", 0), ("line of 10 KB/s", SLOW_LINE_BYTES_PER_S)):
        keys: list[float] = []
        hung_up: list[float] = []
        for number in range(bench.times(3)):
            with bench.started(bench.programs.chatrepl, bytes_per_s) as driver:
                asked_at = _ask(driver, f"rate-{STOP_RATE}-{60 * STOP_RATE}")
                while bench.server.timing()["first_at"] < asked_at:
                    driver.read_for(0.05)
                driver.read_until(time.monotonic() + 1)
                keys += time_echoes(
                    driver,
                    islice(random_gaps(number), STOP_KEYS // (2 if bench.is_quick else 1)),
                    lambda: False,
                )
                hung_up.append(_until_hung_up(bench, driver))
        goal = None if bytes_per_s else Goal(100)
        found += [
            Finding(f"{words}: Esc until the server sees the connection closed", "ms", hung_up, goal=goal),
            Finding(f"{words}: 95 in a hundred keys are shown within", "ms", keys, statistic="p95"),
        ]
    return found


def _until_hung_up(bench: Bench, driver: Driver) -> float:
    """Press Esc and return the milliseconds until the client hangs up."""
    driver.read_until(time.monotonic() + 0.2)
    pressed_at = driver.type("\x1b")
    while (closed_at := bench.server.timing()["closed_at"]) == 0:
        driver.read_for(0.01)
        if time.monotonic() > pressed_at + CLOSED_S:
            raise SystemExit(f"the reply was not stopped within {CLOSED_S:.0f} s after Esc")
    return 1000 * (closed_at - pressed_at)
