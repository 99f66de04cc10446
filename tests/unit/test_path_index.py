"""The files below a directory: with git and without, and paths that lead elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from chatrepl import path_index
from chatrepl.path_index import STALE_S, PathIndex, can_be_shown
from tests.support.fakes import FakeClock


class Told:
    """Waits for an index to say that it has grown."""

    def __init__(self) -> None:
        self.event = threading.Event()

    def __call__(self) -> None:
        self.event.set()


def make_files(top: Path, *names: str) -> None:
    for name in names:
        file = top / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("")


def index_of(top: Path, clock: FakeClock | None = None) -> PathIndex:
    """Return the index of a directory once all of it is known."""
    index = PathIndex(top, lambda path: Path(path.replace("~", str(top))), clock or FakeClock(), os.environ)
    wait_for_all(index)
    return index


def wait_for_all(index: PathIndex) -> None:
    is_complete = threading.Event()
    index.on_grown = lambda: is_complete.set() if index.is_complete else None
    index.refresh()
    assert index.is_complete or is_complete.wait(20)


def names(index: PathIndex, typed: str) -> list[str]:
    return [found.name for found in index.find(typed, 50)]


def git(top: Path, *arguments: str) -> None:
    if shutil.which("git") is None:
        pytest.skip("git is not installed")
    subprocess.run(["git", *arguments], cwd=top, check=True, capture_output=True)


def test_in_a_repository_what_git_knows_and_what_is_new_is_found_and_what_is_ignored_is_not(
    tmp_path: Path,
) -> None:
    make_files(tmp_path, "known.py", "new.py", "ignored.pyc", "src/known2.py", "node_modules/known3.py")
    (tmp_path / ".gitignore").write_text("*.pyc\nnode_modules/\n")
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "known.py", "src")

    index = index_of(tmp_path)

    assert sorted(names(index, "py")) == ["known.py", "new.py", "src/known2.py"]
    assert names(index, "src") == ["src/", "src/known2.py"]


def test_below_the_top_of_a_repository_paths_begin_here(tmp_path: Path) -> None:
    make_files(tmp_path, "outside.py", "src/inside.py")
    git(tmp_path, "init", "-q")

    assert names(index_of(tmp_path / "src"), "py") == ["inside.py"]


def test_a_monitor_that_a_repository_names_is_not_started(tmp_path: Path) -> None:
    make_files(tmp_path, "a.py")
    git(tmp_path, "init", "-q")
    monitor = tmp_path / "monitor.sh"
    monitor.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-here\n")
    monitor.chmod(0o755)
    git(tmp_path, "config", "core.fsmonitor", str(monitor))

    index_of(tmp_path)

    assert not (tmp_path / "was-here").exists()


def test_without_git_the_directory_is_walked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path_index, "GIT", ("no-such-program",))
    make_files(tmp_path, "a.py", "b/c.py", "b/skip/d.py", ".git/e.py", "__pycache__/f.py", ".hidden/g.py")
    (tmp_path / "b" / ".ignore").write_text("skip/\n")
    (tmp_path / "loop").symlink_to(tmp_path, target_is_directory=True)

    assert sorted(names(index_of(tmp_path), "py")) == [".hidden/g.py", "a.py", "b/c.py"]


def test_names_that_could_drive_a_terminal_are_not_offered(tmp_path: Path) -> None:
    make_files(tmp_path, "good.py", "bad\x1b[31m.py", "worse\n.py", "re\u202eversed.py", 'quo"te.py')
    (tmp_path / os.fsdecode(b"broken\xff.py")).write_text("")

    index = index_of(tmp_path)

    assert names(index, "py") == ["good.py"]
    assert names(index, "./") == ["./good.py"]


@pytest.mark.parametrize("name", ["a b.txt", "naïve.md", "漢字.txt", "it's.md"])
def test_ordinary_names_are_offered(name: str) -> None:
    assert can_be_shown(name)


def test_what_was_removed_meanwhile_is_not_offered(tmp_path: Path) -> None:
    make_files(tmp_path, "a.py", "b.py")
    index = index_of(tmp_path)
    (tmp_path / "a.py").unlink()

    assert names(index, "py") == ["b.py"]


def test_the_files_are_looked_for_once_and_again_when_that_is_long_ago(tmp_path: Path) -> None:
    clock = FakeClock()
    make_files(tmp_path, "a.py")
    index = index_of(tmp_path, clock)
    for typed in ("a", "ap", "apy"):
        index.find(typed, 5)
    assert index.build_count == 1

    make_files(tmp_path, "b.py")
    clock.seconds += STALE_S + 1
    wait_for_all(index)

    assert index.build_count == 2
    assert sorted(names(index, "py")) == ["a.py", "b.py"]


def test_paths_that_lead_elsewhere_are_completed_from_their_directory(tmp_path: Path) -> None:
    make_files(tmp_path, "here/x.py", "there/notes.md", "there/deep/z.md", "there/.secret")
    index = index_of(tmp_path / "here")

    assert names(index, "../there/") == ["../there/deep/", "../there/notes.md"]
    assert names(index, "../there/no") == ["../there/notes.md"]
    assert names(index, "../there/.s") == ["../there/.secret"]
    assert names(index, f"{tmp_path}/the") == [f"{tmp_path}/there/"]
    assert names(index, "~/x") == ["~/x.py"]
    assert names(index, "..") == ["../"]
    assert names(index, "/no/such/place/") == []


def test_without_letters_the_directory_itself_is_listed(tmp_path: Path) -> None:
    make_files(tmp_path, "b.py", "a/c.py", ".hidden", "node_modules/x.js")

    assert names(index_of(tmp_path), "") == ["a/", "b.py"]


def test_a_search_that_finds_nothing_yet_waits_for_the_first_names(tmp_path: Path) -> None:
    make_files(tmp_path, "a.py")
    index = PathIndex(tmp_path, Path, FakeClock(), os.environ)

    assert names(index, "py") == ["a.py"]


def test_only_a_search_that_knew_all_files_is_up_to_date(tmp_path: Path) -> None:
    clock = FakeClock()
    make_files(tmp_path, "a.py")
    index = index_of(tmp_path, clock)
    known = [index.is_up_to_date]

    names(index, "py")
    known.append(index.is_up_to_date)
    clock.seconds += STALE_S + 1
    wait_for_all(index)
    known.append(index.is_up_to_date)

    assert known == [False, True, False]
