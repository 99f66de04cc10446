"""One SQLite file: opening it so that only its owner can read it, and transactions on it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from chatrepl.environment import make_private_directory
from chatrepl.store.failures import CorruptError, DiskError, GoneError, explain, explain_os, locked
from chatrepl.store.locking import try_lock
from chatrepl.store.migrations import MIGRATIONS, migrate, version
from chatrepl.store.records import to_microseconds

SIDE_FILES = ("", "-wal", "-shm")
"""What a database consists of: its own name and these endings."""

LOCK_TIMEOUT_S = 5.0
"""Longest wait for another process that writes."""


class Database:
    """An open database and the lock that keeps the threads of this process apart."""

    def __init__(self, connection: sqlite3.Connection, path: Path, *, is_read_only: bool) -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self._place = _place(path)
        self._is_durable: bool | None = None
        self.path = path
        self.is_read_only = is_read_only

    @contextlib.contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """Give the connection for reading; what is read is of one moment.

        Raises:
            DiskError: where it cannot be read.
        """
        with self._lock, explained(self.path):
            self._connection.execute("BEGIN")
            try:
                yield self._connection
            finally:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")

    @contextlib.contextmanager
    def write(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """Give the connection inside a transaction, which is committed at the end and undone by an exception.

        Args:
            durable: True: it survives a power cut. False: it survives the end of this process only, and is cheap.

        Raises:
            DiskError: where it cannot be written.
            StoreError: where what was written contradicts what is stored.
        """
        with self._lock, explained(self.path):
            # SQLite would go on writing to a file that nobody finds again.
            if not self.is_in_place:
                raise GoneError(f"{self.path} was moved or removed while chatrepl was running.")
            if durable is not self._is_durable:
                self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
                self._is_durable = durable
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                with contextlib.suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")
                raise

    @contextlib.contextmanager
    def alone(self) -> Iterator[sqlite3.Connection]:
        """Give the connection outside of any transaction, for what begins its own.

        Raises:
            DiskError: where that fails.
        """
        with self._lock, explained(self.path):
            yield self._connection

    @property
    def is_in_place(self) -> bool:
        """Whether the file is still where it was opened."""
        return _place(self.path) == self._place

    def close(self) -> None:
        """Let go of the file. The last process to do so leaves it without side files."""
        with self._lock, contextlib.suppress(sqlite3.Error):
            self._connection.close()


def open_database(path: Path, now: Callable[[], datetime], timeout_s: float) -> Database:
    """Open a database for reading and writing; make it where it is missing and bring its tables up to date.

    Raises:
        CorruptError: where it is damaged; it is left as it is.
        NewerError: where a newer chatrepl or another program wrote it; it is left as it is.
        DiskError: where it cannot be opened or made, or stays locked.
    """
    with explained(path):
        make_private_directory(path.parent)
        _require_whole(path)
        _create_private(path)
        connection = _connect(path, "rw", timeout_s)
        try:
            version(connection, path)  # before anything that would touch the file
            _make_private(path)
            connection.execute("PRAGMA journal_mode = WAL")
            migrate(connection, path, to_microseconds(now()))
            _require_writable(connection, path)
        except BaseException:
            connection.close()
            raise
        return Database(connection, path, is_read_only=False)


def open_for_reading(path: Path, timeout_s: float) -> Database:
    """Open a database that cannot be written, as it is.

    Raises:
        DiskError: where that is not possible, or its tables are not up to date.
    """
    # A database in WAL mode wants to make side files; without any, nobody is writing, and it can do without.
    mode = "ro" if _side_file(path, "-wal").exists() else "ro&immutable=1"
    with explained(path):
        connection = _connect(path, mode, timeout_s)
        database = Database(connection, path, is_read_only=True)
        try:
            is_current = version(connection, path) == len(MIGRATIONS)
        except BaseException:
            database.close()
            raise
    if not is_current:
        database.close()
        raise DiskError(f"{path} was written by an older chatrepl and cannot be brought up to date.")
    return database


def set_aside(path: Path, now: datetime) -> Path:
    """Rename a damaged database with its side files, and return its new name. Nothing is deleted.

    Raises:
        DiskError: where the directory does not allow it.
    """
    stem = f"{path.name}.corrupt-{now:%Y%m%dT%H%M%SZ}"
    target = path.with_name(stem)
    for number in range(2, 1000):
        if not any(_side_file(target, ending).exists() for ending in SIDE_FILES):
            break
        target = path.with_name(f"{stem}-{number}")
    with explained(path):
        for ending in SIDE_FILES:
            with contextlib.suppress(FileNotFoundError):
                _side_file(path, ending).rename(_side_file(target, ending))
    return target


@contextlib.contextmanager
def opening_lock(path: Path, timeout_s: float) -> Iterator[None]:
    """Let one process at a time open, make, migrate or set aside a database.

    Raises:
        DiskError: where another process holds the lock for longer than ``timeout_s``.
    """
    with explained(path):
        make_private_directory(path.parent)
        handle = os.open(_side_file(path, "-lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        deadline_s = time.monotonic() + timeout_s
        while not try_lock(handle):
            if time.monotonic() > deadline_s:
                raise locked(path)
            time.sleep(0.01)
        yield
    finally:
        os.close(handle)


@contextlib.contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite and the operating system raise into a sentence.

    Raises:
        StoreError: in their place.
    """
    try:
        yield
    except sqlite3.Error as error:
        raise explain(error, path) from error
    except OSError as error:
        raise explain_os(error, path) from error


def _connect(path: Path, mode: str, timeout_s: float) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
    )
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
    except BaseException:
        connection.close()
        raise
    return connection


def _create_private(path: Path) -> None:
    """Make an empty file that is its owner's alone, where there is none yet.

    A file that exists is not opened: closing it would drop the locks that SQLite holds on it in this process.
    """
    with contextlib.suppress(FileExistsError):
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            if hasattr(os, "fchmod"):  # else there are no such rights: Windows
                os.fchmod(handle, 0o600)  # whatever the umask is
        finally:
            os.close(handle)


def _make_private(path: Path) -> None:
    """Take other people's rights to the file away. SQLite gives its side files the rights of the file."""
    for ending in SIDE_FILES:
        with contextlib.suppress(FileNotFoundError):
            file = _side_file(path, ending)
            if file.stat().st_mode & 0o077:
                file.chmod(0o600)


def _require_whole(path: Path) -> None:
    """Refuse an empty file beside a log that is not: SQLite would delete the log."""
    with contextlib.suppress(FileNotFoundError):
        if not path.stat().st_size and _side_file(path, "-wal").stat().st_size:
            raise CorruptError(f"{path} is empty, but its log is not.")


def _require_writable(connection: sqlite3.Connection, path: Path) -> None:
    """Take the write lock once: a read-only file is found out now and not at the first message."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        (found,) = connection.execute("PRAGMA schema_version").fetchone()
        if not found:
            raise CorruptError(f"{path} lost its tables.")
    finally:
        connection.execute("ROLLBACK")


def _place(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _side_file(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)
