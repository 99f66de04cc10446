"""Knows the files below a directory, for ``@`` in the input line: from git where it can tell, else by looking.

They are found in a thread of their own when they are first asked for, and again when that is long ago; what has been found
by now can be searched meanwhile. Fits ``line_ports.Paths``. What is ignored by git, ``.gitignore`` or ``.ignore`` is left out, and
so are names that could drive a terminal.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from chatrepl.fuzzy import Names, match
from chatrepl.ignoring import ALWAYS_SKIPPED, Ignored
from chatrepl.line_ports import FoundPath
from chatrepl.ports import Clock
from chatrepl.sanitise import sanitise_line

STALE_S = 15.0
"""After so long the files are looked for again."""
LIMIT_NAMES = 400_000
LIMIT_LISTED = 5000
"""So many entries of one directory are looked at, where a path outside is typed."""
PORTION = 512
"""So many names are added at once."""
LONGEST_WAIT_S = 0.25
"""A search that has found nothing waits so long for more names."""
GROWN_S = 0.25
"""So often it is told that more names are there."""
FIRST_SHOWN_S = 0.1
"""The thread rests so long after the first names, while they are shown."""
POLITE_S = 0.002
"""And so long after each portion: keys and searches go first."""
GIT = ("git", "-c", "core.fsmonitor=false", "-c", "core.quotepath=false", "ls-files", "-z")
"""Without the monitor of files, which is a program that a repository can name."""


class PathIndex:
    """The files below a directory.

    Args:
        expand: Turns ``~`` and the like into a path.
        variables: What git is started with.
        on_grown: Called from the thread when names were added, and when all are there.
    """

    def __init__(
        self,
        directory: Path,
        expand: Callable[[str], Path],
        clock: Clock,
        variables: Mapping[str, str],
        on_grown: Callable[[], None] = lambda: None,
    ) -> None:
        self._directory = directory
        self._expand = expand
        self._clock = clock
        self._variables = variables
        self.on_grown = on_grown
        self._names = Names()
        self._lock = threading.Lock()
        self._is_building = False
        self._built_at: float | None = None
        self._told_at = 0.0
        self._more = threading.Condition()
        self._searched_build = 0
        self._done_builds = 0
        self.build_count = 0
        """How often the files were looked for."""

    @property
    def is_complete(self) -> bool:
        """Whether all files are known, as they were not long ago."""
        return self._built_at is not None and not self._is_building

    @property
    def is_up_to_date(self) -> bool:
        """Whether the last search knew all that is known now, and that is all there is."""
        return self._searched_build == self._done_builds == self.build_count

    def find(self, typed: str, limit: int, is_over: Callable[[], bool] = lambda: False) -> list[FoundPath]:
        """Return the paths that fit what was typed, best first; directories end with a slash.

        Args:
            typed: Letters of a path below the directory, or the beginning of one that leads elsewhere: with ``/``, ``~``,
                ``./`` or ``../`` at its beginning. Empty: what stands in the directory itself.
            limit: How many at most.
            is_over: Asked now and then; True ends the search.
        """
        self.refresh()
        self._searched_build = self._done_builds
        if not typed or typed.startswith(("/", "~", "./", "../")) or typed in {".", ".."}:
            return self._listed(typed, limit)
        deadline = time.monotonic() + LONGEST_WAIT_S
        while True:
            self._searched_build = self._done_builds
            names = self._names
            count = len(names)
            found = names.search(typed, limit * 2, is_over)
            there = (fit for fit in found if os.path.lexists(self._directory / fit.name))
            shown = [FoundPath(fit.name, fit.places) for fit in there][:limit]
            left_s = deadline - time.monotonic()
            if shown or self._built_at is not None or left_s <= 0 or is_over():
                return shown
            with self._more:
                self._more.wait_for(
                    lambda: self._built_at is not None or len(names) > count or is_over(),  # noqa: B023
                    left_s,
                )

    def refresh(self) -> None:
        """Look for the files, unless that was done just now."""
        with self._lock:
            now = self._clock.monotonic()
            is_fresh = self._built_at is not None and now - self._built_at < STALE_S
            if self._is_building or is_fresh:
                return
            self._is_building = True
            self.build_count += 1
        threading.Thread(target=self._build, name="chatrepl-paths", daemon=True).start()

    def _build(self) -> None:
        is_first = self._built_at is None
        names = self._names if is_first else Names()
        try:
            portion: list[str] = []
            for name in _with_directories(self._files()):
                portion.append(name)
                if len(portion) >= PORTION:
                    self._add(names, portion, is_shown=is_first)
                    portion = []
                    if len(names) >= LIMIT_NAMES:
                        break
            self._add(names, portion, is_shown=is_first)
        finally:
            with self._more:
                self._names = names
                self._built_at = self._clock.monotonic()
                self._done_builds = self.build_count
                self._is_building = False
                self._more.notify_all()
            self.on_grown()

    def _add(self, names: Names, portion: list[str], *, is_shown: bool) -> None:
        is_begun = len(names) > 0
        names.add(portion)
        if is_shown and portion:
            with self._more:
                self._more.notify_all()
            now = time.monotonic()
            if not is_begun or now - self._told_at >= GROWN_S:
                self._told_at = now
                self.on_grown()
            if not is_begun:
                time.sleep(FIRST_SHOWN_S)
        time.sleep(POLITE_S)

    def _files(self) -> Iterator[str]:
        """Yield the files: as git tells, or all that is not ignored."""
        from_git = _from_git(self._directory, self._variables)
        first = next(from_git, None)
        if first is None:
            yield from walk(self._directory)
            return
        yield first
        yield from from_git

    def _listed(self, typed: str, limit: int) -> list[FoundPath]:
        """Return what stands in the directory that was typed, and fits what follows it."""
        if typed in {"~", ".", ".."}:
            return [FoundPath(f"{typed}/", ())]
        head, slash, begun = typed.rpartition("/")
        base = self._expand(head + slash) if slash else Path()
        try:
            with os.scandir(self._directory / base) as entries:
                listed = [
                    (entry.name, _is_directory(entry))
                    for entry, _ in zip(entries, range(LIMIT_LISTED), strict=False)
                ]
        except (OSError, ValueError):
            return []
        ranked = []
        for name, is_directory in listed:
            if not can_be_shown(name) or (name.startswith(".") and not begun.startswith(".")):
                continue
            if not slash and name in ALWAYS_SKIPPED:
                continue
            fit = match(begun, name)
            if fit is not None:
                is_begun = name.lower().startswith(begun.lower())
                ranked.append(
                    (not is_begun, -fit.score if begun else 0, not is_directory, name.lower(), name, fit)
                )
        ranked.sort()
        shift = len(head + slash)
        return [
            FoundPath(
                head + slash + name + ("" if is_file else "/"), tuple(place + shift for place in fit.places)
            )
            for _, _, is_file, _, name, fit in ranked[:limit]
        ]


def can_be_shown(name: str) -> bool:
    """Whether a name can be shown and typed: it holds nothing that could drive a terminal, and is text."""
    if name.isprintable():
        return '"' not in name
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return sanitise_line(name) == name and "\n" not in name and '"' not in name


def _is_directory(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _with_directories(files: Iterable[str]) -> Iterator[str]:
    """Yield files that can be shown, and each directory once, before the first file in it."""
    known: set[str] = set()
    for name in files:
        if not can_be_shown(name):
            continue
        above = []
        directory = name.rpartition("/")[0]
        while directory and directory not in known:
            known.add(directory)
            above.append(f"{directory}/")
            directory = directory.rpartition("/")[0]
        yield from reversed(above)
        yield name


def _from_git(directory: Path, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield what git knows below a directory, then what is new there and not ignored; nothing where there is no git."""
    for kind in ("--cached", "--others"):
        arguments = [*GIT, kind, *(["--exclude-standard"] if kind == "--others" else [])]
        try:
            process = subprocess.Popen(
                arguments,
                cwd=directory,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env={**variables, "GIT_OPTIONAL_LOCKS": "0"},
            )
        except OSError:
            return
        with process:
            yield from _names_in(process)
        if process.returncode:
            return


