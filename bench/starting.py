"""Measures what a person waits for: the prompt, and the first letter of a reply."""

from __future__ import annotations

from bench.base import PLAIN, PROMPT, Bench
from bench.corpus import SENTINEL
from bench.driver import Driver
from bench.programs import variables
from bench.result import Finding, Goal
from bench.server import LETTER

TYPED_AHEAD = "§"
"""A key that no program shows of itself."""
BARE = "bare prompt"


def start_up(bench: Bench) -> list[Finding]:
    """Start both programs in turn, each with a key typed at once, and wait until the program shows the key."""
    both = {"chatrepl": bench.programs.chatrepl, BARE: bench.programs.bare_prompt}
    echoes: dict[str, list[float]] = {name: [] for name in both}
    paints: dict[str, list[float]] = {name: [] for name in both}
    with variables(bench.server) as env:
        for number in range(bench.times(16, 3) + 1):
            for name, argv in both.items():
                with Driver(argv, env, typed_ahead=TYPED_AHEAD) as driver:
                    painted_at = driver.wait_for_text(PROMPT)
                    echoed_at = driver.wait_for_bytes(TYPED_AHEAD.encode())
                    driver.type("\x7f")
                    driver.settle(0.2)
                    driver.leave()
                if number:  # the first run fills the caches of the disk and makes the database
                    echoes[name].append(1000 * (echoed_at - driver.process.started_at))
                    paints[name].append(1000 * (painted_at - driver.process.started_at))
    return [
        Finding(
            "until a key that was typed at once is shown",
            "ms",
            echoes["chatrepl"],
            {BARE: echoes[BARE]},
            Goal(1.25, over=BARE),
        ),
        Finding("until the first paint", "ms", paints["chatrepl"], {BARE: paints[BARE]}),
    ]


def first_letter(bench: Bench) -> list[Finding]:
    """Press Enter, wait for the first letter of the reply, and take off what the server took."""
    both = {"chatrepl": bench.programs.chatrepl, PLAIN: bench.programs.plain_client}
    later: dict[str, list[float]] = {name: [] for name in both}
    firsts: dict[str, list[float]] = {name: [] for name in both}
    for _ in range(bench.times(2)):
        for name, argv in both.items():
            with bench.started(argv) as driver:
                for turn in range(3 if bench.is_quick else 7):
                    driver.type("letter-50")
                    driver.settle(0.4)
                    entered_at = driver.type("\r")
                    shown_at = driver.wait_for_bytes(LETTER.encode())
                    driver.wait_for_bytes(SENTINEL.encode())
                    driver.settle(0.2)
                    beyond_ms = 1000 * (shown_at - entered_at - bench.server.own_time_s())
                    (later if turn else firsts)[name].append(beyond_ms)
                driver.leave()
    return [
        Finding("later messages", "ms", later["chatrepl"], {PLAIN: later[PLAIN]}, Goal(15)),
        Finding("the first message of a process", "ms", firsts["chatrepl"], {PLAIN: firsts[PLAIN]}),
    ]
