"""Files opened in the user's editor."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatrepl.commands.base import EditFile, Notice, Several
from chatrepl.ui.editor import edit


def test_the_editor_gets_the_file_and_what_it_left_is_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a file.toml"
    file.write_text("before")
    monkeypatch.setenv("EDITOR", "sed -i s/before/after/")
    assert edit(EditFile(file, lambda: Notice(file.read_text()))) == Notice("after")


def test_an_editor_that_fails_is_told_and_the_file_looked_at_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "false")
    reply = edit(EditFile(tmp_path / "x", lambda: Notice("looked at")))
    assert isinstance(reply, Several)
    warning, after = reply.replies
    assert isinstance(warning, Notice)
    assert warning.tone == "warning"
    assert after == Notice("looked at")
