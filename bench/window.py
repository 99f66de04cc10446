"""Measures a chat of 10 000 messages: planning, sending, and typing while it is open."""

from __future__ import annotations

import json
import subprocess
from itertools import islice

from bench.base import PROMPT, Bench
from bench.driver import Driver
from bench.keys import time_echoes
from bench.living import random_gaps
from bench.programs import variables
from bench.result import Finding, Goal
from bench.starting import BARE

MESSAGES = 10_000


def long_chat(bench: Bench) -> list[Finding]:
    """Plan and send turns of a long chat from inside, then open it in the whole program and type."""
    count = MESSAGES // 10 if bench.is_quick else MESSAGES
    keys = 25 if bench.is_quick else 90
    typed: list[float] = []
    without: list[float] = []
    with variables(bench.server) as env:
        done = subprocess.run(
            [*bench.programs.window_inside, env["XDG_DATA_HOME"], str(count)],
            capture_output=True,
            text=True,
            check=False,
            env=env,
        )
        if done.returncode:
            raise SystemExit(f"timing the window failed:\n{done.stderr}")
        told = json.loads(done.stdout)
        with Driver((*bench.programs.chatrepl, "-c"), env) as driver:
            driver.wait_for_text(PROMPT)
            driver.settle(3.0)
            typed += time_echoes(driver, islice(random_gaps(1), keys), lambda: False)
    with bench.started(bench.programs.bare_prompt) as driver:
        without += time_echoes(driver, islice(random_gaps(1), keys), lambda: False)
    return [
        Finding(f"planning a request of {count:,} messages", "ms", told["planned_ms"], goal=Goal(5)),
        Finding("from a message to its request", "ms", told["sent_ms"], goal=Goal(30)),
        Finding(
            "95 in a hundred keys are shown within", "ms", typed, {BARE: without}, Goal(20), statistic="p95"
        ),
        Finding("of a request is not at the beginning of the one before", "%", [100 - told["same_percent"]]),
    ]
