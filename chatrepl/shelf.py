"""Small text files of the user's own, each found by its name: personas and prompts. Some come with chatrepl.

Nothing that stands in them is understood here.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from pathlib import Path

from chatrepl import files
from chatrepl.environment import make_private_directory
from chatrepl.errors import StoreError, UsageError
from chatrepl.shelves import Source

LIMIT_BYTES = 256 * 1024
_NAME = re.compile(r"[^\W_][\w-]{0,63}")
SHIPPED_PERSONAS = Path(__file__).parent / "shipped" / "personas"


class Shelf:
    """The files of one kind. Fits ``shelves.Shelf``.

    Args:
        directory: Where the user's own are. It need not exist.
        endings: How their names end; a new one has the first.
        shown: How the directory is called in what is said.
        shipped: Where those are that come with chatrepl; the user's own of the same name stand before them.
        reserved: Words that are no names.
    """

    def __init__(
        self,
        directory: Path,
        endings: Sequence[str],
        *,
        shown: str,
        shipped: Path | None = None,
        reserved: Sequence[str] = (),
    ) -> None:
        self._directory = directory
        self._endings = tuple(endings)
        self._shown = shown
        self._shipped = shipped
        self._reserved = frozenset(reserved)

    def names(self) -> Sequence[str]:
        """Return all names, sorted."""
        found = {path.stem for path in self._paths(self._directory)}
        if self._shipped is not None:
            found |= {path.stem for path in self._paths(self._shipped)}
        return sorted(found - self._reserved)

    def find(self, name: str) -> Source | None:
        """Return a file by its name, whatever the case of its letters. None: there is none.

        Raises:
            StoreError: it cannot be read, or is too large.
        """
        for directory in (self._directory, self._shipped):
            if directory is None:
                continue
            paths = self._paths(directory)
            path = next((path for path in paths if path.stem == name), None) or next(
                (path for path in paths if path.stem.casefold() == name.casefold()), None
            )
            if path is not None and path.stem not in self._reserved:
                is_own = directory == self._directory
                shown = f"{self._shown}/{path.name}" if is_own else path.name
                return Source(path.stem, self._read(path, shown), shown, path, is_own)
        return None

    def create(self, name: str, content: bytes) -> Path:
        """Write a new file that only its owner can read, and return where it is.

        Raises:
            UsageError: the name is not one word, or is a word with another meaning.
            StoreError: there is one of that name, or it cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise UsageError(
                f"'{name[:80]}' cannot be a name: it is one word of letters, digits, - and _, 64 at most.",
                hint="For example: my-editor",
            )
        if name.casefold() in self._reserved:
            raise UsageError(f"'{name}' cannot be a name: it has another meaning here.")
        path = self._directory / f"{name}{self._endings[0]}"
        if any(each.stem.casefold() == name.casefold() for each in self._paths(self._directory)):
            raise StoreError(f"There is a file of the name {name} already.")
        try:
            make_private_directory(self._directory)
        except OSError as error:
            raise StoreError(f"{self._shown} cannot be made: {error.strerror}.") from None
        files.write_atomically(path, content.decode("utf-8", "replace"), overwrite=False)
        return path

    def remove(self, path: Path, content: bytes) -> bool:
        """Take a file away again that still is what it was made as. False: it is not."""
        with contextlib.suppress(OSError):
            if path.parent == self._directory and path.read_bytes() == content:
                path.unlink()
                return True
        return False

    def _paths(self, directory: Path) -> list[Path]:
        """Return the files of a directory whose names can be typed, those with the first ending first."""
        try:
            found = [path for path in directory.iterdir() if path.suffix in self._endings]
        except OSError:
            return []
        known = (path for path in found if _NAME.fullmatch(path.stem) and path.is_file())
        return sorted(known, key=lambda path: (self._endings.index(path.suffix), path.name))

    @staticmethod
    def _read(path: Path, shown: str) -> bytes:
        try:
            with path.open("rb") as file:
                content = file.read(LIMIT_BYTES + 1)
        except OSError as error:
            raise StoreError(f"{shown} cannot be read: {error.strerror}.") from None
        if len(content) > LIMIT_BYTES:
            raise StoreError(f"{shown} is larger than {LIMIT_BYTES // 1024} KiB.")
        return content
