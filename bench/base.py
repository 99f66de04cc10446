"""What all measurements work with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from bench.corpus import SENTINEL
from bench.driver import Driver
from bench.programs import Programs, Server, variables
from bench.result import Finding

PROMPT = ">"
"""All programs begin their input line so; the blank behind it is not always written."""
PLAIN = "plain printing"
LIVE = "rich Live"
WARM_UP = "fast-1000"
"""The first reply of a process, which loads what replies need, is not measured; it has every kind of block."""
LONGEST_S = 300.0
"""How long a reply may take."""


@dataclass(frozen=True)
class Bench:
    """What a measurement works with."""

    programs: Programs
    server: Server
    repeat: int | None = None
    is_quick: bool = False

    def times(self, usual: int, quick: int = 1) -> int:
        """Return how often to measure."""
        return self.repeat or (quick if self.is_quick else usual)

    @contextmanager
    def started(self, argv: Sequence[str], line_bytes_per_s: int = 0) -> Iterator[Driver]:
        """Start a program, and give it when it is at rest at its prompt."""
        with variables(self.server) as env, Driver(argv, env) as driver:
            driver.wait_for_text(PROMPT)
            driver.settle(0.4)
            driver.process.bytes_per_s = line_bytes_per_s
            yield driver


@dataclass(frozen=True)
class Row:
    """A measurement with its name on the command line and its words in the tables."""

    name: str
    title: str
    about: str
    """What is done, and what stands beside the figures; Markdown."""
    measure: Callable[[Bench], list[Finding]]


@dataclass(frozen=True)
class Cost:
    """What one reply took."""

    cpu_s: float
    """Processor time, user and system, of all threads, from Enter until all was still."""
    elapsed_s: float
    """From Enter to the last word."""
    written_bytes: int


def cost_of(driver: Driver, said: str) -> Cost:
    """Ask for a reply, and measure until all is still after it."""
    driver.type(said)
    driver.settle(0.4)
    cpu_s, written = driver.cpu_s(), driver.process.received_bytes
    entered_at = driver.type("\r")
    ended_at = driver.wait_for_bytes(SENTINEL.encode(), LONGEST_S)
    driver.settle(0.4)
    return Cost(driver.cpu_s() - cpu_s, ended_at - entered_at, driver.process.received_bytes - written)


def forget_chat(driver: Driver) -> None:
    """Begin a new chat in chatrepl, so that no request carries the replies before."""
    driver.type("/new ")  # the blank ends the completion of the command's name
    driver.settle(0.2)
    driver.type("\r")
    driver.settle(0.3)