def _names_in(process: subprocess.Popen[bytes]) -> Iterator[str]:
    rest = b""
    assert process.stdout is not None  # noqa: S101 - it was asked for
    try:
        while data := process.stdout.read(65_536):
            *names, rest = (rest + data).split(b"\0")
            yield from (os.fsdecode(name) for name in names)
    finally:
        if process.poll() is None:
            with contextlib.suppress(OSError):
                process.kill()


def walk(top: Path) -> Iterator[str]:
    """Yield the files below a directory, those near its top first; links to directories are not followed."""
    waiting: deque[tuple[str, Ignored]] = deque([("", Ignored())])
    while waiting:
        directory, ignored = waiting.popleft()
        try:
            with os.scandir(top / directory) as entries:
                listed = sorted(entries, key=lambda entry: entry.name)
        except OSError:
            continue
        texts = [_read(entry) for entry in listed if entry.name in {".gitignore", ".ignore"}]
        ignored = ignored.below(directory, texts)
        for entry in listed:
            path = directory + entry.name
            is_link = entry.is_symlink()
            if not is_link and _is_directory(entry):
                if entry.name not in ALWAYS_SKIPPED and not ignored.hides(path, is_directory=True):
                    waiting.append((f"{path}/", ignored))
            elif not ignored.hides(path, is_directory=False):
                yield path


def _read(entry: os.DirEntry[str]) -> str:
    try:
        with open(entry.path, "rb") as file:  # noqa: PTH123 - an entry has no open()
            return file.read(1_000_000).decode("utf-8", "replace")
    except OSError:
        return ""
