"""Measures replies that are one block: what twice as much costs, and the longest that a key waits meanwhile."""

from __future__ import annotations

import json
import subprocess
from collections import defaultdict
from itertools import repeat
from typing import NamedTuple

from bench.base import PLAIN, WARM_UP, Bench, cost_of, forget_chat
from bench.corpus import SENTINEL
from bench.driver import Driver
from bench.keys import time_echoes
from bench.result import Finding, Goal
from bench.server import script

GAP_S = 0.02


class Shape(NamedTuple):
    """A reply that is one block."""

    words: str
    kind: str
    size: int

    def named(self, times: int) -> str:
        """Name it, so many times as long."""
        return self.words.format(f"{times * self.size:_}".replace("_", " "))

    def said(self, times: int) -> str:
        """What asks for it."""
        return f"{self.kind}-{times * self.size}"


SHAPES = (
    Shape("code block of {} lines", "fence", 2000),
    Shape("list of {} items", "list", 1000),
    Shape("table of {} rows", "table", 500),
    Shape("paragraph of {} kB", "paragraph", 50),
)

Samples = defaultdict[str, list[float]]
"""By what was asked for."""


def shapes(bench: Bench) -> list[Finding]:
    """Let one block arrive, and one of twice its size; then type all the while, and time the renderer from inside."""
    chosen = SHAPES[:1] if bench.is_quick else SHAPES
    cpu_s: Samples = defaultdict(list)
    plain_s: Samples = defaultdict(list)
    echo_ms: Samples = defaultdict(list)
    frame_ms: Samples = defaultdict(list)
    for number in range(bench.times(2)):
        with bench.started(bench.programs.chatrepl) as driver:
            cost_of(driver, WARM_UP)
            for shape in chosen:
                once, twice = shape.said(1), shape.said(2)
                for said in (once, twice)[:: -1 if number % 2 else 1]:
                    forget_chat(driver)
                    cpu_s[said].append(cost_of(driver, said).cpu_s)
                forget_chat(driver)
                echo_ms[twice].append(_longest_echo(driver, twice))
                frame_ms[twice].append(_longest_frame(bench, twice))
    with bench.started(bench.programs.plain_client) as driver:
        cost_of(driver, WARM_UP)
        for said in (shape.said(times) for shape in chosen for times in (1, 2)):
            plain_s[said].append(cost_of(driver, said).cpu_s)
    return [finding for shape in chosen for finding in _findings(shape, cpu_s, plain_s, echo_ms, frame_ms)]


def _findings(
    shape: Shape, cpu_s: Samples, plain_s: Samples, echo_ms: Samples, frame_ms: Samples
) -> list[Finding]:
    said, once = shape.said(2), cpu_s[shape.said(1)]
    beside = {"half of it": once, PLAIN: plain_s[said]}
    return [
        Finding(f"{shape.named(1)}: CPU", "s", once, {PLAIN: plain_s[shape.said(1)]}),
        Finding(f"{shape.named(2)}: CPU", "s", cpu_s[said], beside, Goal(2.2, "half of it")),
        Finding(f"{shape.named(2)}: the longest that a key waits", "ms", echo_ms[said], goal=Goal(50)),
        Finding(f"{shape.named(2)}: the longest work on 4 KB", "ms", frame_ms[said], goal=Goal(50)),
    ]


def _longest_echo(driver: Driver, said: str) -> float:
    """Type while a reply arrives at full speed. What stalls the program holds up a key."""
    driver.type(said)
    driver.settle(0.4)
    driver.type("\r")
    sentinel = SENTINEL.encode()
    longest_ms = max(time_echoes(driver, repeat(GAP_S), lambda: driver.has_written(sentinel)))
    driver.settle(0.5)
    return longest_ms


def _longest_frame(bench: Bench, said: str) -> float:
    """Return the longest time that the renderer alone took for 4 KB of a reply."""
    text = "".join(script(said).fast)
    done = subprocess.run(bench.programs.frames, input=text, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"timing the renderer failed:\n{done.stderr}")
    return float(json.loads(done.stdout)["longest_ms"])
