"""Writes to the terminal from a thread of its own, so that a slow line holds up no key, and knows what the line takes.

The terminal is shared with the shell that started the program, so it is never made non-blocking. A line that was found to
be slow is not filled up again: what lies in its buffers comes before the echo of the next key.
"""

from __future__ import annotations

import os
import select
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable

PIECE_BYTES = 1024
"""As much is written at once to a slow line, so that it is noticed where it stops taking."""
WHOLE_BYTES = 65_536
"""As much is written at once to a quick line: no terminal shows half a frame."""
WAIT_S = 0.1
"""A write that takes longer had to wait for the line, and not only for its turn among the threads."""
QUICK_BYTES_PER_S = 256 * 1024
"""A line that takes more is as good as one that takes everything."""
FRAME_S = 0.25
"""What the line takes in this time is written before something newer can be shown."""
LEAST_FRAME_BYTES = 1024
CAREFUL_FRAME_BYTES = 4096
"""So much is written at once to a line that had to be waited for, until it is known what it takes."""
TRUSTED_BYTES = 128 * 1024
"""A line that had to be waited for once, and then took so much without a wait, is quick."""
DIRECT_BYTES = 2048
"""So much is written without a thread: the first prompt does not wait for one to start."""
GIVE_UP_S = 5.0
"""At the end, a terminal that takes nothing for so long is left."""
FORGET_S = 300.0
"""A line may have become faster: what it took is found out anew after this time."""
LEVEL_SHARE = 0.2
"""Of a frame: as much may still lie in the buffers of a slow line when the next one is drawn."""


def level_after(writes: Iterable[tuple[float, int]], bytes_per_s: float, now: float) -> float:
    """Return how many bytes still lie in the buffers of a line, from the times and sizes of what was written."""
    level, last = 0.0, now
    for at, size in writes:
        level = max(0.0, level - bytes_per_s * (at - last)) + size if level else float(size)
        last = at
    return max(0.0, level - bytes_per_s * (now - last))


