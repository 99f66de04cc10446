"""Measures the client alone: what a streamed event costs it, and what the second turn saves."""

from __future__ import annotations

import json
import subprocess

from bench.base import Bench
from bench.result import Finding, Goal

EVENTS = 20_000


def exchanging(bench: Bench) -> list[Finding]:
    """Stream a reply through the client and past it; ask a server twice that lets connections wait."""
    events = EVENTS // 10 if bench.is_quick else EVENTS
    done = subprocess.run(
        [*bench.programs.requests_inside, bench.server.base_url, str(events)],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"timing the client failed:\n{done.stderr}")
    told = json.loads(done.stdout)
    beyond = [through - bare for through, bare in zip(told["through_us"], told["bare_us"], strict=True)]
    return [
        Finding(
            "client, CPU of an event beyond a bare loop",
            "us",
            beyond,
            {"bare loop over raw.read1": told["bare_us"]},
            Goal(12),
        ),
        Finding(
            "second turn: until its first event",
            "ms",
            told["second_ms"],
            {"first turn": told["first_ms"]},
            Goal(0.2, "first turn"),
        ),
    ]
