"""What tests ask about other processes."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path


def is_gone(pid: int) -> bool:
    """Whether a process has ended; one that nobody collects counts as gone."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state in {"Z", "X"}


def wait_until(condition: Callable[[], bool], timeout_s: float) -> bool:
    """Whether a condition becomes true in time. For what another process does: there is nothing to wait on."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
