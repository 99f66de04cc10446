"""Fixtures for the embedded model: a model that loads in a moment, stand-ins for llama.cpp, and servers that are stopped."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest

from chatrepl.local import weights
from chatrepl.local.server import LocalServer
from tests.unit.local.gguf_files import write_running_model


class Start(Protocol):
    """Starts a server that is stopped when the test ends."""

    def __call__(self, file: Path | None, **options: Any) -> LocalServer: ...


@pytest.fixture
def tiny_model(tmp_path: Path) -> Path:
    """A GGUF file that llama.cpp runs."""
    return write_running_model(tmp_path / "tiny.gguf")


@pytest.fixture
def log_file(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "model.log"


@pytest.fixture
def start(log_file: Path) -> Iterator[Start]:
    started: list[LocalServer] = []

    def run(file: Path | None, **options: Any) -> LocalServer:
        arguments: dict[str, Any] = {
            "window_tokens": 512,
            "threads": 1,
            "log_file": log_file,
            "on_progress": lambda _: None,
        }
        started.append(LocalServer.start(file, **(arguments | options)))
        return started[-1]

    yield run
    for server in started:
        server.stop()


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Path]:
    """Puts a stand-in for llama.cpp in the child's way: the body of what starts its server."""

    def install(body: str) -> Path:
        directory = tmp_path / "engine"
        directory.mkdir()
        source = f"""\
import ctypes, os, sys, time
class Anything:
    def __getattr__(self, name):
        value = Anything()
        setattr(self, name, value)
        return value
CommonParams = Anything
class Server:
    listening_address = "http://127.0.0.1:9"
    def __init__(self, parameters):
{textwrap.indent(textwrap.dedent(body), " " * 8)}
"""
        (directory / "xllamacpp.py").write_text(source)
        monkeypatch.setenv("PYTHONPATH", str(directory))
        monkeypatch.setattr(weights, "engine_is_installed", lambda: True)
        return directory

    return install
