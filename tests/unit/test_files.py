"""Files are written whole or not at all, and read with clear words about what is wrong."""

from __future__ import annotations

import errno
import os
import re
import stat
from pathlib import Path

import pytest

from chatrepl.errors import StoreError
from chatrepl.files import FileExists, read_text, write_atomically


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def test_a_new_file_is_its_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        write_atomically(tmp_path / "chat.md", "wörds\n", overwrite=False)
    finally:
        os.umask(before)
    assert (tmp_path / "chat.md").read_bytes() == "wörds\n".encode()
    assert stat.S_IMODE((tmp_path / "chat.md").stat().st_mode) == 0o600
    assert names(tmp_path) == ["chat.md"]


def test_a_file_that_is_overwritten_keeps_its_rights(tmp_path: Path) -> None:
    path = tmp_path / "chat.md"
    path.write_text("before")
    path.chmod(0o640)
    write_atomically(path, "after", overwrite=True)
    assert path.read_text() == "after"
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert names(tmp_path) == ["chat.md"]


def test_overwriting_is_also_fine_where_there_is_nothing(tmp_path: Path) -> None:
    write_atomically(tmp_path / "chat.md", "x", overwrite=True)
    assert (tmp_path / "chat.md").read_text() == "x"


def test_an_existing_file_is_asked_about(tmp_path: Path) -> None:
    path = tmp_path / "chat.md"
    path.write_text("before")
    with pytest.raises(FileExists, match="exists already"):
        write_atomically(path, "after", overwrite=False)
    assert path.read_text() == "before"
    assert names(tmp_path) == ["chat.md"]


def test_a_file_that_appears_meanwhile_is_not_overwritten(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "chat.md"
    sync = os.fsync

    def appear(handle: int) -> None:
        path.write_text("somebody else's")
        sync(handle)

    monkeypatch.setattr(os, "fsync", appear)
    with pytest.raises(FileExists):
        write_atomically(path, "ours", overwrite=False)
    assert path.read_text() == "somebody else's"
    assert names(tmp_path) == ["chat.md"]


def test_a_file_system_without_hard_links_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    write_atomically(tmp_path / "chat.md", "x", overwrite=False)
    assert (tmp_path / "chat.md").read_text() == "x"
    with pytest.raises(FileExists):
        write_atomically(tmp_path / "chat.md", "y", overwrite=False)
    assert names(tmp_path) == ["chat.md"]


def test_a_link_goes_on_being_one(tmp_path: Path) -> None:
    (tmp_path / "real.md").write_text("before")
    (tmp_path / "link.md").symlink_to("real.md")
    write_atomically(tmp_path / "link.md", "after", overwrite=True)
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real.md").read_text() == "after"


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "chat.md"
    path.write_text("before")

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreError, match="the disk is full") as error:
        write_atomically(path, "after", overwrite=True)
    assert error.value.hint
    assert path.read_text() == "before"
    assert names(tmp_path) == ["chat.md"]


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("missing/chat.md", "There is no directory .*missing"),
        ("file/chat.md", "file is not a directory"),
        ("directory", "directory is a directory"),
        ("pipe", "is not a regular file"),
        ("nul\0.md", "cannot be the name of a file"),
        ("x" * 300, "cannot be written: File name too long"),
    ],
)
def test_a_place_that_will_not_do_is_named(tmp_path: Path, name: str, sentence: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "directory").mkdir()
    os.mkfifo(tmp_path / "pipe")
    before = names(tmp_path)
    with pytest.raises(StoreError, match=sentence):
        write_atomically(tmp_path / name, "x", overwrite=True)
    assert names(tmp_path) == before


def test_a_place_that_refuses_is_named() -> None:
    with pytest.raises(StoreError, match=re.escape("/proc/chat.md")):
        write_atomically(Path("/proc/chat.md"), "x", overwrite=False)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EROFS, errno.EPERM])
def test_missing_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise OSError(number, "Not allowed")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(StoreError, match="may not be written: Not allowed") as error:
        write_atomically(tmp_path / "chat.md", "x", overwrite=False)
    assert error.value.hint


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    path = tmp_path / "chat.json"
    path.write_bytes("wörds\r\n".encode())
    assert read_text(path, 8) == "wörds\r\n"
    with pytest.raises(StoreError, match="larger than 7 bytes"):
        read_text(path, 7)


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "latin").write_bytes(b"caf\xe9")
    for name, sentence in {
        "missing": "There is no file .*missing",
        ".": "is a directory",
        "pipe": "is not a regular file",
        "latin": "not UTF-8 text: byte 4 is 0xe9",
        "latin/x": "latin is not a directory",
        "nul\0": "cannot be the name",
    }.items():
        with pytest.raises(StoreError, match=sentence):
            read_text(tmp_path / name, 1000)
