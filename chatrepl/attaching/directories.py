"""Directories: which files are in them, without what .gitignore leaves out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from chatrepl.ignoring import ALWAYS_SKIPPED, Ignored

_RULES = (".gitignore", ".ignore")
_LIMIT_BYTES = 1_000_000


def files_below(directory: Path) -> Iterator[Path]:
    """Yield the files below a directory, sorted, without hidden ones and those that a ``.gitignore`` leaves out.

    Links to directories are not followed, so that it ends.
    """
    here = directory.resolve()
    root = next((path for path in (here, *here.parents) if (path / ".git").exists()), here)
    above = [path for path in reversed(here.parents) if path == root or root in path.parents]
    ignored = Ignored()
    for path in above:
        ignored = ignored.below(_prefix(path, root), _rules_in(path))
    yield from _walk(directory, _prefix(here, root), ignored)


def _prefix(path: Path, root: Path) -> str:
    """Return a directory as ``Ignored`` names it: from the root on, with a slash at its end."""
    return "" if path == root else f"{path.relative_to(root).as_posix()}/"


def _rules_in(directory: Path) -> Iterator[str]:
    for name in _RULES:
        try:
            with (directory / name).open("rb") as file:
                yield file.read(_LIMIT_BYTES).decode("utf-8", "replace")
        except OSError:
            continue


def _walk(directory: Path, prefix: str, ignored: Ignored) -> Iterator[Path]:
    ignored = ignored.below(prefix, _rules_in(directory))
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        is_directory = entry.is_dir(follow_symlinks=False)
        if entry.name.startswith(".") or entry.name in ALWAYS_SKIPPED:
            continue
        if ignored.hides(prefix + entry.name, is_directory=is_directory):
            continue
        if is_directory:
            yield from _walk(directory / entry.name, f"{prefix}{entry.name}/", ignored)
        elif entry.is_file():
            yield directory / entry.name
