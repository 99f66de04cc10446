"""What goes wrong with a database, told apart by what the store does about it.

    StoreError
    └── DiskError        the disk did not do its part: the chat goes on in memory, and saving is tried again
        ├── CorruptError     the file's content is damaged: it is set aside, and a fresh one is begun
        ├── GoneError        the file was moved or removed while it was open: a fresh one is begun
        └── NewerError       a newer chatrepl wrote it: it is left alone

A plain ``StoreError`` is the caller's mistake, such as a chat that does not exist, and is never hidden.
"""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

from chatrepl.errors import StoreError


class DiskError(StoreError):
    """The disk did not do its part."""


class CorruptError(DiskError):
    """The file is not a database, or what is in it is damaged."""


class GoneError(DiskError):
    """The file is no longer where it was opened."""


class NewerError(DiskError):
    """A newer chatrepl, or another program, wrote the file."""


_FREE_SPACE = "Free some space; until then, /save writes the chat to a file elsewhere."
_CHECK_PERMISSIONS = "Check who may write to the file and its directory."


def explain(error: sqlite3.Error, path: Path) -> StoreError:
    """Say in one sentence what SQLite could not do.

    Source: sqlite.org/rescode.html; the low byte of an extended code is its primary code.
    """
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code == sqlite3.SQLITE_CONSTRAINT:
        return StoreError(f"The chats in {path} contradict what was to be stored ({error}).")
    is_rotten_text = str(error).startswith("Could not decode")  # comes from the module, without a code
    if is_rotten_text or code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
        return CorruptError(f"{path} is damaged ({error}).")
    if code == sqlite3.SQLITE_FULL:
        return DiskError(f"The disk is full: nothing more can be written to {path}.", hint=_FREE_SPACE)
    if code in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
        return locked(path)
    if code in {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}:
        return DiskError(f"{path} may be read but not written ({error}).", hint=_CHECK_PERMISSIONS)
    if code == sqlite3.SQLITE_CANTOPEN:
        return DiskError(f"{path} cannot be opened ({error}).", hint=_CHECK_PERMISSIONS)
    return DiskError(f"{path} cannot be read or written ({error}).", hint=_CHECK_PERMISSIONS)


def locked(path: Path) -> DiskError:
    """Say that another process has the file to itself for too long."""
    return DiskError(f"Another program keeps {path} locked.", hint="End that program, or wait for it.")


def explain_os(error: OSError, path: Path) -> DiskError:
    """Say in one sentence what the operating system did not allow."""
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return DiskError(f"The disk is full: {path} cannot be written.", hint=_FREE_SPACE)
    return DiskError(f"{path} cannot be used: {error.strerror or error}.", hint=_CHECK_PERMISSIONS)
