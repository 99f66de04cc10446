"""What personas and prompts need from outside, as Protocols: files by their names, and the clipboard."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, Protocol


class Source(NamedTuple):
    """A file, as it was read."""

    name: str
    """Its name without the ending."""
    content: bytes
    shown: str
    """The file as the user would type it."""
    path: Path
    is_own: bool
    """Whether it is the user's, and not one that comes with chatrepl."""


class Shelf(Protocol):
    """Small files of one kind, by their names; see ``shelf.Shelf``."""

    def names(self) -> Sequence[str]:
        """Return all names, sorted."""

    def find(self, name: str) -> Source | None:
        """Return a file by its name. None: there is none."""

    def create(self, name: str, content: bytes) -> Path:
        """Write a new file, and return where it is."""

    def remove(self, path: Path, content: bytes) -> bool:
        """Take a file away again that still is what it was made as. False: it is not."""


class OwnTexts(NamedTuple):
    """What the user has written to be used again, and where text can be fetched."""

    personas: Shelf
    prompts: Shelf
    themes: Shelf
    read_clipboard: Callable[[], str]
    write_clipboard: Callable[[str], str | None] = lambda _: None
    """Puts a text on the clipboard and returns the program that did it. None: none here can."""
