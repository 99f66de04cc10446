"""Small things that were learned about servers, kept as JSON in the cache directory; losing them costs a question."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any, NamedTuple

from chatrepl.environment import make_private_directory
from chatrepl.errors import ChatreplError
from chatrepl.files import read_text, write_atomically
from chatrepl.ports import Clock
from chatrepl.values import Json

LIMIT_BYTES = 16 * 1024 * 1024
MAX_ENTRIES = 500
"""The oldest go first."""


class Cached(NamedTuple):
    """A value, and how old it is."""

    value: Json
    age_s: float
    """From 0 up, also where the clock was put back."""


class JsonCache:
    """A file of named values. Fits ``memory_ports.Memory``; never raises; several processes may use it at once.

    Two that write at the same moment may lose one of the values, never the file.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lock = threading.Lock()

    def get(self, key: str) -> Cached | None:
        """Return what was kept under a name. None: nothing was, or it cannot be read."""
        entry = self._read().get(key)
        if not isinstance(entry, dict) or not isinstance(at := entry.get("at"), (int, float)):
            return None
        return Cached(entry.get("value"), max(0.0, self._clock.now().timestamp() - at))

    def put(self, key: str, value: Json) -> None:
        """Keep a value; where the disk does not do its part, it is forgotten with this process."""
        with self._lock:
            entries = self._read()
            entries.pop(key, None)
            entries[key] = {"at": self._clock.now().timestamp(), "value": value}
            kept = dict(list(entries.items())[-MAX_ENTRIES:])
            try:
                make_private_directory(self._path.parent)
                write_atomically(self._path, json.dumps(kept, ensure_ascii=False) + "\n", overwrite=True)
            except (ChatreplError, OSError, ValueError):
                return

    def _read(self) -> dict[str, Any]:
        try:
            entries = json.loads(read_text(self._path, LIMIT_BYTES))
        except (ChatreplError, OSError, ValueError, RecursionError):
            return {}
        return entries if isinstance(entries, dict) else {}
