"""The log of the embedded model: a file for its owner's eyes, and the line in it that says what went wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from chatrepl.environment import make_private_directory
from chatrepl.local.weights import printable
from chatrepl.redact import mask_keys

_LIMIT_TAIL_BYTES = 64 * 1024
_ATTEMPTS = 3
_STAMP = re.compile(
    r"^(?:\d[\d.]+ )?(?:(?P<level>[EWID])\s+(?:(?:\w+\s+)?\w+\s?: +)?)?(?:error loading model: )*"
)
"""How llama.cpp begins a line: a time, a level and the name of a function, each of them at times left out."""
_WITHOUT_NEWS = re.compile(r"failed to load model|exiting due to|trying to fit params|^\s*$")
"""Errors that only repeat that there was an error."""


class Log:
    """A file that llama.cpp writes to, made anew, and readable by its owner only.

    The file that stands in its place is kept as ``….1``, so that the log cannot grow from start to start. Another
    chatrepl may do the same at the same time: each goes on with the file it made.
    """

    def __init__(self, path: Path, on_progress: Callable[[str], None]) -> None:
        self.path: Path | None = path
        """None where the disk does not allow a log; ``on_progress`` was told why."""
        try:
            make_private_directory(path.parent)
            self.descriptor = _create(path)
        except OSError as error:
            reason = (error.strerror or "no reason known").lower()
            on_progress(f"no log is kept in {printable(str(path))}: {reason}")
            self.path = None
            self.descriptor = os.open(os.devnull, os.O_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self.descriptor)

    def last_error(self, key: str) -> str | None:
        """Return the reason that llama.cpp gave last, without a full stop and the key. None: it gave none."""
        start = max(0, os.fstat(self.descriptor).st_size - _LIMIT_TAIL_BYTES)
        text = os.pread(self.descriptor, _LIMIT_TAIL_BYTES, start).decode("utf-8", "replace")
        lines = [line for line in text.splitlines() if not _WITHOUT_NEWS.search(line)]
        errors = [line for line in lines if (match := _STAMP.match(line)) and match["level"] == "E"]
        for line in reversed(errors or lines):
            return printable(mask_keys(_STAMP.sub("", line), (key,)), 200).rstrip(" .")
        return None


def _create(path: Path) -> int:
    """Make a new file in the place of whatever stands there."""
    for _ in range(_ATTEMPTS):
        with suppress(FileNotFoundError):
            path.replace(path.with_name(f"{path.name}.1"))
        with suppress(FileExistsError):  # made by another process since
            return os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND, 0o600)
    raise FileExistsError(17, "another process makes it again and again")
