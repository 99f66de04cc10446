"""Files that the user names: written whole or not at all, and read with a limit."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from chatrepl.errors import StoreError


class FileExists(StoreError):  # noqa: N818 - a question to the user rather than an error
    """There is a file of that name, and overwriting it was not allowed."""


def write_atomically(path: Path, text: str | Iterable[str], *, overwrite: bool) -> None:
    """Write a text, or the pieces of one, into a file so that it is found whole or not at all, also after a power cut.

    A new file can be read by its owner only; one that is overwritten keeps its rights.

    Raises:
        FileExists: where the file exists and ``overwrite`` is False.
        StoreError: where it cannot be written; then nothing has changed and nothing is left behind.
    """
    with _explained(path, "written"):
        target = Path(os.path.realpath(path))  # a link goes on being one
        mode = _mode_of(target)
        if mode is not None and stat.S_ISDIR(mode):
            raise StoreError(f"{path} is a directory.", hint="Name a file in it.")
        if mode is not None and not stat.S_ISREG(mode):
            raise StoreError(f"{path} is not a regular file.", hint="Name another file.")
        if mode is not None and not overwrite:
            raise _exists(path)
        temporary = target.with_name(f".chatrepl-{secrets.token_hex(8)}.part")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _fill(
                handle,
                (text,) if isinstance(text, str) else text,
                0o600 if mode is None else stat.S_IMODE(mode),
            )
            _put_in_place(temporary, target, path, overwrite=overwrite)
        finally:
            temporary.unlink(missing_ok=True)
        _sync_directory(target.parent)


def read_text(path: Path, limit_bytes: int) -> str:
    """Read a file of UTF-8 text.

    Raises:
        StoreError: where it is missing, is not a regular file, is larger than ``limit_bytes``, or is not UTF-8.
    """
    with _explained(path, "read"):
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise StoreError(f"{path} is a directory.", hint="Name a file in it.")
        if not stat.S_ISREG(mode):  # a pipe or a device could block, or never end
            raise StoreError(f"{path} is not a regular file.", hint="Name another file.")
        with path.open("rb") as file:
            content = file.read(limit_bytes + 1)
    if len(content) > limit_bytes:
        raise StoreError(f"{path} is larger than {limit_bytes:,} bytes.")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise StoreError(
            f"{path} is not UTF-8 text: byte {error.start + 1} is 0x{content[error.start]:02x}.",
            hint="Convert it to UTF-8.",
        ) from error


def _fill(handle: int, pieces: Iterable[str], mode: int) -> None:
    with os.fdopen(handle, "wb") as file:
        for text in pieces:
            file.write(text.encode("utf-8", "replace"))
        file.flush()
        if hasattr(os, "fchmod"):  # else there are no such rights: Windows
            os.fchmod(handle, mode)
        os.fsync(handle)


def _put_in_place(temporary: Path, target: Path, path: Path, *, overwrite: bool) -> None:
    if overwrite:
        temporary.replace(target)
        return
    try:
        target.hardlink_to(temporary)  # unlike a rename, it fails where somebody was quicker
    except FileExistsError:
        raise _exists(path) from None
    except OSError:  # a file system without hard links
        if _mode_of(target) is not None:
            raise _exists(path) from None
        temporary.rename(target)


def _sync_directory(directory: Path) -> None:
    """Make the new name survive a power cut, where the file system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _mode_of(path: Path) -> int | None:
    try:
        return path.lstat().st_mode
    except FileNotFoundError:
        return None


def _exists(path: Path) -> FileExists:
    return FileExists(f"{path} exists already.", hint="Allow it to be overwritten, or name another file.")


@contextlib.contextmanager
def _explained(path: Path, verb: str) -> Iterator[None]:
    """Turn what the operating system raises into a sentence."""
    try:
        yield
    except OSError as error:
        raise _sentence(error, path, verb) from error
    except ValueError as error:  # a name with a NUL in it
        raise StoreError(f"{str(path)!r} cannot be the name of a file.") from error


def _sentence(error: OSError, path: Path, verb: str) -> StoreError:
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        return StoreError(f"{path} cannot be written: the disk is full.", hint="Free some space.")
    if error.errno == errno.ENOENT and verb == "read":
        return StoreError(f"There is no file {path}.")
    if error.errno == errno.ENOENT and not path.parent.is_dir():
        return StoreError(f"There is no directory {path.parent}.", hint="Make it first, or name another one.")
    if error.errno == errno.ENOTDIR:
        return StoreError(f"{path.parent} is not a directory.", hint="Name another file.")
    if error.errno in {errno.EACCES, errno.EPERM, errno.EROFS}:
        return StoreError(
            f"{path} may not be {verb}: {error.strerror}.",
            hint="Check who may use the file and its directory.",
        )
    return StoreError(f"{path} cannot be {verb}: {error.strerror or error}.")
