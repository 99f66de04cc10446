"""Directories: which files are in them, without what .gitignore leaves out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

_NEVER = frozenset(
    {".git", ".hg", ".svn", "node_modules", "__pycache__", ".venv", ".mypy_cache", ".ruff_cache"}
)
"""Nobody wants these sent, whether a file says so or not."""


def files_below(directory: Path) -> Iterator[Path]:
    """Yield the files below a directory, sorted, without hidden ones and those that a ``.gitignore`` leaves out.

    Links to directories are not followed, so that it ends.
    """
    yield from _walk(directory, [*_rules_above(directory)])


def _rules_above(directory: Path) -> Iterator[tuple[Path, GitIgnoreSpec]]:
    """Yield the rules that hold in a directory by the directories above it, up to the root of its repository."""
    here = directory.resolve()
    above = [here, *here.parents]
    root = next((path for path in above if (path / ".git").exists()), None)
    if root is None:
        return
    for path in reversed(above[1 : above.index(root) + 1]):
        rules = _rules_in(path)
        if rules is not None:
            yield path, rules


def _rules_in(directory: Path) -> GitIgnoreSpec | None:
    try:
        lines = (directory / ".gitignore").read_text("utf-8", "replace").splitlines()
    except OSError:
        return None
    from pathspec import GitIgnoreSpec

    try:
        return GitIgnoreSpec.from_lines(lines)
    except ValueError:  # a line that git itself would pass over
        return None


def _walk(directory: Path, rules: list[tuple[Path, GitIgnoreSpec]]) -> Iterator[Path]:
    own = _rules_in(directory)
    if own is not None:
        rules = [*rules, (directory.resolve(), own)]
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return
    for entry in entries:
        if entry.name.startswith(".") or entry.name in _NEVER:
            continue
        path = directory / entry.name
        is_directory = entry.is_dir(follow_symlinks=False)
        if _is_ignored(path, rules, is_directory=is_directory):
            continue
        if is_directory:
            yield from _walk(path, rules)
        elif entry.is_file():
            yield path


def _is_ignored(path: Path, rules: list[tuple[Path, GitIgnoreSpec]], *, is_directory: bool) -> bool:
    """Whether the rules leave a path out; those of the nearest directory have the last word."""
    whole = path.parent.resolve() / path.name
    for base, spec in reversed(rules):
        said = spec.check_file(f"{whole.relative_to(base).as_posix()}{'/' if is_directory else ''}")
        if said.include is not None:
            return bool(said.include)
    return False
