"""Files of the user's own, by their names."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from chatrepl.errors import ChatreplError, StoreError, UsageError
from chatrepl.shelf import LIMIT_BYTES, Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    (shipped / "tutor.toml").write_text("shipped")
    (shipped / "writer.toml").write_text("shipped")
    return Shelf(
        tmp_path / "own", (".toml", ".txt"), shown="~/own", shipped=shipped, reserved=("new", "none")
    )


def write(tmp_path: Path, name: str, text: str = "own") -> None:
    (tmp_path / "own").mkdir(exist_ok=True)
    (tmp_path / "own" / name).write_text(text)


def test_the_users_own_stand_before_those_that_come_with_chatrepl(shelf: Shelf, tmp_path: Path) -> None:
    write(tmp_path, "tutor.toml")
    write(tmp_path, "mine.txt")
    assert shelf.names() == ["mine", "tutor", "writer"]
    found = shelf.find("tutor")
    assert found is not None
    assert (found.content, found.is_own, found.shown) == (b"own", True, "~/own/tutor.toml")
    shipped = shelf.find("writer")
    assert shipped is not None
    assert (shipped.content, shipped.is_own) == (b"shipped", False)


def test_the_case_of_letters_does_not_matter(shelf: Shelf, tmp_path: Path) -> None:
    write(tmp_path, "Émile.toml")
    assert [getattr(shelf.find(name), "name", None) for name in ("TUTOR", "émile")] == ["tutor", "Émile"]


@pytest.mark.parametrize(
    "name", ["", "..", "../shipped/tutor", "/etc/passwd", "a b", ".hidden", "tutor.toml", "a\0b"]
)
def test_what_is_no_name_finds_nothing_and_makes_nothing(shelf: Shelf, tmp_path: Path, name: str) -> None:
    assert shelf.find(name) is None
    with pytest.raises(UsageError, match="cannot be a name"):
        shelf.create(name, b"x")
    assert not (tmp_path / "own").exists()


def test_files_that_cannot_be_typed_are_not_listed(shelf: Shelf, tmp_path: Path) -> None:
    for name in ("two words.toml", ".#tutor.toml", "new.toml", "x.toml~", "note.md"):
        write(tmp_path, name)
    (tmp_path / "own" / "directory.toml").mkdir()
    assert shelf.names() == ["tutor", "writer"]
    assert shelf.find("new") is None


def test_a_new_file_is_the_owners_only_and_replaces_none(shelf: Shelf, tmp_path: Path) -> None:
    path = shelf.create("mine", b"text")
    assert path == tmp_path / "own" / "mine.toml"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    with pytest.raises(StoreError, match="already"):
        shelf.create("MINE", b"other")
    assert path.read_text() == "text"
    with pytest.raises(UsageError, match="another meaning"):
        shelf.create("None", b"x")


def test_only_a_file_that_was_not_changed_is_taken_away(shelf: Shelf, tmp_path: Path) -> None:
    path = shelf.create("mine", b"text")
    assert not shelf.remove(path, b"other")
    assert path.exists()
    assert shelf.remove(path, b"text")
    assert not path.exists()
    assert not shelf.remove(tmp_path / "shipped" / "tutor.toml", b"shipped")
    assert (tmp_path / "shipped" / "tutor.toml").exists()


def test_a_file_that_is_too_large_is_not_read(shelf: Shelf, tmp_path: Path) -> None:
    write(tmp_path, "big.toml", "x" * (LIMIT_BYTES + 1))
    with pytest.raises(ChatreplError, match="larger than 256 KiB"):
        shelf.find("big")