class TerminalLine:
    """The way to a terminal.

    Args:
        descriptor: The terminal's file descriptor.
        on_closed: Called from the thread when the terminal is gone.
    """

    def __init__(self, descriptor: int, on_closed: Callable[[], None] = lambda: None) -> None:
        self._descriptor = descriptor
        self.on_closed = on_closed
        self._changed = threading.Condition()
        self._queue: deque[bytes] = deque()
        self._pending_bytes = 0
        self._direct_bytes = DIRECT_BYTES
        self._thread: threading.Thread | None = None
        self._on_free: list[Callable[[], None]] = []
        self._free_at = 0.0
        self._measure = LineMeasure()
        self._is_finished = False
        self.is_closed = False
        """Whether the terminal is gone."""

    @property
    def is_behind(self) -> bool:
        """Whether the line has not yet taken what was written."""
        return self._pending_bytes > 0 or (self._free_at > 0 and time.monotonic() < self._free_at)

    @property
    def frame_bytes(self) -> int | None:
        """How much may be written at once, so that keys are still echoed soon. None: the line is quick."""
        rate = self._measure.bytes_per_s
        if rate is None:
            return CAREFUL_FRAME_BYTES if self._measure.is_suspect else None
        return max(LEAST_FRAME_BYTES, int(rate * FRAME_S))

    def write(self, data: bytes) -> None:
        """Hand over what is to be written; returns at once."""
        if self.is_closed or not data:
            return
        if self._is_finished or (self._thread is None and len(data) <= self._direct_bytes):
            self._direct_bytes -= len(data)
            self._send(data, is_queued=False)
            return
        with self._changed:
            self._queue.append(data)
            self._pending_bytes += len(data)
            self._changed.notify_all()
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="chatrepl-terminal", daemon=True)
            self._thread.start()

    def call_when_free(self, callback: Callable[[], None]) -> bool:
        """Call something once, from the thread, when the line has caught up. False: it has, and nothing is called."""
        with self._changed:
            if self.is_closed or not self.is_behind:
                return False
            self._on_free.append(callback)
            return True

    def drain(self) -> None:
        """Wait until all is written, or until the terminal takes nothing any more."""
        with self._changed:
            left = self._pending_bytes + 1
            while 0 < self._pending_bytes < left:
                left = self._pending_bytes
                self._changed.wait_for(lambda: not self._pending_bytes, timeout=GIVE_UP_S)

    def finish(self) -> None:
        """Wait like ``drain`` and end the thread; what a terminal has not taken by now is dropped."""
        self.drain()
        with self._changed:
            self._is_finished = True
            self.is_closed = self.is_closed or self._pending_bytes > 0
            self._changed.notify_all()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._queue or self._is_finished or self.is_closed)
                if not self._queue:
                    return
                data = self._queue.popleft()
            self._send(data, is_queued=True)
            self._tell_free()

    def _tell_free(self) -> None:
        """Once all is written, and a slow line has had the time to take it, tell those who wait."""
        with self._changed:
            if self._pending_bytes:
                return
            self._changed.notify_all()
            now = time.monotonic()
            self._free_at = now + self._measure.rest_s(now)
            while not (self._queue or self._is_finished) and (wait_s := self._free_at - time.monotonic()) > 0:
                self._changed.wait(wait_s)
            if self._queue:
                return
            callbacks, self._on_free = self._on_free, []
        for callback in callbacks:
            callback()

    def _send(self, data: bytes, *, is_queued: bool) -> None:
        rest = memoryview(data)
        while rest and not self.is_closed:
            limit = WHOLE_BYTES if self.frame_bytes is None else PIECE_BYTES
            began = time.monotonic()
            try:
                size = os.write(self._descriptor, rest[:limit])
            except BlockingIOError:  # somebody else made the terminal non-blocking
                select.select([], [self._descriptor], [], 1.0)
                size = 0
            except InterruptedError:
                size = 0
            except OSError:  # the terminal is gone
                self._close()
                return
            self._measure.wrote(size, began, time.monotonic())
            rest = rest[size:]
            if is_queued:
                with self._changed:
                    self._pending_bytes -= size

    def _close(self) -> None:
        with self._changed:
            self.is_closed = True
            self._queue.clear()
            self._pending_bytes = 0
            callbacks, self._on_free = self._on_free, []
            self._changed.notify_all()
        for callback in (*callbacks, self.on_closed):
            callback()


class LineMeasure:
    """Finds out how much a line takes, from writes that had to wait for it. Times are in seconds from some point.

    A line is slow when writes had to wait for it twice: a terminal that was stopped for a while and then goes on as before
    is not.
    """

    def __init__(self) -> None:
        self.bytes_per_s: float | None = None
        """What the line takes. None: no limit was found."""
        self._writes: deque[tuple[float, int]] = deque(maxlen=1000)
        self._waited_at: float | None = None
        self._bytes_since = 0
        self._found_at = 0.0

    @property
    def is_suspect(self) -> bool:
        """Whether the line had to be waited for lately."""
        return self._waited_at is not None and self._bytes_since < TRUSTED_BYTES

    def wrote(self, size: int, began: float, ended: float) -> None:
        """Take note of a write."""
        if self.bytes_per_s is not None and began - self._found_at > FORGET_S:
            self.bytes_per_s, self._waited_at = None, None
        self._writes.append((ended, size))
        self._bytes_since += size
        if ended - began < WAIT_S:
            return
        if self._waited_at is not None and ended - self._waited_at < FORGET_S:
            rate = self._bytes_since / (ended - self._waited_at)
            self.bytes_per_s = rate if rate < QUICK_BYTES_PER_S else None
            self._found_at = ended
        self._waited_at = ended
        self._bytes_since = 0

    def rest_s(self, now: float) -> float:
        """Return how long to wait until most of what was written has been taken. 0 where that is not known."""
        if self.bytes_per_s is None:
            return 0.0
        allowed = LEVEL_SHARE * FRAME_S * self.bytes_per_s
        level = level_after(self._writes, self.bytes_per_s, now)
        return max(0.0, (level - allowed) / self.bytes_per_s)
