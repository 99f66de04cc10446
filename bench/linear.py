"""Measures that what reads whole texts takes no more than twice as long for twice as much."""

from __future__ import annotations

import json
import subprocess

from bench.base import Bench
from bench.result import Finding, Goal

GOAL = 2.2
PLAIN_MS = 210.0
"""For 4.25 MB of text: 20 MB a second."""
NAMES = {
    "hostile": "400 KB of text that would drive the terminal, made harmless",
    "line": "1.6 MB of an event stream in one line, in pieces of 10 bytes",
    "chat": "20 000 messages read from a .json file",
    "guarded": "1.6 MB of text that would hold the guard up, looked through",
}


def linear(bench: Bench) -> list[Finding]:
    """Time texts, and texts of twice their size, in a process of its own."""
    done = subprocess.run(bench.programs.linear_inside, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"timing texts failed:\n{done.stderr}")
    told = json.loads(done.stdout)
    plain, _ = told["plain"]
    return [
        Finding(
            "4.25 MB of plain text looked through for what must be taken out",
            "ms",
            plain,
            goal=Goal(PLAIN_MS),
        ),
        *(
            Finding(words, "ms", told[name][1], {"half of it": told[name][0]}, Goal(GOAL, "half of it"))
            for name, words in NAMES.items()
        ),
    ]
