"""Measures what replies of mixed Markdown cost by their length, at full speed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from bench.base import LIVE, PLAIN, WARM_UP, Bench, Cost, cost_of, forget_chat
from bench.result import Finding, Goal, tokens_in_words
from bench.server import script


class Length(NamedTuple):
    """A length of a reply, and how often it is measured."""

    tokens: int
    times: int
    goal: Goal | None = None

    @property
    def said(self) -> str:
        """What asks for it."""
        return f"fast-{self.tokens}"

    @property
    def words(self) -> str:
        """It, in words."""
        return tokens_in_words(self.tokens)


BASE = Length(10_000, 4, Goal(0.6))
SHORT = (Length(200, 2), Length(600, 2), Length(2_000, 2))
"""rich's ``Live`` gets these only, once: the longest of all would take it days."""
MEMORY = Length(40_000, 2, Goal(4.2, BASE.words))
LONG = (BASE, MEMORY, Length(200_000, 1, Goal(21, BASE.words)))


class _Costs:
    """What replies cost each program, by their length."""

    def __init__(self) -> None:
        self._costs: dict[tuple[int, str], list[Cost]] = defaultdict(list)

    def add(self, length: Length, name: str, cost: Cost) -> None:
        self._costs[length.tokens, name].append(cost)

    def cpu_s(self, length: Length, name: str) -> list[float]:
        return [cost.cpu_s for cost in self._costs[length.tokens, name]]

    def elapsed_s(self, length: Length, name: str) -> list[float]:
        return [cost.elapsed_s for cost in self._costs[length.tokens, name]]

    def written(self, length: Length, name: str) -> list[float]:
        """Return the bytes written for one of text."""
        text_bytes = len("".join(script(length.said).fast).encode())
        return [cost.written_bytes / text_bytes for cost in self._costs[length.tokens, name]]


def lengths(bench: Bench) -> list[Finding]:
    """Let replies of several lengths arrive; the short ones also at rich's ``Live``."""
    costs = _Costs()
    short = SHORT[:1] if bench.is_quick else SHORT
    long = LONG[:-1] if bench.is_quick else LONG
    _measure_short(bench, costs, short)
    memory = _Memory()
    for length in long:
        for number in range(bench.times(length.times)):
            _measure_long(bench, costs, length, memory)
            if number % 2 == 0:
                with bench.started(bench.programs.plain_client) as driver:
                    cost_of(driver, WARM_UP)
                    costs.add(length, PLAIN, cost_of(driver, length.said))
    return [
        *(_cpu(costs, length, (PLAIN, LIVE)) for length in short),
        *(_cpu(costs, length, (PLAIN,)) for length in long),
        Finding("CPU of the first reply of a process, 1 000 tokens", "s", memory.first_reply_cpu_s),
        *(_elapsed(costs, length) for length in long),
        _written(costs, short[-1], (PLAIN, LIVE)),
        *(_written(costs, length, (PLAIN,)) for length in long),
        Finding("memory at the prompt", "MiB", memory.at_prompt_mib, goal=Goal(60)),
        Finding(f"memory after a reply of {MEMORY.words}", "MiB", memory.after_mib, goal=Goal(90)),
        Finding("peak of memory until then", "MiB", memory.peak_mib),
    ]


def _measure_short(bench: Bench, costs: _Costs, short: Sequence[Length]) -> None:
    """Measure all short lengths in one process of each program; ``Live`` once."""
    for number in range(bench.times(2)):
        with bench.started(bench.programs.chatrepl) as driver:
            cost_of(driver, WARM_UP)
            for length in short:
                forget_chat(driver)
                costs.add(length, "chatrepl", cost_of(driver, length.said))
        others = ((PLAIN, bench.programs.plain_client), (LIVE, bench.programs.rich_client))
        for name, argv in others[: 2 - bool(number)]:
            with bench.started(argv) as driver:
                cost_of(driver, "fast-100")
                for length in short:
                    costs.add(length, name, cost_of(driver, length.said))


@dataclass
class _Memory:
    """What is seen beside the cost of long replies."""

    first_reply_cpu_s: list[float] = field(default_factory=list)
    at_prompt_mib: list[float] = field(default_factory=list)
    after_mib: list[float] = field(default_factory=list)
    peak_mib: list[float] = field(default_factory=list)


def _measure_long(bench: Bench, costs: _Costs, length: Length, memory: _Memory) -> None:
    with bench.started(bench.programs.chatrepl) as driver:
        memory.at_prompt_mib.append(driver.memory_mib())
        memory.first_reply_cpu_s.append(cost_of(driver, WARM_UP).cpu_s)
        forget_chat(driver)
        costs.add(length, "chatrepl", cost_of(driver, length.said))
        if length is MEMORY:
            memory.after_mib.append(driver.memory_mib())
            memory.peak_mib.append(driver.peak_mib())


def _cpu(costs: _Costs, length: Length, others: Sequence[str]) -> Finding:
    beside = {name: costs.cpu_s(length, name) for name in others}
    if length.goal is not None and length.goal.over:
        beside[BASE.words] = costs.cpu_s(BASE, "chatrepl")
    samples = costs.cpu_s(length, "chatrepl")
    return Finding(f"CPU, {length.words}", "s", samples, beside, length.goal, tokens=length.tokens)


def _elapsed(costs: _Costs, length: Length) -> Finding:
    beside = {PLAIN: costs.elapsed_s(length, PLAIN)}
    return Finding(
        f"Enter to the last word, {length.words}", "s", costs.elapsed_s(length, "chatrepl"), beside
    )


def _written(costs: _Costs, length: Length, others: Sequence[str]) -> Finding:
    beside = {name: costs.written(length, name) for name in others}
    what = f"bytes to the terminal for one of text, {length.words}"
    return Finding(what, "", costs.written(length, "chatrepl"), beside, Goal(6))
