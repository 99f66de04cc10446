"""Measures the menu of paths after ``@``, in a repository of 100 000 files."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

from bench.base import PROMPT, Bench
from bench.driver import Driver
from bench.keys import time_echoes
from bench.living import random_gaps
from bench.programs import variables
from bench.result import Finding, Goal
from bench.starting import BARE

FILES = 100_000
FILES_IN_DIRECTORY = 100
ERASE_ALL = "\x15"


def paths(bench: Bench) -> list[Finding]:
    """Type an ``@`` and some letters at once, then more letters, and type on while files are looked for."""
    keys = 25 if bench.is_quick else 90
    first: list[float] = []
    later: list[float] = []
    typed: list[float] = []
    without: list[float] = []
    with repository(FILES // 10 if bench.is_quick else FILES) as directory:
        argv = ("env", "-C", str(directory), *bench.programs.chatrepl)
        for _ in range(bench.times(5)):
            with variables(bench.server) as env, Driver(argv, env) as driver:
                driver.wait_for_text(PROMPT)
                driver.settle(1.0)
                first.append(_until_shown(driver, "@han"))
                driver.settle(3.0)
                later.append(_until_shown(driver, "dler_97"))
                driver.press(ERASE_ALL)
                driver.settle(0.5)
        with variables(bench.server) as env, Driver(argv, env) as driver:
            driver.wait_for_text(PROMPT)
            driver.settle(1.0)
            driver.press("@")
            typed += time_echoes(driver, islice(random_gaps(2), keys), lambda: False)
    with bench.started(bench.programs.bare_prompt) as driver:
        without += time_echoes(driver, islice(random_gaps(1), keys), lambda: False)
    return [
        Finding("from the first letters after @ to the first suggestions", "ms", first, goal=Goal(100)),
        Finding("from more letters to their suggestions", "ms", later, goal=Goal(100)),
        Finding(
            "95 in a hundred keys are shown within", "ms", typed, {BARE: without}, Goal(20), statistic="p95"
        ),
    ]


def _until_shown(driver: Driver, typed: str) -> float:
    """Type something and return the milliseconds until the end of a name is shown."""
    at = driver.type(typed)
    return 1000 * (driver.wait_for_bytes(b".py") - at)


@contextmanager
def repository(count: int) -> Iterator[Path]:
    """Make a repository with so many files."""
    with tempfile.TemporaryDirectory(prefix="chatrepl-bench-") as name:
        top = Path(name)
        for number in range(count // FILES_IN_DIRECTORY):
            directory = top / f"package_{number % 31}" / f"part_{number}"
            directory.mkdir(parents=True)
            for inner in range(FILES_IN_DIRECTORY):
                (directory / f"module_handler_{number}_{inner}.py").touch()
        for arguments in (("init", "-q"), ("add", "-A")):
            subprocess.run(["git", *arguments], cwd=top, check=True, capture_output=True)
        yield top
