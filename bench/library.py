"""Measures a library of 100 000 and of a million messages: bringing them in, finding them, handing them out."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench.base import PROMPT, Bench
from bench.driver import Driver
from bench.programs import variables
from bench.result import Finding, Goal
from bench.starting import TYPED_AHEAD

LARGE, HUGE = 100_000, 1_000_000
LONG_CHAT = 10_000
FRESH = "start without a chat"
ROUNDS = 12


def library(bench: Bench) -> list[Finding]:
    """Import a data export, look for things in it, write it out again, and open a long chat."""
    share = 20 if bench.is_quick else 1
    return [
        *_sized(bench, LARGE // share, Goal(50), Goal(50)),
        *_resume(bench),
        *_sized(bench, HUGE // share, Goal(150), None),
    ]


def _sized(bench: Bench, count: int, search: Goal, page: Goal | None) -> list[Finding]:
    with variables(bench.server) as env, TemporaryDirectory() as name:
        file, out = Path(name) / "conversations.json", Path(name) / "out.jsonl"
        _run(env, *bench.programs.library_inside, "make", str(file), str(count))
        began = time.monotonic()
        _run(env, *bench.programs.chatrepl, "import", str(file))
        took_s = time.monotonic() - began
        file.unlink()
        found: dict[str, Any] = json.loads(
            _run(env, *bench.programs.library_inside, "look", env["XDG_DATA_HOME"])
        )
        peak_mib = _peak_mib(env, *bench.programs.chatrepl, "export", "--all", "-f", "jsonl", "-o", str(out))
    size = f"{count:,}".replace(",", " ")
    return [
        Finding(f"importing, for 20 000 of {size} messages", "s", [took_s * 20_000 / count], goal=Goal(1)),
        Finding(f"a search of {size} messages", "ms", found["search_ms"], goal=search),
        Finding(f"the longest in 95 of a hundred of them, {size}", "ms", found["search_ms"], statistic="p95"),
        Finding(f"a page of the list of chats, {size}", "ms", found["page_ms"], goal=page),
        Finding(f"a message until it is durable, {size}", "ms", found["append_ms"], goal=Goal(5)),
        Finding(f"bytes on disk for one of text, {size}", "", [found["size_ratio"]], goal=Goal(2.5)),
        Finding(f"memory of an export, {size}", "MiB", [peak_mib], goal=Goal(100)),
    ]


def _resume(bench: Bench) -> list[Finding]:
    """Start with a long chat and without one in turn, each with a key typed at once, until the key is shown."""
    count = LONG_CHAT // 10 if bench.is_quick else LONG_CHAT
    beyond: list[float] = []
    with variables(bench.server) as env:
        _run(env, *bench.programs.window_inside, env["XDG_DATA_HOME"], str(count))
        for number in range(bench.times(ROUNDS, 3) + 1):
            shown = {}
            for options in ((), ("-c",)):
                with Driver((*bench.programs.chatrepl, *options), env, typed_ahead=TYPED_AHEAD) as driver:
                    driver.wait_for_text(PROMPT)
                    echoed_at = driver.wait_for_bytes(TYPED_AHEAD.encode())
                    driver.type("\x7f")
                    driver.settle(0.3)
                    driver.leave()
                    shown[options] = 1000 * (echoed_at - driver.process.started_at)
            if number:
                beyond.append(shown["-c",] - shown[()])
    return [
        Finding(
            f"opening a chat of {count:,} messages, beyond a start without one", "ms", beyond, goal=Goal(50)
        )
    ]


def _run(env: Mapping[str, str], *command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=dict(env))
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr}{done.stdout}")
    return done.stdout


def _peak_mib(env: Mapping[str, str], *command: str) -> float:
    process = subprocess.Popen(command, env=dict(env), stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed")
    return usage.ru_maxrss / 1024
