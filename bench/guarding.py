"""Measures the guard: how long a message of 100 KB waits for being looked through."""

from __future__ import annotations

import json
import subprocess

from bench.base import Bench
from bench.result import Finding, Goal

GOAL_MS = 30


def guarding(bench: Bench) -> list[Finding]:
    """Look through texts of some kinds from inside, and mask what is in them."""
    rounds = bench.times(usual=15, quick=3)
    done = subprocess.run(
        [*bench.programs.guard_inside, str(rounds)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"timing the guard failed:\n{done.stderr}")
    told = json.loads(done.stdout)
    return [
        Finding(
            f"100 KB of {name}",
            "ms",
            times["secrets"],
            {"with personal data": times["personal"]},
            Goal(GOAL_MS),
        )
        for name, times in told.items()
    ]
