"""The measurements, a function each, and the table that names them. A new one is a function and a line in ``ROWS``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bench.corpus import SENTINEL, reply
from bench.driver import Driver
from bench.programs import Programs, Server, variables
from bench.result import Goal, Result, beside
from bench.server import LETTER

TYPED_AHEAD = "§"
"""A key that no program shows of itself."""
PROMPT = ">"
"""Both begin their input line so; the blank behind it is not always written."""
REPLY_TOKENS = 10_000


@dataclass(frozen=True)
class Bench:
    """What a measurement works with."""

    programs: Programs
    server: Server
    repeat: int | None = None
    is_quick: bool = False

    def times(self, usual: int, quick: int) -> int:
        """Return how often to measure."""
        return self.repeat or (quick if self.is_quick else usual)


@dataclass(frozen=True)
class Row:
    """A measurement with its name on the command line and its words in the table."""

    name: str
    title: str
    measure: Callable[[Bench], Result]


def start_up(bench: Bench) -> Result:
    """Start both programs in turn, each with a key typed at once, and wait until the program shows the key."""
    both = {"chatrepl": bench.programs.chatrepl, "baseline": bench.programs.bare_prompt}
    echoes: dict[str, list[float]] = {name: [] for name in both}
    paints: dict[str, list[float]] = {name: [] for name in both}
    with variables(bench.server, "echo") as env:
        for number in range(bench.times(25, 5) + 1):
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
    return Result(
        "ms",
        echoes["chatrepl"],
        echoes["baseline"],
        Goal("ratio", 1.25),
        [
            beside("until the key is shown, least / median / most", echoes, "ms"),
            beside("until the first paint", paints, "ms"),
        ],
        {"first_paint_ms": paints},
    )


def first_letter(bench: Bench) -> Result:
    """Press Enter, wait for the first letter of the reply, and take off what the server took."""
    both = {"chatrepl": bench.programs.chatrepl, "baseline": bench.programs.plain_client}
    later: dict[str, list[float]] = {name: [] for name in both}
    firsts: dict[str, list[float]] = {name: [] for name in both}
    for _ in range(bench.times(3, 1)):
        for name, argv in both.items():
            with variables(bench.server, "letter-50") as env, Driver(argv, env) as driver:
                driver.wait_for_text(PROMPT)
                driver.settle(0.5)
                for turn in range(11):
                    driver.type(f"question {turn}")
                    driver.settle(0.4)
                    entered_at = driver.type("\r")
                    shown_at = driver.wait_for_bytes(LETTER.encode())
                    driver.wait_for_bytes(SENTINEL.encode())
                    driver.settle(0.2)
                    beyond_ms = 1000 * (shown_at - entered_at - bench.server.own_time_s())
                    (later if turn else firsts)[name].append(beyond_ms)
                driver.leave()
    return Result(
        "ms",
        later["chatrepl"],
        later["baseline"],
        Goal("figure", 15),
        [
            beside("least / median / most", later, "ms"),
            beside("the first message of a process", firsts, "ms"),
        ],
        {"first_message_ms": firsts},
    )


def reply_cpu(bench: Bench) -> Result:
    """Let a long reply arrive at full speed, and count the processor time from Enter until all is still again."""
    both = {"chatrepl": bench.programs.chatrepl, "baseline": bench.programs.plain_client}
    cpu: dict[str, list[float]] = {name: [] for name in both}
    elapsed: dict[str, list[float]] = {name: [] for name in both}
    written: dict[str, list[float]] = {name: [] for name in both}
    peak: dict[str, list[float]] = {name: [] for name in both}
    text_bytes = len("".join(reply(REPLY_TOKENS)).encode())
    for _ in range(bench.times(5, 1)):
        for name, argv in both.items():
            with variables(bench.server, f"fast-{REPLY_TOKENS}") as env, Driver(argv, env) as driver:
                driver.wait_for_text(PROMPT)
                driver.settle(0.5)
                driver.type("go on")
                driver.settle(0.5)
                cpu_s, bytes_before = driver.cpu_s(), driver.process.received_bytes
                entered_at = driver.type("\r")
                elapsed[name].append(driver.wait_for_bytes(SENTINEL.encode()) - entered_at)
                driver.settle(0.5)
                cpu[name].append(driver.cpu_s() - cpu_s)
                written[name].append((driver.process.received_bytes - bytes_before) / text_bytes)
                peak[name].append(driver.peak_mib())
                driver.leave()
    return Result(
        "s",
        cpu["chatrepl"],
        cpu["baseline"],
        Goal("figure", 1.0),
        [
            beside("least / median / most", cpu, "s"),
            beside("from Enter to the last word", elapsed, "s"),
            beside("bytes to the terminal for one of text", written, ""),
            beside("peak memory", peak, "MiB"),
        ],
        {"elapsed_s": elapsed, "bytes_ratio": written, "peak_mib": peak},
    )


ROWS: tuple[Row, ...] = (
    Row("start", "process start until a key is shown (bare prompt_toolkit prompt)", start_up),
    Row("letter", "Enter until the first letter, less the server's time (plain client)", first_letter),
    Row("reply", f"CPU of a reply of {REPLY_TOKENS} tokens at full speed (plain client)", reply_cpu),
)
