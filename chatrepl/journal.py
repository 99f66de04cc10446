"""Writes a reply to the store while it arrives, in batches, so that neither a stall nor a crash loses what came."""

from __future__ import annotations

import threading

from chatrepl.messages import MessageId
from chatrepl.ports import ChatStore

INTERVAL_S = 0.2
"""Time between two batches: what came is on disk at most this long after it came, and then some milliseconds."""


class Journal:
    """Takes pieces of one reply from any thread and stores them from a thread of its own.

    The first piece is stored at once and the following ones in batches. A thread, since the one that reads the reply
    may be waiting for the server just when the last pieces should be written.
    """

    def __init__(self, store: ChatStore, message: MessageId, interval_s: float = INTERVAL_S) -> None:
        self._store = store
        self._message = message
        self._interval_s = interval_s
        self._lock = threading.Lock()
        self._pieces: list[tuple[str, str]] = []
        self._ready = threading.Event()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, kind: str, text: str) -> None:
        """Take a piece. ``kind`` is ``text``, ``reasoning`` or ``refusal``."""
        with self._lock:
            self._pieces.append((kind, text))
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="chatrepl-journal", daemon=True)
            self._thread.start()
        if not self._ready.is_set():
            self._ready.set()

    def close(self) -> None:
        """Stop, and return when nothing more will be written. What was not yet written is left to the caller."""
        self._closed.set()
        self._ready.set()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._closed.is_set():
            self._ready.wait()
            self._ready.clear()
            if self._closed.is_set():
                return
            self._write()
            self._closed.wait(self._interval_s)

    def _write(self) -> None:
        with self._lock:
            pieces, self._pieces = self._pieces, []
        merged: list[tuple[str, list[str]]] = []
        for kind, text in pieces:
            if not merged or merged[-1][0] != kind:
                merged.append((kind, []))
            merged[-1][1].append(text)
        for kind, texts in merged:
            self._store.journal(self._message, kind, "".join(texts))
