"""The log of the embedded model: whose it is, how long it gets, and what is read from it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from chatrepl.local.logs import Log


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def news() -> list[str]:
    return []


def test_the_log_and_its_directory_are_for_the_owner_only(log_file: Path, news: list[str]) -> None:
    before = os.umask(0)
    try:
        with Log(log_file, news.append):
            pass
    finally:
        os.umask(before)
    assert mode(log_file) == 0o600
    assert mode(log_file.parent) == 0o700
    assert news == []


def test_each_start_begins_anew_and_keeps_one_log_before_it(log_file: Path, news: list[str]) -> None:
    for words in (b"first", b"second", b"third"):
        with Log(log_file, news.append) as log:
            os.write(log.descriptor, words)
    assert log_file.read_bytes() == b"third"
    assert sorted(file.name for file in log_file.parent.iterdir()) == ["model.log", "model.log.1"]
    assert log_file.with_name("model.log.1").read_bytes() == b"second"


def test_a_log_that_others_could_read_is_not_written_to(log_file: Path, news: list[str]) -> None:
    log_file.parent.mkdir()
    log_file.touch(0o644)
    with Log(log_file, news.append):
        pass
    assert mode(log_file) == 0o600


def test_a_link_in_its_place_is_not_followed(log_file: Path, news: list[str], tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    log_file.parent.mkdir()
    log_file.symlink_to(precious)
    with Log(log_file, news.append) as log:
        os.write(log.descriptor, b"words")
    assert precious.read_text() == "mine"
    assert not log_file.is_symlink()


def test_a_file_that_appears_in_the_last_moment_is_not_written_to(
    log_file: Path, news: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another chatrepl starts at the same time, or somebody puts a link there."""
    replace = Path.replace
    others: list[Path] = []

    def replace_and_lose_the_race(self: Path, target: Path) -> Path:
        if others:
            return replace(self, target)
        others.append(target)
        self.write_text("theirs")
        return target

    monkeypatch.setattr(Path, "replace", replace_and_lose_the_race)
    with Log(log_file, news.append) as log:
        os.write(log.descriptor, b"mine")
    assert log_file.read_text() == "mine"
    assert others[0].read_text() == "theirs"


def test_two_logs_in_one_place_do_not_mix(log_file: Path, news: list[str]) -> None:
    with Log(log_file, news.append) as one, Log(log_file, news.append) as two:
        os.write(one.descriptor, b"0.00.1 E load: reason of one\n")
        os.write(two.descriptor, b"0.00.1 E load: reason of two\n")
        assert one.last_error("") == "reason of one"
        assert two.last_error("") == "reason of two"


def test_without_a_place_for_it_there_is_no_log_and_a_word_about_it(tmp_path: Path, news: list[str]) -> None:
    (tmp_path / "file").touch()
    with Log(tmp_path / "file" / "model.log", news.append) as log:
        os.write(log.descriptor, b"E load: lost\n")
        assert log.path is None
        assert log.last_error("") is None
    assert len(news) == 1
    assert news[0].startswith("no log is kept in ")


def test_a_directory_in_its_place_is_moved_aside(log_file: Path, news: list[str]) -> None:
    log_file.mkdir(parents=True)
    with Log(log_file, news.append):
        pass
    assert log_file.is_file()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", None, id="empty"),
        pytest.param("\n \n", None, id="blank"),
        pytest.param(
            "0.00.042.696 E llama_model_load: error loading model: tensor 'x' is not there, model is corrupted\n"
            "0.00.042.714 E llama_model_load_from_file_impl: failed to load model\n"
            "0.00.068.495 E srv    load_model: failed to load model, '/x.gguf'\n"
            "0.00.068.962 E srv          init: exiting due to model loading error\n",
            "tensor 'x' is not there, model is corrupted",
            id="what llama.cpp prints",
        ),
        pytest.param("0.1 E a: the reason\n0.2 W b: some warning\n", "the reason", id="warning after"),
        pytest.param("ImportError: no such library.\n", "ImportError: no such library", id="anything else"),
        pytest.param("0.1 E a: \x1b[31mred\x07 key-abc\n", "?[31mred? …", id="controls and key"),
        pytest.param("E a: " + "x" * 999, "x" * 199 + "…", id="long"),
        pytest.param("noise\n" * 50_000 + "E a: at the end\n", "at the end", id="large"),
    ],
)
def test_the_last_error_is_the_one_that_says_something(
    log_file: Path, news: list[str], text: str, reason: str | None
) -> None:
    with Log(log_file, news.append) as log:
        os.write(log.descriptor, text.encode())
        assert log.last_error("key-abc") == reason
