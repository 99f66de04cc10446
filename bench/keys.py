"""Types keys while a program is busy, and finds out when each of them is shown."""

from __future__ import annotations

import re
import time
from collections import deque
from collections.abc import Callable, Iterable
from itertools import cycle

from bench.driver import Driver

ALPHABET = "".join(map(chr, [*range(0x561, 0x587), *range(0x10D0, 0x10F1)]))
"""Armenian and Georgian letters: one column wide, in no reply, shown by no program of itself."""
_KEY = re.compile(rb"\xd5[\xa1-\xbf]|\xd6[\x80-\x86]|\xe1\x83[\x90-\xb0]")
ERASE = "\x7f"
WORD_LETTERS = 7
LOST_S = 30.0


class Echoes:
    """Tells keys that were typed from those of their echoes that have come.

    A letter comes again only after all the others, when it has long been erased: what is drawn late of an older one
    cannot be taken for the newest. A program that takes several keys at once draws them all with the last.
    """

    def __init__(self) -> None:
        self._letters = cycle(ALPHABET)
        self._waiting: deque[tuple[bytes, float]] = deque()
        self._end = b""
        self.delays_s: list[float] = []
        """From key to echo, in the order of the keys."""

    @property
    def are_missing(self) -> bool:
        """Whether a key waits for its echo."""
        return bool(self._waiting)

    def next_key(self) -> str:
        """Return what to type next."""
        return next(self._letters)

    def typed(self, key: str, at_s: float) -> None:
        """Take note of a key."""
        self._waiting.append((key.encode(), at_s))

    def wrote(self, data: bytes, at_s: float) -> None:
        """Search what was written for echoes."""
        text = self._end + data
        shown = set(_KEY.findall(text))
        self._end = text[-2:]  # a letter that was cut has at most two bytes here
        newest = max((n for n, (key, _) in enumerate(self._waiting) if key in shown), default=-1)
        for _ in range(newest + 1):
            self.delays_s.append(at_s - self._waiting.popleft()[1])


def time_echoes(driver: Driver, gaps_s: Iterable[float], is_over: Callable[[], bool]) -> list[float]:
    """Type keys at times that do not wait for their echoes, and return how long each took to be shown, in ms.

    The line must be empty, and is left empty. Letters are typed as words, and each word is erased when all of it was
    shown, at a moment of its own.

    Raises:
        SystemExit: where an echo does not come.
    """
    echoes = Echoes()
    driver.on_output = lambda data: echoes.wrote(data, time.monotonic())
    due_at = time.monotonic()
    in_line = 0
    for gap_s in gaps_s:
        driver.read_until(due_at)
        due_at += gap_s
        if is_over():
            break
        if in_line >= WORD_LETTERS and not echoes.are_missing:
            driver.press(ERASE * in_line)
            in_line = 0
            continue
        key = echoes.next_key()
        echoes.typed(key, time.monotonic())
        driver.press(key)
        in_line += 1
    deadline = time.monotonic() + LOST_S
    while echoes.are_missing:
        driver.read_for(0.05)
        if time.monotonic() > deadline:
            raise SystemExit(f"a key was not shown within {LOST_S:.0f} s")
    driver.on_output = lambda _: None
    driver.press(ERASE * in_line)
    return [1000 * delay_s for delay_s in echoes.delays_s]
