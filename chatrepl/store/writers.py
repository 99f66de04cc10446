"""Tells whether the process that receives a reply is still alive, by a locked file of its own.

A process id would not do: ids are used again, and two containers that share a directory do not share ids. The system
lets go of a lock when its process ends, however it ends.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from chatrepl.environment import make_private_directory
from chatrepl.store.database import explained
from chatrepl.store.locking import try_lock


class Writer:
    """The mark of this process as a receiver of replies. The file is made when it is first needed."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._mark: str | None = None
        self._handle: int | None = None

    def mark(self) -> str:
        """Return what tells this writer from all others.

        Raises:
            DiskError: where its file cannot be made.
        """
        if self._mark is None:
            with explained(self._directory):
                make_private_directory(self._directory)
                self._sweep()
                self._mark = self._claim()
        return self._mark

    def is_mine(self, mark: str) -> bool:
        """Whether the mark is this writer's."""
        return mark == self._mark

    def is_alive(self, mark: str) -> bool:
        """Whether the writer with this mark, which may be this one, still runs."""
        if self.is_mine(mark):
            return True
        try:
            handle = os.open(self._directory / mark, os.O_RDWR)
        except OSError:
            return False
        try:
            return not try_lock(handle, shared=True)
        finally:
            os.close(handle)

    def release(self) -> None:
        """Stop counting as alive."""
        if self._mark is not None and self._handle is not None:
            with contextlib.suppress(OSError):
                (self._directory / self._mark).unlink()
            os.close(self._handle)
        self._mark = self._handle = None

    def _claim(self) -> str:
        """Make and lock a file; again where another process swept it away before it was locked."""
        while True:
            mark = secrets.token_hex(8)
            path = self._directory / mark
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            if try_lock(handle) and path.exists():
                self._handle = handle
                return mark
            path.unlink(missing_ok=True)
            os.close(handle)

    def _sweep(self) -> None:
        """Remove the files of writers that are gone."""
        for path in self._directory.iterdir():
            if not self.is_alive(path.name):
                with contextlib.suppress(OSError):
                    path.unlink()
